//! A PDF written page by page: each object as soon as it is there, the table of where they are at the end.
//! Promises: memory for one object and eight bytes for each; PDF 1.7 (ISO 32000-1 §7.5).
//! Must not know: what is on a page.

use std::io::{self, Write};

use pdf_writer::{Chunk, Filter, Finish, Name, Rect, Ref};

use super::SheetsRefused;
use super::font::{SheetFont, packed};
use super::page::{PAGE_HEIGHT_PT, PAGE_WIDTH_PT};

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const FONT: [i32; 5] = [3, 4, 5, 6, 7];
const FIRST_FREE: i32 = 8;
/// The font's name on every page.
pub(super) const FONT_NAME: Name<'static> = Name(b"F");

/// The file.
pub(super) struct PdfFile<W> {
    out: W,
    written: u64,
    /// Where object n begins, at n − 1; 0 is not there yet.
    places: Vec<u64>,
    pages: Vec<Ref>,
}

impl<W: Write> PdfFile<W> {
    pub(super) fn begin(out: W) -> io::Result<PdfFile<W>> {
        let places = vec![0; FIRST_FREE as usize - 1];
        let mut file = PdfFile { out, written: 0, places, pages: Vec::new() };
        // Four bytes above 127 tell carriers that this is no text (§7.5.2).
        file.write(b"%PDF-1.7\n%\x80\x80\x80\x80\n")?;
        Ok(file)
    }

    pub(super) fn pages(&self) -> usize {
        self.pages.len()
    }

    pub(super) fn into_inner(self) -> W {
        self.out
    }

    /// Adds a page with this content.
    pub(super) fn page(&mut self, content: &[u8]) -> io::Result<()> {
        let (page_id, content_id) = (self.fresh(), self.fresh());
        let mut chunk = Chunk::new();
        let mut page = chunk.page(page_id);
        page.parent(PAGES).contents(content_id);
        page.media_box(Rect::new(0.0, 0.0, PAGE_WIDTH_PT, PAGE_HEIGHT_PT));
        page.resources().fonts().pair(FONT_NAME, Ref::new(FONT[0]));
        page.finish();
        self.object(page_id, &chunk)?;
        let (packed, mut chunk) = (packed(content), Chunk::new());
        chunk.stream(content_id, &packed).filter(Filter::FlateDecode);
        self.object(content_id, &chunk)?;
        self.pages.push(page_id);
        Ok(())
    }

    /// Writes the font, the tree of pages, and where everything is.
    pub(super) fn finish(mut self, font: &SheetFont) -> Result<W, SheetsRefused> {
        let ids = FONT.map(Ref::new);
        for (id, chunk) in ids.into_iter().zip(font.objects(ids)?) {
            self.object(id, &chunk)?;
        }
        let mut chunk = Chunk::new();
        let count = i32::try_from(self.pages.len()).unwrap_or(i32::MAX);
        chunk.pages(PAGES).kids(self.pages.iter().copied()).count(count);
        self.object(PAGES, &chunk)?;
        let mut chunk = Chunk::new();
        let mut catalog = chunk.indirect(CATALOG).dict();
        catalog.pair(Name(b"Type"), Name(b"Catalog")).pair(Name(b"Pages"), PAGES);
        catalog.finish();
        self.object(CATALOG, &chunk)?;
        self.table()?;
        Ok(self.out)
    }

    fn table(&mut self) -> io::Result<()> {
        let (start, size) = (self.written, self.places.len() + 1);
        let mut table = format!("xref\n0 {size}\n0000000000 65535 f \n");
        for place in &self.places {
            table.push_str(&format!("{place:010} 00000 n \n"));
        }
        table.push_str(&format!(
            "trailer\n<< /Size {size} /Root {} 0 R >>\nstartxref\n{start}\n%%EOF\n",
            CATALOG.get()
        ));
        self.write(table.as_bytes())
    }

    fn fresh(&mut self) -> Ref {
        self.places.push(0);
        // A file of two thousand million objects would be terabytes.
        Ref::new(i32::try_from(self.places.len()).unwrap_or(i32::MAX))
    }

    fn object(&mut self, id: Ref, chunk: &Chunk) -> io::Result<()> {
        if let Some(place) = usize::try_from(id.get() - 1).ok().and_then(|at| self.places.get_mut(at)) {
            *place = self.written;
        }
        self.write(chunk.as_bytes())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.written += bytes.len() as u64;
        Ok(())
    }
}
