//! From the authorities' change to the gate's verdict.

use std::fs;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use gate_core::verdict::Verdict;
use gate_proof::digest::sha256;
use gate_proof::seal::{OpeningKey, SealingKey};
use gate_proof::subject::Subject;
use gate_signing::publish::{Device, Publication};
use gate_signing::repo::{Content, Staged};
use gate_sim::people::Person;
use gate_sim::stage::{Setting, Stage, province, terminal_number};
use gate_status::{ListFile, alleged_delta_head};
use gate_trust::memory::Memory;
use gate_trust::{Directories, Look, Now, Repository, run};
use gate_wire::credential::Colour;
use gate_wire::time::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::authority::Authority;
use super::land::unlocked;
use super::night::names;

/// The province's side and one terminal's, with a spool between them.
pub(crate) struct Round {
    pub(crate) stage: Stage,
    trust: Authority,
    pub(crate) status: Authority,
    pub(crate) to: Directories,
    pub(crate) steps: Vec<PathBuf>,
    _folder: tempfile::TempDir,
}

/// Colours that the authority changes at once.
pub(crate) const CHANGED: u16 = 1_000;

fn person(serial: u16) -> Person {
    Person::new(serial).unwrap()
}

impl Round {
    pub(crate) fn new() -> Round {
        Round::with(0)
    }

    /// With so many people more in the list, of whom nothing but their subjects is known.
    pub(crate) fn with(more: u16) -> Round {
        let province = province().unwrap();
        let listed = (1..=CHANGED + 1).map(|serial| {
            let person = Person::new(serial).unwrap();
            (vec![province.subject(&person.document).unwrap()], Colour::Green)
        });
        let strangers = (0..more).map(|n| {
            let digest = sha256(&[&n.to_be_bytes()]);
            (vec![Subject::from_bytes(*digest.as_bytes().first_chunk().unwrap())], Colour::Green)
        });
        let folder = tempfile::tempdir().unwrap();
        let spool = Some(folder.path().join("spool"));
        let setting = Setting { listed: listed.chain(strangers).collect(), spool, ..Setting::default() };
        let stage = Stage::new(setting, province).unwrap();
        let now = stage.time();
        let [trust, status] = Repository::ALL.map(|one| Authority::new(folder.path(), one, now));
        let to = Directories {
            spool: folder.path().join("spool"),
            data: stage.directory().join("believed"),
            state: folder.path().join("state"),
        };
        let round = Round { stage, trust, status, to, steps: Vec::new(), _folder: folder };
        round.seed();
        round
    }

    /// What the terminal's image brings: the first roots.
    fn seed(&self) {
        for (repository, authority) in Repository::ALL.into_iter().zip([&self.trust, &self.status]) {
            let memory = Memory::open(&self.to.state).unwrap();
            let draft = authority.path.join("draft/root.json");
            memory.seed(repository, &draft).unwrap();
        }
    }

    fn list(&self) -> PathBuf {
        self.stage.directory().join("status.db")
    }

    fn device(&self) -> SealingKey {
        let text = fs::read_to_string(self.to.data.join("terminal.keys.json")).unwrap();
        let own: serde_json::Value = serde_json::from_str(&text).unwrap();
        let seed = gate_core::json::hex::<32>(own["device_key_seed"].as_str().unwrap()).unwrap();
        OpeningKey::from_seed(&seed).sealing_key()
    }

    /// Everything of this moment, published in both repositories.
    pub(crate) fn bring_out(&mut self) {
        let (now, list, device) = (self.stage.time(), self.list(), self.device());
        let mut rng = ChaCha20Rng::seed_from_u64(5);
        let inputs = self.stage.setting().inputs.clone();
        let terminal = (terminal_number(), Device::Enrolled(&device));
        self.stage.province.province_mut().prepare(terminal, &mut rng).unwrap();
        let publication = Publication {
            now,
            terminal: terminal.0,
            device: terminal.1,
            inputs: &inputs,
            status: None,
            deltas: &[],
            without: &[],
        };
        let devices = [(terminal_number(), device.clone())];
        let province = self.stage.province.province();
        let all = province.export(&publication, &devices, &[&list], &mut rng).unwrap();
        self.trust.bring_out(&all, now);
        self.bring_list();
    }

    pub(crate) fn bring_list(&self) {
        self.stage_list();
        self.status.sign(gate_tuf::Role::Targets, &[0, 1]);
        self.status.publish(self.stage.time()).unwrap();
    }

