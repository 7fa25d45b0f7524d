//! `gate-rig`: the terminal's real programs under a real kernel, in an emulated machine.
//! Must not know: anything that a person at a lane could not see or do, but for the journal's rows at the end.

mod figures;
mod machine;
mod patience;
mod picture;
mod qmp;
mod reader;
mod report;
mod scenes;
mod shell;
mod trace;
mod world;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};

use crate::machine::{Guest, Processor};
use crate::report::Report;
use crate::scenes::board::Much;
use crate::scenes::pulls::Pulled;
use crate::world::World;

/// When the demo's stories begin, as the emulator spells a time.
const BEGINNING: &str = "2026-11-20T12:15:00";
/// What `tools/ci/qemu.sh` unpacks, and where the guest is made.
const RIG: &str = "target/rig";

/// Boots a guest with the terminal's programs and plays what happens at a lane.
#[derive(Parser)]
#[command(name = "gate-rig")]
struct Arguments {
    /// Where `gate`, `gate-trust`, `gate-field` and `gate-sync` are.
    #[arg(long, value_name = "DIR", default_value = "target/debug")]
    programs: PathBuf,
    /// Screens and the journal's disk are written here.
    #[arg(long, value_name = "DIR", default_value = "target/rig/out")]
    out: PathBuf,
    /// The test program `journal_power` of the journal's crate, for the power cut.
    #[arg(long, value_name = "FILE")]
    load: Option<PathBuf>,
    /// Only writes a terminal's data, frames and cards into this folder, for tests/rig/count.sh.
    #[arg(long, value_name = "DIR")]
    inputs: Option<PathBuf>,
    /// What is played; everything if nothing is said.
    #[arg(long, value_enum)]
    scene: Vec<Scene>,
    /// The guest's processor; `arm64` plays `--scene board` or `pulls` alone (tools/ci/qemu-arm64.sh).
    #[arg(long, value_enum, default_value = "amd64")]
    arch: Processor,
    /// Codes, and as many cards, that are timed on the whole board.
    #[arg(long, default_value_t = 20)]
    passages: u16,
    /// Strangers in the list of the scene `province`, which is played alone.
    #[arg(long, default_value_t = 1_000_000)]
    people: u64,
    /// How often each device of the whole board is pulled.
    #[arg(long, default_value_t = 3)]
    pulls: u16,
    /// What is pulled in the scene of its own.
    #[arg(long, value_enum, default_value = "camera")]
    pulled: Pulled,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scene {
    /// Idle, a code, a card, a stick, a carrier that hangs, a lane that was stopped, a loop that waits for itself.
    Lane,
    /// A technician's night: loaded sticks on FAT and exFAT are visited, pulled out, ended and cut off while records are written.
    Night,
    /// A clock that is dead, behind, was never set, or cannot be read; confirmed, believed after a power cut, set back.
    Clock,
    /// The whole board: lines, the kernel's camera and screen, a reader on USB; timed, and each device pulled.
    Board,
    /// Camera, reader, screen and scanner first plugged in while the lane serves.
    Plugged,
    /// A province's base and a night's changes by a stick of ten megabytes a second (`--people`): figures, in no run of everything.
    Province,
    /// One device of the whole board pulled (`--pulled`, `--pulls`): the long form, in no run of everything.
    Pulls,
    /// A kernel that has died.
    Watchdog,
    /// The power is cut under the journal's load; the block writes are recorded in the folder `power` of `--out`.
    Power,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => code,
        Err(cause) => {
            eprintln!("gate-rig: {cause:#}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<ExitCode> {
    if let Some(folder) = &arguments.inputs {
        World::made(0)?.inputs(folder)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rig = Path::new(RIG);
    if !rig.join("qemu").exists() || !rig.join("kernel").exists() {
        let mut report = Report::new();
        report.skipped("rig", &format!("no emulator or no kernel under {RIG} (tools/ci/qemu.sh)"));
        return Ok(report.end());
    }
    std::fs::create_dir_all(&arguments.out).with_context(|| format!("making {}", arguments.out.display()))?;
    let province = arguments.scene.contains(&Scene::Province);
    let world = World::made(if province { arguments.people } else { 0 })?;
    if let Some(load) = &arguments.load {
        world.bring(load, "usr/lib/rig/load")?;
    }
    let guest = Guest::made(&arguments.programs, &world.root(), rig, arguments.arch)?;
    let mut report = Report::new();
    let wanted = |scene| arguments.scene.is_empty() || arguments.scene.contains(&scene);
    if wanted(Scene::Lane) {
        scenes::lane::play(&guest, &world, &arguments.out, &mut report)?;
    }
    if wanted(Scene::Night) {
        scenes::night::play(&guest, &world, (&arguments.out, &arguments.programs), &mut report)?;
    }
    let lines = rig.join("gpio-sim.ko").exists();
    if !lines && (wanted(Scene::Board) || wanted(Scene::Plugged)) {
        report.skipped("board, plugged", "no gpio-sim (tools/ci/gpio-sim.sh)");
    }
    if wanted(Scene::Board) && lines {
        let much = Much { passages: arguments.passages, pulls: arguments.pulls };
        scenes::board::play(&guest, &world, (&arguments.out, much), &mut report)?;
    }
    if wanted(Scene::Plugged) && lines {
        scenes::plugged::play(&guest, &world, &arguments.out, &mut report)?;
    }
    if province {
        scenes::province::play(&guest, &world, (&arguments.out, &arguments.programs), &mut report)?;
    }
    if arguments.scene.contains(&Scene::Pulls) {
        scenes::pulls::play(
            &guest,
            &world,
            (&arguments.out, (arguments.pulled, arguments.pulls)),
            &mut report,
        )?;
    }
    if wanted(Scene::Watchdog) {
        scenes::watchdog::play(&guest, &world, &arguments.out, &mut report)?;
    }
    if wanted(Scene::Clock) {
        scenes::clock::play(&guest, &world, &arguments.out, &mut report)?;
    }
    if wanted(Scene::Power) && arguments.load.is_some() {
        scenes::power::play(&guest, &world, &arguments.out, &mut report)?;
    } else if wanted(Scene::Power) {
        report.skipped("power", "no load (just power builds one)");
    }
    Ok(report.end())
}
