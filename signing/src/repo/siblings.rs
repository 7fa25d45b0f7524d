//! The repositories beside this one, in the same folder: whose keys are not this one's.
//! Promises: where this desk can see that a key is another repository's, too, no root with it is drafted or published. No metadata says which
//! repository it is of: with one key in both, the files of `status` would be good for `trust` at every terminal that is brought them as that.
//! Must not know: what the other one is for.

use std::fs;
use std::path::{Path, PathBuf};

use gate_tuf::{Claimed, Role, Root};

use super::{Repo, RepoFault};
use crate::officers::key_in_words;

impl Repo {
    /// Refuses a root with a key that a repository beside this one has, too.
    pub(super) fn shares_no_key(&self, root: &Root) -> Result<(), RepoFault> {
        let first = self.first_root();
        for sibling in self.siblings() {
            // A copy of this one, for the other authority to sign, has its keys.
            if first.is_some() && sibling.first_root() == first {
                continue;
            }
            let theirs = sibling.known_roots();
            let known =
                |key| theirs.iter().any(|root| root.keys.values().any(|known| known.admit() == Some(key)));
            let own = root.keys.values().filter_map(gate_tuf::KeyEntry::admit);
            if let Some(key) = own.into_iter().find(|key| known(*key)) {
                return Err(RepoFault::ShareKey { key: key_in_words(&key), sibling: sibling.path });
            }
        }
        Ok(())
    }

    /// Why the root that is published, and is to stay, could be another repository's; nothing where it could not.
    #[must_use]
    pub fn shared_key(&self) -> Option<RepoFault> {
        if self.draft(Role::Root).exists() {
            return None;
        }
        self.root().ok().and_then(|root| self.shares_no_key(&root).err())
    }

    /// What cannot be read is seen by nobody.
    fn siblings(&self) -> Vec<Repo> {
        let own = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let Some(folder) = own.parent().map(Path::to_path_buf) else { return Vec::new() };
        let paths = fs::read_dir(&folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
        let mut others: Vec<PathBuf> = paths.filter(|path| *path != own).collect();
        others.sort_unstable();
        others.iter().map(|path| Repo::at(path)).filter(|repo| !repo.known_roots().is_empty()).collect()
    }

    /// The newest root that is published and the one that waits, as far as they are roots.
    fn known_roots(&self) -> Vec<Root> {
        let newest = self.newest(Role::Root).ok().flatten();
        let published = newest.map(|version| self.metadata(&format!("{version}.root.json")));
        published.into_iter().chain([self.draft(Role::Root)]).filter_map(|path| root_of(&path)).collect()
    }

    /// What the first root says, published or drafted: it is what tells repositories apart.
    fn first_root(&self) -> Option<Root> {
        let first = root_of(&self.metadata("1.root.json"));
        first.or_else(|| root_of(&self.draft(Role::Root)).filter(|root| root.version == 1))
    }
}

fn root_of(path: &Path) -> Option<Root> {
    Some(Claimed::<Root>::read(&fs::read(path).ok()?).ok()?.into_body())
}
