//! Enrolment by the terminal's own camera (DOMAIN §16): what the hub's code says, what the passage process asks of the network
//! carrier, and what that answers (docs/formats/enrolment.md).
//! Promises: only public keys are in what is asked; an answer is to one code, told by its digest; whatever stands in either
//! file is a screen or nothing.
//! Must not know: files, cameras, who may begin it.

use core::fmt;

use gate_proof::digest::sha256;
use heapless::String;
use serde::{Deserialize, Serialize};

use crate::json::{self, JsonError};
use crate::query::TerminalNumber;
use crate::screen::LineStep;

/// The file's name, asked in `out/` and answered in `acks/` of the carriers' folder.
pub const FILE_NAME: &str = "enrolment.json";
/// Bytes of the longest document.
pub const LARGEST: usize = 320;
/// How the QR code begins.
const PREFIX: &[u8] = b"TFE1:";
/// Letters of a code.
const CODE: usize = 16;

/// What a hub's QR code says: `TFE1:NUMBER:CODE`, the number in decimal, the code in 16 digits and capital letters.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Which terminal it is for.
    pub terminal: TerminalNumber,
    code: String<CODE>,
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Invitation({:?})", self.terminal)
    }
}

impl Invitation {
    /// Reads a symbol; `None` if it is anything else.
    #[must_use]
    pub fn parse(symbol: &[u8]) -> Option<Invitation> {
        let (number, code) = core::str::from_utf8(symbol.strip_prefix(PREFIX)?).ok()?.split_once(':')?;
        let is_plain = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.is_empty();
        let terminal = TerminalNumber::new(number.parse().ok().filter(|_| is_plain && number.len() <= 6)?)?;
        let is_code = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
        if code.len() != CODE || !code.bytes().all(is_code) {
            return None;
        }
        let code = code.chars().map(|letter| letter.to_ascii_lowercase()).collect();
        Some(Invitation { terminal, code })
    }

    /// As the hub knows it.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Names the code without saying it.
    #[must_use]
    pub fn id(&self) -> String<16> {
        of_code(&self.code)
    }
}

fn of_code(code: &str) -> String<16> {
    let digest = sha256(&[b"enrolment", code.as_bytes()]);
    let digits = digest.as_bytes().iter().take(8).flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0')).collect()
}

/// What is asked of the carrier.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    format: u8,
    /// This terminal's number.
    pub terminal: u32,
    code: String<CODE>,
    device: String<64>,
    record: String<64>,
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Asked(terminal {})", self.terminal)
    }
}

impl Asked {
    /// For a code, with the terminal's public keys.
    #[must_use]
    pub fn new(invitation: &Invitation, device: &[u8; 32], record: &[u8; 32]) -> Asked {
        let code = invitation.code.clone();
        let terminal = invitation.terminal.value();
        Asked { format: 1, terminal, code, device: digits(device), record: digits(record) }
    }

    /// Reads the document.
    ///
    /// # Errors
    /// [`JsonError`]; `None` if it is of another format.
    pub fn load(bytes: &[u8]) -> Result<Option<Asked>, JsonError> {
        let asked: Asked = json::read(bytes)?;
        Ok(Some(asked).filter(|asked| asked.format == 1 && asked.code.len() == CODE))
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> String<LARGEST> {
        // At most 230 bytes: fits.
        serde_json_core::to_string(self).unwrap_or_default()
    }

    /// The hub's code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The public device key, 64 hexadecimal digits.
    #[must_use]
    pub fn device(&self) -> &str {
        &self.device
    }

    /// The public record key, 64 hexadecimal digits.
    #[must_use]
    pub fn record(&self) -> &str {
        &self.record
    }

    /// Names the code without saying it.
    #[must_use]
    pub fn id(&self) -> String<16> {
        of_code(&self.code)
    }
}

/// What the carrier answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    format: u8,
    id: String<16>,
    /// How far it is.
    pub step: Came,
}

