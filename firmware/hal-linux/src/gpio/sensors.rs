//! The gate's inputs on lines: passage and door sensors, fire, case, mechanical release.
//!
//! Promises: a pulse shorter than a turn of the loop is seen, once; contacts are debounced by the kernel; a chip that is not
//! there or was pulled out is a fault, and asked for again every second. A door that stands open counts as a person in the gate:
//! nobody is closed in. While fire is active the latch's line follows ([`FireRelease`]).
//! It must not know: what is made of an input. The fire contact releases the latch by wire; here it is only seen.

use std::time::Duration;

use gate_hal::DeviceFault;
use gate_hal::inputs::{InputLevels, Inputs, Level};
use gpiocdev::Request;
use gpiocdev::line::{EdgeDetection, EdgeKind};

use super::{CONSUMER, FireRelease, Wire, fault_of, level_of};
use crate::again::Again;

/// Edges taken in one turn; what more there is waits for the next.
const EDGES_MOST: usize = 64;

/// Where the inputs are; what is not fitted is inactive.
#[derive(Clone, Debug, Default)]
pub struct SensorLines {
    /// A light barrier: a person is in the gate.
    pub passage: Option<Wire>,
    /// A contact: the door is open.
    pub door: Option<Wire>,
    /// The fire system's contact.
    pub fire: Option<Wire>,
    /// The case's contact.
    pub case_open: Option<Wire>,
    /// The mechanical release's contact.
    pub release: Option<Wire>,
    /// How long a contact must rest before it is believed, in milliseconds; 0 believes it at once.
    pub debounce_ms: u16,
}

/// One input.
pub(super) trait Sensor {
    /// Its level now, and whether it was active in between.
    ///
    /// # Errors
    /// While it cannot be reached.
    fn sense(&mut self) -> Result<Sensed, DeviceFault>;
}

/// What was sensed of an input since it was last asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sensed {
    pub(super) level: Level,
    /// Active if it was so for a moment, however short.
    pub(super) meanwhile: Level,
}

/// The inputs, in the order of [`SensorLines`].
pub struct GpioSensors<S = GpioInput> {
    sensors: [Option<S>; 5],
    release: Option<FireRelease>,
}

impl GpioSensors<GpioInput> {
    /// Those of these lines; `release` follows the fire input.
    #[must_use]
    pub fn on(lines: SensorLines, release: Option<FireRelease>) -> Self {
        let SensorLines { passage, door, fire, case_open, release: pulled, debounce_ms } = lines;
        let debounce = Duration::from_millis(debounce_ms.into());
        let wires = [passage, door, fire, case_open, pulled];
        GpioSensors { sensors: wires.map(|wire| wire.map(|wire| GpioInput::new(wire, debounce))), release }
    }
}

impl<S: Sensor> Inputs for GpioSensors<S> {
    /// The first fault of an input, if one cannot be read; the fire input is heeded all the same.
    fn levels(&mut self) -> Result<InputLevels, DeviceFault> {
        let sensed = self.sensors.each_mut().map(|sensor| {
            sensor.as_mut().map_or(Ok(Level::Inactive), |sensor| sensor.sense().map(active_at_all))
        });
        if let ([_, _, Ok(fire), _, _], Some(release)) = (&sensed, &self.release) {
            release.heed(*fire);
        }
        let [passage, door, fire, case_open, release] = sensed;
        let passage = if door? == Level::Active { Level::Active } else { passage? };
        Ok(InputLevels { passage, fire: fire?, case_open: case_open?, release: release? })
    }
}

fn active_at_all(sensed: Sensed) -> Level {
    if sensed.meanwhile == Level::Active { Level::Active } else { sensed.level }
}

/// A line that is sensed; requested when first asked.
#[derive(Debug)]
pub struct GpioInput {
    wire: Wire,
    debounce: Duration,
    line: Again<(Request, u32)>,
}

impl GpioInput {
    fn new(wire: Wire, debounce: Duration) -> GpioInput {
        GpioInput { wire, debounce, line: Again::unopened() }
    }
}

