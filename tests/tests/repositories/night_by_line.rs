//! The same night with a line: the real hub serves what was published and takes what is brought, the real carrier brings both ways.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use gate_carry::wants::hex;
use gate_core::records::names::BatchName;
use gate_core::verdict::Verdict;
use gate_proof::ed25519::SigningKey;
use gate_signing::key_name::KeyName;
use gate_sim::people::Person;
use gate_sim::stage::terminal_number;
use gate_wire::time::Timestamp;

use super::hub::{self, Hub};
use super::journey::{CHANGED, Round};
use super::night::{holds, names};
use super::programs::program;

/// A hub that serves, and is killed when it is dropped.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Night {
    round: Round,
    folder: tempfile::TempDir,
    _hub: Served,
    /// Beside the real hub: looks at what it is brought.
    witness: Hub,
}

impl Night {
    fn new() -> Night {
        let mut round = Round::new();
        // The hub's clock is this machine's, and not the gate's.
        hub::admit(round.stage.province.province_mut(), Timestamp::EPOCH);
        let seed = round.stage.province.key_seed(KeyName::TerminalRecord(terminal_number())).unwrap();
        let record = SigningKey::from_seed(&seed).public_key();
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("hub");
        fs::create_dir(&data).unwrap();
        hub::own_key(&data);
        let (served, address) = serve(&data);
        let mut witness = Hub::default();
        witness.enrol(terminal_number(), record);
        let night = Night { round, folder, _hub: served, witness };
        night.configure(&address);
        let code = night.invite();
        let (device, record) = ("07".repeat(32), hex(record.as_bytes()));
        good(&night.carrier(&["enrol", "--code", &code, "--device", &device, "--record", &record]));
        night
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn configure(&self, address: &str) {
        let (spool, report) = (&self.round.to.spool, self.round.to.state.join("report.json"));
        let (line, authority) = (self.path("line"), self.path("hub/tls/authority.pem"));
        let text = format!(
            "terminal = {}\nspool = {spool:?}\nspool_mib = 64\nstate = {line:?}\nreport = {report:?}\n\
             [hub]\naddress = {address:?}\nauthority = {authority:?}\n",
            terminal_number().value(),
        );
        fs::write(self.path("sync.toml"), text).unwrap();
    }

    /// A code, as the hub shows it once.
    fn invite(&self) -> String {
        let mut hub = Command::new(program("gate-hub", "gate-hub"));
        let number = terminal_number().value().to_string();
        hub.args(["invite", "--by", "测试员", "--terminal", &number, "--data"]).arg(self.path("hub"));
        let output = hub.output().unwrap();
        good(&output);
        String::from_utf8(output.stdout).unwrap().lines().next().unwrap().to_owned()
    }

    fn carrier(&self, words: &[&str]) -> Output {
        let mut carrier = Command::new(program("gate-sync", "gate-sync"));
        carrier.args(words).arg("--config").arg(self.path("sync.toml")).output().unwrap()
    }

    /// The authority's evening: what is published is served.
    fn publish(&mut self) {
        self.round.bring_out();
        self.round.carry_to(&self.path("hub/repository"));
    }

    /// One round of the carrier both ways, then the keeper.
    fn sync(&mut self) {
        self.round.everything_is_out();
        self.witness.take(&self.round.to.spool.join("out"));
        good(&self.carrier(&["once"]));
        let report = self.round.keep();
        assert!(!report.has_refusals(), "{}", report.in_words());
    }
}

fn serve(data: &Path) -> (Served, String) {
    let mut hub = Command::new(program("gate-hub", "gate-hub"));
    hub.args(["serve", "--listen", "127.0.0.1:0", "--acknowledges-as", &hex(&hub::KID.0), "--data"])
        .arg(data);
    let mut child = hub.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = lines.find_map(|line| Some(line.unwrap().strip_prefix("listening at ")?.to_owned()));
    (Served(child), address.unwrap().replace("127.0.0.1", "localhost"))
}

fn good(output: &Output) {
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_thousand_colours_by_line_are_the_gates_next_verdicts_and_its_records_arrive_once() {
    let mut night = Night::new();
    assert_eq!(night.round.verdict(3), Verdict::Pass);
    night.round.step_of(1..=CHANGED, "red");
    night.publish();
    night.sync();
    night.round.stage.run_until_renewed().unwrap();
    for (serial, expected) in [(3, Verdict::Stop), (CHANGED, Verdict::Stop), (CHANGED + 1, Verdict::Pass)] {
        assert_eq!(night.round.verdict(serial), expected, "{serial}");
    }
    night.sync();
    // The hub's word came with the answer: what has arrived is swept, and every row was in one chain for that.
    let (out, through) = (night.round.to.spool.join("out"), last(&night.witness));
    let arrived = |name: &BatchName| name.last.0 > through;
    night.round.until("what has arrived is swept", || names(&out).iter().all(arrived));
    let (hub, rows) = (&night.witness, night.round.stage.rows(gate_core::query::Sequence(0)).unwrap());
    let same = rows.iter().filter(|row| {
        let held = hub.rows.iter().find(|((_, at), _)| *at == row.sequence.0);
        held.is_some_and(|(_, held)| held.sealed.body[..] == row.sealed[..])
    });
    assert_eq!((same.count() as u64, hub.rows.len() as u64), (through, through), "each once, the same");
    assert_eq!((hub.conflicts.len(), hub.refused), (0, 0));
    let person = Person::new(3).unwrap();
    assert!(!holds(&night.path("hub"), person.number.as_bytes()), "the hub knows nobody");
}

fn last(witness: &Hub) -> u64 {
    witness.rows.keys().map(|(_, at)| *at).max().unwrap()
}
