//! Manuals whose commands lead from nothing to a result, typed as they stand there, in both languages.

#![expect(clippy::unwrap_used, reason = "what goes wrong here must fail the test")]

#[path = "support/manuals.rs"]
mod manual;
#[path = "support/programs.rs"]
mod programs;

use std::fs;
use std::path::Path;

use manual::{commands, typed};

#[test]
fn a_new_board_comes_to_its_first_verdict_by_the_integrators_commands() {
    let english = commands("integrator.en.md", "First light");
    assert_eq!(english, commands("integrator.zh.md", "第一次点亮"), "both manuals say the same");
    let folder = tempfile::tempdir().unwrap();
    let told = typed(folder.path(), &english);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(told.contains("is a good configuration") && told.contains("as expected: no data yet"), "{told}");
    assert!(read("first-selftest.txt").contains("FAIL"), "it says what is missing");
    let second = read("second-selftest.txt");
    for part in ["key-set", "places", "policy-station", "status-list", "list", "keys"] {
        assert!(second.contains(&format!("ok    {part}: ")), "{part}: {second}");
    }
    assert!(told.to_lowercase().contains("pass"), "a verdict: {told}");
    let screen = fs::metadata(folder.path().join("board/screen")).unwrap();
    assert_eq!(screen.len(), 800 * 480 * 2, "the screen was drawn");
}

/// A desk with a list of a quarter of an hour ago, long enough that one change is not a quarter of it, and a terminal with its own keys.
const BEFORE: &str = "cat > people.csv <<END
document_kind,number,second_number,colour
resident-id,510100194001010010,,green
resident-id,510100194001010029,,green
resident-id,510100194001010037,,green
resident-id,510100194001010045,,green
resident-id,510100194001010053,,green
resident-id,510100194001010061,,green
resident-id,51010019400101007X,,green
resident-id,510100194001010088,,green
resident-id,510100194001010096,,green
resident-id,510100194001010109,,green
END
gate-sign province new --dir desk --region 510000 --demo
gate-sign status build --dir desk --people people.csv --scope population --as-of \"$(date -d '15 minutes ago' -Iseconds)\"
gate enrol --data believed --terminal 7 | sed -n 's/^device /7,/p' > terminals.csv
";

#[test]
fn a_colour_changes_at_the_terminal_by_the_authoritys_commands() {
    let english = commands("authority.en.md", "Publishing: from a change to the terminals");
    let chinese = commands("authority.zh.md", "发布：从变更到闸机");
    assert_eq!(english, chinese, "both manuals say the same");
    let folder = tempfile::tempdir().unwrap();
    let told = typed(folder.path(), &format!("{BEFORE}{english}"));
    assert!(told.contains("颜色变更 1 人"), "those who sign are told what changes: {told}");
    // The next change, by the same commands in the same folder.
    let change = &english[english.find("cat > changes.csv").unwrap()..];
    let next = change.replace("510100194001010010,,red", "510100194001010029,,yellow");
    typed(folder.path(), &next);
    let asked = "gate check --json --data believed --id resident-id:";
    for (number, verdict) in [("510100194001010010", "stop"), ("510100194001010029", "limit")] {
        let told = typed(folder.path(), &format!("{asked}{number}"));
        assert!(told.contains(&format!("\"verdict\":\"{verdict}\"")), "{number}: {told}");
    }
}

#[test]
fn a_small_change_is_signed_by_two_machines_and_three_red_ones_wait_for_people() {
    let heading = "Publishing: from a change to the terminals";
    let first = commands("authority.en.md", heading);
    let (english, chinese) =
        (commands("authority.en.md", "Automatic signers"), commands("authority.zh.md", "自动签名"));
    assert_eq!(english, chinese, "both manuals say the same");
    let folder = tempfile::tempdir().unwrap();
    typed(folder.path(), &format!("{BEFORE}{first}"));
    let told = typed(folder.path(), &english);
    assert!(told.contains("绿转黄 1 人") && told.contains("targets: 2 signatures"), "{told}");
    let rows = ["510100194001010045", "510100194001010053", "510100194001010061"];
    let rows: String = rows.map(|number| format!("resident-id,{number},,red\n")).concat();
    let from = english.find("cat > changes.csv").unwrap();
    let to = english.find("for authority in a b; do\n  gate-sign repo sign").unwrap();
    let draft = english[from..to].replace("resident-id,510100194001010037,,yellow\n", &rows);
    // So many of ten are asked already when they are drafted.
    let draft = draft.replace("repo draft-status", "repo draft-status --yes");
    // A ledger is begun once.
    let draft = draft.replace(" --new-ledger", "");
    let sign = "gate-sign repo sign --repo status --key status-targets-a.key --rules rules-a.toml --believed believed --ledger ledger-a.json";
    let told = typed(folder.path(), &format!("{draft}code=0; {sign} || code=$?; test $code = 3"));
    assert!(told.contains("3 people would turn red at once") && told.contains("须两个机构各一人"), "{told}");
    assert!(told.contains("gate-sign: REJECTED code=red-at-once ledger=ledger-a.json\n"), "{told}");
    let show = "gate-sign repo show --repo status --believed believed --ledger ledger-a.json";
    let told = typed(folder.path(), show);
    assert!(told.contains(", red-at-once: 3 people would turn red at once"), "{told}");
    // By a timer there is nothing to sign most times, and that is no alarm.
    let told = typed(folder.path(), &format!("rm status/draft/targets.json; {sign}"));
    assert!(told.contains("no draft waits for this key"), "{told}");
}

/// Every file that a manual names is there.
#[test]
fn the_manuals_links_lead_somewhere() {
    let manuals = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/manual");
    for entry in fs::read_dir(&manuals).unwrap() {
        let path = entry.unwrap().path();
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for link in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
            let file = link.split('#').next().unwrap();
            let there = file.is_empty() || file.starts_with("http") || manuals.join(file).exists();
            assert!(there, "{}: {link}", path.display());
        }
    }
}
