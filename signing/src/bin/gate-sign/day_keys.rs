//! `gate-sign day-keys`: made ahead, listed, destroyed at the end of retention, certified.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use gate_signing::custody::VaultState;
use gate_signing::custody::day_vault::VAULT_FILE;
use gate_signing::day_keys::{Destruction, KeyState, date, request_to_destroy};
use gate_signing::desk::Desk;
use gate_signing::destruction::{CERTIFICATE_MOST, Certificate};
use gate_signing::key_name::KeyName;
use gate_signing::log::entry::CaseNumber;
use gate_signing::officers::approval::{Approved, Statement};
use gate_signing::officers::{TwoOfficers, statement};
use gate_signing::province::DAYS_AHEAD;
use gate_wire::time::{Day, Timestamp};

use crate::args::{DeskArguments, randomness, shown, time};
use crate::officer::{case, two_officers};

/// See the help texts.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make the day keys that are missing from today on; publishing does it, too
    Ahead(Ahead),
    /// List the day keys with their state: future, current, in retention, due for destruction, destroyed
    List(List),
    /// Destroy the keys of days whose retention has ended, and sign the certificate; two officers approve it
    Destroy(Destroy),
    /// The wrapping key or the vault is lost or damaged: give up the day keys that are lost with it, begin a new vault, sign
    /// the certificate of loss; two officers approve it. Finishes one that was cut off
    Renew(Renew),
    /// Check a certificate of destruction and print it
    VerifyCertificate(Verify),
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Ahead {
    #[command(flatten)]
    desk: DeskArguments,
    /// For how many days from today on
    #[arg(long, value_name = "N", default_value_t = DAYS_AHEAD)]
    days: u32,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    desk: DeskArguments,
    /// Every key; without it future ones are only counted
    #[arg(long)]
    all: bool,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Destroy {
    #[command(flatten)]
    desk: DeskArguments,
    /// Keys for days before this one: 2026-10-20
    #[arg(long, value_name = "DATE", value_parser = day)]
    before: Day,
    #[command(flatten)]
    consent: Consent,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Renew {
    #[command(flatten)]
    desk: DeskArguments,
    #[command(flatten)]
    consent: Consent,
}

/// What two officers approve, and how.
#[derive(Args)]
struct Consent {
    /// The case number that the officers approve under
    #[arg(long, value_name = "CASE", value_parser = case)]
    case: CaseNumber,
    /// Only write what the two officers are to approve
    #[arg(long, value_name = "FILE", conflicts_with = "approval")]
    write_request: Option<PathBuf>,
    /// An officer's approval; twice
    #[arg(long, value_name = "FILE")]
    approval: Vec<PathBuf>,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    desk: DeskArguments,
    /// The certificate
    file: PathBuf,
}

impl Command {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Command::Ahead(arguments) => arguments.run(),
            Command::List(arguments) => arguments.run(),
            Command::Destroy(arguments) => arguments.run(),
            Command::Renew(arguments) => arguments.run(),
            Command::VerifyCertificate(arguments) => arguments.run(),
        }
    }
}

impl Ahead {
    fn run(self) -> anyhow::Result<()> {
        let (mut desk, now) = (self.desk.open()?, self.desk.now()?);
        let made = desk.make_ahead(now, self.days, &mut randomness())?;
        println!(
            "{made} day keys made, {} days ahead; in force at terminals after `province publish`",
            self.days
        );
        Ok(())
    }
}

impl List {
    fn run(self) -> anyhow::Result<()> {
        let (desk, now) = (self.desk.open()?, self.desk.now()?);
        let keys = desk.day_keys(now)?;
        let mut future = 0;
        for key in &keys {
            future += usize::from(key.state == KeyState::Future);
            if key.state == KeyState::Future && !self.all {
                continue;
            }
            let name = key.certificate.as_ref().and_then(|path| path.file_name()).unwrap_or_default();
            let words = in_words(key.state);
            let line = format!(
                "{:>6}  {}  {words}  {}",
                key.entry.id,
                date(Day(key.entry.day)),
                name.to_string_lossy()
            );
            println!("{}", line.trim_end());
        }
        let count = |state| keys.iter().filter(|key| key.state == state).count();
        let (due, out) = (count(KeyState::Due), count(KeyState::OutOfReach));
        println!("{} keys, {future} for days to come, {due} due for destruction", keys.len());
        match desk.vault()? {
            VaultState::Missing(fault) => println!("{out} keys OUT OF REACH: {fault}"),
            VaultState::AtHand { shut } if !shut.is_empty() => println!(
                "{out} keys OUT OF REACH: they lie in the vault and do not open; bring {VAULT_FILE} back from its newest backup, or `day-keys renew` gives them up"
            ),
            VaultState::AtHand { .. } if future == 0 => {
                println!("none for days to come: the next `province publish` makes them");
            }
            VaultState::AtHand { .. } => {}
        }
        println!("records are kept for {} days (retention.json)", desk.retention_days()?);
        Ok(())
    }
}

