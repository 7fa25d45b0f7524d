//! One round of a province: a thousand colours change, three terminals get them by line, by stick and by a laptop's folder, what they
//! recorded reaches one hub, and its word reaches them by the same three ways.

use std::collections::BTreeSet;
use std::path::PathBuf;

use gate_core::manifest::Dataset;
use gate_core::query::{Sequence, TerminalNumber};
use gate_core::verdict::Verdict;
use gate_field::visit::Carrier;
use gate_signing::demo::DemoProvince;
use gate_signing::publish::Device;
use gate_sim::people::Person;
use gate_sim::stage::{Setting, province, terminal_number};
use gate_wire::credential::Colour;
use gate_wire::time::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::authority::DAY_S;
use super::carriers::{Bag, Line, RealHub};
use super::hub;
use super::journey::{CHANGED, Round};
use super::night::{holds, names};
use super::terminal::Terminal;

const UNCHANGED: u16 = CHANGED + 1;
/// More days than the retention rule asks (ADR 15: seven, and one more that a jump of the clock may pass for).
const DAYS: u64 = 10;

fn numbers() -> [TerminalNumber; 3] {
    [terminal_number(), TerminalNumber::new(43).unwrap(), TerminalNumber::new(44).unwrap()]
}

/// The same province for each terminal's image: it knows the keys of all three.
fn founded(stream: u64) -> DemoProvince {
    let mut province = province().unwrap();
    // The hub's clock is this machine's, and not the gates'.
    hub::admit(province.province_mut(), Timestamp::EPOCH);
    for number in numbers() {
        let mut rng = ChaCha20Rng::seed_from_u64(number.value().into());
        province.province_mut().prepare((number, Device::MadeHere), &mut rng).unwrap();
    }
    province.drawing(stream)
}

pub(crate) struct Province {
    pub(crate) round: Round,
    /// By stick, by laptop.
    pub(crate) others: [(Terminal, Bag); 2],
    pub(crate) line: Line,
    pub(crate) hub: RealHub,
    folder: tempfile::TempDir,
}

