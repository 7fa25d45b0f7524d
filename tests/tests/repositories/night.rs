//! The technician's night: a thousand colours by stick and by laptop, records back, acknowledgements the night after.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gate_core::query::QueryNumber;
use gate_core::records::names::{BatchName, account_name};
use gate_core::verdict::Verdict;
use gate_field::copying::Copied;
use gate_field::give_back::Returned;
use gate_field::take::Taken;
use gate_field::visit::Carrier;
use gate_proof::seal::OpeningKey;
use gate_signing::archive::PolicyFiles;
use gate_signing::key_name::KeyName;
use gate_signing::records::replay::{Replayed, replay};
use gate_sim::people::Person;
use gate_sim::stage::terminal_number;
use gate_wire::time::Timestamp;

use super::authority::DAY_S;
use super::carriers::{Bag, RealHub};
use super::hub::{self, Hub};
use super::journey::{CHANGED, Round};

/// Bytes a second of a slow stick, and the longest that a delta and a base may take at one terminal, in seconds.
const SPEED: u64 = 10_000_000;
const DELTA_S: u64 = 60;
const BASE_S: u64 = 300;
const TERMINALS: u64 = 40;

struct Night {
    round: Round,
    folder: tempfile::TempDir,
    bag: Bag,
    /// The real one, which nobody serves from: this province has sticks alone.
    hub: RealHub,
    /// Beside the real hub: looks at what it is brought.
    witness: Hub,
}

impl Night {
    fn new(carrier: Carrier) -> Night {
        let mut round = Round::new();
        // The hub's clock is this machine's, and not the gate's.
        hub::admit(round.terminal.stage.province.province_mut(), Timestamp::EPOCH);
        let mut witness = Hub::default();
        witness.enrol(terminal_number(), round.terminal.record_key());
        let folder = tempfile::tempdir().unwrap();
        let (bag, hub) = (Bag::new(folder.path(), carrier), RealHub::new(folder.path().join("hub")));
        hub.enrol(&round.terminal);
        Night { round, folder, bag, hub, witness }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// At the desk, in the evening.
    fn load(&self) -> Copied {
        let served = self.path("served");
        self.round.carry_to(&served);
        self.bag.load(&served)
    }

    /// At the gate.
    fn visit(&mut self) -> (Copied, Taken) {
        self.bag.visit(&mut self.round.terminal)
    }

    /// A new account of what was counted lies in the outbox.
    fn an_account_is_out(&mut self) {
        let terminal = &mut self.round.terminal;
        let account = terminal.to.spool.join("out").join(account_name(terminal.number()).as_str());
        let _ = fs::remove_file(&account);
        terminal.stage.gate().hurry_records();
        terminal.until("an account", || account.exists());
    }

    /// At the hub, in the morning.
    fn back(&mut self) -> Returned {
        let records = self.path("records");
        let returned = self.bag.give_back(&records);
        self.witness.take(&records.join("out"));
        let said = self.hub.take(&records);
        // What is carried until the word on it is back is known to the hub.
        let counts: Vec<u32> = said.split(' ').filter_map(|word| word.parse().ok()).collect();
        assert_eq!(counts[0] + counts[1], returned.batches, "{said}");
        assert!(said.contains(" 0 that disagree; ") && said.contains("acknowledgements: 1"));
        assert!(names(&records.join("out")).is_empty(), "what is committed is let go");
        returned
    }
}

pub(crate) fn names(out: &Path) -> Vec<BatchName> {
    let Ok(entries) = fs::read_dir(out) else { return Vec::new() };
    entries.filter_map(|entry| BatchName::parse(entry.unwrap().file_name().to_str().unwrap())).collect()
}

/// The verdict is the new one; the records arrive; the night after, the acknowledgement is taken and the outbox swept.
fn a_round_by(carrier: Carrier) {
    let mut night = Night::new(carrier);
    assert_eq!(night.round.terminal.verdict(3), Verdict::Pass);
    night.round.step_of(1..=CHANGED, "red");
    night.round.bring_out();
    night.load();
    let (_, taken) = night.visit();
    assert!(taken.batches > 0 && taken.left == 0);
    night.round.terminal.stage.run_until_renewed().unwrap();
    let query = stopped(&mut night);
    assert_eq!(night.round.terminal.verdict(CHANGED), Verdict::Stop, "the last of them");
    assert_eq!(night.round.terminal.verdict(CHANGED + 1), Verdict::Pass, "nobody else");
    let first = night.back();
    assert_eq!((first.conflicts, first.damaged, first.receipts.len()), (0, 0, 1));
    // The night after: the acknowledgement is on the stick already, what was recorded since leaves.
    night.back();
    night.load();
    let (_, taken) = night.visit();
    assert!(taken.batches > 0);
    let through = night.witness.rows.keys().map(|(_, at)| *at).max().unwrap();
    let out = night.round.terminal.to.spool.join("out");
    night
        .round
        .terminal
        .until("what has arrived is swept", || names(&out).iter().all(|name| name.last.0 > through));
    night.back();
    arrived(&night);
    the_stopped_persons_record_says_the_same_again(&night, query);
}

/// The third person's card: stopped now, with a number to ask by.
fn stopped(night: &mut Night) -> QueryNumber {
    let (verdict, query) = night.round.terminal.told(3);
    assert_eq!(verdict, Verdict::Stop);
    query.unwrap()
}

/// Every record once, in one chain, and none of the people on the stick or in the hub's folder.
fn arrived(night: &Night) {
    let (rows, hub) =
        (night.round.terminal.stage.rows(gate_core::query::Sequence(0)).unwrap(), &night.witness);
    let last = hub.rows.keys().map(|(_, at)| *at).max().unwrap();
    let kept = rows.iter().filter(|row| row.sequence.0 <= last);
    let same = kept.filter(|row| {
        let held = hub.rows.iter().find(|((_, at), _)| *at == row.sequence.0);
        held.is_some_and(|(_, held)| held.sealed.body[..] == row.sealed[..])
    });
    assert_eq!(same.count() as u64, last, "each of them, the same");
    assert_eq!((hub.rows.len() as u64, hub.conflicts.len(), hub.refused), (last, 0, 0), "and each once");
    let person = Person::new(3).unwrap();
    for folder in ["stick", "records", "hub"] {
        assert!(!holds(&night.path(folder), person.number.as_bytes()), "{folder}");
    }
}

fn the_stopped_persons_record_says_the_same_again(night: &Night, query: QueryNumber) {
    let (_, sequence) = QueryNumber::parse(query.as_str()).unwrap();
    let ((of, _), row) = night.witness.rows.iter().find(|((_, at), _)| *at == sequence.0).unwrap();
    let seed = night.round.terminal.stage.province.key_seed(KeyName::Day(row.day_key.0)).unwrap();
    let journal = gate_core::records::JournalId(of.1);
    let record = row.open(of.0, &journal, &OpeningKey::from_seed(&seed)).unwrap();
    assert_eq!(record.verdict, b'S');
    let policies = PolicyFiles(night.round.terminal.to.data.clone());
    assert!(matches!(replay(&record, &policies), Replayed::Identical(_)));
}

pub(crate) fn holds(folder: &Path, words: &[u8]) -> bool {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|path| match path.is_dir() {
        true => holds(&path, words),
        false => fs::read(&path).unwrap().windows(words.len()).any(|piece| piece == words),
    })
}

