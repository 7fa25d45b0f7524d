//! `gate-sign officer`: the officers of a desk, their keys, and what they approve.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use gate_proof::ed25519::PublicKey;
use gate_signing::desk::Desk;
use gate_signing::log::entry::{CaseNumber, Operator};
use gate_signing::officers::approval::{APPROVAL_MOST_BYTES, Approval, Approved, Statement};
use gate_signing::officers::{Officers, TwoOfficers, key_file, statement};
use gate_signing::register::public_key;
use gate_tuf::KeyEntry;
use gate_wire::time::Timestamp;

use crate::access::{OfficerAccess, operator};
use crate::args::{DeskArguments, admit_told_time, randomness, shown, system_time, time};
use crate::output;

/// See the help texts.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make an officer's own key, in a file that a passphrase of the officer opens. Not at the desk: at the officer's
    New(New),
    /// Put an officer on the desk's list; once there were two, two must approve it
    Add(Add),
    /// List the officers
    List(List),
    /// Take an officer off the list; two officers must approve it, and two must stay
    Remove(Remove),
    /// Write what two officers are to approve, for a change of the list
    Request(Request),
    /// Approve a request, with the officer's own key
    Approve(Approve),
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct New {
    /// The new key file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    access: OfficerAccess,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Add {
    #[command(flatten)]
    desk: DeskArguments,
    /// The officer's short name
    #[arg(long, value_parser = operator)]
    name: Operator,
    /// The officer's public key, as `officer new` printed it
    #[arg(long, value_name = "X", value_parser = key, allow_hyphen_values = true)]
    public_key: PublicKey,
    #[command(flatten)]
    consent: ConsentArguments,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    desk: DeskArguments,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Remove {
    #[command(flatten)]
    desk: DeskArguments,
    /// The officer's short name
    #[arg(long, value_parser = operator)]
    name: Operator,
    #[command(flatten)]
    consent: ConsentArguments,
}

/// Two approvals, and the case they are for.
#[derive(Args)]
pub(crate) struct ConsentArguments {
    /// The case number that the officers approved under
    #[arg(long, value_name = "CASE", value_parser = case, requires = "approval")]
    case: Option<CaseNumber>,
    /// An officer's approval; twice
    #[arg(long, value_name = "FILE", requires = "case")]
    approval: Vec<PathBuf>,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Request {
    #[command(flatten)]
    desk: DeskArguments,
    /// add or remove
    change: Change,
    /// The officer's short name
    #[arg(long, value_parser = operator)]
    name: Operator,
    /// add: the officer's public key
    #[arg(long, value_name = "X", value_parser = key, allow_hyphen_values = true, required_if_eq("change", "add"))]
    public_key: Option<PublicKey>,
    /// The case number
    #[arg(long, value_name = "CASE", value_parser = case)]
    case: CaseNumber,
    /// Where to
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Change {
    Add,
    Remove,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Approve {
    /// The officer's key file
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The request, as the desk wrote it. It is printed: read it
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// Where the approval goes
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Demos only: the time instead of the system's, RFC 3339
    #[arg(long, value_name = "TIME", value_parser = time)]
    now: Option<Timestamp>,
    #[command(flatten)]
    access: OfficerAccess,
}

impl Command {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Command::New(arguments) => arguments.run(),
            Command::Add(arguments) => arguments.run(),
            Command::List(arguments) => arguments.run(),
            Command::Remove(arguments) => arguments.run(),
            Command::Request(arguments) => arguments.run(),
            Command::Approve(arguments) => arguments.run(),
        }
    }
}

impl New {
    fn run(self) -> anyhow::Result<()> {
        let key = key_file::create(&self.out, self.access.prompt().as_ref(), &mut randomness())?;
        println!("{}", gate_signing::officers::key_in_words(&key));
        eprintln!(
            "the line above is the public key, for the desk; {} stays with the officer. In a repository's root `repo show` calls this key by that line, and (id {})（根里显示这把密钥时，即为上面一行和此标识）",
            self.out.display(),
            KeyEntry::of(&key).id()
        );
        Ok(())
    }
}

impl Add {
    fn run(self) -> anyhow::Result<()> {
        let (mut desk, now) = (self.desk.open()?, self.desk.now()?);
        let request = Officers::request_to_add(&self.name, &self.public_key);
        let consent = self.consent.admit(&desk, (Approved::OfficerAdd, &request), now)?;
        desk.add_officer(&self.name, &self.public_key, consent.as_ref())?;
        println!("{request}: done; {} officers", desk.officers().iter().count());
        Ok(())
    }
}

impl List {
    fn run(self) -> anyhow::Result<()> {
        let desk = self.desk.open()?;
        let officers = desk.officers();
        for officer in officers.iter() {
            let key = gate_signing::officers::key_in_words(&officer.key);
            println!("{}  {key}  since {}", officer.name.as_str(), shown(officer.added));
        }
        println!("{} officers; what takes two needs two of them", officers.iter().count());
        Ok(())
    }
}

impl Remove {
    fn run(self) -> anyhow::Result<()> {
        let (mut desk, now) = (self.desk.open()?, self.desk.now()?);
        let request = Officers::request_to_remove(&self.name);
        let consent = self.consent.admit(&desk, (Approved::OfficerRemove, &request), now)?;
        desk.remove_officer(&self.name, consent.as_ref())?;
        println!("{request}: done; {} officers", desk.officers().iter().count());
        Ok(())
    }
}

impl ConsentArguments {
    fn admit(
        &self,
        desk: &Desk,
        (operation, request): (Approved, &str),
        now: Timestamp,
    ) -> anyhow::Result<Option<TwoOfficers>> {
        let Some(case) = &self.case else { return Ok(None) };
        let wanted = statement(desk, operation, case, request)?;
        two_officers(desk, &self.approval, &wanted, now).map(Some)
    }
}

impl Request {
    fn run(self) -> anyhow::Result<()> {
        let desk = self.desk.open()?;
        let (operation, request) = match (self.change, &self.public_key) {
            (Change::Add, Some(key)) => (Approved::OfficerAdd, Officers::request_to_add(&self.name, key)),
            (Change::Add, None) => anyhow::bail!("give --public-key"),
            (Change::Remove, _) => (Approved::OfficerRemove, Officers::request_to_remove(&self.name)),
        };
        let statement = statement(&desk, operation, &self.case, &request)?;
        output::write_new(&self.out, statement.to_text().as_bytes())?;
        println!("{}", statement.in_words());
        Ok(())
    }
}

impl Approve {
    fn run(self) -> anyhow::Result<()> {
        let text =
            std::fs::read_to_string(&self.request).with_context(|| self.request.display().to_string())?;
        let statement = Statement::from_text(&text).with_context(|| self.request.display().to_string())?;
        println!("approving: {}", statement.in_words());
        admit_told_time(statement.nature(), self.now)?;
        let key = key_file::open(&self.key, self.access.prompt().as_ref())?;
        let now = self.now.map_or_else(system_time, Ok)?;
        let approval = Approval::sign(&statement, now, &key)?;
        output::write_new(&self.out, &approval)?;
        println!("approved in {}", self.out.display());
        Ok(())
    }
}

/// Two approvals from two files, of exactly `wanted`.
pub(crate) fn two_officers(
    desk: &Desk,
    files: &[PathBuf],
    wanted: &Statement,
    now: Timestamp,
) -> anyhow::Result<TwoOfficers> {
    let [first, second] = files else { anyhow::bail!("two approvals are needed: --approval A --approval B") };
    let (first, second) = (approval(first)?, approval(second)?);
    Ok(desk.officers().admit([&first, &second], wanted, now)?)
}

fn approval(file: &Path) -> anyhow::Result<Vec<u8>> {
    use std::io::Read;
    let (mut bytes, most) = (Vec::new(), APPROVAL_MOST_BYTES as u64 + 1);
    let opened = std::fs::File::open(file).with_context(|| file.display().to_string())?;
    opened.take(most).read_to_end(&mut bytes).with_context(|| file.display().to_string())?;
    Ok(bytes)
}

/// A case number.
pub(crate) fn case(text: &str) -> Result<CaseNumber, String> {
    CaseNumber::parse(text).ok_or_else(|| "1 to 40 of A-Z a-z 0-9 . _ - /, never seven digits in a row (CG-2026-1120/17): a case number is in the log, and no number of a person may be".into())
}

fn key(text: &str) -> Result<PublicKey, String> {
    public_key(text).ok_or_else(|| "43 characters of base64url; weak keys are refused".into())
}
