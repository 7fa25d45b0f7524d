//! `cargo xtask deps`: what is linked into the terminal's programs.
//! Promises: no crate that speaks to a network is in `gate` or `gate-trust` (DESIGN §2), no crate of ours in them names a socket of the standard
//! library, and neither tree grows unnoticed. What a crate of others' does with the standard library's sockets is not looked at: their units have
//! no network (ADR 18).
//! Must not know: what a crate is needed for.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

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

/// What whoever opens a socket of the standard library must name.
const SOCKETS: [&str; 7] =
    ["TcpStream", "TcpListener", "UdpSocket", "UnixStream", "UnixListener", "UnixDatagram", "ToSocketAddrs"];

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
        for folder in ours(program)? {
            let named = named(&folder.join("src"))?;
            ensure!(
                named.is_empty(),
                "{program} must reach no network, and names a socket: {}",
                named.join(", ")
            );
        }
        let count = crates.len();
        ensure!(count <= most, "{program} is made of {count} crates, at most {most} are allowed");
        println!(
            "{program}: {count} crates of {most} at most, none that speaks to a network, no socket named"
        );
    }
    Ok(())
}

fn sockets(crates: &BTreeSet<String>) -> Vec<&str> {
    let names = crates.iter().filter_map(|one| one.split(' ').next());
    names.filter(|name| NETWORK.contains(name)).collect()
}

/// Files below a folder that name a socket, with its name.
fn named(folder: &Path) -> anyhow::Result<Vec<String>> {
    let (mut open, mut found) = (vec![folder.to_path_buf()], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                let text = fs::read_to_string(&path)?;
                let sockets = SOCKETS.iter().filter(|socket| text.contains(*socket));
                found.extend(sockets.map(|socket| format!("{} ({socket})", path.display())));
            }
        }
    }
    Ok(found)
}

/// Where the crates of ours lie that it is made of.
fn ours(program: &str) -> anyhow::Result<BTreeSet<PathBuf>> {
    let text = tree(program, &["--all-features"])?;
    let place = |line: &str| Some(line.split_once(" (/")?.1.split_once(')')?.0.to_owned());
    Ok(text.lines().filter_map(place).map(|place| Path::new("/").join(place)).collect())
}

/// Name and version of each crate: one that is there in two versions is linked twice. Packages switch features on.
fn linked(program: &str, features: &[&str]) -> anyhow::Result<BTreeSet<String>> {
    let mut crates = BTreeSet::new();
    for line in tree(program, features)?.lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            crates.insert(format!("{name} {version}"));
        }
    }
    Ok(crates)
}

/// A line for each crate that is linked, and where it lies if it is one of ours.
fn tree(program: &str, features: &[&str]) -> anyhow::Result<String> {
    let arguments = ["tree", "-p", program, "-e", "normal", "--prefix", "none", "--format", "{p}"];
    let output = Command::new(env!("CARGO")).args(arguments).args(features).output()?;
    ensure!(output.status.success(), "cargo tree failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_names_a_socket_of_the_standard_library_is_found_and_the_lane_names_none() {
        let folders = ours("gate-terminal").unwrap();
        assert!(folders.iter().any(|folder| folder.ends_with("firmware/core")), "{folders:?}");
        assert!(folders.iter().all(|folder| named(&folder.join("src")).unwrap().is_empty()));
        let carrier = Path::new(env!("CARGO_MANIFEST_DIR")).join("../hub/src");
        assert!(named(&carrier).unwrap().iter().any(|found| found.contains("TcpListener")));
    }

    #[test]
    fn a_crate_with_sockets_is_found_and_one_that_is_only_named_alike_is_not() {
        let crates = ["tokio v1.50.0", "tokio-util v0.7.0", "anyhow v1.0.0"].map(str::to_owned).into();
        assert_eq!(sockets(&crates), ["tokio"]);
    }
}
