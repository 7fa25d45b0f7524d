//! The four verdicts without colour: in grey, and as three kinds of colour-blind people see them; on every panel, in both
//! themes, whichever language leads.
//! Simulation in linear light with the matrices of Machado, Oliveira and Fernandes (2009), severity 1.

use std::collections::BTreeSet;

use gate_core::screen::Screen;
use gate_ui::{Manner, Outline, Shown};

use crate::specimens::four_verdicts;
use crate::{PANELS, drawn_in};

type Matrix = [[f64; 3]; 3];

const GREY: Matrix = [[0.2126, 0.7152, 0.0722]; 3];
const PROTAN: Matrix =
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]];
const DEUTAN: Matrix =
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]];
const TRITAN: Matrix =
    [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]];
const SIGHTS: [Matrix; 4] = [GREY, PROTAN, DEUTAN, TRITAN];

/// Every panel in every manner.
fn views() -> impl Iterator<Item = ((u32, u32), Manner)> {
    PANELS.into_iter().flat_map(|panel| Manner::ALL.map(|manner| (panel, manner)))
}

/// Relative luminance (WCAG 2.2) of a colour, as this sight sees it.
fn seen(color: [u8; 3], sight: &Matrix) -> f64 {
    let rgb = color.map(|channel| to_linear(f64::from(channel) / 255.0));
    let [r, g, b] = sight.map(|row| (row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2]).clamp(0.0, 1.0));
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn to_linear(channel: f64) -> f64 {
    if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
}

/// The sign's number, and whether each of 64 x 64 points of it looks unlike its paper.
fn sign(screen: &Screen, (panel, manner): ((u32, u32), Manner), sight: &Matrix) -> (u8, Vec<bool>) {
    let outline = gate_ui::outline_in(screen, manner, panel);
    let icon = |shown: &Shown| if let Shown::Icon { number } = shown { Some(*number) } else { None };
    let (number, area) = outline.boxes.iter().find_map(|part| Some((icon(&part.shown)?, part))).unwrap();
    let pixels = drawn_in(screen, manner, panel).rgb888();
    let at = |x: u32, y: u32| {
        let start = ((area.y as u32 + y) * panel.0 + area.x as u32 + x) as usize * 3;
        seen([pixels[start], pixels[start + 1], pixels[start + 2]], sight)
    };
    let points = (0..64).flat_map(|y| (0..64).map(move |x| (x * area.width / 64, y * area.height / 64)));
    let light: Vec<f64> = points.map(|(x, y)| at(x, y)).collect();
    // The corner of a sign is paper; its ink is what is furthest from that.
    let paper = light[0];
    let away: Vec<f64> = light.iter().map(|one| (one - paper).abs()).collect();
    let ink = away.iter().copied().fold(0.0, f64::max);
    (number, away.iter().map(|one| *one > ink / 2.0).collect())
}

#[test]
fn the_signs_of_the_four_verdicts_differ_for_every_eye() {
    let mut compared = 0;
    for (view, sight) in views().flat_map(|view| SIGHTS.iter().map(move |sight| (view, sight))) {
        let signs = four_verdicts().map(|screen| sign(&screen, view, sight));
        for (i, (number, mask)) in signs.iter().enumerate() {
            for (other_number, other) in &signs[..i] {
                let different = mask.iter().zip(other).filter(|(a, b)| a != b).count();
                let told_apart = number != other_number && different > 64 * 64 / 10;
                assert!(told_apart, "{number} {other_number} {different} {view:?}");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 6 * 4 * 4 * 6, "panels, manners, sights, pairs");
}

#[test]
fn text_stands_out_from_its_paper_for_every_eye() {
    for ((panel, manner), sight) in views().flat_map(|view| SIGHTS.iter().map(move |sight| (view, sight))) {
        for screen in four_verdicts() {
            for part in gate_ui::outline_in(&screen, manner, panel).boxes {
                let Shown::Text { text, colors: (ink, paper), .. } = part.shown else { continue };
                let (ink, paper) = (seen(ink, sight), seen(paper, sight));
                let contrast = (ink.max(paper) + 0.05) / (ink.min(paper) + 0.05);
                assert!(contrast >= 4.5, "{contrast} {text} {panel:?} {manner:?}");
            }
        }
    }
}

/// All lines of the largest size.
fn heading(outline: &Outline) -> String {
    let lines = outline.boxes.iter().filter_map(|part| match &part.shown {
        Shown::Text { text, px, .. } => Some((*px, text.as_str())),
        Shown::Icon { .. } | Shown::Code | Shown::Progress { .. } => None,
    });
    let largest = lines.clone().map(|(px, _)| px).max().unwrap();
    lines.filter(|(px, _)| *px == largest).map(|(_, text)| text).collect()
}

#[test]
fn the_headings_of_the_four_verdicts_are_four() {
    for (panel, manner) in views() {
        let headings = four_verdicts().map(|screen| heading(&gate_ui::outline_in(&screen, manner, panel)));
        assert_eq!(headings.iter().collect::<BTreeSet<_>>().len(), 4, "{headings:?}");
    }
    let house = four_verdicts().map(|screen| heading(&gate_ui::outline(&screen, 800, 480)));
    assert_eq!(house, ["请通行", "请稍候，工作人员协助您", "禁止通行", "请走人工通道"]);
}
