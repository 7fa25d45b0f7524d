//! What goes on between passages: clock, inputs, latch, backlog, the resting screen.
//! Promises: an edge of an input is recorded once; faults that leave no automatic way have their screen, and with it the human
//! path, within a turn, or in turns with staff's page, which then names that path too.
//! Must not know: evidence.

use gate_core::case::Dimension;
use gate_core::decide::LaneOpen;
use gate_core::event::Event;
use gate_core::manifest::Dataset;
use gate_core::screen::{
    AttendantPresence, Fault, FaultScreen, Faults, Fitted, Idle, Notice, OutOfService, Screen, Serving,
    Wellness,
};
use gate_core::time::{ClockTrust, RtcHealth, RtcReading, TrustedTime};
use gate_core::verdict::Direction;
use gate_hal::DeviceFault;
use gate_hal::clock::{Lasts, WallReading};
use gate_wire::time::{Millis, Timestamp};

use super::Gate;
use super::contacts::{Contacts, Reach, Turned};
use super::renewing::{Patrol, list_is_damaged};
use crate::believed::Seen;
use crate::book::Book;
use crate::judge::{Judge, Station};
use crate::later;

/// The floor of the clock, as kept over a restart.
pub const FLOOR: &str = "time_floor";
/// Whether the battery-backed clock was last set from a confirmed one, as kept over a restart: 1 if so.
pub const RTC_SET: &str = "rtc_set_from_confirmed";
/// The direction as the signed data last said it, and of which lane: boxes are moved.
const DIRECTION: &str = "lane_direction";
/// Highest versions seen, by dataset.
const SEEN: &str = "seen.";
/// The floor is kept again when it has risen by this much, in seconds.
const FLOOR_STEP_S: u64 = 600;
/// A healthy clock is not this far behind, in seconds: a year.
const UNTHINKABLE_S: u64 = 366 * 86_400;
/// Backlog is tended this often.
const TEND_MS: u64 = 1_000;

/// Faults that leave no automatic way, or that people must see, the gravest first.
const FAULT_SCREENS: [Fault; 7] = [
    Fault::Fire,
    Fault::Latch,
    Fault::PolicyMissing,
    Fault::Journal,
    Fault::KeySetMissing,
    Fault::Camera,
    Fault::Reader,
];

/// Two screens that both matter stand for so long each.
const TURNS_MS: u64 = 4_000;

/// State of the upkeep.
#[derive(Debug, Default)]
pub(super) struct Upkeep {
    pub(super) faults: Faults,
    pub(super) contacts: Contacts,
    pub(super) latch: Reach,
    thermometer: Reach,
    keys: Reach,
    trust: Option<ClockTrust>,
    floor_kept: Option<Timestamp>,
    tended: Option<Millis>,
    pub(super) patrol: Patrol,
}

/// The versions seen before, as the journal keeps them.
pub struct KeptVersions<'a>(pub &'a dyn Book);

impl Seen for KeptVersions<'_> {
    fn highest(&self, dataset: Dataset) -> u64 {
        seen_kept(self.0, dataset as usize)
    }
}

/// The highest version seen of the dataset with this number.
pub(crate) fn seen_kept(book: &dyn Book, dataset: usize) -> u64 {
    book.kept(&format!("{SEEN}{dataset}")).and_then(|version| u64::try_from(version).ok()).unwrap_or(0)
}

fn seen_name(dataset: Dataset) -> String {
    format!("{SEEN}{}", dataset as usize)
}

/// A lane and its direction in one number: place, then 16 bits of lane, then one of direction.
fn said_of(Station { place, lane }: Station, direction: Direction) -> i64 {
    i64::from(place) << 17 | i64::from(lane) << 1 | i64::from(direction.index() & 1)
}

/// The clock at boot: the floor kept or proven by the data, and the battery-backed clock.
pub(super) fn time_at_boot(
    judge: &Judge,
    book: &dyn Book,
    wall: Option<WallReading>,
    now: Millis,
) -> TrustedTime {
    let kept =
        book.kept(FLOOR).and_then(|seconds| u64::try_from(seconds).ok()).and_then(Timestamp::from_unix);
    let set_from =
        if book.kept(RTC_SET) == Some(1) { ClockTrust::Confirmed } else { ClockTrust::Unconfirmed };
    let rtc = wall.map(|wall| RtcReading { time: wall.time, health: wall.health, set_from });
    let kept = kept.unwrap_or(Timestamp::EPOCH);
    let issued = judge.believed().issued.iter().copied();
    let floor = issued.filter(|issued| is_thinkable(*issued, rtc)).fold(kept, later);
    TrustedTime::at_boot(floor, rtc, now)
}

