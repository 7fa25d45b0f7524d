//! A board that is switched on before anything is plugged into it; then screen, reader, camera and a scanner that types, one by one.
//! Promises: each is in use without a start of the lane: systemd looks up what a unit may use once (`DeviceAllow=`), and a driver that came
//! with its device would not be among it.
//! Must not know: which modules the unit has loaded.

use std::path::Path;

use anyhow::Result;
use serde_json::json;

use crate::machine::{Guest, Machine, Power};
use crate::patience::until;
use crate::picture::{Ground, Picture};
use crate::report::Report;
use crate::scenes::board::Lane;
use crate::scenes::{came, holding, pulls};
use crate::world::World;

/// Plays it.
///
/// # Errors
/// If the machine cannot be used, or nobody can pass by what was plugged in.
pub(crate) fn play(guest: &Guest, world: &World, out: &Path, report: &mut Report) -> Result<()> {
    let disk = world.disk(&out.join("journal-plugged.img"))?;
    let mut lane = Lane::on(guest, &Power::unplugged(disk), out, report)?;
    let began = pulls::process(&mut lane)?;
    let there =
        lane.machine.shell.run("ls -d /dev/video* /dev/ttyUSB* /dev/dri/card* /dev/fb* 2>/dev/null")?;
    lane.report
        .rule("plugged: the lane is ready without camera, reader and screen", there.text.trim().is_empty());
    screen(&mut lane)?;
    reader(&mut lane)?;
    camera(&mut lane)?;
    scanner(&mut lane)?;
    let same = pulls::process(&mut lane)? == began;
    lane.report.rule("plugged: nothing of it took a start of the lane", same);
    installed(&mut lane)?;
    lane.machine.off()
}

/// The package comes to a board on which all is plugged in already.
fn installed(lane: &mut Lane<'_>) -> Result<()> {
    let machine = &mut lane.machine;
    machine.shell.must("chgrp root /dev/gpiochip* /dev/rtc0 && sh /usr/lib/rig/postinst configure ''")?;
    let own = holding(machine, "test \"$(stat -c %G /dev/gpiochip* /dev/rtc0 | sort -u)\" = tianfu-gate");
    came(machine, lane.report, "plugged: what was there before the package is the lane's by its rules", own)
}

/// The only thing to tell by it: no way is automatic.
fn screen(lane: &mut Lane<'_>) -> Result<()> {
    lane.machine.shell.must("bash /usr/lib/rig/board screen")?;
    let drawn = until("the staff lane's ground", || {
        Ok((Picture::of(&mut lane.machine)?.ground() == Ground::Staff).then_some(()))
    });
    came(
        &mut lane.machine,
        lane.report,
        "plugged: a screen that comes later sends people to the staff lane",
        drawn,
    )?;
    lane.screenshot("plugged-screen.png")
}

fn reader(lane: &mut Lane<'_>) -> Result<()> {
    pulls::plug_reader(lane)?;
    let open = in_use(&mut lane.machine, "ttyUSB");
    came(&mut lane.machine, lane.report, "plugged: a reader that comes later is in use", open)?;
    let card = lane.card(|_| Ok(()));
    lane.report.rule("plugged: and a card opens the latch", card.is_ok());
    card.map(drop)
}

fn camera(lane: &mut Lane<'_>) -> Result<()> {
    lane.machine.shell.must("bash /usr/lib/rig/board camera")?;
    let open = in_use(&mut lane.machine, "/dev/video");
    came(&mut lane.machine, lane.report, "plugged: a camera that comes later is in use", open)?;
    let code = lane.code(|_| Ok(()));
    lane.report.rule("plugged: and a code opens the latch", code.is_ok());
    code.map(drop)
}

fn scanner(lane: &mut Lane<'_>) -> Result<()> {
    lane.machine.qmp.ask("device_add", json!({ "driver": "usb-kbd", "id": "scanner", "serial": "rig" }))?;
    let open = in_use(&mut lane.machine, "/dev/input/event");
    came(&mut lane.machine, lane.report, "plugged: a scanner that types and comes later is in use", open)
}

/// The lane has opened a device of this name.
fn in_use(machine: &mut Machine, name: &str) -> Result<((), std::time::Duration)> {
    holding(
        machine,
        &format!("ls -l /proc/$(systemctl show -p MainPID --value gate.service)/fd | grep -q {name}"),
    )
}
