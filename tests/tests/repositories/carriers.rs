//! The real hub, and the three ways between it and a terminal: a line, a stick, a laptop's folder.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use gate_carry::wants::hex;
use gate_carry::{Held, Spool};
use gate_core::enrolment::{Asked, FILE_NAME, Invitation, NONCE_BYTES};
use gate_core::query::TerminalNumber;
use gate_field::bring::Bring;
use gate_field::copying::Copied;
use gate_field::give_back::{Returned, give_back};
use gate_field::load::Load;
use gate_field::receipt::Receipt;
use gate_field::take::{Taken, take};
use gate_field::visit::{Board, Carrier};
use gate_hub::store::counters::{Counted, of_days};
use gate_hub::store::intake::Quota;
use gate_hub::store::{Readers, Store};
use gate_hub::take::Take;

use gate_wire::time::Timestamp;

use super::hub;
use super::programs::program;
use super::terminal::Terminal;

/// The hub's program over its folder. It serves if it was asked to, until it is dropped.
pub(crate) struct RealHub {
    pub(crate) data: PathBuf,
    served: Option<Child>,
}

impl Drop for RealHub {
    fn drop(&mut self) {
        self.ends();
    }
}

impl RealHub {
    pub(crate) fn new(data: PathBuf) -> RealHub {
        fs::create_dir(&data).unwrap();
        hub::own_key(&data);
        RealHub { data, served: None }
    }

    /// Begins to serve; its address.
    pub(crate) fn serve(&mut self) -> String {
        self.serve_with(&[])
    }

    /// Begins to serve with these words, too, instead of what it did before; its address.
    pub(crate) fn serve_with(&mut self, words: &[&str]) -> String {
        self.ends();
        let mut hub = Command::new(program("gate-hub", "gate-hub"));
        hub.args(["serve", "--listen", "127.0.0.1:0", "--acknowledges-as", &hex(&hub::KID.0), "--data"]);
        let mut child = hub.arg(&self.data).args(words).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.find_map(|line| Some(line.unwrap().strip_prefix("listening at ")?.to_owned()));
        self.served = Some(child);
        address.unwrap().replace("127.0.0.1", "localhost")
    }

    fn ends(&mut self) {
        if let Some(mut served) = self.served.take() {
            let _ = served.kill();
            let _ = served.wait();
        }
    }

    /// What a command of the operator's says.
    pub(crate) fn say(&self, words: &[&str]) -> String {
        let mut hub = Command::new(program("gate-hub", "gate-hub"));
        let output = hub.args(words).args(["--by", "测试员", "--data"]).arg(&self.data).output().unwrap();
        good(&output);
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a command says that changes nothing.
    pub(crate) fn say_quietly(&self, words: &[&str]) -> String {
        let mut hub = Command::new(program("gate-hub", "gate-hub"));
        let output = hub.args(words).arg("--data").arg(&self.data).output().unwrap();
        good(&output);
        String::from_utf8(output.stdout).unwrap()
    }

    /// A terminal that has no line.
    pub(crate) fn enrol(&self, terminal: &Terminal) {
        let (number, [device, record]) = (terminal.number().value().to_string(), keys(terminal));
        self.say(&["enrol", "--terminal", &number, "--device", &device, "--record", &record]);
    }

    /// Takes what sticks brought; the hub's word on it lies in the folder then.
    pub(crate) fn take(&self, records: &Path) -> String {
        self.say(&["take", "--from", records.to_str().unwrap(), "--acknowledges-as", &hex(&hub::KID.0)])
    }

    /// Takes what sticks brought as on the day that it is at the gate; its program's day is this machine's.
    pub(crate) fn take_at(&self, records: &Path, now: Timestamp) {
        let take = Take { folder: records, acknowledger: None, quota: Quota::USUAL, by: "测试员" };
        take.run(&mut self.store().open().unwrap(), now).unwrap();
    }

    fn store(&self) -> Store {
        Store::file(&self.data.join("hub.db"))
    }

    /// What its counters say of these days, both ends included.
    pub(crate) fn counted(&self, days: (u32, u32)) -> Vec<Counted> {
        Readers::new(self.store()).read(|db| of_days(db, days)).unwrap()
    }

    /// Every row that it holds, by terminal, journal and place, as often as it is there.
    pub(crate) fn places(&self) -> Vec<(u32, Vec<u8>, u64)> {
        let sql = "SELECT terminal, journal, first, last FROM batch";
        let batches = Readers::new(self.store())
            .read(|db| db.all(sql, &[], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))));
        let places = |(terminal, journal, first, last): (u32, Vec<u8>, u64, u64)| {
            (first..=last).map(move |at| (terminal, journal.clone(), at))
        };
        batches.unwrap().into_iter().flat_map(places).collect()
    }
}

