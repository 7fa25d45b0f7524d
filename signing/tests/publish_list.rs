//! A list and its deltas as they are published: what a terminal takes, the least that it lacks, and nothing else.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers: a failure here is the test's failure"
)]

#[path = "support/device.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};

use gate_core::manifest::{DELTAS_MOST, Dataset, FILE_NAME, Manifest};
use gate_core::query::TerminalNumber;
use gate_signing::demo::DemoProvince;
use gate_signing::inputs::Inputs;
use gate_signing::list::Listed;
use gate_signing::publish::{Device, ListNotPublished, Publication, PublishError, Published};
use gate_status::{Answer, DeltaDamaged, DeltaRefused, Scope, SealedList, StatusList};
use gate_wire::credential::Colour;
use gate_wire::document::{Document, DocumentKind};
use gate_wire::time::Timestamp;

const NUMBER: &str = "510100194001010010";

fn now() -> Timestamp {
    Timestamp::from_unix(1_795_104_000).unwrap()
}

/// A desk with a list of one person, and a terminal's directory.
struct Desk {
    folder: tempfile::TempDir,
    demo: DemoProvince,
    steps: Vec<PathBuf>,
}

impl Desk {
    fn new() -> Desk {
        Desk::of([9; 32])
    }

    fn of(seed: [u8; 32]) -> Desk {
        let (folder, mut demo) =
            (tempfile::tempdir().unwrap(), DemoProvince::from_seed(seed, now()).unwrap());
        let document = Document::parse(DocumentKind::ResidentId, NUMBER).unwrap();
        let people = [Listed { subjects: vec![demo.subject(&document).unwrap()], colour: Colour::Green }];
        let base = folder.path().join("list.db");
        demo.build_list(&base, Scope::Population, now().minus(86_400), people.into_iter()).unwrap();
        Desk { folder, demo, steps: Vec::new() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn list(&self) -> SealedList {
        self.demo.province().open_list(&self.path("list.db")).unwrap()
    }

    /// `count` steps more; the person has this colour after the last.
    fn step(&mut self, count: u32, colour: &str) {
        let mut list = self.list();
        for step in &self.steps {
            list.apply(&fs::read(step).unwrap()).unwrap();
        }
        for _ in 0..count {
            let (step, table) = (list.state().step + 1, table(colour));
            let as_of = list.state().as_of.plus(300);
            let built = self
                .demo
                .province_mut()
                .build_delta(&list, as_of, table.as_bytes(), &mut Vec::new())
                .unwrap();
            let path = self.path(&format!("step-{step}"));
            fs::write(&path, &built.file).unwrap();
            list.apply(&built.file).unwrap();
            self.steps.push(path);
        }
    }

    /// The steps, and what the ladder makes of them.
    /// Forgets every step made, and signs others for them.
    fn fork(&mut self) -> Vec<PathBuf> {
        let kept = std::mem::take(&mut self.steps);
        let begin = self.list().state();
        self.demo.province_mut().sign_step_again(&begin).unwrap();
        kept.into_iter()
            .map(|path| {
                let kept = path.with_extension("first");
                fs::rename(&path, &kept).unwrap();
                kept
            })
            .collect()
    }

    fn ladder(&self) -> Vec<PathBuf> {
        let steps: Vec<_> = self.steps.iter().map(|step| fs::read(step).unwrap()).collect();
        let files = self.demo.province().build_ladder(&mut self.list(), &steps).unwrap();
        let rungs = files.iter().map(|rung| {
            let path = self.path(&format!("rung-{}-{}", rung.span.from, rung.span.to));
            fs::write(&path, &rung.file).unwrap();
            path
        });
        self.steps.iter().cloned().chain(rungs).collect()
    }

    fn publish(&mut self, deltas: &[PathBuf]) -> Result<Published, PublishError> {
        let (list, out) = (self.path("list.db"), self.path("believed"));
        let publication = Publication {
            now: now(),
            terminal: TerminalNumber::new(7).unwrap(),
            device: Device::MadeHere,
            inputs: &Inputs::demo(),
            status: Some(&list),
            deltas,
            without: &[],
        };
        self.demo.publish(&out, &publication)
    }

    fn manifest(&self) -> Manifest {
        Manifest::load(&fs::read(self.path("believed").join(FILE_NAME)).unwrap()).unwrap()
    }

    fn named(&self) -> Vec<String> {
        self.manifest().deltas().map(|delta| delta.file.to_string()).collect()
    }

    /// What a terminal makes of the directory.
    fn answer(&self) -> (u32, Result<Answer, gate_status::ListFault>) {
        let (out, manifest) = (self.path("believed"), self.manifest());
        let keys = support::list_keys(&out);
        let base = manifest.find(Dataset::StatusList).unwrap();
        let mut list = SealedList::open(&out.join(base.file.as_str()), &keys).unwrap();
        for delta in manifest.deltas() {
            list.apply(&fs::read(out.join(delta.file.as_str())).unwrap()).unwrap();
            assert_eq!((delta.version, delta.as_of), (list.state().step, list.state().as_of));
        }
        let document = Document::parse(DocumentKind::ResidentId, NUMBER).unwrap();
        (list.state().step, list.find(&self.demo.subject(&document).unwrap()))
    }
}

fn table(colour: &str) -> String {
    format!("document_kind,number,second_number,colour\nresident-id,{NUMBER},,{colour}\n")
}

fn refused(desk: &mut Desk, delta: &Path) -> DeltaRefused {
    match desk.publish(&[delta.to_path_buf()]) {
        Err(PublishError::List(ListNotPublished::TakeDelta { path, source })) => {
            assert_eq!(path, delta);
            source
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn deltas_are_published_behind_their_base_in_order_whatever_order_they_are_given_in() {
    let mut desk = Desk::new();
    desk.step(3, "red");
    let given: Vec<_> = desk.steps.iter().rev().cloned().collect();
    let published = desk.publish(&given).unwrap();
    assert_eq!(published.list.unwrap().step, 3);
    assert_eq!(desk.answer(), (3, Ok(Answer::Listed(Colour::Red))));
    desk.step(1, "yellow");
    let last = desk.steps[3..].to_vec();
    desk.publish(&last).unwrap();
    assert_eq!(desk.named().len(), 4, "what the terminal has stays and needs not be given again");
    assert_eq!(desk.answer(), (4, Ok(Answer::Listed(Colour::Yellow))));
    desk.publish(&[]).unwrap();
    assert_eq!(desk.answer(), (4, Ok(Answer::Listed(Colour::Yellow))), "nothing new takes nothing away");
}

#[test]
fn a_terminal_behind_gets_the_fewest_files_of_the_ladder() {
    let mut desk = Desk::new();
    desk.step(30, "red");
    let offer = desk.ladder();
    desk.publish(&offer).unwrap();
    assert_eq!(desk.named(), ["status-delta.1.0-24.tfd", "status-delta.1.24-30.tfd"].map(String::from));
    desk.step(9, "yellow");
    let offer = desk.ladder();
    desk.publish(&offer).unwrap();
    let added = ["status-delta.1.24-36.tfd", "status-delta.1.36-39.tfd"];
    assert_eq!(
        desk.named()[2..],
        added.map(String::from),
        "what it has, then what leads furthest from there"
    );
    assert_eq!(desk.answer(), (39, Ok(Answer::Listed(Colour::Yellow))));
}

#[test]
fn more_deltas_than_a_manifest_names_are_replaced_by_the_ladders() {
    let mut desk = Desk::new();
    desk.step(DELTAS_MOST as u32, "red");
    let steps = desk.steps.clone();
    desk.publish(&steps).unwrap();
    assert_eq!(desk.named().len(), DELTAS_MOST);
    desk.step(1, "yellow");
    let last = desk.steps[DELTAS_MOST..].to_vec();
    let refused = desk.publish(&last).unwrap_err();
    let PublishError::List(ListNotPublished::LeadThere { from: 0, to: 25 }) = refused else {
        panic!("{refused}")
    };
    let offer = desk.ladder();
    desk.publish(&offer).unwrap();
    assert_eq!(desk.named().len(), 2);
    assert_eq!(desk.answer(), (25, Ok(Answer::Listed(Colour::Yellow))));
}

#[test]
fn a_delta_of_another_history_is_never_passed_over_in_silence() {
    let mut desk = Desk::new();
    desk.step(12, "red");
    let first = desk.fork();
    desk.step(12, "yellow");
    let (second, offer) = (desk.steps.clone(), desk.ladder());
    let merged = offer.iter().find(|path| path.ends_with("rung-0-12")).unwrap().clone();
    let refused = |desk: &mut Desk, given: &[&PathBuf]| {
        let given: Vec<_> = given.iter().map(|path| (*path).clone()).collect();
        match desk.publish(&given) {
            Err(PublishError::List(ListNotPublished::JoinHistories { path })) => path,
            Err(PublishError::List(ListNotPublished::TakeDelta { path, source: DeltaRefused::Link })) => path,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(&mut desk, &[&first[0], &second[0]]), second[0], "in one command");
    assert_eq!(refused(&mut desk, &[&second[0], &first[0]]), first[0]);
    desk.publish(&first[..1]).unwrap();
    assert_eq!(refused(&mut desk, &[&second[0]]), second[0], "against what the terminal has");
    assert_eq!(refused(&mut desk, &[&merged]), merged, "bridged by a longer file");
    let published = desk.publish(&first).unwrap();
    assert_eq!(
        (published.list.unwrap().step, published.unused.len()),
        (12, 1),
        "given again: told, not refused"
    );
    assert_eq!(desk.answer(), (12, Ok(Answer::Listed(Colour::Red))));
}

#[test]
fn nothing_is_published_that_leads_a_terminal_back() {
    let mut desk = Desk::new();
    desk.step(2, "red");
    let steps = desk.steps.clone();
    desk.publish(&steps).unwrap();
    // What the terminal has of the deltas is gone.
    for delta in desk.manifest().deltas() {
        fs::remove_file(desk.path("believed").join(delta.file.as_str())).unwrap();
    }
    let back = |desk: &mut Desk, deltas: &[PathBuf]| match desk.publish(deltas) {
        Err(PublishError::List(ListNotPublished::MoveBack { there, ours })) => (there, ours),
        other => panic!("{other:?}"),
    };
    assert_eq!(back(&mut desk, &steps[..1]), ((1, 2), (1, 1)));
    desk.publish(&steps).unwrap();
    let old = fs::read(desk.path("list.db")).unwrap();
    fs::remove_file(desk.path("list.db")).unwrap();
    let document = Document::parse(DocumentKind::ResidentId, NUMBER).unwrap();
    let people = [Listed { subjects: vec![desk.demo.subject(&document).unwrap()], colour: Colour::Red }];
    let base = desk.path("list.db");
    desk.demo.build_list(&base, Scope::Population, now(), people.into_iter()).unwrap();
    desk.publish(&[]).unwrap();
    fs::write(desk.path("list.db"), old).unwrap();
    assert_eq!(back(&mut desk, &steps), ((2, 0), (1, 2)), "an older base");
    assert_eq!(desk.answer(), (0, Ok(Answer::Listed(Colour::Red))), "and the manifest is as it was");
}

#[test]
fn what_a_terminal_would_refuse_is_not_published_and_nothing_changes() {
    let mut desk = Desk::new();
    desk.step(3, "red");
    let steps = desk.steps.clone();
    desk.publish(&steps[..1]).unwrap();
    let before = fs::read(desk.path("believed").join(FILE_NAME)).unwrap();
    let gap = desk.publish(&steps[2..]).unwrap_err();
    assert!(matches!(gap, PublishError::List(ListNotPublished::LeadThere { from: 0, to: 3 })), "{gap}");

    let mut bytes = fs::read(&steps[1]).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(desk.path("torn"), bytes).unwrap();
    let torn = desk.path("torn");
    assert_eq!(refused(&mut desk, &torn), DeltaRefused::Damaged(DeltaDamaged::Body));

    let mut other = Desk::of([8; 32]);
    other.step(2, "red");
    assert!(matches!(refused(&mut desk, &other.steps[1]), DeltaRefused::Base), "another founding's");

    let list = desk.path("list.db");
    let publication = Publication {
        now: now(),
        terminal: TerminalNumber::new(7).unwrap(),
        device: Device::MadeHere,
        inputs: &Inputs::demo(),
        status: None,
        deltas: &steps,
        without: &[],
    };
    let out = desk.path("believed");
    let lost = desk.demo.publish(&out, &publication).unwrap_err();
    assert!(matches!(lost, PublishError::List(ListNotPublished::FindList)), "{lost}");
    assert_eq!(fs::read(desk.path("believed").join(FILE_NAME)).unwrap(), before);

    // A flipped bit in a leaf: nobody's answer would be wrong, but a person's would be missing.
    let fresh = desk.path("fresh");
    let mut bytes = fs::read(&list).unwrap();
    // The end of the second page: the one leaf there is.
    bytes[2 * 4096 - 20] ^= 1;
    fs::write(desk.path("flipped.db"), bytes).unwrap();
    let (flipped, publication) = (desk.path("flipped.db"), Publication { deltas: &[], ..publication });
    let publication = Publication { status: Some(&flipped), ..publication };
    let damaged = desk.demo.publish(&fresh, &publication).unwrap_err();
    assert!(matches!(damaged, PublishError::List(ListNotPublished::ReadList { .. })), "{damaged}");
    assert!(!fresh.exists());
}
