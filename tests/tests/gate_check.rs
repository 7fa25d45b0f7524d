//! `gate check` as its users run it: foreign credentials, bad inputs, typed numbers and their badge.
#![expect(clippy::unwrap_used, reason = "test helpers: what goes wrong here must fail the test")]

use std::path::PathBuf;

use clap::Parser;
use coset::{CborSerializable, CoseSign1Builder, HeaderBuilder, TaggedCborSerializable, iana};
use gate_core::query::TerminalNumber;
use gate_proof::ed25519::SigningKey;
use gate_signing::demo::DemoProvince;
use gate_signing::demo_issuers::DemoIssuer;
use gate_signing::inputs::Inputs;
use gate_signing::issue::{Claim, IssueRequest};
use gate_signing::key_name::KeyName;
use gate_signing::publish::{Device, Publication};
use gate_sim::people::{Person, VALID};
use gate_sim::stage::{beginning, province};
use gate_terminal::check::{CheckArgs, CheckOutcome, run};
use gate_wire::credential::{Colour, Condition, Credential, CredentialId, Role, Statement};
use gate_wire::name::MaskedName;
use serde_json::Value;

const NOW: &str = "2026-11-20T20:15:00+08:00";

/// A terminal's data directory without a list, and the desk it came from.
struct Desk {
    directory: tempfile::TempDir,
    province: DemoProvince,
    person: Person,
}

impl Desk {
    fn new() -> Desk {
        Desk::with(|_, _| ())
    }

