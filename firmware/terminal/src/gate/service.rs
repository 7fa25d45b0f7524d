//! The technician's side: a menu that a signed badge and its PIN open, pages of facts, the volume, "under maintenance".
//! Promises: it rests behind every passage: a code or a card is answered at once, and the page comes back afterwards; it
//! closes by itself; nothing opens from here; what a technician did is in the journal as every act of staff is.
//! Must not know: how a page looks, what data decide.

use gate_core::attendant::Key;
use gate_core::decide::lane_open;
use gate_core::event::Event;
use gate_core::fingerprint::Fingerprint;
use gate_core::manifest::Dataset;
use gate_core::screen::{
    Aged, Band, DataShown, DatasetShown, Enrolment, Fault, Fitted, LineStep, LogsOut, LogsStep, Notice, Part,
    PartState, Screen, SelfTest, StaffStep, Technician, Traffic, Volume,
};
use gate_core::staff::StaffSession;
use gate_core::technician::{Page, TechnicianPanel, Turned};
use gate_core::time::TimeReading;
use gate_core::verdict::PlaceKind;
use gate_core::visit::Visit;
use gate_proof::subject::Subject;
use gate_wire::credential::Role;
use gate_wire::time::{Millis, Timestamp};

use super::Gate;
use super::enrolling::Enrolling;
use crate::backroom::{self, Backroom, KeeperSaid};
use crate::errand::Errand;

/// The menu closes when no key follows for this long.
const CLOSES_MS: u64 = 60_000;
/// A self-test that is still looking keeps it open for this long at most: a province takes a minute.
const LOOKING_MS: u64 = 300_000;
/// It closes after so long in any case: a key that sticks keeps no menu in front for ever.
const OPEN_MOST_MS: u64 = 30 * 60_000;
/// After a key its page is in front for this long, before a carrier's visit is seen again.
const IN_USE_MS: u64 = 5_000;
/// The keeper's report is read this often while its page is in front.
const REPORT_MS: u64 = 5_000;
/// "Under maintenance" comes down by itself.
const NOTICE_MS: u64 = 30 * 60_000;
/// A self-test and the notice are not changed again within this long: a key that sticks fills no journal.
const AGAIN_MS: u64 = 2_000;

/// Faults that the self-test's live parts show.
const LIVE: [(Part, &[Fault]); 6] = [
    (Part::List, &[Fault::ListMissing, Fault::ListStale, Fault::ListDamaged]),
    (Part::Journal, &[Fault::Journal, Fault::DiskFull]),
    (Part::Clock, &[Fault::Clock]),
    (Part::Camera, &[Fault::Camera]),
    (Part::Reader, &[Fault::Reader]),
    (Part::Speaker, &[Fault::Sounder]),
];

/// The technician's side between turns.
#[derive(Default)]
pub(super) struct Service {
    pub(super) backroom: Option<Backroom>,
    open: Option<Open>,
    notice_until: Option<Millis>,
    changed: Option<Millis>,
    tested: Option<Millis>,
    looking: Errand<Vec<(Part, PartState)>>,
    found: SelfTest,
    fetching: Errand<Option<KeeperSaid>>,
    said: KeeperSaid,
    asked: Option<Millis>,
    pub(super) enrolling: Enrolling,
}

/// A menu that is open.
struct Open {
    session: StaffSession,
    panel: TechnicianPanel,
    since: Millis,
    touched: Millis,
}

impl Service {
    /// The technician at the menu.
    pub(super) fn session(&self) -> Option<&StaffSession> {
        self.open.as_ref().map(|open| &open.session)
    }

