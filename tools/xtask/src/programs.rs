//! `cargo xtask deps`: what is linked into the terminal's programs.
//! Promises: no crate that speaks to a network is in `gate` or `gate-trust` (DESIGN §2), and neither tree grows unnoticed.
//! Must not know: what a crate is needed for.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::ensure;

/// Programs without a network, and how many crates of ours and others' each may be made of. Of the lane's, three are the GPIO
/// lines' (`gpiocdev`): latch, lamps and sensors of every board (ADR 20); three are `signal-hook`'s: a lane that is told to end closes
/// its latch first, and no other crate of the tree hears a signal without `unsafe` (ADR 27).
const PROGRAMS: [(&str, usize); 2] = [("gate-terminal", 128), ("gate-trust", 80)];
/// Crates that open sockets, and those that are there for nothing else.
const NETWORK: [&str; 23] = [
    "attohttpc",
    "async-std",
    "curl",
    "gate-hub",
    "gate-sync",
    "h2",
    "hickory-resolver",
    "hyper",
    "isahc",
    "mio",
    "minreq",
    "native-tls",
    "openssl",
    "quinn",
    "reqwest",
    "rustls",
    "s2n-quic",
    "smol",
    "socket2",
    "tokio",
    "tungstenite",
    "ureq",
    "axum",
];

/// Checks every program.
///
/// # Errors
/// With every crate that has no place there.
pub(crate) fn check() -> anyhow::Result<()> {
    for (program, most) in PROGRAMS {
        let crates = linked(program, &[])?;
        let packed = linked(program, &["--all-features"])?;
        let sockets = sockets(&packed);
        ensure!(sockets.is_empty(), "{program} must reach no network, and links {}", sockets.join(", "));
        let count = crates.len();
        ensure!(count <= most, "{program} is made of {count} crates, at most {most} are allowed");
        println!("{program}: {count} crates of {most} at most, none that speaks to a network");
    }
    Ok(())
}

fn sockets(crates: &BTreeSet<String>) -> Vec<&str> {
    let names = crates.iter().filter_map(|one| one.split(' ').next());
    names.filter(|name| NETWORK.contains(name)).collect()
}

/// Name and version of each crate: one that is there in two versions is linked twice. Packages switch features on.
fn linked(program: &str, features: &[&str]) -> anyhow::Result<BTreeSet<String>> {
    let arguments = ["tree", "-p", program, "-e", "normal", "--prefix", "none", "--format", "{p}"];
    let output = Command::new(env!("CARGO")).args(arguments).args(features).output()?;
    ensure!(output.status.success(), "cargo tree failed: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout)?;
    let mut crates = BTreeSet::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            crates.insert(format!("{name} {version}"));
        }
    }
    Ok(crates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_with_sockets_is_found_and_one_that_is_only_named_alike_is_not() {
        let crates = ["tokio v1.50.0", "tokio-util v0.7.0", "anyhow v1.0.0"].map(str::to_owned).into();
        assert_eq!(sockets(&crates), ["tokio"]);
    }
}