fn in_words(state: KeyState) -> &'static str {
    match state {
        KeyState::Future => "future",
        KeyState::Current => "current",
        KeyState::InRetention => "in retention",
        KeyState::Due => "DUE for destruction",
        KeyState::OutOfReach => "OUT OF REACH",
        KeyState::Destroyed => "destroyed",
        KeyState::Lost => "lost",
        KeyState::DestroyedUncertified => "destroyed, WITHOUT A CERTIFICATE: `day-keys destroy` signs it",
        KeyState::LostUncertified => "LOST, without a certificate: `day-keys renew` signs it",
    }
}

impl Consent {
    /// The two who approved; nobody where only the request was asked for, which is then written and told.
    fn given(&self, desk: &Desk, wanted: &Statement, now: Timestamp) -> anyhow::Result<Option<TwoOfficers>> {
        if let Some(path) = &self.write_request {
            crate::output::write_new(path, wanted.to_text().as_bytes())?;
            println!("{}", wanted.in_words());
            return Ok(None);
        }
        two_officers(desk, &self.approval, wanted, now).map(Some)
    }
}

impl Destroy {
    fn run(self) -> anyhow::Result<()> {
        let (mut desk, now) = (self.desk.open()?, self.desk.now()?);
        let request = request_to_destroy(self.before, desk.retention_days()?);
        let wanted = statement(&desk, Approved::DestroyDayKeys, &self.consent.case, &request)?;
        let Some(officers) = self.consent.given(&desk, &wanted, now)? else { return Ok(()) };
        print_all(&desk.destroy_day_keys(self.before, &officers, now)?);
        Ok(())
    }
}

impl Renew {
    fn run(self) -> anyhow::Result<()> {
        let (mut desk, now) = (self.desk.open()?, self.desk.now()?);
        let wanted = statement(&desk, Approved::RenewDayKeys, &self.consent.case, &desk.request_to_renew()?)?;
        let Some(officers) = self.consent.given(&desk, &wanted, now)? else { return Ok(()) };
        print_all(&desk.renew_day_keys(&officers, now)?);
        println!(
            "next: `province publish` to every terminal, today: until then they seal to keys that nobody has"
        );
        println!("if the lost medium is found, destroy it: with an old vault it opens what was given up");
        Ok(())
    }
}

impl Verify {
    fn run(self) -> anyhow::Result<()> {
        let desk = self.desk.open()?;
        let name = || self.file.display().to_string();
        let length = std::fs::metadata(&self.file).with_context(name)?.len();
        anyhow::ensure!(length <= CERTIFICATE_MOST as u64, "{}: larger than any certificate", name());
        let bytes = std::fs::read(&self.file).with_context(name)?;
        let certificate = Certificate::verify(&bytes, &desk.province.root_key()?).with_context(name)?;
        let ours = certificate.is_of(desk.province.region(), &desk.origin());
        anyhow::ensure!(ours, "{}: of another province, or another founding of it", name());
        let held = certificate.keys.iter().filter(|key| desk.province.holds(KeyName::Day(key.id))).count();
        anyhow::ensure!(held == 0, "{}: {held} of its keys are still in custody here", name());
        print(&certificate);
        println!("the signature of the province's root holds; none of these keys is in custody at this desk");
        Ok(())
    }
}

fn print_all(done: &Destruction) {
    for certified in &done.certificates {
        print(&certified.certificate);
        println!("certificate: {}", certified.path.display());
    }
}

fn print(certificate: &Certificate) {
    let what = if certificate.is_of_loss() { "loss" } else { "destruction" };
    println!("certificate of {what}, province {}", certificate.province);
    println!("  {} day keys, for days before {}", certificate.count, date(Day(certificate.before_day)));
    if let (Some(first), Some(last)) = (certificate.keys.first(), certificate.keys.last()) {
        println!(
            "  first: key {} of {}, last: key {} of {}",
            first.id,
            date(Day(first.day)),
            last.id,
            date(Day(last.day))
        );
    }
    println!("  destroyed {}", shown(certificate.at()));
    println!("  retention {} days; {}", certificate.retention_days, certificate.rule);
    println!("  how: {}", certificate.how);
    let officers = certificate.officers.iter().zip(&certificate.officer_keys);
    let officers: Vec<String> = officers.map(|(name, key)| format!("{name} (key {key})")).collect();
    println!("  case {}, officers {}", certificate.case, officers.join(" and "));
    println!("  desk log line {}, hash {}", certificate.log_lines, certificate.log_hash);
}

/// A calendar day, UTC+8.
fn day(text: &str) -> Result<Day, String> {
    let midnight: Timestamp =
        time(&format!("{text}T00:00:00+08:00")).map_err(|_| "write 2026-10-20".to_owned())?;
    Ok(midnight.civil_day())
}
