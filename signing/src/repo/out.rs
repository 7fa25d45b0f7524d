//! The folder that carriers take a repository from: `OUT/trust`, `OUT/status`.
//! Promises: a folder of something else is written to in nothing and loses nothing; within this repository's own, only `metadata/` and `targets/`
//! are cleared of what is offered no more; the timestamp comes last.
//! Must not know: who carries.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use gate_tuf::{Role, TargetName, consistent_name};

use super::names::called;
use super::publication::{TIMESTAMP, files_below};
use super::{Repo, RepoFault, at};
use crate::staging::{self, Readers};

const FIRST: &str = "1.root.json";
/// The folders of a repository.
const FOLDERS: [&str; 2] = ["metadata", "targets"];

impl Repo {
    /// Refuses a folder that is neither empty nor one that this very repository was published into.
    ///
    /// # Errors
    /// [`RepoFault::KeepOther`].
    pub fn admit_out(&self, out: &Path) -> Result<(), RepoFault> {
        let there = out.join("metadata").join(FIRST);
        let theirs = match fs::read(&there) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            other => Some(other.map_err(at(&there))?),
        };
        let is_fit = match theirs {
            Some(theirs) => self.first_text()? == theirs,
            // One that a cut left with half a first root is as good as empty.
            None => files_below(out)?.iter().all(|file| file.extension().is_some_and(|end| end == "writing")),
        };
        if is_fit { Ok(()) } else { Err(RepoFault::KeepOther(out.to_path_buf())) }
    }

    /// Mirrors what is public now into `out`: what carriers fetch or copy. The timestamp last, so that a reader meanwhile
    /// sees the publication before, whole; what was taken away before this publication goes after it.
    ///
    /// # Errors
    /// [`RepoFault`].
    pub fn mirror(&self, out: &Path) -> Result<(), RepoFault> {
        let _alone = self.alone()?;
        self.admit_out(out)?;
        let wanted = self.current()?;
        for name in wanted.iter().filter(|name| !out.join(name).exists()) {
            copy(&self.public().join(name), &out.join(name))?;
        }
        copy(&self.metadata(TIMESTAMP), &out.join("metadata").join(TIMESTAMP))?;
        for folder in FOLDERS {
            for file in files_below(&out.join(folder))? {
                let name = file.strip_prefix(out).unwrap_or(&file);
                if !wanted.contains(name) && !name.ends_with(TIMESTAMP) {
                    fs::remove_file(&file).map_err(at(&file))?;
                }
            }
        }
        Ok(())
    }

    /// The first root as it is published, or is about to be.
    fn first_text(&self) -> Result<Vec<u8>, RepoFault> {
        let published = self.metadata(FIRST);
        let path = if published.exists() { published } else { self.draft(Role::Root) };
        fs::read(&path).map_err(at(&path))
    }

    /// The files of the newest publication, but the timestamp: every root, one snapshot, one list of targets, their files.
    fn current(&self) -> Result<BTreeSet<PathBuf>, RepoFault> {
        let mut files = BTreeSet::new();
        let roots = self.newest(Role::Root)?.unwrap_or(0);
        let mut metadata: Vec<String> = (1..=roots).map(|version| format!("{version}.root.json")).collect();
        for role in [Role::Snapshot, Role::Targets] {
            let version = self.newest(role)?.unwrap_or(0);
            metadata.push(format!("{version}.{}.json", role.name()));
        }
        files.extend(metadata.iter().map(|name| Path::new("metadata").join(name)));
        let targets = self.published_targets()?.map(|targets| targets.targets).unwrap_or_default();
        for (name, file) in &targets {
            let name = TargetName::parse(name).map_err(|_| RepoFault::NameTarget(called(name)))?;
            let digest = file.hashes.get("sha256").map_or("", String::as_str);
            files.insert(Path::new("targets").join(consistent_name(&name, digest)));
        }
        Ok(files)
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), RepoFault> {
    staging::make_directory(to.parent().unwrap_or(to), Readers::All).map_err(at(to))?;
    let mut file = fs::File::open(from).map_err(at(from))?;
    staging::replace_from(to, &mut file, Readers::All).map_err(at(to))
}
