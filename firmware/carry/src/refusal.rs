//! Why something that was brought is not in force, as a technician reads it.
//! Promises: one closed list of causes, each with what to do, in Chinese and English; the facts stand behind it.
//! Must not know: how anything is checked.

use std::error::Error;

use gate_tuf::{DocumentRefused, Refused, Why};
use serde::{Deserialize, Serialize};

/// A cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Not in what was brought.
    Missing,
    /// There, and cannot be read: a link, a pipe, too long, a bad medium.
    Unreadable,
    /// Too few good signatures.
    Unsigned,
    /// Not the bytes that were signed for.
    Changed,
    /// Older than what is or was in force.
    Older,
    /// Its time has ended.
    Ended,
    /// Issued ahead of the clock.
    Future,
    /// Signed, and wrong in itself.
    Unfit,
    /// Another province's, or another terminal's.
    Foreign,
    /// This terminal cannot write it, or its own keys cannot be read.
    Terminal,
    /// This terminal has no keys of its own yet, or nobody put a first root into it.
    NotEnrolled,
    /// The file in force is damaged.
    Rotten,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Cause; 12] = [
        Cause::Missing,
        Cause::Unreadable,
        Cause::Unsigned,
        Cause::Changed,
        Cause::Older,
        Cause::Ended,
        Cause::Future,
        Cause::Unfit,
        Cause::Foreign,
        Cause::Terminal,
        Cause::NotEnrolled,
        Cause::Rotten,
    ];

    /// As the report spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Cause::Missing => "missing",
            Cause::Unreadable => "unreadable",
            Cause::Unsigned => "unsigned",
            Cause::Changed => "changed",
            Cause::Older => "older",
            Cause::Ended => "ended",
            Cause::Future => "future",
            Cause::Unfit => "unfit",
            Cause::Foreign => "foreign",
            Cause::Terminal => "terminal",
            Cause::NotEnrolled => "not-enrolled",
            Cause::Rotten => "rotten",
        }
    }

    /// What to do, Chinese and English.
    #[must_use]
    pub const fn advice(self) -> (&'static str, &'static str) {
        match self {
            Cause::Missing => ("缺少文件：请重新完整拷贝", "a file is missing: copy everything again"),
            Cause::Unreadable => (
                "文件无法读取：请换一个介质，只拷贝普通文件",
                "it cannot be read: take another stick, plain files alone",
            ),
            Cause::Unsigned => (
                "签名不足或无效：来源不可信，请勿使用，上报",
                "too few good signatures: do not use this source, report it",
            ),
            Cause::Changed => {
                ("文件已损坏或被改动：请重新拷贝", "damaged or changed on the way: copy it again")
            }
            Cause::Older => ("比现有数据旧：请取最新的", "older than what is here: fetch the newest"),
            Cause::Ended => ("数据已过有效期：请取最新的", "its time has ended: fetch the newest"),
            Cause::Future => {
                ("签发时间晚于本机时钟：请核对时钟", "issued ahead of this terminal's clock: check the clock")
            }
            Cause::Unfit => {
                ("已签名但内容有误：请联系主管部门", "signed, but wrong in itself: tell the authority")
            }
            Cause::Foreign => ("属于其他省或其他终端", "another province's or another terminal's"),
            Cause::Rotten => (
                "在用文件已损坏：请重新拷贝，检查存储",
                "the file in force is damaged: copy it again, check the disk",
            ),
            Cause::Terminal => (
                "本机无法写入或密钥无法读取：请检查磁盘与登记",
                "this terminal cannot take it: check disk and enrolment",
            ),
            Cause::NotEnrolled => (
                "本机尚未登记：请先登记本机，再插入U盘",
                "this terminal is not enrolled: enrol it first, then put the stick in again",
            ),
        }
    }
}

/// Why something was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The kind of trouble.
    pub cause: Cause,
    /// The facts, in English.
    pub facts: String,
}

impl Refusal {
    /// Of this cause, with these facts.
    pub fn new(cause: Cause, facts: impl Into<String>) -> Refusal {
        Refusal { cause, facts: facts.into() }
    }

    /// Of this cause, with all that an error says of how it came about.
    pub fn of(cause: Cause, error: &dyn Error) -> Refusal {
        let below = std::iter::successors(error.source(), |error| (*error).source());
        let facts = below.fold(error.to_string(), |facts, error| format!("{facts}: {error}"));
        Refusal::new(cause, facts)
    }

    /// A dataset that is wrong in itself.
    pub fn unfit(error: impl Error) -> Refusal {
        Refusal::of(Cause::Unfit, &error)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (zh, en) = self.cause.advice();
        write!(f, "{zh} ({en}): {}", self.facts)
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Refusal {
        let cause = match &refused.why {
            Why::Find => Cause::Missing,
            Why::Have(_) => Cause::Unreadable,
            Why::Believe(DocumentRefused::ReachThreshold { .. } | DocumentRefused::SignTwice) => {
                Cause::Unsigned
            }
            Why::Believe(_) | Why::MatchDigest | Why::MatchVersion { .. } => Cause::Changed,
            Why::RollBack { .. } | Why::Drop { .. } => Cause::Older,
            Why::Outlive { .. } => Cause::Ended,
            Why::BoundTargets { .. } | Why::BoundRoots => Cause::Unfit,
        };
        Refusal::new(cause, refused.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_named_as_the_report_spells_it() {
        for cause in Cause::ALL {
            assert_eq!(serde_json::to_value(cause).unwrap(), cause.name());
        }
    }
}
