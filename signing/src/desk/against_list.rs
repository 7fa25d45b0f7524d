//! Colours that are to be signed, by hand or from a table, held against the desk's own list as it is with every delta made here.
//! Promises: the newest list or none (a service: all that was published, or none): one that was built or changed elsewhere
//! since is not asked silently; who is not on a list of everybody has no colour, and is no green person (DESIGN §6). No
//! number is kept: what deltas changed lies beside the list as one delta of this desk's (`status-list.tfd`), by rank and key.
//! Must not know: who insists, and how.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use gate_proof::subject::Subject;
use gate_status::{
    Answer, DeltaNotMade, DeltaOrder, DeltaRefused, DeskKeys, ListFault, Scope, SealedList, StatusList, Tie,
    make_delta,
};
use gate_wire::credential::{Colour, Condition};

use super::{Desk, DeskError, at};
use crate::custody::CustodyFault;
use crate::issue::Claim;
use crate::list::ListNotOpened;
use crate::list_standing::{Reached, Standing};
use crate::list_steps::{History, OtherHistory, StepsMissing};
use crate::staging::{self, Readers};

/// What every delta made since the list was built changed, as one.
pub(crate) const CHANGES_FILE: &str = "status-list.tfd";

/// How a list contradicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// It says this colour.
    Other(Colour),
    /// It is of everybody, and says nothing of the person.
    Unlisted,
}

