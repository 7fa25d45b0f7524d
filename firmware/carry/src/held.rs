//! What the keeper says of this terminal: its report, as far as it says what need not be fetched.
//! Promises: without a report, or with a damaged one, everything is fetched; nothing of it is believed further than that.
//! Must not know: how the keeper works.

use std::fs;
use std::path::Path;

use gate_core::manifest::Dataset;
use gate_tuf::Repository;
use serde::Deserialize;

use crate::spool::Look;

/// A report is a few kilobytes.
const REPORT_MOST: u64 = 1 << 20;

/// What is in force here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    roots: Vec<(String, u64)>,
    /// Epoch and step of the list, if there is one that can be read.
    pub list: Option<(u32, u32)>,
    /// The keeper found something of what was brought damaged: what lies in the spool is looked at byte by byte.
    pub doubts: bool,
}

#[derive(Deserialize)]
struct Report {
    repositories: Vec<RepositoryLine>,
    datasets: Vec<Line>,
}

#[derive(Deserialize)]
struct RepositoryLine {
    name: String,
    root: u64,
}

#[derive(Deserialize)]
struct Line {
    name: String,
    in_force: Option<InForce>,
    refused: Option<Refused>,
}

#[derive(Deserialize)]
struct InForce {
    version: u32,
}

#[derive(Deserialize)]
struct Refused {
    cause: String,
}

impl Held {
    /// Reads the keeper's report.
    #[must_use]
    pub fn read(path: &Path) -> Held {
        let fits = fs::metadata(path).is_ok_and(|about| about.is_file() && about.len() <= REPORT_MOST);
        let bytes = fits.then(|| fs::read(path).ok()).flatten().unwrap_or_default();
        serde_json::from_slice::<Report>(&bytes).map(Held::of).unwrap_or_default()
    }

    /// Nothing is held here, and what lies in the folder is looked at byte by byte.
    #[must_use]
    pub fn doubting() -> Held {
        Held { doubts: true, ..Held::default() }
    }

    fn of(report: Report) -> Held {
        let find = |dataset: Dataset| report.datasets.iter().find(|line| line.name == dataset.name());
        let cause = |line: &Line, cause: &str| line.refused.as_ref().is_some_and(|it| it.cause == cause);
        let (base, delta) = (find(Dataset::StatusList), find(Dataset::StatusDelta));
        let epoch = base.filter(|line| !cause(line, "rotten")).and_then(|line| line.in_force.as_ref());
        // A way that the keeper does not find may begin at the base: then everything that leads there is fetched.
        let lost = delta.is_some_and(|line| cause(line, "rotten") || cause(line, "missing"));
        let step = delta.filter(|_| !lost).and_then(|line| line.in_force.as_ref());
        let list = epoch.map(|epoch| (epoch.version, step.map_or(0, |step| step.version)));
        let doubts = report.datasets.iter().any(|line| cause(line, "changed") || cause(line, "unreadable"));
        let roots = report.repositories.into_iter().map(|line| (line.name, line.root)).collect();
        Held { roots, list, doubts }
    }

    /// How closely what lies in the spool is looked at: a large file is hashed where the keeper has doubts.
    #[must_use]
    pub fn look(&self) -> Look {
        if self.doubts { Look::Bytes } else { Look::Length }
    }

    /// The version of the root that is trusted; 0 where none is known.
    #[must_use]
    pub fn root(&self, repository: Repository) -> u64 {
        self.roots.iter().find(|(name, _)| name == repository.name()).map_or(0, |(_, version)| *version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"{"at":5,"generation":3,"repositories":[{"name":"trust","root":4,"targets":9,"refused":null}],
        "datasets":[{"name":"status-list","in_force":{"version":2,"issued":1,"received":1},"refused":null},
        {"name":"status-delta","in_force":{"version":17,"issued":1,"received":1},"refused":REFUSED}],"folding":null}"#;

    fn held(refused: &str) -> Held {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        fs::write(&path, REPORT.replace("REFUSED", refused)).unwrap();
        Held::read(&path)
    }

    #[test]
    fn the_step_in_force_is_where_deltas_begin_unless_the_keeper_lacks_one() {
        assert_eq!((held("null").list, held("null").doubts), (Some((2, 17)), false));
        assert_eq!(held(r#"{"cause":"missing","facts":""}"#).list, Some((2, 0)));
        assert!(held(r#"{"cause":"changed","facts":""}"#).doubts);
        assert_eq!((held("null").root(Repository::Trust), held("null").root(Repository::Status)), (4, 0));
    }

    #[test]
    fn without_a_report_or_with_a_damaged_one_nothing_is_held() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        assert_eq!(Held::read(&path), Held::default());
        for bad in ["", "{", "[]", "{\"datasets\":3}"] {
            fs::write(&path, bad).unwrap();
            assert_eq!(Held::read(&path), Held::default(), "{bad}");
        }
    }
}
