//! One thread that writes: many requests' changes in one commit, one sync.
//! Promises: whoever waits is told after the commit was synced, or that it failed, or hears within bounded time that the database does
//! not answer; a change that fails takes no other with it;
//! the queue has a bound, and who finds it full is told at once; when the thread ends, whatever ended it, that is known.
//! Must not know: what is changed.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

use crate::beside::DATABASE_ANSWERS;
use crate::metrics::Metrics;
use crate::store::{Db, Store, StoreFault};

/// Changes of one commit at most.
const TOGETHER: usize = 64;

/// Why a change did not happen.
#[derive(Debug, thiserror::Error)]
pub enum WriteFault {
    /// Too many wait already.
    #[error("too many changes wait")]
    Full,
    /// The database does not answer: whether it happened is not known yet.
    #[error("the database does not answer")]
    Hung,
    /// The writer is gone, or the database refuses.
    #[error("the change failed: {0}")]
    Fail(String),
}

/// Says after the commit how it went.
type Told = Box<dyn FnOnce(Result<(), String>) + Send>;
type Change = Box<dyn FnOnce(&Db) -> Result<Told, (StoreFault, Told)> + Send>;

/// Where changes are handed in.
pub struct Writer {
    queue: SyncSender<Change>,
    metrics: Arc<Metrics>,
    alive: watch::Receiver<()>,
}

impl Writer {
    /// Opens the database and starts the thread; at most `most` changes of at most 64 KiB each wait for it.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn start(store: Store, metrics: Arc<Metrics>, most: usize) -> Result<Writer, StoreFault> {
        let db = store.open()?;
        let (queue, changes) = sync_channel(most);
        let counted = Arc::clone(&metrics);
        let (lives, alive) = watch::channel(());
        thread::spawn(move || {
            // Dropped with the thread's stack: at its end, and when a change panics.
            let _lives = lives;
            write(&store, db, &changes, &counted);
        });
        Ok(Writer { queue, metrics, alive })
    }

    /// Comes back when the thread has ended: nothing is written any more.
    pub async fn ended(&self) {
        let mut alive = self.alive.clone();
        while alive.changed().await.is_ok() {}
    }

    /// Makes a change, and gives what it gave once it is committed and synced.
    ///
    /// # Errors
    /// [`WriteFault`].
    pub async fn change<T: Send + 'static>(
        &self,
        what: impl FnOnce(&Db) -> Result<T, StoreFault> + Send + 'static,
    ) -> Result<T, WriteFault> {
        let (told, answer) = oneshot::channel();
        let change: Change = Box::new(move |db| match what(db) {
            Ok(given) => Ok(Box::new(move |done: Result<(), String>| {
                // Who asked may have gone: the change stands.
                let _ = told.send(done.map(|()| given));
            })),
            Err(error) => Err((
                error,
                Box::new(move |done: Result<(), String>| {
                    let _ = told.send(Err(done.err().unwrap_or_default()));
                }),
            )),
        });
        self.metrics.waiting.up();
        if let Err(fault) = self.queue.try_send(change) {
            self.metrics.waiting.down(1);
            return Err(match fault {
                TrySendError::Full(_) => WriteFault::Full,
                TrySendError::Disconnected(_) => WriteFault::Fail("the writer ended".into()),
            });
        }
        match timeout(DATABASE_ANSWERS, answer).await {
            Ok(Ok(Ok(given))) => Ok(given),
            Ok(Ok(Err(reason))) => Err(WriteFault::Fail(reason)),
            Ok(Err(_)) => Err(WriteFault::Fail("there is no database, or the writer ended".into())),
            Err(_) => Err(WriteFault::Hung),
        }
    }
}

fn write(store: &Store, db: Db, changes: &Receiver<Change>, metrics: &Metrics) {
    let mut open = Some(db);
    while let Ok(first) = changes.recv() {
        let mut together = vec![first];
        together.extend(changes.try_iter().take(TOGETHER - 1));
        metrics.waiting.down(together.len() as u64);
        // One that hung may hold the lock of who changes something: it goes before the next one asks for that.
        open = open.filter(Db::is_alive);
        // A server that was started again: what waited is told that it failed only while there is none.
        if open.is_none() {
            open = store.open().ok();
        }
        let Some(db) = &mut open else { continue };
        let (told, done) = commit(db, together);
        metrics.commits.up();
        told.into_iter().for_each(|told| told(done.clone()));
    }
}

/// Everything in one change, each a part of its own.
fn commit(db: &mut Db, changes: Vec<Change>) -> (Vec<Told>, Result<(), String>) {
    let mut told = Vec::new();
    let done = db.change(|db| -> Result<(), StoreFault> {
        for change in changes {
            match db.part(change)? {
                Ok(one) => told.push(one),
                Err((fault, one)) => one(Err(fault.to_string())),
            }
        }
        Ok(())
    });
    (told, done.map_err(|fault| fault.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_thread_that_ends_is_known_to_have_ended() {
        let folder = tempfile::tempdir().unwrap();
        let writer = Writer::start(Store::file(&folder.path().join("hub.db")), Arc::default(), 4).unwrap();
        assert_eq!(writer.change(|_| Ok(7)).await.unwrap(), 7);
        let panics = writer.change(|_| -> Result<(), StoreFault> { unreachable!("as a defect would") }).await;
        assert!(matches!(panics, Err(WriteFault::Fail(_))));
        writer.ended().await;
        assert!(matches!(writer.change(|_| Ok(7)).await, Err(WriteFault::Fail(_))));
    }

    #[tokio::test]
    async fn a_change_that_fails_takes_no_other_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let writer = Writer::start(Store::file(&folder.path().join("hub.db")), Arc::default(), 4).unwrap();
        let fails = writer.change(|db| db.run("INSERT INTO hub VALUES ('no number')", &[]).map(drop));
        let works = writer.change(|db| db.run("INSERT INTO alarm VALUES (1, 0, 7, '')", &[]).map(drop));
        let (fails, works) = (fails.await, works.await);
        assert!(matches!(fails, Err(WriteFault::Fail(_))) && works.is_ok());
    }
}
