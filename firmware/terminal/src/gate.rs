//! The loop: one turn takes at most one person through the stages of a passage (ARCHITECTURE, "The passage").
//! Promises: the stages in their order, held by types; a verdict for everything; the human path in every state.
//! Must not know: which devices are real.

mod chatter;
mod contacts;
mod desk;
mod doorway;
mod enrolling;
mod entries;
mod face;
mod lantern;
mod loudness;
mod opening;
mod proving;
mod recent;
mod renewing;
mod service;
mod sighting;
mod unread;
mod upkeep;
mod visiting;

use gate_core::case::Temperature;
use gate_core::decide::{Decision, lane_open};
use gate_core::event::Event;
use gate_core::facts::Facts;
use gate_core::journal::{JournalFault, UseKey};
use gate_core::query::{QueryNumber, Sequence};
use gate_core::record::{Recorded, record};
use gate_core::screen::{Opens, OutOfService, PersonShown, Saved, Screen, Told};
use gate_core::time::{TimeReading, TrustedTime};
use gate_core::verdict::{Reason, Verdict};
use gate_proof::digest::{Digest, hmac_sha256};
use gate_proof::subject::Subject;
use gate_ui::{Canvas, Manner};
use gate_wire::time::Millis;

use crate::book::Book;
use crate::devices::Devices;
use crate::dispatch::Dispatch;
use crate::eye::Eye;
use crate::judge::{Judge, Shown};
use crate::renewal::Renewal;
use crate::voice::Hours;

pub use entries::staff_entry;
pub use loudness::VOLUME;
pub(crate) use upkeep::seen_kept;
pub use upkeep::{FLOOR, KeptVersions, RTC_SET};

use desk::Desk;
use doorway::Doorway;
use entries::Moment;
use face::Face;
use lantern::Lantern;
use loudness::Loudness;
use recent::{Known, Recent};
use service::Service;
use sighting::Sights;
use upkeep::Upkeep;

pub(crate) use sighting::CODES_A_TURN;
pub(crate) use upkeep::is_first_of_turns;
pub(crate) use visiting::Visiting;

/// A person who was given a verdict stands here at most this long.
const STANDS_HERE_MS: u64 = 120_000;

/// A terminal that is told to end waits so long for who stands in its gate: well below what a service manager waits (`TimeoutStopSec`), and
/// below what the latch was last asked for.
pub const LEAVING_MS: u64 = 3_000;

/// Whether a terminal that was told to end may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// Somebody may be in the gate.
    Waits,
    /// Nobody is, or it has waited for long enough.
    Done,
}

/// One person's attempt, proven as far as it can be.
#[derive(Debug)]
struct Attempt {
    shown: Shown,
    /// What may be told of the person.
    person: Option<PersonShown>,
    /// Which sight its code is, so that the same one is known again; a card alone has none: its reader tells.
    sight: Option<Digest>,
}

/// What the last verdict was about.
struct Last {
    /// Who, as far as known.
    person: Option<Subject>,
    /// What the attendant stands before: this verdict, or a yellow or red that nobody identified has replaced.
    standing: (Verdict, Reason),
    /// Its record, if there is one.
    sequence: Option<Sequence>,
    given: Millis,
}

/// A temperature reading and its class.
#[derive(Clone, Copy)]
struct Warmth {
    class: Temperature,
    tenths: Option<i16>,
}

/// A terminal.
pub struct Gate {
    devices: Devices,
    judge: Judge,
    book: Box<dyn Book>,
    time: TrustedTime,
    eye: Eye,
    sights: Sights,
    face: Face,
    doorway: Doorway,
    desk: Desk,
    service: Service,
    visiting: Visiting,
    lantern: Lantern,
    loudness: Loudness,
    upkeep: Upkeep,
    last: Option<Last>,
    recent: Recent,
    /// An attempt that waits for its second temperature reading (DOMAIN §12).
    warm: Option<Attempt>,
    renewal: Option<Renewal>,
    dispatch: Option<Dispatch>,
    /// Since when it is told to end.
    leaving: Option<Millis>,
}

impl Gate {
    /// A terminal at its start. The floor of the clock is what was kept, or what the data proves, whichever is later.
    ///
    /// # Errors
    /// If the display's size cannot be drawn on.
    pub fn new(devices: Devices, judge: Judge, book: Box<dyn Book>, manner: Manner) -> anyhow::Result<Gate> {
        let now = devices.clock.monotonic();
        let (width, height) = devices.display.size();
        let canvas = Canvas::new(u32::try_from(width)?, u32::try_from(height)?)?;
        let mut gate = Gate {
            loudness: Loudness::kept(Hours::usual(), book.as_ref()),
            time: upkeep::time_at_boot(&judge, book.as_ref(), devices.clock.wall(), now),
            devices,
            judge,
            book,
            eye: Eye::open(),
            sights: Sights::default(),
            face: Face::new(canvas, manner),
            doorway: Doorway::default(),
            desk: Desk::default(),
            service: Service::default(),
            visiting: Visiting::default(),
            lantern: Lantern::default(),
            upkeep: Upkeep::default(),
            last: None,
            recent: Recent::default(),
            warm: None,
            renewal: None,
            dispatch: None,
            leaving: None,
        };
        gate.start(now);
        Ok(gate)
    }

