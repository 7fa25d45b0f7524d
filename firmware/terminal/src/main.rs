//! `gate`: the passage process and its commands. Only wires.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use gate_hal_linux::process::keep_memory_private;
use gate_terminal::{board, check, close, config, decode, enrol, run, selftest};

/// 天府闸机 Tianfu Gate: the terminal.
#[derive(Parser)]
#[command(name = "gate", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the terminal.
    Run {
        /// Configuration file (TOML).
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Stop after this many turns of the loop.
        #[arg(long)]
        turns: Option<u64>,
    },
    /// Say the verdict for pictures, texts, cards or numbers, and on what it is based. Opens nothing.
    Check(check::CheckArgs),
    /// Read the QR codes of pictures, as the camera side does.
    Decode(decode::DecodeArgs),
    /// Walk through every part: what was found, what is missing, what to do.
    Selftest {
        /// Configuration file (TOML).
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Make this terminal's own keys, once, and print what the desk must know of them.
    Enrol {
        /// The terminal's data directory.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// Its number, 0 to 131071.
        #[arg(long, value_name = "N")]
        terminal: u32,
    },
    /// Ask the hub, over the network carrier, to know this terminal. The code that the hub showed comes over standard input.
    Ask {
        /// The terminal's data directory.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The carriers' folder.
        #[arg(long, value_name = "DIR")]
        spool: PathBuf,
    },
    /// Write a configuration for this board, or print one of those that come along.
    #[command(subcommand)]
    Board(BoardCommand),
    /// Close the latch that a lane which was killed may have left open; not while the fire input is active.
    Close {
        /// Configuration file (TOML).
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Check a configuration, or print a commented sample.
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Subcommand)]
enum BoardCommand {
    /// Print a commented configuration from what this board has. Opens nothing that moves.
    Init {
        /// Look under this folder instead of at the machine's own devices.
        #[arg(long, value_name = "DIR", default_value = "/")]
        root: PathBuf,
    },
    /// Print the names of the boards that come along, or the configuration of one.
    Show {
        /// Its name.
        name: Option<String>,
    },
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Check a configuration file.
    Check {
        /// Configuration file (TOML).
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Print a commented sample.
    Sample,
}

fn main() -> ExitCode {
    if let Err(cause) = keep_memory_private() {
        // A lane is not shut for this (DOMAIN §2): whoever looks after it must know.
        eprintln!("gate: this process's memory cannot be kept from core dumps: {cause}");
    }
    match execute(Cli::parse().command) {
        Ok(code) => code,
        Err(cause) => {
            eprintln!("gate: {cause:#}");
            ExitCode::from(2)
        }
    }
}

fn execute(command: Command) -> anyhow::Result<ExitCode> {
    let out = &mut std::io::stdout().lock();
    Ok(match command {
        Command::Run { config, turns } => {
            run::run(&config, turns)?;
            ExitCode::SUCCESS
        }
        Command::Check(args) => exit(check::run(&args, out)? == check::CheckOutcome::AllDecided),
        Command::Decode(args) => decode::run(&args, out)?.into(),
        Command::Selftest { config } => exit(selftest::run(&config, out)? == selftest::Health::Well),
        Command::Enrol { data, terminal } => {
            enrol::run(&data, terminal, out)?;
            ExitCode::SUCCESS
        }
        Command::Ask { data, spool } => {
            enrol::ask(&data, &spool, &mut std::io::stdin().lock())?;
            println!("已写入请求 asked; next: gate-sync enrol, or wait for gate-sync run");
            ExitCode::SUCCESS
        }
        Command::Board(BoardCommand::Init { root }) => {
            board::init(&root, out)?;
            ExitCode::SUCCESS
        }
        Command::Board(BoardCommand::Show { name: Some(name) }) => {
            board::show(&name, out)?;
            ExitCode::SUCCESS
        }
        Command::Board(BoardCommand::Show { name: None }) => {
            board::names().try_for_each(|name| writeln!(out, "{name}"))?;
            ExitCode::SUCCESS
        }
        Command::Close { config } => {
            close::run(&config)?;
            ExitCode::SUCCESS
        }
        Command::Config(ConfigCommand::Check { config }) => {
            config::Config::load(&config)?;
            println!("{} is a good configuration", config.display());
            ExitCode::SUCCESS
        }
        Command::Config(ConfigCommand::Sample) => {
            print!("{}", config::SAMPLE);
            ExitCode::SUCCESS
        }
    })
}

fn exit(good: bool) -> ExitCode {
    if good { ExitCode::SUCCESS } else { ExitCode::from(1) }
}
