//! `gate-sign issue --from` and `paper-sheets` as offices run them: what they tell, what they leave, what they never leave.
#![expect(clippy::unwrap_used, reason = "a test's helpers: a failure here is the test's failure")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gate_signing::log::LOG_FILE;
use gate_signing::sheets::DEFAULT_FONT;
use tempfile::TempDir;

const NOW: &str = "2026-11-20T08:00:00+08:00";
const HEADER: &str = "document_kind,number,name,kind,statement,sampled\n";
const PLACE: &str = "成都市测试街道办事处";

struct Office {
    dir: TempDir,
}

impl Office {
    fn new() -> Office {
        let office = Office { dir: tempfile::tempdir().unwrap() };
        let words = ["province", "new", "--demo", "--region", "510000", "--now", NOW, "--dir"];
        let founded = Command::new(env!("CARGO_BIN_EXE_gate-sign"))
            .args(words)
            .arg(office.path("desk"))
            .output()
            .unwrap();
        assert!(founded.status.success(), "{founded:?}");
        office
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn table(&self, people: usize, more: &str) {
        let row = |n| format!("passport,E{n:08},测试甲{n},paper_code,green,\n");
        let rows: String = (0..people).map(row).collect();
        fs::write(self.path("people.csv"), format!("{HEADER}{rows}{more}")).unwrap();
    }

    fn issue(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gate-sign"));
        command.arg("issue").args(words).args(["--now", NOW, "--dir"]).arg(self.path("desk"));
        command.arg("--from").arg(self.path("people.csv")).current_dir(self.dir.path()).output().unwrap()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("desk").join(LOG_FILE)).unwrap()
    }

