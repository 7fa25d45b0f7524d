//! What the rig found, a line a rule: ok, FAILED, or SKIPPED with the reason.
//! Promises: what failed or was skipped is said by name at once and again at the end; with `CI=true` a skip is a failure.
//! Must not know: how a rule is looked at.

use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The rules so far.
pub(crate) struct Report {
    began: Instant,
    failed: Vec<String>,
    held: usize,
}

impl Report {
    /// None yet.
    pub(crate) fn new() -> Report {
        Report { began: Instant::now(), failed: Vec::new(), held: 0 }
    }

    /// A rule, and whether it holds.
    pub(crate) fn rule(&mut self, rule: &str, holds: bool) {
        let seconds = self.began.elapsed().as_secs();
        if holds {
            self.held += 1;
            println!("ok      {rule} ({seconds} s)");
        } else {
            println!("FAILED  {rule} ({seconds} s)");
            self.failed.push(rule.to_owned());
        }
    }

    /// A rule that holds if its question was answered in time.
    pub(crate) fn came<T>(&mut self, rule: &str, answer: anyhow::Result<(T, Duration)>) -> Option<T> {
        match answer {
            Ok((value, took)) => {
                self.rule(&format!("{rule}: {:.1} s", took.as_secs_f64()), true);
                Some(value)
            }
            Err(cause) => {
                println!("        {cause:#}");
                self.rule(rule, false);
                None
            }
        }
    }

    /// What could not be looked at here, and why. CI has everything that is needed.
    pub(crate) fn skipped(&mut self, what: &str, lacks: &str) {
        println!("SKIPPED {what}: {lacks}");
        if std::env::var_os("CI").is_some_and(|ci| ci == "true") {
            self.failed.push(format!("{what}: {lacks}"));
        }
    }

    /// A figure, for the reader.
    pub(crate) fn figure(&self, what: &str) {
        println!("        {what}");
    }

    /// The end: how many held; the names of those that did not.
    pub(crate) fn end(self) -> ExitCode {
        println!(
            "{} rules held in {} s, {} failed",
            self.held,
            self.began.elapsed().as_secs(),
            self.failed.len()
        );
        for rule in &self.failed {
            println!("FAILED  {rule}");
        }
        if self.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