/// Data issued years after a healthy clock were issued by mistake: floors never fall, so these must not raise one.
pub(super) fn is_thinkable(issued: Timestamp, rtc: Option<RtcReading>) -> bool {
    let healthy = rtc.filter(|rtc| rtc.health == RtcHealth::Healthy && rtc.set_from == ClockTrust::Confirmed);
    let thinkable = healthy.is_none_or(|rtc| issued.since(rtc.time) <= UNTHINKABLE_S);
    if !thinkable {
        crate::say!(
            "clock: data issued more than a year after a healthy clock do not move its floor: publish them again"
        );
    }
    thinkable
}

impl Gate {
    /// The first record, the versions in force, the first screen.
    pub(super) fn start(&mut self, now: Millis) {
        self.keep_believed();
        self.put_torch_out();
        // Shown while the journal was opened: whoever it was is told nothing any more.
        self.drop_scanned();
        self.record_device(Event::Started, now);
        self.keep_up(now);
        self.face_rest(now);
    }

    /// Remembers how far the data in force are, which never falls, and what they say of this lane.
    pub(super) fn keep_believed(&mut self) {
        for (dataset, mark) in self.judge.believed().marks() {
            let (name, mark) = (seen_name(dataset), i64::try_from(mark).unwrap_or(i64::MAX));
            if self.book.kept(&name).is_none_or(|kept| kept < mark) {
                self.book.keep(&name, mark);
            }
        }
        let station = self.judge.station();
        match self.judge.signed_direction() {
            Some(direction) => self.book.keep(DIRECTION, said_of(station, direction)),
            None if self.book.kept(DIRECTION) == Some(said_of(station, Direction::Out)) => {
                self.judge.remember_direction(Direction::Out);
            }
            None => {}
        }
        if self.book.kept(&seen_name(Dataset::Revocations)).is_some() {
            self.judge.remember_revocations();
        }
    }

    /// The gate stands open for a fire: nobody is looked at, and nobody is told to stay.
    pub(super) fn is_fire(&self) -> bool {
        self.upkeep.faults.has(Fault::Fire)
    }

    /// Everything that does not wait for a person.
    pub(super) fn keep_up(&mut self, now: Millis) {
        self.keep_clock(now);
        self.face.speak_at(self.loudness.now(self.time.now(now)));
        let levels = self.devices.inputs.levels();
        self.heed_inputs(&levels, now);
        self.doorway.tend(self.devices.latch.as_mut(), levels.person().ok(), now);
        self.note_held(&levels, now);
        self.note_latch(now);
        if self.upkeep.tended.is_none_or(|last| now.since(last).0 >= TEND_MS) {
            self.upkeep.tended = Some(now);
            let waiting = self.book.tend();
            self.upkeep.faults.set(Fault::DiskFull, unwell_if(waiting.reserve > 0));
            self.upkeep.faults.set(Fault::Journal, unwell_if(waiting.memory > 0));
            let heard = self.devices.sounder.health();
            if heard.is_err() && !self.upkeep.faults.has(Fault::Sounder) {
                crate::say!("sounder: nothing is heard");
            }
            self.upkeep.faults.set(Fault::Sounder, unwell_if(heard.is_err()));
            self.note_keys(now);
            self.note_thermometer(now);
        }
        self.note_missing(now);
    }

    /// Keys that cannot be read open nothing and shut nothing: staff must know before they are needed.
    fn note_keys(&mut self, now: Millis) {
        let health = self.devices.keys.health();
        say_turned("keys", self.upkeep.keys.see(health.is_err(), now), health.err());
        self.upkeep.faults.set(Fault::Keys, unwell_if(self.upkeep.keys.is_lost()));
    }

