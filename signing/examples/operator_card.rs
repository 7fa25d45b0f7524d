//! The attendant's card as a PDF: `cargo run -p gate-signing --example operator_card -- docs/manual/attendant.md CARD.pdf`.
//! Must not know: what the card says.

use std::error::Error;
use std::path::Path;

use gate_signing::sheets::{DEFAULT_FONT, SheetFont, write_card};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(text), Some(pdf)) = (arguments.next(), arguments.next()) else {
        return Err("say which text, and which PDF to write".into());
    };
    let font = SheetFont::open(Path::new(DEFAULT_FONT))?;
    let card = write_card(Vec::new(), font, &std::fs::read_to_string(text)?)?;
    std::fs::write(pdf, card)?;
    Ok(())
}
