//! A real screen held before the gate's camera: any picture, as a lit panel in its dark frame.
//! Must not know: what the picture shows.

use gate_hal_linux::picture::GreyPicture;

use super::dice::{Dice, Purpose};
use super::pose::{Mapping, Pose};
use super::{Light, Scene};

/// Light of black and of white on a lit screen, of 255.
const BLACK: f32 = 12.0;
const WHITE: f32 = 238.0;
/// Light of the frame around the screen, and its width in parts of the screen's.
const FRAME_LIGHT: f32 = 10.0;
const FRAME: f32 = 0.04;
/// Samples a side in each pixel of the camera: fine print goes grey instead of breaking up.
const SAMPLES: u8 = 4;

/// A picture on a screen, and how it is held.
#[derive(Clone)]
pub struct HeldScreen<'a> {
    /// What the screen shows.
    pub picture: &'a GreyPicture,
    /// The place in the picture, in its pixels, that is before the middle of the camera.
    pub middle: (f32, f32),
    /// `module` is the size of one of the picture's pixels in the camera's.
    pub pose: Pose,
}

impl Scene {
    /// The frame of this scene with a screen in front of everything.
    #[must_use]
    pub fn with_screen(&self, held: &HeldScreen<'_>) -> GreyPicture {
        let (width, height) = self.size();
        let mut light = Light { width, height, values: vec![0.0; width * height] };
        self.backdrop.paint(&mut light, &mut Dice::new(self.seed, Purpose::Backdrop));
        held.paint(&mut light);
        let pixels = self.lens.expose(light, &mut Dice::new(self.seed, Purpose::Sensor));
        GreyPicture { width, height, pixels }
    }
}

impl HeldScreen<'_> {
    fn paint(&self, light: &mut Light) {
        let mapping = Mapping::new(&self.pose, 0.0, (light.width, light.height));
        let width = light.width;
        for (at, value) in light.values.iter_mut().enumerate() {
            let (x, y) = ((at % width) as f32, (at / width) as f32);
            let behind = *value;
            let sample = |n: u8| (f32::from(n) + 0.5) / f32::from(SAMPLES);
            let seen = (0..SAMPLES).flat_map(|i| (0..SAMPLES).map(move |j| (sample(i), sample(j))));
            let sum: f32 = seen
                .map(|(dx, dy)| {
                    let (u, v) = mapping.to_plane(x + dx, y + dy);
                    self.light_from(u + self.middle.0, v + self.middle.1).unwrap_or(behind)
                })
                .sum();
            *value = sum / f32::from(SAMPLES * SAMPLES);
        }
    }

    /// The light of a place of the picture; `None` beside the screen and its frame.
    fn light_from(&self, u: f32, v: f32) -> Option<f32> {
        let (width, height) = (self.picture.width as f32, self.picture.height as f32);
        let frame = width * FRAME;
        if (0.0..width).contains(&u) && (0.0..height).contains(&v) {
            let pixel = self.picture.pixels.get(v as usize * self.picture.width + u as usize)?;
            return Some(BLACK + (WHITE - BLACK) * f32::from(*pixel) / 255.0);
        }
        let framed = (-frame..width + frame).contains(&u) && (-frame..height + frame).contains(&v);
        framed.then_some(FRAME_LIGHT)
    }
}

/// The size alone: a screen may show a person.
impl std::fmt::Debug for HeldScreen<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HeldScreen({} x {}, {:?})", self.picture.width, self.picture.height, self.pose)
    }
}
