//! The records' way: batches cut and put where carriers take them, acknowledgements read, old rows let go (ADR 15).
//! Promises: it works between passages, a step a second, and files are a thread's: no passage waits for a carrier. Rows that are
//! read or let go are the journal's writer's work: on a slow disk a passage that begins then waits for that one piece, as for any
//! commit. Whatever fails, rows stay in the journal; a row goes only by the journal's own rule.
//! Must not know: who carries, what a record says.

mod account;
mod courier;
mod covered;

use std::path::Path;

use gate_core::keyset::KeySet;
use gate_core::query::{Sequence, TerminalNumber};
use gate_core::records::acknowledgement::Proven;
use gate_core::records::batch::ROWS_MOST;
use gate_core::time::{ClockTrust, TimeReading};
use gate_proof::ed25519::SigningKey;
use gate_store::{Acknowledged, Standing, Taken};
use gate_wire::time::Millis;

use crate::book::{Book, Outgoing};

pub use account::Condition;
use courier::{Back, Courier, Errand};
use covered::Covered;

/// A step of it.
const STEP_MS: u64 = 1_000;
/// Acknowledgements are looked for this often.
const ASK_MS: u64 = 30_000;
/// Rows that do not fill a batch leave after this long.
const CUT_MS: u64 = 300_000;
/// The account is renewed this often.
const ACCOUNT_MS: u64 = 300_000;
/// What failed or found no room is tried again after this long.
const AGAIN_MS: u64 = 60_000;
/// Journals asked for: more than ever are, unless the disk breaks every week.
const JOURNALS_MOST: usize = 16;

/// How the records' way stands, for screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Progress {
    /// Rows that no acknowledgement covers.
    pub waiting: u64,
    /// Batches that lie ready to be carried.
    pub batches: usize,
    /// Whether the folder takes no more.
    pub full: bool,
    /// Whether a hub has ever acknowledged a row of this terminal: then it knows it.
    pub acknowledged: bool,
}

/// What a step is told.
pub struct Told<'a> {
    /// Now.
    pub now: Millis,
    /// The time.
    pub time: TimeReading,
    /// The key set in force: it names who acknowledges.
    pub keys: Option<&'a KeySet>,
    /// How the terminal is.
    pub condition: Condition<'a>,
}

/// The dispatch of one terminal.
pub struct Dispatch {
    courier: Courier,
    terminal: TerminalNumber,
    key: SigningKey,
    covered: Option<Covered>,
    through: Sequence,
    heard: Vec<Vec<u8>>,
    /// Words that were not taken, and said to be.
    doubted: Vec<Vec<u8>>,
    progress: Progress,
    stepped: Option<Millis>,
    asked: Option<Millis>,
    accounted: Option<Millis>,
    /// When rows that do not fill a batch leave.
    leave: Option<Millis>,
    /// Not before.
    again: Option<Millis>,
    said: String,
}

impl Dispatch {
    /// Over the carriers' folder; at most `bytes_most` bytes of batches lie in it.
    ///
    /// # Errors
    /// If there is no thread to be had.
    pub fn start(
        spool: &Path,
        terminal: TerminalNumber,
        key: SigningKey,
        bytes_most: u64,
    ) -> std::io::Result<Dispatch> {
        let courier = Courier::start(spool.to_path_buf(), terminal, key.public_key(), bytes_most)?;
        Ok(Dispatch {
            courier,
            terminal,
            key,
            covered: None,
            through: Sequence(0),
            heard: Vec::new(),
            doubted: Vec::new(),
            progress: Progress::default(),
            stepped: None,
            asked: None,
            accounted: None,
            leave: None,
            again: None,
            said: String::new(),
        })
    }

    /// How it stands.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// A technician waits: what there is leaves with the next steps, however little.
    pub fn hurry(&mut self) {
        (self.leave, self.accounted, self.again) = (Some(Millis(0)), None, None);
    }

    /// One step, between passages.
    pub fn step(&mut self, told: &Told<'_>, book: &mut dyn Book) {
        if self.stepped.is_some_and(|last| told.now.since(last).0 < STEP_MS) {
            return;
        }
        self.stepped = Some(told.now);
        let revision = account::revision(book);
        let mut revised = None;
        book.send_from(&mut |way| {
            if let Some(back) = self.courier.back() {
                self.came(back, told, way);
            }
            self.let_go(told, way);
            if self.courier.is_here() && self.again.is_none_or(|again| told.now >= again) {
                revised = self.send(told, way, account::next(revision, told.time.time));
            }
        });
        if let Some(revision) = revised {
            account::keep_revision(book, revision);
        }
    }

    fn came(&mut self, back: Back, told: &Told<'_>, way: &mut dyn Outgoing) {
        match back {
            Back::Held(names) => self.covered = Some(Covered::of(names.into_iter())),
            Back::Put(name) => {
                self.progress.full = false;
                if let Some(covered) = &mut self.covered {
                    covered.add(name);
                }
            }
            Back::Full => {
                self.progress.full = true;
                self.later(
                    told.now,
                    "the outbox is full: rows stay in the journal until some are acknowledged",
                );
            }
            Back::Done => {}
            Back::Words(words) => self.hear(words, told, way),
            Back::Failed(cause) => {
                self.covered = None;
                self.later(told.now, &format!("the carriers' folder fails: {cause}"));
            }
        }
    }

