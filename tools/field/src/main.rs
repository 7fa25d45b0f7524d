//! `gate-field`: the technician's command. Only wires.

use std::path::{Path, PathBuf};
use std::process::{Command as Program, ExitCode};
use std::time::SystemTime;

use anyhow::{Context, ensure};
use clap::{Args, Parser, Subcommand};
use gate_carry::{Held, Spool};
use gate_core::query::TerminalNumber;
use gate_core::screen::{Percent, UpdateRefused, UpdateStep};
use gate_field::bring::Bring;
use gate_field::copying::Copied;
use gate_field::give_back::give_back;
use gate_field::load::Load;
use gate_field::receipt::Receipt;
use gate_field::status::{in_words, status};
use gate_field::take::{Stopped, take};
use gate_field::verdict::Verdict;
use gate_field::visit::{Board, Carrier};

/// 天府闸机 Tianfu Gate: the technician's night. Data to terminals, records back.
#[derive(Parser)]
#[command(name = "gate-field", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// At the desk: published data onto a stick or into a laptop's folder, and room for records
    Load(LoadArgs),
    /// At the terminal: data in, then records out. After `--` stands what is run between: gate-trust. Ends with 1 if something was
    /// not taken
    Visit(VisitArgs),
    /// At the desk: records into the hub's folder, the hub's acknowledgements onto the stick
    Return(ReturnArgs),
    /// What is on a stick
    Status {
        /// The stick, or the laptop's folder
        #[arg(long, value_name = "DIR")]
        stick: PathBuf,
    },
    /// Who was visited, as returned sticks told
    Log {
        /// The log that `return` adds to
        #[arg(long, value_name = "FILE")]
        log: PathBuf,
    },
}

#[derive(Args)]
struct LoadArgs {
    /// The folder with the published trust/ and status/
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The stick, or the laptop's folder
    #[arg(long, value_name = "DIR")]
    stick: PathBuf,
    /// Room for records, in MiB, made once
    #[arg(long, value_name = "N", default_value_t = 256)]
    outbox_mib: u64,
    /// Megabytes a second that the stick does
    #[arg(long, value_name = "N", default_value_t = 10)]
    speed: u64,
}

#[derive(Args)]
struct VisitArgs {
    /// The stick, or the laptop's folder
    #[arg(long, value_name = "DIR")]
    stick: PathBuf,
    /// This terminal's spool
    #[arg(long, value_name = "DIR")]
    spool: PathBuf,
    /// Bytes that carriers may fill of it, in MiB
    #[arg(long, value_name = "N", default_value_t = 2048)]
    spool_mib: u64,
    /// What the keeper remembers: its report says what need not be copied
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// This terminal's number
    #[arg(long, value_name = "N")]
    terminal: u32,
    /// What brings the data
    #[arg(long, default_value = "stick", value_parser = carrier, value_name = "stick|laptop")]
    carrier: Carrier,
    /// What the screen is told in
    #[arg(long, value_name = "FILE")]
    board: Option<PathBuf>,
    /// What is run when everything was copied, to put it in force
    #[arg(last = true, value_name = "PROGRAM")]
    keeper: Vec<String>,
}

