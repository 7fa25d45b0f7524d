//! Starts with a battery-backed clock that is wrong.
//! Promises: a code that may have expired opens nothing; the lane is up all the same.
//! Must not know: how time becomes trusted.

use std::path::Path;

use anyhow::Result;

use crate::machine::{Guest, Machine, Power};
use crate::report::Report;
use crate::scenes::{came, holding, told, told_again};
use crate::world::World;

/// The lamps' line of a person who is sent to the staff.
const ASSISTED: &str = "lamps: Verdict(Assist)";
/// Name and clock at power on.
const CLOCKS: [(&str, &str); 3] =
    [("1970", "1970-01-01T00:00:01"), ("back", "2026-11-18T12:15:00"), ("dead", "2000-01-01T00:00:00")];

/// Plays them.
///
/// # Errors
/// If the machine cannot be used.
pub(crate) fn play(guest: &Guest, world: &World, out: &Path, report: &mut Report) -> Result<()> {
    for (name, rtc) in CLOCKS {
        let disk = world.disk(&out.join("journal-clock.img"))?;
        let mut machine = Machine::on(guest, &Power { rtc: rtc.to_owned(), ..Power::usual(disk) })?;
        begun_with(&mut machine, name, out, report)?;
        machine.cut()?;
    }
    Ok(())
}

fn begun_with(machine: &mut Machine, name: &str, out: &Path, report: &mut Report) -> Result<()> {
    machine.shell.must("cp /var/lib/tianfu-gate/pictures/nobody.pgm /var/lib/tianfu-gate/frames/")?;
    let up = holding(machine, "systemctl is-active --quiet gate.service");
    came(machine, report, &format!("clock {name}: the lane is up"), up)?;
    report.figure(&machine.shell.must("date -u")?);
    machine.screenshot(&out.join(format!("clock-{name}-idle.png")))?;
    let before = told(machine, ASSISTED)?;
    machine.shell.must("cp /var/lib/tianfu-gate/pictures/phone.pgm /var/lib/tianfu-gate/frames/")?;
    let answered = told_again(machine, ASSISTED, before);
    came(machine, report, &format!("clock {name}: a code is answered"), answered)?;
    machine.screenshot(&out.join(format!("clock-{name}-code.png")))?;
    report.rule(&format!("clock {name}: the code opens nothing"), told(machine, "latch: open")? == 0);
    Ok(())
}
