//! The desk's directory: where a province is kept between commands.
//! Promises: keys first, then the record of where they live, then the state, each by one rename; one command at a time;
//! keys in plain files are a demo's or refused; every use of a key is told to the desk's log, and what the log does not vouch for
//! is not used (`kept`). No person is ever stored.
//! Must not know: what is being done with the province, how a custody keeps keys.
//!
//! | file | what |
//! |---|---|
//! | `DEMO-KEYS-DO-NOT-USE.txt` | in a demo with plain files: says so |
//! | `province.json` | region, salt, register of issuers, staff (subjects and PIN verifiers), public day keys, generation |
//! | `province.json.next` | the same while it is being kept |
//! | `custody.json` | which custody holds which key, and the public halves ([`record`]); none in a desk of plain files |
//! | `custody.age` | what the passphrase opens (`custody::age_files`) |
//! | `keys/*.key` | plain: one seed each, 64 hexadecimal digits, mode 0600: root, subject, link, issuers, day keys, terminals |
//! | `keys/*.age` | the same, encrypted |
//! | `desk-log.*` | the log of every use ([`crate::log`]) |
//! | `revocations.bin` | revoked credentials and "void all before" by subject, with its SHA-256 at the end |
//! | `policy-station.json`, `policy-hospital.json`, `places.json`, `risk-levels.json` | the authority's own texts: edit, then publish |
//! | `status-list.db`, `status-list.tfd` | the list last built here; what every delta made since changed ([`against_list`]) |
//! | `archive/` | every publication: policies, places and the like, as they were ([`crate::archive`]) |
//! | `desk.lock` | held while a command runs |

pub mod access;
pub mod against_list;
mod changes;
mod files;
mod kept;
mod officers;
mod publishing;
pub mod record;
pub mod repository;
pub mod review;
mod revocations;
pub mod upkeep;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use gate_core::manifest::Demo;
use gate_proof::digest::Digest;
use rand_core::CryptoRng;

use crate::archive::ARCHIVE_DIRECTORY;
use crate::custody::CustodyFault;
use crate::custody::day_vault::Before;
use crate::custody::plain::{PlainKeys, PlainRefused};
use crate::inputs::Inputs;
use crate::key_ring::KeyRing;
use crate::log::entry::{Entry, Operation};
use crate::log::{self, Log, LogFault, Start};
use crate::officers::{Officers, OfficersRefused};
use crate::province::{Founding, FoundingRefused, Province, StateRefused};
use crate::publish::PublishError;
use crate::revocation::KeptRefused;
use crate::staging::{self, Readers};
use access::{Access, CustodyChoice};
use record::{CustodyRecord, RECORD_FILE, RecordRefused};

pub use publishing::{Order, Planned};

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
pub(crate) const STATE_FILE: &str = "province.json";
const KEYS_DIRECTORY: &str = "keys";
/// Far more than a full register, a staff list and three epochs of steps take.
const MAX_STATE_BYTES: u64 = 4 << 20;
const MAX_INPUT_BYTES: u64 = 1 << 16;

/// Whether a desk is kept in this directory.
pub fn is_desk(directory: &Path) -> bool {
    directory.join(STATE_FILE).exists()
}

/// A province in its directory, locked for this command.
pub struct Desk {
    directory: PathBuf,
    /// The province; changes hold after [`Desk::save`].
    pub province: Province,
    log: Arc<Log>,
    record: Option<CustodyRecord>,
    known: changes::Known,
    /// Of the state as it was kept last.
    kept: Option<Digest>,
    officers: Officers,
    /// Approvals that served since this desk was opened.
    served: Mutex<Officers>,
    hold: Hold,
}

