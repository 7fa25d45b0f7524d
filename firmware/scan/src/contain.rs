//! Keeps a panic of the decoder inside the decoder.
//!
//! rqrr 0.11 panics on real photographs (an assert in its geometry, see SECURITY): anyone could end the
//! terminal by showing a picture. Promises: a contained panic costs its result and nothing else, and prints
//! nothing; panics of all other threads and of all other code are reported as before.
//! Must not know: what is run inside.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// The decoder panicked and was contained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Panicked;

/// Runs `work`; a panic in it becomes [`Panicked`]. What `work` changed before it panicked stays changed: hand
/// in nothing that outlives the call half made.
pub(crate) fn contain<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    let outer = CONTAINED.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    CONTAINED.set(outer);
    result.map_err(|_| Panicked)
}

/// Puts a hook before the present one, once a process, that says nothing about contained panics.
///
/// A hook is the only way: it runs before the unwinding, and without it every hostile frame would write a
/// report to the log.
pub(crate) fn silence_contained_panics() {
    static ONCE: Once = Once::new();
    // Changing the hook while this thread unwinds would itself panic.
    if std::thread::panicking() {
        return;
    }
    ONCE.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !CONTAINED.try_with(Cell::get).unwrap_or(false) {
                report(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_inside_is_a_value_and_the_thread_goes_on() {
        silence_contained_panics();
        assert_eq!(contain(|| -> u8 { panic!("inside") }), Err(Panicked));
        assert_eq!(contain(|| 7), Ok(7));
    }

    #[test]
    fn containment_ends_with_the_work_even_after_a_panic() {
        silence_contained_panics();
        let inner = contain(|| {
            let _ = contain(|| panic!("deepest"));
            CONTAINED.get()
        });
        assert_eq!(inner, Ok(true), "the outer work is still contained");
        assert!(!CONTAINED.get(), "later panics of this thread are reported again");
    }

    #[test]
    fn another_thread_is_not_contained_with_this_one() {
        let other = contain(|| std::thread::spawn(|| CONTAINED.get()).join().unwrap());
        assert_eq!(other, Ok(false));
    }
}
