//! What an administrator changes on the page: with a reason and a new code each time, written down, and by nobody else.

use crate::pages::{ask, code, form, log_in, log_in_with, next_code, person_as};
use crate::rig::{Hub, Terminal, hex};

/// An administrator's cookie, and the secret of their codes.
fn administrator(hub: &Hub) -> (String, [u8; 20]) {
    let (passphrase, secret) = person_as(hub, "administrator");
    (log_in_with(hub, &form(&passphrase, &code(&secret))), secret)
}

fn audited(hub: &Hub, what: &str) -> u64 {
    hub.count(format!("SELECT count(*) FROM audit WHERE who = 'tester' AND what = '{what}'").leak())
}

#[test]
fn a_terminal_is_revoked_with_a_reason_and_a_new_code_and_sends_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let mut gate = Terminal::enrolled(&hub);
    let (cookie, secret) = administrator(&hub);
    let used = code(&secret);
    let plan = ask(&hub, "GET", "/terminal/revoke?number=7", (&cookie, ""));
    assert!(plan.contains("Its keys never come back") && plan.contains("One-time code"), "{plan}");
    let said = |because: &str, code: &str| format!("number=7&because={because}&code={code}");
    let post = |body: &str| ask(&hub, "POST", "/terminal/revoke", (&cookie, body));
    for (body, status, words) in [
        (said("opened", "000000"), "403", "value=\"opened\""),
        (said("opened", &used), "403", "was used"),
        (said("", &next_code(&secret)), "422", "A reason has 1 to 200 letters"),
    ] {
        let answer = post(&body);
        assert!(answer[9..].starts_with(status) && answer.contains(words), "{body}: {answer}");
    }
    assert!(gate.send(&hub).faults.is_empty(), "nothing was changed");
    let done = post(&said("opened", &next_code(&secret)));
    assert!(done.starts_with("HTTP/1.1 303") && done.contains("location: /terminal?number=7"), "{done}");
    assert_eq!(audited(&hub, "terminal 7 revoked: opened"), 1);
    let (told, log) = (gate.send(&hub), ask(&hub, "GET", "/audit", (&cookie, "")));
    assert!(told.faults.iter().any(|(_, fault)| fault.to_string().contains("403")), "{:?}", told.faults);
    assert!(log.contains("吊销终端 7，理由：opened") && log.contains("a wrong one-time code"), "{log}");
    assert!(ask(&hub, "GET", "/terminal/revoke?number=7", (&cookie, "")).starts_with("HTTP/1.1 404"));
    assert!(ask(&hub, "GET", "/terminal?number=7", (&cookie, "")).contains("已吊销 revoked"));
}

#[test]
fn a_viewer_and_a_stranger_change_nothing_and_read_no_log() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let mut gate = Terminal::enrolled(&hub);
    let viewer = log_in(&hub);
    let page = ask(&hub, "GET", "/terminal?number=7", (&viewer, ""));
    assert!(
        page.contains("已登记 enrolled") && !page.contains("/terminal/") && !page.contains("/invite"),
        "{page}"
    );
    let keys = format!("terminal=7&device={}&record={}", "08".repeat(32), "09".repeat(32));
    for (path, body) in [
        ("/terminal/revoke", "number=7&because=x&code=000000"),
        ("/terminal/lines", "number=7&because=x&code=000000"),
        ("/terminal/strike", "number=7&day=20000&because=x&code=000000"),
        ("/enrol", &format!("{keys}&because=x&code=000000")),
    ] {
        for cookie in [viewer.as_str(), ""] {
            let query = format!("{path}?{body}");
            assert!(ask(&hub, "GET", &query, (cookie, "")).starts_with("HTTP/1.1 403"), "{path}");
            assert!(ask(&hub, "POST", path, (cookie, body)).starts_with("HTTP/1.1 403"), "{path}");
        }
    }
    for (path, cookie) in [("/audit", viewer.as_str()), ("/audit", ""), ("/terminal?number=7", "")] {
        assert!(ask(&hub, "GET", path, (cookie, "")).starts_with("HTTP/1.1 403"), "{path}");
    }
    assert!(gate.send(&hub).faults.is_empty());
}

