//! What one signer signed for, day by day and not published yet, what it saw published, and the repository as it last believed it.
//! Promises: a signature is spent on the disk before it is made; a clock that is set back opens no new day, one set far ahead none unasked; one signer at a time; a
//! ledger that is not there, or cannot be read, is not an empty one; what is written can be read again.
//! Must not know: rules.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use gate_status::{State, Tie};
use gate_tuf::Trusted;
use gate_wire::credential::Colour;
use gate_wire::time::{Day, Timestamp};
use serde::{Deserialize, Serialize};

use super::NotAutomatic;
use super::class::{CLASSES, Class, Counts};
use super::promised::{Place, Promised};
use crate::spelling;
use crate::staging::{self, Readers};

const FORMAT: u32 = 4;
/// Of before places were promised: of drafts that were signed their digests alone were kept.
const FORMAT_BEFORE: u32 = 3;
/// Further ahead than this since the last look, a clock is somebody's to confirm.
const LEAP_S: u64 = 2 * 86_400;
/// Days that are remembered.
const DAYS: usize = 60;
/// Days that the usual is the median of.
const USUAL: usize = 14;
/// Rejections that are remembered.
const REJECTED: usize = 20;
/// Letters of a rejection that are remembered: a draft's author must not be able to fill the ledger.
const WHY_MOST: usize = 300;
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
        "{} is no ledger of a signer, or of another version. What was signed for today, and of which version, is not known: put a copy of it back, or move this file aside and begin a new one (--new-ledger). Either way sign without a person only after midnight, and after a person published the version that waits now or had another take its place: or one version is signed twice（台账读不出：用副本恢复，或另立新账 --new-ledger。两种情况都须等到次日零点，并由人发布了现在等候的版本或以更新的版本取代之后，才可再自动签名）", .0.display()
    )]
    Read(PathBuf),
    /// There is none.
    #[error(
        "{}: there is no ledger. If none was ever kept here: --new-ledger. Otherwise put it back: a new one has all of today's caps again, and knows of no version that was signed: use one, or an older copy, only after midnight, and after a person published the version that waits now or had another take its place（没有台账：从未有过，用 --new-ledger；否则请放回原台账。另立新账或用旧副本，都须等到次日零点，并由人发布了现在等候的版本或以更新的版本取代之后）", .0.display()
    )]
    Missing(PathBuf),
    /// It would be longer than it can be read back.
    #[error(
        "{}: the ledger would be {found} bytes long and could not be read again, at most {LEDGER_MOST_BYTES}: nothing was signed, and the file is as it was（台账将过长而读不回，没有签名，文件未动）", .path.display()
    )]
    Overflow {
        /// Which.
        path: PathBuf,
        /// Bytes.
        found: usize,
    },
    /// There is one.
    #[error("{} is there already: a new ledger would forget what was signed for; leave --new-ledger out", .0.display())]
    Present(PathBuf),
    /// The clock went far ahead since the last look.
    #[error(
        "the clock says {clock}, the last look was at {latest}: more than two days. A clock set ahead would open day after day; if it is right: --clock-confirmed（时钟比上次快两天以上：确认无误再用 --clock-confirmed）"
    )]
    Leap {
        /// Now.
        clock: String,
        /// Then.
        latest: String,
    },
    /// Somebody else signs.
    #[error("{}: another signer is at work", .0.display())]
    Busy(PathBuf),
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    format: u32,
    /// The latest time that was worked at; 0 before the first.
    latest: u64,
    /// Empty before the first look.
    trusted: String,
    seen: Option<Seen>,
    days: Vec<OfDay>,
    promised: Promised,
    #[serde(default)]
    rejected: Vec<Rejected>,
}

