//! Cases of the tuf-conformance suite, brought to a terminal in the spool, by line and by stick: what its client is asked there, a
//! terminal and its carriers are asked here. docs/formats/repositories.md has every case of the suite (`table.rs` looks).
//! What becomes of a case is what the suite and the specification's numbered steps say.

#[path = "conformance/basic.rs"]
mod basic;
#[path = "conformance/cases.rs"]
mod cases;
#[path = "conformance/expiration.rs"]
mod expiration;
#[path = "conformance/files.rs"]
mod files;
#[path = "conformance/first_root.rs"]
mod first_root;
#[path = "conformance/keys.rs"]
mod keys;
#[path = "conformance/ours.rs"]
mod ours;
#[path = "conformance/rollback.rs"]
mod rollback;
#[path = "conformance/rotations.rs"]
mod rotations;
#[path = "conformance/table.rs"]
mod table;

use std::fs;
use std::path::PathBuf;

use cases::{Before, Case, Ends, Versions, cases};
use gate_trust::memory::{Memory, MemoryFault};
use gate_trust::refusal::Refusal;
use gate_trust::report::RepositoryLine;
use gate_trust::{Directories, Look, Now, Repository, run};
use gate_tuf::{Document, Trusted};
use gate_wire::time::Timestamp;

use super::by_stick::Stick;
use super::land::{Carrier, terminal};
use super::way::Way;
use super::world::{DAY_S, NOW, World};

/// A terminal, what is published, and what is between them.
struct Visited {
    world: World,
    to: Directories,
    carrier: Brought,
    folder: tempfile::TempDir,
}

enum Brought {
    Spool(PathBuf),
    Stick(Stick),
    Line(Box<Way>),
}

impl Visited {
    /// A terminal that was given no root yet.
    fn by(carrier: Carrier, world: World) -> Visited {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let path = folder.path();
        let to =
            Directories { spool: path.join("spool"), data: path.join("data"), state: path.join("state") };
        fs::create_dir(&to.data).unwrap();
        let carrier = match carrier {
            Carrier::Https => Brought::Line(Box::new(Way::new(&path.join("hub")))),
            Carrier::Stick => Brought::Stick(Stick::new(path)),
            Carrier::Spool => Brought::Spool(to.spool.clone()),
        };
        Visited { world, to, carrier, folder }
    }

    /// Puts a first root there, as the terminal's image does.
    fn seed(&self, root: &[u8]) -> Result<(), MemoryFault> {
        let first = self.folder.path().join("1.root.json");
        fs::write(&first, root).unwrap();
        Memory::open(&self.to.state).unwrap().seed(Repository::Status, &first)
    }

    /// As the world is now, into the folder that the carrier brings: nobody of the desk looks at it.
    fn publish(&self) {
        let folder = match &self.carrier {
            Brought::Spool(spool) => spool,
            Brought::Stick(stick) => &stick.folder,
            Brought::Line(way) => &way.folder,
        };
        let metadata = folder.join("status/metadata");
        let _ = fs::remove_dir_all(&metadata);
        fs::create_dir_all(&metadata).unwrap();
        let write = |(name, bytes): (String, Vec<u8>)| fs::write(metadata.join(name), bytes).unwrap();
        self.world.clone_files().into_iter().for_each(write);
    }

    /// A visit or a round so many days after the world's beginning, and the keeper after it: what it reports of the repository, and the
    /// carrier's lines of what it did not bring of this.
    fn round(&self, days: u64) -> (RepositoryLine, Vec<String>) {
        let now = Timestamp::from_unix(NOW + days * DAY_S.unsigned_abs()).unwrap();
        let keep = || run(&self.to, Now { wall: now, confirmed: Some(now) }, Look::Usual).unwrap();
        let (report, said) = match &self.carrier {
            Brought::Spool(_) => (keep(), String::new()),
            Brought::Stick(stick) => (stick.visit(&self.to, now), stick.said()),
            Brought::Line(way) => {
                way.mirror_of(Repository::Status, &self.to, terminal());
                (keep(), way.said())
            }
        };
        let lines = said.lines().map(|line| line.trim_start().to_owned());
        let told = |line: &String| line.starts_with("未拷贝 ") || line.starts_with("未收到 ");
        let lines = lines.filter(told).filter(|line| line.contains("status")).collect();
        (report.repository("status").unwrap().clone(), lines)
    }

    fn trusted(&self) -> Result<Trusted, Refusal> {
        Memory::open(&self.to.state).unwrap().trusted(Repository::Status)
    }

