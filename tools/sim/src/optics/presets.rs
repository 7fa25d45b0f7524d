//! Scenes as they come up at a gate, made up from a seed.
//!
//! The ranges are judgements of what people do before a fixed camera at arm's length, not measurements.
//! Must not know: what a scanner reads of them.

use super::dice::{Dice, Purpose};
use super::{Backdrop, CodeView, DrawCodeError, Glare, Lens, Medium, Pose, Scene, Theme};

/// The frame of the reference camera.
const WIDTH: usize = 640;
const HEIGHT: usize = 480;

/// How far a pose may go.
struct Handling {
    /// Pixels a module, least and most.
    module: (f32, f32),
    /// Degrees to either side.
    turn: f32,
    /// Degrees out of the picture plane.
    tilt: f32,
}

impl Scene {
    /// A phone held well: slight turn and tilt, a weak lamp in the screen at times.
    ///
    /// # Errors
    ///
    /// [`DrawCodeError`] when `text` does not fit a code.
    pub fn phone(text: &str, seed: u64) -> Result<Self, DrawCodeError> {
        let mut dice = Dice::new(seed, Purpose::Preset);
        let mut view = CodeView::of_text(text)?;
        let handling = Handling { module: (4.6, 6.6), turn: 12.0, tilt: 20.0 };
        view.pose = pose(&mut dice, &view, &handling);
        if dice.happens(0.4) {
            view.glare = glare(&mut dice, &view, 60.0);
        }
        let lens = Lens {
            blur: dice.between(0.4, 0.8),
            vignette: dice.between(0.0, 0.3),
            slope: dice.between(-0.15, 0.15),
            gain: dice.between(0.75, 1.1),
            noise: dice.between(2.0, 5.0),
        };
        Ok(Self { views: vec![view], lens, ..Self::empty(seed) })
    }

    /// A printed sheet under the lamp of the hall: turned further, lit from one side.
    ///
    /// # Errors
    ///
    /// [`DrawCodeError`] when `text` does not fit a code.
    pub fn paper(text: &str, seed: u64) -> Result<Self, DrawCodeError> {
        let mut dice = Dice::new(seed, Purpose::Preset);
        let mut view = CodeView::of_text(text)?;
        view.medium = Medium::Paper;
        view.pose = pose(&mut dice, &view, &Handling { module: (4.2, 6.2), turn: 25.0, tilt: 22.0 });
        let lens = Lens {
            blur: dice.between(0.4, 0.9),
            vignette: dice.between(0.0, 0.3),
            slope: dice.between(-0.4, 0.4),
            gain: dice.between(0.6, 1.1),
            noise: dice.between(3.0, 6.0),
        };
        Ok(Self { views: vec![view], lens, ..Self::empty(seed) })
    }

    /// What also happens: far away, steep, blurred, a lamp in the screen, dark mode, poor light. Many of these
    /// cannot be read by anybody.
    ///
    /// # Errors
    ///
    /// [`DrawCodeError`] when `text` does not fit a code.
    pub fn harsh(text: &str, seed: u64) -> Result<Self, DrawCodeError> {
        let mut dice = Dice::new(seed, Purpose::Preset);
        let mut view = CodeView::of_text(text)?;
        view.pose = pose(&mut dice, &view, &Handling { module: (2.6, 5.0), turn: 180.0, tilt: 45.0 });
        view.theme = if dice.happens(0.25) { Theme::Dark } else { Theme::Light };
        view.medium = if dice.happens(0.3) { Medium::Paper } else { Medium::Phone };
        view.glare = glare(&mut dice, &view, 260.0);
        view.moire = if dice.happens(0.3) { dice.between(0.1, 0.5) } else { 0.0 };
        let lens = Lens {
            blur: dice.between(0.6, 1.5),
            vignette: dice.between(0.0, 0.6),
            slope: dice.between(-0.7, 0.7),
            gain: dice.between(0.25, 1.4),
            noise: dice.between(4.0, 16.0),
        };
        Ok(Self { views: vec![view], lens, ..Self::empty(seed) })
    }

    /// Two phones beside each other, each held well: no verdict may come of it when the codes differ.
    ///
    /// # Errors
    ///
    /// [`DrawCodeError`] when a text does not fit a code.
    pub fn two_phones(left: &str, right: &str, seed: u64) -> Result<Self, DrawCodeError> {
        let mut scene = Self::phone(left, seed)?;
        scene.views.push(CodeView::of_text(right)?);
        let mut dice = Dice::new(seed, Purpose::Preset);
        for (view, offset) in scene.views.iter_mut().zip([-0.25, 0.25]) {
            let room = WIDTH as f32 / 2.0 / (view.modules() + 14.0);
            view.pose = Pose {
                offset: (offset * WIDTH as f32, dice.between(-20.0, 20.0)),
                turn: dice.between(-3.0, 3.0),
                tilt: dice.between(0.0, 8.0),
                ..Pose::facing(room.min(6.0))
            };
            view.glare = Glare::NONE;
        }
        Ok(scene)
    }

    /// Nobody there.
    #[must_use]
    pub fn empty(seed: u64) -> Self {
        let lens = Lens { blur: 0.6, vignette: 0.2, slope: 0.1, gain: 0.9, noise: 3.0 };
        let backdrop = Backdrop { darkest: 25.0, lightest: 170.0 };
        Self { width: WIDTH, height: HEIGHT, backdrop, views: Vec::new(), lens, seed }
    }
}

/// A pose that keeps the code and its quiet zone in the frame.
fn pose(dice: &mut Dice, view: &CodeView, handling: &Handling) -> Pose {
    let turn = dice.between(-handling.turn, handling.turn);
    let (sin, cos) = turn.to_radians().sin_cos();
    // A turned square is wider; a tenth more for what perspective adds.
    let width_of_module = (view.modules() + 8.0) * (sin.abs() + cos.abs()) * 1.1;
    let most = HEIGHT as f32 / width_of_module;
    let module = dice.between(handling.module.0, handling.module.1).min(most);
    let spare = |size: usize| (size as f32 - width_of_module * module).max(0.0) / 2.0;
    let offset = (dice.between(-1.0, 1.0) * spare(WIDTH), dice.between(-1.0, 1.0) * spare(HEIGHT));
    Pose { module, offset, turn, tilt: dice.between(0.0, handling.tilt), axis: dice.between(0.0, 360.0) }
}

fn glare(dice: &mut Dice, view: &CodeView, strongest: f32) -> Glare {
    let side = view.modules();
    Glare {
        strength: dice.between(0.0, strongest),
        centre: (dice.between(0.0, side), dice.between(0.0, side)),
        radius: side * dice.between(0.08, 0.3),
    }
}
