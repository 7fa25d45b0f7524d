//! Files that a command is told to write.
//! Promises: nothing that is there is written over, and nothing is put into a desk's directory; a reject file takes the
//! place of an earlier reject file only. What is written is its owner's alone.
//! Must not know: what is in them, which option named them (`uses`).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, bail, ensure};
use gate_signing::desk::is_desk;
use gate_status::alleged_head;

/// The first line of every reject file.
pub(crate) const REJECTS_BEGIN: &str = "line,reason";

/// Refuses a name that is taken, or that lies in a desk: before a key is used, not after.
pub(crate) fn admit_new(path: &Path) -> anyhow::Result<()> {
    if fs::symlink_metadata(path).is_ok() {
        bail!(
            "{} is there already: nothing was changed; give another name（已有此文件，请另起名）",
            path.display()
        );
    }
    outside_of_desks(path)
}

/// Writes a new file, readable by its owner alone.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    admit_new(path)?;
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = opened.with_context(|| path.display().to_string())?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half an approval or half a picture is nothing; the first fault is the one to tell.
        let _ = fs::remove_file(path);
    }
    written.with_context(|| path.display().to_string())
}

/// Refuses a reject file that is one of `others`, lies in a desk, or would take the place of anything but a reject file.
pub(crate) fn admit_rejects(path: &Path, others: &[&Path]) -> anyhow::Result<()> {
    admit_apart(path, others)?;
    outside_of_desks(path)?;
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
        Ok(about) => ensure_rejects(path, &about),
    }
}

/// Refuses a list that would take the place of anything but a list.
pub(crate) fn admit_list(path: &Path) -> anyhow::Result<()> {
    let is_free = fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    ensure!(
        is_free || alleged_head(path).is_ok(),
        "{} is there already and is no status list: nothing was changed; give another name with --out",
        path.display()
    );
    Ok(())
}

/// Refuses a name that stands for something else in the same command, by whichever way it is written.
pub(crate) fn admit_apart(path: &Path, others: &[&Path]) -> anyhow::Result<()> {
    let twice = others.iter().any(|other| is_same(path, other));
    ensure!(
        !twice,
        "{} would be written over: it is named for something else in this command",
        path.display()
    );
    Ok(())
}

fn ensure_rejects(path: &Path, about: &fs::Metadata) -> anyhow::Result<()> {
    let mut begins = Vec::new();
    if about.is_file() {
        let read = File::open(path).and_then(|file| file.take(64).read_to_end(&mut begins));
        read.with_context(|| path.display().to_string())?;
    }
    // An empty one is what a run leaves that was killed before its first reject.
    let is_ours = about.is_file()
        && (about.len() == 0
            || begins.starts_with(REJECTS_BEGIN.as_bytes())
                && matches!(begins.get(REJECTS_BEGIN.len()), None | Some(b'\n')));
    ensure!(
        is_ours,
        "{} is there already and is no reject file (its first line is not \"{REJECTS_BEGIN}\"): nothing was changed; give another name with --rejects",
        path.display()
    );
    Ok(())
}

/// Refuses a name in a desk's directory, and the desk itself: what lies there is the desk's own.
pub(crate) fn outside_of_desks(path: &Path) -> anyhow::Result<()> {
    match resolved(path).in_desk {
        Some(desk) => bail!(
            "{} lies in the desk's directory {}: what is there is the desk's own; write elsewhere",
            path.display(),
            desk.display()
        ),
        None => Ok(()),
    }
}

/// Refuses a directory to be filled that holds `desk`, or that is, holds or lies in what the desk links to.
pub(crate) fn admit_without(path: &Path, desk: &Path) -> anyhow::Result<()> {
    let (at, desk) = (resolved(path).path, resolved(desk).path);
    ensure!(
        !desk.starts_with(&at),
        "{} holds the desk's directory {}: the two would be mixed up; write elsewhere",
        path.display(),
        desk.display()
    );
    let entries = fs::read_dir(&desk).into_iter().flatten().flatten();
    for part in entries.filter_map(|entry| entry.path().canonicalize().ok()) {
        ensure!(
            !part.starts_with(&at) && !at.starts_with(&part),
            "{} is a part of the desk {}: what is there is the desk's own; write elsewhere",
            path.display(),
            desk.display()
        );
    }
    Ok(())
}

/// A path without links, as far as it is there.
struct Resolved {
    path: PathBuf,
    /// The desk that it is in, or whose link it follows.
    in_desk: Option<PathBuf>,
}

/// Follows a path a name at a time: what is not there yet may be made, and `..` leads out of it again.
fn resolved(path: &Path) -> Resolved {
    let mut at = Path::new(".").canonicalize().unwrap_or_default();
    let mut linked = None;
    for part in path.components() {
        match part {
            Component::Prefix(_) | Component::CurDir => {}
            Component::RootDir => at = PathBuf::from("/"),
            Component::ParentDir => {
                at.pop();
            }
            Component::Normal(name) => {
                at.push(name);
                if at.is_symlink() {
                    linked = linked.or_else(|| desk_above(&at));
                }
                at = at.canonicalize().unwrap_or(at);
            }
        }
    }
    let in_desk = linked.or_else(|| desk_above(&at));
    Resolved { path: at, in_desk }
}

/// The nearest desk that this is, or is in.
fn desk_above(path: &Path) -> Option<PathBuf> {
    path.ancestors().find(|folder| is_desk(folder)).map(Path::to_path_buf)
}

/// The folder that holds `path`.
pub(crate) fn folder_of(path: &Path) -> PathBuf {
    let mut folder = resolved(path).path;
    folder.pop();
    folder
}

/// Whether two names are of one file, by whichever way.
fn is_same(a: &Path, b: &Path) -> bool {
    let of_disk = |path: &Path| fs::metadata(path).map(|about| (about.dev(), about.ino())).ok();
    match (of_disk(a), of_disk(b)) {
        (Some(a), Some(b)) => a == b,
        _ => resolved(a).path == resolved(b).path,
    }
}