/// How this process has the desk.
enum Hold {
    /// Alone: until the file is dropped.
    Alone { _lock: File },
    /// Beside others: it signs and tells the log, and changes nothing.
    Beside,
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
    /// A founding was cut off here.
    #[error("{} holds the rest of a founding that was cut off: nothing ever used its keys; remove it, or give another directory", .0.display())]
    KeepLeftovers(PathBuf),
    /// There is none.
    #[error("{} holds no province: is --dir right? A new one is founded with `gate-sign province new` (its --help says how; --demo is for trying out only)", .0.display())]
    FindDesk(PathBuf),
    /// Somebody else's.
    #[error("{} belongs to user {owner}: a desk's files are its operator's own", .path.display())]
    OwnFile {
        /// Which.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
    },
    /// Others of this machine may do there what only its owner may.
    #[error("{} can be {what} by others (mode {mode:o}): chmod 700 directories and 600 files of a desk, and make a new province if they might have", .path.display())]
    HideFile {
        /// Which.
        path: PathBuf,
        /// What they can do.
        what: &'static str,
        /// Its mode.
        mode: u32,
    },
    /// Not the state that the log speaks of.
    #[error("{} is not the one that this desk kept last (its log, line {line}): bring back the newest copy; an older one would undo what was decided since", .path.display())]
    MatchLog {
        /// The file.
        path: PathBuf,
        /// The line that speaks of the newest state.
        line: u64,
    },
    /// A line that put a state in force was not written here.
    #[error(
        "line {line} of the log put a state in force and is not sealed by this desk's custody: somebody else wrote it"
    )]
    SealState {
        /// The line.
        line: u64,
    },
    /// The officers' list does not change so.
    #[error(transparent)]
    Officers(#[from] OfficersRefused),
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
    /// The revocations are damaged, older than the state, or not there.
    #[error("{}: bring it back from the newest copy of this desk; nothing is issued or published without it", .path.display())]
    TakeRevocations {
        /// The file.
        path: PathBuf,
        /// Why.
        source: KeptRefused,
    },
    /// A key in a plain file is refused.
    #[error(transparent)]
    Plain(#[from] PlainRefused),
    /// The custody record is none.
    #[error("{}", .path.display())]
    AdmitRecord {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: RecordRefused,
    },
    /// Custody did not do it.
    #[error(transparent)]
    Custody(#[from] CustodyFault),
    /// The log did not take the line.
    #[error(transparent)]
    Log(#[from] LogFault),
    /// No province was founded.
    #[error(transparent)]
    Found(#[from] FoundingRefused),
    /// Nobody's name for the log.
    #[error(
        "who is working? Give --operator NAME, or set GATE_OPERATOR: a real desk's log names its operator"
    )]
    NameOperator,
    /// There is no passphrase.
    #[error("the keys of this desk lie in plain files: there is no passphrase")]
    FindPassphrase,
    /// A head of the log that is none.
    #[error(transparent)]
    ReadHead(#[from] upkeep::HeadRefused),
    /// A process beside others changes nothing.
    #[error("this desk was opened beside others: it signs, and changes nothing")]
    SaveBeside,
    /// Nothing was published.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

impl Desk {
    /// Keeps a new demo in `directory`, which is made, with its keys in plain files.
    ///
    /// # Errors
    /// [`DeskError`]; a desk that is there already stays as it is.
    pub fn create(directory: &Path, mut province: Province) -> Result<Desk, DeskError> {
        let lock = files::new_directory(directory)?;
        let Some(plain) = province.keys.plain() else { return Err(FoundingRefused::KeepRealKeys.into()) };
        plain.settle(&directory.join(KEYS_DIRECTORY))?;
        let access = Access::demo();
        let log = kept::log_of(directory, &province.state, &access, Start::May)?;
        log.note(&Entry::of(Operation::Found))?;
        province.keys.tell(Arc::clone(&log));
        let mut desk = Desk::new(directory, (province, log), None, lock);
        desk.write(WARNING_FILE, DEMO_WARNING)?;
        desk.write_inputs()?;
        desk.save()?;
        Ok(desk)
    }

    /// Founds a province in `directory`, which is made, with its keys where `choice` says.
    ///
    /// # Errors
    /// [`DeskError`]; a desk that is there already stays as it is. What was made of a new one may stay, without a state.
    pub fn found(
        directory: &Path,
        founding: &Founding,
        choice: &CustodyChoice,
        access: &Access,
        rng: &mut impl CryptoRng,
    ) -> Result<Desk, DeskError> {
        if *choice == CustodyChoice::Plain {
            return Desk::create(directory, Province::found(founding, rng)?);
        }
        let record = CustodyRecord::new(choice);
        founding.admit(record.plan())?;
        record.admit_build()?;
        let lock = files::new_directory(directory)?;
        let mut salt = [0; 16];
        rng.fill_bytes(&mut salt);
        let keys = directory.join(KEYS_DIRECTORY);
        let (region, memory) = (founding.region.as_str(), founding.tag_memory.kib());
        let origin = log::origin(region, &crate::spelling::hex(&salt), memory, founding.nature);
        let log = Arc::new(access.log(directory, origin, founding.nature, Start::May)?);
        let custodies = record.create((directory, &keys), founding.nature, access, rng)?;
        let mut ring = KeyRing::new(record.plan(), None, custodies);
        log.note(&Entry::of(Operation::Found))?;
        ring.tell(Arc::clone(&log));
        let province = Province::found_over(founding, salt, ring, rng)?;
        let mut desk = Desk::new(directory, (province, log), Some(record), lock);
        desk.write_inputs()?;
        desk.save()?;
        Ok(desk)
    }

    fn new(
        directory: &Path,
        (province, log): (Province, Arc<Log>),
        record: Option<CustodyRecord>,
        lock: File,
    ) -> Desk {
        let known = changes::Known::of(&province.state);
        let (directory, officers) = (directory.to_path_buf(), Officers::default());
        let (served, hold) = (Mutex::default(), Hold::Alone { _lock: lock });
        Desk { directory, province, log, record, known, kept: None, officers, served, hold }
    }

    /// Opens the desk of a demo in `directory`, with nobody to ask.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn open(directory: &Path) -> Result<Desk, DeskError> {
        Desk::open_as(directory, &Access::demo())
    }

    /// Opens the desk in `directory`, alone.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn open_as(directory: &Path, access: &Access) -> Result<Desk, DeskError> {
        files::found_in(directory)?;
        files::admit(directory)?;
        let lock = files::lock(directory)?;
        Desk::load(directory, access, Hold::Alone { _lock: lock })
    }

    /// Opens the desk in `directory` beside other commands, for a service: it signs and tells the log, but sees no change
    /// made after this, and saves nothing.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn open_beside(directory: &Path, access: &Access) -> Result<Desk, DeskError> {
        files::found_in(directory)?;
        files::admit(directory)?;
        Desk::load(directory, access, Hold::Beside)
    }

    fn load(directory: &Path, access: &Access, hold: Hold) -> Result<Desk, DeskError> {
        let record = record::read(directory)?;
        let start = if record.is_some() { Start::MustBeThere } else { Start::May };
        let kept::Believed { state, digest, log, chronicle } =
            kept::believed((directory, &hold), access, start)?;
        let keys = directory.join(KEYS_DIRECTORY);
        let ring = match &record {
            Some(record) => {
                let before = if state.day_keys.is_empty() { Before::None } else { Before::Kept };
                Ok(record.open((directory, &keys), access, before)?)
            }
            None => KeyRing::of_plain(PlainKeys::open(&keys)?).map_err(StateRefused::FindKey),
        };
        let path = directory.join(STATE_FILE);
        let admitted = ring.and_then(|ring| Province::from_kept(state, ring));
        let mut province = admitted.map_err(|source| DeskError::AdmitState { path, source })?;
        province.keys.tell(Arc::clone(&log));
        if record.is_some() {
            province.keys.doubt(chronicle.state.clone(), chronicle.seals);
        }
        province.meet_vault();
        revocations::take(&mut province, directory)?;
        let known = changes::Known::of(&province.state);
        let (directory, officers) = (directory.to_path_buf(), chronicle.officers);
        let (kept, served) = (Some(digest), Mutex::default());
        let desk = Desk { directory, province, log, record, known, kept, officers, served, hold };
        if matches!(desk.hold, Hold::Alone { .. }) {
            desk.tell_retention(chronicle.retention)?;
        }
        Ok(desk)
    }

    /// Keeps what changed: new keys are in custody already; where they live, then the state that speaks of them.
    ///
    /// # Errors
    /// [`DeskError::File`], [`DeskError::SaveBeside`].
    pub fn save(&mut self) -> Result<(), DeskError> {
        if matches!(self.hold, Hold::Beside) {
            return Err(DeskError::SaveBeside);
        }
        self.admit_change()?;
        self.known.tell(&self.province.state, &self.log)?;
        if let Some(record) = &self.record {
            self.write_json(RECORD_FILE, &record.with(self.province.keys.held()))?;
        }
        self.save_revocations()?;
        self.keep_state()
    }

    /// The desk's log.
    pub fn log(&self) -> &Arc<Log> {
        &self.log
    }

    /// Where its keys live: each name with its custody.
    pub fn custody(&self) -> impl Iterator<Item = (crate::key_name::KeyName, crate::key_ring::Held)> {
        self.province.keys.held().iter().map(|(name, held)| (*name, *held))
    }

    /// What its log begins with, and officers' approvals name: what it was founded with, hashed.
    pub fn origin(&self) -> Digest {
        kept::origin_of(&self.province.state)
    }

    /// Its directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Whether its keys lie in plain files.
    pub fn is_plain(&self) -> bool {
        self.record.is_none()
    }

    /// The authority's own texts.
    ///
    /// # Errors
    /// [`DeskError::File`], [`DeskError::FitFile`].
    pub fn inputs(&self) -> Result<Inputs, DeskError> {
        let text = |name| files::read(&self.directory.join(name), MAX_INPUT_BYTES);
        Ok(Inputs {
            policy_station: text("policy-station.json")?,
            policy_hospital: text("policy-hospital.json")?,
            places: text("places.json")?,
            risk_levels: text("risk-levels.json")?,
        })
    }

    /// Where `status build` puts a list unless told otherwise.
    pub fn status_file(&self) -> PathBuf {
        self.directory.join(STATUS_FILE)
    }

    fn write_inputs(&self) -> Result<(), DeskError> {
        let inputs = if self.province.nature() == Demo::Yes { Inputs::demo() } else { Inputs::blank() };
        self.write("policy-station.json", &inputs.policy_station)?;
        self.write("policy-hospital.json", &inputs.policy_hospital)?;
        self.write("places.json", &inputs.places)?;
        self.write("risk-levels.json", &inputs.risk_levels)
    }

    fn write_json(&self, name: &str, value: &impl serde::Serialize) -> Result<(), DeskError> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|source| DeskError::ReadState { path: self.directory.join(name), source })?;
        self.write(name, &text)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), DeskError> {
        let path = self.directory.join(name);
        staging::replace(&path, text.as_bytes(), Readers::Owner).map_err(at(&path))
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> DeskError {
    let path = path.to_path_buf();
    |source| DeskError::File { path, source }
}
