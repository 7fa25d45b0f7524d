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
//! | `repo.lock` | locked by whoever drafts, signs, joins or publishes |

pub mod automatic;
mod changes;
mod draft;
mod lock;
mod names;
mod out;
mod publication;
mod root;
mod show;
mod siblings;
mod signing;

use std::io;
use std::path::{Path, PathBuf};

use gate_tuf::{DocumentRefused, JoinRefused, Refused, Role, TimeRefused};
use gate_wire::time::Timestamp;

use crate::custody::CustodyFault;

pub use draft::{Content, Staged};
pub use publication::{Lives, OnlineSigner, PublishedMetadata};
pub use root::{RoleSigners, RootOrder};
pub use show::Seen;
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
    /// A key stands under another key's name, or a role names one that is not there.
    #[error(
        "{}: what stands there under the name {id} is not the key of that name: somebody edited this draft by hand. Sign it in no case; find out who, and draft the root again (repo new, repo rotate)（草稿里的密钥与其标识不符：有人改动过草稿，切勿签名；查明后重新起草）", .path.display()
    )]
    NameKey {
        /// The draft.
        path: PathBuf,
        /// The name, harmless.
        id: String,
    },
    /// What lies there as published was signed by no root's keys.
    #[error(
        "{}: it lies among what was published, and no root of this repository has signed it: nothing can be compared with it. Find out who put it there; the folder that carriers take it from (--out) has what was published（已发布目录里的这个文件没有有效签名：请查明是谁放的，用 --out 目录中的原文件恢复）", .0.display()
    )]
    Unproven(PathBuf),
    /// A drafted file is not what the draft says.
    #[error(
        "{}: this file is not there, or is not what the draft says of it: copy the repository's whole folder anew, and sign nothing before it fits（文件缺失或与草稿所说不符：请重新拷贝整个目录，核对前切勿签名）", .0.display()
    )]
    Lie(PathBuf),
    /// The draft is another one than was shown.
    #[error(
        "{}: it is another draft now than the one that was shown: nothing was signed. Read it and sign again（草稿在显示之后变了，没有签名：请重新查看再签）", .0.display()
    )]
    OtherDraft(PathBuf),
    /// A copy's signatures.
    #[error(transparent)]
    Join(#[from] JoinRefused),
    /// Somebody else is at work.
    #[error(
        "{}: another gate-sign is at work in this repository: try again when it is done（另一个 gate-sign 正在使用这个仓库，请稍后再试）", .0.display()
    )]
    Busy(PathBuf),
    /// A key of another repository.
    #[error(
        "the key {key} is a key of the repository {}, too: whoever holds it could show terminals the files of the one as the other's. Make keys of its own for each repository (officer new)（两个仓库不能共用密钥：请为每个仓库另做密钥）", .sibling.display()
    )]
    ShareKey {
        /// Its public half.
        key: String,
        /// The other one.
        sibling: PathBuf,
    },
    /// A folder of something else.
    #[error(
        "{}: it is not empty, and its metadata/1.root.json is not this repository's: nothing was published and nothing deleted. Give an empty folder, or the one that this repository was published into before (OUT/trust, OUT/status)（目录非空且不是本仓库的发布目录：没有发布，也没有删除；请换空目录或本仓库原来的发布目录）", .0.display()
    )]
    KeepOther(PathBuf),
    /// More than a terminal takes.
    #[error(
        "the draft names {found} files, terminals take {most} of this repository at most: make the ladder of all steps first (`gate-sign status ladder`), then give its files and the steps: those that terminals need are taken of them（文件过多，终端拒收：请先用 status ladder 合并全部各步，再把合并的文件和各步一并给出，程序取终端所需的）"
    )]
    Crowd {
        /// Named.
        found: usize,
        /// At most.
        most: usize,
    },
    /// Longer than a terminal takes.
    #[error(
        "the draft is {found} bytes long, terminals take {most} of this repository at most: name fewer files（草稿过长，终端拒收）"
    )]
    Lengthen {
        /// Bytes, with room for signatures.
        found: u64,
        /// At most.
        most: u64,
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
