//! Records on lawful request: two officers or nothing; what is found, what is not, and why.
#![expect(clippy::unwrap_used, reason = "a test's helpers: a failure here is the test's failure")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use gate_core::query::{QueryNumber, Sequence};
use gate_signing::custody::CustodyFault;
use gate_signing::log::entry::{CaseNumber, Operator};
use gate_signing::officers::Officers;
use gate_signing::officers::approval::{ApprovalRefused, Statement};
use gate_signing::records::desk_keys::KeysSought;
use gate_signing::records::lawful::{Carried, LawfulRefused, Order, ReportPlace, carry_out, request};
use gate_signing::records::selection::Selection;
use gate_wire::time::Timestamp;
use support::{World, append, case, founded, terminal};

fn later() -> Timestamp {
    founded().plus(86_400)
}

fn query(sequence: u64) -> Selection {
    Selection::query(QueryNumber::new(terminal(), Sequence(sequence)).as_str()).unwrap()
}

fn open(world: &World, selection: &Selection, records: &[&Path]) -> Carried {
    let desk = world.desk(later());
    let officers = world.approved(&request(&desk, &case(), selection).unwrap(), later());
    let records: Vec<PathBuf> = records.iter().map(|path| path.to_path_buf()).collect();
    let (records, sought) = (records.as_slice(), KeysSought::OfTheDays);
    let order = Order { selection, records, policies: None, sought, now: later() };
    carry_out(&desk, &officers, &order).unwrap()
}

/// A report without its folded lines.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn log(world: &World) -> Vec<(String, u64)> {
    let text = fs::read_to_string(world.path("desk").join("desk-log.jsonl")).unwrap();
    let line = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        (line["operation"].as_str().unwrap().to_owned(), line["count"].as_u64().unwrap())
    };
    text.lines().map(line).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn one_record_by_its_query_number_is_opened_and_no_other_and_the_log_said_so_before() {
    let world = World::new("510000");
    let field = world.field("field", 40);
    let before = log(&world).len();
    let carried = open(&world, &query(17), &[&field]);
    assert_eq!((carried.gathered.searched, carried.opening.opened), (40, 1));
    let [record] = &carried.opening.records[..] else { panic!("one record") };
    assert_eq!((record.sequence, record.record.at), (Sequence(17), founded().plus(60 * 17)));
    assert_eq!(carried.report.replayed.identical, 1);
    for text in [&carried.report.en, &carried.report.zh, &carried.report.json] {
        assert!(text.contains("000R-000H") || text.contains("000r-000h"), "{text}");
        assert!(!text.contains("0707070707"), "no subject");
    }
    assert!(flat(&carried.report.en).contains("IDENTICAL") && carried.report.zh.contains("一致"));
    let told = &log(&world)[before..];
    let words: Vec<(&str, u64)> = told.iter().map(|(word, count)| (word.as_str(), *count)).collect();
    let expected = [("search-records", 40), ("open-records", 1), ("open-records", 1), ("report-records", 1)];
    assert_eq!(words, expected);
}

#[test]
fn a_place_and_a_time_open_that_day_and_tell_what_lies_inside() {
    let world = World::new("510000");
    let field = world.field("field", 30);
    let selection = Selection::place(1, Some(2), founded().plus(300), founded().plus(900)).unwrap();
    let carried = open(&world, &selection, &[&field]);
    let sequences: Vec<u64> = carried.opening.records.iter().map(|record| record.sequence.0).collect();
    assert_eq!(sequences, [5, 7, 9, 11, 13, 15]);
    assert_eq!((carried.opening.opened, carried.report.replayed.identical), (30, 6));
    // Counters in the open say that this terminal stood elsewhere: nothing is opened.
    let elsewhere = Selection::place(2, None, founded(), later()).unwrap();
    let carried = open(&world, &elsewhere, &[&field]);
    assert_eq!(
        (carried.opening.opened, carried.gathered.left_shut, carried.opening.records.len()),
        (0, 30, 0)
    );
    // Another day: other keys.
    let other_day = Selection::place(1, None, later().plus(86_400), later().plus(90_000)).unwrap();
    let carried = open(&world, &other_day, &[&field]);
    assert_eq!((carried.gathered.searched, carried.gathered.candidates.len()), (30, 0));
}

