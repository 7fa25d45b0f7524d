//! The whole round as people type it: `gate-sign repo`, a copy by hand, `gate-trust`, `gate check`. Times are the system's.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gate_proof::digest::sha256;
use gate_sim::people::Person;

use super::authority::{copy_all, hex};
use super::programs::program;

const HEADER: &str = "document_kind,number,second_number,colour\n";
const CHANGED: u16 = 1_000;
const FORGED: &str = "elsewhere/forged";

pub(crate) struct Round {
    folder: tempfile::TempDir,
    /// Public halves by key file's name.
    keys: Vec<(String, String)>,
    steps: Vec<PathBuf>,
    /// SHA-256 of the first root of `status`, as the holders of its roots wrote it down.
    root: String,
}

/// Whose keys a repository has: a copy of `status`, and what somebody calls theirs, have those of `status`.
fn holder_of(repo: &str, holder: &str) -> String {
    format!("{}-{holder}", if repo == "trust" { "trust" } else { "status" })
}

pub(crate) fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

impl Round {
    pub(crate) fn new() -> Round {
        let folder = tempfile::tempdir().unwrap();
        let mut round = Round { folder, keys: Vec::new(), steps: Vec::new(), root: String::new() };
        fs::write(round.path("passphrase"), "a long passphrase of the holder's own\n").unwrap();
        fs::set_permissions(round.path("passphrase"), fs::Permissions::from_mode(0o600)).unwrap();
        for repo in ["trust", "status"] {
            for name in ["root-a", "root-b", "root-c", "targets-a", "targets-b", "online"] {
                round.new_key(&holder_of(repo, name));
            }
        }
        round.sign(
            &["province", "new", "--dir", &round.at("desk"), "--region", "510000", "--demo"],
            Secret::None,
        );
        round
    }

