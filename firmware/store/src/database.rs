//! The journal's tables: rows, counters, uses, kept values. Runs on the writer's thread.
//! Promises: rows with their counters and uses are one synced commit, and writing a row twice changes nothing.
//! Must not know: seals, the chain's rules, what a kept name means.

use std::collections::{BTreeMap, HashMap};

use gate_core::journal::{Tally, UseKey};
use gate_core::query::Sequence;
use gate_proof::digest::Digest;
use gate_proof::seal::Sealed;
use gate_wire::time::Day;
use rusqlite::{Connection, Error, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::row::{DayKeyId, JournalId, Row, Waiting};

/// Days that uses are remembered: today and the two before.
const USE_DAYS: u32 = 2;
/// Old uses removed with one commit, at most.
const PRUNED: u32 = 16;

/// One journal as listed in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) number: i64,
    pub(crate) id: JournalId,
    /// Sequence of its first record.
    pub(crate) first: u64,
    /// What its first record names as the one before.
    pub(crate) previous: Digest,
}

/// A row as stored, with its journal and stored hash.
pub(crate) struct Stored {
    pub(crate) row: Row,
    pub(crate) journal: i64,
    pub(crate) hash: Digest,
}

/// What letting rows go came to.
pub(crate) struct Shed {
    pub(crate) rows: usize,
    /// The journal as it is listed now.
    pub(crate) begins: Option<Listed>,
}

/// The open file.
pub(crate) struct Database {
    connection: Connection,
}

impl Database {
    pub(crate) fn new(connection: Connection) -> Self {
        Database { connection }
    }

