//! A province with its two repositories, and one terminal that has nothing but its own keys and the first roots.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use gate_core::query::TerminalNumber;
use gate_core::screen::UpdateRefused;
use gate_proof::seal::{OpeningKey, SealingKey};
use gate_signing::demo::DemoProvince;
use gate_signing::inputs::Inputs;
use gate_signing::province::DAYS_AHEAD;
use gate_signing::publish::{Device, Publication};
use gate_signing::repo::Staged;
use gate_sim::stage;
use gate_trust::memory::Memory;
use gate_trust::refusal::Cause;
use gate_trust::report::{InForce, Report};
use gate_trust::{Directories, Look, Now, Repository, run};
use gate_wire::time::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::authority::{Authority, Roster, copy_all};
use super::by_stick::Stick;
use super::way::Way;

/// The seed of the test terminal's device key.
const DEVICE: [u8; 32] = [7; 32];

pub(crate) struct Land {
    pub(crate) province: DemoProvince,
    pub(crate) inputs: Inputs,
    pub(crate) trust: Authority,
    pub(crate) status: Authority,
    pub(crate) to: Directories,
    pub(crate) now: Timestamp,
    pub(crate) folder: tempfile::TempDir,
    between: Between,
}

/// Who brings what is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// Nobody: the spool itself is what was brought.
    Spool,
    /// A stick, which `gate-field visit` brings in with each run of the keeper.
    Stick,
    /// A hub's folder, mirrored into the spool before each run of the keeper.
    Https,
}

/// What is between the repositories and the spool.
enum Between {
    Nothing,
    Stick(Stick),
    Network(Box<Way>),
}

pub(crate) fn terminal() -> TerminalNumber {
    TerminalNumber::new(7).unwrap()
}

pub(crate) fn device() -> SealingKey {
    OpeningKey::from_seed(&DEVICE).sealing_key()
}

impl Land {
    /// Repositories with nothing published, and a terminal as its image makes it.
    pub(crate) fn new() -> Land {
        Land::by(Carrier::Spool)
    }

    /// The same, with what is between it and the repositories.
    pub(crate) fn by(carrier: Carrier) -> Land {
        // In memory where the machine has such a folder: sixty publications sync thousands of files.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let now = stage::beginning();
        let [trust, status] = Repository::ALL.map(|one| Authority::new(folder.path(), one, now));
        let to = Directories {
            spool: folder.path().join("spool"),
            data: folder.path().join("believed"),
            state: folder.path().join("state"),
        };
        let province = stage::province().unwrap();
        let between = match carrier {
            Carrier::Spool => Between::Nothing,
            Carrier::Stick => Between::Stick(Stick::new(folder.path())),
            Carrier::Https => Between::Network(Box::new(Way::new(&folder.path().join("hub")))),
        };
        let land = Land { province, inputs: Inputs::demo(), trust, status, to, now, folder, between };
        land.image();
        land
    }

