//! One of every kind of screen, with invented people: for pictures, for the sheet of all screens, for tests.
//! Promises: every variant of [`Screen`] and every page of staff is among them.
//! Must not know: how a screen is laid out.

use gate_core::fingerprint::Fingerprint;
use gate_core::manifest::Dataset;
use gate_core::query::{QueryNumber, Sequence, TerminalNumber};
use gate_core::screen::{
    Aged, AttendantPresence, Band, Carrier, DataShown, DatasetShown, Enrolment, Fault, FaultScreen, Faults,
    Fitted, Hint, Idle, LineStep, LogsOut, LogsStep, LogsStopped, Notice, Opened, Opens, OutOfService, Part,
    PartState, Percent, PersonShown, PinRefusal, Publicity, Saved, Screen, SelfTest, Serving, StaffStep,
    Technician, Told, Traffic, UpdateRefused, UpdateStep, Updating, Volume, Wellness,
};
use gate_core::time::ClockTrust;
use gate_core::verdict::{Advice, Reason};
use gate_wire::name::MaskedName;
use gate_wire::time::Timestamp;

/// 2026-11-20 14:07:12 in UTC+8.
const AFTERNOON: u64 = 1_795_154_832;

/// A name and its screen.
pub(crate) type Specimen = (&'static str, Screen);

/// All of them, in the order in which people meet them.
pub(crate) fn all() -> Vec<Specimen> {
    [places(), hints(), verdicts(), faults(), staff(), service()].concat()
}

/// The four verdicts, for which nobody may need colours.
pub(crate) fn four_verdicts() -> [Screen; 4] {
    [
        told(Reason::GreenCode, Advice::WalkThrough),
        told(Reason::YellowCode, Advice::RegisterAtStaffLane),
        told(Reason::RedCode, Advice::StaffIsComing),
        told(Reason::CodeExpired, Advice::RefreshOrTapCard),
    ]
    .map(Screen::Verdict)
}

fn told(reason: Reason, advice: Advice) -> Told {
    Told {
        verdict: reason.verdict(),
        reason,
        advice,
        person: None,
        query: query(17),
        saved: Saved::Yes,
        times: 1,
        publicity: Publicity::Shown,
        opens: if reason.code().starts_with('P') { Opens::Yes } else { Opens::No },
    }
}

/// `None` for no terminal number only, which 3 is not.
fn query(sequence: u64) -> Option<QueryNumber> {
    TerminalNumber::new(3).map(|terminal| QueryNumber::new(terminal, Sequence(sequence)))
}

fn person(name: &str, last_four: Option<&[u8; 4]>) -> Option<PersonShown> {
    Some(PersonShown { name: MaskedName::from_full(name), last_four: last_four.copied() })
}

fn verdicts() -> Vec<Specimen> {
    let card = |name| person(name, Some(b"002X"));
    let pass = || told(Reason::GreenListed, Advice::WalkThrough);
    let limit = || told(Reason::YellowCode, Advice::RegisterAtStaffLane);
    let stop = || told(Reason::RedListed, Advice::StaffIsComing);
    let expired = || told(Reason::CodeExpired, Advice::RefreshOrTapCard);
    let clinic = |reason| told(reason, Advice::FeverClinicLane);
    let journal_down = || told(Reason::NotRecorded, Advice::StaffLane);
    let shut = || told(Reason::LatchUnwell, Advice::StaffLane);
    [
        ("pass_code", told(Reason::GreenCode, Advice::WalkThrough)),
        ("pass_card", Told { person: card("测试甲"), ..pass() }),
        ("pass_second_use", Told { person: person("欧阳测试", None), times: 2, ..pass() }),
        ("limit_station", Told { person: person("测试乙", None), ..limit() }),
        ("limit_hospital", Told { person: card("测试乙"), ..clinic(Reason::YellowListed) }),
        ("stop_station", Told { person: card("测试丙"), ..stop() }),
        ("stop_neutral", Told { person: card("测试丙"), publicity: Publicity::Neutral, ..stop() }),
        ("stop_hospital", Told { person: card("测试丙"), ..clinic(Reason::RedListed) }),
        ("stop_at_exit", Told { opens: Opens::Yes, ..stop() }),
        ("assist_expired", expired()),
        (
            "assist_not_listed",
            Told { person: card("测试丁"), ..told(Reason::NotListed, Advice::StaffRegisters) },
        ),
        ("assist_unsigned_platform", told(Reason::PlatformUnsigned, Advice::ShowPhoneToStaff)),
        ("assist_place_code", told(Reason::PlaceCode, Advice::TapCard)),
        ("assist_temperature", told(Reason::TemperatureHigh, Advice::MeasureAgain)),
        ("assist_not_opened", Told { person: card("测试甲"), ..shut() }),
        ("assist_not_recorded", Told { saved: Saved::No, query: None, ..journal_down() }),
        (
            "assist_used_before",
            Told { times: 12, saved: Saved::No, ..told(Reason::UsedBefore, Advice::StaffLane) },
        ),
    ]
    .map(|(name, told)| (name, Screen::Verdict(told)))
    .into()
}

/// The idle screen of a station.
pub(crate) fn idle() -> Idle {
    Idle {
        place: "测试高铁站 东进站口".try_into().unwrap_or_default(),
        time: Timestamp::from_unix(AFTERNOON),
        clock: ClockTrust::Confirmed,
        list_age_days: Some(0),
        aged: None,
        faults: Faults::default(),
        serving: Serving::Both,
        attendant: AttendantPresence::Present,
        place_code: "https://example.invalid/place?id=510100-0042&c=7Q2M".try_into().unwrap_or_default(),
    }
}

fn unwell(list: &[Fault]) -> Faults {
    let mut faults = Faults::default();
    list.iter().for_each(|fault| faults.set(*fault, Wellness::Unwell));
    faults
}

/// The idle screen with these faults, and what they leave.
fn idle_with(list: &[Fault]) -> Idle {
    let faults = unwell(list);
    Idle { faults, serving: Serving::of(faults, Fitted::Fitted), ..idle() }
}

fn places() -> Vec<Specimen> {
    let doubtful = |faults| Idle {
        place: "测试市第一人民医院门诊楼南".try_into().unwrap_or_default(),
        time: None,
        clock: ClockTrust::Unconfirmed,
        list_age_days: Some(12),
        ..idle_with(faults)
    };
    let unsure = doubtful(&[Fault::Clock, Fault::DiskFull]);
    let case_open = Idle { list_age_days: Some(1), ..idle_with(&[Fault::CaseOpen]) };
    let no_reader = Idle { attendant: AttendantPresence::Absent, ..idle_with(&[Fault::Reader]) };
    let no_camera = idle_with(&[Fault::Camera]);
    let ageing = Aged { dataset: Dataset::KeySet, band: Band::Ageing, more: 2 };
    let everything = Idle { place_code: Default::default(), ..doubtful(&Fault::ALL) };
    vec![
        ("idle", Screen::Idle(idle())),
        ("idle_no_place_code", Screen::Idle(Idle { place_code: Default::default(), ..case_open })),
        ("idle_clock_unsure", Screen::Idle(unsure)),
        ("idle_reader_unwell", Screen::Idle(no_reader)),
        ("idle_camera_unwell", Screen::Idle(no_camera)),
        ("idle_everything_unwell", Screen::Idle(everything)),
        ("idle_data_ageing", Screen::Idle(Idle { aged: Some(ageing), ..idle() })),
    ]
}

fn hints() -> Vec<Specimen> {
    vec![
        ("reading", Screen::Reading),
        ("hint_closer", Screen::Hint(Hint::ComeCloser)),
        ("hint_brighten", Screen::Hint(Hint::BrightenScreen)),
        ("hint_still", Screen::Hint(Hint::HoldStill)),
        ("hint_again", Screen::Hint(Hint::ShowAgain)),
        ("hint_card_again", Screen::Hint(Hint::PlaceCardAgain)),
        ("hint_one_code", Screen::Hint(Hint::OneCodeAtATime)),
    ]
}

fn faults() -> Vec<Specimen> {
    let names = [
        "fault_camera",
        "fault_reader",
        "fault_disk_full",
        "fault_journal",
        "fault_clock",
        "fault_list_missing",
        "fault_list_stale",
        "fault_list_damaged",
        "fault_key_set",
        "fault_policy",
        "fault_fire",
        "fault_case_open",
    ];
    let screen = |fault| {
        let serving = Serving::of(unwell(&[fault]), Fitted::Fitted);
        Screen::Fault(FaultScreen { fault, serving })
    };
    let screens = names.into_iter().zip(Fault::ALL.map(screen));
    screens.chain([("fault_latch", screen(Fault::Latch)), ("lane_open", Screen::LaneOpen)]).collect()
}

fn staff() -> Vec<Specimen> {
    let query = query(18);
    let pause = Some(PinRefusal::Paused { seconds: 30 });
    let mut all = vec![
        ("opened", Screen::Opened(Opened { query, saved: Saved::Yes })),
        ("opened_unsaved", Screen::Opened(Opened { query: None, saved: Saved::No })),
        ("pin", Screen::PinEntry { typed: 4, refused: None }),
        ("pin_wrong", Screen::PinEntry { typed: 0, refused: Some(PinRefusal::Wrong) }),
        ("pin_paused", Screen::PinEntry { typed: 0, refused: pause }),
    ];
    let steps = [
        ("staff_menu", StaffStep::Menu),
        ("staff_welcome", StaffStep::Welcome),
        ("staff_proof", StaffStep::ChooseProof),
        ("staff_cause", StaffStep::ChooseCause),
        ("staff_confirm", StaffStep::ConfirmOpening),
        ("staff_document", StaffStep::ChooseDocument),
        ("staff_number", StaffStep::TypeNumber { typed: 9 }),
        ("staff_number_wrong", StaffStep::NumberWrong),
        ("staff_temperature", StaffStep::TypeTemperature { typed: 2 }),
        ("staff_time", StaffStep::TypeTime { typed: 12 }),
        ("staff_time_wrong", StaffStep::TimeWrong),
        ("staff_time_confirmed", StaffStep::TimeConfirmed),
        ("staff_too_many_typed", StaffStep::TooManyTyped),
        ("staff_login_first", StaffStep::LoginFirst),
        ("staff_role_forbids", StaffStep::RoleForbids),
        ("staff_badge_refused", StaffStep::BadgeRefused),
    ];
    all.extend(steps.map(|(name, step)| (name, Screen::Staff(step))));
    all
}

fn service() -> Vec<Specimen> {
    let told = |carrier, step, serving| Screen::Updating(Updating { carrier, step }, serving);
    let stick = |step| told(Carrier::Stick, step, Serving::Both);
    let laptop = |step| told(Carrier::Laptop, step, Serving::Card);
    let refused = UpdateStep::Refused;
    let mut all = vec![
        ("update_copying", stick(UpdateStep::Copying(Percent::of(42, 100)))),
        ("update_laptop", laptop(UpdateStep::Copying(Percent::of(7, 100)))),
        ("update_checking", stick(UpdateStep::Checking(Percent::of(88, 100)))),
        ("update_in_force", stick(UpdateStep::InForce)),
        ("update_unreadable", stick(refused(UpdateRefused::Unreadable))),
        ("update_no_data", stick(refused(UpdateRefused::NoData))),
        ("update_not_for_here", stick(refused(UpdateRefused::NotForHere))),
        ("update_unproven", stick(refused(UpdateRefused::Unproven))),
        ("update_older", stick(refused(UpdateRefused::Older))),
        ("update_no_room", stick(refused(UpdateRefused::NoRoom))),
        ("update_not_checked", stick(refused(UpdateRefused::NotChecked))),
        ("update_not_answered", stick(refused(UpdateRefused::NotAnswered))),
        ("update_out_of_time", stick(refused(UpdateRefused::OutOfTime))),
        ("update_not_enrolled", stick(refused(UpdateRefused::NotEnrolled))),
        ("update_nobody_served", told(Carrier::Stick, refused(UpdateRefused::Older), Serving::Staff)),
    ];
    all.extend(technician().map(|(name, page)| (name, Screen::Technician(page, Serving::Both))));
    let menu = Technician::Menu(Notice::Down);
    let ways = ["technician_menu_code", "technician_menu_card", "technician_menu_staff"];
    let left = [Serving::Code, Serving::Card, Serving::Staff];
    all.extend(ways.into_iter().zip(left.map(|serving| Screen::Technician(menu, serving))));
    let out = ["out_maintenance", "out_starting", "out_not_enrolled", "out_no_data"];
    all.extend(out.into_iter().zip(OutOfService::ALL.map(Screen::OutOfService)));
    all
}

fn technician() -> [(&'static str, Technician); 29] {
    let traffic = Traffic {
        checked_hours: Some(2),
        taken_hours: Some(61),
        generation: 412,
        refused: 2,
        waiting: 4_213,
    };
    let logs = |step| Technician::Logs(LogsOut { waiting: 4_213, step });
    let stopped = |why| logs(LogsStep::Stopped(why));
    let keys = Some(Fingerprint::of(&[3; 32], &[4; 32]));
    let enrolment = Enrolment { terminal: Some(3), place: 1, lane: 2, keys, line: LineStep::Enrolled };
    let line = |line| Technician::Enrolment(Enrolment { line, ..enrolment });
    [
        ("technician_menu", Technician::Menu(Notice::Down)),
        ("technician_menu_notice", Technician::Menu(Notice::Up)),
        ("technician_looking", Technician::SelfTest(tested(PartState::Looking))),
        ("technician_well", Technician::SelfTest(tested(PartState::Well))),
        ("technician_unwell", Technician::SelfTest(tested(PartState::Unwell(Some(Fault::ListStale))))),
        ("technician_not_fitted", Technician::SelfTest(tested(PartState::NotFitted))),
        ("technician_data", Technician::Data(data(Band::Fresh, 3))),
        ("technician_data_old", Technician::Data(data(Band::Stale, 412))),
        ("technician_data_bands", Technician::Data(banded())),
        ("technician_network", Technician::Network(traffic)),
        ("technician_network_never", Technician::Network(Traffic::default())),
        ("technician_logs_stick", logs(LogsStep::NoStick)),
        ("technician_logs_writing", logs(LogsStep::Writing(Percent::of(63, 100)))),
        ("technician_logs_written", logs(LogsStep::Written)),
        ("technician_logs_full", stopped(LogsStopped::NoRoom)),
        ("technician_logs_pulled", stopped(LogsStopped::PulledOut)),
        ("technician_enrolment", Technician::Enrolment(enrolment)),
        (
            "technician_not_enrolled",
            Technician::Enrolment(Enrolment { terminal: None, keys: None, ..enrolment }),
        ),
        ("technician_line_none", line(LineStep::NotFitted)),
        ("technician_line_show", line(LineStep::ShowCode)),
        ("technician_line_asking", line(LineStep::Asking)),
        ("technician_line_away", line(LineStep::NoLine)),
        ("technician_line_other", line(LineStep::OtherTerminal)),
        ("technician_line_unknown", line(LineStep::Unknown)),
        ("technician_line_ended", line(LineStep::Ended)),
        ("technician_line_used", line(LineStep::Used)),
        ("technician_line_refused", line(LineStep::Refused)),
        ("technician_line_not_reading", line(LineStep::NotReading)),
        ("technician_volume", Technician::Volume(Volume::USUAL)),
    ]
}

/// Every part well, and the last three like this.
fn tested(last: PartState) -> SelfTest {
    let mut test = SelfTest::default();
    for (at, part) in Part::ALL.into_iter().enumerate() {
        test.set(part, if at < 9 { PartState::Well } else { last });
    }
    test
}

/// By a policy with bands: one row of each.
fn banded() -> DataShown {
    let mut shown = data(Band::Ageing, 31);
    let bands =
        [Band::Ageing, Band::Fresh, Band::Stale, Band::Ageing, Band::Fresh, Band::Fresh, Band::Expired];
    shown.rows.iter_mut().zip(bands).for_each(|(row, band)| row.band = Some(band));
    shown
}

fn data(list: Band, days: u32) -> DataShown {
    let row = |(dataset, version)| DatasetShown {
        dataset,
        version,
        age_days: (version > 0).then_some(if version == 7 { 0 } else { days }),
        band: None,
    };
    let rows = [
        (Dataset::StatusList, 2_048),
        (Dataset::KeySet, 12),
        (Dataset::PolicyStation, 31),
        (Dataset::Places, 4),
        (Dataset::RiskLevels, 7),
        (Dataset::StaffList, 8),
        (Dataset::Revocations, 207),
        (Dataset::DayKeys, 0),
    ];
    DataShown { list, rows: rows.map(row) }
}
