//! What may and may not be said, and to whom (DOMAIN §1, §2, §15, §17).

use gate_core::attendant::{Act, Cause};
use gate_core::screen::{
    AttendantPresence, Carrier, Fault, FaultScreen, Faults, Fitted, Idle, Notice, Opens, Percent,
    PersonShown, Publicity, Screen, Serving, StaffStep, Technician, Told, UpdateRefused, UpdateStep,
    Updating, Wellness,
};
use gate_core::time::ClockTrust;
use gate_core::verdict::{Advice, Reason, Verdict};
use gate_wire::name::MaskedName;

use super::screens::{told, verdicts};
use crate::icon::Icon;
use crate::{Canvas, Outline, Shown, draw, outline, words};

fn measured(screen: &Screen) -> Outline {
    outline(screen, 800, 480)
}

fn said(told: &Told) -> String {
    measured(&Screen::Verdict(told.clone())).all_text()
}

fn signs(outline: &Outline) -> Vec<u8> {
    let number = |shown: &Shown| if let Shown::Icon { number } = shown { Some(*number) } else { None };
    outline.boxes.iter().filter_map(|part| number(&part.shown)).collect()
}

fn headings(outline: &Outline) -> Vec<&str> {
    let heading =
        |shown| if let &Shown::Text { ref text, px: 96.., .. } = shown { Some(text.as_str()) } else { None };
    outline.boxes.iter().filter_map(|part| heading(&part.shown)).collect()
}

#[test]
fn every_verdict_but_pass_shows_its_reason_code_and_query_number() {
    for &reason in Reason::ALL {
        let told = told(reason, Advice::StaffLane);
        let (said, query) = (said(&told), told.query.unwrap());
        let shown = said.contains(reason.code()) && said.contains(query.as_str()) && said.contains("12345");
        assert_eq!(shown, told.verdict != Verdict::Pass, "{reason:?}");
    }
}

#[test]
fn the_cause_is_told_in_both_languages_and_so_is_what_to_do() {
    for told in verdicts().iter().filter(|told| told.verdict != Verdict::Pass) {
        let said = said(told).replace('\n', " ");
        let (cause, advice) = (words::reason(told.reason), words::advice(told.advice));
        assert!(said.contains(cause.zh) && said.contains(cause.en), "{told:?}");
        let in_heading =
            matches!(told.advice, Advice::StaffLane | Advice::StaffIsComing | Advice::WalkThrough);
        assert!(in_heading || said.contains(advice.zh) && said.contains(advice.en), "{told:?}");
    }
}

#[test]
fn a_neutral_stop_says_nothing_that_tells() {
    for told in verdicts().into_iter().filter(|told| told.verdict == Verdict::Stop) {
        for opens in [Opens::No, Opens::Yes] {
            let told = Told { publicity: Publicity::Neutral, opens, ..told.clone() };
            let said = said(&told);
            for word in ["禁", "红", "red", "Red", "not enter", told.reason.code()] {
                assert!(!said.contains(word), "{word} in {said}");
            }
        }
    }
}

#[test]
fn a_neutral_stop_has_the_sign_the_paper_and_the_heading_of_a_limit() {
    let stop = Told { publicity: Publicity::Neutral, ..told(Reason::RedCode, Advice::StaffIsComing) };
    let limit = told(Reason::YellowCode, Advice::RegisterAtStaffLane);
    let [stop, limit] = [stop, limit].map(Screen::Verdict);
    assert_eq!(signs(&measured(&stop)), signs(&measured(&limit)));
    assert_eq!(headings(&measured(&stop)), headings(&measured(&limit)));
    let paper = |screen: &Screen| {
        let mut canvas = Canvas::new(800, 480).unwrap();
        draw(screen, &mut canvas);
        canvas.pixels()[0]
    };
    assert_eq!(paper(&stop), paper(&limit));
}

#[test]
fn who_is_sent_to_the_fever_clinic_is_not_refused() {
    let screen = Screen::Verdict(told(Reason::RedListed, Advice::FeverClinicLane));
    let outline = measured(&screen);
    let said = outline.all_text();
    assert!(said.contains("请走发热门诊专用通道") && said.contains("请走专用通道"));
    assert!(!said.contains('禁') && !said.contains("not enter"), "{said}");
    assert_eq!(signs(&outline), [Icon::Way as u8]);
}

#[test]
fn an_exit_lane_says_go_whatever_the_verdict() {
    for &reason in Reason::ALL {
        let told = Told { opens: Opens::Yes, ..told(reason, Advice::StaffIsComing) };
        let said = said(&told);
        assert!(said.contains("请通行") && !said.contains("禁止"), "{reason:?}");
    }
}

#[test]
fn the_attendant_sees_repeats_and_unsaved_records() {
    let plain = told(Reason::GreenCode, Advice::WalkThrough);
    let said_of = |saved, times| said(&Told { saved, times, ..plain.clone() });
    use gate_core::screen::Saved::{No, Yes};
    assert!(!said_of(Yes, 1).contains('第') && !said_of(Yes, 1).contains("未保存"));
    assert!(said_of(Yes, 2).contains("第 2 次"));
    assert!(said_of(No, 1).contains("未保存"));
}

