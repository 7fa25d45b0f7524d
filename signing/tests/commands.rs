//! `gate-sign` as people use it: what it prints, what it refuses, and what it leaves behind.
#![expect(clippy::unwrap_used, reason = "a test's helpers: a failure here is the test's failure")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use gate_core::manifest::{Dataset, FILE_NAME, Manifest};
use gate_signing::revocation::void_number;
use gate_wire::cose::Kid;
use gate_wire::credential::CredentialId;
use tempfile::TempDir;

const NOW: &str = "2026-11-20T08:00:00+08:00";

struct World {
    dir: TempDir,
}

impl World {
    fn new() -> World {
        let world = World { dir: tempfile::tempdir().unwrap() };
        let founded = gate_sign(
            &["province", "new", "--demo", "--region", "510000", "--now", NOW, "--dir"],
            &[&world.desk()],
        );
        assert!(told(&founded).contains("DO NOT USE"), "{founded:?}");
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn desk(&self) -> PathBuf {
        self.path("desk")
    }

    /// Runs a command of this desk at `NOW`, with `input` on its standard input.
    fn run_with(&self, words: &[&str], input: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gate-sign"));
        command.args(words).arg("--dir").arg(self.desk()).args(["--now", NOW]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    fn run(&self, words: &[&str]) -> Output {
        self.run_with(words, "")
    }

    fn good(&self, words: &[&str]) -> Output {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {output:?}");
        output
    }

    fn refused(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(!output.status.success(), "{words:?}: {output:?}");
        told(&output)
    }
}

fn gate_sign(words: &[&str], paths: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gate-sign")).args(words).args(paths).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

const SOMEONE: [&str; 4] = ["--number", "510100194001010010", "--name", "测试甲"];

fn issue<'a>(words: &[&'a str]) -> Vec<&'a str> {
    [&["issue"], words, &SOMEONE].concat()
}

#[test]
fn a_province_that_is_no_demo_is_refused_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let desk = dir.path().join("desk");
    let output = gate_sign(&["province", "new", "--region", "510000", "--dir"], &[&desk]);
    assert!(!output.status.success());
    assert!(
        told(&output).contains("only a province marked as a demo (--demo) may keep its keys in plain files")
    );
    assert!(!desk.exists());
}

#[test]
fn a_demo_says_so_in_its_directory_and_each_time_it_is_used() {
    let world = World::new();
    let warning = fs::read_to_string(world.desk().join("DEMO-KEYS-DO-NOT-USE.txt")).unwrap();
    assert!(warning.contains("DO NOT USE") && warning.contains("切勿使用"));
    assert!(told(&world.good(&["keyset", "show"])).contains("DO NOT USE"));
}

#[test]
fn a_second_founding_leaves_the_first_as_it_is() {
    let world = World::new();
    let before = fs::read(world.desk().join("province.json")).unwrap();
    let again = gate_sign(&["province", "new", "--demo", "--region", "510000", "--dir"], &[&world.desk()]);
    assert!(told(&again).contains("already holds a province"));
    assert_eq!(fs::read(world.desk().join("province.json")).unwrap(), before);
}

#[test]
fn every_kind_is_issued_to_text_png_and_svg() {
    let world = World::new();
    let (png, svg, text) = (world.path("a.png"), world.path("a.svg"), world.path("a.txt"));
    let files =
        ["--png", png.to_str().unwrap(), "--svg", svg.to_str().unwrap(), "--text", text.to_str().unwrap()];
    for words in [
        &["screen", "--colour", "green"][..],
        &["screen", "--colour", "no-abnormality"],
        &["paper", "--colour", "yellow", "--life", "7d"],
        &["test", "--sampled", "2026-11-15T09:00:00+08:00", "--result", "negative"],
        &["certificate", "--by", "community"],
        &["badge", "--role", "attendant"],
    ] {
        let output = world.good(&[&issue(words)[..], &files].concat());
        assert!(printed(&output).is_empty() && told(&output).contains("49 x 49"));
        assert!(fs::read_to_string(&text).unwrap().starts_with("TF1:"));
        assert_eq!(&fs::read(&png).unwrap()[1..4], b"PNG");
        assert!(fs::read_to_string(&svg).unwrap().starts_with("<svg"));
        [&png, &svg, &text].iter().for_each(|path| fs::remove_file(path).unwrap());
    }
    assert!(printed(&world.good(&issue(&["screen", "--colour", "red"]))).starts_with("TF1:"));
}

