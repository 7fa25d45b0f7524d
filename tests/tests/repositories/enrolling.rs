//! A terminal is enrolled by its own camera: the hub's code, badge and PIN, the carrier, the hub's list; and what goes wrong.

use std::path::PathBuf;

use gate_carry::wants::hex;
use gate_core::attendant::Key;
use gate_core::enrolment::FILE_NAME;
use gate_core::screen::{LineStep, Screen, Technician};
use gate_signing::demo_issuers::DemoIssuer;
use gate_signing::issue::Claim;
use gate_sim::people::Person;
use gate_sim::stage::{Issue, Setting, province};
use gate_wire::credential::Role;

use super::carriers::{Line, RealHub, good};
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
        let folder = tempfile::tempdir().unwrap();
        let mut terminal = Terminal::new(Setting::default(), province, folder.path());
        let stage = &mut terminal.stage;
        let what = Issue { claim: Claim::Badge(Role::Technician), age_s: 86_400, life_s: 30 * 86_400 };
        let badge = stage.issue(DemoIssuer::StaffOffice, &technician, what).unwrap();
        stage.hold_phone(&badge.text).unwrap();
        stage.run_until(1_000, |screen| matches!(screen, Screen::PinEntry { .. })).unwrap();
        stage.hold_nothing();
        stage.world.keys().type_then_ok(PIN).unwrap();
        stage.run(100).unwrap();
        stage.world.keys().press(PAGE);
        stage.run(40).unwrap();
        let mut hub = RealHub::new(folder.path().join("hub"));
        let address = hub.serve();
        Enrolling { terminal, hub, address, folder }
    }

    fn number(&self) -> String {
        self.terminal.number().value().to_string()
    }

    /// The hub shows a code.
    fn invited(&self) -> String {
        self.hub.say(&["invite", "--terminal", &self.number()]).lines().next().unwrap().to_owned()
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
        self.terminal.stage.hold_phone(&text).unwrap();
        let asked = self.asked();
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
    // There is nothing to fetch from this hub yet: only the enrolment counts.
    let said = line.carrier(&["once"]);
    assert!(String::from_utf8_lossy(&said.stdout).contains("Enrolled"), "{said:?}");
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
    // Somebody else was quicker, with keys of their own.
    let code = it.invited();
    let (thief, [device, record]) =
        (it.line("thief"), ["11".repeat(32), hex(it.terminal.record_key().as_bytes())]);
    good(&thief.carrier(&["enrol", "--code", &code, "--device", &device, "--record", &record]));
    it.holds_up(&code);
    line.carrier(&["once"]);
    it.shows(LineStep::Used);
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
