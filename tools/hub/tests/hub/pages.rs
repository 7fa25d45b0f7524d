//! The fleet's page: who gets in, and what makes an age younger.

use std::io::{Read, Write};
use std::net::TcpStream;
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

/// A browser without a memory: one request, the whole answer.
fn ask(hub: &Hub, method: &str, path: &str, (cookie, body): (&str, &str)) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(hub.folder.join("tls/authority.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let address = hub.address.strip_prefix("https://").unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address).unwrap());
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncookie: {cookie}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A server that ends without saying so in TLS is not what is tried here.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

/// Passphrase and secret of a person, as they are shown once.
fn person(hub: &Hub) -> (String, [u8; 20]) {
    let shown = run(&["person", "--data", hub.folder.to_str().unwrap(), "--name", "tester"]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    let line = |name: &str| shown.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    let secret = Secret::try_from_base32(line("one-time codes")).unwrap();
    (line("passphrase"), secret.as_bytes().try_into().unwrap())
}

fn form(passphrase: &str, code: &str) -> String {
    format!("name=tester&passphrase={passphrase}&code={code}")
}

fn code(secret: &[u8; 20]) -> String {
    one_time(secret).unwrap().generate(now().unix()).to_string()
}

fn log_in(hub: &Hub) -> String {
    let (passphrase, secret) = person(hub);
    let answer = ask(hub, "POST", "/login", ("", &form(&passphrase, &code(&secret))));
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
fn tries_without_end_are_slowed_down() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    let tries = (0..30).map(|_| ask(&hub, "POST", "/login", ("", &form("wrong", "000000"))));
    assert!(tries.into_iter().any(|answer| answer.starts_with("HTTP/1.1 429")));
}

fn account(revision: u64, at: Timestamp, list: Timestamp) -> Account {
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
        ["5 天 d 0 时 h", "status-list: 9 天 d 0 时 h", "陈旧 stale", "F02", "gate 0.1", "<td>42</td>"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    // An older account, found on a stick, changes nothing; a newer one does.
    put(&account(1, before(1), before(1)));
    gate.send(&hub);
    assert!(ask(&hub, "GET", "/", (&cookie, "")).contains("5 天 d 0 时 h"));
    put(&account(3, before(0), before(0)));
    gate.send(&hub);
    assert!(ask(&hub, "GET", "/", (&cookie, "")).contains("新 fresh"));
    let out = ask(&hub, "POST", "/logout", (&cookie, ""));
    assert!(out.contains("Max-Age=0"));
    assert!(!ask(&hub, "GET", "/", (&cookie, "")).contains("Fleet"));
}