    /// From now on it is as loud as these hours say.
    pub fn speak_by(&mut self, hours: Hours) {
        self.loudness = Loudness::kept(hours, self.book.as_ref());
    }

    /// One turn: see, prove, look up, decide, record, act, tell. Call it in a loop.
    pub fn turn(&mut self) {
        let now = self.devices.clock.monotonic();
        self.keep_up(now);
        self.heed_attendant(now);
        self.keep_service(now);
        if self.is_fire() {
            self.drop_scanned();
            return self.face_rest(now);
        }
        if let Some(mode) = lane_open(self.judge.policy(), self.judge.risk()) {
            return self.leave_open(mode, now);
        }
        // 1 see, 2 read
        let Some(sighting) = self.see(now) else { return self.rest(now) };
        // 3 split, 4 prove: a badge or a hint is no passage
        let Some(attempt) = self.prove(sighting, now) else { return };
        match self.known(&attempt, now) {
            Known::New => {}
            Known::Told => return self.rest(now),
            // Nobody reads "pass" again at a gate that has shut behind the one who was meant.
            Known::Again(screen) if says_go(&screen) && !self.doorway.is_open() => return self.rest(now),
            Known::Again(screen) => return self.tell_again(*screen, now),
        }
        self.pass(attempt, None, now);
    }

    /// A turn of a terminal that was told to end: nobody is served any more, and whoever stands in the gate is let through, for
    /// [`LEAVING_MS`] at most. Call it in a loop, then [`Gate::end`].
    pub fn leave(&mut self) -> Leaving {
        let now = self.devices.clock.monotonic();
        let since = *self.leaving.get_or_insert(now);
        self.keep_up(now);
        self.doorway.check_again(self.devices.latch.as_mut(), now);
        if !self.doorway.may_be_occupied() || now.since(since).0 >= LEAVING_MS {
            return Leaving::Done;
        }
        self.tell_of_the_end(now);
        Leaving::Waits
    }

    /// The terminal was told to end: people are sent to the human path, the latch is closed (but not in a fire), the journal as well.
    pub fn end(mut self) {
        // The latch first: screen, lamps and sound may hang.
        self.doorway.end(self.devices.latch.as_mut());
        self.tell_of_the_end(self.devices.clock.monotonic());
    }

    /// Its monotonic clock.
    pub(crate) fn now(&self) -> Millis {
        self.devices.clock.monotonic()
    }

    /// Whether nobody is in front of it: the gate is shut, no verdict stands on the screen, no key was pressed a moment ago, and there
    /// is no fire.
    pub(crate) fn is_at_rest(&self) -> bool {
        let now = self.now();
        let is_told = self.face.owes_time(now) || self.face.is_busy(now);
        !self.doorway.is_open() && !is_told && !self.desk.is_touched() && !self.is_fire()
    }

    /// Its devices, and how many of its records nobody will find. Who was logged in is no more.
    pub(crate) fn put_down(self) -> (Devices, u64) {
        (self.devices, self.book.recorded())
    }

    /// The records made before this start, in this run, were kept nowhere: so many.
    pub(crate) fn note_unsaved(&mut self, unsaved: u64) {
        let now = self.now();
        crate::say!("journal: it is open now; {unsaved} records before it were not saved");
        let entry = entries::numbered(&self.judge, Event::JournalBack, unsaved, (self.time.now(now), now));
        let _ = self.book.append(&entry); // best effort: it is in memory at the least
    }

    fn tell_of_the_end(&mut self, now: Millis) {
        if !self.is_fire() {
            self.tell(Screen::OutOfService(OutOfService::Maintenance), now);
        }
    }

    /// The stages from facts to screen; each takes what the one before made.
    fn pass(&mut self, attempt: Attempt, second_reading: Option<i16>, now: Millis) {
        // 5 look up
        let moment = Moment { now, time: self.time.now(now), warmth: self.warmth(second_reading) };
        let use_key = self.use_key(&attempt.shown, moment.time);
        let uses = use_key.map_or(0, |key| self.book.uses(&key));
        let facts = self.judge.facts(&attempt.shown, moment.time, uses, moment.warmth.class);
        self.note_list(&facts);
        // 6 decide
        let decision = self.as_the_latch_is(self.judge.decide(&attempt.shown, &facts));
        // 7 record
        let entry = entries::passage(&self.judge, &attempt.shown, (&decision, &facts), &moment, use_key);
        let mut sequence = None;
        let told = match record(self.book.as_mut(), decision, &entry) {
            Ok(recorded) => {
                sequence = Some(recorded.receipt().sequence);
                let told = self.told(&attempt, &recorded, uses);
                // 8 act: the permit comes out of the record
                self.act(&attempt, recorded, (told, entry.tally), now)
            }
            Err(fault) => self.untold(fault),
        };
        // 9 tell
        // What was decided stands for the attendant, also where it could not be recorded.
        let standing = self.standing(&attempt.shown, (decision.verdict(), decision.reason()), &facts, now);
        self.last = Some(Last { person: attempt.shown.subject().copied(), standing, sequence, given: now });
        let screen = Screen::Verdict(told);
        if let Some(sight) = attempt.sight {
            self.recent.tell(sight, Some(screen.clone()), now);
        }
        self.warm = (decision.reason() == Reason::TemperatureHigh).then_some(attempt);
        self.panel_meets_a_new_verdict();
        self.tell(screen, now);
    }