#[test]
fn what_may_not_be_issued_is_refused_with_its_reason() {
    let world = World::new();
    for (words, reason) in [
        (
            &["screen", "--colour", "green", "--life", "16m"][..],
            "a life of 16 min: this issuer may give 15 min at most",
        ),
        (&["screen", "--colour", "green", "--kid", "lab1"], "may not give ScreenCode"),
        (&["screen", "--colour", "green", "--kid", "cn01"], "a National may not say this"),
        (&["screen", "--colour", "green", "--kid", "none"], "no issuer none (6e6f6e65)"),
        (&["paper", "--colour", "green", "--kid", "sc01"], "not in force at the time of issue"),
        (&["screen", "--colour", "green", "--issued", "2026-11-20T08:00:01+08:00"], "1 s in the future"),
        (&["screen", "--colour", "green", "--issued", "2026-11-20T07:45:00+08:00"], "already be over"),
        (&["test", "--sampled", "2026-11-21T08:00:00+08:00", "--result", "negative"], "before the issue"),
    ] {
        let told = world.refused(&issue(words));
        assert!(told.contains(reason), "{words:?}: {told}");
    }
    let wrong =
        ["issue", "screen", "--colour", "green", "--name", "测试甲", "--number", "510100194001010011"];
    let told = world.refused(&wrong);
    assert!(told.contains("check digit is wrong") && !told.contains("510100194001010011"), "{told}");
    assert!(
        world.refused(&["issue", "screen", "--colour", "green", "--number", SOMEONE[1]]).contains("name")
    );
}

#[test]
fn a_person_can_be_given_on_standard_input() {
    let world = World::new();
    let words = ["issue", "screen", "--colour", "green", "--person", "-"];
    let output = world.run_with(&words, "passport,E12345678,TESTER CHARLIE\n");
    assert!(printed(&output).starts_with("TF1:"), "{output:?}");
    assert!(told(&world.run_with(&words, "passport\n")).contains("KIND,NUMBER,NAME"));
}

#[test]
fn the_register_changes_by_command_and_never_to_what_a_gate_would_refuse() {
    let world = World::new();
    let made = ["--kid", "hb01", "--region", "420000", "--kind", "screen_code=15m", "--make"];
    world.good(&[&["keyset", "add", "--holder", "province"], &made[..]].concat());
    let shown = printed(&world.good(&["keyset", "show"]));
    assert!(
        shown.contains("9 issuers") && shown.contains("hb01") && shown.contains("420000 (Mutual)"),
        "{shown}"
    );
    for holder in ["place", "hub", "terminal", "laboratory"] {
        let other = ["--kid", "hb02", "--region", "420000", "--kind", "screen_code=15m", "--make"];
        let told = world.refused(&[&["keyset", "add", "--holder", holder], &other[..]].concat());
        assert!(told.contains("may not sign ScreenCode (DOMAIN §5"), "{told}");
    }
    world.good(&["keyset", "retire", "--kid", "hb01"]);
    let told = world.refused(&["keyset", "retire", "--kid", "hb01", "--until", "2027-11-20T08:00:00+08:00"]);
    assert!(told.contains("never put off"), "{told}");
    world.good(&["keyset", "revoke", "--kid", "sc02", "--from", "2026-11-19T08:00:00+08:00"]);
    assert!(printed(&world.good(&["keyset", "show"])).contains("VOID from 2026-11-19T08:00:00+08:00"));
    assert!(
        world
            .refused(&issue(&["screen", "--colour", "green"]))
            .contains("no issuer whose key is at this desk")
    );
    let weak = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let foreign = ["--kid", "hb03", "--region", "420000", "--kind", "screen_code=15m", "--public-key", weak];
    assert!(
        world.refused(&[&["keyset", "add", "--holder", "province"], &foreign[..]].concat()).contains("weak")
    );
}

#[test]
fn a_pin_comes_from_standard_input_or_a_file_and_a_member_can_be_retired() {
    let world = World::new();
    let add = ["staff", "add", "--role", "attendant", "--number", SOMEONE[1]];
    assert!(told(&world.run_with(&add, "123456\n")).contains("anybody would try first"));
    assert!(world.run_with(&add, "482913\n").status.success());
    let file = world.path("pin");
    fs::write(&file, "570284\r\n").unwrap();
    let output = world.good(&[&add[..], &["--pin-file", file.to_str().unwrap()]].concat());
    assert!(printed(&output).contains("1 members"), "a new PIN is no second member");
    world.good(&["staff", "retire", "--number", SOMEONE[1]]);
    assert!(world.refused(&["staff", "retire", "--number", SOMEONE[1]]).contains("no active member"));
}

