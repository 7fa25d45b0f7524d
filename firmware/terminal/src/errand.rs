//! One errand at a time on a thread of its own: reading a disk that may hang, looking through a list.
//! Promises: the loop waits for nothing; an errand that never comes back holds up only the next one of its kind; a messenger, who
//! goes again and again, is one thread.
//! Must not know: what is fetched.

use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
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

/// What a messenger is to fetch.
type Task<T> = Box<dyn FnOnce() -> T + Send>;

/// Somebody who is sent for a `T` again and again; hired when first sent.
#[derive(Debug)]
pub(crate) struct Messenger<T> {
    hired: Option<(Sender<Task<T>>, Receiver<T>)>,
    is_out: bool,
}

impl<T> Default for Messenger<T> {
    fn default() -> Self {
        Messenger { hired: None, is_out: false }
    }
}

impl<T: Send + 'static> Messenger<T> {
    /// Sends them, unless they are out.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(crate) fn send(
        &mut self,
        name: &str,
        fetch: impl FnOnce() -> T + Send + 'static,
    ) -> std::io::Result<()> {
        if self.is_out {
            return Ok(());
        }
        let (tasks, _) = match self.hired.take() {
            Some(hired) => self.hired.insert(hired),
            None => self.hired.insert(hire(name)?),
        };
        self.is_out = tasks.send(Box::new(fetch)).is_ok();
        if !self.is_out {
            self.hired = None;
        }
        Ok(())
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

    fn fetched<T: Send + 'static>(messenger: &mut Messenger<T>) -> T {
        std::iter::from_fn(|| Some(messenger.back())).find_map(|fetched| fetched).unwrap()
    }

    #[test]
    fn a_messenger_is_one_thread_who_goes_again_and_again() {
        let mut messenger = Messenger::default();
        let who = || thread::current().id();
        messenger.send("first", who).unwrap();
        let first = fetched(&mut messenger);
        for _ in 0..10 {
            messenger.send("again", who).unwrap();
            assert_eq!(fetched(&mut messenger), first);
        }
    }

    #[test]
    fn a_messenger_who_is_lost_is_replaced() {
        let mut messenger = Messenger::<u8>::default();
        messenger.send("lost", || std::panic::resume_unwind(Box::new("lost"))).unwrap();
        while messenger.hired.is_some() {
            assert_eq!(messenger.back(), None);
        }
        messenger.send("next", || 2).unwrap();
        assert_eq!(fetched(&mut messenger), 2);
    }

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
