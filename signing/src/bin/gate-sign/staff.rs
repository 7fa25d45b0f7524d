//! `gate-sign staff`: the staff list.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use gate_signing::province::Province;

use crate::args::{DeskArguments, PersonArguments, first_line, randomness};
use crate::issue::RoleArgument;

/// See the help texts.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Add a member with a PIN of 6 to 12 digits, or give an earlier one a new role and PIN. The PIN is read from
    /// standard input or a file, never from an argument
    Add(Add),
    /// Retire a member: the badge and the PIN are refused from the next published staff list on
    Retire(Retire),
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Add {
    #[command(flatten)]
    desk: DeskArguments,
    #[command(flatten)]
    person: PersonArguments,
    /// What the member may do
    #[arg(long)]
    role: RoleArgument,
    /// A file with the PIN in its first line; else standard input
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Retire {
    #[command(flatten)]
    desk: DeskArguments,
    #[command(flatten)]
    person: PersonArguments,
}

impl Command {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Command::Add(arguments) => arguments.run(),
            Command::Retire(arguments) => arguments.run(),
        }
    }
}

impl Add {
    fn run(self) -> anyhow::Result<()> {
        let (mut desk, someone) = (self.desk.open()?, self.person.read()?);
        if self.pin_file.is_none() {
            eprintln!("PIN (6 to 12 digits):");
        }
        let pin = first_line(self.pin_file.as_deref().unwrap_or(Path::new("-")))?;
        let pin = pin.trim_end_matches(['\r', '\n']).as_bytes();
        desk.province.add_staff(&someone.document, self.role.into(), pin, &mut randomness())?;
        desk.save()?;
        println!(
            "added; {} members on the list; publish, then `gate-sign issue badge`",
            desk.province.staff_count()
        );
        tell_guessable(&desk.province);
        Ok(())
    }
}

impl Retire {
    fn run(self) -> anyhow::Result<()> {
        let (mut desk, someone) = (self.desk.open()?, self.person.read()?);
        desk.province.retire_staff(&someone.document)?;
        desk.save()?;
        println!("retired; in force at terminals after `gate-sign province publish`");
        tell_guessable(&desk.province);
        Ok(())
    }
}

fn tell_guessable(province: &Province) {
    let count = province.guessable_pins();
    if count > 0 {
        println!(
            "{count} members have a PIN verifier of the earlier kind, against which the finder of a lost stick can try PINs: \
             `gate-sign staff add` gives each a PIN anew; first upgrade every terminal, an earlier program refuses the new list"
        );
    }
}
