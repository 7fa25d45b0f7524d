//! `gate-sign issue paper-sheets`: a table's paper codes as a PDF.
//! Promises: as `issue --from`: the PDF has its name only when it is whole.
//! Must not know: how pages are drawn.

use std::path::PathBuf;

use clap::Args;
use gate_signing::bulk::Kinds;
use gate_signing::sheets::{DEFAULT_FONT, SheetFont, Sheets as Drawn};

use crate::bulk::{RunArguments, in_words};

/// See the help texts.
#[derive(Args)]
pub(crate) struct Sheets {
    #[command(flatten)]
    run: RunArguments,
    /// The sheets: A4, four tickets a page. Must not be there yet; it has this name only when it is whole
    #[arg(long, value_name = "FILE.pdf")]
    pdf: PathBuf,
    /// Who issues, as it stands on each ticket: 成都市武侯区红牌楼街道办事处
    #[arg(long, value_name = "PLACE")]
    place: String,
    /// The font to embed, with Han characters: OpenType, TrueType or a collection
    #[arg(long, value_name = "FILE", default_value = DEFAULT_FONT)]
    font: PathBuf,
}

impl Sheets {
    /// How many rows are on no sheet.
    pub(crate) fn run(self) -> anyhow::Result<u64> {
        let (desk, font) = (self.run.open()?, SheetFont::open(&self.font)?);
        let (mut bar, files) = (self.run.bar()?, self.run.begin(&self.pdf)?);
        let mut told = |progress| bar.show(progress);
        let mut sheets = Drawn::begin(files, font, &self.place, &mut told)?;
        let ran = self.run.issue(&desk, &mut sheets, Kinds::Paper, &self.pdf);
        let (written, pages) = (sheets.count(), sheets.pages());
        let files = if ran.is_ok() { sheets.finish()? } else { sheets.into_inner() };
        let done = self.run.settle(ran, written, files)?;
        println!("{}; {} pages", in_words(&done, &self.pdf), pages.max((done.codes as usize).div_ceil(4)));
        Ok(done.rejected)
    }
}
