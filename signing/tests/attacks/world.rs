//! A desk in a directory of its own, and hands at it.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{SystemTime, UNIX_EPOCH};

use gate_proof::ed25519::SigningKey;
use gate_signing::officers::approval::{Approval, Statement};
use gate_signing::officers::key_in_words;
use gate_wire::time::Timestamp;
use serde_json::Value;
use tempfile::TempDir;

const PASSPHRASE: &str = "a passphrase for tests only";

/// A folder with a desk in `desk`.
pub(crate) struct World {
    dir: TempDir,
}

impl World {
    /// A demo whose keys lie in encrypted files: a passphrase that costs little.
    pub(crate) fn demo() -> World {
        World::founded(&["--demo"])
    }

    /// A real province, with a place of its own.
    pub(crate) fn real() -> World {
        let world = World::founded(&[]);
        let lanes = serde_json::json!([{"lane": 1, "direction": "in"}]);
        let place = serde_json::json!({"number": 1, "name": "测试车站", "kind": "station", "region": "510100",
            "place_code": "", "lanes": lanes});
        let places = serde_json::json!({"format": 1, "version": 1, "places": [place]});
        fs::write(world.path("desk/places.json"), places.to_string()).unwrap();
        world
    }

    fn founded(more: &[&str]) -> World {
        let world = World { dir: tempfile::tempdir().unwrap() };
        let words = ["province", "new", "--region", "510000", "--custody", "age", "--dir", "desk"];
        world.good(&[&words[..], more].concat());
        world
    }

    /// The same with the officers wang (1) and zhao (2).
    pub(crate) fn with_officers(self) -> World {
        for (name, seed) in [("wang", 1), ("zhao", 2)] {
            let key = format!("--public-key={}", public(seed));
            self.good(&["officer", "add", "--dir", "desk", "--name", name, &key]);
        }
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gate-sign"));
        command.current_dir(self.dir.path()).args(words);
        command.env("GATE_PASSPHRASE", PASSPHRASE).env("GATE_OPERATOR", "clerk");
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    #[track_caller]
    pub(crate) fn good(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    pub(crate) fn refused(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(!output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).unwrap()
    }

    /// What wang (1) and zhao (2), or others, sign over the request in a file, as files.
    pub(crate) fn approvals(&self, request: &str, seeds: [u8; 2]) -> [String; 2] {
        let text = fs::read_to_string(self.path(request)).unwrap();
        let statement = Statement::from_text(&text).unwrap();
        seeds.map(|seed| {
            let name = format!("{request}.{seed}.approval");
            fs::write(self.path(&name), Approval::sign(&statement, now(), &key(seed)).unwrap()).unwrap();
            name
        })
    }

    /// A change of the officers' list, approved by wang and zhao: the words of the command.
    pub(crate) fn change(&self, change: &str, name: &str, case: &str) -> Vec<String> {
        let key = format!("--public-key={}", public(3));
        let of_add: &[&str] = if change == "add" { &[&key] } else { &[] };
        let request = format!("{case}.json");
        let asked = [
            "officer", "request", change, "--dir", "desk", "--name", name, "--case", case, "--out", &request,
        ];
        self.good(&[&asked[..], of_add].concat());
        let [a, b] = self.approvals(&request, [1, 2]);
        let words = ["officer", change, "--dir", "desk", "--name", name, "--case", case, "--approval", &a];
        let words = [&words[..], &["--approval", &b], of_add].concat();
        words.into_iter().map(str::to_owned).collect()
    }

    /// The log's lines.
    pub(crate) fn log(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.path("desk/desk-log.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The lines that tell of this.
    pub(crate) fn told(&self, operation: &str) -> Vec<Value> {
        self.log().into_iter().filter(|line| line["operation"] == operation).collect()
    }
}

pub(crate) fn words(of: &[String]) -> Vec<&str> {
    of.iter().map(String::as_str).collect()
}

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

pub(crate) fn public(seed: u8) -> String {
    key_in_words(&key(seed).public_key())
}

pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_unix(since.as_secs()).unwrap()
}

/// Everything of a directory to another.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
