//! The screens that are blessed, with invented people.

use gate_core::query::{QueryNumber, Sequence, TerminalNumber};
use gate_core::screen::{
    AttendantPresence, Fault, FaultScreen, Faults, Hint, Idle, Opened, Opens, PersonShown, PinRefusal,
    Publicity, Saved, Screen, StaffStep, Told, Wellness,
};
use gate_core::time::ClockTrust;
use gate_core::verdict::{Advice, Reason};
use gate_wire::name::MaskedName;
use gate_wire::time::Timestamp;

/// 2026-11-20 14:07:12 in UTC+8.
const AFTERNOON: u64 = 1_795_154_832;

pub(crate) fn golden() -> Vec<(&'static str, Screen)> {
    let mut screens = verdicts();
    screens.extend(places());
    screens.extend(staff());
    screens
}

pub(crate) fn told(reason: Reason, advice: Advice) -> Told {
    Told {
        verdict: reason.verdict(),
        reason,
        advice,
        person: None,
        query: Some(QueryNumber::new(TerminalNumber::new(3).unwrap(), Sequence(17))),
        saved: Saved::Yes,
        times: 1,
        publicity: Publicity::Shown,
        opens: if reason.code().starts_with('P') { Opens::Yes } else { Opens::No },
    }
}

fn person(name: &str, last_four: Option<&[u8; 4]>) -> Option<PersonShown> {
    Some(PersonShown { name: MaskedName::from_full(name), last_four: last_four.copied() })
}

fn verdicts() -> Vec<(&'static str, Screen)> {
    let card = |name| person(name, Some(b"002X"));
    let pass = || told(Reason::GreenListed, Advice::WalkThrough);
    let limit = || told(Reason::YellowCode, Advice::RegisterAtStaffLane);
    let stop = || told(Reason::RedListed, Advice::StaffIsComing);
    let expired = || told(Reason::CodeExpired, Advice::RefreshOrTapCard);
    let clinic = |reason| told(reason, Advice::FeverClinicLane);
    let journal_down = || told(Reason::NotRecorded, Advice::StaffLane);
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
        ("assist_not_recorded", Told { saved: Saved::No, query: None, ..journal_down() }),
        (
            "assist_used_before",
            Told { times: 12, saved: Saved::No, ..told(Reason::UsedBefore, Advice::StaffLane) },
        ),
    ]
    .map(|(name, told)| (name, Screen::Verdict(told)))
    .into()
}

pub(crate) fn idle() -> Idle {
    Idle {
        place: "测试高铁站 东进站口".try_into().unwrap(),
        time: Timestamp::from_unix(AFTERNOON),
        clock: ClockTrust::Confirmed,
        list_age_days: Some(0),
        faults: Faults::default(),
        attendant: AttendantPresence::Present,
        place_code: "https://example.invalid/place?id=510100-0042&c=7Q2M".try_into().unwrap(),
    }
}

fn faults(list: &[Fault]) -> Faults {
    let mut faults = Faults::default();
    list.iter().for_each(|fault| faults.set(*fault, Wellness::Unwell));
    faults
}

fn places() -> Vec<(&'static str, Screen)> {
    let unsure = Idle {
        place: "测试市第一人民医院门诊楼南".try_into().unwrap(),
        time: None,
        clock: ClockTrust::Unconfirmed,
        list_age_days: Some(12),
        faults: faults(&[Fault::Clock, Fault::DiskFull]),
        ..idle()
    };
    let case_open = Idle { list_age_days: Some(1), faults: faults(&[Fault::CaseOpen]), ..idle() };
    let no_reader = Idle { faults: faults(&[Fault::Reader]), attendant: AttendantPresence::Absent, ..idle() };
    let no_camera = Idle { faults: faults(&[Fault::Camera]), ..idle() };
    let everything = Idle { faults: faults(&Fault::ALL), place_code: Default::default(), ..unsure.clone() };
    let fault = |fault, card, camera| Screen::Fault(FaultScreen { fault, card, camera });
    vec![
        ("idle", Screen::Idle(idle())),
        ("idle_no_place_code", Screen::Idle(Idle { place_code: Default::default(), ..case_open })),
        ("idle_clock_unsure", Screen::Idle(unsure)),
        ("idle_reader_unwell", Screen::Idle(no_reader)),
        ("idle_camera_unwell", Screen::Idle(no_camera)),
        ("idle_everything_unwell", Screen::Idle(everything)),
        ("reading", Screen::Reading),
        ("hint_one_code", Screen::Hint(Hint::OneCodeAtATime)),
        ("hint_card_again", Screen::Hint(Hint::PlaceCardAgain)),
        ("hint_closer", Screen::Hint(Hint::ComeCloser)),
        ("lane_open", Screen::LaneOpen),
        ("fault_key_set", fault(Fault::KeySetMissing, Wellness::Well, Wellness::Well)),
        ("fault_journal", fault(Fault::Journal, Wellness::Unwell, Wellness::Unwell)),
        ("fault_fire", fault(Fault::Fire, Wellness::Well, Wellness::Well)),
    ]
}

fn staff() -> Vec<(&'static str, Screen)> {
    let query = Some(QueryNumber::new(TerminalNumber::new(3).unwrap(), Sequence(18)));
    let pause = Some(PinRefusal::Paused { seconds: 30 });
    vec![
        ("opened", Screen::Opened(Opened { query, saved: Saved::Yes })),
        ("opened_unsaved", Screen::Opened(Opened { query, saved: Saved::No })),
        ("pin", Screen::PinEntry { typed: 4, refused: None }),
        ("pin_paused", Screen::PinEntry { typed: 0, refused: pause }),
        ("staff_welcome", Screen::Staff(StaffStep::Welcome)),
        ("staff_proof", Screen::Staff(StaffStep::ChooseProof)),
        ("staff_cause", Screen::Staff(StaffStep::ChooseCause)),
        ("staff_document", Screen::Staff(StaffStep::ChooseDocument)),
        ("staff_number", Screen::Staff(StaffStep::TypeNumber { typed: 9 })),
        ("staff_confirm", Screen::Staff(StaffStep::ConfirmOpening)),
    ]
}
