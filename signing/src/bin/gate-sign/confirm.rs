//! What is about to happen, in words, and a yes before it does.
//! Promises: without `--yes` nothing happens unless a person at a terminal says yes; where a word is asked for, `--yes` is none.
//! Must not know: what it is.

use std::io::{BufRead, IsTerminal};

use anyhow::bail;
use clap::Args;

/// A yes given beforehand.
#[derive(Args)]
pub(crate) struct Confirm {
    /// Do it without asking: for scripts
    #[arg(long)]
    yes: bool,
}

/// Asks for a word that a yes given beforehand does not stand for, and that may be given beforehand itself.
pub(crate) fn typed((word, why): (&str, &str), given: &[String]) -> anyhow::Result<()> {
    if given.iter().any(|given| given.trim() == word) {
        return Ok(());
    }
    let stdin = std::io::stdin();
    if given.is_empty() && stdin.is_terminal() {
        eprintln!("To sign all the same, type: {word}. 仍要签名请输入 {word}：");
        let mut answer = String::new();
        stdin.lock().read_line(&mut answer)?;
        if answer.trim() == word {
            return Ok(());
        }
    }
    bail!(
        "nothing was signed: {why}, see above; --yes does not stand for that. Whoever signs all the same gives --knowing {word}（确要签名请加 --knowing {word}）"
    )
}

impl Confirm {
    /// Shows what would happen and asks; an error if the answer is not yes. Nothing to do is nothing to ask.
    pub(crate) fn ask(&self, words: &[String]) -> anyhow::Result<()> {
        for line in words {
            println!("{line}");
        }
        if self.yes || words.is_empty() {
            return Ok(());
        }
        let stdin = std::io::stdin();
        if !stdin.is_terminal() {
            bail!("nothing was done: look at the lines above, then give --yes (看过以上各行后加 --yes)");
        }
        eprintln!("Do this? Type yes. 确认执行请输入 yes：");
        let mut answer = String::new();
        stdin.lock().read_line(&mut answer)?;
        if answer.trim() == "yes" { Ok(()) } else { bail!("nothing was done") }
    }
}
