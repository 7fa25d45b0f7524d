//! A hub with a few terminals, each in a state of its own, told by accounts that came by stick.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use gate_core::journal::Tally;
use gate_core::manifest::Dataset;
use gate_core::query::{Sequence, TerminalNumber};
use gate_core::records::JournalId;
use gate_core::records::account::{Account, Count, Held};
use gate_core::records::names::{BatchName, OUT, account_name};
use gate_core::screen::{Fault, Faults, Wellness};
use gate_core::time::ClockTrust;
use gate_hub::pages::one_time;
use gate_hub::store::accounts::Summary;
use gate_hub::store::log::{Alarm, raise};
use gate_hub::store::{Db, Store, StoreFault};
use gate_hub::{now, values};
use gate_proof::digest::sha256;
use gate_proof::ed25519::SigningKey;
use gate_wire::time::{Day, Timestamp};
use serde_json::json;

use crate::chain::{self, Chain};
use crate::programs::program;

const DAY_S: u64 = 86_400;
/// Of ten thousand, the one that reports a fault, and the one whose list is too old.
pub(crate) const WITH_FAULT: u32 = 6_502;
pub(crate) const EXPIRED: u32 = 8_000;

/// A hub that is killed when it is dropped.
pub(crate) struct Fleet {
    child: Child,
    pub(crate) address: String,
    folder: tempfile::TempDir,
}

impl Fleet {
    pub(crate) fn start() -> Fleet {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("hub");
        for number in 1..=6 {
            let (device, record) =
                (format!("{number:02x}").repeat(32), hex(record_key(number).public_key().as_bytes()));
            run(
                &data,
                &["enrol", "--terminal", &number.to_string(), "--device", &device, "--record", &record],
            );
        }
        let ago = |seconds: u64| Timestamp::from_unix(now().unix() - seconds).unwrap();
        let ahead = Timestamp::from_unix(now().unix() + 2 * 365 * DAY_S).unwrap();
        let records = folder.path().join("records");
        for (number, at, list) in [
            (1, ago(60), ago(600)),
            (2, ago(5 * DAY_S), ago(9 * DAY_S)),
            (3, ahead, ago(600)),
            (4, ago(3 * 3600), ago(4 * DAY_S)),
            (6, ago(60), ago(60)),
        ] {
            put(&records, &account(number, at, list));
        }
        assert!(take(&data, &records));
        publish(&data.join("repository/trust"));
        run(&data, &["revoke", "--terminal", "6"]);
        Fleet::serve(folder)
    }

    /// 10,000 terminals that report, all of them well but two.
    pub(crate) fn of_ten_thousand() -> Fleet {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("hub");
        let record = hex(record_key(1).public_key().as_bytes());
        run(&data, &["enrol", "--terminal", "1", "--device", &"01".repeat(32), "--record", &record]);
        let mut db = Store::file(&data.join("hub.db")).open().unwrap();
        db.change(|db| (1..=10_000).try_for_each(|number| reports(db, number))).unwrap();
        publish(&data.join("repository/trust"));
        Fleet::serve(folder)
    }