    /// What the attendant stands before (DOMAIN §19). Whoever was stopped or limited stays that until somebody else is
    /// identified here: a web link shown next does not make an opening without a cause. Nor does an expired code of a
    /// person whom our current list has red or yellow.
    fn standing(
        &self,
        shown: &Shown,
        new: (Verdict, Reason),
        facts: &Facts,
        now: Millis,
    ) -> (Verdict, Reason) {
        if new.0 != Verdict::Assist {
            return new;
        }
        if let Some(listed) = self.judge.listed_against(facts) {
            return (listed, new.1);
        }
        let before = self.last.as_ref().filter(|last| now.since(last.given).0 <= STANDS_HERE_MS);
        let somebody_else = |last: &Last| shown.subject().is_some() && !shown.may_be(last.person.as_ref());
        match before {
            Some(last @ Last { standing: (Verdict::Stop | Verdict::Limit, _), .. })
                if !somebody_else(last) =>
            {
                last.standing
            }
            _ => new,
        }
    }

    fn told(&self, attempt: &Attempt, recorded: &Recorded, uses: u16) -> Told {
        let saved = recorded.saved();
        let number = QueryNumber::new(self.judge.secrets().terminal, recorded.receipt().sequence);
        Told {
            person: attempt.person.clone(),
            query: (saved == Saved::Yes).then_some(number),
            saved,
            times: uses.saturating_add(1),
            ..unrecorded(recorded.decision())
        }
    }

    /// No record, no verdict but Assist: the lane stays shut and the attendant opens (DESIGN §4).
    fn untold(&self, fault: JournalFault) -> Told {
        crate::say!("journal: {fault}");
        let decision = Decision::assist(Reason::NotRecorded, self.judge.direction());
        Told { opens: Opens::No, ..unrecorded(&decision) }
    }

    /// What counts a credential or a document on this terminal, today.
    fn use_key(&self, shown: &Shown, time: TimeReading) -> Option<UseKey> {
        let key = &self.judge.secrets().use_key;
        let day = time.time.civil_day();
        let digest = match (shown.code(), shown.subject()) {
            (Some(code), _) => hmac_sha256(key, &[b"code", &code.get().id.0]),
            (None, Some(subject)) => hmac_sha256(key, &[b"person", subject.as_bytes(), &day.0.to_be_bytes()]),
            (None, None) => return None,
        };
        let mut short = [0; 8];
        short.copy_from_slice(&digest.as_bytes()[..8]);
        Some(UseKey { key: short, day })
    }

    fn warmth(&mut self, second_reading: Option<i16>) -> Warmth {
        let limit = self.judge.policy().map_or(i16::MAX, |policy| policy.settings().high_temperature_tenths);
        if let Some(tenths) = second_reading {
            let class = if tenths >= limit { Temperature::HighAgain } else { Temperature::Normal };
            return Warmth { class, tenths: Some(tenths) };
        }
        let reading = self.devices.thermometer.as_mut().map(|thermometer| thermometer.tenths());
        match reading {
            Some(Ok(Some(tenths))) if tenths >= limit => {
                Warmth { class: Temperature::High, tenths: Some(tenths) }
            }
            Some(Ok(Some(tenths))) => Warmth { class: Temperature::Normal, tenths: Some(tenths) },
            Some(Ok(None) | Err(_)) | None => Warmth { class: Temperature::NotMeasured, tenths: None },
        }
    }

    /// Whether this was told of already. A code with a card is new evidence; the code alone after it is not.
    fn known(&mut self, attempt: &Attempt, now: Millis) -> Known {
        match attempt.sight {
            Some(sight) if attempt.shown.document().is_none() => self.recent.see(sight, now),
            _ => Known::New,
        }
    }
}

/// Whether people walk on who read this.
fn says_go(screen: &Screen) -> bool {
    matches!(screen, Screen::Verdict(Told { opens: Opens::Yes, .. }))
}

/// A decision as it is told before anything is known of its record.
fn unrecorded(decision: &Decision) -> Told {
    Told {
        verdict: decision.verdict(),
        reason: decision.reason(),
        advice: decision.advice(),
        person: None,
        query: None,
        saved: Saved::No,
        times: 1,
        publicity: decision.publicity(),
        opens: decision.opens(),
    }
}