impl Province {
    pub(crate) fn new() -> Province {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let mut round = Round::of(listed(), founded(0));
        let [_, b, c] = numbers();
        let other = |number, (place, lane), name: &str, carrier| {
            let without = vec![Dataset::StatusList];
            let setting = Setting { terminal: number, place, lane, without, ..Setting::default() };
            let terminal = Terminal::new(setting, founded(number.value().into()), &path(name));
            terminal.seed([&round.trust, &round.status]);
            (terminal, Bag::new(&path(name), carrier))
        };
        let others = [other(b, (2, 1), "b", Carrier::Stick), other(c, (1, 2), "c", Carrier::Laptop)];
        round.others = others.iter().map(|(one, _)| (one.number(), one.device())).collect();
        let mut hub = RealHub::new(path("hub"));
        let address = hub.serve();
        let line = Line::new(path("a"), &round.terminal, (&hub, &address));
        others.iter().for_each(|(one, _)| hub.enrol(one));
        Province { round, others, line, hub, folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn all(&mut self) -> [&mut Terminal; 3] {
        let [(b, _), (c, _)] = &mut self.others;
        [&mut self.round.terminal, b, c]
    }

    /// The stages' clocks each go on by themselves: whoever is behind waits for the latest.
    pub(crate) fn meet(&mut self) {
        let latest = self.all().map(|one| one.stage.time()).into_iter().max().unwrap();
        for one in self.all() {
            let behind = latest.since(one.stage.time());
            one.stage.run(behind * 1_000).unwrap();
        }
    }

    /// The authorities publish; each terminal is visited by its own carrier, and the hub has everything and said so.
    pub(crate) fn night(&mut self) {
        self.meet();
        self.round.bring_out();
        let (served, records) = (self.hub.data.join("repository"), self.path("records"));
        self.round.carry_to(&served);
        self.round.terminal.everything_is_out();
        self.line.sync(&self.round.terminal);
        for (terminal, bag) in &mut self.others {
            // The hub's word on what this stick brought last time goes onto it.
            if bag.stick().exists() {
                bag.give_back(&records);
            }
            bag.load(&served);
            let (_, taken) = bag.visit(terminal);
            assert_eq!(taken.left, 0);
            let back = bag.give_back(&records);
            assert_eq!((back.conflicts, back.damaged), (0, 0));
            self.hub.take(&records);
        }
    }

    pub(crate) fn renewed(&mut self) {
        for one in self.all() {
            one.stage.run_until_renewed().unwrap();
        }
    }

    /// Every terminal, each of these people.
    pub(crate) fn decide(&mut self, expected: &[(u16, Verdict)]) {
        for one in self.all() {
            for (serial, verdict) in expected {
                assert_eq!(
                    one.verdict(*serial),
                    *verdict,
                    "terminal {} person {serial}",
                    one.number().value()
                );
            }
        }
    }

    /// A day later, each from its files.
    pub(crate) fn next_day(self) -> Province {
        let Province { round, others, line, hub, folder } = self;
        let next = |terminal: Terminal| {
            let mut terminal = terminal.after(DAY_S);
            terminal.stage.run(5_000).unwrap();
            terminal
        };
        let round = round.with_terminal(next);
        let others = others.map(|(terminal, bag)| (next(terminal), bag));
        Province { round, others, line, hub, folder }
    }

    /// The last row of each terminal that has left it.
    fn through(&mut self) -> [u64; 3] {
        self.all().map(|one| names(&one.to.spool.join("out")).iter().map(|name| name.last.0).max().unwrap())
    }

    /// Until each has taken the hub's word as far as this: those batches go.
    fn swept(&mut self, through: [u64; 3]) {
        for (one, through) in self.all().into_iter().zip(through) {
            let out = one.to.spool.join("out");
            one.until("what the hub has is swept", || names(&out).iter().all(|name| name.last.0 > through));
        }
    }

    fn firsts(&mut self) -> [u64; 3] {
        self.all().map(|one| one.stage.rows(Sequence(0)).unwrap().first().unwrap().sequence.0)
    }
}

fn listed() -> Setting {
    let province = province().unwrap();
    let listed = (1..=UNCHANGED).map(|serial| {
        let person = Person::new(serial).unwrap();
        (vec![province.subject(&person.document).unwrap()], Colour::Green)
    });
    Setting { listed: listed.collect(), ..Setting::default() }
}

#[test]
fn one_round_of_a_province_reaches_three_terminals_by_three_ways_and_every_record_comes_back_once() {
    let mut land = Province::new();
    land.night();
    land.renewed();
    let people = |verdict| [(3, verdict), (500, verdict), (CHANGED, verdict), (UNCHANGED, Verdict::Pass)];
    land.decide(&people(Verdict::Pass));
    land.round.step_of(1..=CHANGED, "red");
    land.decide(&[(3, Verdict::Pass)]);
    land.night();
    let through = land.through();
    land.renewed();
    land.decide(&people(Verdict::Stop));
    // The night after: what was recorded by the new list leaves, the word on what left before is taken.
    land.night();
    arrived(&mut land);
    land.swept(through);
    only_the_rule_lets_go(land);
}

/// Everything that three gates recorded until now is at the hub, each row once.
fn arrived(land: &mut Province) {
    let places = land.hub.places();
    let distinct: BTreeSet<_> = places.iter().collect();
    assert_eq!(distinct.len(), places.len(), "no place twice");
    let journals: BTreeSet<_> = places.iter().map(|(terminal, journal, _)| (terminal, journal)).collect();
    assert_eq!(journals.len(), 3);
    let mut told = Vec::new();
    for one in land.all() {
        let number = one.number().value();
        let held: Vec<u64> = places.iter().filter(|place| place.0 == number).map(|place| place.2).collect();
        let last = *held.iter().max().unwrap();
        assert_eq!(held.len() as u64, last, "from the first row on, without a gap");
        let rows = one.stage.rows(Sequence(0)).unwrap();
        assert!(
            rows.iter().map(|row| row.sequence.0).take(held.len()).eq(1..=last),
            "all are kept there, too"
        );
        // Nine decisions by a card, and what a gate records of its own.
        let decisions = rows.iter().filter(|row| row.record.verdict != 0 && row.sequence.0 <= last).count();
        assert!(decisions >= 9, "{decisions}");
        told.push((number, last, decisions));
    }
    println!("terminal, rows at the hub each once, verdicts among them: {told:?}");
    let person = Person::new(3).unwrap();
    for folder in ["hub", "records", "b/stick", "c/stick"] {
        assert!(!holds(&land.path(folder), person.number.as_bytes()), "{folder}");
    }
}

/// The hub's word came by three ways; rows go once so many days were seen to begin, and not before.
fn only_the_rule_lets_go(mut land: Province) {
    assert_eq!(land.firsts(), [1; 3]);
    let mut gone_on = [None; 3];
    for day in 1..=DAYS {
        land = land.next_day();
        for (first, gone) in land.firsts().into_iter().zip(&mut gone_on) {
            if first > 1 && gone.is_none() {
                *gone = Some(day);
            }
        }
    }
    println!("rows were let go of on day {gone_on:?}");
    assert!(gone_on.iter().all(|day| day.is_some_and(|day| day > 7)), "{gone_on:?}");
}
