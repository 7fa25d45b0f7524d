//! Tables as offices send them: good rows, bad rows, runs that are cut off.

use std::collections::BTreeSet;

use gate_core::alleged::{Alleged, Room};
use gate_wire::credential::CredentialId;
use gate_wire::time::Millis;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::demo::DemoProvince;

fn now() -> Timestamp {
    Timestamp::from_unix(1_795_104_000).unwrap()
}

/// An invented resident of 510100 (GB 11643).
fn number(index: u64) -> String {
    let body = format!("510100194{:03}01{:03}", index / 900 % 7 * 100 + 1, 1 + index % 900);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{body}{}", char::from(b"10X98765432"[sum as usize % 11]))
}

fn table(people: u64) -> String {
    let kinds = [
        "paper_code,green,",
        "certificate,community,",
        "staff_badge,attendant,",
        "nucleic_acid_test,negative,2026-11-15T09:00:00+08:00",
    ];
    let row = |index| format!("resident-id,{},测试甲{index},{}\n", number(index), kinds[index as usize % 4]);
    HEADER.join(",") + "\n" + &(0..people).map(row).collect::<String>()
}

struct Ran {
    result: Result<BulkDone, BulkError>,
    codes: String,
    rejects: String,
}

fn run_in(folder: &Path, table: &[u8], options: impl FnOnce(&mut BulkOptions<'_>)) -> Ran {
    let demo = DemoProvince::from_seed([3; 32], now()).unwrap();
    let tags = folder.join("tags");
    let mut chosen = BulkOptions {
        now: now(),
        issued: now(),
        kid: None,
        life_s: None,
        kinds: Kinds::All,
        most: MAX_ROWS,
        threads: NonZeroUsize::new(2).unwrap(),
        tags: &tags,
        held_to: HeldTo::Nothing,
    };
    options(&mut chosen);
    let (mut codes, mut rejects, mut told) = (Vec::new(), Vec::new(), |_| ());
    let mut target = CsvCodes::begin(&mut codes, &mut rejects, &mut told).unwrap();
    let mut rng = ChaCha20Rng::from_seed([4; 32]);
    let result = demo.province().issue_table(table, &mut target, &chosen, &mut rng);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { result, codes: text(codes), rejects: text(rejects) }
}

fn run(table: &[u8], options: impl FnOnce(&mut BulkOptions<'_>)) -> Ran {
    run_in(tempfile::tempdir().unwrap().path(), table, options)
}

fn texts(codes: &str) -> Vec<&str> {
    codes.lines().skip(1).map(|line| line.rsplit(',').next().unwrap()).collect()
}

#[test]
fn every_row_is_a_code_that_a_terminal_takes_and_no_id_comes_twice() {
    let ran = run(table(2_600).as_bytes(), |_| ());
    let done = ran.result.unwrap();
    assert_eq!((done.rows, done.codes, done.rejected, done.remembered), (2_600, 2_600, 0, 0));
    let demo = DemoProvince::from_seed([3; 32], now()).unwrap();
    let keys = demo.province().key_set().unwrap();
    let (mut ids, mut room) = (BTreeSet::new(), Room::new());
    let time = gate_core::time::TrustedTime::at_boot(now(), None, Millis(0));
    for (index, text) in texts(&ran.codes).into_iter().enumerate() {
        let alleged = Alleged::parse(text.as_bytes(), &mut room).unwrap();
        // Nothing in the clock is confirmed here: only short-lived codes would need that.
        let CredentialId(id) = alleged.verify(Some(&keys), &time, Millis(0)).unwrap().get().id;
        assert!(ids.insert(id), "line {index}");
    }
    assert_eq!(ids.len(), 2_600);
    let lines: Vec<u64> =
        ran.codes.lines().skip(1).map(|l| l.split(',').next().unwrap().parse().unwrap()).collect();
    assert!(lines.iter().copied().eq(2..2_602), "in the order of the table");
}

#[test]
fn each_bad_row_is_in_the_reject_file_in_words_and_the_rest_are_codes() {
    let bad: [(&[u8], &str); 14] = [
        (
            b"resident-id,510100194001010011,\xe6\xb5\x8b,paper_code,green,",
            "number: the check digit is wrong",
        ),
        (b"resident-id,510100194001010010,\xb2\xe2\xca\xd4,paper_code,green,", "not UTF-8; perhaps GBK"),
        (b"resident-id,510100194001010010,A B,paper_code,blue,", "no such statement for this kind"),
        (b"resident-id,510100194001010010,A B,health_code,green,", "no such kind of credential"),
        (b"resident-id,510100194001010010,A B,screen_code,green,", "a screen code lives minutes"),
        (b"resident,510100194001010010,A B,paper_code,green,", "no such kind of document"),
        (b"resident-id,510100194001010010,A B,paper_code,green", "5 values; a line has 6"),
        (b"resident-id,510100194001010010,A B,paper_code,green,,", "7 values; a line has 6"),
        (b"resident-id,510100194001010010,\"A B\",paper_code,green,", "a quotation mark"),
        (b"resident-id,510100194001010010,,paper_code,green,", "no name"),
        (b"household,510100194001010010,A B,paper_code,green,", "the same person as on line 2"),
        (b"passport,E12345678,A B,nucleic_acid_test,negative,2026-09-15T09:00:00+08:00", "at most 45 days"),
        (b"   ", "1 values; a line has 6"),
        (b"passport,E1234567\0,A B,paper_code,green,", "number: "),
    ];
    let long_name = format!("passport,E12345678,{},paper_code,green,", "A".repeat(61));
    let long_line = format!("passport,E12345678,{},paper_code,green,", "A".repeat(5_000));
    let mut lines: Vec<(&[u8], &str)> = bad.to_vec();
    lines.push((long_name.as_bytes(), "a name longer than 60 characters"));
    lines.push((long_line.as_bytes(), "longer than 1024 bytes"));
    let mut bytes = [b"\xEF\xBB\xBF", table(3).as_bytes(), b"\n"].concat();
    lines.iter().for_each(|(line, _)| bytes.extend([line, &b"\r\n"[..]].concat()));
    bytes.extend_from_slice(b"passport,E12345678,A B,paper_code,green,");
    let first = number(0);
    assert_eq!(first, "510100194001010010", "the doubled person is the first");
    let ran = run(&bytes, |_| ());
    let done = ran.result.unwrap();
    assert_eq!((done.rows, done.codes, done.rejected, done.empty_lines), (20, 4, 16, 1));
    for ((line, reason), told) in lines.iter().zip(ran.rejects.lines().skip(1)) {
        assert!(told.contains(reason), "{}: {told}", String::from_utf8_lossy(line));
    }
    assert!(!ran.rejects.contains("5101") && !ran.rejects.contains("A B") && !ran.rejects.contains("E1234"));
    assert!(ran.rejects.starts_with("line,reason\n6,\"number"), "{}", ran.rejects);
}

#[test]
fn a_table_of_another_encoding_or_header_is_refused_before_a_row() {
    let utf16: Vec<u8> = table(1).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let ran = run(&[b"\xFF\xFE", &utf16[..]].concat(), |_| ());
    assert!(matches!(ran.result, Err(BulkError::ReadUtf16)));
    for header in ["", "a,b\n", "document_kind,number,second_number,colour\n"] {
        assert!(matches!(run(header.as_bytes(), |_| ()).result, Err(BulkError::FindHeader)), "{header}");
    }
}

#[test]
fn a_run_takes_no_more_people_than_the_log_was_told() {
    let ran = run(table(5).as_bytes(), |options| options.most = 3);
    assert_eq!((ran.result.unwrap().codes, ran.rejects.lines().count()), (3, 3));
    assert!(ran.rejects.contains("more people than one run takes"));
}

#[test]
fn the_second_run_of_a_table_pays_argon2id_for_new_people_alone_and_makes_other_codes() {
    let folder = tempfile::tempdir().unwrap();
    let first = run_in(folder.path(), table(600).as_bytes(), |_| ());
    let changed = table(600).replacen(&number(7), &number(4_000), 1);
    let again = run_in(folder.path(), changed.as_bytes(), |options| options.life_s = Some(3_600));
    assert_eq!((first.result.unwrap().remembered, again.result.unwrap().remembered), (0, 599));
    let (one, two): (BTreeSet<_>, BTreeSet<_>) =
        (texts(&first.codes).into_iter().collect(), texts(&again.codes).into_iter().collect());
    assert!(one.is_disjoint(&two));
}

#[test]
fn another_authoritys_issuer_and_a_time_ahead_end_the_run_with_nothing() {
    let foreign = run(table(2).as_bytes(), |options| options.kid = Some(Kid(*b"cn01")));
    assert!(matches!(foreign.result, Err(BulkError::BeOurs)), "{:?}", foreign.result);
    let ahead = run(table(2).as_bytes(), |options| options.issued = now().plus(1));
    assert!(matches!(ahead.result, Err(BulkError::Issue(IssueRefused::WaitForIssue { ahead_s: 1 }))));
    assert_eq!(ahead.codes.lines().count(), 1);
}
