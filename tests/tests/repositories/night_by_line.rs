//! The same night with a line: the real hub serves what was published and takes what is brought, the real carrier brings both ways.

use std::fs;
use std::path::PathBuf;

use gate_core::query::QueryNumber;
use gate_core::records::batch::verify_batch;
use gate_core::records::names::BatchName;
use gate_core::verdict::Verdict;
use gate_proof::seal::OpeningKey;
use gate_signing::archive::PolicyFiles;
use gate_signing::key_name::KeyName;
use gate_signing::records::replay::{Replayed, replay};
use gate_sim::people::Person;
use gate_sim::stage::terminal_number;
use gate_wire::time::Timestamp;

use super::carriers::{Line, RealHub};
use super::hub::{self, Hub};
use super::journey::{CHANGED, Round};
use super::night::{holds, names};

struct Night {
    round: Round,
    line: Line,
    hub: RealHub,
    /// Beside the real hub: looks at what it is brought.
    witness: Hub,
    folder: tempfile::TempDir,
}

impl Night {
    fn new() -> Night {
        let mut round = Round::new();
        // The hub's clock is this machine's, and not the gate's.
        hub::admit(round.terminal.stage.province.province_mut(), Timestamp::EPOCH);
        let folder = tempfile::tempdir().unwrap();
        let mut hub = RealHub::new(folder.path().join("hub"));
        let address = hub.serve();
        let mut witness = Hub::default();
        witness.enrol(terminal_number(), round.terminal.record_key());
        let line = Line::new(folder.path().join("line"), &round.terminal, (&hub, &address));
        Night { round, line, hub, witness, folder }
    }

    /// The authority's evening: what is published is served.
    fn publish(&mut self) {
        self.round.bring_out();
        self.round.carry_to(&self.hub.data.join("repository"));
    }

    /// One round of the carrier both ways, then the keeper.
    fn sync(&mut self) {
        self.round.terminal.everything_is_out();
        self.witness.take(&self.out());
        self.line.sync(&self.round.terminal);
    }

    fn out(&self) -> PathBuf {
        self.round.terminal.to.spool.join("out")
    }
}

#[test]
fn a_thousand_colours_by_line_are_the_gates_next_verdicts_and_its_records_arrive_once() {
    let mut night = Night::new();
    assert_eq!(night.round.terminal.verdict(3), Verdict::Pass);
    night.round.step_of(1..=CHANGED, "red");
    night.publish();
    night.sync();
    night.round.terminal.stage.run_until_renewed().unwrap();
    let (verdict, query) = night.round.terminal.told(3);
    assert_eq!(verdict, Verdict::Stop);
    for (serial, expected) in [(4, Verdict::Stop), (CHANGED, Verdict::Stop), (CHANGED + 1, Verdict::Pass)] {
        assert_eq!(night.round.terminal.verdict(serial), expected, "{serial}");
    }
    night.sync();
    // The hub's word came with the answer: what has arrived is swept, and every row was in one chain for that.
    let (out, through) = (night.out(), last(&night.witness));
    let arrived = |name: &BatchName| name.last.0 > through;
    night.round.terminal.until("what has arrived is swept", || names(&out).iter().all(arrived));
    let (hub, rows) =
        (&night.witness, night.round.terminal.stage.rows(gate_core::query::Sequence(0)).unwrap());
    let same = rows.iter().filter(|row| {
        let held = hub.rows.iter().find(|((_, at), _)| *at == row.sequence.0);
        held.is_some_and(|(_, held)| held.sealed.body[..] == row.sealed[..])
    });
    assert_eq!((same.count() as u64, hub.rows.len() as u64), (through, through), "each once, the same");
    assert_eq!((hub.conflicts.len(), hub.refused), (0, 0));
    let person = Person::new(3).unwrap();
    assert!(!holds(&night.hub.data, person.number.as_bytes()), "the hub knows nobody");
    asked_by_its_number(&night, query.unwrap());
}

/// A person reads the number to 12345: from what arrived at the hub the authority opens the one record, and decides it again.
fn asked_by_its_number(night: &Night, query: QueryNumber) {
    let (terminal, sequence) = QueryNumber::parse(query.as_str()).unwrap();
    let out = night.folder.path().join("read-out");
    let number = terminal.value().to_string();
    let said = night.hub.say(&["records", "--terminal", &number, "--out", out.to_str().unwrap()]);
    assert!(said.contains(&format!("batches of terminal {number}")), "{said}");
    let files = fs::read_dir(&out).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
    let key = night.round.terminal.record_key();
    let opened = files.flat_map(|bytes| {
        let batch = verify_batch(&bytes, &key).unwrap();
        let journal = batch.header().journal;
        let asked = batch.rows().filter(|row| row.sequence == sequence).collect::<Vec<_>>();
        asked.into_iter().map(move |row| {
            let seed = night.round.terminal.stage.province.key_seed(KeyName::Day(row.day_key.0)).unwrap();
            row.open(terminal, &journal, &OpeningKey::from_seed(&seed)).unwrap()
        })
    });
    let opened: Vec<_> = opened.collect();
    assert_eq!(opened.len(), 1, "one record has this number");
    assert_eq!(opened[0].verdict, b'S');
    let policies = PolicyFiles(night.round.terminal.to.data.clone());
    assert!(matches!(replay(&opened[0], &policies), Replayed::Identical(_)));
}

fn last(witness: &Hub) -> u64 {
    witness.rows.keys().map(|(_, at)| *at).max().unwrap()
}
