//! What the guest's own kernel saw, and when: edges of lines (`gpio_value`), frames handed to its video output (`v4l2_qbuf`), waits for a disk
//! (`fdatasync`, `fsync`), marks of ours.
//! Promises: all on one clock of the guest, in microseconds; nothing of the programs' own word.
//! Must not know: what hangs on a line.

use anyhow::{Context, Result};

use crate::machine::Machine;

/// Something the kernel saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// On the guest's monotonic clock.
    pub(crate) at_us: u64,
    pub(crate) what: What,
}

/// What it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A line of the simulated chip was driven.
    Driven { line: u32, high: bool },
    /// A frame was handed to the camera's player.
    Played,
    /// The lane's thread of this number began to wait until its file is on the disk.
    SyncBegan { thread: u32 },
    /// And it was.
    SyncEnded { thread: u32 },
    /// The rig began something.
    Marked,
}

/// The trace of a guest.
pub(crate) struct Trace {
    /// The kernel's number of the chip's first line.
    base: u32,
}

impl Trace {
    /// The trace of this guest, whose board is there.
    ///
    /// # Errors
    /// If it has no chip.
    pub(crate) fn of(machine: &mut Machine) -> Result<Trace> {
        let base = machine
            .shell
            .must(r"sed -n 's/^gpiochip[0-9]*: GPIOs \([0-9]*\)-.*gpio-sim.*/\1/p' /sys/kernel/debug/gpio")?;
        Ok(Trace { base: base.parse().context("the guest's chip of lines has no number")? })
    }

    /// Forgets what was, and marks the time.
    ///
    /// # Errors
    /// If the guest does not answer.
    pub(crate) fn begin(&self, machine: &mut Machine) -> Result<()> {
        machine
            .shell
            .must("echo > /sys/kernel/tracing/trace && echo rig > /sys/kernel/tracing/trace_marker")?;
        Ok(())
    }

    /// Everything since, in order; of the frames the first.
    ///
    /// # Errors
    /// If the guest does not answer.
    pub(crate) fn moments(&self, machine: &mut Machine) -> Result<Vec<Moment>> {
        let read = "cd /sys/kernel/tracing; grep -E 'gpio_value:|tracing_mark_write:|sys_f(data)?sync' trace; grep -m1 v4l2_qbuf: trace; cd /";
        let text = machine.shell.run(read)?.text;
        let mut moments: Vec<Moment> = text.lines().filter_map(|line| self.moment(line)).collect();
        moments.sort_by_key(|moment| moment.at_us);
        Ok(moments)
    }

    fn moment(&self, line: &str) -> Option<Moment> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = words.iter().position(|word| {
            word.ends_with("_value:")
                || word.ends_with("_qbuf:")
                || word.ends_with("_write:")
                || word.starts_with("sys_f")
        })?;
        let (seconds, micros) = words.get(at.checked_sub(1)?)?.trim_end_matches(':').split_once('.')?;
        let at_us = seconds.parse::<u64>().ok()? * 1_000_000 + micros.parse::<u64>().ok()?;
        let what = match *words.get(at)? {
            "gpio_value:" => {
                let line = words.get(at + 1)?.parse::<u32>().ok()?.checked_sub(self.base)?;
                What::Driven { line, high: *words.get(at + 3)? == "1" }
            }
            "v4l2_qbuf:" => What::Played,
            "tracing_mark_write:" => What::Marked,
            sync => {
                let thread = words.get(at.checked_sub(4)?)?.rsplit_once('-')?.1.parse().ok()?;
                if sync.contains('(') { What::SyncBegan { thread } } else { What::SyncEnded { thread } }
            }
        };
        Some(Moment { at_us, what })
    }
}

/// When `what` first came.
pub(crate) fn first(moments: &[Moment], what: What) -> Option<u64> {
    moments.iter().find(|moment| moment.what == what).map(|moment| moment.at_us)
}

