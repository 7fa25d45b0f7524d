//! The demo province's two repositories, and what a technician carries of them (DESIGN §2).
//! Promises: drafted, signed and published by the desk's own code; the keys are counted, so that anybody may know them.
//! Must not know: what a terminal makes of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use gate_proof::ed25519::SigningKey;
use gate_proof::subject::Subject;
use gate_signing::publish::{Device, Publication};
use gate_signing::repo::{Content, Lives, Repo, RoleSigners, RootOrder, Staged};
use gate_status::{ListFile, Span, alleged_delta_head};
use gate_trust::memory::Memory;
use gate_trust::{Directories, Repository};
use gate_tuf::{KeyEntry, Role};
use gate_wire::credential::Colour;
use gate_wire::time::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::office::STEP_S;
use super::{LIST, Stage, data, office};

const DAY_S: u64 = 86_400;
const YEAR_S: u64 = 365 * DAY_S;
/// Keys of a repository: three of root, two of targets, one each of snapshot and timestamp.
const KEYS: u8 = 7;
const ROOTS: [u8; 3] = [0, 1, 2];
const TARGETS: [u8; 2] = [3, 4];
const SNAPSHOT: u8 = 5;
const TIMESTAMP: u8 = 6;

/// Whose repositories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The province's, whose roots the terminal's image brings.
    Province,
    /// Somebody's who can do everything but sign with the province's keys.
    Stranger,
}

/// Both repositories as their authorities keep them.
#[derive(Debug)]
pub struct Depot {
    folder: tempfile::TempDir,
    owner: Owner,
}

impl Depot {
    /// Repositories with signed roots, and nothing published.
    ///
    /// # Errors
    /// If files cannot be made.
    pub fn new(owner: Owner, now: Timestamp) -> Result<Depot> {
        let depot = Depot { folder: tempfile::tempdir().context("making a folder for repositories")?, owner };
        for repository in Repository::ALL {
            let repo = depot.repo(repository);
            repo.init(&depot.order(repository, now.plus(YEAR_S)))?;
            depot.sign(repository, Role::Root, &ROOTS[..2])?;
        }
        Ok(depot)
    }

    /// Puts the first roots into a terminal, as its image does.
    ///
    /// # Errors
    /// If its memory does not take them.
    pub fn seed(&self, state: &Path) -> Result<()> {
        let memory = Memory::open(state)?;
        for repository in Repository::ALL {
            memory.seed(repository, &self.folder.path().join(repository.name()).join("draft/root.json"))?;
        }
        Ok(())
    }

    /// Publishes everything of the stage's desk as of `now`, good for `life_s` seconds.
    ///
    /// # Errors
    /// If the desk refuses.
    pub fn bring_out(&self, stage: &mut Stage, now: Timestamp, life_s: u64) -> Result<()> {
        self.bring_out_with(stage, &[], (now, life_s))
    }

    /// The same with these steps of the list.
    ///
    /// # Errors
    /// If the desk refuses.
    pub fn bring_out_with(
        &self,
        stage: &mut Stage,
        steps: &[PathBuf],
        (now, life_s): (Timestamp, u64),
    ) -> Result<()> {
        let (trust, mut list) = (stage.export(now)?, vec![stage.listed()?]);
        for step in steps {
            list.push(stepped(step)?);
        }
        for (repository, staged) in [(Repository::Trust, trust), (Repository::Status, list)] {
            self.repo(repository).stage(&staged, &[], now.plus(90 * DAY_S))?;
            self.sign(repository, Role::Targets, &TARGETS)?;
            let (snapshot, timestamp) = (self.key(repository, SNAPSHOT), self.key(repository, TIMESTAMP));
            let lives = Lives { now, snapshot_s: life_s, timestamp_s: life_s };
            let by_snapshot = |message: &[u8]| Ok(snapshot.sign(message)?);
            let by_timestamp = |message: &[u8]| Ok(timestamp.sign(message)?);
            let (of_snapshot, of_timestamp) = (entry(&snapshot), entry(&timestamp));
            let signers: [gate_signing::repo::OnlineSigner<'_>; 2] =
                [(&of_snapshot, &by_snapshot), (&of_timestamp, &by_timestamp)];
            self.repo(repository).publish(signers, &lives)?;
        }
        Ok(())
    }

    /// Copies what is published to a stick.
    ///
    /// # Errors
    /// If files cannot be copied.
    pub fn copy_to(&self, stick: &Path) -> Result<()> {
        for repository in Repository::ALL {
            self.repo(repository).mirror(&stick.join(repository.name()))?;
        }
        Ok(())
    }

    fn repo(&self, repository: Repository) -> Repo {
        Repo::at(&self.folder.path().join(repository.name()))
    }

    fn key(&self, repository: Repository, number: u8) -> SigningKey {
        let first = match repository {
            Repository::Trust => 10,
            Repository::Status => 10 + KEYS,
        };
        let own = match self.owner {
            Owner::Province => 0,
            Owner::Stranger => 2 * KEYS,
        };
        SigningKey::from_seed(&[first + own + number; 32])
    }

    fn order(&self, repository: Repository, expires: Timestamp) -> RootOrder {
        let signers = |numbers: &[u8], threshold| RoleSigners {
            keys: numbers.iter().map(|number| entry(&self.key(repository, *number))).collect(),
            threshold,
        };
        let roles = BTreeMap::from([
            (Role::Root, signers(&ROOTS, 2)),
            (Role::Targets, signers(&TARGETS, 2)),
            (Role::Snapshot, signers(&[SNAPSHOT], 1)),
            (Role::Timestamp, signers(&[TIMESTAMP], 1)),
        ]);
        RootOrder { roles, expires }
    }

    fn sign(&self, repository: Repository, role: Role, numbers: &[u8]) -> Result<()> {
        for number in numbers {
            let key = self.key(repository, *number);
            self.repo(repository).sign(role, &entry(&key), |message| Ok(key.sign(message)?))?;
        }
        Ok(())
    }
}

/// A step of the list, as `status` carries it.
fn stepped(path: &Path) -> Result<Staged> {
    let head = alleged_delta_head(&std::fs::read(path)?)?;
    let file = ListFile::Delta(head.epoch, Span { from: head.from, to: head.to });
    let (name, content) = (file.name(), Content::File(path.to_path_buf()));
    Ok(Staged { name, version: head.to, issued: head.as_of, content })
}

fn entry(key: &SigningKey) -> KeyEntry {
    KeyEntry::of(&key.public_key())
}

impl Stage {
    /// Where this terminal's keeper works.
    pub fn keeper(&self) -> Directories {
        let root = self.directory();
        Directories { spool: root.join("spool"), data: data(root), state: root.join("keeper") }
    }

