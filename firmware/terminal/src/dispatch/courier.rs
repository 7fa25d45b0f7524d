//! The thread that touches the carriers' folder: batches and accounts in, acknowledgements out.
//! Promises: one errand at a time; a folder on a dead disk holds up nobody but this thread.
//! Must not know: the journal, the keys of the province, when anything is due.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;

use gate_core::query::{Sequence, TerminalNumber};
use gate_core::records::JournalId;
use gate_core::records::names::{ACKS, BatchName, OUT};
use gate_proof::ed25519::PublicKey;
use gate_store::{Batch, Outbox, Put, alleged_acknowledgement};

/// What the courier is sent for.
pub(super) enum Errand {
    /// Says which batches lie there, whole.
    Look,
    /// Puts a batch in.
    Put(Batch),
    /// Puts the account in.
    Account(Vec<u8>),
    /// Brings what lies there as acknowledgements of these journals.
    Ask(Vec<JournalId>),
    /// Takes out what has arrived.
    Sweep(JournalId, Sequence),
}

/// What it came back with.
pub(super) enum Back {
    /// The batches that lie there.
    Held(Vec<BatchName>),
    /// A batch is in.
    Put(BatchName),
    /// There is no room for it.
    Full,
    /// Nothing to say.
    Done,
    /// What lies there as acknowledgements.
    Words(Vec<Vec<u8>>),
    /// The folder failed.
    Failed(std::io::Error),
}

/// The way to the thread.
pub(super) struct Courier {
    errands: Sender<Errand>,
    back: Receiver<Back>,
    away: bool,
    ended: bool,
}

impl Courier {
    /// Sends for a courier over `spool`.
    pub(super) fn start(
        spool: PathBuf,
        terminal: TerminalNumber,
        key: PublicKey,
        bytes_most: u64,
    ) -> std::io::Result<Courier> {
        let (errands, inbox) = channel();
        let (outbox, back) = channel();
        let work = move || {
            let round = Round { spool, terminal, key, bytes_most };
            while let Ok(errand) = inbox.recv() {
                let came = round.run(errand).unwrap_or_else(Back::Failed);
                if outbox.send(came).is_err() {
                    break;
                }
            }
        };
        thread::Builder::new().name("dispatch".into()).spawn(work)?;
        Ok(Courier { errands, back, away: false, ended: false })
    }

    /// Whether it can be sent.
    pub(super) fn is_here(&self) -> bool {
        !self.away
    }

    /// Sends it; call when it is here.
    pub(super) fn send(&mut self, errand: Errand) {
        self.away = true;
        // A thread that ended is away for good, and [`Courier::back`] says so: records stay in the journal.
        let _ = self.errands.send(errand);
    }

    /// What it came back with, if it came; that it never will is said once.
    pub(super) fn back(&mut self) -> Option<Back> {
        match self.back.try_recv() {
            Ok(back) => {
                self.away = false;
                Some(back)
            }
            Err(TryRecvError::Disconnected) if !std::mem::replace(&mut self.ended, true) => {
                let cause = "its thread has ended: nothing leaves until the program is started again";
                Some(Back::Failed(std::io::Error::other(cause)))
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => None,
        }
    }
}

struct Round {
    spool: PathBuf,
    terminal: TerminalNumber,
    key: PublicKey,
    bytes_most: u64,
}

impl Round {
    fn run(&self, errand: Errand) -> std::io::Result<Back> {
        let out = Outbox::open(&self.spool.join(OUT), self.terminal, self.bytes_most)?;
        Ok(match errand {
            Errand::Look => Back::Held(out.held_and_whole(&self.key)?),
            Errand::Put(batch) => match out.put(&batch)? {
                Put::Written => Back::Put(batch.name()),
                Put::Full => Back::Full,
            },
            Errand::Account(bytes) => {
                out.put_account(&bytes)?;
                Back::Done
            }
            Errand::Ask(journals) => Back::Words(words(&self.spool.join(ACKS), self.terminal, &journals)),
            Errand::Sweep(journal, through) => {
                out.sweep(&journal, through)?;
                Back::Held(out.held()?)
            }
        })
    }
}

/// One that cannot be read is none: whoever fills that folder may have put anything there.
fn words(acks: &Path, terminal: TerminalNumber, journals: &[JournalId]) -> Vec<Vec<u8>> {
    let one = |journal: &JournalId| match alleged_acknowledgement(acks, terminal, journal) {
        Ok(found) => found,
        Err(cause) => {
            crate::say!("records: what lies there as an acknowledgement is not read: {cause}");
            None
        }
    };
    journals.iter().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_has_ended_is_said_once_and_never_sent_again() {
        let ((errands, _), (_, back)) = (channel(), channel());
        let mut courier = Courier { errands, back, away: false, ended: false };
        courier.send(Errand::Look);
        assert!(matches!(courier.back(), Some(Back::Failed(_))));
        assert!(courier.back().is_none() && !courier.is_here());
    }
}
