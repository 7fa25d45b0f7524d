//! What the units promise by their text: what starts the keeper, and that who reads sticks writes nothing that is believed.

use std::fs;
use std::path::Path;

use gate_carry::{Ask, Spool};
use gate_terminal::config::SAMPLE;
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

/// The values of a setting of a unit, word by word.
fn words(unit: &str, setting: &str) -> Vec<String> {
    let lines = unit.lines().filter_map(|line| line.strip_prefix(setting)?.strip_prefix('='));
    lines.flat_map(str::split_whitespace).map(|word| word.trim_start_matches(['-', '+']).to_owned()).collect()
}

/// What follows an option in the unit's command.
fn option(unit: &str, name: &str) -> String {
    let command = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    command.split_whitespace().skip_while(|word| *word != name).nth(1).unwrap().to_owned()
}

#[test]
fn the_keepers_unit_watches_what_a_stick_and_the_line_bring_and_what_a_visit_asks() {
    let all = Repository::ALL.map(|one| format!("{}/{TIMESTAMP}", one.name()));
    assert_eq!(watched(), [&all[..], &["ask".to_owned()]].concat());
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
    let spool = Spool::open(&desk.land.to.spool, 0).unwrap();
    spool.ask(&Ask([1; 16])).unwrap();
    assert!(desk.land.to.spool.join(&watched()[2]).is_file());
}

/// One that never begins answers no visit: whoever stands there waits for nothing.
#[test]
fn the_keepers_unit_begins_on_a_terminal_that_is_not_enrolled_too() {
    let keeper = unit("gate-trust.service");
    assert!(!keeper.lines().any(|line| line.starts_with("Condition")), "{keeper}");
}

#[test]
fn whoever_reads_a_strangers_stick_is_another_user_and_writes_nothing_that_the_lane_believes() {
    let (stick, keeper, lane) =
        (unit("gate-stick.service"), unit("gate-trust.service"), unit("gate.service"));
    let believed = [option(&keeper, "--data"), option(&keeper, "--state")];
    // What the lane is configured to read is what the keeper writes.
    for (named, path) in ["data", "keeper"].into_iter().zip(&believed) {
        assert!(SAMPLE.contains(&format!("{named} = \"{path}\"")), "{named} is {path}");
    }
    let journal = believed[0].replace("believed", "journal");
    for carrier in [&stick, &unit("gate-sync.service")] {
        let written = words(carrier, "ReadWritePaths");
        assert!(written.iter().any(|path| SPOOL.starts_with(path.as_str())), "{written:?}");
        for path in believed.iter().chain([&journal]).map(Path::new) {
            let reaches =
                |written: &String| path.starts_with(written) || Path::new(written).starts_with(path);
            assert!(!written.iter().any(reaches), "{written:?} and {}", path.display());
        }
        let hidden = words(carrier, "InaccessiblePaths");
        assert!(hidden.contains(&believed[0]) && hidden.contains(&journal), "{hidden:?}");
        assert_eq!(words(carrier, "ReadOnlyPaths"), [format!("{SPOOL}/out")]);
        let user = words(carrier, "User");
        assert!([&keeper, &lane, &unit("gate-fold.service")].iter().all(|unit| words(unit, "User") != user));
    }
    assert_ne!(words(&stick, "User"), words(&unit("gate-sync.service"), "User"), "nor the line's key");
    // What is on the disk itself does not give it away: the folder, and who shares its group.
    let folders = unit("tianfu-gate.tmpfiles");
    assert!(folders.lines().any(|line| line == format!("d {} 0750 tianfu-gate tianfu-gate", believed[0])));
    let joined = unit("tianfu-gate.sysusers");
    let joined: Vec<&str> = joined.lines().filter(|line| line.starts_with("m tianfu-stick")).collect();
    assert_eq!(joined, ["m tianfu-stick tianfu-spool"]);
    // The stick itself is that user's for the visit, and nobody else's.
    assert!(
        unit("run-tianfu\\x2dgate-stick.mount").contains(",uid=tianfu-stick,gid=tianfu-stick,umask=0077")
    );
}