    /// Whether the technician looks at the page of enrolment.
    pub(super) fn is_enrolling(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.panel.page() == Some(Page::Enrolment))
    }

    /// Somebody is at work here: the page stays.
    pub(super) fn touch(&mut self, now: Millis) {
        if let Some(open) = &mut self.open {
            open.touched = now;
        }
    }

    /// Whether `ok` is the menu's.
    pub(super) fn heeds_ok(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.panel.heeds_ok())
    }

    /// Whether a key was pressed a moment ago.
    pub(super) fn is_in_use(&self, now: Millis) -> bool {
        self.open.as_ref().is_some_and(|open| now.since(open.touched).0 < IN_USE_MS)
    }

    /// Whether "under maintenance" is up.
    pub(super) fn notice(&self, now: Millis) -> Notice {
        if self.notice_until.is_some_and(|until| now < until) { Notice::Up } else { Notice::Down }
    }

    fn is_over(&self, now: Millis) -> bool {
        let most = if self.looking.is_out() { LOOKING_MS } else { CLOSES_MS };
        self.open.as_ref().is_some_and(|open| {
            now.since(open.touched).0 >= most
                || now.since(open.since).0 >= OPEN_MOST_MS
                || open.session.is_over(now)
        })
    }

    /// What the self-test found; one that never came back found nothing well.
    fn hear_self_test(&mut self) {
        let was_out = self.looking.is_out();
        let found = self.looking.back();
        if found.is_some() || was_out && !self.looking.is_out() {
            self.found = SelfTest::default();
            Part::ALL.into_iter().for_each(|part| self.found.set(part, PartState::Unwell(None)));
            found.into_iter().flatten().for_each(|(part, state)| self.found.set(part, state));
        }
    }
}

#[derive(PartialEq, Eq)]
pub(super) enum Again {
    May,
    TooSoon,
}

/// Whether something may be done again that was done `last`; notes that it is.
pub(super) fn may_again(last: &mut Option<Millis>, now: Millis) -> Again {
    if last.is_some_and(|last| now.since(last).0 < AGAIN_MS) {
        return Again::TooSoon;
    }
    *last = Some(now);
    Again::May
}

impl Gate {
    /// From now on staff is told these facts.
    pub fn tell_staff_from(&mut self, backroom: Backroom) {
        self.service.backroom = Some(backroom);
    }

    /// Opens the menu for a technician who has logged in; whoever had it open before is logged out, and that is recorded.
    pub(super) fn open_service(&mut self, session: StaffSession, now: Millis) {
        if self.service.open.is_some() {
            self.close_service(now);
        }
        let panel = TechnicianPanel::default();
        self.service.open = Some(Open { session, panel, since: now, touched: now });
        self.face_rest(now);
    }

    /// What goes on without a key: visits, what was sent for, what is over.
    pub(super) fn keep_service(&mut self, now: Millis) {
        if let Some(path) = self.service.backroom.as_ref().and_then(|backroom| backroom.visit.as_deref()) {
            self.visiting.look(path, now);
        }
        self.service.hear_self_test();
        if let Some(said) = self.service.fetching.back() {
            self.service.said = said.unwrap_or_default();
        }
        if self.service.notice_until.is_some_and(|until| now >= until) {
            // Nobody did this, whoever is at the menu.
            self.change_notice(None, now);
        }
        self.keep_enrolling(now);
        if self.service.is_over(now) {
            self.close_service(now);
        } else if self.service.open.as_ref().is_some_and(|open| open.panel.page() == Some(Page::Network)) {
            self.fetch_report(now);
        }
    }

    /// A key for the menu.
    pub(super) fn press_service(&mut self, key: Key, now: Millis) {
        let Some(open) = &mut self.service.open else { return };
        let turned = open.panel.press(key);
        if turned != Turned::Nothing {
            open.touched = now;
        }
        self.face.click(&mut self.devices, now);
        match turned {
            Turned::Nothing | Turned::Menu => {}
            Turned::Page(page) => self.open_page(page, now),
            Turned::SetVolume(volume) => self.set_volume(volume, now),
            Turned::TryVolume => self.face.try_volume(self.loudness.loudest(), &mut self.devices, now),
            Turned::ChangeNotice => {
                if may_again(&mut self.service.changed, now) == Again::May {
                    self.change_notice(self.technician(), now);
                }
            }
            Turned::Logout => return self.leave_service(key, now),
        }
        self.face_rest(now);
    }

    fn open_page(&mut self, page: Page, now: Millis) {
        match page {
            Page::SelfTest => self.look_at_itself(now),
            Page::Data | Page::Network | Page::Logs | Page::Enrolment | Page::Volume => {
                self.service.asked = None;
                if page == Page::Enrolment {
                    self.service.enrolling.start_over();
                }
                if page == Page::Logs {
                    self.hurry_records();
                }
                self.log_service(Event::PageSeen, now);
            }
        }
    }

