//! A display that remembers.
//!
//! Promises: it takes over what it is told has changed, as a panel behind a slow wire does; every screen that differs from
//! the one before is kept with its virtual time and its exact pixels, run length coded, since a tour shows hundreds. Must not know: how a screen is drawn.

use std::rc::Rc;
use std::time::Instant;

use gate_core::screen::Screen;
use gate_hal::DeviceFault;
use gate_hal::display::{Display, Pixels};
use gate_wire::time::Millis;

use super::Shared;
use super::switch::Switch;

/// Width of the display in pixels.
pub const WIDTH: usize = 800;
/// Height of the display in pixels.
pub const HEIGHT: usize = 480;

/// The memory of the display.
#[derive(Debug, Default)]
pub(super) struct Panel {
    shown: Vec<Shown>,
    /// What stands on the glass: only what was said to have changed is taken over.
    glass: Vec<u16>,
    presented: u64,
    pushed: u64,
    really: Option<Instant>,
    switch: Switch,
}

/// A screen that was shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// When.
    pub at: Millis,
    /// What.
    pub screen: Screen,
    /// How it looked.
    pub drawing: Drawing,
}

/// [`WIDTH`] times [`HEIGHT`] pixels, RGB565, as runs of equal ones.
#[derive(Clone, PartialEq, Eq)]
pub struct Drawing {
    runs: Rc<[(u16, u32)]>,
}

impl Drawing {
    fn of(pixels: &[u16]) -> Self {
        let runs = pixels.chunk_by(|left, right| left == right);
        // A run is at most the 384 000 pixels of the display: fits.
        Self { runs: runs.filter_map(|run| Some((*run.first()?, run.len() as u32))).collect() }
    }

    /// The pixels, row by row from the top.
    #[must_use]
    pub fn rgb565(&self) -> Vec<u16> {
        self.runs.iter().flat_map(|(pixel, count)| std::iter::repeat_n(*pixel, *count as usize)).collect()
    }
}

impl std::fmt::Debug for Drawing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Drawing({} runs)", self.runs.len())
    }
}

/// The display; a handle.
#[derive(Clone, Debug)]
pub struct SimDisplay {
    state: Shared,
}

impl SimDisplay {
    pub(super) fn new(state: &Shared) -> Self {
        Self { state: Rc::clone(state) }
    }

    /// Everything shown, oldest first; never the same twice in a row.
    #[must_use]
    pub fn shown(&self) -> Vec<Shown> {
        self.state.borrow().display.shown.clone()
    }

    /// The screens alone.
    #[must_use]
    pub fn screens(&self) -> Vec<Screen> {
        self.state.borrow().display.shown.iter().map(|shown| shown.screen.clone()).collect()
    }

    /// The screens from the one of this number on (0 is the first).
    #[must_use]
    pub fn screens_since(&self, count: usize) -> Vec<Screen> {
        let state = self.state.borrow();
        state.display.shown.iter().skip(count).map(|shown| shown.screen.clone()).collect()
    }

    /// How many screens were shown.
    #[must_use]
    pub fn count(&self) -> usize {
        self.state.borrow().display.shown.len()
    }

    /// What the display shows now.
    #[must_use]
    pub fn last(&self) -> Option<Shown> {
        self.state.borrow().display.shown.last().cloned()
    }

    /// How often it was drawn, the same screens included.
    #[must_use]
    pub fn presented(&self) -> u64 {
        self.state.borrow().display.presented
    }

    /// The real time at which it was last handed a picture.
    #[must_use]
    pub fn really_presented(&self) -> Option<Instant> {
        self.state.borrow().display.really
    }

    /// Bytes that crossed its wire.
    #[must_use]
    pub fn pushed(&self) -> u64 {
        self.state.borrow().display.pushed
    }

    /// Pulls its plug.
    pub fn unplug(&self) {
        self.state.borrow_mut().display.switch.fail(DeviceFault::NotConnected);
    }

    /// Plugs it in again.
    pub fn plug(&self) {
        self.state.borrow_mut().display.switch.recover();
    }
}

impl Display for SimDisplay {
    fn size(&self) -> (usize, usize) {
        (WIDTH, HEIGHT)
    }

    /// [`DeviceFault::Refusing`] for pixels of another size.
    fn present(&mut self, screen: &Screen, pixels: Pixels<'_>) -> Result<(), DeviceFault> {
        let mut state = self.state.borrow_mut();
        state.display.switch.check()?;
        if (pixels.width, pixels.height, pixels.rgb565.len()) != (WIDTH, HEIGHT, WIDTH * HEIGHT) {
            return Err(DeviceFault::Refusing);
        }
        let panel = &mut state.display;
        panel.presented += 1;
        // What follows is the simulation's own cost, not a panel's.
        panel.really = Some(Instant::now());
        panel.glass.resize(WIDTH * HEIGHT, 0);
        for (start, run) in pixels.runs(pixels.changed) {
            panel.pushed += std::mem::size_of_val(run) as u64;
            if let Some(glass) = panel.glass.get_mut(start..start + run.len()) {
                glass.copy_from_slice(run);
            }
        }
        let drawing = Drawing::of(&panel.glass);
        let shown = Shown { at: state.now, screen: screen.clone(), drawing };
        let moves = gate_ui::moves(screen);
        if let Some(last) = state.display.shown.last_mut().filter(|last| moves && last.screen == *screen) {
            // A phase of what moves on it is no other screen.
            last.drawing = shown.drawing;
            return Ok(());
        }
        let last = state.display.shown.last();
        if last.is_none_or(|last| (&last.screen, &last.drawing) != (&shown.screen, &shown.drawing)) {
            state.display.shown.push(shown);
        }
        Ok(())
    }
}
