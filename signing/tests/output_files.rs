//! What `gate-sign` writes where people tell it to: a tired person loses nothing by it.
#![expect(clippy::unwrap_used, reason = "a test's helpers: a failure here is the test's failure")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const NOW: &str = "2026-11-20T08:00:00+08:00";
const PEOPLE: &str = "document_kind,number,name,kind,statement,sampled\npassport,E00000001,测试甲,paper_code,green,\npassport,1,测试乙,paper_code,green,\n";

struct Office {
    dir: TempDir,
}

impl Office {
    fn new() -> Office {
        let office = Office { dir: tempfile::tempdir().unwrap() };
        let words = ["province", "new", "--demo", "--region", "510000", "--now", NOW, "--dir", "desk"];
        assert!(office.command(&words).status.success());
        office
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn command(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gate-sign"));
        for variable in ["GATE_PASSPHRASE", "GATE_OFFICER_PASSPHRASE"] {
            command.env(variable, "a passphrase for tests only");
        }
        command.current_dir(self.dir.path()).args(words).output().unwrap()
    }

    /// At this desk, now.
    fn run(&self, words: &[&str]) -> Output {
        self.command(&[words, &["--dir", "desk", "--now", NOW]].concat())
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// Refused with `reason`, and `kept` is what it was.
    fn refuses(&self, words: &[&str], (kept, reason): (&str, &str)) {
        let (before, output) = (self.read(kept), self.run(words));
        assert_eq!(output.status.code(), Some(1), "{words:?}: {output:?}");
        assert!(told(&output).contains(reason), "{words:?}: {}", told(&output));
        assert_eq!(self.read(kept), before, "{words:?} changed {kept}");
    }

    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const SCREEN: [&str; 8] =
    ["issue", "screen", "--number", "510100194001010010", "--name", "测试甲", "--colour", "green"];

#[test]
fn nothing_that_is_there_is_written_over() {
    let office = Office::new();
    office.write("there", "an hour's work");
    for option in ["--png", "--svg", "--text"] {
        office.refuses(&[&SCREEN[..], &[option, "there"]].concat(), ("there", "is there already"));
    }
    office.refuses(&["log", "head", "--out", "there"], ("there", "is there already"));
    let request = ["officer", "request", "remove", "--name", "li", "--case", "CG-1"];
    office.refuses(&[&request[..], &["--out", "there"]].concat(), ("there", "is there already"));
    let open = ["open", "--case", "CG-7", "--query", "00R0-0001", "--write-request"];
    office.refuses(&[&open[..], &["there"]].concat(), ("there", "is there already"));
}

#[test]
fn an_approval_never_takes_the_place_of_the_officers_key() {
    let office = Office::new();
    assert!(office.command(&["officer", "new", "--out", "wang.key"]).status.success());
    let request = ["officer", "request", "remove", "--name", "li", "--case", "CG-1", "--out", "request"];
    assert!(office.run(&request).status.success());
    let key = office.read("wang.key");
    let approve = ["officer", "approve", "--key", "wang.key", "--request", "request", "--out"];
    let output = office.command(&[&approve[..], &["wang.key"]].concat());
    assert!(!output.status.success() && told(&output).contains("is there already"), "{output:?}");
    assert_eq!(office.read("wang.key"), key);
    assert!(office.command(&[&approve[..], &["wang.approval"]].concat()).status.success());
}

#[test]
fn nothing_is_written_into_a_desk() {
    let office = Office::new();
    let root = "desk/keys/root.key";
    office.refuses(&["log", "head", "--out", root], (root, "is there already"));
    for new in ["desk/head", "desk/keys/head", "desk/../desk/head"] {
        office.refuses(&["log", "head", "--out", new], (root, "lies in the desk's directory"));
        office.refuses(&[&SCREEN[..], &["--png", new]].concat(), (root, "lies in the desk's directory"));
        assert!(!office.path(new).exists());
    }
}

/// Every option of every command: the program's own tests, in `uses`.
#[test]
fn no_directory_is_filled_in_a_desk_or_around_it() {
    let office = Office::new();
    let root = "desk/keys/root.key";
    for out in ["desk", "desk/keys", "desk/archive", "desk/wrap", "desk/new/data"] {
        office.refuses(&["province", "publish", "--out", out], (root, "lies in the desk's directory"));
    }
    office.refuses(&["province", "publish", "--out", "."], (root, "holds the desk's directory"));
    let operator =
        ["operator", "add", "--name", "app", "--kid", "sc02", "--operators", "desk/operators.json"];
    office.refuses(&operator, (root, "lies in the desk's directory"));
    let keyset = office.run(&["keyset", "show"]);
    assert!(keyset.status.success(), "the desk goes on: {keyset:?}");
}

#[test]
fn two_results_of_one_command_are_two_files_or_nothing_is_signed() {
    let office = Office::new();
    let log = "desk/desk-log.jsonl";
    let both = ["--text", "a.txt", "--png", "./a.txt"];
    office.refuses(&[&SCREEN[..], &both].concat(), (log, "would be written over"));
    assert!(!office.path("a.txt").exists());
}

#[test]
fn a_list_takes_the_place_of_a_list_only() {
    let office = Office::new();
    office.write("people.csv", "document_kind,number,second_number,colour\npassport,E00000001,,red\n");
    office.write("letter.txt", "an hour's work");
    let list =
        ["status", "build", "--people", "people.csv", "--scope", "population", "--as-of", NOW, "--out"];
    office.refuses(&[&list[..], &["letter.txt"]].concat(), ("letter.txt", "is no status list"));
    for _ in 0..2 {
        assert!(office.run(&[&list[..], &["list.db"]].concat()).status.success());
    }
}

#[test]
fn a_reject_file_is_never_the_table_the_result_or_a_part_of_the_desk() {
    let office = Office::new();
    office.write("people.csv", PEOPLE);
    let issue = |rejects| ["issue", "--from", "people.csv", "--out", "codes.csv", "--rejects", rejects];
    fs::hard_link(office.path("people.csv"), office.path("twin.csv")).unwrap();
    office.refuses(&issue("people.csv"), ("people.csv", "would be written over"));
    office.refuses(&issue("twin.csv"), ("people.csv", "would be written over"));
    office.refuses(&issue("desk/../codes.csv"), ("people.csv", "would be written over"));
    office.refuses(&issue("desk/province.json"), ("desk/province.json", "lies in the desk's directory"));
    office.write("letter.txt", "line,reason for it\n");
    office.refuses(&issue("letter.txt"), ("letter.txt", "is no reject file"));
    assert!(!office.path("codes.csv").exists() && !office.path("codes.csv.writing").exists());
    office.write("revoke.csv", "code,sc02,0102030405060708\ncode,sc02,no\n");
    let revoke =
        |rejects| ["revoke", "from-csv", "revoke.csv", "--yes", "--no-check-digit", "--rejects", rejects];
    office.refuses(&revoke("revoke.csv"), ("revoke.csv", "would be written over"));
    office.refuses(&revoke("desk/revocations.bin"), ("desk/revocations.bin", "lies in the desk"));
    let list = ["status", "build", "--people", "people.csv", "--scope", "population", "--as-of", NOW];
    office.refuses(
        &[&list[..], &["--rejects", "people.csv"]].concat(),
        ("people.csv", "would be written over"),
    );
    office.refuses(&[&list[..], &["--rejects", "letter.txt"]].concat(), ("letter.txt", "is no reject file"));
    office.refuses(&[&list[..], &["--out", "twin.csv"]].concat(), ("people.csv", "would be written over"));
}

#[test]
fn an_earlier_reject_file_gives_way_to_the_next() {
    let office = Office::new();
    office.write("people.csv", PEOPLE);
    for out in ["one.csv", "two.csv"] {
        let done = office.run(&["issue", "--from", "people.csv", "--out", out, "--rejects", "bad.csv"]);
        assert_eq!(done.status.code(), Some(2), "{done:?}");
        assert!(office.read("bad.csv").starts_with(b"line,reason\n3,"));
    }
}

#[test]
fn a_code_in_a_file_is_its_owners_alone() {
    let office = Office::new();
    let done = office.run(&[&SCREEN[..], &["--png", "a.png", "--svg", "a.svg", "--text", "a.txt"]].concat());
    assert!(done.status.success(), "{done:?}");
    for name in ["a.png", "a.svg", "a.txt"] {
        assert_eq!(fs::metadata(office.path(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_run_refused_for_its_input_leaves_nothing_and_the_right_one_runs() {
    let office = Office::new();
    let before = office.files();
    let done = office.run(&["issue", "--from", "people.csv", "--out", "codes.csv"]);
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    assert_eq!(office.files(), before);
    office.write("codes.csv.writing", "");
    office.write("people.csv", PEOPLE);
    let done = office.run(&["issue", "--from", "people.csv", "--out", "codes.csv"]);
    assert_eq!(done.status.code(), Some(2), "an empty half file holds no code: {done:?}");
}

#[test]
fn a_reader_who_goes_away_ends_a_command_without_a_panic() {
    let office = Office::new();
    for words in [&["keyset", "show"][..], &["custody", "show"], &["log", "show"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gate-sign"));
        command.current_dir(office.dir.path()).args(words).args(["--dir", "desk", "--now", NOW]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(141), "as a process that SIGPIPE ended: {output:?}");
        assert!(!told(&output).contains("panicked"), "{}", told(&output));
    }
}

#[test]
fn a_full_disk_behind_the_output_is_told() {
    let office = Office::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_gate-sign"));
    command.current_dir(office.dir.path()).args(["keyset", "show", "--dir", "desk", "--now", NOW]);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command.stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(told(&output).contains("standard output: No space left"), "{}", told(&output));
}
