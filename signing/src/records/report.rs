//! The report of an opening: in words, Chinese and English, and as JSON for whoever counts.
//! Promises: says how many rows were looked at, opened and told; says of what is not there why it is not; holds no name, no
//! number and no subject.
//! Must not know: files, keys.

mod document;
mod layout;

use gate_core::query::Sequence;
use gate_store::Break;
use gate_wire::time::Timestamp;
use serde::Serialize;

use super::carried_out::GateOpened;
use super::opening::{Destroyed, KeyEnd, Opening, Shut, WhyShut};
use super::replay::{Replayed, replay};
use super::selection::Selection;
use super::sources::{Gathered, Note, Range, SourceKind, SourceTold};
use super::story::{self, Line};
use super::words::Said;
use crate::archive::{Archive, PolicyShelf};
use document::Document;
use layout::lay_out;

/// What the report is about.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The case number.
    pub case: &'a str,
    /// What is asked for.
    pub selection: &'a Selection,
    /// Who approved, and until when.
    pub approvals: &'a [ApprovalTold],
    /// When it was opened.
    pub at: Timestamp,
    /// Where the desk's log tells of it.
    pub log: LogPlace,
}

/// A place in the desk's log.
#[derive(Clone, Debug, Serialize)]
pub struct LogPlace {
    /// Its line, from 1.
    pub line: u64,
    /// The line's hash, hexadecimal.
    pub hash: String,
}

impl LogPlace {
    fn told(&self) -> Said {
        let (line, hash) = (self.line, self.hash.get(..16).unwrap_or(&self.hash));
        Said::new(format!("第 {line} 行（散列 {hash}）"), format!("line {line} (hash {hash})"))
    }
}

/// One officer's approval, as told.
#[derive(Clone, Debug, Serialize)]
pub struct ApprovalTold {
    /// The officer's name at the desk.
    pub officer: String,
    /// The officer's public key, 43 characters of base64url.
    pub key: String,
    /// Until when it held, seconds since 1970.
    pub until: u64,
}

/// The report.
#[derive(Debug)]
pub struct Report {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// As JSON.
    pub json: String,
    /// How many of its verdicts came out the same again, and how many did not.
    pub replayed: Counts,
}

/// What became of the verdicts told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// The same, bit for bit.
    pub identical: u64,
    /// Not the same.
    pub differ: u64,
    /// Not replayed: no policy, or not readable.
    pub not_replayed: u64,
}

/// Writes the report. Verdicts are replayed with policies of `shelf`; places get their names from `archive`.
///
/// # Errors
/// Of the JSON writer: none, for these types.
pub fn write(
    request: &Request<'_>,
    gathered: &Gathered,
    opening: &Opening,
    (archive, shelf): (&Archive, &dyn PolicyShelf),
) -> Result<Report, serde_json::Error> {
    let replays: Vec<Replayed> = opening.records.iter().map(|opened| replay(&opened.record, shelf)).collect();
    let counts = counted(&replays);
    let result = (Said::new("结果", "Result"), result(opening, counts));
    let mut blocks = vec![vec![result], heading(request, gathered, opening)];
    for (opened, replayed) in opening.records.iter().zip(&replays) {
        let gate = GateOpened::by(opened, &opening.records);
        blocks.push(story::tell(opened, replayed, (gate, gathered), archive));
    }
    let absent = absent(request.selection, gathered, opening);
    if !absent.is_empty() {
        blocks.push(absent);
    }
    blocks.push(sources(gathered));
    blocks.push(vec![(
        Said::new("说明", "Note"),
        Said::new(
            "记录中没有姓名和证件号；主体标识不在本报告中。",
            "records hold no name and no document number; the subject is not told here.",
        ),
    )]);
    let document = Document::of(request, gathered, opening, &replays);
    Ok(Report {
        zh: lay_out("依法调取通行记录", &blocks, |said| &said.zh),
        en: lay_out("OPENING OF RECORDS ON LAWFUL REQUEST", &blocks, |said| &said.en),
        json: serde_json::to_string_pretty(&document)? + "\n",
        replayed: counts,
    })
}

fn counted(replays: &[Replayed]) -> Counts {
    let mut counts = Counts::default();
    for replayed in replays {
        match replayed {
            Replayed::Identical(_) => counts.identical += 1,
            Replayed::Differs(..) => counts.differ += 1,
            Replayed::WithoutPolicy(_) | Replayed::Unreadable(_) => counts.not_replayed += 1,
            Replayed::NoVerdict => {}
        }
    }
    counts
}

