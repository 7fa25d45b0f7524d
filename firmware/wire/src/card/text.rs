//! Fields of a card's text: UTF-16LE, left-justified, padded with U+0020.
//!
//! Promises: a field is read from exactly its bytes; digits and letters are taken only as printable ASCII followed by
//! nothing but padding. A name is the whole field: cutting it at the first space breaks every foreign name.

use zeroize::Zeroize;

use super::{CardError, CardField, TEXT_LEN};
use crate::document::Date;

/// Longest ASCII field: a number of 18 characters.
const ASCII_MAX: usize = 18;

/// The text of one card.
#[derive(Clone, Copy)]
pub(super) struct Text<'t>(pub(super) &'t [u8; TEXT_LEN]);

impl<'t> Text<'t> {
    /// The UTF-16 unit at a byte offset.
    pub(super) fn unit(self, offset: usize) -> u16 {
        self.units(offset, 2).next().unwrap_or(0)
    }

    /// The characters of a field, padding included; `None` in place of half a surrogate pair.
    pub(super) fn characters(
        self,
        offset: usize,
        len: usize,
    ) -> impl Iterator<Item = Option<char>> + Clone + 't {
        char::decode_utf16(self.units(offset, len)).map(Result::ok)
    }

    /// Whether a field holds nothing but padding.
    pub(super) fn is_blank(self, offset: usize, len: usize) -> bool {
        self.units(offset, len).all(|unit| matches!(unit, 0 | 0x20))
    }

    /// A field of printable ASCII and padding.
    pub(super) fn ascii(self, offset: usize, len: usize) -> Option<Ascii> {
        let mut ascii = Ascii { bytes: [0; ASCII_MAX], len: 0 };
        let mut units = self.units(offset, len);
        for unit in units.by_ref() {
            if matches!(unit, 0 | 0x20) {
                break;
            }
            let byte = u8::try_from(unit).ok().filter(u8::is_ascii_graphic)?;
            *ascii.bytes.get_mut(ascii.len)? = byte;
            ascii.len += 1;
        }
        units.all(|unit| matches!(unit, 0 | 0x20)).then_some(ascii)
    }

    /// A date of eight digits in a field of 16 bytes.
    pub(super) fn date(self, offset: usize, field: CardField) -> Result<Date, CardError> {
        let digits = self.ascii(offset, 16).ok_or(CardError::ReadField { field })?;
        Date::parse_yyyymmdd(digits.as_bytes()).map_err(|_| CardError::ReadField { field })
    }

    fn units(self, offset: usize, len: usize) -> impl Iterator<Item = u16> + Clone + 't {
        let bytes = self.0.get(offset..offset + len).unwrap_or(&[]);
        bytes.chunks_exact(2).map(|pair| match pair {
            [low, high] => u16::from_le_bytes([*low, *high]),
            _ => 0,
        })
    }
}

/// The ASCII characters of a field; wiped when dropped.
pub(super) struct Ascii {
    bytes: [u8; ASCII_MAX],
    len: usize,
}

impl Ascii {
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }

    pub(super) fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or("")
    }

    /// Exactly three characters.
    pub(super) fn three(&self) -> Option<[u8; 3]> {
        <[u8; 3]>::try_from(self.as_bytes()).ok()
    }
}

impl Drop for Ascii {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}
