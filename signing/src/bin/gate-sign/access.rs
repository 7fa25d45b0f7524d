//! Who works at the desk, and where passphrases come from: a file, the environment (for machines), else a prompt.
//! Promises: a passphrase is never an argument, never shown, and wiped after use; a new one is asked for twice.
//! Must not know: what it opens.

use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use gate_signing::custody::{Asked, CustodyFault, Prompt};
use gate_signing::desk::access::Access;
use gate_signing::log::Clock;
use gate_signing::log::entry::Operator;
use zeroize::Zeroizing;

use crate::args::first_line;

/// Where an officer's own word is, if it is in no file.
const OFFICERS: &str = "GATE_OFFICER_PASSPHRASE";

/// Who works, and what opens the keys.
#[derive(Args, Clone)]
pub(crate) struct AccessArguments {
    /// The operator's short name for the desk's log: a-z 0-9 . _ -; else GATE_OPERATOR. Demos can do without
    #[arg(long, value_name = "NAME", value_parser = operator)]
    operator: Option<Operator>,
    /// A file (or /dev/fd/N) with the passphrase of the desk's keys in its first line; else GATE_PASSPHRASE, else a prompt
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// The same for the PIN of the token's user; else GATE_TOKEN_PIN, else a prompt
    #[arg(long, value_name = "FILE")]
    token_pin_file: Option<PathBuf>,
}

impl AccessArguments {
    /// Somebody working. The log's clock is the system's, whatever time a demo's command is told.
    pub(crate) fn access(&self) -> anyhow::Result<Access> {
        let operator = match (&self.operator, std::env::var("GATE_OPERATOR")) {
            (Some(given), _) => Some(given.clone()),
            (None, Ok(name)) => {
                Some(Operator::parse(&name).context("GATE_OPERATOR: 2 to 32 of a-z 0-9 . _ -")?)
            }
            (None, Err(_)) => None,
        };
        Ok(Access { operator, clock: Clock::System, prompt: self.prompt() })
    }

    /// Where passphrases come from.
    pub(crate) fn prompt(&self) -> Arc<dyn Prompt> {
        let (passphrase, pin) = (self.passphrase_file.clone(), self.token_pin_file.clone());
        let new = Source { file: passphrase.clone(), variable: "GATE_PASSPHRASE" };
        let old = Source { file: passphrase, variable: "GATE_PASSPHRASE" };
        Arc::new(FromFilesOrPerson { old, new, pin })
    }

    /// The same for a key of a repository, which is its holder's own: an officer's word goes before the desk's.
    pub(crate) fn prompt_of_holder(&self) -> Arc<dyn Prompt> {
        let variable = if std::env::var_os(OFFICERS).is_some() { OFFICERS } else { "GATE_PASSPHRASE" };
        let own = || Source { file: self.passphrase_file.clone(), variable };
        Arc::new(FromFilesOrPerson { old: own(), new: own(), pin: self.token_pin_file.clone() })
    }

    /// The same where the old passphrase and a new one are asked for.
    pub(crate) fn prompt_for_change(&self, new: Option<PathBuf>) -> Arc<dyn Prompt> {
        let (passphrase, pin) = (self.passphrase_file.clone(), self.token_pin_file.clone());
        let new = Source { file: new, variable: "GATE_NEW_PASSPHRASE" };
        let old = Source { file: passphrase, variable: "GATE_PASSPHRASE" };
        Arc::new(FromFilesOrPerson { old, new, pin })
    }
}

/// What opens an officer's own key. Never what opens the desk's: who works at the desk knows that.
#[derive(Args, Clone)]
pub(crate) struct OfficerAccess {
    /// A file (or /dev/fd/N) with the passphrase of the officer's own key in its first line; else GATE_OFFICER_PASSPHRASE, else
    /// a prompt
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl OfficerAccess {
    /// Where the passphrase comes from.
    pub(crate) fn prompt(&self) -> Arc<dyn Prompt> {
        let own = || Source { file: self.passphrase_file.clone(), variable: OFFICERS };
        Arc::new(FromFilesOrPerson { old: own(), new: own(), pin: None })
    }
}

struct FromFilesOrPerson {
    old: Source,
    new: Source,
    pin: Option<PathBuf>,
}

/// Where a passphrase comes from.
struct Source {
    file: Option<PathBuf>,
    variable: &'static str,
}

impl Prompt for FromFilesOrPerson {
    fn ask(&self, asked: Asked) -> Result<Zeroizing<String>, CustodyFault> {
        let (file, variable) = match asked {
            Asked::Passphrase => (&self.old.file, self.old.variable),
            Asked::NewPassphrase => (&self.new.file, self.new.variable),
            Asked::TokenPin => (&self.pin, "GATE_TOKEN_PIN"),
        };
        let answer = match (file, std::env::var(variable)) {
            (Some(file), _) => admit_hidden(file).and_then(|()| first_line(file)),
            (None, Ok(text)) => Ok(Zeroizing::new(text)),
            (None, Err(_)) => typed(asked, variable),
        };
        let line = answer.map_err(|error| CustodyFault::Ask { asked, reason: format!("{error:#}") })?;
        Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned()))
    }
}

/// Refuses a secret in a file that others may read. A pipe is nobody else's.
fn admit_hidden(file: &Path) -> anyhow::Result<()> {
    let about = std::fs::metadata(file).with_context(|| file.display().to_string())?;
    let mode = about.mode() & 0o777;
    anyhow::ensure!(
        !about.is_file() || mode & 0o077 == 0,
        "{} can be read by others (mode {mode:o}): chmod 600 it, and change what is in it if they might have",
        file.display()
    );
    Ok(())
}

fn typed(asked: Asked, variable: &str) -> anyhow::Result<Zeroizing<String>> {
    let option = if asked == Asked::TokenPin { "--token-pin-file" } else { "--passphrase-file" };
    anyhow::ensure!(
        std::io::stdin().is_terminal(),
        "no terminal to ask at: give {option}, or set {variable}"
    );
    let once = |words: &str| anyhow::Ok(Zeroizing::new(rpassword::prompt_password(words)?));
    match asked {
        Asked::Passphrase => once("Passphrase: "),
        Asked::TokenPin => once("PIN of the token: "),
        Asked::NewPassphrase => {
            let first = once("New passphrase: ")?;
            anyhow::ensure!(first == once("Again: ")?, "the two differ");
            Ok(first)
        }
    }
}

/// An operator's or officer's short name.
pub(crate) fn operator(text: &str) -> Result<Operator, String> {
    let wrong = "2 to 32 of a-z 0-9 . _ -, beginning with a letter, no long number";
    Operator::parse(text).ok_or_else(|| wrong.into())
}
