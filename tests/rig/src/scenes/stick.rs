//! Sticks: made, filled, put into the slot, pulled out; and the visit of an empty one.
//! Promises: an image is what the guest has synced; nothing is mounted on this machine.
//! Must not know: what a good stick holds.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::machine::Machine;
use crate::patience::until;
use crate::report::Report;
use crate::scenes::{came, holding};

const STICK_BYTES: u64 = 48 << 20;

/// Plays it.
///
/// # Errors
/// If the machine cannot be used.
pub(crate) fn play(machine: &mut Machine, out: &Path, report: &mut Report) -> Result<()> {
    plug(machine)?;
    let visit = holding(machine, "test -s /run/tianfu-gate/visit.json");
    came(machine, report, "a stick in the slot is visited", visit)?;
    let over = holding(
        machine,
        "systemctl show -p ActiveState --value gate-stick.service | grep -qE 'inactive|failed'",
    );
    came(machine, report, "the visit ends", over)?;
    let said = machine.shell.run("cat /run/tianfu-gate/visit.json")?.text;
    report.rule("and says that nothing published lies on it", said.contains("\"no_data\""));
    report.figure(&said);
    machine.screenshot(&out.join("stick.png"))?;
    unplug(machine)?;
    let gone = holding(machine, "! test -e /dev/tianfu-gate-stick");
    came(machine, report, "pulled out it is gone", gone)?;
    let gone = holding(machine, "! grep -q tianfu-gate/stick /proc/mounts");
    came(machine, report, "and nothing is mounted", gone)?;
    Ok(())
}

/// Puts an empty stick in; the first time it is made.
///
/// # Errors
/// If it cannot be made, or the emulator refuses it.
pub(crate) fn plug(machine: &mut Machine) -> Result<()> {
    let image = machine.room().join("stick.img");
    let is_new = !image.exists();
    let stick = Stick { name: "empty", image };
    if is_new {
        stick.format(FileSystem::Fat, STICK_BYTES)?;
        stick.attach(machine)?;
    }
    stick.plug(machine)
}

/// Pulls out what is in the slot.
///
/// # Errors
/// If the emulator refuses.
pub(crate) fn unplug(machine: &mut Machine) -> Result<()> {
    machine.qmp.ask("device_del", json!({ "id": "stick" }))?;
    Ok(())
}

/// What a stick is formatted with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileSystem {
    /// As most are.
    Fat,
    /// As large ones are.
    ExFat,
}

/// A stick, as an image on this machine.
pub(crate) struct Stick {
    /// What the emulator calls it.
    pub(crate) name: &'static str,
    /// The image.
    pub(crate) image: PathBuf,
}

impl Stick {
    /// Makes it, empty.
    ///
    /// # Errors
    /// If there is no maker for it.
    pub(crate) fn format(&self, what: FileSystem, bytes: u64) -> Result<()> {
        std::fs::File::create(&self.image)?.set_len(bytes)?;
        let mut maker = match what {
            FileSystem::Fat => Command::new("mkfs.vfat"),
            FileSystem::ExFat => Command::new("mkfs.exfat"),
        };
        let words: &[&str] = if what == FileSystem::Fat { &["-F32"] } else { &[] };
        let made =
            maker.args(words).arg(&self.image).output().context("starting the maker of a file system")?;
        ensure!(
            made.status.success(),
            "a stick could not be made: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        Ok(())
    }

    /// Puts everything in `folder` on it: FAT alone, and in no slot.
    ///
    /// # Errors
    /// If it has no room.
    pub(crate) fn fill(&self, folder: &Path) -> Result<()> {
        let names: Vec<PathBuf> =
            std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
        let mut mcopy = Command::new("mcopy");
        mcopy.args(["-s", "-Q", "-i"]).arg(&self.image).args(&names).arg("::/");
        let copied = mcopy.output().context("starting mcopy")?;
        ensure!(copied.status.success(), "mcopy: {}", String::from_utf8_lossy(&copied.stderr));
        Ok(())
    }

    /// Takes everything on it into a folder: FAT alone, and in no slot.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn take_out(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut mcopy = Command::new("mcopy");
        mcopy.args(["-s", "-n", "-Q", "-i"]).arg(&self.image).arg("::/*").arg(folder);
        let copied = mcopy.output().context("starting mcopy")?;
        ensure!(copied.status.success(), "mcopy: {}", String::from_utf8_lossy(&copied.stderr));
        Ok(())
    }

    /// Makes it known to the emulator, as fast as this machine is.
    ///
    /// # Errors
    /// If the emulator refuses it.
    pub(crate) fn attach(&self, machine: &mut Machine) -> Result<()> {
        let file = json!({ "driver": "file", "filename": self.image });
        let raw = json!({ "driver": "raw", "file": file });
        let limits = json!({ "qom-type": "throttle-group", "id": self.limits() });
        machine.qmp.ask("object-add", limits)?;
        let slow = json!({ "driver": "throttle", "node-name": self.name, "throttle-group": self.limits(), "file": raw });
        machine.qmp.ask("blockdev-add", slow)?;
        machine.shell.must("echo TERMINAL=42 > /etc/tianfu-gate/terminal")?;
        Ok(())
    }

    /// How many bytes a second it writes from now on; 0 is as many as this machine does.
    ///
    /// # Errors
    /// If the emulator refuses.
    pub(crate) fn writes(&self, machine: &mut Machine, bytes_a_second: u64) -> Result<()> {
        self.limited(machine, json!({ "bps-write": bytes_a_second }))
    }

    /// How many bytes a second it does at all from now on.
    ///
    /// # Errors
    /// If the emulator refuses.
    pub(crate) fn does(&self, machine: &mut Machine, bytes_a_second: u64) -> Result<()> {
        self.limited(machine, json!({ "bps-total": bytes_a_second }))
    }

    fn limited(&self, machine: &mut Machine, limits: Value) -> Result<()> {
        let path = format!("/objects/{}", self.limits());
        machine.qmp.ask("qom-set", json!({ "path": path, "property": "limits", "value": limits }))?;
        Ok(())
    }

    fn limits(&self) -> String {
        format!("limits-{}", self.name)
    }

    /// Puts it into the slot.
    ///
    /// # Errors
    /// If the emulator refuses it.
    pub(crate) fn plug(&self, machine: &mut Machine) -> Result<()> {
        let stick = json!({ "driver": "usb-storage", "id": "stick", "drive": self.name });
        // The one before may still be on its way out.
        until("the port is free", || Ok(machine.qmp.ask("device_add", stick.clone()).ok()))?;
        Ok(())
    }
}
