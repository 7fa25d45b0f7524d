//! Every screen on every panel, upright and not, dark and light, whichever language leads.
//! Must not know: how a screen is laid out.

use gate_core::screen::Screen;

use super::measured::contrast;
use super::specimens;
use crate::{Language, Manner, Outline, OutlineBox, PHASES, Shown, Theme, outline_in, pages};

/// An SPI panel, the reference board's and a large one, lying and upright.
const PANELS: [(u32, u32); 6] = [(480, 320), (800, 480), (1280, 800), (320, 480), (480, 800), (800, 1280)];

/// Every combination, with what to call it when it fails.
fn every(mut check: impl FnMut(&str, &Screen, &Outline, Manner) -> Vec<String>) -> (usize, Vec<String>) {
    let (mut count, mut faults) = (0, Vec::new());
    for (name, screen) in specimens::all() {
        for (panel, manner) in PANELS.iter().flat_map(|panel| Manner::ALL.map(|manner| (*panel, manner))) {
            let outline = outline_in(&screen, manner, panel);
            let found = check(name, &screen, &outline, manner);
            faults.extend(found.into_iter().map(|fault| format!("{name} {panel:?} {manner:?}: {fault}")));
            count += 1;
        }
    }
    (count, faults)
}

fn none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

fn said(part: &OutlineBox) -> String {
    match &part.shown {
        Shown::Text { text, px, .. } => format!("'{text}' of {px} px"),
        other => format!("{other:?}"),
    }
}

#[test]
fn on_no_panel_does_anything_overlap_or_leave_it_or_lack_a_glyph() {
    let (count, faults) = every(|_, _, outline, _| {
        let mut faults = Vec::new();
        for (i, part) in outline.boxes.iter().enumerate() {
            if !part.within(outline.width, outline.height) {
                faults.push(format!("{} leaves it", said(part)));
            }
            let under = outline.boxes[..i].iter().filter(|other| part.overlaps(other));
            faults.extend(under.map(|other| format!("{} and {}", said(part), said(other))));
            if matches!(&part.shown, Shown::Text { missing: 1.., .. }) {
                faults.push(format!("{} lacks a glyph", said(part)));
            }
        }
        faults
    });
    none(&faults);
    assert!(count >= 2_000, "{count}");
}

#[test]
fn nothing_of_a_specimen_is_shortened() {
    none(
        &every(|_, _, outline, _| {
            outline.texts().filter(|text| text.contains('…')).map(str::to_owned).collect()
        })
        .1,
    );
}

/// Letters of the leading language.
fn letters(outline: &Outline, language: Language) -> String {
    let leads = |one: &char| match language {
        Language::Chinese => *one >= '\u{2E80}',
        Language::English => one.is_ascii_alphabetic(),
    };
    outline.texts().flat_map(str::chars).filter(leads).collect()
}

#[test]
fn every_panel_says_all_that_the_reference_board_says_in_the_leading_language() {
    let (_, faults) = every(|_, screen, outline, manner| {
        let board = letters(&outline_in(screen, manner, (800, 480)), manner.language);
        let here = letters(outline, manner.language);
        // Some of it may be said twice on a wide panel: each letter is looked for in what is left.
        let gone: String = board.chars().filter(|one| !here.contains(*one)).collect();
        if gone.is_empty() { Vec::new() } else { vec![format!("{gone} of {board} are gone: {here}")] }
    });
    none(&faults);
}

#[test]
fn every_text_and_every_bar_can_be_read_in_both_themes() {
    let (_, faults) = every(|_, _, outline, _| {
        let unread = |part: &&OutlineBox| match &part.shown {
            Shown::Text { colors, .. } => contrast(*colors) < 4.5,
            Shown::Progress { colors } => contrast(*colors) < 3.0,
            Shown::Icon { .. } | Shown::Code => false,
        };
        outline.boxes.iter().filter(unread).map(said).collect()
    });
    none(&faults);
}

/// Pixels of the largest Chinese or English heading.
fn largest(outline: &Outline, language: Language) -> u16 {
    let leads = |text: &str| text.is_ascii() == (language == Language::English);
    let px = |part: &OutlineBox| match &part.shown {
        Shown::Text { text, px, .. } if leads(text) => Some(*px),
        Shown::Text { .. } | Shown::Icon { .. } | Shown::Code | Shown::Progress { .. } => None,
    };
    outline.boxes.iter().filter_map(px).max().unwrap_or(0)
}

#[test]
fn the_heading_of_a_verdict_has_a_fifth_of_the_shorter_side() {
    let (_, faults) = every(|_, screen, outline, manner| {
        let px = u32::from(largest(outline, manner.language));
        let enough = match outline.width.min(outline.height) {
            0..400 => px >= 60,
            400..700 => px >= 96,
            700.. => px >= 128,
        };
        let told =
            matches!(screen, Screen::Verdict(_) | Screen::Opened(_) | Screen::LaneOpen | Screen::Fault(_));
        if told && !enough { vec![format!("{px} px")] } else { Vec::new() }
    });
    none(&faults);
}

#[test]
fn themes_differ_in_colours_only() {
    for (_, screen) in specimens::all() {
        for (panel, language) in
            PANELS.iter().flat_map(|panel| [Language::Chinese, Language::English].map(|l| (*panel, l)))
        {
            let [dark, light] = [Theme::Dark, Theme::Light].map(|theme| {
                let outline = outline_in(&screen, Manner { theme, language }, panel);
                outline.boxes.iter().map(|part| (part.x, part.y, part.width, part.height)).collect::<Vec<_>>()
            });
            assert_eq!(dark, light);
        }
    }
}

#[test]
fn a_moving_sign_stays_in_its_box_and_only_moving_screens_move() {
    use crate::{Canvas, draw_in};
    for (name, screen) in specimens::all() {
        let drawn = |phase| {
            let mut canvas = Canvas::new(480, 320).unwrap();
            draw_in(&screen, Manner::HOUSE, phase, &mut canvas);
            canvas
        };
        let still = (1..PHASES).all(|phase| drawn(phase) == drawn(0));
        if !pages::moves(&screen) {
            assert!(still, "{name}");
        }
    }
    assert!(!(1..PHASES).all(|_| !pages::moves(&Screen::Idle(specimens::idle()))));
}

#[test]
fn the_four_verdicts_have_four_signs() {
    for (panel, manner) in PANELS.iter().flat_map(|panel| Manner::ALL.map(|manner| (*panel, manner))) {
        let signs = specimens::four_verdicts().map(|screen| {
            let outline = outline_in(&screen, manner, panel);
            outline.boxes.iter().find_map(|part| match part.shown {
                Shown::Icon { number } => Some(number),
                Shown::Text { .. } | Shown::Code | Shown::Progress { .. } => None,
            })
        });
        let distinct: std::collections::BTreeSet<_> = signs.iter().flatten().collect();
        assert_eq!(distinct.len(), 4, "{panel:?} {manner:?}");
    }
}