/// The answer in one sentence, for who reads no further.
fn result(opening: &Opening, counts: Counts) -> Said {
    let found = opening.records.len();
    let Counts { identical, differ, not_replayed } = counts;
    match (found, differ + not_replayed) {
        (0, _) if opening.destroyed.iter().any(|gone| gone.end == KeyEnd::Lost) => Said::new(
            "封装记录的日密钥已灭失，无法再打开",
            "the day keys that the records are sealed to were lost: nobody can open them",
        ),
        (0, _) if !opening.destroyed.is_empty() => Said::new(
            "记录已到保存期限，密钥已销毁，无法再打开",
            "the records reached the end of their retention; their keys are destroyed and nobody can open them",
        ),
        (0, _) => {
            Said::new("没有找到可以打开的记录，原因见下", "no record could be opened; the reason is below")
        }
        (1, 0) if identical == 1 => Said::new(
            "找到该记录；其结论重放一致",
            "the record was found; its verdict comes out the same again",
        ),
        (_, 0) if identical == 0 => Said::new(
            format!("找到 {found} 条记录；其中没有结论"),
            format!("{found} found; none of them holds a verdict"),
        ),
        (_, 0) => Said::new(
            format!("找到 {found} 条记录；其中 {identical} 个结论全部重放一致"),
            format!("{found} found; all {identical} verdicts among them come out the same again"),
        ),
        (_, _) => Said::new(
            format!(
                "找到 {found} 条记录；结论重放一致 {identical} 个，不一致 {differ} 个，未能重放 {not_replayed} 个：请看下文"
            ),
            format!(
                "{found} found; {identical} verdicts come out the same again, {differ} DIFFER, {not_replayed} could not be \
                 replayed: see below"
            ),
        ),
    }
}

fn heading(request: &Request<'_>, gathered: &Gathered, opening: &Opening) -> Vec<Line> {
    let approvals = request.approvals.iter().map(|approval| {
        let until = story::time(Timestamp::from_unix(approval.until).unwrap_or(Timestamp::MAX)).en;
        let (name, key) = (&approval.officer, approval.key.get(..8).unwrap_or(&approval.key));
        Said::new(
            format!("{name}（密钥 {key}…，有效至 {until}）"),
            format!("{name} (key {key}…, until {until})"),
        )
    });
    let approvals = approvals.reduce(Said::and).unwrap_or_else(|| Said::same("-"));
    let (searched, candidates) = (gathered.searched, gathered.candidates.len());
    let (opened, told) = (opening.opened, opening.records.len());
    let shut = gathered.left_shut;
    vec![
        (Said::new("案件编号", "Case"), Said::same(request.case)),
        (Said::new("调取范围", "Asked for"), asked(request.selection)),
        (Said::new("批准", "Approved by"), approvals),
        (Said::new("调取时间", "Opened at"), story::time(request.at)),
        (
            Said::new("数量", "Counts"),
            Said::new(
                format!(
                    "检索 {searched} 行，可能相符 {candidates} 行，未拆封排除 {shut} 行，拆封 {opened} 行，报告 {told} 条"
                ),
                format!(
                    "{searched} rows searched, {candidates} could be meant, {shut} left shut by place, {opened} opened, \
                     {told} reported"
                ),
            ),
        ),
        (Said::new("工作日志", "Desk log"), request.log.told()),
    ]
}

fn asked(selection: &Selection) -> Said {
    match selection {
        Selection::Query { .. } => {
            let text = selection.to_string();
            let number = text.strip_prefix("query ").unwrap_or(&text);
            Said::new(format!("查询号 {number}"), format!("query number {number}"))
        }
        Selection::Place { place, lane, from, to } => {
            let (from, to) = (story::time(*from).en, story::time(*to).en);
            let lanes = lane.map_or(Said::new("全部通道", "every lane"), |lane| {
                Said::new(format!("{lane} 号通道"), format!("lane {lane}"))
            });
            Said::new(
                format!("{place} 号场所，{}，{from} 至 {to}", lanes.zh),
                format!("place {place}, {}, {from} to {to}", lanes.en),
            )
        }
    }
}

