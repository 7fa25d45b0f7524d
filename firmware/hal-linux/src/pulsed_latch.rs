//! The latch as an LED of the kernel with the trigger `transient` (`ledtrig-transient`): the kernel's own timer closes it.
//!
//! Why: a process that is stopped, swapped out or killed between opening and closing holds nothing: the pulse ends by a timer in
//! the kernel. The device tree names the latch's line as an LED (`gpio-leds`, `linux,default-trigger = "transient"`).
//! Promises: every opening is a pulse of a set length, prolonged only by being asked again: "no check" and fire, too, are pulses of
//! seconds, begun anew at every turn; at the start and at the end it is closed, at the end not while there is a fire; waits for
//! nothing. The kernel prolongs no pulse: it is ended and begun anew, twice in the time that is asked for, and the latch is
//! without current for a fraction of a millisecond.
//! It must not know: why it opens.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use gate_core::decide::LaneOpen;
use gate_core::record::Permit;
use gate_hal::DeviceFault;
use gate_hal::inputs::Level;
use gate_hal::latch::{Latch, STAY_OPEN};
use gate_wire::time::Millis;

use crate::fire_release::{FireRelease, HeedFire};

/// What is said of an LED whose timer is the kernel's.
const READY: &str = "closed by the kernel's timer";
/// Bytes of an attribute that are read.
const LONGEST: u64 = 256;

/// A latch behind the kernel's timer.
#[derive(Debug)]
pub struct PulsedLatch {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared(Mutex<Pulses>);

/// What was asked for, and what the kernel was told.
#[derive(Debug)]
struct Pulses {
    led: Led,
    /// When the running pulse ends, as far as we know.
    running: Option<Instant>,
    /// Until when permits and "no check" want it open.
    asked: Option<Instant>,
    fire: Level,
}

/// Why the kernel's timer does not close an LED, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoTimer {
    /// There is none.
    #[error("{0}: name the latch's line under gpio-leds in the device tree, and check `latch.led`")]
    ReachLed(DeviceFault),
    /// The kernel was built without it.
    #[error("the kernel has no trigger `transient`: it needs ledtrig-transient")]
    FindTransient,
    /// Something else of the kernel's switches this LED: it may be another one, and would open the latch as it likes.
    #[error(
        "its trigger is `{0}`: it is left alone. Give the latch an LED of its own, with linux,default-trigger = \"transient\""
    )]
    OwnLed(String),
    /// It has no trigger, and this user may not set one.
    #[error(
        "its trigger is `none` and cannot be set: write linux,default-trigger = \"transient\" into its device tree"
    )]
    SetTrigger,
}

/// Which trigger the kernel keeps for the LED of this directory, such as `/sys/class/leds/latch`, in words; changes nothing.
///
/// # Errors
/// [`NoTimer`].
pub fn trigger(directory: &Path) -> Result<&'static str, NoTimer> {
    Led(directory.to_owned()).trigger()
}

impl PulsedLatch {
    /// The LED of this directory, closed: a run before may have left a pulse. It is opened at every use: it may come later.
    /// What is the matter with it is told beside it.
    pub fn start(directory: &Path) -> (PulsedLatch, Result<(), NoTimer>) {
        let led = Led(directory.to_owned());
        let ready = led.make_ready();
        if ready.is_ok() {
            // What does not take it is asked again by its health.
            let _ = led.write("activate", "0");
        }
        let pulses = Pulses { led, running: None, asked: None, fire: Level::Inactive };
        (PulsedLatch { shared: Arc::new(Shared(Mutex::new(pulses))) }, ready)
    }

    /// For the inputs: what follows the fire input.
    #[must_use]
    pub fn fire_release(&self) -> FireRelease {
        let weak: Weak<Shared> = Arc::downgrade(&self.shared);
        FireRelease::of(weak)
    }

    fn open_for(&self, at_most: Millis) -> Result<(), DeviceFault> {
        self.shared.pulses().open(at_most)
    }
}

impl Shared {
    fn pulses(&self) -> MutexGuard<'_, Pulses> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HeedFire for Shared {
    fn heed(&self, fire: Level) {
        // What fails is tried again when the inputs are read next.
        let _ = self.pulses().heed(fire);
    }
}

impl Pulses {
    /// A pulse of this length from now on, unless one runs that ends later.
    fn open(&mut self, length: Millis) -> Result<(), DeviceFault> {
        let (now, length) = (Instant::now(), Duration::from_millis(length.0));
        if left(self.running, now) < length {
            self.running = None;
            self.led.pulse(length)?;
            self.running = Some(now + length);
        }
        self.asked = self.asked.max(Some(now + length));
        Ok(())
    }

    /// As [`Pulses::open`], but not every turn begins a pulse anew: half of what is asked for may have passed. One that somebody
    /// else has ended is begun again.
    fn keep_open(&mut self, length: Millis) -> Result<(), DeviceFault> {
        let enough = Duration::from_millis(length.0 / 2);
        if left(self.running, Instant::now()) >= enough {
            if self.led.is_open()? {
                return Ok(());
            }
            self.running = None;
        }
        self.open(length)
    }

