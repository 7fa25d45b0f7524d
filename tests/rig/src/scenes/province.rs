//! The night's figures at a province's size: a whole base, and a night later a thousand changed colours, each by a stick of ten megabytes a second,
//! while people go through.
//! Promises: times from the plug to 可以拔出, the keeper's work within; nothing is asserted of them, since the processor is emulated: the
//! processes' own seconds stand beside them.
//! Must not know: how long a board takes.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
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
