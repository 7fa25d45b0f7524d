//! What a terminal says of itself: how old its data are, how much waits, what is unwell, and its daily counters (DOMAIN §18).
//! Promises: signed whole by the terminal's record key; its age is what the terminal said, not when somebody carried it; nothing
//! in it is about a person.
//! Must not know: how the hub adds counters up. They only ever grow, so the greatest of each is the newest.
//!
//! COSE_Sign1 with `Aad::Account`, its kid the terminal's number as u32, at most [`ACCOUNT_MOST`] bytes. Payload, big-endian:
//! format u8 (2) · terminal u32 · revision u64 · at u64 (seconds since 1970) · clock u8 (1 confirmed) · journal id 16 ·
//! first u64 · next u64 · acknowledged u64 · waiting u32 · faults u32 (bit n: the n-th of `Fault::ALL`; u16 in format 1, which is read, too, and
//! had room for 16 of them) · software: length u8, ASCII · count u8, that many of (dataset u8, version u32, as-of u64) · count u16, that many of (day u32, place u32, lane u16,
//! letter u8, count u32).

use core::fmt;

use gate_proof::cose::{Aad, SignRefused, SignatureRefused, sign_within, verify_within};
use gate_proof::ed25519::{PublicKey, SigningKey};
use gate_wire::cose::{CoseError, Sign1};
use gate_wire::time::{Day, Timestamp};
use heapless::{String, Vec};

use super::batch::record_kid;
use super::row::{JournalId, take};
use crate::journal::Tally;
use crate::manifest::Dataset;
use crate::query::{Sequence, TerminalNumber};
use crate::screen::{Fault, Faults, Wellness};
use crate::time::ClockTrust;

const FORMAT: u8 = 2;
/// Of terminals that were not upgraded yet.
const FORMAT_BEFORE: u8 = 1;
/// Before the faults.
const HEAD_BYTES: usize = 1 + 4 + 8 + 8 + 1 + 16 + 8 + 8 + 8 + 4;
const _: () = assert!(Fault::ALL.len() <= 32, "each fault has a bit");
const HELD_BYTES: usize = 1 + 4 + 8;
const COUNT_BYTES: usize = 4 + 4 + 2 + 1 + 4;
/// Bytes of the name of the software, at most.
pub const SOFTWARE_MOST: usize = 32;
/// Counters of one account, at most: the newest days first.
pub const COUNTS_MOST: usize = 1_000;
/// Bytes of an account, at most.
pub const ACCOUNT_MOST: usize = 16 * 1024;

/// What a terminal says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Which terminal.
    pub terminal: TerminalNumber,
    /// Rises with each one: the newest is the highest.
    pub revision: u64,
    /// When, by the terminal's clock.
    pub at: Timestamp,
    /// What that clock is worth.
    pub clock: ClockTrust,
    /// The journal that is being written.
    pub journal: JournalId,
    /// The oldest row kept.
    pub first: Sequence,
    /// The next row's place.
    pub next: Sequence,
    /// Acknowledged up to here; 0 if never.
    pub acknowledged: Sequence,
    /// Rows in the reserve and in memory.
    pub waiting: u32,
    /// What is unwell.
    pub faults: Faults,
    /// The program and its version.
    pub software: String<SOFTWARE_MOST>,
    /// The data in force.
    pub held: Vec<Held, { Dataset::ALL.len() }>,
    /// Daily counters.
    pub counts: Vec<Count, COUNTS_MOST>,
}

/// A dataset in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Which.
    pub dataset: Dataset,
    /// Its version; of the list's deltas the step.
    pub version: u32,
    /// Its issue or as-of time.
    pub as_of: Timestamp,
}

/// A daily counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Of what.
    pub of: Tally,
    /// How many.
    pub count: u32,
}

