//! Camera, reader, screen and stick, pulled out and put back while people go through.
//! Promises: reader and stick are unplugged at the emulated USB port (`device_del`, `device_add`); camera and screen, which the emulator
//! cannot unplug, lose their driver and get it back (`unbind`, `bind` in sysfs). While one is out, people go through by another.
//! Must not know: how a fault is recognised.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::json;

use crate::figures::Times;
use crate::machine::{Guest, Power, USB_SERIAL};
use crate::patience::until;
use crate::picture::{Ground, Picture};
use crate::report::Report;
use crate::scenes::board::Lane;
use crate::scenes::{holding, stick};
use crate::world::World;

/// The screen's place on the bus.
const SCREEN: &str = "/sys/bus/pci/drivers/bochs-drm";
/// A lane at rest shows the same for so long.
const STAYS: Duration = Duration::from_secs(6);

/// Something that is pulled.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Pulled {
    /// `vivid`, by its driver.
    Camera,
    /// The serial adapter, at its port.
    Reader,
    /// `bochs`, by its driver.
    Screen,
    /// A stick, at its port.
    Stick,
}

impl Pulled {
    fn name(self) -> &'static str {
        match self {
            Pulled::Camera => "camera",
            Pulled::Reader => "reader",
            Pulled::Screen => "screen",
            Pulled::Stick => "stick",
        }
    }
}

/// One of them in a machine of its own, so many times: codes live for a quarter of an hour.
///
/// # Errors
/// If the machine cannot be used.
pub(crate) fn play(
    guest: &Guest,
    world: &World,
    (out, (what, times)): (&Path, (Pulled, u16)),
    report: &mut Report,
) -> Result<()> {
    let disk = world.disk(&out.join("journal-pulls.img"))?;
    let mut lane = Lane::on(guest, &Power::whole(disk), out, report)?;
    each(&mut lane, what, times)?;
    lane.machine.off()
}

/// Every one, so many times.
///
/// # Errors
/// If the machine cannot be used.
pub(crate) fn all(lane: &mut Lane<'_>, times: u16) -> Result<()> {
    for what in [Pulled::Camera, Pulled::Reader, Pulled::Screen, Pulled::Stick] {
        each(lane, what, times)?;
    }
    Ok(())
}

/// This one, so many times.
///
/// # Errors
/// If the machine cannot be used, or a device never comes back.
pub(crate) fn each(lane: &mut Lane<'_>, what: Pulled, times: u16) -> Result<()> {
    let before = process(lane)?;
    let rest = at_rest(lane)?;
    let mut back = Times::default();
    for one in 0..times {
        back.took(match what {
            Pulled::Camera => camera(lane, one)?,
            Pulled::Reader => reader(lane, one)?,
            Pulled::Screen => screen(lane, &rest)?,
            Pulled::Stick => stick_once(lane)?,
        });
    }
    let name = what.name();
    let same = process(lane)? == before;
    lane.report
        .rule(&format!("pulls: {name}: back {times} times of {times}, and the program is the same"), same);
    let again = lane.again;
    lane.report
        .figure(&format!("{name}: put back to in use, emulated: {}; tried again {again} times", back.said()));
    if what == Pulled::Screen {
        let by = lane.machine.shell.run(
            "readlink /proc/$(systemctl show -p MainPID --value gate.service)/fd/* | grep -E 'dri|/fb' | sort -u | tr '\\n' ' '",
        )?;
        lane.report.figure(&format!("the screen is now: {}", by.text.trim()));
    }
    let oops = lane.machine.shell.run("dmesg | grep -cE 'Oops|BUG:|general protection'")?;
    lane.report.figure(&format!("complaints of the kernel: {}", oops.text.trim()));
    Ok(())
}

/// The lane's process and how often it was begun anew.
fn process(lane: &mut Lane<'_>) -> Result<String> {
    lane.machine.shell.must("systemctl show -p MainPID -p NRestarts --value gate.service | tr '\\n' ' '")
}

