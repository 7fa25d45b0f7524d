//! A document number: normalised text of at most 18 characters that is never printed and does not stay in memory.
//!
//! Promises: capitals A-Z and digits only; wiped when dropped. It must not know what the digits mean.

use core::fmt;

use zeroize::Zeroize;

use super::DocumentError;

/// A normalised number: `A-Z0-9`, at most [`DocumentNumber::MAX`] bytes. Compared, looked up, never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct DocumentNumber {
    bytes: [u8; Self::MAX],
    len: u8,
}

impl DocumentNumber {
    /// The longest number of any kind, in bytes.
    pub const MAX: usize = 18;

    pub(super) const EMPTY: Self = Self { bytes: [0; Self::MAX], len: 0 };

    /// Drops spaces and hyphens, makes capitals, stops at the 19th character: a long input costs nothing.
    pub(super) fn normalise(text: &str) -> Result<Self, DocumentError> {
        let mut number = Self::EMPTY;
        for byte in text.bytes().filter(|byte| !matches!(byte, b' ' | b'-')) {
            number.extend(&[byte.to_ascii_uppercase()])?;
        }
        Ok(number)
    }

    /// The normalised characters.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or(&[])
    }

    pub(super) fn extend(&mut self, more: &[u8]) -> Result<(), DocumentError> {
        for byte in more {
            if !(byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
                return Err(DocumentError::AcceptCharacter);
            }
            let room = self.bytes.get_mut(usize::from(self.len));
            *room.ok_or(DocumentError::FitLength { found: Self::MAX + 1 })? = *byte;
            self.len += 1;
        }
        Ok(())
    }

    pub(super) fn truncate(&mut self, len: usize) {
        if let Some(rest) = self.bytes.get_mut(len..) {
            rest.zeroize();
            self.len = self.len.min(len as u8);
        }
    }
}

impl Zeroize for DocumentNumber {
    fn zeroize(&mut self) {
        self.bytes.zeroize();
        self.len.zeroize();
    }
}

impl Drop for DocumentNumber {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl fmt::Debug for DocumentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DocumentNumber(hidden)")
    }
}
