//! Why a verdict: what its record holds of the case, the data and the policy row that decided.
//! Promises: read back from the sealed record as the authority opens it, never from the loop's memory.
//! Must not know: which verdict is right.

use gate_core::case::{Case, DIMENSIONS};
use gate_signing::inputs::Inputs;
use gate_ui::words;
use gate_wire::record::{Record, RecordKind};
use serde::Serialize;
use serde_json::{Value, json};

use crate::stage::LedgerRow;

/// Why the last verdict was given.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Why {
    sequence: u64,
    verdict: char,
    reason: String,
    /// The reason in words.
    zh: &'static str,
    en: &'static str,
    /// The twelve columns that policy matches, by their names in the policy; `None` where the terminal decided alone.
    case: Option<Value>,
    /// The policy's row, from 1, as it stands in the file.
    row: Option<(u16, Value)>,
    /// Versions of the data that it was decided on.
    versions: Value,
    /// The list's as-of time, seconds since 1970.
    list_as_of: u64,
    /// The code's claims.
    code: Option<Value>,
    /// Uses before this one.
    uses: u16,
}

impl Why {
    /// Why the verdict of this row was given; `None` for rows without one.
    pub(super) fn of(row: &LedgerRow, inputs: &Inputs) -> Option<Why> {
        let record = &row.record;
        if record.kind != RecordKind::Passage || record.verdict == 0 {
            return None;
        }
        let code = std::str::from_utf8(&record.reason).ok()?;
        let words = gate_core::verdict::Reason::from_code(code).map(words::reason);
        Some(Why {
            sequence: row.sequence.0,
            verdict: char::from(record.verdict),
            reason: code.to_owned(),
            zh: words.map_or("", |text| text.zh),
            en: words.map_or("", |text| text.en),
            case: case(record).map(|case| columns(&case)),
            row: policy_row(record, inputs),
            versions: versions(record),
            list_as_of: record.list_as_of.unix(),
            code: record.code.map(|code| {
                json!({ "kid": String::from_utf8_lossy(&code.kid.0), "issued": code.issued.unix(), "expires": code.expires.unix() })
            }),
            uses: record.uses,
        })
    }
}

/// The case as recorded: each column's index plus one, zero where policy decided nothing.
fn case(record: &Record) -> Option<Case> {
    let mut indices = [0; DIMENSIONS];
    for (index, recorded) in indices.iter_mut().zip(record.case) {
        *index = recorded.checked_sub(1)?;
    }
    Case::from_indices(indices)
}

fn columns(case: &Case) -> Value {
    json!({
        "place": case.place, "risk": case.risk, "direction": case.direction, "evidence": case.evidence,
        "finding": case.finding, "source": case.source, "test": case.test, "data": case.data,
        "clock": case.clock, "temperature": case.temperature, "issuer": case.issuer, "uses": case.uses,
    })
}

fn policy_row(record: &Record, inputs: &Inputs) -> Option<(u16, Value)> {
    let index = usize::from(record.row.checked_sub(1)?);
    // Place 2 is the demo's hospital.
    let text = if record.place == 2 { &inputs.policy_hospital } else { &inputs.policy_station };
    let policy: Value = serde_json::from_str(text).ok()?;
    Some((record.row, policy.get("rows")?.get(index)?.clone()))
}

fn versions(record: &Record) -> Value {
    let v = &record.versions;
    json!({
        "key_set": v.key_set, "policy": v.policy, "status_list": v.list,
        "revocations": v.revocations, "places": v.places, "staff": v.staff,
    })
}
