//! `gate-sign policy`: check and read aloud.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::{Args, Subcommand};
use gate_core::json::MAX_DOCUMENT_BYTES;
use gate_signing::inputs::policy_in_words;

/// See the help texts.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Prove a policy: every case ends in a verdict, no dead end (DOMAIN §2), no difference by issuer (DOMAIN §6);
    /// then print its rows in words
    Check(Check),
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Check {
    /// The policy, JSON
    file: PathBuf,
}

impl Command {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let Command::Check(Check { file }) = self;
        let name = || file.display().to_string();
        let length = std::fs::metadata(&file).with_context(name)?.len();
        ensure!(length <= MAX_DOCUMENT_BYTES as u64, "{}: larger than {MAX_DOCUMENT_BYTES} bytes", name());
        let text = std::fs::read_to_string(&file).with_context(name)?;
        let words = policy_in_words(&text).with_context(name)?;
        println!("{}: every case is decided, and no row breaks a rule (DOMAIN §1, §2, §3, §6, §14)", name());
        for line in words {
            println!("{line}");
        }
        Ok(())
    }
}
