//! Opening the journal: what a start finds, checks and takes over.
//! Promises: the head of the chain is the last row that any power cut left, in the file or in the reserve; damage is
//! recovered from, and told; a newer program's journal is refused.
//! Must not know: who opens it.

use std::collections::VecDeque;

use gate_core::query::Sequence;
use gate_proof::digest::Digest;
use rand_core::CryptoRng;
use rusqlite::Error;

use super::SqliteJournal;
use crate::config::{JournalConfig, JournalKeys};
use crate::database::{Database, Listed};
use crate::fault::{Damage, OpenFault};
use crate::recover::{Recovery, finish_interrupted, recover};
use crate::reserve::{Found, HeadNote, Reserve};
use crate::row::{JournalId, NOTHING_BEFORE, Waiting};
use crate::schema::{self, Unusable};
use crate::worker::Worker;

impl<R: CryptoRng> SqliteJournal<R> {
    /// Opens the journal, makes it on the first start, recovers it when it is damaged
    /// ([`SqliteJournal::recovery`] tells).
    ///
    /// # Errors
    /// [`OpenFault`].
    pub fn open(config: JournalConfig, keys: JournalKeys, mut rng: R) -> Result<Self, OpenFault> {
        finish_interrupted(&config)?;
        let (reserve, found) = open_reserve(&config)?;
        let mut id = JournalId([0; 16]);
        rng.fill_bytes(&mut id.0);
        let (database, recovery) = open_database(&config, &found, id)?;
        let fault = |source| OpenFault::OpenDatabase { path: config.database.clone(), source };
        let start = Start::read(&database, id).map_err(fault)?;
        let (uses, kept) = (database.uses().map_err(fault)?, database.kept().map_err(fault)?);
        let backlog = waiting_in_reserve(&start, found);
        let (next, previous, reserved) = head_of(&start, &backlog);
        let noted = reserve.noted().map_or(0, |head| head.sequence);
        let mut journal = SqliteJournal {
            config,
            keys,
            rng,
            database: Worker::start("journal", database).map_err(OpenFault::StartThread)?,
            reserve: Worker::start("reserve", reserve).map_err(OpenFault::StartThread)?,
            current: start.current,
            next,
            previous,
            written: start.written,
            reserved,
            backlog: VecDeque::new(),
            late: None,
            uses,
            kept,
            noted,
            checkpointed: start.written.sequence,
            unsaved: 0,
            recovery,
        };
        journal.take_over(backlog);
        Ok(journal)
    }

    fn take_over(&mut self, backlog: Vec<Waiting>) {
        for key in backlog.iter().filter_map(|waiting| waiting.use_key) {
            self.count_use(key);
        }
        self.backlog = backlog.into();
        // A journal that was just replaced or begun is noted at once.
        if self.noted < self.written.sequence && self.recovery.is_some() {
            self.note_head(self.until());
        }
    }
}

fn open_reserve(config: &JournalConfig) -> Result<(Reserve, Found), OpenFault> {
    let fault = |source| OpenFault::PrepareReserve { path: config.reserve.clone(), source };
    let file = config.disk.block_file(&config.reserve).map_err(fault)?;
    Reserve::open(file).map_err(fault)
}

/// The database, after recovery if it was damaged.
fn open_database(
    config: &JournalConfig,
    found: &Found,
    id: JournalId,
) -> Result<(Database, Option<Recovery>), OpenFault> {
    let damage = match usable(config, found) {
        Ok(database) => return Ok((database, None)),
        Err(Unusable::Damaged(damage)) => damage,
        Err(other) => return Err(fault_of(config, other)),
    };
    let recovery = recover(config, found, damage, id)?;
    let database = usable(config, found).map_err(|unusable| fault_of(config, unusable))?;
    Ok((database, Some(recovery)))
}

/// Opens the database and compares it with what is known to have been in it.
fn usable(config: &JournalConfig, found: &Found) -> Result<Database, Unusable> {
    let there = config.disk.exists(&config.database).unwrap_or(true);
    if found.head.is_some() && !there {
        return Err(Unusable::Damaged(Damage::Missing));
    }
    let database = Database::new(schema::open(&*config.disk, &config.database)?);
    if let Some(head) = found.head {
        let journals = database.journals()?;
        let listed = journals.iter().any(|listed| listed.id == head.journal);
        let begun = journals.last().map_or(0, |listed| listed.first - 1);
        let last = database.last()?.map_or(0, |stored| stored.row.sequence.0);
        if !listed || last.max(begun) < head.sequence {
            return Err(Unusable::Damaged(Damage::Shortened));
        }
    }
    Ok(database)
}

fn fault_of(config: &JournalConfig, unusable: Unusable) -> OpenFault {
    let path = config.database.clone();
    match unusable {
        Unusable::Newer(found) => OpenFault::ReadSchema { found, known: schema::SCHEMA },
        Unusable::Busy => OpenFault::LockDatabase { path },
        Unusable::Sqlite(source) => OpenFault::OpenDatabase { path, source },
        // Only a file damaged again right after it was made.
        Unusable::Damaged(_) => OpenFault::OpenDatabase { path, source: Error::InvalidQuery },
    }
}

/// Where the file's part of the chain ends.
struct Start {
    current: Listed,
    written: HeadNote,
}

impl Start {
    fn read(database: &Database, id: JournalId) -> Result<Start, Error> {
        let current = match database.journals()?.pop() {
            Some(listed) => listed,
            None => {
                let first = Listed { number: 1, id, first: 1, previous: NOTHING_BEFORE };
                database.add_journal(&first)?;
                first
            }
        };
        let before = HeadNote { journal: current.id, sequence: current.first - 1, hash: current.previous };
        let last = database.last()?.filter(|stored| stored.journal == current.number);
        let written = last.map_or(before, |stored| HeadNote {
            journal: current.id,
            sequence: stored.row.sequence.0,
            hash: stored.hash,
        });
        Ok(Start { current, written })
    }
}

/// The slots that go on where the file ends: in order, without a gap, each fitting the one before. Others are
/// leftovers of rows that came home, or were never acknowledged.
fn waiting_in_reserve(start: &Start, found: Found) -> Vec<Waiting> {
    let mut slots: Vec<Waiting> = found
        .slots
        .into_iter()
        .filter(|(id, waiting)| *id == start.current.id && waiting.row.sequence.0 > start.written.sequence)
        .map(|(_, waiting)| waiting)
        .collect();
    slots.sort_by_key(|waiting| waiting.row.sequence);
    let mut previous = start.written.hash;
    let fits = |(at, waiting): (usize, &Waiting)| {
        let expected = Sequence(start.written.sequence + 1 + at as u64);
        let good = waiting.row.sequence == expected && waiting.row.previous == previous;
        previous = waiting.row.hash(&start.current.id);
        good
    };
    let length = slots.iter().enumerate().map(fits).take_while(|fits| *fits).count();
    slots.truncate(length);
    slots
}

/// The next row's sequence, the hash before it, and the last sequence in the reserve.
fn head_of(start: &Start, backlog: &[Waiting]) -> (u64, Digest, u64) {
    backlog.last().map_or((start.written.sequence + 1, start.written.hash, 0), |last| {
        let sequence = last.row.sequence.0;
        (sequence + 1, last.row.hash(&start.current.id), sequence)
    })
}
