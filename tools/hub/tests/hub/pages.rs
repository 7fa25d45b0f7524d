//! The fleet's page: who gets in, and what makes an age younger.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use gate_core::manifest::Dataset;
use gate_core::query::Sequence;
use gate_core::records::account::{Account, Held};
use gate_core::records::names::account_name;
use gate_core::screen::{Fault, Faults, Wellness};
use gate_core::time::ClockTrust;
use gate_hub::now;
use gate_hub::pages::one_time;
use gate_wire::time::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use totp_rs::Secret;

use crate::chain::{Chain, key, terminal};
use crate::rig::{Hub, Terminal, hub as run};

/// TLS to a hub whose folder this is.
pub(crate) fn client(folder: &Path, stream: TcpStream) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(folder.join("tls/authority.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), stream)
}

/// A browser without a memory: one request, the whole answer.
pub(crate) fn ask(hub: &Hub, method: &str, path: &str, (cookie, body): (&str, &str)) -> String {
    let address = hub.address.strip_prefix("https://").unwrap();
    let mut stream = client(&hub.folder, TcpStream::connect(address).unwrap());
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncookie: {cookie}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A server that ends without saying so in TLS is not what is tried here.
    let _ = stream.read_to_end(&mut answer);
    unmarked(&String::from_utf8(answer).unwrap())
}

/// Without the marks of what is English: they are looked at elsewhere.
fn unmarked(page: &str) -> String {
    let mut parts = page.split("<span lang=\"en\">");
    let before = parts.next().unwrap().to_owned();
    parts.fold(before, |told, part| told + &part.replacen("</span>", "", 1))
}

/// Passphrase and secret of a person, as they are shown once.
fn person(hub: &Hub) -> (String, [u8; 20]) {
    person_as(hub, "viewer")
}

pub(crate) fn person_as(hub: &Hub, role: &str) -> (String, [u8; 20]) {
    let data = hub.folder.to_str().unwrap();
    let shown = run(&["person", "--data", data, "--name", "tester", "--role", role, "--by", "测试员"]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    let line = |name: &str| shown.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    let secret = Secret::try_from_base32(line("one-time codes")).unwrap();
    (line("passphrase"), secret.as_bytes().try_into().unwrap())
}

pub(crate) fn form(passphrase: &str, code: &str) -> String {
    format!("name=tester&passphrase={passphrase}&code={code}")
}

pub(crate) fn code(secret: &[u8; 20]) -> String {
    one_time(secret).unwrap().generate(now().unix()).to_string()
}

/// The one after it, which a clock that is a little slow takes already.
pub(crate) fn next_code(secret: &[u8; 20]) -> String {
    one_time(secret).unwrap().generate(now().unix() + 30).to_string()
}

pub(crate) fn log_in(hub: &Hub) -> String {
    log_in_as(hub, "viewer")
}

fn log_in_as(hub: &Hub, role: &str) -> String {
    let (passphrase, secret) = person_as(hub, role);
    log_in_with(hub, &form(&passphrase, &code(&secret)))
}

pub(crate) fn log_in_with(hub: &Hub, form: &str) -> String {
    let answer = ask(hub, "POST", "/login", ("", form));
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    assert!(cookie.contains("; Secure; HttpOnly; SameSite=Strict"), "{cookie}");
    cookie.split(';').next().unwrap().to_owned()
}

#[test]
fn without_both_secrets_there_is_only_the_login_and_a_code_serves_once() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let login = ask(&hub, "GET", "/", ("", ""));
    assert!(login.starts_with("HTTP/1.1 200") && login.contains("登录 Log in") && !login.contains("Fleet"));
    assert!(login.contains("content-security-policy: default-src 'none'"), "{login}");
    let (passphrase, secret) = person(&hub);
    let good = form(&passphrase, &code(&secret));
    for wrong in [form("", &code(&secret)), form(&passphrase, "000000"), good.replace("tester", "other")] {
        // One in a million for the code that is none.
        assert!(ask(&hub, "POST", "/login", ("", &wrong)).starts_with("HTTP/1.1 403"), "{wrong}");
    }
    assert!(ask(&hub, "POST", "/login", ("", &good)).starts_with("HTTP/1.1 303"));
    assert!(ask(&hub, "POST", "/login", ("", &good)).starts_with("HTTP/1.1 403"), "the code was used");
    let forged = format!("__Host-gate-hub={}", "0".repeat(64));
    assert!(!ask(&hub, "GET", "/", (&forged, "")).contains("Fleet"));
    assert_eq!(hub.count("SELECT count(*) FROM audit WHERE who = 'tester' AND what = 'logged in'"), 1);
}

#[test]
fn wrong_codes_without_end_are_slowed_down_and_who_has_no_passphrase_slows_nobody_down() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let (passphrase, secret) = person(&hub);
    let status = |form: &str| ask(&hub, "POST", "/login", ("", form))[9..12].to_owned();
    // Nobody's tries count: neither of this name, nor of invented ones.
    for one in 0..200 {
        let wrong =
            if one % 10 == 0 { form("wrong", "000000") } else { format!("name=n{one}&passphrase=x&code=1") };
        assert_eq!(status(&wrong), "403");
    }
    assert_eq!(status(&form(&passphrase, &code(&secret))), "303");
    // Who has the passphrase gets a few codes, and then waits, whatever else is tried.
    let tries: Vec<String> = (0..12).map(|_| status(&form(&passphrase, "000000"))).collect();
    assert!(tries[..5].iter().all(|status| status == "403") && tries.contains(&"429".into()), "{tries:?}");
    let audited =
        |what: &str| hub.count(format!("SELECT count(*) FROM audit WHERE what LIKE '{what}'").leak());
    assert!(audited("a wrong one-time code") >= 5);
    assert!((1..9).contains(&audited("% logins refused: no such name and passphrase")), "together, not each");
}

