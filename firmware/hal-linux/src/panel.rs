//! A panel on a thread of its own, so that no wire to it can hold up the latch, the keys or the card reader: a screen over SPI
//! takes longer than a turn of the loop, and a driver may hang.
//!
//! Promises: [`Display::present`] copies and returns; of several drawings the newest is shown; what changed in those that were
//! left out is shown with it; a panel that cannot tell whether it still shows anything is made to, once a minute, while nothing is to be
//! shown; a panel that fails, or whose driver panics, is tried again twice a second, and then shown everything.
//! It must not know: what is shown.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use gate_core::screen::Screen;
use gate_hal::DeviceFault;
use gate_hal::display::{Area, Display, Pixels};

/// A panel that failed is tried again after this long.
const AGAIN: Duration = Duration::from_millis(500);
/// The thread looks whether anybody still draws this often.
const IDLE: Duration = Duration::from_secs(1);
/// A panel that takes a drawing for this long hangs.
const HUNG: Duration = Duration::from_secs(5);
/// A panel is made sure of this often.
const ASSURED: Duration = Duration::from_secs(60);
/// More areas than this are everything.
const AREAS_MOST: usize = 256;

/// Something that shows pixels, and may take its time.
pub trait Panel {
    /// Shows pixels; opens the device if it is not open, and then shows all of them.
    ///
    /// # Errors
    /// While it cannot be reached. Everything is to be shown anew then.
    fn show(&mut self, pixels: Pixels<'_>) -> Result<(), DeviceFault>;

    /// These pixels are what it shows, as far as anybody knows. A device that may have forgotten that without a word (a controller whose
    /// supply dipped answers nothing) is set up again and shown them.
    ///
    /// # Errors
    /// While it cannot be reached. Everything is to be shown anew then.
    fn assure(&mut self, _pixels: Pixels<'_>) -> Result<(), DeviceFault> {
        Ok(())
    }
}

/// The first that works of two panels: a driver and the one to fall back on.
#[derive(Debug)]
pub struct Either<A, B>(pub A, pub B);

impl<A: Panel, B: Panel> Panel for Either<A, B> {
    fn show(&mut self, pixels: Pixels<'_>) -> Result<(), DeviceFault> {
        let Err(fault) = self.0.show(pixels) else { return Ok(()) };
        // What the other holds is not known.
        let changed = &[pixels.everywhere()];
        self.1.show(Pixels { changed, ..pixels }).map_err(|_| fault)
    }
}

/// A panel and its thread.
pub struct PanelThread {
    size: (usize, usize),
    shared: Arc<Shared>,
}

struct Shared {
    desk: Mutex<Desk>,
    changed: Condvar,
}

/// Between the loop and the thread.
struct Desk {
    rgb565: Vec<u16>,
    changed: Vec<Area>,
    work: Work,
    fault: Option<DeviceFault>,
}

#[derive(Clone, Copy)]
enum Work {
    Done,
    Asked,
    Showing(Instant),
}

impl Shared {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PanelThread {
    /// A panel of this size in pixels.
    ///
    /// # Errors
    /// If there is no thread for it.
    pub fn start(panel: impl Panel + Send + 'static, size: (usize, usize)) -> std::io::Result<PanelThread> {
        PanelThread::assured(panel, size, ASSURED)
    }

    fn assured(
        panel: impl Panel + Send + 'static,
        size: (usize, usize),
        every: Duration,
    ) -> std::io::Result<PanelThread> {
        let desk = Desk { rgb565: Vec::new(), changed: Vec::new(), work: Work::Done, fault: None };
        let shared = Arc::new(Shared { desk: Mutex::new(desk), changed: Condvar::new() });
        let shown = Arc::downgrade(&shared);
        let thread = thread::Builder::new().name("display".to_owned());
        thread.spawn(move || show_all(panel, (size, every), &shown))?;
        Ok(PanelThread { size, shared })
    }
}

impl Display for PanelThread {
    fn size(&self) -> (usize, usize) {
        self.size
    }

