//! `gate-sign issue --from TABLE` and `gate-sign issue paper-sheets`: many credentials from a table.
//! Promises: the codes' file has its name only when it is whole; what a cut-off run left is told by the next one; the
//! exit code is 2 when rows were rejected; progress is shown on a terminal only.
//! Must not know: how codes are made.

use std::fs::File;
use std::io::{BufReader, IsTerminal, Read};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{ArgMatches, Args, FromArgMatches, Subcommand};
use gate_signing::bulk::{
    BulkDone, BulkOptions, CsvCodes, Half, HeldTo, Kinds, MAX_ROWS, Progress, Target, Unfinished,
};
use gate_signing::desk::Desk;
use gate_wire::cose::Kid;
use gate_wire::time::Timestamp;

use crate::args::{DeskArguments, kid, life, randomness, time};
use crate::issue::{self, ListArguments};
use crate::output;
use crate::sheets::Sheets;

/// One credential, or a table of them: `issue KIND …` or `issue --from TABLE …`.
///
/// By hand, because derived optional arguments do not see those of their flattened parts.
pub(crate) enum Issue {
    Command(Command),
    Table(Table),
}

impl Args for Issue {
    fn augment_args(command: clap::Command) -> clap::Command {
        let command = Command::augment_subcommands(Table::augment_args(command));
        command.args_conflicts_with_subcommands(true).subcommand_negates_reqs(true).subcommand_required(false)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Issue {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Issue, clap::Error> {
        match matches.subcommand_name() {
            Some(_) => Command::from_arg_matches(matches).map(Issue::Command),
            None => Table::from_arg_matches(matches).map(Issue::Table),
        }
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        Self::from_arg_matches(matches).map(|read| *self = read)
    }
}

/// See the help texts.
#[derive(Subcommand)]
pub(crate) enum Command {
    #[command(flatten)]
    One(issue::Command),
    /// Paper codes, 离线码, of a table as PDF sheets for printing and cutting
    PaperSheets(Sheets),
}

/// A table's codes as a table.
#[derive(Args)]
pub(crate) struct Table {
    #[command(flatten)]
    run: RunArguments,
    /// The codes: line,kid,id,expires,text. Must not be there yet; it has this name only when it is whole
    #[arg(long, value_name = "FILE.csv")]
    out: PathBuf,
}

/// What every run over a table takes.
#[derive(Args)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    desk: DeskArguments,
    /// CSV in UTF-8 with the header document_kind,number,name,kind,statement,sampled; no quotes. Kinds: paper_code (green,
    /// yellow, red), certificate (community, medical), nucleic_acid_test (negative, positive; with sampled), staff_badge
    /// (attendant, technician, auditor)
    #[arg(long, value_name = "FILE.csv")]
    from: PathBuf,
    /// The reject file, line,reason: nothing of a row is repeated there; else FROM.rejects
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// The issuer's key for every row; else the first one at this desk that may give it
    #[arg(long, value_parser = kid)]
    kid: Option<Kid>,
    #[command(flatten)]
    list: ListArguments,
    /// How long every code is good: 7d, 30d; else paper, tests and badges 30 d, certificates 14 d
    #[arg(long, value_parser = life)]
    life: Option<u32>,
    /// The time of issue, RFC 3339, not in the future; else now
    #[arg(long, value_name = "TIME", value_parser = time)]
    issued: Option<Timestamp>,
    /// Keep what Argon2id made of each row here for the next run of this table. Without it the cache lies beside the result
    /// and goes when that is whole
    #[arg(long, value_name = "FILE")]
    tags: Option<PathBuf>,
    /// Threads; else one a processor
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Remove what a run that was cut off left, and begin anew: its codes were given to nobody
    #[arg(long)]
    start_over: bool,
}

impl Issue {
    /// How many rows are not in the result.
    pub(crate) fn run(self) -> anyhow::Result<u64> {
        match self {
            Issue::Command(Command::One(one)) => one.run().map(|()| 0),
            Issue::Command(Command::PaperSheets(sheets)) => sheets.run(),
            Issue::Table(table) => table.run(),
        }
    }
}

impl Table {
    fn run(self) -> anyhow::Result<u64> {
        let desk = self.run.open()?;
        let (mut bar, files) = (self.run.bar()?, self.run.begin(&self.out)?);
        let (codes, rejects) = files;
        let mut told = |progress| bar.show(progress);
        let mut target = CsvCodes::begin(codes, rejects, &mut told)?;
        let ran = self.run.issue(&desk, &mut target, Kinds::All, &self.out);
        let written = target.count();
        let (codes, rejects) = target.into_inner();
        let done = self.run.settle(ran, written, (codes, rejects))?;
        println!("{}", in_words(&done, &self.out));
        Ok(done.rejected)
    }
}

impl RunArguments {
    pub(crate) fn open(&self) -> anyhow::Result<Desk> {
        self.desk.open()
    }

    /// The result and the reject file, once all names are admitted. An old reject file goes: it speaks of another run.
    pub(crate) fn begin(&self, out: &Path) -> anyhow::Result<(Unfinished, Unfinished)> {
        let rejects = self.rejects_path();
        let others = [Some(self.from.as_path()), Some(out), self.tags.as_deref()];
        let others: Vec<&Path> = others.into_iter().flatten().collect();
        output::admit_rejects(&rejects, &others)?;
        let half = if self.start_over { Half::Remove } else { Half::Keep };
        let result = Unfinished::begin(out, half)?;
        remove_if_there(&rejects)?;
        Ok((result, Unfinished::begin(&rejects, Half::Remove)?))
    }

