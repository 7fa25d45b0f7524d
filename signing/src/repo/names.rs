//! Whether what stands in a draft is called what it is: a root's keys, and the names that people are shown.
//! Promises: no root is signed, joined or published here in which a key stands under another key's name; what a draft calls a thing reaches a
//! screen as one harmless line.
//! Must not know: who signs.

use std::path::Path;

use gate_tuf::{KeyEntry, Role, Root, TargetName};

use super::RepoFault;
use crate::spelling;

/// Letters of a name that are shown.
const SHOWN_MOST: usize = 96;

/// Refuses a drafted root with a key under a name that is not its own, or with a role that names a key which is not there. A terminal takes ids as
/// names and recomputes none (specification §4.3), but people compare them: under known names a drafter could put keys of their own.
pub(super) fn admit_names(root: &Root, path: &Path) -> Result<(), RepoFault> {
    let refused = |id: &str| RepoFault::NameKey { path: path.to_path_buf(), id: called(id) };
    for (id, key) in &root.keys {
        if key.admit().map(|key| KeyEntry::of(&key).id()).as_ref() != Some(id) {
            return Err(refused(id));
        }
    }
    let named = Role::ALL.into_iter().filter_map(|role| root.role(role)).flat_map(|keys| &keys.keyids);
    named.clone().find(|id| !root.keys.contains_key(*id)).map_or(Ok(()), |id| Err(refused(id)))
}

/// A name that somebody wrote, as a screen may show it.
pub(super) fn called(name: &str) -> String {
    spelling::harmless(&name.escape_default().take(SHOWN_MOST + 1).collect::<String>(), SHOWN_MOST)
}

/// A target's name; marked where no terminal looks for such a name.
pub(super) fn target_called(name: &str) -> String {
    match TargetName::parse(name) {
        Ok(name) => name.to_string(),
        Err(_) => format!("! {} (名称不合规，终端不取 no terminal looks for such a name)", called(name)),
    }
}