#[test]
fn without_the_wrapping_key_no_approval_is_spent_and_the_log_tells_of_no_opening() {
    let world = World::new("510000");
    let (field, asked) = (world.field("field", 20), query(17));
    let (wrap, away) = (world.path("desk").join("wrap"), world.path("away"));
    let vault = world.path("desk").join("day-keys.vault");
    let whole = fs::read(&vault).unwrap();
    let officers = world.approved(&request(&world.desk(later()), &case(), &asked).unwrap(), later());
    let (records, sought) = ([field], KeysSought::OfTheDays);
    let order = Order { selection: &asked, records: &records, policies: None, sought, now: later() };
    let before = log(&world).len();
    fs::rename(&wrap, &away).unwrap();
    let refused = carry_out(&world.desk(later()), &officers, &order).unwrap_err();
    assert!(matches!(refused, LawfulRefused::Custody(CustodyFault::FindWrap { .. })), "{refused}");
    fs::rename(&away, &wrap).unwrap();
    // The one key that is needed does not open: the same.
    let mut text: serde_json::Value = serde_json::from_slice(&whole).unwrap();
    text["keys"][0]["sealed"] = text["keys"][1]["sealed"].clone();
    fs::write(&vault, text.to_string()).unwrap();
    let refused = carry_out(&world.desk(later()), &officers, &order).unwrap_err();
    assert!(matches!(refused, LawfulRefused::Custody(CustodyFault::AdmitVault { .. })), "{refused}");
    fs::write(&vault, whole).unwrap();
    let told: Vec<String> = log(&world)[before..].iter().map(|(word, _)| word.clone()).collect();
    assert_eq!(told, ["search-records", "search-records"], "searched, never opened");
    let carried = carry_out(&world.desk(later()), &officers, &order).unwrap();
    assert_eq!(carried.opening.records.len(), 1, "the same approvals, once the medium is back");
}

#[test]
fn two_different_officers_approve_exactly_this_now_or_nothing_is_opened() {
    let world = World::new("510000");
    let desk = world.desk(later());
    let (asked, other) = (query(17), query(18));
    let wanted = request(&desk, &case(), &asked).unwrap();
    let officers = desk.officers();
    let sign = |statement: &Statement, seed, at| world.approval(statement, seed, at);
    let good = sign(&wanted, 1, later());
    let admit = |second: &[u8]| officers.admit([&good, second], &wanted, later()).map(|_| ()).unwrap_err();
    assert_eq!(admit(&sign(&wanted, 1, later())), ApprovalRefused::BeTwo);
    assert_eq!(admit(&sign(&wanted, 9, later())), ApprovalRefused::KnowOfficer { nth: 2 });
    let old = later().minus(3 * 86_400);
    assert_eq!(admit(&sign(&wanted, 2, old)), ApprovalRefused::OutliveApproval { nth: 2 });
    let early = sign(&wanted, 2, later().plus(900));
    assert_eq!(admit(&early), ApprovalRefused::WaitForApproval { nth: 2, ahead_s: 900 });
    for elsewhere in [
        request(&desk, &case(), &other).unwrap(),
        request(&desk, &CaseNumber::parse("CG-2026/0018").unwrap(), &asked).unwrap(),
    ] {
        let refused = admit(&sign(&elsewhere, 2, later()));
        assert!(matches!(refused, ApprovalRefused::MatchStatement { nth: 2, .. }), "{refused}");
    }
    let mut changed = sign(&wanted, 2, later());
    for at in 0..changed.len() {
        changed[at] ^= 1;
        assert_eq!(admit(&changed), ApprovalRefused::KnowOfficer { nth: 2 }, "byte {at}");
        changed[at] ^= 1;
    }
    // Removed from the list since.
    let mut fewer = officers.clone();
    let (comes, key) = (Operator::parse("wang").unwrap(), support::officer_key(3).public_key());
    let addition = gate_signing::officers::statement(
        &desk,
        gate_signing::officers::approval::Approved::OfficerAdd,
        &case(),
        &Officers::request_to_add(&comes, &key),
    );
    let added = gate_signing::officers::Officer { name: comes, key, added: later() };
    fewer.add(added, Some(&world.approved(&addition.unwrap(), later()))).unwrap();
    let goes = Operator::parse("li").unwrap();
    let removal = gate_signing::officers::statement(
        &desk,
        gate_signing::officers::approval::Approved::OfficerRemove,
        &case(),
        &Officers::request_to_remove(&goes),
    );
    fewer.remove(&goes, Some(&world.approved(&removal.unwrap(), later()))).unwrap();
    let refused = fewer.admit([&good, &sign(&wanted, 2, later())], &wanted, later()).unwrap_err();
    assert_eq!(refused, ApprovalRefused::KnowOfficer { nth: 2 });
    // Approved for one selection, used for another.
    let officers = world.approved(&wanted, later());
    let before = log(&world).len();
    let order = Order {
        selection: &other,
        records: &[],
        policies: None,
        sought: KeysSought::OfTheDays,
        now: later(),
    };
    let refused = carry_out(&desk, &officers, &order).unwrap_err();
    assert!(matches!(refused, LawfulRefused::MatchApproved(_)), "{refused}");
    assert_eq!(log(&world).len(), before, "nothing was done");
}

