//! What one signer signed for, day by day, what it saw published, and the repository as it last believed it.
//! Promises: a signature is spent on the disk before it is made; a clock that is set back opens no new day; one signer at a time.
//! Must not know: rules.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use gate_status::State;
use gate_tuf::Trusted;
use gate_wire::time::{Day, Timestamp};
use serde::{Deserialize, Serialize};

use super::class::{Class, Counts};
use crate::spelling;
use crate::staging::{self, Readers};

/// Days that are remembered.
const DAYS: usize = 60;
/// Days that the usual is the median of.
const USUAL: usize = 14;
/// Drafts that were signed and are remembered: who asks again gets the same signature and nothing is spent.
const SIGNED: usize = 64;
const LEDGER_MOST_BYTES: u64 = 1 << 20;

/// The ledger, held by this process alone.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    kept: Kept,
    _lock: File,
}

/// Why there is no ledger to work with.
#[derive(Debug, thiserror::Error)]
pub enum LedgerFault {
    /// A file.
    #[error("{}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be read: nothing is signed on a guess.
    #[error(
        "{} is no ledger of a signer. What was spent is not known: look at what was published, and begin a new one only after a day", .0.display()
    )]
    Read(PathBuf),
    /// Somebody else signs.
    #[error("{}: another signer is at work", .0.display())]
    Busy(PathBuf),
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    format: u32,
    /// The latest time that was worked at.
    latest: u64,
    trusted: String,
    seen: Option<Seen>,
    days: Vec<OfDay>,
    signed: Vec<String>,
}

/// Where the published list was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    epoch: u32,
    step: u32,
    link: String,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfDay {
    day: u32,
    spent: Counts,
    published: Counts,
}

fn at(path: &Path) -> impl Fn(io::Error) -> LedgerFault {
    let path = path.to_path_buf();
    move |source| LedgerFault::File { path: path.clone(), source }
}

impl Ledger {
    /// Opens it; a new one where there is none.
    ///
    /// # Errors
    /// [`LedgerFault`].
    pub fn open(path: &Path) -> Result<Ledger, LedgerFault> {
        let mut beside = path.as_os_str().to_os_string();
        beside.push(".lock");
        let lock =
            File::options().write(true).create(true).truncate(false).open(&beside).map_err(at(path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LedgerFault::Busy(path.into())),
            Err(TryLockError::Error(error)) => return Err(at(path)(error)),
        }
        Ok(Ledger { path: path.into(), kept: read(path)?, _lock: lock })
    }

    /// The repository as it was last believed.
    #[must_use]
    pub fn trusted(&self) -> Option<Trusted> {
        Trusted::from_text(&self.kept.trusted).ok()
    }

    /// Believes this from here on, and notes what was published since, by the days of its as-of times.
    pub fn believe(&mut self, trusted: &Trusted, to: &State, published: &[(Timestamp, Counts)]) {
        self.kept.trusted = trusted.to_text();
        self.kept.seen = Some(Seen::of(to));
        for (as_of, counts) in published {
            let day = self.day(as_of.civil_day());
            day.published = day.published.and(*counts);
        }
    }

    /// The step of this epoch that the published list was seen at, if it is one of this list's links.
    pub fn seen_at(&self, linked: impl Fn(u32) -> Option<State>) -> Option<u32> {
        let seen = self.kept.seen.as_ref()?;
        linked(seen.step).filter(|state| Seen::of(state) == *seen).map(|state| state.step)
    }

    /// The time to work at: never before the latest one.
    pub fn now(&mut self, clock: Timestamp) -> Timestamp {
        self.kept.latest = self.kept.latest.max(clock.unix());
        Timestamp::from_unix(self.kept.latest).unwrap_or(clock)
    }

    /// What was signed for on this day.
    #[must_use]
    pub fn spent(&self, day: Day) -> Counts {
        self.kept.days.iter().find(|of| of.day == day.0).map_or_else(Counts::default, |of| of.spent)
    }

    /// Whether this draft was signed before.
    #[must_use]
    pub fn has_signed(&self, digest: &[u8; 32]) -> bool {
        self.kept.signed.contains(&spelling::hex(digest))
    }