/// Why bytes are no account of this key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountRefused {
    /// More bytes than an account can have.
    #[error("an account has at most {ACCOUNT_MOST} bytes, this has {length}")]
    HoldBytes {
        /// Bytes given.
        length: usize,
    },
    /// Not a COSE_Sign1.
    #[error(transparent)]
    ParseEnvelope(#[from] CoseError),
    /// Not signed by the key, or not as an account.
    #[error(transparent)]
    VerifySignature(#[from] SignatureRefused),
    /// Signed, but not of the documented layout, or in another terminal's name.
    #[error("the payload is not of the layout of an account of its signer")]
    ParsePayload,
}

impl Account {
    /// Signs it with the terminal's record key.
    ///
    /// # Errors
    /// [`SignRefused`].
    pub fn sign(&self, key: &SigningKey) -> Result<Vec<u8, ACCOUNT_MOST>, SignRefused> {
        let full = SignRefused::HoldMessage { capacity: ACCOUNT_MOST };
        let payload = self.encode().map_err(|Full| full)?;
        sign_within::<ACCOUNT_MOST, ACCOUNT_MOST>(key, record_kid(self.terminal), Aad::Account, &payload)
    }

    /// Verifies one under a terminal's record key. Whose key that is, the caller knows.
    ///
    /// # Errors
    /// [`AccountRefused`].
    pub fn verify(bytes: &[u8], key: &PublicKey) -> Result<Account, AccountRefused> {
        if bytes.len() > ACCOUNT_MOST {
            return Err(AccountRefused::HoldBytes { length: bytes.len() });
        }
        let message = Sign1::parse(bytes)?;
        let proven = verify_within::<ACCOUNT_MOST>(&message, Aad::Account, key)?;
        let account = Account::parse(proven.payload()).ok_or(AccountRefused::ParsePayload)?;
        match record_kid(account.terminal) == message.kid {
            true => Ok(account),
            false => Err(AccountRefused::ParsePayload),
        }
    }

    fn encode(&self) -> Result<Vec<u8, ACCOUNT_MOST>, Full> {
        let mut out = Out(Vec::new());
        out.put(&[FORMAT])?.put(&self.terminal.value().to_be_bytes())?;
        out.put(&self.revision.to_be_bytes())?.put(&self.at.unix().to_be_bytes())?;
        out.put(&[u8::from(self.clock == ClockTrust::Confirmed)])?.put(&self.journal.0)?;
        for place in [self.first, self.next, self.acknowledged] {
            out.put(&place.0.to_be_bytes())?;
        }
        out.put(&self.waiting.to_be_bytes())?.put(&bits(self.faults).to_be_bytes())?;
        out.put(&[length(self.software.len())])?.put(self.software.as_bytes())?;
        out.put(&[length(self.held.len())])?;
        for held in &self.held {
            out.put(&[held.dataset as u8])?.put(&held.version.to_be_bytes())?;
            out.put(&held.as_of.unix().to_be_bytes())?;
        }
        out.put(&u16::try_from(self.counts.len()).unwrap_or(u16::MAX).to_be_bytes())?;
        for Count { of, count } in &self.counts {
            out.put(&of.day.0.to_be_bytes())?.put(&of.place.to_be_bytes())?;
            out.put(&of.lane.to_be_bytes())?.put(&[of.letter])?.put(&count.to_be_bytes())?;
        }
        Ok(out.0)
    }

    fn parse(payload: &[u8]) -> Option<Account> {
        let (mut head, rest) = payload.split_at_checked(HEAD_BYTES)?;
        let head = &mut head;
        let ([format], terminal) = (take(head), TerminalNumber::new(u32::from_be_bytes(take(head)))?);
        let (revision, at) = (u64::from_be_bytes(take(head)), timestamp(head)?);
        let clock = match take(head) {
            [0] => ClockTrust::Unconfirmed,
            [1] => ClockTrust::Confirmed,
            _ => return None,
        };
        let journal = JournalId(take(head));
        let [first, next, acknowledged] = core::array::from_fn(|_| Sequence(u64::from_be_bytes(take(head))));
        let waiting = u32::from_be_bytes(take(head));
        let (faults, rest) = match format {
            FORMAT => {
                rest.split_first_chunk().map(|(bits, rest)| (faults(u32::from_be_bytes(*bits)), rest))?
            }
            FORMAT_BEFORE => rest
                .split_first_chunk()
                .map(|(bits, rest)| (faults(u16::from_be_bytes(*bits).into()), rest))?,
            _ => return None,
        };
        let (software, rest) = counted(rest, 1, 1)?;
        let (held, rest) = counted(rest, 1, HELD_BYTES)?;
        let (counts, rest) = counted(rest, 2, COUNT_BYTES)?;
        let software = String::try_from(core::str::from_utf8(software).ok()?).ok()?;
        let (held, counts) = (all(held, HELD_BYTES, one_held)?, all(counts, COUNT_BYTES, one_count)?);
        (rest.is_empty() && software.is_ascii()).then_some(Account {
            terminal,
            revision,
            at,
            clock,
            journal,
            first,
            next,
            acknowledged,
            waiting,
            faults,
            software,
            held,
            counts,
        })
    }
}

/// No room left.
struct Full;

struct Out(Vec<u8, ACCOUNT_MOST>);

impl Out {
    fn put(&mut self, bytes: &[u8]) -> Result<&mut Self, Full> {
        self.0.extend_from_slice(bytes).map_err(|_| Full)?;
        Ok(self)
    }
}

/// What is counted here is bounded far below.
fn length(count: usize) -> u8 {
    u8::try_from(count).unwrap_or(u8::MAX)
}

/// A count in `width` bytes, then so many parts of `bytes` each; and what follows.
fn counted(from: &[u8], width: usize, bytes: usize) -> Option<(&[u8], &[u8])> {
    let (count, rest) = from.split_at_checked(width)?;
    let count = count.iter().fold(0_usize, |sum, &byte| sum << 8 | usize::from(byte));
    rest.split_at_checked(count * bytes)
}

fn all<T, const N: usize>(
    parts: &[u8],
    bytes: usize,
    one: impl Fn(&mut &[u8]) -> Option<T>,
) -> Option<Vec<T, N>> {
    let mut out = Vec::new();
    for mut part in parts.chunks_exact(bytes) {
        out.push(one(&mut part)?).ok()?;
    }
    Some(out)
}

fn one_held(part: &mut &[u8]) -> Option<Held> {
    let [dataset] = take(part);
    let dataset = Dataset::ALL.into_iter().find(|known| *known as u8 == dataset)?;
    Some(Held { dataset, version: u32::from_be_bytes(take(part)), as_of: timestamp(part)? })
}

fn one_count(part: &mut &[u8]) -> Option<Count> {
    let (day, place) = (Day(u32::from_be_bytes(take(part))), u32::from_be_bytes(take(part)));
    let (lane, [letter]) = (u16::from_be_bytes(take(part)), take(part));
    Some(Count { of: Tally { day, place, lane, letter }, count: u32::from_be_bytes(take(part)) })
}

fn timestamp(part: &mut &[u8]) -> Option<Timestamp> {
    Timestamp::from_unix(u64::from_be_bytes(take(part)))
}

fn bits(faults: Faults) -> u32 {
    Fault::ALL
        .into_iter()
        .enumerate()
        .filter(|(_, fault)| faults.has(*fault))
        .fold(0, |sum, (n, _)| sum | 1 << n)
}

/// Faults that a newer terminal knows and we do not are left out.
fn faults(bits: u32) -> Faults {
    let mut faults = Faults::default();
    for (n, fault) in Fault::ALL.into_iter().enumerate() {
        let state = if bits & 1 << n == 0 { Wellness::Well } else { Wellness::Unwell };
        faults.set(fault, state);
    }
    faults
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.dataset.name(), self.version)
    }
}
