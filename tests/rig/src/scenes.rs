//! What is played in the machine.

pub(crate) mod board;
pub(crate) mod clock;
pub(crate) mod lane;
pub(crate) mod night;
pub(crate) mod plugged;
pub(crate) mod power;
pub(crate) mod province;
pub(crate) mod pulls;
pub(crate) mod stick;
pub(crate) mod watchdog;

use std::time::Duration;

use anyhow::Result;

use crate::machine::Machine;
use crate::patience::until;
use crate::report::Report;

/// Lines of the lane's log with these words.
pub(crate) fn told(machine: &mut Machine, words: &str) -> Result<usize> {
    let said = machine
        .shell
        .run(&format!("journalctl -b --no-pager -o cat -u gate.service | grep -c -- '{words}'"))?;
    Ok(said.text.trim().parse().unwrap_or(0))
}

/// Waits until the log has more than `before` of such lines.
pub(crate) fn told_again(machine: &mut Machine, words: &str, before: usize) -> Result<((), Duration)> {
    until(words, || Ok((told(machine, words)? > before).then_some(())))
}

/// A rule that holds if its question was answered in time; if not, the units' last words are printed beside it.
pub(crate) fn came<T>(
    machine: &mut Machine,
    report: &mut Report,
    rule: &str,
    answer: Result<(T, Duration)>,
) -> Result<()> {
    if report.came(rule, answer).is_none() {
        report
            .figure(&machine.shell.run("journalctl -b --no-pager -o short-monotonic -n 25 -u 'gate*'")?.text);
    }
    Ok(())
}

/// Waits until a command of the guest ends well.
pub(crate) fn holding(machine: &mut Machine, command: &str) -> Result<((), Duration)> {
    until(command, || Ok(machine.shell.holds(command)?.then_some(())))
}
