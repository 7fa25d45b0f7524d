//! The self-test's lines of what hangs on GPIO lines: latch, lamps, buzzer, inputs.
//! Promises: requests no line, so that nothing moves and a running gate keeps its own; who uses a line is said.
//! Must not know: what a line does.

use gate_hal::DeviceFault;
use gate_hal_linux::gpio::{LineId, Wire};
use gate_hal_linux::pulsed_latch::trigger;

use super::super::{Finding, Tell, bad, good};
use crate::config::{Config, LampsConfig, LatchConfig, LatchSource};

const FIX: &str = "check chip and line against `gpioinfo`, and that this user may write to the chip";

/// Walks them.
pub(super) fn look(config: &Config, tell: Tell<'_>) -> anyhow::Result<()> {
    tell(config.latch.as_ref().map_or_else(|| good("latch", "none fitted"), latch))?;
    tell(all("lamps", config.lamps.iter().flat_map(LampsConfig::named)))?;
    if let Some(buzzer) = &config.buzzer {
        tell(all("buzzer", [("buzzer", buzzer.wire())].into_iter()))?;
    }
    tell(all("inputs", config.inputs.iter().flat_map(|inputs| inputs.named())))
}

fn latch(latch: &LatchConfig) -> Finding {
    match latch.source() {
        Ok(LatchSource::Wire(wire)) => all("latch", [("latch.wire", wire)].into_iter()),
        Ok(LatchSource::Led(led)) => match trigger(led) {
            Ok(trigger) => good("latch", format!("{}: {trigger}", led.display())),
            Err(why) => bad(
                "latch",
                format!("{}: {why}", led.display()),
                "the kernel needs ledtrig-transient and this LED in its device tree; check `latch.led`",
            ),
        },
        Err(cause) => bad("latch", format!("{cause:#}"), "check [latch]"),
    }
}

/// One finding for several lines: all that are there, or all that are not.
fn all(part: &'static str, wires: impl Iterator<Item = (&'static str, Wire)>) -> Finding {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for (name, wire) in wires {
        match wire.user() {
            Ok(None) => found.push(format!("{name} is {}", said(&wire))),
            Ok(Some(user)) => found.push(format!("{name} is {}, used by {user}", said(&wire))),
            Err(fault) => missing.push(format!("{name} at {}: {}", said(&wire), why(fault))),
        }
    }
    if !missing.is_empty() {
        return bad(part, missing.join("; "), FIX);
    }
    if found.is_empty() { good(part, "none fitted") } else { good(part, found.join("; ")) }
}

fn why(fault: DeviceFault) -> &'static str {
    match fault {
        DeviceFault::NotConnected => "there is no such chip",
        DeviceFault::Refusing => "the chip has no such line",
        DeviceFault::NotAnswering => "the chip does not answer as it should",
    }
}

fn said(wire: &Wire) -> String {
    match &wire.line {
        LineId::Offset(offset) => format!("{} line {offset}", wire.chip.display()),
        LineId::Name(name) => format!("{} line {name}", wire.chip.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(more: &str) -> Vec<(&'static str, bool, String)> {
        let config = Config::parse(&format!("{}\n{more}", crate::config::SAMPLE)).unwrap();
        let mut lines = Vec::new();
        look(&config, &mut |finding| {
            let said = match &finding.outcome {
                Ok(found) => found.clone(),
                Err(missing) => format!("{} -> {}", missing.what, missing.remedy),
            };
            lines.push((finding.part, finding.outcome.is_ok(), said));
            Ok(())
        })
        .unwrap();
        lines
    }

    #[test]
    fn a_line_whose_chip_is_missing_is_named_by_its_key_with_what_to_check() {
        let wire = |line: u8| format!("{{ chip = \"/dev/gate-no-such-chip\", line = {line} }}");
        let found = lines(&format!("[inputs]\nfire = {}\ndoor = {}", wire(4), wire(5)));
        let (part, well, said) = &found[2];
        assert_eq!((*part, *well), ("inputs", false));
        assert!(
            said.contains("inputs.fire at /dev/gate-no-such-chip line 4: there is no such chip"),
            "{said}"
        );
        assert!(said.contains("inputs.door at") && said.contains("gpioinfo"), "{said}");
    }

    #[test]
    fn a_latch_behind_the_kernels_timer_is_looked_for_and_not_opened() {
        let led = tempfile::tempdir().unwrap();
        std::fs::write(led.path().join("trigger"), "none [transient]\n").unwrap();
        std::fs::write(led.path().join("activate"), "0").unwrap();
        let section = format!("[latch]\nled = \"{}\"", led.path().display());
        assert!(lines(&section)[0].1, "{:?}", lines(&section));
        assert_eq!(std::fs::read_to_string(led.path().join("activate")).unwrap(), "0");
        std::fs::write(led.path().join("trigger"), "[none] heartbeat\n").unwrap();
        assert!(!lines(&section)[0].1, "{:?}", lines(&section));
    }
}
