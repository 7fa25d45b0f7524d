//! The desk's log of visits: a line for each visit that a stick told of, and for each stick that was loaded for somebody.
//! Promises: only added to, and synced; who carried a stick stands here and never on the stick, which anybody may find: a stick is known by its
//! id.
//! Must not know: what a visit brought.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::receipt::{RECEIPT_MOST, Receipt, printable, when};

/// A stick was loaded for somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loaded {
    /// 1.
    pub format: u8,
    /// The stick's id in hexadecimal digits.
    pub loaded: String,
    /// When, by the desk's clock, in seconds since 1970.
    pub at: u64,
    /// For whom, such as a staff number.
    pub technician: String,
}

impl Loaded {
    /// From a line.
    #[must_use]
    pub fn read(line: &str) -> Option<Loaded> {
        let loaded: Loaded = serde_json::from_str(line).ok().filter(|_| line.len() <= RECEIPT_MOST)?;
        (loaded.format == 1).then_some(loaded)
    }

    /// As a person reads it.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Loaded { loaded, at, technician, .. } = self;
        let (stick, technician) = (printable(loaded), printable(technician));
        format!("{} U盘 stick {stick}: 装载给维护人员 loaded for technician {technician}", when(*at))
    }
}

/// Adds to the log that a stick was loaded for somebody.
///
/// # Errors
/// The system's.
pub fn note_loaded(log: &Path, loaded: &Loaded) -> io::Result<()> {
    // Of these types nothing fails.
    add(log, [serde_json::to_string(loaded).unwrap_or_default()].into_iter())
}

/// Adds visits to the log.
///
/// # Errors
/// The system's.
pub fn note_visits(log: &Path, receipts: &[Receipt]) -> io::Result<()> {
    add(log, receipts.iter().map(Receipt::to_line))
}

fn add(log: &Path, lines: impl Iterator<Item = String>) -> io::Result<()> {
    let mut file = File::options().append(true).create(true).open(log)?;
    for line in lines {
        writeln!(file, "{line}")?;
    }
    file.sync_all()
}

/// Whom each stick was loaded for last, by its id; nobody where there is no log yet.
///
/// # Errors
/// The system's.
pub fn technicians(log: &Path) -> io::Result<BTreeMap<String, String>> {
    let text = match std::fs::read_to_string(log) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        other => other?,
    };
    let loaded = text.lines().filter_map(Loaded::read);
    Ok(loaded.map(|loaded| (loaded.loaded, loaded.technician)).collect())
}

/// A line of the log, as a person reads it; `None` if it is none of its.
#[must_use]
pub fn in_words(line: &str) -> Option<String> {
    let visit = Receipt::read(line.as_bytes()).map(|receipt| receipt.in_words());
    visit.or_else(|| Loaded::read(line).map(|loaded| loaded.in_words()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(stick: &str, technician: &str) -> Loaded {
        Loaded { format: 1, loaded: stick.into(), at: 1_795_176_900, technician: technician.into() }
    }

    #[test]
    fn a_stick_is_whose_it_was_loaded_for_last() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("visits.log");
        assert!(technicians(&log).unwrap().is_empty(), "there is no log yet");
        for (stick, technician) in [("07", "0417"), ("09", "0418"), ("07", "0419")] {
            note_loaded(&log, &loaded(stick, technician)).unwrap();
        }
        std::fs::OpenOptions::new().append(true).open(&log).unwrap().write_all(b"{}\nnonsense\n").unwrap();
        let known = technicians(&log).unwrap();
        assert_eq!(known.get("07").map(String::as_str), Some("0419"));
        assert_eq!(known.get("09").map(String::as_str), Some("0418"));
        assert_eq!(known.len(), 2);
    }

    #[test]
    fn a_line_says_when_which_stick_and_for_whom_and_moves_no_cursor() {
        let line = serde_json::to_string(&loaded("07\u{1b}[2J", "0417\n")).unwrap();
        let said = in_words(&line).unwrap();
        assert_eq!(said, "2026-11-20 20:15 U盘 stick 07[2J: 装载给维护人员 loaded for technician 0417");
        assert_eq!(in_words("{}"), None);
    }
}
