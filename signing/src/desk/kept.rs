//! `province.json` between commands, and the log that vouches for it.
//! Promises: a state is believed only when the log's whole chain holds and its last word on the state is of exactly these
//! bytes: an older copy, a changed word, another nature are refused; no key is used, and no new state kept, before custody
//! said that it sealed that word (whoever can write files can write lines); a power cut between line and file loses neither.
//! Must not know: what a province is.
//!
//! Order: the new state beside the old one (`province.json.next`, synced), the line with its digest, the rename. So whichever
//! file the last line speaks of is there.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use gate_core::manifest::Demo;
use gate_proof::digest::{Digest, sha256};

use super::access::Access;
use super::{Desk, DeskError, Hold, MAX_STATE_BYTES, STATE_FILE, at, files};
use crate::key_ring::Seals;
use crate::log::entry::{Entry, Line, Operation};
use crate::log::{self, Log, Start};
use crate::officers::Officers;
use crate::province::State;
use crate::spelling;
use crate::staging::{self, Readers};

const NEXT_FILE: &str = "province.json.next";
/// A service opens the desk while a command keeps it: what it read first may be gone when it looks again.
const LOOKS_MOST: u32 = 3;

/// What the whole log says of the desk as it must be now.
#[derive(Default)]
pub(super) struct Chronicle {
    lines: u64,
    /// The line that spoke of the state last.
    pub(super) state: Option<Line>,
    /// Whether any line that spoke of a state has a seal.
    pub(super) seals: Seals,
    /// Days of retention as told last.
    pub(super) retention: Option<u64>,
    /// The officers, and which approvals have served.
    pub(super) officers: Officers,
}

/// A state that the log vouches for.
pub(super) struct Believed {
    pub(super) state: State,
    pub(super) digest: Digest,
    pub(super) log: Arc<Log>,
    pub(super) chronicle: Chronicle,
}

impl Chronicle {
    /// Follows the log from its first line.
    fn of(log: &Log, origin: Digest) -> Result<Chronicle, DeskError> {
        let mut chronicle = Chronicle::default();
        log.recount(|line| {
            chronicle.lines = line.line;
            chronicle.take(line);
            chronicle.officers.follow(line, origin)
        })?;
        Ok(chronicle)
    }

    fn take(&mut self, line: &Line) {
        match line.operation {
            Operation::KeepState => {
                if line.seal.is_some() {
                    self.seals = Seals::Seen;
                }
                self.state = Some(line.clone());
            }
            Operation::RetentionChange => self.retention = Some(line.count),
            _ => {}
        }
    }

    /// Whether this text is the state that was kept last. A demo from before there was a log has nothing to be held to.
    fn vouches_for(&self, text: &str) -> bool {
        match &self.state {
            Some(line) => line.digest.as_deref() == Some(&*spelling::hex(&digest_of(text).0)),
            None => self.lines == 0,
        }
    }
}

/// The state in `directory`, if the log vouches for it.
pub(super) fn believed(
    (directory, hold): (&Path, &Hold),
    access: &Access,
    start: Start,
) -> Result<Believed, DeskError> {
    let (path, next) = (directory.join(STATE_FILE), directory.join(NEXT_FILE));
    let mut told = 0;
    for _ in 0..LOOKS_MOST {
        let text = files::read(&path, MAX_STATE_BYTES)?;
        let state = parse(&path, &text)?;
        let log = log_of(directory, &state, access, start)?;
        let chronicle = Chronicle::of(&log, origin_of(&state))?;
        let (text, state) = match chronicle.vouches_for(&text) {
            true => (text, state),
            false => {
                told = chronicle.state.as_ref().map_or(0, |line| line.line);
                let Some(text) = staged(&next, &chronicle)? else { continue };
                if matches!(hold, Hold::Alone { .. }) {
                    fs::rename(&next, &path)
                        .and_then(|()| staging::sync_directory(&path))
                        .map_err(at(&path))?;
                }
                let state = parse(&next, &text)?;
                (text, state)
            }
        };
        if matches!(hold, Hold::Alone { .. }) && next.exists() {
            fs::remove_file(&next).map_err(at(&next))?;
        }
        return Ok(Believed { state, digest: digest_of(&text), log, chronicle });
    }
    Err(DeskError::MatchLog { path, line: told })
}

/// What a command that was cut off after its line left beside the old state.
fn staged(next: &Path, chronicle: &Chronicle) -> Result<Option<String>, DeskError> {
    if !next.exists() {
        return Ok(None);
    }
    Ok(Some(files::read(next, MAX_STATE_BYTES)?).filter(|text| chronicle.vouches_for(text)))
}

fn parse(path: &Path, text: &str) -> Result<State, DeskError> {
    serde_json::from_str(text).map_err(|source| DeskError::ReadState { path: path.to_path_buf(), source })
}

fn digest_of(text: &str) -> Digest {
    sha256(&[text.as_bytes()])
}

/// What the log of a desk with this state begins with.
pub(super) fn origin_of(state: &State) -> Digest {
    let nature = if state.demo { Demo::Yes } else { Demo::No };
    log::origin(&state.region, &state.salt, state.tag_memory_kib, nature)
}

pub(super) fn log_of(
    directory: &Path,
    state: &State,
    access: &Access,
    start: Start,
) -> Result<Arc<Log>, DeskError> {
    let nature = if state.demo { Demo::Yes } else { Demo::No };
    Ok(Arc::new(access.log(directory, origin_of(state), nature, start)?))
}

impl Desk {
    /// Refuses to go on from a state that custody does not know, before anything is told of a change of it.
    pub(super) fn admit_change(&self) -> Result<(), DeskError> {
        let revoked = self.province.revocations.head().version > self.province.state.revocations;
        if revoked || self.kept != Some(self.state_text()?.1) {
            self.province.keys.admit_state()?;
        }
        Ok(())
    }

    fn state_text(&self) -> Result<(String, Digest), DeskError> {
        let path = || self.directory.join(STATE_FILE);
        let text = serde_json::to_string_pretty(&self.province.state)
            .map_err(|source| DeskError::ReadState { path: path(), source })?;
        let digest = digest_of(&text);
        Ok((text, digest))
    }

    /// Keeps the state, if it changed, after the log was told which.
    pub(super) fn keep_state(&mut self) -> Result<(), DeskError> {
        let (path, next) = (self.directory.join(STATE_FILE), self.directory.join(NEXT_FILE));
        let (text, digest) = self.state_text()?;
        if self.kept == Some(digest) {
            return Ok(());
        }
        staging::replace(&next, text.as_bytes(), Readers::Owner).map_err(at(&next))?;
        let (entry, voucher) = (
            Entry { digest: Some(digest), ..Entry::of(Operation::KeepState) },
            self.province.keys.voucher()?,
        );
        self.log.note_sealed(&entry, voucher.as_ref())?;
        #[cfg(test)]
        staging::cut::step().map_err(at(&path))?;
        fs::rename(&next, &path).and_then(|()| staging::sync_directory(&path)).map_err(at(&path))?;
        self.kept = Some(digest);
        Ok(())
    }
}
