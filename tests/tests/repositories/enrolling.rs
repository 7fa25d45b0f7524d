//! A terminal is enrolled by its own camera: the hub's code, badge and PIN, the carrier, the hub's list; and what goes wrong.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use gate_carry::wants::hex;
use gate_core::attendant::Key;
use gate_core::enrolment::FILE_NAME;
use gate_core::screen::{LineStep, Screen, Technician};
use gate_signing::demo_issuers::DemoIssuer;
use gate_signing::issue::Claim;
use gate_sim::people::Person;
use gate_sim::stage::{Issue, Setting, province};
use gate_wire::credential::Role;
use gate_wire::time::Timestamp;

use super::carriers::{Line, RealHub, asked, good};
use super::programs::program;
use super::terminal::Terminal;

const PIN: &str = "246801";
/// The digit of the page of enrolment.
const PAGE: Key = Key::Digit(5);

struct Enrolling {
    terminal: Terminal,
    hub: RealHub,
    address: String,
    folder: tempfile::TempDir,
}

impl Enrolling {
    /// A technician looks at the page of a terminal that no hub knows.
    fn begins() -> Enrolling {
        let (mut province, technician) = (province().unwrap(), Person::new(900).unwrap());
        province.add_staff(&technician.document, Role::Technician, PIN.as_bytes()).unwrap();
        super::hub::admit(province.province_mut(), Timestamp::EPOCH);
        let folder = tempfile::tempdir().unwrap();
        let terminal = Terminal::new(Setting::default(), province, folder.path());
        let mut hub = RealHub::new(folder.path().join("hub"));
        let address = hub.serve();
        let mut it = Enrolling { terminal, hub, address, folder };
        it.opens_the_page();
        it
    }

    /// Badge, PIN, 5.
    fn opens_the_page(&mut self) {
        let stage = &mut self.terminal.stage;
        let technician = Person::new(900).unwrap();
        let what = Issue { claim: Claim::Badge(Role::Technician), age_s: 86_400, life_s: 30 * 86_400 };
        let badge = stage.issue(DemoIssuer::StaffOffice, &technician, what).unwrap();
        stage.hold_phone(&badge.text).unwrap();
        stage.run_until(1_000, |screen| matches!(screen, Screen::PinEntry { .. })).unwrap();
        stage.hold_nothing();
        stage.world.keys().type_then_ok(PIN).unwrap();
        stage.run(100).unwrap();
        stage.world.keys().press(PAGE);
        stage.run(40).unwrap();
    }

    fn number(&self) -> String {
        self.terminal.number().value().to_string()
    }

    /// The hub shows a code.
    fn invited(&self) -> String {
        self.invited_for("24")
    }

    fn invited_for(&self, hours: &str) -> String {
        let said = self.hub.say(&["invite", "--terminal", &self.number(), "--hours", hours]);
        said.lines().next().unwrap().to_owned()
    }

    fn line(&self, name: &str) -> Line {
        let folder = self.folder.path().join(name);
        Line::configured(folder, &self.terminal, (&self.hub, &self.address))
    }

    fn asked(&self) -> PathBuf {
        self.terminal.to.spool.join("out").join(FILE_NAME)
    }

    /// The technician holds the hub's code before the camera, until the terminal has asked its carrier.
    fn holds_up(&mut self, code: &str) {
        let text = format!("TFE1:{}:{}", self.number(), code.to_ascii_uppercase());
        let asked = self.asked();
        self.terminal.until("the last asking is taken back", || !asked.exists());
        self.terminal.stage.hold_phone(&text).unwrap();
        self.terminal.until("the carrier is asked", || asked.exists());
        self.terminal.stage.hold_nothing();
        self.shows(LineStep::Asking);
    }