/// A draft that was not signed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rejected {
    /// By the machine's clock.
    at: u64,
    code: String,
    why: String,
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
    /// Opens it.
    ///
    /// # Errors
    /// [`LedgerFault`]; one that is not there is no empty one: whoever took it away would have all caps again.
    pub fn open(path: &Path) -> Result<Ledger, LedgerFault> {
        let lock = lock(path)?;
        Ok(Ledger { path: path.into(), kept: read(path)?, _lock: lock })
    }

    /// A new one, where a person says that there never was one. It is on the disk with the first look that ends well.
    ///
    /// # Errors
    /// [`LedgerFault::Present`].
    pub fn begin(path: &Path) -> Result<Ledger, LedgerFault> {
        let lock = lock(path)?;
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(at(path)(error)),
            Ok(_) => return Err(LedgerFault::Present(path.into())),
        }
        Ok(Ledger { path: path.into(), kept: Kept { format: FORMAT, ..Kept::default() }, _lock: lock })
    }

    /// Where the signer keeps its own copy of the base.
    pub(crate) fn base(&self) -> PathBuf {
        beside(&self.path, ".base")
    }

    /// Where it keeps a copy of a drafted base while it is counted.
    pub(crate) fn next_base(&self) -> PathBuf {
        beside(&self.path, ".next-base")
    }

    /// The repository as it was last believed; nothing before the first look alone.
    pub(crate) fn trusted(&self) -> Result<Option<Trusted>, LedgerFault> {
        if self.kept.trusted.is_empty() && self.kept.seen.is_none() {
            return Ok(None);
        }
        let trusted = Trusted::from_text(&self.kept.trusted);
        trusted.map(Some).map_err(|_| LedgerFault::Read(self.path.clone()))
    }

    /// Believes this from here on, and notes what was published since, by the days of its as-of times.
    pub fn believe(&mut self, trusted: &Trusted, to: &State, published: &[(Timestamp, Counts)]) {
        self.kept.trusted = trusted.to_text();
        self.kept.seen = Some(Seen::of(to));
        self.kept.promised.is_published(to);
        self.note(published);
    }

    /// Days that are yet to come are left out: sixty of them would push today, and what was spent of it, out of the ledger.
    fn note(&mut self, published: &[(Timestamp, Counts)]) {
        let today = Timestamp::from_unix(self.kept.latest).map_or(0, |latest| latest.civil_day().0);
        self.kept.days.retain(|of| of.day <= today);
        for (as_of, counts) in published.iter().filter(|(as_of, _)| as_of.civil_day().0 <= today) {
            let day = self.day(as_of.civil_day());
            day.published = day.published.and(*counts);
        }
    }

    /// As far as the published list, which is at `end` now, was counted: 0 at the first look, and in an epoch that was never looked at.
    ///
    /// # Errors
    /// [`NotAutomatic::Vanish`]: what was seen published is not in what is published now.
    pub(crate) fn counted_to(
        &self,
        end: &State,
        tie: impl FnOnce(u32) -> Result<Option<Tie>, NotAutomatic>,
    ) -> Result<u32, NotAutomatic> {
        let Some(seen) = self.kept.seen.as_ref().filter(|seen| seen.epoch >= end.epoch.0) else {
            return Ok(0);
        };
        let is_there = seen.epoch == end.epoch.0
            && seen.step <= end.step
            && tie(seen.step)?.is_some_and(|tie| seen.is_tied(tie));
        match is_there {
            true => Ok(seen.step),
            false => Err(NotAutomatic::Vanish { epoch: seen.epoch, step: seen.step }),
        }
    }

    /// The time to work at: never before the latest one.
    ///
    /// # Errors
    /// [`LedgerFault::Leap`]: then nobody confirmed this clock.
    pub fn now(&mut self, clock: Timestamp) -> Result<Timestamp, LedgerFault> {
        let latest = Timestamp::from_unix(self.kept.latest).unwrap_or(clock);
        if self.kept.latest > 0 && clock > latest.plus(LEAP_S) {
            let [clock, latest] = [clock, latest].map(gate_tuf::print_time);
            return Err(LedgerFault::Leap { clock, latest });
        }
        Ok(self.confirm(clock))
    }

    /// The time to work at, where a person says that the clock is right.
    pub fn confirm(&mut self, clock: Timestamp) -> Timestamp {
        self.kept.latest = self.kept.latest.max(clock.unix());
        Timestamp::from_unix(self.kept.latest).unwrap_or(clock)
    }

    /// What was signed for on this day.
    #[must_use]
    pub fn spent(&self, day: Day) -> Counts {
        self.kept.days.iter().find(|of| of.day == day.0).map_or_else(Counts::default, |of| of.spent)
    }

    /// What was signed for and not seen published.
    pub(crate) fn promised(&self) -> &Promised {
        &self.kept.promised
    }

    /// Promises this draft without spending: what a person signs.
    pub(crate) fn promise(&mut self, place: &Place) {
        self.kept.promised.keep(place);
    }

    /// How many of a class were published this day so far, by whomever they were signed.
    #[must_use]
    pub fn published(&self, class: Class, day: Day) -> u64 {
        self.kept.days.iter().find(|of| of.day == day.0).map_or(0, |of| of.published.in_class(class))
    }

    /// Spends, for this draft, and promises it.
    pub(crate) fn spend(&mut self, day: Day, counts: Counts, place: &Place) {
        let of = self.day(day);
        of.spent = of.spent.and(counts);
        self.kept.promised.keep(place);
    }

    /// How many of a class the last days brought at most days: their median, and how many days are known. `today` is not one.
    #[must_use]
    pub fn usual(&self, class: Class, today: Day) -> (u64, usize) {
        let days = self.kept.days.iter().filter(|of| of.day < today.0).rev().take(USUAL);
        let mut counts: Vec<u64> = days.map(|of| of.published.in_class(class)).collect();
        counts.sort_unstable();
        (counts.get(counts.len() / 2).copied().unwrap_or(0), counts.len())
    }

    /// Notes a rejection beside what the disk has, and nothing else: a clock that nobody confirmed is not the ledger's by it. Where there is no ledger
    /// yet, none begins.
    ///
    /// # Errors
    /// [`LedgerFault`].
    pub fn reject(&mut self, clock: Timestamp, (code, why): (&str, &str)) -> Result<(), LedgerFault> {
        let mut kept = match read(&self.path) {
            Err(LedgerFault::Missing(_)) => return Ok(()),
            other => other?,
        };
        let why = spelling::harmless(why, WHY_MOST);
        kept.rejected.push(Rejected { at: clock.unix(), code: code.into(), why });
        let old = kept.rejected.len().saturating_sub(REJECTED);
        kept.rejected.drain(..old);
        self.kept = kept;
        self.keep()
    }

    /// The last rejections, the newest first, a line each.
    pub fn rejections(&self) -> impl Iterator<Item = String> {
        self.kept.rejected.iter().rev().map(|Rejected { at, code, why }| {
            let at = Timestamp::from_unix(*at).unwrap_or(Timestamp::MAX);
            format!("曾拒签 rejected {}, {code}: {why}", gate_tuf::print_time(at))
        })
    }

    /// How many turn this colour at most days, class by class, and how many days are known.
    pub(super) fn usual_to(&self, colour: Colour, today: Day) -> (u64, usize) {
        let classes = CLASSES.into_iter().filter(|class| class.is_to(colour));
        classes.map(|class| self.usual(class, today)).fold((0, 0), |(sum, _), (one, days)| (sum + one, days))
    }

    /// Puts it on the disk.
    ///
    /// # Errors
    /// [`LedgerFault`]: then nothing may be signed.
    pub fn keep(&self) -> Result<(), LedgerFault> {
        // Texts and numbers alone: it always is JSON.
        let text = serde_json::to_vec(&self.kept).unwrap_or_default();
        if text.len() as u64 > LEDGER_MOST_BYTES {
            return Err(LedgerFault::Overflow { path: self.path.clone(), found: text.len() });
        }
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

    fn is_tied(&self, tie: Tie) -> bool {
        self.link.starts_with(&spelling::hex(&tie.0))
    }
}

