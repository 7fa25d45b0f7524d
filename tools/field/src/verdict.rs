//! What the keeper's report says of a visit.
//! Promises: without a report that answers this visit nothing is said to be in force; the words are the keeper's own.
//! Must not know: how the keeper works.

use std::fs;
use std::path::Path;
use std::time::Duration;

use gate_carry::Ask;
use gate_carry::refusal::{Cause, Refusal};
use gate_carry::report::Report;
use gate_core::screen::UpdateRefused;

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
    /// All of it, as a technician reads it.
    pub words: String,
}

impl Verdict {
    /// What the last report says, whoever it answered.
    #[must_use]
    pub fn read(path: &Path) -> Verdict {
        report(path).map_or_else(|| Verdict::not_checked("no report"), Verdict::of)
    }

    /// What the report says that was made after this was asked; `None` where there is none yet.
    #[must_use]
    pub fn answering(path: &Path, ask: &Ask) -> Option<Verdict> {
        report(path).filter(|report| report.asked.as_ref() == Some(ask)).map(Verdict::of)
    }

    /// Nobody verified what was brought: nothing new is in force.
    #[must_use]
    pub fn not_checked(cause: &str) -> Verdict {
        let words = format!("未核验 not checked: {cause}\n");
        Verdict {
            generation: 0,
            refused: vec![format!("keeper: {cause}")],
            why: Some(UpdateRefused::NotChecked),
            words,
        }
    }

    /// Nothing that was published lies on the carrier: nobody is asked about it. What is in force stands in the last report.
    #[must_use]
    pub fn no_data(path: &Path) -> Verdict {
        let words = "没有可更新的数据 no published data on it: nothing was updated\n".to_owned();
        let generation = report(path).map_or(0, |report| report.generation);
        Verdict { generation, refused: Vec::new(), why: Some(UpdateRefused::NoData), words }
    }

    /// The keeper said nothing for so long.
    #[must_use]
    pub fn not_answered(after: Duration) -> Verdict {
        let seconds = after.as_secs();
        let words = format!(
            "核验程序 {seconds} 秒内没有应答：带入的数据已存在本机，下次核验时自动检查，现有数据继续有效；请检查 gate-trust.path 和 gate-trust.service 是否在运行\n\
             the keeper gave no answer within {seconds} s: what came is kept here and looked at when it next runs, and what is in force stays; see that gate-trust.path and gate-trust.service run\n"
        );
        Verdict {
            generation: 0,
            refused: vec![format!("keeper: no answer within {seconds} s")],
            why: Some(UpdateRefused::NotAnswered),
            words,
        }
    }

    /// The same, where something lies on the carrier and could not be had: the screen does not call that an update.
    #[must_use]
    pub fn of_what_came(self, copied: &Copied) -> Verdict {
        let why = self.why.or_else(|| copied.broken.then_some(UpdateRefused::Unreadable));
        Verdict { why, ..self }
    }

    /// The exit code that it is worth: 2 where nobody judged, 1 where something was refused.
    #[must_use]
    pub fn code(&self) -> u8 {
        match self.why {
            Some(UpdateRefused::NotChecked | UpdateRefused::NotAnswered) => 2,
            _ => u8::from(!self.refused.is_empty()),
        }
    }

    fn of(report: Report) -> Verdict {
        let words = report.in_words();
        let repositories = report.repositories.into_iter().map(|line| (line.name, line.refused));
        let datasets = report.datasets.into_iter().map(|line| (line.name, line.refused));
        let refused: Vec<(String, Refusal)> =
            repositories.chain(datasets).filter_map(|(name, refused)| Some((name, refused?))).collect();
        let why = refused.iter().map(|(_, refused)| why(refused.cause)).min_by_key(|why| gravity(*why));
        let said = |(name, Refusal { cause, facts }): (String, Refusal)| {
            format!("{name}: {} ({facts})", cause.name())
        };
        Verdict {
            generation: report.generation,
            refused: refused.into_iter().map(said).collect(),
            why,
            words,
        }
    }
}

fn report(path: &Path) -> Option<Report> {
    let fits = fs::metadata(path).is_ok_and(|about| about.is_file() && about.len() <= REPORT_MOST);
    let bytes = fits.then(|| fs::read(path).ok()).flatten()?;
    serde_json::from_slice(&bytes).ok()
}

fn why(cause: Cause) -> UpdateRefused {
    match cause {
        Cause::Unsigned | Cause::Changed | Cause::Unfit => UpdateRefused::Unproven,
        Cause::Older => UpdateRefused::Older,
        Cause::Ended | Cause::Future => UpdateRefused::OutOfTime,
        Cause::Foreign => UpdateRefused::NotForHere,
        Cause::Terminal => UpdateRefused::NoRoom,
        Cause::NotEnrolled => UpdateRefused::NotEnrolled,
        Cause::Missing | Cause::Unreadable | Cause::Rotten => UpdateRefused::Unreadable,
    }
}

fn gravity(why: UpdateRefused) -> u8 {
    match why {
        UpdateRefused::Unproven => 0,
        UpdateRefused::NotEnrolled => 1,
        UpdateRefused::NoData | UpdateRefused::NotForHere => 2,
        UpdateRefused::NotChecked => 3,
        UpdateRefused::NotAnswered => 4,
        UpdateRefused::OutOfTime => 5,
        UpdateRefused::Older => 6,
        UpdateRefused::NoRoom => 7,
        UpdateRefused::Unreadable => 8,
    }
}
