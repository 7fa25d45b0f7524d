//! The kernel's numbers of keys (`linux/input-event-codes.h`), on a keyboard of the American layout: scanners type in it.
//! Promises: a key without a character has none. Must not know: what is typed.

/// Enter, on the letters' and on the digits' block.
pub(super) const ENTER: [u16; 2] = [28, 96];
/// Shift, left and right.
pub(super) const SHIFT: [u16; 2] = [42, 54];
/// Backspace and escape.
pub(super) const BACK: [u16; 2] = [14, 1];
/// F1 to F8.
pub(super) const FUNCTIONS: std::ops::RangeInclusive<u16> = 59..=66;

/// Runs of keys: the first one's number, their characters, and those with Shift.
const RUNS: [(u16, &[u8], &[u8]); 6] = [
    (2, b"1234567890-=", b"!@#$%^&*()_+"),
    (16, b"qwertyuiop[]", b"QWERTYUIOP{}"),
    (30, b"asdfghjkl;'`", b"ASDFGHJKL:\"~"),
    (43, b"\\zxcvbnm,./", b"|ZXCVBNM<>?"),
    (57, b" ", b" "),
    (71, b"789-456+1230.", b"789-456+1230."),
];

/// Whether Shift is down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Shift {
    Down,
    #[default]
    Up,
}

/// The character of a key.
pub(super) fn character(code: u16, shift: Shift) -> Option<u8> {
    RUNS.iter().find_map(|(first, plain, shifted)| {
        let characters = if shift == Shift::Down { shifted } else { plain };
        characters.get(usize::from(code.checked_sub(*first)?)).copied()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_characters_of_the_american_layout() {
        let typed = |codes: &[u16], shift| -> String {
            codes.iter().filter_map(|code| character(*code, shift)).map(char::from).collect()
        };
        assert_eq!(typed(&[2, 11, 30, 44, 53, 57], Shift::Up), "10az/ ");
        assert_eq!(typed(&[2, 39, 30, 5, 9], Shift::Down), "!:A$*");
        assert_eq!(typed(&[71, 79, 82, 83], Shift::Up), "710.");
        assert_eq!(typed(&[0, 1, 14, 15, 28, 29, 42, 58, 96, 183, u16::MAX], Shift::Up), "");
    }
}
