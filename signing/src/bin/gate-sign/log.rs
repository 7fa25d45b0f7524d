//! `gate-sign log`: show, verify, and hand out the head of the desk's log.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use gate_signing::custody::CustodyFault;
use gate_signing::desk::DeskError;
use gate_signing::log::Head;
use gate_signing::log::entry::Line;
use gate_wire::time::Timestamp;

use crate::args::{DeskArguments, shown};
use crate::output;

/// See the help texts.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Print the log in words, oldest first
    Show(Show),
    /// Follow the whole chain: a line changed, removed, moved or cut off is named. With --head also a log rewritten whole
    Verify(Verify),
    /// Write the log's head, signed by the province's root: give it to an auditor, who later finds any change before it
    Head(HeadArguments),
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Show {
    #[command(flatten)]
    desk: DeskArguments,
    /// Only the last lines
    #[arg(long, value_name = "N")]
    last: Option<usize>,
    /// As JSON Lines, as they stand in the file
    #[arg(long)]
    json: bool,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    desk: DeskArguments,
    /// A head that was written down earlier: the log must still have passed it
    #[arg(long, value_name = "FILE")]
    head: Option<PathBuf>,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct HeadArguments {
    #[command(flatten)]
    desk: DeskArguments,
    /// Where to; else only printed, and not signed
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Command {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Command::Show(arguments) => arguments.run(),
            Command::Verify(arguments) => arguments.run(),
            Command::Head(arguments) => arguments.run(),
        }
    }
}

impl Show {
    fn run(self) -> anyhow::Result<()> {
        let desk = self.desk.open()?;
        let mut lines: Vec<Line> = Vec::new();
        let most = self.last.unwrap_or(usize::MAX);
        let head = desk.log().for_each(|line| {
            if lines.len() >= most {
                lines.remove(0);
            }
            lines.push(line.clone());
        })?;
        for line in &lines {
            println!("{}", if self.json { serde_json::to_string(line)? } else { in_words(line) });
        }
        if !self.json {
            println!("{} lines; head {}", head.lines, head.to_text());
        }
        Ok(())
    }
}

impl Verify {
    fn run(self) -> anyhow::Result<()> {
        let desk = self.desk.open()?;
        let mut head = desk.log().verify()?;
        if let Some(file) = &self.head {
            let earlier =
                desk.read_head(&std::fs::read(file).with_context(|| file.display().to_string())?)?;
            head = desk.log().has_passed(&earlier)?;
            println!("it has passed the head of line {} that was written down", earlier.lines);
        }
        for line in desk.log().set_back()? {
            println!(
                "line {line} is dated before line {}: this machine's clock was set back there",
                line - 1
            );
        }
        match desk.verify_states() {
            Ok(Some(count)) => println!("{count} states were put in force, each by this desk's custody"),
            Ok(None) => println!("keys in plain files: nobody vouches for the state"),
            Err(DeskError::Custody(fault @ CustodyFault::Ask { .. })) => {
                println!("NOT CHECKED who put the state in force: {fault}");
            }
            Err(refused) => return Err(refused.into()),
        }
        println!("{} lines, every one follows from the one before; head {}", head.lines, head.to_text());
        if self.head.is_none() {
            println!("a log rewritten as a whole is found with --head FILE alone, and a head kept elsewhere");
        }
        Ok(())
    }
}

impl HeadArguments {
    fn run(self) -> anyhow::Result<()> {
        let desk = self.desk.open()?;
        let Some(out) = &self.out else {
            println!("{}", desk.log().verify()?.to_text());
            return Ok(());
        };
        let (head, signed): (Head, Vec<u8>) = desk.sign_log_head()?;
        output::write_new(out, &signed)?;
        println!("line {} in {}: keep it where nobody of this desk can write", head.lines, out.display());
        Ok(())
    }
}

fn in_words(line: &Line) -> String {
    let at = Timestamp::from_unix(line.at).map_or_else(|| line.at.to_string(), shown);
    let mut words =
        format!("{:>6}  {at}  {} [{}]  {}", line.line, line.operator, line.account, line.operation);
    let mut more = |what: &str, value: Option<&str>| {
        if let Some(value) = value {
            words.push_str(&format!("  {what}{value}"));
        }
    };
    more("", line.key.as_deref());
    more("x", Some(&line.count.to_string()));
    more("case ", line.case.as_deref());
    more("platform ", line.platform.as_deref());
    let key_id = |key: &str| key.get(..8).unwrap_or(key).to_owned();
    let officer = line.officer.as_ref().map(|one| format!("{} ({}…)", one.name, key_id(&one.key)));
    more("officer ", officer.as_deref());
    let by = line.approved.iter().map(|by| format!("{} ({}…)", by.officer, key_id(&by.key)));
    let by = by.reduce(|one, other| format!("{one} and {other}"));
    more("approved by ", by.as_deref());
    more("sha256 ", line.digest.as_deref().and_then(|digest| digest.get(..16)));
    words
}
