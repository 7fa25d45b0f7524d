//! Paper sheets of 离线码 (DOMAIN §3): a PDF of A4 pages, four tickets each, for printing, cutting and handing out.
//! Promises: memory for one page, whatever the number of people; the font is embedded, only what is used of it; a ticket
//! has the masked name, the code, its validity in words and a void number, and no number of the person. It does not say the
//! colour: what a neighbour could read off the paper is nobody's business, the gate reads it from the code.
//! Must not know: keys, tables.
//!
//! The code has modules of [`MODULE_MM`], 49 of them at most and 4 of white on each side: 74.1 mm. Print at 100 %.

mod card;
mod font;
mod page;
mod pdf;

use std::io::{self, Write};
use std::path::PathBuf;

use gate_wire::name::MaskedName;

use crate::bulk::{BulkCode, Progress, Rejects, RowRejected, Target};

pub use card::write_card;
pub use font::{DEFAULT_FONT, FontRefused, SheetFont};
pub use page::{MODULE_MM, TICKETS_A_PAGE};

use page::{Page, Ticket};
use pdf::PdfFile;

/// The longest name of an issuing place, in characters: it has one line.
pub const MAX_PLACE_CHARS: usize = 26;

/// Why sheets are not begun.
#[derive(Debug, thiserror::Error)]
pub enum SheetsRefused {
    /// The font.
    #[error(transparent)]
    Font(#[from] FontRefused),
    /// The font file.
    #[error("{}: {reason}", .path.display())]
    ReadFont {
        /// Which file.
        path: PathBuf,
        /// Why, and what to install.
        reason: String,
    },
    /// The issuing place does not fit its line, or the font cannot draw it.
    #[error("the issuing place must have 1 to {MAX_PLACE_CHARS} characters that the font can draw")]
    FitPlace,
    /// The words of a card need more than a page.
    #[error("the card has more words than one A4 page holds")]
    FitCard,
    /// The file could not be written.
    #[error("the sheets cannot be written")]
    Write(#[from] io::Error),
}

/// Sheets being written, beside the reject file.
pub struct Sheets<'a, W: Write> {
    pdf: PdfFile<W>,
    font: SheetFont,
    place: String,
    waiting: Vec<Ticket>,
    count: u64,
    rejects: Rejects<W>,
    told: &'a mut dyn FnMut(Progress),
}

impl<'a, W: Write> Sheets<'a, W> {
    /// Begins sheets with this issuing place on each ticket.
    ///
    /// # Errors
    /// [`SheetsRefused`].
    pub fn begin(
        (pdf, rejects): (W, W),
        font: SheetFont,
        place: &str,
        told: &'a mut dyn FnMut(Progress),
    ) -> Result<Sheets<'a, W>, SheetsRefused> {
        let fits = (1..=MAX_PLACE_CHARS).contains(&place.chars().count()) && font.draws(place);
        if !fits {
            return Err(SheetsRefused::FitPlace);
        }
        let (pdf, rejects) = (PdfFile::begin(pdf)?, Rejects::begin(rejects)?);
        let (place, waiting) = (place.to_owned(), Vec::new());
        Ok(Sheets { pdf, font, place, waiting, count: 0, rejects, told })
    }

    /// Tickets so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Pages written so far.
    pub fn pages(&self) -> usize {
        self.pdf.pages()
    }

    /// Writes the last page and the font; gives back what sheets and rejects were written to.
    ///
    /// # Errors
    /// [`SheetsRefused::Write`], [`SheetsRefused::Font`].
    pub fn finish(mut self) -> Result<(W, W), SheetsRefused> {
        if !self.waiting.is_empty() {
            self.turn_page()?;
        }
        Ok((self.pdf.finish(&self.font)?, self.rejects.into_inner()))
    }

    /// What sheets and rejects were written to, for a run that was given up.
    pub fn into_inner(self) -> (W, W) {
        (self.pdf.into_inner(), self.rejects.into_inner())
    }

    fn turn_page(&mut self) -> io::Result<()> {
        let mut page = Page::new(&mut self.font, self.pdf.pages() + 1);
        for (at, ticket) in self.waiting.iter().enumerate() {
            page.ticket(at, ticket, &self.place);
        }
        self.waiting.clear();
        let content = page.finish();
        self.pdf.page(&content)
    }
}

impl<W: Write> Target for Sheets<'_, W> {
    fn draws(&self, name: &MaskedName) -> bool {
        self.font.draws(name.as_str())
    }

    fn code(&mut self, made: &BulkCode<'_>) -> io::Result<()> {
        self.waiting.push(Ticket::of(made).map_err(io::Error::other)?);
        self.count += 1;
        if self.waiting.len() == TICKETS_A_PAGE { self.turn_page() } else { Ok(()) }
    }

    fn rejected(&mut self, line: u64, reason: &RowRejected) -> io::Result<()> {
        self.rejects.add(line, reason)
    }

    fn progress(&mut self, progress: Progress) {
        (self.told)(progress);
    }
}

#[cfg(test)]
mod tests;
