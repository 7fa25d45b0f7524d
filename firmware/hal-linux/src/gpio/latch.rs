//! The latch on a line, with a timer of its own.
//!
//! Promises: the line is active only until the time that was given last, whatever the passage loop does meanwhile: a thread
//! that does nothing else lets it go; a line that cannot be let go is tried again ten times a second; at the start and at the
//! end the latch is closed. While the fire input is active it is open. Without its thread it does not open: nothing would close it.
//! What a thread cannot promise: a process that is stopped (SIGSTOP) stops with all of its threads until the supervisor ends it,
//! and what a line does when its process has ended is the chip's choice. [`PulsedLatch`](crate::pulsed_latch::PulsedLatch) leaves the timer to
//! the kernel; a monostable relay leaves it to hardware. Fire releases the latch by its own contact in any case (DOMAIN §20).
//! It must not know: why it opens.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use gate_core::decide::LaneOpen;
use gate_core::record::Permit;
use gate_hal::DeviceFault;
use gate_hal::inputs::Level;
use gate_hal::latch::{Latch, STAY_OPEN};
use gate_wire::time::Millis;

use super::Output;
use crate::fire_release::{FireRelease, HeedFire};

/// A line that could not be switched is tried again after this long.
const AGAIN: Duration = Duration::from_millis(100);
/// The thread looks whether anybody still has a latch this often, and tells the line again what it is to be: a chip that was lost and
/// came back knows nothing of it.
const IDLE: Duration = Duration::from_secs(1);

/// When a latch is open; times are since it was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timer {
    until: Until,
    fire: Level,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Until {
    Closed,
    At(Duration),
}

impl Timer {
    pub(crate) fn closed() -> Timer {
        Timer { until: Until::Closed, fire: Level::Inactive }
    }

    /// Opens until `now + at_most`, or longer if that was said before.
    pub(crate) fn open(&mut self, now: Duration, at_most: Millis) {
        let until = now + Duration::from_millis(at_most.0);
        self.until = match self.until {
            Until::At(before) => Until::At(before.max(until)),
            Until::Closed => Until::At(until),
        };
    }

    /// As [`Timer::open`], for a latch that is open.
    pub(crate) fn hold(&mut self, now: Duration, at_most: Millis) {
        if matches!(self.until, Until::At(until) if until > now) {
            self.open(now, at_most);
        }
    }

    /// As [`Timer::open`], for as long as somebody asks again: half of it may have passed without a change.
    pub(crate) fn keep_open(&mut self, now: Duration, length: Millis) {
        let enough = now + Duration::from_millis(length.0 / 2);
        if !matches!(self.until, Until::At(until) if until >= enough) {
            self.open(now, length);
        }
    }

    pub(crate) fn level(&self, now: Duration) -> Level {
        let open = match self.until {
            _ if self.fire == Level::Active => true,
            Until::Closed => false,
            Until::At(until) => now < until,
        };
        if open { Level::Active } else { Level::Inactive }
    }

    /// When it closes, if it is to.
    pub(crate) fn closes_in(&self, now: Duration) -> Option<Duration> {
        match self.until {
            Until::At(until) if self.level(now) == Level::Active => Some(until.saturating_sub(now)),
            _ => None,
        }
    }
}

/// A latch on a line.
pub struct TimedLatch<L: Output + 'static> {
    shared: Arc<Shared<L>>,
    timer: JoinHandle<()>,
}

struct Shared<L> {
    inner: Mutex<Inner<L>>,
    changed: Condvar,
    began: Instant,
    idle: Duration,
}

struct Inner<L> {
    line: L,
    timer: Timer,
    /// What the line was last told, if it took it.
    applied: Option<Level>,
    /// Whether it took what it was told last.
    taken: Result<(), DeviceFault>,
}

impl<L: Output> Inner<L> {
    /// Brings the line to what the timer says.
    fn apply(&mut self, now: Duration) -> Result<(), DeviceFault> {
        let wanted = self.timer.level(now);
        if self.applied == Some(wanted) {
            return Ok(());
        }
        self.taken = self.line.set(wanted);
        self.applied = self.taken.is_ok().then_some(wanted);
        self.taken
    }
}

