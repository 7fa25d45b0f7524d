//! Whether something else was brought while the keeper was at work: the service manager, which starts it when a timestamp changes, looks at
//! none while it runs.
//! Promises: nothing of the spool is opened for it, so nothing is waited for; a carrier that never rests is followed a few times and then
//! left to the timer.
//! Must not know: what is in the files.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use gate_tuf::{Repository, TIMESTAMP};

/// Runs, one after another, at most.
const RUNS_MOST: u32 = 4;

/// Runs until no other timestamp came into `spool` meanwhile. Gives what the last run gave.
///
/// # Errors
/// The first one of a run.
pub fn keep_up<T, E>(spool: &Path, mut run: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    let mut runs = 0;
    loop {
        let (seen, done) = (Repository::ALL.map(|one| stamp(spool, one)), run()?);
        runs += 1;
        if runs == RUNS_MOST || Repository::ALL.map(|one| stamp(spool, one)) == seen {
            return Ok(done);
        }
    }
}

/// What tells a timestamp from the next one, which is renamed into its place.
fn stamp(spool: &Path, repository: Repository) -> Option<(u64, i64, i64)> {
    let about = fs::symlink_metadata(spool.join(repository.name()).join(TIMESTAMP)).ok()?;
    Some((about.ino(), about.mtime(), about.mtime_nsec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs while the timestamp comes anew at the first `times` of them.
    fn runs(times: u32) -> u32 {
        let spool = tempfile::tempdir().unwrap();
        let path = spool.path().join("status").join(TIMESTAMP);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut runs = 0;
        let run = || {
            runs += 1;
            if runs <= times {
                let beside = path.with_extension("part");
                fs::write(&beside, b"{}").unwrap();
                fs::rename(&beside, &path).unwrap();
            }
            Ok::<_, ()>(runs)
        };
        assert_eq!(keep_up(spool.path(), run), Ok(runs));
        runs
    }

    #[test]
    fn what_comes_while_the_keeper_is_at_work_is_looked_at_and_a_carrier_that_never_rests_ends_too() {
        assert_eq!([0, 1, 2, 1_000].map(runs), [1, 2, 3, RUNS_MOST]);
    }
}
