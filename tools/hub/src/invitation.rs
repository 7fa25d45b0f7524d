//! A code that makes one terminal known, as people type it and as the terminal's camera reads it.
//! Promises: 80 random bits, so that nobody finds a code from what its key signed; the text in the QR code is the code with the
//! number it serves for, and nothing else.
//! Must not know: how long it serves, who asked for it.
//!
//! Text of the QR code, alphanumeric, level M: `TFE1:NUMBER:CODE`, the number in decimal, the code in capital letters.

use std::fmt;

use gate_core::enrolment;
use gate_core::query::TerminalNumber;
use gate_proof::ed25519::PublicKey;
use qrcodegen::{QrCode, QrCodeEcc};

/// Modules of white around the code (ISO/IEC 18004 §5.3.8).
pub const QUIET_ZONE: usize = 4;
/// Letters of a code: none that is taken for another.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A code for a terminal.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// For which.
    pub terminal: TerminalNumber,
    /// 16 letters of 5 random bits each.
    pub code: String,
    /// The public half of the key that the code makes: all that this hub needs to know it again.
    pub key: PublicKey,
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Invitation({:?})", self.terminal)
    }
}

/// The system gives no randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no randomness")]
pub struct NoRandomness;

/// `N` letters of 5 random bits each: nobody guesses 16 of them.
///
/// # Errors
/// [`NoRandomness`].
pub fn letters<const N: usize>() -> Result<String, NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    let letter = |byte: &u8| LETTERS.get(usize::from(byte & 31)).copied().map_or('0', char::from);
    Ok(bytes.iter().map(letter).collect())
}

impl Invitation {
    /// A new one.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn new(terminal: TerminalNumber) -> Result<Invitation, NoRandomness> {
        let code = letters::<16>()?;
        // Sixteen letters of ours are a code.
        let read = enrolment::Invitation::of(terminal, &code).ok_or(NoRandomness)?;
        Ok(Invitation { terminal, code, key: read.key().public_key() })
    }

    /// What the QR code says.
    #[must_use]
    pub fn text(&self) -> String {
        format!("TFE1:{}:{}", self.terminal.value(), self.code.to_ascii_uppercase())
    }

    /// The QR code, dark modules true, without the white around it.
    #[must_use]
    pub fn modules(&self) -> Option<Vec<Vec<bool>>> {
        let code = QrCode::encode_text(&self.text(), QrCodeEcc::Medium).ok()?;
        let side = 0..code.size();
        Some(side.clone().map(|y| side.clone().map(|x| code.get_module(x, y)).collect()).collect())
    }

    /// The QR code for a text screen that is light on dark, two modules a letter.
    #[must_use]
    pub fn drawn(&self) -> String {
        let Some(modules) = self.modules() else { return String::new() };
        let edge = QUIET_ZONE.cast_signed();
        let side = modules.len().cast_signed();
        let dark = |x: isize, y: isize| {
            let row = usize::try_from(y).ok().and_then(|y| modules.get(y));
            row.zip(usize::try_from(x).ok()).and_then(|(row, x)| row.get(x)).is_some_and(|dark| *dark)
        };
        let mut drawn = String::new();
        for y in (-edge..side + edge).step_by(2) {
            drawn.extend((-edge..side + edge).map(|x| match (dark(x, y), dark(x, y + 1)) {
                (true, true) => ' ',
                (true, false) => '▄',
                (false, true) => '▀',
                (false, false) => '█',
            }));
            drawn.push('\n');
        }
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_small_enough_for_any_camera_and_says_its_terminal() {
        let terminal = TerminalNumber::new(131_071).unwrap();
        let one = Invitation::new(terminal).unwrap();
        assert_eq!(one.modules().unwrap().len(), 25, "version 2");
        assert_eq!(one.text().len(), 5 + 6 + 1 + 16);
        assert!(one.text().starts_with("TFE1:131071:"));
        assert_ne!(one, Invitation::new(terminal).unwrap());
        let drawn = one.drawn();
        assert_eq!(drawn.lines().count(), 17);
        assert!(drawn.lines().all(|line| line.chars().count() == 33));
    }
}