#[test]
fn a_list_is_built_published_and_its_bad_lines_are_kept_apart() {
    let world = World::new();
    let (table, data) = (world.path("people.csv"), world.path("data"));
    let build = [
        "status",
        "build",
        "--scope",
        "population",
        "--as-of",
        "2026-11-20T06:00:00+08:00",
        "--people",
        table.to_str().unwrap(),
    ];
    let header = "document_kind,number,second_number,colour\n";
    fs::write(
        &table,
        format!("{header}resident-id,510100194001010010,,red\nresident-id,510100194001010011,,red\n"),
    )
    .unwrap();
    let output = world.run(&build);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(told(&output).contains("1 lines are NOT in the list"));
    let rejects = fs::read_to_string(world.path("people.csv.rejects")).unwrap();
    assert_eq!(rejects, "line,reason\n3,\"number: the check digit is wrong\"\n");
    fs::write(&table, format!("{header}resident-id,510100194001010010,,red\n")).unwrap();
    world.good(&build);
    assert!(!world.path("people.csv.rejects").exists());
    world.good(&["province", "publish", "--out", data.to_str().unwrap()]);
    let manifest = Manifest::load(&fs::read(data.join(FILE_NAME)).unwrap()).unwrap();
    let entry = manifest.find(Dataset::StatusList).unwrap();
    assert_eq!((entry.version, entry.as_of.unix()), (2, 1_795_125_600));
}

#[test]
fn revoking_says_what_it_does_and_asks_before() {
    let world = World::new();
    let number = void_number(Kid(*b"sc02"), CredentialId([1, 2, 3, 4, 5, 6, 7, 8]));
    let code = ["revoke", "code", "sc02", &number];
    let asked = world.run(&code);
    assert!(!asked.status.success() && told(&asked).contains("--yes"));
    assert!(printed(&asked).contains("撤销 1 张码"), "{asked:?}");
    assert!(printed(&world.good(&["revoke", "show"])).contains("0 credentials, 0 people"));
    world.good(&[&code[..], &["--yes"]].concat());
    assert!(printed(&world.good(&code)).contains("nothing new"));
    let person = ["revoke", "person", "--person", "-", "--yes"];
    assert!(world.run_with(&person, "resident-id,510100194001010010\n").status.success());
    assert!(printed(&world.good(&["revoke", "show"])).contains("1 credentials, 1 people"));
    for wrong in [
        &["revoke"][..],
        &["revoke", "code", "sc02", "01020304"],
        &["revoke", "code", "sc02", "0102030405060708"],
        &["revoke", "code", "sc02", &number.replace('5', "6")],
        &["revoke", "code", "zz99", "0102030405060708", "--no-check-digit"],
        &["revoke", "person", "--person", "-", "--before", "2026-11-21T08:00:00+08:00"],
    ] {
        world.refused(wrong);
    }
}

#[test]
fn a_table_of_revocations_is_taken_line_by_line_and_its_bad_lines_name_nobody() {
    let world = World::new();
    let (table, rejects) = (world.path("orders.csv"), world.path("rejects.csv"));
    fs::write(
        &table,
        "# 本周挂失\ncode,sc02,0102030405060708\ncode,sc02,01\ncode,none,0102030405060708\n\
         person,resident-id,510100194001010010,2026-11-19T08:00:00+08:00\n\
         person,resident-id,510100194001010011,2026-11-19T08:00:00+08:00\n\
         person,resident-id,510100194001010010,2027-01-01T08:00:00+08:00\nperson,x\n",
    )
    .unwrap();
    let words =
        ["revoke", "from-csv", table.to_str().unwrap(), "--rejects", rejects.to_str().unwrap(), "--yes"];
    assert_eq!(world.run(&words).status.code(), Some(2), "one line is good");
    let typed = fs::read_to_string(&rejects).unwrap();
    assert!(typed.contains("2,\"16 digits: the check digit, the 17th, is missing"), "{typed}");
    assert!(printed(&world.good(&["revoke", "show"])).contains("0 credentials, 1 people"));
    let output = world.run(&[&words[..], &["--no-check-digit"]].concat());
    assert_eq!(output.status.code(), Some(2), "five people's orders were not carried out: {output:?}");
    let done = printed(&output);
    assert!(done.contains("5 lines were not taken") && done.contains("revokes 1 credentials"), "{done}");
    let rejected = fs::read_to_string(&rejects).unwrap();
    let lines: Vec<&str> = rejected.lines().map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(lines, ["line", "3", "4", "6", "7", "8"]);
    assert!(!rejected.contains("5101"), "{rejected}");
}

