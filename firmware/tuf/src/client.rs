//! The client's workflow (specification §5), in its numbered steps, from the last root that was trusted.
//! Promises: what was taken stays taken when a later step refuses; nothing older than what was taken is; any trouble with
//! the next root but its absence ends the way there, so that no rotation is skipped; roots in any number are followed up to
//! a bound; what has ended by a time that is surely past is refused.
//! Must not know: files; what targets are.

use std::fmt;

use gate_wire::time::Timestamp as Time;

use crate::document::{Claimed, Document, DocumentRefused};
use crate::kept::Trusted;
use crate::role::{Body, MetaFile, Role, Root, Snapshot, TARGETS_FILE, Targets, Timestamp};
use crate::time::print_time;

/// Roots followed in one run at most: a root a week for twenty years.
const ROOTS_MOST: u32 = 1024;

/// Where metadata come from: a folder of a spool.
pub trait Source {
    /// The metadata file of this name, at most `most` bytes of it; `None` if, and only if, there is none.
    ///
    /// # Errors
    /// [`SourceFault`]: it is there, or may be there, and cannot be had: too long, a link, a pipe, unreadable.
    fn metadata(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, SourceFault>;
}

/// Why a file cannot be had although it may be there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SourceFault(pub String);

/// What is known of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// A time that is surely past (DESIGN §8).
    pub floor: Time,
    /// The time, where the terminal's clock is confirmed.
    pub confirmed: Option<Time>,
}

impl Clock {
    /// The latest time that is surely reached.
    #[must_use]
    pub fn reached(&self) -> Time {
        self.confirmed.map_or(self.floor, |time| time.max(self.floor))
    }
}

/// How much is read of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a root.
    pub root: u64,
    /// Bytes of a timestamp.
    pub timestamp: u64,
    /// Bytes of a snapshot, where nobody says less.
    pub snapshot: u64,
    /// Bytes of targets metadata, where nobody says less.
    pub targets: u64,
    /// How many targets.
    pub count: usize,
}

/// Why an update ended before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// At which role's file.
    pub at: Role,
    /// Why.
    pub why: Why,
}

/// What was wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// Not there.
    #[error("it is not there")]
    Find,
    /// There, and cannot be had.
    #[error("it cannot be had: {0}")]
    Have(#[from] SourceFault),
    /// Not signed as it must be, or of no form.
    #[error(transparent)]
    Believe(#[from] DocumentRefused),
    /// Another version than was announced.
    #[error("it has version {found}, announced was {wanted}")]
    MatchVersion {
        /// In the file.
        found: u64,
        /// Announced.
        wanted: u64,
    },
    /// Older than what was taken before.
    #[error("version {found} of {what} is older than version {trusted}, which was taken before: a rollback")]
    RollBack {
        /// Of which file.
        what: String,
        /// Offered.
        found: u64,
        /// Taken before.
        trusted: u64,
    },
    /// A file that was listed is not listed any more.
    #[error("{what} was listed before and is not any more")]
    Drop {
        /// Which.
        what: String,
    },
    /// Past its end.
    #[error("it ended at {}, and it is at least {}: bring a fresh one", print_time(*.expires), print_time(*.now))]
    Outlive {
        /// Its end.
        expires: Time,
        /// A time that is surely reached.
        now: Time,
    },
    /// Other bytes than were announced.
    #[error("it is not the file that was announced: its length or SHA-256 differs")]
    MatchDigest,
    /// More targets than are looked at.
    #[error("it names {found} targets, at most {most} are taken")]
    BoundTargets {
        /// Named.
        found: usize,
        /// At most.
        most: usize,
    },
    /// More roots than are followed at once.
    #[error("more than {ROOTS_MOST} roots at once: run again")]
    BoundRoots,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.json: {}", self.at.name(), self.why)
    }
}

impl std::error::Error for Refused {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.why)
    }
}

