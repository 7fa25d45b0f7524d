//! Files that a command is told to write.
//! Promises: nothing that is there is written over, and nothing is put into a desk's directory; a reject file takes the
//! place of an earlier reject file only. What is written is its owner's alone.
//! Must not know: what is in them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use gate_signing::desk::is_desk;

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

/// A file, and not a name in a desk's directory: what lies there is the desk's own.
fn outside_of_desks(path: &Path) -> anyhow::Result<()> {
    let Some(folder) = folder(path) else { return Ok(()) };
    match folder.ancestors().find(|folder| is_desk(folder)) {
        Some(desk) => bail!(
            "{} lies in the desk's directory {}: what is there is the desk's own; write elsewhere",
            path.display(),
            desk.display()
        ),
        None => Ok(()),
    }
}

/// The folder that holds `path`, without links; `None` where there is none: then nothing can be written there.
fn folder(path: &Path) -> Option<PathBuf> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    parent.canonicalize().ok()
}

/// Whether two names are of one file, by whichever way.
fn is_same(a: &Path, b: &Path) -> bool {
    let of_disk = |path: &Path| fs::metadata(path).map(|about| (about.dev(), about.ino())).ok();
    let of_name = |path: &Path| folder(path).zip(path.file_name().map(PathBuf::from));
    match (of_disk(a), of_disk(b)) {
        (Some(a), Some(b)) => a == b,
        _ => of_name(a).is_some_and(|a| Some(a) == of_name(b)),
    }
}
