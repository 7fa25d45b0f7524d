//! The forms of the documents that the authority writes itself, for errors with line and column and for reading aloud.
//! Promises: the same fields and closed sets as the terminal's loader; what passes here still has to pass there.
//! Must not know: whether a policy is a good one (`gate_core::policy` proves it).

use core::fmt::Debug;

use gate_core::age::Bands;
use gate_core::case::{
    DIMENSIONS, DataAge, Dimension, EvidenceKind, Finding, IssuerClass, Source, Temperature, TestAge,
    UseClass,
};
use gate_core::policy::ages;
use gate_core::screen::Publicity;
use gate_core::time::ClockTrust;
use gate_core::verdict::{Advice, Direction, PlaceKind, Reason, RiskLevel, Verdict};
use serde::{Deserialize, Serialize};

/// A policy's form.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyForm {
    pub(crate) format: u8,
    pub(crate) version: u32,
    pub(crate) issued: u64,
    pub(crate) places: Vec<PlaceKind>,
    #[serde(default)]
    unchecked_at: Vec<RiskLevel>,
    list_stale_after_days: u32,
    test_days: u32,
    #[serde(default, skip_serializing_if = "Bands::is_empty")]
    pub(crate) bands: Bands,
    high_temperature_tenths: i16,
    again_after: u16,
    public_stop: Publicity,
    #[serde(default)]
    platform_prefixes: Vec<String>,
    pub(crate) rows: Vec<RowForm>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RowForm {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    place: Vec<PlaceKind>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    risk: Vec<RiskLevel>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    direction: Vec<Direction>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<EvidenceKind>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    finding: Vec<Finding>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    source: Vec<Source>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    test: Vec<TestAge>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    data: Vec<DataAge>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    clock: Vec<ClockTrust>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    temperature: Vec<Temperature>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    issuer: Vec<IssuerClass>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    uses: Vec<UseClass>,
    pub(crate) verdict: Verdict,
    pub(crate) reason: String,
    pub(crate) advice: Advice,
}

/// The form of the places.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlacesForm {
    pub(crate) format: u8,
    pub(crate) version: u32,
    pub(crate) places: Vec<PlaceForm>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceForm {
    pub(crate) number: u32,
    pub(crate) name: String,
    pub(crate) kind: PlaceKind,
    pub(crate) region: String,
    pub(crate) place_code: String,
    pub(crate) lanes: Vec<LaneForm>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LaneForm {
    pub(crate) lane: u16,
    pub(crate) direction: Direction,
}

/// The form of the risk levels.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RiskForm {
    pub(crate) format: u8,
    pub(crate) version: u32,
    pub(crate) regions: Vec<RegionForm>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegionForm {
    pub(crate) region: String,
    pub(crate) risk: RiskLevel,
}

impl PolicyForm {
    /// The settings and rows in words, one line each, in the order in which they are asked.
    pub(crate) fn in_words(&self) -> Vec<String> {
        let mut lines = vec![
            format!(
                "for {}; list results count for {} days, negative tests through day {}",
                joined(&self.places),
                self.list_stale_after_days,
                self.test_days
            ),
            match self.unchecked_at.as_slice() {
                [] => "checks at every risk level".into(),
                levels => format!("does not check at risk level {}", joined(levels)),
            },
            format!(
                "a reading from {}.{} °C is high; public screen on Stop: {}",
                self.high_temperature_tenths / 10,
                self.high_temperature_tenths % 10,
                spaced(&self.public_stop)
            ),
        ];
        lines.extend(self.bands.each().map(|(dataset, limits)| {
            let days = |days: Option<u32>| days.unwrap_or_default();
            let (ageing, stale, expired) = (days(limits.ageing), limits.stale, days(limits.expired));
            let name = dataset.name();
            let sent = match self.bands.assist_from(dataset) {
                Some(from) => format!("; once {}, whoever it concerns is sent to the staff", from.name()),
                None => String::new(),
            };
            format!("{name} ages after {ageing} days, is stale after {stale}, expired after {expired}{sent}")
        }));
        lines.extend(self.rows.iter().zip(1..).map(|(row, number): (_, u32)| row.in_words(number)));
        lines
    }
}

impl RowForm {
    /// A bit for each value of each column, in the order of [`gate_core::case::Case::indices`]; all of them without a column.
    pub(crate) fn columns(&self) -> [u16; DIMENSIONS] {
        [
            bits(&self.place),
            bits(&self.risk),
            bits(&self.direction),
            bits(&self.evidence),
            bits(&self.finding),
            bits(&self.source),
            bits(&self.test),
            ages(bits(&self.data)),
            bits(&self.clock),
            bits(&self.temperature),
            bits(&self.issuer),
            bits(&self.uses),
        ]
    }

    /// Whether it names an age that only a policy with bands knows.
    pub(crate) fn speaks_of_bands(&self) -> bool {
        self.data.iter().any(|age| matches!(age, DataAge::Ageing | DataAge::Expired))
    }

    fn in_words(&self, number: u32) -> String {
        let columns = [
            column("place", &self.place),
            column("risk", &self.risk),
            column("direction", &self.direction),
            column("shown", &self.evidence),
            column("finding", &self.finding),
            column("said by the", &self.source),
            column("test", &self.test),
            column("list data", &self.data),
            column("clock", &self.clock),
            column("temperature", &self.temperature),
            column("issuer", &self.issuer),
            column("use", &self.uses),
        ];
        let when: Vec<String> = columns.into_iter().flatten().collect();
        let when = if when.is_empty() { "whatever is left".into() } else { when.join(", ") };
        let reason = Reason::from_code(&self.reason).map(|reason| spaced(&reason)).unwrap_or_default();
        let advice = spaced(&self.advice);
        format!("{number:>3}. {when}: {:?} {} ({reason}), {advice}", self.verdict, self.reason)
    }
}

fn bits<D: Dimension>(values: &[D]) -> u16 {
    match values {
        [] => u16::MAX,
        values => values.iter().fold(0, |bits, value| bits | 1 << value.index()),
    }
}

fn column<T: Debug>(name: &str, values: &[T]) -> Option<String> {
    (!values.is_empty()).then(|| format!("{name} {}", joined(values)))
}

fn joined<T: Debug>(values: &[T]) -> String {
    values.iter().map(spaced).collect::<Vec<_>>().join(" or ")
}

/// `FeverClinicLane` → `fever clinic lane`.
fn spaced<T: Debug>(value: &T) -> String {
    let mut words = String::new();
    for c in format!("{value:?}").chars() {
        if c.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}
