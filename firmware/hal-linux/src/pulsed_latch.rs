//! The latch as an LED of the kernel with the trigger `transient` (`ledtrig-transient`): the kernel's own timer closes it.
//!
//! Why: a process that is stopped, swapped out or killed between opening and closing holds nothing: the pulse ends by a timer in
//! the kernel. The device tree names the latch's line as an LED (`gpio-leds`, `linux,default-trigger = "transient"`).
//! Promises: every opening is a pulse of a set length, prolonged only by being asked again; waits for nothing. The kernel
//! prolongs no pulse: it is ended and begun anew, twice in the time that is asked for, and the latch is without current for a
//! fraction of a millisecond.
//! It must not know: why it opens.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gate_core::decide::LaneOpen;
use gate_core::record::Permit;
use gate_hal::DeviceFault;
use gate_hal::latch::Latch;
use gate_wire::time::Millis;

/// What "no check" keeps the latch open for at once: a day, by signed policy (DOMAIN §9).
const STAY_OPEN: Millis = Millis(86_400_000);
/// What is said of an LED whose timer is the kernel's.
const READY: &str = "closed by the kernel's timer";
/// Bytes of an attribute that are read.
const LONGEST: u64 = 256;

/// A latch behind the kernel's timer.
#[derive(Debug)]
pub struct PulsedLatch {
    directory: PathBuf,
    /// When the running pulse ends, as far as we know.
    until: Option<Instant>,
}

impl PulsedLatch {
    /// The LED of this directory, such as `/sys/class/leds/latch`. It is opened at every use: it may come later.
    #[must_use]
    pub fn new(directory: &Path) -> PulsedLatch {
        PulsedLatch { directory: directory.to_owned(), until: None }
    }

    /// Which trigger the kernel keeps for this LED, in words; changes nothing.
    ///
    /// # Errors
    /// [`DeviceFault::NotConnected`] where there is no such LED, [`DeviceFault::Refusing`] where the kernel has not the trigger
    /// `transient`.
    pub fn trigger(&self) -> Result<&'static str, DeviceFault> {
        let mut triggers = String::new();
        let file = File::open(self.directory.join("trigger")).map_err(|_| DeviceFault::NotConnected)?;
        file.take(LONGEST * 64).read_to_string(&mut triggers).map_err(|_| DeviceFault::NotAnswering)?;
        match triggers.split_whitespace().find(|word| word.trim_matches(['[', ']']) == "transient") {
            Some("[transient]") => Ok(READY),
            Some(_) => Ok("the kernel's timer is set at the first opening"),
            None => Err(DeviceFault::Refusing),
        }
    }

    fn make_ready(&self) -> Result<(), DeviceFault> {
        if self.trigger()? == READY { Ok(()) } else { self.write("trigger", "transient") }
    }

    /// A pulse of this length from now on, unless one runs that ends later.
    fn pulse(&mut self, length: Millis) -> Result<(), DeviceFault> {
        let (now, length) = (Instant::now(), Duration::from_millis(length.0));
        if self.left(now) >= length {
            return Ok(());
        }
        self.until = None;
        self.make_ready()?;
        // The kernel takes no other length while a pulse runs.
        self.write("activate", "0")?;
        self.write("state", "1")?;
        self.write("duration", &length.as_millis().to_string())?;
        self.write("activate", "1")?;
        self.until = Some(now + length);
        Ok(())
    }

    fn left(&self, now: Instant) -> Duration {
        self.until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }

    /// Whether a pulse runs.
    fn is_open(&self) -> Result<bool, DeviceFault> {
        let mut text = String::new();
        let file = File::open(self.directory.join("activate")).map_err(|_| DeviceFault::NotConnected)?;
        file.take(LONGEST).read_to_string(&mut text).map_err(|_| DeviceFault::NotAnswering)?;
        Ok(text.trim() == "1")
    }

    fn write(&self, attribute: &str, value: &str) -> Result<(), DeviceFault> {
        let path = self.directory.join(attribute);
        let mut file =
            File::options().write(true).truncate(true).open(path).map_err(|_| DeviceFault::NotConnected)?;
        file.write_all(value.as_bytes()).map_err(|_| DeviceFault::Refusing)
    }
}

