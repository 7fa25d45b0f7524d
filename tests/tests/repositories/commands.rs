//! The whole round as people type it: `gate-sign repo`, a copy by hand, `gate-trust`, `gate check`. Times are the system's.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gate_sim::people::Person;

use super::land::copy_all;
use super::programs::program;

const HEADER: &str = "document_kind,number,second_number,colour\n";
const CHANGED: u16 = 1_000;

struct Round {
    folder: tempfile::TempDir,
    /// Public halves by key file's name.
    keys: Vec<(&'static str, String)>,
    steps: Vec<PathBuf>,
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

impl Round {
    fn new() -> Round {
        let folder = tempfile::tempdir().unwrap();
        let mut round = Round { folder, keys: Vec::new(), steps: Vec::new() };
        fs::write(round.path("passphrase"), "a long passphrase of the holder's own\n").unwrap();
        fs::set_permissions(round.path("passphrase"), fs::Permissions::from_mode(0o600)).unwrap();
        for name in ["root-a", "root-b", "root-c", "targets-a", "targets-b", "online"] {
            let key = round
                .sign(&["officer", "new", "--out", round.at(&format!("{name}.key")).as_str()], Secret::Key);
            round.keys.push((name, printed(&key).trim().to_owned()));
        }
        round.sign(
            &["province", "new", "--dir", &round.at("desk"), "--region", "510000", "--demo"],
            Secret::None,
        );
        round
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn at(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn key(&self, name: &str) -> &str {
        &self.keys.iter().find(|(known, _)| *known == name).unwrap().1
    }

    fn try_sign(&self, words: &[&str], secret: Secret) -> Output {
        let mut command = Command::new(program("gate-sign", "gate-signing"));
        command.args(words);
        if secret == Secret::Key {
            command.arg("--passphrase-file").arg(self.path("passphrase"));
        }
        command.output().unwrap()
    }

    fn sign(&self, words: &[&str], secret: Secret) -> Output {
        let output = self.try_sign(words, secret);
        assert!(output.status.success(), "{words:?}: {output:?}");
        output
    }

    fn new_root(&self, repo: &str) {
        let keys =
            ["root-a", "root-b", "root-c", "targets-a", "targets-b", "online"].map(|name| self.key(name));
        let [a, b, c, one, other, online] = keys;
        let words = [
            "repo",
            "new",
            "--repo",
            &self.at(repo),
            "--root",
            a,
            "--root",
            b,
            "--root",
            c,
            "--targets",
            one,
        ];
        let more = ["--targets", other, "--snapshot", online, "--timestamp", online];
        let shown = self.sign(&[&words[..], &more].concat(), Secret::None);
        assert!(printed(&shown).contains("root: 3 把密钥中须 2 把签名 (2 of 3 keys)"), "{shown:?}");
        self.by(repo, &["root-a", "root-c"]);
    }

    /// Each of these holders signs what waits.
    fn by(&self, repo: &str, holders: &[&str]) {
        for holder in holders {
            let key = self.at(&format!("{holder}.key"));
            self.sign(&["repo", "sign", "--repo", &self.at(repo), "--key", &key, "--yes"], Secret::Key);
        }
    }

    fn publish(&self, repo: &str) -> Output {
        let (key, out) = (self.at("online.key"), self.at(&format!("served/{repo}")));
        let words =
            ["repo", "publish", "--repo", &self.at(repo), "--snapshot-key", &key, "--timestamp-key", &key];
        self.try_sign(&[&words[..], &["--out", &out]].concat(), Secret::Key)
    }

    fn draft_trust(&self) -> String {
        let words = ["repo", "draft-trust", "--dir", &self.at("desk"), "--repo", &self.at("trust"), "--yes"];
        printed(&self.sign(&[&words[..], &["--terminals", &self.at("terminals.csv")]].concat(), Secret::None))
    }

    fn draft_status(&self) -> String {
        let output = self.try_draft_status(&["--yes"]);
        assert!(output.status.success(), "{output:?}");
        printed(&output)
    }

    fn try_draft_status(&self, more: &[&str]) -> Output {
        let (desk, repo) = (self.at("desk"), self.at("status"));
        let mut words = vec!["repo", "draft-status", "--dir", &desk, "--repo", &repo];
        for step in &self.steps {
            words.extend(["--delta", step.to_str().unwrap()]);
        }
        self.try_sign(&[&words[..], more].concat(), Secret::None)
    }

    fn trust(&self, words: &[&str]) -> Output {
        let mut command = Command::new(program("gate-trust", "gate-trust"));
        command.args(words).arg("--state").arg(self.path("state")).output().unwrap()
    }

    fn keep(&self) -> Output {
        self.trust(&[
            "run",
            "--clock-confirmed",
            "--spool",
            &self.at("spool"),
            "--data",
            &self.at("believed"),
        ])
    }

    /// A copy by hand: what a technician does.
    fn carry(&self) {
        let _ = fs::remove_dir_all(self.path("spool"));
        copy_all(&self.path("served"), &self.path("spool"));
    }

    fn verdict(&self, serial: u16) -> String {
        let id = format!("resident-id:{}", Person::new(serial).unwrap().number);
        let mut command = Command::new(program("gate", "gate-terminal"));
        let output =
            command.args(["check", "--json", "--data", &self.at("believed"), "--id", &id]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let line: serde_json::Value = serde_json::from_str(&printed(&output)).unwrap();
        line["verdict"].as_str().unwrap().to_owned()
    }

    fn table(&self, name: &str, colour: &str, most: u16) -> String {
        let row = |serial| format!("resident-id,{},,{colour}\n", Person::new(serial).unwrap().number);
        let rows: String = (1..=most).map(row).collect();
        let path = self.path(name);
        fs::write(&path, format!("{HEADER}{rows}")).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Secret {
    None,
    Key,
}

fn ago(seconds: i64) -> String {
    let output =
        Command::new("date").args(["-d", &format!("{seconds} seconds ago"), "-Iseconds"]).output().unwrap();
    printed(&output).trim().to_owned()
}

#[test]
fn the_round_from_the_desk_to_the_gate_as_people_type_it() {
    let mut round = Round::new();
    // At the terminal: its own keys, and what its image brings.
    let mut gate = Command::new(program("gate", "gate-terminal"));
    let enrolled = gate.args(["enrol", "--terminal", "7", "--data", &round.at("believed")]).output().unwrap();
    let text = printed(&enrolled);
    let device = text.lines().find_map(|line| line.strip_prefix("device ")).unwrap();
    fs::write(round.path("terminals.csv"), format!("7,{device}\n")).unwrap();
    ["trust", "status"].iter().for_each(|repo| round.new_root(repo));
    for repo in ["trust", "status"] {
        let root = round.at(&format!("{repo}/draft/root.json"));
        let seeded = round.trust(&["seed", "--repository", repo, "--root", &root]);
        assert!(seeded.status.success(), "{seeded:?}");
    }
    // At the desk: a list, both repositories, the first publication.
    let people = round.table("people.csv", "green", CHANGED + 1);
    let as_of = ago(900);
    let build = ["status", "build", "--dir", &round.at("desk"), "--people", &people, "--scope", "population"];
    round.sign(&[&build[..], &["--as-of", &as_of]].concat(), Secret::None);
    round.draft_trust();
    round.draft_status();
    ["trust", "status"].iter().for_each(|repo| round.by(repo, &["targets-a", "targets-b"]));
    for repo in ["trust", "status"] {
        let output = round.publish(repo);
        assert!(output.status.success(), "{output:?}");
    }
    for (repo, files) in [("trust", 10), ("status", 1)] {
        reference_reads(&round.path(&format!("served/{repo}")), files);
    }
    round.carry();
    let kept = round.keep();
    assert!(kept.status.success(), "{kept:?}");
    assert_eq!(round.verdict(3), "pass");
    change(&mut round);
    assert_eq!([3, CHANGED, CHANGED + 1].map(|serial| round.verdict(serial)), ["stop", "stop", "pass"]);
    let status = printed(&round.trust(&["status"]));
    assert!(status.contains("名单增量 status-delta: 生效 in force: 版本 version 1"), "{status}");
    // A terminal is stolen: from the next publication on nothing is sealed to it.
    fs::write(round.path("terminals.csv"), format!("8,{device}\n")).unwrap();
    assert!(round.draft_trust().contains("撤下 taken away: keys/7.json"));
}

/// python-tuf takes what we publish, and fetches every target.
fn reference_reads(repository: &Path, files: usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("../target/python-tuf/bin/python");
    if !python.exists() {
        return gate_tests::skip("reference_reads", "python-tuf (tools/ci/python-tuf.sh)");
    }
    let output =
        Command::new(python).arg(root.join("python/tuf_reader.py")).arg(repository).output().unwrap();
    assert_eq!(printed(&output), format!("root 1, targets 1, {files} files\n"), "{output:?}");
}

/// A thousand colours change: one authority is not enough, and the two see the same words and sign apart.
fn change(round: &mut Round) {
    let changes = round.table("changes.csv", "red", CHANGED);
    let (base, delta) = (round.at("desk/status-list.db"), round.path("step-1.tfd"));
    let as_of = ago(600);
    let words = ["status", "delta", "--dir", &round.at("desk"), "--base", &base, "--changes", &changes];
    round.sign(&[&words[..], &["--as-of", &as_of, "--out", delta.to_str().unwrap()]].concat(), Secret::None);
    round.steps.push(delta);
    let shown = round.draft_status();
    assert!(shown.contains("颜色变更 1000 人"), "{shown}");
    // The copy at the other authority.
    let copy = round.path("copy");
    copy_all(&round.path("status"), &copy);
    round.by("status", &["targets-a"]);
    let refused = round.publish("status");
    assert!(!refused.status.success() && told(&refused).contains("1 of the 2 signatures"), "{refused:?}");
    // Whoever drafts again by a script does not throw a signed draft away unasked: a machine signs no other one of its version.
    let again = round.try_draft_status(&[]);
    assert!(!again.status.success() && printed(&again).contains("现有草稿已有 1 个签名"), "{again:?}");
    round.by("copy", &["targets-b"]);
    let signed = round.at("copy/draft/targets.json");
    round.sign(
        &["repo", "join", "--repo", &round.at("status"), "--role", "targets", "--from", &signed],
        Secret::None,
    );
    assert!(round.publish("status").status.success());
    // Cut short on the way: told, and what is in force stays.
    round.carry();
    let timestamp = round.path("spool/status/metadata/timestamp.json");
    cut(&timestamp);
    let refused = round.keep();
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(printed(&refused).contains("请重新拷贝"), "{refused:?}");
    assert_eq!(round.verdict(3), "pass");
    round.carry();
    let kept = round.keep();
    assert!(kept.status.success(), "{kept:?}");
}

fn cut(path: &Path) {
    let bytes = fs::read(path).unwrap();
    fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
}