#[test]
fn a_desk_whose_revocations_are_lost_or_older_does_nothing() {
    let world = World::new();
    let file = world.desk().join("revocations.bin");
    let before = fs::read(&file).unwrap();
    world.good(&["revoke", "code", "sc02", "0102030405060708", "--no-check-digit", "--yes"]);
    fs::write(&file, &before).unwrap();
    let refused = world.refused(&["province", "publish", "--out", "unused"]);
    assert!(refused.contains("revocations.bin") && refused.contains("version 1"), "{refused}");
    fs::remove_file(&file).unwrap();
    world.refused(&["keyset", "show"]);
}

#[test]
fn a_policy_is_proven_and_read_aloud_or_refused_with_its_place() {
    let policy = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/policies/station.json");
    let good = gate_sign(&["policy", "check"], &[Path::new(policy)]);
    assert!(good.status.success() && printed(&good).contains("5. finding red, said by the list: Stop S02"));
    let dir = tempfile::tempdir().unwrap();
    let bad = dir.path().join("bad.json");
    let text = fs::read_to_string(policy).unwrap();
    for (from, to, reason) in [
        ("\"format\": 1,", "\"format\": 1", "line 3, column 3"),
        (
            "\"finding\": [\"red\"], \"source\": [\"list\"], \"verdict\": \"stop\", \"reason\": \"S02\"",
            "\"finding\": [\"red\"], \"source\": [\"list\"], \"verdict\": \"pass\", \"reason\": \"P03\"",
            "row 5: red and yellow keep the latch shut",
        ),
    ] {
        assert!(text.contains(from));
        fs::write(&bad, text.replacen(from, to, 1)).unwrap();
        let output = gate_sign(&["policy", "check"], &[&bad]);
        assert!(!output.status.success() && told(&output).contains(reason), "{}", told(&output));
    }
}

#[test]
fn what_a_policy_would_change_is_told_in_both_languages() {
    let policy = concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/policies/station.json");
    let dir = tempfile::tempdir().unwrap();
    let next = dir.path().join("next.json");
    let text = fs::read_to_string(policy).unwrap();
    fs::write(&next, text.replacen("\"test_days\": 7", "\"test_days\": 3", 1)).unwrap();
    let told = printed(&gate_sign(&["policy", "diff", policy], &[&next]));
    assert!(told.contains("核酸有效天数: 7 → 3") && told.contains("a negative test counts: 7 → 3"), "{told}");
    let same = printed(&gate_sign(&["policy", "diff", policy], &[Path::new(policy)]));
    assert!(same.contains("nothing changes"), "{same}");
}

#[test]
fn a_changed_key_set_is_told_in_words_and_published_with_a_yes_only() {
    let (world, terminal) = (World::new(), tempfile::tempdir().unwrap());
    let out = terminal.path().join("data");
    let publish = ["province", "publish", "--out", out.to_str().unwrap()];
    assert!(printed(&world.good(&["keyset", "diff"])).contains("尚未发布"));
    world.good(&publish);
    world.good(&publish);
    world.good(&["keyset", "name", "--kid", "med1", "成都市卫健委"]);
    let told =
        printed(&world.good(&["keyset", "shorten", "--kid", "med1", "--kind", "nucleic_acid_test=14d"]));
    let words = "成都市卫健委: 核酸证明 最长 30 天 → 14 天";
    assert!(told.contains(words), "{told}");
    let asked = world.run(&publish);
    assert!(!asked.status.success() && printed(&asked).contains(words), "{asked:?}");
    let manifest = || Manifest::load(&fs::read(out.join(FILE_NAME)).unwrap()).unwrap().generation;
    assert_eq!(manifest(), 2);
    world.good(&[&publish[..], &["--yes"]].concat());
    assert_eq!(manifest(), 3);
    assert!(printed(&world.good(&["keyset", "diff"])).contains("that of generation 3"));
    let city = ["--kid", "cd01", "--region", "510100", "--kind", "paper_code=30d", "--make"];
    let refused = world.refused(&[&["keyset", "add", "--holder", "province"], &city[..]].concat());
    assert!(refused.contains("DOMAIN §5") && refused.contains("第四条"), "{refused}");
}

