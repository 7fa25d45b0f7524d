//! The attendant's fingers.
//! Must not know: what a key does.

use std::collections::VecDeque;
use std::rc::Rc;

use gate_core::attendant::Key;
use gate_hal::DeviceFault;
use gate_hal::keys::Keys;

use super::Shared;
use super::switch::Switch;

/// Keys pressed and not taken yet. No `Debug` of the keys: they may be a PIN or a document number.
#[derive(Default)]
pub(super) struct Queue(VecDeque<Key>, Switch);

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Queue({} keys)", self.0.len())
    }
}

/// There is no key for a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no key for {character:?}: the panel has 0 to 9 and A to Z")]
pub struct NoSuchKey {
    /// The character.
    pub character: char,
}

/// The keys; a handle.
#[derive(Clone, Debug)]
pub struct SimKeys {
    state: Shared,
}

impl SimKeys {
    pub(super) fn new(state: &Shared) -> Self {
        Self { state: Rc::clone(state) }
    }

    /// Presses one key.
    pub fn press(&self, key: Key) {
        self.press_all([key]);
    }

    /// Presses keys in order.
    pub fn press_all(&self, keys: impl IntoIterator<Item = Key>) {
        self.state.borrow_mut().keys.0.extend(keys);
    }

    /// Types a PIN or a document number, without confirming it. Nothing is pressed when a character has no key.
    ///
    /// # Errors
    /// [`NoSuchKey`] for anything but 0 to 9, A to Z and a to z.
    pub fn type_text(&self, text: &str) -> Result<(), NoSuchKey> {
        let keys: Result<Vec<Key>, NoSuchKey> = text.chars().map(key_for).collect();
        self.press_all(keys?);
        Ok(())
    }

    /// Types and confirms with 确认.
    ///
    /// # Errors
    /// As [`SimKeys::type_text`].
    pub fn type_then_ok(&self, text: &str) -> Result<(), NoSuchKey> {
        self.type_text(text)?;
        self.press(Key::Ok);
        Ok(())
    }

    /// Its plug is pulled.
    pub fn unplug(&self) {
        self.state.borrow_mut().keys.1.fail(DeviceFault::NotConnected);
    }

    /// Plugs it in again.
    pub fn plug(&self) {
        self.state.borrow_mut().keys.1.recover();
    }

    /// Keys that the terminal has not taken yet.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.state.borrow().keys.0.len()
    }
}

impl Keys for SimKeys {
    fn pressed(&mut self) -> Option<Key> {
        let keys = &mut self.state.borrow_mut().keys;
        keys.1.check().ok()?;
        keys.0.pop_front()
    }

    fn health(&mut self) -> Result<(), DeviceFault> {
        self.state.borrow().keys.1.check()
    }
}

fn key_for(character: char) -> Result<Key, NoSuchKey> {
    match u8::try_from(character) {
        Ok(digit @ b'0'..=b'9') => Ok(Key::Digit(digit - b'0')),
        Ok(letter) if letter.is_ascii_alphabetic() => Ok(Key::Letter(letter.to_ascii_uppercase())),
        _ => Err(NoSuchKey { character }),
    }
}
