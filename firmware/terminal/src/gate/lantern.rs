//! The torch beside the camera: on in the dark, off when it is light again.
//! Promises: one dark frame switches nothing on and one light frame nothing off; the torch's own light is never taken for
//! daylight: it goes out for a moment now and then, while nobody is seen to be there, and stays out only if the frames stay light;
//! whoever holds a dark sheet that no frame shows loses it for that moment.
//! Must not know: how dark is measured, what a torch is.

use gate_hal::torch::Light;
use gate_wire::time::Millis;

/// Frames are dark for this long before it goes on.
const DARK_MS: u64 = 600;
/// It shines for this long before it looks whether that is still needed.
const SHINES_MS: u64 = 60_000;
/// Whoever was read a moment ago may show another thing: no look at daylight for this long.
const READ_MS: u64 = 5_000;
/// Frames of this long after it went out may have been taken before.
const SETTLING_MS: u64 = 200;
/// So many light frames in a row, and it stays out.
const LIGHT_FRAMES: u8 = 3;

/// What a frame says of the light.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// Nearly all of it is dark, and nothing was read.
    Dark,
    /// Something can be seen.
    Light,
    /// Somebody is there: a code was read in it or is held before it unread, or a card is being read.
    Busy,
}

/// The torch between frames.
#[derive(Debug, Default)]
pub(super) struct Lantern {
    state: State,
    read: Option<Millis>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Out { dark_since: Option<Millis> },
    Shining { since: Millis },
    Looking { since: Millis, light: u8 },
}

impl Default for State {
    fn default() -> Self {
        State::Out { dark_since: None }
    }
}

impl Lantern {
    /// Takes a frame; how the torch is to be switched, if it is.
    pub(super) fn see(&mut self, frame: Frame, now: Millis) -> Option<Light> {
        if frame == Frame::Busy {
            self.read = Some(now);
        }
        match self.state {
            State::Out { dark_since } => self.see_unlit(frame, dark_since, now),
            State::Shining { since } => self.see_lit(since, now),
            State::Looking { since, light } => self.look(frame, (since, light), now),
        }
    }

    /// It could not be put out: what it shines on is not daylight.
    pub(super) fn stays_lit(&mut self, now: Millis) {
        self.state = State::Shining { since: now };
    }

    fn see_unlit(&mut self, frame: Frame, dark_since: Option<Millis>, now: Millis) -> Option<Light> {
        if frame != Frame::Dark {
            self.state = State::Out { dark_since: None };
            return None;
        }
        let since = dark_since.unwrap_or(now);
        self.state = State::Out { dark_since: Some(since) };
        if now.since(since).0 < DARK_MS { None } else { self.shine(now) }
    }

    fn see_lit(&mut self, since: Millis, now: Millis) -> Option<Light> {
        let somebody = self.read.is_some_and(|read| now.since(read).0 < READ_MS);
        if somebody || now.since(since).0 < SHINES_MS {
            return None;
        }
        self.state = State::Looking { since: now, light: 0 };
        Some(Light::Off)
    }

    fn look(&mut self, frame: Frame, (since, light): (Millis, u8), now: Millis) -> Option<Light> {
        if now.since(since).0 < SETTLING_MS {
            return None;
        }
        if frame == Frame::Dark {
            return self.shine(now);
        }
        let light = light.saturating_add(1);
        self.state = match light {
            LIGHT_FRAMES.. => State::Out { dark_since: None },
            _ => State::Looking { since, light },
        };
        None
    }

    fn shine(&mut self, now: Millis) -> Option<Light> {
        self.state = State::Shining { since: now };
        Some(Light::On)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of one kind every 40 ms from `from` to `to`; when and how the torch was switched.
    fn frames(lantern: &mut Lantern, frame: Frame, (from, to): (u64, u64)) -> Vec<(u64, Light)> {
        let times = (from..to).step_by(40);
        times.filter_map(|at| lantern.see(frame, Millis(at)).map(|light| (at, light))).collect()
    }

    fn shining() -> Lantern {
        Lantern { state: State::Shining { since: Millis(0) }, read: None }
    }

    #[test]
    fn it_goes_on_in_lasting_darkness_and_a_shadow_switches_nothing() {
        let mut lantern = Lantern::default();
        assert_eq!(frames(&mut lantern, Frame::Dark, (0, 600)), []);
        assert_eq!(lantern.see(Frame::Light, Millis(600)), None);
        assert_eq!(frames(&mut lantern, Frame::Dark, (640, 1_240)), [], "counted anew");
        assert_eq!(frames(&mut lantern, Frame::Dark, (1_240, 2_000)), [(1_240, Light::On)]);
    }

    #[test]
    fn its_own_light_is_not_taken_for_daylight() {
        let mut lantern = shining();
        // What it shines on looks light for as long as it shines.
        assert_eq!(frames(&mut lantern, Frame::Light, (0, 60_000)), []);
        assert_eq!(frames(&mut lantern, Frame::Light, (60_000, 60_200)), [(60_000, Light::Off)]);
        // It was the torch: on again, for another minute.
        let after = frames(&mut lantern, Frame::Dark, (60_200, 120_000));
        assert_eq!(after, [(60_200, Light::On)]);
    }

    #[test]
    fn it_stays_out_once_it_is_light_and_a_single_flash_does_not_put_it_out() {
        let mut lantern = shining();
        assert_eq!(frames(&mut lantern, Frame::Dark, (60_000, 60_040)), [(60_000, Light::Off)]);
        assert_eq!(frames(&mut lantern, Frame::Light, (60_200, 60_280)), []);
        assert_eq!(lantern.see(Frame::Dark, Millis(60_280)), Some(Light::On), "a flash of two frames");

        let mut lantern = shining();
        frames(&mut lantern, Frame::Light, (60_000, 60_040));
        assert_eq!(frames(&mut lantern, Frame::Light, (60_200, 600_000)), [], "out, and it stays out");
        assert_eq!(frames(&mut lantern, Frame::Dark, (600_000, 601_000)), [(600_600, Light::On)]);
    }

    #[test]
    fn frames_from_before_it_went_out_say_nothing() {
        let mut lantern = shining();
        frames(&mut lantern, Frame::Light, (60_000, 60_040));
        assert_eq!(frames(&mut lantern, Frame::Light, (60_040, 60_200)), []);
        assert_eq!(lantern.see(Frame::Dark, Millis(60_200)), Some(Light::On));
    }

    #[test]
    fn one_that_cannot_be_put_out_is_not_taken_for_daylight() {
        let mut lantern = shining();
        assert_eq!(lantern.see(Frame::Light, Millis(60_000)), Some(Light::Off));
        lantern.stays_lit(Millis(60_000));
        assert_eq!(
            frames(&mut lantern, Frame::Light, (60_040, 121_000)),
            [(120_000, Light::Off)],
            "tried again a minute later"
        );
    }

    #[test]
    fn it_does_not_go_out_on_who_is_being_read() {
        let mut lantern = shining();
        assert_eq!(frames(&mut lantern, Frame::Busy, (50_000, 90_000)), []);
        assert_eq!(frames(&mut lantern, Frame::Light, (90_000, 94_960)), []);
        assert_eq!(lantern.see(Frame::Light, Millis(95_000)), Some(Light::Off));
    }
}