    fn look_at_itself(&mut self, now: Millis) {
        let Some(backroom) = self.service.backroom.clone() else { return };
        if self.service.looking.is_out() || may_again(&mut self.service.tested, now) == Again::TooSoon {
            return self.log_service(Event::PageSeen, now);
        }
        self.service.found = SelfTest::default();
        let look = move || backroom::self_test(&backroom.data, backroom.station);
        match self.service.looking.send("self-test", look) {
            Ok(_) => self.log_service(Event::SelfTested, now),
            Err(cause) => crate::say!("self-test: {cause}"),
        }
    }

    fn fetch_report(&mut self, now: Millis) {
        let Some(keeper) = self.service.backroom.as_ref().and_then(|backroom| backroom.keeper.clone()) else {
            return;
        };
        if self.service.asked.is_none_or(|last| now.since(last).0 >= REPORT_MS) {
            self.service.asked = Some(now);
            if let Err(cause) = self.service.fetching.send("report", move || backroom::keeper_said(&keeper)) {
                crate::say!("report: {cause}");
            }
        }
    }

    fn set_volume(&mut self, volume: Volume, now: Millis) {
        if self.loudness.loudest() != volume {
            self.loudness.set(volume, self.book.as_mut());
            self.log_service(Event::VolumeSet, now);
        }
    }

    fn change_notice(&mut self, who: Option<(Subject, Role)>, now: Millis) {
        let (until, event) = match self.service.notice_until {
            None => (Some(now.plus(NOTICE_MS)), Event::NoticeUp),
            Some(_) => (None, Event::NoticeDown),
        };
        self.service.notice_until = until;
        self.log(event, who, now);
    }

    /// The technician has done. An attendant at the same keys reads who is still logged in.
    fn leave_service(&mut self, key: Key, now: Millis) {
        self.close_service(now);
        if key == Key::Logout && self.desk.session().is_some() && !self.face.owes_time(now) {
            self.tell(Screen::Staff(StaffStep::Welcome), now);
        }
    }

    fn close_service(&mut self, now: Millis) {
        self.log_service(Event::LoggedOut, now);
        self.service.open = None;
        self.face_rest(now);
    }

    fn technician(&self) -> Option<(Subject, Role)> {
        self.service.session().map(|session| (session.subject(), session.role()))
    }

    pub(super) fn log_service(&mut self, event: Event, now: Millis) {
        self.log(event, self.technician(), now);
    }

    /// The page in front of the technician.
    pub(super) fn service_screen(&self, now: Millis) -> Option<Technician> {
        let open = self.service.open.as_ref()?;
        Some(match open.panel.page() {
            None => Technician::Menu(self.service.notice(now)),
            Some(Page::SelfTest) => Technician::SelfTest(self.self_test()),
            Some(Page::Data) => Technician::Data(self.data_shown(now)),
            Some(Page::Network) => Technician::Network(self.traffic(now)),
            Some(Page::Logs) => Technician::Logs(self.logs_out(now)),
            Some(Page::Enrolment) => Technician::Enrolment(self.enrolment()),
            Some(Page::Volume) => Technician::Volume(self.loudness.loudest()),
        })
    }

    /// What was found on the disk, and how the parts are just now.
    fn self_test(&self) -> SelfTest {
        let mut test = self.service.found;
        for (part, faults) in LIVE {
            let fault = faults.iter().copied().find(|fault| self.upkeep.faults.has(*fault));
            match (fault, part) {
                _ if self.is_absent(part) => test.set(part, PartState::NotFitted),
                (Some(fault), _) => test.set(part, PartState::Unwell(Some(fault))),
                // Only the look through every leaf says that the list is well.
                (None, Part::List) => {}
                (None, _) => test.set(part, PartState::Well),
            }
        }
        test
    }

    /// Whether the terminal was built or configured without this part: nobody is to read "well" of it.
    fn is_absent(&self, part: Part) -> bool {
        match part {
            Part::Reader => self.devices.reader.is_none(),
            Part::Speaker => {
                self.service.backroom.as_ref().is_some_and(|backroom| backroom.speaker == Fitted::Absent)
            }
            _ => false,
        }
    }

