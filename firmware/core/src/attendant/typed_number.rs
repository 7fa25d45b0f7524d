//! The number of a document while it is typed.
//! Promises: at most 18 characters; stays where it is, so that it leaves no copies, and is wiped when dropped; never shown.
//! Must not know: what makes a number good.

use core::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

const MOST: usize = 18;

/// What was typed so far.
#[derive(Default, Zeroize, ZeroizeOnDrop)]
pub(super) struct TypedNumber {
    characters: [u8; MOST],
    length: u8,
}

impl fmt::Debug for TypedNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TypedNumber({} characters)", self.length)
    }
}

impl TypedNumber {
    /// Takes a character of ASCII; a nineteenth is not taken, and the count that is shown tells.
    pub(super) fn push(&mut self, character: u8) {
        if let Some(place) = self.characters.get_mut(usize::from(self.length)) {
            *place = character;
            self.length += 1;
        }
    }

    /// Characters, 0 to 18.
    pub(super) fn len(&self) -> u8 {
        self.length
    }

    /// As text.
    pub(super) fn text(&self) -> &str {
        let typed = self.characters.get(..usize::from(self.length)).unwrap_or(&[]);
        core::str::from_utf8(typed).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::format;

    use super::*;

    #[test]
    fn a_number_is_taken_to_18_characters_never_shown_and_wiped() {
        let mut number = TypedNumber::default();
        b"E12345678901234567890".iter().for_each(|character| number.push(*character));
        assert_eq!((number.text(), number.len()), ("E12345678901234567", 18));
        assert_eq!(format!("{number:?}"), "TypedNumber(18 characters)");
        number.zeroize();
        assert_eq!((number.text(), number.characters), ("", [0; 18]));
    }
}
