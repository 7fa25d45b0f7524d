//! The program `gate` as a shell sees it: exit codes and messages.
#![expect(clippy::unwrap_used, reason = "test helpers: what goes wrong here must fail the test")]

use std::process::{Command, Output};

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

#[test]
fn a_terminal_without_its_keys_does_not_start_and_selftest_says_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().display().to_string();
    let config = directory.path().join("gate.toml");
    let text = gate_terminal::config::SAMPLE.replace("/var/lib/tianfu-gate", &root);
    std::fs::write(&config, text).unwrap();
    let config = config.to_str().unwrap();
    assert_eq!(gate(&["run", "--config", config, "--turns", "1"]).status.code(), Some(2));
    let selftest = gate(&["selftest", "--config", config]);
    let said = String::from_utf8_lossy(&selftest.stdout).into_owned();
    assert_eq!(selftest.status.code(), Some(1));
    assert!(said.contains("FAIL  keys") && said.contains("-> "), "{said}");
}
