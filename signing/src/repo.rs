//! The two repositories of signed data (DESIGN §2) as the authorities make them: drafts, signatures made apart, publication.
//! Promises: what is published was taken by the client's own workflow first; a draft's signatures are each made where their
//! key lives; a published file never changes, and the timestamp is written last.
//! Must not know: what a dataset says, how a custody keeps keys.
//!
//! The folder of a repository (docs/formats/repositories.md):
//!
//! | folder | what |
//! |---|---|
//! | `public/metadata/`, `public/targets/` | what carriers bring to terminals, whole |
//! | `draft/root.json`, `draft/targets.json` | what is to be signed next, with the signatures so far |
//! | `draft/targets/` | files that the draft names and that are not public yet |

pub mod automatic;
mod draft;
mod publication;
mod root;
mod show;
mod signing;

use std::io;
use std::path::{Path, PathBuf};

use gate_tuf::{DocumentRefused, Refused, Role, TimeRefused};
use gate_wire::time::Timestamp;

use crate::custody::CustodyFault;

pub use draft::{Content, Staged};
pub use publication::{Lives, OnlineSigner, PublishedMetadata};
pub use root::{RoleSigners, RootOrder};
pub use signing::Signed;

/// A repository's folder at the authorities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repo {
    path: PathBuf,
}

/// Why a repository was not changed.
#[derive(Debug, thiserror::Error)]
pub enum RepoFault {
    /// A file cannot be read or written.
    #[error("{}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A document is none, or lacks signatures.
    #[error("{}", .path.display())]
    Document {
        /// Which.
        path: PathBuf,
        /// Why.
        source: DocumentRefused,
    },
    /// There is nothing to sign or publish.
    #[error("{} has no {} yet: stage it first", .path.display(), .role.name())]
    FindRole {
        /// The repository.
        path: PathBuf,
        /// Which.
        role: Role,
    },
    /// There is a repository already.
    #[error("{} holds a repository already: rotate its root", .0.display())]
    KeepRepository(PathBuf),
    /// A target has no good name, or is there twice.
    #[error("{0} is no target's name, or stands there twice")]
    NameTarget(String),
    /// A version would go back.
    #[error(
        "{name}: version {found} is not newer than version {published}, which was published with other content"
    )]
    MoveForward {
        /// The target.
        name: String,
        /// Staged.
        found: u32,
        /// Published.
        published: u32,
    },
    /// A file changed while it was copied.
    #[error("{} changed while it was copied", .0.display())]
    KeepStill(PathBuf),
    /// A draft of a time to come.
    #[error(
        "{name} says that it was issued at {issued}, and this machine's clock says {now}: terminals would believe that it is that late. Look at both clocks; where this one is right, draft again and sign（签发时间晚于本机时钟：请核对两边时钟；本机无误则重新起草并签名）"
    )]
    Foretell {
        /// Which target.
        name: String,
        /// What it says.
        issued: String,
        /// By the clock here.
        now: String,
    },
    /// A terminal would refuse it.
    #[error("terminals would refuse this publication")]
    BeTaken(#[from] Refused),
    /// A key is not at hand.
    #[error(transparent)]
    Custody(#[from] CustodyFault),
    /// A key signs for no role here.
    #[error("the {} key given is not the one that the root names", .0.name())]
    FitRole(Role),
    /// A time is none.
    #[error(transparent)]
    Time(#[from] TimeRefused),
    /// The order is not sound.
    #[error(
        "a role needs at least one key, and a threshold of 1 to the number of its keys; of root, targets 2 at least"
    )]
    BeSound,
}

/// What is drafted may be so far ahead of another machine's clock: two clocks are never one.
pub(crate) const AHEAD_S: u64 = 600;

impl Repo {
    /// The repository in this folder.
    #[must_use]
    pub fn at(path: &Path) -> Repo {
        Repo { path: path.to_path_buf() }
    }

    /// What carriers bring to terminals.
    #[must_use]
    pub fn public(&self) -> PathBuf {
        self.path.join("public")
    }

    fn metadata(&self, name: &str) -> PathBuf {
        self.public().join("metadata").join(name)
    }

    fn draft(&self, role: Role) -> PathBuf {
        self.path.join("draft").join(format!("{}.json", role.name()))
    }

    fn clock(now: Timestamp) -> gate_tuf::Clock {
        gate_tuf::Clock { floor: now, confirmed: Some(now) }
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> RepoFault {
    let path = path.to_path_buf();
    |source| RepoFault::File { path, source }
}

fn in_document(path: &Path) -> impl FnOnce(DocumentRefused) -> RepoFault {
    let path = path.to_path_buf();
    |source| RepoFault::Document { path, source }
}
