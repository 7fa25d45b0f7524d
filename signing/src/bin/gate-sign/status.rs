//! `gate-sign status`: lists and deltas from tables of people, and what a file says of itself.
//! Promises: a line that is not in the result is in the reject file, and the exit code says so; progress goes to the error
//! output, a line of its own.
//! Must not know: what a list looks like inside.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use gate_proof::digest::{Digest, sha256};
use gate_signing::desk::Desk;
use gate_signing::list_figures::ListFigures;
use gate_signing::list_steps::ThrownAway;
use gate_signing::log::entry::{Entry, Operation};
use gate_signing::people::{ListBuilt, TableOptions};
use gate_signing::status_delta::LadderFile;
use gate_status::{Clash, DELTA_MOST_BYTES, Person, Scope, SealedList, Step, Synthetic, Watch, alleged_head};
use gate_wire::credential::Colour;
use gate_wire::time::Timestamp;

use crate::args::{DeskArguments, shown, tell, time};
use crate::confirm::Confirm;
use crate::inspect::Inspect;
use crate::list_words::{self, Old};
use crate::output;

/// What the shell is told when some lines are not in the list.
const SOME_REJECTED: u8 = 2;

/// See the help texts.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Build the next list. Lines that cannot be taken go to a reject file with number and reason, and the exit code
    /// is 2
    Build(Build),
    /// Make a delta: the list one step on, from a table of people whose colour changed (or is `removed`)
    Delta(Delta),
    /// Merge single steps into the files of an hour, a day and a week, so that a terminal any time behind reads a few
    Ladder(Ladder),
    /// What a list or a delta says of itself, proven with this desk's keys
    Inspect(Inspect),
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Build {
    #[command(flatten)]
    desk: DeskArguments,
    /// CSV with the header document_kind,number,second_number,colour; no quotes; read line by line, never copied
    #[arg(long, value_name = "FILE.csv", required_unless_present = "synthetic")]
    people: Option<PathBuf>,
    /// Invented people instead, so many, for measuring
    #[arg(long, value_name = "N", conflicts_with_all = ["people", "tags"])]
    synthetic: Option<u64>,
    /// Which world of invented people
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Keep what Argon2id made of each line here, and take it from here: the next build of the same lines is quick. Without
    /// it the cache goes when the list is there, and stays when the build is killed
    #[arg(long, value_name = "FILE")]
    tags: Option<PathBuf>,
    /// Whom the table names
    #[arg(long)]
    scope: ScopeArgument,
    /// The time as of which the table states everyone's colour, RFC 3339
    #[arg(long, value_name = "TIME", value_parser = time)]
    as_of: Timestamp,
    /// The list; else status-list.db in the desk's directory, replacing the last one
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The reject file; else FILE.csv.rejects
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    #[command(flatten)]
    confirm: Confirm,
}

