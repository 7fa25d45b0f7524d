//! The desk's directory: where a demo province is kept between commands.
//! Promises: keys first, then the state by one rename; a key file is never overwritten and never readable by others;
//! one command at a time; a directory that is not a demo's is refused. No person is ever stored.
//! Must not know: what is being done with the province.
//!
//! | file | what |
//! |---|---|
//! | `DEMO-KEYS-DO-NOT-USE.txt` | says that every key here is in plain text |
//! | `province.json` | region, salt, register of issuers, staff (subjects and PIN verifiers), revocations, public day keys, generation |
//! | `keys/*.key` | one seed each, 64 hexadecimal digits, mode 0600: root, subject, link, issuers, day keys, terminals |
//! | `policy-station.json`, `policy-hospital.json`, `places.json`, `risk-levels.json` | the authority's own texts: edit, then publish |
//! | `status-list.db` | the list last built here |
//! | `archive/` | every publication: policies, places and the like, as they were ([`crate::archive`]) |
//! | `desk.lock` | held while a command runs |

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use gate_core::manifest::Dataset;
use gate_core::query::TerminalNumber;
use gate_wire::time::Timestamp;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::archive::ARCHIVE_DIRECTORY;
use crate::inputs::Inputs;
use crate::key_name::KeyName;
use crate::province::{DAYS_AHEAD, Province, StateRefused};
use crate::publish::{Publication, PublishError, Published};
use crate::seed::Seed;
use crate::staging::{self, Readers};

/// What stands in the directory and on the error output: loud on purpose.
pub const DEMO_WARNING: &str = "\
*** DEMO KEYS - DO NOT USE ***
The keys of this province lie in plain text in this directory: whoever reads it can issue any code.
They are for trying the system out. Never publish them to a terminal that real people pass.
*** 演示密钥，切勿使用：任何读到本目录的人都能签发任何码。***
";
/// The file that holds [`DEMO_WARNING`].
pub const WARNING_FILE: &str = "DEMO-KEYS-DO-NOT-USE.txt";
/// Where `status build` puts a list unless told otherwise.
pub const STATUS_FILE: &str = "status-list.db";
const STATE_FILE: &str = "province.json";
const LOCK_FILE: &str = "desk.lock";
const KEYS_DIRECTORY: &str = "keys";
/// Far more than a full register, staff list and revocations take.
const MAX_STATE_BYTES: u64 = 1 << 20;
const MAX_INPUT_BYTES: u64 = 1 << 16;
const MAX_KEY_BYTES: u64 = 256;

/// A province in its directory, locked for this command.
pub struct Desk {
    directory: PathBuf,
    /// The province; changes hold after [`Desk::save`].
    pub province: Province,
    _lock: File,
}

/// Why a desk cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// A file could not be read or written.
    #[error("{}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is a desk already.
    #[error("{} already holds a province: nothing was changed; give another directory", .0.display())]
    KeepDesk(PathBuf),
    /// There is none.
    #[error("{} holds no province: make one with `gate-sign province new --dir {} --region 510000 --demo`", .0.display(), .0.display())]
    FindDesk(PathBuf),
    /// Another command runs.
    #[error("{} is in use by another gate-sign: wait until it has ended", .0.display())]
    Lock(PathBuf),
    /// The state is no JSON of ours.
    #[error("{}", .path.display())]
    ReadState {
        /// Which file.
        path: PathBuf,
        /// With line and column.
        source: serde_json::Error,
    },
    /// The state is not a province.
    #[error("{}", .path.display())]
    AdmitState {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: StateRefused,
    },
    /// Larger than any such file.
    #[error("{}: larger than {most} bytes", .path.display())]
    FitFile {
        /// Which file.
        path: PathBuf,
        /// The limit.
        most: u64,
    },
    /// A key file that holds no key.
    #[error("{}: not 64 hexadecimal digits, or not a name of a key", .0.display())]
    ReadKey(PathBuf),
    /// A key that others may read.
    #[error("{} can be read by others (mode {mode:o}): make a new province if they might have; else `chmod 600` it", .path.display())]
    HideKey {
        /// Which.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Nothing was published.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

/// What a desk is asked to publish.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The desk's clock.
    pub now: Timestamp,
    /// For which terminal.
    pub terminal: TerminalNumber,
    /// The list, if there is one.
    pub status: Option<&'a Path>,
    /// Deltas that may be put on the list, in any order.
    pub deltas: &'a [PathBuf],
    /// Datasets to leave out.
    pub without: &'a [Dataset],
}

impl Desk {
    /// Keeps a new province in `directory`, which is made.
    ///
    /// # Errors
    /// [`DeskError`]; a desk that is there already stays as it is.
    pub fn create(directory: &Path, province: Province) -> Result<Desk, DeskError> {
        staging::make_directory(&directory.join(KEYS_DIRECTORY), Readers::Owner).map_err(at(directory))?;
        let lock = lock(directory)?;
        if directory.join(STATE_FILE).exists() {
            return Err(DeskError::KeepDesk(directory.to_path_buf()));
        }
        let desk = Desk { directory: directory.to_path_buf(), province, _lock: lock };
        let inputs = Inputs::demo();
        desk.write(WARNING_FILE, DEMO_WARNING)?;
        desk.write("policy-station.json", &inputs.policy_station)?;
        desk.write("policy-hospital.json", &inputs.policy_hospital)?;
        desk.write("places.json", &inputs.places)?;
        desk.write("risk-levels.json", &inputs.risk_levels)?;
        desk.save()?;
        Ok(desk)
    }

