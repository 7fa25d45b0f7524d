//! `gate-sim`: the virtual terminal in the browser; the tour, or a scenario of your own, without one.
//! Must not know: how anything is played (`gate_sim::tour`) or shown (`gate_sim::web`).

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Parser;
use gate_sim::script::Scenario;
use gate_sim::{report, tour, web};
use gate_terminal::config::{LanguageWord, ThemeWord, manner};
use gate_terminal::voice::{Hours, Voices};

/// The virtual terminal: the real loop over simulated devices, on a page of this machine's browser.
///
/// With --headless it plays the tour, or a scenario, in virtual time: real frames, real reader bytes. It then exits with 1 when an expectation is missed, with 2 when nothing could be played.
#[derive(Parser)]
#[command(name = "gate-sim", version)]
struct Arguments {
    /// Plays the tour without a browser, prints the table and ends.
    #[arg(long)]
    headless: bool,
    /// The page's port on 127.0.0.1; any free one if not said.
    #[arg(long, value_name = "PORT", default_value_t = 0, conflicts_with = "headless")]
    port: u16,
    /// Prints the page's address without opening it.
    #[arg(long, conflicts_with = "headless")]
    no_open: bool,
    /// Speaks with the voices in this folder; `tools/ci/test-voices.sh` makes some.
    #[arg(long, value_name = "DIR", conflicts_with = "headless")]
    voices: Option<PathBuf>,
    /// Volume of each hour from 0 to 23, a digit each.
    #[arg(long, value_name = "24 DIGITS", default_value = Hours::USUAL, conflicts_with = "headless")]
    volume: String,
    /// Dark for halls, bright for places in the sun.
    #[arg(long, value_enum, default_value_t, conflicts_with = "headless")]
    theme: ThemeWord,
    /// The language that leads on the screens; the other follows, smaller.
    #[arg(long, value_enum, default_value_t, conflicts_with = "headless")]
    language: LanguageWord,
    /// Plays this scenario in place of the tour, without a browser; assets/demo/scenario.toml is an example.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Writes tour.json and every screen here, without a browser; a fresh directory if not said.
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
    // A scenario is played, not looked at.
    if !arguments.headless && arguments.script.is_none() && arguments.out.is_none() {
        let browser = if arguments.no_open { web::Browser::Leave } else { web::Browser::Open };
        let look = manner(arguments.theme, arguments.language);
        web::serve(arguments.port, browser, speech(arguments)?, look)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut terminal = std::io::stdout().lock();
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

fn speech(arguments: &Arguments) -> Result<web::Speech> {
    let voices = arguments.voices.as_deref().map(Voices::load).transpose()?.unwrap_or_default();
    let hours = Hours::parse(&arguments.volume).context("--volume takes 24 digits, one for each hour")?;
    Ok(web::Speech { voices, hours })
}

fn scenario(path: &Path) -> Result<Scenario> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    Scenario::read(&text).with_context(|| format!("in {}", path.display()))
}
