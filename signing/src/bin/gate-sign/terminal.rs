//! `gate-sign terminal`: the terminals that were enrolled, by the public halves of their record keys.

use anyhow::Context;
use clap::{Args, Subcommand};
use gate_core::query::TerminalNumber;
use gate_proof::digest::sha256;
use gate_proof::ed25519::PublicKey;
use gate_signing::log::entry::{Entry, Operation};
use gate_signing::records::terminals::Terminals;

use crate::args::DeskArguments;

/// See the help texts.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Register a terminal by what `gate enrol` printed: signed batches of its records are verified by it
    Add(Add),
    /// List the terminals registered
    List(List),
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Add {
    #[command(flatten)]
    desk: DeskArguments,
    /// Its number, 0 to 131071
    #[arg(long, value_name = "N", value_parser = crate::province::terminal)]
    number: TerminalNumber,
    /// The public half of its record key as `gate enrol` printed it, 64 hexadecimal digits
    #[arg(long, value_name = "HEX", value_parser = record_key)]
    record: PublicKey,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    desk: DeskArguments,
}

impl Command {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Command::Add(arguments) => arguments.run(),
            Command::List(arguments) => arguments.run(),
        }
    }
}

impl Add {
    fn run(self) -> anyhow::Result<()> {
        let desk = self.desk.open()?;
        let mut terminals = Terminals::load(desk.directory())?;
        terminals.add(self.number, self.record)?;
        let digest = Some(sha256(&[terminals.to_text().as_bytes()]));
        desk.log().note(&Entry { digest, ..Entry::of(Operation::TerminalChange) })?;
        terminals.save(desk.directory())?;
        println!("terminal {}: done; {} terminals", self.number.value(), terminals.numbers().count());
        Ok(())
    }
}

impl List {
    fn run(self) -> anyhow::Result<()> {
        let terminals = Terminals::load(self.desk.open()?.directory())?;
        for number in terminals.numbers() {
            let key = terminals.record_key(number).context("a number that is listed has a key")?;
            println!("{:>6}  {}", number.value(), in_digits(&key));
        }
        println!("{} terminals", terminals.numbers().count());
        Ok(())
    }
}

fn in_digits(key: &PublicKey) -> String {
    key.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn record_key(text: &str) -> anyhow::Result<PublicKey> {
    let bytes = gate_core::json::hex(text).context("64 lower-case hexadecimal digits")?;
    Ok(PublicKey::admit(&bytes)?)
}
