//! Camera, reader, screen and stick, pulled out and put back while people go through.
//! Promises: reader and stick are unplugged at the emulated USB port (`device_del`, `device_add`); camera and screen, which the emulator
//! cannot unplug, lose their driver and get it back (`unbind`, `bind` in sysfs). While one is out, people go through by another, and who
//! cannot is sent to the staff: by the screen's ground, and without a screen by the lamp. The lane's process is the same at the end, with no
//! more open files and hardly more memory, and the kernel had nothing to complain of.
//! Must not know: how a fault is recognised.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
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
/// A lane's memory may come to rest somewhat higher, in KiB; a frame kept at each of fifty pulls would be 15,000.
const MORE_KIB: u64 = 4_096;
/// What the kernel says of itself when something is wrong in it.
const COMPLAINTS: &str =
    "Oops|BUG:|general protection|[Uu]nable to handle|use-after-free|refcount_t|Kernel panic";

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
    let (name, before) = (what.name(), process(lane)?);
    let rounds = rounds(lane, what, times);
    lane.report.rule(
        &format!("pulls: {name}: each time people were sent to the staff, or let through"),
        rounds.is_ok(),
    );
    let Rounds { away, back, holds } = rounds?;
    let same = process(lane)? == before;
    lane.report
        .rule(&format!("pulls: {name}: back {times} times of {times}, and the program is the same"), same);
    let again = lane.again;
    if away.count() > 0 {
        lane.report.figure(&format!("{name}: pulled to the manual way, emulated: {}", away.said()));
    }
    lane.report
        .figure(&format!("{name}: put back to in use, emulated: {}; tried again {again} times", back.said()));
    grown(lane, name, holds)?;
    if what == Pulled::Screen {
        let by = lane.machine.shell.run(
            "readlink /proc/$(systemctl show -p MainPID --value gate.service)/fd/* | grep -E 'dri|/fb' | sort -u | tr '\\n' ' '",
        )?;
        lane.report.figure(&format!("the screen is now: {}", by.text.trim()));
    }
    let complaints = lane.machine.shell.run(&format!("dmesg | grep -E '{COMPLAINTS}'"))?.text;
    let quiet = complaints.trim().is_empty();
    lane.report.rule(&format!("pulls: {name}: the kernel complains of nothing"), quiet);
    if !quiet {
        lane.report.figure(complaints.trim());
    }
    Ok(())
}

/// All pulls of a device.
struct Rounds {
    away: Times,
    back: Times,
    /// After the first, if there are more: what is set up once, by the first passage and the first fault, is no growth.
    holds: Held,
}

fn rounds(lane: &mut Lane<'_>, what: Pulled, times: u16) -> Result<Rounds> {
    let rest = at_rest(lane)?;
    let mut rounds = Rounds { away: Times::default(), back: Times::default(), holds: held(lane)? };
    for one in 0..times {
        let pull = match what {
            Pulled::Camera => camera(lane, one)?,
            Pulled::Reader => reader(lane, one)?,
            Pulled::Screen => screen(lane, &rest)?,
            Pulled::Stick => stick_once(lane, &rest)?,
        };
        pull.told.into_iter().for_each(|told| rounds.away.took(told));
        rounds.back.took(pull.back);
        if one == 0 && times > 1 {
            rounds.holds = held(lane)?;
        }
    }
    Ok(rounds)
}

/// What the lane's process holds.
#[derive(Clone, Copy)]
struct Held {
    files: u64,
    memory_kib: u64,
}

/// Of a lane at rest the fewest of some looks: a file may be open just then.
fn held(lane: &mut Lane<'_>) -> Result<Held> {
    let said = lane.machine.shell.must(
        "pid=$(systemctl show -p MainPID --value gate.service); for look in 1 2 3 4 5 6; do ls /proc/$pid/fd | wc -l; sleep 0.3; done | sort -n | head -1; sed -n 's/VmRSS:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$pid/status",
    )?;
    let mut numbers = said.split_whitespace().map(str::parse);
    let (Some(Ok(files)), Some(Ok(memory_kib))) = (numbers.next(), numbers.next()) else {
        bail!("what the lane holds: {said}");
    };
    Ok(Held { files, memory_kib })
}

