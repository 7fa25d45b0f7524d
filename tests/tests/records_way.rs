//! Records from the gate to the hub and the hub's word back, with nothing but folders between them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what goes wrong here must fail the test")]
#![allow(dead_code, reason = "the hub is shared with the sticks' tests, which use more of it")]

#[path = "support/hub.rs"]
mod hub;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gate_core::query::{QueryNumber, Sequence};
use gate_core::records::names::BatchName;
use gate_proof::ed25519::SigningKey;
use gate_signing::key_name::KeyName;
use gate_sim::people::Person;
use gate_sim::stage::{Setting, Stage, province, terminal_number};
use gate_wire::credential::Colour;
use hub::Hub;

const DAY_S: u64 = 86_400;
/// Real waits for the thread that writes files, at most.
const PATIENCE: usize = 600;

struct World {
    stage: Option<Stage>,
    spool: PathBuf,
    hub: Hub,
    _folder: tempfile::TempDir,
}

impl World {
    /// A gate whose list has three people, a hub that its key set names, and folders between them.
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let spool = folder.path().join("spool");
        let mut province = province().unwrap();
        hub::admit(province.province_mut(), gate_sim::stage::beginning().minus(DAY_S));
        let listed = [Colour::Green, Colour::Yellow, Colour::Red].into_iter().zip(1..);
        let listed = listed.map(|(colour, serial)| {
            (vec![province.subject(&Person::new(serial).unwrap().document).unwrap()], colour)
        });
        let setting = Setting { listed: listed.collect(), spool: Some(spool.clone()), ..Setting::default() };
        let stage = Stage::new(setting, province).unwrap();
        let seed = stage.province.key_seed(KeyName::TerminalRecord(terminal_number())).unwrap();
        let mut hub = Hub::default();
        hub.enrol(terminal_number(), SigningKey::from_seed(&seed).public_key());
        World { stage: Some(stage), spool, hub, _folder: folder }
    }

    fn stage(&mut self) -> &mut Stage {
        self.stage.as_mut().unwrap()
    }

    fn out(&self) -> PathBuf {
        self.spool.join("out")
    }

    /// The person's card on the reader; the query number told.
    fn tap(&mut self, serial: u16) -> Option<QueryNumber> {
        let stage = self.stage();
        let since = stage.screens_shown();
        stage.reader.pad.insert(Person::new(serial).unwrap().card(("20150101", "20350101")).unwrap());
        stage.run(1_500).unwrap();
        stage.reader.pad.remove();
        stage.run(11_000).unwrap();
        stage.told_since(since).unwrap().query
    }

    /// Runs the gate until its folders are so.
    fn until(&mut self, what: &str, wanted: impl Fn(&World) -> bool) {
        for _ in 0..PATIENCE {
            if wanted(self) {
                return;
            }
            self.stage().run(1_000).unwrap();
            std::thread::sleep(Duration::from_millis(2));
        }
        panic!("{what}: not so after {PATIENCE} s");
    }

    /// What was recorded up to now lies in the outbox, and so does an account of it.
    fn everything_is_out(&mut self) {
        self.stage().gate().hurry_records();
        let last = self.stage().last_row();
        self.until("every row in the outbox", |world| {
            names(&world.out()).iter().any(|name| name.last.0 >= last)
        });
        let _ = fs::remove_file(self.out().join("000042.tfc"));
        self.stage().gate().hurry_records();
        self.until("an account", |world| world.out().join("000042.tfc").exists());
    }

    fn pause(&mut self, days: u64) {
        let stage = self.stage.take().unwrap().reboot(days * DAY_S).unwrap();
        self.stage = Some(stage);
    }

    /// The carrier brings what is out, and the hub's word back.
    fn carry(&mut self) {
        let out = self.out();
        self.hub.take(&out);
        let now = self.stage().time();
        self.hub.acknowledge(&self.spool.join("acks"), now);
    }

    fn first_kept(&mut self) -> u64 {
        self.stage().rows(Sequence(0)).unwrap().first().map_or(u64::MAX, |row| row.sequence.0)
    }
}

