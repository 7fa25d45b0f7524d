//! The technician's manual, run as it is written: the commands of both languages are the same, and do what they say.

use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use gate_field::files::For;
use gate_field::outbox::Outbox;
use gate_wire::time::Timestamp;

use super::keeper::started;
use super::programs::program;
use super::visit::Desk;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/manual/");

fn commands(file: &str) -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(FOLDER).join(file)).unwrap();
    text.lines().filter(|line| line.starts_with("gate-field ")).map(str::to_owned).collect()
}

#[test]
fn the_commands_of_the_manual_do_a_night() {
    let commands = commands("technician.en.md");
    assert_eq!(commands, self::commands("technician.zh.md"));
    let mut desk = Desk::new();
    desk.land.bring_out();
    let served = desk.served();
    let (field, trust) = (program("gate-field", "gate-field"), program("gate-trust", "gate-trust"));
    let folder = desk.land.folder.path().to_path_buf();
    let places = [
        ("PUBLISHED", served.clone()),
        ("STICK", desk.stick.clone()),
        ("SPOOL", desk.land.to.spool.clone()),
        ("STATE", desk.land.to.state.clone()),
        ("RECORDS", folder.join("records")),
        ("BOARD", folder.join("visit.json")),
        ("visits.log", folder.join("visits.log")),
    ];
    // The terminal's own keeper.
    let keeper = || {
        let to = &desk.land.to;
        let mut keeper = Command::new(&trust);
        keeper
            .arg("run")
            .arg("--spool")
            .arg(&to.spool)
            .arg("--data")
            .arg(&to.data)
            .arg("--state")
            .arg(&to.state);
        keeper.output().unwrap();
    };
    let (mut said, mut stick) = (Vec::new(), [0; 16]);
    for command in &commands {
        let words = command.split(' ').skip(1).map(|word| {
            let place = places.iter().find(|(name, _)| *name == word);
            place.map_or_else(|| word.to_owned(), |(_, path)| path.to_str().unwrap().to_owned())
        });
        let mut typed = Command::new(&field);
        typed.args(words);
        let output = started(&desk.land.to.spool, keeper, || typed.output().unwrap());
        let code = output.status.code();
        // There is no list in this desk's data: the visit says so, and ends with 1.
        assert!(code == Some(0) || command.contains(" visit ") && code == Some(1), "{command}: {output:?}");
        said.push(String::from_utf8(output.stdout).unwrap());
        stick = Outbox::open(&desk.stick, For::Reading).unwrap().unwrap().id();
    }
    let all = said.join("\n");
    for expected in ["MB/s", "记录箱 outbox", "可以拔出", "带出 out", "收回 back", "终端 terminal 7"]
    {
        assert!(all.contains(expected), "{expected} in {all}");
    }
    // The log, the last command: whom the stick was loaded for; when, which terminal, which stick, who handed it in.
    let mut lines = said.last().unwrap().lines();
    assert!(lines.next().unwrap().ends_with("loaded for technician 0417"), "{said:?}");
    let line = lines.next().unwrap();
    let (when, rest) = line.split_once(" 终端 terminal 7, U盘 stick ").unwrap();
    let today =
        Timestamp::from_unix(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    let (year, month, _) = today.civil_day().ymd();
    assert!(when.len() == 16 && when.starts_with(&format!("{year:04}-{month:02}-")), "{line}");
    let id: String = stick.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(rest.starts_with(&format!("{id}: ")) && rest.contains("handed in by 0417"), "{line}");
    assert!(rest.contains("technician 0417"), "{line}");
    assert!(!desk.land.manifest().is_empty(), "the data are in force");
}
