//! `gate-field`: the technician's command. Only wires.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail, ensure};
use clap::{Args, Parser, Subcommand};
use gate_carry::{Held, Spool};
use gate_core::query::TerminalNumber;
use gate_core::screen::{UpdateRefused, UpdateStep};
use gate_field::asking::{AGAIN, Asking, WAIT_S};
use gate_field::bring::Bring;
use gate_field::copying::Copied;
use gate_field::fetching::Fetch;
use gate_field::files::For;
use gate_field::give_back::{Log, give_back};
use gate_field::load::Load;
use gate_field::log::{Loaded, in_words, note_loaded};
use gate_field::outbox::Outbox;
use gate_field::receipt::Receipt;
use gate_field::status::status;
use gate_field::take::{Stopped, Taken, take};
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
    /// At the desk: published data, from a folder or a hub, onto a stick or into a laptop's folder, and room for records
    Load(LoadArgs),
    /// At the terminal: data in, the keeper's word on them (its service is asked in the spool), then records out. Ends with 1 if something
    /// was not taken, with 2 if nobody judged it
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
    /// The folder with the published trust/ and status/, or the address below which they are served (a hub's is https://HUB/repository)
    #[arg(long, value_name = "DIR|https://…")]
    from: PathBuf,
    /// PEM of the province's certificate authority, with an address: no other is believed
    #[arg(long, value_name = "FILE", requires = "cache")]
    authority: Option<PathBuf>,
    /// With an address: the laptop's folder that is filled first; kept, the next time only what is new comes
    #[arg(long, value_name = "DIR", requires = "authority")]
    cache: Option<PathBuf>,
    /// What that folder may hold, in MiB
    #[arg(long, value_name = "N", default_value_t = 16_384)]
    cache_mib: u64,
    /// The stick, or the laptop's folder
    #[arg(long, value_name = "DIR")]
    stick: PathBuf,
    /// Room for records, in MiB, made once
    #[arg(long, value_name = "N", default_value_t = 256)]
    outbox_mib: u64,
    /// Megabytes a second that the stick does
    #[arg(long, value_name = "N", default_value_t = 10)]
    speed: u64,
    /// The desk's log of visits: whom the stick is loaded for is added to it
    #[arg(long, value_name = "FILE", requires = "technician")]
    log: Option<PathBuf>,
    /// Whom the stick is loaded for, such as a staff number: it stands in the log, beside the visits that come back, and never on the stick
    #[arg(long = "for", value_name = "WHO", requires = "log", value_parser = person)]
    technician: Option<String>,
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
    /// What the keeper remembers: its report says what need not be copied, and what became of the rest
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
    /// Seconds that the keeper is waited for
    #[arg(long, value_name = "N", default_value_t = WAIT_S)]
    wait_s: u64,
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
    /// Who hands the stick in, such as a staff number: it stands in the log, never on the stick
    #[arg(long, value_name = "WHO", requires = "log", value_parser = person)]
    by: Option<String>,
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
            text.lines().filter_map(in_words).for_each(|line| println!("{line}"));
            Ok(ExitCode::SUCCESS)
        }
    }
}

impl LoadArgs {
    fn run(self) -> anyhow::Result<ExitCode> {
        let outbox = self.outbox_mib << 20;
        let load = Load { from: self.fetched()?, to: &self.stick, outbox, speed: self.speed };
        let copied = load.run(&mut |line| println!("{line}"))?;
        if let (Some(log), Some(technician)) = (&self.log, &self.technician) {
            let outbox = Outbox::open(&self.stick, For::Reading)?.context("the stick's outbox has gone")?;
            let loaded =
                Loaded { format: 1, loaded: outbox.id_text(), at: now(), technician: technician.clone() };
            note_loaded(log, &loaded).with_context(|| log.display().to_string())?;
        }
        Ok(told(&copied))
    }