/// What was asked for and is not told, with the reason.
fn absent(selection: &Selection, gathered: &Gathered, opening: &Opening) -> Vec<Line> {
    let mut lines: Vec<Line> = opening.destroyed.iter().map(destroyed).collect();
    let asked_for_one = selection.terminal().is_some();
    let asked = of_how_many(selection);
    let answered = asked_for_one && !opening.records.is_empty();
    if !answered {
        lines.extend(shut(&opening.shut, asked));
    }
    if opening.records.is_empty() && opening.destroyed.is_empty() && opening.shut.is_empty() {
        lines.push((Said::new("没有记录", "No record"), missing(selection, gathered)));
    }
    if opening.records.len() > 1 && asked_for_one {
        let (zh, en) = (
            "不止一条记录有此查询号：副本被改动，或闸机被复制，或编号已满四年循环；以上逐条列出",
            "more than one record bears this query number: a copy was changed, a terminal was doubled, or the numbers \
             came round after four years; each is told above",
        );
        lines.push((Said::new("重复", "Doubled"), Said::new(zh, en)));
    }
    lines
}

fn destroyed(gone: &Destroyed) -> Line {
    let (at, rows, key) = (story::time(gone.at).en, gone.rows, gone.key.0);
    if gone.end == KeyEnd::Lost {
        let zh = format!(
            "{rows} 行由日密钥 {key} 封装；该密钥已灭失，于 {at} 由两名负责人作废，任何人都无法再打开（证明 {}）",
            gone.certificate
        );
        let en = format!(
            "{rows} rows are sealed to day key {key}, which was lost and given up by two officers, {at}: nobody can open \
             them any more (certificate {})",
            gone.certificate
        );
        return (Said::new("密钥已灭失", "Key lost"), Said::new(zh, en));
    }
    let said = Said::new(
        format!(
            "{rows} 行由日密钥 {key} 封装；该密钥在保存期满后于 {at} 销毁，任何人都无法再打开（证明 {}）",
            gone.certificate
        ),
        format!(
            "{rows} rows are sealed to day key {key}, which was destroyed at the end of its retention, {at}: nobody can \
             open them any more (certificate {})",
            gone.certificate
        ),
    );
    (Said::new("密钥已销毁", "Key destroyed"), said)
}

/// What was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// The record of a query number.
    OneRecord,
    /// Everything of places and days.
    Many,
}

fn of_how_many(selection: &Selection) -> Asked {
    if selection.terminal().is_some() { Asked::OneRecord } else { Asked::Many }
}

/// Rows that did not open, by reason; the first few by number.
fn shut(rows: &[Shut], asked: Asked) -> Vec<Line> {
    let mut reasons: Vec<&WhyShut> = rows.iter().map(|row| &row.why).collect();
    reasons.sort_by_key(|why| why_rank(why));
    reasons.dedup();
    let tell = |why: &WhyShut| {
        let of: Vec<u64> = rows.iter().filter(|row| row.why == *why).map(|row| row.sequence.0).collect();
        let first: Vec<String> = of.iter().take(5).map(u64::to_string).collect();
        let (count, first) = (of.len(), first.join(", "));
        let said = why_shut(why, asked);
        let more = if of.len() > 5 { ", …" } else { "" };
        (
            Said::new("打不开", "Does not open"),
            Said::new(
                format!("{count} 行（序号 {first}{more}）：{}", said.zh),
                format!("{count} rows (sequence {first}{more}): {}", said.en),
            ),
        )
    };
    reasons.into_iter().map(tell).collect()
}

fn why_rank(why: &WhyShut) -> u8 {
    match why {
        WhyShut::Changed => 0,
        WhyShut::Foreign => 1,
        WhyShut::UnknownKey => 2,
        WhyShut::Custody(_) => 3,
    }
}

fn why_shut(why: &WhyShut, asked: Asked) -> Said {
    match why {
        WhyShut::Changed => Said::new(
            "已损坏：写入之后内容被改动，散列和封装都不符",
            "damaged: changed after it was written, neither hash nor seal holds",
        ),
        WhyShut::Foreign if asked == Asked::OneRecord => Said::new(
            "封装与此查询号的闸机不符：属于其他闸机或其他省，或内容与散列一并被改动",
            "the seal is not one of this query number's terminal: another terminal's or province's, or changed with its hash",
        ),
        WhyShut::Foreign => Said::new(
            "封装与本省任何闸机都不符：属于其他省，或内容与散列一并被改动",
            "the seal is not one of any terminal of this province: another province's, or changed with its hash",
        ),
        WhyShut::UnknownKey => {
            Said::new("本工作台从未有过此编号的日密钥", "this desk never had a day key of this number")
        }
        WhyShut::Custody(why) => {
            Said::new(format!("密钥未能取用：{why}"), format!("the key could not be used: {why}"))
        }
    }
}

