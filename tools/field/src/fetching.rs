//! At the desk: published repositories from a hub, or an object store, into a folder of the laptop, before a stick is loaded from it.
//! Promises: the carrier's own way ([`gate_sync::mirror`](mod@gate_sync::mirror)): HTTPS, the province's authority alone, every length and
//! every wait bounded; a file has its name once its bytes are those announced; cut off anywhere it goes on from the byte; what did not come
//! whole is loaded onto no stick.
//! Must not know: sticks; whether any of it may be believed.

use std::path::Path;

use anyhow::{Context, ensure};
use gate_carry::Spool;
use gate_sync::fetch::FetchFault;
use gate_sync::patience::Patience;
use gate_sync::{Line, Round, mirror_everything};
use gate_tuf::{Repository, TIMESTAMP};

/// What is fetched, and into what.
pub struct Fetch<'a> {
    /// `https://NAME[:PORT][/PATH]`, below which `trust/` and `status/` lie.
    pub address: &'a str,
    /// PEM of the province's certificate authority.
    pub authority: &'a Path,
    /// The folder that is filled, and kept for the next time.
    pub into: &'a Path,
    /// Bytes that it may hold.
    pub bound: u64,
}

impl Fetch<'_> {
    /// Fetches until everything is there.
    ///
    /// # Errors
    /// If anything is not; what came stays.
    pub fn run(&self, say: &mut dyn FnMut(String)) -> anyhow::Result<()> {
        let pem = std::fs::read(self.authority).with_context(|| self.authority.display().to_string())?;
        let line = Line::open(self.address, &pem, Patience::USUAL)?;
        let folder = Spool::open(self.into, self.bound)?;
        let mut there = 0;
        for repository in Repository::ALL {
            there += u8::from(self.whole((&line, &folder), repository, say)?);
        }
        ensure!(
            there > 0,
            "{} serves no published repository: trust/ and status/ are looked for below it, at a hub below /repository",
            self.address
        );
        Ok(())
    }

    /// Rounds until a repository is whole; whether there is one.
    fn whole(
        &self,
        (line, folder): (&Line, &Spool),
        repository: Repository,
        say: &mut dyn FnMut(String),
    ) -> anyhow::Result<bool> {
        let stamp = format!("{}/{TIMESTAMP}", repository.name());
        loop {
            let round = mirror_everything(line, folder, repository);
            if is_absent(&round, &stamp) {
                let lies_here = folder.read(&stamp, repository.limits().timestamp).is_some();
                ensure!(
                    !lies_here,
                    "{stamp} is no longer served, and lies in {}: take another folder",
                    self.into.display()
                );
                return Ok(false);
            }
            say(round.in_words(repository).trim_end().to_owned());
            if round.is_whole() {
                return Ok(true);
            }
            ensure!(
                round.faults.is_empty(),
                "没有取全，U盘未改动；再执行一次，从断处继续 not everything came, and the stick is as it was: give the command again, it goes on where it was cut off"
            );
        }
    }
}

/// Whether nothing of the repository is published there.
fn is_absent(round: &Round, stamp: &str) -> bool {
    matches!(&round.faults[..], [(name, FetchFault::Absent)] if name == stamp)
}