#[test]
fn the_keys_of_its_lines_end_alone_and_a_new_code_lets_the_terminal_in_again() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let mut gate = Terminal::enrolled(&hub);
    let (cookie, secret) = administrator(&hub);
    let body = format!("number=7&because=carrier&code={}", next_code(&secret));
    assert!(ask(&hub, "POST", "/terminal/lines", (&cookie, &body)).starts_with("HTTP/1.1 303"));
    assert_eq!(audited(&hub, "lines of terminal 7 revoked: carrier"), 1);
    let told = gate.send(&hub);
    assert!(told.faults.iter().any(|(_, fault)| fault.to_string().contains("401")), "{:?}", told.faults);
    let page = ask(&hub, "GET", "/terminal?number=7", (&cookie, ""));
    assert!(page.contains("已登记 enrolled") && page.contains("none: by stick"), "{page}");
    assert!(ask(&hub, "GET", "/terminal/lines?number=7", (&cookie, "")).starts_with("HTTP/1.1 404"));
}

#[test]
fn a_code_that_was_shown_for_a_number_that_nobody_has_is_ended_on_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let (cookie, secret) = administrator(&hub);
    assert!(ask(&hub, "GET", "/terminal/revoke?number=9", (&cookie, "")).starts_with("HTTP/1.1 404"));
    let shown = ask(&hub, "POST", "/invite", (&cookie, "terminal=9"));
    assert!(shown.contains("/terminal/revoke?number=9"), "{shown}");
    let plan = ask(&hub, "GET", "/terminal/revoke?number=9", (&cookie, ""));
    assert!(plan.contains("Codes that are open end: 1.") && !plan.contains("never come back"), "{plan}");
    let body = format!("number=9&because=lost&code={}", next_code(&secret));
    let done = ask(&hub, "POST", "/terminal/revoke", (&cookie, &body));
    assert!(done.starts_with("HTTP/1.1 303") && done.contains("location: /\r\n"), "{done}");
    assert_eq!(
        (audited(&hub, "codes of terminal 9 withdrawn: lost"), hub.count("SELECT count(*) FROM invitation")),
        (1, 0)
    );
}

#[test]
fn keys_are_enrolled_by_hand_after_their_check_number_was_shown_and_revoked_ones_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let _gate = Terminal::enrolled(&hub);
    let (cookie, secret) = administrator(&hub);
    let record = hex(gate_proof::ed25519::SigningKey::from_seed(&[12; 32]).public_key().as_bytes());
    let keys = format!("terminal=12&device={}&record={record}", "0c".repeat(32));
    for (wrong, words) in [
        (keys.replace("=12&", "=131072&"), "0 to 131071"),
        (keys.replace("0c0c", "zz"), "64 small hexadecimal digits"),
        (keys.replace(&record, &"00".repeat(32)), "The record key is no key"),
    ] {
        let page = ask(&hub, "GET", &format!("/enrol?{wrong}"), (&cookie, ""));
        assert!(page.starts_with("HTTP/1.1 422") && page.contains(words), "{wrong}: {page}");
        let said = format!("{wrong}&because=x&code=000000");
        assert!(ask(&hub, "POST", "/enrol", (&cookie, &said)).starts_with("HTTP/1.1 422"), "{wrong}");
    }
    let plan = ask(&hub, "GET", &format!("/enrol?{keys}"), (&cookie, ""));
    let body = format!("{keys}&because=truck&code={}", next_code(&secret));
    assert!(ask(&hub, "POST", "/enrol", (&cookie, &body)).starts_with("HTTP/1.1 303"));
    assert_eq!(audited(&hub, "terminal 12 enrolled: truck"), 1);
    // What was shown before is what the terminal's page shows now.
    let page = ask(&hub, "GET", "/terminal?number=12", (&cookie, ""));
    let check =
        page.split("<dt>核对号 Check number</dt><dd><code>").nth(1).unwrap().split('<').next().unwrap();
    assert!(plan.contains(check), "{check}: {plan}");
    // Its keys are revoked, and come back under no number.
    let (cookie, secret) = administrator(&hub);
    let body = format!("number=12&because=opened&code={}", next_code(&secret));
    assert!(ask(&hub, "POST", "/terminal/revoke", (&cookie, &body)).starts_with("HTTP/1.1 303"));
    let (cookie, secret) = administrator(&hub);
    let body = format!("{}&because=again&code={}", keys.replace("=12&", "=13&"), next_code(&secret));
    let told = ask(&hub, "POST", "/enrol", (&cookie, &body));
    assert!(told.starts_with("HTTP/1.1 409") && told.contains("must make new ones"), "{told}");
    assert_eq!(hub.count("SELECT count(*) FROM terminal WHERE number = 13"), 0);
}
