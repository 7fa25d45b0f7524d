//! What a line of the desk's log says.
//! Promises: closed: an operation of a fixed list, names of a narrow spelling, counts and digests.
//! Must not know: how lines are chained.

use core::fmt;

use gate_proof::digest::Digest;
use gate_wire::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::custody::voucher::Voucher;
use crate::key_name::KeyName;
use crate::spelling;

/// What was done. A new kind of work is a new word here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// A province was founded: the first line.
    Found,
    /// Keys were made: `key` is the first, `count` how many.
    MakeKey,
    /// A key was destroyed.
    DestroyKey,
    /// A secret was taken out of custody for one command, or for a terminal.
    ReleaseKey,
    /// One credential was signed; `digest` of what was signed.
    Issue,
    /// A colour is about to be signed that the desk's own list does not say: the operator insisted.
    IssueAgainstList,
    /// A batch is about to be signed: at most `count`.
    BatchBegin,
    /// The batch ended: `count` were signed; `digest` is the caller's, of what was made.
    BatchEnd,
    /// A service may sign at most `count` screen codes before its next line.
    ServeLease,
    /// A service's lease ended: `count` were signed of what it allowed.
    ServeEnd,
    /// Something was published to a terminal.
    Publish,
    /// A status list was built: `count` people, `digest` its root.
    StatusBuild,
    /// A delta of the status list was signed: `digest` of the file.
    StatusDelta,
    /// `count` deltas signed before are thrown away, and the step behind the others is signed again: `digest` of the last one
    /// thrown away.
    StatusDeltaAgain,
    /// The register of issuers changed; `key` left the key set, where one is named.
    KeySetChange,
    /// Credentials were revoked.
    Revoke,
    /// The staff list changed.
    StaffChange,
    /// `province.json` is about to be kept: `digest` of its bytes. What lies there otherwise is not believed.
    KeepState,
    /// Records are kept for another time from now on: `count` days.
    RetentionChange,
    /// The wrapping key of the day keys is lost: `count` day keys are given up, a new vault begins.
    RenewDayKeys,
    /// An operator of the screen-code service was admitted, got a new token, or was ended: `digest` of the file of operators.
    OperatorChange,
    /// A terminal's record key was registered: `digest` of the file of terminals.
    TerminalChange,
    /// An officer was added.
    OfficerAdd,
    /// An officer was removed.
    OfficerRemove,
    /// Files were searched for a lawful request: `count` rows looked at, none opened; `digest` of what was approved.
    SearchRecords,
    /// Records are opened for a lawful request: at most `count` rows, with `key` where one is named.
    OpenRecords,
    /// The report of a lawful request: `count` records are in it; `digest` of its JSON.
    ReportRecords,
    /// A certificate of destruction was signed.
    CertifyDestruction,
    /// The log's head was signed.
    SignLogHead,
    /// Half a line that a power cut left was removed: `count` bytes. Nothing had left because of it.
    LogRepair,
}

impl Operation {
    /// Whether the approvals that such a line names have served with it, and serve no more.
    pub fn spends_approvals(self) -> bool {
        matches!(
            self,
            Operation::OfficerAdd
                | Operation::OfficerRemove
                | Operation::OpenRecords
                | Operation::CertifyDestruction
        )
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = serde_json::to_value(self).ok();
        f.write_str(token.as_ref().and_then(|value| value.as_str()).unwrap_or("?"))
    }
}

/// A line to be written. Who and when is the log's to say.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// What.
    pub operation: Operation,
    /// With which key, if one.
    pub key: Option<KeyName>,
    /// How many.
    pub count: u64,
    /// Of what was signed.
    pub digest: Option<Digest>,
    /// The case a lawful request belongs to.
    pub case: Option<&'a CaseNumber>,
    /// The officer whom it concerns.
    pub officer: Option<&'a OfficerNamed>,
    /// The two approvals that it rests on.
    pub approved: &'a [ApprovedBy],
    /// The platform of the screen-code service whom it concerns.
    pub platform: Option<&'a Operator>,
}

/// An officer as the log names one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficerNamed {
    /// The short name.
    pub name: String,
    /// The public key, 43 characters of base64url.
    pub key: String,
}

/// One of the two approvals that an act rests on, whole: an auditor needs nothing but the log to verify it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovedBy {
    /// The officer's short name.
    pub officer: String,
    /// The officer's public key, 43 characters of base64url.
    pub key: String,
    /// The approval's bytes (`officers::approval`), base64url.
    pub approval: String,
}

impl Entry<'_> {
    /// This operation, once, with no key.
    #[must_use]
    pub const fn of(operation: Operation) -> Entry<'static> {
        Entry {
            operation,
            key: None,
            count: 1,
            digest: None,
            case: None,
            officer: None,
            approved: &[],
            platform: None,
        }
    }
}

