//! `gate-sign status`: a status list from a table of people.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use gate_signing::people::ListBuilt;
use gate_status::Scope;
use gate_wire::time::Timestamp;

use crate::args::{DeskArguments, shown, tell, time};

/// What the shell is told when some lines are not in the list.
const SOME_REJECTED: u8 = 2;

/// See the help texts.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Build the next list. Lines that cannot be taken go to a reject file with number and reason, and the exit code
    /// is 2
    Build(Build),
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Build {
    #[command(flatten)]
    desk: DeskArguments,
    /// CSV with the header document_kind,number,second_number,colour; no quotes; read line by line, never copied
    #[arg(long, value_name = "FILE.csv")]
    people: PathBuf,
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
}

/// Whom a table names.
#[derive(Clone, Copy, ValueEnum)]
enum ScopeArgument {
    /// Everyone of the province: not listed is Assist
    Population,
    /// Only people who are not green: not listed is Pass
    Exceptions,
}

impl Command {
    pub(crate) fn run(self) -> anyhow::Result<ListBuilt> {
        let Command::Build(build) = self;
        build.run()
    }
}

impl Build {
    fn run(self) -> anyhow::Result<ListBuilt> {
        let mut desk = self.desk.open()?;
        anyhow::ensure!(self.as_of <= self.desk.now()?, "--as-of lies in the future");
        let table = File::open(&self.people).with_context(|| self.people.display().to_string())?;
        let rejects = self.rejects.unwrap_or_else(|| with_suffix(&self.people, ".rejects"));
        let file = File::create(&rejects).with_context(|| rejects.display().to_string())?;
        let scope = match self.scope {
            ScopeArgument::Population => Scope::Population,
            ScopeArgument::Exceptions => Scope::Exceptions,
        };
        let out = self.out.unwrap_or_else(|| desk.status_file());
        let fresh = with_suffix(&out, ".new");
        remove_if_there(&fresh)?;
        let place = (fresh.as_path(), scope, self.as_of);
        let built = desk.province.build_list_from_table(place, table, &mut BufWriter::new(file))?;
        // The version is kept before the list has its name: no two lists ever have one version.
        desk.save()?;
        std::fs::rename(&fresh, &out).with_context(|| out.display().to_string())?;
        println!(
            "{} people ({} numbers) as of {} in {}",
            built.people,
            built.subjects,
            shown(self.as_of),
            out.display()
        );
        match built.rejected {
            0 => remove_if_there(&rejects)?,
            count => eprintln!("gate-sign: {count} lines are NOT in the list; see {}", rejects.display()),
        }
        Ok(built)
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

/// 0 when everyone is in the list, 2 when some lines were rejected, 1 when there is no list.
pub(crate) fn exit_code(done: anyhow::Result<ListBuilt>) -> ExitCode {
    match done {
        Ok(ListBuilt { rejected: 0, .. }) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(SOME_REJECTED),
        Err(error) => tell(&error),
    }
}