fn names(out: &Path) -> Vec<BatchName> {
    let Ok(entries) = fs::read_dir(out) else { return Vec::new() };
    entries.filter_map(|entry| BatchName::parse(entry.unwrap().file_name().to_str().unwrap())).collect()
}

#[test]
fn every_record_arrives_once_and_is_let_go_of_only_when_it_is_acknowledged_and_old() {
    let mut world = World::new();
    for serial in 1..=3 {
        world.tap(serial);
    }
    world.everything_is_out();
    world.carry();
    world.until("the outbox swept", |world| names(&world.out()).is_empty());
    let through = world.stage().last_row();
    world.pause(9);
    world.tap(1);
    assert_eq!(world.first_kept(), 1, "a date alone makes nothing old: a clock can jump");
    for _ in 0..9 {
        world.pause(1);
        world.stage().run(5_000).unwrap();
    }
    let first = world.first_kept();
    assert!(first > through, "{first}: what was acknowledged is old now");
    world.pause(30);
    world.stage().run(5_000).unwrap();
    assert_eq!(world.first_kept(), first, "what nobody acknowledged stays, however old");
    world.everything_is_out();
    world.carry();
    let last = world.stage().last_row();
    let held: BTreeSet<u64> = world.hub.rows.keys().map(|(_, sequence)| *sequence).collect();
    assert!((1..=last).all(|row| held.contains(&row)), "every record, those let go of too");
    assert_eq!((world.hub.conflicts.len(), world.hub.refused), (0, 0));
    assert!(world.stage().chain_is_whole().unwrap());
}

#[test]
fn a_hubs_word_on_other_rows_lets_nothing_go_and_the_lane_goes_on() {
    let mut world = World::new();
    world.tap(1);
    world.everything_is_out();
    let out = world.out();
    world.hub.take(&out);
    // The hub holds other rows than this journal's: as if a copy of this terminal had sent them.
    let mut forged: Vec<_> = world.hub.rows.iter().map(|(place, row)| (*place, row.clone())).collect();
    forged.iter_mut().for_each(|(_, row)| row.sealed.tag[0] ^= 1);
    world.hub.rows = forged.into_iter().collect();
    let now = world.stage().time();
    world.hub.acknowledge(&world.spool.join("acks"), now);
    for _ in 0..40 {
        world.stage().run(1_000).unwrap();
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(!names(&world.out()).is_empty(), "nothing is swept");
    assert!(world.tap(3).is_some());
}

#[test]
fn counters_of_five_offline_days_sum_right_and_are_carried_twice_without_harm() {
    let mut world = World::new();
    for day in 0..5_u16 {
        // One more each day passes, one is stopped.
        for _ in 0..=day {
            world.tap(1);
        }
        world.tap(3);
        world.pause(1);
    }
    world.everything_is_out();
    world.carry();
    world.carry();
    let first = gate_sim::stage::beginning().civil_day().0;
    let counted = world.hub.counted();
    for day in 0..5 {
        assert_eq!(counted.get(&(first + day, b'P')), Some(&(day + 1)), "day {day}: {counted:?}");
        assert_eq!(counted.get(&(first + day, b'S')), Some(&1), "day {day}: {counted:?}");
    }
    let account = &world.hub.accounts[&terminal_number()];
    assert_eq!(account.held.iter().filter(|held| held.as_of.unix() == 0).count(), 0);
    assert!(account.software.starts_with("gate ") && account.next.0 > 20);
}

#[test]
fn a_folder_that_cannot_be_written_costs_no_passage_and_rows_leave_once_it_can() {
    let mut world = World::new();
    fs::create_dir_all(world.spool.parent().unwrap()).unwrap();
    let out = world.out();
    let _ = fs::remove_dir_all(&world.spool);
    fs::write(&world.spool, b"a file where the folder should be").unwrap();
    assert!(world.tap(1).is_some());
    world.stage().gate().hurry_records();
    for _ in 0..10 {
        world.stage().run(1_000).unwrap();
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(!out.exists());
    fs::remove_file(&world.spool).unwrap();
    world.everything_is_out();
    world.carry();
    assert!(!world.hub.rows.is_empty());
}