/// How long the line was driven high since it first was, if it has fallen.
pub(crate) fn pulse_us(moments: &[Moment], line: u32) -> Option<u64> {
    let rose = first(moments, What::Driven { line, high: true })?;
    let fell = moments
        .iter()
        .find(|moment| moment.what == What::Driven { line, high: false } && moment.at_us > rose)?;
    Some(fell.at_us - rose)
}

/// How often, and for how long together, something of the lane waited for its disk between the two times.
pub(crate) fn synced_us(moments: &[Moment], from: u64, to: u64) -> (usize, u64) {
    let within = || moments.iter().filter(|moment| (from..=to).contains(&moment.at_us));
    let waits = within().filter_map(|began| {
        let What::SyncBegan { thread } = began.what else { return None };
        let ended = within()
            .find(|moment| moment.what == What::SyncEnded { thread } && moment.at_us >= began.at_us)?;
        Some(ended.at_us - began.at_us)
    });
    waits.fold((0, 0), |(many, sum), wait| (many + 1, sum + wait))
}

/// How often the line rose. A line that is told again what it is has not risen.
pub(crate) fn pulses(moments: &[Moment], line: u32) -> usize {
    let driven = moments.iter().filter_map(|moment| match moment.what {
        What::Driven { line: of, high } if of == line => Some(high),
        _ => None,
    });
    let mut before = false;
    driven.filter(|high| std::mem::replace(&mut before, *high) != *high && *high).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: [&str; 8] = [
        "            bash-301     [000] .....    60.500000: tracing_mark_write: rig",
        "        v4l2-ctl-402     [001] .....    60.750123: v4l2_qbuf: minor = 1, index = 0, type = VIDEO_OUTPUT",
        "            gate-380     [000] .....    60.900000: sys_fdatasync(fd: 9)",
        "   journal start-381     [001] .....    60.950000: sys_fsync(fd: 3)",
        "            gate-380     [001] .....    60.990000: sys_fdatasync -> 0x0",
        "   journal start-381     [001] .....    60.999000: sys_fsync -> 0x0",
        "            gate-377     [001] .....    61.000001: gpio_value: 496 set 1",
        "           latch-381     [000] .....    66.000101: gpio_value: 496 set 0",
    ];

    #[test]
    fn a_trace_tells_when_a_frame_was_played_and_for_how_long_a_line_was_driven() {
        let trace = Trace { base: 496 };
        let moments: Vec<Moment> = SAID.iter().filter_map(|line| trace.moment(line)).collect();
        assert_eq!(moments.len(), 8);
        assert_eq!(first(&moments, What::Played), Some(60_750_123));
        assert_eq!(first(&moments, What::Driven { line: 0, high: true }), Some(61_000_001));
        assert_eq!(pulse_us(&moments, 0), Some(5_000_100));
        assert_eq!(pulse_us(&moments[..7], 0), None);
        assert_eq!(pulse_us(&moments, 1), None);
        assert_eq!(synced_us(&moments, 60_750_123, 61_000_001), (2, 90_000 + 49_000));
        assert_eq!(synced_us(&moments, 60_750_123, 60_992_000), (1, 90_000));
    }

    #[test]
    fn a_line_that_is_told_again_what_it_is_is_one_pulse() {
        let told = [(0, false), (0, true), (3, true), (0, true), (0, false), (0, false), (0, true)];
        let told = told.map(|(line, high)| Moment { at_us: 0, what: What::Driven { line, high } });
        assert_eq!([0, 3, 1].map(|line| pulses(&told, line)), [2, 1, 0]);
    }

    #[test]
    fn what_is_no_moment_is_passed_over() {
        let trace = Trace { base: 496 };
        for line in ["", "# tracer: nop", "x: gpio_value:", " a-1 [0] . 1.2: gpio_value: 3 set 1"] {
            assert_eq!(trace.moment(line), None, "{line}");
        }
    }
}
