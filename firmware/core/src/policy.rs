//! Policy: the signed, ordered decision table (DOMAIN §1, §9; DESIGN §5).
//! Promises: a loaded policy answers every case, and breaks none of the rules that `policy::rules` proves of it.
//! Must not know: how a case is found, nor how a verdict is told.
//!
//! The first row whose columns all hold decides. A column that is left out holds for every value.

use gate_wire::time::Timestamp;
use heapless::{String, Vec};
use serde::Deserialize;

use crate::age::{self, Bands, BandsRefused, Limits};
use crate::case::{
    Case, DIMENSIONS, DataAge, Dimension, EvidenceKind, Finding, IssuerClass, Source, Temperature, TestAge,
    UseClass,
};
use crate::json::{self, JsonError};
use crate::manifest::Dataset;
use crate::screen::Publicity;
use crate::time::{ClockTrust, TimeReading};
use crate::verdict::{Advice, Direction, PlaceKind, Reason, RiskLevel, Verdict};

mod reasons;
mod rules;

pub use rules::each_case;

/// Most rows in a table.
pub const MAX_ROWS: usize = 48;

/// A policy in force. Having one tells: every case of its places ends in a verdict, and none in a dead end (DOMAIN §2).
#[derive(Clone, Debug)]
pub struct Policy {
    version: u32,
    issued: Timestamp,
    settings: Settings,
    rows: Vec<Row, MAX_ROWS>,
}

/// The numbers and switches of a policy.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The kinds of place that this policy is for.
    pub places: Vec<PlaceKind, 7>,
    /// Risk levels at which these places do not check at all (DOMAIN §9).
    pub unchecked_at: Vec<RiskLevel, 3>,
    /// Days after which list results are Assist (DOMAIN §2).
    pub list_stale_after_days: u32,
    /// The last calendar day on which a negative test counts, sampling day 0 (DOMAIN §3).
    pub test_days: u32,
    /// From which age on data are ageing, stale, expired; the list's verdicts follow by rows.
    pub bands: Bands,
    /// Tenths of a degree Celsius from which a reading is high (DOMAIN §12).
    pub high_temperature_tenths: i16,
    /// Uses before this one from which the use counts as "again".
    pub again_after: u16,
    /// What the public screen shows of a Stop (DOMAIN §15).
    pub public_stop: Publicity,
    /// Beginnings of codes that platforms do not sign yet (DOMAIN §6).
    pub platform_prefixes: Vec<String<64>, 8>,
}

impl Settings {
    /// The list's limits, by which its verdicts are found.
    pub fn list_limits(&self) -> Limits {
        self.bands.limits(Dataset::StatusList).unwrap_or(Limits::until_stale(self.list_stale_after_days))
    }

    /// The band of a dataset as it is shown; `None` where this policy sets no limit for it.
    pub fn band(&self, dataset: Dataset, issued: Option<Timestamp>, now: TimeReading) -> Option<DataAge> {
        age::band((&self.bands, self.list_stale_after_days), dataset, issued, now)
    }
}

/// What a row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// Its reason.
    pub reason: Reason,
    /// What the person is told to do.
    pub advice: Advice,
}

/// The row of a policy that decided, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowNumber(pub u16);

#[derive(Clone, Debug)]
struct Row {
    /// A bit for each value of each dimension that the row holds for.
    masks: [u16; DIMENSIONS],
    outcome: Outcome,
}

impl Row {
    fn holds_for(&self, indices: &[u8; DIMENSIONS]) -> Holds {
        let all = self.masks.iter().zip(indices).all(|(mask, index)| mask & 1 << index != 0);
        if all { Holds::Yes } else { Holds::No }
    }
}

#[derive(PartialEq)]
enum Holds {
    Yes,
    No,
}