#[test]
fn what_is_not_there_says_why() {
    let world = World::new("510000");
    let field = world.field("field", 40);
    let absent = open(&world, &query(900), &[&field]);
    assert!(flat(&absent.report.en).contains("record 900 is not in the files given (they hold 1–40)"));
    assert!(absent.report.zh.contains("不在所给文件中"));
    let hurt = |name: &str, sql: &str| {
        let to = world.path(name);
        copy(&field, &to);
        rusqlite::Connection::open(to.join("journal.db")).unwrap().execute_batch(sql).unwrap();
        to
    };
    let gap = hurt("gap", "DELETE FROM record WHERE sequence = 17");
    let carried = open(&world, &query(17), &[&gap]);
    assert!(flat(&carried.report.en).contains("the copy has a gap"), "{}", carried.report.en);
    assert!(flat(&carried.report.en).contains("CHAIN BROKEN at row 17: missing"));
    let changed = hurt("changed", "UPDATE record SET tag = zeroblob(16) WHERE sequence = 17");
    let carried = open(&world, &query(17), &[&changed]);
    assert!(
        flat(&carried.report.en).contains("damaged: changed after it was written"),
        "{}",
        carried.report.en
    );
    assert_eq!(carried.opening.opened, 0);
    // The same record in two files is one; another that claims its place is told.
    let both = open(&world, &query(17), &[&field, &changed]);
    assert_eq!((both.gathered.candidates.len(), both.opening.records.len()), (2, 1));
    assert!(flat(&both.report.en).contains("another record claims the same place"));
    let twin = world.path("twin");
    copy(&field, &twin);
    let twice = open(&world, &query(17), &[&field, &twin]);
    assert_eq!((twice.gathered.candidates.len(), twice.opening.records.len()), (1, 1));
    // Rows that changed places.
    let moved = hurt(
        "moved",
        "UPDATE record SET sequence = 99 WHERE sequence = 17; UPDATE record SET sequence = 17 WHERE sequence = 16;",
    );
    let carried = open(&world, &query(17), &[&moved]);
    assert!(
        carried.opening.records.is_empty() && flat(&carried.report.en).contains("damaged"),
        "{}",
        carried.report.en
    );
}

#[test]
fn another_provinces_journal_opens_nothing_and_damaged_files_stop_no_other() {
    let world = World::new("510000");
    let (field, foreign) = (world.field("field", 12), World::new("110000"));
    let theirs = foreign.field("field", 12);
    let carried = open(&world, &query(7), &[&theirs]);
    assert!(carried.opening.records.is_empty());
    assert!(flat(&carried.report.en).contains("another terminal's or province's"), "{}", carried.report.en);
    let by_day = Selection::place(1, None, founded(), later().minus(1)).unwrap();
    let mixed = world.path("mixed");
    copy(&field, &mixed.join("ours"));
    copy(&theirs, &mixed.join("theirs"));
    fs::write(mixed.join("notes.txt"), "call 12345").unwrap();
    fs::write(mixed.join("broken.db"), b"SQLite format 3\0 and then nothing").unwrap();
    fs::write(mixed.join("batch.cose"), [0xD2; 900]).unwrap();
    let carried = open(&world, &by_day, &[&mixed]);
    assert_eq!((carried.opening.records.len(), carried.opening.shut.len()), (12, 12));
    assert!(flat(&carried.report.en).contains("NOT USED: neither a journal"), "{}", carried.report.en);
}

#[test]
fn a_signed_batch_vouches_for_its_rows_and_another_terminals_does_not_answer() {
    let world = World::new("510000");
    let folder = world.path("field");
    let mut journal = world.journal(&folder);
    for number in 1..=20 {
        append(&mut journal, world.passage(number, 1, founded().plus(number)));
    }
    let batch = journal.batch(Sequence(1), 20).unwrap().unwrap();
    let path = world.path("batch.cose");
    fs::write(&path, &batch.bytes).unwrap();
    let carried = open(&world, &query(17), &[&path, &folder]);
    assert_eq!((carried.gathered.searched, carried.opening.records.len()), (40, 1));
    assert!(flat(&carried.report.en).contains("a batch signed by terminal 3"));
    let mut changed = batch.bytes;
    changed[200] ^= 1;
    fs::write(&path, &changed).unwrap();
    let carried = open(&world, &query(17), &[&path]);
    assert!(
        carried.opening.records.is_empty() && flat(&carried.report.en).contains("NOT USED"),
        "{}",
        carried.report.en
    );
}

#[test]
fn a_report_is_for_its_owners_eyes_and_never_replaces_another() {
    let world = World::new("510000");
    let field = world.field("field", 3);
    let carried = open(&world, &query(2), &[&field]);
    let out = world.path("report");
    carried.report.save(&ReportPlace::make(&out).unwrap()).unwrap();
    for name in ["report.zh.txt", "report.en.txt", "report.json"] {
        let mode = fs::metadata(out.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(matches!(ReportPlace::make(&out), Err(LawfulRefused::KeepReport(_))));
    assert!(!world.path("desk").join("scratch").exists());
    println!("{}\n{}", carried.report.zh, carried.report.en);
}
