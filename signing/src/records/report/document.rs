//! The report for programs: JSON, one object.
//! Promises: what the words say, without words; no subject.
//! Must not know: files, languages.

use gate_core::case::Case;
use serde::Serialize;

use super::super::carried_out::GateOpened;
use super::super::opening::{Destroyed, KeyEnd, OpenedRecord, Opening, Shut};
use super::super::replay::{Replayed, letter};
use super::super::selection::Civil;
use super::super::sources::Gathered;
use super::super::story::{self, grouped};
use super::super::words;
use super::{ApprovalTold, Counts, LogPlace, Request, counted, of_how_many, why_shut};
use crate::spelling;

/// The report for programs.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    format: u8,
    case: &'a str,
    selection: String,
    approvals: &'a [ApprovalTold],
    opened_at: String,
    log: &'a LogPlace,
    rows_searched: u64,
    rows_meant: usize,
    rows_left_shut: u64,
    rows_opened: u64,
    replayed: Counts,
    records: Vec<RecordDocument>,
    destroyed: Vec<DestroyedDocument>,
    did_not_open: Vec<ShutDocument>,
}

#[derive(Serialize)]
struct RecordDocument {
    query: String,
    terminal: u32,
    sequence: u64,
    kind: u8,
    at: String,
    clock_confirmed: bool,
    place: u32,
    lane: u16,
    verdict: Option<char>,
    reason: Option<String>,
    advice: u8,
    policy_version: u32,
    policy_digest: String,
    policy_row: u16,
    case: Option<String>,
    act: u8,
    event: u8,
    /// The record that this one is about.
    about: Option<u64>,
    /// Whether the gate opened by it, if it was to.
    gate: Option<&'static str>,
    replay: String,
    again: Option<char>,
    signed_by_terminal: bool,
    row_hash: String,
}

#[derive(Serialize)]
struct DestroyedDocument {
    day_key: u32,
    lost: bool,
    at: String,
    certificate: String,
    rows: u64,
}

#[derive(Serialize)]
struct ShutDocument {
    sequence: u64,
    day_key: u32,
    why: String,
}

impl<'a> Document<'a> {
    pub(super) fn of(
        request: &'a Request<'a>,
        gathered: &Gathered,
        opening: &Opening,
        replays: &[Replayed],
    ) -> Document<'a> {
        let destroyed = |gone: &Destroyed| DestroyedDocument {
            day_key: gone.key.0,
            lost: gone.end == KeyEnd::Lost,
            at: Civil(gone.at).to_string(),
            certificate: gone.certificate.clone(),
            rows: gone.rows,
        };
        let shut = |row: &Shut| ShutDocument {
            sequence: row.sequence.0,
            day_key: row.key.0,
            why: why_shut(&row.why, of_how_many(request.selection)).en,
        };
        Document {
            format: 1,
            case: request.case,
            selection: request.selection.to_string(),
            approvals: request.approvals,
            opened_at: Civil(request.at).to_string(),
            log: &request.log,
            rows_searched: gathered.searched,
            rows_meant: gathered.candidates.len(),
            rows_left_shut: gathered.left_shut,
            rows_opened: opening.opened,
            replayed: counted(replays),
            records: opening
                .records
                .iter()
                .zip(replays)
                .map(|(record, replayed)| record_document(record, replayed, opening))
                .collect(),
            destroyed: opening.destroyed.iter().map(destroyed).collect(),
            did_not_open: opening.shut.iter().map(shut).collect(),
        }
    }
}

fn record_document(opened: &OpenedRecord, replayed: &Replayed, opening: &Opening) -> RecordDocument {
    let record = &opened.record;
    let again = match replayed {
        Replayed::Identical(again) | Replayed::Differs(again, _) => Some(letter(again.decision.verdict())),
        Replayed::WithoutPolicy(_) | Replayed::Unreadable(_) | Replayed::NoVerdict => None,
    };
    let case = Case::from_indices(record.case.map(|code| code.wrapping_sub(1)));
    RecordDocument {
        query: grouped(opened.query.as_str()),
        terminal: opened.terminal.value(),
        sequence: opened.sequence.0,
        kind: record.kind.code(),
        at: Civil(record.at).to_string(),
        clock_confirmed: record.clock == 1,
        place: record.place,
        lane: record.lane,
        verdict: (record.verdict != 0).then_some(char::from(record.verdict)),
        reason: core::str::from_utf8(&record.reason)
            .ok()
            .filter(|code| !code.starts_with('\0'))
            .map(str::to_owned),
        advice: record.advice,
        policy_version: record.versions.policy,
        policy_digest: spelling::hex(&record.policy_digest),
        policy_row: record.row,
        case: case.map(|case| words::case(&case).en),
        act: record.act,
        event: record.event,
        about: story::named(record),
        gate: GateOpened::by(opened, &opening.records).map(GateOpened::word),
        replay: story::outcome(replayed).en,
        again,
        signed_by_terminal: opened.candidate.signed_by.is_some(),
        row_hash: spelling::hex(opened.candidate.hash().as_bytes()),
    }
}
