//! The four verdicts without colour: in grey, and as three kinds of colour-blind people see them.
//! Simulation in linear light with the matrices of Machado, Oliveira and Fernandes (2009), severity 1.

use gate_core::screen::Screen;
use gate_core::verdict::{Advice, Reason};
use gate_ui::Shown;

use crate::screens::told;
use crate::{SIZE, drawn};

type Matrix = [[f64; 3]; 3];

const GREY: Matrix = [[0.2126, 0.7152, 0.0722]; 3];
const PROTAN: Matrix =
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]];
const DEUTAN: Matrix =
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]];
const TRITAN: Matrix =
    [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]];
const SIGHTS: [Matrix; 4] = [GREY, PROTAN, DEUTAN, TRITAN];

fn four_verdicts() -> [Screen; 4] {
    [
        told(Reason::GreenCode, Advice::WalkThrough),
        told(Reason::YellowCode, Advice::RegisterAtStaffLane),
        told(Reason::RedCode, Advice::StaffIsComing),
        told(Reason::CodeExpired, Advice::RefreshOrTapCard),
    ]
    .map(Screen::Verdict)
}

/// Relative luminance (WCAG 2.2) of every pixel, as this sight sees it.
fn seen(screen: &Screen, sight: &Matrix) -> Vec<f64> {
    let linear: Vec<f64> = (0..=255_u8).map(|channel| to_linear(f64::from(channel) / 255.0)).collect();
    let pixels = drawn(screen).rgb888();
    let luminance = |rgb: [f64; 3]| 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
    let simulate = |pixel: &[u8]| {
        let rgb: [f64; 3] = std::array::from_fn(|i| linear[usize::from(pixel[i])]);
        luminance(sight.map(|row| (row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2]).clamp(0.0, 1.0)))
    };
    pixels.chunks_exact(3).map(simulate).collect()
}

fn to_linear(channel: f64) -> f64 {
    if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
}

/// The sign's place, and whether each of its pixels is nearer to ink than to paper.
fn sign(screen: &Screen, sight: &Matrix) -> (u8, Vec<bool>) {
    let outline = gate_ui::outline(screen, SIZE.0, SIZE.1);
    let icon = |shown: &Shown| if let Shown::Icon { number } = shown { Some(*number) } else { None };
    let (number, area) = outline.boxes.iter().find_map(|part| Some((icon(&part.shown)?, part))).unwrap();
    let luminance = seen(screen, sight);
    let at = |x: u32, y: u32| luminance[((area.y as u32 + y) * SIZE.0 + area.x as u32 + x) as usize];
    let paper = at(0, 0);
    let ink = luminance.iter().copied().fold(0.0, f64::max);
    // Sampled on 64 x 64 points, because signs come in two sizes.
    let points = (0..64).flat_map(|y| (0..64).map(move |x| (x * area.width / 64, y * area.height / 64)));
    (number, points.map(|(x, y)| at(x, y) > (paper + ink) / 2.0).collect())
}

#[test]
fn the_signs_of_the_four_verdicts_differ_for_every_eye() {
    for sight in &SIGHTS {
        let signs = four_verdicts().map(|screen| sign(&screen, sight));
        for (i, (number, mask)) in signs.iter().enumerate() {
            for (other_number, other) in &signs[..i] {
                let different = mask.iter().zip(other).filter(|(a, b)| a != b).count();
                assert!(
                    number != other_number && different > 64 * 64 / 10,
                    "{number} {other_number} {different}"
                );
            }
        }
    }
}

#[test]
fn text_stands_out_from_its_paper_for_every_eye() {
    for sight in &SIGHTS {
        for screen in four_verdicts() {
            let luminance = seen(&screen, sight);
            let paper = luminance[0];
            let ink = luminance.iter().copied().fold(0.0, f64::max);
            assert!((ink + 0.05) / (paper + 0.05) >= 4.5, "{ink} on {paper}");
        }
    }
}

#[test]
fn the_headings_of_the_four_verdicts_are_four() {
    let heading = |screen: &Screen| {
        let outline = gate_ui::outline(screen, SIZE.0, SIZE.1);
        let texts = outline.boxes.into_iter().filter_map(|part| match part.shown {
            Shown::Text { text, px, .. } if px >= 96 => Some(text),
            Shown::Text { .. } | Shown::Icon { .. } | Shown::Code => None,
        });
        texts.collect::<String>()
    };
    let headings = four_verdicts().map(|screen| heading(&screen));
    assert_eq!(headings, ["请通行", "请稍候，工作人员协助您", "禁止通行", "请走人工通道"]);
}
