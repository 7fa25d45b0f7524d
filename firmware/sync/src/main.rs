//! `gate-sync`: the network carrier's command. Only wires.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use gate_sync::held::Held;
use gate_sync::mirror::Place;
use gate_sync::rhythm::draw;
use gate_sync::{Config, Line, Round, Spool, mirror};
use gate_tuf::Repository;

/// 天府闸机 Tianfu Gate: the network carrier.
///
/// Fetches what this terminal needs from its hub into the spool. What it fetches is believed by nobody until `gate-trust`
/// verified it.
#[derive(Parser)]
#[command(name = "gate-sync", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fetch what is new, again and again
    Run {
        /// The carrier's configuration
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Fetch what is new, once. Ends with 1 if something did not come
    Once {
        /// The carrier's configuration
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
}

fn main() -> ExitCode {
    match execute(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("gate-sync: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn execute(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Once { config } => {
            let carrier = Carrier::open(Config::read(&config)?)?;
            let rounds = carrier.fetch();
            rounds.iter().for_each(|(repository, round)| print!("{}", in_words(*repository, round)));
            let whole = rounds.iter().all(|(_, round)| round.is_whole());
            Ok(if whole { ExitCode::SUCCESS } else { ExitCode::from(1) })
        }
        Command::Run { config } => Carrier::open(Config::read(&config)?)?.run(),
    }
}

struct Carrier {
    config: Config,
    line: Line,
    spool: Spool,
}

impl Carrier {
    fn open(config: Config) -> anyhow::Result<Carrier> {
        let spool = Spool::open(&config.spool, config.spool_mib << 20)?;
        Ok(Carrier { line: config.repository()?, spool, config })
    }

    fn fetch(&self) -> [(Repository, Round); 2] {
        let held = Held::read(&self.config.report);
        let place = Place { spool: &self.spool, held: &held, terminal: self.config.terminal };
        Repository::ALL.map(|repository| (repository, mirror(&self.line, place, repository)))
    }

    fn run(&self) -> anyhow::Result<ExitCode> {
        let (rhythm, mut failures) = (self.config.pace.rhythm(), 0_u32);
        loop {
            let rounds = self.fetch();
            for (repository, round) in rounds.iter().filter(|(_, round)| round.files > 0 || !round.is_whole())
            {
                eprint!("{}", in_words(*repository, round));
            }
            let whole = rounds.iter().all(|(_, round)| round.is_whole());
            failures = if whole { 0 } else { failures.saturating_add(1) };
            let asked = rounds.iter().filter_map(|(_, round)| round.asked()).max();
            std::thread::sleep(rhythm.pause(failures, asked, draw()));
        }
    }
}

fn in_words(repository: Repository, round: &Round) -> String {
    let mut text =
        format!("{}: 收到 {} 个文件 files, {} 字节 bytes\n", repository.name(), round.files, round.bytes);
    for (name, fault) in &round.faults {
        text.push_str(&format!("    未收到 not fetched: {name}: {fault}\n"));
    }
    text
}
