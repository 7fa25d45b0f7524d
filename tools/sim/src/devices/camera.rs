//! A camera that sees what a journey holds before it.
//!
//! Promises: never the same frame twice: what stays before the lens is a new frame every [`SimCamera::FRAME_GAP`]
//! of virtual time, as from a real camera; queued frames come first, one each.
//! Must not know: what is in a frame.

use std::collections::VecDeque;
use std::rc::Rc;

use gate_hal::DeviceFault;
use gate_hal::camera::{Camera, CameraFrame};
use gate_hal_linux::picture::GreyPicture;
use gate_wire::time::Millis;

use super::Shared;
use super::switch::Switch;

/// What is before the lens.
#[derive(Debug, Default)]
pub(super) struct Lens {
    queued: VecDeque<Rc<GreyPicture>>,
    scene: Option<Rc<GreyPicture>>,
    next_at: Option<Millis>,
    given: u64,
    switch: Switch,
}

impl Lens {
    /// The newest frame, if one is due at `now`.
    fn take(&mut self, now: Millis) -> Option<Rc<GreyPicture>> {
        if self.next_at.is_some_and(|at| now < at) {
            return None;
        }
        let frame = self.queued.pop_front().or_else(|| self.scene.clone())?;
        self.next_at = Some(now.plus(SimCamera::FRAME_GAP));
        self.given += 1;
        Some(frame)
    }
}

/// The camera; a handle.
#[derive(Clone, Debug)]
pub struct SimCamera {
    state: Shared,
    held: Option<Rc<GreyPicture>>,
}

impl SimCamera {
    /// Milliseconds of virtual time from one frame to the next: 25 frames a second.
    pub const FRAME_GAP: u64 = 40;

    pub(super) fn new(state: &Shared) -> Self {
        Self { state: Rc::clone(state), held: None }
    }

    /// Holds `picture` before the lens until something else is, or [`SimCamera::clear`]. The first frame of it is
    /// due at once.
    pub fn show(&self, picture: GreyPicture) {
        let mut state = self.state.borrow_mut();
        state.camera.scene = Some(Rc::new(picture));
        state.camera.next_at = None;
    }

    /// Appends a frame that is given once, before what is held.
    pub fn queue(&self, picture: GreyPicture) {
        self.state.borrow_mut().camera.queued.push_back(Rc::new(picture));
    }

    /// Nothing more to see: no frames, without a fault.
    pub fn clear(&self) {
        let mut state = self.state.borrow_mut();
        state.camera.queued.clear();
        state.camera.scene = None;
    }

    /// What is held before the lens.
    #[must_use]
    pub fn scene(&self) -> Option<Rc<GreyPicture>> {
        self.state.borrow().camera.scene.clone()
    }

    /// Frames of the queue that were not given yet.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.state.borrow().camera.queued.len()
    }

    /// Frames given since the world began.
    #[must_use]
    pub fn given(&self) -> u64 {
        self.state.borrow().camera.given
    }

    /// Pulls its plug.
    pub fn unplug(&self) {
        self.state.borrow_mut().camera.switch.fail(DeviceFault::NotConnected);
    }

    /// Plugs it in again.
    pub fn plug(&self) {
        self.state.borrow_mut().camera.switch.recover();
    }
}

impl Camera for SimCamera {
    fn frame(&mut self) -> Result<Option<CameraFrame<'_>>, DeviceFault> {
        let mut state = self.state.borrow_mut();
        state.camera.switch.check()?;
        let now = state.now;
        self.held = state.camera.take(now);
        Ok(self.held.as_deref().map(|picture| CameraFrame {
            pixels: &picture.pixels,
            width: picture.width,
            height: picture.height,
            stride: picture.width,
        }))
    }
}
