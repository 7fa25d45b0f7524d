//! Our programs, as tests start them.
//! Promises: a program that is not there, or is older than a source it is made of, is built; one that a test starts is never yesterday's.
//! Must not know: what they do.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// Names that were looked at in this process: a program is looked at once.
static LOOKED_AT: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// The program of this name as it was built with these tests, or else built now.
pub(crate) fn program(name: &str, package: &str) -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let folder = deps.parent().unwrap().parent().unwrap();
    let path = folder.join(name);
    let mut looked_at = LOOKED_AT.lock().unwrap_or_else(PoisonError::into_inner);
    if looked_at.insert(name.to_owned()) && built(&path).is_none_or(|built| newest(&sources(package)) > built)
    {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--offline", "--workspace", "--bin", name]);
        if folder.ends_with("release") {
            cargo.arg("--release");
        }
        assert!(cargo.status().unwrap().success(), "building {name}");
    }
    path
}

fn built(program: &Path) -> Option<SystemTime> {
    fs::metadata(program).and_then(|meta| meta.modified()).ok()
}

/// Folders of the package and of every package of ours it is made of.
fn sources(package: &str) -> BTreeSet<PathBuf> {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--no-deps", "--format-version=1"])
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let manifest = |package: &serde_json::Value| {
        Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap().to_owned()
    };
    let mut open = vec![manifest(packages.iter().find(|known| known["name"] == package).unwrap())];
    let mut folders = BTreeSet::new();
    while let Some(folder) = open.pop() {
        let package = packages.iter().find(|package| manifest(package) == folder).unwrap();
        let needed =
            package["dependencies"].as_array().unwrap().iter().filter(|needed| needed["kind"] != "dev");
        open.extend(
            needed
                .filter_map(|needed| Some(needed["path"].as_str()?.into()))
                .filter(|path| !folders.contains(path)),
        );
        folders.insert(folder);
    }
    folders
}

/// When the youngest source was written.
fn newest(folders: &BTreeSet<PathBuf>) -> SystemTime {
    let mut open: Vec<PathBuf> =
        folders.iter().flat_map(|folder| [folder.join("src"), folder.join("Cargo.toml")]).collect();
    let mut newest = SystemTime::UNIX_EPOCH;
    while let Some(path) = open.pop() {
        let meta = fs::metadata(&path).unwrap();
        if meta.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            newest = newest.max(meta.modified().unwrap());
        }
    }
    newest
}