    /// Adds `rows` to the journal `number` in one commit. Rows already there stay as they are.
    pub(crate) fn write(&mut self, number: i64, id: JournalId, rows: &[Waiting]) -> Result<(), Error> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for waiting in rows {
            if insert(&transaction, number, &waiting.row, waiting.row.hash(&id))? {
                count(&transaction, waiting)?;
            }
        }
        transaction.commit()
    }

    /// Rows saved from another file: no counters.
    pub(crate) fn write_saved(&mut self, rows: &[Stored]) -> Result<u64, Error> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut written = 0;
        for stored in rows {
            written += u64::from(insert(&transaction, stored.journal, &stored.row, stored.hash)?);
        }
        transaction.commit()?;
        Ok(written)
    }

    pub(crate) fn journals(&self) -> Result<Vec<Listed>, Error> {
        let mut statement =
            self.connection.prepare("SELECT number, id, first, previous FROM journal ORDER BY number")?;
        let rows = statement.query_map([], |row| {
            let (id, previous) = (JournalId(row.get(1)?), Digest(row.get(3)?));
            Ok(Listed { number: row.get(0)?, id, first: row.get::<_, i64>(2)?.unsigned_abs(), previous })
        })?;
        rows.collect()
    }

    pub(crate) fn add_journal(&self, listed: &Listed) -> Result<(), Error> {
        self.connection.execute(
            "INSERT INTO journal(number, id, first, previous) VALUES (?1, ?2, ?3, ?4)",
            params![listed.number, listed.id.0, listed.first.cast_signed(), listed.previous.0],
        )?;
        Ok(())
    }

    /// Up to `limit` rows from `sequence` on.
    pub(crate) fn rows(&self, sequence: u64, limit: usize) -> Result<Vec<Stored>, Error> {
        let mut statement = self.connection.prepare(
            "SELECT sequence, previous, day_key, enc, body, tag, journal, hash FROM record \
             WHERE sequence >= ?1 ORDER BY sequence LIMIT ?2",
        )?;
        let (from, limit) =
            (i64::try_from(sequence).unwrap_or(i64::MAX), i64::try_from(limit).unwrap_or(i64::MAX));
        let rows = statement.query_map([from, limit], stored)?;
        rows.collect()
    }

    /// The last row.
    pub(crate) fn last(&self) -> Result<Option<Stored>, Error> {
        let sql = "SELECT sequence, previous, day_key, enc, body, tag, journal, hash FROM record \
                   ORDER BY sequence DESC LIMIT 1";
        self.connection.query_row(sql, [], stored).optional()
    }

    /// The first row's place.
    pub(crate) fn first(&self) -> Result<Option<Sequence>, Error> {
        let first: Option<i64> =
            self.connection.query_row("SELECT min(sequence) FROM record", [], |row| row.get(0))?;
        Ok(first.map(|first| Sequence(first.unsigned_abs())))
    }

    /// Lets go of up to `limit` rows of a journal, the oldest, all before `end`; the journal begins behind them then, with the last
    /// one's hash before its first row, so that the chain stays whole. One commit.
    pub(crate) fn shed(&mut self, id: JournalId, end: Sequence, limit: usize) -> Result<Shed, Error> {
        let listed = self.journals()?.into_iter().find(|listed| listed.id == id);
        let Some(mut listed) = listed else { return Ok(Shed { rows: 0, begins: None }) };
        let mut rows = self.rows(listed.first, limit)?;
        rows.retain(|stored| stored.journal == listed.number && stored.row.sequence < end);
        let Some(last) = rows.last() else { return Ok(Shed { rows: 0, begins: None }) };
        (listed.first, listed.previous) = (last.row.sequence.0 + 1, last.hash);
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            "DELETE FROM record WHERE journal = ?1 AND sequence < ?2",
            [listed.number, listed.first.cast_signed()],
        )?;
        transaction.execute(
            "UPDATE journal SET first = ?2, previous = ?3 WHERE number = ?1",
            params![listed.number, listed.first.cast_signed(), listed.previous.0],
        )?;
        transaction.commit()?;
        Ok(Shed { rows: rows.len(), begins: Some(listed) })
    }

    /// The newest days' counters.
    pub(crate) fn recent_tallies(&self, most: usize) -> Result<Vec<(Tally, u64)>, Error> {
        let mut statement = self.connection.prepare(
            "SELECT day, place, lane, letter, count FROM tally ORDER BY day DESC, place, lane, letter LIMIT ?1",
        )?;
        let rows = statement.query_map([i64::try_from(most).unwrap_or(i64::MAX)], |row| {
            let day = Day(row.get(0)?);
            let tally = Tally { day, place: row.get(1)?, lane: row.get(2)?, letter: row.get(3)? };
            Ok((tally, row.get::<_, i64>(4)?.unsigned_abs()))
        })?;
        rows.collect()
    }

    pub(crate) fn tallies(&self, day: Day) -> Result<Vec<(Tally, u64)>, Error> {
        let mut statement = self.connection.prepare(
            "SELECT place, lane, letter, count FROM tally WHERE day = ?1 ORDER BY place, lane, letter",
        )?;
        let rows = statement.query_map([day.0], |row| {
            let tally = Tally { day, place: row.get(0)?, lane: row.get(1)?, letter: row.get(2)? };
            Ok((tally, row.get::<_, i64>(3)?.unsigned_abs()))
        })?;
        rows.collect()
    }

    pub(crate) fn all_tallies(&self) -> Result<Vec<(Tally, u64)>, Error> {
        let mut statement = self.connection.prepare("SELECT DISTINCT day FROM tally ORDER BY day")?;
        let days =
            statement.query_map([], |row| row.get(0).map(Day))?.collect::<Result<Vec<Day>, Error>>()?;
        let mut all = Vec::new();
        for day in days {
            all.extend(self.tallies(day)?);
        }
        Ok(all)
    }

    pub(crate) fn uses(&self) -> Result<HashMap<UseKey, u16>, Error> {
        let mut statement = self.connection.prepare("SELECT day, key, count FROM use_count")?;
        let rows = statement.query_map([], |row| {
            let key = UseKey { day: Day(row.get(0)?), key: row.get(1)? };
            Ok((key, u16::try_from(row.get::<_, i64>(2)?).unwrap_or(u16::MAX)))
        })?;
        rows.collect()
    }

    pub(crate) fn kept(&self) -> Result<BTreeMap<String, i64>, Error> {
        let mut statement = self.connection.prepare("SELECT name, value FROM kept")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect()
    }

    /// Numbers under their names, in one commit.
    pub(crate) fn keep(&mut self, numbers: &[(String, i64)]) -> Result<(), Error> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (name, value) in numbers {
            transaction.execute(
                "INSERT INTO kept(name, value) VALUES (?1, ?2) ON CONFLICT(name) DO UPDATE SET value = excluded.value",
                params![name, value],
            )?;
        }
        transaction.commit()
    }

    /// Counters, uses and kept values saved from another file, in one commit.
    pub(crate) fn write_side_tables(&mut self, side: &SideTables) -> Result<(), Error> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (tally, count) in &side.tallies {
            raise_tally(&transaction, tally, *count)?;
        }
        for (key, count) in &side.uses {
            raise_use(&transaction, key, *count)?;
        }
        for (name, value) in &side.kept {
            transaction
                .execute("INSERT OR REPLACE INTO kept(name, value) VALUES (?1, ?2)", params![name, value])?;
        }
        transaction.commit()
    }

    /// Moves the log's content into the file; whether there is nothing left to move.
    pub(crate) fn checkpoint(&self) -> Result<(), Error> {
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    }

    /// Closes the file; everything is in it then and the log is gone.
    pub(crate) fn close(self) -> Result<(), Error> {
        self.connection.close().map_err(|(_, error)| error)
    }
}