    pub(crate) fn bar(&self) -> anyhow::Result<Bar> {
        let length = std::fs::metadata(&self.from).with_context(|| self.from.display().to_string())?.len();
        Ok(Bar {
            length: length.max(1),
            started: std::time::Instant::now(),
            shown: std::io::stderr().is_terminal(),
        })
    }

    pub(crate) fn issue(
        &self,
        desk: &Desk,
        target: &mut dyn Target,
        kinds: Kinds,
        out: &Path,
    ) -> anyhow::Result<BulkDone> {
        let now = self.desk.now()?;
        let list = desk.held_list(self.list.list.as_deref());
        if let Err(error) = &list {
            let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
            let causes: Vec<String> = causes.map(ToString::to_string).collect();
            eprintln!("gate-sign: the desk's list cannot be asked: {}", causes.join(": "));
        }
        let held_to = match &list {
            Ok(None) => HeldTo::Nothing,
            Ok(Some(list)) if self.list.against_list => HeldTo::Insisted(Some(list)),
            Ok(Some(list)) => HeldTo::List(list),
            Err(_) if self.list.against_list => HeldTo::Insisted(None),
            Err(_) => HeldTo::Unknown,
        };
        let tags = self.tags.clone().unwrap_or_else(|| with_suffix(out, ".tags"));
        let options = BulkOptions {
            now,
            issued: self.issued.unwrap_or(now),
            kid: self.kid,
            life_s: self.life,
            kinds,
            most: lines(&self.from)?.min(MAX_ROWS),
            threads: self.threads.map_or_else(std::thread::available_parallelism, Ok)?,
            tags: &tags,
            held_to,
        };
        let table = File::open(&self.from).with_context(|| self.from.display().to_string())?;
        let done = desk.province.issue_table(table, target, &options, &mut randomness())?;
        if self.tags.is_none() {
            remove_if_there(&tags)?;
        }
        Ok(done)
    }

    /// Gives both files their names, or says what is left.
    pub(crate) fn settle(
        &self,
        ran: anyhow::Result<BulkDone>,
        written: u64,
        (codes, rejects): (Unfinished, Unfinished),
    ) -> anyhow::Result<BulkDone> {
        if std::io::stderr().is_terminal() {
            eprintln!();
        }
        match ran {
            Ok(done) => {
                if done.rejected == 0 {
                    rejects.discard()?
                } else {
                    rejects.finish()?
                }
                codes.finish()?;
                if done.rejected > 0 {
                    eprintln!(
                        "gate-sign: {} rows have NO code; see {}",
                        done.rejected,
                        self.rejects_path().display()
                    );
                }
                Ok(done)
            }
            Err(error) => {
                rejects.discard()?;
                if written == 0 {
                    codes.discard()?;
                    return Err(error);
                }
                Err(error.context(
                    "the run was cut off: its codes are given to nobody; run it again with --start-over",
                ))
            }
        }
    }

    fn rejects_path(&self) -> PathBuf {
        self.rejects.clone().unwrap_or_else(|| with_suffix(&self.from, ".rejects"))
    }
}

/// What became of a table, on one line.
pub(crate) fn in_words(done: &BulkDone, out: &Path) -> String {
    let BulkDone { rows, codes, rejected, against_list, remembered, empty_lines } = done;
    let against =
        if *against_list > 0 { format!("; {against_list} AGAINST the list") } else { String::new() };
    format!(
        "{rows} rows = {codes} codes in {} + {rejected} rejected{against}; {remembered} people remembered, {empty_lines} empty lines",
        out.display()
    )
}

/// A line on a terminal that says how far the run is.
pub(crate) struct Bar {
    length: u64,
    started: std::time::Instant,
    shown: bool,
}

impl Bar {
    pub(crate) fn show(&mut self, progress: Progress) {
        const WIDTH: u64 = 30;
        if !self.shown {
            return;
        }
        let Progress { bytes, codes, rejected } = progress;
        let filled = (bytes * WIDTH / self.length).min(WIDTH);
        let bar: String = (0..WIDTH).map(|at| if at < filled { '#' } else { '.' }).collect();
        let seconds = self.started.elapsed().as_secs().max(1);
        let left = seconds * self.length.saturating_sub(bytes) / bytes.max(1);
        eprint!("\r[{bar}] {codes} codes, {rejected} rejected, {}/s, {left} s left   ", codes / seconds);
    }
}

/// Lines of a file, counted: the log is told of no more.
fn lines(path: &Path) -> anyhow::Result<u64> {
    let mut file = BufReader::new(File::open(path).with_context(|| path.display().to_string())?);
    let (mut count, mut room) = (1, vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut room).with_context(|| path.display().to_string())?;
        if read == 0 {
            return Ok(count);
        }
        count += room.iter().take(read).filter(|byte| **byte == b'\n').count() as u64;
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(suffix);
    name.into()
}

fn remove_if_there(path: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| path.display().to_string())
        }
        _ => Ok(()),
    }
}
