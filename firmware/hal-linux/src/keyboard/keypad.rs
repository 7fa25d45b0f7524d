//! The attendant's keys on a keyboard: digits, letters, Enter 确认, Backspace or Escape 返回, F1 to F8 the menu's keys.
//!
//! Promises: what was typed is in no `Debug`, and in this memory no longer than until it is taken; at most 256 keys wait.
//! It must not know: what a key does.

use std::collections::VecDeque;
use std::path::Path;

use gate_core::attendant::{Key, MENU};
use gate_hal::DeviceFault;
use gate_hal::keys::Keys;

use super::{Keyboard, Stroke, Strokes, Way, codes};

/// Keys that wait at most; what is typed beyond is dropped.
const KEYS_MOST: usize = 256;

/// The attendant's keyboard.
pub struct Keypad<S = Keyboard> {
    from: S,
    fault: Option<DeviceFault>,
    strokes: Vec<Stroke>,
    pressed: VecDeque<Key>,
}

impl Keypad {
    /// The keyboard at `path`, best one of `/dev/input/by-path`. It may come later.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Keypad::over(Keyboard::new(path))
    }
}

impl<S: Strokes> Keypad<S> {
    fn over(from: S) -> Self {
        // Room for all that they ever hold: a buffer that grows leaves copies behind.
        let (strokes, pressed) = (Vec::with_capacity(KEYS_MOST), VecDeque::with_capacity(KEYS_MOST));
        Keypad { from, fault: None, strokes, pressed }
    }
}

impl<S: Strokes> Keys for Keypad<S> {
    /// A keyboard that is not there presses nothing: it is asked for again every second.
    fn pressed(&mut self) -> Option<Key> {
        if self.pressed.is_empty() {
            self.fault = self.from.take(&mut self.strokes).err();
            let down = self.strokes.iter().filter(|stroke| stroke.way == Way::Down);
            self.pressed.extend(down.filter_map(|stroke| key(stroke.code)).take(KEYS_MOST));
            self.strokes.fill(Stroke { code: 0, way: Way::Up });
            self.strokes.clear();
        }
        let key = self.pressed.pop_front();
        if key.is_some() && self.pressed.is_empty() {
            // What was taken still stands in the ring.
            self.pressed.resize(KEYS_MOST, Key::Ok);
            self.pressed.clear();
        }
        key
    }

    fn health(&mut self) -> Result<(), DeviceFault> {
        self.fault.map_or(Ok(()), Err)
    }
}

fn key(code: u16) -> Option<Key> {
    if codes::ENTER.contains(&code) {
        return Some(Key::Ok);
    }
    if codes::BACK.contains(&code) {
        return Some(Key::Back);
    }
    if codes::FUNCTIONS.contains(&code) {
        return MENU.get(usize::from(code - codes::FUNCTIONS.start())).copied();
    }
    match codes::character(code, codes::Shift::Up)? {
        digit @ b'0'..=b'9' => Some(Key::Digit(digit - b'0')),
        letter @ b'a'..=b'z' => Some(Key::Letter(letter.to_ascii_uppercase())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Played;
    use super::*;

    fn keys_for(codes: &[u16]) -> Vec<Key> {
        let mut keypad = Keypad::over(Played::struck(codes));
        std::iter::from_fn(|| keypad.pressed()).collect()
    }

    #[test]
    fn digits_letters_enter_and_the_menus_keys_are_keys() {
        assert_eq!(
            keys_for(&[2, 79, 18, 28, 96, 14, 1]),
            [Key::Digit(1), Key::Digit(1), Key::Letter(b'E'), Key::Ok, Key::Ok, Key::Back, Key::Back]
        );
        assert_eq!(keys_for(&[59, 60, 61, 62, 63, 64, 65, 66]), MENU);
    }

    /// A keyboard that is there, or not.
    struct Plugged(Result<(), DeviceFault>);

    impl Strokes for Plugged {
        fn take(&mut self, into: &mut Vec<Stroke>) -> Result<(), DeviceFault> {
            self.0?;
            into.push(Stroke { code: 28, way: Way::Down });
            Ok(())
        }
    }

    #[test]
    fn a_keyboard_that_is_pulled_out_presses_nothing_and_says_so_until_it_is_back() {
        let mut keypad = Keypad::over(Plugged(Ok(())));
        assert_eq!((keypad.pressed(), keypad.health()), (Some(Key::Ok), Ok(())));
        keypad.from.0 = Err(DeviceFault::NotConnected);
        assert_eq!((keypad.pressed(), keypad.health()), (None, Err(DeviceFault::NotConnected)));
        keypad.from.0 = Ok(());
        assert_eq!((keypad.pressed(), keypad.health()), (Some(Key::Ok), Ok(())));
    }

    #[test]
    fn other_keys_are_none() {
        assert_eq!(keys_for(&[0, 12, 15, 29, 42, 57, 67, 500]), []);
    }
}
