//! The photographs nobody here made (`GATE_DATA`, see its README): what is read, and that nothing panics out.
//!
//! The floors lie somewhat below what was measured when they were written: they catch a broken stage.

#![expect(clippy::unwrap_used, reason = "a test ends at its first surprise")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gate_hal_linux::picture::GreyPicture;
use gate_scan::{Frame, Scanner, Symbols};
use serde::Deserialize;

/// Measured: 330 of 473.
const LABELLED_FLOOR: usize = 315;

/// Measured: 399 of 473; many photographs show codes that nobody labelled.
const ANY_FLOOR: usize = 380;

/// A line of `truth.jsonl`: for each labelled code the spellings that count as right.
#[derive(Deserialize)]
struct Photograph {
    file: String,
    set: String,
    symbols: Vec<Vec<String>>,
}

/// What one set gave.
#[derive(Default)]
struct Tally {
    photographs: usize,
    with_labelled_code_read: usize,
    with_any_code_read: usize,
    panics: u32,
}

fn data() -> Option<PathBuf> {
    let fallback = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let data = std::env::var_os("GATE_DATA").map_or(fallback, PathBuf::from);
    Some(data.join("qr")).filter(|dir| dir.join("truth.jsonl").is_file())
}

fn photographs(dir: &Path) -> Vec<Photograph> {
    let truth = std::fs::read_to_string(dir.join("truth.jsonl")).unwrap();
    truth.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// By a scanner of its own: photographs are no sequence.
fn look(path: &Path) -> Symbols {
    let picture = GreyPicture::load(path).unwrap();
    Scanner::new().look(&Frame::new(&picture.pixels, picture.width, picture.height, picture.width).unwrap())
}

/// The labels are text, ours are bytes: one of the two encodings these sets use must match.
fn is_labelled(bytes: &[u8], labels: &[Vec<String>]) -> bool {
    let latin: String = bytes.iter().map(|b| char::from(*b)).collect();
    let unicode = String::from_utf8_lossy(bytes);
    let trimmed = |s: &str| s.trim_start_matches('\u{feff}').trim_end().to_owned();
    let ours = [trimmed(&latin), trimmed(&unicode)];
    labels.iter().flatten().any(|label| ours.contains(&trimmed(label)))
}

fn tally(dir: &Path) -> BTreeMap<String, Tally> {
    let mut sets: BTreeMap<String, Tally> = BTreeMap::new();
    for photograph in photographs(dir) {
        let symbols = look(&dir.join(&photograph.file));
        let set = sets.entry(photograph.set).or_default();
        set.photographs += 1;
        set.with_any_code_read += usize::from(!symbols.is_empty());
        set.with_labelled_code_read +=
            usize::from(symbols.iter().any(|s| is_labelled(s.bytes(), &photograph.symbols)));
        set.panics += symbols.panics();
    }
    sets
}

#[test]
fn photographs_are_read_and_nothing_is_read_where_nothing_is() {
    let Some(dir) = data() else {
        println!("SKIPPED photographs_are_read_and_nothing_is_read_where_nothing_is: GATE_DATA not found");
        return;
    };
    let sets = tally(&dir);
    println!("set: photographs, with a labelled code read, with any code read, panics contained");
    for (name, t) in &sets {
        let counts = (t.photographs, t.with_labelled_code_read, t.with_any_code_read, t.panics);
        println!("{name}: {} {} {} {}", counts.0, counts.1, counts.2, counts.3);
    }
    let labelled: usize = sets.values().map(|t| t.with_labelled_code_read).sum();
    let any: usize = sets.values().map(|t| t.with_any_code_read).sum();
    println!("all: {labelled} with a labelled code read, {any} with any");
    assert!(sets.iter().all(|(name, t)| !name.contains("falsepositives") || t.with_any_code_read == 0));
    assert!(labelled >= LABELLED_FLOOR, "{labelled} with a labelled code read, floor {LABELLED_FLOOR}");
    assert!(any >= ANY_FLOOR, "{any} with any code read, floor {ANY_FLOOR}");
}
