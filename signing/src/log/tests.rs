//! The log under a knife: cut, changed, removed, moved, half written; by one process and by two.

use std::fs;
use std::path::Path;

use super::entry::CaseNumber;
use super::*;
use crate::key_name::KeyName;

fn open(directory: &Path, start: Start) -> Log {
    let operator = Operator::parse("chen").unwrap();
    let clock = Clock::Fixed(Timestamp::from_unix(1_795_104_000).unwrap());
    Log::new(directory, origin("510000", "00", 8, Demo::Yes), operator, clock, start)
}

fn entry(count: u64) -> Entry<'static> {
    let key = Some(KeyName::Root);
    Entry { key, count, digest: Some(sha256(&[b"what"])), ..Entry::of(Operation::BatchBegin) }
}

/// A log of seven lines.
fn seven() -> (tempfile::TempDir, Log) {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path(), Start::May);
    for count in 1..=7 {
        log.note(&entry(count)).unwrap();
    }
    (dir, log)
}

fn lines(dir: &Path) -> Vec<String> {
    fs::read_to_string(dir.join(LOG_FILE)).unwrap().lines().map(str::to_owned).collect()
}

fn put(dir: &Path, lines: &[String]) {
    fs::write(dir.join(LOG_FILE), lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
}

#[test]
fn a_line_says_who_what_with_which_key_when_and_how_many() {
    let (dir, log) = seven();
    let case = CaseNumber::parse("CG-2026/0017").unwrap();
    log.note(&Entry { case: Some(&case), ..Entry::of(Operation::OpenRecords) }).unwrap();
    let mut seen = Vec::new();
    let head = log.for_each(|line| seen.push(line.clone())).unwrap();
    assert_eq!((head.lines, log.verify().unwrap()), (8, head));
    let first = &seen[0];
    assert_eq!((first.line, first.at, first.count), (1, 1_795_104_000, 1));
    assert_eq!((first.operator.as_str(), first.key.as_deref()), ("chen", Some("root")));
    assert!(first.account.starts_with("uid "), "{}", first.account);
    assert_eq!(seen[7].case.as_deref(), Some("CG-2026/0017"));
    let mode = fs::metadata(dir.path().join(LOG_FILE)).unwrap().mode() & 0o777;
    assert_eq!(mode, 0o600);
}

#[test]
fn a_line_removed_changed_moved_or_added_is_named() {
    for line in 0..7 {
        let (dir, log) = seven();
        let whole = lines(dir.path());
        let mut removed = whole.clone();
        removed.remove(line);
        put(dir.path(), &removed);
        let broken = log.verify().unwrap_err().to_string();
        let expected = if line == 6 { "its end was removed" } else { "lines were removed" };
        assert!(broken.contains(expected), "{line}: {broken}");

        let mut changed = whole.clone();
        changed[line] = changed[line].replacen("\"count\":", "\"count\":9", 1);
        put(dir.path(), &changed);
        let broken = log.verify().unwrap_err().to_string();
        let expected = if line == 6 {
            "line 7 is not the line".into()
        } else {
            format!("line {} does not follow", line + 2)
        };
        assert!(broken.contains(&expected), "{line}: {broken}");
    }
    let (dir, log) = seven();
    let mut moved = lines(dir.path());
    moved.swap(2, 3);
    put(dir.path(), &moved);
    assert!(log.verify().unwrap_err().to_string().contains("line 3 says that it is line 4"));
    let mut added = lines(dir.path());
    added.swap(2, 3);
    added.insert(3, added[3].clone());
    put(dir.path(), &added);
    assert!(log.verify().unwrap_err().to_string().contains("line 5 says that it is line 4"));
}

#[test]
fn a_log_that_was_cut_or_changed_at_its_end_is_not_written_on() {
    let (dir, log) = seven();
    let whole = lines(dir.path());
    put(dir.path(), &whole[..5]);
    let refused = log.note(&entry(8)).unwrap_err().to_string();
    assert!(refused.contains("had 7 lines") && refused.contains("no key is used"), "{refused}");
    let mut changed = whole.clone();
    changed[6] = changed[6].replacen("chen", "wang", 1);
    put(dir.path(), &changed);
    assert!(matches!(log.note(&entry(8)), Err(LogFault::Broken(ChainBroken::MatchHead { lines: 7 }))));
    put(dir.path(), &whole);
    assert_eq!(log.note(&entry(8)).unwrap().lines, 8);
}

#[test]
fn a_log_that_was_taken_away_is_missed() {
    let (dir, log) = seven();
    fs::remove_file(dir.path().join(HEAD_FILE)).unwrap();
    assert!(matches!(log.note(&entry(8)), Err(LogFault::FindLog(_))));
    assert!(matches!(log.verify(), Err(LogFault::FindLog(_))));
    fs::remove_file(dir.path().join(LOG_FILE)).unwrap();
    assert!(matches!(open(dir.path(), Start::MustBeThere).note(&entry(1)), Err(LogFault::FindLog(_))));
}

#[test]
fn a_head_written_down_elsewhere_shows_a_log_rewritten_as_a_whole() {
    let (dir, log) = seven();
    let mut heads = vec![Head::before_all(origin("510000", "00", 8, Demo::Yes))];
    for count in 8..=9 {
        heads.push(log.note(&entry(count)).unwrap());
    }
    for head in &heads {
        assert_eq!(Head::from_text(&head.to_text()).as_ref(), Some(head));
        assert_eq!(log.has_passed(head).unwrap().lines, 9);
    }
    // Somebody with every right begins anew and fills up.
    for file in [LOG_FILE, HEAD_FILE] {
        fs::remove_file(dir.path().join(file)).unwrap();
    }
    let anew = open(dir.path(), Start::May);
    for count in 1..=9 {
        anew.note(&entry(count + 100)).unwrap();
    }
    assert_eq!(anew.verify().unwrap().lines, 9, "by itself it is whole");
    assert!(matches!(anew.has_passed(&heads[1]), Err(LogFault::Broken(ChainBroken::MatchHead { lines: 8 }))));
    let other = Log::new(
        dir.path(),
        origin("510000", "01", 8, Demo::Yes),
        Operator::parse("chen").unwrap(),
        Clock::System,
        Start::May,
    );
    assert!(matches!(other.verify(), Err(LogFault::Broken(ChainBroken::FollowOrigin))), "another province's");
}

#[test]
fn a_power_cut_at_any_byte_of_a_line_loses_no_line_and_leaves_a_log_that_goes_on() {
    let (dir, log) = seven();
    let before = fs::read(dir.path().join(LOG_FILE)).unwrap();
    let head = fs::read(dir.path().join(HEAD_FILE)).unwrap();
    log.note(&entry(8)).unwrap();
    let after = fs::read(dir.path().join(LOG_FILE)).unwrap();
    for cut in before.len()..=after.len() {
        // The head is replaced after the line, so a cut during the line leaves the older head.
        fs::write(dir.path().join(LOG_FILE), &after[..cut]).unwrap();
        fs::write(dir.path().join(HEAD_FILE), &head).unwrap();
        let lines = log.note(&entry(9)).unwrap().lines;
        let expected = if cut == before.len() { 8 } else { 9 };
        assert_eq!((lines, log.verify().unwrap().lines), (expected, expected), "cut at {cut}");
        let mut told = Vec::new();
        log.for_each(|line| told.push((line.operation, line.count))).unwrap();
        assert_eq!(told.last(), Some(&(Operation::BatchBegin, 9)));
        let torn = cut > before.len() && cut < after.len();
        let repair = (Operation::LogRepair, (cut - before.len()) as u64);
        assert_eq!(told.contains(&repair), torn, "cut at {cut}");
    }
}

#[test]
fn many_writers_at_once_make_one_chain() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path(), Start::May).note(&entry(0)).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let log = open(dir.path(), Start::MustBeThere);
            scope.spawn(move || {
                for at in 0..10 {
                    log.note(&entry(writer * 100 + at)).unwrap();
                }
            });
        }
    });
    assert_eq!(open(dir.path(), Start::MustBeThere).verify().unwrap().lines, 41);
}