/// What a hub knows a terminal by. Nothing is sealed to a device by a hub: any key will do for it.
fn keys(terminal: &Terminal) -> [String; 2] {
    let device = format!("{:02x}", terminal.number().value() % 251).repeat(32);
    [device, hex(terminal.record_key().as_bytes())]
}

/// What is asked with a code for these keys, device and record: as the terminal asks for its own.
pub(crate) fn asked(terminal: &Terminal, code: &str, keys: [&[u8; 32]; 2]) -> String {
    let invitation = Invitation::of(terminal.number(), code).unwrap();
    Asked::new(&invitation, keys, &[7; NONCE_BYTES]).unwrap().document().as_str().to_owned()
}

/// A terminal's line: the carrier's program with its configuration.
pub(crate) struct Line {
    folder: PathBuf,
}

impl Line {
    /// Configured for this hub in this folder, and enrolled by a code that the hub shows once.
    pub(crate) fn new(folder: PathBuf, terminal: &Terminal, (hub, address): (&RealHub, &str)) -> Line {
        let line = Line::configured(folder, terminal, (hub, address));
        let said = hub.say(&["invite", "--terminal", &terminal.number().value().to_string()]);
        let [device, record] = keys(terminal).map(|key| gate_core::json::hex(&key).unwrap());
        good(&line.enrols(&asked(terminal, said.lines().next().unwrap(), [&device, &record])));
        line
    }

    /// Configured for this hub in this folder: the hub does not know it yet.
    pub(crate) fn configured(folder: PathBuf, terminal: &Terminal, (hub, address): (&RealHub, &str)) -> Line {
        fs::create_dir_all(&folder).unwrap();
        let line = Line { folder };
        let (spool, report) = (&terminal.to.spool, terminal.to.state.join("report.json"));
        let (state, authority) = (line.folder.join("line"), hub.data.join("tls/authority.pem"));
        let number = terminal.number().value().to_string();
        let text = format!(
            "terminal = {number}\nspool = {spool:?}\nspool_mib = 64\nstate = {state:?}\nreport = {report:?}\n\
             [hub]\naddress = {address:?}\nauthority = {authority:?}\n",
        );
        fs::write(line.folder.join("sync.toml"), text).unwrap();
        line
    }

    /// Whom its network leads to by the hub's name.
    pub(crate) fn leads_to(&self, address: &str) {
        fs::write(self.folder.join("sync.toml"), self.with("address", address)).unwrap();
    }

