//! `gate-sign revoke`: single credentials, or all of a person before a time; one, or many from a table.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::{Args, Subcommand};
use gate_proof::digest::sha256;
use gate_signing::desk::Desk;
use gate_signing::log::entry::{Entry, Operation};
use gate_signing::register::kid_in_words;
use gate_signing::revocation::{CheckDigit, Rejected, Revocation, Revoked, from_void_number};
use gate_wire::cose::Kid;
use gate_wire::time::Timestamp;

use crate::args::{DeskArguments, first_line_person, kid, shown, time};
use crate::confirm::Confirm;
use crate::output;

/// See the help texts.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Revoke one credential, as `gate-sign issue` printed it
    Code(Code),
    /// Void everything of one person issued before a time
    Person(Person),
    /// Revoke many, a line each: code,KID,ID or person,KIND,NUMBER,BEFORE
    FromCsv(FromCsv),
    /// What is revoked, in figures
    Show(Show),
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Code {
    #[command(flatten)]
    desk: DeskArguments,
    #[command(flatten)]
    confirm: Confirm,
    /// The issuer's key id
    #[arg(value_name = "KID", value_parser = kid)]
    kid: Kid,
    /// The void number on the counterfoil: 17 hexadecimal digits, the last a check digit
    #[arg(value_name = "NUMBER")]
    number: String,
    #[command(flatten)]
    digits: Digits,
}

/// Of which form numbers are.
#[derive(Args)]
struct Digits {
    /// Take 16 digits, without a check digit: of a sheet printed before there was one, or of codes.csv
    #[arg(long)]
    no_check_digit: bool,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Person {
    #[command(flatten)]
    desk: DeskArguments,
    #[command(flatten)]
    confirm: Confirm,
    /// A file (or - for standard input) with one line KIND,NUMBER
    #[arg(long, value_name = "FILE")]
    person: PathBuf,
    /// Everything issued to the person before this time, RFC 3339; else before now
    #[arg(long, value_name = "TIME", value_parser = time)]
    before: Option<Timestamp>,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct FromCsv {
    #[command(flatten)]
    desk: DeskArguments,
    #[command(flatten)]
    confirm: Confirm,
    /// The table
    file: PathBuf,
    /// Where lines go that are not taken: their number and the reason, nothing of the line itself
    #[arg(long, value_name = "FILE")]
    rejects: PathBuf,
    #[command(flatten)]
    digits: Digits,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Show {
    #[command(flatten)]
    desk: DeskArguments,
}

impl Command {
    /// How many lines of a table were not taken.
    pub(crate) fn run(self) -> anyhow::Result<u64> {
        match self {
            Command::Code(arguments) => arguments.run().map(|()| 0),
            Command::Person(arguments) => arguments.run().map(|()| 0),
            Command::FromCsv(arguments) => arguments.run(),
            Command::Show(arguments) => arguments.run().map(|()| 0),
        }
    }
}

impl Code {
    fn run(self) -> anyhow::Result<()> {
        let id = from_void_number(self.kid, &self.number, self.digits.check())?;
        let (mut desk, now) = (self.desk.open()?, self.desk.now()?);
        let done = desk.province.revoke(&[Revocation::Credential(self.kid, id)], now)?;
        keep(&mut desk, &done, &self.confirm)
    }
}

impl Person {
    fn run(self) -> anyhow::Result<()> {
        let (mut desk, now) = (self.desk.open()?, self.desk.now()?);
        let someone = first_line_person(&self.person)?;
        let subject = desk.province.subject(&someone.document)?;
        let before = self.before.unwrap_or(now);
        let done = desk.province.revoke(&[Revocation::Person(subject, before)], now)?;
        keep(&mut desk, &done, &self.confirm)
    }
}

impl FromCsv {
    fn run(self) -> anyhow::Result<u64> {
        let (mut desk, now) = (self.desk.open()?, self.desk.now()?);
        output::admit_rejects(&self.rejects, &[&self.file])?;
        let table = File::open(&self.file).with_context(|| self.file.display().to_string())?;
        let read = desk.province.read_orders(table, now, self.digits.check())?;
        write_rejects(&self.rejects, &read.rejected)?;
        if !read.rejected.is_empty() {
            let (count, path) = (read.rejected.len(), self.rejects.display());
            println!("{count} lines were not taken: {path}（{count} 行未受理，原因见该文件）");
        }
        ensure!(!read.orders.is_empty(), "{}: no line was taken", self.file.display());
        let done = desk.province.revoke(&read.orders, now)?;
        keep(&mut desk, &done, &self.confirm)?;
        Ok(read.rejected.len() as u64)
    }
}

impl Show {
    fn run(self) -> anyhow::Result<()> {
        let desk = self.desk.open()?;
        let list = desk.province.revocations();
        let head = list.head();
        println!(
            "version {}, changed {}: {} credentials, {} people; {} bytes at a terminal",
            head.version,
            shown(head.as_of),
            head.credentials,
            head.subjects,
            list.file()?.len()
        );
        for key in desk.province.key_set()?.keys() {
            let count = list.of_key(key.kid());
            if count > 0 {
                println!("  {}: {count} credentials", kid_in_words(key.kid()));
            }
        }
        Ok(())
    }
}

impl Digits {
    fn check(&self) -> CheckDigit {
        if self.no_check_digit { CheckDigit::MayLack } else { CheckDigit::Needed }
    }
}

/// Shows what changed, asks, and keeps it.
fn keep(desk: &mut Desk, done: &Revoked, confirm: &Confirm) -> anyhow::Result<()> {
    let head = desk.province.revocations().head();
    if done.credentials == 0 && done.people == 0 {
        println!("nothing new: all of it was revoked before（无新增：均已撤销）");
        return Ok(());
    }
    confirm.ask(&[
        format!(
            "撤销 {} 张码，{} 人此前的全部凭证作废；{} 条已在名单内，{} 条因早已过期移出；名单共 {} 张码、{} 人",
            done.credentials, done.people, done.known, done.expired, head.credentials, head.subjects
        ),
        format!(
            "revokes {} credentials and voids everything earlier of {} people; {} were known, {} fall out as long expired; in all {} credentials, {} people",
            done.credentials, done.people, done.known, done.expired, head.credentials, head.subjects
        ),
    ])?;
    let digest = Some(sha256(&[&desk.province.revocations().file()?]));
    let count = u64::from(done.credentials) + u64::from(done.people);
    desk.admit_state()?;
    desk.log().note(&Entry { count, digest, ..Entry::of(Operation::Revoke) })?;
    desk.save()?;
    println!("kept as version {}; void at terminals after `gate-sign province publish`", head.version);
    Ok(())
}

fn write_rejects(path: &Path, rejected: &[Rejected]) -> anyhow::Result<()> {
    let mut file = BufWriter::new(File::create(path).with_context(|| path.display().to_string())?);
    writeln!(file, "{}", output::REJECTS_BEGIN)?;
    for Rejected { line, why } in rejected {
        writeln!(file, "{line},\"{why}\"")?;
    }
    Ok(file.flush()?)
}
