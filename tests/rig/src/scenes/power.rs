//! A power cut: the journal's load on a disk whose every block write is logged, until the power goes.
//! Promises: the recording is whole; what it proves is said by `journal_power` of the journal's crate.
//! Must not know: what the load writes.

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::machine::{Guest, Machine, Power};
use crate::report::Report;
use crate::world::World;

/// The disk; its last part takes the load's marks.
const DISK_BYTES: u64 = 16 << 20;
const FILES: &str = "15M";
/// Of the load.
const LASTS: Duration = Duration::from_secs(30);

/// Records the load that lies in the guest.
///
/// # Errors
/// If the machine cannot be used.
pub(crate) fn play(guest: &Guest, world: &World, out: &Path, report: &mut Report) -> Result<()> {
    let folder = out.join("power");
    std::fs::create_dir_all(&folder)?;
    let (disk, log) = (folder.join("disk.img"), folder.join("log.bin"));
    blank(&disk)?;
    std::fs::copy(&disk, folder.join("base.img"))?;
    File::create(&log)?;
    let power = Power { logged: Some((disk, log)), ..Power::usual(world.disk(&out.join("journal.img"))?) };
    let mut machine = Machine::on(guest, &power)?;
    machine.shell.must("mkdir -p /mnt/load && mount -o noatime /dev/vdc /mnt/load")?;
    let start = "GATE_POWER_FOLDER=/mnt/load GATE_POWER_MARKS=/dev/vdc nohup /usr/lib/rig/load --ignored --exact the_load_whose_power_is_cut >/run/said 2>&1 &";
    machine.shell.must(start)?;
    std::thread::sleep(LASTS);
    let runs = machine.shell.holds("kill -0 $!")?;
    report.figure(&machine.shell.run("tail -5 /run/said; ls -la /mnt/load")?.text);
    machine.cut()?;
    report.rule("the load ran until the power was cut", runs);
    Ok(())
}

fn blank(disk: &Path) -> Result<()> {
    File::create(disk)?.set_len(DISK_BYTES)?;
    let made = Command::new("mke2fs").args(["-q", "-F", "-t", "ext4"]).arg(disk).arg(FILES).status()?;
    ensure!(made.success(), "mke2fs could not make the load's disk");
    Ok(())
}
