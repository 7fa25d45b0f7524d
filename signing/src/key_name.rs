//! What a province's desk calls its keys, and the file name of each.
//! Promises: one file name per key, plain ASCII without separators; reading a name gives the key it was made from.
//! Must not know: the keys themselves, or how they are kept.

use core::fmt;

use gate_core::query::TerminalNumber;
use gate_wire::cose::Kid;

use crate::spelling;

/// A key of the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyName {
    /// The province's root: signs what says who may sign.
    Root,
    /// From person tags to subjects (DESIGN §6).
    Subject,
    /// Hides subjects in codes (DESIGN §5).
    Link,
    /// What a real province's status lists are sealed and signed under follows from it. A demo's follow from its root.
    List,
    /// An issuer's private half, by its id in the key set.
    Issuer(Kid),
    /// The private half of a day key, by its id: opens that day's records.
    Day(u32),
    /// What the day keys of a desk with encrypted files lie under, by its number: exchanged when one is destroyed.
    Wrap(u32),
    /// A terminal's record key. On a real board it never leaves the device.
    TerminalRecord(TerminalNumber),
    /// A terminal's own key for counting uses. On a real board it never leaves the device.
    TerminalUse(TerminalNumber),
}

/// What a key is for, and so whether it may leave its custody (see `custody`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Signs, and never leaves: Ed25519.
    Sign,
    /// Opens records at this desk, and never leaves it: X25519.
    Open,
    /// Other secrets follow from it here; it never leaves the desk: symmetric.
    Derive,
    /// Terminals get it: symmetric, or the seed of a terminal's own Ed25519 key.
    Deliver,
}

impl KeyName {
    /// What it is for.
    pub fn purpose(self) -> Purpose {
        match self {
            KeyName::Root | KeyName::Issuer(_) => Purpose::Sign,
            KeyName::Day(_) | KeyName::Wrap(_) => Purpose::Open,
            KeyName::List => Purpose::Derive,
            KeyName::Subject | KeyName::Link | KeyName::TerminalRecord(_) | KeyName::TerminalUse(_) => {
                Purpose::Deliver
            }
        }
    }

    /// Its name in the log and in the custody record: its file name without the ending.
    pub fn token(self) -> String {
        let mut name = self.file_name();
        name.truncate(name.len() - ".key".len());
        name
    }

    /// The key of this token.
    pub fn from_token(token: &str) -> Option<KeyName> {
        KeyName::from_file_name(&format!("{token}.key"))
    }

    /// Its file within `keys/`.
    pub fn file_name(self) -> String {
        match self {
            KeyName::Root => "root.key".into(),
            KeyName::Subject => "subject.key".into(),
            KeyName::Link => "link.key".into(),
            KeyName::List => "list.key".into(),
            KeyName::Issuer(kid) => format!("issuer-{}.key", spelling::hex(&kid.0)),
            KeyName::Day(id) => format!("day-{id}.key"),
            KeyName::Wrap(number) => format!("wrap-{number}.key"),
            KeyName::TerminalRecord(number) => format!("terminal-record-{}.key", number.value()),
            KeyName::TerminalUse(number) => format!("terminal-use-{}.key", number.value()),
        }
    }

    /// The key with this file name, spelled exactly as [`KeyName::file_name`] spells it.
    pub fn from_file_name(file: &str) -> Option<KeyName> {
        let stem = file.strip_suffix(".key")?;
        let name = match stem.rsplit_once('-') {
            None if stem == "root" => KeyName::Root,
            None if stem == "subject" => KeyName::Subject,
            None if stem == "link" => KeyName::Link,
            None if stem == "list" => KeyName::List,
            Some(("issuer", kid)) => KeyName::Issuer(Kid(gate_core::json::hex(kid)?)),
            Some(("day", id)) => KeyName::Day(id.parse().ok()?),
            Some(("wrap", number)) => KeyName::Wrap(number.parse().ok()?),
            Some(("terminal-record", number)) => KeyName::TerminalRecord(terminal(number)?),
            Some(("terminal-use", number)) => KeyName::TerminalUse(terminal(number)?),
            _ => return None,
        };
        (name.file_name() == file).then_some(name)
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.token())
    }
}

fn terminal(number: &str) -> Option<TerminalNumber> {
    TerminalNumber::new(number.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_leads_back_to_its_key_and_no_other_does() {
        let number = TerminalNumber::new(7).unwrap();
        for name in [
            KeyName::Root,
            KeyName::Subject,
            KeyName::Link,
            KeyName::List,
            KeyName::Issuer(Kid(*b"sc01")),
            KeyName::Day(20_777),
            KeyName::Wrap(3),
            KeyName::TerminalRecord(number),
            KeyName::TerminalUse(number),
        ] {
            assert_eq!(KeyName::from_file_name(&name.file_name()), Some(name));
            assert_eq!(KeyName::from_token(&name.to_string()), Some(name));
        }
        for file in ["day-007.key", "issuer-7363303.key", "terminal-use-131072.key", "root", "notes.txt"] {
            assert_eq!(KeyName::from_file_name(file), None, "{file}");
        }
    }
}
