//! Deltas that a terminal refuses, each with its reason in `gate selftest`, and the list that stands all the same.
#![expect(clippy::unwrap_used, reason = "test helpers: what goes wrong here must fail the test")]

use std::fs;
use std::path::{Path, PathBuf};

use gate_core::manifest::FILE_NAME;
use gate_core::query::TerminalNumber;
use gate_proof::digest::sha256;
use gate_signing::demo::DemoProvince;
use gate_signing::inputs::Inputs;
use gate_signing::list::Listed;
use gate_signing::publish::{Device, Publication};
use gate_sim::people::Person;
use gate_sim::stage::beginning;
use gate_status::Scope;
use gate_terminal::selftest;
use gate_wire::credential::Colour;
use serde_json::{Value, json};

/// A desk, its list, its steps, and a terminal's directory.
struct Desk {
    folder: tempfile::TempDir,
    demo: DemoProvince,
    base: PathBuf,
}

impl Desk {
    fn of(seed: u8, listed: u16) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let mut demo = DemoProvince::from_seed([seed; 32], beginning().minus(200_000)).unwrap();
        let base = folder.path().join("list.db");
        let people = (0..listed).map(|n| {
            let subjects = vec![demo.subject(&Person::new(n).unwrap().document).unwrap()];
            Listed { subjects, colour: Colour::Green }
        });
        let people: Vec<_> = people.collect();
        demo.build_list(&base, Scope::Population, beginning().minus(86_400), people.into_iter()).unwrap();
        Desk { folder, demo, base }
    }

    /// Steps of the list, one behind the other.
    fn steps(&mut self, count: u32) -> Vec<Vec<u8>> {
        let mut list = self.demo.province().open_list(&self.base).unwrap();
        let number = Person::new(0).unwrap().number;
        let mut step = || {
            let table = format!("document_kind,number,second_number,colour\nresident-id,{number},,red\n");
            let as_of = list.state().as_of.plus(300);
            let built = self
                .demo
                .province_mut()
                .build_delta(&list, as_of, table.as_bytes(), &mut Vec::new())
                .unwrap();
            list.apply(&built.file).unwrap();
            built.file
        };
        (0..count).map(|_| step()).collect()
    }

    fn publish(&mut self) {
        let publication = Publication {
            now: beginning().minus(3_600),
            terminal: TerminalNumber::new(42).unwrap(),
            device: Device::MadeHere,
            inputs: &Inputs::demo(),
            status: Some(&self.base),
            deltas: &[],
            without: &[],
        };
        let out = self.data();
        self.demo.publish(&out, &publication).unwrap();
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("believed")
    }

    /// What selftest says when the manifest names these deltas, each as leading to the step beside it. No desk of ours
    /// publishes such a manifest.
    fn selftest(&self, deltas: &[(u32, &[u8])]) -> String {
        let (data, path) = (self.data(), self.data().join(FILE_NAME));
        let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let datasets = manifest["datasets"].as_array_mut().unwrap();
        datasets.retain(|entry| entry["dataset"] != "status-delta");
        for (at, (version, bytes)) in deltas.iter().enumerate() {
            let file = format!("delta-{at}.tfd");
            fs::write(data.join(&file), bytes).unwrap();
            let digest =
                sha256(&[bytes]).as_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            datasets.push(json!({"dataset": "status-delta", "file": file, "version": version,
                "as_of": 0, "length": bytes.len(), "sha256": digest}));
        }
        fs::write(&path, manifest.to_string()).unwrap();
        let mut out = Vec::new();
        selftest::run(&config(self.folder.path()), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }
}

