//! Lines of the kernel's GPIO chips (`/dev/gpiochip*`): latch, lamps, buzzer, sensors.
//!
//! Promises: a line belongs to this process alone while it is requested, and to nobody once the process has ended; a chip that
//! is not there, or was pulled out, is a fault, and is asked for again at the next use.
//! It must not know: what hangs on a line.

use std::path::PathBuf;

use gate_hal::DeviceFault;
use gate_hal::inputs::Level;
use gpiocdev::Request;
use gpiocdev::line::{Bias, Value};
use gpiocdev::request::Builder;

mod buzzer;
mod lamps;
mod latch;
mod sensors;

pub use buzzer::Buzzer;
pub use lamps::{LampLines, ThreeLamps};
pub use latch::TimedLatch;
pub use sensors::{GpioSensors, SensorLines};

/// As the kernel's list of users of a line shows us.
const CONSUMER: &str = "tianfu-gate";

/// A line, and how it is wired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wire {
    /// The chip, such as `/dev/gpiochip0`.
    pub chip: PathBuf,
    /// Which of its lines.
    pub line: LineId,
    /// Which voltage means "active".
    pub polarity: Polarity,
    /// The resistor inside the chip.
    pub pull: Pull,
}

/// A line of a chip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineId {
    /// By its number, from 0.
    Offset(u32),
    /// By the name that the device tree gives it.
    Name(String),
}

/// Which voltage means "active".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Polarity {
    /// The high one.
    #[default]
    High,
    /// The low one: a contact to ground. A contact that opens, or a wire that is cut, is then "inactive" with a pull-up.
    Low,
}

/// The resistor inside the chip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pull {
    /// As the board has it.
    #[default]
    Board,
    /// To the high voltage.
    Up,
    /// To ground.
    Down,
}

/// Something that is switched: a line, or a recording one of a test.
pub trait Output: Send {
    /// Switches it.
    ///
    /// # Errors
    /// While it cannot be reached.
    fn set(&mut self, level: Level) -> Result<(), DeviceFault>;
}

/// An output line; requested when first used.
#[derive(Debug)]
pub struct GpioOutput {
    wire: Wire,
    request: Option<Request>,
}

impl GpioOutput {
    /// The line of this wire. Its chip may come later.
    #[must_use]
    pub fn new(wire: Wire) -> GpioOutput {
        GpioOutput { wire, request: None }
    }
}

impl Output for GpioOutput {
    fn set(&mut self, level: Level) -> Result<(), DeviceFault> {
        let value = value_of(level);
        if let Some(request) = self.request.take() {
            let offset = request.config().lines().first().copied().ok_or(DeviceFault::NotAnswering)?;
            // A request whose chip was pulled out is dropped: the next use asks for the line again.
            if request.set_value(offset, value).is_ok() {
                self.request = Some(request);
                return Ok(());
            }
        }
        self.request = Some(self.wire.request_output(value)?);
        Ok(())
    }
}

impl Wire {
    /// The line's number on its chip.
    ///
    /// # Errors
    /// [`DeviceFault::NotConnected`] where the chip is not there, [`DeviceFault::Refusing`] where it has no such line.
    pub fn offset(&self) -> Result<u32, DeviceFault> {
        let chip = gpiocdev::Chip::from_path(&self.chip).map_err(|error| fault_of(&error))?;
        match &self.line {
            LineId::Offset(offset) => {
                let lines = chip.info().map_err(|error| fault_of(&error))?.num_lines;
                if *offset < lines { Ok(*offset) } else { Err(DeviceFault::Refusing) }
            }
            LineId::Name(name) => {
                chip.find_line_info(name).map(|info| info.offset).ok_or(DeviceFault::Refusing)
            }
        }
    }

    /// Which program uses the line, if one does.
    ///
    /// # Errors
    /// As [`Wire::offset`].
    pub fn user(&self) -> Result<Option<String>, DeviceFault> {
        let chip = gpiocdev::Chip::from_path(&self.chip).map_err(|error| fault_of(&error))?;
        let info = chip.line_info(self.offset()?).map_err(|error| fault_of(&error))?;
        Ok(info.used.then_some(info.consumer))
    }

    /// Says which voltage is active, and which resistor is fitted.
    fn spell(&self, builder: &mut Builder) {
        match self.polarity {
            Polarity::High => builder.as_active_high(),
            Polarity::Low => builder.as_active_low(),
        };
        builder.with_bias(bias_of(self.pull));
    }

    fn request_output(&self, value: Value) -> Result<Request, DeviceFault> {
        let mut builder = Request::builder();
        builder.on_chip(&self.chip).with_consumer(CONSUMER).with_line(self.offset()?);
        // Requested with the value it is to have: no pulse between the two.
        self.spell(builder.as_output(value));
        builder.request().map_err(|error| fault_of(&error))
    }
}

fn bias_of(pull: Pull) -> Option<Bias> {
    match pull {
        Pull::Board => None,
        Pull::Up => Some(Bias::PullUp),
        Pull::Down => Some(Bias::PullDown),
    }
}

fn value_of(level: Level) -> Value {
    match level {
        Level::Active => Value::Active,
        Level::Inactive => Value::Inactive,
    }
}

fn level_of(value: Value) -> Level {
    match value {
        Value::Active => Level::Active,
        Value::Inactive => Level::Inactive,
    }
}

/// A line that another program has, or a right that is missing, is refused; all else is a chip that is not there.
fn fault_of(error: &gpiocdev::Error) -> DeviceFault {
    use gpiocdev::Error as E;
    match error {
        E::Uapi(_, _) | E::InvalidArgument(_) | E::AbiLimitation(..) | E::UnsupportedAbi(..) => {
            DeviceFault::Refusing
        }
        E::UnexpectedResponse(..) => DeviceFault::NotAnswering,
        _ => DeviceFault::NotConnected,
    }
}

#[cfg(test)]
mod tests;
