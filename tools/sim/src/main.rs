//! `gate-sim`: the tour, or a scenario of your own, through the real loop over simulated devices.
//! Must not know: how anything is played (`gate_sim::tour`).

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Parser;
use gate_sim::script::Scenario;
use gate_sim::{report, tour};

/// Plays the tour, or a scenario, through the real loop: real frames, real reader bytes, virtual time.
///
/// Exits with 1 when an expectation is missed, with 2 when nothing could be played.
#[derive(Parser)]
#[command(name = "gate-sim", version)]
struct Arguments {
    /// Without a view in the browser.
    #[arg(long)]
    headless: bool,
    /// Plays this scenario in place of the tour; assets/demo/scenario.toml is an example.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Writes tour.json and every screen here; a fresh directory if not said.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("gate-sim: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<ExitCode> {
    let mut terminal = std::io::stdout().lock();
    if !arguments.headless {
        writeln!(
            terminal,
            "尚无浏览器画面，同 --headless · there is no view in the browser yet: the same as --headless"
        )?;
    }
    let rows = match &arguments.script {
        Some(path) => vec![scenario(path)?],
        None => tour::table()?,
    };
    let out = match &arguments.out {
        Some(directory) => directory.clone(),
        None => tempfile::Builder::new().prefix("gate-sim-").tempdir()?.keep(),
    };
    let began = Instant::now();
    let played = tour::play(&rows, tour::Pictures::Kept);
    let took = began.elapsed();
    let screens = report::write(&out, &played)?;
    writeln!(terminal, "{}{}", report::table(&rows, &played), report::summary(&played))?;
    writeln!(terminal, "{:.1} s; tour.json, {screens} screens: {}", took.as_secs_f64(), out.display())?;
    let met = played.iter().all(|one| one.missed.is_empty());
    Ok(if met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn scenario(path: &Path) -> Result<Scenario> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    Scenario::read(&text).with_context(|| format!("in {}", path.display()))
}
