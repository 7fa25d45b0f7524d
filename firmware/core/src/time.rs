//! Time that may be believed (DESIGN §8).
//! Promises: a floor that only signed data of an offline or threshold role raises; a clock is *confirmed* or it is not,
//! and nothing is called expired by one that is not; intervals are monotonic.
//! Must not know: which device a reading came from, nor what a verdict does with it.

use gate_proof::subject::Subject;
use gate_wire::time::{Millis, Timestamp};
use heapless::Vec;

use crate::staff::AttendantSession;

/// How far apart agreeing codes may be, and how far a reading may stray from the monotonic clock, in seconds.
pub const AGREEMENT_S: u64 = 120;
/// A code issued this much ahead is still current (DOMAIN §7), in seconds.
pub const AHEAD_S: u64 = 120;
/// Signed data issued this much after a confirmed clock is from the future, in seconds.
pub const FUTURE_S: u64 = 600;
/// Credentials that live at most this long need a confirmed clock, in seconds.
pub const SHORT_LIVED_S: u64 = 24 * 3600;
const WITNESSES: usize = 3;

/// Whether the clock has been confirmed since boot (DESIGN §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockTrust {
    /// By a healthy RTC, a signed time, three agreeing codes, or an attendant.
    Confirmed,
    /// Not, or no longer.
    Unconfirmed,
}

/// What the battery-backed clock said at boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RtcReading {
    /// Its time.
    pub time: Timestamp,
    /// Whether the kernel reports it healthy (no voltage-low flag).
    pub health: RtcHealth,
    /// Whether it was last set from a confirmed clock.
    pub set_from: ClockTrust,
}

/// The kernel's word on the RTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RtcHealth {
    /// It kept its voltage.
    Healthy,
    /// It lost it, or nothing is known.
    Suspect,
}

/// The time now, and how much it is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeReading {
    /// Confirmed: the time. Unconfirmed: the floor, a time that is surely past.
    pub time: Timestamp,
    /// Which of the two.
    pub trust: ClockTrust,
}

/// Where a credential stands in time. Not a verdict: an expired red is not a red (DOMAIN §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Currency {
    /// Valid now.
    Current,
    /// Its time is over.
    Expired,
    /// Issued further ahead than clocks differ.
    Ahead,
    /// Nobody can say: the clock is not confirmed.
    Unknown,
}

/// Signed data from the future moves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("issued {ahead_s} s after the confirmed clock: from the future, refused")]
pub struct FromTheFuture {
    /// How far ahead, in seconds.
    pub ahead_s: u64,
}

/// A clock cannot stand before a time that is surely past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{behind_s} s before the newest signed data: not the time")]
pub struct BelowFloor {
    /// How far behind the floor, in seconds.
    pub behind_s: u64,
}

#[derive(Clone, Copy, Debug)]
struct Anchor {
    time: Timestamp,
    at: Millis,
}

impl Anchor {
    fn now(self, mono: Millis) -> Timestamp {
        self.time.plus(mono.since(self.at).0 / 1000)
    }

    /// Seconds that `wall` is ahead of this; negative when it is behind. Years up to 9999 fit.
    fn ahead_s(self, wall: Timestamp, mono: Millis) -> i64 {
        wall.unix().cast_signed() - self.now(mono).unix().cast_signed()
    }
}

/// The clock of the terminal.
#[derive(Clone, Debug)]
pub struct TrustedTime {
    floor: Anchor,
    confirmed: Option<Anchor>,
    witnesses: Vec<(Subject, Anchor), WITNESSES>,
    /// Who shook the clock last: they do not also confirm it.
    shakers: Vec<Subject, WITNESSES>,
    /// How far the system's clock is known to be ahead of the confirmed one, in seconds.
    wall_ahead_s: i64,
}

impl TrustedTime {
    /// The clock at boot: `floor` as kept, and the RTC if there is one.
    pub fn at_boot(floor: Timestamp, rtc: Option<RtcReading>, mono: Millis) -> TrustedTime {
        let trusted = rtc.filter(|rtc| {
            rtc.health == RtcHealth::Healthy && rtc.set_from == ClockTrust::Confirmed && rtc.time >= floor
        });
        TrustedTime {
            floor: Anchor { time: floor, at: mono },
            confirmed: trusted.map(|rtc| Anchor { time: rtc.time, at: mono }),
            witnesses: Vec::new(),
            shakers: Vec::new(),
            wall_ahead_s: 0,
        }
    }

    /// The time now.
    pub fn now(&self, mono: Millis) -> TimeReading {
        match self.confirmed {
            Some(anchor) => TimeReading { time: anchor.now(mono), trust: ClockTrust::Confirmed },
            None => TimeReading { time: self.floor.now(mono), trust: ClockTrust::Unconfirmed },
        }
    }

    /// A time that is surely past, to be kept over a restart.
    pub fn floor(&self, mono: Millis) -> Timestamp {
        self.floor.now(mono)
    }

