//! One thread that writes: many requests' changes in one commit, one sync.
//! Promises: whoever waits is told after the commit was synced, or that it failed; a change that fails takes no other with it;
//! the queue has a bound, and who finds it full is told at once; when the thread ends, whatever ended it, that is known.
//! Must not know: what is changed.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

use rusqlite::{Connection, Error, TransactionBehavior};
use tokio::sync::{oneshot, watch};

use crate::metrics::Metrics;
use crate::store::{self, StoreFault};

/// Changes of one commit at most.
const TOGETHER: usize = 64;

/// Why a change did not happen.
#[derive(Debug, thiserror::Error)]
pub enum WriteFault {
    /// Too many wait already.
    #[error("too many changes wait")]
    Full,
    /// The writer is gone, or the database refuses.
    #[error("the change failed: {0}")]
    Fail(String),
}

/// Says after the commit how it went.
type Told = Box<dyn FnOnce(Result<(), String>) + Send>;
type Change = Box<dyn FnOnce(&Connection) -> Result<Told, (Error, Told)> + Send>;

/// Where changes are handed in.
pub struct Writer {
    queue: SyncSender<Change>,
    metrics: Arc<Metrics>,
    alive: watch::Receiver<()>,
}

impl Writer {
    /// Opens the database at `path` and starts the thread; at most `most` changes of at most 64 KiB each wait for it.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn start(path: &Path, metrics: Arc<Metrics>, most: usize) -> Result<Writer, StoreFault> {
        let db = store::open(path)?;
        let (queue, changes) = sync_channel(most);
        let counted = Arc::clone(&metrics);
        let (lives, alive) = watch::channel(());
        thread::spawn(move || {
            // Dropped with the thread's stack: at its end, and when a change panics.
            let _lives = lives;
            write(db, &changes, &counted);
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
        what: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
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
        match answer.await {
            Ok(Ok(given)) => Ok(given),
            Ok(Err(reason)) => Err(WriteFault::Fail(reason)),
            Err(_) => Err(WriteFault::Fail("the writer ended".into())),
        }
    }
}

fn write(mut db: Connection, changes: &Receiver<Change>, metrics: &Metrics) {
    while let Ok(first) = changes.recv() {
        let mut together = vec![first];
        together.extend(changes.try_iter().take(TOGETHER - 1));
        metrics.waiting.down(together.len() as u64);
        let (told, done) = commit(&mut db, together);
        metrics.commits.up();
        told.into_iter().for_each(|told| told(done.clone()));
    }
}

/// Everything in one transaction, each in its own savepoint.
fn commit(db: &mut Connection, changes: Vec<Change>) -> (Vec<Told>, Result<(), String>) {
    let mut told = Vec::new();
    let run = || -> Result<(), Error> {
        let mut transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for change in changes {
            let savepoint = transaction.savepoint()?;
            match change(&savepoint) {
                Ok(one) => {
                    savepoint.commit()?;
                    told.push(one);
                }
                Err((error, one)) => {
                    drop(savepoint);
                    one(Err(error.to_string()));
                }
            }
        }
        transaction.commit()
    };
    let done = run().map_err(|error| error.to_string());
    (told, done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_thread_that_ends_is_known_to_have_ended() {
        let folder = tempfile::tempdir().unwrap();
        let writer = Writer::start(&folder.path().join("hub.db"), Arc::default(), 4).unwrap();
        assert_eq!(writer.change(|_| Ok(7)).await.unwrap(), 7);
        let panics = writer.change(|_| -> Result<(), Error> { unreachable!("as a defect would") }).await;
        assert!(matches!(panics, Err(WriteFault::Fail(_))));
        writer.ended().await;
        assert!(matches!(writer.change(|_| Ok(7)).await, Err(WriteFault::Fail(_))));
    }

    #[tokio::test]
    async fn a_change_that_fails_takes_no_other_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let writer = Writer::start(&folder.path().join("hub.db"), Arc::default(), 4).unwrap();
        let fails = writer.change(|db| db.execute("INSERT INTO hub VALUES ('no number')", []).map(drop));
        let works = writer.change(|db| db.execute("INSERT INTO alarm VALUES (1, 0, 7, '')", []).map(drop));
        let (fails, works) = (fails.await, works.await);
        assert!(matches!(fails, Err(WriteFault::Fail(_))) && works.is_ok());
    }
}
