//! The revocations in the desk's directory.
//! Promises: kept before the state that names their version, so that a crash between the two leaves a newer list and
//! never an older one; a list that is damaged, lost or older than the state is refused.
//! Must not know: what is in them.

use std::fs;
use std::path::Path;

use super::{Desk, DeskError, at};
use crate::province::Province;
use crate::revocation::RevocationList;
use crate::staging::{self, Readers};

const FILE: &str = "revocations.bin";
/// Four million credentials and a million people.
const MOST_BYTES: u64 = 96 << 20;

impl Desk {
    pub(super) fn save_revocations(&mut self) -> Result<(), DeskError> {
        let version = self.province.revocations.head().version;
        if version > self.province.state.revocations {
            let path = self.directory.join(FILE);
            let kept = self.province.revocations.to_kept();
            staging::replace(&path, &kept, Readers::Owner).map_err(at(&path))?;
            self.province.state.revocations = version;
        }
        Ok(())
    }
}

pub(super) fn take(province: &mut Province, directory: &Path) -> Result<(), DeskError> {
    let path = directory.join(FILE);
    let length = fs::metadata(&path).map_err(at(&path))?.len();
    if length > MOST_BYTES {
        return Err(DeskError::FitFile { path, most: MOST_BYTES });
    }
    let bytes = fs::read(&path).map_err(at(&path))?;
    province.revocations = RevocationList::from_kept(&bytes, province.state.revocations)
        .map_err(|source| DeskError::TakeRevocations { path, source })?;
    Ok(())
}