    /// Spends, for this draft.
    pub fn spend(&mut self, day: Day, counts: Counts, digest: &[u8; 32]) {
        let of = self.day(day);
        of.spent = of.spent.and(counts);
        self.kept.signed.push(spelling::hex(digest));
        let old = self.kept.signed.len().saturating_sub(SIGNED);
        self.kept.signed.drain(..old);
    }

    /// How many of a class the last days brought at most days: their median, and how many days are known. `today` is not one.
    #[must_use]
    pub fn usual(&self, class: Class, today: Day) -> (u64, usize) {
        let days = self.kept.days.iter().filter(|of| of.day < today.0).rev().take(USUAL);
        let mut counts: Vec<u64> = days.map(|of| of.published.in_class(class)).collect();
        counts.sort_unstable();
        (counts.get(counts.len() / 2).copied().unwrap_or(0), counts.len())
    }

    /// Puts it on the disk.
    ///
    /// # Errors
    /// [`LedgerFault`]: then nothing may be signed.
    pub fn keep(&self) -> Result<(), LedgerFault> {
        // Texts and numbers alone: it always is JSON.
        let text = serde_json::to_vec(&self.kept).unwrap_or_default();
        staging::replace(&self.path, &text, Readers::Owner).map_err(at(&self.path))
    }

    fn day(&mut self, day: Day) -> &mut OfDay {
        let days = &mut self.kept.days;
        let place = days.binary_search_by_key(&day.0, |of| of.day).unwrap_or_else(|place| {
            days.insert(place, OfDay { day: day.0, spent: Counts::default(), published: Counts::default() });
            place
        });
        let old = days.len().saturating_sub(DAYS).min(place);
        days.drain(..old);
        &mut days[place - old]
    }
}

impl Seen {
    fn of(state: &State) -> Seen {
        Seen { epoch: state.epoch.0, step: state.step, link: spelling::hex(&state.link) }
    }
}

fn read(path: &Path) -> Result<Kept, LedgerFault> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Kept { format: 1, ..Kept::default() });
        }
        other => other.map_err(at(path))?,
    };
    if !fs::metadata(path).map_err(at(path))?.is_file() {
        return Err(LedgerFault::Read(path.into()));
    }
    let mut bytes = Vec::new();
    file.take(LEDGER_MOST_BYTES).read_to_end(&mut bytes).map_err(at(path))?;
    let kept: Option<Kept> = serde_json::from_slice(&bytes).ok().filter(|kept: &Kept| kept.format == 1);
    kept.ok_or_else(|| LedgerFault::Read(path.into()))
}

#[cfg(test)]
mod tests {
    use gate_status::Flow;

    use super::*;

    fn people(count: u64) -> Counts {
        Counts::of(&Flow { removed: count, ..Flow::default() })
    }

    #[test]
    fn a_clock_that_is_set_back_opens_no_new_day() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let time = |day: u64| Timestamp::from_unix(day * 86_400).unwrap();
        let mut ledger = Ledger::open(&path).unwrap();
        let today = ledger.now(time(20_000)).civil_day();
        ledger.spend(today, people(7), &[1; 32]);
        ledger.keep().unwrap();
        drop(ledger);
        let mut again = Ledger::open(&path).unwrap();
        assert!(matches!(Ledger::open(&path), Err(LedgerFault::Busy(_))));
        let back = again.now(time(19_000)).civil_day();
        assert_eq!((back, again.spent(back)), (today, people(7)));
        assert!(again.has_signed(&[1; 32]) && !again.has_signed(&[2; 32]));
    }

    #[test]
    fn the_usual_is_the_median_of_days_before() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(&folder.path().join("ledger")).unwrap();
        for (day, count) in [(1, 5), (2, 1_000), (3, 7), (4, 90_000)] {
            let of = ledger.day(Day(day));
            of.published = people(count);
        }
        assert_eq!(ledger.usual(Class::Removed, Day(4)), (7, 3), "today is not a day before");
        assert_eq!(ledger.usual(Class::Removed, Day(1)), (0, 0));
        for day in 5..200 {
            ledger.day(Day(day));
        }
        assert_eq!(ledger.kept.days.len(), DAYS);
    }

    #[test]
    fn a_ledger_that_cannot_be_read_is_no_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        fs::write(&path, "{}").unwrap();
        assert!(matches!(Ledger::open(&path), Err(LedgerFault::Read(_))));
    }
}
