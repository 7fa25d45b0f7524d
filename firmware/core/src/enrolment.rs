//! Enrolment by the terminal's own camera (DOMAIN §16): what the hub's code says, what the passage process asks of the network
//! carrier, and what that answers (docs/formats/enrolment.md, ADR 24).
//! Promises: the code itself is in nothing that is asked, only public keys and a signature by the key that the code makes: whoever
//! carries it can put no other keys in; having a [`Vouched`] tells that this signature is good.
//! Must not know: files, cameras, who may begin it, which codes a hub has shown.

mod answered;

use core::fmt;

use gate_proof::digest::sha256;
use gate_proof::ed25519::{PublicKey, SigningFault, SigningKey};
use heapless::String;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::json::{self, JsonError};
use crate::query::TerminalNumber;
use crate::records::join;

pub use answered::{Answered, Came};

/// The file's name, asked in `out/` and answered in `acks/` of the carriers' folder.
pub const FILE_NAME: &str = "enrolment.json";
/// Bytes of the longest document.
pub const LARGEST: usize = 512;
/// Bytes that make one asking another than the one before.
pub const NONCE_BYTES: usize = 16;

/// How the QR code begins.
const PREFIX: &[u8] = b"TFE1:";
/// Letters of a code.
const CODE: usize = 16;
/// Of the second form: the first had the code itself in it.
const FORMAT: u8 = 2;
/// What the code's key is made with, and what it signs.
const KEY_TAG: &[u8] = b"tianfu-gate/enrolment-code/1";
const ASKED_TAG: &[u8] = b"tianfu-gate/enrolment/1";

/// What a hub's QR code says: `TFE1:NUMBER:CODE`, the number in decimal, the code in 16 digits and capital letters.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Which terminal it is for.
    pub terminal: TerminalNumber,
    /// What the code's key is made from: the code itself is not kept.
    seed: Zeroizing<[u8; 32]>,
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
        let is_small = |byte: u8| byte.is_ascii_lowercase();
        Invitation::of(terminal, code).filter(|_| !code.bytes().any(is_small))
    }

    /// Of the letters alone, large or small, as the hub prints them and people type them.
    #[must_use]
    pub fn of(terminal: TerminalNumber, letters: &str) -> Option<Invitation> {
        if letters.len() != CODE || !letters.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        let code: String<CODE> = letters.chars().map(|letter| letter.to_ascii_lowercase()).collect();
        Some(Invitation { terminal, seed: Zeroizing::new(sha256(&[KEY_TAG, code.as_bytes()]).0) })
    }

    /// The key that the code makes: the hub keeps a digest of its public half and no more. A code has 80 random bits, so that
    /// nobody finds it from what it signed.
    #[must_use]
    pub fn key(&self) -> SigningKey {
        SigningKey::from_seed(&self.seed)
    }
}

/// What is asked of the carrier: public all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    format: u8,
    /// This terminal's number.
    pub terminal: u32,
    invitation: String<64>,
    device: String<64>,
    record: String<64>,
    nonce: String<32>,
    signature: String<128>,
}

impl Asked {
    /// For a code, with the terminal's public keys, device and record, and a nonce that was never used.
    ///
    /// # Errors
    /// [`SigningFault`].
    pub fn new(
        invitation: &Invitation,
        [device, record]: [&[u8; 32]; 2],
        nonce: &[u8; NONCE_BYTES],
    ) -> Result<Asked, SigningFault> {
        let (key, terminal) = (invitation.key(), invitation.terminal);
        let signature = key.sign(&message(terminal, [device, record], nonce))?;
        Ok(Asked {
            format: FORMAT,
            terminal: terminal.value(),
            invitation: digits(key.public_key().as_bytes()),
            device: digits(device),
            record: digits(record),
            nonce: digits(nonce),
            signature: digits(&signature),
        })
    }

    /// Reads the document.
    ///
    /// # Errors
    /// [`JsonError`]; `None` if it is of another format.
    pub fn load(bytes: &[u8]) -> Result<Option<Asked>, JsonError> {
        let asked: Asked = json::read(bytes)?;
        Ok(Some(asked).filter(|asked| asked.format == FORMAT))
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> String<LARGEST> {
        // At most 460 bytes: fits.
        serde_json_core::to_string(self).unwrap_or_default()
    }

    /// Names this asking: its nonce.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.nonce
    }

    /// What is in it, if the code's key has signed it.
    #[must_use]
    pub fn vouched(&self) -> Option<Vouched> {
        let terminal = TerminalNumber::new(self.terminal)?;
        let invitation = PublicKey::admit(&json::hex(&self.invitation)?).ok()?;
        let [device, record] = [json::hex(&self.device)?, json::hex(&self.record)?];
        let signed = message(terminal, [&device, &record], &json::hex(&self.nonce)?);
        invitation.verify(&signed, &json::hex(&self.signature)?).ok()?;
        Some(Vouched { terminal, invitation, device, record })
    }
}

/// Keys for which whoever has the code has signed. That a hub ever showed this code is told by nothing in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vouched {
    terminal: TerminalNumber,
    invitation: PublicKey,
    device: [u8; 32],
    record: [u8; 32],
}

impl Vouched {
    /// Whose keys.
    #[must_use]
    pub fn terminal(&self) -> TerminalNumber {
        self.terminal
    }

    /// The public half of the code's key.
    #[must_use]
    pub fn invitation(&self) -> &PublicKey {
        &self.invitation
    }

    /// The public device key, not admitted.
    #[must_use]
    pub fn device(&self) -> &[u8; 32] {
        &self.device
    }

    /// The public record key, not admitted.
    #[must_use]
    pub fn record(&self) -> &[u8; 32] {
        &self.record
    }
}

/// Tag · terminal u32 · device key · record key · nonce: of one length each, so that no part can pose as another.
fn message(
    terminal: TerminalNumber,
    [device, record]: [&[u8; 32]; 2],
    nonce: &[u8; NONCE_BYTES],
) -> [u8; ASKED_TAG.len() + 4 + 2 * 32 + NONCE_BYTES] {
    join(&[ASKED_TAG, &terminal.value().to_be_bytes(), device, record, nonce])
}

/// `N` is twice the bytes: what is longer is cut off.
fn digits<const N: usize>(bytes: &[u8]) -> String<N> {
    let digits = bytes.iter().take(N / 2).flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0')).collect()
}

#[cfg(test)]
mod tests;