/// Whom a table names.
#[derive(Clone, Copy, ValueEnum)]
enum ScopeArgument {
    /// Everyone of the province: not listed is Assist
    Population,
    /// Only people who are not green: not listed is Pass
    Exceptions,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Delta {
    #[command(flatten)]
    desk: DeskArguments,
    /// The epoch's base
    #[arg(long, value_name = "FILE")]
    base: PathBuf,
    /// The deltas made so far, in their order
    #[arg(long, value_name = "FILE")]
    after: Vec<PathBuf>,
    /// CSV as for `build`; a colour may be `removed`
    #[arg(long, value_name = "FILE.csv")]
    changes: PathBuf,
    /// The time as of which everyone's colour holds then, RFC 3339
    #[arg(long, value_name = "TIME", value_parser = time)]
    as_of: Timestamp,
    /// The delta: a new file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Sign a step that was signed before: the earlier delta is thrown away and was never published. It asks, and the log
    /// has a line of its own
    #[arg(long)]
    again: bool,
    /// The reject file; else FILE.csv.rejects
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    #[command(flatten)]
    confirm: Confirm,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Ladder {
    #[command(flatten)]
    desk: DeskArguments,
    /// The epoch's base
    #[arg(long, value_name = "FILE")]
    base: PathBuf,
    /// The deltas made so far, in their order; files of the ladder may stand for the steps that they lead over
    #[arg(long, value_name = "FILE", required = true)]
    delta: Vec<PathBuf>,
    /// The folder for the files, delta-EPOCH-FROM-TO.tfd; what is there already stays
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Command {
    /// How many lines are not in the result.
    pub(crate) fn run(self) -> anyhow::Result<u64> {
        match self {
            Command::Build(build) => build.run(),
            Command::Delta(delta) => delta.run(),
            Command::Ladder(ladder) => ladder.run(),
            Command::Inspect(inspect) => inspect.run(),
        }
    }
}

impl Build {
    fn run(self) -> anyhow::Result<u64> {
        let mut desk = self.desk.open()?;
        anyhow::ensure!(self.as_of <= self.desk.now()?, "--as-of lies in the future");
        let out = self.out.clone().unwrap_or_else(|| desk.status_file());
        if self.out.is_some() {
            output::admit_list(&out)?;
        }
        let fresh = with_suffix(&out, ".new");
        remove_if_there(&fresh)?;
        let scope = match self.scope {
            ScopeArgument::Population => Scope::Population,
            ScopeArgument::Exceptions => Scope::Exceptions,
        };
        let place = (fresh.as_path(), scope, self.as_of);
        let built = match self.synthetic {
            Some(people) => invented(&mut desk, place, Synthetic { people, seed: self.seed })?,
            None => self.of_table(&mut desk, place)?,
        };
        let last = alleged_head(&out).ok();
        if let Err(refused) = self.ask(&desk, &out, &fresh) {
            remove_if_there(&fresh)?;
            return Err(refused.context(format!("{} is as it was", out.display())));
        }
        // Lists that were built and thrown away are told apart by it.
        let digest = alleged_head(&fresh).ok().map(|head| Digest(head.root));
        desk.log().note(&Entry { count: built.people, digest, ..Entry::of(Operation::StatusBuild) })?;
        // The version is kept before the list has its name: no two lists ever have one version.
        desk.save()?;
        std::fs::rename(&fresh, &out).with_context(|| out.display().to_string())?;
        println!(
            "{} people ({} numbers), scope {}, as of {} in {}",
            built.people,
            built.subjects,
            list_words::scope(scope),
            shown(self.as_of),
            out.display()
        );
        if let Some(last) = last {
            println!("it replaces the list of epoch {}: {} people", last.epoch.0, last.people);
        }
        Ok(built.rejected)
    }

    /// Tells what the new list changes of the one at `out`, or else of the one published last.
    fn ask(&self, desk: &Desk, out: &Path, fresh: &Path) -> anyhow::Result<()> {
        let figures = |path: &Path| anyhow::Ok(ListFigures::of(&desk.province.open_list(path)?, None)?);
        let counted = figures(out).ok().or_else(|| desk.published_list()).map(Old::Counted);
        let old = counted.or_else(|| alleged_head(out).ok().map(Old::Head));
        list_words::between(old.as_ref(), &figures(fresh)?).ask(&self.confirm)
    }

    fn of_table(&self, desk: &mut Desk, place: (&Path, Scope, Timestamp)) -> anyhow::Result<ListBuilt> {
        let people = self.people.as_deref().context("--people or --synthetic is needed")?;
        let table = File::open(people).with_context(|| people.display().to_string())?;
        let rejects = self.rejects.clone().unwrap_or_else(|| with_suffix(people, ".rejects"));
        let out = self.out.as_deref();
        let others: Vec<&Path> = [Some(people), out, self.tags.as_deref()].into_iter().flatten().collect();
        output::admit_rejects(&rejects, &others)?;
        let file = File::create(&rejects).with_context(|| rejects.display().to_string())?;
        let mut progress = Progress::default();
        let mut step = |step, count| progress.step(step, count);
        let options = TableOptions { tags: self.tags.as_deref(), progress: &mut step };
        let built = desk.province.build_list_with(place, table, &mut BufWriter::new(file), options)?;
        progress.end();
        settle_rejects(&rejects, built.rejected, "list")?;
        Ok(built)
    }
}

fn invented(
    desk: &mut Desk,
    place: (&Path, Scope, Timestamp),
    world: Synthetic,
) -> anyhow::Result<ListBuilt> {
    let exceptional = move |person: &Person| place.1 == Scope::Population || person.colour != Colour::Green;
    let mut progress = Progress::default();
    let built =
        desk.province.build_list_streaming(place, &mut progress, || world.people().filter(exceptional))?;
    progress.end();
    Ok(ListBuilt { people: built.people, subjects: built.subjects, rejected: built.rejected })
}

/// How far a build is, on one line that is ended before anything else is told.
#[derive(Default)]
struct Progress {
    told: Option<Step>,
}

impl Progress {
    fn end(&self) {
        if self.told.is_some() {
            eprintln!();
        }
    }
}

impl Watch for Progress {
    fn step(&mut self, step: Step, count: u64) {
        let doing = match step {
            Step::Sorting => "read and sorted",
            Step::Writing => "written",
        };
        eprint!("\r{count} numbers {doing}   ");
        self.told = Some(step);
    }

    /// Invented people share no number.
    fn reject(&mut self, line: u64, because: Clash) {
        eprintln!("gate-sign: person {line} has a number of person {}", because.other);
    }
}

impl Delta {
    fn run(self) -> anyhow::Result<u64> {
        let mut desk = self.desk.open()?;
        anyhow::ensure!(self.as_of <= self.desk.now()?, "--as-of lies in the future");
        let mut list = opened(&desk, &self.base, &self.after)?;
        let thrown = if self.again { desk.province.sign_step_again(&list.state())? } else { None };
        self.confirm.ask(&thrown.map(list_words::thrown_away).into_iter().collect::<Vec<_>>())?;
        let table = File::open(&self.changes).with_context(|| self.changes.display().to_string())?;
        let rejects = self.rejects.unwrap_or_else(|| with_suffix(&self.changes, ".rejects"));
        output::admit_rejects(&rejects, &[&self.changes, &self.base, &self.out])?;
        let file = File::create(&rejects).with_context(|| rejects.display().to_string())?;
        let built = desk.province.build_delta(&list, self.as_of, table, &mut BufWriter::new(file))?;
        if let Some(ThrownAway { after, last, digest, .. }) = thrown {
            let count = u64::from(last.saturating_sub(after).max(1));
            desk.log().note(&Entry { count, digest, ..Entry::of(Operation::StatusDeltaAgain) })?;
        }
        tell_of_delta(&desk, &built.file)?;
        // That the step is signed is kept before the delta can leave.
        desk.save()?;
        write_whole(&self.out, &built.file)?;
        list.apply(&built.file).context("the delta does not lead on: a fault of this program")?;
        if let Err(fault) = desk.keep_changes(&list) {
            eprintln!("gate-sign: the delta is made; `issue` cannot ask the list with it: {fault}");
        }
        println!(
            "step {}: {} colours, {} people new or removed, {} bytes in {}",
            list.state().step,
            built.ranked,
            built.keyed,
            built.file.len(),
            self.out.display()
        );
        settle_rejects(&rejects, built.rejected, "delta")?;
        Ok(built.rejected)
    }
}

impl Ladder {
    fn run(self) -> anyhow::Result<u64> {
        let desk = self.desk.open()?;
        let mut list = opened(&desk, &self.base, &[])?;
        let deltas = self.delta.iter().map(|path| delta_bytes(path)).collect::<anyhow::Result<Vec<_>>>()?;
        std::fs::create_dir_all(&self.out).with_context(|| self.out.display().to_string())?;
        for LadderFile { span, file } in desk.province.build_ladder(&mut list, &deltas)? {
            let name = format!("delta-{:010}-{:010}-{:010}.tfd", list.state().epoch.0, span.from, span.to);
            let path = self.out.join(&name);
            if !path.exists() {
                tell_of_delta(&desk, &file)?;
                write_whole(&path, &file)?;
            }
            println!("step {} to {}: {} bytes in {}", span.from, span.to, file.len(), path.display());
        }
        Ok(0)
    }
}

/// The list in a file, with these deltas.
pub(crate) fn opened(desk: &Desk, base: &Path, deltas: &[PathBuf]) -> anyhow::Result<SealedList> {
    length(base)?;
    let mut list = desk.province.open_list(base).with_context(|| base.display().to_string())?;
    for path in deltas {
        list.apply(&delta_bytes(path)?).with_context(|| path.display().to_string())?;
    }
    Ok(list)
}

/// A delta's file, if it can be one.
pub(crate) fn delta_bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    let length = length(path)?;
    let most = DELTA_MOST_BYTES as u64;
    anyhow::ensure!(length <= most, "{}: {length} bytes, no delta has more than {most}", path.display());
    std::fs::read(path).with_context(|| path.display().to_string())
}

/// Of a file that has an end: a pipe or a device would be waited for.
fn length(path: &Path) -> anyhow::Result<u64> {
    let about = std::fs::metadata(path).with_context(|| path.display().to_string())?;
    anyhow::ensure!(about.is_file(), "{} is no file", path.display());
    Ok(about.len())
}

/// Before a signed delta leaves, the log knows it.
fn tell_of_delta(desk: &Desk, file: &[u8]) -> anyhow::Result<()> {
    let digest = Some(sha256(&[file]));
    desk.log().note(&Entry { digest, ..Entry::of(Operation::StatusDelta) })?;
    Ok(())
}

/// Under its name it is whole.
fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let beside = with_suffix(path, ".new");
    let written = std::fs::write(&beside, bytes).and_then(|()| std::fs::rename(&beside, path));
    written.with_context(|| path.display().to_string())
}

fn settle_rejects(rejects: &Path, count: u64, whence: &str) -> anyhow::Result<()> {
    if count == 0 {
        return remove_if_there(rejects);
    }
    eprintln!("gate-sign: {count} lines are NOT in the {whence}; see {}", rejects.display());
    Ok(())
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

/// 0 when everyone is in the result, 2 when some lines were rejected, 1 when there is none.
pub(crate) fn exit_code(done: anyhow::Result<u64>) -> ExitCode {
    match done {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(SOME_REJECTED),
        Err(error) => tell(&error),
    }
}
