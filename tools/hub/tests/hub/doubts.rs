//! Two rows of one place: named, settled by a person at the shell or on the page, acknowledged from there on; and the word taken back.

use crate::chain::Chain;
use crate::pages::{ask, code, form, log_in, log_in_with, next_code, person_as};
use crate::rig::{Hub, Terminal, hex, hub as run};

fn at_the_desk(hub: &Hub, words: &[&str]) -> (bool, String) {
    let data = hub.folder.to_str().unwrap();
    let said = run(&[&[words[0], "--data", data], &words[1..]].concat());
    (said.status.success(), String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned())
}

/// Terminal 7, its rows, and those of a rival that came first: row 5 is in doubt.
fn in_doubt(hub: &Hub) -> (Terminal, Chain, Chain) {
    let (mut terminal, chain) = (Terminal::enrolled(hub), Chain::begun(9));
    let other = chain.forked(5, 2);
    terminal.put(&chain, 1, 4);
    terminal.put(&other, 4, 6);
    terminal.send(hub);
    terminal.put(&chain, 5, 9);
    terminal.send(hub);
    (terminal, chain, other)
}

#[test]
fn a_doubt_is_settled_once_and_the_acknowledgement_moves() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let (mut terminal, chain, other) = in_doubt(&hub);
    assert_eq!(terminal.acknowledged(&hub, &other).map(|said| said.0), Some(6), "its rival came first");
    let (true_one, rival) = (hex(&chain.hash(5).0), hex(&other.hash(5).0));
    let (done, listed) = at_the_desk(&hub, &["doubts"]);
    assert!(
        done && listed.contains("row 5\n") && listed.contains(&true_one) && listed.contains(&rival),
        "{listed}"
    );
    let journal = hex(&chain.journal().0);
    let settle = |hash: &str| {
        let row = ["--terminal", "7", "--journal", &journal, "--row", "5", "--hash", hash];
        let why = ["--because", "闸机的日志已当场读出", "--by", "测试员"];
        at_the_desk(&hub, &[&["settle-doubt"][..], &row, &why].concat())
    };
    let (done, said) = settle(&"00".repeat(32));
    assert!(!done && said.contains("no row of this hash was brought"), "{said}");
    assert_eq!(settle(&true_one), (true, "settled: 1 batches rejected; acknowledged to row 9\n".into()));
    let (done, said) = settle(&rival);
    assert!(!done && said.contains("settled before"), "{said}");
    let (_, listed) = at_the_desk(&hub, &["doubts"]);
    assert!(listed.contains("row 5 settled") && listed.contains(&format!("{rival} rejected")), "{listed}");
    terminal.send(&hub);
    assert_eq!(terminal.acknowledged(&hub, &chain).map(|said| said.0), Some(9));
    let because = ["--because", "认错了", "--by", "测试员"];
    let back = ["reopen-doubt", "--terminal", "7", "--journal", &journal, "--row", "5"];
    let (done, said) = at_the_desk(&hub, &[&back[..], &because].concat());
    assert!(done && said.contains("the first row in doubt is 5"), "{said}");
    let (_, listed) = at_the_desk(&hub, &["doubts"]);
    assert!(
        listed.contains("row 5 taken back") && listed.contains("taken back by 测试员: 认错了"),
        "{listed}"
    );
    let (done, said) = at_the_desk(&hub, &[&back[..], &because].concat());
    assert!(!done && said.contains("row 5 of this journal is not settled"), "{said}");
    assert_eq!(hub.count("SELECT count(*) FROM batch"), 3, "nothing is deleted");
}

#[test]
fn an_administrator_settles_a_doubt_on_the_page_with_a_new_code_each_time_and_takes_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let (mut terminal, chain, other) = in_doubt(&hub);
    let (true_one, journal) = (hex(&chain.hash(5).0), hex(&chain.journal().0));
    let place = format!("terminal=7&journal={journal}&row=5");
    let said = |because: &str, code: &str| format!("{place}&hash={true_one}&because={because}&code={code}");
    let settle = format!("/doubts/settle?{place}&hash={true_one}");
    let viewer = log_in(&hub);
    let page = ask(&hub, "GET", "/doubts", (&viewer, ""));
    let shown =
        |hash: &str| hash.as_bytes().chunks(8).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ");
    for words in [&shown(&true_one), &shown(&hex(&other.hash(5).0)), "row 5</h2>"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("/doubts/settle"), "a viewer looks: {page}");
    for (method, path, cookie) in [
        ("GET", settle.as_str(), &viewer),
        ("POST", "/doubts/settle", &viewer),
        ("GET", "/doubts", &String::new()),
    ] {
        assert!(
            ask(&hub, method, path, (cookie, &said("x", "000000"))).starts_with("HTTP/1.1 403"),
            "{path}"
        );
    }
    let (passphrase, secret) = person_as(&hub, "administrator");
    let used = code(&secret);
    let cookie = log_in_with(&hub, &form(&passphrase, &used));
    let post = |body: &str| ask(&hub, "POST", "/doubts/settle", (&cookie, body));
    let page = ask(&hub, "GET", &settle, (&cookie, ""));
    assert!(page.contains("★") && page.contains("kept, and counts no more"), "{page}");
    // Without a code of one's own, one that was used, without a reason: nothing, and what was written stays.
    for (body, status, words) in [
        (said("checked", "000000"), "403", "value=\"checked\""),
        (said("checked", &used), "403", "was used"),
        (said("%0A", &next_code(&secret)), "422", "A reason has 1 to 200 letters"),
    ] {
        let answer = post(&body);
        assert!(answer[9..].starts_with(status) && answer.contains(words), "{body}: {answer}");
    }
    assert_eq!(hub.count("SELECT count(*) FROM settled"), 0);
    assert!(post(&said("checked", &next_code(&secret))).starts_with("HTTP/1.1 303"));
    let audited = "SELECT count(*) FROM audit WHERE who = 'tester' AND what LIKE 'terminal 7: row 5 of journal %: checked'";
    assert_eq!(hub.count(audited), 1);
    terminal.send(&hub);
    assert_eq!(terminal.acknowledged(&hub, &chain).map(|said| said.0), Some(9));
    assert!(
        ask(&hub, "GET", &settle, (&cookie, "")).starts_with("HTTP/1.1 404"),
        "it has a word that stands"
    );
    // With secrets of another day.
    let (passphrase, secret) = person_as(&hub, "administrator");
    let cookie = log_in_with(&hub, &form(&passphrase, &code(&secret)));
    let page = ask(&hub, "GET", &format!("/doubts/reopen?{place}"), (&cookie, ""));
    assert!(page.contains("in doubt again") && page.contains("★"), "{page}");
    let body = format!("{place}&because=wrong&code={}", next_code(&secret));
    assert!(ask(&hub, "POST", "/doubts/reopen", (&cookie, &body)).starts_with("HTTP/1.1 303"));
    let page = ask(&hub, "GET", "/doubts", (&cookie, ""));
    assert!(page.contains("checked") && page.contains("wrong") && page.contains("/doubts/settle"), "{page}");
    let kept =
        ["SELECT count(*) FROM batch", "SELECT count(*) FROM reopened", "SELECT count(*) FROM settled"];
    assert_eq!(kept.map(|sql| hub.count(sql)), [3, 1, 0], "nothing is deleted");
}
