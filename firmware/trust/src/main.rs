//! `gate-trust`: the keeper's command. Only wires.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::Context;
use clap::{Args, Parser, Subcommand, ValueEnum};
use gate_trust::memory::Memory;
use gate_trust::{Directories, Look, Now, Repository, Turn, When, fold, keep_up, run};
use gate_wire::time::Timestamp;

/// Leaves of the list that a cut of the power costs at most.
const SLICE_LEAVES: u32 = 256;

/// 天府闸机 Tianfu Gate: the keeper of what a terminal believes.
///
/// Takes what a carrier put into the spool, verifies it, checks what it means, and puts it in force for `gate`.
#[derive(Parser)]
#[command(name = "gate-trust", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Put a repository's first root into this terminal: for the maker of its image, once
    Seed(Seed),
    /// Put in force what the spool holds and is good, and say what was not. Ends with 1 if something was refused
    Run(Run),
    /// While nothing else is to do: make one base of the list's base and its deltas. May be ended at any time; the next turn
    /// goes on. Ends with 1 if it could not go on
    Fold(Fold),
    /// Say what is in force, since when, and why the rest is not
    Status {
        /// What the keeper remembers
        #[arg(long, value_name = "DIR")]
        state: PathBuf,
        /// The report as JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
struct Seed {
    /// What the keeper remembers
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// Which repository
    #[arg(long)]
    repository: Named,
    /// Its root
    #[arg(long, value_name = "FILE")]
    root: PathBuf,
}

#[derive(Args)]
struct Run {
    /// What carriers fill: trust/ and status/ in it
    #[arg(long, value_name = "DIR")]
    spool: PathBuf,
    /// What `gate` reads
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// What the keeper remembers
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// The clock is confirmed (DESIGN §8): data of the future are refused, and what has ended by it
    #[arg(long)]
    clock_confirmed: bool,
    /// Read every byte of what is in force, the list's base too
    #[arg(long)]
    whole: bool,
}

#[derive(Args)]
struct Fold {
    /// What `gate` reads
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// What the keeper remembers
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// Slices at most in this turn: 256 leaves each, a megabyte
    #[arg(long, value_name = "N", default_value_t = u32::MAX, hide_default_value = true)]
    slices: u32,
    /// Fold with one delta already, not when it pays
    #[arg(long)]
    now: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Named {
    Trust,
    Status,
}

fn main() -> ExitCode {
    match execute(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("gate-trust: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn execute(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Seed(seed) => seed.run(),
        Command::Run(run) => run.run(),
        Command::Fold(fold) => fold.run(),
        Command::Status { state, json } => {
            let report = Memory::report(&state);
            match json {
                true => println!("{}", serde_json::to_string(&report)?),
                false => print!("{}", report.in_words()),
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

impl Seed {
    fn run(self) -> anyhow::Result<ExitCode> {
        let repository = match self.repository {
            Named::Trust => Repository::Trust,
            Named::Status => Repository::Status,
        };
        Memory::open(&self.state)?.seed(repository, &self.root)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Run {
    fn run(self) -> anyhow::Result<ExitCode> {
        let wall = wall()?;
        let now = Now { wall, confirmed: self.clock_confirmed.then_some(wall) };
        let look = if self.whole { Look::Whole } else { Look::Usual };
        let to = Directories { spool: self.spool, data: self.data, state: self.state };
        let report = keep_up(&to.spool, || run(&to, now, look))?;
        print!("{}", report.in_words());
        Ok(if report.has_refusals() { ExitCode::from(1) } else { ExitCode::SUCCESS })
    }
}

impl Fold {
    fn run(self) -> anyhow::Result<ExitCode> {
        let when = if self.now { When::Now } else { When::Due };
        let turn = Turn { leaves: SLICE_LEAVES, slices: self.slices, when };
        let line = fold(&self.data, &self.state, wall()?, turn)?;
        print!("{}", line.in_words());
        Ok(if line.refused.is_some() { ExitCode::from(1) } else { ExitCode::SUCCESS })
    }
}

/// The system's clock: it is believed only where somebody confirmed it.
fn wall() -> anyhow::Result<Timestamp> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let seconds = since.map(|since| since.as_secs()).unwrap_or(0);
    Timestamp::from_unix(seconds).context("the system's clock is after 9999")
}