/// The camera loses its driver: cards go on. Back, from its driver's return to the edge of the latch by the next code.
fn camera(lane: &mut Lane<'_>, one: u16) -> Result<Duration> {
    lane.machine.shell.must("bash /usr/lib/rig/board blind")?;
    said(lane, one, "pulled-camera.png")?;
    lane.card(|_| Ok(()))?;
    let began = Instant::now();
    lane.machine.shell.must("bash /usr/lib/rig/board camera")?;
    let mut back = began.elapsed();
    lane.code(|_| {
        back = began.elapsed();
        Ok(())
    })?;
    Ok(back)
}

/// The reader is unplugged: codes go on. Back, from the plug to the edge of the latch by the next card.
fn reader(lane: &mut Lane<'_>, one: u16) -> Result<Duration> {
    lane.machine.qmp.ask("device_del", json!({ "id": "reader" }))?;
    holding(&mut lane.machine, "! test -e /dev/ttyUSB0")?;
    said(lane, one, "pulled-reader.png")?;
    lane.code(|_| Ok(()))?;
    let began = Instant::now();
    let plug = json!({ "driver": USB_SERIAL, "id": "reader", "chardev": "reader" });
    until("the port is free", || Ok(lane.machine.qmp.ask("device_add", plug.clone()).ok()))?;
    let mut back = began.elapsed();
    lane.card(|_| {
        back = began.elapsed();
        Ok(())
    })?;
    Ok(back)
}

/// The screen loses its driver while a verdict is on it, and people go on. Back, from its driver's return to the picture of a lane at rest.
fn screen(lane: &mut Lane<'_>, rest: &Picture) -> Result<Duration> {
    lane.card(|lane| {
        lane.machine.shell.must(&format!(
            "cd {SCREEN} && basename $(ls -d 0000:*) > /run/rig-screen && cat /run/rig-screen > unbind; cd /"
        ))?;
        Ok(())
    })?;
    ensure!(
        !rest.is_like(&Picture::of(&mut lane.machine)?),
        "the picture at rest was on a screen that was pulled"
    );
    lane.code(|_| Ok(()))?;
    let began = Instant::now();
    lane.machine.shell.must(&format!("cat /run/rig-screen > {SCREEN}/bind"))?;
    until("the screen shows a lane at rest", || {
        Ok(rest.is_like(&Picture::of(&mut lane.machine)?).then_some(()))
    })?;
    Ok(began.elapsed())
}

/// A stick is put in and pulled out while a person goes through. From the plug to the visit that is told of.
fn stick_once(lane: &mut Lane<'_>) -> Result<Duration> {
    lane.machine.shell.must("rm -f /run/tianfu-gate/visit.json")?;
    let began = Instant::now();
    stick::plug(&mut lane.machine)?;
    lane.card(|_| Ok(()))?;
    holding(&mut lane.machine, "test -s /run/tianfu-gate/visit.json")?;
    let visited = began.elapsed();
    stick::unplug(&mut lane.machine)?;
    holding(
        &mut lane.machine,
        "! test -e /dev/tianfu-gate-stick && ! grep -q tianfu-gate/stick /proc/mounts",
    )?;
    Ok(visited)
}

/// The screen sends people to the staff, and says why; the first time it is kept to be looked at.
fn said(lane: &mut Lane<'_>, one: u16, name: &str) -> Result<()> {
    until("the screen names the staff lane", || {
        Ok((Picture::of(&mut lane.machine)?.ground() == Ground::Staff).then_some(()))
    })?;
    if one == 0 { lane.screenshot(name) } else { Ok(()) }
}

/// The picture of a lane at which nothing happens: the same twice.
fn at_rest(lane: &mut Lane<'_>) -> Result<Picture> {
    let mut last = Picture::of(&mut lane.machine)?;
    let (rest, _) = until("a picture that stays", || {
        std::thread::sleep(STAYS);
        let now = Picture::of(&mut lane.machine)?;
        let before = std::mem::replace(&mut last, now.clone());
        Ok(before.is_like(&now).then_some(now))
    })?;
    Ok(rest)
}
