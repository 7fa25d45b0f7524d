//! All screens, with the shortest and the longest data.

use gate_core::manifest::Dataset;
use gate_core::query::{QueryNumber, Sequence, TerminalNumber};
use gate_core::screen::*;
use gate_core::time::ClockTrust;
use gate_core::verdict::{Advice, Reason, Verdict};
use gate_wire::name::MaskedName;
use gate_wire::time::Timestamp;

pub(super) const ADVICES: [Advice; 10] = [
    Advice::WalkThrough,
    Advice::RegisterAtStaffLane,
    Advice::StaffIsComing,
    Advice::FeverClinicLane,
    Advice::RefreshOrTapCard,
    Advice::TapCard,
    Advice::ShowPhoneToStaff,
    Advice::StaffRegisters,
    Advice::MeasureAgain,
    Advice::StaffLane,
];

pub(super) fn told(reason: Reason, advice: Advice) -> Told {
    let verdict = reason.verdict();
    Told {
        verdict,
        reason,
        advice,
        person: None,
        query: Some(QueryNumber::new(TerminalNumber::new(131_071).unwrap(), Sequence(8_388_607))),
        saved: Saved::Yes,
        times: 1,
        publicity: Publicity::Shown,
        opens: if verdict == Verdict::Pass { Opens::Yes } else { Opens::No },
    }
}

fn person(name: &str, last_four: Option<[u8; 4]>) -> Option<PersonShown> {
    Some(PersonShown { name: MaskedName::from_full(name), last_four })
}

fn persons() -> [Option<PersonShown>; 2] {
    [None, person("WMWM", Some(*b"8888"))]
}

/// Every verdict with every reason, advice and what else may stand on it.
pub(super) fn verdicts() -> Vec<Told> {
    let mut all = Vec::new();
    for &reason in Reason::ALL {
        for advice in ADVICES {
            for person in persons() {
                for (saved, times, query) in
                    [(Saved::Yes, 1, true), (Saved::No, u16::MAX, true), (Saved::No, 2, false)]
                {
                    let plain = told(reason, advice);
                    let query = plain.query.filter(|_| query);
                    all.push(Told { person: person.clone(), saved, times, query, ..plain });
                }
            }
        }
    }
    all
}

/// The same, neutral and at an exit.
pub(super) fn every_way(told: &Told) -> Vec<Screen> {
    let neutral = Told { publicity: Publicity::Neutral, ..told.clone() };
    let exit = Told { opens: Opens::Yes, ..told.clone() };
    let neutral_exit = Told { opens: Opens::Yes, ..neutral.clone() };
    [told.clone(), neutral, exit, neutral_exit].map(Screen::Verdict).into()
}

pub(super) fn idles() -> Vec<Screen> {
    let places =
        ["", "东门", "测试市第一人民医院门诊楼南入口处", "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW"];
    let codes = ["".to_owned(), "https://example.invalid/p".to_owned(), "W".repeat(256)];
    let sets: Vec<Vec<Fault>> =
        (0..=12).map(|n| Fault::ALL[..n].to_vec()).chain([vec![Fault::Reader]]).collect();
    let mut all = Vec::new();
    for set in &sets {
        let mut faults = Faults::default();
        set.iter().for_each(|fault| faults.set(*fault, Wellness::Unwell));
        for (i, place) in places.iter().enumerate() {
            for code in &codes {
                all.push(Screen::Idle(Idle {
                    place: (*place).try_into().unwrap(),
                    time: Timestamp::from_unix(1_795_154_832).filter(|_| i % 2 == 0),
                    clock: if i == 2 { ClockTrust::Unconfirmed } else { ClockTrust::Confirmed },
                    list_age_days: [None, Some(0), Some(1), Some(u32::MAX)][i],
                    aged: [
                        None,
                        Some(Aged { dataset: Dataset::Revocations, band: Band::Ageing, more: 0 }),
                        Some(Aged { dataset: Dataset::RiskLevels, band: Band::Expired, more: 7 }),
                        None,
                    ][i],
                    faults,
                    serving: Serving::of(faults, Fitted::Fitted),
                    attendant: if i < 3 { AttendantPresence::Present } else { AttendantPresence::Absent },
                    place_code: code.as_str().try_into().unwrap(),
                }));
            }
        }
    }
    all
}

/// Everything but verdicts and idle.
pub(super) fn others() -> Vec<Screen> {
    let query = told(Reason::GreenCode, Advice::WalkThrough).query;
    let mut all = vec![Screen::Reading, Screen::LaneOpen];
    let hints =
        [Hint::OneCodeAtATime, Hint::PlaceCardAgain, Hint::ComeCloser, Hint::BrightenScreen, Hint::HoldStill];
    all.extend(hints.map(Screen::Hint));
    for saved in [Saved::Yes, Saved::No] {
        all.extend([query, None].map(|query| Screen::Opened(Opened { query, saved })));
    }
    for fault in Fault::ALL {
        all.extend(Serving::ALL.map(|serving| Screen::Fault(FaultScreen { fault, serving })));
    }
    let refusals = [None, Some(PinRefusal::Wrong), Some(PinRefusal::Paused { seconds: u32::MAX })];
    for typed in [0, 1, 6, 18, u8::MAX] {
        all.extend(refusals.map(|refused| Screen::PinEntry { typed, refused }));
        all.extend(
            [
                StaffStep::TypeNumber { typed },
                StaffStep::TypeTemperature { typed },
                StaffStep::TypeTime { typed },
            ]
            .map(Screen::Staff),
        );
    }
    let steps = [
        StaffStep::ChooseProof,
        StaffStep::ChooseCause,
        StaffStep::ConfirmOpening,
        StaffStep::ChooseDocument,
        StaffStep::NumberWrong,
        StaffStep::TimeWrong,
        StaffStep::TimeConfirmed,
        StaffStep::TooManyTyped,
        StaffStep::LoginFirst,
        StaffStep::RoleForbids,
        StaffStep::BadgeRefused,
        StaffStep::Welcome,
    ];
    all.extend(steps.map(Screen::Staff));
    all
}