/// Why the list could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum ListNotAsked {
    /// It is not at its place in the desk.
    #[error(
        "the list built last (epoch {epoch}) is not {}: name it with --list (`province publish` and `repo draft-status`: --status), or build it again; a build that was cut off leaves it as {}.new（最近所建名单不在该处，请指明或重建）", .path.display(), .path.display()
    )]
    Elsewhere {
        /// Of the list built last.
        epoch: u32,
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Another desk's word, or one that was thrown away here.
    #[error(
        "{} is a list of epoch {epoch} that this desk did not build: a copy of the desk did, or it was thrown away here; the one built last here is of epoch {last}（该名单不是本台所建）", .path.display()
    )]
    Foreign {
        /// The list.
        path: PathBuf,
        /// Its epoch.
        epoch: u32,
        /// Of the list built last here.
        last: u32,
    },
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] ListNotOpened),
    /// It cannot be opened at its place.
    #[error(
        "{} cannot be opened: build the list again, or bring the file back from a backup（请重建名单，或从备份恢复该文件）", .path.display()
    )]
    OpenAt {
        /// The list.
        path: PathBuf,
        /// Why.
        source: ListNotOpened,
    },
    /// What deltas changed cannot be read.
    #[error("status-list.tfd, what deltas changed since")]
    ReadChanges(#[from] io::Error),
    /// What deltas changed cannot be put on it.
    #[error("status-list.tfd, what deltas changed since")]
    TakeChanges(#[from] DeltaRefused),
    /// Deltas were made that are not known here.
    #[error(transparent)]
    Steps(#[from] StepsMissing),
    /// Deltas on it are those of another history.
    #[error(transparent)]
    OtherHistory(#[from] OtherHistory),
    /// Terminals have something newer.
    #[error(
        "{} is of epoch {}, step {}, and epoch {}, step {} was published: put the newest list there (--list), or build it again（落后于已发布的名单）", .path.display(), .ours.epoch, .ours.step, .published.epoch, .published.step
    )]
    Behind {
        /// The list.
        path: PathBuf,
        /// How far it is, with every delta at hand.
        ours: Reached,
        /// How far was published.
        published: Reached,
    },
}

/// Why what a delta changed is not kept.
#[derive(Debug, thiserror::Error)]
pub enum ChangesNotKept {
    /// They do not fit one delta.
    #[error(transparent)]
    Make(#[from] DeltaNotMade),
    /// The keys for it are not at hand.
    #[error(transparent)]
    Custody(#[from] CustodyFault),
    /// The desk.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

/// How `list` contradicts what is to be said of a person. Only colours can be contradicted.
///
/// # Errors
/// [`ListFault`]: then nobody knows.
pub fn contradiction(
    list: &SealedList,
    claim: Claim,
    subject: &Subject,
) -> Result<Option<Contradiction>, ListFault> {
    let (Claim::Screen(Condition::Colour(said)) | Claim::Paper(Condition::Colour(said))) = claim else {
        return Ok(None);
    };
    let colour = match list.find(subject)? {
        Answer::Listed(colour) => colour,
        Answer::NotListed if list.head().scope == Scope::Exceptions => Colour::Green,
        Answer::NotListed => return Ok(Some(Contradiction::Unlisted)),
    };
    Ok((colour != said).then_some(Contradiction::Other(colour)))
}

impl Desk {
    /// The list built last, at its place in the desk or at `named`, with what deltas made here changed since; nothing where
    /// no list was ever built.
    ///
    /// # Errors
    /// [`ListNotAsked`]: then nobody knows.
    pub fn held_list(&self, named: Option<&Path>) -> Result<Option<SealedList>, ListNotAsked> {
        let path = named.map_or_else(|| self.status_file(), Path::to_path_buf);
        let Some(mut list) = self.last_list(&path)? else { return Ok(None) };
        self.take_changes(&mut list)?;
        self.province.admit_asked(&list.state())?;
        Ok(Some(list))
    }

    /// The list at `path` for a service that states colours from it, with what deltas made here changed since. It may be
    /// one before the one built last: that one is stated from when terminals have it.
    ///
    /// # Errors
    /// [`ListNotAsked`]: then nobody knows.
    pub fn served_list(&self, path: &Path) -> Result<SealedList, ListNotAsked> {
        let mut list = self.province.open_list(path)?;
        let (epoch, last) = (list.base_head().epoch.0, self.province.state.list_version);
        if self.province.standing(list.base_head()) == Standing::Foreign {
            return Err(ListNotAsked::Foreign { path: path.to_path_buf(), epoch, last });
        }
        self.take_changes(&mut list)?;
        Ok(list)
    }

    /// Refuses a list without all that was published here: a code of now beats what gates have, and would turn a red person
    /// green at every one of them. A delta that was signed alone may still be on its way into its file.
    ///
    /// # Errors
    /// [`ListNotAsked`]: nothing is stated from it.
    pub fn admit_served(&self, path: &Path, list: &SealedList) -> Result<(), ListNotAsked> {
        let (state, path) = (list.state(), path.to_path_buf());
        let ties = BTreeMap::from([(state.step, Tie::of(&state.link))]);
        self.province.admit_history(&History { state, ties })?;
        let ours = Reached::of(&state);
        match self.province.published_reach().filter(|published| *published > ours) {
            Some(published) => Err(ListNotAsked::Behind { path, ours, published }),
            None => Ok(()),
        }
    }

    fn take_changes(&self, list: &mut SealedList) -> Result<(), ListNotAsked> {
        match std::fs::read(self.directory.join(CHANGES_FILE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            read => match list.apply(&read?) {
                // Of an earlier list: no delta was made since.
                Ok(_) | Err(DeltaRefused::Epoch { .. }) => Ok(()),
                Err(refused) => Err(refused.into()),
            },
        }
    }

    /// Where the list built last lies, for whoever names none: at its place in the desk; nothing where none was ever built.
    ///
    /// # Errors
    /// [`ListNotAsked`]: there is another, or none.
    pub fn list_at_hand(&self) -> Result<Option<PathBuf>, ListNotAsked> {
        let path = self.status_file();
        Ok(self.last_list(&path)?.map(|_| path))
    }

    /// The list at `path`, which is the one built last, without deltas.
    fn last_list(&self, path: &Path) -> Result<Option<SealedList>, ListNotAsked> {
        let last = self.province.state.list_version;
        let elsewhere = || ListNotAsked::Elsewhere { epoch: last, path: path.to_path_buf() };
        match (path.exists(), last) {
            (false, 0) => return Ok(None),
            (false, _) => return Err(elsewhere()),
            (true, _) => {}
        }
        let opened = self.province.open_list(path);
        let list = opened.map_err(|source| ListNotAsked::OpenAt { path: path.to_path_buf(), source })?;
        let (head, path) = (list.base_head(), path.to_path_buf());
        match self.province.standing(head) {
            Standing::Last => Ok(Some(list)),
            Standing::Older => Err(elsewhere()),
            Standing::Foreign => Err(ListNotAsked::Foreign { path, epoch: head.epoch.0, last }),
        }
    }

    /// Keeps what deltas changed, with the one made last: `list` is the list with all of them.
    ///
    /// # Errors
    /// [`ChangesNotKept`]: then the list is not asked until a delta is made, or another list.
    pub fn keep_changes(&self, list: &SealedList) -> Result<(), ChangesNotKept> {
        let (state, head) = (list.state(), list.base_head());
        let order = DeltaOrder {
            scope: head.scope,
            province: head.province,
            epoch: head.epoch,
            generation: state.step,
            base_root: head.root,
            from: (0, head.root),
            to: (state.step, Some(state.link)),
            via: self.province.ties_between(&state),
            as_of: state.as_of,
        };
        let file = make_delta(&order, &list.changes(), self.province.list_desk()?.signers())?;
        let path = self.directory.join(CHANGES_FILE);
        staging::replace(&path, &file, Readers::Owner).map_err(at(&path))?;
        Ok(())
    }
}
