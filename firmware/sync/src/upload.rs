//! Batches from `out/` to the hub, acknowledgements from it into `acks/` (docs/formats/records-way.md).
//! Promises: nothing in `out/` is changed or removed; a batch that the hub will not have holds back no other, nor does a spool that
//! takes no acknowledgement; a hub that has enough batches for a day is told how the terminal is; what is sent twice is one to the hub, and everything is sent again after a day or when the hub was
//! restored; an acknowledgement is written as it came, for `gate` to believe or not.
//! Must not know: what a batch or an account says, whether an acknowledgement is true; anything of the downloads.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use gate_carry::{Spool, SpoolFault};
use gate_core::records::account::ACCOUNT_MOST;
use gate_core::records::acknowledgement::ACKNOWLEDGEMENT_MOST;
use gate_core::records::batch::BATCH_MOST;
use gate_core::records::names::{ACKS, BatchName, Name, OUT, account_name, acknowledgement_name};
use gate_core::records::{JournalId, take};
use gate_proof::digest::{Digest, sha256};
use gate_wire::cose::Sign1;

use crate::identity::Identity;
use crate::line::{Line, LineFault};

/// Acknowledgements in one answer at most: a journal is new only after a damaged one.
pub const ANSWERED_MOST: usize = 64;
const ANSWER_MOST: u64 = (ANSWERED_MOST * (2 + ACKNOWLEDGEMENT_MOST)) as u64;
/// Batches of one round: then acknowledgements are asked for again.
const ROUND: usize = 256;
/// After so long what was sent is sent again: a hub that lost it is not always told so.
const AGAIN: Duration = Duration::from_secs(86_400);
/// Where the epoch is in an acknowledgement's payload (docs/formats/records-way.md).
const EPOCH_AT: usize = 1 + 4 + 16 + 8 + 32;
const RECORDS: &str = "/v1/records";
const ACCOUNT: &str = "/v1/account";
const ACKNOWLEDGEMENTS: &str = "/v1/acknowledgements";

/// What a round came to.
#[derive(Debug, Default)]
pub struct Sent {
    /// Batches that the hub has now.
    pub batches: u32,
    /// Acknowledgements that are new here.
    pub acknowledgements: u32,
    /// Whether more waits.
    pub more: bool,
    /// Whether the hub was restored from a copy since it said the last word.
    pub restored: bool,
    /// What went wrong.
    pub faults: Vec<(String, SendFault)>,
}

impl Sent {
    /// How long the hub asked to wait.
    #[must_use]
    pub fn asked(&self) -> Option<Duration> {
        let asked = |(_, fault): &(String, SendFault)| match fault {
            SendFault::Line(fault) => fault.asked(),
            _ => None,
        };
        self.faults.iter().filter_map(asked).max()
    }

    /// Tells of one kind of trouble once a round: each batch brings the same acknowledgements.
    fn tell(&mut self, name: &str, fault: SendFault) {
        let is_that =
            |(known, told): &(String, SendFault)| known == name && told.to_string() == fault.to_string();
        if !self.faults.iter().any(is_that) {
            self.faults.push((name.into(), fault));
        }
    }
}