    /// The fault of the drawing before, if it had one: this one is shown all the same, once it can be.
    fn present(&mut self, _screen: &Screen, pixels: Pixels<'_>) -> Result<(), DeviceFault> {
        if (pixels.width, pixels.height, pixels.rgb565.len())
            != (self.size.0, self.size.1, self.size.0 * self.size.1)
        {
            return Err(DeviceFault::Refusing);
        }
        let mut desk = self.shared.desk();
        desk.rgb565.clear();
        desk.rgb565.extend_from_slice(pixels.rgb565);
        desk.changed.extend_from_slice(pixels.changed);
        if desk.changed.len() > AREAS_MOST {
            desk.changed = vec![pixels.everywhere()];
        }
        let hung = matches!(desk.work, Work::Showing(since) if since.elapsed() > HUNG);
        if let Work::Done = desk.work {
            desk.work = Work::Asked;
        }
        self.shared.changed.notify_one();
        if hung { Err(DeviceFault::NotAnswering) } else { desk.fault.map_or(Ok(()), Err) }
    }
}

/// Shows what is on the desk until nobody draws any more.
fn show_all(
    mut panel: impl Panel,
    ((width, height), every): ((usize, usize), Duration),
    shown: &Weak<Shared>,
) {
    let everywhere = Area { x: 0, y: 0, width, height };
    let (mut rgb565, mut after, mut assured) = (Vec::new(), After::Drawing, Instant::now());
    while let Some(shared) = shown.upgrade() {
        if after == After::Drawing && !rgb565.is_empty() && assured.elapsed() >= every {
            after = After::Ages;
        }
        let Some(task) = next(&shared, &mut rgb565, after) else { continue };
        let changed = match &task {
            Task::Draw(changed) if after != After::Failure => changed.as_slice(),
            Task::Draw(_) | Task::Assure => core::slice::from_ref(&everywhere),
        };
        let pixels = Pixels { rgb565: &rgb565, width, height, changed };
        let work = || match task {
            Task::Draw(_) => panel.show(pixels),
            Task::Assure => panel.assure(pixels),
        };
        // A driver's mistake is a fault of the screen, not a screen that stands still for ever: everything is shown anew after it.
        let outcome = catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(DeviceFault::NotAnswering));
        if matches!(task, Task::Assure) {
            assured = Instant::now();
        }
        after = if outcome.is_err() { After::Failure } else { After::Drawing };
        let mut desk = shared.desk();
        desk.fault = outcome.err();
        // Drawn meanwhile: shown at once.
        desk.work = if desk.changed.is_empty() { Work::Done } else { Work::Asked };
    }
}

/// What is to be done.
enum Task {
    /// The newest drawing, of which this changed.
    Draw(Vec<Area>),
    /// Nothing was drawn: the panel is made sure of.
    Assure,
}

/// What the thread comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    /// All is shown.
    Drawing,
    /// A panel that failed: it is tried again.
    Failure,
    /// So long a time that the panel is to be made sure of, if nothing is to be shown.
    Ages,
}

/// The newest drawing, after a failure the last one again, when it is time. `None` if nothing is to be done yet.
fn next(shared: &Shared, rgb565: &mut Vec<u16>, after: After) -> Option<Task> {
    let desk = shared.desk();
    let mut desk = match (after, desk.work) {
        (After::Failure, _) => wait(shared, desk, AGAIN),
        (After::Ages, _) | (After::Drawing, Work::Asked) => desk,
        (After::Drawing, _) => wait(shared, desk, IDLE),
    };
    let asked = matches!(desk.work, Work::Asked);
    if after == After::Drawing && !asked {
        return None;
    }
    if !desk.rgb565.is_empty() {
        std::mem::swap(&mut desk.rgb565, rgb565);
        desk.rgb565.clear();
    }
    desk.work = Work::Showing(Instant::now());
    let changed = std::mem::take(&mut desk.changed);
    Some(if after == After::Ages && !asked { Task::Assure } else { Task::Draw(changed) })
}

fn wait<'a>(shared: &'a Shared, desk: MutexGuard<'a, Desk>, pause: Duration) -> MutexGuard<'a, Desk> {
    shared.changed.wait_timeout(desk, pause).unwrap_or_else(PoisonError::into_inner).0
}

#[cfg(test)]
mod tests;
