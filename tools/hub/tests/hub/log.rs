//! The audit log and the alarms, as people read them.

use crate::chain::Chain;
use crate::pages::{ask, log_in};
use crate::rig::{Hub, Terminal, hub as run};

fn said(hub: &Hub, words: &[&str]) -> String {
    let said = run(&[words, &["--data", hub.folder.to_str().unwrap()]].concat());
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).unwrap()
}

#[test]
fn an_auditor_reads_who_did_what_in_both_languages_by_day_and_by_person() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    Terminal::enrolled(&hub);
    hub.revoke(7);
    let all = said(&hub, &["audit"]);
    let words: Vec<&str> = all.lines().map(|line| line.split_once(' ').unwrap().1).collect();
    assert_eq!(
        words,
        [
            "测试员: 出示终端 7 的登记码 · terminal 7 invited",
            "enrolment: 登记终端 7 · terminal 7 enrolled",
            "测试员: 吊销终端 7 · terminal 7 revoked"
        ]
    );
    assert!(all.lines().all(|line| line.split_once(' ').unwrap().0.ends_with("+08:00")), "{all}");
    assert_eq!(said(&hub, &["audit", "--who", "enrolment"]).lines().count(), 1);
    assert_eq!(said(&hub, &["audit", "--since", "2026-01-01"]), all);
    assert_eq!(said(&hub, &["audit", "--until", "2026-01-01T00:00:00+08:00"]), "");
    let data = folder.path().to_str().unwrap();
    let refused = run(&["audit", "--data", data, "--since", "yesterday"]);
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(refused.status.code() == Some(2) && told.contains("`yesterday`"), "{told}");
}

#[test]
fn alarms_are_counted_and_told_to_who_is_logged_in_and_to_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let viewer = log_in(&hub);
    let counted = |number: &str| format!("<a id=\"alarms\" href=\"/alarms\"><b>{number}</b>");
    assert!(ask(&hub, "GET", "/", (&viewer, "")).contains(&counted("0")));
    assert!(ask(&hub, "GET", "/alarms", (&viewer, "")).contains("没有告警"));
    let (mut terminal, chain) = (Terminal::enrolled(&hub), Chain::begun(9));
    terminal.put(&chain, 1, 9);
    terminal.put(&chain.forked(5, 4), 1, 8);
    terminal.send(&hub);
    assert!(ask(&hub, "GET", "/", (&viewer, "")).contains(&counted("<span aria-hidden=\"true\">△</span> 1")));
    let page = ask(&hub, "GET", "/alarms", (&viewer, ""));
    for words in [
        "<th scope=\"row\"><a href=\"/terminal?number=7\">7</a></th>",
        "第 5 条：有两条不同的记录",
        "row 5: two that differ",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("/doubts/settle") && !page.contains("<input"), "who may settle is as it was");
    for stranger in ["", "__Host-gate-hub=0"] {
        let refused = ask(&hub, "GET", "/alarms", (stranger, ""));
        assert!(refused.starts_with("HTTP/1.1 403") && !refused.contains("two that differ"), "{refused}");
    }
    let told = said(&hub, &["alarms"]);
    assert!(told.lines().count() == 1 && told.contains(" 终端 terminal 7: 第 5 条："), "{told}");
    assert_eq!(said(&hub, &["alarms", "--terminal", "8"]), "");
    assert_eq!(said(&hub, &["alarms", "--until", "2026-01-01"]), "");
}