/// Why a policy is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The document cannot be read.
    #[error("the policy cannot be read")]
    Json(#[from] JsonError),
    /// Written for another version.
    #[error("policy format {found}, this version reads 1")]
    ForeignFormat {
        /// The number found.
        found: u8,
    },
    /// A setting out of range.
    #[error("{what} is not valid")]
    OutOfRange {
        /// Which setting.
        what: &'static str,
    },
    /// Bands that make no sense.
    #[error(transparent)]
    Bands(#[from] BandsRefused),
    /// A row's reason is unknown, or its letter is not that of its verdict.
    #[error("row {}: the reason must be a known code with the verdict's letter", row.0)]
    WrongReason {
        /// Which row.
        row: RowNumber,
    },
    /// A row without columns decides what nobody thought of (DOMAIN §2).
    #[error("row {}: what no row speaks of goes to the attendant: verdict assist (DOMAIN §2)", row.0)]
    FallbackDecides {
        /// Which row.
        row: RowNumber,
    },
    /// A case that no row decides (DOMAIN §2).
    #[error("no row decides {case:?}: a person would get no answer (DOMAIN §2)")]
    Uncovered {
        /// The case.
        case: Case,
    },
    /// A row breaks a rule that no policy may break.
    #[error("row {}: {rule} ({case:?})", row.0)]
    Breaks {
        /// Which row.
        row: RowNumber,
        /// Which rule.
        rule: Rule,
        /// The first case found.
        case: Case,
    },
    /// Two cases that differ by issuer alone end in different verdicts (DOMAIN §6).
    #[error("rows {} and {} differ by issuer alone: one code is as good as another (DOMAIN §6) ({case:?})", ours.0, other.0)]
    DiffersByIssuer {
        /// The row for one issuer.
        ours: RowNumber,
        /// The row for another.
        other: RowNumber,
        /// The first case found, with the first issuer.
        case: Case,
    },
}

/// Rules that no policy may break, whatever the measures of the day are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Rule {
    /// DOMAIN §1, §2.
    #[error("only a proven, current red is stopped (DOMAIN §2)")]
    StopNeedsCurrentRed,
    /// DOMAIN §1.
    #[error("red and yellow keep the latch shut (DOMAIN §1)")]
    RedAndYellowNeverPass,
    /// DOMAIN §3.
    #[error("a person who is not on the list of everyone goes to the attendant (DOMAIN §3)")]
    NotListedNeverPasses,
    /// DOMAIN §14.
    #[error("results from a stale list go to the attendant (DOMAIN §2, §14)")]
    StaleListNeverDecides,
    /// DESIGN §8.
    #[error("no short-lived code passes while the clock is unconfirmed (DESIGN §8)")]
    UnconfirmedClockPassesNoScreenCode,
    /// DOMAIN §1, §6; for paper codes §2, §3: nobody needs a phone.
    #[error(
        "a current green, on a phone, on paper (离线码) or in the list, and 未见异常 pass without any further condition (DOMAIN §1, §2, §3, §6)"
    )]
    GreenIsFree,
    /// DOMAIN §1, §19: what opens with one press and no cause would undo it.
    #[error(
        "a proven, current red is Stop and a yellow is Limit, whatever else is the case (DOMAIN §1, §19)"
    )]
    ColourIsKept,
    /// DOMAIN §3.
    #[error("a positive test never opens a gate: only a negative one counts (DOMAIN §3)")]
    PositiveNeverPasses,
    /// DOMAIN §6.
    #[error("the national \"abnormal\" has no colour: it goes to the attendant (DOMAIN §6)")]
    AbnormalIsAssist,
    /// DOMAIN §3.
    #[error("a test past its days proves nothing any more (DOMAIN §3)")]
    PastTestNeverPasses,
    /// DOMAIN §12.
    #[error("a high temperature is measured again or looked at, never passed over (DOMAIN §12)")]
    FeverNeverPasses,
    /// DOMAIN §17: the record and the person are told this reason.
    #[error(
        "the reason does not belong to what was found: person and record would be told what is not so (DOMAIN §17)"
    )]
    ReasonFits,
    /// DOMAIN §2.
    #[error(
        "the advice leads nowhere: through a shut latch, away from an open one, or back to what the person has just done (DOMAIN §2)"
    )]
    AdviceLeadsOn,
}

impl Policy {
    /// Reads a policy and proves it over every case of its places.
    ///
    /// # Errors
    /// [`PolicyError`], with the row and the case.
    pub fn load(bytes: &[u8]) -> Result<Policy, PolicyError> {
        let document: PolicyDocument<'_> = json::read(bytes)?;
        if document.format != 1 {
            return Err(PolicyError::ForeignFormat { found: document.format });
        }
        let issued =
            Timestamp::from_unix(document.issued).ok_or(PolicyError::OutOfRange { what: "issued" })?;
        let mut rows = Vec::new();
        for (index, row) in document.rows.iter().enumerate() {
            let row = row.read(number(index))?;
            rows.push(row).map_err(|_| PolicyError::OutOfRange { what: "number of rows" })?;
        }
        if let Some(index) = rows.iter().position(decides_whatever_is_left) {
            return Err(PolicyError::FallbackDecides { row: number(index) });
        }
        let settings = document.settings()?;
        let policy = Policy { version: document.version, issued, settings, rows };
        rules::prove(&policy)?;
        Ok(policy)
    }

    /// The row that decides `case`, and what it says. A loaded policy has one for every case of its places, and
    /// none for other places: nothing was proven of it there.
    pub fn decide(&self, case: &Case) -> Option<(RowNumber, Outcome)> {
        if !self.settings.places.contains(&case.place) {
            return None;
        }
        let indices = case.indices();
        let index = self.rows.iter().position(|row| row.holds_for(&indices) == Holds::Yes)?;
        Some((number(index), self.rows[index].outcome))
    }

    /// Its version.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// When it was issued.
    pub fn issued(&self) -> Timestamp {
        self.issued
    }

