//! A journal on its way to being open, on a thread of its own: one that is large, damaged or on a slow disk takes minutes to be looked
//! through, and one whose disk is not there yet opens later or never.
//! Promises: nobody waits for it; what cannot be opened is tried again after pauses that double from 5 s to 5 min, one try at a time;
//! what opened is handed over once. Must not know: what a screen is, who is served meanwhile.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;

use anyhow::anyhow;
use gate_wire::time::Millis;

use crate::book::Book;

/// The first pause and the longest.
const PAUSE_MS: u64 = 5_000;
const PAUSE_MOST_MS: u64 = 300_000;

/// What a try gives.
pub(crate) type Tried = anyhow::Result<Box<dyn Book + Send>>;
/// How a journal is opened.
pub(crate) type Open = Arc<dyn Fn() -> Tried + Send + Sync>;

/// A journal that is not open yet.
pub(crate) struct JournalStart {
    open: Open,
    pause: u64,
    stands: Stands,
}

enum Stands {
    Tried(Receiver<Tried>),
    Rests { until: Millis },
    Opened(Box<dyn Book + Send>),
}

/// What a look found.
#[derive(Debug)]
pub(crate) enum Found {
    /// It is being opened, or will be tried again.
    Nothing,
    /// It is open: [`JournalStart::take`] it.
    Opened,
    /// It could not be opened just now, and will be tried again.
    Failed(anyhow::Error),
}

impl JournalStart {
    /// A journal that this opens; the first look begins to.
    pub(crate) fn by(open: Open) -> JournalStart {
        JournalStart { open, pause: PAUSE_MS, stands: Stands::Rests { until: Millis(0) } }
    }

    /// Looks how it is, and tries if it is time.
    pub(crate) fn look(&mut self, now: Millis) -> Found {
        match &mut self.stands {
            Stands::Opened(_) => return Found::Opened,
            Stands::Rests { until } if now < *until => return Found::Nothing,
            Stands::Rests { .. } => match tried(Arc::clone(&self.open)) {
                Ok(trying) => self.stands = Stands::Tried(trying),
                Err(cause) => return self.rest(cause.into(), now),
            },
            Stands::Tried(_) => {}
        }
        let Stands::Tried(trying) = &self.stands else { return Found::Nothing };
        match trying.try_recv() {
            Ok(Ok(book)) => {
                self.stands = Stands::Opened(book);
                Found::Opened
            }
            Ok(Err(cause)) => self.rest(cause, now),
            Err(TryRecvError::Empty) => Found::Nothing,
            Err(TryRecvError::Disconnected) => self.rest(anyhow!("opening the journal panicked"), now),
        }
    }

    fn rest(&mut self, cause: anyhow::Error, now: Millis) -> Found {
        self.stands = Stands::Rests { until: now.plus(self.pause) };
        self.pause = (self.pause * 2).min(PAUSE_MOST_MS);
        Found::Failed(cause)
    }

    /// The journal, if it is open.
    pub(crate) fn book(&self) -> Option<&dyn Book> {
        match &self.stands {
            Stands::Opened(book) => Some(book.as_ref()),
            Stands::Tried(_) | Stands::Rests { .. } => None,
        }
    }

    /// The journal, if it is open, or itself.
    pub(crate) fn take(self) -> Result<Box<dyn Book>, JournalStart> {
        match self.stands {
            Stands::Opened(book) => Ok(book),
            stands => Err(JournalStart { stands, ..self }),
        }
    }
}

fn tried(open: Open) -> std::io::Result<Receiver<Tried>> {
    let (give, take) = channel();
    // Nobody is there any more: the book is closed again.
    let trying = move || drop(give.send(open()));
    thread::Builder::new().name("journal start".to_owned()).spawn(trying)?;
    Ok(take)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::book::NoBook;

    /// Looks until something is found.
    fn found(start: &mut JournalStart, now: u64) -> Found {
        loop {
            match start.look(Millis(now)) {
                Found::Nothing => thread::yield_now(),
                found => return found,
            }
        }
    }

    #[test]
    fn a_journal_that_cannot_be_opened_is_tried_again_after_pauses_that_double_until_it_can() {
        let tries = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&tries);
        let mut start = JournalStart::by(Arc::new(move || match counted.fetch_add(1, Ordering::Relaxed) {
            8 => Ok(Box::new(NoBook::default())),
            1 => panic!("the second try panics, as this test wants it"),
            _ => Err(anyhow!("no such disk")),
        }));
        let mut now = 0;
        for (try_, pause) in [5, 10, 20, 40, 80, 160, 300, 300].into_iter().enumerate() {
            assert!(matches!(found(&mut start, now), Found::Failed(_)), "try {try_}");
            assert!(matches!(start.look(Millis(now + pause * 1_000 - 1)), Found::Nothing));
            assert_eq!(tries.load(Ordering::Relaxed), try_ + 1);
            now += pause * 1_000;
        }
        assert!(matches!(found(&mut start, now), Found::Opened));
        assert!(start.take().is_ok());
    }

    #[test]
    fn a_journal_that_is_slow_to_open_holds_up_no_look_and_is_opened_once() {
        let (let_go, lets_go) = channel::<()>();
        let (tries, waits) = (Arc::new(AtomicUsize::new(0)), Mutex::new(lets_go));
        let counted = Arc::clone(&tries);
        let mut start = JournalStart::by(Arc::new(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            waits.lock().unwrap().recv()?;
            Ok(Box::new(NoBook::default()))
        }));
        for now in (0..600_000).step_by(1_000) {
            assert!(matches!(start.look(Millis(now)), Found::Nothing));
        }
        let_go.send(()).unwrap();
        assert!(matches!(found(&mut start, 600_000), Found::Opened));
        assert_eq!(tries.load(Ordering::Relaxed), 1);
    }
}