/// Takes what `source` offers that is newer, as far as it is good. What was taken before an error stays in `trusted`.
///
/// # Errors
/// [`Refused`]: where it ended, and why.
pub fn update(
    trusted: &mut Trusted,
    source: &dyn Source,
    limits: &Limits,
    clock: &Clock,
) -> Result<(), Refused> {
    let run = Run { source, limits, clock };
    run.roots(trusted)?; // §5.3
    let snapshot = run.timestamp(trusted)?; // §5.4
    let targets = run.snapshot(trusted, &snapshot)?; // §5.5
    run.targets(trusted, &targets) // §5.6
}

struct Run<'a> {
    source: &'a dyn Source,
    limits: &'a Limits,
    clock: &'a Clock,
}

impl Run<'_> {
    /// §5.3: each root signed by the one before and by itself, one after another.
    fn roots(&self, trusted: &mut Trusted) -> Result<(), Refused> {
        let at = |why| Refused { at: Role::Root, why };
        for _ in 0..ROOTS_MOST {
            let wanted = trusted.root.body().version.saturating_add(1);
            // §5.3.3: only its absence ends the search; anything else could hide a rotation.
            let file = self.source.metadata(&format!("{wanted}.root.json"), self.limits.root);
            let Some(bytes) = file.map_err(|fault| at(fault.into()))? else {
                return self.fresh(&trusted.root); // §5.3.10
            };
            let claimed = Claimed::<Root>::read(&bytes).map_err(|refused| at(refused.into()))?;
            let found = claimed.version();
            let next = claimed.follow(trusted.root.body()).map_err(|refused| at(refused.into()))?; // §5.3.4
            if found != wanted {
                return Err(at(Why::MatchVersion { found, wanted })); // §5.3.5
            }
            trusted.follow(next);
        }
        Err(at(Why::BoundRoots))
    }

    /// §5.4. Gives what it says of the snapshot.
    fn timestamp(&self, trusted: &mut Trusted) -> Result<MetaFile, Refused> {
        let at = |why| Refused { at: Role::Timestamp, why };
        let file = self.source.metadata("timestamp.json", self.limits.timestamp); // §5.4.1
        let bytes = file.map_err(|fault| at(fault.into()))?.ok_or(at(Why::Find))?;
        let new = self.believe::<Timestamp>(&bytes, trusted)?; // §5.4.2
        let newer = match &trusted.timestamp {
            None => true,
            Some(before) => rises(before.body(), new.body()).map_err(at)?, // §5.4.3
        };
        let current = if newer { new } else { trusted.timestamp.clone().unwrap_or(new) };
        self.fresh(&current)?; // §5.4.4
        let snapshot = current.body().snapshot().cloned().ok_or(at(Why::Find));
        trusted.timestamp = Some(current); // §5.4.5
        snapshot
    }

    /// §5.5. Gives what it says of the targets.
    fn snapshot(&self, trusted: &mut Trusted, meta: &MetaFile) -> Result<MetaFile, Refused> {
        let at = |why| Refused { at: Role::Snapshot, why };
        let current = match trusted.snapshot.as_ref().filter(|kept| is_that(kept, meta)) {
            Some(kept) => kept.clone(),
            None => self.announced::<Snapshot>(trusted, meta, self.limits.snapshot)?, // §5.5.1 to §5.5.4
        };
        if let Some(before) = &trusted.snapshot {
            keeps(before.body(), current.body()).map_err(at)?; // §5.5.5
        }
        self.fresh(&current)?; // §5.5.6
        let targets = current.body().targets().cloned().ok_or(at(Why::Find))?;
        trusted.snapshot = Some(current); // §5.5.7
        Ok(targets)
    }

    /// §5.6.
    fn targets(&self, trusted: &mut Trusted, meta: &MetaFile) -> Result<(), Refused> {
        let at = |why| Refused { at: Role::Targets, why };
        if let Some(kept) = trusted.targets.as_ref().filter(|kept| is_that(kept, meta)) {
            return self.fresh(kept);
        }
        let new = self.announced::<Targets>(trusted, meta, self.limits.targets)?; // §5.6.1 to §5.6.4
        let (found, most) = (new.body().targets.len(), self.limits.count);
        if found > most {
            return Err(at(Why::BoundTargets { found, most }));
        }
        self.fresh(&new)?; // §5.6.5
        trusted.targets = Some(new); // §5.6.6
        Ok(())
    }

    /// The file that another one announced: its length, digest, signatures and version.
    fn announced<B: Body>(
        &self,
        trusted: &Trusted,
        meta: &MetaFile,
        most: u64,
    ) -> Result<Document<B>, Refused> {
        let at = |why| Refused { at: B::ROLE, why };
        let name = match trusted.root.body().consistent_snapshot {
            true => format!("{}.{}.json", meta.version, B::ROLE.name()),
            false => format!("{}.json", B::ROLE.name()),
        };
        let file = self.source.metadata(&name, meta.length.unwrap_or(most).min(most));
        let bytes = file.map_err(|fault| at(fault.into()))?.ok_or(at(Why::Find))?;
        if !meta.is_of(&bytes) {
            return Err(at(Why::MatchDigest));
        }
        let new = self.believe::<B>(&bytes, trusted)?;
        let (found, wanted) = (new.body().version(), meta.version);
        if found != wanted {
            return Err(at(Why::MatchVersion { found, wanted }));
        }
        Ok(new)
    }

    fn believe<B: Body>(&self, bytes: &[u8], trusted: &Trusted) -> Result<Document<B>, Refused> {
        let claimed = Claimed::<B>::read(bytes).and_then(|claimed| claimed.verify(trusted.root.body()));
        claimed.map_err(|refused| Refused { at: B::ROLE, why: refused.into() })
    }

    fn fresh<B: Body>(&self, document: &Document<B>) -> Result<(), Refused> {
        let (expires, now) = (document.body().expires(), self.clock.reached());
        if expires <= now {
            return Err(Refused { at: B::ROLE, why: Why::Outlive { expires, now } });
        }
        Ok(())
    }
}

