//! What the keeper's report says of a visit.
//! Promises: without a report, or where the keeper did not end well, nothing is said to be in force.
//! Must not know: how the keeper works.

use std::fs;
use std::path::Path;

use gate_core::screen::UpdateRefused;
use serde::Deserialize;

use crate::copying::Copied;

const REPORT_MOST: u64 = 1 << 20;

/// The keeper's word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The generation in force; 0 if it said nothing.
    pub generation: u32,
    /// What it did not take, and why.
    pub refused: Vec<String>,
    /// The gravest cause, as the screen says it.
    pub why: Option<UpdateRefused>,
}

#[derive(Deserialize)]
struct Report {
    generation: u32,
    repositories: Vec<Line>,
    datasets: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    name: String,
    refused: Option<Refused>,
}

#[derive(Deserialize)]
struct Refused {
    cause: String,
    facts: String,
}

impl Verdict {
    /// Reads the report of a keeper that has run to its end.
    #[must_use]
    pub fn read(path: &Path) -> Verdict {
        let fits = fs::metadata(path).is_ok_and(|about| about.is_file() && about.len() <= REPORT_MOST);
        let bytes = fits.then(|| fs::read(path).ok()).flatten().unwrap_or_default();
        match serde_json::from_slice::<Report>(&bytes) {
            Ok(report) => Verdict::of(report),
            Err(_) => Verdict::not_checked("no report"),
        }
    }

    /// Nobody verified what was brought: nothing new is in force.
    #[must_use]
    pub fn not_checked(cause: &str) -> Verdict {
        let refused = vec![format!("keeper: {cause}")];
        Verdict { generation: 0, refused, why: Some(UpdateRefused::NotChecked) }
    }

    /// The same, where something lies on the carrier and could not be had: the screen does not call that an update.
    #[must_use]
    pub fn of_what_came(self, copied: &Copied) -> Verdict {
        let why = self.why.or_else(|| copied.broken.then_some(UpdateRefused::Unreadable));
        Verdict { why, ..self }
    }

    fn of(report: Report) -> Verdict {
        let lines = report.repositories.into_iter().chain(report.datasets);
        let refused: Vec<(String, Refused)> =
            lines.filter_map(|line| line.refused.map(|refused| (line.name, refused))).collect();
        let why = refused.iter().map(|(_, refused)| why(&refused.cause)).min_by_key(|why| gravity(*why));
        let said =
            |(name, refused): (String, Refused)| format!("{name}: {} ({})", refused.cause, refused.facts);
        Verdict { generation: report.generation, refused: refused.into_iter().map(said).collect(), why }
    }
}

fn why(cause: &str) -> UpdateRefused {
    match cause {
        "unsigned" | "changed" | "unfit" => UpdateRefused::Unproven,
        "older" => UpdateRefused::Older,
        "ended" | "future" => UpdateRefused::OutOfTime,
        "foreign" => UpdateRefused::NotForHere,
        "terminal" => UpdateRefused::NoRoom,
        _ => UpdateRefused::Unreadable,
    }
}

fn gravity(why: UpdateRefused) -> u8 {
    match why {
        UpdateRefused::Unproven => 0,
        UpdateRefused::NotForHere => 1,
        UpdateRefused::NotChecked => 2,
        UpdateRefused::OutOfTime => 3,
        UpdateRefused::Older => 4,
        UpdateRefused::NoRoom => 5,
        UpdateRefused::Unreadable => 6,
    }
}