    /// Each word once: a folder that is read twice a minute says the same most of the time. One that could not be taken is tried
    /// again each time, since the key set may change, and told once.
    fn hear(&mut self, words: Vec<Vec<u8>>, told: &Told<'_>, way: &mut dyn Outgoing) {
        let Some(keys) = told.keys else { return };
        let mut unheard = words.clone();
        unheard.retain(|word| !self.heard.contains(word));
        let doubted = std::mem::take(&mut self.doubted);
        for bytes in unheard {
            let taken = Proven::read(&bytes, keys, self.terminal).map_err(anyhow::Error::from);
            match taken.and_then(|word| Ok(way.acknowledge(&word)?)) {
                Ok(Taken::Raised | Taken::Known) => {}
                Ok(Taken::Lowered) => {
                    crate::say!("records: the hub was restored: what it lost is sent again")
                }
                Err(doubt) => {
                    if !doubted.contains(&bytes) {
                        crate::say!("records: an acknowledgement is not taken: {doubt:#}");
                    }
                    self.doubted.push(bytes);
                }
            }
        }
        self.heard = words;
        self.heard.retain(|word| !self.doubted.contains(word));
    }

    fn let_go(&self, told: &Told<'_>, way: &mut dyn Outgoing) {
        if told.time.trust == ClockTrust::Confirmed {
            // A journal that is busy is asked again in a second.
            let _ = way.let_go(told.time.time.civil_day());
        }
    }

    /// Sends the courier for the first thing that is due; the account's revision if that is it.
    fn send(&mut self, told: &Told<'_>, way: &mut dyn Outgoing, revision: u64) -> Option<u64> {
        let (Ok(standing), Ok(journals)) = (way.standing(), way.acknowledged()) else { return None };
        let Some(covered) = &mut self.covered else {
            self.courier.send(Errand::Look);
            return None;
        };
        if let Some(of) = journals.iter().find(|of| covered.has_arrived(of)) {
            self.courier.send(Errand::Sweep(of.journal, of.through));
            return None;
        }
        self.through = journals.first().map_or(Sequence(0), |newest| newest.through);
        self.progress.batches = covered.batches();
        self.progress.waiting = waiting(&standing, &journals);
        self.progress.acknowledged = journals.iter().any(|of| of.through > Sequence(0));
        if is_due(self.asked, told.now, ASK_MS) {
            self.asked = Some(told.now);
            let ids = journals.iter().take(JOURNALS_MOST).map(|of| of.journal).collect();
            self.courier.send(Errand::Ask(ids));
        } else if is_due(self.accounted, told.now, ACCOUNT_MS) {
            self.accounted = Some(told.now);
            return self.account(told, way, &standing, revision);
        } else {
            self.cut(told.now, way, &standing, &journals);
        }
        None
    }

    fn account(
        &mut self,
        told: &Told<'_>,
        way: &dyn Outgoing,
        standing: &Standing,
        revision: u64,
    ) -> Option<u64> {
        let account = account::account(self.terminal, told, way, (standing, self.through), revision)?;
        match account.sign(&self.key) {
            Ok(bytes) => self.courier.send(Errand::Account(bytes.to_vec())),
            Err(refused) => self.later(told.now, &format!("the account is not signed: {refused}")),
        }
        Some(revision)
    }

    /// Cuts the next piece that lies nowhere yet: a full batch at once, a smaller one after a while.
    fn cut(&mut self, now: Millis, way: &dyn Outgoing, standing: &Standing, journals: &[Acknowledged]) {
        let Some(covered) = &mut self.covered else { return };
        let Some((from, most)) = covered.next(standing, journals) else {
            self.leave = None;
            return;
        };
        let leave = *self.leave.get_or_insert(Millis(now.0 + CUT_MS));
        let is_full = standing.end.0 - from.0 >= ROWS_MOST as u64 || most < ROWS_MOST as u64;
        if !is_full && now < leave {
            return;
        }
        self.leave = None;
        match way.cut(from, usize::try_from(most).unwrap_or(ROWS_MOST)) {
            Ok(Some(batch)) => {
                // Rows that never were, between one journal and the next, or that were let go.
                covered.skip(from, batch.first);
                if !covered.has(batch.first) {
                    self.courier.send(Errand::Put(batch));
                }
            }
            Ok(None) => covered.skip(from, standing.end),
            Err(fault) => self.later(now, &format!("no batch: {fault}")),
        }
    }

    fn later(&mut self, now: Millis, why: &str) {
        self.again = Some(Millis(now.0 + AGAIN_MS));
        if self.said != why {
            crate::say!("records: {why}");
            why.clone_into(&mut self.said);
        }
    }
}

fn is_due(last: Option<Millis>, now: Millis, every: u64) -> bool {
    last.is_none_or(|last| now.since(last).0 >= every)
}

fn waiting(standing: &Standing, journals: &[Acknowledged]) -> u64 {
    let through = journals.iter().map(|of| of.through.0).max().unwrap_or(0);
    standing.next.0.saturating_sub(standing.first.0.max(through + 1))
}
