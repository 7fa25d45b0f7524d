//! Cases of the tuf-conformance suite, brought to a terminal by line and by stick: what its client is asked there, its carriers are
//! asked here (docs/formats/repositories.md says which case is which, and which are left to the client alone).

#[path = "conformance/cases.rs"]
mod cases;

use std::fs;
use std::path::PathBuf;

use cases::{Case, Ends, cases, of_later_visits};
use gate_trust::memory::Memory;
use gate_trust::refusal::Refusal;
use gate_trust::report::Report;
use gate_trust::{Directories, Look, Now, Repository, run};
use gate_wire::time::Timestamp;

use super::by_stick::Stick;
use super::land::{Carrier, terminal};
use super::way::Way;
use super::world::{NOW, World};

/// A terminal with the first root of a world, and what is between them.
struct Visited {
    world: World,
    to: Directories,
    carrier: Brought,
    /// Version of the targets that were taken before the case.
    had: u64,
    _folder: tempfile::TempDir,
}

enum Brought {
    Spool(PathBuf),
    Stick(Stick),
    Line(Box<Way>),
}

impl Visited {
    fn by(carrier: Carrier) -> Visited {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let (world, path) = (World::new(), folder.path());
        let to =
            Directories { spool: path.join("spool"), data: path.join("data"), state: path.join("state") };
        let first = path.join("1.root.json");
        fs::write(&first, &world.clone_files()["1.root.json"]).unwrap();
        Memory::open(&to.state).unwrap().seed(Repository::Status, &first).unwrap();
        fs::create_dir(&to.data).unwrap();
        let carrier = match carrier {
            Carrier::Https => Brought::Line(Box::new(Way::new(&path.join("hub")))),
            Carrier::Stick => Brought::Stick(Stick::new(path)),
            Carrier::Spool => Brought::Spool(to.spool.clone()),
        };
        Visited { world, to, carrier, had: 0, _folder: folder }
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

    /// A visit or a round, and the keeper after it: its report, and the carrier's lines of what it did not bring of this.
    fn round(&self) -> (Report, Vec<String>) {
        let now = Timestamp::from_unix(NOW).unwrap();
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
        (report, lines.filter(told).filter(|line| line.contains("status")).collect())
    }

    fn play(mut self, case: &Case) {
        (case.published)(&mut self.world);
        self.publish();
        let (report, lines) = self.round();
        let (name, repository) = (case.name, report.repository("status").unwrap());
        let by_carrier = match self.carrier {
            Brought::Spool(_) => None,
            Brought::Stick(_) => case.stick,
            Brought::Line(_) => case.line,
        };
        if let Some(words) = by_carrier {
            let is_told = |line: &String| line.contains(words);
            assert!(lines.len() == 1 && is_told(&lines[0]), "{name}: {words}: {lines:?}");
            // Nothing of it came to the keeper: what it has, or lacks still, is as before.
            let lacks = |refusal: &Refusal| refusal.facts == "timestamp.json: it is not there";
            assert!(repository.refused.as_ref().is_none_or(lacks), "{name}: {repository:?}");
            assert_eq!((repository.root, repository.targets), (1, self.had), "{name}");
            return;
        }
        assert_eq!(lines, [""; 0], "{name}");
        match case.ends {
            Ends::Taken { root } => {
                assert_eq!((&repository.refused, repository.root), (&None, root), "{name}");
                assert!(repository.targets > 0, "{name}");
            }
            Ends::Kept(cause, facts) => {
                let refusal = repository.refused.as_ref().unwrap();
                let is_told = refusal.cause == cause && refusal.facts.contains(facts);
                assert!(is_told, "{name}: {facts}: {refusal:?}");
            }
        }
    }
}

fn play_all(carrier: Carrier) {
    cases().iter().for_each(|case| Visited::by(carrier).play(case));
    for case in of_later_visits() {
        let mut visited = Visited::by(carrier);
        visited.world.announce(5);
        visited.publish();
        let (report, lines) = visited.round();
        visited.had = report.repository("status").unwrap().targets;
        assert_eq!((visited.had, lines), (5, Vec::new()), "{}", case.name);
        visited.play(&case);
    }
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
