//! One errand at a time on a thread of its own: reading a disk that may hang, looking through a list.
//! Promises: the loop waits for nothing; an errand that never comes back holds up only the next one of its kind.
//! Must not know: what is fetched.

use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;

/// The priority behind everything else.
const LAST: i32 = 19;

/// Somebody sent for a `T`.
#[derive(Debug)]
pub(crate) struct Errand<T> {
    out: Option<Receiver<T>>,
}

impl<T> Default for Errand<T> {
    fn default() -> Self {
        Errand { out: None }
    }
}

impl<T: Send + 'static> Errand<T> {
    /// Whether somebody is out.
    pub(crate) fn is_out(&self) -> bool {
        self.out.is_some()
    }

    /// Sends somebody, unless somebody is out.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(crate) fn send(
        &mut self,
        name: &str,
        fetch: impl FnOnce() -> T + Send + 'static,
    ) -> std::io::Result<()> {
        if self.is_out() {
            return Ok(());
        }
        let (give, take) = channel();
        let going = move || {
            // Linux counts this by thread: what is fetched waits for passages, and not they for it.
            let _ = rustix::process::nice(LAST);
            // Nobody waits any more when the terminal stops.
            let _ = give.send(fetch());
        };
        thread::Builder::new().name(name.into()).spawn(going)?;
        self.out = Some(take);
        Ok(())
    }

    /// What was fetched, once.
    pub(crate) fn back(&mut self) -> Option<T> {
        match self.out.as_ref()?.try_recv() {
            Ok(fetched) => {
                self.out = None;
                Some(fetched)
            }
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => {
                self.out = None;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_out_at_a_time_and_what_is_fetched_is_given_once() {
        let mut errand = Errand::default();
        let (go, gate) = channel::<()>();
        errand.send("first", move || gate.recv().map(|()| 1)).unwrap();
        assert!(errand.is_out() && errand.back().is_none());
        errand.send("second", || Ok(2)).unwrap();
        go.send(()).unwrap();
        let fetched = std::iter::from_fn(|| Some(errand.back())).find_map(|fetched| fetched);
        assert_eq!(fetched, Some(Ok(1)), "the second was not sent");
        assert!(!errand.is_out() && errand.back().is_none());
    }

    #[test]
    fn one_who_never_comes_back_is_forgotten() {
        let mut errand = Errand::<u8>::default();
        let lost = || std::panic::resume_unwind(Box::new("lost"));
        errand.send("lost", lost).unwrap();
        while errand.is_out() {
            assert_eq!(errand.back(), None);
        }
    }
}