impl Latch for PulsedLatch {
    fn open(&mut self, _permit: Permit, at_most: Millis) -> Result<(), DeviceFault> {
        self.pulse(at_most)
    }

    fn hold(&mut self, at_most: Millis) -> Result<(), DeviceFault> {
        // Half of what is asked for is left until the next turns: not every one of them begins a pulse anew.
        let enough = Duration::from_millis(at_most.0 / 2);
        if self.left(Instant::now()) >= enough || !self.is_open()? {
            return Ok(());
        }
        self.pulse(at_most)
    }

    fn close(&mut self) -> Result<(), DeviceFault> {
        self.until = None;
        self.write("activate", "0")
    }

    fn stay_open(&mut self, _mode: LaneOpen) -> Result<(), DeviceFault> {
        self.pulse(STAY_OPEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files that the kernel's trigger has, without its timer.
    fn led(trigger: &str) -> (tempfile::TempDir, PulsedLatch) {
        let directory = tempfile::tempdir().unwrap();
        for (name, value) in
            [("trigger", trigger), ("activate", "0\n"), ("state", "0\n"), ("duration", "0\n")]
        {
            std::fs::write(directory.path().join(name), value).unwrap();
        }
        let latch = PulsedLatch::new(directory.path());
        (directory, latch)
    }

    fn said(directory: &tempfile::TempDir, name: &str) -> String {
        std::fs::read_to_string(directory.path().join(name)).unwrap().trim().to_owned()
    }

    #[test]
    fn an_opening_is_a_pulse_of_its_length_by_the_kernels_timer() {
        let (directory, mut latch) = led("none [transient] heartbeat\n");
        latch.pulse(Millis(5_000)).unwrap();
        let told = ["trigger", "activate", "state", "duration"].map(|name| said(&directory, name));
        assert_eq!(told, ["none [transient] heartbeat", "1", "1", "5000"]);
        latch.close().unwrap();
        assert_eq!(said(&directory, "activate"), "0");
    }

    #[test]
    fn the_trigger_is_set_where_it_is_another() {
        let (directory, latch) = led("[none] transient\n");
        latch.make_ready().unwrap();
        assert_eq!(said(&directory, "trigger"), "transient");
    }

    #[test]
    fn a_running_pulse_is_prolonged_and_never_shortened() {
        let (directory, mut latch) = led("[transient]");
        latch.pulse(Millis(600_000)).unwrap();
        latch.pulse(Millis(1_000)).unwrap();
        latch.hold(Millis(1_000)).unwrap();
        assert_eq!(said(&directory, "duration"), "600000");
        latch.hold(Millis(1_800_000)).unwrap();
        assert_eq!(said(&directory, "duration"), "1800000");
    }

    #[test]
    fn holding_does_nothing_to_a_closed_latch() {
        let (directory, mut latch) = led("[transient]");
        latch.hold(Millis(1_000)).unwrap();
        assert_eq!((said(&directory, "activate"), said(&directory, "duration")), ("0".into(), "0".into()));
        // Its time was over, or the kernel closed it.
        latch.pulse(Millis(10)).unwrap();
        std::fs::write(directory.path().join("activate"), "0").unwrap();
        latch.hold(Millis(100_000)).unwrap();
        assert_eq!(said(&directory, "duration"), "10");
    }

    #[test]
    fn an_led_that_is_not_there_is_not_connected() {
        let mut latch = PulsedLatch::new(Path::new("/sys/class/leds/gate-no-such-latch"));
        assert_eq!(latch.pulse(Millis(1)), Err(DeviceFault::NotConnected));
        assert_eq!(latch.close(), Err(DeviceFault::NotConnected));
    }
}