fn beside(path: &Path, more: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(more);
    name.into()
}

/// One signer at a time.
fn lock(path: &Path) -> Result<File, LedgerFault> {
    let lock = beside(path, ".lock");
    let lock = File::options().write(true).create(true).truncate(false).open(&lock).map_err(at(path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(LedgerFault::Busy(path.into())),
        Err(TryLockError::Error(error)) => Err(at(path)(error)),
    }
}

fn read(path: &Path) -> Result<Kept, LedgerFault> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(LedgerFault::Missing(path.into()));
        }
        other => other.map_err(at(path))?,
    };
    if !file.metadata().map_err(at(path))?.is_file() {
        return Err(LedgerFault::Read(path.into()));
    }
    let mut bytes = Vec::new();
    file.take(LEDGER_MOST_BYTES).read_to_end(&mut bytes).map_err(at(path))?;
    let kept = serde_json::from_slice(&bytes).ok().and_then(|text| serde_json::from_value(of_now(text)).ok());
    kept.filter(|kept: &Kept| kept.format == FORMAT).ok_or_else(|| LedgerFault::Read(path.into()))
}

/// A ledger of before promises knows its days and caps, and nothing of places.
fn of_now(mut text: serde_json::Value) -> serde_json::Value {
    if let Some(kept) = text.as_object_mut().filter(|kept| kept.get("format") == Some(&FORMAT_BEFORE.into()))
    {
        kept.remove("signed");
        kept.insert("format".into(), FORMAT.into());
        kept.insert("promised".into(), serde_json::json!(Promised::default()));
    }
    text
}

#[cfg(test)]
mod tests;
