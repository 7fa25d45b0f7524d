//! A code on what carries it: the screen of a phone with its frame, or a printed sheet.
//!
//! Everything is drawn in modules from the code's top left corner, on a plane without end; the carrier ends
//! where the backdrop begins. Must not know: the camera.

use gate_hal_linux::picture::GreyPicture;
use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};
use thiserror::Error;

use super::Light;
use super::pose::{Mapping, Pose};

/// The payload is longer than a version 40-M code holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{bytes} bytes do not fit any code at level M")]
pub struct DrawCodeError {
    /// Length of the payload in bytes.
    pub bytes: usize,
}

/// What carries the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// A lit screen in a black frame, with lines of text above the code.
    Phone,
    /// Laser print on paper, with lines of text below the code.
    Paper,
}

/// How the code is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark modules on a light ground, as the standard has it.
    Light,
    /// Light modules on a dark ground: dark mode.
    Dark,
}

/// A lamp mirrored in the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glare {
    /// Light added in the middle of the reflex, of 255; 0 for none.
    pub strength: f32,
    /// Middle of the reflex in modules from the code's top left corner.
    pub centre: (f32, f32),
    /// Where it has faded to a third, in modules.
    pub radius: f32,
}

impl Glare {
    /// No lamp.
    pub const NONE: Self = Self { strength: 0.0, centre: (0.0, 0.0), radius: 1.0 };
}

/// One code as it is held before the camera.
#[derive(Clone)]
pub struct CodeView {
    code: QrCode,
    /// What carries it.
    pub medium: Medium,
    /// How it is drawn.
    pub theme: Theme,
    /// How it is held.
    pub pose: Pose,
    /// What is mirrored in it.
    pub glare: Glare,
    /// Depth of the beat between the pixels of the screen and of the camera, 0 to 1.
    pub moire: f32,
}

impl CodeView {
    /// A text as one segment at level M: alphanumeric when its characters allow (`TF1:` and Base45 do), else
    /// bytes of UTF-8. On a phone, facing the camera, three pixels a module.
    ///
    /// # Errors
    ///
    /// [`DrawCodeError`] when the text does not fit a version 40-M code.
    pub fn of_text(text: &str) -> Result<Self, DrawCodeError> {
        if QrSegment::is_alphanumeric(text) {
            return Self::of_segment(QrSegment::make_alphanumeric(text), text.len());
        }
        Self::of_bytes(text.as_bytes())
    }

    /// Any bytes in byte mode at level M, otherwise as [`Self::of_text`].
    ///
    /// # Errors
    ///
    /// [`DrawCodeError`] when the bytes do not fit a version 40-M code.
    pub fn of_bytes(bytes: &[u8]) -> Result<Self, DrawCodeError> {
        Self::of_segment(QrSegment::make_bytes(bytes), bytes.len())
    }

    fn of_segment(segment: QrSegment, bytes: usize) -> Result<Self, DrawCodeError> {
        let (least, most) = (Version::MIN, Version::MAX);
        // The level stays M where a higher one would fit: as the issuer's codes are.
        let code = QrCode::encode_segments_advanced(&[segment], QrCodeEcc::Medium, least, most, None, false)
            .map_err(|_| DrawCodeError { bytes })?;
        let (medium, theme, pose) = (Medium::Phone, Theme::Light, Pose::facing(3.0));
        Ok(Self { code, medium, theme, pose, glare: Glare::NONE, moire: 0.0 })
    }

    /// Modules a side without the quiet zone: 4 × version + 17.
    #[must_use]
    pub fn modules(&self) -> f32 {
        self.code.size() as f32
    }

    /// The code without any camera: dark on light with a quiet zone of 4 modules, `module` pixels each (1 to
    /// 20).
    #[must_use]
    pub fn print(&self, module: usize) -> GreyPicture {
        let module = module.clamp(1, 20);
        let side = (self.code.size() as usize + 8) * module;
        let place = |n: usize| (n / module) as i32 - 4;
        let dark = |n: usize| self.code.get_module(place(n % side), place(n / side));
        let pixels = (0..side * side).map(|n| if dark(n) { 0 } else { 255 }).collect();
        GreyPicture { width: side, height: side, pixels }
    }

    /// Draws the carrier and its code over what is in `light`.
    pub(super) fn paint(&self, light: &mut Light) {
        let mapping = Mapping::new(&self.pose, self.modules(), (light.width, light.height));
        let (columns, rows) = self.box_in_frame(&mapping, light);
        let width = light.width;
        for y in rows {
            for x in columns.clone() {
                let value = &mut light.values[y * width + x];
                *value = self.seen_at(&mapping, (x as f32, y as f32), *value);
            }
        }
    }