    fn data_shown(&self, now: Millis) -> DataShown {
        let (reading, believed) = (self.time.now(now), self.judge.believed());
        let days = |as_of: Timestamp| (reading.time.since(as_of) / 86_400) as u32; // less than u32 can hold
        let row = |dataset| DatasetShown {
            dataset,
            version: believed.version(dataset),
            age_days: believed.as_of(dataset).map(days),
            band: self.judge.band(dataset, reading),
        };
        let list = DatasetShown {
            version: believed.list.as_ref().map_or(0, |list| list.state().step),
            age_days: self.judge.list_as_of().map(days),
            ..row(Dataset::StatusList)
        };
        let [_, rest @ ..] = self.datasets();
        let [keys, policy, places, risk, staff, revocations, day_keys] = rest.map(row);
        let rows = [list, keys, policy, places, risk, staff, revocations, day_keys];
        // Without a policy nothing says how old it may be.
        let without = if list.age_days.is_some() { Band::Fresh } else { Band::Missing };
        DataShown { list: list.band.unwrap_or(without), rows }
    }

    /// The datasets of this lane, the list first.
    fn datasets(&self) -> [Dataset; 8] {
        let policy = match self.judge.place_kind() {
            PlaceKind::Hospital => Dataset::PolicyHospital,
            _ => Dataset::PolicyStation,
        };
        [
            Dataset::StatusList,
            Dataset::KeySet,
            policy,
            Dataset::Places,
            Dataset::RiskLevels,
            Dataset::StaffList,
            Dataset::Revocations,
            Dataset::DayKeys,
        ]
    }

    /// What is near its limit or past it, the worst of it named.
    pub(super) fn aged(&self, reading: TimeReading) -> Option<Aged> {
        let band = |dataset| Some((dataset, self.judge.band(dataset, reading)?));
        let old = |(_, band): &(Dataset, Band)| matches!(band, Band::Ageing | Band::Stale | Band::Expired);
        let all = || self.datasets().into_iter().filter_map(band).filter(old);
        // The first of the worst ones.
        let worst = [Band::Expired, Band::Stale, Band::Ageing];
        let (dataset, band) = worst.into_iter().find_map(|worst| all().find(|(_, band)| *band == worst))?;
        Some(Aged { dataset, band, more: u8::try_from(all().count() - 1).unwrap_or(u8::MAX) })
    }

    fn traffic(&self, now: Millis) -> Traffic {
        let (time, said) = (self.time.now(now).time, self.service.said);
        let hours = |seconds: u64| {
            time.unix().saturating_sub(seconds).div_euclid(3_600).try_into().unwrap_or(u32::MAX)
        };
        Traffic {
            checked_hours: said.checked.map(hours),
            taken_hours: said.taken.map(hours),
            generation: said.generation,
            refused: said.refused,
            waiting: self.waiting(),
        }
    }

    fn logs_out(&self, now: Millis) -> LogsOut {
        match self.visiting.in_front(now) {
            Some(Visit::Records(logs)) => logs,
            Some(Visit::Data(_)) | None => LogsOut { waiting: self.waiting(), step: LogsStep::NoStick },
        }
    }

    fn waiting(&self) -> u32 {
        let waiting = self.records_way().map_or_else(|| self.book.recorded(), |way| way.waiting);
        waiting.try_into().unwrap_or(u32::MAX)
    }

    fn enrolment(&self) -> Enrolment {
        let (station, secrets) = (self.judge.station(), self.judge.secrets());
        let record = secrets.record_key().public_key();
        Enrolment {
            terminal: Some(secrets.terminal.value()),
            place: station.place,
            lane: station.lane,
            keys: Some(Fingerprint::of(&secrets.device_key, record.as_bytes())),
            line: self.line_step(),
        }
    }

    fn line_step(&self) -> LineStep {
        let is_read = || !self.is_fire() && lane_open(self.judge.policy(), self.judge.risk()).is_none();
        let is_known = || self.records_way().is_some_and(|way| way.acknowledged);
        match (self.has_spool(), self.service.enrolling.step()) {
            (false, _) => LineStep::NotFitted,
            (true, Some(step)) => step,
            (true, None) if is_known() => LineStep::Enrolled,
            (true, None) if is_read() => LineStep::ShowCode,
            (true, None) => LineStep::NotReading,
        }
    }
}