impl Trusted {
    /// §5.3.8 and §5.3.11: a rotated online key is how a province recovers from versions that a thief drove up, so what that
    /// key said before no longer counts. What the new root's keys did not sign is not believed any longer.
    fn follow(&mut self, next: Document<Root>) {
        let rotated = |role| self.root.body().role(role) != next.body().role(role);
        let stays = !rotated(Role::Timestamp)
            && !rotated(Role::Snapshot)
            && still(self.timestamp.as_ref(), next.body())
            && still(self.snapshot.as_ref(), next.body());
        if !stays {
            (self.timestamp, self.snapshot) = (None, None);
        }
        if !still(self.targets.as_ref(), next.body()) {
            self.targets = None;
        }
        self.root = next;
    }
}

/// Whether what was taken before is signed as this root says too: the same names may stand for other keys in it.
fn still<B: Body>(document: Option<&Document<B>>, root: &Root) -> bool {
    let verify = |document: &Document<B>| Claimed::<B>::read(document.text())?.verify(root);
    document.is_none_or(|document| verify(document).is_ok())
}

/// §5.4.3: whether `new` is newer. Neither its version nor the snapshot's goes back.
fn rises(before: &Timestamp, new: &Timestamp) -> Result<bool, Why> {
    not_back("timestamp.json", new.version, before.version)?;
    let of = |timestamp: &Timestamp| timestamp.snapshot().map_or(0, |file| file.version);
    if new.version > before.version {
        not_back("snapshot.json", of(new), of(before))?;
    }
    Ok(new.version > before.version)
}

/// §5.5.5: no file goes back, and none that was listed is lost.
fn keeps(before: &Snapshot, new: &Snapshot) -> Result<(), Why> {
    for (name, file) in &before.meta {
        let found = new.meta.get(name).ok_or_else(|| Why::Drop { what: shown(name) })?;
        not_back(
            if name == TARGETS_FILE { TARGETS_FILE } else { "a delegated role" },
            found.version,
            file.version,
        )?;
    }
    Ok(())
}

fn not_back(what: &str, found: u64, trusted: u64) -> Result<(), Why> {
    if found < trusted {
        return Err(Why::RollBack { what: what.into(), found, trusted });
    }
    Ok(())
}

/// A name out of metadata, short enough for a report.
fn shown(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(64).collect()
}

/// Whether a document that was taken before is the one that is announced now.
fn is_that<B: Body>(kept: &Document<B>, meta: &MetaFile) -> bool {
    kept.body().version() == meta.version && meta.is_of(kept.text())
}
