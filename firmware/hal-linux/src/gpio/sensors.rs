//! The gate's inputs on lines: passage and door sensors, fire, case, mechanical release.
//!
//! Promises: a pulse shorter than a turn of the loop is seen, once; contacts are debounced by the kernel, and here on a chip without
//! interrupts, where it cannot; what an input says first is believed at once; a chip that is not there or was pulled out is a fault of
//! its own inputs and of no others, and asked for again every second. While fire is active the latch's line follows
//! ([`FireRelease`]); a fire input that is lost then goes on being one: nobody said that it is over.
//! It must not know: what is made of an input. The fire contact releases the latch by wire; here it is only seen.

use std::time::{Duration, Instant};

use gate_hal::DeviceFault;
use gate_hal::inputs::{Input, InputLevels, Inputs, Level};
use gpiocdev::Request;
use gpiocdev::line::{EdgeDetection, EdgeKind};

use super::{CONSUMER, Wire, fault_of, level_of};
use crate::again::Again;
use crate::fire_release::FireRelease;

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

/// The inputs, in the order of [`Input::ALL`].
pub struct GpioSensors<S = GpioInput> {
    sensors: [Option<S>; 5],
    release: Option<FireRelease>,
    /// What the fire input said last.
    fire: Level,
}

impl GpioSensors<GpioInput> {
    /// Those of these lines; `release` follows the fire input.
    #[must_use]
    pub fn on(lines: SensorLines, release: Option<FireRelease>) -> Self {
        let SensorLines { passage, door, fire, case_open, release: pulled, debounce_ms } = lines;
        let debounce = Duration::from_millis(debounce_ms.into());
        let wires = [passage, door, fire, case_open, pulled];
        let sensors = wires.map(|wire| wire.map(|wire| GpioInput::new(wire, debounce)));
        GpioSensors { sensors, release, fire: Level::Inactive }
    }
}

