//! Our programs, as tests start them.
//! Promises: a program that is not there yet is built.
//! Must not know: what they do.

use std::path::PathBuf;
use std::process::Command;

/// The program of this name as it was built with these tests, or else built now.
pub(crate) fn program(name: &str, package: &str) -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let folder = deps.parent().unwrap().parent().unwrap();
    let path = folder.join(name);
    if !path.exists() {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--offline", "-p", package, "--bin", name]);
        if folder.ends_with("release") {
            cargo.arg("--release");
        }
        assert!(cargo.status().unwrap().success(), "building {name}");
    }
    path
}