    fn stage_list(&self) {
        let list = self.stage.province.province().open_list(&self.list()).unwrap();
        let (head, now) = (*list.base_head(), self.stage.time());
        let mut all = vec![Staged {
            name: ListFile::Base(head.epoch).name(),
            version: head.epoch.0,
            issued: head.as_of,
            content: Content::File(self.list()),
        }];
        for path in &self.steps {
            let head = alleged_delta_head(&fs::read(path).unwrap()).unwrap();
            let file = ListFile::Delta(head.epoch, gate_status::Span { from: head.from, to: head.to });
            all.push(Staged {
                name: file.name(),
                version: head.to,
                issued: head.as_of,
                content: Content::File(path.clone()),
            });
        }
        self.status.repo.stage(&all, &[], now.plus(90 * super::authority::DAY_S)).unwrap();
    }

    fn step(&mut self, colour: &str) {
        self.step_of(1..=CHANGED, colour);
    }

    pub(crate) fn step_of(&mut self, people: RangeInclusive<u16>, colour: &str) {
        let row = |serial| format!("resident-id,{},,{colour}\n", person(serial).number);
        let rows: String = people.map(row).collect();
        self.steps.push(self.stage.step(&rows).unwrap());
    }

    pub(crate) fn carry(&self) {
        self.carry_to(&self.to.spool);
    }

    /// What a carrier does, into a folder of its own.
    pub(crate) fn carry_to(&self, folder: &std::path::Path) {
        self.trust.carry(folder);
        self.status.carry(folder);
    }

    pub(crate) fn keep(&self) -> gate_trust::report::Report {
        keep(&self.to, self.stage.time())
    }

    /// What the person's card gets, a while after the last one.
    pub(crate) fn verdict(&mut self, serial: u16) -> Verdict {
        self.stage.run(11_000).unwrap();
        let since = self.stage.screens_shown();
        self.stage.reader.pad.insert(person(serial).card(("20150101", "20350101")).unwrap());
        self.stage.run(3_000).unwrap();
        self.stage.reader.pad.remove();
        self.stage.run(11_000).unwrap();
        self.stage.told_since(since).unwrap().verdict
    }

    /// Until every row of the journal is in the outbox.
    pub(crate) fn everything_is_out(&mut self) {
        let out = self.to.spool.join("out");
        self.stage.gate().hurry_records();
        let last = self.stage.last_row();
        self.until("every row is out", || names(&out).iter().any(|name| name.last.0 >= last));
    }

    /// Lets the gate turn until something is so.
    pub(crate) fn until(&mut self, what: &str, wanted: impl Fn() -> bool) {
        for _ in 0..600 {
            if wanted() {
                return;
            }
            self.stage.run(1_000).unwrap();
            std::thread::sleep(Duration::from_millis(2));
        }
        assert!(wanted(), "{what}");
    }
}

fn keep(to: &Directories, now: Timestamp) -> gate_trust::report::Report {
    unlocked(|| run(to, Now { wall: now, confirmed: Some(now) }, Look::Usual))
}

#[test]
fn a_thousand_colours_changed_by_two_authorities_are_the_gates_next_verdicts() {
    let mut round = Round::new();
    assert_eq!(round.verdict(3), Verdict::Pass);
    for (colour, expected) in [("red", Verdict::Stop), ("yellow", Verdict::Limit)] {
        round.step(colour);
        round.bring_out();
        round.carry();
        let report = round.keep();
        assert!(!report.has_refusals(), "{}", report.in_words());
        round.stage.run_until_renewed().unwrap();
        assert_eq!(round.verdict(3), expected, "{colour}");
        assert_eq!(round.verdict(CHANGED), expected, "the last of them");
        assert_eq!(round.verdict(CHANGED + 1), Verdict::Pass, "nobody else");
    }
    // And so it is after a start, from the files that the keeper put there.
    round.stage = round.stage.reboot(30).unwrap();
    assert_eq!(round.verdict(3), Verdict::Limit);
}

#[test]
fn one_authority_alone_changes_no_colour() {
    let mut round = Round::new();
    round.bring_out();
    round.carry();
    assert!(!round.keep().has_refusals());
    round.step("red");
    let before = round.status.newest_snapshot();
    round.stage_list();
    round.status.sign(gate_tuf::Role::Targets, &[0]);
    let refused = round.status.publish(round.stage.time()).unwrap_err();
    assert!(
        format!("{:#}", anyhow::Error::from(refused)).contains("1 of the 2 signatures that targets needs")
    );
    assert_eq!(round.status.newest_snapshot(), before, "nothing is published");
    round.status.sign(gate_tuf::Role::Targets, &[1]);
    round.status.publish(round.stage.time()).unwrap();
    round.carry();
    assert!(!round.keep().has_refusals());
    round.stage.run_until_renewed().unwrap();
    assert_eq!(round.verdict(3), Verdict::Stop);
}
