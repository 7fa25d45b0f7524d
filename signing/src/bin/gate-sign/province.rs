//! `gate-sign province`: found, and publish to a terminal.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use gate_core::keyset::Region;
use gate_core::manifest::{Dataset, Demo};
use gate_core::query::TerminalNumber;
use gate_proof::seal::SealingKey;
use gate_proof::stretch::MemoryKib;
use gate_signing::desk::access::{CustodyChoice, TokenAddress};
use gate_signing::desk::{DEMO_WARNING, Desk, Order};
use gate_signing::province::{DAYS_AHEAD, Founding, REAL_TAG_MEMORY_KIB};
use gate_signing::publish::Device;
use gate_wire::time::Timestamp;
use rand_core::CryptoRng;

use crate::access::AccessArguments;
use crate::args::{DeskArguments, admit_told_time, randomness, shown, time};
use crate::confirm::Confirm;
use crate::list_words;

/// See the help texts.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a province: its root, issuers, subject and link keys, salt and 90 day keys
    New(New),
    /// Write the next generation of everything a terminal believes to its data directory
    Publish(Publish),
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct New {
    /// The new desk's directory
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// GB/T 2260 code of the province: 510000
    #[arg(long, value_parser = region)]
    region: Region,
    /// Mark it as a demo: terminals ask no badge for lookups, and its keys may lie in plain files
    #[arg(long)]
    demo: bool,
    /// Where its keys live. plain is for demos, and their default
    #[arg(long, value_enum)]
    custody: Option<CustodyArgument>,
    /// pkcs11: the module, a shared library, e.g. /usr/lib/softhsm/libsofthsm2.so
    #[arg(long, value_name = "FILE", required_if_eq("custody", "pkcs11"))]
    token_module: Option<PathBuf>,
    /// pkcs11: the token's label
    #[arg(long, value_name = "LABEL", required_if_eq("custody", "pkcs11"))]
    token: Option<String>,
    /// Memory cost of a person tag in KiB, for ever: 8 to 65536; else 8 in a demo and 1024 in a real province, its least
    #[arg(long, value_name = "KIB")]
    tag_memory: Option<u32>,
    /// Demos only: the time of founding instead of the system's, RFC 3339
    #[arg(long, value_name = "TIME", value_parser = time)]
    now: Option<Timestamp>,
    #[command(flatten)]
    access: AccessArguments,
}

/// Where keys live.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CustodyArgument {
    /// Plain files: demos only
    Plain,
    /// Files that a passphrase opens
    Age,
    /// Root and issuers in a PKCS#11 token, all others as with age
    Pkcs11,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Publish {
    #[command(flatten)]
    desk: DeskArguments,
    /// The terminal's data directory (`gate` reads its manifest.json)
    #[arg(long, value_name = "DATA")]
    out: PathBuf,
    /// The terminal's number, 0 to 131071
    #[arg(long, value_name = "N", value_parser = terminal, default_value = "1")]
    terminal: TerminalNumber,
    /// The terminal's device key as `gate enrol` printed it; without it a demo's desk makes the terminal's own keys too
    #[arg(long, value_name = "HEX", value_parser = device)]
    device: Option<SealingKey>,
    /// The status list; without it the one built last, which must then be in the desk, if one was ever built
    #[arg(long, value_name = "FILE")]
    status: Option<PathBuf>,
    /// No list for this terminal, although there is one: every ID card is Assist there
    #[arg(long, conflicts_with_all = ["status", "delta"])]
    no_list: bool,
    /// A delta of the list, as often as there are files, in any order: the fewest that lead furthest are published, and
    /// what the terminal has of them stays
    #[arg(long, value_name = "FILE")]
    delta: Vec<PathBuf>,
    #[command(flatten)]
    confirm: Confirm,
}

impl Command {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Command::New(arguments) => arguments.run(),
            Command::Publish(arguments) => arguments.run(),
        }
    }
}