/// What stands beside the records.
#[derive(Default)]
pub(crate) struct SideTables {
    pub(crate) tallies: Vec<(Tally, u64)>,
    pub(crate) uses: HashMap<UseKey, u16>,
    pub(crate) kept: BTreeMap<String, i64>,
}

/// Whether the row was not there yet.
fn insert(transaction: &Transaction<'_>, journal: i64, row: &Row, hash: Digest) -> Result<bool, Error> {
    let sealed = &row.sealed;
    let added = transaction.execute(
        "INSERT INTO record(sequence, journal, previous, hash, day_key, enc, body, tag) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(sequence) DO NOTHING",
        params![
            row.sequence.0.cast_signed(),
            journal,
            row.previous.0,
            hash.0,
            row.day_key.0,
            sealed.enc,
            sealed.body,
            sealed.tag
        ],
    )?;
    Ok(added == 1)
}

fn count(transaction: &Transaction<'_>, waiting: &Waiting) -> Result<(), Error> {
    if let Some(tally) = &waiting.tally {
        raise_tally(transaction, tally, 1)?;
    }
    if let Some(key) = &waiting.use_key {
        raise_use(transaction, key, 1)?;
        transaction.execute(
            "DELETE FROM use_count WHERE (day, key) IN (SELECT day, key FROM use_count WHERE day < ?1 LIMIT ?2)",
            [key.day.0.saturating_sub(USE_DAYS), PRUNED],
        )?;
    }
    Ok(())
}

fn raise_tally(transaction: &Transaction<'_>, tally: &Tally, by: u64) -> Result<(), Error> {
    transaction.execute(
        "INSERT INTO tally(day, place, lane, letter, count) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT(day, place, lane, letter) DO UPDATE SET count = count + excluded.count",
        params![tally.day.0, tally.place, tally.lane, tally.letter, by.cast_signed()],
    )?;
    Ok(())
}

fn raise_use(transaction: &Transaction<'_>, key: &UseKey, by: u16) -> Result<(), Error> {
    transaction.execute(
        "INSERT INTO use_count(day, key, count) VALUES (?1, ?2, ?3) \
         ON CONFLICT(day, key) DO UPDATE SET count = min(count + excluded.count, 65535)",
        params![key.day.0, key.key, by],
    )?;
    Ok(())
}

fn stored(row: &rusqlite::Row<'_>) -> Result<Stored, Error> {
    let sequence = Sequence(row.get::<_, i64>(0)?.unsigned_abs());
    let sealed = Sealed { enc: row.get(3)?, body: row.get(4)?, tag: row.get(5)? };
    let row_of = Row { sequence, previous: Digest(row.get(1)?), day_key: DayKeyId(row.get(2)?), sealed };
    Ok(Stored { row: row_of, journal: row.get(6)?, hash: Digest(row.get(7)?) })
}