/// How far an enrolment is, as the carrier knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Came {
    /// The hub does not answer; it is asked again.
    NoLine,
    /// The hub knows this terminal now.
    Enrolled,
    /// The hub does not know the code, or not for this terminal.
    Unknown,
    /// The code's time is over.
    Ended,
    /// The code was used by another.
    Used,
    /// The hub will not have it for another reason: a revoked key, another version.
    Refused,
}

impl Came {
    /// Whether nothing follows.
    #[must_use]
    pub fn is_last(self) -> bool {
        self != Came::NoLine
    }
}

impl Answered {
    /// To what was asked.
    #[must_use]
    pub fn new(asked: &Asked, step: Came) -> Answered {
        Answered { format: 1, id: asked.id(), step }
    }

    /// Reads the document: the step, if it answers the code of this name.
    #[must_use]
    pub fn load(bytes: &[u8], id: &str) -> Option<Came> {
        let answered: Answered = json::read(bytes).ok()?;
        (answered.format == 1 && answered.id == id).then_some(answered.step)
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> String<LARGEST> {
        // At most 60 bytes: fits.
        serde_json_core::to_string(self).unwrap_or_default()
    }
}

impl From<Came> for LineStep {
    fn from(came: Came) -> LineStep {
        match came {
            Came::NoLine => LineStep::NoLine,
            Came::Enrolled => LineStep::Enrolled,
            Came::Unknown => LineStep::Unknown,
            Came::Ended => LineStep::Ended,
            Came::Used => LineStep::Used,
            Came::Refused => LineStep::Refused,
        }
    }
}

fn digits(key: &[u8; 32]) -> String<64> {
    let digits = key.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const A5: &str = "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5";
    const SEVENS: &str = "0707070707070707070707070707070707070707070707070707070707070707";

    fn printed(what: &impl fmt::Debug) -> String<256> {
        let mut text = String::new();
        fmt::write(&mut text, format_args!("{what:?}")).unwrap();
        text
    }

    fn invitation() -> Invitation {
        Invitation::parse(b"TFE1:131071:0123456789ABCDEF").unwrap()
    }

    #[test]
    fn a_code_says_a_terminal_and_sixteen_letters_and_nothing_else_is_one() {
        let read = invitation();
        assert_eq!((read.terminal.value(), read.code()), (131_071, "0123456789abcdef"));
        for wrong in [
            "TFE1:131072:0123456789ABCDEF",
            "TFE1:+7:0123456789ABCDEF",
            "TFE1::0123456789ABCDEF",
            "TFE1:0000007:0123456789ABCDEF",
            "TFE1:7:0123456789ABCDE",
            "TFE1:7:0123456789ABCDEFG",
            "TFE1:7:0123456789abcdef",
            "TFE1:7:0123456789ABCD:F",
            "TFE2:7:0123456789ABCDEF",
            "TFE1:7",
            "",
        ] {
            assert!(Invitation::parse(wrong.as_bytes()).is_none(), "{wrong}");
        }
        assert!(!printed(&read).contains("0123"));
    }

    #[test]
    fn what_is_asked_and_answered_is_read_as_it_was_written() {
        let asked = Asked::new(&invitation(), &[0xA5; 32], &[7; 32]);
        let read = Asked::load(asked.document().as_bytes()).unwrap().unwrap();
        assert_eq!(read, asked);
        assert_eq!((read.device(), read.record()), (A5, SEVENS));
        assert!(!printed(&asked).contains("0123"));
        for step in [Came::NoLine, Came::Enrolled, Came::Unknown, Came::Ended, Came::Used, Came::Refused] {
            let document = Answered::new(&asked, step).document();
            assert_eq!(Answered::load(document.as_bytes(), &invitation().id()), Some(step));
            assert_eq!(Answered::load(document.as_bytes(), "another"), None);
            assert!(!document.contains("0123456789abcdef"), "the code is not in the answer");
        }
    }

    #[test]
    fn nonsense_is_nothing() {
        assert_eq!(Answered::load(b"{}", "x"), None);
        assert!(Asked::load(b"{\"format\":1}").is_err());
        let other = Asked { format: 2, ..Asked::new(&invitation(), &[1; 32], &[2; 32]) };
        assert_eq!(Asked::load(other.document().as_bytes()), Ok(None));
    }
}
