//! Whether something else was brought or asked while the keeper was at work: the service manager, which starts it when a timestamp or `ask`
//! changes, looks at none while it runs.
//! Promises: of the spool `ask` alone is opened for it, and nothing is waited for; the same number again is nothing new; a carrier that
//! never rests is followed a few times and then left to the service manager and the timer.
//! Must not know: what is in the other files.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use gate_carry::Ask;
use gate_tuf::{Repository, TIMESTAMP};

/// Runs, one after another, at most.
const RUNS_MOST: u32 = 4;

/// Runs until no other timestamp and no other number came into `spool` meanwhile. Gives what the last run gave.
///
/// # Errors
/// The first one of a run.
pub fn keep_up<T, E>(spool: &Path, mut run: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    let mut runs = 0;
    loop {
        let (seen, done) = (brought(spool), run()?);
        runs += 1;
        if runs == RUNS_MOST || brought(spool) == seen {
            return Ok(done);
        }
    }
}

fn brought(spool: &Path) -> ([Option<Stamp>; 2], Option<Ask>) {
    (Repository::ALL.map(|one| stamp(spool, one)), Ask::read(spool))
}

/// What tells a timestamp from the next one, which is renamed into its place: the file's number, its time and the nanoseconds of that.
type Stamp = (u64, i64, i64);

fn stamp(spool: &Path, repository: Repository) -> Option<Stamp> {
    let about = fs::symlink_metadata(spool.join(repository.name()).join(TIMESTAMP)).ok()?;
    Some((about.ino(), about.mtime(), about.mtime_nsec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs while `come` does something to the spool at each of them.
    fn runs(come: impl Fn(&Path, u32)) -> u32 {
        let spool = tempfile::tempdir().unwrap();
        let mut runs = 0;
        let run = || {
            runs += 1;
            come(spool.path(), runs);
            Ok::<_, ()>(runs)
        };
        assert_eq!(keep_up(spool.path(), run), Ok(runs));
        runs
    }

    /// Puts a file there as carriers do.
    fn put(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let beside = path.with_extension("part");
        fs::write(&beside, text).unwrap();
        fs::rename(&beside, path).unwrap();
    }

    #[test]
    fn what_comes_while_the_keeper_is_at_work_is_looked_at_and_a_carrier_that_never_rests_ends_too() {
        let brings = |times| {
            move |spool: &Path, run| {
                if run <= times {
                    put(&spool.join("status").join(TIMESTAMP), "{}");
                }
            }
        };
        assert_eq!([0, 1, 2, 1_000].map(|times| runs(brings(times))), [1, 2, 3, RUNS_MOST]);
    }

    #[test]
    fn what_is_asked_while_the_keeper_is_at_work_is_looked_at_and_once() {
        let asks = |number: fn(u32) -> u8| {
            move |spool: &Path, run| {
                put(&spool.join(gate_carry::ask::FILE_NAME), &Ask([number(run); 16]).to_string());
            }
        };
        assert_eq!(runs(asks(|_| 7)), 2, "put there again it is the same");
        assert_eq!(runs(asks(|run| run as u8)), RUNS_MOST);
        assert_eq!(runs(|spool, _| put(&spool.join(gate_carry::ask::FILE_NAME), "nonsense")), 1);
    }
}
