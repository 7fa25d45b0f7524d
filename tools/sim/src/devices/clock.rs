//! The clocks of the world: a monotonic one that only [`super::World::advance`] moves, and a battery-backed one that
//! can be dead, wrong or set back.
//! Must not know: what is made of a wrong clock (`gate_core::time`).

use std::rc::Rc;

use gate_core::time::RtcHealth;
use gate_hal::DeviceFault;
use gate_hal::clock::{Clock, Lasts, WallReading};
use gate_wire::time::{Millis, Timestamp};

use super::Shared;
use super::switch::Switch;

/// The battery-backed clock: a time that was right at a monotonic instant, and goes on from there.
#[derive(Debug)]
pub(super) struct Wall {
    time: Timestamp,
    at: Millis,
    health: RtcHealth,
    fitted: Fitted,
    switch: Switch,
    sets: Vec<Timestamp>,
    lasts: Lasts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fitted {
    Yes,
    No,
}

impl Wall {
    /// A healthy clock that shows `time` at monotonic 0.
    pub(super) fn new(time: Timestamp) -> Self {
        Self {
            time,
            at: Millis(0),
            health: RtcHealth::Healthy,
            fitted: Fitted::Yes,
            switch: Switch::default(),
            sets: Vec::new(),
            lasts: Lasts::WithoutPower,
        }
    }

    fn now(&self, mono: Millis) -> Timestamp {
        self.time.plus(mono.since(self.at).0 / 1_000)
    }

    fn set(&mut self, time: Timestamp, mono: Millis) {
        self.time = time;
        self.at = mono;
    }
}

/// The clocks; a handle.
#[derive(Clone, Debug)]
pub struct SimClock {
    state: Shared,
}

impl SimClock {
    pub(super) fn new(state: &Shared) -> Self {
        Self { state: Rc::clone(state) }
    }

    /// Puts the wall clock to `time`, from outside of the terminal.
    pub fn put(&self, time: Timestamp) {
        self.change(|_| time);
    }

    /// Puts the wall clock ahead; a day is 86 400 seconds.
    pub fn put_ahead(&self, seconds: u64) {
        self.change(|now| now.plus(seconds));
    }

    /// Puts the wall clock back, at most to 1970.
    pub fn put_back(&self, seconds: u64) {
        self.change(|now| now.minus(seconds));
    }

    /// The battery is empty: the clock shows 1970 and says that it lost its voltage.
    pub fn go_dead(&self) {
        self.put(Timestamp::EPOCH);
        self.set_health(RtcHealth::Suspect);
    }

    /// What the kernel says of the battery-backed clock.
    pub fn set_health(&self, health: RtcHealth) {
        self.state.borrow_mut().wall.health = health;
    }

    /// There is no wall clock that can be read.
    pub fn take_out(&self) {
        self.state.borrow_mut().wall.fitted = Fitted::No;
    }

    /// Setting the clock fails from now on.
    pub fn refuse_setting(&self) {
        self.state.borrow_mut().wall.switch.fail(DeviceFault::Refusing);
    }

    /// The battery-backed clock keeps nothing that it is set to from now on.
    pub fn forget_without_power(&self) {
        self.state.borrow_mut().wall.lasts = Lasts::WhilePowered;
    }

    /// Times that the terminal set, in order.
    #[must_use]
    pub fn sets(&self) -> Vec<Timestamp> {
        self.state.borrow().wall.sets.clone()
    }

    /// What the wall clock shows.
    pub(super) fn reading(&self) -> Option<WallReading> {
        let state = self.state.borrow();
        let reading = WallReading { time: state.wall.now(state.now), health: state.wall.health };
        (state.wall.fitted == Fitted::Yes).then_some(reading)
    }

    fn change(&self, to: impl FnOnce(Timestamp) -> Timestamp) {
        let mut state = self.state.borrow_mut();
        let mono = state.now;
        let time = to(state.wall.now(mono));
        state.wall.set(time, mono);
    }
}

impl Clock for SimClock {
    fn monotonic(&self) -> Millis {
        self.state.borrow().now
    }

    fn wall(&self) -> Option<WallReading> {
        self.reading()
    }

    fn set_wall(&mut self, time: Timestamp) -> Result<Lasts, DeviceFault> {
        let mut state = self.state.borrow_mut();
        let mono = state.now;
        state.wall.switch.check()?;
        state.wall.set(time, mono);
        state.wall.sets.push(time);
        Ok(state.wall.lasts)
    }
}
