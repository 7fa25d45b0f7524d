//! What a gate camera sees: a QR code on a phone or a sheet of paper, at an angle, through a cheap lens.
//!
//! Promises: the same scene gives the same picture in the same build, since all chance comes from its seed; any
//! scene can be rendered, whatever its numbers, in work proportional to the pixels of the frame.
//! Must not know: what the scanner can read. A scene is made from what people and cameras do, not from what
//! decodes well.

use gate_hal_linux::picture::GreyPicture;

mod backdrop;
mod dice;
mod held;
mod lens;
mod motion;
mod pose;
mod presets;
mod surface;
#[cfg(test)]
mod tests;

pub use backdrop::Backdrop;
pub use held::HeldScreen;
pub use lens::Lens;
pub use motion::{Kind, Motion, RATE};
pub use pose::Pose;
pub use surface::{CodeView, DrawCodeError, Glare, Medium, Theme};

use dice::{Dice, Purpose};
use pose::Mapping;

/// The most pixels a simulated frame may have; larger sizes are cut down to it.
const MAX_SIDE: usize = 4096;

/// One moment before the camera.
#[derive(Clone)]
pub struct Scene {
    /// Frame width in pixels, 1 to 4096.
    pub width: usize,
    /// Frame height in pixels, 1 to 4096.
    pub height: usize,
    /// What is behind the codes.
    pub backdrop: Backdrop,
    /// The codes, the nearest last.
    pub views: Vec<CodeView>,
    /// The camera.
    pub lens: Lens,
    /// All chance of the picture: clutter of the backdrop, noise of the sensor.
    pub seed: u64,
}

impl Scene {
    /// The frame the camera hands over: 8-bit grey.
    #[must_use]
    pub fn render(&self) -> GreyPicture {
        let (width, height) = self.size();
        let mut light = Light { width, height, values: vec![0.0; width * height] };
        self.backdrop.paint(&mut light, &mut Dice::new(self.seed, Purpose::Backdrop));
        self.views.iter().for_each(|view| view.paint(&mut light));
        let pixels = self.lens.expose(light, &mut Dice::new(self.seed, Purpose::Sensor));
        GreyPicture { width, height, pixels }
    }

    /// Where the corners of each code are in the frame, in pixels: top left, top right, bottom right, bottom
    /// left as printed. What a perfect scanner would answer.
    #[must_use]
    pub fn corners(&self) -> Vec<[(f32, f32); 4]> {
        let corners = |view: &CodeView| {
            let side = view.modules();
            let mapping = Mapping::new(&view.pose, side, self.size());
            [(0.0, 0.0), (side, 0.0), (side, side), (0.0, side)].map(|(u, v)| mapping.to_frame(u, v))
        };
        self.views.iter().map(corners).collect()
    }

    fn size(&self) -> (usize, usize) {
        (self.width.clamp(1, MAX_SIDE), self.height.clamp(1, MAX_SIDE))
    }

    /// The same scene with one more code in front.
    #[must_use]
    pub fn with(mut self, view: CodeView) -> Self {
        self.views.push(view);
        self
    }

    /// The same scene with every code in this theme.
    #[must_use]
    pub fn themed(mut self, theme: Theme) -> Self {
        self.views.iter_mut().for_each(|view| view.theme = theme);
        self
    }
}

/// Size and seed only: a code may name a person.
impl std::fmt::Debug for Scene {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (width, height, views, seed) = (self.width, self.height, self.views.len(), self.seed);
        write!(f, "Scene({width} x {height}, {views} codes, seed {seed})")
    }
}

/// The light that falls on the sensor, 0 black to 255 white and beyond, rows from the top.
struct Light {
    width: usize,
    height: usize,
    values: Vec<f32>,
}
