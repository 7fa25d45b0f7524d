//! `gate-sign open`: records on lawful request, for two officers.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use gate_signing::log::entry::CaseNumber;
use gate_signing::records::desk_keys::KeysSought;
use gate_signing::records::lawful::{self, Carried, Order, ReportPlace};
use gate_signing::records::selection::Selection;
use gate_wire::time::Timestamp;

use crate::args::{DeskArguments, time};
use crate::officer::{case, two_officers};
use crate::output;

/// Open, replay and report the records of a lawful request. First write the request and let two officers approve it:
///
///   gate-sign open --dir desk --case CG-7 --query 00R0-0001 --write-request request.json
///   gate-sign officer approve --key chen.key --request request.json --out chen.approval
///   gate-sign open --dir desk --case CG-7 --query 00R0-0001 --approval chen.approval --approval li.approval
///       --records copies/ --out report/
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    #[command(flatten)]
    desk: DeskArguments,
    /// The case number of the request
    #[arg(long, value_name = "CASE", value_parser = case)]
    case: CaseNumber,
    /// The query number that the screen showed: 8 characters
    #[arg(long, value_name = "NUMBER", required_unless_present = "place")]
    query: Option<String>,
    /// A place's number instead, with --from and --to
    #[arg(long, value_name = "P", conflicts_with = "query", requires_all = ["from", "to"])]
    place: Option<u32>,
    /// One lane only
    #[arg(long, value_name = "N", requires = "place")]
    lane: Option<u16>,
    /// The first second, RFC 3339
    #[arg(long, value_name = "TIME", value_parser = time, requires = "place")]
    from: Option<Timestamp>,
    /// The last second
    #[arg(long, value_name = "TIME", value_parser = time, requires = "place")]
    to: Option<Timestamp>,
    /// Only write what the two officers are to approve
    #[arg(long, value_name = "FILE", conflicts_with_all = ["approval", "records", "out"])]
    write_request: Option<PathBuf>,
    /// An officer's approval; twice
    #[arg(long, value_name = "FILE")]
    approval: Vec<PathBuf>,
    /// Copies of terminals' journal.db (with its -wal) and reserve.bin, signed batches, or directories of them
    #[arg(long, value_name = "PATH", num_args = 1.., required_unless_present = "write_request")]
    records: Vec<PathBuf>,
    /// A new directory for the report
    #[arg(long, value_name = "DIR", required_unless_present = "write_request")]
    out: Option<PathBuf>,
    /// A policy, or a directory of published data, to replay with; without it the desk's own archive
    #[arg(long, value_name = "PATH")]
    policy: Option<PathBuf>,
    /// Look under every day key, not only those of the days asked for: for a terminal that had run out of day keys
    #[arg(long)]
    every_key: bool,
    /// The language of what is printed; both are written
    #[arg(long, value_enum, default_value_t = Language::En)]
    language: Language,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    Zh,
    En,
}

impl Arguments {
    /// Gives 1 if nothing was told: scripts must not take that for an answer.
    pub(crate) fn run(self) -> anyhow::Result<u64> {
        let selection = self.selection()?;
        let (desk, now) = (self.desk.open()?, self.desk.now()?);
        let wanted = lawful::request(&desk, &self.case, &selection)?;
        if let Some(path) = &self.write_request {
            output::write_new(path, wanted.to_text().as_bytes())?;
            println!("{}", wanted.in_words());
            println!(
                "next: two officers, each with `gate-sign officer approve --request {}`",
                path.display()
            );
            return Ok(0);
        }
        let officers = two_officers(&desk, &self.approval, &wanted, now)?;
        let out = self.out.as_deref().context("give --out")?;
        let place = ReportPlace::make(out)?;
        let sought = if self.every_key { KeysSought::Every } else { KeysSought::OfTheDays };
        let (records, policies) = (self.records.as_slice(), self.policy.as_deref());
        let order = Order { selection: &selection, records, policies, sought, now };
        let carried = match lawful::carry_out(&desk, &officers, &order) {
            Ok(carried) => carried,
            Err(refused) => {
                place.give_back();
                return Err(refused.into());
            }
        };
        carried.report.save(&place)?;
        self.tell(&carried, out);
        Ok(u64::from(carried.opening.records.is_empty()))
    }

    fn tell(&self, carried: &Carried, out: &Path) {
        match self.language {
            Language::Zh => print!("{}", carried.report.zh),
            Language::En => print!("{}", carried.report.en),
        }
        let counts = carried.report.replayed;
        if counts.differ + counts.not_replayed > 0 {
            eprintln!(
                "gate-sign: {} verdicts differ and {} could not be replayed: see the report",
                counts.differ, counts.not_replayed
            );
        }
        if carried.opening.records.is_empty() {
            eprintln!("gate-sign: no record is told: the report says why");
        }
        eprintln!("report.zh.txt, report.en.txt and report.json are in {}", out.display());
    }

    fn selection(&self) -> anyhow::Result<Selection> {
        match (&self.query, self.place, self.from, self.to) {
            (Some(query), ..) => Ok(Selection::query(query)?),
            (None, Some(place), Some(from), Some(to)) => Ok(Selection::place(place, self.lane, from, to)?),
            _ => anyhow::bail!("give --query, or --place with --from and --to"),
        }
    }
}
