//! One record told: what was shown, what was decided and why, whether it comes out the same again, and what vouches for it.
//! Promises: nothing that points to a person is told: no subject; of staff, enough to tell two of them apart.
//! Must not know: the request.

use gate_core::believed::Place;
use gate_core::case::Case;
use gate_core::event::Event;
use gate_core::record::void;
use gate_store::RowState;
use gate_wire::record::{CodeRecorded, Record, RecordKind};
use gate_wire::time::Timestamp;

use super::carried_out::GateOpened;
use super::opening::OpenedRecord;
use super::replay::{Again, Difference, Part, Replayed, direction};
use super::selection::Civil;
use super::sources::{Gathered, Rival};
use super::words::{self, Said};
use crate::archive::Archive;
use crate::inputs::policy_in_words;
use crate::spelling;

/// A label and what it says.
pub(super) type Line = (Said, Said);

/// The lines of one record.
pub(super) fn tell(
    opened: &OpenedRecord,
    replayed: &Replayed,
    (gate, gathered): (Option<GateOpened>, &Gathered),
    archive: &Archive,
) -> Vec<Line> {
    let record = &opened.record;
    let mut lines = vec![
        (Said::new("记录", "Record"), number(opened)),
        (Said::new("时间", "When"), when(record)),
        (Said::new("地点", "Where"), whereabouts(record, archive)),
    ];
    match record.kind {
        RecordKind::Passage => passage(record, replayed, &mut lines),
        RecordKind::Opening => opening(record, &mut lines),
        RecordKind::Staff | RecordKind::Device => {
            lines.push((Said::new("事件", "Event"), words::event(record.event)));
            lines.extend(about(record).or_else(|| counted(record)));
        }
    }
    lines.extend(gate.map(|gate| (Said::new("闸门", "Gate"), gate.told(opened.sequence))));
    lines.extend(staff(record));
    lines.push((Said::new("佐证", "Vouched for"), vouched(opened, gathered)));
    lines
}

fn number(opened: &OpenedRecord) -> Said {
    let (query, sequence) = (grouped(opened.query.as_str()), opened.sequence.0);
    let terminal = opened.terminal.value();
    let kind = match opened.record.kind {
        RecordKind::Passage => Said::new("通行", "passage"),
        RecordKind::Opening => Said::new("工作人员放行", "opening by staff"),
        RecordKind::Staff => Said::new("工作人员操作", "staff"),
        RecordKind::Device => Said::new("设备事件", "device"),
    };
    Said::new(
        format!("查询号 {query}（{terminal} 号机第 {sequence} 条）"),
        format!("query number {query} (terminal {terminal}, record {sequence})"),
    )
    .and(kind)
}

pub(super) fn grouped(query: &str) -> String {
    let (head, tail) = query.split_at_checked(4).unwrap_or((query, ""));
    format!("{head}-{tail}")
}

fn when(record: &Record) -> Said {
    let clock = match record.clock {
        1 => Said::new("时钟可信", "clock confirmed"),
        _ => Said::new("时钟未确认，时间仅供参考", "clock not confirmed: the time may be wrong"),
    };
    time(record.at).and(clock)
}

/// A time as people read it: `2026-11-20 20:15:01`, UTC+8.
pub(super) fn time(at: Timestamp) -> Said {
    let text = Civil(at).to_string();
    Said::same(text.replace('T', " ").trim_end_matches("+08:00"))
}

fn whereabouts(record: &Record, archive: &Archive) -> Said {
    let places = archive.places(record.versions.places).ok();
    let place = places.as_ref().and_then(|places| places.find(record.place));
    let name = place.map_or_else(String::new, |place| format!(" {}", place.name));
    let mut said = Said::new(
        format!("{} 号场所{name}，{} 号通道", record.place, record.lane),
        format!("place {}{name}, lane {}", record.place, record.lane),
    );
    if let Some(kind) = place.map(|place: &Place| place.kind) {
        said = said.and(words::place_kind(kind));
    }
    match direction(record.direction) {
        Some(direction) => said.and(words::direction(direction)),
        None => said,
    }
}

fn passage(record: &Record, replayed: &Replayed, lines: &mut Vec<Line>) {
    lines.push((Said::new("出示", "Shown"), shown(record)));
    if let Some(answer) = words::list_answer(record.list_answer) {
        lines.push((Said::new("名单", "List"), list(record, answer)));
    }
    let degrees = |tenths: i16| format!("{}.{} °C", tenths / 10, (tenths % 10).abs());
    if record.temperature != i16::MIN {
        lines.push((Said::new("体温", "Temperature"), Said::same(degrees(record.temperature))));
    }
    let reason = core::str::from_utf8(&record.reason).ok().and_then(gate_core::verdict::Reason::from_code);
    let verdict = words::verdict(record.verdict);
    let verdict = match reason {
        Some(reason) => verdict.and(words::reason(reason)),
        None => verdict,
    };
    lines.push((Said::new("结论", "Verdict"), verdict));
    lines.push((Said::new("告知", "Told"), words::advice_code(record.advice)));
    lines.push((Said::new("此前使用", "Used before"), times(record.uses)));
    lines.push((Said::new("情形", "Case"), case(record)));
    lines.push((Said::new("依据", "Rule"), rule(record, replayed)));
    lines.push((Said::new("重放", "Replayed"), outcome(replayed)));
}