/// Why a record may be nowhere: the files end before it, or have a gap there.
fn missing(selection: &Selection, gathered: &Gathered) -> Said {
    let Selection::Query { sequence, .. } = selection else {
        return Said::new(
            "所给文件中没有这一场所、这一时间的记录",
            "the files hold no record of this place and time",
        );
    };
    let asked = sequence.0;
    let held: Vec<&Range> = gathered.ranges.values().filter(|range| range.first <= range.last).collect();
    let spans: Vec<String> = held.iter().map(|range| format!("{}–{}", range.first, range.last)).collect();
    let spans = if spans.is_empty() { "—".to_owned() } else { spans.join(", ") };
    let written = gathered.ranges.values().any(|range| range.written.is_some_and(|written| written >= asked));
    let inside = held.iter().any(|range| (range.first..=range.last).contains(&asked));
    let why = if inside {
        Said::new(
            "序号落在其中，却没有这一行：副本有缺失或损坏",
            "it lies within, but the row is not there: the copy has a gap or is damaged",
        )
    } else if written {
        Said::new(
            "闸机的预留文件表明它写到过这里：请连同 journal.db-wal 重新复制",
            "the terminal's reserve says that it was written: copy again, together with journal.db-wal",
        )
    } else {
        Said::new(
            "不在其中：请核对查询号，或取该闸机更新的副本（连同 journal.db-wal）",
            "it is not among them: check the number, or get a newer copy of that terminal, with its journal.db-wal",
        )
    };
    Said::new(
        format!("第 {asked} 条不在所给文件中（文件含 {spans}）；{}", why.zh),
        format!("record {asked} is not in the files given (they hold {spans}); {}", why.en),
    )
}

fn sources(gathered: &Gathered) -> Vec<Line> {
    gathered.sources.iter().map(|source| (Said::new("来源", "Source"), source_told(source))).collect()
}

fn source_told(source: &SourceTold) -> Said {
    let kind = match source.kind {
        SourceKind::Journal => Said::new("日志副本", "journal copy"),
        SourceKind::Batch => Said::new("签名批次", "signed batch"),
        SourceKind::Reserve => Said::new("预留文件副本", "reserve copy"),
        SourceKind::Other => Said::new("其他文件", "other file"),
    };
    let (path, rows) = (source.path.display(), source.rows);
    let start =
        Said::new(format!("{path}：{}，{rows} 行", kind.zh), format!("{path}: {}, {rows} rows", kind.en));
    source.notes.iter().map(note).fold(start, Said::and)
}

fn note(note: &Note) -> Said {
    match note {
        Note::NotRecords => Said::new(
            "未采用：不是日志、签名批次或预留文件",
            "NOT USED: neither a journal, nor a signed batch, nor a reserve",
        ),
        Note::Refused(why) => Said::new(format!("未采用：{why}"), format!("NOT USED: {why}")),
        Note::LogAbsent => {
            Said::new("没有 -wal，最新的行可能不在内", "no -wal beside it: the newest rows may be missing")
        }
        Note::Unreadable(count) => {
            Said::new(format!("{count} 处无法读取"), format!("{count} places unreadable"))
        }
        Note::ChainBroken(found) => {
            let (Break::Missing(Sequence(at))
            | Break::WrongPrevious(Sequence(at))
            | Break::Changed(Sequence(at))) = found;
            let what = match found {
                Break::Missing(_) => Said::new("缺失", "missing"),
                Break::WrongPrevious(_) => Said::new("与前一行不衔接", "does not follow the row before"),
                Break::Changed(_) => Said::new("被改动", "changed"),
            };
            Said::new(
                format!("散列链在第 {at} 行断开：{}", what.zh),
                format!("CHAIN BROKEN at row {at}: {}", what.en),
            )
        }
        Note::SignedBy(terminal) => {
            let number = terminal.value();
            Said::new(format!("{number} 号机签名有效"), format!("signature of terminal {number} holds"))
        }
    }
}
