//! One thread that owns something slow, asked by a caller that will not wait for ever (DESIGN §4: 500 ms).
//! Promises: jobs run one after the other, in order; the caller comes back in time whatever the disk does.
//! Must not know: what the jobs do.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;
use std::{io, mem};

type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

/// The thread and the way to it.
pub(crate) struct Worker<S> {
    jobs: Option<Sender<Job<S>>>,
    outstanding: Arc<Outstanding>,
    /// Disconnected when the thread has let go of what it owned.
    ended: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

/// How long dropping waits for the thread to close its files.
const GOODBYE: Duration = Duration::from_secs(2);

/// What asking gave.
pub(crate) enum Asked<R> {
    /// In time.
    Answered(R),
    /// Not in time. The job goes on; its answer will arrive here.
    Late(Receiver<R>),
    /// The thread is gone: a bug in a job.
    Gone,
}

#[derive(Default)]
struct Outstanding {
    count: Mutex<usize>,
    fell: Condvar,
}

impl Outstanding {
    fn lock(&self) -> MutexGuard<'_, usize> {
        // A count stays a count, whoever panicked holding it.
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn raise(&self) {
        *self.lock() += 1;
    }

    /// Lowers the count and sends the answer in one: who sees either sees both.
    fn lower(&self, send: impl FnOnce()) {
        let mut count = self.lock();
        *count = count.saturating_sub(1);
        send();
        self.fell.notify_all();
    }
}

impl<S: Send + 'static> Worker<S> {
    pub(crate) fn start(name: &str, mut state: S) -> io::Result<Self> {
        let (jobs, inbox) = channel::<Job<S>>();
        let (running, ended) = channel::<()>();
        let thread = Builder::new().name(name.to_owned()).spawn(move || {
            while let Ok(job) = inbox.recv() {
                job(&mut state);
            }
            drop(state);
            drop(running);
        })?;
        Ok(Worker { jobs: Some(jobs), outstanding: Arc::default(), ended, thread: Some(thread) })
    }

    /// Runs `job` on the thread and waits at most `wait` for its answer.
    pub(crate) fn ask<R: Send + 'static>(
        &self,
        wait: Duration,
        job: impl FnOnce(&mut S) -> R + Send + 'static,
    ) -> Asked<R> {
        let (answer, answered) = channel();
        let outstanding = Arc::clone(&self.outstanding);
        let boxed: Job<S> = Box::new(move |state| {
            let result = job(state);
            // Nobody may be waiting any more; then the answer is nobody's.
            outstanding.lower(|| drop(answer.send(result)));
        });
        self.outstanding.raise();
        if self.jobs.as_ref().is_none_or(|jobs| jobs.send(boxed).is_err()) {
            return Asked::Gone;
        }
        match answered.recv_timeout(wait) {
            Ok(result) => Asked::Answered(result),
            Err(RecvTimeoutError::Timeout) => Asked::Late(answered),
            Err(RecvTimeoutError::Disconnected) => Asked::Gone,
        }
    }

    /// Waits at most `wait` until nothing is outstanding; whether that is so.
    pub(crate) fn becomes_free(&self, wait: Duration) -> bool {
        let count = self.outstanding.lock();
        let waited = self.outstanding.fell.wait_timeout_while(count, wait, |count| *count > 0);
        *waited.unwrap_or_else(PoisonError::into_inner).0 == 0
    }
}

impl<S> Drop for Worker<S> {
    /// Lets the thread end and waits a little for it to close its files: a dead disk cannot hang the shutdown.
    fn drop(&mut self) {
        drop(mem::take(&mut self.jobs));
        let busy = *self.outstanding.lock() > 0;
        let wait = if busy { Duration::ZERO } else { GOODBYE };
        let ended = matches!(self.ended.recv_timeout(wait), Err(RecvTimeoutError::Disconnected));
        if let Some(thread) = self.thread.take().filter(|_| ended) {
            // A panic of the thread was already answered with `Gone`.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_late_answer_still_arrives() {
        let worker = Worker::start("test", 0_u32).unwrap();
        let (release, held) = channel::<()>();
        let asked = worker.ask(Duration::ZERO, move |n| {
            held.recv().unwrap();
            *n += 1;
            *n
        });
        let Asked::Late(answer) = asked else { panic!("the job was held back") };
        assert!(!worker.becomes_free(Duration::ZERO));
        release.send(()).unwrap();
        assert!(worker.becomes_free(LONG));
        assert_eq!(answer.try_recv(), Ok(1));
        assert!(matches!(worker.ask(LONG, |n| *n), Asked::Answered(1)));
    }

    #[test]
    fn a_worker_that_died_says_so() {
        let worker = Worker::start("test", ()).unwrap();
        assert!(matches!(worker.ask(LONG, |()| panic!("a bug")), Asked::Gone));
        assert!(matches!(worker.ask(LONG, |()| ()), Asked::Gone));
        assert!(!worker.becomes_free(Duration::ZERO));
    }
}