    /// For a person in the gate. A closed latch stays closed.
    fn hold(&mut self, at_most: Millis) -> Result<(), DeviceFault> {
        if self.asked.is_none() || !self.led.is_open()? { Ok(()) } else { self.keep_open(at_most) }
    }

    /// Tells a latch at rest that it is shut; one that is open is only looked at.
    fn health(&mut self) -> Result<(), DeviceFault> {
        let rests = self.fire == Level::Inactive && left(self.running, Instant::now()).is_zero();
        self.led.make_ready().map_err(fault_of)?;
        if rests { self.end_pulse() } else { self.led.is_open().map(|_| ()) }
    }

    fn close(&mut self) -> Result<(), DeviceFault> {
        self.asked = None;
        if self.fire == Level::Active { Ok(()) } else { self.end_pulse() }
    }

    fn end_pulse(&mut self) -> Result<(), DeviceFault> {
        self.running = None;
        self.led.write("activate", "0")
    }

    /// Open while there is a fire; at its end as long as permits say.
    fn heed(&mut self, fire: Level) -> Result<(), DeviceFault> {
        if fire == Level::Active {
            self.fire = fire;
            let asked = self.asked;
            let open = self.keep_open(STAY_OPEN);
            self.asked = asked;
            return open;
        }
        if self.fire == Level::Active {
            self.end_pulse()?;
            self.fire = fire;
            let rest = left(self.asked.take(), Instant::now());
            if !rest.is_zero() {
                self.open(Millis(u64::try_from(rest.as_millis()).unwrap_or(0)))?;
            }
        }
        Ok(())
    }
}

fn left(until: Option<Instant>, now: Instant) -> Duration {
    until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
}

/// What it is to who opens.
fn fault_of(why: NoTimer) -> DeviceFault {
    match why {
        NoTimer::ReachLed(fault) => fault,
        NoTimer::FindTransient | NoTimer::OwnLed(_) | NoTimer::SetTrigger => DeviceFault::Refusing,
    }
}

/// The kernel's LED.
#[derive(Debug)]
struct Led(PathBuf);

impl Led {
    fn trigger(&self) -> Result<&'static str, NoTimer> {
        let triggers = self.read("trigger", LONGEST * 64).map_err(NoTimer::ReachLed)?;
        let set = triggers.split_whitespace().find_map(|word| word.strip_prefix('[')?.strip_suffix(']'));
        match set {
            Some("transient") => Ok(READY),
            Some(other) if other != "none" => Err(NoTimer::OwnLed(other.to_owned())),
            _ if triggers.split_whitespace().any(|word| word == "transient") => {
                Ok("the kernel's timer is set at the start")
            }
            _ => Err(NoTimer::FindTransient),
        }
    }

    fn make_ready(&self) -> Result<(), NoTimer> {
        if self.trigger()? == READY {
            return Ok(());
        }
        self.write("trigger", "transient").map_err(|_| NoTimer::SetTrigger)
    }

    fn pulse(&self, length: Duration) -> Result<(), DeviceFault> {
        self.make_ready().map_err(fault_of)?;
        // The kernel takes no other length while a pulse runs.
        self.write("activate", "0")?;
        self.write("state", "1")?;
        self.write("duration", &length.as_millis().to_string())?;
        self.write("activate", "1")
    }

    /// Whether a pulse runs.
    fn is_open(&self) -> Result<bool, DeviceFault> {
        Ok(self.read("activate", LONGEST)?.trim() == "1")
    }

    fn read(&self, attribute: &str, most: u64) -> Result<String, DeviceFault> {
        let mut text = String::new();
        let file = File::open(self.0.join(attribute)).map_err(|_| DeviceFault::NotConnected)?;
        file.take(most).read_to_string(&mut text).map_err(|_| DeviceFault::NotAnswering)?;
        Ok(text)
    }

    fn write(&self, attribute: &str, value: &str) -> Result<(), DeviceFault> {
        let path = self.0.join(attribute);
        let mut file =
            File::options().write(true).truncate(true).open(path).map_err(|_| DeviceFault::NotConnected)?;
        file.write_all(value.as_bytes()).map_err(|_| DeviceFault::Refusing)
    }
}

impl Latch for PulsedLatch {
    fn open(&mut self, _permit: Permit, at_most: Millis) -> Result<(), DeviceFault> {
        self.open_for(at_most)
    }

    fn hold(&mut self, at_most: Millis) -> Result<(), DeviceFault> {
        self.shared.pulses().hold(at_most)
    }

    fn close(&mut self) -> Result<(), DeviceFault> {
        self.shared.pulses().close()
    }

    fn stay_open(&mut self, _mode: LaneOpen) -> Result<(), DeviceFault> {
        self.shared.pulses().keep_open(STAY_OPEN)
    }

    fn health(&mut self) -> Result<(), DeviceFault> {
        self.shared.pulses().health()
    }
}

impl Drop for PulsedLatch {
    fn drop(&mut self) {
        // One that cannot be reached is closed by the kernel.
        let _ = self.close();
    }
}

#[cfg(test)]
mod tests;