fn config(folder: &Path) -> PathBuf {
    let (path, root) = (folder.join("gate.toml"), folder.display().to_string());
    let text = gate_terminal::config::SAMPLE.replace("/var/lib/tianfu-gate", &root);
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn each_delta_that_is_not_for_here_is_refused_with_its_reason_and_the_list_stands() {
    let mut desk = Desk::of(1, 5);
    desk.publish();
    let steps = desk.steps(3);
    let good = desk.selftest(&[(1, &steps[0]), (2, &steps[1])]);
    assert!(
        good.contains("ok    list: epoch 1, step 2, as of 2026-11-19T20:25:00+08:00: every leaf"),
        "{good}"
    );
    assert!(!good.contains("FAIL  status"), "{good}");

    let (elsewhere, other_base) = (Desk::of(2, 5).steps(2), Desk::of(1, 6).steps(2));
    let mut next = Desk::of(1, 5);
    let people = [Listed {
        subjects: vec![next.demo.subject(&Person::new(0).unwrap().document).unwrap()],
        colour: Colour::Green,
    }];
    next.base = next.folder.path().join("next.db");
    let path = next.base.clone();
    next.demo.build_list(&path, Scope::Population, beginning().minus(80_000), people.into_iter()).unwrap();
    let mut torn = steps[1].clone();
    torn.pop();
    for (version, bytes, expected) in [
        (3, &steps[2], "the delta begins at step 2, the list is at 1: fetch what lies between"),
        (2, &steps[0], "the delta leads to step 1, the manifest says 2"),
        (2, &elsewhere[1], "signed by both authorities"),
        (2, &other_base[1], "the delta is for another base"),
        (2, &next.steps(2)[1], "the delta is for epoch 2, the list here is of epoch 1"),
        (2, &torn, "the delta's body is not the one that was signed: fetch it again"),
        (2, &Vec::new(), "a delta of 0 bytes is cut off, or too long"),
    ] {
        let text = desk.selftest(&[(1, &steps[0]), (version, bytes)]);
        let line = text.lines().find(|line| line.starts_with("FAIL  status-delta: ")).unwrap_or_default();
        assert!(line.contains(expected), "{expected}: {text}");
        assert!(line.contains("the list stays at step 1"), "{line}");
        assert!(text.contains("ok    list: epoch 1, step 1,"), "{text}");
    }
}

#[test]
fn a_manifest_that_makes_other_tags_than_the_signed_head_costs_the_list_not_the_people() {
    for (field, value) in [
        ("salt", json!("00000000000000000000000000000000")),
        ("tag_memory_kib", json!(16)),
        ("region", json!("500000")),
    ] {
        let mut desk = Desk::of(1, 5);
        desk.publish();
        assert!(!desk.selftest(&[]).contains("FAIL  status-list"));
        let path = desk.data().join(FILE_NAME);
        let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        manifest["province"][field] = value;
        fs::write(&path, manifest.to_string()).unwrap();
        let text = desk.selftest(&[]);
        let line = text.lines().find(|line| line.starts_with("FAIL  status-list: ")).unwrap_or_default();
        let expected = format!("the manifest's {field} is not the one that the list was made with");
        assert!(line.contains(&expected), "{text}");
    }
}

#[test]
fn a_folded_base_takes_the_deltas_behind_it_and_none_before() {
    use gate_status::{Progress, Shelf};
    let mut desk = Desk::of(1, 5);
    desk.publish();
    let steps = desk.steps(3);
    let shelf = desk.folder.path().join("shelf");
    fs::create_dir(&shelf).unwrap();
    let keys = || Box::new(gate_terminal::secrets::list_keys(&desk.data()).unwrap());
    let mut keeper = Shelf::import(&shelf, keys(), &desk.base).unwrap();
    keeper.take_delta(&steps[0]).unwrap();
    keeper.take_delta(&steps[1]).unwrap();
    while keeper.fold(1).unwrap() == Progress::More {}
    // The keeper's manifest names the folded file as the base.
    let folded = fs::read(shelf.join("base-0000000001-0000000002.tfs")).unwrap();
    let path = desk.data().join(FILE_NAME);
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for entry in manifest["datasets"].as_array_mut().unwrap() {
        if entry["dataset"] == "status-list" {
            entry["file"] = json!("folded.db");
            entry["length"] = json!(folded.len());
        }
    }
    fs::write(desk.data().join("folded.db"), folded).unwrap();
    fs::write(&path, manifest.to_string()).unwrap();
    let text = desk.selftest(&[(3, &steps[2])]);
    assert!(text.contains("ok    list: epoch 1, step 3,"), "{text}");
    let text = desk.selftest(&[(1, &steps[0])]);
    assert!(text.contains("the delta leads to step 1, the list is at 2 already"), "{text}");
}
