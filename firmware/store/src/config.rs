//! What the journal is opened with.
//! Promises: there is always a day key to seal to.
//! Must not know: where keys come from, or what the terminal's configuration file looks like.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use gate_core::query::TerminalNumber;
use gate_proof::ed25519::SigningKey;
use gate_proof::seal::SealingKey;
use gate_wire::time::{Day, Timestamp};

use crate::disk::{Disk, SystemDisk};
use crate::row::DayKeyId;

/// Where the journal is and how long it may take.
pub struct JournalConfig {
    /// The SQLite file; its `-wal` lies beside it.
    pub database: PathBuf,
    /// The preallocated reserve.
    pub reserve: PathBuf,
    /// This terminal's number.
    pub terminal: TerminalNumber,
    /// The time now, best known: names a damaged file that is moved aside.
    pub now: Timestamp,
    /// How long an append waits for its commit (DESIGN §4: 500 ms).
    pub wait: Duration,
    /// Records held in memory at most, when nothing can be written.
    pub memory_most: usize,
    /// The event code of `gate_core` that says: the record before was refused as unsaved, yet was written later.
    pub late_event: u8,
    /// The files.
    pub disk: Arc<dyn Disk>,
}

impl JournalConfig {
    /// The settings of DESIGN §4 on the operating system's files: 500 ms, 1,000 records in memory.
    #[must_use]
    pub fn new(
        database: PathBuf,
        reserve: PathBuf,
        terminal: TerminalNumber,
        now: Timestamp,
        late_event: u8,
    ) -> Self {
        let (wait, memory_most) = (Duration::from_millis(500), 1_000);
        let disk = Arc::new(SystemDisk);
        JournalConfig { database, reserve, terminal, now, wait, memory_most, late_event, disk }
    }
}

/// The keys the journal works with.
pub struct JournalKeys {
    /// The authority's keys to seal to.
    pub day_keys: DayKeys,
    /// The terminal's record key: signs batches.
    pub record_key: SigningKey,
}

/// One of the authority's keys, for one day.
#[derive(Clone, Debug)]
pub struct DayKey {
    /// The calendar day, UTC+8, it is for.
    pub day: Day,
    /// Its id.
    pub id: DayKeyId,
    /// The key.
    pub key: SealingKey,
}

/// The day keys at hand, at least one.
#[derive(Clone, Debug)]
pub struct DayKeys {
    sorted: Vec<DayKey>,
    last: DayKey,
}

/// There is no day key at all: nothing could be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no day key to seal records to: load the trust data once before the first start")]
pub struct NoDayKey;

impl DayKeys {
    /// The keys, in any order.
    ///
    /// # Errors
    /// [`NoDayKey`] when there is none.
    pub fn new(mut keys: Vec<DayKey>) -> Result<Self, NoDayKey> {
        keys.sort_by_key(|key| key.day);
        let last = keys.last().ok_or(NoDayKey)?.clone();
        Ok(DayKeys { sorted: keys, last })
    }

    /// The key of `day`; the last one when none fits, because recording never blocks (DESIGN §5).
    pub(crate) fn on(&self, day: Day) -> &DayKey {
        let found = self.sorted.binary_search_by_key(&day, |key| key.day).ok();
        found.and_then(|at| self.sorted.get(at)).unwrap_or(&self.last)
    }
}

#[cfg(test)]
mod tests {
    use gate_proof::seal::OpeningKey;

    use super::*;

    fn key(day: u32) -> DayKey {
        let key = OpeningKey::from_seed(&[day as u8; 32]).sealing_key();
        DayKey { day: Day(day), id: DayKeyId(day), key }
    }

    #[test]
    fn a_day_without_a_key_of_its_own_gets_the_last_one() {
        let keys = DayKeys::new(vec![key(12), key(10), key(11)]).unwrap();
        let ids = [9, 10, 11, 12, 13, 400].map(|day| keys.on(Day(day)).id.0);
        assert_eq!(ids, [12, 10, 11, 12, 12, 12]);
        assert_eq!(DayKeys::new(Vec::new()).unwrap_err(), NoDayKey);
    }
}
