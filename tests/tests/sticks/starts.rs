//! What starts the keeper: its unit watches what the carriers put into the spool last.

use std::fs;
use std::path::Path;

use gate_trust::Directories;
use gate_tuf::{Repository, TIMESTAMP};

use super::land::terminal;
use super::visit::Desk;
use super::way::Way;

const SPOOL: &str = "/var/lib/tianfu-gate/spool";

fn unit(name: &str) -> String {
    let units = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/systemd");
    fs::read_to_string(units.join(name)).unwrap()
}

/// What the unit watches, within the spool.
fn watched() -> Vec<String> {
    let unit = unit("gate-trust.path");
    let paths = unit.lines().filter_map(|line| line.strip_prefix("PathChanged="));
    paths.map(|path| path.strip_prefix(SPOOL).unwrap().trim_start_matches('/').to_owned()).collect()
}

#[test]
fn the_keepers_unit_watches_what_a_stick_and_the_line_bring() {
    assert_eq!(watched(), Repository::ALL.map(|one| format!("{}/{TIMESTAMP}", one.name())));
    assert!(unit("gate-trust.service").contains(&format!("--spool {SPOOL} ")));
    let mut desk = Desk::new();
    desk.publish();
    desk.bring();
    let by_line = Directories { spool: desk.land.folder.path().join("by-line"), ..desk.land.to.clone() };
    Way::new(&desk.served()).mirror(&by_line, terminal());
    for spool in [&desk.land.to.spool, &by_line.spool] {
        let found: Vec<String> = watched().into_iter().filter(|path| spool.join(path).is_file()).collect();
        assert_eq!(found, watched()[..1], "of the repository that was published");
    }
}
