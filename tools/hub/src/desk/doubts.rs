//! Rows of one place that differ: shown, and settled by a person's word.

use anyhow::Context;
use gate_core::json;
use gate_core::records::JournalId;
use gate_hub::store::records::choose::{Choice, REASON_MOST, reason, settle_doubt};
use gate_hub::store::records::doubts;
use gate_hub::store::records::reopen::reopen;
use gate_hub::{hex, now};
use gate_proof::digest::Digest;

use super::{change, open, plain};
use crate::cli::{Data, ReopenDoubt, SettleDoubt};

/// A reason, for a log that people read.
fn because(words: &str) -> anyhow::Result<&str> {
    reason(words).with_context(|| format!("a reason has 1 to {REASON_MOST} letters"))
}

pub(crate) fn doubts(data: &Data) -> anyhow::Result<()> {
    let db = open(data)?;
    for doubt in doubts::doubts(&db)? {
        println!("terminal {} journal {} row {}", doubt.terminal.value(), hex(&doubt.journal.0), doubt.place);
        doubt.rows.iter().for_each(|(hash, received)| println!("    {received} {}", hex(&hash.0)));
    }
    for one in doubts::settled(&db)? {
        let (who, why, at) = &one.by;
        println!(
            "terminal {} journal {} row {} settled",
            one.terminal.value(),
            hex(&one.journal.0),
            one.place
        );
        println!("    {at} {} by {who}: {why}", hex(&one.hash.0));
        one.rejected.iter().for_each(|(hash, received)| println!("    {received} {} rejected", hex(&hash.0)));
    }
    for one in doubts::words(&db)? {
        let Some((back_who, back_why, back)) = &one.back else { continue };
        let ((terminal, journal, place, hash), (who, why, at)) = (one.of, &one.by);
        println!("terminal {} journal {} row {place} taken back", terminal.value(), hex(&journal.0));
        println!("    {at} {} by {who}: {why}", hex(&hash.0));
        println!("    {back} taken back by {back_who}: {back_why}");
    }
    Ok(())
}

impl SettleDoubt {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let (terminal, by) = (self.terminal.number()?, (plain(&self.by.by)?, now()));
        let journal = json::hex(&self.journal).map(JournalId);
        let journal = &journal.context("--journal takes 32 hexadecimal digits")?;
        let hash = json::hex(&self.hash).map(Digest).context("--hash takes 64 hexadecimal digits")?;
        let why = because(&self.because)?;
        let choice = Choice { terminal, journal, place: self.row, hash };
        let chosen = change(&self.data, |db| settle_doubt(db, &choice, why, by))??;
        let (rejected, watermark) = (chosen.rejected, chosen.watermark);
        println!("settled: {rejected} batches rejected; acknowledged to row {watermark}");
        if let Some(place) = chosen.doubt {
            println!("the next row in doubt is {place}");
        }
        Ok(())
    }
}

impl ReopenDoubt {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let (terminal, by) = (self.terminal.number()?, (plain(&self.by.by)?, now()));
        let journal = json::hex(&self.journal).map(JournalId);
        let journal = &journal.context("--journal takes 32 hexadecimal digits")?;
        let why = because(&self.because)?;
        let opened = change(&self.data, |db| reopen(db, (terminal, journal, self.row), why, by))??;
        println!("taken back: {} words; nothing moves until the doubt is settled", opened.words);
        if let Some(place) = opened.doubt {
            println!("the first row in doubt is {place}");
        }
        Ok(())
    }
}