    /// Four samples a pixel: without them thin lines would break up instead of going grey.
    fn seen_at(&self, mapping: &Mapping, (x, y): (f32, f32), behind: f32) -> f32 {
        const SAMPLES: [(f32, f32); 4] = [(0.125, 0.375), (0.625, 0.125), (0.875, 0.625), (0.375, 0.875)];
        let sample = |(dx, dy): (f32, f32)| {
            let (u, v) = mapping.to_plane(x + dx, y + dy);
            self.light_from(u, v).unwrap_or(behind)
        };
        SAMPLES.into_iter().map(sample).sum::<f32>() / 4.0
    }

    /// The part of the frame that the carrier can touch.
    fn box_in_frame(
        &self,
        mapping: &Mapping,
        light: &Light,
    ) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
        let [left, top, right, bottom] = self.edges(FRAME);
        let corners =
            [(left, top), (right, top), (right, bottom), (left, bottom)].map(|(u, v)| mapping.to_frame(u, v));
        let span = |places: [f32; 4], size: usize| {
            let low = places.into_iter().fold(f32::INFINITY, f32::min);
            let high = places.into_iter().fold(f32::NEG_INFINITY, f32::max);
            // Casts saturate: what is outside the frame is cut, and no number becomes an empty span.
            (low as usize).min(size)..((high.max(0.0) as usize).saturating_add(1)).min(size)
        };
        (span(corners.map(|c| c.0), light.width), span(corners.map(|c| c.1), light.height))
    }

    /// The carrier's left, top, right and bottom edge, `more` modules further out.
    fn edges(&self, more: f32) -> [f32; 4] {
        let side = self.modules();
        let (beside, above, below) = match self.medium {
            Medium::Phone => (6.0, 16.0, 22.0),
            Medium::Paper => (9.0, 12.0, 20.0),
        };
        [-beside - more, -above - more, side + beside + more, side + below + more]
    }

    /// The light a place sends out; `None` beside the carrier.
    fn light_from(&self, u: f32, v: f32) -> Option<f32> {
        if !within(self.edges(FRAME), u, v) {
            return None;
        }
        let on_sheet = within(self.edges(0.0), u, v);
        Some(match self.medium {
            Medium::Phone if !on_sheet => 10.0 + self.reflex(u, v),
            Medium::Phone => self.tone(u, v, 12.0, 238.0) * self.beat(u, v) + self.reflex(u, v),
            Medium::Paper => {
                let (bent_u, bent_v) = (u + 0.12 * (v * 0.11).sin(), v + 0.12 * (u * 0.09).sin());
                self.tone(bent_u, bent_v, 40.0, 208.0) + self.reflex(u, v)
            }
        })
    }

    fn tone(&self, u: f32, v: f32, dark: f32, light: f32) -> f32 {
        let inked = self.code.get_module(u.floor() as i32, v.floor() as i32) || self.text_at(u, v);
        match (self.theme, inked) {
            (Theme::Light, true) | (Theme::Dark, false) => dark,
            (Theme::Light, false) | (Theme::Dark, true) => light,
        }
    }

    /// Lines that look like text from afar: a row of strokes in every second module, outside the quiet zone.
    fn text_at(&self, u: f32, v: f32) -> bool {
        let side = self.modules();
        let line = match self.medium {
            Medium::Phone => -v - 6.0,
            Medium::Paper => v - side - 6.0,
        };
        let in_line = (0.0..8.0).contains(&line) && line.rem_euclid(3.0) < 1.6;
        in_line && (0.0..side).contains(&u) && stroke((u * 2.0) as u32, (line * 2.0) as u32)
    }

    fn reflex(&self, u: f32, v: f32) -> f32 {
        if self.glare.strength <= 0.0 {
            return 0.0;
        }
        let (du, dv) = (u - self.glare.centre.0, v - self.glare.centre.1);
        self.glare.strength * (-(du * du + dv * dv) / (self.glare.radius * self.glare.radius)).exp()
    }

    /// Slow light and dark bands where two pixel grids nearly match.
    fn beat(&self, u: f32, v: f32) -> f32 {
        if self.moire <= 0.0 {
            return 1.0;
        }
        1.0 - self.moire * (0.5 + 0.25 * (u * 1.9 + v * 0.4).sin() + 0.25 * (v * 2.3 - u * 0.3).sin())
    }
}

/// Width of the black frame of a phone, of the margin of a sheet, in modules.
const FRAME: f32 = 2.0;

fn within([left, top, right, bottom]: [f32; 4], u: f32, v: f32) -> bool {
    (left..right).contains(&u) && (top..bottom).contains(&v)
}

/// Whether a cell of a line of text has ink: about every second one, always the same.
fn stroke(column: u32, row: u32) -> bool {
    (column.wrapping_mul(0x9E37_79B1) ^ row.wrapping_mul(0x85EB_CA6B)).wrapping_mul(0xC2B2_AE35) >> 31 == 1
}

/// The payload is somebody's: only the size is shown.
impl std::fmt::Debug for CodeView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "CodeView({} modules, {:?}, {:?}, {:?})",
            self.code.size(),
            self.medium,
            self.theme,
            self.pose
        )
    }
}
