//! Codes and rejects as tables.
//! Promises: neither holds a name or a number of a person: people are found again by the line of the desk's own table.
//! Must not know: how codes are made.

use std::io::{self, Write};

use gate_wire::name::MaskedName;

use super::{BulkCode, Progress, RowRejected, Target};
use crate::register::short_kid;

/// The first line of the codes: line of the table, the issuer's key id and the credential's (by both it is revoked), exp in
/// seconds since 1970, the code's text.
pub const CODES_HEADER: &str = "line,kid,id,expires,text";

/// Rejected rows as `line,reason`.
pub struct Rejects<W> {
    out: W,
}

impl<W: Write> Rejects<W> {
    /// Begins the table.
    ///
    /// # Errors
    /// What writing can meet.
    pub fn begin(mut out: W) -> io::Result<Rejects<W>> {
        writeln!(out, "line,reason")?;
        Ok(Rejects { out })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// What writing can meet.
    pub fn add(&mut self, line: u64, reason: &RowRejected) -> io::Result<()> {
        writeln!(self.out, "{line},\"{reason}\"")
    }

    /// What it was written to.
    pub fn into_inner(self) -> W {
        self.out
    }
}

/// Codes as a table, beside the rejects.
pub struct CsvCodes<'a, W> {
    codes: W,
    rejects: Rejects<W>,
    count: u64,
    told: &'a mut dyn FnMut(Progress),
}

impl<'a, W: Write> CsvCodes<'a, W> {
    /// Begins both tables.
    ///
    /// # Errors
    /// What writing can meet.
    pub fn begin(mut codes: W, rejects: W, told: &'a mut dyn FnMut(Progress)) -> io::Result<CsvCodes<'a, W>> {
        writeln!(codes, "{CODES_HEADER}")?;
        Ok(CsvCodes { codes, rejects: Rejects::begin(rejects)?, count: 0, told })
    }

    /// Codes written.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// What codes and rejects were written to.
    pub fn into_inner(self) -> (W, W) {
        (self.codes, self.rejects.into_inner())
    }
}

impl<W: Write> Target for CsvCodes<'_, W> {
    fn draws(&self, _: &MaskedName) -> bool {
        true
    }

    fn code(&mut self, made: &BulkCode<'_>) -> io::Result<()> {
        let BulkCode { line, code, .. } = made;
        self.count += 1;
        let (kid, id) = (short_kid(code.kid), code.id_in_hex());
        writeln!(self.codes, "{line},{kid},{id},{},{}", code.expires.unix(), code.text)
    }

    fn rejected(&mut self, line: u64, reason: &RowRejected) -> io::Result<()> {
        self.rejects.add(line, reason)
    }

    fn progress(&mut self, progress: Progress) {
        (self.told)(progress);
    }
}
