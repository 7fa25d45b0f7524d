//! Errands on a thread of their own: reading a disk that may hang, looking through a list.
//! Promises: the loop waits for nothing; one errand is out at a time, and who is sent meanwhile is told so; one that never comes back
//! holds up only the next ones of its kind; whoever goes again and again is one thread.
//! Must not know: what is fetched.

use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;

/// The priority behind everything else.
const LAST: i32 = 19;

/// What is to be fetched.
type Task<T> = Box<dyn FnOnce() -> T + Send>;

/// Somebody who is sent for a `T`, once or again and again; hired when first sent.
#[derive(Debug)]
pub(crate) struct Errand<T> {
    hired: Option<(Sender<Task<T>>, Receiver<T>)>,
    is_out: bool,
}

/// What sending came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// They are on their way.
    Yes,
    /// They were out already: this was not begun.
    Busy,
}

impl<T> Default for Errand<T> {
    fn default() -> Self {
        Errand { hired: None, is_out: false }
    }
}

impl<T: Send + 'static> Errand<T> {
    /// Whether somebody is out.
    pub(crate) fn is_out(&self) -> bool {
        self.is_out
    }

    /// Sends them, unless they are out.
    ///
    /// # Errors
    /// If the system gives no thread, or theirs is lost: another is hired the next time.
    pub(crate) fn send(
        &mut self,
        name: &str,
        fetch: impl FnOnce() -> T + Send + 'static,
    ) -> std::io::Result<Sent> {
        if self.is_out {
            return Ok(Sent::Busy);
        }
        let (tasks, _) = match self.hired.take() {
            Some(hired) => self.hired.insert(hired),
            None => self.hired.insert(hire(name)?),
        };
        if tasks.send(Box::new(fetch)).is_err() {
            self.hired = None;
            return Err(std::io::Error::other("the thread for it is lost"));
        }
        self.is_out = true;
        Ok(Sent::Yes)
    }

    /// What was fetched, once. One who is lost is replaced the next time.
    pub(crate) fn back(&mut self) -> Option<T> {
        let (_, fetched) = self.hired.as_ref()?;
        match fetched.try_recv() {
            Ok(fetched) => {
                self.is_out = false;
                Some(fetched)
            }
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => {
                (self.hired, self.is_out) = (None, false);
                None
            }
        }
    }
}

/// Works until nobody can send them any more.
fn hire<T: Send + 'static>(name: &str) -> std::io::Result<(Sender<Task<T>>, Receiver<T>)> {
    let (tasks, asked) = channel::<Task<T>>();
    let (give, take) = channel();
    let working = move || {
        // Linux counts this by thread: what is fetched waits for passages, and not they for it.
        let _ = rustix::process::nice(LAST);
        while let Ok(fetch) = asked.recv() {
            if give.send(fetch()).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name(name.into()).spawn(working)?;
    Ok((tasks, take))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fetched<T: Send + 'static>(errand: &mut Errand<T>) -> T {
        std::iter::from_fn(|| Some(errand.back())).find_map(|fetched| fetched).unwrap()
    }

    #[test]
    fn who_goes_again_and_again_is_one_thread() {
        let mut errand = Errand::default();
        let who = || thread::current().id();
        errand.send("first", who).unwrap();
        let first = fetched(&mut errand);
        for _ in 0..10 {
            assert_eq!(errand.send("again", who).unwrap(), Sent::Yes);
            assert_eq!(fetched(&mut errand), first);
        }
    }

    #[test]
    fn one_who_never_comes_back_is_forgotten_and_replaced() {
        let mut errand = Errand::<u8>::default();
        errand.send("lost", || std::panic::resume_unwind(Box::new("lost"))).unwrap();
        while errand.is_out() {
            assert_eq!(errand.back(), None);
        }
        assert_eq!(errand.send("next", || 2).unwrap(), Sent::Yes);
        assert_eq!(fetched(&mut errand), 2);
    }

    #[test]
    fn one_is_out_at_a_time_and_what_is_fetched_is_given_once() {
        let mut errand = Errand::default();
        let (go, gate) = channel::<()>();
        errand.send("first", move || gate.recv().map(|()| 1)).unwrap();
        assert!(errand.is_out() && errand.back().is_none());
        assert_eq!(errand.send("second", || Ok(2)).unwrap(), Sent::Busy, "and is told so");
        go.send(()).unwrap();
        assert_eq!(fetched(&mut errand), Ok(1), "the second was not sent");
        assert!(!errand.is_out() && errand.back().is_none());
    }
}
