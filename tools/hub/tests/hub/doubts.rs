//! Two rows of one place: named, settled by a person at the shell, and acknowledged from there on.

use crate::chain::Chain;
use crate::rig::{Hub, Terminal, hex, hub as run};

fn at_the_desk(hub: &Hub, words: &[&str]) -> (bool, String) {
    let data = hub.folder.to_str().unwrap();
    let said = run(&[&[words[0], "--data", data], &words[1..]].concat());
    (said.status.success(), String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned())
}

#[test]
fn a_doubt_is_settled_once_and_the_acknowledgement_moves() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let (mut terminal, chain) = (Terminal::enrolled(&hub), Chain::begun(9));
    terminal.put(&chain, 1, 4);
    terminal.put(&chain.forked(5, 2), 4, 6);
    terminal.send(&hub);
    terminal.put(&chain, 5, 9);
    terminal.send(&hub);
    let other = chain.forked(5, 2);
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
    assert_eq!(hub.count("SELECT count(*) FROM batch"), 3, "nothing is deleted");
}
