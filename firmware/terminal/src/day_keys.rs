//! The authority's day keys as the journal takes them.
//! Promises: only keys that HPKE admits ([`DayKeyList`]).
//! Must not know: how a record is sealed.

use anyhow::Context;
use gate_core::day_keys::DayKeyList;
use gate_store::{DayKey, DayKeyId, DayKeys};

/// Reads the document.
///
/// # Errors
/// If it is not of the form or a key is refused.
pub fn load(bytes: &[u8]) -> anyhow::Result<DayKeys> {
    let list = DayKeyList::load(bytes)?;
    let keys = list.keys.into_iter().map(|(id, day, key)| DayKey { id: DayKeyId(id), day, key });
    DayKeys::new(keys.collect()).context("day keys")
}
