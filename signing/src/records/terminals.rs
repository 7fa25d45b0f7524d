//! The terminals that an authority enrolled, by the public halves of their record keys, as `gate enrol` printed them.
//! Promises: weak keys, numbers named twice and unknown fields are refused; a desk without the file knows those it made.
//! Must not know: records.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gate_core::query::TerminalNumber;
use gate_proof::ed25519::PublicKey;
use serde::{Deserialize, Serialize};

use crate::staging::{self, Readers};

/// The file in the desk's directory: `{"format":1,"terminals":[{"number":3,"record":HEX}]}`.
pub const TERMINALS_FILE: &str = "terminals.json";
/// The whole number space at 90 bytes a terminal.
const MAX_FILE_BYTES: u64 = 1 << 24;

/// Enrolled terminals.
#[derive(Clone, Debug, Default)]
pub struct Terminals(BTreeMap<TerminalNumber, PublicKey>);

/// Why the file is refused.
#[derive(Debug, thiserror::Error)]
pub enum TerminalsRefused {
    /// It cannot be read.
    #[error("{}", .path.display())]
    ReadFile {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not of its form.
    #[error("{}: write {{\"format\":1,\"terminals\":[{{\"number\":3,\"record\":\"64 hexadecimal digits\"}}]}}", .path.display())]
    ReadForm {
        /// Which.
        path: PathBuf,
        /// With line and column.
        source: serde_json::Error,
    },
    /// The number or the key is registered.
    #[error(
        "terminal {number} is registered with another key, or this key with another number: a terminal that was enrolled anew gets a new number"
    )]
    AddTwice {
        /// The number asked for.
        number: u32,
    },
    /// It cannot be written.
    #[error("{}", .path.display())]
    WriteFile {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A number or a key is none, or a number is named twice.
    #[error("{}: terminal {number}: no number or record key of a terminal, or named twice", .path.display())]
    AdmitTerminal {
        /// Which file.
        path: PathBuf,
        /// Its number.
        number: u32,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    #[serde(rename = "format")]
    _format: FormatOne,
    terminals: Vec<TerminalText>,
}

#[derive(Deserialize)]
#[serde(try_from = "u8")]
struct FormatOne;

impl TryFrom<u8> for FormatOne {
    type Error = &'static str;

    fn try_from(format: u8) -> Result<FormatOne, &'static str> {
        if format == 1 { Ok(FormatOne) } else { Err("this version reads format 1") }
    }
}

#[derive(Serialize)]
struct WrittenText {
    format: u8,
    terminals: Vec<TerminalText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TerminalText {
    number: u32,
    record: String,
}

impl Terminals {
    /// Those of the desk in `directory`; none without the file.
    ///
    /// # Errors
    /// [`TerminalsRefused`].
    pub fn load(directory: &Path) -> Result<Terminals, TerminalsRefused> {
        let path = directory.join(TERMINALS_FILE);
        let fault = |source| TerminalsRefused::ReadFile { path: path.clone(), source };
        match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Terminals::default()),
            Err(error) => return Err(fault(error)),
            Ok(about) if about.len() > MAX_FILE_BYTES => {
                return Err(fault(io::ErrorKind::FileTooLarge.into()));
            }
            Ok(_) => {}
        }
        let text = fs::read_to_string(&path).map_err(fault)?;
        let read: Text = serde_json::from_str(&text)
            .map_err(|source| TerminalsRefused::ReadForm { path: path.clone(), source })?;
        let mut terminals = BTreeMap::new();
        for one in read.terminals {
            let admitted = admit(&one);
            let fresh = admitted.is_some_and(|(number, key)| terminals.insert(number, key).is_none());
            if !fresh {
                return Err(TerminalsRefused::AdmitTerminal { path, number: one.number });
            }
        }
        Ok(Terminals(terminals))
    }

    /// Registers a terminal; the same again changes nothing. Records of years are verified by these keys, so none is replaced.
    ///
    /// # Errors
    /// [`TerminalsRefused::AddTwice`].
    pub fn add(&mut self, terminal: TerminalNumber, key: PublicKey) -> Result<(), TerminalsRefused> {
        if self.0.iter().any(|(number, known)| (*number == terminal) != (*known == key)) {
            return Err(TerminalsRefused::AddTwice { number: terminal.value() });
        }
        self.0.insert(terminal, key);
        Ok(())
    }

    /// As the file holds them.
    pub fn to_text(&self) -> String {
        let one = |(number, key): (&TerminalNumber, &PublicKey)| TerminalText {
            number: number.value(),
            record: crate::spelling::hex(key.as_bytes()),
        };
        let text = WrittenText { format: 1, terminals: self.0.iter().map(one).collect() };
        // Numbers and hexadecimal digits always are JSON.
        serde_json::to_string_pretty(&text).unwrap_or_default()
    }

    /// Keeps the file of the desk in `directory`.
    ///
    /// # Errors
    /// [`TerminalsRefused::WriteFile`].
    pub fn save(&self, directory: &Path) -> Result<(), TerminalsRefused> {
        let path = directory.join(TERMINALS_FILE);
        staging::replace(&path, self.to_text().as_bytes(), Readers::Owner)
            .map_err(|source| TerminalsRefused::WriteFile { path, source })
    }

    /// The record key of a terminal.
    pub fn record_key(&self, terminal: TerminalNumber) -> Option<PublicKey> {
        self.0.get(&terminal).cloned()
    }

    /// Their numbers.
    pub fn numbers(&self) -> impl Iterator<Item = TerminalNumber> {
        self.0.keys().copied()
    }
}

fn admit(one: &TerminalText) -> Option<(TerminalNumber, PublicKey)> {
    let key = PublicKey::admit(&gate_core::json::hex(&one.record)?).ok()?;
    Some((TerminalNumber::new(one.number)?, key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gate_proof::ed25519::SigningKey;

    #[test]
    fn enrolled_terminals_are_read_strictly() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Terminals::load(folder.path()).unwrap().numbers().count(), 0);
        let key = SigningKey::from_seed(&[3; 32]).public_key();
        let hex = crate::spelling::hex(key.as_bytes());
        let load = |text: String| {
            fs::write(folder.path().join(TERMINALS_FILE), text).unwrap();
            Terminals::load(folder.path())
        };
        let one = format!(r#"{{"number":3,"record":"{hex}"}}"#);
        let good = load(format!(r#"{{"format":1,"terminals":[{one}]}}"#)).unwrap();
        assert_eq!(good.record_key(TerminalNumber::new(3).unwrap()), Some(key));
        for wrong in [
            format!(r#"{{"format":2,"terminals":[{one}]}}"#),
            format!(r#"{{"format":1,"terminals":[{one},{one}]}}"#),
            format!(r#"{{"format":1,"terminals":[{}]}}"#, one.replace(":3", ":131072")),
            format!(r#"{{"format":1,"terminals":[{}]}}"#, one.replace(&hex, &"00".repeat(32))),
            format!(r#"{{"format":1,"terminals":[{one}],"more":1}}"#),
        ] {
            assert!(load(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