    /// The folder that is loaded from; one that an address fills is filled first.
    fn fetched(&self) -> anyhow::Result<&Path> {
        let address = self.from.to_str().filter(|from| from.contains("://"));
        let into = address.zip(self.authority.as_deref()).zip(self.cache.as_deref());
        match (address, into) {
            (None, _) => {
                ensure!(
                    self.cache.is_none(),
                    "--authority and --cache go with an address: {} is a folder",
                    self.from.display()
                );
                Ok(&self.from)
            }
            (Some(address), None) => bail!("{address}: --authority FILE and --cache DIR go with an address"),
            (Some(_), Some(((address, authority), into))) => {
                Fetch { address, authority, into, bound: self.cache_mib << 20 }
                    .run(&mut |line| println!("{line}"))?;
                Ok(into)
            }
        }
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
        board.ends_with_its_carrier(|| std::process::exit(1)).context("hearing an order to end")?;
        let spool = Spool::open(&self.spool, self.spool_mib << 20)?;
        let copied = self.bring(&spool, terminal, &mut board);
        // Reading has ended: from here on the stick is only written.
        let kept = self.judged((&spool, &copied), &mut board);
        let kept_code = kept.code();
        let kept = kept.of_what_came(&copied);
        let took = take(&self.stick, &self.spool, terminal, &self.receipt(&copied, &kept), &mut board);
        say_last(&kept, &took, &mut board);
        let took_code = took_in_words(&took);
        println!("可以拔出 the stick may go");
        let codes = [u8::from(!copied.missing.is_empty()), kept_code, took_code];
        Ok(ExitCode::from(codes.into_iter().max().unwrap_or(0)))
    }

    fn bring(&self, spool: &Spool, terminal: TerminalNumber, board: &mut Board) -> Copied {
        let held = Held::read(&self.report());
        let copied = Bring { stick: &self.stick, spool, held: &held, terminal }.run(board);
        println!("带入 in: {} 个文件 files, {} 字节 bytes", copied.files, copied.bytes);
        told(&copied);
        copied
    }

    /// What the keeper says. One that does not keeps no record from leaving.
    fn judged(&self, (spool, copied): (&Spool, &Copied), board: &mut Board) -> Verdict {
        let (report, wait) = (self.report(), Duration::from_secs(self.wait_s));
        let verdict = match copied.repositories {
            0 => Verdict::no_data(&report),
            _ => Asking { spool, report: &report, wait, again: AGAIN }.verdict(board),
        };
        print!("{}", verdict.words);
        verdict
    }

    fn report(&self) -> PathBuf {
        self.state.join("report.json")
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
            by: None,
            technician: None,
        }
    }
}

/// What stands on the screen at the end: that data were refused, before all else; then how the records' writing ended, which [`take`] has
/// told. A stick for records alone refuses nothing.
fn say_last(kept: &Verdict, took: &Result<Taken, Stopped>, board: &mut Board) {
    match (kept.why, took) {
        (Some(UpdateRefused::NoData), Ok(_) | Err(Stopped::Broken(..))) => {}
        (Some(why), _) => board.data(UpdateStep::Refused(why)),
        (None, Err(Stopped::NoOutbox)) => board.data(UpdateStep::InForce),
        (None, Ok(_) | Err(Stopped::Broken(..))) => {}
    }
}

/// Says how records left; the exit code it is worth.
fn took_in_words(took: &Result<Taken, Stopped>) -> u8 {
    match took {
        Ok(taken) => {
            println!(
                "带出 out: {} 批 batches, {} 行 rows; 未带出 left {}",
                taken.batches, taken.rows, taken.left
            );
            u8::from(taken.left > 0)
        }
        Err(Stopped::NoOutbox) => {
            println!("没有记录箱，未带出记录 no outbox on the stick: no records were taken");
            1
        }
        Err(Stopped::Broken(taken, error)) => {
            println!(
                "U盘已拔出或损坏，记录仍在本机 the stick broke off ({error}): {} batches are on it, every record is still here",
                taken.batches
            );
            1
        }
    }
}

impl ReturnArgs {
    fn run(self) -> anyhow::Result<ExitCode> {
        let log = self.log.as_deref().map(|path| Log { path, by: self.by.as_deref() });
        let returned = give_back(&self.stick, &self.to, log)?;
        returned.receipts.iter().for_each(|receipt| println!("{}", receipt.in_words()));
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

fn person(word: &str) -> Result<String, String> {
    let fits = (1..=64).contains(&word.chars().count()) && !word.chars().any(char::is_control);
    if fits { Ok(word.into()) } else { Err("1 to 64 printed characters".into()) }
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
