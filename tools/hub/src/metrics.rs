//! What is counted, as Prometheus reads it (text format 0.0.4).
//! Promises: nothing in it is about a person, and no label names a terminal.
//! Must not know: who reads it (but for [`door`]).

pub mod door;

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

/// A number that goes up, and for some down.
#[derive(Debug, Default)]
pub struct Number(AtomicU64);

impl Number {
    /// One more.
    pub fn up(&self) {
        self.add(1);
    }

    /// Some more.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// Some fewer.
    pub fn down(&self, count: u64) {
        self.0.fetch_sub(count, Ordering::Relaxed);
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Everything that is counted.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Batches that were new.
    pub kept: Number,
    /// Batches that were here.
    pub known: Number,
    /// Batches that disagree with what was here.
    pub doubted: Number,
    /// Batches and accounts whose signature or form is not good.
    pub refused: Number,
    /// Accounts.
    pub accounts: Number,
    /// Requests that were told to come later.
    pub turned_away: Number,
    /// Requests in a name that is not theirs, or no longer.
    pub strangers: Number,
    /// Bytes of the repositories that were sent.
    pub served_bytes: Number,
    /// Commits.
    pub commits: Number,
    /// Changes that wait.
    pub waiting: Number,
    /// Connections that are open.
    pub connections: Number,
}

/// What is counted in the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stock {
    /// Terminals that are enrolled.
    pub enrolled: u64,
    /// Terminals that were revoked.
    pub revoked: u64,
    /// Terminals that are enrolled and never reported.
    pub silent: u64,
    /// Batches.
    pub batches: u64,
    /// Journals that wait for a person to choose between two rows.
    pub doubts: u64,
    /// Alarms.
    pub alarms: u64,
}

/// Enrolled terminals that reported, by the worst band of all that they hold.
pub type ByBand = [(&'static str, u64); 6];

impl Metrics {
    /// As text. What could not be counted is left out: 0 would be a number.
    #[must_use]
    pub fn in_text(&self, stock: Option<&Stock>, by_band: Option<&ByBand>) -> String {
        let mut text = String::new();
        let rows = [
            ("batches_kept_total", "counter", self.kept.now()),
            ("batches_known_total", "counter", self.known.now()),
            ("batches_doubted_total", "counter", self.doubted.now()),
            ("refused_total", "counter", self.refused.now()),
            ("accounts_total", "counter", self.accounts.now()),
            ("turned_away_total", "counter", self.turned_away.now()),
            ("strangers_total", "counter", self.strangers.now()),
            ("served_bytes_total", "counter", self.served_bytes.now()),
            ("commits_total", "counter", self.commits.now()),
            ("changes_waiting", "gauge", self.waiting.now()),
            ("connections", "gauge", self.connections.now()),
            ("database_up", "gauge", u64::from(stock.is_some())),
        ];
        let stock = stock.map(|stock| {
            [
                ("terminals_enrolled", "gauge", stock.enrolled),
                ("terminals_revoked", "gauge", stock.revoked),
                ("terminals_never_reported", "gauge", stock.silent),
                ("batches", "gauge", stock.batches),
                ("journals_in_doubt", "gauge", stock.doubts),
                ("alarms", "gauge", stock.alarms),
            ]
        });
        for (name, kind, number) in rows.into_iter().chain(stock.into_iter().flatten()) {
            // Writing to a string does not fail.
            let _ = writeln!(text, "# TYPE gate_hub_{name} {kind}\ngate_hub_{name} {number}");
        }
        if let Some(by_band) = by_band {
            let _ = writeln!(text, "# TYPE gate_hub_terminals_by_band gauge");
            for (band, number) in by_band {
                let _ = writeln!(text, "gate_hub_terminals_by_band{{band=\"{band}\"}} {number}");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_counted_is_left_out_and_is_not_0() {
        let metrics = Metrics::default();
        let away = metrics.in_text(None, None);
        assert!(away.contains("gate_hub_database_up 0\n") && away.contains("gate_hub_commits_total 0\n"));
        for left in ["terminals_", "journals_in_doubt", "alarms", "gate_hub_batches "] {
            assert!(!away.contains(left), "{left}: {away}");
        }
        let here = metrics.in_text(Some(&Stock { doubts: 3, ..Stock::default() }), None);
        assert!(here.contains("gate_hub_database_up 1\n") && here.contains("gate_hub_journals_in_doubt 3\n"));
        assert!(!here.contains("by_band"), "no policy, no band: {here}");
        let by_band = ["fresh", "ageing", "stale", "expired", "missing", "unlimited"].map(|band| (band, 2));
        let here = metrics.in_text(Some(&Stock::default()), Some(&by_band));
        assert!(here.ends_with("gate_hub_terminals_by_band{band=\"unlimited\"} 2\n"), "{here}");
    }
}
