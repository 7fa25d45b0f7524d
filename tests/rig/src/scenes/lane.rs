//! A lane from power on: idle, a code, a card, a hung carrier, a lane that was stopped, a loop that waits for itself.
//! Promises: what opened is in the journal, read back as the authority reads it.
//! Must not know: how the machine is emulated.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use gate_sim::stage::passes;

use crate::machine::{Guest, Machine, Power};
use crate::patience::until;
use crate::report::Report;
use crate::scenes::{came, holding, stick, told, told_again};
use crate::world::World;

/// The latch's line in the log.
const OPENED: &str = "latch: open";
/// And when it has shut again.
const CLOSED: &str = "latch: close";
/// The manager's word.
const BITES: &str = "Watchdog timeout";
const FRAMES: &str = "/var/lib/tianfu-gate/frames";
const PICTURES: &str = "/var/lib/tianfu-gate/pictures";

/// Plays it; pictures go to `out`.
///
/// # Errors
/// If the machine cannot be used; a rule that does not hold is in the report.
pub(crate) fn play(guest: &Guest, world: &World, out: &Path, report: &mut Report) -> Result<()> {
    let disk = world.disk(&out.join("journal.img"))?;
    let mut machine = Machine::on(guest, &Power::usual(disk.clone()))?;
    let before = world.rows(&world.disk(&out.join("before.img"))?)?.len();
    begin(&mut machine, out, report)?;
    code(&mut machine, out, report)?;
    card(&mut machine, "a card on the serial line opens the lane", out, report)?;
    hung_carrier(&mut machine, out, report)?;
    stick::play(&mut machine, out, report)?;
    hung_lane(&mut machine, report)?;
    deadlocked_lane(&mut machine, report)?;
    card(&mut machine, "a card opens the lane that was begun anew", out, report)?;
    machine.off()?;
    let rows = world.rows(&disk)?;
    let (passages, shut) = passes(rows.get(before..).unwrap_or_default());
    report.rule(
        "each that opened is one row of the journal, proven and opened by the authority",
        passages == 4,
    );
    report.figure(&format!("{} rows, {passages} of them Pass, and {shut} that opened nothing", rows.len()));
    Ok(())
}

fn begin(machine: &mut Machine, out: &Path, report: &mut Report) -> Result<()> {
    machine.shell.must(&format!("cp {PICTURES}/nobody.pgm {FRAMES}/"))?;
    let up = holding(machine, "systemctl is-active --quiet gate.service");
    came(machine, report, "the lane is ready after power on", up)?;
    let idle = told_again(machine, "sounder: Idle", 0);
    came(machine, report, "it is idle", idle)?;
    let lane = "/proc/$(systemctl show -p MainPID --value gate.service)/status";
    report.figure(&machine.shell.must(&format!("cat /proc/uptime; grep -E 'VmHWM|VmRSS' {lane}"))?);
    machine.screenshot(&out.join("idle.png"))
}

fn code(machine: &mut Machine, out: &Path, report: &mut Report) -> Result<()> {
    let (before, closed) = (told(machine, OPENED)?, told(machine, CLOSED)?);
    machine
        .shell
        .must(&format!("cp {PICTURES}/phone.pgm {FRAMES}/.new && mv {FRAMES}/.new {FRAMES}/phone.pgm"))?;
    let opened = told_again(machine, OPENED, before);
    machine.screenshot(&out.join("code.png"))?;
    machine.shell.must(&format!("rm {FRAMES}/phone.pgm"))?;
    came(machine, report, "a code before the camera opens the lane", opened)?;
    let shut = told_again(machine, CLOSED, closed);
    came(machine, report, "and shuts", shut)
}

fn card(machine: &mut Machine, rule: &str, out: &Path, report: &mut Report) -> Result<()> {
    let (before, closed) = (told(machine, OPENED)?, told(machine, CLOSED)?);
    machine.reader.lay(World::card()?)?;
    let opened = told_again(machine, OPENED, before);
    machine.screenshot(&out.join("card.png"))?;
    machine.reader.take()?;
    came(machine, report, rule, opened)?;
    // On a busy machine a card may be gone and back between two looks of the reader, which are one passage.
    let shut = told_again(machine, CLOSED, closed);
    came(machine, report, "and shuts", shut)
}

fn hung_carrier(machine: &mut Machine, out: &Path, report: &mut Report) -> Result<()> {
    // It knows no hub, asks for one, and hangs there.
    machine.shell.must(
        "cp /var/lib/tianfu-gate/pictures/sync.toml /etc/tianfu-gate/ && systemctl start gate-sync.service",
    )?;
    machine.shell.must("kill -STOP $(systemctl show -p MainPID --value gate-sync.service)")?;
    card(machine, "beside a carrier that hangs a card opens the lane", out, report)?;
    machine.shell.must("systemctl kill -s KILL gate-sync.service; systemctl stop gate-sync.service")?;
    Ok(())
}

fn hung_lane(machine: &mut Machine, report: &mut Report) -> Result<()> {
    let first = process(machine)?;
    machine.shell.must(&format!("kill -STOP {first}"))?;
    let anew = begun_anew(machine, &first);
    came(machine, report, "a lane that hangs is begun anew by the watchdog", anew)
}

/// Its loop waits for itself, while its other threads go on.
fn deadlocked_lane(machine: &mut Machine, report: &mut Report) -> Result<()> {
    if !machine.shell.holds("grep -q GATE_FAIL_POINT /usr/bin/gate")? {
        report.skipped("a lane whose loop waits for itself", "gate was built for release");
        return Ok(());
    }
    machine.shell.must(
        "systemctl set-environment GATE_FAIL_POINT=deadlock; systemctl restart gate.service; systemctl unset-environment GATE_FAIL_POINT",
    )?;
    let stuck = process(machine)?;
    let bites = told(machine, BITES)?;
    let anew = begun_anew(machine, &stuck);
    came(machine, report, "a lane whose loop waits for itself is begun anew", anew)?;
    report.rule("by the watchdog, too", told(machine, BITES)? == bites + 1);
    Ok(())
}

fn process(machine: &mut Machine) -> Result<String> {
    machine.shell.must("systemctl show -p MainPID --value gate.service")
}

fn begun_anew(machine: &mut Machine, before: &str) -> Result<((), Duration)> {
    until("another process", || {
        let now = process(machine)?;
        let active = machine.shell.holds("systemctl is-active --quiet gate.service")?;
        Ok((active && now != "0" && now != before).then_some(()))
    })
}
