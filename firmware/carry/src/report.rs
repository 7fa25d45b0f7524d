//! What a run of the keeper came to, dataset by dataset.
//! Promises: in words that a technician understands; "never received" is its own state, and no date stands for it.
//! Must not know: how anything is checked.

use std::fmt::Write;

use gate_core::manifest::Dataset;
use gate_wire::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ask::Ask;
use crate::refusal::{Cause, Refusal};

/// The last run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// When, by the terminal's clock, in seconds since 1970.
    pub at: u64,
    /// The generation in force; 0 before the first.
    pub generation: u32,
    /// The repositories.
    pub repositories: Vec<RepositoryLine>,
    /// The datasets.
    pub datasets: Vec<Line>,
    /// The last turn of folding, if there ever was one.
    #[serde(default)]
    pub folding: Option<FoldLine>,
    /// What was asked in the spool before the keeper looked.
    #[serde(default)]
    pub asked: Option<Ask>,
}

/// A turn of folding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoldLine {
    /// When, by the terminal's clock, in seconds since 1970.
    pub at: u64,
    /// What it came to.
    pub state: FoldState,
    /// The step that the folded base holds, or will hold; 0 where there is none.
    pub step: u32,
    /// Why it stopped.
    pub refused: Option<Refusal>,
}

/// What a turn of folding came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FoldState {
    /// There was nothing that pays.
    NotDue,
    /// The next turn goes on.
    More,
    /// The folded base is in force.
    Done,
    /// It stopped; the list is as it was.
    Stopped,
}

impl FoldLine {
    /// As a technician reads it.
    #[must_use]
    pub fn in_words(&self) -> String {
        let words = match self.state {
            FoldState::NotDue => "无需合并 nothing to fold".to_owned(),
            FoldState::More => format!("合并中 folding, to step {}: the next turn goes on", self.step),
            FoldState::Done => format!("已合并 folded up to step {}", self.step),
            FoldState::Stopped => "未合并，名单不变 not folded, the list is as it was".to_owned(),
        };
        let mut text = format!("合并 folding: {words}, {}\n", shown(self.at));
        refused(&mut text, self.refused.as_ref());
        text
    }
}

/// A repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryLine {
    /// Its name.
    pub name: String,
    /// The version of the root that is trusted; 0 without one.
    pub root: u64,
    /// The version of the targets that were taken last; 0 before the first.
    pub targets: u64,
    /// Why what was brought is not taken further.
    pub refused: Option<Refusal>,
}

/// A dataset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// What is in force.
    pub in_force: Option<InForce>,
    /// Why what was brought is not.
    pub refused: Option<Refusal>,
}

/// A dataset in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InForce {
    /// Its version; of the list's deltas the step.
    pub version: u32,
    /// When it was issued, in seconds since 1970.
    pub issued: u64,
    /// When this terminal took it, by its own clock.
    pub received: u64,
}

impl Line {
    /// Whether it was in force and can no longer be read.
    fn is_lost(&self) -> bool {
        self.refused.as_ref().is_some_and(|refusal| refusal.cause == Cause::Rotten)
    }
}

impl Report {
    /// The line of a dataset.
    #[must_use]
    pub fn line(&self, name: &str) -> Option<&Line> {
        self.datasets.iter().find(|line| line.name == name)
    }

    /// The line of a repository.
    #[must_use]
    pub fn repository(&self, name: &str) -> Option<&RepositoryLine> {
        self.repositories.iter().find(|line| line.name == name)
    }

    /// The list's base holds as of this time now. It was received when it was: folding makes nothing younger.
    pub fn hold_base_as_of(&mut self, as_of: Timestamp) {
        let name = Dataset::StatusList.name();
        let line = self.datasets.iter_mut().find(|line| line.name == name);
        if let Some(it) = line.and_then(|line| line.in_force.as_mut()) {
            it.issued = as_of.unix();
        }
    }

    /// Whether something that was brought was not taken.
    #[must_use]
    pub fn has_refusals(&self) -> bool {
        self.repositories.iter().any(|line| line.refused.is_some())
            || self.datasets.iter().any(|line| line.refused.is_some())
    }

    /// As a technician reads it.
    #[must_use]
    pub fn in_words(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = match self.at {
            0 => writeln!(text, "从未检查过数据 (no data were ever checked here)"),
            at => writeln!(
                text,
                "第 {} 代，检查于 {} (generation {}, checked then)",
                self.generation,
                shown(at),
                self.generation
            ),
        };
        for line in &self.repositories {
            let _ =
                writeln!(text, "仓库 repository {}: root {}, targets {}", line.name, line.root, line.targets);
            refused(&mut text, line.refused.as_ref());
        }
        for line in &self.datasets {
            let _ = write!(text, "{} {}: ", chinese(&line.name), line.name);
            let _ = match &line.in_force {
                None if line.is_lost() => writeln!(text, "曾生效，现已损坏 (was in force, and is damaged)"),
                None => writeln!(text, "从未收到 (never received)"),
                Some(it) => writeln!(
                    text,
                    "生效 in force: 版本 version {}, 签发 issued {}, 收到 received {}",
                    it.version,
                    shown(it.issued),
                    shown(it.received)
                ),
            };
            refused(&mut text, line.refused.as_ref());
        }
        text.push_str(&self.folding.as_ref().map(FoldLine::in_words).unwrap_or_default());
        text
    }
}

fn refused(text: &mut String, refusal: Option<&Refusal>) {
    if let Some(refusal) = refusal {
        let _ = writeln!(text, "    未采用 not taken: {refusal}");
    }
}

fn chinese(name: &str) -> &'static str {
    let of = |dataset| match dataset {
        Dataset::KeySet => "密钥集",
        Dataset::PolicyStation => "车站政策",
        Dataset::PolicyHospital => "医院政策",
        Dataset::Places => "场所",
        Dataset::RiskLevels => "风险等级",
        Dataset::StaffList => "人员名册",
        Dataset::Revocations => "作废名单",
        Dataset::StatusList => "名单",
        Dataset::DayKeys => "日密钥",
        Dataset::StatusDelta => "名单增量",
    };
    let dataset = Dataset::ALL.into_iter().find(|dataset| dataset.name() == name);
    dataset.map_or(if name == PROVINCE { "省参数" } else { "终端密钥" }, of)
}

/// What the report calls the province's parameters.
pub const PROVINCE: &str = "province";
/// What the report calls the province's keys for this terminal.
pub const KEYS: &str = "province-keys";

/// `2026-11-20 08:00` in UTC+8.
fn shown(seconds: u64) -> String {
    let time = Timestamp::from_unix(seconds).unwrap_or(Timestamp::MAX);
    let ((year, month, day), second) = (time.civil_day().ymd(), time.civil_second());
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", second / 3600, second / 60 % 60)
}
