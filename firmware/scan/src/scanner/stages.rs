//! The picture after each stage, for people who look for the stage that fails (`just eye-stages`).
//!
//! Built with the feature `stages` alone; the terminal has none of it. It runs the same functions as a look, on the
//! likeliest code of the frame. Promises: nothing for the terminal, and no panic for the people.
//! Must not know: files.

use super::Look;
use crate::code::layout::Layout;
use crate::code::read::{Outcome, read};
use crate::eye::align::{Frame2, locate};
use crate::eye::budget::Budget;
use crate::eye::cross::{Ink, Sheet};
use crate::eye::level::Level;
use crate::eye::plane::Spot;
use crate::eye::sample::sample;
use crate::eye::soften::{Reach, Soft};
use crate::eye::timing::{self, Legs, Side};
use crate::eye::triples::{self, Triple};
use crate::{Frame, Scanner};

/// Likely triples that are tried for the best one.
const TRIED: usize = 60;

const RED: [u8; 3] = [230, 30, 30];
const BLUE: [u8; 3] = [40, 90, 255];
const GREEN: [u8; 3] = [0, 190, 60];

/// What one stage made of the frame.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The stage's number and name: fit for a file's name.
    pub name: &'static str,
    /// Pixels a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Three bytes a pixel: red, green, blue.
    pub rgb: Vec<u8>,
}

impl Picture {
    fn grey(name: &'static str, width: usize, grey: impl Iterator<Item = u8>) -> Self {
        let rgb: Vec<u8> = grey.flat_map(|g| [g; 3]).collect();
        Self { name, width, height: rgb.len() / 3 / width.max(1), rgb }
    }

    fn dot(&mut self, spot: Spot, colour: [u8; 3]) {
        // Casts saturate; what is outside is left out.
        let (x, y) = (spot.x.floor() as i64, spot.y.floor() as i64);
        if (0..self.width as i64).contains(&x) && (0..self.height as i64).contains(&y) {
            let place = (y as usize * self.width + x as usize) * 3;
            self.rgb[place..place + 3].copy_from_slice(&colour);
        }
    }

    fn line(&mut self, from: Spot, to: Spot, colour: [u8; 3]) {
        let steps = (from.to(to) * 1.5).clamp(1.0, 8000.0) as usize;
        for k in 0..=steps {
            self.dot(from.plus(to.minus(from).times(k as f32 / steps as f32)), colour);
        }
    }

    fn square(&mut self, centre: Spot, half: f32, colour: [u8; 3]) {
        let corner = |x: f32, y: f32| centre.plus(Spot::new(x * half, y * half));
        let corners = [corner(-1.0, -1.0), corner(1.0, -1.0), corner(1.0, 1.0), corner(-1.0, 1.0)];
        (0..4).for_each(|n| self.line(corners[n], corners[(n + 1) % 4], colour));
    }
}

/// The picture after each stage, in their order; fewer when a stage found nothing.
#[must_use]
pub fn draw(frame: &Frame<'_>) -> Vec<Picture> {
    let mut look = Look::at(frame);
    (0..look.views.len()).rev().for_each(|n| look.search(n));
    let mut pictures = vec![pyramid(&look), thresholds(&look), finders(&look)];
    let dark = likeliest(&look, Ink::Dark);
    let best = dark.or_else(|| {
        look.finders = look.light_finders();
        likeliest(&look, Ink::Light)
    });
    pictures.push(threes(&look));
    if let Some(best) = best {
        pictures.extend(code(&look, &best));
    }
    pictures.push(result(&look, frame));
    pictures
}

/// All sizes beside each other.
fn pyramid(look: &Look<'_>) -> Picture {
    let levels = || (0..look.views.len()).map(|n| look.views.level(n));
    let width: usize = levels().map(|level| level.width).sum();
    let height = look.views.level(0).height;
    let mut grey = vec![128; width * height];
    let mut left = 0;
    for level in levels() {
        for (y, out) in grey.chunks_mut(width).take(level.height).enumerate() {
            out[left..left + level.width].copy_from_slice(level.row(y));
        }
        left += level.width;
    }
    Picture::grey("1-pyramid", width, grey.into_iter())
}

/// What counts as dark in the finest size.
fn thresholds(look: &Look<'_>) -> Picture {
    let Sheet { level, thresholds, .. } = look.views.sheet(0, Ink::Dark);
    let dark = |n: usize| {
        let (x, y) = (n % level.width, n / level.width);
        if level.pixel(x, y) < thresholds.at(x, y) { 0 } else { 255 }
    };
    Picture::grey("2-dark", level.width, (0..level.width * level.height).map(dark))
}

/// The finest size, paler than it is.
fn pale(look: &Look<'_>, name: &'static str) -> Picture {
    faded(look.views.level(0), name)
}

fn faded(level: &Level<'_>, name: &'static str) -> Picture {
    let rows = (0..level.height).flat_map(|y| level.row(y));
    Picture::grey(name, level.width, rows.map(|p| 96 + p / 8 * 5))
}

/// Dark patterns red, light ones blue, as large as their modules say.
fn finders(look: &Look<'_>) -> Picture {
    let (mut picture, unit) = (pale(look, "3-finders"), 1.0 / look.views.scale(0));
    for (list, colour) in [(&look.finders, RED), (&look.light_finders(), BLUE)] {
        list.iter().for_each(|f| picture.square(f.centre.times(unit), f.module * 3.5 * unit, colour));
    }
    picture
}

