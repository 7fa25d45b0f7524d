//! Several frames together: what one frame hides, another may show.
//!
//! Idea: glare wanders, noise and blur change from frame to frame, the code does not. Modules of attempts that failed
//! in error correction are kept for some frames; those of the same code are added up, module by module (a code's
//! own modules are the coordinates, so that nothing needs to be aligned), and corrected together: diversity
//! combining of soft values (Chase 1985, "Code combining"). Where a frame shows one tone only it has no say.
//! Promises: two different codes never give one payload. Glimpses are added only when version, format and data
//! modules agree; and after correction **every** glimpse must agree with **every** block that was corrected: in three
//! bits of four, where another code agrees in two. A block that one frame does not speak for refuses the whole.
//! Bounds: [`MOST`] glimpses of at most 177² values, one correction a frame.
//! Must not know: pixels.

use crate::code::blocks::Split;
use crate::code::correct::{Ground, correct};
use crate::code::format::{Format, likeliest};
use crate::code::layout::{Layout, Role};
use crate::code::read::{Codewords, Hand, collect, payload};
use crate::eye::plane::Spot;
use crate::eye::soften::Soft;

/// Glimpses kept.
const MOST: usize = 4;

/// Frames after which a glimpse is forgotten: half a second at thirty a second.
const FRAMES: u32 = 15;

/// Data modules of two glimpses of one code correlate at least so well; those of two codes hardly at all.
const LEAST_ALIKE: f32 = 0.4;

/// The share of a block's bits that every glimpse must show as corrected.
const LEAST_SUPPORT: f32 = 0.75;

/// The modules of an attempt that failed in error correction.
#[derive(Clone, Debug)]
pub(crate) struct Glimpse {
    pub(crate) version: usize,
    /// How well the known modules fitted, -1 to 1.
    pub(crate) fit: f32,
    pub(crate) soft: Soft,
    /// In frame pixels, as if it were not mirrored.
    pub(crate) corners: [Spot; 4],
}

impl Glimpse {
    /// The one that fitted better, the first in doubt.
    pub(crate) fn better(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(a), Some(b)) => Some(if b.fit > a.fit { b } else { a }),
            (a, b) => a.or(b),
        }
    }
}

/// What several frames gave together.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Joint {
    pub(crate) bytes: Vec<u8>,
    pub(crate) hand: Hand,
}

/// The glimpses of the last frames, the newest last.
#[derive(Debug, Default)]
pub(crate) struct Together {
    kept: Vec<(Glimpse, u32)>,
}

impl Together {
    /// A frame has passed.
    pub(crate) fn grow_older(&mut self) {
        self.kept.iter_mut().for_each(|(_, age)| *age = age.saturating_add(1));
        self.kept.retain(|(_, age)| *age < FRAMES);
    }

    pub(crate) fn forget(&mut self) {
        self.kept.clear();
    }

    /// What the new glimpse and those alike say together; the new one is kept.
    pub(crate) fn add(&mut self, mut glimpse: Glimpse) -> Option<Joint> {
        glimpse.soft = weighed(&glimpse.soft);
        let layout = Layout::of(glimpse.version);
        let mut alike = vec![&glimpse];
        let same =
            |g: &&Glimpse| g.version == glimpse.version && likeness(g, &glimpse, &layout) > LEAST_ALIKE;
        alike.extend(self.kept.iter().map(|(g, _)| g).filter(same));
        let joint = if alike.len() > 1 { read(&alike, &layout) } else { None };
        if self.kept.len() == MOST {
            self.kept.remove(0);
        }
        self.kept.push((glimpse, 0));
        joint
    }
}

/// Modules among which ink or light is missing count less: a mask keeps both near one half everywhere (ISO/IEC
/// 18004:2015 §7.8.3), so that what is all light is a reflex, however sure the modules look.
fn weighed(soft: &Soft) -> Soft {
    const REACH: usize = 3;
    let side = soft.side;
    let around = |at: usize| at.saturating_sub(REACH)..(at + REACH + 1).min(side);
    let clamped: Vec<f32> = soft.values.iter().map(|v| v.clamp(-1.0, 1.0)).collect();
    let mean = |values: &[f32], places: &mut dyn Iterator<Item = usize>| {
        let (sum, count) = places.fold((0.0, 0.0f32), |(sum, count), n| (sum + values[n], count + 1.0));
        sum / count.max(1.0)
    };
    let rows: Vec<f32> = (0..side * side)
        .map(|n| mean(&clamped, &mut around(n % side).map(|x| n / side * side + x)))
        .collect();
    let weight = |n: usize| {
        let local = mean(&rows, &mut around(n / side).map(|y| y * side + n % side));
        // What a code's own chance makes of 49 modules is no reason to doubt.
        (1.2 - local.abs()).clamp(0.02, 1.0)
    };
    Soft { side, values: clamped.iter().enumerate().map(|(n, v)| v * weight(n)).collect() }
}