#[test]
fn who_was_taken_away_or_has_new_secrets_is_logged_out_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let data = folder.path().to_str().unwrap();
    let is_in = |cookie: &str| ask(&hub, "GET", "/", (cookie, "")).contains("Fleet");
    let first = log_in(&hub);
    assert!(is_in(&first));
    let second = log_in(&hub);
    assert!(is_in(&second) && !is_in(&first), "secrets were made anew in between");
    assert!(
        run(&["person", "--data", data, "--name", "tester", "--remove", "--by", "测试员"]).status.success()
    );
    assert!(!is_in(&second));
    assert!(
        !run(&["person", "--data", data, "--name", "tester", "--remove", "--by", "测试员"]).status.success()
    );
    assert_eq!(
        hub.count("SELECT count(*) FROM audit WHERE who = '测试员' AND what = 'tester was taken away'"),
        1
    );
}

#[test]
fn an_administrator_invites_a_terminal_and_a_viewer_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let invite = |cookie: &str, terminal: &str| {
        ask(&hub, "POST", "/invite", (cookie, &format!("terminal={terminal}")))
    };
    assert!(invite("", "7").starts_with("HTTP/1.1 403"));
    let viewer = log_in(&hub);
    assert!(!ask(&hub, "GET", "/", (&viewer, "")).contains("/enrol"));
    assert!(ask(&hub, "GET", "/enrol", (&viewer, "")).starts_with("HTTP/1.1 403"));
    assert!(invite(&viewer, "7").starts_with("HTTP/1.1 403"));
    let administrator = log_in_as(&hub, "administrator");
    assert!(ask(&hub, "GET", "/", (&administrator, "")).contains("/enrol"));
    assert!(ask(&hub, "GET", "/enrol", (&administrator, "")).contains("/invite"));
    assert!(invite(&administrator, "131072").starts_with("HTTP/1.1 422"));
    assert_eq!(hub.count("SELECT count(*) FROM invitation"), 0);
    let page = invite(&administrator, "7");
    let code = page.split("class=\"words\">").nth(1).unwrap().split('<').next().unwrap();
    assert!(page.contains("<svg") && page.contains("cache-control: no-store"), "{page}");
    Terminal::new(7).enrol_with(&hub, code, &key()).unwrap();
    assert_eq!(
        hub.count("SELECT count(*) FROM audit WHERE who = 'tester' AND what = 'terminal 7 invited'"),
        1
    );
}

pub(crate) fn account(revision: u64, at: Timestamp, list: Timestamp) -> Account {
    let mut faults = Faults::default();
    faults.set(Fault::Reader, Wellness::Unwell);
    let held = [Held { dataset: Dataset::StatusList, version: 3, as_of: list }];
    Account {
        terminal: terminal(),
        revision,
        at,
        clock: ClockTrust::Confirmed,
        journal: Chain::begun(1).journal(),
        first: Sequence(1),
        next: Sequence(43),
        acknowledged: Sequence(0),
        waiting: 0,
        faults,
        software: "gate 0.1".try_into().unwrap(),
        held: held.into_iter().collect(),
        counts: Default::default(),
    }
}

#[test]
fn an_age_is_what_was_signed_and_no_number_of_tries_makes_it_younger() {
    const DAY_S: u64 = 86_400;
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let cookie = log_in(&hub);
    let mut gate = Terminal::enrolled(&hub);
    assert!(ask(&hub, "GET", "/", (&cookie, "")).contains("从未报告 never reported"));
    let before = |days: u64| Timestamp::from_unix(now().unix() - days * DAY_S - 60).unwrap();
    let path = gate.spool.path().join("out").join(account_name(terminal()).as_str());
    let put = |account: &Account| std::fs::write(&path, account.sign(&key()).unwrap()).unwrap();
    put(&account(2, before(5), before(9)));
    for _ in 0..3 {
        // A carrier that starts again and again sends the same account.
        gate.sender = gate_sync::Sender::default();
        assert!(gate.send(&hub).faults.is_empty());
    }
    let page = ask(&hub, "GET", "/", (&cookie, ""));
    for words in
        ["5 天 d 0 时 h", "silent for a day", "status-list: 9 天 d 0 时 h", "F02", "gate 0.1", ">42</td>"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    // An older account, found on a stick, changes nothing; a newer one does.
    put(&account(1, before(1), before(1)));
    gate.send(&hub);
    assert!(ask(&hub, "GET", "/", (&cookie, "")).contains("5 天 d 0 时 h"));
    put(&account(3, before(0), before(0)));
    gate.send(&hub);
    assert!(ask(&hub, "GET", "/", (&cookie, "")).contains("status-list: 1 分 min"));
    let out = ask(&hub, "POST", "/logout", (&cookie, ""));
    assert!(out.contains("Max-Age=0"));
    assert!(!ask(&hub, "GET", "/", (&cookie, "")).contains("Fleet"));
}
