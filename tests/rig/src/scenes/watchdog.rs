//! A machine whose kernel has died: nothing turns any more, and the board's own watchdog (i6300esb) starts it anew.
//! Promises: it was the watchdog, by the emulator's word; the lane serves again.
//! Must not know: how a watchdog is fed (systemd's `RuntimeWatchdogSec=`, as the integrator's manual has it).

use std::path::Path;

use anyhow::Result;

use crate::machine::{Guest, Machine, Power, Reset};
use crate::patience::until;
use crate::report::Report;
use crate::scenes::{came, holding, told, told_again};
use crate::world::World;

/// What the integrator's manual tells to set.
const FED: &str = "mkdir -p /run/systemd/system.conf.d && printf '[Manager]\\nRuntimeWatchdogSec=20\\n' > /run/systemd/system.conf.d/rig.conf && systemctl daemon-reexec";

/// Plays it.
///
/// # Errors
/// If the machine cannot be used.
pub(crate) fn play(guest: &Guest, world: &World, out: &Path, report: &mut Report) -> Result<()> {
    let disk = world.disk(&out.join("journal-watchdog.img"))?;
    let mut machine = Machine::on(guest, &Power { reset: Reset::Boot, ..Power::usual(disk) })?;
    let up = holding(&mut machine, "systemctl is-active --quiet gate.service");
    came(&mut machine, report, "watchdog: the lane is up", up)?;
    machine.shell.must(FED)?;
    let fed = holding(&mut machine, "ls -l /proc/1/fd | grep -q /dev/watchdog");
    came(&mut machine, report, "watchdog: the manager feeds it", fed)?;
    report.figure(&machine.shell.must(
        "cat /sys/class/watchdog/watchdog0/identity /sys/class/watchdog/watchdog0/timeout | tr '\\n' ' '",
    )?);
    // Nobody answers any more, this shell included.
    machine.shell.send("echo c > /proc/sysrq-trigger")?;
    let bites = until("the watchdog bites", || machine.qmp.event("WATCHDOG").map(Some));
    report.came("watchdog: a kernel that has died is reset by the board's watchdog", bites);
    machine.shell.ready()?;
    let again = holding(&mut machine, "systemctl is-active --quiet gate.service");
    came(&mut machine, report, "watchdog: the lane is up again", again)?;
    let before = told(&mut machine, "latch: open")?;
    machine.reader.lay(World::card()?)?;
    let opened = told_again(&mut machine, "latch: open", before);
    machine.reader.take()?;
    came(&mut machine, report, "watchdog: and a card opens it", opened)?;
    machine.off()
}