/// Why something was not sent or taken.
#[derive(Debug, thiserror::Error)]
pub enum SendFault {
    /// The line.
    #[error(transparent)]
    Line(#[from] LineFault),
    /// The spool.
    #[error(transparent)]
    Spool(#[from] SpoolFault),
    /// The hub refuses this batch or account: it stays here, and the technician is told.
    #[error("the hub refuses it ({0})")]
    Refuse(u16),
    /// It cannot be read, or is longer than any.
    #[error("it cannot be read, or is longer than it may be")]
    Read,
    /// Not acknowledgements of this terminal.
    #[error("the hub's answer is no acknowledgement for this terminal")]
    Answer,
}

impl SendFault {
    /// Whether the hub says that this terminal brought too much.
    fn is_enough(&self) -> bool {
        matches!(self, SendFault::Line(LineFault::Refuse { status: 429, .. }))
    }
}

/// What was sent since this program started, or for a day. What is sent again the hub knows.
#[derive(Debug)]
pub struct Sender {
    sent: BTreeSet<Name>,
    account: Option<Digest>,
    since: Instant,
}

impl Default for Sender {
    fn default() -> Sender {
        Sender { sent: BTreeSet::new(), account: None, since: Instant::now() }
    }
}

impl Sender {
    /// Sends what is new, takes what is acknowledged.
    pub fn round(&mut self, line: &Line, identity: &Identity, spool: &Spool) -> Sent {
        if self.since.elapsed() >= AGAIN {
            *self = Sender::default();
        }
        let mut sent = Sent::default();
        self.send(&Hub { line, identity, spool }, &mut sent);
        if sent.restored {
            // What it took before and lost still lies in `out/`.
            *self = Sender::default();
            sent.more = true;
        }
        sent
    }

    fn send(&mut self, hub: &Hub<'_>, sent: &mut Sent) {
        let waiting = self.waiting(hub.spool, hub.identity);
        for name in waiting.iter().take(ROUND) {
            match hub.send(RECORDS, &format!("{OUT}/{name}"), BATCH_MOST as u64, sent) {
                Ok(()) => sent.batches += 1,
                Err(fault @ (SendFault::Refuse(_) | SendFault::Read)) => {
                    sent.faults.push((name.as_str().into(), fault));
                }
                // Batches enough for a day: the account is none of them, and tells the hub that this terminal lives.
                Err(fault) if fault.is_enough() => {
                    sent.faults.push((name.as_str().into(), fault));
                    break;
                }
                // The line is broken: the others would not come through either.
                Err(fault) => {
                    sent.faults.push((name.as_str().into(), fault));
                    return;
                }
            }
            self.sent.insert(name.clone());
        }
        sent.more = waiting.len() > ROUND;
        if let Err(fault) = self.account(hub, sent) {
            sent.faults.push((ACCOUNT.into(), fault));
        }
    }

    /// Names of this terminal's batches that were not sent yet, oldest first.
    fn waiting(&mut self, spool: &Spool, identity: &Identity) -> Vec<Name> {
        let names = spool.names(OUT);
        let mut batches: Vec<BatchName> = names.iter().filter_map(|name| BatchName::parse(name)).collect();
        batches.retain(|batch| batch.terminal == identity.terminal());
        batches.sort_by_key(|batch| (batch.first, batch.last));
        let names: Vec<Name> = batches.iter().map(BatchName::print).collect();
        self.sent.retain(|name| names.contains(name));
        names.into_iter().filter(|name| !self.sent.contains(name)).collect()
    }

    /// The account, if it is another than last time; without one, acknowledgements are asked for.
    fn account(&mut self, hub: &Hub<'_>, sent: &mut Sent) -> Result<(), SendFault> {
        let name = format!("{OUT}/{}", account_name(hub.identity.terminal()));
        let bytes = hub.spool.read(&name, ACCOUNT_MOST as u64);
        let digest = bytes.as_ref().map(|bytes| sha256(&[bytes]));
        if digest.is_some() && digest != self.account {
            let taken = hub.send(ACCOUNT, &name, ACCOUNT_MOST as u64, sent);
            if matches!(taken, Ok(()) | Err(SendFault::Refuse(_))) {
                self.account = digest;
            }
            return taken;
        }
        let headers = hub.identity.headers("GET", ACKNOWLEDGEMENTS, b"");
        let answer = hub.line.ask(ACKNOWLEDGEMENTS.trim_start_matches('/'), &headers, ANSWER_MOST)?;
        hub.take(&answer, sent);
        Ok(())
    }
}

struct Hub<'a> {
    line: &'a Line,
    identity: &'a Identity,
    spool: &'a Spool,
}

impl Hub<'_> {
    fn send(&self, path: &str, file: &str, most: u64, sent: &mut Sent) -> Result<(), SendFault> {
        let bytes = self.spool.read(file, most).ok_or(SendFault::Read)?;
        let headers = self.identity.headers("POST", path, &bytes);
        let answer = self.line.post(path.trim_start_matches('/'), &headers, &bytes, ANSWER_MOST);
        let answer = answer.map_err(|fault| match fault {
            // What is wrong with the file will be wrong the next time, too.
            LineFault::Refuse { status: status @ (400 | 413 | 422), .. } => SendFault::Refuse(status),
            other => other.into(),
        })?;
        self.take(&answer, sent);
        Ok(())
    }

    /// Acknowledgements, each with its length before it. What cannot be taken is told: the batch it came with has arrived.
    fn take(&self, mut answer: &[u8], sent: &mut Sent) {
        while !answer.is_empty() {
            let length = usize::from(u16::from_be_bytes(take(&mut answer)));
            let Some((one, rest)) = answer.split_at_checked(length) else {
                return sent.tell(ACKS, SendFault::Answer);
            };
            answer = rest;
            if let Err(fault) = self.take_one(one, sent) {
                sent.tell(ACKS, fault);
            }
        }
    }

    fn take_one(&self, one: &[u8], sent: &mut Sent) -> Result<(), SendFault> {
        let name = self.name(one).ok_or(SendFault::Answer)?;
        let before = self.spool.read(&format!("{ACKS}/{name}"), ACKNOWLEDGEMENT_MOST as u64);
        if before.as_deref() == Some(one) {
            return Ok(());
        }
        self.spool.acknowledge(name.as_str(), one)?;
        sent.acknowledgements += 1;
        sent.restored |= before.is_some_and(|before| alleged_epoch(&before) < alleged_epoch(one));
        Ok(())
    }

    /// The name of an acknowledgement that nobody verified: whose it says it is must be this terminal's.
    fn name(&self, bytes: &[u8]) -> Option<Name> {
        let message = Sign1::parse(bytes).ok().filter(|_| bytes.len() <= ACKNOWLEDGEMENT_MOST)?;
        let mut payload = message.payload.get(1..21)?;
        let terminal = u32::from_be_bytes(take(&mut payload));
        let own = self.identity.terminal();
        (terminal == own.value()).then(|| acknowledgement_name(own, &JournalId(take(&mut payload))))
    }
}

/// Of an acknowledgement that nobody verified: a lie costs sending again.
fn alleged_epoch(bytes: &[u8]) -> Option<u32> {
    let payload = Sign1::parse(bytes).ok()?.payload;
    Some(u32::from_be_bytes(payload.get(EPOCH_AT..EPOCH_AT + 4)?.try_into().ok()?))
}
