//! Stand-ins for devices that are not fitted, so that `gate run` works on a desk.
//!
//! Promises: nothing here is mistaken for a device: what would have been lit, played or opened is a line on stderr;
//! an absent camera, reader or thermometer says that it is not connected. It must not know: verdicts.

use std::io::{Stderr, Write};

use gate_core::decide::LaneOpen;
use gate_core::record::Permit;
use gate_core::screen::{Signal, Volume};
use gate_hal::DeviceFault;
use gate_hal::camera::{Camera, CameraFrame};
use gate_hal::card_reader::{CardReader, ReaderFault};
use gate_hal::inputs::{InputLevels, Inputs};
use gate_hal::latch::Latch;
use gate_hal::serial_port::PortFault;
use gate_hal::signals::{Lamps, Sounder};
use gate_hal::thermometer::Thermometer;
use gate_wire::sdt::Event;
use gate_wire::time::Millis;

mod typed;

pub use typed::TypedKeys;

/// Lamps, sounder or latch that only write a line: what they were told.
#[derive(Debug)]
pub struct Logged<W> {
    to: W,
}

impl Logged<Stderr> {
    /// One that writes to stderr.
    #[must_use]
    pub fn on_stderr() -> Self {
        Self::new(std::io::stderr())
    }
}

impl<W: Write> Logged<W> {
    /// One that writes to `to`.
    #[must_use]
    pub fn new(to: W) -> Self {
        Self { to }
    }

    /// A line that cannot be written is lost: nothing depends on it.
    fn line(&mut self, line: std::fmt::Arguments<'_>) -> Result<(), DeviceFault> {
        let _ = writeln!(self.to, "{line}");
        Ok(())
    }
}

impl<W: Write> Lamps for Logged<W> {
    fn show(&mut self, signal: Signal) -> Result<(), DeviceFault> {
        self.line(format_args!("lamps: {signal:?}"))
    }
}

impl<W: Write> Sounder for Logged<W> {
    fn play(&mut self, signal: Signal, volume: Volume) -> Result<(), DeviceFault> {
        self.line(format_args!("sounder: {signal:?} at {}", volume.level()))
    }

    fn health(&mut self) -> Result<(), DeviceFault> {
        Ok(())
    }
}

impl<W: Write> Latch for Logged<W> {
    fn open(&mut self, _permit: Permit, at_most: Millis) -> Result<(), DeviceFault> {
        self.line(format_args!("latch: open for at most {} ms", at_most.0))
    }

    fn hold(&mut self, at_most: Millis) -> Result<(), DeviceFault> {
        self.line(format_args!("latch: hold for {} ms more", at_most.0))
    }

    fn close(&mut self) -> Result<(), DeviceFault> {
        self.line(format_args!("latch: close"))
    }

    fn stay_open(&mut self, _mode: LaneOpen) -> Result<(), DeviceFault> {
        self.line(format_args!("latch: stay open, no check is in force"))
    }

    fn health(&mut self) -> Result<(), DeviceFault> {
        Ok(())
    }
}

/// A device that is not fitted.
#[derive(Debug, Clone, Copy)]
pub struct Absent;

impl Camera for Absent {
    fn frame(&mut self) -> Result<Option<CameraFrame<'_>>, DeviceFault> {
        Err(DeviceFault::NotConnected)
    }
}

impl CardReader for Absent {
    fn poll(&mut self, _now: Millis) -> Result<Event, ReaderFault> {
        Err(ReaderFault::ReachReader(PortFault::HavePort))
    }
}

impl Thermometer for Absent {
    fn tenths(&mut self) -> Result<Option<i16>, DeviceFault> {
        Err(DeviceFault::NotConnected)
    }
}

impl Sounder for Absent {
    fn play(&mut self, _signal: Signal, _volume: Volume) -> Result<(), DeviceFault> {
        Err(DeviceFault::NotConnected)
    }

    fn health(&mut self) -> Result<(), DeviceFault> {
        Err(DeviceFault::NotConnected)
    }
}

/// Inputs to which nothing is wired: all inactive, without a fault.
impl Inputs for Absent {
    fn levels(&mut self) -> InputLevels {
        InputLevels::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_have_happened_is_a_line() {
        let mut lines = Vec::new();
        let mut logged = Logged::new(&mut lines);
        logged.show(Signal::Reading).unwrap();
        logged.play(Signal::Opened, Volume::USUAL).unwrap();
        logged.hold(Millis(5_000)).unwrap();
        logged.close().unwrap();
        let expected = "lamps: Reading\nsounder: Opened at 6\nlatch: hold for 5000 ms more\nlatch: close\n";
        assert_eq!(String::from_utf8(lines).unwrap(), expected);
    }

    #[test]
    fn a_log_that_cannot_be_written_is_no_fault_of_the_latch() {
        assert_eq!(Logged::new([0_u8; 0].as_mut_slice()).close(), Ok(()));
    }

    #[test]
    fn what_is_absent_says_so_and_unwired_inputs_are_inactive() {
        assert!(matches!(Absent.frame(), Err(DeviceFault::NotConnected)));
        assert!(matches!(Absent.poll(Millis(0)), Err(ReaderFault::ReachReader(PortFault::HavePort))));
        assert_eq!(Absent.tenths(), Err(DeviceFault::NotConnected));
        assert_eq!(Absent.health(), Err(DeviceFault::NotConnected));
        assert_eq!(Absent.levels(), InputLevels::default());
    }
}
