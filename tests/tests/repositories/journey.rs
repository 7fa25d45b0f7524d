//! From the authorities' change to the gate's verdict.

use std::fs;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use gate_core::query::TerminalNumber;
use gate_core::verdict::Verdict;
use gate_proof::digest::sha256;
use gate_proof::seal::SealingKey;
use gate_proof::subject::Subject;
use gate_signing::demo::DemoProvince;
use gate_signing::publish::{Device, Publication};
use gate_signing::repo::{Content, Staged};
use gate_sim::people::Person;
use gate_sim::stage::{Setting, province};
use gate_status::{ListFile, alleged_delta_head};
use gate_trust::Repository;
use gate_wire::credential::Colour;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::authority::Authority;
use super::terminal::Terminal;

/// The province's side and one terminal's, with a spool between them.
pub(crate) struct Round {
    pub(crate) terminal: Terminal,
    pub(crate) trust: Authority,
    pub(crate) status: Authority,
    /// Other terminals of the province, to whose devices its keys are sealed too.
    pub(crate) others: Vec<(TerminalNumber, SealingKey)>,
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
        let setting = Setting { listed: listed.chain(strangers).collect(), ..Setting::default() };
        Round::of(setting, province)
    }

    pub(crate) fn of(setting: Setting, province: DemoProvince) -> Round {
        let folder = tempfile::tempdir().unwrap();
        let terminal = Terminal::new(setting, province, folder.path());
        let now = terminal.stage.time();
        let [trust, status] = Repository::ALL.map(|one| Authority::new(folder.path(), one, now));
        terminal.seed([&trust, &status]);
        Round { terminal, trust, status, others: Vec::new(), steps: Vec::new(), _folder: folder }
    }

    /// The same round after something befell the terminal.
    pub(crate) fn with_terminal(self, after: impl FnOnce(Terminal) -> Terminal) -> Round {
        Round { terminal: after(self.terminal), ..self }
    }

    fn list(&self) -> PathBuf {
        self.terminal.stage.directory().join("status.db")
    }

    /// Everything of this moment, published in both repositories.
    pub(crate) fn bring_out(&mut self) {
        let (now, list, device) = (self.terminal.stage.time(), self.list(), self.terminal.device());
        let mut rng = ChaCha20Rng::seed_from_u64(5);
        let inputs = self.terminal.stage.setting().inputs.clone();
        let terminal = (self.terminal.number(), Device::Enrolled(&device));
        self.terminal.stage.province.province_mut().prepare(terminal, &mut rng).unwrap();
        let publication = Publication {
            now,
            terminal: terminal.0,
            device: terminal.1,
            inputs: &inputs,
            status: None,
            deltas: &[],
            without: &[],
        };
        let mut devices = vec![(terminal.0, device.clone())];
        devices.extend(self.others.iter().cloned());
        let province = self.terminal.stage.province.province();
        let all = province.export(&publication, &devices, &[&list], &mut rng).unwrap();
        self.trust.bring_out(&all, now);
        self.bring_list();
    }

    pub(crate) fn bring_list(&self) {
        self.stage_list();
        self.status.sign(gate_tuf::Role::Targets, &[0, 1]);
        self.status.publish(self.terminal.stage.time()).unwrap();
    }

    pub(crate) fn stage_list(&self) {
        let list = self.terminal.stage.province.province().open_list(&self.list()).unwrap();
        let (head, now) = (*list.base_head(), self.terminal.stage.time());
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

    pub(crate) fn step(&mut self, colour: &str) {
        self.step_of(1..=CHANGED, colour);
    }

    pub(crate) fn step_of(&mut self, people: RangeInclusive<u16>, colour: &str) {
        let row = |serial| format!("resident-id,{},,{colour}\n", person(serial).number);
        let rows: String = people.map(row).collect();
        self.steps.push(self.terminal.stage.step(&rows).unwrap());
    }

    pub(crate) fn carry(&self) {
        self.carry_to(&self.terminal.to.spool);
    }

    /// What a carrier does, into a folder of its own.
    pub(crate) fn carry_to(&self, folder: &std::path::Path) {
        self.trust.carry(folder);
        self.status.carry(folder);
    }
}

#[test]
fn a_thousand_colours_changed_by_two_authorities_are_the_gates_next_verdicts() {
    let mut round = Round::new();
    assert_eq!(round.terminal.verdict(3), Verdict::Pass);
    for (colour, expected) in [("red", Verdict::Stop), ("yellow", Verdict::Limit)] {
        round.step(colour);
        round.bring_out();
        round.carry();
        let report = round.terminal.keep();
        assert!(!report.has_refusals(), "{}", report.in_words());
        round.terminal.stage.run_until_renewed().unwrap();
        assert_eq!(round.terminal.verdict(3), expected, "{colour}");
        assert_eq!(round.terminal.verdict(CHANGED), expected, "the last of them");
        assert_eq!(round.terminal.verdict(CHANGED + 1), Verdict::Pass, "nobody else");
    }
    // And so it is after a start, from the files that the keeper put there.
    round = round.with_terminal(|terminal| terminal.after(30));
    assert_eq!(round.terminal.verdict(3), Verdict::Limit);
}

#[test]
fn one_authority_alone_changes_no_colour() {
    let mut round = Round::new();
    round.bring_out();
    round.carry();
    assert!(!round.terminal.keep().has_refusals());
    round.step("red");
    let before = round.status.newest_snapshot();
    round.stage_list();
    round.status.sign(gate_tuf::Role::Targets, &[0]);
    let refused = round.status.publish(round.terminal.stage.time()).unwrap_err();
    assert!(
        format!("{:#}", anyhow::Error::from(refused)).contains("1 of the 2 signatures that targets needs")
    );
    assert_eq!(round.status.newest_snapshot(), before, "nothing is published");
    round.status.sign(gate_tuf::Role::Targets, &[1]);
    round.status.publish(round.terminal.stage.time()).unwrap();
    round.carry();
    assert!(!round.terminal.keep().has_refusals());
    round.terminal.stage.run_until_renewed().unwrap();
    assert_eq!(round.terminal.verdict(3), Verdict::Stop);
}
