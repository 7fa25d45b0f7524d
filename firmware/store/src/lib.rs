//! What the terminal must never lose: the journal (DESIGN §4 "Record first, then open", §5 Records).
//!
//! Promises: a record that was acknowledged as kept in the journal or in its reserve is there after any power cut;
//! no plaintext of a record touches the disk; nothing damaged is ever deleted; no call waits for a stuck disk.
//! Must not know: what a verdict means, who uploads, which day it is (the records carry their own).
//!
//! | file | holds |
//! |---|---|
//! | `journal.db`, `-wal` | sealed rows in a hash chain, daily counters, use counters, kept values |
//! | the reserve | 10,000 preallocated slots for the day the disk is full, and the last known head of the chain |
//! | `out/` | batches as files, until they are acknowledged |
//! | `journal.db.damaged-<time>` | what could not be read: moved aside, never deleted |

mod batch;
mod chain;
mod config;
mod copy;
mod database;
mod disk;
mod fault;
mod journal;
mod outbox;
mod recover;
mod reserve;
mod row;
mod schema;
mod worker;

pub use batch::{Batch, BatchFault, BatchRefused, ProvenBatch, ROWS_MOST, verify_batch};
pub use chain::{Break, ChainReport, JournalReport};
pub use config::{DayKey, DayKeys, JournalConfig, JournalKeys, NoDayKey};
pub use copy::{
    COPY_BYTES_MOST, CopiedRow, CopyFault, CopyReport, JournalCopy, LogBeside, RowState, reserve_head,
    reserve_rows,
};
pub use disk::{BlockFile, Disk, SystemDisk};
pub use fault::{Damage, OpenFault, ReadFault};
pub use journal::{
    Acknowledged, AcknowledgementDoubt, Backlog, KEEP_DAYS, ShedFault, SqliteJournal, Standing, Taken,
};
pub use outbox::{Outbox, Put, alleged_acknowledgement};
pub use recover::Recovery;
pub use reserve::RESERVE_SLOTS;
pub use row::{AAD_BYTES, DayKeyId, JournalId, OpenRowRefused, Row};
