//! Lines of this machine: chips that are not there, files that are none, and the kernel's simulated chip where it has one.

use std::path::Path;

use gate_hal::inputs::{Input, InputLevels, Inputs};

use super::*;

fn wire(chip: &str, line: LineId) -> Wire {
    Wire { chip: chip.into(), line, polarity: Polarity::High, pull: Pull::Board }
}

#[test]
fn a_chip_that_is_not_there_is_not_connected_and_asked_for_again() {
    let missing = wire("/dev/gate-no-such-chip", LineId::Offset(0));
    let mut output = GpioOutput::new(missing.clone());
    for _ in 0..2 {
        assert_eq!(output.set(Level::Active), Err(DeviceFault::NotConnected));
    }
    assert_eq!(missing.offset(), Err(DeviceFault::NotConnected));
    let lines = SensorLines { fire: Some(missing), debounce_ms: 10, ..SensorLines::default() };
    let expected = InputLevels::default().with(Input::Fire, Err(DeviceFault::NotConnected));
    assert_eq!(GpioSensors::on(lines, None).levels(), expected);
}

#[test]
fn what_is_no_chip_is_a_fault() {
    assert!(wire("/dev/null", LineId::Offset(0)).offset().is_err());
    assert!(wire("/dev/null", LineId::Name("latch".into())).user().is_err());
}

/// A chip of the module `gpio-sim`, and where its lines can be pulled from.
fn simulated() -> Option<String> {
    let chips = std::fs::read_dir("/sys/bus/gpio/devices").ok()?.flatten();
    let simulated = chips.filter(|chip| {
        std::fs::canonicalize(chip.path()).is_ok_and(|path| path.to_string_lossy().contains("gpio-sim"))
    });
    simulated.map(|chip| format!("/dev/{}", chip.file_name().to_string_lossy())).next()
}

#[test]
fn a_line_of_the_kernels_simulated_chip_is_switched_and_is_ours_alone() {
    let Some(chip) = simulated().filter(|chip| Path::new(chip).exists()) else {
        println!(
            "SKIPPED a_line_of_the_kernels_simulated_chip_is_switched_and_is_ours_alone: no gpio-sim here"
        );
        return;
    };
    let wire = wire(&chip, LineId::Offset(0));
    let mut output = GpioOutput::new(wire.clone());
    output.set(Level::Active).unwrap();
    assert_eq!(wire.user().unwrap().as_deref(), Some(CONSUMER));
    assert_eq!(GpioOutput::new(wire.clone()).set(Level::Active), Err(DeviceFault::Refusing));
    output.set(Level::Inactive).unwrap();
    drop(output);
    assert_eq!(wire.user().unwrap(), None);
}
