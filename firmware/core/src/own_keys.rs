//! A terminal's own keys: the document in its data directory, mode 0600.
//! Promises: refused when others can read the file; wiped when dropped, never printed.
//! Must not know: files, what the keys are used for.
//!
//! `{"format":2,"terminal":N,"device_key_seed":hex,"record_key_seed":hex,"use_key":hex}`, 64 lower-case hexadecimal digits a
//! key.

use core::fmt;

use gate_proof::seal::OpeningKey;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::json::{self, JsonError, hex};
use crate::query::TerminalNumber;

/// The document's file within the data directory.
pub const FILE_NAME: &str = "terminal.keys.json";

/// What no desk needs to know.
pub struct OwnKeys {
    /// The terminal's number.
    pub terminal: TerminalNumber,
    /// Opens what is sealed to this device.
    pub device: OpeningKey,
    /// The key that signs batches of records.
    pub record_seed: Zeroizing<[u8; 32]>,
    /// Fingerprints uses.
    pub use_key: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for OwnKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnKeys(terminal {})", self.terminal.value())
    }
}

/// Why a terminal's own keys are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OwnKeysRefused {
    /// Others can read the file.
    #[error("it can be read by others (mode {mode:o}): chmod 600 it")]
    KeepSecret {
        /// The mode found.
        mode: u32,
    },
    /// The document cannot be read.
    #[error("it is not of the documented form (format 2)")]
    Json(#[from] JsonError),
    /// Another version of the form.
    #[error("terminal keys of format {found}, this version reads 2")]
    ForeignFormat {
        /// The format found.
        found: u8,
    },
    /// A field is not valid.
    #[error("{what} is not valid")]
    ReadField {
        /// Which.
        what: &'static str,
    },
}

/// The strings borrow from the file's bytes, which the caller wipes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnDocument<'a> {
    format: u8,
    terminal: u32,
    device_key_seed: &'a str,
    record_key_seed: &'a str,
    use_key: &'a str,
}

impl OwnKeys {
    /// Reads the document out of a file of this mode.
    ///
    /// # Errors
    /// [`OwnKeysRefused`].
    pub fn load(bytes: &[u8], mode: u32) -> Result<OwnKeys, OwnKeysRefused> {
        if mode & 0o077 != 0 {
            return Err(OwnKeysRefused::KeepSecret { mode: mode & 0o777 });
        }
        let document: OwnDocument<'_> = json::read(bytes)?;
        if document.format != 2 {
            return Err(OwnKeysRefused::ForeignFormat { found: document.format });
        }
        let bad = |what| OwnKeysRefused::ReadField { what };
        let key = |what, text: &str| hex(text).map(Zeroizing::new).ok_or(bad(what));
        Ok(OwnKeys {
            terminal: TerminalNumber::new(document.terminal).ok_or(bad("terminal, over 131071,"))?,
            device: OpeningKey::from_seed(&*key("device_key_seed", document.device_key_seed)?),
            record_seed: key("record_key_seed", document.record_key_seed)?,
            use_key: key("use_key", document.use_key)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;

    #[test]
    fn keys_that_others_can_read_and_documents_of_another_form_are_refused() {
        let key = "07".repeat(32);
        let good = std::format!(
            r#"{{"format":2,"terminal":7,"device_key_seed":"{key}","record_key_seed":"{key}","use_key":"{key}"}}"#
        );
        assert_eq!(OwnKeys::load(good.as_bytes(), 0o100_600).unwrap().terminal.value(), 7);
        for mode in [0o640, 0o604, 0o660] {
            let refused = OwnKeys::load(good.as_bytes(), mode).unwrap_err();
            assert_eq!(refused, OwnKeysRefused::KeepSecret { mode });
        }
        for (from, to) in [("\"format\":2", "\"format\":1"), (":7,", ":131072,"), ("07", "0x")] {
            assert!(OwnKeys::load(good.replacen(from, to, 1).as_bytes(), 0o600).is_err(), "{to}");
        }
    }
}