    /// Builds the desk's list anew, as of a moment ago; the terminal has not got it yet.
    ///
    /// # Errors
    /// If the desk refuses.
    pub fn renew_list(&mut self) -> Result<()> {
        let (directory, setting) = (self.directory().to_path_buf(), self.setting.clone());
        std::fs::remove_file(directory.join(LIST)).context("removing the list of before")?;
        let as_of = self.time().minus(STEP_S);
        office::list(&directory, &setting, &mut self.province, as_of)
    }

    /// The same, with somebody more in it.
    ///
    /// # Errors
    /// If the desk refuses.
    pub fn renew_list_with(&mut self, subject: Subject, colour: Colour) -> Result<()> {
        self.setting.listed.push((vec![subject], colour));
        self.renew_list()
    }

    /// The same with these people, green, among so many more of whom nothing is known but a number: what a province weighs. The bytes of the list.
    ///
    /// # Errors
    /// If the desk refuses.
    pub fn renew_list_among(&mut self, people: impl IntoIterator<Item = Subject>, more: u64) -> Result<u64> {
        self.setting.listed.extend(people.into_iter().map(|subject| (vec![subject], Colour::Green)));
        std::fs::remove_file(self.list_path()).context("removing the list of before")?;
        let (path, as_of) = (self.list_path(), self.time().minus(STEP_S));
        office::list_among(&path, &self.setting, &mut self.province, (as_of, more))
    }

    /// The keeper put a list of this time in force.
    pub fn holds_list_of(&mut self, as_of: Timestamp) {
        self.as_of = as_of;
    }

    fn list_path(&self) -> PathBuf {
        self.directory().join(LIST)
    }

    /// The next generation of everything that the repository `trust` carries.
    fn export(&mut self, now: Timestamp) -> Result<Vec<Staged>> {
        let list = self.list_path();
        let own = gate_trust::own::load(&data(self.directory()));
        let own = own.map_err(|refused| anyhow::anyhow!("the terminal's own keys: {refused}"))?;
        let device = own.device.sealing_key();
        let terminal = (self.setting.terminal, Device::Enrolled(&device));
        // Nobody's secret depends on it: the demo's keys are all known.
        let mut rng = ChaCha20Rng::seed_from_u64(self.boots);
        self.province.province_mut().prepare(terminal, &mut rng)?;
        let publication = Publication {
            now,
            terminal: terminal.0,
            device: terminal.1,
            inputs: &self.setting.inputs,
            status: None,
            deltas: &[],
            without: &[],
        };
        let devices = [(terminal.0, device.clone())];
        Ok(self.province.province().export(&publication, &devices, &[&list], &mut rng)?)
    }

    /// What the repository `status` carries.
    fn listed(&self) -> Result<Staged> {
        let head = *self.province.province().open_list(&self.list_path())?.base_head();
        Ok(Staged {
            name: ListFile::Base(head.epoch).name(),
            version: head.epoch.0,
            issued: head.as_of,
            content: Content::File(self.list_path()),
        })
    }
}
