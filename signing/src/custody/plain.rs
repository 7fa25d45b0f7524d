//! Seeds in plain files, or in memory alone: for demos and simulations, whose keys everybody may know.
//! Promises: a key file is never overwritten, never readable by others; a directory with a key that others can read is
//! refused.
//! Must not know: that real provinces exist; who asks for it refuses them (`desk`).

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gate_proof::seal::OpeningKey;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{Backend, Custody, CustodyFault, PUBLIC_BYTES, SeedCustody, Signer, at, public_half};
use crate::key_name::KeyName;
use crate::seed::Seed;
use crate::staging::{self, Readers};

const MAX_KEY_BYTES: u64 = 256;

/// Seeds by name, and the directory they are kept in, if any.
pub struct PlainKeys(Mutex<Kept>);

struct Kept {
    directory: Option<PathBuf>,
    seeds: BTreeMap<KeyName, Seed>,
}

/// Why a directory of plain keys is refused.
#[derive(Debug, thiserror::Error)]
pub enum PlainRefused {
    /// A file could not be read.
    #[error(transparent)]
    Read(#[from] CustodyFault),
    /// A file that holds no key.
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
}

impl PlainKeys {
    /// None yet, in memory.
    pub(crate) fn in_memory() -> PlainKeys {
        PlainKeys(Mutex::new(Kept { directory: None, seeds: BTreeMap::new() }))
    }

    /// Those in `directory`.
    ///
    /// # Errors
    /// [`PlainRefused`].
    pub(crate) fn open(directory: &Path) -> Result<PlainKeys, PlainRefused> {
        let mut seeds = BTreeMap::new();
        for entry in fs::read_dir(directory).map_err(at(directory))? {
            let path = entry.map_err(at(directory))?.path();
            let file = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
            // A crash between writing and renaming leaves one behind: nothing refers to it.
            if file.ends_with(".writing") {
                continue;
            }
            let name = KeyName::from_file_name(file).ok_or_else(|| PlainRefused::ReadKey(path.clone()))?;
            seeds.insert(name, read_key(path)?);
        }
        let directory = Some(directory.to_path_buf());
        Ok(PlainKeys(Mutex::new(Kept { directory, seeds })))
    }

    /// Keeps what was in memory in `directory` from now on.
    ///
    /// # Errors
    /// [`CustodyFault::File`].
    pub(crate) fn settle(&self, directory: &Path) -> Result<(), CustodyFault> {
        let mut kept = self.kept();
        kept.directory = Some(directory.to_path_buf());
        kept.seeds.iter().try_for_each(|(name, seed)| kept.write(*name, seed))
    }

    /// Every name.
    pub(crate) fn names(&self) -> Vec<KeyName> {
        self.kept().seeds.keys().copied().collect()
    }

    /// Any seed: a demo's keys are everybody's.
    pub(crate) fn demo_seed(&self, name: KeyName) -> Option<[u8; 32]> {
        self.kept().seeds.get(&name).map(|seed| *seed.as_bytes())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Every change is one insertion or removal: what a panic left is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn write(&self, name: KeyName, seed: &Seed) -> Result<(), CustodyFault> {
        let Some(directory) = &self.directory else { return Ok(()) };
        let path = directory.join(name.file_name());
        if path.exists() {
            return Ok(());
        }
        staging::replace(&path, seed.to_hex().as_bytes(), Readers::Owner).map_err(at(&path))
    }
}

impl SeedCustody for PlainKeys {
    fn seed(&self, name: KeyName) -> Result<Seed, CustodyFault> {
        self.kept().seeds.get(&name).map(Seed::copy).ok_or(CustodyFault::FindKey(name))
    }
}

impl Custody for PlainKeys {
    fn backend(&self) -> Backend {
        Backend::Plain
    }

    fn is_there(&self, name: KeyName) -> bool {
        self.kept().seeds.contains_key(&name)
    }

    fn make(
        &self,
        name: KeyName,
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<[u8; PUBLIC_BYTES]>, CustodyFault> {
        let mut kept = self.kept();
        if let Some(there) = kept.seeds.get(&name) {
            return Ok(public_half(name, there));
        }
        let seed = Seed::random(rng);
        kept.write(name, &seed)?;
        let public = public_half(name, &seed);
        kept.seeds.insert(name, seed);
        Ok(public)
    }

    fn signer(&self, name: KeyName) -> Result<Box<dyn Signer>, CustodyFault> {
        self.seed_signer(name)
    }

    fn opening_key(&self, name: KeyName) -> Result<OpeningKey, CustodyFault> {
        self.seed_opening_key(name)
    }

    fn release(&self, name: KeyName) -> Result<Seed, CustodyFault> {
        self.seed_release(name)
    }

    fn destroy(&self, name: KeyName) -> Result<(), CustodyFault> {
        let mut kept = self.kept();
        if let Some(directory) = &kept.directory {
            let path = directory.join(name.file_name());
            staging::destroy(&path).map_err(at(&path))?;
        }
        kept.seeds.remove(&name);
        Ok(())
    }
}

fn read_key(path: PathBuf) -> Result<Seed, PlainRefused> {
    let about = fs::metadata(&path).map_err(at(&path))?;
    let mode = about.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(PlainRefused::HideKey { path, mode });
    }
    if about.len() > MAX_KEY_BYTES {
        return Err(PlainRefused::ReadKey(path));
    }
    let text = Zeroizing::new(fs::read_to_string(&path).map_err(at(&path))?);
    Seed::from_hex(&text).ok_or(PlainRefused::ReadKey(path))
}
