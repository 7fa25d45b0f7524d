//! The status list as the manifest names it: a base, and the deltas on it in their order (DESIGN §6).
//! Promises: base and deltas are believed only as both authorities signed them, proven here and not by whoever wrote the
//! manifest, and only where the manifest says how a person's tag is made as the signed head does; a delta that is not good ends the way there: the list stands as of the last good one, and it is told; what
//! leads less far than this terminal was before is refused.
//! Must not know: what a colour means.
//!
//! The base is not hashed: it is large, its head is signed and each leaf of it is sealed. So a damaged leaf costs its own
//! people an answer, and nobody else theirs (DESIGN §2, §6).

use std::path::Path;

use anyhow::{bail, ensure};
use gate_core::manifest::{Dataset, Manifest, ManifestEntry, Province};
use gate_status::{BaseHead, DELTA_MOST_BYTES, SealedList, State, alleged_delta_head};

use super::{Seen, read_file};
use crate::{files, secrets};

/// A province of 100 million takes 420 MB.
const LARGEST_LIST: u64 = 4 << 30;

/// A list, and what ended the way before the manifest's last delta.
pub(super) struct ListTaken {
    pub(super) list: SealedList,
    pub(super) fault: Option<anyhow::Error>,
}

/// Takes the base of `entry` and the manifest's deltas.
pub(super) fn take(
    directory: &Path,
    entry: &ManifestEntry,
    manifest: &Manifest,
    seen: &dyn Seen,
) -> anyhow::Result<ListTaken> {
    let mut list = open_base(directory, entry)?;
    same_tags(list.base_head(), &manifest.province)?;
    let named = manifest.deltas().last().map_or(0, |delta| delta.version);
    not_behind(State { step: named.max(list.state().step), ..list.state() }, seen)?;
    let mut fault = None;
    for delta in manifest.deltas() {
        let at = list.state().step;
        if let Err(cause) = take_delta(directory, delta, &mut list) {
            fault = Some(cause.context(format!("{} was not taken, the list stays at step {at}", delta.file)));
            break;
        }
    }
    Ok(ListTaken { list, fault })
}

/// How far a list is, as it is remembered: a later epoch counts more than any step.
pub(super) fn mark(state: State) -> u64 {
    u64::from(state.epoch.0) << 32 | u64::from(state.step)
}

fn open_base(directory: &Path, entry: &ManifestEntry) -> anyhow::Result<SealedList> {
    let path = directory.join(entry.file.as_str());
    let length = files::open_no_link(&path)?.metadata()?.len();
    ensure!(
        length == entry.length && length <= LARGEST_LIST,
        "{} has {length} bytes, the manifest says {}",
        path.display(),
        entry.length
    );
    let list = SealedList::open(&path, &secrets::list_keys(directory)?)?;
    let epoch = list.state().epoch.0;
    ensure!(
        epoch == entry.version,
        "the list is of epoch {epoch}, the manifest says version {}",
        entry.version
    );
    Ok(list)
}

/// Refuses a manifest under which people have other tags than in the list: every lookup would find nobody, and a list of
/// exceptions would let everybody pass. The manifest is signed by nobody; the list's head is, by both authorities.
fn same_tags(head: &BaseHead, province: &Province) -> anyhow::Result<()> {
    for (what, same) in [
        ("region", head.province.digits() == *province.region.as_str().as_bytes()),
        ("salt", head.salt == province.salt),
        ("tag_memory_kib", head.tag_memory_kib == province.tag_memory_kib),
    ] {
        ensure!(
            same,
            "the manifest's {what} is not the one that the list was made with: bring the data again"
        );
    }
    Ok(())
}

fn take_delta(directory: &Path, entry: &ManifestEntry, list: &mut SealedList) -> anyhow::Result<()> {
    let bytes = read_file(&directory.join(entry.file.as_str()), Some(entry), DELTA_MOST_BYTES)?;
    let leads_to = alleged_delta_head(&bytes)?.to;
    ensure!(
        leads_to == entry.version,
        "the delta leads to step {leads_to}, the manifest says {}",
        entry.version
    );
    list.apply(&bytes)?;
    Ok(())
}

/// Refuses what leads less far than this terminal was before: somebody brought an old manifest back.
fn not_behind(named: State, seen: &dyn Seen) -> anyhow::Result<()> {
    let highest = seen.highest(Dataset::StatusDelta);
    if mark(named) < highest {
        bail!(
            "the manifest leads to step {} of epoch {}, step {} of epoch {} was in force here: bring the newer deltas back",
            named.step,
            named.epoch.0,
            highest & 0xFFFF_FFFF,
            highest >> 32
        );
    }
    Ok(())
}
