//! Who may look a typed number up by hand (DOMAIN §13, §16).
//! Promises: on a province that is no demo only a logged-in attendant, at most six a minute, each in the audit log
//! before it is answered.
//! Must not know: what the answer is.

use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use gate_core::event::Event;
use gate_core::journal::Kept;
use gate_core::manifest::Demo;
use gate_core::staff::{KnownBadge, PinTries, StaffSession};
use gate_core::time::TrustedTime;

use super::NOW;
use crate::book::Book;
use crate::config::Config;
use crate::files;
use crate::judge::{Judge, Proven};
use crate::{gate, wiring};

/// Typed look-ups a minute.
const A_MINUTE: i64 = 6;

/// What an attendant gives for a typed look-up.
#[derive(Clone, Debug, clap::Args)]
pub struct StaffArgs {
    /// Text of the attendant's badge, for --id on a province that is no demo.
    #[arg(long, value_name = "TF1:…")]
    badge: Option<String>,
    /// File with the attendant's PIN.
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
    /// The terminal's configuration, whose journal takes the audit record.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Lets a typed look-up through, or says what is missing.
pub(super) fn permit(judge: &mut Judge, staff: &StaffArgs, time: &TrustedTime) -> anyhow::Result<()> {
    let demo = judge.believed().province.as_ref().map(|province| province.demo);
    if demo == Some(Demo::Yes) {
        return Ok(());
    }
    let session = log_in(judge, staff, time)?;
    session.as_attendant()?;
    let config =
        staff.config.as_deref().context("--id goes to the audit log: name the terminal's --config")?;
    let mut book = wiring::open_book(&Config::load(config)?, judge)?;
    count(book.as_mut(), time)?;
    let entry = gate::staff_entry(judge, Event::DocumentTyped, &session, (time.now(NOW), NOW));
    const UNWRITTEN: &str = "the look-up could not be written to the audit log, so it is not answered";
    let receipt = book.append(&entry).context(UNWRITTEN)?;
    ensure!(receipt.kept != Kept::Memory, UNWRITTEN);
    Ok(())
}

fn log_in(judge: &mut Judge, staff: &StaffArgs, time: &TrustedTime) -> anyhow::Result<StaffSession> {
    let text =
        staff.badge.as_deref().context("this province is no demo: --id needs --badge and --pin-file")?;
    let pin_file = staff.pin_file.as_deref().context("--badge needs --pin-file")?;
    let Proven::Badge(badge, Some(subject)) = judge.prove(text.as_bytes(), time, NOW) else {
        bail!("--badge is not a staff badge of this province");
    };
    let known = KnownBadge::find(judge.believed().staff.as_ref(), &badge, subject)?;
    let pin = files::read(pin_file)?;
    Ok(judge.log_in(&known, pin.trim_ascii(), &mut PinTries::default(), NOW)?)
}

/// At most six a minute, counted in the journal's kept values so that another run does not start anew.
fn count(book: &mut dyn Book, time: &TrustedTime) -> anyhow::Result<()> {
    let minute = (time.now(NOW).time.unix() / 60).cast_signed();
    let before =
        if book.kept("typed.minute") == Some(minute) { book.kept("typed.count").unwrap_or(0) } else { 0 };
    ensure!(before < A_MINUTE, "{A_MINUTE} documents were typed within this minute: wait for the next");
    book.keep("typed.minute", minute);
    book.keep("typed.count", before + 1);
    Ok(())
}
