//! The key of the hub's certificate is stolen, or the authority that issued it: a thief who can lead a terminal's network astray is the
//! hub, until the terminal is given another authority. Played against the hub's program and the carrier's.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use gate_core::query::Sequence;
use gate_core::records::batch::verify_batch;
use gate_core::verdict::Verdict;
use gate_field::visit::Carrier;
use gate_sim::people::Person;
use gate_wire::time::Timestamp;

use super::super::carriers::{Bag, Line, RealHub};
use super::super::hub;
use super::super::journey::{CHANGED, Round};
use super::super::night::names;
use super::super::toxic::{Act, Asked, Authority, Pair, listens, served, text};
use super::Drill;

/// Whose key is in other hands.
enum Stolen {
    /// The hub's own, of the certificate that it made for itself.
    Key,
    /// That of the authority of the province, which issued the hub's certificate.
    Authority(Box<Authority>),
}

/// A terminal with a line to a hub, and a stick.
struct Scene {
    round: Round,
    hub: RealHub,
    line: Line,
    bag: Bag,
    stolen: Stolen,
    folder: tempfile::TempDir,
}

/// Somebody who shows the hub's certificate: serves what he recorded, with a timestamp of his own, and says yes to all that is sent.
struct Thief {
    address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Thief {
    fn stands_between(recorded: PathBuf, pair: &Pair) -> Thief {
        let (address, asked) = listens(pair, move |asked| match asked.path.starts_with("v1/") {
            true => Act::Say(text("200 OK", &[], b"")),
            false => Act::Say(served(&recorded, asked)),
        });
        Thief { address, asked }
    }

    /// The batches that he was given.
    fn batches(&self) -> Vec<Vec<u8>> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|one| one.path == "v1/records").map(|one| one.body.clone()).collect()
    }

    fn heard(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl Scene {
    fn new(stolen: Stolen) -> Scene {
        let mut round = Round::new();
        // The hub's clock is this machine's, and not the gate's.
        hub::admit(round.terminal.stage.province.province_mut(), Timestamp::EPOCH);
        let folder = tempfile::tempdir().unwrap();
        let mut hub = RealHub::new(folder.path().join("hub"));
        let address = hub.serve();
        let line = Line::new(folder.path().join("line"), &round.terminal, (&hub, &address));
        let bag = Bag::new(&folder.path().join("b"), Carrier::Stick);
        let mut scene = Scene { round, hub, line, bag, stolen, folder };
        let mut pem = scene.tls("authority.pem");
        if let Stolen::Authority(authority) = &scene.stolen {
            let pair = authority.issue();
            pem.clone_from(&authority.pem);
            scene.serves_by(&pair);
        }
        scene.line.pins(&pem);
        scene
    }

    /// The hub serves under a certificate of the province's, and terminals are led there.
    fn serves_by(&mut self, pair: &Pair) {
        let path = |name| self.folder.path().join(name);
        fs::write(path("chain.pem"), &pair.certificate).unwrap();
        hub::place_secret(&path("chain.key"), &pair.key);
        let files = [path("chain.pem"), path("chain.key")].map(|path| path.to_str().unwrap().to_owned());
        let address = self.hub.serve_with(&["--tls", &files[0], &files[1]]);
        self.line.leads_to(&address);
    }

    fn tls(&self, name: &str) -> String {
        fs::read_to_string(self.hub.data.join("tls").join(name)).unwrap()
    }

    /// What the thief shows.
    fn thiefs(&self) -> Pair {
        match &self.stolen {
            Stolen::Key => Pair { certificate: self.tls("hub.pem"), key: self.tls("hub.key") },
            Stolen::Authority(authority) => authority.issue(),
        }
    }

    /// What the operator does; the file that terminals are to be given.
    fn renews(&mut self) -> String {
        if let Stolen::Authority(_) = self.stolen {
            let new = Authority::new();
            self.serves_by(&new.issue());
            return new.pem;
        }
        fs::rename(self.hub.data.join("tls"), self.hub.data.join("tls.stolen")).unwrap();
        let address = self.hub.serve();
        self.line.leads_to(&address);
        self.tls("authority.pem")
    }

    fn publish(&mut self) {
        self.round.bring_out();
        self.round.carry_to(&self.hub.data.join("repository"));
    }

    fn out(&self) -> PathBuf {
        self.round.terminal.to.spool.join("out")
    }

    /// The carrier's round fails, as a technician reads it; every batch is where it was.
    fn is_refused(&mut self) {
        self.round.terminal.everything_is_out();
        let before = names(&self.out()).len();
        let output = self.line.carrier(&["once"]);
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(!output.status.success() && told.contains("invalid peer certificate"), "{output:?}");
        assert_eq!(names(&self.out()).len(), before);
    }

    /// What was published, served once more with a timestamp that only the thief has signed.
    fn recorded(&self) -> PathBuf {
        let recorded = self.folder.path().join("recorded");
        self.round.carry_to(&recorded.join("repository"));
        for repository in ["trust", "status"] {
            let path = recorded.join("repository").join(repository).join("metadata/timestamp.json");
            let mut stamp: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            stamp["signed"]["version"] = 1_000_000.into();
            fs::write(path, stamp.to_string()).unwrap();
        }
        recorded
    }
}

#[test]
fn a_hubs_stolen_certificate_opens_nothing_changes_nothing_and_loses_no_record() {
    is_played("the key of the hub's own certificate is stolen", Stolen::Key);
}

#[test]
fn a_stolen_authority_of_the_hubs_certificate_opens_nothing_changes_nothing_and_loses_no_record() {
    let stolen = Stolen::Authority(Box::new(Authority::new()));
    is_played("the authority of the hub's certificate is stolen", stolen);
}

fn is_played(name: &'static str, stolen: Stolen) {
    let mut scene = Scene::new(stolen);
    scene.publish();
    scene.round.terminal.everything_is_out();
    scene.line.sync(&scene.round.terminal);
    assert_eq!(scene.round.terminal.verdict(3), Verdict::Pass);
    let mut drill = Drill::begin(name);
    let thief = Thief::stands_between(scene.recorded(), &scene.thiefs());
    stands_between(&mut scene, &mut drill, &thief);
    let pem = drill.step("hub's operator", "a new certificate by a new authority, serve", || scene.renews());
    visited_by_stick(&mut scene, &mut drill);
    let honest = scene.line.address();
    drill.step("technician, at the terminal", "the new authority's file, gate-sync anew", || {
        scene.line.pins(&pem);
    });
    scene.line.leads_to(&thief.address);
    let before = thief.heard();
    scene.is_refused();
    assert_eq!(thief.heard(), before, "he is told nothing, not even what is asked for");
    drill.believes("the thief is nobody, wherever its network leads; records wait");
    scene.line.leads_to(&honest);
    drill.step("carrier, terminal", "gate-sync, gate-trust run", || scene.line.sync(&scene.round.terminal));
    all_arrived_once(&mut scene, &thief);
    drill.believes("the hub, by the new authority alone; every record is there once");
}

/// What the thief can do: hold the terminal still, and be told what passes by. What he is given he cannot open.
fn stands_between(scene: &mut Scene, drill: &mut Drill, thief: &Thief) {
    scene.round.step_of(1..=CHANGED, "red");
    scene.publish();
    scene.round.terminal.everything_is_out();
    scene.line.leads_to(&thief.address);
    let sent =
        drill.step("thief", "leads the terminal's network to himself, says yes to its records", || {
            scene.line.carrier(&["once"])
        });
    assert!(sent.status.success(), "for the carrier he is the hub: {sent:?}");
    let report = scene.round.terminal.keep();
    for repository in ["trust", "status"] {
        let refused = report.repository(repository).unwrap().refused.is_some();
        assert!(refused, "{}", report.in_words());
    }
    assert_eq!(scene.round.terminal.verdict(3), Verdict::Pass);
    let (batches, key) = (thief.batches(), scene.round.terminal.record_key());
    assert!(batches.iter().any(|bytes| verify_batch(bytes, &key).is_ok()), "he has what was sent");
    let number = Person::new(3).unwrap().number;
    let told = |bytes: &Vec<u8>| bytes.windows(number.len()).any(|piece| piece == number.as_bytes());
    assert!(!batches.iter().any(told), "sealed to keys that are not there");
    assert!(!names(&scene.out()).is_empty(), "nothing leaves the outbox without the hub's signed word");
    drill.believes("what it believed: what he serves is refused. It grows old and says so");
}

/// Before anybody gave the terminal the new authority: its line waits, and a stick does what the line did.
fn visited_by_stick(scene: &mut Scene, drill: &mut Drill) {
    scene.is_refused();
    drill.believes("a terminal that nobody visited does not know the true hub any more: its line waits");
    let (served, records) = (scene.hub.data.join("repository"), scene.folder.path().join("records"));
    drill.step("technician", "a stick: data in, records out", || {
        scene.bag.load(&served);
        scene.bag.visit(&mut scene.round.terminal);
        scene.bag.give_back(&records);
        scene.hub.take(&records)
    });
    scene.round.terminal.stage.run_until_renewed().unwrap();
    assert_eq!(scene.round.terminal.verdict(3), Verdict::Stop);
    drill.believes("the newest data, by stick");
}

/// Everything that the gate recorded is at the hub, by stick and by line, each row once; nothing left the journal.
fn all_arrived_once(scene: &mut Scene, thief: &Thief) {
    let places = scene.hub.places();
    let distinct: std::collections::BTreeSet<_> = places.iter().collect();
    assert_eq!(distinct.len(), places.len(), "no place twice");
    let last = names(&scene.out()).iter().map(|name| name.last.0).max().unwrap();
    assert_eq!(places.len() as u64, last, "from the first row on, without a gap");
    assert_eq!(scene.round.terminal.stage.rows(Sequence(0)).unwrap().first().unwrap().sequence.0, 1);
    let (number, key) = (scene.round.terminal.number().value(), scene.round.terminal.record_key());
    for bytes in thief.batches() {
        let batch = verify_batch(&bytes, &key).unwrap();
        let journal = batch.header().journal.0.to_vec();
        let mut rows = batch.rows();
        assert!(
            rows.all(|row| distinct.contains(&(number, journal.clone(), row.sequence.0))),
            "what he said yes to is at the hub, too"
        );
    }
    let out = scene.out();
    scene
        .round
        .terminal
        .until("the hub's word is taken", || names(&out).iter().all(|name| name.last.0 > last));
}
