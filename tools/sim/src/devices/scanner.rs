//! A scanner of codes beside the camera, which reads what a journey holds under it.
//! Must not know: what a code means.

use std::collections::VecDeque;
use std::rc::Rc;

use gate_hal::DeviceFault;
use gate_hal::code_reader::{CodeReader, Scanned};

use super::Shared;
use super::switch::Switch;

/// What it has read.
#[derive(Debug, Default)]
pub(super) struct Tray {
    read: VecDeque<String>,
    switch: Switch,
}

/// The scanner; a handle.
#[derive(Clone, Debug)]
pub struct SimScanner {
    state: Shared,
}

impl SimScanner {
    pub(super) fn new(state: &Shared) -> Self {
        Self { state: Rc::clone(state) }
    }

    /// A code with this text is held under it.
    pub fn scan(&self, text: &str) {
        self.state.borrow_mut().scanner.read.push_back(text.to_owned());
    }

    /// Codes that nobody has taken yet.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.state.borrow().scanner.read.len()
    }

    /// Its plug is pulled.
    pub fn unplug(&self) {
        self.state.borrow_mut().scanner.switch.fail(DeviceFault::NotConnected);
    }

    /// Plugs it in again.
    pub fn plug(&self) {
        self.state.borrow_mut().scanner.switch.recover();
    }
}

impl CodeReader for SimScanner {
    fn read(&mut self) -> Result<Option<Scanned>, DeviceFault> {
        let mut state = self.state.borrow_mut();
        state.scanner.switch.check()?;
        Ok(state.scanner.read.pop_front().map(|text| text.into_bytes().into()))
    }
}
