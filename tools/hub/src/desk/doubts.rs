//! Rows of one place that differ: shown, and settled by a person's word.

use anyhow::{Context, ensure};
use gate_core::json;
use gate_core::records::JournalId;
use gate_hub::store::records::choose::{Choice, settle_doubt};
use gate_hub::store::records::doubts;
use gate_hub::{hex, now};
use gate_proof::digest::Digest;

use super::{change, open, plain};
use crate::cli::{Data, SettleDoubt};

/// Letters of a reason, at most.
const REASON_MOST: usize = 200;

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
    Ok(())
}

impl SettleDoubt {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let (terminal, by) = (self.terminal.number()?, (plain(&self.by.by)?, now()));
        let journal = json::hex(&self.journal).map(JournalId);
        let journal = &journal.context("--journal takes 32 hexadecimal digits")?;
        let hash = json::hex(&self.hash).map(Digest).context("--hash takes 64 hexadecimal digits")?;
        let why = self.because.trim();
        let is_plain = !why.contains(char::is_control) && (1..=REASON_MOST).contains(&why.chars().count());
        ensure!(is_plain, "a reason has 1 to {REASON_MOST} letters");
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
