//! Whether the gate opened by a record: the row right behind would say that it stayed shut (ADR 30).
//! Promises: what was not opened, or cannot be known, is told as that.
//! Must not know: how rows were found.

use gate_core::event::Event;
use gate_core::query::Sequence;
use gate_core::record::void;
use gate_wire::record::{Record, RecordKind};

use super::opening::OpenedRecord;
use super::replay::direction;
use super::words::Said;

/// What is known of the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GateOpened {
    /// The row behind says nothing else.
    Yes,
    /// The row behind says so.
    No,
    /// The terminal began anew right behind.
    Unknown,
    /// The row behind is not among those that were opened.
    NotAsked,
}

impl GateOpened {
    /// Of this record, beside all that were opened; `None` where it gives no permit.
    pub(super) fn by(opened: &OpenedRecord, all: &[OpenedRecord]) -> Option<GateOpened> {
        if !permits(&opened.record) {
            return None;
        }
        let behind = |other: &&OpenedRecord| {
            other.terminal == opened.terminal && Some(other.sequence.0) == opened.sequence.0.checked_add(1)
        };
        Some(match all.iter().find(behind).map(|behind| &behind.record) {
            None => GateOpened::NotAsked,
            Some(row) if void(row) == Some(opened.sequence) => GateOpened::No,
            Some(row) if is_start(row) => GateOpened::Unknown,
            Some(_) => GateOpened::Yes,
        })
    }

    /// In words; the record is this one.
    pub(super) fn told(self, sequence: Sequence) -> Said {
        let behind = sequence.0.saturating_add(1);
        match self {
            GateOpened::Yes => Said::new(
                format!("已打开：第 {behind} 条没有另外说明"),
                format!("opened: record {behind} says nothing else"),
            ),
            GateOpened::No => {
                Said::new(format!("未打开：见第 {behind} 条"), format!("STAYED SHUT: see record {behind}"))
            }
            GateOpened::Unknown => Said::new(
                "不能确定：本机紧接着重新启动",
                "not known: the terminal began anew right behind this record",
            ),
            GateOpened::NotAsked => Said::new(
                format!("未调取：若闸门未打开，第 {behind} 条会写明"),
                format!("not asked for: had it stayed shut, record {behind} would say so"),
            ),
        }
    }

    /// For programs.
    pub(super) fn word(self) -> &'static str {
        match self {
            GateOpened::Yes => "opened",
            GateOpened::No => "shut",
            GateOpened::Unknown => "unknown",
            GateOpened::NotAsked => "not_asked",
        }
    }
}

/// Whether a permit came out of this record: a Pass, an exit, an attendant's act.
fn permits(record: &Record) -> bool {
    use gate_core::verdict::Direction;
    match record.kind {
        RecordKind::Opening => true,
        RecordKind::Passage => record.verdict == b'P' || direction(record.direction) == Some(Direction::Out),
        RecordKind::Staff | RecordKind::Device => false,
    }
}

fn is_start(record: &Record) -> bool {
    record.kind == RecordKind::Device && record.event == Event::Started.code()
}
