//! Starts with a battery-backed clock that is wrong, or cannot be read; how the time is believed again, and over a power cut; a clock that is
//! set back under a lane that serves.
//! Promises: a code that may have expired opens nothing, and the lane is up all the same; what three people's codes confirm, the
//! battery-backed clock has, by the emulator's word.
//! Must not know: how time becomes trusted.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::machine::{Guest, Machine, Power};
use crate::report::Report;
use crate::scenes::{came, holding, told, told_again};
use crate::world::{PEOPLE, World};

/// The lamps' line of a person who is sent to the staff.
const ASSISTED: &str = "lamps: Verdict(Assist)";
const OPENED: &str = "latch: open";
const CLOSED: &str = "latch: close";
/// Name and clock at power on.
const CLOCKS: [(&str, &str); 3] =
    [("1970", "1970-01-01T00:00:01"), ("back", "2026-11-18T12:15:00"), ("dead", "2000-01-01T00:00:00")];
/// The kernel's driver of the battery-backed clock does not begin: the system's clock is right, and nothing vouches for it.
const NO_DRIVER: &str = "initcall_blacklist=cmos_init";
/// All times of the demo begin so.
const TODAY: &str = "2026-11-20T12:";
/// The two clocks say the same, and it is the demo's day.
const BOTH_RIGHT: &str = "ahead=$(($(date +%s) - $(cat /sys/class/rtc/rtc0/since_epoch))); test ${ahead#-} -le 2 && date -u +%FT%R | grep -q 2026-11-20T12:";

/// Plays them.
///
/// # Errors
/// If the machine cannot be used.
pub(crate) fn play(guest: &Guest, world: &World, out: &Path, report: &mut Report) -> Result<()> {
    for (name, rtc) in CLOCKS {
        let disk = world.disk(&out.join("journal-clock.img"))?;
        let power = Power { rtc: rtc.to_owned(), ..Power::usual(disk.clone()) };
        let mut machine = Machine::on(guest, &power)?;
        begun_with(&mut machine, name, out, report)?;
        if name == "dead" {
            let battery = confirmed(machine, report)?;
            believed(guest, (disk, battery), out, report)?;
        } else {
            machine.cut()?;
        }
    }
    unreadable(guest, world, out, report)
}

fn begun_with(machine: &mut Machine, name: &str, out: &Path, report: &mut Report) -> Result<()> {
    machine.shell.must("cp /var/lib/tianfu-gate/pictures/nobody.pgm /var/lib/tianfu-gate/frames/")?;
    let up = holding(machine, "systemctl is-active --quiet gate.service");
    came(machine, report, &format!("clock {name}: the lane is up"), up)?;
    report.figure(&machine.shell.must("date -u")?);
    machine.screenshot(&out.join(format!("clock-{name}-idle.png")))?;
    let answered = assisted(machine, "phone");
    came(machine, report, &format!("clock {name}: a code is answered"), answered)?;
    machine.screenshot(&out.join(format!("clock-{name}-code.png")))?;
    report.rule(&format!("clock {name}: the code opens nothing"), told(machine, OPENED)? == 0);
    Ok(())
}

/// The second person's code confirms nothing, the third's does. What the battery-backed clock says when the power is cut then.
fn confirmed(mut machine: Machine, report: &mut Report) -> Result<String> {
    let two = assisted(&mut machine, &person(0));
    came(&mut machine, report, "clock dead: two people's codes confirm no time", two)?;
    report.rule("clock dead: and set no clock", !machine.battery_clock()?.starts_with(TODAY));
    let three = opened(&mut machine, &person(1));
    came(&mut machine, report, "clock dead: the third of three people goes through", three)?;
    let set = holding(&mut machine, BOTH_RIGHT);
    came(
        &mut machine,
        report,
        "clock dead: the system's clock and the battery-backed one have the time then",
        set,
    )?;
    let battery = machine.battery_clock()?;
    report.rule("clock dead: by the emulator's word, too", battery.starts_with(TODAY));
    report.figure(&battery);
    machine.cut()?;
    Ok(battery)
}