/// An operator's short name: 2 to 32 of `a-z 0-9 . _ -`, beginning with a letter. Too narrow for a number of a person, and
/// it should be a name of the desk's, not of a life.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operator(String);

impl Operator {
    /// The operator of this name.
    pub fn parse(text: &str) -> Option<Operator> {
        let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
        let good = (2..=32).contains(&text.len())
            && text.bytes().all(inside)
            && text.as_bytes()[0].is_ascii_lowercase();
        (good && longest_number(text) < SOMEBODYS_DIGITS).then(|| Operator(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A case number of a lawful request: 1 to 40 of `A-Z a-z 0-9 . _ - /`, never seven digits in a row: telephone numbers, passports
/// and ID numbers have them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseNumber(String);

impl CaseNumber {
    /// The case of this number.
    pub fn parse(text: &str) -> Option<CaseNumber> {
        let inside = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
        let good = (1..=40).contains(&text.len()) && text.bytes().all(inside);
        (good && longest_number(text) < SOMEBODYS_DIGITS).then(|| CaseNumber(text.to_owned()))
    }

    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// So many digits in a row begin to be a number of somebody.
const SOMEBODYS_DIGITS: usize = 7;

fn longest_number(text: &str) -> usize {
    text.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0)
}

/// A line as it stands in the file, without its line end. `at`: seconds since 1970; `previous`: the hash of the line before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Counted from 1.
    pub line: u64,
    /// When, by the desk's clock.
    pub at: u64,
    /// Who, by their own word.
    pub operator: String,
    /// Who, by the operating system's.
    pub account: String,
    /// What.
    pub operation: Operation,
    /// With which key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// How many.
    pub count: u64,
    /// SHA-256, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// The officer whom it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub officer: Option<OfficerNamed>,
    /// The approvals it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approved: Vec<ApprovedBy>,
    /// The platform of the screen-code service whom it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// What custody seals the line with, where it puts a state in force (`custody::voucher`): of the line without this field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
    /// The hash of the line before, hexadecimal.
    pub previous: String,
}

impl Line {
    pub(crate) fn of(
        entry: &Entry<'_>,
        line: u64,
        at: Timestamp,
        (operator, account): (&Operator, &str),
        previous: &Digest,
    ) -> Line {
        Line {
            line,
            at: at.unix(),
            operator: operator.as_str().into(),
            account: account.into(),
            operation: entry.operation,
            key: entry.key.map(KeyName::token),
            count: entry.count,
            digest: entry.digest.map(|digest| spelling::hex(&digest.0)),
            case: entry.case.map(|case| case.as_str().into()),
            officer: entry.officer.cloned(),
            approved: entry.approved.to_vec(),
            platform: entry.platform.map(|platform| platform.as_str().into()),
            seal: None,
            previous: spelling::hex(&previous.0),
        }
    }

    /// The line under a seal. It names the line before, so a seal holds at its own place in its own log alone.
    pub(crate) fn sealed(self, voucher: &Voucher) -> Line {
        let seal = self.unsealed_text().map(|text| voucher.seal(text.as_bytes()));
        Line { seal, ..self }
    }

    /// Whether custody sealed it.
    pub(crate) fn is_sealed_by(&self, voucher: &Voucher) -> bool {
        match (&self.seal, self.unsealed_text()) {
            (Some(seal), Some(text)) => voucher.admits(text.as_bytes(), seal),
            _ => false,
        }
    }

    fn unsealed_text(&self) -> Option<String> {
        serde_json::to_string(&Line { seal: None, ..self.clone() }).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operators_name_and_a_case_number_can_hold_no_number_of_a_person() {
        for good in ["chen", "desk-2", "li.min", "a1"] {
            assert_eq!(Operator::parse(good).unwrap().as_str(), good);
        }
        for bad in
            ["", "a", "Chen", "陈", "1chen", "a b", "x510100194001010010", "x1381234567", &"a".repeat(33)]
        {
            assert!(Operator::parse(bad).is_none(), "{bad}");
        }
        assert_eq!(CaseNumber::parse("CG-2026/0017").unwrap().as_str(), "CG-2026/0017");
        for bad in ["", "510100194001010010", "51010019400101001X", "case 7", "案1", &"a".repeat(41)]
            .into_iter()
            .chain(["13812345678", "E12345678", "EA1234567", "H12345678", "CG-1381234567"])
        {
            assert!(CaseNumber::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn an_operation_is_told_in_one_word() {
        assert_eq!(Operation::BatchBegin.to_string(), "batch-begin");
        assert_eq!(serde_json::from_str::<Operation>("\"open-records\"").unwrap(), Operation::OpenRecords);
    }
}
