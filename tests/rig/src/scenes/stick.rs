//! A stick: put into the slot, visited, pulled out.
//! Promises: what is on it is nobody's publication; that the visit says so is what is looked at.
//! Must not know: what a good stick holds (tests of the crates do).

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use serde_json::json;

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
    report.figure(&machine.shell.run("cat /run/tianfu-gate/visit.json")?.text);
    machine.screenshot(&out.join("stick.png"))?;
    unplug(machine)?;
    let gone = holding(machine, "! test -e /dev/tianfu-gate-stick");
    came(machine, report, "pulled out it is gone", gone)?;
    let gone = holding(machine, "! grep -q tianfu-gate/stick /proc/mounts");
    came(machine, report, "and nothing is mounted", gone)?;
    Ok(())
}

/// Puts the stick in; the first time it is made.
///
/// # Errors
/// If it cannot be made, or the emulator refuses it.
pub(crate) fn plug(machine: &mut Machine) -> Result<()> {
    let image = machine.room().join("stick.img");
    if !image.exists() {
        std::fs::File::create(&image)?.set_len(STICK_BYTES)?;
        let made = Command::new("mkfs.vfat").arg("-F32").arg(&image).output()?;
        ensure!(made.status.success(), "mkfs.vfat could not make a stick");
        machine.shell.must("echo TERMINAL=42 > /etc/tianfu-gate/terminal")?;
        let file = json!({ "driver": "file", "filename": image });
        machine.qmp.ask("blockdev-add", json!({ "driver": "raw", "node-name": "stick", "file": file }))?;
    }
    let stick = json!({ "driver": "usb-storage", "id": "stick", "drive": "stick" });
    // The one before may still be on its way out.
    until("the port is free", || Ok(machine.qmp.ask("device_add", stick.clone()).ok()))?;
    Ok(())
}

/// Pulls it out.
///
/// # Errors
/// If the emulator refuses.
pub(crate) fn unplug(machine: &mut Machine) -> Result<()> {
    machine.qmp.ask("device_del", json!({ "id": "stick" }))?;
    Ok(())
}
