//! Terminals with what each said last, read through a bounded number at a time.
//! Promises: each terminal once, by number; of a fleet of any size so many are in memory at once.
//! Must not know: which of them is worse.

use super::accounts::Summary;
use super::db::Row;
use super::terminals::Standing;
use super::{Db, StoreFault};
use crate::values;

/// Terminals read at once.
const TOGETHER: u32 = 500;

/// A terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its number.
    pub number: u32,
    /// Where it stands.
    pub standing: Standing,
    /// What it said last, and when that came, in seconds since 1970; `None`: it never reported.
    pub said: Option<(Summary, u64)>,
    /// Where it counted passages last, if it ever did.
    pub place: Option<u32>,
}

/// Shows every terminal, by number.
///
/// # Errors
/// [`StoreFault`].
pub fn each(db: &Db, mut see: impl FnMut(&Seen)) -> Result<(), StoreFault> {
    let mut from = 0;
    loop {
        let some = read(db, from, TOGETHER)?;
        some.iter().for_each(&mut see);
        match some.last() {
            Some(last) => from = last.number.saturating_add(1),
            None => return Ok(()),
        }
    }
}

/// One terminal.
///
/// # Errors
/// [`StoreFault`].
pub fn one(db: &Db, number: u32) -> Result<Option<Seen>, StoreFault> {
    Ok(read(db, number, 1)?.into_iter().find(|seen| seen.number == number))
}

fn read(db: &Db, from: u32, most: u32) -> Result<Vec<Seen>, StoreFault> {
    let sql = "SELECT number, state, received, summary,
        (SELECT place FROM counter WHERE counter.terminal = number ORDER BY day DESC LIMIT 1)
        FROM terminal LEFT JOIN account ON account.terminal = number WHERE number >= ?1 ORDER BY number LIMIT ?2";
    db.all(sql, values![from, most], |row: &Row| {
        let (received, summary) = (row.get::<Option<u64>>(2)?, row.get::<Option<String>>(3)?);
        let summary = summary.and_then(|summary| serde_json::from_str(&summary).ok());
        let standing = Standing::of(&row.get::<String>(1)?);
        Ok(Seen { number: row.get(0)?, standing, said: summary.zip(received), place: row.get(4)? })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_terminal_is_shown_once_with_what_it_said_and_where_it_counted_last() {
        let db = crate::store::db::empty();
        for number in 0..1_201_u32 {
            db.run("INSERT INTO terminal VALUES (?1, 'enrolled', 0)", values![number]).unwrap();
        }
        let summary = crate::bands::tests::summary(5, &[]);
        let text = serde_json::to_string(&summary).unwrap();
        for (terminal, text) in [(500_u32, text.as_str()), (501, "no summary")] {
            let sql = "INSERT INTO account VALUES (?1, 1, 6, ?2, ?3)";
            db.run(sql, values![terminal, &[0_u8; 3], text]).unwrap();
        }
        for (day, place) in [(1_u32, 8_u32), (3, 9), (2, 7)] {
            let sql = "INSERT INTO counter VALUES (500, ?1, ?2, 1, 80, 4)";
            db.run(sql, values![day, place]).unwrap();
        }
        let mut numbers = Vec::new();
        each(&db, |seen| numbers.push(seen.number)).unwrap();
        assert!(numbers.iter().copied().eq(0..1_201), "{}", numbers.len());
        let seen = one(&db, 500).unwrap().unwrap();
        assert_eq!((seen.said, seen.place), (Some((summary, 6)), Some(9)));
        let damaged = one(&db, 501).unwrap().unwrap();
        assert_eq!((damaged.said, damaged.place), (None, None));
        assert_eq!(one(&db, 1_201).unwrap(), None);
    }
}
