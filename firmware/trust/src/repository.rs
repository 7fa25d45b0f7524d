//! Under which names the two repositories are remembered.
//! Promises: neither holds the other back.
//! Must not know: what the targets mean.

pub use gate_tuf::Repository;

/// The file in which a repository is remembered.
pub(crate) const fn file(repository: Repository) -> &'static str {
    match repository {
        Repository::Trust => "trust.tuf",
        Repository::Status => "status.tuf",
    }
}
