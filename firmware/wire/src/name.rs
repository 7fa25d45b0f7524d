//! The masked name: the only form in which a person's name leaves the wire layer (DOMAIN §15).
//!
//! Promises: at most 10 bytes of UTF-8 in one of the shapes `X`, `X*`, `X*Y`, `X**Y`; nothing invisible and
//! nothing that turns the text around it; wiped when dropped; `Debug` shows no character of it.
//! It must not know: the full name, beyond the call that masks it.

use core::fmt;

use zeroize::Zeroize;

/// What stands in place of the hidden characters.
pub const MASK: char = '*';

/// A name of which at most the first and the last character can be seen; at most [`MaskedName::MAX`] bytes.
///
/// Having one does not prove that it belongs to anybody: it is for a person's eyes, for the display time only.
/// It cannot be printed by accident:
///
/// ```compile_fail,E0277
/// println!("{}", gate_wire::name::MaskedName::from_full("张小三"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct MaskedName {
    bytes: [u8; Self::MAX],
    len: u8,
}

impl MaskedName {
    /// Longest masked name in bytes: two 4-byte characters around two masks.
    pub const MAX: usize = 10;

    /// No name: zero bytes.
    pub const NONE: Self = Self { bytes: [0; Self::MAX], len: 0 };

    /// Masks a full name, counted in visible characters: 张 → 张, 张三 → 张\*, 张小三 → 张\*三, longer:
    /// first + \*\* + last. Spaces do not count (cards print 张　三 and `TESTER, CHARLIE`); control, invisible and
    /// direction characters are dropped, or a name could rearrange the line of the screen it is shown in.
    #[must_use]
    pub fn from_full(full: &str) -> Self {
        Self::from_chars(full.chars())
    }

    /// [`MaskedName::from_full`] over characters, so that no copy of the full name has to exist.
    pub(crate) fn from_chars(full: impl Iterator<Item = char>) -> Self {
        let (mut first, mut last, mut count) = (None, None, 0_usize);
        for character in full.filter(|character| is_shown(*character) && *character != MASK) {
            first = first.or(Some(character));
            last = Some(character);
            count = count.saturating_add(1);
        }
        let masks = match count {
            0 | 1 => 0,
            2 | 3 => 1,
            _ => 2,
        };
        let mut name = Self::NONE;
        name.push(first);
        (0..masks).for_each(|_| name.push(Some(MASK)));
        name.push(last.filter(|_| count > 2));
        name
    }

    /// Takes a masked name from a credential or a record; zero bytes are [`MaskedName::NONE`].
    ///
    /// # Errors
    /// Anything that [`MaskedName::from_full`] could not have made, a full name above all.
    pub fn parse(bytes: &[u8]) -> Result<Self, NameError> {
        let mut name = Self::NONE;
        let room = name.bytes.get_mut(..bytes.len()).ok_or(NameError::FitLength { found: bytes.len() })?;
        room.copy_from_slice(bytes);
        name.len = bytes.len() as u8;
        let text = core::str::from_utf8(bytes).map_err(|_| NameError::DecodeUtf8)?;
        if !text.chars().all(is_shown) {
            return Err(NameError::AcceptCharacter);
        }
        if has_masked_shape(text) { Ok(name) } else { Err(NameError::MatchShape) }
    }

    /// The masked text; empty for [`MaskedName::NONE`].
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Both constructors only ever store whole characters.
        core::str::from_utf8(self.as_bytes()).unwrap_or("")
    }

    /// The masked text as UTF-8 bytes, 0 to 10 of them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or(&[])
    }

    /// Whether there is no name at all.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.len == 0
    }

    fn push(&mut self, character: Option<char>) {
        let Some(character) = character else { return };
        let start = usize::from(self.len);
        if let Some(room) = self.bytes.get_mut(start..start + character.len_utf8()) {
            character.encode_utf8(room);
            self.len += character.len_utf8() as u8;
        }
    }
}

impl Zeroize for MaskedName {
    fn zeroize(&mut self) {
        self.bytes.zeroize();
        self.len.zeroize();
    }
}