    pub(crate) fn address(&self) -> String {
        let text = fs::read_to_string(self.folder.join("sync.toml")).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("address = ")).unwrap();
        line.trim_matches('"').to_owned()
    }

    /// A technician puts the file of another authority there.
    pub(crate) fn pins(&self, pem: &str) {
        let path = self.folder.join("hub-authority.pem");
        fs::write(&path, pem).unwrap();
        let text = self.with("authority", path.to_str().unwrap());
        fs::write(self.folder.join("sync.toml"), text).unwrap();
    }

    /// Its configuration, with another word for this field.
    fn with(&self, field: &str, word: &str) -> String {
        let usual = fs::read_to_string(self.folder.join("sync.toml")).unwrap();
        let other = |line: &str| match line.starts_with(&format!("{field} = ")) {
            true => format!("{field} = {word:?}\n"),
            false => format!("{line}\n"),
        };
        usual.lines().map(other).collect()
    }

    pub(crate) fn carrier(&self, words: &[&str]) -> Output {
        let mut carrier = Command::new(program("gate-sync", "gate-sync"));
        carrier.args(words).arg("--config").arg(self.folder.join("sync.toml")).output().unwrap()
    }

    /// `gate-sync enrol` with what is asked in a folder of its own: what the gate does in the terminal's changes nothing.
    pub(crate) fn enrols(&self, asked: &str) -> Output {
        let spool = self.folder.join("asked");
        fs::create_dir_all(spool.join("out")).unwrap();
        fs::write(spool.join("out").join(FILE_NAME), asked).unwrap();
        self.enrols_from(&spool)
    }

    /// `gate-sync enrol` over another folder than the terminal's.
    pub(crate) fn enrols_from(&self, spool: &Path) -> Output {
        let config = self.folder.join("enrol.toml");
        fs::write(&config, self.with("spool", spool.to_str().unwrap())).unwrap();
        Command::new(program("gate-sync", "gate-sync"))
            .args(["enrol", "--config"])
            .arg(config)
            .output()
            .unwrap()
    }

    /// One round both ways, then the keeper.
    pub(crate) fn sync(&self, terminal: &Terminal) {
        good(&self.carrier(&["once"]));
        let report = terminal.keep();
        assert!(!report.has_refusals(), "{}", report.in_words());
    }
}

pub(crate) fn good(output: &Output) {
    assert!(output.status.success(), "{output:?}");
}

/// A stick or a laptop's folder, and the screen of the gate that it is at.
pub(crate) struct Bag {
    folder: PathBuf,
    carrier: Carrier,
}

impl Bag {
    pub(crate) fn new(folder: &Path, carrier: Carrier) -> Bag {
        fs::create_dir_all(folder).unwrap();
        Bag { folder: folder.into(), carrier }
    }

    pub(crate) fn stick(&self) -> PathBuf {
        self.folder.join("stick")
    }

    /// At the desk, in the evening.
    pub(crate) fn load(&self, served: &Path) -> Copied {
        let load = Load { from: served, to: &self.stick(), outbox: 4 << 20, speed: 10 };
        load.run(&mut drop).unwrap()
    }

    /// At the gate: data in, the keeper, records out.
    pub(crate) fn visit(&self, terminal: &mut Terminal) -> (Copied, Taken) {
        terminal.everything_is_out();
        let (stick, shown) = (self.stick(), self.folder.join("visit.json"));
        let mut board = Board::at(Some(&shown), self.carrier);
        let (to, number) = (&terminal.to, terminal.number());
        let spool = Spool::open(&to.spool, 64 << 20).unwrap();
        let held = Held::read(&to.state.join("report.json"));
        let bring = Bring { stick: &stick, spool: &spool, held: &held, terminal: number };
        let copied = bring.run(&mut board);
        let report = terminal.keep();
        assert!(!report.has_refusals(), "{copied:?} {}", report.in_words());
        let receipt = receipt(number, &copied, report.generation);
        let taken = take(&stick, &to.spool, number, &receipt, &mut board).unwrap();
        let told = fs::read_to_string(shown).unwrap();
        assert!(told.contains("\"written\""), "{told}");
        (copied, taken)
    }

    /// In the morning, at the hub's folder.
    pub(crate) fn give_back(&self, records: &Path) -> Returned {
        give_back(&self.stick(), records, None).unwrap()
    }
}

fn receipt(number: TerminalNumber, copied: &Copied, generation: u32) -> Receipt {
    Receipt {
        format: 1,
        stick: String::new(),
        terminal: number.value(),
        at: 0,
        files: copied.files,
        bytes: copied.bytes,
        missing: Vec::new(),
        generation,
        refused: Vec::new(),
        batches: 0,
        left: 0,
        by: None,
        technician: None,
    }
}