#[test]
fn a_thousand_colours_by_stick_are_the_gates_next_verdicts_and_its_records_arrive_once() {
    a_round_by(Carrier::Stick);
}

#[test]
fn a_thousand_colours_by_laptop_are_the_gates_next_verdicts_and_its_records_arrive_once() {
    a_round_by(Carrier::Laptop);
}

#[test]
fn five_days_without_a_line_are_counted_at_the_real_hub_as_they_were_at_the_gate() {
    const DAYS: u16 = 5;
    let mut night = Night::new(Carrier::Stick);
    // The first person is red from the beginning, the second green.
    night.round.step_of(1..=1, "red");
    night.round.bring_out();
    night.load();
    night.visit();
    night.round.terminal.stage.run_until_renewed().unwrap();
    let mut told = BTreeMap::new();
    for day in 1..=DAYS {
        let today = night.round.terminal.stage.time().civil_day().0;
        assert_eq!(night.round.terminal.verdict(1), Verdict::Stop);
        told.insert((today, b'S'), 1);
        // One passage more each day.
        for _ in 0..day {
            assert_eq!(night.round.terminal.verdict(2), Verdict::Pass);
        }
        told.insert((today, b'P'), u64::from(day));
        night.round = night.round.with_terminal(|terminal| terminal.after(DAY_S));
    }
    assert_eq!(told.len(), 2 * usize::from(DAYS), "each on a day of its own");
    let today = night.round.terminal.stage.time();
    for _ in 0..2 {
        night.an_account_is_out();
        night.round.bring_out();
        night.load();
        night.visit();
        assert!(night.bag.give_back(&night.path("records")).accounts > 0);
        night.hub.take_at(&night.path("records"), today);
    }
    let (first, last) = (told.first_key_value().unwrap().0.0, told.last_key_value().unwrap().0.0);
    let counted = night.hub.counted((first, last));
    let place = night.round.terminal.stage.setting().place;
    assert!(counted.iter().all(|one| one.place == place), "{counted:?}");
    let held: BTreeMap<_, _> = counted.iter().map(|one| ((one.day, one.letter), one.count)).collect();
    assert_eq!((&held, counted.len()), (&told, told.len()), "brought twice, counted once");
}

/// Arithmetic from measured bytes: what a visit copies here, and what a province of 100 million weighs (DESIGN §6). From the plug to the end, with the
/// keeper's work: `just night-figures`, ADR 28.
#[test]
fn a_night_of_forty_terminals_fits_on_a_slow_stick() {
    let mut night = Night::new(Carrier::Stick);
    night.round.bring_out();
    night.load();
    let (base, _) = night.visit();
    night.round.step_of(1..=CHANGED, "red");
    night.round.bring_out();
    night.load();
    let (delta, taken) = night.visit();
    // A terminal's metadata of ten thousand terminals, 1.7 MB (ADR 14); a day's 1 % of 100 million at 1.16 bytes; 425 MB of base.
    let (metadata, day, province) = (1_700_000, 1_160_000, 425_000_000_u64);
    let seconds = |bytes: u64| bytes.div_ceil(SPEED);
    let week = delta.bytes + metadata + 7 * day + 5_000 * 7 * 245;
    println!(
        "measured here: first visit {} bytes, delta of {CHANGED} colours {} bytes, {} batches; a delta visit after a week offline \
         {week} bytes, {} s of {DELTA_S}; a base {} s of {BASE_S}; {TERMINALS} terminals by delta {} min, all with a base {} min",
        base.bytes,
        delta.bytes,
        taken.batches,
        seconds(week),
        seconds(week + province),
        (TERMINALS * seconds(week)).div_ceil(60),
        (TERMINALS * seconds(week + province)).div_ceil(60)
    );
    assert!(delta.bytes < base.bytes, "a delta visit copies no base");
    assert!(seconds(week) <= DELTA_S && seconds(week + province) <= BASE_S);
}
