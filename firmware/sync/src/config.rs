//! What a terminal's owner sets: which hub, which spool, how often.
//! Promises: an unknown field is an error; what is left out has the value that a terminal in the field has.
//! Must not know: anything secret.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use serde::Deserialize;

use crate::line::Line;
use crate::patience::Patience;
use crate::rhythm::Rhythm;

/// The file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The terminal's number.
    pub terminal: u32,
    /// The folder that is filled: its own partition on a board.
    pub spool: PathBuf,
    /// What it may hold.
    #[serde(default = "spool_mib")]
    pub spool_mib: u64,
    /// The keeper's report, read and never written.
    pub report: PathBuf,
    /// The carrier's own folder, mode 0700: the line's key, and nothing else.
    pub state: PathBuf,
    /// The other end.
    pub hub: Hub,
    /// How often, how long.
    #[serde(default)]
    pub pace: Pace,
}

/// The other end.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hub {
    /// `https://NAME[:PORT]`.
    pub address: String,
    /// PEM of the province's certificate authority: no other is believed.
    pub authority: PathBuf,
    /// Where the repositories are, if not at the hub's `/repository`: an object store.
    pub repository: Option<String>,
}

/// How often, how long, in milliseconds.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pace {
    every_ms: u64,
    first_ms: u64,
    longest_ms: u64,
    connect_ms: u64,
    answer_ms: u64,
    window_ms: u64,
    least_rate: u64,
    slice_ms: u64,
}

impl Default for Pace {
    fn default() -> Pace {
        let ms = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let usual = Patience::USUAL;
        Pace {
            every_ms: 300_000,
            first_ms: 2_000,
            longest_ms: 900_000,
            connect_ms: ms(usual.connect),
            answer_ms: ms(usual.answer),
            window_ms: ms(usual.window),
            least_rate: usual.least_rate,
            slice_ms: ms(usual.slice),
        }
    }
}

impl Pace {
    /// How long is waited.
    #[must_use]
    pub fn patience(&self) -> Patience {
        Patience {
            connect: Duration::from_millis(self.connect_ms),
            answer: Duration::from_millis(self.answer_ms),
            window: Duration::from_millis(self.window_ms),
            least_rate: self.least_rate,
            slice: Duration::from_millis(self.slice_ms),
        }
    }

    /// How often.
    #[must_use]
    pub fn rhythm(&self) -> Rhythm {
        Rhythm {
            every: Duration::from_millis(self.every_ms),
            first: Duration::from_millis(self.first_ms),
            longest: Duration::from_millis(self.longest_ms),
        }
    }
}

impl Config {
    /// Reads the file.
    ///
    /// # Errors
    /// If it cannot be read, or is not of this form.
    pub fn read(path: &Path) -> anyhow::Result<Config> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        toml::from_str(&text).with_context(|| path.display().to_string())
    }

    /// The line to the repositories.
    ///
    /// # Errors
    /// If the address or the authority's certificate is none.
    pub fn repository(&self) -> anyhow::Result<Line> {
        let own = format!("{}/repository", self.hub.address.trim_end_matches('/'));
        self.line(self.hub.repository.as_deref().unwrap_or(&own))
    }

    /// The line to the hub itself.
    ///
    /// # Errors
    /// If the address or the authority's certificate is none.
    pub fn hub(&self) -> anyhow::Result<Line> {
        self.line(&self.hub.address)
    }

    fn line(&self, address: &str) -> anyhow::Result<Line> {
        let authority = &self.hub.authority;
        let pem = std::fs::read(authority).with_context(|| authority.display().to_string())?;
        Ok(Line::open(address, &pem, self.pace.patience())?)
    }
}

fn spool_mib() -> u64 {
    gate_carry::spool::USUAL_MIB
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../../assets/sync.toml");

    #[test]
    fn the_sample_is_read_and_what_it_comments_out_are_the_values_without_it() {
        let usual: Config = toml::from_str(SAMPLE).unwrap();
        let whole: String =
            SAMPLE.lines().map(|line| format!("{}\n", line.strip_prefix("# ").unwrap_or(line))).collect();
        let whole = whole.replacen("The network", "# The network", 1).replacen("What it", "# What it", 1);
        let said: Config = toml::from_str(&whole).unwrap();
        assert_eq!(said.pace.patience(), usual.pace.patience());
        assert_eq!(said.pace.rhythm(), usual.pace.rhythm());
        assert_eq!((usual.pace.patience(), said.spool_mib), (Patience::USUAL, spool_mib()));
        assert!(said.hub.repository.is_some() && usual.hub.repository.is_none());
        assert!(toml::from_str::<Config>(&SAMPLE.replace("spool_mib", "spool_mb")).is_err());
    }
}