/// The five likeliest threes, the likeliest red.
fn threes(look: &Look<'_>) -> Picture {
    let (mut picture, unit) = (pale(look, "4-threes"), 1.0 / look.views.scale(0));
    for (n, triple) in triples::rank(&look.finders).iter().take(5).enumerate().rev() {
        let colour = if n == 0 { RED } else { BLUE };
        let corner = triple.corner.centre.times(unit);
        picture.line(corner, triple.right.centre.times(unit), colour);
        picture.line(corner, triple.down.centre.times(unit), colour);
    }
    picture
}

/// A code that timing patterns speak for.
struct Best {
    level: usize,
    ink: Ink,
    triple: Triple,
    side: Side,
}

fn likeliest(look: &Look<'_>, ink: Ink) -> Option<Best> {
    let mut best: Option<Best> = None;
    for triple in triples::rank(&look.finders).into_iter().take(TRIED) {
        let module = (triple.corner.module + triple.right.module + triple.down.module) / 3.0;
        let level = look.views.coarsest(module, crate::attempt::SUITABLE);
        let triple = crate::attempt::scaled(&triple, 1.0 / look.views.scale(level));
        let sheet = look.views.sheet(level, ink);
        let legs = Legs::measure(&sheet, &triple);
        if timing::finder_fit(&sheet, &triple, &legs) < 0.5 {
            continue;
        }
        let side = timing::sides(&sheet, &triple, &legs, 3).into_iter().next();
        if let Some(side) = side.filter(|s| best.as_ref().is_none_or(|b| s.fit > b.side.fit)) {
            best = Some(Best { level, ink, triple, side });
        }
    }
    best
}

/// The middles of the modules with the last alignment pattern, the sampled modules, the decisions.
fn code(look: &Look<'_>, best: &Best) -> Vec<Picture> {
    let sheet = look.views.sheet(best.level, best.ink);
    let modules = best.side.modules;
    let mut warp = timing::warp(&best.triple, best.side.fourth, modules);
    let level = sheet.level;
    let mut lattice = faded(level, "6-lattice");
    if let Some(place) = timing::last_alignment(modules) {
        let frame = Frame2::of(|p| warp.map(p), Spot::new(place, place));
        lattice.square(frame.at, 2.5 * best.triple.corner.module, BLUE);
        if let Some(hit) = locate(&sheet, &frame, 4.0, &mut Budget::new(1_000_000)).filter(|h| h.fit > 0.5) {
            let spot = frame.spot(hit.away.x, hit.away.y);
            lattice.square(spot, 2.5 * best.triple.corner.module, GREEN);
            warp = crate::attempt::through(&best.triple, modules, Spot::new(place, place), spot);
        }
    }
    for n in 0..modules * modules {
        let centre = Spot::new((n % modules) as f32 + 0.5, (n / modules) as f32 + 0.5);
        lattice.dot(warp.map(centre), RED);
    }
    let layout = Layout::of((modules - 17) / 4);
    let sampled = sample(level, modules, |p| warp.map(p));
    let soft = Soft::of(&sampled, best.ink, Reach::Wide);
    let read = matches!(read(&soft, &layout), Outcome::Read(..));
    let values = magnified("7-modules", modules, |n| [sampled.values[n] as u8; 3]);
    let name = if read { "8-decisions-read" } else { "8-decisions-not-read" };
    vec![lattice, values, magnified(name, modules, |n| decision(soft.values[n]))]
}

/// Sure ink is black, sure light white, doubt orange.
fn decision(value: f32) -> [u8; 3] {
    let tone = 128.0 - 127.0 * value.clamp(-1.0, 1.0);
    if value.abs() < 0.35 { [255, (tone / 2.0 + 80.0) as u8, 0] } else { [tone as u8; 3] }
}

fn magnified(name: &'static str, side: usize, colour: impl Fn(usize) -> [u8; 3]) -> Picture {
    const TIMES: usize = 8;
    let width = side * TIMES;
    let rgb = (0..width * width).flat_map(|n| colour(n / width / TIMES * side + n % width / TIMES)).collect();
    Picture { name, width, height: width, rgb }
}

/// The corners of what a scanner reads of it.
fn result(look: &Look<'_>, frame: &Frame<'_>) -> Picture {
    let (mut picture, unit) = (pale(look, "9-read"), 1.0 / look.views.scale(0));
    for symbol in &Scanner::new().look(frame) {
        let corners = symbol.corners().map(|c| Spot::new(c.x as f32, c.y as f32).times(unit));
        (0..4).for_each(|n| picture.line(corners[n], corners[(n + 1) % 4], GREEN));
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_has_its_picture_and_noise_has_the_first_ones() {
        let code = qrcodegen::QrCode::encode_binary(&[5; 60], qrcodegen::QrCodeEcc::Medium).unwrap();
        let dark = |n: usize| code.get_module((n % 300) as i32 / 5 - 8, (n / 300) as i32 / 5 - 8);
        let pixels: Vec<u8> = (0..300 * 300).map(|n| if dark(n) { 20 } else { 230 }).collect();
        let pictures = draw(&Frame::new(&pixels, 300, 300, 300).unwrap());
        let names: Vec<&str> = pictures.iter().map(|p| p.name).collect();
        let all =
            ["1-pyramid", "2-dark", "3-finders", "4-threes", "6-lattice", "7-modules", "8-decisions-read"];
        assert_eq!(names, [&all[..], &["9-read"]].concat());
        assert!(pictures.iter().all(|p| p.rgb.len() == p.width * p.height * 3));
        let noise: Vec<u8> = (0..9000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        assert!(draw(&Frame::new(&noise, 90, 100, 90).unwrap()).len() >= 4);
        assert!(draw(&Frame::new(&[7], 1, 1, 1).unwrap()).len() >= 4);
    }
}