#[test]
fn what_is_no_line_is_named_and_never_taken_into_memory_whole() {
    let (dir, log) = seven();
    let mut whole = lines(dir.path());
    whole[3] = "{}".into();
    put(dir.path(), &whole);
    assert!(matches!(log.verify(), Err(LogFault::Broken(ChainBroken::ReadLine(4)))));
    whole[3] = "x".repeat(1 << 20);
    put(dir.path(), &whole);
    assert!(matches!(log.verify(), Err(LogFault::Broken(ChainBroken::ReadLine(4)))));
    fs::write(dir.path().join(HEAD_FILE), "{\"lines\":-1}").unwrap();
    assert!(matches!(log.verify(), Err(LogFault::Broken(ChainBroken::ReadHead))));
}

#[test]
fn a_line_dated_before_the_one_above_it_is_named() {
    let dir = tempfile::tempdir().unwrap();
    for at in [100, 200, 150, 160, 170] {
        let clock = Clock::Fixed(Timestamp::from_unix(at).unwrap());
        let operator = Operator::parse("chen").unwrap();
        let origin = origin("510000", "00", 8, Demo::Yes);
        Log::new(dir.path(), origin, operator, clock, Start::May).note(&entry(1)).unwrap();
    }
    assert_eq!(open(dir.path(), Start::May).set_back().unwrap(), [3]);
}

#[test]
fn a_log_is_of_the_province_that_it_began_with_and_of_no_other_nature() {
    let (dir, log) = seven();
    assert_eq!(log.recount(|_| Ok(())).unwrap().unwrap().lines, 7);
    let operator = Operator::parse("chen").unwrap();
    let origins =
        [("510000", "00", 8, Demo::No), ("510000", "00", 1024, Demo::Yes), ("510000", "01", 8, Demo::Yes)];
    for (region, salt, memory, nature) in origins {
        let origin = origin(region, salt, memory, nature);
        let other = Log::new(dir.path(), origin, operator.clone(), Clock::System, Start::MustBeThere);
        assert_eq!(other.recount(|_| Ok(())), Err(LogFault::Broken(ChainBroken::FollowOrigin)));
    }
}