impl New {
    fn run(self) -> anyhow::Result<()> {
        let mut rng = randomness();
        let nature = if self.demo { Demo::Yes } else { Demo::No };
        admit_told_time(nature, self.now)?;
        let usual_memory = if self.demo { MemoryKib::LEAST.kib() } else { REAL_TAG_MEMORY_KIB };
        let founding = Founding {
            region: self.region,
            nature,
            tag_memory: MemoryKib::new(self.tag_memory.unwrap_or(usual_memory))?,
            founded: self.now.map_or_else(crate::args::system_time, Ok)?,
            days: DAYS_AHEAD,
        };
        let choice = self.choice(&mut rng);
        let desk = Desk::found(&self.dir, &founding, &choice, &self.access.access()?, &mut rng)?;
        if desk.is_plain() {
            eprint!("{DEMO_WARNING}");
        }
        println!("province {} founded in {}", self.region.as_str(), self.dir.display());
        println!("next: edit its policies and places, `gate-sign keyset show`, `gate-sign province publish`");
        Ok(())
    }
}

impl New {
    fn choice(&self, rng: &mut impl CryptoRng) -> CustodyChoice {
        match self.custody.unwrap_or(CustodyArgument::Plain) {
            CustodyArgument::Plain => CustodyChoice::Plain,
            CustodyArgument::Age => CustodyChoice::Age,
            CustodyArgument::Pkcs11 => {
                let module = self.token_module.clone().unwrap_or_default();
                let label = self.token.clone().unwrap_or_default();
                CustodyChoice::Token(TokenAddress::for_new_desk((module, label), self.region, rng))
            }
        }
    }
}

impl Publish {
    fn run(self) -> anyhow::Result<()> {
        let (mut desk, now) = (self.desk.open()?, self.desk.now()?);
        let status = match (self.status, self.no_list) {
            (Some(named), _) => Some(named),
            (None, true) => None,
            (None, false) => desk.list_at_hand().context("nothing was published")?,
        };
        let without: &[Dataset] = if self.no_list { &[Dataset::StatusList] } else { &[] };
        let order = Order {
            now,
            terminal: self.terminal,
            device: self.device.as_ref().map_or(Device::MadeHere, Device::Enrolled),
            status: status.as_deref(),
            deltas: &self.delta,
            without,
        };
        let mut words = [desk.review()?.lines(), desk.leaving(now)?].concat();
        let planned = desk.plan(&self.out, &order)?;
        if let Some(list) = planned.list() {
            let of_list = list_words::of_publication(&self.out, desk.published_list(), list);
            words.extend(of_list.and(list_words::doubts(planned.doubts())).tell());
        }
        self.confirm.ask(&words)?;
        let published = desk.publish_planned(planned, &mut randomness())?;
        println!("generation {} as of {} in {}:", published.generation, shown(now), self.out.display());
        for file in &published.files {
            println!("  {}", file.file_name().unwrap_or_default().to_string_lossy());
        }
        if let Some(list) = published.list {
            println!("status list: epoch {}, step {}, as of {}", list.epoch.0, list.step, shown(list.as_of));
        }
        for path in &published.unused {
            println!("  not needed, its steps are in the others: {}", path.display());
        }
        if status.is_none() {
            println!("no status list: ID cards will be Assist; build one with `gate-sign status build`");
        }
        if let Some(fault) = &published.day_keys_missing {
            eprintln!("gate-sign: published, but no day keys were made: {fault}");
        }
        if self.device.is_none() {
            println!(
                "terminal.keys.json is in plain text: at a real board `gate enrol` makes it, and it stays there"
            );
        }
        Ok(())
    }
}

fn region(text: &str) -> Result<Region, String> {
    Region::parse(text).ok_or_else(|| "six digits: 510000".into())
}

fn device(text: &str) -> anyhow::Result<SealingKey> {
    let bytes = gate_core::json::hex(text).context("64 lower-case hexadecimal digits")?;
    Ok(SealingKey::admit(&bytes)?)
}

/// A terminal's number.
pub(crate) fn terminal(text: &str) -> anyhow::Result<TerminalNumber> {
    TerminalNumber::new(text.parse()?).context("0 to 131071")
}
