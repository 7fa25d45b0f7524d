//! A stick's files: a folder of this machine, or what a page sent of one.
//! Promises: only files of the two repositories, below their folders, by plain names; counts and lengths are bounded before
//! anything is kept. Whether they are any good is the keeper's to say.
//! Must not know: repositories' contents.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use gate_trust::Repository;

/// Files of a stick at most.
const MOST_FILES: usize = 4_000;
/// Folders one in another at most.
const MOST_DEEP: usize = 6;
/// Characters of a name at most.
const MOST_NAME: usize = 120;

/// A stick's files, by their paths.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    files: Vec<(String, Vec<u8>)>,
}

impl Folder {
    /// What is on a prepared stick.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn of(stick: &tempfile::TempDir) -> Result<Folder> {
        let mut folder = Folder::default();
        for repository in Repository::ALL {
            folder.read(&stick.path().join(repository.name()), repository.name())?;
        }
        Ok(folder)
    }

    fn read(&mut self, directory: &Path, path: &str) -> Result<()> {
        let mut entries: Vec<_> = fs::read_dir(directory)?.collect::<Result<_, _>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name().into_string().ok().context("a name is not UTF-8")?;
            let path = format!("{path}/{name}");
            if entry.file_type()?.is_dir() {
                self.read(&entry.path(), &path)?;
            } else {
                self.files.push((path, fs::read(entry.path())?));
            }
        }
        Ok(())
    }

    /// What a page sent: for each file the length of its path (2 bytes, big-endian), its own length (4 bytes, big-endian), the
    /// path, the bytes. Whatever stands before `trust` or `status` in a path is left out, and so are other files.
    ///
    /// # Errors
    /// If it is no such thing, has too many files, or holds nothing that was published.
    pub(in crate::web) fn parse(mut bytes: &[u8]) -> Result<Folder> {
        let mut folder = Folder::default();
        while !bytes.is_empty() {
            let ([a, b, lengths @ ..], rest) =
                bytes.split_first_chunk::<6>().context("a file is cut short")?;
            let (path, rest) = rest
                .split_at_checked(usize::from(u16::from_be_bytes([*a, *b])))
                .context("a path is cut short")?;
            let length = usize::try_from(u32::from_be_bytes(*lengths))?;
            let (content, rest) = rest.split_at_checked(length).context("a file is cut short")?;
            bytes = rest;
            if let Some(path) = std::str::from_utf8(path).ok().and_then(published) {
                folder.files.push((path, content.to_vec()));
            }
            ensure!(folder.files.len() <= MOST_FILES, "a stick has at most {MOST_FILES} files");
        }
        ensure!(!folder.files.is_empty(), "no published folder is on it: `trust` or `status`");
        Ok(folder)
    }

    /// How many files.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Copies all to a folder.
    ///
    /// # Errors
    /// If one cannot be written.
    pub(super) fn copy_to(&self, stick: &Path) -> Result<()> {
        for (path, bytes) in &self.files {
            let path = stick.join(path);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
            }
            fs::write(&path, bytes).with_context(|| format!("writing {}", path.display()))?;
        }
        Ok(())
    }
}

/// The path from the repository's folder on; `None` if it is in none, or not plain.
fn published(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').collect();
    let first = parts.iter().position(|part| Repository::ALL.iter().any(|one| one.name() == *part))?;
    let parts = parts.get(first..)?;
    let plain = |part: &&str| {
        (1..=MOST_NAME).contains(&part.len())
            && !part.starts_with('.')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    ((2..=MOST_DEEP).contains(&parts.len()) && parts.iter().all(plain)).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut all = Vec::new();
        for (path, bytes) in files {
            all.extend((path.len() as u16).to_be_bytes());
            all.extend((bytes.len() as u32).to_be_bytes());
            all.extend(path.as_bytes());
            all.extend(*bytes);
        }
        all
    }

    #[test]
    fn a_folders_files_are_taken_from_the_repositories_on() {
        let all = sent(&[
            ("KINGSTON/served/trust/metadata/timestamp.json", b"{}"),
            ("KINGSTON/holiday.jpg", b"jpg"),
            ("status/targets/status-list.1.db", b"list"),
        ]);
        let folder = Folder::parse(&all).unwrap();
        let paths: Vec<&str> = folder.files.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["trust/metadata/timestamp.json", "status/targets/status-list.1.db"]);
    }

    #[test]
    fn no_path_leaves_the_spool() {
        for path in [
            "trust/../../etc/passwd",
            "/trust//x",
            "trust/./x",
            "trust/.ssh/x",
            "trust",
            "trust/a b",
            "x/status/",
        ] {
            assert!(Folder::parse(&sent(&[(path, b"x")])).is_err(), "{path}");
        }
    }

    #[test]
    fn what_is_cut_short_is_refused_at_every_length() {
        let all = sent(&[("trust/metadata/timestamp.json", b"{\"a\":1}")]);
        for length in 1..all.len() {
            assert!(Folder::parse(&all[..length]).is_err(), "{length}");
        }
        assert!(Folder::parse(&[]).is_err());
    }
}
