//! A code brought before the camera and held there by a hand: frames, thirty a second.
//!
//! Nobody measured these hands: tremor, speeds and ranges are judgements, as in the presets.
//! Promises: the same kind and seed give the same frames. Must not know: what a scanner reads of them.

use gate_hal_linux::picture::GreyPicture;

use super::dice::{Dice, Purpose};
use super::{CodeView, DrawCodeError, Glare, Medium, Pose, Scene, Theme};

/// Frames a second.
pub const RATE: u32 = 30;

/// What happens before the camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A phone is brought and held.
    Held,
    /// A phone that never comes to rest.
    Moved,
    /// A phone tilted to and fro.
    Tilted,
    /// A phone at its lowest brightness.
    Dimmed,
    /// A lamp that wanders over the screen.
    Glare,
    /// A printed sheet, lit from one side.
    Paper,
    /// A phone that comes nearer from two metres.
    Far,
    /// A phone in dark mode.
    Dark,
    /// Dim, tilted, moved and under a lamp, all at once and each by half.
    Mixed,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Held,
        Self::Moved,
        Self::Tilted,
        Self::Dimmed,
        Self::Glare,
        Self::Paper,
        Self::Far,
        Self::Dark,
        Self::Mixed,
    ];
}

/// One code's way before the camera.
#[derive(Clone, Debug)]
pub struct Motion {
    kind: Kind,
    scene: Scene,
    /// Where it starts, in pixels from the middle of the frame.
    start: (f32, f32),
    /// Seconds until it is about there.
    arrival: f32,
    /// Phases of tremor, wandering and tilting, in radians.
    phases: [f32; 6],
    /// How long a frame is exposed, in seconds.
    exposure: f32,
    noise: f32,
    seed: u64,
}

/// Pixels that the picture may move between two moments that are averaged.
const STEP: f32 = 1.2;

/// Most moments averaged for one frame.
const MOST_MOMENTS: usize = 8;

impl Motion {
    /// The way of a code with this text.
    ///
    /// # Errors
    ///
    /// [`DrawCodeError`] when `text` does not fit a code.
    pub fn new(kind: Kind, text: &str, seed: u64) -> Result<Self, DrawCodeError> {
        let mut dice = Dice::new(seed, Purpose::Motion);
        let mut scene =
            if kind == Kind::Paper { Scene::paper(text, seed)? } else { Scene::phone(text, seed)? };
        let (side, seconds) = ([-1.0, 1.0][usize::from(dice.happens(0.5))], dice.between(0.4, 0.9));
        let start = (side * dice.between(150.0, 420.0), dice.between(280.0, 420.0));
        let phases = std::array::from_fn(|_| dice.between(0.0, std::f32::consts::TAU));
        let mut exposure = dice.between(0.008, 0.02);
        if kind == Kind::Dimmed {
            scene.lens.gain = dice.between(0.04, 0.1);
            scene.lens.noise = dice.between(7.0, 12.0);
            exposure = 0.033;
        }
        let view = &mut scene.views[0];
        match kind {
            Kind::Glare => view.glare = lamp(&mut dice, view, 1.0),
            Kind::Mixed => {
                view.glare = lamp(&mut dice, view, 0.5);
                (scene.lens.gain, scene.lens.noise) = (dice.between(0.15, 0.4), dice.between(4.0, 8.0));
            }
            Kind::Dark => view.theme = Theme::Dark,
            Kind::Far => view.pose.module = dice.between(2.4, 4.0),
            _ => {}
        }
        let noise = std::mem::take(&mut scene.lens.noise);
        Ok(Self { kind, scene, start, arrival: seconds, phases, exposure, noise, seed })
    }

    /// What carries the code.
    #[must_use]
    pub fn medium(&self) -> Medium {
        self.scene.views[0].medium
    }

    /// Whether every corner of the code is inside frame `n`.
    #[must_use]
    pub fn is_wholly_visible(&self, n: u32) -> bool {
        let scene = self.at(n as f32 / RATE as f32);
        let inside = |(x, y): &(f32, f32)| {
            (0.0..scene.width as f32).contains(x) && (0.0..scene.height as f32).contains(y)
        };
        scene.corners().iter().flatten().all(inside)
    }

