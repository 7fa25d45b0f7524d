//! Places of which there are two rows, or one that does not fit: named, for people who look at both.
//! Promises: changes nothing.
//! Must not know: which of them is true.

use gate_core::query::TerminalNumber;
use gate_core::records::JournalId;
use gate_core::records::batch::ROWS_MOST;
use gate_proof::digest::Digest;

use super::rows::Rows;
use crate::store::db::Row;
use crate::store::{Db, StoreFault};
use crate::values;

/// A journal that is not acknowledged from a place on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// Whose.
    pub terminal: TerminalNumber,
    /// Of which journal.
    pub journal: JournalId,
    /// The first such place.
    pub place: u64,
    /// The hash of each row that was brought for this place, and when it first came, in seconds since 1970.
    pub rows: Vec<(Digest, u64)>,
}

/// A place that a person settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Whose.
    pub terminal: TerminalNumber,
    /// Of which journal.
    pub journal: JournalId,
    /// Which.
    pub place: u64,
    /// The row that was chosen.
    pub hash: Digest,
    /// By whom, why, and when, in seconds since 1970.
    pub by: (String, String, u64),
    /// The others, and when each first came.
    pub rejected: Vec<(Digest, u64)>,
}

/// A word of a person's, and when it was taken back, if it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Whose row, of which journal, of which place, and the row that was chosen.
    pub of: (TerminalNumber, JournalId, u64, Digest),
    /// By whom, why, and when, in seconds since 1970.
    pub by: (String, String, u64),
    /// Taken back by whom, why, and when; `None`: it stands.
    pub back: Option<(String, String, u64)>,
}

/// Journals that wait for a person's word.
///
/// # Errors
/// [`StoreFault`].
pub fn count(db: &Db) -> Result<u64, StoreFault> {
    db.one("SELECT count(*) FROM journal WHERE doubt IS NOT NULL", &[], |row| row.get(0))
}

/// All that stand, by terminal.
///
/// # Errors
/// [`StoreFault`].
pub fn doubts(db: &Db) -> Result<Vec<Doubt>, StoreFault> {
    let sql =
        "SELECT terminal, journal, doubt FROM journal WHERE doubt IS NOT NULL ORDER BY terminal, journal";
    let read = |row: &Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let journals: Vec<(u32, [u8; 16], u64)> = db.all(sql, &[], read)?;
    let mut found = Vec::new();
    for (number, journal, place) in journals {
        let Some(terminal) = TerminalNumber::new(number) else { continue };
        let rows = brought(db, (number, &journal), place)?;
        found.push(Doubt { terminal, journal: JournalId(journal), place, rows });
    }
    Ok(found)
}

/// All that were settled, by terminal.
///
/// # Errors
/// [`StoreFault`].
pub fn settled(db: &Db) -> Result<Vec<Settled>, StoreFault> {
    let sql =
        "SELECT terminal, journal, place, hash, who, why, at FROM settled ORDER BY terminal, journal, place";
    let read = |row: &Row| {
        let (number, journal) = (row.get(0)?, JournalId(row.get(1)?));
        let terminal = TerminalNumber::new(number).ok_or(StoreFault::Form)?;
        let by = (row.get(4)?, row.get(5)?, row.get(6)?);
        let (place, hash) = (row.get(2)?, Digest(row.get(3)?));
        Ok(Settled { terminal, journal, place, hash, by, rejected: Vec::new() })
    };
    let mut all = db.all(sql, &[], read)?;
    for one in &mut all {
        let brought = brought(db, (one.terminal.value(), &one.journal.0), one.place)?;
        one.rejected = brought.into_iter().filter(|(hash, _)| *hash != one.hash).collect();
    }
    Ok(all)
}

/// Every word that was said: those that stand, then those that were taken back, the newest of each first.
///
/// # Errors
/// [`StoreFault`].
pub fn words(db: &Db) -> Result<Vec<Word>, StoreFault> {
    let read = |row: &Row| {
        let terminal = TerminalNumber::new(row.get(0)?).ok_or(StoreFault::Form)?;
        let of = (terminal, JournalId(row.get(1)?), row.get(2)?, Digest(row.get(3)?));
        Ok(Word { of, by: (row.get(4)?, row.get(5)?, row.get(6)?), back: None })
    };
    let sql = "SELECT terminal, journal, place, hash, who, why, at FROM settled
        ORDER BY at DESC, terminal, journal, place";
    let mut all = db.all(sql, &[], read)?;
    let sql = "SELECT terminal, journal, place, hash, who, why, at, back_who, back_why, back FROM reopened
        ORDER BY id DESC";
    all.extend(db.all(sql, &[], |row| {
        Ok(Word { back: Some((row.get(7)?, row.get(8)?, row.get(9)?)), ..read(row)? })
    })?);
    Ok(all)
}

/// Each row of a place once, those that were rejected too.
pub(super) fn brought(db: &Db, of: super::Of<'_>, place: u64) -> Result<Vec<(Digest, u64)>, StoreFault> {
    let sql = "SELECT first, previous, hashes, NULL, received FROM batch
        WHERE terminal = ?1 AND journal = ?2 AND first BETWEEN ?3 AND ?4 AND last >= ?4 ORDER BY id";
    let earliest = place.saturating_sub(ROWS_MOST as u64);
    let read = |row: &Row| Ok((Rows::read(row)?.hash(place), row.get(4)?));
    let mut each: Vec<(Digest, u64)> = Vec::new();
    for (hash, received) in db.all(sql, values![of.0, of.1, earliest, place], read)? {
        let Some(hash) = hash.filter(|hash| each.iter().all(|(known, _)| known != hash)) else { continue };
        each.push((hash, received));
    }
    Ok(each)
}

#[cfg(test)]
mod tests {
    use gate_core::records::batch::verify_batch;
    use gate_wire::time::Timestamp;

    use super::*;
    use crate::chain::{Chain, key, terminal};

    #[test]
    fn two_rows_of_one_place_are_named_each_once_with_when_they_came() {
        let (db, chain) = (crate::store::db::empty(), Chain::begun(9));
        let other = Chain::new(1, (5, chain.hash(4)), 5, 99);
        assert_eq!(doubts(&db).unwrap(), []);
        for (at, batch) in [(1, chain.batch(1, 9)), (2, other.batch(5, 7)), (3, other.batch(5, 9))] {
            let (proven, at) =
                (verify_batch(&batch, &key().public_key()).unwrap(), Timestamp::from_unix(at).unwrap());
            super::super::take(&db, &batch, &proven, at).unwrap();
        }
        let [doubt] = &doubts(&db).unwrap()[..] else { unreachable!("one") };
        assert_eq!((doubt.terminal, doubt.journal, doubt.place), (terminal(), chain.journal(), 5));
        assert_eq!(doubt.rows, [(chain.hash(5), 1), (other.hash(5), 2)]);
    }
}