/// The power is back: the battery-backed clock went on, and is believed. Then somebody sets the system's clock back.
fn believed(guest: &Guest, (disk, rtc): (PathBuf, String), out: &Path, report: &mut Report) -> Result<()> {
    let mut machine = Machine::on(guest, &Power { rtc, ..Power::usual(disk) })?;
    machine.shell.must("cp /var/lib/tianfu-gate/pictures/nobody.pgm /var/lib/tianfu-gate/frames/")?;
    let up = holding(&mut machine, "systemctl is-active --quiet gate.service");
    came(&mut machine, report, "clock set: the lane is up after the power cut", up)?;
    let first = opened(&mut machine, &person(2));
    came(&mut machine, report, "clock set: its time is believed, and the first code opens", first)?;
    machine.shell.must("date -s @$(($(date +%s) - 7200))")?;
    let before = told(&mut machine, OPENED)?;
    for nth in [3, 4] {
        let doubted = assisted(&mut machine, &person(nth));
        came(&mut machine, report, "clock set back: a code is answered, and the staff asked", doubted)?;
    }
    machine.screenshot(&out.join("clock-set-back.png"))?;
    report.rule("clock set back: no code opens anything", told(&mut machine, OPENED)? == before);
    let third = opened(&mut machine, &person(5));
    came(&mut machine, report, "clock set back: the third of three people goes through", third)?;
    let right = holding(&mut machine, BOTH_RIGHT);
    came(&mut machine, report, "clock set back: both clocks are right again", right)?;
    machine.cut()
}

/// No driver of the battery-backed clock: a right time that nobody vouches for.
fn unreadable(guest: &Guest, world: &World, out: &Path, report: &mut Report) -> Result<()> {
    let disk = world.disk(&out.join("journal-clock.img"))?;
    let mut machine = Machine::on(guest, &Power { words: NO_DRIVER, ..Power::usual(disk) })?;
    let none = machine.shell.holds("! test -e /sys/class/rtc/rtc0")?;
    report.rule("clock unreadable: the kernel has no battery-backed clock", none);
    begun_with(&mut machine, "unreadable", out, report)?;
    let two = assisted(&mut machine, &person(0));
    came(&mut machine, report, "clock unreadable: two people's codes confirm no time", two)?;
    let three = opened(&mut machine, &person(1));
    came(&mut machine, report, "clock unreadable: the third of three people goes through", three)?;
    let said = told_again(&mut machine, "no battery-backed clock took the time", 0);
    came(&mut machine, report, "clock unreadable: the log says that the next start asks again", said)?;
    machine.cut()
}

/// The picture of one of the people with a code.
fn person(nth: u16) -> String {
    format!("person-{}", PEOPLE.start + nth)
}

/// Somebody shows a code and is sent to the staff.
fn assisted(machine: &mut Machine, picture: &str) -> Result<((), std::time::Duration)> {
    shows(machine, picture, ASSISTED)
}

/// Somebody shows a code and goes through; until the latch has closed again.
fn opened(machine: &mut Machine, picture: &str) -> Result<((), std::time::Duration)> {
    let closed = told(machine, CLOSED)?;
    let went = shows(machine, picture, OPENED)?;
    told_again(machine, CLOSED, closed)?;
    Ok(went)
}

/// A hand holds the code up until the lane has said these words, and takes it away.
fn shows(machine: &mut Machine, picture: &str, words: &str) -> Result<((), std::time::Duration)> {
    let (from, frames) = ("/var/lib/tianfu-gate/pictures", "/var/lib/tianfu-gate/frames");
    let before = told(machine, words)?;
    machine
        .shell
        .must(&format!("cp {from}/{picture}.pgm {frames}/.new && mv {frames}/.new {frames}/phone.pgm"))?;
    let said = told_again(machine, words, before);
    machine.shell.must(&format!("rm {frames}/phone.pgm"))?;
    said
}