    /// Frame `n`, blurred by what moved while it was exposed.
    #[must_use]
    pub fn frame(&self, n: u32) -> GreyPicture {
        let time = n as f32 / RATE as f32;
        let moments = self.moments(time);
        let pictures: Vec<GreyPicture> = (0..moments)
            .map(|k| self.at(time + self.exposure * (k as f32 / moments as f32 - 0.5)).render())
            .collect();
        let (width, height) = (self.scene.width, self.scene.height);
        let mut dice = Dice::new(self.seed << 16 | u64::from(n), Purpose::Sensor);
        let mut noise = vec![0.0; width * height];
        dice.normal(&mut noise);
        let pixel = |k: usize| {
            let light = pictures.iter().map(|p| f32::from(p.pixels[k])).sum::<f32>() / moments as f32;
            let deviation = self.noise * (0.4 + 0.6 * light / 255.0).sqrt();
            (light + noise[k] * deviation).round().clamp(0.0, 255.0) as u8
        };
        GreyPicture { width, height, pixels: (0..width * height).map(pixel).collect() }
    }

    /// How many moments the frame at `time` is averaged of.
    fn moments(&self, time: f32) -> usize {
        let half = self.exposure / 2.0;
        let (a, b) = (self.at(time - half).corners(), self.at(time + half).corners());
        let way = |p: &(f32, f32), q: &(f32, f32)| (p.0 - q.0).hypot(p.1 - q.1);
        let most = a.iter().flatten().zip(b.iter().flatten()).map(|(p, q)| way(p, q)).fold(0.0, f32::max);
        ((most / STEP) as usize + 1).min(MOST_MOMENTS)
    }

    /// The scene at a moment, in seconds from the first frame.
    fn at(&self, time: f32) -> Scene {
        let mut scene = self.scene.clone();
        let view = &mut scene.views[0];
        view.pose = self.pose(time, view.pose);
        if matches!(self.kind, Kind::Glare | Kind::Mixed) {
            let side = view.modules();
            let [.., a, b] = self.phases;
            let place = |phase: f32, speed: f32| side * (0.5 + 0.45 * (phase + speed * time).sin());
            view.glare.centre = (place(a, 1.9), place(b, 2.7));
        }
        scene
    }

    fn pose(&self, time: f32, rest: Pose) -> Pose {
        let [a, b, c, d, e, f] = self.phases;
        // The way left falls to a twentieth at arrival.
        let left = (-3.0 * time.max(0.0) / self.arrival).exp();
        // Physiological tremor: 4 to 12 hertz; below that, posture.
        let tremor = |phase: f32| 2.2 * (phase + 7.0 * time).sin() + 0.7 * (2.0 * phase + 47.0 * time).sin();
        let (mut x, mut y) = (rest.offset.0 + tremor(a), rest.offset.1 + tremor(b));
        let (mut tilt, mut module) = (rest.tilt + 2.5 * (c + 3.1 * time).sin(), rest.module);
        match self.kind {
            Kind::Moved => {
                x += 70.0 * (d + 6.1 * time).sin();
                y += 34.0 * (e + 7.3 * time).sin();
            }
            Kind::Tilted => tilt = 46.0 + 20.0 * (f + 2.6 * time).sin(),
            Kind::Mixed => {
                x += 35.0 * (d + 6.1 * time).sin();
                tilt = 24.0 + 18.0 * (f + 2.6 * time).sin();
            }
            Kind::Far => module *= 1.0 - 0.55 * (-1.4 * time.max(0.0)).exp(),
            _ => {}
        }
        let offset = (x + self.start.0 * left, y + self.start.1 * left);
        let turn = rest.turn + 1.2 * (d + 4.4 * time).sin() + 14.0 * left;
        Pose { module, offset, turn, tilt, axis: rest.axis + 5.0 * (e + 1.3 * time).sin() }
    }
}

/// A lamp that burns out more than correction can bear while it is on the code.
fn lamp(dice: &mut Dice, view: &CodeView, share: f32) -> Glare {
    let side = view.modules();
    Glare {
        strength: share * dice.between(500.0, 1200.0),
        centre: (0.0, 0.0),
        radius: side * dice.between(0.25, 0.4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_comes_into_the_frame_and_stays_and_the_frames_are_the_same_again() {
        for kind in Kind::ALL {
            let motion = Motion::new(kind, "TF1:ABC", 5).unwrap();
            assert!(!motion.is_wholly_visible(0), "{kind:?} begins outside");
            assert!((45..60).all(|n| motion.is_wholly_visible(n)), "{kind:?} stays");
            let again = Motion::new(kind, "TF1:ABC", 5).unwrap();
            assert_eq!(motion.frame(20).pixels, again.frame(20).pixels);
        }
    }

    #[test]
    fn what_moves_is_blurred_and_what_is_held_is_not() {
        let motion = Motion::new(Kind::Held, "TF1:ABC", 5).unwrap();
        assert!(motion.moments(0.2) > 2 && motion.moments(2.0) <= 2);
    }
}
