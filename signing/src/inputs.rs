//! What the authority writes itself, as JSON: policies, places, risk levels.
//! Promises: read twice: by serde_json, whose errors name line and column, and by the terminal's own loader, which
//! proves it; version and issue time are set at publishing and nothing else is changed.
//! Must not know: where the texts are kept.

mod placing;

use gate_core::believed::{BelievedError, Places, RiskLevels};
use gate_core::json::MAX_DOCUMENT_BYTES;
use gate_core::policy::{Policy, PolicyError};
use gate_core::verdict::PlaceKind;
use gate_wire::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::forms::{PlacesForm, PolicyForm, RiskForm};

pub use placing::{PlacingRefused, place_changes, risk_changes};

/// The texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// Policy for stations and their like.
    pub policy_station: String,
    /// Policy for hospitals.
    pub policy_hospital: String,
    /// Places and lanes.
    pub places: String,
    /// Risk levels by region.
    pub risk_levels: String,
}

impl Inputs {
    /// The default policies, a station and a hospital of a demo in 510100, risk low.
    pub fn demo() -> Inputs {
        Inputs {
            policy_station: include_str!("../../assets/policies/station.json").into(),
            policy_hospital: include_str!("../../assets/policies/hospital.json").into(),
            places: include_str!("../../assets/demo/places.json").into(),
            risk_levels: include_str!("../../assets/demo/risk-levels.json").into(),
        }
    }
}

/// Why a text is refused.
#[derive(Debug, thiserror::Error)]
pub enum InputRefused {
    /// Not in the document's form.
    #[error("{what}")]
    ReadJson {
        /// Which document.
        what: &'static str,
        /// With line and column.
        source: serde_json::Error,
    },
    /// Too large.
    #[error("{what}: {bytes} bytes; terminals read at most {MAX_DOCUMENT_BYTES}")]
    FitTerminal {
        /// Which document.
        what: &'static str,
        /// Its size.
        bytes: usize,
    },
    /// The terminal's loader refuses the policy.
    #[error("{what}")]
    ProvePolicy {
        /// Which policy.
        what: &'static str,
        /// Why, with row and case.
        source: PolicyError,
    },
    /// The policy does not speak of the kind of place it is published for.
    #[error("{what}: \"places\" does not name {kind:?}")]
    CoverPlace {
        /// Which policy.
        what: &'static str,
        /// The kind it is published for.
        kind: PlaceKind,
    },
    /// Places or risk levels that nobody means.
    #[error("{what}")]
    Place {
        /// Which document.
        what: &'static str,
        /// Why.
        source: PlacingRefused,
    },
    /// The terminal's loader refuses the document.
    #[error("{what}")]
    Believe {
        /// Which document.
        what: &'static str,
        /// Why.
        source: BelievedError,
    },
}

/// A policy, stamped and proven: the text terminals read.
///
/// # Errors
/// [`InputRefused`].
pub fn policy(text: &str, kind: PlaceKind, version: u32, issued: Timestamp) -> Result<String, InputRefused> {
    let what = if kind == PlaceKind::Hospital { "policy-hospital" } else { "policy-station" };
    let mut form: PolicyForm = read(what, text)?;
    (form.version, form.issued) = (version, issued.unix());
    let stamped = written(what, &form)?;
    let policy =
        Policy::load(stamped.as_bytes()).map_err(|source| InputRefused::ProvePolicy { what, source })?;
    if !policy.settings().places.contains(&kind) {
        return Err(InputRefused::CoverPlace { what, kind });
    }
    Ok(stamped)
}

/// A policy as it stands in its file, proven, in words: a line for each setting and row.
///
/// # Errors
/// [`InputRefused`].
pub fn policy_in_words(text: &str) -> Result<Vec<String>, InputRefused> {
    let what = "policy";
    let form: PolicyForm = read(what, text)?;
    Policy::load(text.as_bytes()).map_err(|source| InputRefused::ProvePolicy { what, source })?;
    Ok(form.in_words())
}

/// The places, stamped and read back.
///
/// # Errors
/// [`InputRefused`].
pub fn places(text: &str, version: u32) -> Result<String, InputRefused> {
    let what = "places";
    let mut form: PlacesForm = read(what, text)?;
    placing::admit_places(&form).map_err(|source| InputRefused::Place { what, source })?;
    form.version = version;
    let stamped = written(what, &form)?;
    Places::load(stamped.as_bytes()).map_err(|source| InputRefused::Believe { what, source })?;
    Ok(stamped)
}

/// The risk levels, stamped and read back.
///
/// # Errors
/// [`InputRefused`].
pub fn risk_levels(text: &str, version: u32) -> Result<String, InputRefused> {
    let what = "risk-levels";
    let mut form: RiskForm = read(what, text)?;
    placing::admit_risk(&form).map_err(|source| InputRefused::Place { what, source })?;
    form.version = version;
    let stamped = written(what, &form)?;
    RiskLevels::load(stamped.as_bytes()).map_err(|source| InputRefused::Believe { what, source })?;
    Ok(stamped)
}

fn read<'a, T: Deserialize<'a>>(what: &'static str, text: &'a str) -> Result<T, InputRefused> {
    serde_json::from_str(text).map_err(|source| InputRefused::ReadJson { what, source })
}

fn written(what: &'static str, form: &impl Serialize) -> Result<String, InputRefused> {
    let text = serde_json::to_string(form).map_err(|source| InputRefused::ReadJson { what, source })?;
    match text.len() {
        bytes if bytes > MAX_DOCUMENT_BYTES => Err(InputRefused::FitTerminal { what, bytes }),
        _ => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn station() -> String {
        Inputs::demo().policy_station
    }

    /// As a command prints it.
    fn chain(refused: InputRefused) -> String {
        format!("{:#}", anyhow::Error::from(refused))
    }

    #[test]
    fn a_policy_that_breaks_a_rule_is_refused_with_its_row() {
        let soft = station().replacen(
            r#""verdict": "stop", "reason": "S01""#,
            r#""verdict": "pass", "reason": "P01""#,
            1,
        );
        let refused = chain(policy_in_words(&soft).unwrap_err());
        assert!(refused.contains("row 4") && refused.contains("red and yellow"), "{refused}");
    }

    #[test]
    fn every_row_is_read_aloud() {
        let words = policy_in_words(&station()).unwrap();
        assert_eq!(words.len(), 3 + 22);
        assert!(
            words.iter().any(|line| line
                .contains("4. finding red, said by the code: Stop S01 (red code), staff is coming")),
            "{words:#?}"
        );
        assert!(words.last().unwrap().contains("whatever is left: Assist A42"));
    }

    #[test]
    fn a_stamp_changes_version_and_issue_time_and_no_verdict() {
        let at = Timestamp::from_unix(1_800_000_000).unwrap();
        let stamped = policy(&station(), PlaceKind::Station, 9, at).unwrap();
        let policy = Policy::load(stamped.as_bytes()).unwrap();
        assert_eq!((policy.version(), policy.issued()), (9, at));
        assert_eq!(policy_in_words(&stamped).unwrap(), policy_in_words(&station()).unwrap());
    }

    #[test]
    fn a_policy_is_published_for_its_own_kind_of_place_only() {
        let at = Timestamp::EPOCH;
        let refused = policy(&station(), PlaceKind::Hospital, 1, at).unwrap_err();
        assert!(matches!(refused, InputRefused::CoverPlace { kind: PlaceKind::Hospital, .. }));
    }
}
