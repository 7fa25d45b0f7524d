//! What is on the machine's screen, as the emulator sees it (a PPM file).
//! Promises: tells a verdict's ground from another's, and whether two pictures are the same.
//! Must not know: how a screen is drawn.

use anyhow::{Context, Result};
use serde_json::json;

use crate::machine::Machine;

/// Of two pictures that are the same, in thousandths of their bytes: a clock goes on meanwhile.
const SAME: usize = 980;
/// A ground has so much more of its colour than of another.
const MORE: u8 = 30;

/// A picture.
#[derive(Clone)]
pub(crate) struct Picture(Vec<u8>);

/// The colour all around, as the screens use it (DESIGN's pictograms and words say it, too).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    /// Green: pass.
    Pass,
    /// Blue: to the staff, and why.
    Staff,
    /// Anything else.
    Other,
}

impl Picture {
    /// What is on the screen now.
    ///
    /// # Errors
    /// If the emulator cannot take it.
    pub(crate) fn of(machine: &mut Machine) -> Result<Picture> {
        let file = machine.room().join("screen.ppm");
        machine.qmp.ask("screendump", json!({ "filename": file }))?;
        Ok(Picture(std::fs::read(&file).context("reading the screen")?))
    }

    /// Whether they are the same but for a little.
    pub(crate) fn is_like(&self, other: &Picture) -> bool {
        let same = self.0.iter().zip(&other.0).filter(|(one, other)| one == other).count();
        self.0.len() == other.0.len() && same * 1_000 >= self.0.len() * SAME
    }

    /// The colour of its first corner.
    pub(crate) fn ground(&self) -> Ground {
        // Three lines: what it is, its size, the brightest.
        let mut ends = self.0.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let begins = ends.nth(2).map_or(0, |(at, _)| at + 1);
        match self.0.get(begins..begins + 3) {
            Some(&[red, green, blue])
                if green > red.saturating_add(MORE) && green > blue.saturating_add(MORE) =>
            {
                Ground::Pass
            }
            Some(&[red, green, blue])
                if blue > red.saturating_add(MORE) && blue > green.saturating_add(MORE) =>
            {
                Ground::Staff
            }
            _ => Ground::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_alike_if_a_clock_differs_and_not_if_a_verdict_does() {
        let painted = |many| Picture((0..1_000).map(|at| u8::from(at < many)).collect());
        let (rest, clock, verdict) = (painted(0), painted(20), painted(300));
        assert!(rest.is_like(&clock) && !rest.is_like(&verdict) && !rest.is_like(&Picture(vec![0; 999])));
    }

    #[test]
    fn the_corner_tells_pass_from_staff_and_both_from_rest() {
        let cornered = |pixel: [u8; 3]| Picture([&b"P6\n1 1\n255\n"[..], &pixel].concat()).ground();
        assert_eq!(cornered([0, 104, 55]), Ground::Pass);
        assert_eq!(cornered([16, 76, 148]), Ground::Staff);
        for other in [[17, 17, 23], [255, 255, 255], [180, 20, 20]] {
            assert_eq!(cornered(other), Ground::Other);
        }
        assert_eq!(Picture(Vec::new()).ground(), Ground::Other);
    }
}