impl Drop for MaskedName {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl fmt::Debug for MaskedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_none() { "MaskedName(none)" } else { "MaskedName(hidden)" })
    }
}

/// Why bytes are no masked name. Carries nothing of the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Longer than [`MaskedName::MAX`] bytes.
    #[error("a masked name has at most 10 bytes, found {found}")]
    FitLength {
        /// Bytes found.
        found: usize,
    },
    /// Not UTF-8.
    #[error("the masked name is not UTF-8")]
    DecodeUtf8,
    /// A space, a control, an invisible or a direction character.
    #[error("the masked name has a character that cannot be seen")]
    AcceptCharacter,
    /// Not one of the shapes of DOMAIN §15: perhaps a name that nobody masked.
    #[error("the name is not masked")]
    MatchShape,
}

fn has_masked_shape(text: &str) -> bool {
    let mut characters = text.chars();
    let Some(first) = characters.next() else { return true };
    let rest = characters.as_str();
    let last = rest.strip_prefix("**").filter(|last| !last.is_empty()).or_else(|| rest.strip_prefix('*'));
    let tail = last.unwrap_or(rest);
    let tail_fits = if last.is_some() { tail.chars().count() <= 1 } else { tail.is_empty() };
    first != MASK && tail_fits && !tail.contains(MASK)
}

/// Whether a character takes a place of its own on the screen and leaves its neighbours where they are.
fn is_shown(character: char) -> bool {
    let invisible = matches!(character,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E0FFF}');
    !(invisible || character.is_control() || character.is_whitespace())
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::format;

    use super::*;

    #[test]
    fn a_name_is_masked_by_its_number_of_characters() {
        for (full, masked) in [
            ("", ""),
            ("   ", ""),
            ("张", "张"),
            ("张三", "张*"),
            ("张\u{3000}三", "张*"),
            ("张小三", "张*三"),
            ("欧阳小三", "欧**三"),
            ("TESTER, CHARLIE", "T**E"),
            ("阿卜杜拉·买买提", "阿**提"),
            ("𠀀測試𠮷", "𠀀**𠮷"),
            ("***张***三***", "张*"),
        ] {
            assert_eq!(MaskedName::from_full(full).as_str(), masked, "{full}");
        }
    }

    #[test]
    fn direction_and_invisible_characters_never_reach_the_screen() {
        assert_eq!(MaskedName::from_full("张\u{202E}三\u{200B}\0").as_str(), "张*");
        for bytes in ["\u{202E}*", "张*\u{200F}", "张*\n", "张*\u{2066}", "\u{FEFF}", " "] {
            assert_eq!(MaskedName::parse(bytes.as_bytes()), Err(NameError::AcceptCharacter), "{bytes:?}");
        }
    }

    #[test]
    fn whatever_masking_makes_parses_and_is_its_own_mask() {
        for full in ["", "张", "张三", "张小三", "欧阳小三", "A B", "𠀀測試𠮷", "TESTER, CHARLIE"]
        {
            let masked = MaskedName::from_full(full);
            assert_eq!(MaskedName::parse(masked.as_bytes()).as_ref(), Ok(&masked));
        }
    }

    #[test]
    fn a_name_nobody_masked_is_refused() {
        for text in
            ["张三", "张小三", "张三*", "*张", "*", "**", "***", "张***", "张**三丰", "张*三*", "AB*", "张**"]
        {
            assert!(MaskedName::parse(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(MaskedName::parse("欧阳**三".as_bytes()), Err(NameError::FitLength { found: 11 }));
        assert_eq!(MaskedName::parse(b"\xE5\xBC*"), Err(NameError::DecodeUtf8));
    }

    #[test]
    fn debug_shows_nothing_of_the_name() {
        assert_eq!(format!("{:?}", MaskedName::from_full("张三")), "MaskedName(hidden)");
    }

    #[test]
    fn wiping_leaves_no_byte() {
        let mut name = MaskedName::from_full("张小三");
        name.zeroize();
        assert_eq!((name.bytes, name.len), ([0; MaskedName::MAX], 0));
    }
}
