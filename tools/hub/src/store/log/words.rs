//! The words of the audit log and of the alarms: one table, English as it is kept and Chinese beside it.
//! Promises: what a kind's words were filled with is found in them again, and given in Chinese; what no kind wrote stays as it is.
//! Must not know: where it is read.
//!
//! English has a slot for each value: `{#}` decimal digits, `{x}` hexadecimal digits, `{*}` any words. Chinese names them by their place: `{0}`.
//! A line is of the first kind whose English it is whole: kinds that begin with somebody's own words come last.

use std::fmt::Display;

/// Between what was done and why.
const BECAUSE: &str = ": ";

/// What a person did, or what was seen of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Showed a code.
    Invite,
    /// Made a terminal known, with a code or by hand.
    Enrol,
    /// Took back codes of a number that is not enrolled.
    Withdraw,
    /// Took a terminal's keys away.
    Revoke,
    /// Took the keys of its lines away.
    RevokeLines,
    /// Said which of two rows is the journal's.
    Settle,
    /// Took such a word back.
    Reopen,
    /// Said that rows are lost.
    AcceptGap,
    /// Struck counters out.
    Strike,
    /// Took a terminal's batches with them.
    ReadOut,
    /// Said that the database was put back from a copy.
    Restore,
    /// Took what sticks brought.
    Take,
    /// Put the repositories into the object store.
    Publish,
    /// Logged in.
    LogIn,
    /// Gave a name, its passphrase, and a wrong code.
    WrongCode,
    /// Nobody known tried to log in.
    RefusedLogins,
    /// Gave a person new secrets.
    GiveSecrets,
    /// Took a person away.
    TakeAway,
}

/// What is raised over a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// Two rows of one place.
    Doubt,
    /// More than its quota.
    Over,
}

/// A kind's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phrase {
    english: &'static str,
    chinese: &'static str,
}

const fn phrase(english: &'static str, chinese: &'static str) -> Phrase {
    Phrase { english, chinese }
}

impl Deed {
    /// All kinds.
    pub const ALL: [Deed; Deed::TakeAway as usize + 1] = [
        Deed::Invite,
        Deed::Enrol,
        Deed::Withdraw,
        Deed::Revoke,
        Deed::RevokeLines,
        Deed::Settle,
        Deed::Reopen,
        Deed::AcceptGap,
        Deed::Strike,
        Deed::ReadOut,
        Deed::Restore,
        Deed::Take,
        Deed::Publish,
        Deed::LogIn,
        Deed::WrongCode,
        Deed::RefusedLogins,
        Deed::GiveSecrets,
        Deed::TakeAway,
    ];

    /// Its words.
    #[must_use]
    pub const fn phrase(self) -> Phrase {
        match self {
            Deed::Invite => phrase("terminal {#} invited", "出示终端 {0} 的登记码"),
            Deed::Enrol => phrase("terminal {#} enrolled", "登记终端 {0}"),
            Deed::Withdraw => phrase("codes of terminal {#} withdrawn", "作废终端 {0} 的登记码"),
            Deed::Revoke => phrase("terminal {#} revoked", "吊销终端 {0}"),
            Deed::RevokeLines => phrase("lines of terminal {#} revoked", "吊销终端 {0} 的线路密钥"),
            Deed::Settle => phrase(
                "terminal {#}: row {#} of journal {x} is {x}: {*}",
                "终端 {0}：认定日志 {2} 第 {1} 条为 {3}，理由：{4}",
            ),
            Deed::Reopen => phrase(
                "terminal {#}: the word on row {#} of journal {x} is taken back: {*}",
                "终端 {0}：收回对日志 {2} 第 {1} 条的认定，理由：{3}",
            ),
            Deed::AcceptGap => phrase(
                "terminal {#}: rows {#} to {#} before journal {x} goes on are lost",
                "终端 {0}：确认日志 {3} 之前第 {1} 至 {2} 条已丢失",
            ),
            Deed::Strike => phrase(
                "terminal {#}: {#} counters of day {#} struck out",
                "终端 {0}：划去第 {2} 天（1970 年起）的 {1} 项计数",
            ),
            Deed::ReadOut => phrase("terminal {#}: its batches were read out", "终端 {0}：取出其记录批"),
            Deed::Restore => phrase("put back from a copy: epoch {#}", "数据库由备份恢复：纪元 {0}"),
            Deed::Take => phrase(
                "from sticks: {#} batches, {#} of them new, {#} accounts, {#} left",
                "U 盘带回：记录 {0} 批，其中新的 {1} 批；报告 {2} 份；未收 {3} 件",
            ),
            Deed::Publish => {
                phrase("published: {#} files sent, {#} were there", "发布：上传 {0} 个文件，已有 {1} 个")
            }
            Deed::LogIn => phrase("logged in", "登录"),
            Deed::WrongCode => phrase("a wrong one-time code", "验证码不对"),
            Deed::RefusedLogins => phrase(
                "{#} logins refused: no such name and passphrase",
                "{0} 次登录被拒绝：没有这样的姓名和口令",
            ),
            Deed::GiveSecrets => phrase("{*} has new secrets, as {*}", "{0} 换发口令和验证码密钥，角色 {1}"),
            Deed::TakeAway => phrase("{*} was taken away", "撤销人员 {0}"),
        }
    }