fn times(uses: u16) -> Said {
    match uses {
        0 => Said::new("没有", "no"),
        _ => Said::new(format!("{uses} 次"), format!("{uses} times")),
    }
}

fn shown(record: &Record) -> Said {
    let code = record.code.as_ref().map(code);
    let document = (record.document != 0).then(|| words::document(record.document));
    match (code, document) {
        (Some(code), Some(document)) => code.and(document),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => Said::new("没有可核验的凭证", "nothing that proved anything"),
    }
}

fn code(code: &CodeRecorded) -> Said {
    let kid =
        core::str::from_utf8(&code.kid.0).ok().filter(|kid| kid.chars().all(|c| c.is_ascii_alphanumeric()));
    let kid = kid.map_or_else(|| spelling::hex(&code.kid.0), str::to_owned);
    let (from, to) = (time(code.issued).en, time(code.expires).en);
    let id = spelling::hex(&code.id.0);
    words::statement(code.kind, code.statement).and(Said::new(
        format!("签发密钥 {kid}，编号 {id}，{from} 签发，{to} 到期"),
        format!("by key {kid}, id {id}, issued {from}, expires {to}"),
    ))
}

fn list(record: &Record, answer: Said) -> Said {
    if record.list_as_of == Timestamp::EPOCH {
        return answer;
    }
    let (as_of, version) = (time(record.list_as_of).en, record.versions.list);
    answer.and(Said::new(
        format!("名单第 {version} 版，截至 {as_of}"),
        format!("list version {version}, as of {as_of}"),
    ))
}

fn case(record: &Record) -> Said {
    let case = Case::from_indices(record.case.map(|code| code.wrapping_sub(1)));
    match (record.case == [0; 12], case) {
        (true, _) => Said::new(
            "不涉及策略：凭证本身不能证明什么，或本机有故障",
            "none: what was shown proved nothing, or the terminal had a fault",
        ),
        (false, Some(case)) => words::case(&case),
        (false, None) => Said::new("无法辨认", "not readable"),
    }
}

fn rule(record: &Record, replayed: &Replayed) -> Said {
    let (row, version) = (record.row, record.versions.policy);
    if row == 0 {
        return Said::new(
            "本机自身的判断，转人工",
            "the terminal's own finding, which goes to the attendant",
        );
    }
    let digest = spelling::hex(&record.policy_digest);
    let policy = match replayed {
        Replayed::Identical(again) | Replayed::Differs(again, _) => again.policy.as_ref(),
        Replayed::WithoutPolicy(_) | Replayed::Unreadable(_) | Replayed::NoVerdict => None,
    };
    let words = policy.and_then(|kept| policy_in_words(&kept.text).ok());
    let line = words.and_then(|lines| row_in_words(&lines, row)).unwrap_or_default();
    Said::new(
        // The row is read aloud in English only; in Chinese the case above and the verdict say it.
        format!("策略第 {version} 版（摘要 {digest}）第 {row} 条"),
        format!("policy version {version} (digest {digest}), row {row}{}", after(&line)),
    )
}

fn after(line: &str) -> String {
    if line.is_empty() { String::new() } else { format!(": {line}") }
}

fn row_in_words(lines: &[String], row: u16) -> Option<String> {
    let start = format!("{row}. ");
    lines.iter().find_map(|line| line.trim_start().strip_prefix(&start).map(str::to_owned))
}

/// What came of replaying.
pub(super) fn outcome(replayed: &Replayed) -> Said {
    match replayed {
        Replayed::Identical(again) => identical(again),
        Replayed::Differs(again, differences) => differs(again, differences),
        Replayed::WithoutPolicy(fault) => {
            Said::new(format!("未能重放：{fault}"), format!("NOT REPLAYED: {fault}"))
        }
        Replayed::Unreadable(why) => Said::new(format!("未能重放：{why}"), format!("NOT REPLAYED: {why}")),
        Replayed::NoVerdict => Said::new("此记录没有结论", "this record holds no verdict"),
    }
}

fn identical(again: &Again) -> Said {
    match again.policy {
        Some(_) => Said::new(
            "一致：按记录所载情形和所指策略重新判定，结论、原因、告知、公示、规则条号和方向逐项相同",
            "IDENTICAL: decided again from the recorded case and the policy it names, verdict, reason, advice, public \
             screen, row and direction are the same",
        ),
        None => Said::new(
            "一致：不涉及策略，结论、告知和方向与该原因应有的相同",
            "IDENTICAL: no policy is involved; verdict, advice and direction are those that go with this reason",
        ),
    }
}

