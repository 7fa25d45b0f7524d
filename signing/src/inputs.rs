//! What the authority writes itself, as JSON: policies, places, risk levels.
//! Promises: read twice: by serde_json, whose errors name line and column, and by the terminal's own loader, which
//! proves it; version and issue time are set at publishing and nothing else is changed.
//! Must not know: where the texts are kept.

use gate_core::believed::{BelievedError, Places, RiskLevels};
use gate_core::json::MAX_DOCUMENT_BYTES;
use gate_core::policy::{Policy, PolicyError};
use gate_core::verdict::PlaceKind;
use gate_wire::time::Timestamp;
use serde_json::{Map, Value};

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
    /// No JSON, or not an object.
    #[error("{what}: {source}")]
    ReadJson {
        /// Which document.
        what: &'static str,
        /// With line and column.
        source: serde_json::Error,
    },
    /// No object, or no version in it.
    #[error("{what}: the document must be a JSON object with \"format\" and \"version\"")]
    FindVersion {
        /// Which document.
        what: &'static str,
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
    #[error("{what}: {source}")]
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
    /// The terminal's loader refuses the document.
    #[error("{what}: {source}")]
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
    let stamped = stamped(what, text, &[("version", version.into()), ("issued", issued.unix().into())])?;
    let policy =
        Policy::load(stamped.as_bytes()).map_err(|source| InputRefused::ProvePolicy { what, source })?;
    if !policy.settings().places.contains(&kind) {
        return Err(InputRefused::CoverPlace { what, kind });
    }
    Ok(stamped)
}

/// The places, stamped and read back.
///
/// # Errors
/// [`InputRefused`].
pub fn places(text: &str, version: u32) -> Result<String, InputRefused> {
    let what = "places";
    let stamped = stamped(what, text, &[("version", version.into())])?;
    Places::load(stamped.as_bytes()).map_err(|source| InputRefused::Believe { what, source })?;
    Ok(stamped)
}

/// The risk levels, stamped and read back.
///
/// # Errors
/// [`InputRefused`].
pub fn risk_levels(text: &str, version: u32) -> Result<String, InputRefused> {
    let what = "risk-levels";
    let stamped = stamped(what, text, &[("version", version.into())])?;
    RiskLevels::load(stamped.as_bytes()).map_err(|source| InputRefused::Believe { what, source })?;
    Ok(stamped)
}

fn stamped(what: &'static str, text: &str, fields: &[(&str, Value)]) -> Result<String, InputRefused> {
    let read = |source| InputRefused::ReadJson { what, source };
    let mut document: Map<String, Value> = serde_json::from_str(text).map_err(read)?;
    for (name, value) in fields {
        let place = document.get_mut(*name).ok_or(InputRefused::FindVersion { what })?;
        *place = value.clone();
    }
    let stamped = serde_json::to_string(&document).map_err(read)?;
    match stamped.len() {
        bytes if bytes > MAX_DOCUMENT_BYTES => Err(InputRefused::FitTerminal { what, bytes }),
        _ => Ok(stamped),
    }
}
