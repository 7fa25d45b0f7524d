//! `gate-sign policy`: check and read aloud; what another one would change.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use gate_core::json::MAX_DOCUMENT_BYTES;
use gate_signing::policy::{Checked, changes, check};

/// See the help texts.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Prove policies: every case ends in a verdict, no dead end (DOMAIN §2), no difference by issuer (DOMAIN §6), every
    /// row decides something; then print their rows in words
    Check(Check),
    /// What a new policy would change, for which kind of place, in words
    Diff(Diff),
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Check {
    /// The policies, JSON
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Say whether they are fit, and not what they say
    #[arg(long)]
    quiet: bool,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Diff {
    /// The policy in force
    old: PathBuf,
    /// The policy that would follow
    new: PathBuf,
}

impl Command {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Command::Check(arguments) => arguments.run(),
            Command::Diff(arguments) => arguments.run(),
        }
    }
}

impl Check {
    fn run(self) -> anyhow::Result<()> {
        let mut unfit = 0;
        for file in &self.files {
            match checked(file) {
                Ok(checked) => self.tell(file, &checked),
                Err(error) => {
                    eprintln!("{error:#}");
                    unfit += 1;
                }
            }
        }
        if unfit == 0 { Ok(()) } else { bail!("{unfit} of {} not fit", self.files.len()) }
    }

    fn tell(&self, file: &Path, checked: &Checked) {
        println!(
            "{}: {} cases, every one is decided; no row breaks a rule (DOMAIN §1, §2, §3, §6, §12, §14, §17, §19) or is out of reach",
            file.display(),
            checked.cases
        );
        for line in checked.words.iter().filter(|_| !self.quiet) {
            println!("{line}");
        }
    }
}

impl Diff {
    fn run(self) -> anyhow::Result<()> {
        let (old, new) = (checked(&self.old)?, checked(&self.new)?);
        let changes = changes(&old.policy, &new.policy);
        if changes.is_empty() {
            println!("nothing changes（没有变化）");
        }
        for change in changes {
            println!("{}\n    {}", change.zh, change.en);
        }
        Ok(())
    }
}

/// A policy that is fit, or every complaint about it, each with its file, line and column.
fn checked(file: &Path) -> anyhow::Result<Checked> {
    let mut bytes = Vec::new();
    let opened = File::open(file).with_context(|| file.display().to_string())?;
    // One byte more than is allowed tells that it is too large.
    let read = opened.take(MAX_DOCUMENT_BYTES as u64 + 1).read_to_end(&mut bytes);
    read.with_context(|| file.display().to_string())?;
    check(&bytes).map_err(|complaints| {
        let lines = complaints.iter().map(|one| format!("{}: {one}", file.display()));
        anyhow::anyhow!(lines.collect::<Vec<_>>().join("\n"))
    })
}