    /// Its words with the reason behind them, where there is one.
    pub(super) fn told(self, values: &[&dyn Display], why: Option<&str>) -> String {
        let words = self.phrase().filled(values);
        match why {
            Some(why) => words + BECAUSE + why,
            None => words,
        }
    }

    /// A line of the audit log in Chinese; `None` if no kind of this version wrote it.
    #[must_use]
    pub fn in_chinese(english: &str) -> Option<String> {
        Deed::ALL
            .iter()
            .find_map(|deed| deed.phrase().in_chinese(english).or_else(|| deed.because_in_chinese(english)))
    }

    fn because_in_chinese(self, english: &str) -> Option<String> {
        let is_asked_why =
            matches!(self, Deed::Enrol | Deed::Withdraw | Deed::Revoke | Deed::RevokeLines | Deed::Strike);
        let mut ends = english.match_indices(BECAUSE).filter(|_| is_asked_why);
        ends.find_map(|(at, _)| {
            let (words, why) = english.split_at_checked(at)?;
            Some(format!("{}，理由：{}", self.phrase().in_chinese(words)?, why.strip_prefix(BECAUSE)?))
        })
    }
}

impl Alarm {
    /// All kinds.
    pub const ALL: [Alarm; Alarm::Over as usize + 1] = [Alarm::Doubt, Alarm::Over];

    /// Its words.
    #[must_use]
    pub const fn phrase(self) -> Phrase {
        match self {
            Alarm::Doubt => phrase(
                "row {#}: two that differ, or one that does not fit; both are kept",
                "第 {0} 条：有两条不同的记录，或一条接不上；两条都保留",
            ),
            Alarm::Over => phrase(
                "day {#}: it brings more than a terminal may; nothing more is taken until the next day",
                "第 {0} 天（1970 年起）：上传超过一台终端的上限；到次日为止不再接收",
            ),
        }
    }

    /// An alarm in Chinese; `None` if no kind of this version wrote it.
    #[must_use]
    pub fn in_chinese(english: &str) -> Option<String> {
        Alarm::ALL.iter().find_map(|alarm| alarm.phrase().in_chinese(english))
    }
}

impl Phrase {
    /// In English, with these values in its slots.
    #[must_use]
    pub fn filled(self, values: &[&dyn Display]) -> String {
        let (mut words, mut values) = (String::new(), values.iter());
        for (at, part) in self.english.split('{').enumerate() {
            let literal = part.split_once('}').filter(|_| at > 0).map(|(_, literal)| literal);
            if literal.is_some() {
                words += &values.next().map(ToString::to_string).unwrap_or_default();
            }
            words += literal.unwrap_or(part);
        }
        words
    }

    /// What stands in the slots, if these are its words.
    fn values(self, english: &str) -> Option<Vec<&str>> {
        let (mut rest, mut values) = (english, Vec::new());
        for (at, part) in self.english.split('{').enumerate() {
            let Some((slot, literal)) = part.split_once('}').filter(|_| at > 0) else {
                rest = rest.strip_prefix(part)?;
                continue;
            };
            let end = if literal.is_empty() { rest.len() } else { rest.find(literal)? };
            let (value, behind) = rest.split_at_checked(end)?;
            values.push(value);
            rest = behind.strip_prefix(literal)?;
            let fits = match slot {
                "#" => value.bytes().all(|byte| byte.is_ascii_digit()),
                "x" => value.bytes().all(|byte| byte.is_ascii_hexdigit()),
                _ => true,
            };
            if value.is_empty() || !fits {
                return None;
            }
        }
        rest.is_empty().then_some(values)
    }

    fn in_chinese(self, english: &str) -> Option<String> {
        let values = self.values(english)?;
        let mut words = String::new();
        for (at, part) in self.chinese.split('{').enumerate() {
            let Some((slot, literal)) = part.split_once('}').filter(|_| at > 0) else {
                words += part;
                continue;
            };
            words.push_str(values.get(slot.parse::<usize>().ok()?)?);
            words.push_str(literal);
        }
        Some(words)
    }
}

#[cfg(test)]
mod tests;