/// Correlation of the data modules, -1 to 1, without their means: both have as much light as ink.
fn likeness(a: &Glimpse, b: &Glimpse, layout: &Layout) -> f32 {
    let (mut product, mut ours, mut theirs) = (0.0, 1e-3, 1e-3);
    let pairs = a.soft.values.iter().zip(&b.soft.values).zip(&layout.roles);
    for ((x, y), _) in pairs.filter(|(_, role)| **role == Role::Data) {
        let (x, y) = (x.clamp(-1.0, 1.0), y.clamp(-1.0, 1.0));
        product += x * y;
        ours += x * x;
        theirs += y * y;
    }
    product / f32::sqrt(ours * theirs)
}

fn read(glimpses: &[&Glimpse], layout: &Layout) -> Option<Joint> {
    let soft = sum(glimpses, layout.side);
    [Hand::Straight, Hand::Mirrored].into_iter().find_map(|hand| {
        let format = format_of(&soft, hand)?;
        // Those that say another format are of another code, or saw too little.
        let agreed: Vec<&Glimpse> =
            glimpses.iter().copied().filter(|g| format_of(&g.soft, hand) == Some(format)).collect();
        if agreed.len() < 2 {
            return None;
        }
        let words = corrected(&sum(&agreed, layout.side), &agreed, layout, (format, hand))?;
        // However it was corrected: frames were added up because none was sure.
        let bytes = payload(layout, format, &words, Ground::Doubt).ok()?;
        Some(Joint { bytes, hand })
    })
}

/// Sure modules count more than doubtful ones, but none for more than one.
fn sum(glimpses: &[&Glimpse], side: usize) -> Soft {
    let mut values = vec![0.0; side * side];
    for glimpse in glimpses {
        values
            .iter_mut()
            .zip(&glimpse.soft.values)
            .for_each(|(sum, v)| *sum += glimpse.fit * v.clamp(-1.0, 1.0));
    }
    Soft { side, values }
}

fn format_of(soft: &Soft, hand: Hand) -> Option<Format> {
    let side = soft.side;
    let ink = |x: usize, y: usize| match hand {
        Hand::Straight => soft.values[y * side + x],
        Hand::Mirrored => soft.values[x * side + y],
    };
    let (formats, fit) = likeliest(side, ink);
    (fit > 0.5).then_some(formats[0])
}

/// All codewords, when every block could be corrected and every glimpse speaks for it.
fn corrected(
    soft: &Soft,
    glimpses: &[&Glimpse],
    layout: &Layout,
    (format, hand): (Format, Hand),
) -> Option<Vec<u8>> {
    let Codewords { mut bytes, doubts } = collect(soft, layout, format, hand);
    let seen: Vec<Vec<u8>> = glimpses.iter().map(|g| collect(&g.soft, layout, format, hand).bytes).collect();
    let split = Split::of(layout.version, format.level, bytes.len());
    let power = split.power(layout.version, format.level);
    for n in 0..split.blocks {
        let places: Vec<usize> = split.places(n).collect();
        let mut block: Vec<u8> = places.iter().map(|p| bytes[*p]).collect();
        let doubts: Vec<f32> = places.iter().map(|p| doubts[*p]).collect();
        correct(&mut block, &doubts, split.checks, power)?;
        let supports = |words: &Vec<u8>| {
            let wrong: u32 = places.iter().zip(&block).map(|(p, b)| (words[*p] ^ b).count_ones()).sum();
            wrong as f32 <= (1.0 - LEAST_SUPPORT) * 8.0 * places.len() as f32
        };
        if !seen.iter().all(supports) {
            return None;
        }
        places.iter().zip(block).for_each(|(p, byte)| bytes[*p] = byte);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests;
