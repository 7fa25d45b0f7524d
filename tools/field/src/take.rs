//! At the terminal: sealed batches, the account and a receipt into the stick's outbox, after reading has ended.
//! Promises: writes in one preallocated file alone; what it writes counts whole or not at all, and only what counts is told as written; a
//! batch that is on the stick already is not written twice; nothing in the spool is changed.
//! Must not know: what a batch says.

use std::io;
use std::path::Path;

use gate_core::query::TerminalNumber;
use gate_core::records::account::ACCOUNT_MOST;
use gate_core::records::batch::BATCH_MOST;
use gate_core::records::names::{BatchName, OUT, account_name};
use gate_core::screen::{LogsStep, LogsStopped, Percent};

use crate::files::{self, For};
use crate::outbox::{Kind, Outbox, Wrote};
use crate::receipt::Receipt;
use crate::visit::Board;

/// What taking came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Batches that are on the stick now and were not before.
    pub batches: u32,
    /// Batches that were on it.
    pub known: u32,
    /// Batches that have no room.
    pub left: u32,
    /// Rows in those written.
    pub rows: u64,
    /// Rows that wait here and are not on the stick.
    pub waiting: u64,
}

/// Why nothing more was taken.
#[derive(Debug)]
pub enum Stopped {
    /// There is no outbox on this stick.
    NoOutbox,
    /// The stick was pulled out, or is broken: what was told as written is on it.
    Broken(Taken, io::Error),
}

/// Takes what waits in `spool` for `terminal` onto `stick`.
///
/// # Errors
/// [`Stopped`]; every record is still at the terminal.
pub fn take(
    stick: &Path,
    spool: &Path,
    terminal: TerminalNumber,
    receipt: &Receipt,
    board: &mut Board,
) -> Result<Taken, Stopped> {
    let batches = ours(spool, terminal);
    let waiting = batches.iter().fold(0, |sum: u64, name| sum.saturating_add(name.count()));
    let mut taken = Taken { waiting, ..Taken::default() };
    // Before the stick is touched: from the first byte on it must stay.
    board.records(LogsStep::Writing(Percent::of(0, 1)), taken.shown());
    let mut outbox = match Outbox::open(stick, For::Writing) {
        Ok(Some(outbox)) => outbox,
        Ok(None) => return Err(Stopped::NoOutbox),
        Err(error) => return Err(stopped(board, taken, error)),
    };
    match write(&mut outbox, (spool, terminal, &batches), receipt, board, &mut taken) {
        Ok(()) => {
            let full = LogsStep::Stopped(LogsStopped::NoRoom);
            board.records(if taken.left > 0 { full } else { LogsStep::Written }, taken.shown());
            Ok(taken)
        }
        Err(error) => Err(stopped(board, taken, error)),
    }
}

impl Taken {
    /// Rows that wait, as the screen says it.
    fn shown(&self) -> u32 {
        u32::try_from(self.waiting).unwrap_or(u32::MAX)
    }
}

/// This terminal's batches, the oldest first.
fn ours(spool: &Path, terminal: TerminalNumber) -> Vec<BatchName> {
    let names = files::names(&spool.join(OUT));
    let parsed = names.iter().filter_map(|name| BatchName::parse(name));
    let mut batches: Vec<BatchName> = parsed.filter(|name| name.terminal == terminal).collect();
    batches.sort_by_key(|name| name.first);
    batches
}

fn stopped(board: &mut Board, taken: Taken, error: io::Error) -> Stopped {
    board.records(LogsStep::Stopped(LogsStopped::PulledOut), taken.shown());
    Stopped::Broken(taken, error)
}

/// The account first: it is small, and says the most. The receipt last: it says what came before it.
fn write(
    outbox: &mut Outbox,
    (spool, terminal, batches): (&Path, TerminalNumber, &[BatchName]),
    receipt: &Receipt,
    board: &mut Board,
    taken: &mut Taken,
) -> io::Result<()> {
    let stick = outbox.id_text();
    let whole = batches.len() as u64;
    let mut writer = outbox.writer();
    let mut unsealed = Unsealed::default();
    let account = format!("{OUT}/{}", account_name(terminal));
    if let Some(bytes) = files::small(spool, &account, ACCOUNT_MOST as u64)? {
        writer.write(Kind::Account, &bytes)?;
    }
    for (done, name) in (1..).zip(batches) {
        // One that was acknowledged meanwhile is gone: it has arrived.
        let bytes = files::small(spool, &format!("{OUT}/{}", name.print()), BATCH_MOST as u64)?;
        let Some(bytes) = bytes else {
            taken.waiting = taken.waiting.saturating_sub(name.count());
            continue;
        };
        let wrote = writer.write(Kind::Batch, &bytes)?;
        match wrote {
            Wrote::Frame => unsealed.add(name.count()),
            Wrote::Known => {
                (taken.known, taken.waiting) = (taken.known + 1, taken.waiting.saturating_sub(name.count()));
            }
            Wrote::Full => taken.left += 1,
        }
        if writer.is_sealed() {
            unsealed.settle(taken);
        }
        board.records(LogsStep::Writing(Percent::of(done, whole)), taken.shown());
    }
    let batches = taken.batches + unsealed.batches;
    let receipt = Receipt { stick, batches, left: taken.left, ..receipt.clone() };
    writer.write(Kind::Receipt, receipt.to_line().as_bytes())?;
    writer.seal()?;
    unsealed.settle(taken);
    Ok(())
}

/// What was written and does not count yet: a stick that breaks off holds none of it.
#[derive(Default)]
struct Unsealed {
    batches: u32,
    rows: u64,
}

impl Unsealed {
    fn add(&mut self, rows: u64) {
        (self.batches, self.rows) = (self.batches + 1, self.rows.saturating_add(rows));
    }

    fn settle(&mut self, taken: &mut Taken) {
        let Unsealed { batches, rows } = std::mem::take(self);
        (taken.batches, taken.rows) = (taken.batches + batches, taken.rows.saturating_add(rows));
        taken.waiting = taken.waiting.saturating_sub(rows);
    }
}