    /// Opens the desk in `directory`.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn open(directory: &Path) -> Result<Desk, DeskError> {
        let path = directory.join(STATE_FILE);
        if !path.exists() {
            return Err(DeskError::FindDesk(directory.to_path_buf()));
        }
        let lock = lock(directory)?;
        let text = read(&path, MAX_STATE_BYTES)?;
        let state = serde_json::from_str(&text)
            .map_err(|source| DeskError::ReadState { path: path.clone(), source })?;
        let keys = keys(&directory.join(KEYS_DIRECTORY))?;
        let province =
            Province::from_kept(state, keys).map_err(|source| DeskError::AdmitState { path, source })?;
        Ok(Desk { directory: directory.to_path_buf(), province, _lock: lock })
    }

    /// Keeps what changed: new keys first, then the state that speaks of them.
    ///
    /// # Errors
    /// [`DeskError::File`].
    pub fn save(&self) -> Result<(), DeskError> {
        for (name, seed) in self.province.keys.iter() {
            let path = self.directory.join(KEYS_DIRECTORY).join(name.file_name());
            if !path.exists() {
                staging::replace(&path, seed.to_hex().as_bytes(), Readers::Owner).map_err(at(&path))?;
            }
        }
        let path = self.directory.join(STATE_FILE);
        let text = serde_json::to_string_pretty(&self.province.state)
            .map_err(|source| DeskError::ReadState { path, source })?;
        self.write(STATE_FILE, &text)
    }

    /// The authority's own texts.
    ///
    /// # Errors
    /// [`DeskError::File`], [`DeskError::FitFile`].
    pub fn inputs(&self) -> Result<Inputs, DeskError> {
        let text = |name| read(&self.directory.join(name), MAX_INPUT_BYTES);
        Ok(Inputs {
            policy_station: text("policy-station.json")?,
            policy_hospital: text("policy-hospital.json")?,
            places: text("places.json")?,
            risk_levels: text("risk-levels.json")?,
        })
    }

    /// Publishes the next generation, with day keys for [`DAYS_AHEAD`] days from now on.
    ///
    /// # Errors
    /// [`DeskError`]; the manifest in force stays.
    pub fn publish(
        &mut self,
        out: &Path,
        order: &Order<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Published, DeskError> {
        let inputs = self.inputs()?;
        self.province.make_day_keys(order.now, DAYS_AHEAD, rng);
        self.province.prepare(order.terminal, rng);
        self.save()?;
        let Order { now, terminal, status, deltas, without } = *order;
        let publication = Publication { now, terminal, inputs: &inputs, status, deltas, without };
        self.province.archive(&self.directory.join(ARCHIVE_DIRECTORY), &publication)?;
        Ok(self.province.publish(out, &publication)?)
    }

    /// Where `status build` puts a list unless told otherwise.
    pub fn status_file(&self) -> PathBuf {
        self.directory.join(STATUS_FILE)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), DeskError> {
        let path = self.directory.join(name);
        staging::replace(&path, text.as_bytes(), Readers::Owner).map_err(at(&path))
    }
}

fn lock(directory: &Path) -> Result<File, DeskError> {
    let path = directory.join(LOCK_FILE);
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path).map_err(at(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DeskError::Lock(directory.to_path_buf())),
        Err(TryLockError::Error(source)) => Err(DeskError::File { path, source }),
    }
}

fn keys(directory: &Path) -> Result<BTreeMap<KeyName, Seed>, DeskError> {
    let mut keys = BTreeMap::new();
    for entry in fs::read_dir(directory).map_err(at(directory))? {
        let path = entry.map_err(at(directory))?.path();
        let file = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
        // A crash between writing and renaming leaves one behind: nothing refers to it.
        if file.ends_with(".writing") {
            continue;
        }
        let name = KeyName::from_file_name(file).ok_or_else(|| DeskError::ReadKey(path.clone()))?;
        let mode = fs::metadata(&path).map_err(at(&path))?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(DeskError::HideKey { path, mode });
        }
        let text = Zeroizing::new(read(&path, MAX_KEY_BYTES)?);
        keys.insert(name, Seed::from_hex(&text).ok_or(DeskError::ReadKey(path))?);
    }
    Ok(keys)
}

fn read(path: &Path, most: u64) -> Result<String, DeskError> {
    let length = fs::metadata(path).map_err(at(path))?.len();
    if length > most {
        return Err(DeskError::FitFile { path: path.to_path_buf(), most });
    }
    fs::read_to_string(path).map_err(at(path))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> DeskError {
    let path = path.to_path_buf();
    |source| DeskError::File { path, source }
}
