//! At the desk: what terminals wrote onto the stick into the hub's folder, and the hub's acknowledgements onto the stick.
//! Promises: what is not whole is told and left out; two of one name that differ are both kept; the outbox is emptied only
//! after everything in it lies synced in the hub's folder.
//! Must not know: keys: the hub verifies.

use std::fs::File;
use std::path::Path;

use anyhow::Context;
use gate_carry::wants::hex;
use gate_core::records::acknowledgement::ACKNOWLEDGEMENT_MOST;
use gate_core::records::batch::{alleged_name, alleged_terminal};
use gate_core::records::names::{ACKS, OUT, account_name, parse_acknowledgement};
use gate_proof::digest::sha256;

use crate::files::{self, For};
use crate::log::{note_visits, technicians};
use crate::outbox::{Frame, Kind, Outbox};
use crate::receipt::Receipt;

/// Where two that differ are kept beside each other.
pub const CONFLICTS: &str = "conflicts";
/// Visits of one stick at most: a night has forty terminals.
const RECEIPTS_MOST: usize = 4096;
/// The longest batch, for comparing.
const COMPARED_MOST: u64 = 1 << 17;

/// What a return came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Returned {
    /// Batches that lie in the hub's folder and did not before.
    pub batches: u32,
    /// Batches that lay there.
    pub known: u32,
    /// Accounts.
    pub accounts: u32,
    /// Two of one name that differ.
    pub conflicts: u32,
    /// What is damaged or nothing of ours.
    pub damaged: u32,
    /// Visits, as told on the stick.
    pub receipts: Vec<Receipt>,
    /// Acknowledgements that are on the stick now.
    pub acknowledgements: u32,
}

/// The log of visits.
#[derive(Clone, Copy, Debug)]
pub struct Log<'a> {
    /// The file that is added to.
    pub path: &'a Path,
    /// Who hands the stick in, if that was said.
    pub by: Option<&'a str>,
}

/// Empties a stick's outbox into `hub`, a folder with `out/` and `acks/`; visits are added to `log`.
///
/// # Errors
/// If the stick or the folder fails; then the outbox is as it was.
pub fn give_back(stick: &Path, hub: &Path, log: Option<Log<'_>>) -> anyhow::Result<Returned> {
    let outbox = Outbox::open(stick, For::Writing)?;
    let mut outbox = outbox.context("there is no outbox on this stick: `gate-field load` makes one")?;
    let _lock = lock(hub)?;
    let mut returned = Returned::default();
    for frame in outbox.frames() {
        match outbox.content(frame)? {
            Some(content) => put(hub, frame, &content, &mut returned)?,
            None => returned.damaged += 1,
        }
    }
    if let Some(log) = log {
        let technicians = technicians(log.path)?;
        for receipt in &mut returned.receipts {
            receipt.by = log.by.map(str::to_owned);
            receipt.technician = technicians.get(&receipt.stick).cloned();
        }
        note_visits(log.path, &returned.receipts)?;
    }
    returned.acknowledgements = acknowledgements(hub, stick)?;
    outbox.clear()?;
    Ok(returned)
}

/// The folder, while nobody else fills it or takes from it.
fn lock(hub: &Path) -> anyhow::Result<File> {
    std::fs::create_dir_all(hub)?;
    let folder = File::open(hub)?;
    folder
        .try_lock()
        .with_context(|| format!("{}: somebody else is at work here: again in a minute", hub.display()))?;
    Ok(folder)
}

fn put(hub: &Path, frame: &Frame, content: &[u8], returned: &mut Returned) -> anyhow::Result<()> {
    match frame.kind {
        Kind::Batch => match alleged_name(content) {
            Ok(name) => batch(hub, name.print().as_str(), content, returned)?,
            Err(_) => returned.damaged += 1,
        },
        Kind::Account => match alleged_terminal(content) {
            Ok(terminal) => {
                // Nobody has verified either: the hub takes the newest that is signed.
                beside(hub, (account_name(terminal).as_str(), "tfc"), content)?;
                returned.accounts += 1;
            }
            Err(_) => returned.damaged += 1,
        },
        Kind::Receipt => match Receipt::read(content) {
            // Who carried a stick does not stand on it: what does was planted.
            Some(receipt) if returned.receipts.len() < RECEIPTS_MOST => {
                returned.receipts.push(Receipt { by: None, technician: None, ..receipt });
            }
            _ => returned.damaged += 1,
        },
    }
    Ok(())
}

fn batch(hub: &Path, name: &str, content: &[u8], returned: &mut Returned) -> anyhow::Result<()> {
    match beside(hub, (name, "tfb"), content)? {
        Lies::New => returned.batches += 1,
        Lies::Known => returned.known += 1,
        Lies::Beside => returned.conflicts += 1,
    }
    Ok(())
}

/// How a file lies in the hub's folder.
enum Lies {
    /// Under its name.
    New,
    /// It lay there.
    Known,
    /// Under its digest: its name is another's.
    Beside,
}

/// Puts a file under its name, or beside the one that has it: what came first may be the forged one.
fn beside(hub: &Path, (name, kind): (&str, &str), content: &[u8]) -> anyhow::Result<Lies> {
    let path = format!("{OUT}/{name}");
    match files::small(hub, &path, COMPARED_MOST)? {
        None => files::place(hub, &path, content).map(|()| Lies::New).map_err(Into::into),
        Some(known) if known == content => Ok(Lies::Known),
        Some(_) => {
            let beside = format!("{CONFLICTS}/{}.{kind}", hex(sha256(&[content]).as_bytes()));
            files::place(hub, &beside, content)?;
            Ok(Lies::Beside)
        }
    }
}

fn acknowledgements(hub: &Path, stick: &Path) -> anyhow::Result<u32> {
    let mut count = 0;
    for name in files::names(&hub.join(ACKS)).iter().filter(|name| parse_acknowledgement(name).is_some()) {
        let found = files::small(hub, &format!("{ACKS}/{name}"), ACKNOWLEDGEMENT_MOST as u64)?;
        if let Some(bytes) = found {
            files::place(stick, &format!("{ACKS}/{name}"), &bytes)?;
            count += 1;
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests;