    /// A key of its holder's own, as its holder was told it.
    pub(crate) fn new_key(&mut self, name: &str) -> Output {
        let key = self.sign(&["officer", "new", "--out", &self.at(&format!("{name}.key"))], Secret::Key);
        self.keys.push((name.to_owned(), printed(&key).trim().to_owned()));
        key
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn at(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn key(&self, name: &str) -> &str {
        &self.keys.iter().find(|(known, _)| *known == name).unwrap().1
    }

    pub(crate) fn try_sign(&self, words: &[&str], secret: Secret) -> Output {
        let mut command = Command::new(program("gate-sign", "gate-signing"));
        command.args(words);
        if secret == Secret::Key {
            command.arg("--passphrase-file").arg(self.path("passphrase"));
        }
        command.output().unwrap()
    }

    pub(crate) fn sign(&self, words: &[&str], secret: Secret) -> Output {
        let output = self.try_sign(words, secret);
        assert!(output.status.success(), "{words:?}: {output:?}");
        output
    }

    pub(crate) fn new_root(&self, repo: &str) {
        let shown =
            self.draft_root("new", repo, ["root-a", "root-b", "root-c", "targets-a", "targets-b", "online"]);
        assert!(printed(&shown).contains("root: 3 把密钥中须 2 把签名 (2 of 3 keys)"), "{shown:?}");
        self.by(repo, &["root-a", "root-c"]);
    }

    /// Drafts a root with the keys of these holders: three of root, two of targets, one that is online.
    pub(crate) fn draft_root(&self, what: &str, repo: &str, holders: [&str; 6]) -> Output {
        let output = self.try_draft_root(what, repo, holders.map(|name| holder_of(repo, name)));
        assert!(output.status.success(), "{output:?}");
        output
    }

    /// The same of keys by their files.
    pub(crate) fn try_draft_root(&self, what: &str, repo: &str, keys: [String; 6]) -> Output {
        let keys = keys.map(|name| self.key(&name).to_owned());
        let options = ["--root", "--root", "--root", "--targets", "--targets", "--snapshot"];
        let mut words: Vec<String> = vec!["repo".into(), what.into(), "--repo".into(), self.at(repo)];
        words.extend(options.iter().zip(&keys).flat_map(|(option, key)| [option.to_string(), key.clone()]));
        words.extend(["--timestamp".into(), keys[5].clone()]);
        self.try_sign(&words.iter().map(String::as_str).collect::<Vec<_>>(), Secret::None)
    }

    /// Each of these holders of targets keys reads what the draft of `status` changes, with a ledger of their own, and signs.
    pub(crate) fn read_and_sign(&self, repo: &str, holders: &[&str], knowing: &[&str]) -> Vec<String> {
        let sign = |holder: &&str| {
            let output = self.look("sign", repo, holder, knowing);
            assert!(output.status.success(), "{holder}: {output:?}");
            printed(&output)
        };
        holders.iter().map(sign).collect()
    }

    pub(crate) fn look(&self, what: &str, repo_name: &str, holder: &str, more: &[&str]) -> Output {
        let (repo, believed, ledger) =
            (self.at(repo_name), self.at("believed"), format!("reader-{holder}.json"));
        let (begun, ledger, key) =
            (self.path(&ledger).exists(), self.at(&ledger), self.key_file(repo_name, holder));
        let mut words = vec!["repo", what, "--repo", &repo, "--believed", &believed, "--ledger", &ledger];
        words.extend(["--root", &self.root]);
        if !begun {
            words.push("--new-ledger");
        }
        if what == "sign" {
            words.extend(["--key", &key, "--yes"]);
        }
        let secret = if what == "sign" { Secret::Key } else { Secret::None };
        self.try_sign(&[&words, more].concat(), secret)
    }

    /// Each of these holders signs what waits.
    pub(crate) fn by(&self, repo: &str, holders: &[&str]) {
        for holder in holders {
            let key = self.key_file(repo, holder);
            self.sign(&["repo", "sign", "--repo", &self.at(repo), "--key", &key, "--yes"], Secret::Key);
        }
    }

    pub(crate) fn key_file(&self, repo: &str, holder: &str) -> String {
        self.at(&format!("{}.key", holder_of(repo, holder)))
    }

    pub(crate) fn publish(&self, repo: &str) -> Output {
        self.publish_into(repo, &format!("served/{repo}"))
    }

    pub(crate) fn publish_into(&self, repo: &str, out: &str) -> Output {
        let (key, out) = (self.key_file(repo, "online"), self.at(out));
        let words =
            ["repo", "publish", "--repo", &self.at(repo), "--snapshot-key", &key, "--timestamp-key", &key];
        self.try_sign(&[&words[..], &["--out", &out]].concat(), Secret::Key)
    }

    pub(crate) fn draft_trust(&self, more: &[&str]) -> String {
        let words = ["repo", "draft-trust", "--dir", &self.at("desk"), "--repo", &self.at("trust"), "--yes"];
        let terminals = self.at("terminals.csv");
        printed(&self.sign(&[&words[..], &["--terminals", &terminals], more].concat(), Secret::None))
    }

    /// `trust` is out and taken: who is enrolled has the list's keys.
    pub(crate) fn bring_out_trust(&self) {
        self.draft_trust(&[]);
        self.by("trust", &["targets-a", "targets-b"]);
        let output = self.publish("trust");
        assert!(output.status.success(), "{output:?}");
        self.carry();
        self.keep();
    }

    pub(crate) fn draft_status(&self) -> String {
        self.draft_status_of("status")
    }

    fn draft_status_of(&self, repo: &str) -> String {
        let output = self.try_draft_status(repo, &["--yes"]);
        assert!(output.status.success(), "{output:?}");
        printed(&output)
    }

    pub(crate) fn try_draft_status(&self, repo: &str, more: &[&str]) -> Output {
        let (desk, repo) = (self.at("desk"), self.at(repo));
        let mut words = vec!["repo", "draft-status", "--dir", &desk, "--repo", &repo];
        for step in &self.steps {
            words.extend(["--delta", step.to_str().unwrap()]);
        }
        self.try_sign(&[&words[..], more].concat(), Secret::None)
    }

    /// A list of people up to these serials, each colour from the one before on.
    fn build(&self, colours: &[(&str, u16)], before_s: i64) {
        let (people, as_of) = (self.table("people.csv", colours), ago(before_s));
        let desk = self.at("desk");
        let build =
            ["status", "build", "--dir", &desk, "--people", &people, "--scope", "population", "--yes"];
        self.sign(&[&build[..], &["--as-of", &as_of]].concat(), Secret::None);
    }

    /// The next step.
    pub(crate) fn step(&mut self, colours: &[(&str, u16)], before_s: i64) {
        let changes = self.table("changes.csv", colours);
        let (desk, base) = (self.at("desk"), self.at("desk/status-list.db"));
        let (delta, as_of) = (self.path("step-1.tfd"), ago(before_s));
        let words = ["status", "delta", "--dir", &desk, "--base", &base, "--changes", &changes];
        let out = ["--as-of", &as_of, "--out", delta.to_str().unwrap()];
        self.sign(&[&words[..], &out].concat(), Secret::None);
        self.steps.push(delta);
    }

    fn trust(&self, words: &[&str]) -> Output {
        let mut command = Command::new(program("gate-trust", "gate-trust"));
        command.args(words).arg("--state").arg(self.path("state")).output().unwrap()
    }

    pub(crate) fn keep(&self) -> Output {
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
    pub(crate) fn carry(&self) {
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

    fn table(&self, name: &str, colours: &[(&str, u16)]) -> String {
        let mut rows = String::from(HEADER);
        let mut from = 1;
        for (colour, most) in colours {
            for serial in from..=*most {
                rows += &format!("resident-id,{},,{colour}\n", Person::new(serial).unwrap().number);
            }
            from = most + 1;
        }
        let path = self.path(name);
        fs::write(&path, rows).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secret {
    None,
    Key,
}

pub(crate) fn ago(seconds: i64) -> String {
    let output =
        Command::new("date").args(["-d", &format!("{seconds} seconds ago"), "-Iseconds"]).output().unwrap();
    printed(&output).trim().to_owned()
}

/// Both roots signed, a terminal enrolled, a list built: nothing published.
pub(crate) fn founded() -> (Round, String) {
    let mut round = Round::new();
    // At the terminal: its own keys, and what its image brings.
    let mut gate = Command::new(program("gate", "gate-terminal"));
    let enrolled = gate.args(["enrol", "--terminal", "7", "--data", &round.at("believed")]).output().unwrap();
    let text = printed(&enrolled);
    let device = text.lines().find_map(|line| line.strip_prefix("device ")).unwrap().to_owned();
    fs::write(round.path("terminals.csv"), format!("7,{device}\n")).unwrap();
    ["trust", "status"].iter().for_each(|repo| round.new_root(repo));
    for repo in ["trust", "status"] {
        let root = round.at(&format!("{repo}/draft/root.json"));
        let seeded = round.trust(&["seed", "--repository", repo, "--root", &root]);
        assert!(seeded.status.success(), "{seeded:?}");
    }
    round.root = hex(sha256(&[&fs::read(round.path("status/draft/root.json")).unwrap()]).as_bytes());
    round.build(&[("green", CHANGED + 1)], 900);
    (round, device)
}

/// The first publication: `trust` first, so that whoever signs `status` has the list's keys.
pub(crate) fn published() -> (Round, String) {
    let (round, device) = founded();
    round.bring_out_trust();
    round.draft_status();
    for told in round.read_and_sign("status", &["targets-a", "targets-b"], &[]) {
        assert!(told.contains(&format!("绿 green: {}\n", CHANGED + 1)), "{told}");
        assert!(told.contains("红 red: 0\n") && !told.contains("NOT COMPUTED"), "{told}");
    }
    let output = round.publish("status");
    assert!(output.status.success(), "{output:?}");
    (round, device)
}

#[test]
fn the_round_from_the_desk_to_the_gate_as_people_type_it() {
    let (mut round, device) = published();
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
    assert!(round.draft_trust(&[]).contains("撤下 taken away: keys/7.json"));
}

/// Everything that anybody signs of the list without having read whom it turns.
#[test]
fn nobody_signs_a_change_of_the_list_that_was_not_computed() {
    let (mut round, _) = published();
    round.carry();
    assert!(round.keep().status.success());
    round.step(&[("red", CHANGED)], 600);
    round.draft_status();
    let (repo, key) = (round.at("status"), round.at("status-targets-a.key"));
    let blind = ["repo", "sign", "--repo", &repo, "--key", &key, "--yes"];
    for more in [&[][..], &["--knowing", "uncounted"], &["--knowing", "totals-only"]] {
        let refused = round.try_sign(&[&blind, more].concat(), Secret::Key);
        assert!(
            !refused.status.success() && told(&refused).contains("nothing of the list is signed"),
            "{refused:?}"
        );
    }
    // Nor does who only looks believe that they were told.
    let shown = printed(&round.sign(&["repo", "show", "--repo", &repo], Secret::None));
    assert!(shown.contains("NOT COMPUTED") && shown.contains("已签 signed by 0"), "{shown}");
    let shown = round.look("show", "status", "targets-b", &[]);
    let words = format!("绿转红 {CHANGED} 人");
    assert!(printed(&shown).contains(&words), "{shown:?}");
    for told in round.read_and_sign("status", &["targets-a", "targets-b"], &[]) {
        assert!(told.contains(&words), "{told}");
    }
    assert!(round.publish("status").status.success());
}

#[test]
fn a_first_publication_that_nobody_can_count_takes_a_word_of_its_own() {
    let (round, _) = founded();
    round.draft_status();
    let (repo, key) = (round.at("status"), round.at("status-targets-a.key"));
    let blind = ["repo", "sign", "--repo", &repo, "--key", &key, "--yes"];
    for more in [&[][..], &["--knowing", "yes"], &["--knowing", "totals-only"]] {
        let refused = round.try_sign(&[&blind, more].concat(), Secret::Key);
        assert!(!refused.status.success() && told(&refused).contains("--knowing uncounted"), "{refused:?}");
        assert!(
            printed(&refused).contains("Nobody counted how many people have which colour"),
            "{refused:?}"
        );
    }
    let signed = round.sign(&[&blind[..], &["--knowing", "uncounted"]].concat(), Secret::Key);
    assert!(printed(&signed).contains("targets: 1 signatures"), "{signed:?}");
}

/// An insider's way around the words: no change of anybody's colour, but a new base with a colour for everybody.
#[test]
fn a_new_base_is_signed_by_people_who_read_how_many_have_each_colour_before_and_after() {
    let (round, _) = published();
    round.carry();
    assert!(round.keep().status.success());
    fs::copy(round.path("desk/status-list.db"), round.path("epoch-1.db")).unwrap();
    let red = 400;
    round.build(&[("red", red), ("green", CHANGED + 1)], 500);
    let (old, new) = (round.at("epoch-1.db"), round.at("desk/status-list.db"));
    round.draft_trust(&["--status", &old, "--status", &new]);
    round.by("trust", &["targets-a", "targets-b"]);
    assert!(round.publish("trust").status.success());
    round.carry();
    assert!(round.keep().status.success());
    round.draft_status();
    let green = (CHANGED + 1, CHANGED + 1 - red);
    let lines = [format!("! 红 red: 0 -> {red} (+{red})"), format!("绿 green: {} -> {}", green.0, green.1)];
    for more in [&[][..], &["--knowing", "uncounted"]] {
        let refused = round.look("sign", "status", "targets-a", more);
        assert!(!refused.status.success() && told(&refused).contains("--knowing totals-only"), "{refused:?}");
        let shown = printed(&refused);
        assert!(lines.iter().all(|line| shown.contains(line)), "{shown}");
        assert!(shown.contains("NOT COMPUTED: who goes from which colour to which"), "{shown}");
    }
    round.read_and_sign("status", &["targets-a", "targets-b"], &["--knowing", "totals-only"]);
    assert!(round.publish("status").status.success());
    round.carry();
    assert!(round.keep().status.success());
    assert_eq!([red, red + 1].map(|serial| round.verdict(serial)), ["stop", "pass"]);
}

/// A folder of an insider's own: their root, and in what is published there the red step stands already, so that the draft changes nobody.
/// A signature over its next version would be good for the province's own.
#[test]
fn a_folder_with_another_first_root_is_signed_by_nobody_whatever_it_says() {
    let (mut round, _) = published();
    round.carry();
    assert!(round.keep().status.success());
    round.step(&[("red", CHANGED)], 600);
    for name in ["root-x", "root-y", "root-z"] {
        round.new_key(&holder_of("status", name));
    }
    // In a folder of their own: beside ours it would be refused for our key in it.
    let mut words = vec!["repo".to_owned(), "new".into(), "--repo".into(), round.at(FORGED)];
    let roots = ["root-x", "root-y", "root-z"].map(|name| ("root", name));
    let targets = ["root-x", "root-y", "targets-a"].map(|name| ("targets", name));
    for (role, name) in
        roots.into_iter().chain(targets).chain([("snapshot", "root-z"), ("timestamp", "root-z")])
    {
        words.extend([format!("--{role}"), round.key(&holder_of("status", name)).to_owned()]);
    }
    round.sign(&words.iter().map(String::as_str).collect::<Vec<_>>(), Secret::None);
    round.by(FORGED, &["root-x", "root-y"]);
    let theirs = hex(sha256(&[&fs::read(round.path(FORGED).join("draft/root.json")).unwrap()]).as_bytes());
    round.draft_status_of(FORGED);
    let province = std::mem::replace(&mut round.root, theirs);
    round.read_and_sign(FORGED, &["root-x", "root-y"], &[]);
    let (key, out, forged) =
        (round.key_file("status", "root-z"), round.at("served/forged"), round.at(FORGED));
    let publish = ["repo", "publish", "--repo", &forged, "--snapshot-key", &key, "--timestamp-key", &key];
    round.sign(&[&publish[..], &["--out", &out]].concat(), Secret::Key);
    round.draft_status_of(FORGED);
    // Whoever read the province's repository before, and whoever reads it for the first time; with every word there is.
    round.root = province;
    let reader = round.path("reader-targets-a.json");
    for begun in [true, false] {
        if !begun {
            fs::rename(&reader, round.path("put-away.json")).unwrap();
        }
        for more in [&[][..], &["--knowing", "uncounted"]] {
            let refused = round.look("sign", FORGED, "targets-a", more);
            let why = "1.root.json is not the root";
            assert!(!refused.status.success() && told(&refused).contains(why), "{refused:?}");
        }
    }
    // Without a word of whose repository it is there is no first look.
    let (believed, ledger, key) =
        (round.at("believed"), round.at("reader-targets-a.json"), round.key_file("status", "targets-a"));
    let look = ["--believed", &believed, "--ledger", &ledger, "--new-ledger"];
    let words = ["repo", "sign", "--repo", &forged, "--key", &key, "--yes", "--knowing", "uncounted"];
    let refused = round.try_sign(&[&words[..], &look].concat(), Secret::Key);
    assert!(!refused.status.success() && told(&refused).contains("--root takes the SHA-256"), "{refused:?}");
    let shown = printed(&round.sign(&["repo", "show", "--repo", &forged], Secret::None));
    assert!(shown.contains("已签 signed by 0"), "{shown}");
}

/// Two drafts of one version, each with two signatures: whoever holds the online keys shows some terminals the one and some the other.
#[test]
fn a_second_draft_of_a_version_takes_a_word_of_whoever_signed_the_first() {
    let (mut round, _) = published();
    round.carry();
    assert!(round.keep().status.success());
    round.step(&[("red", CHANGED)], 600);
    round.draft_status();
    round.read_and_sign("status", &["targets-a"], &[]);
    // The same again is no other one.
    round.read_and_sign("status", &["targets-a"], &[]);
    let life = ["--yes", "--life", "29d"];
    let drafted = round.try_draft_status("status", &life);
    assert!(drafted.status.success(), "{drafted:?}");
    let refused = round.look("sign", "status", "targets-a", &[]);
    assert!(!refused.status.success() && told(&refused).contains("--knowing second-draft"), "{refused:?}");
    assert!(printed(&refused).contains("SIGNED OTHERWISE BEFORE: another draft of version 2"), "{refused:?}");
    // Who signed none of the two reads no warning, and whoever says that they know signs.
    let theirs = round.read_and_sign("status", &["targets-b"], &[]);
    assert!(!theirs[0].contains("SIGNED OTHERWISE"), "{theirs:?}");
    round.read_and_sign("status", &["targets-a"], &["--knowing", "second-draft"]);
    assert!(round.publish("status").status.success());
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
    round.step(&[("red", CHANGED)], 600);
    let shown = round.draft_status();
    assert!(shown.contains("颜色变更 1000 人"), "{shown}");
    // The copy at the other authority.
    let copy = round.path("copy");
    copy_all(&round.path("status"), &copy);
    let words = round.read_and_sign("status", &["targets-a"], &[]);
    let refused = round.publish("status");
    assert!(!refused.status.success() && told(&refused).contains("1 of the 2 signatures"), "{refused:?}");
    // Whoever drafts again by a script does not throw a signed draft away unasked: a machine signs no other one of its version.
    let again = round.try_draft_status("status", &[]);
    assert!(!again.status.success() && printed(&again).contains("现有草稿已有 1 个签名"), "{again:?}");
    assert!(words[0].contains(&format!("绿转红 {CHANGED} 人")), "{words:?}");
    let theirs = round.read_and_sign("copy", &["targets-b"], &[]);
    let computed = |told: &str| {
        told.lines()
            .skip_while(|line| !line.contains("computed"))
            .take(2)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(computed(&theirs[0]), computed(&words[0]), "both read the same");
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