impl<S: Sensor> Inputs for GpioSensors<S> {
    fn levels(&mut self) -> InputLevels {
        let levels = InputLevels::new(self.sensors.each_mut().map(|sensor| {
            sensor.as_mut().map_or(Ok(Level::Inactive), |sensor| sensor.sense().map(active_at_all))
        }));
        self.fire = levels.of(Input::Fire).unwrap_or(self.fire);
        if let Some(release) = &self.release {
            release.heed(self.fire);
        }
        levels
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
    line: Again<Line>,
}

/// A line that was requested.
#[derive(Debug)]
struct Line {
    request: Request,
    offset: u32,
    /// On a chip without interrupts.
    rest: Option<Rest>,
}

/// A contact that must rest before a change of it is believed. What it says first is believed at once: a fire that goes on while its
/// line is asked for (anew) was never over.
#[derive(Debug, Default)]
struct Rest {
    /// `None` until it was first read.
    believed: Option<Level>,
    /// The other level, since when.
    other: Option<Instant>,
}

impl Rest {
    fn believe(&mut self, level: Level, debounce: Duration, now: Instant) -> Level {
        let believed = *self.believed.get_or_insert(level);
        if level == believed {
            self.other = None;
        } else if now.saturating_duration_since(*self.other.get_or_insert(now)) >= debounce {
            (self.believed, self.other) = (Some(level), None);
            return level;
        }
        believed
    }
}

impl GpioInput {
    fn new(wire: Wire, debounce: Duration) -> GpioInput {
        GpioInput { wire, debounce, line: Again::unopened() }
    }
}

impl Wire {
    fn request_input(&self, debounce: Duration) -> Result<Line, DeviceFault> {
        let offset = self.offset()?;
        let mut builder = Request::builder();
        self.spell(builder.on_chip(&self.chip).with_consumer(CONSUMER).with_line(offset).as_input());
        if !debounce.is_zero() {
            builder.with_debounce_period(debounce);
        }
        builder.with_edge_detection(EdgeDetection::BothEdges);
        if let Ok(request) = builder.request() {
            return Ok(Line { request, offset, rest: None });
        }
        // A chip without interrupts has levels only: what is shorter than a turn is then not seen, and the kernel debounces nothing.
        let request =
            builder.with_edge_detection(None::<EdgeDetection>).with_debounce_period(Duration::ZERO).request();
        let request = request.map_err(|error| fault_of(&error))?;
        Ok(Line { request, offset, rest: Some(Rest::default()) })
    }
}

impl Sensor for GpioInput {
    fn sense(&mut self) -> Result<Sensed, DeviceFault> {
        let line = self.line.or_open(|| self.wire.request_input(self.debounce))?;
        let sensed = sense(&line.request, line.offset).map_err(|error| fault_of(&error));
        let sensed = match (sensed, &mut line.rest) {
            (Ok(sensed), Some(rest)) => {
                Ok(Sensed { level: rest.believe(sensed.level, self.debounce, Instant::now()), ..sensed })
            }
            (sensed, _) => sensed,
        };
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
    use std::sync::{Arc, Mutex, Weak};

    use super::*;
    use crate::fire_release::HeedFire;

    const ON: Level = Level::Active;
    const OFF: Level = Level::Inactive;

    #[derive(Default)]
    struct Played(VecDeque<Result<Sensed, DeviceFault>>);

    impl Sensor for Played {
        fn sense(&mut self) -> Result<Sensed, DeviceFault> {
            self.0.pop_front().unwrap_or(Ok(Sensed { level: OFF, meanwhile: OFF }))
        }
    }

    type Play<'a> = &'a [Result<(Level, Level), DeviceFault>];

    fn play(sensed: Play<'_>) -> Option<Played> {
        let plays = sensed.iter().map(|one| one.map(|(level, meanwhile)| Sensed { level, meanwhile }));
        Some(Played(plays.collect()))
    }

    fn played(which: Input, sensed: Play<'_>) -> GpioSensors<Played> {
        let mut sensors: [Option<Played>; 5] = Default::default();
        sensors[which as usize] = play(sensed);
        GpioSensors { sensors, release: None, fire: OFF }
    }

    #[test]
    fn a_pulse_between_two_turns_is_seen_once() {
        let mut inputs = played(Input::Passage, &[Ok((OFF, ON)), Ok((OFF, OFF))]);
        assert_eq!([inputs.levels(), inputs.levels()].map(|one| one.of(Input::Passage)), [Ok(ON), Ok(OFF)]);
    }

    #[test]
    fn every_input_is_told_by_its_own_line() {
        for input in Input::ALL {
            let levels = played(input, &[Ok((ON, OFF))]).levels();
            assert_eq!(levels, InputLevels::default().with(input, Ok(ON)));
        }
    }

    #[test]
    fn an_input_that_cannot_be_read_is_a_fault_and_well_again_when_it_can() {
        let mut inputs = played(Input::CaseOpen, &[Err(DeviceFault::NotConnected), Ok((ON, OFF))]);
        assert_eq!(inputs.levels().of(Input::CaseOpen), Err(DeviceFault::NotConnected));
        assert_eq!(inputs.levels().of(Input::CaseOpen), Ok(ON));
    }

    #[test]
    fn a_fire_is_passed_on_whatever_else_is_broken() {
        let broken = Err(DeviceFault::NotConnected);
        for other in Input::ALL.into_iter().filter(|other| *other != Input::Fire) {
            let mut inputs = played(other, &[broken]);
            inputs.sensors[Input::Fire as usize] = play(&[Ok((ON, OFF))]);
            let levels = inputs.levels();
            assert_eq!((levels.of(Input::Fire), levels.of(other)), (Ok(ON), broken.map(|_| OFF)));
        }
    }

    #[derive(Default)]
    struct Followed(Mutex<Vec<Level>>);

    impl HeedFire for Followed {
        fn heed(&self, fire: Level) {
            self.0.lock().unwrap().push(fire);
        }
    }

    #[test]
    fn a_fire_whose_input_is_lost_goes_on_until_it_says_that_it_is_over() {
        let followed = Arc::new(Followed::default());
        let weak: Weak<Followed> = Arc::downgrade(&followed);
        let lost = Err(DeviceFault::NotConnected);
        let mut inputs = played(Input::Fire, &[lost, Ok((ON, OFF)), lost, lost, Ok((OFF, OFF))]);
        inputs.release = Some(FireRelease::of(weak));
        (0..5).for_each(|_| _ = inputs.levels());
        assert_eq!(*followed.0.lock().unwrap(), [OFF, ON, ON, ON, OFF]);
    }

    const DEBOUNCE: Duration = Duration::from_millis(20);

    /// What a contact is believed to be that says this at these milliseconds.
    fn believed<const N: usize>(rest: &mut Rest, began: Instant, said: [(u64, Level); N]) -> [Level; N] {
        said.map(|(at, level)| rest.believe(level, DEBOUNCE, began + Duration::from_millis(at)))
    }

    #[test]
    fn a_change_of_a_contact_on_a_chip_without_interrupts_is_believed_when_it_has_rested() {
        let (mut rest, began) = (Rest::default(), Instant::now());
        let said = [(0, OFF), (5, ON), (10, OFF), (20, ON), (39, ON), (40, ON), (60, OFF), (61, ON)];
        assert_eq!(believed(&mut rest, began, said), [OFF, OFF, OFF, OFF, OFF, ON, ON, ON]);
        assert_eq!(believed(&mut rest, began, [(90, OFF), (110, OFF)]), [ON, OFF]);
        let at_once = [OFF, ON].map(|level| Rest::default().believe(level, Duration::ZERO, began));
        assert_eq!(at_once, [OFF, ON], "0 believes it at once");
    }

    #[test]
    fn what_a_contact_says_first_is_believed_at_once() {
        // `gate close` asks once: a fire that it does not see is one in which it shuts.
        let began = Instant::now();
        assert_eq!(believed(&mut Rest::default(), began, [(0, ON), (5, OFF), (6, ON)]), [ON, ON, ON]);
    }

    #[test]
    fn a_fire_that_goes_on_is_not_over_while_its_chip_comes_back() {
        let followed = Arc::new(Followed::default());
        let weak: Weak<Followed> = Arc::downgrade(&followed);
        let mut inputs = GpioSensors {
            sensors: [None, None, Some(Replugged::default()), None, None],
            release: Some(FireRelease::of(weak)),
            fire: OFF,
        };
        let told: Vec<_> = (0..6).map(|_| inputs.levels().of(Input::Fire)).collect();
        let lost = Err(DeviceFault::NotConnected);
        assert_eq!(told, [Ok(ON), Ok(ON), lost, Ok(ON), Ok(ON), lost]);
        assert_eq!(*followed.0.lock().unwrap(), [ON; 6]);
    }

    /// A contact that is active, on a chip without interrupts that is lost at every third turn.
    #[derive(Default)]
    struct Replugged {
        turn: u32,
        line: Option<Rest>,
    }

    impl Sensor for Replugged {
        fn sense(&mut self) -> Result<Sensed, DeviceFault> {
            self.turn += 1;
            if self.turn.is_multiple_of(3) {
                self.line = None;
                return Err(DeviceFault::NotConnected);
            }
            let rest = self.line.get_or_insert_default();
            Ok(Sensed { level: rest.believe(ON, DEBOUNCE, Instant::now()), meanwhile: OFF })
        }
    }

    #[test]
    fn unfitted_inputs_are_inactive_and_no_fault() {
        assert_eq!(GpioSensors::on(SensorLines::default(), None).levels(), InputLevels::default());
    }
}
