//! The manuals' commands, typed as they stand there.
//! Promises: our programs are found by their names, as an installation has them.
//! Must not know: what they do.

use std::path::Path;
use std::process::Command;

use crate::programs::program;

/// All commands under a heading of a manual, in order.
pub(crate) fn commands(manual: &str, heading: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/manual").join(manual);
    let text = std::fs::read_to_string(path).unwrap();
    let (_, rest) = text.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = rest.split("\n## ").next().unwrap();
    let blocks = section.split("```sh\n").skip(1).map(|rest| rest.split_once("```").unwrap().0);
    blocks.collect::<Vec<_>>().concat()
}

/// Types them in `folder`; every one must succeed. What was said comes back.
pub(crate) fn typed(folder: &Path, commands: &str) -> String {
    let programs = [
        ("gate", "gate-terminal"),
        ("gate-sign", "gate-signing"),
        ("gate-trust", "gate-trust"),
        ("gate-field", "gate-field"),
    ];
    let programs = programs.map(|(name, package)| program(name, package));
    let path = format!("{}:{}", programs[0].parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut bash = Command::new("bash");
    bash.args(["-euc", commands]).current_dir(folder).env("PATH", path);
    bash.env("GATE_OPERATOR", "clerk");
    // Holders of a repository's keys are asked by their own word, as officers are: the desk's opens none of theirs.
    bash.env("GATE_PASSPHRASE", "the desk's own, for tests");
    bash.env("GATE_OFFICER_PASSPHRASE", "a holder's own, for tests");
    let output = bash.output().unwrap();
    let told =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{commands}\n{told}");
    told
}
