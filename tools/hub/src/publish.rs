//! From the folder that the desk published into, into a province's object store.
//! Promises: what names others comes after them, each repository's timestamp last: whoever reads meanwhile sees the state before
//! or the one after; a target that is there is not sent again, metadata are; nothing is taken away.
//! Must not know: what is in the files.

use std::fs;
use std::io;
use std::path::Path;

use crate::objects::{ObjectFault, Objects, Put};
use crate::repository::{Within, open};

/// In this order: targets are named by metadata, metadata by the timestamp.
const REPOSITORIES: [&str; 2] = ["trust", "status"];
const FOLDERS: [&str; 2] = ["targets", "metadata"];

/// What it came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Files that were sent.
    pub written: u32,
    /// Files that were there.
    pub here: u32,
}

/// Why it does not go on. Again does what is left.
#[derive(Debug, thiserror::Error)]
pub enum PublishFault {
    /// The store.
    #[error(transparent)]
    Store(#[from] ObjectFault),
    /// The folder.
    #[error("the published folder")]
    Folder(#[from] io::Error),
    /// A name that no repository has, a link, or a file that went meanwhile.
    #[error("{0} is no file of a repository")]
    Name(String),
}

/// Publishes `folder`, which holds `trust/` and `status/` or one of them.
///
/// # Errors
/// [`PublishFault`].
pub fn publish(folder: &Path, to: &Objects) -> Result<Published, PublishFault> {
    let mut published = Published::default();
    for repository in REPOSITORIES {
        let mut names = Vec::new();
        for part in FOLDERS {
            files(folder, &format!("{repository}/{part}"), &mut names)?;
        }
        // A stable sort: targets stay before metadata.
        names.sort_by_key(|name| name.ends_with("/timestamp.json"));
        for name in names {
            let unfit = || PublishFault::Name(name.clone());
            let within = Within::parse(&name).ok_or_else(unfit)?;
            let (file, length) = open(folder, within).ok_or_else(unfit)?;
            match to.put(within, &file, length)? {
                Put::Written => published.written += 1,
                Put::Here => published.here += 1,
            }
        }
    }
    Ok(published)
}

/// Names of files below a folder, sorted; those of folders in it too.
fn files(root: &Path, within: &str, names: &mut Vec<String>) -> Result<(), PublishFault> {
    let entries = match fs::read_dir(root.join(within)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = format!("{within}/{}", entry.file_name().to_string_lossy());
        found.push((name, entry.file_type()?.is_dir()));
    }
    found.sort();
    for (name, is_folder) in found {
        // A repository has one folder below at most.
        match is_folder && name.split('/').count() == 3 {
            true => files(root, &name, names)?,
            false => names.push(name),
        }
    }
    Ok(())
}