    /// Its numbers and switches.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}

/// A row without columns that is not Assist.
fn decides_whatever_is_left(row: &Row) -> bool {
    row.masks == [u16::MAX; DIMENSIONS] && row.outcome.verdict != Verdict::Assist
}

/// Rows are counted from 1; there are at most 48.
fn number(index: usize) -> RowNumber {
    RowNumber(index as u16 + 1)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyDocument<'a> {
    format: u8,
    version: u32,
    issued: u64,
    places: Vec<PlaceKind, 7>,
    #[serde(default)]
    unchecked_at: Vec<RiskLevel, 3>,
    list_stale_after_days: u32,
    test_days: u32,
    #[serde(default)]
    bands: Bands,
    high_temperature_tenths: i16,
    again_after: u16,
    public_stop: Publicity,
    #[serde(borrow, default)]
    platform_prefixes: Vec<&'a str, 8>,
    #[serde(borrow)]
    rows: Vec<RowDocument<'a>, MAX_ROWS>,
}

impl PolicyDocument<'_> {
    fn settings(&self) -> Result<Settings, PolicyError> {
        let bad = |what| PolicyError::OutOfRange { what };
        let mut platform_prefixes = Vec::new();
        for prefix in &self.platform_prefixes {
            let kept = String::try_from(*prefix).map_err(|_| bad("a platform prefix"))?;
            if kept.len() < 4 || kept.starts_with("TF1:") {
                return Err(bad("a platform prefix"));
            }
            platform_prefixes.push(kept).map_err(|_| bad("number of platform prefixes"))?;
        }
        for (what, inside) in [
            ("places", !self.places.is_empty()),
            ("list_stale_after_days", (1..=60).contains(&self.list_stale_after_days)),
            ("test_days", (1..=30).contains(&self.test_days)),
            ("high_temperature_tenths", (360..=420).contains(&self.high_temperature_tenths)),
            ("again_after", self.again_after >= 1),
        ] {
            if !inside {
                return Err(bad(what));
            }
        }
        self.bands.admit(self.list_stale_after_days)?;
        Ok(Settings {
            bands: self.bands,
            places: self.places.clone(),
            unchecked_at: self.unchecked_at.clone(),
            list_stale_after_days: self.list_stale_after_days,
            test_days: self.test_days,
            high_temperature_tenths: self.high_temperature_tenths,
            again_after: self.again_after,
            public_stop: self.public_stop,
            platform_prefixes,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RowDocument<'a> {
    #[serde(default)]
    place: Vec<PlaceKind, 7>,
    #[serde(default)]
    risk: Vec<RiskLevel, 3>,
    #[serde(default)]
    direction: Vec<Direction, 2>,
    #[serde(default)]
    evidence: Vec<EvidenceKind, 6>,
    #[serde(default)]
    finding: Vec<Finding, 10>,
    #[serde(default)]
    source: Vec<Source, 2>,
    #[serde(default)]
    test: Vec<TestAge, 3>,
    #[serde(default)]
    data: Vec<DataAge, 5>,
    #[serde(default)]
    clock: Vec<ClockTrust, 2>,
    #[serde(default)]
    temperature: Vec<Temperature, 4>,
    #[serde(default)]
    issuer: Vec<IssuerClass, 3>,
    #[serde(default)]
    uses: Vec<UseClass, 2>,
    verdict: Verdict,
    reason: &'a str,
    advice: Advice,
}

impl RowDocument<'_> {
    fn read(&self, row: RowNumber) -> Result<Row, PolicyError> {
        let reason = Reason::from_code(self.reason).filter(|reason| reason.verdict() == self.verdict);
        let reason = reason.ok_or(PolicyError::WrongReason { row })?;
        let masks = [
            mask(&self.place),
            mask(&self.risk),
            mask(&self.direction),
            mask(&self.evidence),
            mask(&self.finding),
            mask(&self.source),
            mask(&self.test),
            ages(mask(&self.data)),
            mask(&self.clock),
            mask(&self.temperature),
            mask(&self.issuer),
            mask(&self.uses),
        ];
        Ok(Row { masks, outcome: Outcome { verdict: self.verdict, reason, advice: self.advice } })
    }
}

/// A column left out, or empty, holds for every value.
fn mask<D: Dimension>(values: &[D]) -> u16 {
    if values.is_empty() { u16::MAX } else { values.iter().fold(0, |mask, value| mask | 1 << value.index()) }
}

/// The data column's bits as a row means them: who speaks of a fresh list speaks of an ageing one, and of an expired one who speaks of a stale one: a narrower row comes first.
pub fn ages(mask: u16) -> u16 {
    let with = |mask: u16, whole: DataAge, part: DataAge| {
        if mask & 1 << whole.index() != 0 { mask | 1 << part.index() } else { mask }
    };
    with(with(mask, DataAge::Fresh, DataAge::Ageing), DataAge::Stale, DataAge::Expired)
}

#[cfg(test)]
mod tests;
