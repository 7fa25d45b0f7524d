//! The hub: serves the repositories, takes terminals' sealed records, and knows how old each terminal's data are.
//!
//! Promises: what it acknowledges is committed and synced; a batch sent twice is kept once, two that differ are both kept;
//! nothing it holds about people is readable here; overload is answered, not stored up.
//! Must not know: what a record says, any key that opens one; it cannot sign data, and the repositories are only files to it.
//!
//! | what | module |
//! |---|---|
//! | files of the repositories | [`repository`], [`objects`], [`publish`] |
//! | records, accounts, acknowledgements | [`store::records`], [`store::accounts`], [`acknowledge`] |
//! | who may bring how much | [`store::intake`] |
//! | terminals, their keys, codes that enrol them | [`store::terminals`] |
//! | who did what, and alarms | [`store::log`] |
//! | what sticks brought | [`take`] |
//! | one thread that writes, many commits in one sync | [`writer`] |
//! | a code that lets one terminal in | [`invitation`] |
//! | requests | [`http`], [`line`](mod@line) |
//! | people, and the fleet as they see it | [`pages`], [`store::people`] |
//! | how old is old: the published policy's word | [`bands`], [`published`] |
//! | connections, and what waits beside them | [`listen`], [`paced`], [`tls`], [`beside`] |

pub mod acknowledge;
pub mod bands;
pub mod beside;
#[cfg(test)]
#[path = "../tests/support/chain.rs"]
mod chain;
pub mod files;
pub mod http;
pub mod invitation;
pub mod line;
pub mod listen;
pub mod metrics;
pub mod objects;
pub mod paced;
pub mod pages;
pub mod publish;
pub mod published;
pub mod repository;
pub mod store;
pub mod take;
pub mod tls;
pub mod writer;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gate_wire::time::Timestamp;

use crate::acknowledge::Acknowledger;
use crate::bands::Bands;
use crate::files::Folder;
use crate::metrics::Metrics;
use crate::pages::sessions::Sessions;
use crate::published::{Publication, Unread};
use crate::repository::Repositories;
use crate::store::intake::Quota;
use crate::store::{Db, Readers, StoreFault};
use crate::writer::Writer;

/// How long a page waits for what is published: less than whoever reads it.
const PUBLICATION_ANSWERS: Duration = Duration::from_secs(15);

/// Everything that a request needs.
pub struct Hub {
    /// Where everything lies.
    pub folder: Folder,
    /// What is written, one thing after another.
    pub writer: Writer,
    /// What is read meanwhile.
    pub readers: Readers,
    /// Says what is held; without a number for its key in the key set it says nothing.
    pub acknowledger: Option<Acknowledger>,
    /// Who is logged in.
    pub sessions: Sessions,
    /// What a terminal may bring in a day.
    pub quota: Quota,
    /// Where the repositories are.
    pub repositories: Repositories,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// How many batches and accounts are under way at once: who comes then is told to come again before a signature is looked at.
    pub room: tokio::sync::Semaphore,
    /// Held by the one look at its health that is under way: strangers fill no queue with them.
    pub look: tokio::sync::Mutex<()>,
}

impl Hub {
    /// Reads something of the database, beside the threads that speak.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn read<T: Send + 'static>(
        self: &Arc<Hub>,
        what: impl FnOnce(&Db) -> Result<T, StoreFault> + Send + 'static,
    ) -> Result<T, StoreFault> {
        let hub = Arc::clone(self);
        beside::database(move || hub.readers.read(what)).await.unwrap_or(Err(StoreFault::Hung))
    }

    /// Reads something of the newest publication, beside the threads that speak. A store that does not answer for long is away.
    ///
    /// # Errors
    /// [`Unread`].
    pub async fn published<T: Send + 'static>(
        self: &Arc<Hub>,
        what: impl FnOnce(&Publication<'_>) -> Result<T, Unread> + Send + 'static,
    ) -> Result<T, Unread> {
        let hub = Arc::clone(self);
        let read = beside::files(move || what(&Publication::newest(&hub.repositories)?));
        let read = tokio::time::timeout(PUBLICATION_ANSWERS, read).await;
        read.ok().flatten().unwrap_or(Err(Unread::Away))
    }

    /// The bands of the published policies.
    pub async fn bands(self: &Arc<Hub>) -> Bands {
        self.published(|publication| Ok(Bands::of(publication))).await.unwrap_or_else(Bands::unread)
    }
}

/// Bytes in small hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hub's clock.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Timestamp::from_unix(since).unwrap_or(Timestamp::MAX)
}
