//! Records of passages, openings, staff and devices, as the journal takes them.
//! Promises: everything that a verdict rests on is in its record, and nothing else about the person.
//! Must not know: how records are sealed.

use gate_core::alleged::Verified;
use gate_core::attendant::Act;
use gate_core::case::{DIMENSIONS, Dimension};
use gate_core::decide::Decision;
use gate_core::event::Event;
use gate_core::facts::Facts;
use gate_core::journal::{Durability, Entry, Tally, UseKey};
use gate_core::query::Sequence;
use gate_core::staff::StaffSession;
use gate_core::time::{ClockTrust, TimeReading};
use gate_core::verdict::{Direction, Verdict};
use gate_proof::subject::Subject;
use gate_wire::credential::{Certifier, Credential, Role, Statement, TestResult};
use gate_wire::record::{CodeRecorded, Record, RecordKind};
use gate_wire::time::Millis;

use super::Warmth;
use super::opening::Given;
use crate::judge::{Judge, Shown};

/// When something happens, and how warm the person is.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub(super) now: Millis,
    pub(super) time: TimeReading,
    pub(super) warmth: Warmth,
}

/// A passage's entry.
pub(super) fn passage(
    judge: &Judge,
    shown: &Shown,
    (decision, facts): (&Decision, &Facts),
    moment: &Moment,
    use_key: Option<UseKey>,
) -> Entry {
    let mut record = blank(judge, RecordKind::Passage, moment.time, moment.now);
    record.reason.copy_from_slice(decision.reason().code().as_bytes());
    record.verdict = letter(decision.verdict());
    record.advice = decision.advice() as u8 + 1;
    record.publicity = decision.publicity() as u8 + 1;
    if let Some((case, row)) = decision.basis() {
        record.case = case_codes(case.indices());
        record.row = row.0;
    }
    record.uses = facts.uses;
    record.code = shown.code().map(code_recorded);
    record.subject = shown.subject().map_or([0; 12], |subject| *subject.as_bytes());
    record.document = shown.document().map_or(0, |document| document.kind);
    let answer = if shown.document().is_some() { facts.of_document } else { facts.of_code };
    record.list_answer = answer.code();
    if let Some(as_of) = facts.list_as_of {
        record.list_as_of = as_of;
    }
    record.temperature = moment.warmth.tenths.unwrap_or(i16::MIN);
    let tally = tally(judge, moment.time, letter(decision.verdict()));
    // An exit lane opens whatever becomes of the record (DOMAIN §20).
    let durability =
        if decision.direction() == Direction::Out { Durability::BestEffort } else { Durability::Required };
    Entry { record, use_key, tally: Some(tally), durability }
}

/// An attendant's opening; `of` is the passage it follows, if there was one.
pub(super) fn opening(
    judge: &Judge,
    by: &StaffSession,
    act: Act,
    of: Option<Sequence>,
    moment: (TimeReading, Millis),
) -> Entry {
    let mut record = blank(judge, RecordKind::Opening, moment.0, moment.1);
    record.act = act.code();
    record.staff = *by.subject().as_bytes();
    record.role = by.role().code();
    if let Some(of) = of {
        record.detail[..8].copy_from_slice(&of.0.to_be_bytes());
    }
    let tally = tally(judge, moment.0, b'O');
    Entry { record, use_key: None, tally: Some(tally), durability: Durability::BestEffort }
}

/// What a member of staff did or was refused.
pub(super) fn staff(
    judge: &Judge,
    event: Event,
    who: Option<(Subject, Role)>,
    moment: (TimeReading, Millis),
) -> Entry {
    let mut record = blank(judge, RecordKind::Staff, moment.0, moment.1);
    record.event = event.code();
    if let Some((subject, role)) = who {
        record.staff = *subject.as_bytes();
        record.role = role.code();
    }
    Entry { record, use_key: None, tally: None, durability: Durability::BestEffort }
}

/// The entry of a staff event, for the audit log of commands by hand.
pub fn staff_entry(judge: &Judge, event: Event, by: &StaffSession, moment: (TimeReading, Millis)) -> Entry {
    staff(judge, event, Some((by.subject(), by.role())), moment)
}

/// What happened to a device or the clock.
pub(super) fn device(judge: &Judge, event: Event, moment: (TimeReading, Millis)) -> Entry {
    let mut record = blank(judge, RecordKind::Device, moment.0, moment.1);
    record.event = event.code();
    Entry { record, use_key: None, tally: None, durability: Durability::BestEffort }
}

/// The same, with a number in its detail.
pub(super) fn numbered(judge: &Judge, event: Event, number: u64, moment: (TimeReading, Millis)) -> Entry {
    let mut entry = device(judge, event, moment);
    entry.record.detail[..8].copy_from_slice(&number.to_be_bytes());
    entry
}

/// That an input, by its index, chatters: so many changes within a minute.
pub(super) fn chatter(judge: &Judge, (input, changes): (u8, u32), moment: (TimeReading, Millis)) -> Entry {
    let mut entry = numbered(judge, Event::Chatter, changes.into(), moment);
    entry.record.detail[8] = input + 1;
    entry
}

/// That a record gave a permit which opened nothing.
pub(super) fn not_opened(judge: &Judge, given: Given, moment: (TimeReading, Millis)) -> Entry {
    let mut entry = device(judge, Event::NotOpened, moment);
    if let Some(of) = given.sequence {
        entry.record.detail[..8].copy_from_slice(&of.0.to_be_bytes());
    }
    entry.tally = given.tally.and_then(Tally::not_opened);
    entry
}

fn blank(judge: &Judge, kind: RecordKind, time: TimeReading, now: Millis) -> Record {
    let mut record = Record::blank(kind, time.time, now);
    record.clock = u8::from(time.trust == ClockTrust::Confirmed);
    record.place = judge.station().place;
    record.lane = judge.station().lane;
    record.direction = judge.direction().index() + 1;
    record.versions = judge.versions();
    record.policy_digest = judge.policy_digest();
    record
}

/// Indices plus one, so that zero is "no case".
fn case_codes(indices: [u8; DIMENSIONS]) -> [u8; DIMENSIONS] {
    indices.map(|index| index + 1)
}

fn tally(judge: &Judge, time: TimeReading, letter: u8) -> Tally {
    Tally { day: time.time.civil_day(), place: judge.station().place, lane: judge.station().lane, letter }
}

fn letter(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => b'P',
        Verdict::Limit => b'L',
        Verdict::Stop => b'S',
        Verdict::Assist => b'A',
    }
}

fn code_recorded(code: &Verified<Credential>) -> CodeRecorded {
    let credential = code.get();
    CodeRecorded {
        kid: code.issuer().kid,
        id: credential.id,
        issued: credential.issued,
        expires: credential.expires,
        kind: credential.statement.kind().code(),
        statement: statement_code(credential.statement),
    }
}

/// The value stated, as it stands on the wire.
fn statement_code(statement: Statement) -> u8 {
    match statement {
        Statement::Screen(condition) | Statement::Paper(condition) => condition.code(),
        Statement::Test { result, .. } => u8::from(result == TestResult::Positive),
        Statement::Certificate(certifier) => {
            if certifier == Certifier::Community {
                1
            } else {
                2
            }
        }
        Statement::Badge(role) => role.code(),
    }
}