    /// A fitted thermometer that gives nothing is a fault where a policy is in force: each says what a high temperature comes to (DOMAIN §12). A
    /// passage goes on without a reading.
    fn note_thermometer(&mut self, now: Millis) {
        let Some(thermometer) = &mut self.devices.thermometer else { return };
        let fault = thermometer.tenths().err();
        let broken = fault.is_some() && self.judge.policy().is_some();
        say_turned("thermometer", self.upkeep.thermometer.see(broken, now), fault);
        self.upkeep.faults.set(Fault::Thermometer, unwell_if(self.upkeep.thermometer.is_lost()));
    }

    fn keep_clock(&mut self, now: Millis) {
        // A clock confirmed in this very turn has not been set yet: it is compared from the next turn on.
        if self.upkeep.trust == Some(ClockTrust::Confirmed)
            && let Some(wall) = self.devices.clock.wall()
        {
            self.time.compare(wall.time, now);
        }
        let reading = self.time.now(now);
        if self.upkeep.trust.is_some_and(|before| before != reading.trust) {
            let confirmed = reading.trust == ClockTrust::Confirmed;
            self.record_device(if confirmed { Event::ClockConfirmed } else { Event::ClockDoubted }, now);
            let lasts = confirmed && self.set_wall(reading.time, now);
            self.book.keep(RTC_SET, i64::from(lasts));
        }
        self.upkeep.trust = Some(reading.trust);
        self.upkeep.faults.set(Fault::Clock, unwell_if(reading.trust == ClockTrust::Unconfirmed));
        let floor = self.time.floor(now);
        if self.upkeep.floor_kept.is_none_or(|kept| floor.since(kept) >= FLOOR_STEP_S) {
            self.upkeep.floor_kept = Some(floor);
            self.book.keep(FLOOR, floor.unix().cast_signed());
        }
    }

    /// Sets the clocks to a time just confirmed; whether the battery-backed one has it, and may be believed at the next start.
    fn set_wall(&mut self, time: Timestamp, now: Millis) -> bool {
        match self.devices.clock.set_wall(time) {
            Ok(Lasts::WithoutPower) => true,
            Ok(Lasts::WhilePowered) => {
                crate::say!("clock: no battery-backed clock took the time: the next start asks for it again");
                false
            }
            Err(_) => {
                if let Some(wall) = self.devices.clock.wall() {
                    crate::say!("clock: the system's clock could not be set");
                    self.time.wall_stays_wrong(wall.time, now);
                }
                false
            }
        }
    }

    fn note_missing(&mut self, now: Millis) {
        let believed = self.judge.believed();
        let stale = self.judge.list_age(self.time.now(now)).is_past();
        let missing = [
            (Fault::KeySetMissing, believed.key_set.is_none()),
            (Fault::PolicyMissing, self.judge.policy().is_none()),
            (Fault::ListMissing, believed.list.is_none()),
            (Fault::ListStale, stale),
            (Fault::ListDamaged, list_is_damaged(&self.judge, &self.upkeep.patrol)),
        ];
        for (fault, is) in missing {
            self.upkeep.faults.set(fault, unwell_if(is));
        }
    }

    pub(super) fn record_device(&mut self, event: Event, now: Millis) {
        let entry = super::entries::device(&self.judge, event, (self.time.now(now), now));
        let _ = self.book.append(&entry); // best effort: it is in memory at the least
    }

    /// "No check" is in force: nothing is scanned, nothing recorded (DOMAIN §9).
    pub(super) fn leave_open(&mut self, mode: LaneOpen, now: Millis) {
        self.doorway.leave_open(self.devices.latch.as_mut(), mode);
        self.drop_scanned();
        if self.face.owes_time(now) {
            return;
        }
        // Nobody is told to walk on where the latch may be shut.
        if self.upkeep.faults.has(Fault::Latch) {
            return self.face_rest(now);
        }
        // Whoever stands there with a stick reads whether it may be pulled out, in turns with those who walk through.
        let is_staffs = self.service.is_in_use(now) || !is_first_of_turns(now);
        let staff = self.staff_in_front(now, self.serving()).filter(|_| is_staffs);
        self.tell(staff.unwrap_or(Screen::LaneOpen), now);
    }

    /// Shows the resting screen once the one in front of people has had its time.
    pub(super) fn rest(&mut self, now: Millis) {
        self.doorway.check_again(self.devices.latch.as_mut(), now);
        self.recent.fade(now);
        self.idle(now);
        if !self.face.is_busy(now) {
            self.face_rest(now);
        }
        self.face.tick(&mut self.devices, now);
    }