/// The lane holds no more files than before, and no more memory but a little.
fn grown(lane: &mut Lane<'_>, name: &str, before: Held) -> Result<()> {
    let now = held(lane)?;
    lane.report.rule(&format!("pulls: {name}: the lane has no more open files"), now.files <= before.files);
    let fits = now.memory_kib <= before.memory_kib + MORE_KIB;
    lane.report.rule(&format!("pulls: {name}: nor {MORE_KIB} KiB more memory"), fits);
    lane.report.figure(&format!(
        "{name}: open files {} and then {}, resident {} KiB and then {} KiB",
        before.files, now.files, before.memory_kib, now.memory_kib
    ));
    Ok(())
}

/// One pull.
struct Pull {
    /// From the pull to the manual way in front of people, where one is told of.
    told: Option<Duration>,
    /// From the device's return to its use.
    back: Duration,
}

/// The lane's process and how often it was begun anew.
///
/// # Errors
/// If the guest does not answer.
pub(crate) fn process(lane: &mut Lane<'_>) -> Result<String> {
    lane.machine.shell.must("systemctl show -p MainPID -p NRestarts --value gate.service | tr '\\n' ' '")
}

/// The camera loses its driver: cards go on. Back, from its driver's return to the edge of the latch by the next code.
fn camera(lane: &mut Lane<'_>, one: u16) -> Result<Pull> {
    lane.machine.shell.must("bash /usr/lib/rig/board blind")?;
    let told = Some(said(lane, one, "pulled-camera.png")?);
    lane.card(|_| Ok(()))?;
    let began = Instant::now();
    lane.machine.shell.must("bash /usr/lib/rig/board camera")?;
    let mut back = began.elapsed();
    lane.code(|_| {
        back = began.elapsed();
        Ok(())
    })?;
    Ok(Pull { told, back })
}

/// The reader is unplugged: codes go on. Back, from the plug to the edge of the latch by the next card.
fn reader(lane: &mut Lane<'_>, one: u16) -> Result<Pull> {
    lane.machine.qmp.ask("device_del", json!({ "id": "reader" }))?;
    holding(&mut lane.machine, "! test -e /dev/ttyUSB0")?;
    let told = Some(said(lane, one, "pulled-reader.png")?);
    lane.code(|_| Ok(()))?;
    let began = Instant::now();
    plug_reader(lane)?;
    let mut back = began.elapsed();
    lane.card(|_| {
        back = began.elapsed();
        Ok(())
    })?;
    Ok(Pull { told, back })
}

/// Puts the reader into its port.
///
/// # Errors
/// If the emulator refuses it.
pub(crate) fn plug_reader(lane: &mut Lane<'_>) -> Result<()> {
    let plug = json!({ "driver": USB_SERIAL, "id": "reader", "chardev": "reader" });
    until("the port is free", || Ok(lane.machine.qmp.ask("device_add", plug.clone()).ok()))?;
    Ok(())
}

/// The screen loses its driver while a verdict is on it, and people go on. Back, from its driver's return to the picture of a lane at rest.
fn screen(lane: &mut Lane<'_>, rest: &Picture) -> Result<Pull> {
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
    lane.sent_to_the_staff()?;
    lane.code(|_| Ok(()))?;
    let began = Instant::now();
    lane.machine.shell.must(&format!("cat /run/rig-screen > {SCREEN}/bind"))?;
    until("the screen shows a lane at rest", || {
        Ok(rest.is_like(&Picture::of(&mut lane.machine)?).then_some(()))
    })?;
    Ok(Pull { told: None, back: began.elapsed() })
}

/// A stick is put in and pulled out while a person goes through. From the plug to the visit that is told of; the screen forgets it.
fn stick_once(lane: &mut Lane<'_>, rest: &Picture) -> Result<Pull> {
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
    // What is told of a visit stays for a minute else.
    lane.machine.shell.must("rm -f /run/tianfu-gate/visit.json")?;
    until("the screen shows a lane at rest", || {
        Ok(rest.is_like(&Picture::of(&mut lane.machine)?).then_some(()))
    })?;
    Ok(Pull { told: None, back: visited })
}

/// The screen sends people to the staff, and says why; the first time it is kept to be looked at. After which time.
fn said(lane: &mut Lane<'_>, one: u16, name: &str) -> Result<Duration> {
    let (_, told) = until("the screen names the staff lane", || {
        Ok((Picture::of(&mut lane.machine)?.ground() == Ground::Staff).then_some(()))
    })?;
    if one == 0 {
        lane.screenshot(name)?;
    }
    Ok(told)
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
