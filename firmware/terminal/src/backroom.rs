//! What staff is told and no verdict rests on: the keeper's last report, a carrier's visit, the self-test.
//! Promises: small regular files only, read on threads of their own; whatever stands in them is a screen or nothing.
//! Must not know: passages.

use std::path::{Path, PathBuf};

use gate_core::manifest::Dataset;
use gate_core::screen::{Fitted, Part, PartState};
use gate_core::visit;
use gate_wire::time::Millis;
use serde::Deserialize;
use serde_json::Value;

use crate::files;
use crate::judge::Station;
use crate::selftest::{self, Finding};

/// The name of the report in the keeper's directory.
const REPORT: &str = "report.json";

/// Where staff's facts are.
#[derive(Clone, Debug)]
pub struct Backroom {
    /// Directory with `manifest.json` and what it names.
    pub data: PathBuf,
    /// Where the terminal stands.
    pub station: Station,
    /// What `gate-trust` remembers, with its report; `None` where there is no keeper.
    pub keeper: Option<PathBuf>,
    /// The file that tells of a carrier's visit (docs/formats/visit.md); `None` where there are none.
    pub visit: Option<PathBuf>,
    /// The carriers' folder, by which this terminal is enrolled; `None` where there is none.
    pub spool: Option<PathBuf>,
    /// Whether a loudspeaker is fitted.
    pub speaker: Fitted,
}

/// What the keeper's last report comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeeperSaid {
    /// When it looked, in seconds since 1970.
    pub checked: Option<u64>,
    /// When it took anything last.
    pub taken: Option<u64>,
    /// The generation in force.
    pub generation: u32,
    /// What was brought and not taken.
    pub refused: u32,
}

/// The part of the keeper's report (`gate_trust::report::Report`) that is shown; the rest is the command's.
#[derive(Deserialize)]
struct Report {
    at: u64,
    generation: u32,
    repositories: Vec<Line>,
    datasets: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    in_force: Option<InForce>,
    #[serde(default)]
    refused: Option<Value>,
}

#[derive(Deserialize)]
struct InForce {
    received: u64,
}

/// The keeper's last report; `None` where there is none that can be read.
#[must_use]
pub fn keeper_said(keeper: &Path) -> Option<KeeperSaid> {
    let path = keeper.join(REPORT);
    let bytes = files::read_all(&files::open_no_link(&path).ok()?, &path).ok()?;
    let report: Report = serde_json::from_slice(&bytes).ok()?;
    let lines = || report.repositories.iter().chain(&report.datasets);
    Some(KeeperSaid {
        checked: (report.at > 0).then_some(report.at),
        taken: lines().filter_map(|line| line.in_force.as_ref()).map(|it| it.received).max(),
        generation: report.generation,
        refused: lines().filter(|line| line.refused.is_some()).count().try_into().unwrap_or(u32::MAX),
    })
}

/// A visit's file as it lies there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitFile {
    /// What it says.
    pub bytes: Vec<u8>,
    /// How long ago it was written, by the system's clock; 0 where that clock went back.
    pub age: Millis,
}

/// A visit's file, if there is one, and not too long.
#[must_use]
pub fn visit_told(path: &Path) -> Option<VisitFile> {
    let file = files::open_no_link(path).ok()?;
    let bytes = files::read_all(&file, path).ok().filter(|bytes| bytes.len() <= visit::LARGEST)?;
    let written = file.metadata().and_then(|about| about.modified()).ok();
    let age = written.and_then(|written| written.elapsed().ok()).unwrap_or_default();
    Some(VisitFile { bytes: bytes.to_vec(), age: Millis(u64::try_from(age.as_millis()).unwrap_or(u64::MAX)) })
}

/// Looks through everything that the disk holds, leaf by leaf; what is wrong goes to the log, with what to do.
#[must_use]
pub fn self_test(data: &Path, station: Station) -> Vec<(Part, PartState)> {
    let mut found: Vec<(Part, PartState)> = Vec::new();
    let mut note = |finding: Finding| {
        let part = part_of(finding.part);
        let state = match &finding.outcome {
            Ok(_) => PartState::Well,
            Err(missing) => {
                crate::say!("self-test: {}: {} -> {}", finding.part, missing.what, missing.remedy);
                PartState::Unwell(None)
            }
        };
        match found.iter_mut().find(|(known, _)| Some(*known) == part) {
            Some((_, PartState::Unwell(_))) => {}
            Some((_, known)) => *known = state,
            None => found.extend(part.map(|part| (part, state))),
        }
        Ok(())
    };
    // Nothing that is noted fails.
    let _ = selftest::examine(data, station, &mut note);
    found
}

/// The part that a line of the self-test is of, among those that are shown.
fn part_of(name: &str) -> Option<Part> {
    let dataset = Dataset::ALL.into_iter().find(|dataset| dataset.name() == name);
    if let Some(dataset) = dataset {
        return Some(match dataset {
            Dataset::KeySet => Part::KeySet,
            Dataset::PolicyStation | Dataset::PolicyHospital => Part::Policy,
            Dataset::Places | Dataset::RiskLevels => Part::Places,
            Dataset::StaffList => Part::StaffList,
            Dataset::Revocations | Dataset::StatusList | Dataset::StatusDelta => Part::List,
            Dataset::DayKeys => Part::DayKeys,
        });
    }
    match name {
        "keys" => Some(Part::Keys),
        "policy" => Some(Part::Policy),
        "place" => Some(Part::Places),
        "list" | "manifest" => Some(Part::List),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"at":1795176000,"generation":12,
        "repositories":[{"name":"trust","root":3,"targets":40,"refused":null},
                        {"name":"status","root":1,"targets":9,"refused":{"cause":"older"}}],
        "datasets":[{"name":"key-set","in_force":{"version":3,"issued":1795000000,"received":1795090000},"refused":null},
                    {"name":"places","in_force":null,"refused":null}],
        "folding":null,"more":"a later version may say more"}"#;

    fn said(report: &str) -> Option<KeeperSaid> {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(REPORT), report).unwrap();
        keeper_said(directory.path())
    }

    #[test]
    fn a_report_is_when_what_and_how_many_were_not_taken() {
        let expected = KeeperSaid {
            checked: Some(1_795_176_000),
            taken: Some(1_795_090_000),
            generation: 12,
            refused: 1,
        };
        assert_eq!(said(GOOD), Some(expected));
    }

    #[test]
    fn never_is_no_date() {
        let never = r#"{"at":0,"generation":0,"repositories":[],"datasets":[]}"#;
        assert_eq!(said(never), Some(KeeperSaid::default()));
    }

    #[test]
    fn what_cannot_be_read_is_no_report() {
        assert_eq!(said(&GOOD[..GOOD.len() / 2]), None);
        assert_eq!(said(&" ".repeat(100_000)), None);
        assert_eq!(keeper_said(Path::new("/gate-no-such-directory")), None);
    }

    #[test]
    fn a_visit_is_a_small_regular_file_and_no_link() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(visit::FILE_NAME);
        assert_eq!(visit_told(&path), None);
        std::fs::write(&path, "{}").unwrap();
        let told = visit_told(&path).unwrap();
        assert_eq!(told.bytes, b"{}");
        let hour = std::time::SystemTime::now() - std::time::Duration::from_secs(3_600);
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(hour).unwrap();
        assert!(visit_told(&path).unwrap().age >= Millis(3_600_000));
        let link = directory.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert_eq!(visit_told(&link), None);
        std::fs::write(&path, [b' '; visit::LARGEST + 1]).unwrap();
        assert_eq!(visit_told(&path), None);
    }
}
