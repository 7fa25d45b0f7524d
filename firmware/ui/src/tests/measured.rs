//! Boxes of all screens: overlap, edges, glyphs, contrast, size.

use gate_core::screen::Screen;
use gate_core::verdict::{Advice, Reason};

use super::screens::{every_way, idles, others, told, verdicts};
use crate::canvas::channels;
use crate::palette::rgb565;
use crate::{Canvas, Outline, Shown, draw, outline};

/// Every screen on 800 x 480, with what to call it when it fails.
fn every_outline(mut check: impl FnMut(&Outline, &str)) -> usize {
    let mut count = 0;
    let mut one = |screen: &Screen| {
        count += 1;
        check(&outline(screen, 800, 480), &format!("{screen:?}"));
    };
    verdicts().iter().flat_map(every_way).for_each(|screen| one(&screen));
    idles().iter().chain(&others()).for_each(&mut one);
    count
}

#[test]
fn on_no_screen_does_anything_overlap_or_leave_it_or_lack_a_glyph() {
    let count = every_outline(|outline, name| {
        for (i, part) in outline.boxes.iter().enumerate() {
            assert!(part.within(800, 480), "{part:?} leaves {name}");
            for other in &outline.boxes[..i] {
                assert!(!part.overlaps(other), "{part:?} and {other:?} on {name}");
            }
            if let Shown::Text { missing, text, .. } = &part.shown {
                assert!(*missing == 0 && !text.is_empty(), "'{text}' on {name}");
            }
        }
    });
    assert!(count > 10_000, "{count}");
}

#[test]
fn only_data_that_is_too_long_is_shortened() {
    every_outline(|outline, name| {
        for text in outline.texts().filter(|text| text.contains('…')) {
            assert!(text.starts_with('W'), "'{text}' on {name}");
        }
    });
}

/// Relative luminance (WCAG 2.2) of what the panel shows for a colour.
fn luminance(color: [u8; 3]) -> f64 {
    let linear = |channel: u8| {
        let value = f64::from(channel) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    let [r, g, b] = channels(rgb565(color));
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

/// Contrast (WCAG 2.2) of ink on paper.
pub(super) fn contrast((fg, bg): ([u8; 3], [u8; 3])) -> f64 {
    let (light, dark) = (luminance(fg).max(luminance(bg)), luminance(fg).min(luminance(bg)));
    (light + 0.05) / (dark + 0.05)
}

#[test]
fn every_text_has_a_contrast_of_four_and_a_half() {
    every_outline(|outline, name| {
        for part in &outline.boxes {
            if let Shown::Text { colors, text, .. } = &part.shown {
                assert!(contrast(*colors) >= 4.5, "'{text}' {colors:?}, {name}");
            }
        }
    });
}

#[test]
fn the_heading_of_a_verdict_is_at_least_96_pixels_high() {
    for &reason in Reason::ALL {
        let outline = outline(&Screen::Verdict(told(reason, Advice::StaffLane)), 800, 480);
        let large = |shown: &Shown| matches!(shown, Shown::Text { px, .. } if *px >= 96);
        assert!(outline.boxes.iter().any(|part| large(&part.shown)), "{reason:?}");
    }
}

#[test]
fn other_sizes_do_no_harm() {
    for (width, height) in [(1, 1), (4096, 2), (320, 240), (480, 800), (1024, 600)] {
        let mut canvas = Canvas::new(width, height).unwrap();
        idles().iter().step_by(7).chain(&others()).for_each(|screen| draw(screen, &mut canvas));
        verdicts().iter().step_by(11).flat_map(every_way).for_each(|screen| draw(&screen, &mut canvas));
    }
}

#[test]
fn what_is_painted_stays_in_its_boxes() {
    let screens = others().into_iter().chain(idles().into_iter().step_by(9));
    for screen in screens.chain([Screen::Verdict(told(Reason::CodeExpired, Advice::RefreshOrTapCard))]) {
        let mut canvas = Canvas::new(800, 480).unwrap();
        draw(&screen, &mut canvas);
        let outline = outline(&screen, 800, 480);
        let white = |x: i32, y: i32| canvas.pixels()[y as usize * 800 + x as usize] == 0xFFFF;
        let covered = |x: i32, y: i32| {
            let inside = |start: i32, length: u32, at: i32| (start..start + length as i32).contains(&at);
            outline.boxes.iter().any(|part| inside(part.x, part.width, x) && inside(part.y, part.height, y))
        };
        for (x, y) in (0..480).flat_map(|y| (0..800).map(move |x| (x, y))).filter(|&(x, y)| white(x, y)) {
            assert!(covered(x, y), "{x},{y} on {screen:?}");
        }
    }
}