    fn with(prepare: impl FnOnce(&mut DemoProvince, &Person)) -> Desk {
        let (directory, person) = (tempfile::tempdir().unwrap(), Person::new(7).unwrap());
        let mut province = province().unwrap();
        prepare(&mut province, &person);
        let publication = Publication {
            now: beginning().minus(3_600),
            terminal: TerminalNumber::new(42).unwrap(),
            device: Device::MadeHere,
            inputs: &Inputs::demo(),
            status: None,
            deltas: &[],
            without: &[],
        };
        province.publish(&directory.path().join("data"), &publication).unwrap();
        Desk { directory, province, person }
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn check(&self, arguments: &[&str]) -> Checked {
        let data = self.data();
        let fixed = ["check", "--json", "--now", NOW, "--data", data.to_str().unwrap()];
        let cli = Cli::parse_from(fixed.iter().chain(arguments));
        let mut out = Vec::new();
        let outcome = run(&cli.check, &mut out).unwrap();
        Checked { outcome, text: String::from_utf8(out).unwrap() }
    }

    fn badge(&mut self, role: Role) -> String {
        let request = IssueRequest {
            document: &self.person.document,
            full_name: self.person.name,
            claim: Claim::Badge(role),
            issued: beginning().minus(60),
            life_s: 86_400,
        };
        self.province.issue(DemoIssuer::StaffOffice, &request).unwrap().text
    }

    /// The same data directory, of a province that is no demo.
    fn become_real(&self) {
        let path = self.data().join("manifest.json");
        let manifest = std::fs::read_to_string(&path).unwrap();
        assert!(manifest.contains("\"demo\":true"));
        std::fs::write(&path, manifest.replace("\"demo\":true", "\"demo\":false")).unwrap();
    }

    fn terminal_config(&self) -> PathBuf {
        let path = self.directory.path().join("gate.toml");
        let root = self.directory.path().display();
        let text =
            gate_terminal::config::SAMPLE.replace("/var/lib/tianfu-gate/believed", &format!("{root}/data"));
        std::fs::write(&path, text.replace("/var/lib/tianfu-gate", &root.to_string())).unwrap();
        path
    }
}

/// What `gate check` said.
#[derive(Debug)]
struct Checked {
    outcome: CheckOutcome,
    text: String,
}

impl Checked {
    fn lines(&self) -> Vec<Value> {
        self.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn reason(&self) -> Value {
        self.lines()[0]["reason"].clone()
    }

    fn error(&self) -> String {
        self.lines()[0]["error"].as_str().unwrap_or_default().to_owned()
    }
}

/// The options as the program `gate` takes them.
#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    check: CheckArgs,
}

#[test]
fn a_credential_made_by_somebody_elses_cose_library_is_accepted() {
    let desk = Desk::new();
    let kid = DemoIssuer::Province.kid();
    let id = CredentialId(*b"foreign1");
    let subject = desk.province.subject(&desk.person.document).unwrap();
    let claims = Credential {
        id,
        issued: beginning().minus(60),
        expires: beginning().plus(840),
        subject: desk.province.blinded(&subject, kid, id),
        statement: Statement::Screen(Condition::Colour(Colour::Green)),
        name: MaskedName::from_full("测试甲"),
    };
    let seed = desk.province.key_seed(KeyName::Issuer(kid)).unwrap();
    let protected = HeaderBuilder::new().algorithm(iana::Algorithm::EdDSA).key_id(kid.0.to_vec()).build();
    let envelope = CoseSign1Builder::new()
        .protected(protected)
        .payload(claims.encode().unwrap().to_vec())
        .create_signature(b"tianfu-gate/credential/1", |signed| {
            SigningKey::from_seed(&seed).sign(signed).unwrap().to_vec()
        })
        .build();
    let text = gate_sim::forge::text(&envelope.clone().to_tagged_vec().unwrap()).unwrap();
    let output = desk.check(&["--text", &text]);
    assert_eq!(output.reason(), "P01", "{output:?}");
    let untagged = gate_sim::forge::text(&envelope.to_vec().unwrap()).unwrap();
    assert_eq!(desk.check(&["--text", &untagged]).reason(), "A14", "our form has the COSE tag");
}

#[test]
fn an_unreadable_input_is_an_error_in_its_line_and_no_stop() {
    let desk = Desk::new();
    let broken = desk.directory.path().join("broken.png");
    std::fs::write(&broken, b"\x89PNG\r\n\x1a\nnot really").unwrap();
    let output = desk.check(&[broken.to_str().unwrap(), "/nowhere.png", "--text", "WIFI:T;;"]);
    let lines = output.lines();
    assert_eq!(output.outcome, CheckOutcome::SomeUnreadable);
    assert!(lines[0]["error"].is_string() && lines[1]["error"].is_string());
    assert_eq!(lines[2]["reason"], "A20");
}

#[test]
fn a_card_is_decided_by_its_bytes_and_a_wrong_check_digit_is_named() {
    let desk = Desk::new();
    let good = desk.directory.path().join("good.hex");
    std::fs::write(&good, desk.person.card(VALID).unwrap().hex()).unwrap();
    let mut number = desk.person.number.clone();
    number.replace_range(17.., if number.ends_with('0') { "1" } else { "0" });
    let wrong = desk.directory.path().join("wrong.hex");
    std::fs::write(&wrong, gate_sim::sam::SyntheticCard::resident("测试甲", &number, VALID).unwrap().hex())
        .unwrap();
    let output = desk.check(&["--card", good.to_str().unwrap(), "--card", wrong.to_str().unwrap()]);
    let reasons: Vec<_> = output.lines().iter().map(|line| line["reason"].clone()).collect();
    assert_eq!(reasons, ["A28", "A32"], "no list here; and a check digit");
}

#[test]
fn nothing_typed_is_repeated_in_the_output() {
    let desk = Desk::new();
    let output = desk.check(&["--id", &format!("resident-id:{}", desk.person.number)]);
    assert_eq!(output.reason(), "A28");
    assert!(!output.text.contains(&desk.person.number));
    // Nor where somebody leaves the kind out, or writes the two in the wrong order.
    let number = &desk.person.number;
    for id in [number.clone(), format!("{number}:resident-id"), format!(":{number}")] {
        let output = desk.check(&["--id", &id]);
        assert_eq!(output.outcome, CheckOutcome::SomeUnreadable);
        assert!(!output.text.contains(number.as_str()), "{}", output.text);
    }
}

#[test]
fn on_a_real_province_a_typed_number_needs_an_attendants_badge_and_the_audit_log() {
    let mut desk = Desk::with(|province, person| {
        province.add_staff(&person.document, Role::Attendant, b"482913").unwrap();
    });
    desk.become_real();
    let id = format!("resident-id:{}", desk.person.number);
    let refused = desk.check(&["--id", &id]);
    assert!(refused.error().contains("--badge"), "{refused:?}");

    let badge = desk.badge(Role::Attendant);
    let pin = desk.directory.path().join("pin");
    let config = desk.terminal_config();
    let try_with = |text: &str| {
        std::fs::write(&pin, text).unwrap();
        let (pin, config) = (pin.to_str().unwrap(), config.to_str().unwrap());
        desk.check(&["--id", &id, "--badge", &badge, "--pin-file", pin, "--config", config])
    };
    assert!(try_with("000000").error().contains("wrong PIN"));
    for _ in 0..6 {
        assert_eq!(try_with("482913\n").reason(), "A28");
    }
    let seventh = try_with("482913");
    assert!(seventh.error().contains("within this minute"), "{seventh:?}");
}