    /// Raises the floor to the issue time of verified data of an offline or threshold role, at most to `ceiling`
    /// (the end of the root in force).
    ///
    /// # Errors
    /// [`FromTheFuture`]: nothing has moved.
    pub fn raise_floor(
        &mut self,
        issued: Timestamp,
        ceiling: Timestamp,
        mono: Millis,
    ) -> Result<(), FromTheFuture> {
        let now = self.now(mono);
        let ahead_s = issued.since(now.time);
        if now.trust == ClockTrust::Confirmed && ahead_s > FUTURE_S {
            return Err(FromTheFuture { ahead_s });
        }
        let raised = issued.min(ceiling);
        if raised > self.floor.now(mono) {
            self.floor = Anchor { time: raised, at: mono };
        }
        // A confirmed clock began at or above the floor, so it is never more than FUTURE_S below it.
        Ok(())
    }

    /// Confirms the clock by an attendant's act, which is recorded.
    ///
    /// # Errors
    /// [`BelowFloor`]: nothing has moved. Such a clock would pass old codes and refuse new data as from the future.
    pub fn confirm_by_attendant(
        &mut self,
        _by: &AttendantSession<'_>,
        time: Timestamp,
        mono: Millis,
    ) -> Result<(), BelowFloor> {
        match self.floor.now(mono).since(time) {
            0 => {
                self.confirm(time, mono);
                Ok(())
            }
            behind_s => Err(BelowFloor { behind_s }),
        }
    }

    /// Compares a reading of the system's clock: a jump against the monotonic clock is a doubt.
    pub fn compare(&mut self, wall: Timestamp, mono: Millis) {
        let Some(anchor) = self.confirmed else { return };
        if anchor.ahead_s(wall, mono).abs_diff(self.wall_ahead_s) > AGREEMENT_S {
            self.doubt();
        }
    }

    /// The system's clock could not be set after a confirmation: from now on it is known to be wrong by this much,
    /// and only a further jump is a doubt.
    pub fn wall_stays_wrong(&mut self, wall: Timestamp, mono: Millis) {
        if let Some(anchor) = self.confirmed {
            self.wall_ahead_s = anchor.ahead_s(wall, mono);
        }
    }

    /// Takes a proven screen code of our own as a witness of the time.
    ///
    /// Three in a row, of different subjects and within two minutes of each other, shake a confirmed clock that they
    /// contradict, and confirm one that is not, unless they lie below the floor. What is compared is the time that each
    /// gives *now*: minutes may pass between two people, and a screenshot of then is no witness of now.
    pub fn witness(&mut self, subject: Subject, issued: Timestamp, currency: Currency, mono: Millis) {
        if currency == Currency::Current && self.confirmed.is_some() {
            self.witnesses.clear();
            return;
        }
        let said = Anchor { time: issued, at: mono };
        match self.witnesses.iter_mut().find(|(known, _)| *known == subject) {
            // One person counts once, with the newest that was shown, and keeps the place in the row.
            Some((_, known)) if known.now(mono) >= issued => return,
            Some((_, known)) => *known = said,
            None => self.add_witness(subject, said),
        }
        self.hear_witnesses(mono);
    }

    fn add_witness(&mut self, subject: Subject, said: Anchor) {
        if self.confirmed.is_none() && self.shakers.contains(&subject) {
            return;
        }
        if self.witnesses.is_full() {
            self.witnesses.remove(0);
        }
        // There is room: a full list just lost its oldest.
        let _ = self.witnesses.push((subject, said));
    }

    fn hear_witnesses(&mut self, mono: Millis) {
        let times = self.witnesses.iter().map(|(_, said)| said.now(mono));
        let (Some(oldest), Some(newest)) = (times.clone().min(), times.max()) else { return };
        if !self.witnesses.is_full() || newest.since(oldest) > AGREEMENT_S {
            return;
        }
        if self.confirmed.is_some() {
            // Three screenshots of one moment may shake a right clock; they do not also set it to theirs.
            self.shakers = self.witnesses.iter().map(|(subject, _)| *subject).collect();
            self.doubt();
        } else if oldest >= self.floor.now(mono) {
            self.confirm(newest, mono);
        }
    }

    /// Where a credential of this issue and expiry stands.
    pub fn currency(&self, issued: Timestamp, expires: Timestamp, mono: Millis) -> Currency {
        let now = self.now(mono);
        let begun = issued.minus(AHEAD_S) <= now.time;
        let over = now.time >= expires;
        match now.trust {
            ClockTrust::Confirmed if !begun => Currency::Ahead,
            ClockTrust::Confirmed if over => Currency::Expired,
            ClockTrust::Confirmed => Currency::Current,
            // The floor is surely past: a long-lived credential that it has not outlived is taken.
            ClockTrust::Unconfirmed if expires.since(issued) > SHORT_LIVED_S && !over => Currency::Current,
            ClockTrust::Unconfirmed => Currency::Unknown,
        }
    }

    fn confirm(&mut self, time: Timestamp, mono: Millis) {
        self.confirmed = Some(Anchor { time, at: mono });
        self.wall_ahead_s = 0;
        self.witnesses.clear();
        self.shakers.clear();
    }

    fn doubt(&mut self) {
        self.confirmed = None;
        self.witnesses.clear();
    }
}

#[cfg(test)]
mod tests;
