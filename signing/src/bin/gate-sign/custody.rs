//! `gate-sign custody`: where the keys live.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::args::DeskArguments;

/// See the help texts.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the keys: where each lives, its purpose, its public half. Asks for no passphrase
    Show(Show),
    /// Put the encrypted keys under a new passphrase
    Passphrase(Passphrase),
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Show {
    #[command(flatten)]
    desk: DeskArguments,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Passphrase {
    #[command(flatten)]
    desk: DeskArguments,
    /// A file with the new passphrase in its first line; else GATE_NEW_PASSPHRASE, else a prompt. The old one as always
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
}

impl Command {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Command::Show(arguments) => arguments.run(),
            Command::Passphrase(arguments) => arguments.run(),
        }
    }
}

impl Show {
    fn run(self) -> anyhow::Result<()> {
        let desk = self.desk.open()?;
        for (name, held) in desk.custody() {
            let public = held.public.map(|bytes| gate_signing::custody::public_in_words(&bytes));
            println!("{name:<24} {:<7} {:<8?} {}", held.backend, name.purpose(), public.unwrap_or_default());
        }
        Ok(())
    }
}

impl Passphrase {
    fn run(self) -> anyhow::Result<()> {
        let desk = self.desk.open()?;
        let mut access = self.desk.access.access()?;
        access.prompt = self.desk.access.prompt_for_change(self.new_passphrase_file);
        desk.change_passphrase(&access)?;
        println!("changed; copies of custody.age made before still open to the old passphrase: destroy them");
        Ok(())
    }
}