    fn left(&self) -> Vec<String> {
        let names = fs::read_dir(self.dir.path()).unwrap();
        let mut names: Vec<String> =
            names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn every_row_is_a_code_or_a_reject_and_the_exit_code_says_which() {
    let office = Office::new();
    office.table(40, "");
    let done = office.issue(&["--out", "codes.csv"]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert!(told(&done).contains("40 rows = 40 codes in codes.csv + 0 rejected"), "{done:?}");
    assert_eq!(office.left(), ["codes.csv", "desk", "people.csv"]);
    office.table(40, "passport,E00000003,测试甲,paper_code,green,\n");
    let done = office.issue(&["--out", "more.csv", "--rejects", "bad.csv"]);
    assert_eq!(done.status.code(), Some(2), "{done:?}");
    assert!(
        told(&done).contains("41 rows = 40 codes")
            && told(&done).contains("1 rows have NO code; see bad.csv")
    );
    let bad = fs::read_to_string(office.path("bad.csv")).unwrap();
    assert_eq!(bad, "line,reason\n42,\"the same person as on line 5\"\n");
    assert!(!told(&done).contains('\r'), "no progress where nobody looks");
}

#[test]
fn a_batch_is_two_lines_of_the_log_the_first_before_anything_is_signed() {
    let office = Office::new();
    office.table(40, "");
    let before = office.log().lines().count();
    office.issue(&["--out", "codes.csv"]);
    let log = office.log();
    let lines: Vec<&str> = log.lines().skip(before).filter(|line| line.contains("batch")).collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert!(lines[0].contains("batch-begin") && lines[0].contains("\"count\":42"), "{log}");
    assert!(lines[1].contains("batch-end") && lines[1].contains("\"count\":40"), "{log}");
}

#[test]
fn a_run_that_was_cut_off_is_told_and_never_looks_whole() {
    let office = Office::new();
    office.table(40, "");
    fs::write(office.path("codes.csv.writing"), "line,kid,id,expires,text\n2,00").unwrap();
    let refused = office.issue(&["--out", "codes.csv"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(told(&refused).contains("an earlier run was cut off"), "{refused:?}");
    assert!(!office.path("codes.csv").exists() && office.path("codes.csv.writing").exists());
    let again = office.issue(&["--out", "codes.csv", "--start-over"]);
    assert!(again.status.success(), "{again:?}");
    assert_eq!(fs::read_to_string(office.path("codes.csv")).unwrap().lines().count(), 41);
    let whole = office.issue(&["--out", "codes.csv", "--start-over"]);
    assert!(told(&whole).contains("is there already"), "a whole file is never replaced: {whole:?}");
}

#[test]
fn a_killed_run_leaves_a_half_file_beside_and_the_next_one_remembers_its_people() {
    let office = Office::new();
    office.table(60_000, "");
    let mut command = Command::new(env!("CARGO_BIN_EXE_gate-sign"));
    command
        .args(["issue", "--out", "codes.csv", "--now", NOW, "--threads", "1", "--dir"])
        .arg(office.path("desk"));
    command.arg("--from").arg(office.path("people.csv")).current_dir(office.dir.path());
    let mut child =
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
    let half = office.path("codes.csv.writing");
    let begun = |path: &Path| fs::metadata(path).is_ok_and(|about| about.len() > 100_000);
    while !begun(&half) {
        assert!(child.try_wait().unwrap().is_none(), "the run is long enough to be killed");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!office.path("codes.csv").exists());
    assert!(told(&office.issue(&["--out", "codes.csv"])).contains("an earlier run was cut off"));
    office.table(300, "");
    let again = office.issue(&["--out", "codes.csv", "--start-over"]);
    assert!(told(&again).contains("; 300 people remembered"), "{}", told(&again));
    assert_eq!(office.left(), ["codes.csv", "desk", "people.csv"]);
}

#[test]
fn a_table_refused_whole_leaves_nothing() {
    let office = Office::new();
    fs::write(office.path("people.csv"), "name,number\n").unwrap();
    let refused = office.issue(&["--out", "codes.csv"]);
    assert!(told(&refused).contains("the first line must be `document_kind,number,name,kind"), "{refused:?}");
    assert_eq!((refused.status.code(), office.left().len()), (Some(1), 2));
}

#[test]
fn sheets_are_whole_pdfs_with_their_font_inside_and_no_number_of_anybody() {
    const NAME: &str = "sheets_are_whole_pdfs_with_their_font_inside_and_no_number_of_anybody";
    if !Path::new(DEFAULT_FONT).exists() {
        return println!("SKIPPED {NAME}: {DEFAULT_FONT} not found (fonts-noto-cjk)");
    }
    let office = Office::new();
    office.table(9, "passport,E10000000,TESTER,certificate,community,\n");
    let done = office.issue(&["paper-sheets", "--pdf", "sheets.pdf", "--place", PLACE]);
    assert_eq!(done.status.code(), Some(2), "{done:?}");
    assert!(
        told(&done).contains("10 rows = 9 codes in sheets.pdf + 1 rejected")
            && told(&done).contains("3 pages")
    );
    let rejects = fs::read_to_string(office.path("people.csv.rejects")).unwrap();
    assert_eq!(rejects, "line,reason\n11,\"this run issues paper_code only\"\n");
    let pdf = fs::read(office.path("sheets.pdf")).unwrap();
    assert!(pdf.starts_with(b"%PDF-1.7") && pdf.ends_with(b"%%EOF\n"));
    assert!(!String::from_utf8_lossy(&pdf).contains("E0000000"));
    let pdffonts = |tool: &str| Command::new(tool).arg(office.path("sheets.pdf")).output();
    let (Ok(fonts), Ok(info)) = (pdffonts("pdffonts"), pdffonts("pdfinfo")) else {
        return println!("SKIPPED {NAME}: poppler-utils not found");
    };
    let fonts = told(&fonts);
    let row = fonts.lines().nth(2).unwrap();
    assert!(
        fonts.lines().count() == 3 && row.contains("CID Type 0C") && row.contains("yes yes yes"),
        "{fonts}"
    );
    assert!(told(&info).contains("Pages:           3") && told(&info).contains("(A4)"), "{info:?}");
}

#[test]
fn a_missing_font_names_the_package_and_nothing_is_begun() {
    let office = Office::new();
    office.table(1, "");
    let refused =
        office.issue(&["paper-sheets", "--pdf", "sheets.pdf", "--place", PLACE, "--font", "nowhere.ttc"]);
    assert!(told(&refused).contains("install Debian's fonts-noto-cjk"), "{refused:?}");
    fs::write(office.path("people.ttf"), "no font").unwrap();
    let words = ["paper-sheets", "--pdf", "sheets.pdf", "--place", PLACE, "--font", "people.ttf"];
    assert!(told(&office.issue(&words)).contains("not a font"));
    assert_eq!(office.left(), ["desk", "people.csv", "people.ttf"]);
}