#[test]
fn a_name_without_a_glyph_is_a_box_and_not_a_gap() {
    let person = Some(PersonShown { name: MaskedName::from_full("龘测试"), last_four: None });
    let screen = Screen::Verdict(Told { person, ..told(Reason::GreenCode, Advice::WalkThrough) });
    let outline = measured(&screen);
    let box_with_gap =
        outline.boxes.iter().find(|part| matches!(part.shown, Shown::Text { missing: 1, .. })).unwrap();
    let mut canvas = Canvas::new(800, 480).unwrap();
    draw(&screen, &mut canvas);
    let row = |y: i32| &canvas.pixels()[y as usize * 800 + box_with_gap.x as usize..][..28];
    let inked =
        (box_with_gap.y..box_with_gap.y + box_with_gap.height as i32).filter(|&y| row(y).contains(&0xFFFF));
    assert_eq!(inked.count(), 24, "the side of the box");
    assert_eq!(box_with_gap.width, 28 + 28 + crate::glyphs::Style::Px28.width("*"));
}

#[test]
fn a_fault_names_the_human_way_and_what_still_works() {
    let fault = |fault, serving| measured(&Screen::Fault(FaultScreen { fault, serving })).all_text();
    for part in Fault::ALL.into_iter().filter(|part| *part != Fault::Fire) {
        assert!(fault(part, Serving::Staff).contains("请走人工通道"));
        assert!(!fault(part, Serving::Staff).contains("仍可用"));
    }
    assert!(fault(Fault::Clock, Serving::Card).contains("刷身份证仍可用"));
    let no_keys = fault(Fault::KeySetMissing, Serving::Both);
    assert!(no_keys.contains("刷身份证仍可用") && !no_keys.contains("健康码仍可用"));
    assert!(!fault(Fault::Journal, Serving::Both).contains("仍可用"));
}

#[test]
fn the_idle_screen_invites_to_what_leads_to_a_verdict() {
    let invited = |unwell: &[Fault]| {
        let mut faults = Faults::default();
        unwell.iter().for_each(|fault| faults.set(*fault, Wellness::Unwell));
        let said = measured(&Screen::Idle(Idle {
            place: "".try_into().unwrap(),
            time: None,
            clock: ClockTrust::Confirmed,
            list_age_days: None,
            aged: None,
            faults,
            serving: Serving::of(faults, Fitted::Fitted),
            attendant: AttendantPresence::Present,
            place_code: "".try_into().unwrap(),
        }))
        .all_text();
        ["请出示健康码", "请刷身份证", "请走人工通道"].map(|words| said.contains(words))
    };
    assert_eq!(invited(&[]), [true, true, false]);
    assert_eq!(invited(&[Fault::Clock, Fault::CaseOpen]), [true, true, false]);
    assert_eq!(invited(&[Fault::Reader]), [true, false, true]);
    assert_eq!(invited(&[Fault::ListMissing]), [true, false, true]);
    assert_eq!(invited(&[Fault::KeySetMissing]), [false, true, false]);
    assert_eq!(invited(&[Fault::Journal]), [false, false, true]);
}

#[test]
fn staffs_pages_invite_to_what_is_served_and_show_the_staff_lane_where_nothing_is() {
    let updating = Updating { carrier: Carrier::Stick, step: UpdateStep::Refused(UpdateRefused::Older) };
    let menu = Technician::Menu(Notice::Down);
    for serving in Serving::ALL {
        let pages = [Screen::Updating(updating, serving), Screen::Technician(menu, serving)];
        for said in pages.map(|screen| measured(&screen).all_text()) {
            let invited = ["请照常出示码或证", "请出示健康码", "请刷身份证", "请走人工通道"];
            let invited = invited.map(|words| said.contains(words));
            assert_eq!(invited, Serving::ALL.map(|one| one == serving), "{said}");
            assert!(serving != Serving::Staff || !said.contains("照常服务"), "{said}");
        }
    }
}

#[test]
fn a_stick_stays_until_the_visit_is_over() {
    let said = |step| {
        let updating = Updating { carrier: Carrier::Stick, step };
        measured(&Screen::Updating(updating, Serving::Both)).all_text()
    };
    let half = Percent::of(1, 2);
    for step in [UpdateStep::Copying(half), UpdateStep::Checking(half)] {
        assert!(said(step).contains("请勿拔出"), "{step:?}: records follow");
    }
    assert!(said(UpdateStep::InForce).contains("可以拔出"));
}

#[test]
fn the_digits_that_the_panel_takes_stand_before_the_choices() {
    let said = |step| measured(&Screen::Staff(step)).all_text();
    for (i, act) in Act::PROOFS.into_iter().enumerate() {
        assert!(
            said(StaffStep::ChooseProof).contains(&format!("{}\n{}", i + 1, words::act(act).zh)),
            "{act:?}"
        );
    }
    for (i, cause) in Cause::ALL.into_iter().enumerate() {
        assert!(
            said(StaffStep::ChooseCause).contains(&format!("{}\n{}", i + 1, words::cause(cause).zh)),
            "{cause:?}"
        );
    }
    assert!(said(StaffStep::ChooseDocument).contains("5\n户口簿"));
}

#[test]
fn what_is_typed_is_never_shown() {
    let pin = |typed| measured(&Screen::PinEntry { typed, refused: None }).all_text();
    assert_eq!(pin(4).matches('●').count(), 4);
    assert_eq!(pin(255).matches('●').count(), 18);
}

#[test]
fn debug_of_an_outline_shows_no_text() {
    let person = Some(PersonShown { name: MaskedName::from_full("测试甲"), last_four: Some(*b"1234") });
    let screen = Screen::Verdict(Told { person, ..told(Reason::GreenCode, Advice::WalkThrough) });
    let debug = format!("{:?}", measured(&screen));
    assert!(!debug.contains('甲') && !debug.contains("1234"));
}