    fn shows(&mut self, wanted: LineStep) {
        let mut shown = None;
        for _ in 0..400 {
            self.terminal.stage.run(20).unwrap();
            if let Some(Screen::Technician(Technician::Enrolment(page), _)) = self.terminal.stage.screen() {
                shown = Some(page.line);
            }
            if shown == Some(wanted) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        assert_eq!(shown, Some(wanted), "{:?}", self.terminal.stage.screen());
    }

    /// What the hub knows.
    fn known(&self) -> Vec<String> {
        let listed = self.hub.say_quietly(&["terminals"]);
        listed.lines().filter(|line| line.starts_with(&self.number())).map(str::to_owned).collect()
    }
}

fn words(said: &Output) -> String {
    String::from_utf8_lossy(&said.stdout).into_owned()
}

#[test]
fn a_terminal_reads_the_hubs_code_by_its_own_camera_and_is_known_and_keeps_its_identity() {
    let mut it = Enrolling::begins();
    let (line, code) = (it.line("line"), it.invited());
    it.holds_up(&code);
    let asked = std::fs::read_to_string(it.asked()).unwrap();
    let own = std::fs::read_to_string(it.terminal.to.data.join("terminal.keys.json")).unwrap();
    let own: serde_json::Value = serde_json::from_str(&own).unwrap();
    for secret in ["device_key_seed", "record_key_seed", "use_key"] {
        assert!(!asked.contains(own[secret].as_str().unwrap()), "{secret} leaves");
    }
    assert!(!asked.to_ascii_lowercase().contains(&code), "the code leaves");
    // There is nothing to fetch from this hub yet: only the enrolment counts.
    let said = line.carrier(&["once"]);
    assert!(words(&said).contains("已登记 enrolled"), "{said:?}");
    it.shows(LineStep::Enrolled);
    let asked = it.asked();
    it.terminal.until("what was asked is taken back", || !asked.exists());
    let known = it.known();
    let device = hex(it.terminal.device().as_bytes());
    let is_it =
        |known: &[String]| known.len() == 1 && known[0].contains(" enrolled ") && known[0].contains(&device);
    assert!(is_it(&known), "{known:?}");
    // Enrolled anew it is the same terminal with the same keys.
    let again = it.invited();
    it.holds_up(&again);
    line.carrier(&["once"]);
    it.shows(LineStep::Enrolled);
    assert!(is_it(&it.known()), "{:?}", it.known());
}

#[test]
fn what_goes_wrong_is_said_and_the_next_code_is_taken() {
    let mut it = Enrolling::begins();
    let line = it.line("line");
    it.holds_up("0000000000000000");
    line.carrier(&["once"]);
    it.shows(LineStep::Unknown);
    // Somebody else saw the code and was quicker, with keys of their own.
    let code = it.invited();
    let record = it.terminal.record_key();
    good(&it.line("thief").enrols(&asked(&it.terminal, &code, [&[0x11; 32], record.as_bytes()])));
    it.holds_up(&code);
    line.carrier(&["once"]);
    it.shows(LineStep::Used);
    let code = it.invited_for("0");
    // It serves to the end of this second.
    std::thread::sleep(std::time::Duration::from_secs(2));
    it.holds_up(&code);
    line.carrier(&["once"]);
    it.shows(LineStep::Ended);
    // No network: it is said, and tried again until there is one.
    let code = it.invited();
    let address = std::mem::replace(&mut it.address, "https://localhost:1".into());
    let away = it.line("line");
    it.holds_up(&code);
    away.carrier(&["once"]);
    it.shows(LineStep::NoLine);
    it.address = address;
    it.line("line").carrier(&["once"]);
    it.shows(LineStep::Enrolled);
}

#[test]
fn a_carrier_that_puts_its_own_keys_in_is_refused_and_the_terminal_enrols_all_the_same() {
    let mut it = Enrolling::begins();
    let (line, code) = (it.line("line"), it.invited());
    it.holds_up(&code);
    let asked = std::fs::read_to_string(it.asked()).unwrap();
    let device = hex(it.terminal.device().as_bytes());
    assert!(asked.contains(&device));
    let said = it.line("thief").enrols(&asked.replace(&device, &"11".repeat(32)));
    assert!(!said.status.success() && words(&said).contains("登记码不对"), "{said:?}");
    assert_eq!(it.known(), Vec::<String>::new());
    line.carrier(&["once"]);
    it.shows(LineStep::Enrolled);
    assert!(it.known()[0].contains(&device));
    // Two people compare: one at the terminal, one at the hub's list.
    let shown = match it.terminal.stage.screen() {
        Some(Screen::Technician(Technician::Enrolment(page), _)) => page.keys.unwrap().to_string(),
        other => unreachable!("{other:?}"),
    };
    assert!(it.known()[0].contains(&shown), "{shown}");
}

#[test]
fn by_command_the_code_goes_to_the_terminals_own_program_alone() {
    let it = Enrolling::begins();
    let (line, code) = (it.line("line"), it.invited());
    let spool = it.folder.path().join("by-command");
    let ask = |typed: &str| {
        let mut gate = Command::new(program("gate", "gate-terminal"));
        gate.args(["ask", "--data"]).arg(&it.terminal.to.data).arg("--spool").arg(&spool);
        let mut gate = gate.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let _ = gate.stdin.take().unwrap().write_all(typed.as_bytes()); // it reads no further than a code is long
        gate.wait_with_output().unwrap()
    };
    for wrong in ["", "0123", &format!("TFE1:41:{}", code.to_ascii_uppercase()), &"x".repeat(100_000)] {
        assert!(!ask(wrong).status.success());
    }
    assert!(!spool.join("out").join(FILE_NAME).exists());
    good(&ask(&format!("{code}\n")));
    let asked = std::fs::read_to_string(spool.join("out").join(FILE_NAME)).unwrap();
    assert!(!asked.to_ascii_lowercase().contains(&code));
    let said = line.enrols_from(&spool);
    assert!(said.status.success() && words(&said).contains("已登记"), "{said:?}");
    assert!(it.known()[0].contains(&hex(it.terminal.device().as_bytes())));
    std::fs::remove_file(spool.join("out").join(FILE_NAME)).unwrap();
    assert!(!line.enrols_from(&spool).status.success(), "nothing is asked");
}

#[test]
fn a_terminal_whose_rows_a_hub_acknowledged_is_known_to_it_after_a_restart_too() {
    let mut it = Enrolling::begins();
    let line = Line::new(it.folder.path().join("line"), &it.terminal, (&it.hub, &it.address));
    it.shows(LineStep::ShowCode);
    it.terminal.everything_is_out();
    line.carrier(&["once"]);
    let is_known = |it: &mut Enrolling| it.terminal.stage.gate().records_way().unwrap().acknowledged;
    for _ in 0..600 {
        if is_known(&mut it) {
            break;
        }
        it.terminal.stage.run(1_000).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert!(is_known(&mut it));
    let Enrolling { terminal, hub, address, folder } = it;
    let mut it = Enrolling { terminal: terminal.after(60), hub, address, folder };
    it.opens_the_page();
    it.shows(LineStep::Enrolled);
}
