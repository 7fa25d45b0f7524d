//! What the newest publication of `trust` holds, for pages that people read.
//! Promises: found as a terminal finds it, from the timestamp on; lengths are bounded, and a target has the digest that is named for
//! it; what cannot be read is told apart from what is not published.
//! Must not know: signatures. It names and shades what people see: nothing is decided by it.

use gate_core::json;
use gate_proof::digest::{Digest, sha256};
use serde_json::Value;

use crate::repository::{Repositories, Within};

/// Larger metadata than any of ours, in bytes.
const METADATA_MOST: u64 = 4 << 20;

/// Why a publication says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// There is none yet.
    #[error("nothing is published")]
    Nothing,
    /// A file that is named is not there, or is not what is named.
    #[error("the publication is damaged")]
    Damaged,
    /// The folder or the store does not answer.
    #[error("the repository does not answer")]
    Away,
}

/// The newest publication.
pub struct Publication<'a> {
    repositories: &'a Repositories,
    targets: Value,
}

impl std::fmt::Debug for Publication<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Publication")
    }
}

impl<'a> Publication<'a> {
    /// Reads what leads to its targets.
    ///
    /// # Errors
    /// [`Unread`].
    pub fn newest(repositories: &'a Repositories) -> Result<Publication<'a>, Unread> {
        // What was taken away by a publication in between is found by the next timestamp.
        match Publication::read(repositories) {
            Err(Unread::Damaged) => Publication::read(repositories),
            read => read,
        }
    }

    fn read(repositories: &'a Repositories) -> Result<Publication<'a>, Unread> {
        let timestamp = document(repositories, "trust/metadata/timestamp.json")?.ok_or(Unread::Nothing)?;
        let next = |from: &Value, role: &str| {
            let version = from.pointer(&format!("/signed/meta/{role}.json/version")).and_then(Value::as_u64);
            let path = format!("trust/metadata/{}.{role}.json", version.ok_or(Unread::Damaged)?);
            document(repositories, &path)?.ok_or(Unread::Damaged)
        };
        let targets = next(&next(&timestamp, "snapshot")?, "targets")?;
        Ok(Publication { repositories, targets })
    }

    /// A target of at most so many bytes; `None` where none of this name is published.
    ///
    /// # Errors
    /// [`Unread`].
    pub fn target(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, Unread> {
        let Some(target) = self.targets.pointer("/signed/targets").and_then(|all| all.get(name)) else {
            return Ok(None);
        };
        let digest = target.pointer("/hashes/sha256").and_then(Value::as_str).ok_or(Unread::Damaged)?;
        let wanted = json::hex(digest).map(Digest).ok_or(Unread::Damaged)?;
        let bytes = bytes(self.repositories, &format!("trust/targets/{digest}.{name}"), most)?;
        bytes.filter(|bytes| sha256(&[bytes]) == wanted).map(Some).ok_or(Unread::Damaged)
    }
}

fn document(repositories: &Repositories, path: &str) -> Result<Option<Value>, Unread> {
    let bytes = bytes(repositories, path, METADATA_MOST)?;
    bytes.map(|bytes| serde_json::from_slice(&bytes).map_err(|_| Unread::Damaged)).transpose()
}

fn bytes(repositories: &Repositories, path: &str, most: u64) -> Result<Option<Vec<u8>>, Unread> {
    let within = Within::parse(path).ok_or(Unread::Damaged)?;
    let Some(found) = repositories.find(within, 0).map_err(|_| Unread::Away)? else { return Ok(None) };
    found.whole(most).map_err(|_| Unread::Away)?.ok_or(Unread::Damaged).map(Some)
}
