//! The night's figures at a province's size: a whole base, and a night later a thousand changed colours, each by a stick of ten megabytes a second,
//! while people go through.
//! Promises: times from the plug to 可以拔出, the keeper's work within; nothing is asserted of them, since the processor is emulated. So the
//! same base is visited on this machine, too: what the processes take of a processor that is none, beside what the stick takes to be read.
//! Must not know: how long a board takes.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::machine::{Guest, Machine, Power};
use crate::report::Report;
use crate::scenes::night::{EVENING, Night, OPENED};
use crate::scenes::stick::Stick;
use crate::scenes::told;
use crate::world::World;

/// Bytes a second of a slow stick.
const SPEED: u64 = 10_000_000;
/// What a stick holds beside the data.
const SPARE: u64 = 64 << 20;
/// The base lies in the spool and among what is believed, with something over.
const TWICE: u64 = 3;
/// Of a second, as the kernel counts them for programs.
const TICKS: f64 = 100.0;
const PATIENCE: Duration = Duration::from_secs(3_600);
/// What the visit and the keeper have taken of the processor, in nanoseconds.
const TAKEN: &str = "systemctl show -p CPUUsageNSec --value gate-stick.service gate-trust.service";

/// Plays it.
///
/// # Errors
/// If the machine cannot be used.
pub(crate) fn play(
    guest: &Guest,
    world: &World,
    (out, programs): (&Path, &Path),
    report: &mut Report,
) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let bytes = weight(&world.published())?;
    natively(world, programs, folder.path(), report)?;
    let power = Power {
        rtc: EVENING.to_owned(),
        root: Some(folder.path().join("root.img")),
        room: bytes * TWICE,
        ..Power::usual(world.disk_in_the_evening(&out.join("journal-province.img"))?)
    };
    let machine = Machine::on(guest, &power)?;
    let mut night =
        Night { machine, world, folder: folder.path(), programs, out, back: BTreeMap::new(), report };
    night.begin()?;
    night.report.figure(&format!("{bytes} bytes are published"));
    for (name, published) in [("base", world.published()), ("step", world.published_later())] {
        let stick = night.loaded(name, &published, bytes + SPARE)?;
        visited(&mut night, &stick)?;
        night.unplugged()?;
    }
    night.machine.off()
}

fn weight(folder: &Path) -> Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        sum += if entry.file_type()?.is_dir() { weight(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(sum)
}

/// On this machine: `gate-field` copies, and then `gate-trust` judges, as one after the other at a terminal.
fn natively(world: &World, programs: &Path, folder: &Path, report: &mut Report) -> Result<()> {
    let home = folder.join("native");
    let copied = Command::new("cp").arg("-a").arg(world.home()).arg(&home).status()?;
    ensure!(copied.success(), "the terminal's files could not be copied");
    let [stick, spool, state, data] = ["stick", "spool", "keeper", "believed"].map(|name| home.join(name));
    std::fs::create_dir_all(&spool)?;
    let (field, keeper) = (programs.join("gate-field"), programs.join("gate-trust"));
    let mut load = Command::new(&field);
    load.args(["load", "--outbox-mib", "1", "--from"]).arg(world.published()).arg("--stick").arg(&stick);
    seconds(&mut load)?;
    let mut visit = Command::new(&field);
    visit.args(["visit", "--terminal", "42", "--wait-s", "0", "--stick"]).arg(&stick);
    visit.arg("--spool").arg(&spool).arg("--state").arg(&state);
    let visited = seconds(&mut visit)?;
    let mut judge = Command::new(keeper);
    judge.arg("run").arg("--spool").arg(&spool).arg("--data").arg(&data).arg("--state").arg(&state);
    let judged = seconds(&mut judge)?;
    let taken: Value = serde_json::from_slice(&std::fs::read(state.join("report.json"))?)?;
    let is_list = |line: &&Value| line.get("name").and_then(Value::as_str) == Some("status-list");
    let lines = taken.get("datasets").and_then(Value::as_array).cloned().unwrap_or_default();
    let list = lines.iter().find(is_list).and_then(|line| line.pointer("/in_force/version")?.as_u64());
    // The first was the image's own.
    report.rule("province: on this machine the keeper puts the base in force", list == Some(2));
    let bytes = weight(&spool)?;
    let read = bytes as f64 / SPEED as f64;
    report.figure(&format!(
        "on this machine: {bytes} bytes copied, {read:.1} s of them at 10 MB/s; visit {visited:.1} s of the processor, keeper {judged:.1} s; {:.1} s in all",
        read + visited + judged
    ));
    std::fs::remove_dir_all(home)?;
    Ok(())
}

/// Seconds that a program takes of the processor, its own and the kernel's for it.
fn seconds(command: &mut Command) -> Result<f64> {
    let before = children()?;
    let output = command.output()?;
    ensure!(output.status.code().is_some(), "it was ended: {command:?}");
    Ok((children()? - before) as f64 / TICKS)
}

/// Of this process's children that have ended, in ticks (proc(5): `cutime` and `cstime`).
fn children() -> Result<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields =
        stat.rsplit_once(')').map(|(_, fields)| fields.split_whitespace()).context("/proc/self/stat")?;
    let ticks: Vec<u64> = fields.skip(13).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum())
}

/// From the plug to the end, while one card after another opens the lane.
fn visited(night: &mut Night<'_>, stick: &Stick) -> Result<()> {
    stick.attach(&mut night.machine)?;
    stick.does(&mut night.machine, SPEED)?;
    night.machine.shell.must("rm -f /run/tianfu-gate/visit.json")?;
    let opened = told(&mut night.machine, OPENED)?;
    let (began, mut cards, mut steps) = (Instant::now(), 0, Vec::<(String, Duration)>::new());
    stick.plug(&mut night.machine)?;
    loop {
        let step = night.visit()?.get("step").and_then(Value::as_str).map(str::to_owned);
        if let Some(step) = step.filter(|step| steps.last().is_none_or(|(last, _)| last != step)) {
            let ended = ["written", "stopped", "refused", "in_force"].contains(&step.as_str());
            steps.push((step, began.elapsed()));
            if ended {
                break;
            }
        }
        ensure!(began.elapsed() < PATIENCE, "{}: the visit does not end: {steps:?}", stick.name);
        night.laid(World::card()?)?;
        cards += 1;
    }
    let taken = night.machine.shell.must(TAKEN)?;
    let passed = told(&mut night.machine, OPENED)? - opened;
    let written = steps.last().is_some_and(|(step, _)| step == "written");
    night.report.rule(
        &format!("province: {}: what it brought is in force, and records are written", stick.name),
        written,
    );
    night.report.rule("and each card meanwhile opened the lane", cards > 0 && passed == cards);
    let said = night
        .machine
        .shell
        .must("journalctl -b --no-pager -o cat -u gate-stick.service | grep -F '带入 in' | tail -1")?;
    night.report.figure(&format!("{}: {said}; {steps:?}; {passed} passages meanwhile; visit and keeper took of the processor since the start, ns: {taken:?}", stick.name));
    Ok(())
}
