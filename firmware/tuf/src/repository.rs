//! The two repositories (DESIGN §2), and what is read of each at most.
//! Promises: neither holds the other back.
//! Must not know: what the targets mean.

use crate::client::Limits;

/// A repository's timestamp, within its folder: published last, and put into a spool when everything small that it announces is there.
/// The keeper's unit watches it.
pub const TIMESTAMP: &str = "metadata/timestamp.json";

/// A repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Repository {
    /// Key set, policies, places, staff, revocations, day keys, terminals' keys.
    Trust,
    /// The status list's bases and deltas.
    Status,
}

impl Repository {
    /// Both.
    pub const ALL: [Repository; 2] = [Repository::Trust, Repository::Status];

    /// Its folder's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Repository::Trust => "trust",
            Repository::Status => "status",
        }
    }

    /// What is read at most. `trust` has a target for each terminal of a province; `status` at most 64 (DESIGN §2).
    #[must_use]
    pub const fn limits(self) -> Limits {
        let (targets, count) = match self {
            Repository::Trust => (4 << 20, 16_384),
            Repository::Status => (64 << 10, 64),
        };
        Limits { root: 64 << 10, timestamp: 16 << 10, snapshot: 16 << 10, targets, count }
    }
}