    /// What of this case the carrier says that it lets nothing through.
    fn stops(&self, case: &Case) -> Option<&'static str> {
        match self.carrier {
            Brought::Spool(_) => None,
            Brought::Stick(_) => case.stick,
            Brought::Line(_) => case.line,
        }
    }

    fn play(mut self, case: &Case) {
        self.seed(&self.world.clone_files()["1.root.json"]).unwrap();
        if case.before == Before::Visited {
            self.publish();
            let (report, lines) = self.round(0);
            assert_eq!((report.refused, lines), (None, Vec::new()), "{}: before", case.name);
        }
        let before = versions(&self.trusted().unwrap());
        (case.published)(&mut self.world);
        self.publish();
        let (report, lines) = self.round(case.days);
        let after = self.trusted().unwrap();
        match self.stops(case) {
            Some(words) => stopped((case, words), (&report, &lines), (before, versions(&after))),
            None => {
                assert_eq!(lines, [""; 0], "{}", case.name);
                assert_eq!(versions(&after), case.trusted, "{}: {report:?}", case.name);
                self.ended(case, &report, (before, &after));
            }
        }
    }

    fn ended(&self, case: &Case, report: &RepositoryLine, (before, after): (Versions, &Trusted)) {
        let (name, refused) = (&case.name, &report.refused);
        match &case.ends {
            Ends::Taken => {
                assert_eq!(refused, &None, "{name}");
                for (file, text) in texts(after) {
                    assert!(self.world.bytes(&file) == text, "{name}: {file} as it was published");
                }
            }
            Ends::Same => assert_eq!((refused, versions(after)), (&None, before), "{name}"),
            Ends::Kept(cause, facts) => {
                let refused = refused.as_ref().unwrap();
                assert!(
                    refused.cause == *cause && refused.facts.contains(facts),
                    "{name}: {facts}: {refused:?}"
                );
            }
        }
    }
}

/// The carrier says so, and the keeper has what it had: newer roots may have come before what was stopped.
fn stopped(
    (case, words): (&Case, &str),
    (report, lines): (&RepositoryLine, &[String]),
    (before, after): (Versions, Versions),
) {
    let name = &case.name;
    assert!(lines.len() == 1 && lines[0].contains(words), "{name}: {words}: {lines:?}");
    let lacks = |refusal: &Refusal| refusal.facts == "timestamp.json: it is not there";
    assert!(report.refused.as_ref().is_none_or(lacks), "{name}: {report:?}");
    assert!((before[0]..=case.trusted[0]).contains(&after[0]), "{name}: {after:?}");
    assert_eq!(after[1..], before[1..], "{name}");
}

fn versions(trusted: &Trusted) -> Versions {
    let timestamp = trusted.timestamp().map_or(0, |it| it.body().version);
    let snapshot = trusted.snapshot().map_or(0, |it| it.body().version);
    let targets = trusted.targets().map_or(0, |it| it.body().version);
    [trusted.root().body().version, timestamp, snapshot, targets]
}

/// What is believed, under the names it was published by.
fn texts(trusted: &Trusted) -> [(String, &[u8]); 4] {
    let [root, _, snapshot, targets] = versions(trusted);
    [
        (format!("{root}.root.json"), trusted.root().text()),
        ("timestamp.json".into(), trusted.timestamp().map_or(&[], Document::text)),
        (format!("{snapshot}.snapshot.json"), trusted.snapshot().map_or(&[], Document::text)),
        (format!("{targets}.targets.json"), trusted.targets().map_or(&[], Document::text)),
    ]
}

fn play_all(carrier: Carrier) {
    cases().iter().for_each(|case| Visited::by(carrier, (case.begins)()).play(case));
}

#[test]
fn the_cases_of_the_suite_end_as_they_must_in_the_spool() {
    play_all(Carrier::Spool);
}

#[test]
fn the_cases_of_the_suite_end_the_same_by_line() {
    play_all(Carrier::Https);
}

#[test]
fn the_cases_of_the_suite_end_the_same_by_stick() {
    play_all(Carrier::Stick);
}

#[test]
fn a_refresh_by_line_asks_for_the_next_root_and_for_three_files() {
    let visited = Visited::by(Carrier::Https, World::new());
    visited.seed(visited.world.bytes("1.root.json")).unwrap();
    visited.publish();
    let Brought::Line(way) = &visited.carrier else { unreachable!() };
    let asked = way.asked();
    visited.round(0);
    visited.round(0);
    let paths: Vec<String> = asked.lock().unwrap().iter().map(|asked| asked.path.clone()).collect();
    let metadata = |name: &str| format!("status/metadata/{name}");
    let first =
        ["1.root.json", "2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"].map(metadata);
    // Before the keeper's first report its first root is asked for, too; the second round has everything but the news that there are none.
    let second = ["2.root.json", "timestamp.json"].map(metadata);
    assert_eq!(paths, [&first[..], &second[..]].concat());
}