fn differs(again: &Again, differences: &[Difference]) -> Said {
    let told = |name: fn(Part) -> Said, pick: fn(Said) -> String, between: &str| {
        let one = |one: &Difference| format!("{} {} ≠ {}", pick(name(one.what)), one.recorded, one.again);
        differences.iter().map(one).collect::<Vec<_>>().join(between)
    };
    let verdict = words::verdict_of(again.decision.verdict());
    Said::new(
        format!("不一致（重新判定为{}）：{}", verdict.zh, told(part, |said| said.zh, "；")),
        format!("DIFFERS (decided again: {}): {}", verdict.en, told(part, |said| said.en, "; ")),
    )
}

fn part(part: Part) -> Said {
    match part {
        Part::Verdict => Said::new("结论", "verdict"),
        Part::Reason => Said::new("原因", "reason"),
        Part::Advice => Said::new("告知", "advice"),
        Part::Publicity => Said::new("公示", "public screen"),
        Part::Row => Said::new("规则条号", "row"),
        Part::Direction => Said::new("方向", "direction"),
        Part::Clock => Said::new("时钟", "clock"),
        Part::Evidence => Said::new("凭证种类", "evidence"),
        Part::Finding => Said::new("认定", "finding"),
        Part::DataAge => Said::new("名单时效", "age of the list"),
        Part::Temperature => Said::new("体温", "temperature"),
        Part::Uses => Said::new("使用次数", "uses"),
    }
}

fn opening(record: &Record, lines: &mut Vec<Line>) {
    lines.push((Said::new("处置", "Act"), words::act(record.act)));
    lines.extend(about(record));
}

/// The record that this one is about: the passage before an opening, or what opened nothing.
pub(super) fn named(record: &Record) -> Option<u64> {
    if record.kind != RecordKind::Opening {
        return void(record).map(|of| of.0);
    }
    let number = record.detail[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    (number > 0).then_some(number)
}

/// What an event counted.
fn counted(record: &Record) -> Option<Line> {
    let number = record.detail[..8].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    match (record.kind, record.event) {
        (RecordKind::Device, event) if event == Event::JournalBack.code() => Some((
            Said::new("未保存", "Not saved"),
            Said::new(format!("{number} 条"), format!("{number} records")),
        )),
        (RecordKind::Device, event) if event == Event::Chatter.code() => {
            let changes = Said::new(format!("变化 {number} 次"), format!("{number} changes"));
            Some((words::input(record.detail[8]), changes))
        }
        _ => None,
    }
}

fn about(record: &Record) -> Option<Line> {
    let of = named(record)?;
    let label = match record.kind {
        RecordKind::Opening => Said::new("针对", "After"),
        _ => Said::new("所指记录", "Record it is about"),
    };
    Some((label, Said::new(format!("同机第 {of} 条"), format!("record {of} of the same terminal"))))
}

/// Enough to tell two members apart in one report; who it is, the staff list's keeper can find out.
fn staff(record: &Record) -> Option<Line> {
    let role = match record.role {
        0 => return None,
        1 => Said::new("工作人员", "attendant"),
        2 => Said::new("维护人员", "technician"),
        3 => Said::new("审计人员", "auditor"),
        other => Said::same(other.to_string()),
    };
    let short = Said::same(spelling::hex(&record.staff[..4]));
    Some((Said::new("经办", "By"), role.and(short)))
}

fn vouched(opened: &OpenedRecord, gathered: &Gathered) -> Said {
    let candidate = &opened.candidate;
    let mut said = match candidate.signed_by {
        Some(terminal) => Said::new(
            format!("{} 号机签名的批次", terminal.value()),
            format!("a batch signed by terminal {}", terminal.value()),
        ),
        None => Said::new(
            "未签名的副本：封装可证未被改动，但不能证明由谁封装",
            "a copy without signature: the seal shows that it was not changed, not who sealed it",
        ),
    };
    if candidate.state == RowState::Changed {
        said = said.and(Said::new("旁存散列不符", "the hash stored beside it does not fit"));
    }
    if candidate.rival == Rival::Some {
        let (zh, en) = ("注意：另有一条记录占用同一位置", "NOTE: another record claims the same place");
        said = said.and(Said::new(zh, en));
    }
    let files: Vec<String> = candidate
        .sources
        .iter()
        .filter_map(|index| gathered.sources.get(*index))
        .map(|source| source.path.file_name().unwrap_or_default().to_string_lossy().into_owned())
        .collect();
    let hash = spelling::hex(&candidate.hash().as_bytes()[..8]);
    said.and(Said::new(
        format!("行散列 {hash}，见于 {}", files.join("、")),
        format!("row hash {hash}, in {}", files.join(", ")),
    ))
}
