//! Simulated devices: one deterministic world, and a handle on it for every trait of `gate_hal`.
//!
//! Promises: no real time, no threads, no randomness: the world moves by [`World::advance`] only, and what happens on
//! the way there (a timer runs out, a person steps in) happens in order and at its own millisecond. Every handle can
//! be cloned: the loop owns one, the journey keeps another to steer and to look. What was shown, sounded and opened
//! is recorded with its virtual time.
//! It must not know: verdicts, pages, the terminal's loop. The ID-card reader is [`crate::sam`] behind the real driver.

mod camera;
mod clock;
mod display;
mod inputs;
mod keys;
mod latch;
mod scanner;
mod signals;
mod switch;
#[cfg(test)]
mod tests;
mod thermometer;
mod torch;

use std::cell::RefCell;
use std::rc::Rc;

use gate_core::time::RtcHealth;
use gate_wire::time::{Millis, Timestamp};

pub use camera::SimCamera;
pub use clock::SimClock;
pub use display::{Drawing, HEIGHT, Shown, SimDisplay, WIDTH};
pub use inputs::SimInputs;
pub use keys::{NoSuchKey, SimKeys};
pub use latch::{Closed, Closing, Opening, Pulse, SimLatch};
pub use scanner::SimScanner;
pub use signals::{SimLamps, SimSounder};
pub use thermometer::SimThermometer;
pub use torch::SimTorch;

/// The world that all handles share.
#[derive(Clone, Debug)]
pub struct World {
    state: Shared,
}

type Shared = Rc<RefCell<State>>;

/// What is true at this moment.
#[derive(Debug)]
struct State {
    now: Millis,
    wall: clock::Wall,
    camera: camera::Lens,
    display: display::Panel,
    lamps: signals::Log,
    sounder: signals::Log,
    latch: latch::Hardware,
    inputs: inputs::Wires,
    keys: keys::Queue,
    scanner: scanner::Tray,
    thermometer: thermometer::Probe,
    torch: torch::Lamp,
}

impl World {
    /// A world at `wall` time with a healthy battery-backed clock, monotonic time 0, every device fitted and idle.
    #[must_use]
    pub fn new(wall: Timestamp) -> Self {
        let state = State {
            now: Millis(0),
            wall: clock::Wall::new(wall),
            camera: camera::Lens::default(),
            display: display::Panel::default(),
            lamps: signals::Log::default(),
            sounder: signals::Log::default(),
            latch: latch::Hardware::default(),
            inputs: inputs::Wires::default(),
            keys: keys::Queue::default(),
            scanner: scanner::Tray::default(),
            thermometer: thermometer::Probe::default(),
            torch: torch::Lamp::default(),
        };
        Self { state: Rc::new(RefCell::new(state)) }
    }

    /// The world after the power was off for `seconds`: monotonic time starts anew and nothing is recorded yet. A
    /// healthy clock went on, right or wrong as it was; a suspect one lost its time and shows 1970.
    #[must_use]
    pub fn after_power_cut(&self, seconds: u64) -> Self {
        match self.clock().reading() {
            Some(wall) if wall.health == RtcHealth::Healthy => Self::new(wall.time.plus(seconds)),
            reading => {
                let world = Self::new(Timestamp::EPOCH);
                world.clock().go_dead();
                if reading.is_none() {
                    world.clock().take_out();
                }
                world
            }
        }
    }

    /// Monotonic time now.
    #[must_use]
    pub fn now(&self) -> Millis {
        self.state.borrow().now
    }

    /// Lets `millis` pass.
    pub fn advance(&self, millis: u64) {
        let mut state = self.state.borrow_mut();
        let until = state.now.plus(millis);
        state.settle();
        while let Some(next) = state.next_event().filter(|next| *next <= until) {
            state.now = next;
            state.settle();
        }
        state.now = until;
        state.settle();
    }

    /// Lets `millis` pass in steps of `step` (at least 1) and calls `each` after every one: where whatever lives
    /// outside of this world is pumped, such as [`crate::sam::SamSimulator::pump`].
    ///
    /// # Errors
    /// The first that `each` gives; the time until then has passed.
    pub fn advance_in_steps<E>(
        &self,
        millis: u64,
        step: u64,
        mut each: impl FnMut(Millis) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut left = millis;
        while left > 0 {
            let stride = left.min(step.max(1));
            self.advance(stride);
            left -= stride;
            each(self.now())?;
        }
        Ok(())
    }

    /// The clocks.
    #[must_use]
    pub fn clock(&self) -> SimClock {
        SimClock::new(&self.state)
    }

    /// The camera.
    #[must_use]
    pub fn camera(&self) -> SimCamera {
        SimCamera::new(&self.state)
    }

    /// The display.
    #[must_use]
    pub fn display(&self) -> SimDisplay {
        SimDisplay::new(&self.state)
    }

    /// The lamps.
    #[must_use]
    pub fn lamps(&self) -> SimLamps {
        SimLamps::new(&self.state)
    }

    /// The loudspeaker.
    #[must_use]
    pub fn sounder(&self) -> SimSounder {
        SimSounder::new(&self.state)
    }

    /// The latch.
    #[must_use]
    pub fn latch(&self) -> SimLatch {
        SimLatch::new(&self.state)
    }

    /// The inputs.
    #[must_use]
    pub fn inputs(&self) -> SimInputs {
        SimInputs::new(&self.state)
    }

    /// The attendant's keys.
    #[must_use]
    pub fn keys(&self) -> SimKeys {
        SimKeys::new(&self.state)
    }

    /// The torch beside the camera.
    #[must_use]
    pub fn torch(&self) -> SimTorch {
        SimTorch::new(&self.state)
    }

    /// The scanner of codes beside the camera.
    #[must_use]
    pub fn scanner(&self) -> SimScanner {
        SimScanner::new(&self.state)
    }

    /// The thermometer.
    #[must_use]
    pub fn thermometer(&self) -> SimThermometer {
        SimThermometer::new(&self.state)
    }
}

impl State {
    /// The next moment at which something happens by itself.
    fn next_event(&self) -> Option<Millis> {
        let events = [self.inputs.next_edge(self.now), self.latch.timer_end()];
        events.into_iter().flatten().filter(|at| *at > self.now).min()
    }

    /// Lets the hardware follow the inputs. A person counts before a timer that ends in the same millisecond.
    fn settle(&mut self) {
        let levels = self.inputs.levels(self.now);
        self.latch.settle(self.now, levels);
    }
}