impl<L: Output> Shared<L> {
    fn lock(&self) -> MutexGuard<'_, Inner<L>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the timer, and the line with it. An opening that the line does not take is void, not done later; who was let in before keeps
    /// what is left of their time.
    fn change(&self, change: impl FnOnce(&mut Timer, Duration)) -> Result<(), DeviceFault> {
        let mut inner = self.lock();
        let (now, before) = (self.began.elapsed(), inner.timer.until);
        change(&mut inner.timer, now);
        let done = inner.apply(now);
        if done.is_err() && inner.timer.until != Until::Closed {
            inner.timer.until = before;
        }
        self.changed.notify_all();
        done
    }

    /// Waits until something is to be done, and does it.
    fn tend(&self) {
        let mut inner = self.lock();
        let now = self.began.elapsed();
        let pause = match inner.apply(now) {
            Err(_) => AGAIN,
            Ok(()) => inner.timer.closes_in(now).unwrap_or(self.idle).min(self.idle),
        };
        let (mut inner, waited) =
            self.changed.wait_timeout(inner, pause).unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() && pause == self.idle {
            inner.applied = None;
        }
    }
}

impl<L: Output> HeedFire for Shared<L> {
    fn heed(&self, fire: Level) {
        if self.lock().timer.fire != fire {
            // A line that does not follow is tried again by the thread.
            let _ = self.change(|timer, _| timer.fire = fire);
        }
    }
}

impl<L: Output> TimedLatch<L> {
    /// The latch on this line, closed.
    ///
    /// # Errors
    /// If there is no thread for its timer: without one it must not open.
    pub fn start(line: L) -> std::io::Result<Self> {
        Self::start_telling(line, IDLE)
    }

    /// As [`TimedLatch::start`]; a line at rest is told again so often.
    fn start_telling(line: L, idle: Duration) -> std::io::Result<Self> {
        let inner = Mutex::new(Inner { line, timer: Timer::closed(), applied: None, taken: Ok(()) });
        let shared = Arc::new(Shared { inner, changed: Condvar::new(), began: Instant::now(), idle });
        let tended = Arc::downgrade(&shared);
        let timer = thread::Builder::new().name("latch".to_owned()).spawn(move || {
            while let Some(shared) = tended.upgrade() {
                shared.tend();
            }
        })?;
        Ok(TimedLatch { shared, timer })
    }

    /// For the inputs: what follows the fire input.
    #[must_use]
    pub fn fire_release(&self) -> FireRelease {
        let weak: Weak<Shared<L>> = Arc::downgrade(&self.shared);
        FireRelease::of(weak)
    }

    /// Tells the line, though it be open as far as we know: its chip may have been lost since, and nobody is sent to a shut gate.
    fn open_for(&self, at_most: Millis) -> Result<(), DeviceFault> {
        self.shared.lock().applied = None;
        self.prolong(|timer, now| timer.open(now, at_most))
    }

    fn hold_for(&self, at_most: Millis) -> Result<(), DeviceFault> {
        self.prolong(|timer, now| timer.hold(now, at_most))
    }

    fn keep_open(&self) -> Result<(), DeviceFault> {
        self.prolong(|timer, now| timer.keep_open(now, STAY_OPEN))
    }

    fn shut(&self) -> Result<(), DeviceFault> {
        self.shared.change(|timer, _| timer.until = Until::Closed)
    }

    /// What a thread is needed for that ends it.
    fn prolong(&self, change: impl FnOnce(&mut Timer, Duration)) -> Result<(), DeviceFault> {
        if self.timer.is_finished() {
            self.shut()?;
            return Err(DeviceFault::NotAnswering);
        }
        self.shared.change(change)
    }
}

impl<L: Output> Latch for TimedLatch<L> {
    fn open(&mut self, _permit: Permit, at_most: Millis) -> Result<(), DeviceFault> {
        self.open_for(at_most)
    }

    fn hold(&mut self, at_most: Millis) -> Result<(), DeviceFault> {
        self.hold_for(at_most)
    }

    fn close(&mut self) -> Result<(), DeviceFault> {
        self.shut()
    }

    fn stay_open(&mut self, _mode: LaneOpen) -> Result<(), DeviceFault> {
        self.keep_open()
    }

    /// What its thread heard when it told the line again.
    fn health(&mut self) -> Result<(), DeviceFault> {
        if self.timer.is_finished() { Err(DeviceFault::NotAnswering) } else { self.shared.lock().taken }
    }
}

impl<L: Output> Drop for TimedLatch<L> {
    fn drop(&mut self) {
        let _ = self.shut();
    }
}

#[cfg(test)]
mod tests;
