//! Keys of which nothing is valid any more leave the key set: told, asked, logged.

use crate::office::{Office, publish, told};

/// Sixty days after the office's own time: a test certificate lives thirty.
const LATER: &str = "2027-01-19T08:00:00+08:00";

#[test]
fn a_key_whose_last_code_expired_leaves_with_a_publication_that_says_so_and_the_log_has_a_line() {
    let office = Office::new();
    office.good(&publish("out", &["--no-list", "--yes"]));
    office.good(&["keyset", "retire", "--kid", "lab1"]);
    office.good(&publish("out", &["--no-list", "--yes"]));
    assert!(office.read("out/key-set.2.json").contains("6c616231"), "its codes are good still");
    let later = publish("out", &["--no-list"]);
    let asked = office.run_when(LATER, &later);
    assert!(!asked.status.success() && told(&asked).contains("移出；其签发的码都已过期"), "{asked:?}");
    assert!(!office.read("desk/province.json").contains("\"past\""), "nobody said yes");
    let made = office.run_when(LATER, &[&later[..], &["--yes"]].concat());
    assert!(made.status.success(), "{made:?}");
    assert!(!office.read("out/key-set.3.json").contains("6c616231"));
    let log = office.read("desk/desk-log.jsonl");
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("key-set-change")).collect();
    assert!(lines.iter().any(|line| line.contains("issuer-6c616231")), "{lines:?}");
    // Its id is never another key's.
    let again = ["keyset", "add", "--kid", "lab1", "--region", "510000", "--holder", "hub", "--make"];
    let refused = office.run_when(LATER, &again);
    assert!(
        !refused.status.success() && told(&refused).contains("an id is never given twice"),
        "{refused:?}"
    );
}
