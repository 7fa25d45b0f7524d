//! What of the archive is in force: the generation published last, and the figures of the list published last.
//! Promises: written after the publication itself: what was archived and never came into force is told again next time.
//! Must not know: documents.
//!
//! `archive/in-force.json`. It is nobody's proof: who can write the desk can write it, and sees more told, or less.

use std::fs;
use std::io;

use serde::{Deserialize, Serialize};

use super::{Archive, ArchiveFault, read};
use crate::list_figures::ListFigures;
use crate::staging::{self, Readers};

const FILE: &str = "in-force.json";

/// What is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InForce {
    format: u8,
    /// The generation; 0 before the first.
    pub(crate) generation: u32,
    /// The list, if one was ever published.
    pub(crate) list: Option<ListFigures>,
}

impl Archive {
    /// What was in force last; nothing where it is not known.
    pub(crate) fn in_force(&self) -> Option<InForce> {
        let read = read(&self.directory.join(FILE)).ok()?;
        serde_json::from_slice(&read).ok().filter(|force: &InForce| force.format == 1)
    }

    /// A generation, or a list, or both came into force.
    pub(crate) fn keep_in_force(&self, generation: u32, list: Option<ListFigures>) -> io::Result<()> {
        let list = list.or_else(|| self.in_force()?.list);
        let text = serde_json::to_string_pretty(&InForce { format: 1, generation, list })?;
        fs::create_dir_all(&self.directory)?;
        staging::replace(&self.directory.join(FILE), text.as_bytes(), Readers::Owner)
    }

    /// The generation that the next one is held against: the one in force, else the newest that is whole.
    pub(crate) fn newest(&self) -> Result<Option<u32>, ArchiveFault> {
        match self.in_force().filter(|force| force.generation > 0) {
            Some(force) => Ok(Some(force.generation)),
            None => Ok(self.generations()?.last().copied()),
        }
    }
}
