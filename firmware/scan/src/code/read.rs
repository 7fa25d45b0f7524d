//! From soft modules to the payload: format, codewords, correction.
//!
//! Promises: a payload only when every block was corrected; when doubts decided, only if rqrr reads the same.
//! Bounds: two formats, each once. Must not know: pixels.

use crate::code::blocks::Split;
use crate::code::correct::{Ground, correct};
use crate::code::format::{Format, likeliest, places};
use crate::code::layout::{Layout, Role, Step};
use crate::code::payload::{PayloadError, confirm};
use crate::code::segments;
use crate::eye::soften::Soft;

/// How the modules were seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hand {
    Straight,
    /// Through a mirror or from behind: rows are columns.
    Mirrored,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Read(Vec<u8>, Hand),
    /// Corrected, and refused for what it is: further attempts at this symbol are in vain.
    Refused(PayloadError),
    Failed,
}

/// Below this the format information is noise.
const LEAST_FORMAT_FIT: f32 = 0.25;

/// Tries to read a symbol, straight and mirrored, whichever its format information fits.
pub(crate) fn read(soft: &Soft, layout: &Layout) -> Outcome {
    let side = layout.side;
    let straight = likeliest(side, |x, y| soft.values[y * side + x]);
    let mirrored = likeliest(side, |x, y| soft.values[x * side + y]);
    let mut hands = [(straight, Hand::Straight), (mirrored, Hand::Mirrored)];
    if mirrored.1 > straight.1 + 0.15 {
        hands.swap(0, 1);
    }
    for ((formats, fit), hand) in hands {
        if fit < LEAST_FORMAT_FIT || fit < straight.1.max(mirrored.1) - 0.35 {
            continue;
        }
        for format in formats.iter().take(if fit > 0.7 { 1 } else { 2 }) {
            match attempt(soft, layout, *format, hand) {
                Outcome::Failed => {}
                done => return done,
            }
        }
    }
    Outcome::Failed
}

/// A codeword and how unsure its least sure module is.
pub(crate) struct Codewords {
    pub(crate) bytes: Vec<u8>,
    pub(crate) doubts: Vec<f32>,
}

fn attempt(soft: &Soft, layout: &Layout, format: Format, hand: Hand) -> Outcome {
    let mut words = collect(soft, layout, format, hand);
    let split = Split::of(layout.version, format.level, words.bytes.len());
    let power = split.power(layout.version, format.level);
    let mut ground = Ground::Plain;
    for n in 0..split.blocks {
        let places: Vec<usize> = split.places(n).collect();
        let mut block: Vec<u8> = places.iter().map(|p| words.bytes[*p]).collect();
        let doubts: Vec<f32> = places.iter().map(|p| words.doubts[*p]).collect();
        let Some(by) = correct(&mut block, &doubts, split.checks, power) else { return Outcome::Failed };
        ground = ground.max(by);
        places.iter().zip(block).for_each(|(p, byte)| words.bytes[*p] = byte);
    }
    match payload(layout, format, &words.bytes, ground) {
        Ok(bytes) => Outcome::Read(bytes, hand),
        Err(why) => Outcome::Refused(why),
    }
}

/// The payload of a symbol's corrected codewords; what rests on doubt needs a second opinion.
pub(crate) fn payload(
    layout: &Layout,
    format: Format,
    words: &[u8],
    ground: Ground,
) -> Result<Vec<u8>, PayloadError> {
    let split = Split::of(layout.version, format.level, words.len());
    let data: Vec<u8> = split.data_places().filter_map(|place| words.get(place).copied()).collect();
    let bytes = segments::payload(layout.version, &data)?;
    if ground == Ground::Doubt {
        confirm(layout.side, &restored(layout, format, words), &bytes)?;
    }
    Ok(bytes)
}

pub(crate) fn collect(soft: &Soft, layout: &Layout, format: Format, hand: Hand) -> Codewords {
    let (side, tile) = (layout.side, format.tile());
    let words = layout.path().as_chunks::<8>().0;
    let word = |eight: &[Step; 8]| {
        eight.iter().fold((0u8, f32::MAX), |(byte, least), step| {
            let (x, y) = match hand {
                Hand::Straight => (usize::from(step.x), usize::from(step.y)),
                Hand::Mirrored => (usize::from(step.y), usize::from(step.x)),
            };
            let value = soft.values[y.wrapping_mul(side).wrapping_add(x)];
            let bit = (value > 0.0) != tile[usize::from(step.phase)];
            (byte << 1 | u8::from(bit), least.min(value.abs()))
        })
    };
    let (bytes, doubts) = words.iter().map(word).map(|(byte, least)| (byte, -least)).unzip();
    Codewords { bytes, doubts }
}

/// The symbol as it was printed.
fn restored(layout: &Layout, format: Format, bytes: &[u8]) -> Vec<bool> {
    let (side, tile) = (layout.side, format.tile());
    let mut dark: Vec<bool> = layout.roles.iter().map(|r| *r == Role::Dark).collect();
    for (n, step) in layout.path().iter().enumerate() {
        let bit = bytes.get(n / 8).is_some_and(|byte| byte >> (7 - n % 8) & 1 == 1);
        dark[usize::from(step.y) * side + usize::from(step.x)] = bit != tile[usize::from(step.phase)];
    }
    for n in 0..15 {
        places(n, side).iter().for_each(|(x, y)| dark[y * side + x] = format.word >> n & 1 == 1);
    }
    dark
}

#[cfg(test)]
mod tests {
    use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};

    use super::*;

    fn soft(code: &QrCode, mirrored: bool) -> Soft {
        let side = code.size() as usize;
        let dark = |n: usize| {
            let (x, y) = ((n % side) as i32, (n / side) as i32);
            if mirrored { code.get_module(y, x) } else { code.get_module(x, y) }
        };
        Soft { side, values: (0..side * side).map(|n| if dark(n) { 0.9 } else { -0.9 }).collect() }
    }

    #[test]
    fn every_version_and_level_is_read_straight_and_mirrored() {
        for version in 1..=40u8 {
            let v = Version::new(version);
            for level in [QrCodeEcc::Low, QrCodeEcc::Medium, QrCodeEcc::Quartile, QrCodeEcc::High] {
                let text = [QrSegment::make_bytes(&[version; 5])];
                let code = QrCode::encode_segments_advanced(&text, level, v, v, None, false).unwrap();
                let layout = Layout::of(version.into());
                let want = |hand| Outcome::Read(vec![version; 5], hand);
                assert_eq!(read(&soft(&code, false), &layout), want(Hand::Straight), "{version} {level:?}");
                assert_eq!(read(&soft(&code, true), &layout), want(Hand::Mirrored), "{version} {level:?}");
            }
        }
    }

    #[test]
    fn doubtful_modules_may_be_wrong_in_greater_number() {
        let code = QrCode::encode_binary(&[7; 60], QrCodeEcc::Medium).unwrap();
        let layout = Layout::of((code.size() as usize - 17) / 4);
        let mut soft = soft(&code, false);
        let blot = |n: usize| (20..26).contains(&(n % layout.side)) && n / layout.side > 12;
        (0..soft.values.len()).filter(|n| blot(*n)).for_each(|n| soft.values[n] = 0.05);
        assert_eq!(read(&soft, &layout), Outcome::Read(vec![7; 60], Hand::Straight));
    }
}
