//! `cargo xtask vectors --check`: committed vectors are what their generators make.
//! Promises: runs each generator in its check mode; a missing interpreter is an error that says what to install.
//! Must not know: what is in a vector.

use std::process::Command;

use anyhow::{Context, ensure};

/// Each generator: its script, and what it makes.
const GENERATORS: [(&str, &str); 1] = [("tests/vectors/id-cards/generate.py", "card reader answers")];

/// Options of the task.
#[derive(clap::Args)]
pub(crate) struct Vectors {
    /// Compare with what is committed, and change nothing.
    #[arg(long)]
    check: bool,
}

/// Runs every generator.
///
/// # Errors
/// If one cannot be run, or what is committed differs.
pub(crate) fn run(options: &Vectors) -> anyhow::Result<()> {
    for (script, what) in GENERATORS {
        let mut command = Command::new("python3");
        command.arg(script);
        if options.check {
            command.arg("--check");
        }
        let status =
            command.status().with_context(|| format!("{script} needs python3 (standard library only)"))?;
        ensure!(
            status.success(),
            "{what}: {script} failed; run `cargo xtask vectors` and look at the difference"
        );
        println!("{what}: as committed");
    }
    Ok(())
}
