//! Three lamps on lines: a tower of green, amber and red.
//!
//! Promises: what each signal lights stands in one table; a lamp that is not fitted is left out, one that fails does not keep
//! the others dark. It must not know: what a signal means.

use gate_core::screen::Signal;
use gate_core::verdict::Verdict;
use gate_hal::DeviceFault;
use gate_hal::inputs::Level;
use gate_hal::signals::Lamps;

use super::{GpioOutput, Output, Wire};

/// Where the lamps are.
#[derive(Clone, Debug, Default)]
pub struct LampLines {
    /// Green.
    pub pass: Option<Wire>,
    /// Amber.
    pub attend: Option<Wire>,
    /// Red.
    pub stop: Option<Wire>,
}

/// The lamps.
pub struct ThreeLamps<L> {
    lamps: [Option<L>; 3],
}

impl ThreeLamps<GpioOutput> {
    /// Those of these lines.
    #[must_use]
    pub fn on(lines: LampLines) -> Self {
        let LampLines { pass, attend, stop } = lines;
        Self { lamps: [pass, attend, stop].map(|wire| wire.map(GpioOutput::new)) }
    }
}

impl<L: Output> Lamps for ThreeLamps<L> {
    fn show(&mut self, signal: Signal) -> Result<(), DeviceFault> {
        let mut result = Ok(());
        for (lamp, level) in self.lamps.iter_mut().zip(lit(signal)) {
            if let Some(lamp) = lamp {
                result = result.and(lamp.set(level));
            }
        }
        result
    }
}

/// Green, amber, red. Pass, Limit with Assist, and Stop differ by place on the tower, not by colour alone; what the attendant
/// alone is to know lights what Assist lights.
fn lit(signal: Signal) -> [Level; 3] {
    let (on, off) = (Level::Active, Level::Inactive);
    match signal {
        Signal::Verdict(Verdict::Pass) | Signal::Opened => [on, off, off],
        Signal::Verdict(Verdict::Limit | Verdict::Assist) | Signal::SilentStop => [off, on, off],
        Signal::Verdict(Verdict::Stop) => [off, off, on],
        Signal::Idle | Signal::Reading | Signal::Hint | Signal::Key | Signal::StaffRefused => [off, off, off],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Lamp(Level, Result<(), DeviceFault>);

    impl Output for Lamp {
        fn set(&mut self, level: Level) -> Result<(), DeviceFault> {
            self.1?;
            self.0 = level;
            Ok(())
        }
    }

    fn tower(middle: Result<(), DeviceFault>) -> ThreeLamps<Lamp> {
        ThreeLamps { lamps: [Ok(()), middle, Ok(())].map(|works| Some(Lamp(Level::Inactive, works))) }
    }

    fn shows(tower: &ThreeLamps<Lamp>) -> String {
        let lamps = tower.lamps.iter().flatten();
        lamps.map(|lamp| if lamp.0 == Level::Active { '*' } else { '.' }).collect()
    }

    #[test]
    fn one_lamp_at_a_time_and_none_at_rest() {
        let mut tower = tower(Ok(()));
        for (signal, expected) in [
            (Signal::Verdict(Verdict::Pass), "*.."),
            (Signal::Verdict(Verdict::Assist), ".*."),
            (Signal::Verdict(Verdict::Limit), ".*."),
            (Signal::SilentStop, ".*."),
            (Signal::Verdict(Verdict::Stop), "..*"),
            (Signal::Opened, "*.."),
            (Signal::Idle, "..."),
        ] {
            tower.show(signal).unwrap();
            assert_eq!(shows(&tower), expected, "{signal:?}");
        }
    }

    #[test]
    fn a_lamp_that_fails_is_told_and_the_others_are_right() {
        let mut tower = tower(Err(DeviceFault::NotConnected));
        tower.show(Signal::Verdict(Verdict::Pass)).unwrap_err();
        assert_eq!(shows(&tower), "*..");
        assert_eq!(tower.show(Signal::Verdict(Verdict::Stop)), Err(DeviceFault::NotConnected));
        assert_eq!(shows(&tower), "..*");
    }
}