    /// What the terminal's image and its enrolment bring.
    fn image(&self) {
        let memory = Memory::open(&self.to.state).unwrap();
        memory.seed(Repository::Trust, &self.trust.path.join("draft/root.json")).unwrap();
        memory.seed(Repository::Status, &self.status.path.join("draft/root.json")).unwrap();
        fs::create_dir_all(&self.to.data).unwrap();
        let key = "07".repeat(32);
        let own = format!(
            r#"{{"format":2,"terminal":7,"device_key_seed":"{key}","record_key_seed":"{key}","use_key":"{key}"}}"#
        );
        let path = self.to.data.join("terminal.keys.json");
        fs::write(&path, own).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// The next generation of everything in `trust`.
    pub(crate) fn draw_up(&mut self, lists: &[&Path]) -> Vec<Staged> {
        let mut rng = ChaCha20Rng::seed_from_u64(5);
        let device = device();
        let terminal = (terminal(), Device::Enrolled(&device));
        self.province.province_mut().make_day_keys(self.now, DAYS_AHEAD, &mut rng).unwrap();
        self.province.province_mut().prepare(terminal, &mut rng).unwrap();
        let publication = Publication {
            now: self.now,
            terminal: terminal.0,
            device: terminal.1,
            inputs: &self.inputs,
            status: None,
            deltas: &[],
            without: &[],
        };
        let devices = [(terminal.0, device.clone())];
        self.province.province().export(&publication, &devices, lists, &mut rng).unwrap()
    }

    /// A root with these keys from now on, signed as the one before demands and as it demands itself.
    pub(crate) fn rotate(&mut self, change: impl FnOnce(&mut Roster)) {
        let mut next = self.trust.roster.clone();
        change(&mut next);
        self.trust.rotate(next, self.now);
    }

    /// The next generation of `trust`, signed by both and published.
    pub(crate) fn bring_out(&mut self) {
        let all = self.draw_up(&[]);
        self.trust.bring_out(&all, self.now);
    }

    /// The same, carried and kept: nothing is refused of it.
    pub(crate) fn bring_in(&mut self) -> Report {
        self.bring_out();
        self.carry();
        let report = self.keep();
        assert_eq!(report.repository("trust").unwrap().refused, None, "{}", report.in_words());
        report
    }

    pub(crate) fn carry(&self) {
        self.carry_of(&self.trust);
    }

    /// The same of another authority's repository.
    pub(crate) fn carry_of(&self, trust: &Authority) {
        match &self.between {
            Between::Stick(stick) => {
                let served = tempfile::tempdir_in(self.folder.path()).unwrap();
                trust.carry(served.path());
                stick.load(served.path());
            }
            Between::Nothing | Between::Network(_) => trust.carry(&self.brought()),
        }
    }

    /// What was brought, before any of it is looked at: the spool, the stick, or the hub's folder.
    pub(crate) fn brought(&self) -> PathBuf {
        match &self.between {
            Between::Nothing => self.to.spool.clone(),
            Between::Stick(stick) => stick.folder.clone(),
            Between::Network(way) => way.folder.clone(),
        }
    }

    /// What the carrier itself did not take of `trust` in its last round, as a technician reads it.
    pub(crate) fn not_carried(&self) -> Vec<String> {
        let said = match &self.between {
            Between::Nothing => String::new(),
            Between::Stick(stick) => stick.said(),
            Between::Network(way) => way.said(),
        };
        let lines = said.lines().map(str::trim_start).map(str::to_owned);
        let told = |line: &String| line.starts_with("未拷贝 ") || line.starts_with("未收到 ");
        // Nothing is published in the other one.
        lines.filter(told).filter(|line| !line.contains(": status: ")).collect()
    }

    /// What the terminal's screen tells of the visit, where there was one.
    pub(crate) fn shown(&self) -> Option<Option<UpdateRefused>> {
        if let Between::Stick(stick) = &self.between { Some(stick.shown()) } else { None }
    }

    pub(crate) fn keep(&self) -> Report {
        match &self.between {
            Between::Stick(stick) => return stick.visit(&self.to, self.now),
            Between::Network(way) => way.mirror(&self.to, terminal()),
            Between::Nothing => {}
        }
        run(&self.to, Now { wall: self.now, confirmed: Some(self.now) }, Look::Usual).unwrap()
    }

    /// The keeper's run by a clock that nobody confirmed.
    pub(crate) fn keep_unconfirmed(&self, wall: Timestamp) -> Report {
        run(&self.to, Now { wall, confirmed: None }, Look::Usual).unwrap()
    }

    pub(crate) fn spooled(&self, file: &str) -> PathBuf {
        self.brought().join("trust").join(file)
    }

    /// The spool as it is now, put back later: what an attacker recorded.
    pub(crate) fn record(&self, name: &str) -> PathBuf {
        let to = self.folder.path().join(name);
        copy_all(&self.brought(), &to);
        to
    }

    pub(crate) fn replay(&self, recorded: &Path) {
        fs::remove_dir_all(self.brought()).unwrap();
        copy_all(recorded, &self.brought());
    }

    pub(crate) fn manifest(&self) -> Vec<u8> {
        fs::read(self.to.data.join("manifest.json")).unwrap()
    }
}

/// Why a repository was not taken further.
pub(crate) fn refused(report: &Report, repository: &str) -> Option<Cause> {
    report.repository(repository).unwrap().refused.as_ref().map(|refusal| refusal.cause)
}

/// What is in force of a dataset.
pub(crate) fn in_force(report: &Report, dataset: &str) -> Option<InForce> {
    report.line(dataset).unwrap().in_force
}