#[derive(Args)]
struct ReturnArgs {
    /// The stick, or the laptop's folder
    #[arg(long, value_name = "DIR")]
    stick: PathBuf,
    /// The hub's folder for records: out/ is filled, acks/ is read
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Visits are added to this log
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

fn main() -> ExitCode {
    match execute(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("gate-field: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn execute(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Load(load) => load.run(),
        Command::Visit(visit) => visit.run(),
        Command::Return(back) => back.run(),
        Command::Status { stick } => {
            print!("{}", status(&stick)?);
            Ok(ExitCode::SUCCESS)
        }
        Command::Log { log } => {
            let text = std::fs::read_to_string(&log).with_context(|| log.display().to_string())?;
            let receipts = text.lines().filter_map(|line| Receipt::read(line.as_bytes()));
            receipts.for_each(|receipt| println!("{}", in_words(&receipt)));
            Ok(ExitCode::SUCCESS)
        }
    }
}

impl LoadArgs {
    fn run(self) -> anyhow::Result<ExitCode> {
        let outbox = self.outbox_mib << 20;
        let load = Load { from: &self.from, to: &self.stick, outbox, speed: self.speed };
        let copied = load.run(&mut |line| println!("{line}"))?;
        Ok(told(&copied))
    }
}

fn told(copied: &Copied) -> ExitCode {
    copied.missing.iter().for_each(|what| println!("未拷贝 not copied: {what}"));
    if copied.missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

impl VisitArgs {
    fn run(self) -> anyhow::Result<ExitCode> {
        let terminal = TerminalNumber::new(self.terminal).context("a terminal's number is 0 to 131071")?;
        let mut board = Board::at(self.board.as_deref(), self.carrier);
        let copied = self.bring(terminal, &mut board)?;
        // Reading has ended: from here on the stick is only written.
        board.data(UpdateStep::Checking(Percent::of(0, 1)));
        let kept = self.keep(&mut board)?;
        let receipt = self.receipt(&copied, &kept);
        let spool = &self.spool;
        let code = match take(&self.stick, spool, terminal, &receipt, &mut board) {
            Ok(taken) => {
                println!(
                    "带出 out: {} 批 batches, {} 行 rows; 未带出 left {}",
                    taken.batches, taken.rows, taken.left
                );
                if taken.left == 0 { told(&copied) } else { ExitCode::from(1) }
            }
            Err(Stopped::NoOutbox) => {
                println!("没有记录箱，未带出记录 no outbox on the stick: no records were taken");
                ExitCode::from(1)
            }
            Err(Stopped::Broken(taken, error)) => {
                println!(
                    "U盘已拔出或损坏，记录仍在本机 the stick broke off ({error}): {} batches are on it, every record is still here",
                    taken.batches
                );
                ExitCode::from(1)
            }
        };
        println!("可以拔出 the stick may go");
        Ok(if kept.refused.is_empty() { code } else { ExitCode::from(1) })
    }

    fn bring(&self, terminal: TerminalNumber, board: &mut Board) -> anyhow::Result<Copied> {
        let spool = Spool::open(&self.spool, self.spool_mib << 20)?;
        let held = Held::read(&self.state.join("report.json"));
        let copied = Bring { stick: &self.stick, spool: &spool, held: &held, terminal }.run(board);
        println!("带入 in: {} 个文件 files, {} 字节 bytes", copied.files, copied.bytes);
        told(&copied);
        Ok(copied)
    }

    /// Runs the keeper, if one is named, and reads what it says.
    fn keep(&self, board: &mut Board) -> anyhow::Result<Verdict> {
        if let Some((program, arguments)) = self.keeper.split_first() {
            let status = Program::new(program).args(arguments).status();
            let status = status.with_context(|| format!("running {program}"))?;
            ensure!(status.code().is_some_and(|code| code < 2), "{program} failed: nothing new is in force");
        }
        let verdict = Verdict::read(&self.state.join("report.json"));
        let why: Option<UpdateRefused> = verdict.why;
        board.data(why.map_or(UpdateStep::InForce, UpdateStep::Refused));
        Ok(verdict)
    }

    fn receipt(&self, copied: &Copied, kept: &Verdict) -> Receipt {
        Receipt {
            format: 1,
            stick: String::new(),
            terminal: self.terminal,
            at: now(),
            files: copied.files,
            bytes: copied.bytes,
            missing: copied.missing.iter().take(8).map(|what| what.chars().take(100).collect()).collect(),
            generation: kept.generation,
            refused: kept.refused.iter().take(8).map(|what| what.chars().take(100).collect()).collect(),
            batches: 0,
            left: 0,
        }
    }
}

impl ReturnArgs {
    fn run(self) -> anyhow::Result<ExitCode> {
        let log: Option<&Path> = self.log.as_deref();
        let returned = give_back(&self.stick, &self.to, log)?;
        returned.receipts.iter().for_each(|receipt| println!("{}", in_words(receipt)));
        println!(
            "收回 back: {} 批新 new batches, {} 批已有 known, {} 份终端报告 accounts; 回执 acknowledgements out: {}",
            returned.batches, returned.known, returned.accounts, returned.acknowledgements
        );
        let odd = returned.conflicts + returned.damaged;
        if odd > 0 {
            println!(
                "冲突 conflicts {}, 损坏 damaged {}: 请上报 report it",
                returned.conflicts, returned.damaged
            );
        }
        Ok(if odd == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

fn carrier(word: &str) -> Result<Carrier, String> {
    match word {
        "stick" => Ok(Carrier::Stick),
        "laptop" => Ok(Carrier::Laptop),
        _ => Err("stick or laptop".into()),
    }
}

/// The system's clock, for the log alone.
fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