impl Wire {
    fn request_input(&self, debounce: Duration) -> Result<(Request, u32), DeviceFault> {
        let offset = self.offset()?;
        let mut builder = Request::builder();
        self.spell(builder.on_chip(&self.chip).with_consumer(CONSUMER).with_line(offset).as_input());
        if !debounce.is_zero() {
            builder.with_debounce_period(debounce);
        }
        builder.with_edge_detection(EdgeDetection::BothEdges);
        let with_edges = builder.request();
        // A chip without interrupts has levels only: what is shorter than a turn is then not seen.
        let request = with_edges.or_else(|_| {
            builder.with_edge_detection(None::<EdgeDetection>).with_debounce_period(Duration::ZERO).request()
        });
        Ok((request.map_err(|error| fault_of(&error))?, offset))
    }
}

impl Sensor for GpioInput {
    fn sense(&mut self) -> Result<Sensed, DeviceFault> {
        let (request, offset) = self.line.or_open(|| self.wire.request_input(self.debounce))?;
        let sensed = sense(request, *offset).map_err(|error| fault_of(&error));
        if sensed.is_err() {
            // Pulled out: the line is asked for anew.
            self.line.lose(DeviceFault::NotConnected);
        }
        sensed
    }
}

fn sense(request: &Request, offset: u32) -> Result<Sensed, gpiocdev::Error> {
    let mut meanwhile = Level::Inactive;
    for _ in 0..EDGES_MOST {
        if !request.has_edge_event()? {
            break;
        }
        if request.read_edge_event()?.kind == EdgeKind::Rising {
            meanwhile = Level::Active;
        }
    }
    Ok(Sensed { level: level_of(request.value(offset)?), meanwhile })
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    const ON: Level = Level::Active;
    const OFF: Level = Level::Inactive;

    #[derive(Default)]
    struct Played(VecDeque<Result<Sensed, DeviceFault>>);

    impl Sensor for Played {
        fn sense(&mut self) -> Result<Sensed, DeviceFault> {
            self.0.pop_front().unwrap_or(Ok(Sensed { level: OFF, meanwhile: OFF }))
        }
    }

    fn played(which: usize, sensed: &[Result<(Level, Level), DeviceFault>]) -> GpioSensors<Played> {
        let mut sensors: [Option<Played>; 5] = Default::default();
        let plays = sensed.iter().map(|one| one.map(|(level, meanwhile)| Sensed { level, meanwhile }));
        sensors[which] = Some(Played(plays.collect()));
        GpioSensors { sensors, release: None }
    }

    #[test]
    fn a_pulse_between_two_turns_is_seen_once() {
        let mut inputs = played(0, &[Ok((OFF, ON)), Ok((OFF, OFF))]);
        assert_eq!(inputs.levels().unwrap().passage, ON);
        assert_eq!(inputs.levels().unwrap().passage, OFF);
    }

    #[test]
    fn every_input_is_told_by_its_own_line_and_an_open_door_is_a_person_in_the_gate() {
        let none = InputLevels::default();
        for (which, expected) in [
            (0, InputLevels { passage: ON, ..none }),
            (1, InputLevels { passage: ON, ..none }),
            (2, InputLevels { fire: ON, ..none }),
            (3, InputLevels { case_open: ON, ..none }),
            (4, InputLevels { release: ON, ..none }),
        ] {
            assert_eq!(played(which, &[Ok((ON, OFF))]).levels(), Ok(expected));
        }
    }

    #[test]
    fn an_input_that_cannot_be_read_is_a_fault_and_well_again_when_it_can() {
        let mut inputs = played(3, &[Err(DeviceFault::NotConnected), Ok((ON, OFF))]);
        assert_eq!(inputs.levels(), Err(DeviceFault::NotConnected));
        assert_eq!(inputs.levels().unwrap().case_open, ON);
    }

    #[test]
    fn unfitted_inputs_are_inactive_and_no_fault() {
        assert_eq!(GpioSensors::on(SensorLines::default(), None).levels(), Ok(InputLevels::default()));
    }
}
