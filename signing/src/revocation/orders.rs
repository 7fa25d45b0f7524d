//! Orders to revoke from a table, one a line.
//! Promises: a bad line is told by its number and reason and stops nothing else; a number is used for its subject and
//! dropped, and stands in no message.
//! Must not know: files, what becomes of the orders.
//!
//! | line | meaning |
//! |---|---|
//! | `code,KID,ID` | one credential: its issuer's key id, and its own id of 16 hexadecimal digits or its void number of 17, whose check digit must fit; 16 only where that is said to be meant |
//! | `person,KIND,NUMBER,BEFORE` | everything of the holder of this document issued before BEFORE, RFC 3339 |
//!
//! A line that begins with `#` is skipped. No quotes: none of these values has a comma.

use std::io::Read;

use gate_core::json;
use gate_proof::stretch::{Block, TagMemory};
use gate_wire::cose::Kid;
use gate_wire::document::{Document, DocumentKind};
use gate_wire::time::Timestamp;

use super::Revocation;
use super::void_number::{CheckDigit, VoidNumberRefused, from_void_number};
use crate::custody::CustodyFault;
use crate::lines::{Line, Lines};
use crate::province::{Province, TagMaker};

/// Most lines that are taken at once.
const LINES_MOST: usize = 5_000_000;

/// A line that was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Which, from 1.
    pub line: u64,
    /// Why.
    pub why: LineRefused,
}

/// Why a line was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineRefused {
    /// Not one of the two forms.
    #[error("write code,KID,ID or person,KIND,NUMBER,BEFORE")]
    Form,
    /// No key id.
    #[error("the key id is 8 hexadecimal digits, or 4 letters or digits")]
    Kid,
    /// No key of the register has this id.
    #[error("the register has no issuer with this key id")]
    Issuer,
    /// No id of a credential.
    #[error("a void number is 17 hexadecimal digits, the id of a credential 16")]
    Id,
    /// No kind of document.
    #[error("no such kind of document")]
    Kind,
    /// No number of such a document.
    #[error("no number of such a document: a digit is wrong or missing")]
    Number,
    /// The check digit is another.
    #[error("the check digit does not fit: one of the digits or the key id is wrong")]
    Check,
    /// 16 digits where 17 are wanted.
    #[error(
        "16 digits: the check digit, the 17th, is missing; ids of codes.csv are taken with --no-check-digit"
    )]
    Unchecked,
    /// No time.
    #[error("the time is RFC 3339: 2026-11-20T08:00:00+08:00")]
    Time,
    /// Codes that are not issued yet would be void.
    #[error("a time that is still ahead would void codes that are not issued yet")]
    Ahead,
    /// Not text.
    #[error("not UTF-8")]
    Text,
}

/// The lines of a table.
#[derive(Debug, Default)]
pub struct Orders {
    /// What is to be revoked.
    pub orders: Vec<Revocation>,
    /// What was not taken.
    pub rejected: Vec<Rejected>,
}

/// Why a table was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum OrdersRefused {
    /// It could not be read.
    #[error("reading the table")]
    Read(#[from] std::io::Error),
    /// Custody did not give what makes subjects.
    #[error(transparent)]
    Custody(#[from] CustodyFault),
    /// Too many lines.
    #[error("more than {LINES_MOST} lines: split the table")]
    Fit,
}

/// A key id as people write it: 8 lower-case hexadecimal digits, or 4 letters or digits.
pub fn kid_of(text: &str) -> Option<Kid> {
    let plain =
        || <[u8; 4]>::try_from(text.as_bytes()).ok().filter(|c| c.iter().all(u8::is_ascii_alphanumeric));
    json::hex(text).or_else(plain).map(Kid)
}

/// RFC 3339 to whole seconds.
fn time_of(text: &str) -> Option<Timestamp> {
    let parsed: jiff::Timestamp = text.parse().ok()?;
    u64::try_from(parsed.as_second()).ok().and_then(Timestamp::from_unix)
}

impl Province {
    /// Reads a table of orders at the time `now`; `check` says what an id without a check digit is worth.
    ///
    /// # Errors
    /// [`OrdersRefused`].
    pub fn read_orders(
        &self,
        table: impl Read,
        now: Timestamp,
        check: CheckDigit,
    ) -> Result<Orders, OrdersRefused> {
        let (mut lines, mut reading) = (Lines::of(table), Reading::new(self, now, check)?);
        let mut orders = Orders::default();
        while let Some((line, text)) = lines.next()? {
            let read = match text {
                Line::Text(b"" | [b'#', ..]) => continue,
                Line::Text(text) => reading.read(text),
                Line::TooLong => Err(LineRefused::Form),
            };
            if orders.orders.len() + orders.rejected.len() >= LINES_MOST {
                return Err(OrdersRefused::Fit);
            }
            match read {
                Ok(order) => orders.orders.push(order),
                Err(why) => orders.rejected.push(Rejected { line, why }),
            }
        }
        Ok(orders)
    }
}

/// What reading a line takes.
struct Reading<'a> {
    province: &'a Province,
    now: Timestamp,
    check: CheckDigit,
    maker: TagMaker,
    blocks: Vec<Block>,
}

impl<'a> Reading<'a> {
    fn new(province: &'a Province, now: Timestamp, check: CheckDigit) -> Result<Reading<'a>, CustodyFault> {
        let blocks = vec![Block::new(); province.tag_memory().blocks()];
        Ok(Reading { province, now, check, maker: province.tag_maker()?, blocks })
    }

    fn read(&mut self, line: &[u8]) -> Result<Revocation, LineRefused> {
        let text = core::str::from_utf8(line).map_err(|_| LineRefused::Text)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let fields: Vec<&str> = text.split(',').map(str::trim_ascii).collect();
        let order = match fields.as_slice() {
            ["code", kid, id] => self.credential(kid, id)?,
            ["person", kind, number, before] => self.person(kind, number, before)?,
            _ => return Err(LineRefused::Form),
        };
        if order.is_ahead_of(self.now) { Err(LineRefused::Ahead) } else { Ok(order) }
    }

    fn credential(&self, kid: &str, id: &str) -> Result<Revocation, LineRefused> {
        let kid = kid_of(kid).ok_or(LineRefused::Kid)?;
        self.province.register().longest_life(kid).ok_or(LineRefused::Issuer)?;
        let id = from_void_number(kid, id, self.check).map_err(|refused| match refused {
            VoidNumberRefused::Check => LineRefused::Check,
            VoidNumberRefused::Unchecked => LineRefused::Unchecked,
            VoidNumberRefused::Form => LineRefused::Id,
        })?;
        Ok(Revocation::Credential(kid, id))
    }

    fn person(&mut self, kind: &str, number: &str, before: &str) -> Result<Revocation, LineRefused> {
        let kind = DocumentKind::parse(kind).map_err(|_| LineRefused::Kind)?;
        let document = Document::parse(kind, number).map_err(|_| LineRefused::Number)?;
        let before = time_of(before).ok_or(LineRefused::Time)?;
        let subject = self.maker.subject_in(&document, &mut TagMemory::over(&mut self.blocks));
        Ok(Revocation::Person(subject.map_err(|_| LineRefused::Number)?, before))
    }
}