#[test]
fn a_changed_policy_is_told_before_it_is_published_and_a_broken_one_is_not() {
    let (world, terminal) = (World::new(), tempfile::tempdir().unwrap());
    let out = terminal.path().join("data");
    let publish = ["province", "publish", "--out", out.to_str().unwrap()];
    world.good(&publish);
    let file = world.desk().join("policy-station.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("\"test_days\": 7", "\"test_days\": 5", 1)).unwrap();
    assert!(printed(&world.run(&publish)).contains("核酸有效天数: 7 → 5"));
    fs::write(&file, text.replacen("\"yellow\"", "\"yelow\"", 1)).unwrap();
    let refused = world.refused(&[&publish[..], &["--yes"]].concat());
    assert!(refused.contains("policy-station") && refused.contains("did you mean \"yellow\"?"), "{refused}");
}

#[test]
fn a_lane_turned_round_is_told_and_published_with_a_yes_only() {
    let (world, terminal) = (World::new(), tempfile::tempdir().unwrap());
    let out = terminal.path().join("data");
    let publish = ["province", "publish", "--out", out.to_str().unwrap()];
    world.good(&publish);
    for (name, from, to, said) in [
        ("places.json", "\"in\"", "\"out\"", "an exit lane always opens"),
        ("risk-levels.json", "\"low\"", "\"high\"", "510100: low risk → high risk"),
    ] {
        let file = world.desk().join(name);
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text.replace(from, to)).unwrap();
        let before = Manifest::load(&fs::read(out.join(FILE_NAME)).unwrap()).unwrap().generation;
        let asked = world.run(&publish);
        assert!(!asked.status.success() && printed(&asked).contains(said), "{asked:?}");
        let after = Manifest::load(&fs::read(out.join(FILE_NAME)).unwrap()).unwrap().generation;
        assert_eq!(before, after, "nothing was published");
        world.good(&[&publish[..], &["--yes"]].concat());
    }
    let places = world.desk().join("places.json");
    fs::write(&places, r#"{"format":1,"version":1,"places":[]}"#).unwrap();
    assert!(world.refused(&[&publish[..], &["--yes"]].concat()).contains("no place is in it"));
}

#[test]
fn a_key_that_others_can_read_stops_the_desk() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    let root = world.desk().join("keys/root.key");
    fs::set_permissions(&root, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(world.refused(&["keyset", "show"]).contains("can be read by others (mode 640)"));
    fs::remove_file(&root).unwrap();
    assert!(world.refused(&["keyset", "show"]).contains("Root is missing"));
}

#[test]
fn a_damaged_or_missing_desk_is_named() {
    let world = World::new();
    let nowhere = gate_sign(&["keyset", "show", "--dir"], &[&world.path("nowhere")]);
    assert!(told(&nowhere).contains("gate-sign province new"));
    let state = world.desk().join("province.json");
    let text = fs::read_to_string(&state).unwrap();
    fs::write(&state, text.replacen("\"demo\": true", "\"demo\": false", 1)).unwrap();
    assert!(
        world
            .refused(&["keyset", "show", "--operator", "chen"])
            .contains("is not what this desk was founded with")
    );
    fs::write(&state, &text[..100]).unwrap();
    assert!(world.refused(&["keyset", "show"]).contains("province.json"));
}

#[test]
fn every_command_explains_itself() {
    for words in [
        &["--help"][..],
        &["province", "new", "--help"],
        &["province", "publish", "--help"],
        &["keyset", "add", "--help"],
        &["policy", "check", "--help"],
        &["status", "build", "--help"],
        &["issue", "paper", "--help"],
        &["staff", "add", "--help"],
        &["revoke", "--help"],
        &["revoke", "from-csv", "--help"],
    ] {
        let output = gate_sign(words, &[]);
        assert!(output.status.success() && printed(&output).contains("Usage:"), "{words:?}");
    }
}
