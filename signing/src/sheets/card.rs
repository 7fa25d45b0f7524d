//! One A4 page of words: the card that lies at an attendant's place, from the manual's own text.
//! Promises: what does not fit on the page is refused, never cut or made smaller; the font is embedded, only what is used.
//! Must not know: what the words say.
//!
//! The text is the little of Markdown that the manual's card has: `# title`, `## heading`, `| left | right |` rows (the line of
//! dashes is skipped), other lines as paragraphs; an empty line is nothing.

use std::io::Write;

use pdf_writer::{Content, Str};

use super::SheetsRefused;
use super::font::SheetFont;
use super::page::{PAGE_HEIGHT_PT, PAGE_WIDTH_PT};
use super::pdf::{FONT_NAME, PdfFile};

const MARGIN: f32 = 42.0;
const WIDTH: f32 = PAGE_WIDTH_PT - 2.0 * MARGIN;
/// Share of the left column.
const LEFT: f32 = 0.36;
/// From one line to the next, in sizes.
const LEADING: f32 = 1.32;
const TITLE: f32 = 19.0;
const HEADING: f32 = 12.5;
const TEXT: f32 = 10.2;

/// Writes the card as a PDF of one page.
///
/// # Errors
/// [`SheetsRefused::FitCard`] when the text needs more than a page, [`SheetsRefused::Font`], [`SheetsRefused::Write`].
pub fn write_card<W: Write>(out: W, mut font: SheetFont, text: &str) -> Result<W, SheetsRefused> {
    let mut card = Card { font: &mut font, content: Content::new(), y: PAGE_HEIGHT_PT - MARGIN };
    text.lines().map(str::trim).filter(|line| !line.is_empty()).for_each(|line| card.line(line));
    if card.y < MARGIN {
        return Err(SheetsRefused::FitCard);
    }
    let content = card.content.finish();
    let mut pdf = PdfFile::begin(out)?;
    pdf.page(&content)?;
    pdf.finish(&font)
}

/// The page, written from the top.
struct Card<'a> {
    font: &'a mut SheetFont,
    content: Content,
    /// The lower edge of what is written.
    y: f32,
}

impl Card<'_> {
    fn line(&mut self, line: &str) {
        if let Some(title) = line.strip_prefix("# ") {
            self.paragraph(title, TITLE);
        } else if let Some(heading) = line.strip_prefix("## ") {
            self.y -= HEADING * 0.6;
            self.paragraph(heading, HEADING);
            self.rule();
        } else if let Some(row) = line.strip_prefix('|') {
            let mut cells = row.split('|').map(str::trim);
            let cells = [cells.next().unwrap_or_default(), cells.next().unwrap_or_default()];
            if !cells.concat().chars().all(|one| one == '-') {
                self.row(cells);
            }
        } else {
            self.paragraph(line, TEXT);
        }
    }

    fn paragraph(&mut self, text: &str, size: f32) {
        let lines = self.wrapped(text, size, WIDTH);
        let bottom = self.lines(&lines, size, MARGIN);
        self.y = bottom;
    }

    /// Two columns, as high as the higher, and a line below.
    fn row(&mut self, [left, right]: [&str; 2]) {
        let gap = TEXT;
        let left = self.wrapped(left, TEXT, WIDTH * LEFT - gap);
        let right = self.wrapped(right, TEXT, WIDTH * (1.0 - LEFT));
        let bottoms = [self.lines(&left, TEXT, MARGIN), self.lines(&right, TEXT, MARGIN + WIDTH * LEFT)];
        self.y = bottoms[0].min(bottoms[1]);
        self.rule();
    }

    /// Writes lines from where the page stands; their lower edge.
    fn lines(&mut self, lines: &[String], size: f32, x: f32) -> f32 {
        let mut y = self.y;
        for line in lines {
            y -= size * LEADING;
            let (bytes, _) = self.font.set(line);
            let place = y + size * (LEADING - 1.0);
            self.content.begin_text().set_font(FONT_NAME, size).next_line(x, place);
            self.content.show(Str(&bytes)).end_text();
        }
        y
    }

    fn rule(&mut self) {
        self.y -= 2.0;
        self.content.set_line_width(0.4).set_stroke_gray(0.7);
        self.content.move_to(MARGIN, self.y).line_to(MARGIN + WIDTH, self.y).stroke();
        self.y -= 1.0;
    }

    /// In lines of this width: Latin words whole, Han characters where they come, no line beginning with a comma.
    fn wrapped(&mut self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines = vec![String::new()];
        for piece in pieces(text) {
            let Some(line) = lines.last_mut() else { break };
            let longer = format!("{line}{piece}");
            if line.is_empty() || self.font.set(longer.trim_end()).1 * size <= width {
                *line = longer;
            } else {
                lines.push(piece.trim_start().to_owned());
            }
        }
        lines
    }
}

/// The parts between which a line may end.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut before = ' ';
    for character in text.chars() {
        let wide = |one: char| u32::from(one) >= 0x2E80;
        let breaks = (before == ' ' || wide(before) || wide(character)) && character != ' ';
        let barred = "，。、；：！？）》”".contains(character) || "（《“".contains(before);
        match pieces.last_mut() {
            Some(piece) if !breaks || barred => piece.push(character),
            _ => pieces.push(character.to_string()),
        }
        before = character;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheets::DEFAULT_FONT;

    const CARD: &str = include_str!("../../../docs/manual/attendant.md");

    fn font(test: &str) -> Option<SheetFont> {
        let font = SheetFont::open(std::path::Path::new(DEFAULT_FONT)).ok();
        if font.is_none() {
            println!("SKIPPED {test}: {DEFAULT_FONT} is not here");
        }
        font
    }

    #[test]
    fn the_manuals_card_fits_on_one_page() {
        let Some(font) = font("the_manuals_card_fits_on_one_page") else { return };
        assert!(font.draws(&CARD.replace('\n', "")));
        let pdf = write_card(Vec::new(), font, CARD).unwrap();
        assert!(pdf.starts_with(b"%PDF-1.7") && pdf.ends_with(b"%%EOF\n"));
    }

    #[test]
    fn what_needs_more_than_a_page_is_refused() {
        let Some(font) = font("what_needs_more_than_a_page_is_refused") else { return };
        let refused = write_card(Vec::new(), font, &"请走人工通道\n".repeat(80));
        assert!(matches!(refused, Err(SheetsRefused::FitCard)));
    }

    #[test]
    fn words_stay_whole_and_no_line_begins_with_a_comma() {
        assert_eq!(pieces("Staff lane，请走（人工）"), ["Staff ", "lane，", "请", "走", "（人", "工）"]);
    }
}