    /// Shows the resting screen now, or once a verdict in front of people has had its time.
    pub(super) fn face_rest(&mut self, now: Millis) {
        if self.face.owes_time(now) && !self.is_fire() {
            return;
        }
        let screen = self.resting_screen(now);
        self.tell(screen, now);
    }

    /// Shows a screen.
    pub(super) fn tell(&mut self, screen: Screen, now: Millis) {
        if matches!(screen, Screen::Verdict(_)) {
            self.sights.start_over();
        }
        self.face.show(screen, &mut self.devices, now);
    }

    /// Shows a verdict again to the same sight.
    pub(super) fn tell_again(&mut self, screen: Screen, now: Millis) {
        self.face.show_again(screen, &mut self.devices, now);
    }

    /// What is in front while nobody passes. Nothing of it stands in the way of a code or a card.
    fn resting_screen(&self, now: Millis) -> Screen {
        let (fault, serving) = (self.fault_screen(), self.serving());
        let staff = self.staff_in_front(now, serving);
        // Who has nothing to expect from the machine is to read it at once (DOMAIN §2), and who stands there with a stick,
        // whether it may be pulled out: in turns.
        let grave = fault.filter(|_| serving == Serving::Staff);
        let fault_first = grave
            .filter(|screen| screen.fault == Fault::Fire || staff.is_none() || is_first_of_turns(now))
            .map(Screen::Fault);
        let notice = (self.service.notice(now) == Notice::Up)
            .then_some(Screen::OutOfService(OutOfService::Maintenance));
        let rest = || self.idle_screen(now);
        fault_first.or(staff).or(fault.map(Screen::Fault)).or(notice).unwrap_or_else(rest)
    }

    /// The technician's page while keys are pressed, a carrier's visit, the technician's page.
    fn staff_in_front(&self, now: Millis, serving: Serving) -> Option<Screen> {
        let page = self.service_screen(now).map(|page| Screen::Technician(page, serving));
        let visit = self.visiting.in_front(now).map(|visit| visit.screen(serving));
        if self.service.is_in_use(now) { page.or(visit) } else { visit.or(page) }
    }

    /// Which automatic ways all faults together leave.
    fn serving(&self) -> Serving {
        let reader = if self.devices.reader.is_some() { Fitted::Fitted } else { Fitted::Absent };
        Serving::of(self.upkeep.faults, reader)
    }

    fn fault_screen(&self) -> Option<FaultScreen> {
        let fault = FAULT_SCREENS.into_iter().find(|fault| self.upkeep.faults.has(*fault))?;
        Some(FaultScreen { fault, serving: self.serving() })
    }

    fn idle_screen(&self, now: Millis) -> Screen {
        let reading = self.time.now(now);
        let age = self.judge.list_as_of().map(|as_of| (reading.time.since(as_of) / 86_400) as u32);
        let place = self.judge.place();
        // Whole minutes, so that the screen is drawn once a minute and not every second.
        let minute = Timestamp::from_unix(reading.time.unix() / 60 * 60);
        Screen::Idle(Idle {
            place: place.map(|place| place.name.clone()).unwrap_or_default(),
            time: minute.filter(|_| reading.trust == ClockTrust::Confirmed),
            clock: reading.trust,
            list_age_days: age,
            aged: self.aged(reading),
            faults: self.upkeep.faults,
            serving: self.serving(),
            attendant: if self.desk.session().is_some() {
                AttendantPresence::Present
            } else {
                AttendantPresence::Absent
            },
            place_code: place.map(|place| place.place_code.clone()).unwrap_or_default(),
        })
    }
}

/// A device that was lost, or is back, is a line of the log.
fn say_turned(device: &str, turned: Option<Turned>, fault: Option<DeviceFault>) {
    match (turned, fault) {
        (Some(Turned::Lost), Some(fault)) => crate::say!("{device}: {fault}"),
        (Some(Turned::Back), _) => crate::say!("{device}: is well again"),
        _ => {}
    }
}

/// Whose turn it is of two screens.
pub(crate) fn is_first_of_turns(now: Millis) -> bool {
    (now.0 / TURNS_MS).is_multiple_of(2)
}

pub(super) fn unwell_if(is: bool) -> Wellness {
    if is { Wellness::Unwell } else { Wellness::Well }
}
