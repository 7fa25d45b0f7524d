//! One terminal of a round: its gate on a stage, what its keeper reads and writes, and the spool that carriers fill.

use std::fs;
use std::path::Path;
use std::time::Duration;

use gate_core::query::{QueryNumber, TerminalNumber};
use gate_core::verdict::Verdict;
use gate_proof::ed25519::{PublicKey, SigningKey};
use gate_proof::seal::{OpeningKey, SealingKey};
use gate_signing::demo::DemoProvince;
use gate_signing::key_name::KeyName;
use gate_sim::people::Person;
use gate_sim::stage::{Setting, Stage};
use gate_trust::memory::Memory;
use gate_trust::report::Report;
use gate_trust::{Directories, Look, Now, Repository, run};
use gate_wire::time::Timestamp;

use super::authority::Authority;
use super::night::names;

pub(crate) struct Terminal {
    /// On the heap: several of them move about.
    pub(crate) stage: Box<Stage>,
    pub(crate) to: Directories,
}

impl Terminal {
    /// In this folder, which outlives it.
    pub(crate) fn new(setting: Setting, province: DemoProvince, folder: &Path) -> Terminal {
        let spool = folder.join("spool");
        let setting = Setting { spool: Some(spool.clone()), ..setting };
        let stage = Box::new(Stage::new(setting, province).unwrap());
        let data = stage.directory().join("believed");
        Terminal { stage, to: Directories { spool, data, state: folder.join("state") } }
    }

    /// Its power is cut for so long.
    pub(crate) fn after(self, seconds: u64) -> Terminal {
        Terminal { stage: Box::new(self.stage.reboot(seconds).unwrap()), to: self.to }
    }

    /// What the terminal's image brings: the first roots.
    pub(crate) fn seed(&self, [trust, status]: [&Authority; 2]) {
        for (repository, authority) in Repository::ALL.into_iter().zip([trust, status]) {
            let memory = Memory::open(&self.to.state).unwrap();
            let published = authority.path.join("public/metadata/1.root.json");
            let first = if published.exists() { published } else { authority.path.join("draft/root.json") };
            memory.seed(repository, &first).unwrap();
        }
    }

    pub(crate) fn number(&self) -> TerminalNumber {
        self.stage.setting().terminal
    }

    pub(crate) fn record_key(&self) -> PublicKey {
        let seed = self.stage.province.key_seed(KeyName::TerminalRecord(self.number())).unwrap();
        SigningKey::from_seed(&seed).public_key()
    }

    pub(crate) fn device(&self) -> SealingKey {
        let text = fs::read_to_string(self.to.data.join("terminal.keys.json")).unwrap();
        let own: serde_json::Value = serde_json::from_str(&text).unwrap();
        let seed = gate_core::json::hex::<32>(own["device_key_seed"].as_str().unwrap()).unwrap();
        OpeningKey::from_seed(&seed).sealing_key()
    }

    pub(crate) fn keep(&self) -> Report {
        keep(&self.to, self.stage.time())
    }

    /// What the person's card gets, a while after the last one.
    pub(crate) fn verdict(&mut self, serial: u16) -> Verdict {
        self.told(serial).0
    }

    /// The verdict, and the number to ask by where one is shown.
    pub(crate) fn told(&mut self, serial: u16) -> (Verdict, Option<QueryNumber>) {
        self.stage.run(11_000).unwrap();
        let since = self.stage.screens_shown();
        let person = Person::new(serial).unwrap();
        self.stage.reader.pad.insert(person.card(("20150101", "20350101")).unwrap());
        self.stage.run(3_000).unwrap();
        self.stage.reader.pad.remove();
        self.stage.run(11_000).unwrap();
        let told = self.stage.told_since(since).unwrap();
        (told.verdict, told.query)
    }

    /// Until every row of the journal is in the outbox.
    pub(crate) fn everything_is_out(&mut self) {
        let out = self.to.spool.join("out");
        self.stage.gate().hurry_records();
        let last = self.stage.last_row();
        self.until("every row is out", || names(&out).iter().any(|name| name.last.0 >= last));
    }

    /// Lets the gate turn until something is so.
    pub(crate) fn until(&mut self, what: &str, wanted: impl Fn() -> bool) {
        for _ in 0..600 {
            if wanted() {
                return;
            }
            self.stage.run(1_000).unwrap();
            std::thread::sleep(Duration::from_millis(2));
        }
        assert!(wanted(), "{what}");
    }
}

fn keep(to: &Directories, now: Timestamp) -> Report {
    run(to, Now { wall: now, confirmed: Some(now) }, Look::Usual).unwrap()
}
