//! Screens kept as pictures, and how long it takes to draw each.
//! Promises: every pixel as the display got it.
//! Must not know: what a screen means.

use std::time::{Duration, Instant};

use anyhow::Result;
use gate_ui::Canvas;

use super::Played;
use crate::devices::{HEIGHT, Shown, WIDTH};
use crate::picture::{name, png};

/// One screen drawn again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redraw {
    /// Which screen.
    pub screen: &'static str,
    /// Real time, without the display's own.
    pub took: Duration,
}

/// Keeps what was shown as pictures, and times their drawing.
pub(super) fn keep(shown: &[Shown], played: &mut Played) -> Result<()> {
    let mut canvas = Canvas::new(WIDTH as u32, HEIGHT as u32)?;
    for one in shown {
        let mut draw = |_| {
            let began = Instant::now();
            gate_ui::draw(&one.screen, &mut canvas);
            began.elapsed()
        };
        // The middle of three: the other threads play on meanwhile.
        let mut times = [0, 1, 2].map(&mut draw);
        times.sort();
        played.redraws.push(Redraw { screen: name(&one.screen), took: times[1] });
        played.screens.push(png(&one.drawing.rgb565(), (WIDTH, HEIGHT))?);
    }
    Ok(())
}
