//! Which targets this terminal needs of all that a repository names.
//! Promises: what nobody asks for is not fetched, however it is signed; lengths are bounded by kind before anything is
//! asked of the hub; a base only where the terminal has none of its epoch; deltas from the step in force on, the fewest.
//! Must not know: whether what the metadata say is true.

use gate_core::json::MAX_DOCUMENT_BYTES;
use gate_core::manifest::Dataset;
use gate_tuf::{TargetFile, TargetName, Targets, consistent_name};

/// What `gate-trust` takes of revocations, a delta, a base, at most.
const REVOCATIONS_MOST: u64 = 64 << 20;
const DELTA_MOST: u64 = 32 << 20;
const BASE_MOST: u64 = 4 << 30;

/// A file as metadata announce it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Within the repository; at the source and in the spool the same.
    pub path: String,
    /// How long.
    pub length: u64,
    /// Which bytes.
    pub sha256: [u8; 32],
}

/// What is to be fetched of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// The files, in their order.
    pub files: Vec<Wanted>,
    /// Names of targets that are wanted and can be no such files.
    pub unfit: Vec<String>,
}

impl Wants {
    fn add(&mut self, targets: &Targets, name: &str, most: u64) {
        let Some(what) = targets.targets.get(name) else { return };
        match wanted(name, what, most) {
            Some(wanted) => self.files.push(wanted),
            None => self.unfit.push(name.into()),
        }
    }
}

fn wanted(name: &str, what: &TargetFile, most: u64) -> Option<Wanted> {
    let (name, sha256) = (TargetName::parse(name).ok()?, what.sha256().filter(|_| what.length <= most)?);
    let path = format!("targets/{}", consistent_name(&name, &hex(&sha256)));
    Some(Wanted { path, length: what.length, sha256 })
}

/// Of `trust`: every dataset, and the keys for this terminal alone.
#[must_use]
pub fn of_trust(targets: &Targets, terminal: u32) -> Wants {
    let mut wants = Wants::default();
    let most = MAX_DOCUMENT_BYTES as u64;
    wants.add(targets, "province.json", most);
    for dataset in Dataset::ALL {
        match dataset {
            Dataset::StatusList | Dataset::StatusDelta => {}
            Dataset::Revocations => wants.add(targets, "revocations.tfr", REVOCATIONS_MOST),
            _ => wants.add(targets, &format!("{}.json", dataset.name()), most),
        }
    }
    wants.add(targets, &format!("keys/{terminal}.json"), most);
    wants
}

/// Of `status`: the deltas that lead from `list` (epoch and step) furthest; before them the newest epoch's base, if the
/// terminal has none of that epoch.
#[must_use]
pub fn of_status(targets: &Targets, list: Option<(u32, u32)>) -> Wants {
    let mut wants = Wants::default();
    let epochs = targets.targets.keys().filter_map(|name| base(name));
    let Some(epoch) = epochs.max().max(list.map(|(epoch, _)| epoch)) else { return wants };
    let from = list.filter(|(ours, _)| *ours == epoch).map(|(_, step)| step);
    if from.is_none() {
        wants.add(targets, &format!("base-{epoch:010}.tfs"), BASE_MOST);
    }
    let spans: Vec<(u32, u32)> = targets.targets.keys().filter_map(|name| delta(name, epoch)).collect();
    for (from, to) in lead(from.unwrap_or(0), &spans) {
        wants.add(targets, &format!("delta-{epoch:010}-{from:010}-{to:010}.tfd"), DELTA_MOST);
    }
    wants
}

/// Everything that a repository names, each bounded by its kind: a stick serves terminals that nobody has asked yet.
#[must_use]
pub fn of_everything(targets: &Targets) -> Wants {
    let mut wants = Wants::default();
    for name in targets.targets.keys() {
        wants.add(targets, name, most(name));
    }
    wants
}

fn most(name: &str) -> u64 {
    match name.rsplit_once('.').map(|(_, kind)| kind) {
        Some("json") => MAX_DOCUMENT_BYTES as u64,
        Some("tfr") => REVOCATIONS_MOST,
        Some("tfd") => DELTA_MOST,
        _ => BASE_MOST,
    }
}

/// The fewest spans that lead from a step as far as any does: always the one that leads furthest.
fn lead(from: u32, spans: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let (mut at, mut files) = (from, Vec::new());
    let leads = |at: u32| move |span: &&(u32, u32)| span.0 <= at && at < span.1;
    while let Some(best) = spans.iter().filter(leads(at)).max_by_key(|span| (span.1, span.0)) {
        files.push(*best);
        at = best.1;
    }
    files
}

fn base(name: &str) -> Option<u32> {
    number(name.strip_prefix("base-")?.strip_suffix(".tfs")?)
}

fn delta(name: &str, epoch: u32) -> Option<(u32, u32)> {
    let mut parts = name.strip_prefix("delta-")?.strip_suffix(".tfd")?.split('-').map(number);
    let (found, from, to) = (parts.next()??, parts.next()??, parts.next()??);
    (parts.next().is_none() && found == epoch && from < to).then_some((from, to))
}

fn number(digits: &str) -> Option<u32> {
    let plain = digits.len() == 10 && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

/// Lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