    fn serve(folder: tempfile::TempDir) -> Fleet {
        let data = folder.path().join("hub");
        let mut command = Command::new(program("gate-hub", "gate-hub"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.find_map(|line| Some(line.unwrap().strip_prefix("listening at ")?.to_owned()));
        Fleet { child, address: address.unwrap().replace("127.0.0.1", "localhost"), folder }
    }

    /// Terminals 4 and 5 report, 5 for the first time.
    pub(crate) fn hears(&self) {
        let (records, now) = (self.folder.path().join("later"), now());
        for number in [4, 5] {
            put(&records, &Account { revision: 2, ..account(number, now, now) });
        }
        assert!(take(&self.folder.path().join("hub"), &records));
    }

    /// Terminal 7 and a rival of its: row 5 of its journal is in doubt.
    pub(crate) fn is_in_doubt(&self) {
        let (data, records) = (self.folder.path().join("hub"), self.folder.path().join("doubted"));
        let record = hex(chain::key().public_key().as_bytes());
        run(&data, &["enrol", "--terminal", "7", "--device", &"07".repeat(32), "--record", &record]);
        let (own, out) = (Chain::begun(9), records.join(OUT));
        fs::create_dir_all(&out).unwrap();
        for (chain, from, to) in [(&own, 1, 4), (&own.forked(5, 2), 4, 6), (&own, 5, 9)] {
            let name = BatchName {
                terminal: chain::terminal(),
                journal: chain.journal(),
                first: Sequence(from),
                last: Sequence(to),
            };
            fs::write(out.join(name.print().as_str()), chain.batch(from, to)).unwrap();
        }
        // It ends with 1: rows disagree.
        take(&data, &records);
    }

    /// One more, over terminal 7.
    pub(crate) fn raises_an_alarm(&self) {
        let mut db = Store::file(&self.folder.path().join("hub/hub.db")).open().unwrap();
        db.change(|db| raise(db, 7, (Alarm::Doubt, &5), now())).unwrap();
    }

    /// The hub is away.
    pub(crate) fn ends(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Name, passphrase and a code of somebody new.
    fn person(&self, name: &str, role: &str) -> (String, String, String) {
        let (passphrase, secret) = self.secrets(name, role);
        let code = one_time(&secret).unwrap().generate(now().unix()).to_string();
        (name.to_owned(), passphrase, code)
    }

    /// Passphrase and secret of an administrator, new.
    pub(crate) fn secrets_of(&self, name: &str) -> (String, [u8; 20]) {
        self.secrets(name, "administrator")
    }

    fn secrets(&self, name: &str, role: &str) -> (String, [u8; 20]) {
        let said = run(&self.folder.path().join("hub"), &["person", "--name", name, "--role", role]);
        let line =
            |words: &str| said.lines().find_map(|line| line.strip_prefix(words)).unwrap().trim().to_owned();
        (line("passphrase"), from_base32(&line("one-time codes")))
    }

    pub(crate) fn administrator(&self, round: usize) -> (String, String, String) {
        self.person(["测试甲", "测试乙"][round], "administrator")
    }

    pub(crate) fn viewer(&self) -> (String, String, String) {
        self.person("测试丙", "viewer")
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `gate enrol` would print of a terminal: device key and record key.
pub(crate) fn printed(number: u8) -> [String; 2] {
    [hex(&[number; 32]), hex(record_key(number.into()).public_key().as_bytes())]
}

/// The code of a secret now, and the one after it, which serves already.
pub(crate) fn codes(secret: &[u8; 20]) -> [String; 2] {
    [0, 30].map(|later| one_time(secret).unwrap().generate(now().unix() + later).to_string())
}

/// What lies there into the hub; whether all of it agrees.
fn take(data: &Path, records: &Path) -> bool {
    said(data, &["take", "--from", records.to_str().unwrap()]).status.success()
}

fn said(data: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(program("gate-hub", "gate-hub"));
    command.args(words).args(["--by", "测试员", "--data"]).arg(data).output().unwrap()
}

fn run(data: &Path, words: &[&str]) -> String {
    let output = said(data, words);
    assert!(output.status.success(), "{words:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Of the terminals that are enrolled by hand; terminal 7's is its chain's.
fn record_key(number: u32) -> SigningKey {
    SigningKey::from_seed(&[100 + number as u8; 32])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 4648 §6, whole bytes.
fn from_base32(text: &str) -> [u8; 20] {
    let value =
        |letter: u8| u64::from(if letter.is_ascii_digit() { letter - b'2' + 26 } else { letter - b'A' });
    let group = |eight: &[u8]| {
        eight.iter().fold(0, |bits, letter| bits << 5 | value(*letter)).to_be_bytes()[3..].to_vec()
    };
    let bytes: Vec<u8> = text.as_bytes().chunks(8).flat_map(group).collect();
    bytes.try_into().unwrap()
}

/// What terminal `number` said a minute ago.
fn reports(db: &Db, number: u32) -> Result<(), StoreFault> {
    let (heard, days) = (now().unix() - 60, if number == EXPIRED { 40 } else { 0 });
    let held = [Dataset::KeySet, Dataset::PolicyStation, Dataset::Revocations, Dataset::StatusList];
    let held = held.map(|dataset| (dataset.name().to_owned(), 3, heard - days * DAY_S));
    let summary = Summary {
        at: heard,
        confirmed: true,
        journal: hex(&[1; 16]),
        first: 1,
        next: 101,
        acknowledged: 100,
        faults: Vec::from_iter((number == WITH_FAULT).then(|| "F02".to_owned())),
        software: "gate 0.1.0".into(),
        held: held.into(),
    };
    let summary = serde_json::to_string(&summary).unwrap();
    db.run("INSERT INTO terminal VALUES (?1, 'enrolled', 0) ON CONFLICT DO NOTHING", values![number])?;
    let sql = "INSERT INTO account VALUES (?1, 1, ?2, ?3, ?4)";
    db.run(sql, values![number, heard, &[0_u8; 3], &summary]).map(drop)
}

fn account(number: u32, at: Timestamp, list: Timestamp) -> Account {
    let mut faults = Faults::default();
    if number == 4 {
        faults.set(Fault::Reader, Wellness::Unwell);
    }
    let held = [
        Held { dataset: Dataset::KeySet, version: 3, as_of: list },
        Held { dataset: Dataset::PolicyStation, version: 1, as_of: list },
        Held { dataset: Dataset::Revocations, version: 5, as_of: list },
        Held { dataset: Dataset::StatusList, version: 7, as_of: list },
    ];
    Account {
        terminal: TerminalNumber::new(number).unwrap(),
        revision: 1,
        at,
        clock: if number == 2 { ClockTrust::Unconfirmed } else { ClockTrust::Confirmed },
        journal: JournalId([number as u8; 16]),
        first: Sequence(1),
        next: Sequence(u64::from(number) * 100 + 1),
        acknowledged: Sequence(0),
        waiting: 0,
        faults,
        software: "gate 0.1.0".try_into().unwrap(),
        held: held.into_iter().collect(),
        counts: counted(number).into_iter().collect(),
    }
}

/// Two days at the terminal's place, in the gates' letters.
fn counted(number: u32) -> Vec<Count> {
    let today = now().civil_day().0;
    let letters = [(b'P', 812), (b'L', 9), (b'S', 3), (b'A', 21), (b'O', 17), (b'N', 1)];
    let of = |day, letter| Tally { day: Day(day), place: number, lane: 1, letter };
    let on = |day| letters.map(|(letter, count)| Count { of: of(day, letter), count: count + number });
    [on(today - 1), on(today)].concat()
}

/// The policy for stations with bands, and the metadata that lead to it, without signatures: the hub proves nothing of them.
fn publish(trust: &Path) {
    let bands = r#""bands": {"status-list": {"ageing_after_days": 3, "stale_after_days": 7, "expired_after_days": 30},
        "key-set": {"ageing_after_days": 1, "stale_after_days": 2, "expired_after_days": 8},
        "revocations": {"ageing_after_days": 3, "stale_after_days": 7, "expired_after_days": 30}}, "test_days""#;
    let policy = include_str!("../../../assets/policies/station.json").replacen("\"test_days\"", bands, 1);
    let place = |number: u32| {
        json!({"number": number, "name": format!("测试站 {number}"), "kind": "station", "region": "510104",
            "place_code": "", "lanes": [{"lane": 1, "direction": "in"}]})
    };
    let places = json!({"format": 1, "version": 1, "places": (1..=6).map(place).collect::<Vec<_>>()});
    let targets = [("policy-station.json", policy), ("places.json", places.to_string())];
    let put = |name: &str, text: &str| {
        fs::create_dir_all(trust.join(name).parent().unwrap()).unwrap();
        fs::write(trust.join(name), text).unwrap();
    };
    let mut named = json!({});
    for (name, text) in targets {
        let digest = hex(sha256(&[text.as_bytes()]).as_bytes());
        put(&format!("targets/{digest}.{name}"), &text);
        named[name] = json!({"hashes": {"sha256": digest}});
    }
    put("metadata/1.targets.json", &json!({"signed": {"targets": named}}).to_string());
    put(
        "metadata/1.snapshot.json",
        &json!({"signed": {"meta": {"targets.json": {"version": 1}}}}).to_string(),
    );
    put(
        "metadata/timestamp.json",
        &json!({"signed": {"meta": {"snapshot.json": {"version": 1}}}}).to_string(),
    );
}

fn put(records: &Path, account: &Account) {
    let out: PathBuf = records.join(OUT);
    fs::create_dir_all(&out).unwrap();
    let key = record_key(account.terminal.value());
    fs::write(out.join(account_name(account.terminal).as_str()), account.sign(&key).unwrap()).unwrap();
}
