//! The number by which a visit knows the keeper's word on what it brought: drawn by the visit, put into the spool as `ask`, repeated in the
//! keeper's report.
//! Promises: a report that repeats it was made by a keeper that looked after it was put there; it lies in the spool as a carrier left
//! it, so nothing is waited for, no link followed, and what is no such number is none.
//! Must not know: who draws it, who starts the keeper.

use std::fmt;
use std::path::Path;

use gate_core::json;
use gate_files::Folder;
use serde::{Deserialize, Serialize};

use crate::wants::hex;

/// The file's name in the spool.
pub const FILE_NAME: &str = "ask";
/// Bytes of the file: hexadecimal digits and nothing else.
const FILE_BYTES: u64 = 32;

/// The number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Ask(pub [u8; 16]);

/// The text is no such number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no number of 32 lower-case hexadecimal digits")]
pub struct NoAsk;

impl Ask {
    /// What is asked in `spool`; `None` where nothing is, or something else lies there.
    #[must_use]
    pub fn read(spool: &Path) -> Option<Ask> {
        let bytes = Folder::open(spool).ok()??.small(FILE_NAME, FILE_BYTES).ok()??;
        String::from_utf8(bytes).ok()?.try_into().ok()
    }
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl From<Ask> for String {
    fn from(ask: Ask) -> String {
        ask.to_string()
    }
}

impl TryFrom<String> for Ask {
    type Error = NoAsk;

    fn try_from(text: String) -> Result<Ask, NoAsk> {
        json::hex(&text).map(Ask).ok_or(NoAsk)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use crate::Spool;

    use super::*;

    const NUMBER: Ask = Ask([0x5A; 16]);

    #[test]
    fn what_is_asked_is_read_as_it_was_asked_and_the_last_one_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spool");
        assert_eq!(Ask::read(&path), None);
        // A spool that junk has filled still takes it.
        let spool = Spool::open(&path, 0).unwrap();
        assert_eq!(Ask::read(&path), None);
        for number in [Ask([1; 16]), NUMBER] {
            spool.ask(&number).unwrap();
            assert_eq!(Ask::read(&path), Some(number));
        }
        assert_eq!(fs::read_to_string(path.join(FILE_NAME)).unwrap(), "5a".repeat(16));
        assert_eq!(spool.names("part"), Vec::<String>::new());
    }

    #[test]
    fn what_is_no_number_is_none_and_nothing_is_waited_for_or_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        let digits = NUMBER.to_string();
        for bad in
            ["", "5a", &digits.to_uppercase(), &format!("{digits}\n"), &"-".repeat(32), &"5a".repeat(1 << 20)]
        {
            fs::write(&path, bad).unwrap();
            assert_eq!(Ask::read(folder.path()), None, "{} bytes", bad.len());
        }
        fs::remove_file(&path).unwrap();
        fs::write(folder.path().join("number"), digits).unwrap();
        symlink(folder.path().join("number"), &path).unwrap();
        assert_eq!(Ask::read(folder.path()), None);
        fs::remove_file(&path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert_eq!(Ask::read(folder.path()), None);
    }
}
