//! The program `gate` as a shell sees it: exit codes and messages.
#![expect(clippy::unwrap_used, reason = "test helpers: what goes wrong here must fail the test")]

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use gate_core::screen::{OutOfService, Screen};
use gate_ui::{Language, Manner, Theme};

fn gate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gate")).args(arguments).output().unwrap()
}

#[test]
fn a_good_configuration_is_said_to_be_good_and_a_bad_one_names_the_key() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("gate.toml");
    let sample = gate(&["config", "sample"]);
    std::fs::write(&path, &sample.stdout).unwrap();
    let path = path.to_str().unwrap();
    assert_eq!(gate(&["config", "check", "--config", path]).status.code(), Some(0));
    let text = String::from_utf8(sample.stdout).unwrap();
    std::fs::write(path, text.replace("lane = 1", "lane = 1\nlain = 2")).unwrap();
    let bad = gate(&["config", "check", "--config", path]);
    assert_eq!(bad.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&bad.stderr).contains("lain"), "{bad:?}");
}

#[test]
fn a_data_directory_that_is_not_there_is_an_error_that_names_it() {
    let nothing = gate(&["check", "--data", "/nowhere", "--text", "x"]);
    assert_eq!(nothing.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("/nowhere"), "{nothing:?}");
}

/// The sample's configuration with everything in this directory.
fn configured(directory: &Path) -> String {
    let root = directory.display().to_string();
    let config = directory.join("gate.toml");
    let text = gate_terminal::config::SAMPLE.replace("/var/lib/tianfu-gate", &root);
    std::fs::write(&config, text.replace("/dev/fb0", &format!("{root}/screen"))).unwrap();
    config.to_str().unwrap().to_owned()
}

/// The bytes of a framebuffer that shows this screen.
fn drawn(screen: &Screen, manner: Manner) -> Vec<u8> {
    let mut canvas = gate_ui::Canvas::new(800, 480).unwrap();
    gate_ui::draw_in(screen, manner, 0, &mut canvas);
    canvas.pixels().iter().flat_map(|pixel| pixel.to_le_bytes()).collect()
}

#[test]
fn a_terminal_without_its_keys_stays_on_and_shows_the_human_path() {
    let directory = tempfile::tempdir().unwrap();
    let config = configured(directory.path());
    let mut command = Command::new(env!("CARGO_BIN_EXE_gate"));
    command.args(["run", "--config", &config]).stdin(Stdio::null()).stderr(Stdio::null());
    let mut terminal = command.spawn().unwrap();
    let wanted = drawn(&Screen::OutOfService(OutOfService::NotEnrolled), Manner::HOUSE);
    let screen = directory.path().join("screen");
    let shown = (0..600).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        std::fs::read(&screen).is_ok_and(|bytes| bytes == wanted)
    });
    let ended = terminal.try_wait().unwrap();
    terminal.kill().unwrap();
    terminal.wait().unwrap();
    assert!(shown, "the screen of a terminal that is not enrolled");
    assert_eq!(ended, None);
}

#[test]
fn theme_and_language_of_the_configuration_are_those_of_the_screen() {
    let directory = tempfile::tempdir().unwrap();
    let config = configured(directory.path());
    let text = std::fs::read_to_string(&config).unwrap();
    let text = text.replace("theme = \"dark\"", "theme = \"bright\"");
    std::fs::write(&config, text.replace("language = \"zh\"", "language = \"en\"")).unwrap();
    gate(&["run", "--config", &config, "--turns", "1"]);
    let manner = Manner { theme: Theme::Light, language: Language::English };
    let wanted = drawn(&Screen::OutOfService(OutOfService::NotEnrolled), manner);
    assert!(std::fs::read(directory.path().join("screen")).unwrap() == wanted);
}

#[test]
fn a_try_by_hand_without_keys_ends_and_selftest_says_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let config = &configured(directory.path());
    assert_eq!(gate(&["run", "--config", config, "--turns", "1"]).status.code(), Some(2));
    let selftest = gate(&["selftest", "--config", config]);
    let said = String::from_utf8_lossy(&selftest.stdout).into_owned();
    assert_eq!(selftest.status.code(), Some(1));
    assert!(said.contains("FAIL  keys") && said.contains("-> "), "{said}");
}
