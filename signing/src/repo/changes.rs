//! What a draft of `trust` changes, dataset by dataset, in words (ADR 12), for whoever is about to sign it.
//! Promises: compared are the bytes that the metadata name, drafted and published, whatever the desk says of them; a drafted file that is not
//! what the draft says is refused; a dataset with no words of its own is named as that.
//! Must not know: the list (`automatic`), what is sealed to a terminal, whether a change is right.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use gate_core::day_keys::DayKeyList;
use gate_core::json::MAX_DOCUMENT_BYTES;
use gate_core::keyset::KeySet;
use gate_core::manifest::{Dataset, Province};
use gate_core::policy::Policy;
use gate_proof::digest::{Hasher, sha256};
use gate_status::{ListFile, Revocations, RevocationsHead};
use gate_tuf::{TargetFile, TargetName, consistent_name};
use gate_wire::time::Timestamp;

use super::names::target_called;
use super::{Repo, RepoFault, at};
use crate::desk::review;
use crate::inputs;
use crate::register::{self, Register, Told};
use crate::{spelling, staff};

/// Letters of a line.
const LINE_MOST: usize = 1_000;

type Files = BTreeMap<String, TargetFile>;
type Compared = Result<Vec<Told>, String>;

/// Whether it is what is sealed to one terminal.
pub(super) fn is_of_terminal(name: &str) -> bool {
    name.starts_with("keys/")
}

/// Every change that has words.
pub(super) fn of(repo: &Repo, before: &Files, after: &Files) -> Result<Vec<String>, RepoFault> {
    let mut lines = Vec::new();
    let is_new =
        |name: &String, file: &TargetFile| before.get(name).is_none_or(|known| known.hashes != file.hashes);
    for (name, file) in after.iter().filter(|(name, file)| is_new(name, file)) {
        if is_of_terminal(name) || ListFile::parse(name).is_some() {
            continue;
        }
        match compared(repo, name, (before.get(name), file))? {
            Ok(told) => lines.extend(told.into_iter().flat_map(|told| [told.zh, format!("    {}", told.en)])),
            Err(why) => lines.push(format!(
                "! {name}: 终端会拒收 TERMINALS WOULD REFUSE IT: {why}",
                name = target_called(name)
            )),
        }
    }
    Ok(lines.iter().map(|line| spelling::harmless(line, LINE_MOST)).collect())
}

fn compared(
    repo: &Repo,
    name: &str,
    (before, after): (Option<&TargetFile>, &TargetFile),
) -> Result<Compared, RepoFault> {
    if name == "revocations.tfr" {
        return revocations(repo, name, (before, after));
    }
    let Some(compare) = teller(name) else {
        let called = target_called(name);
        return Ok(Ok(vec![Told {
            zh: format!("! {called}: 本程序没有这类文件的对照说明，请查明内容再签"),
            en: format!(
                "! {called}: this program has no words for such a file: find out what it is before you sign"
            ),
        }]));
    };
    let new = small(repo, name, after)?;
    // What was published and is not at hand any more is told as new.
    let old = before.and_then(|before| small(repo, name, before).ok());
    let mut told = compare(old.as_deref(), &new);
    if let (Ok(told), None, Some(_)) = (&mut told, &old, before) {
        told.insert(
            0,
            Told {
                zh: format!("! {name}: 上次发布的文件不在，以下全部按新内容列出"),
                en: format!("! {name}: what was published last is not at hand: all of it is told as new"),
            },
        );
    }
    Ok(told)
}

type Compare = fn(Option<&[u8]>, &[u8]) -> Compared;

fn teller(name: &str) -> Option<Compare> {
    Some(match name {
        "province.json" => province,
        "key-set.json" => key_set,
        "policy-station.json" => |old, new| policy(Dataset::PolicyStation, old, new),
        "policy-hospital.json" => |old, new| policy(Dataset::PolicyHospital, old, new),
        "places.json" => |old, new| placed(inputs::place_changes, old, new),
        "risk-levels.json" => |old, new| placed(inputs::risk_changes, old, new),
        "staff-list.json" => |old, new| staff::changes(old, new).map_err(told),
        "day-keys.json" => day_keys,
        _ => return None,
    })
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn province(old: Option<&[u8]>, new: &[u8]) -> Compared {
    let said = |bytes: &[u8]| {
        let (_, _, province) = Province::load(bytes).map_err(told)?;
        let salt = spelling::hex(&province.salt);
        let (region, demo, memory) =
            (province.region.as_str().to_owned(), province.demo, province.tag_memory_kib);
        Ok::<String, String>(format!("{region}, {demo:?}, salt {salt}, {memory} KiB"))
    };
    let new = said(new)?;
    Ok(match old.and_then(|old| said(old).ok()) {
        Some(old) if old == new => Vec::new(),
        Some(old) => vec![Told {
            zh: format!("! 省级参数变了，所有闸机将认不出原有数据: {old} → {new}"),
            en: format!(
                "! the province's parameters change, and no terminal will know its data again: {old} → {new}"
            ),
        }],
        None => {
            vec![Told { zh: format!("省级参数: {new}"), en: format!("the province's parameters: {new}") }]
        }
    })
}

fn key_set(old: Option<&[u8]>, new: &[u8]) -> Compared {
    let new = KeySet::load(new).map_err(told)?;
    let nobody = Register::new(new.province());
    let old = match old.and_then(|old| KeySet::load(old).ok()) {
        Some(old) => old,
        None => nobody.load(0, Timestamp::EPOCH).map_err(told)?,
    };
    Ok(register::changes(&old, &new, &nobody))
}

fn policy(dataset: Dataset, old: Option<&[u8]>, new: &[u8]) -> Compared {
    let new = Policy::load(new).map_err(told)?;
    Ok(review::policy_told(dataset, old, &new))
}

fn placed(
    changes: fn(Option<&str>, &str) -> Result<Vec<Told>, inputs::InputRefused>,
    old: Option<&[u8]>,
    new: &[u8],
) -> Compared {
    let old = old.and_then(|old| core::str::from_utf8(old).ok());
    changes(old, core::str::from_utf8(new).map_err(told)?).map_err(told)
}

/// Whoever puts a day key of their own there opens the records of that day.
fn day_keys(old: Option<&[u8]>, new: &[u8]) -> Compared {
    let new = DayKeyList::load(new).map_err(told)?;
    let old = old.and_then(|old| DayKeyList::load(old).ok());
    let known = |id: u32| old.as_ref().and_then(|old| old.keys.iter().find(|(known, ..)| *known == id));
    let is_same = |(id, day, key): &&(u32, gate_wire::time::Day, gate_proof::seal::SealingKey)| {
        known(*id).map(|(_, known_day, known)| known_day == day && known.as_bytes() == key.as_bytes())
    };
    let same = new.keys.iter().filter(|key| is_same(key) == Some(true)).count();
    let others: Vec<u32> =
        new.keys.iter().filter(|key| is_same(key) == Some(false)).map(|(id, ..)| *id).collect();
    let fresh: Vec<_> = new.keys.iter().filter(|key| is_same(key).is_none()).collect();
    let mut lines = Vec::new();
    if !others.is_empty() {
        lines.push(Told {
            zh: format!("! 已知日密钥被换，编号 {others:?}：当天的记录将封给别的密钥"),
            en: format!("! OTHER DAY KEYS under known ids {others:?}: the records of those days will be sealed to other keys"),
        });
    }
    if let (Some(first), Some(last)) =
        (fresh.iter().map(|(_, day, _)| day.ymd()).min(), fresh.iter().map(|(_, day, _)| day.ymd()).max())
    {
        let day = |(year, month, day)| format!("{year:04}-{month:02}-{day:02}");
        let (count, first, last) = (fresh.len(), day(first), day(last));
        lines.push(Told {
            zh: format!("日密钥: {same} 把不变，新增 {count} 把，{first} 至 {last}"),
            en: format!("day keys: {same} as before, {count} new, of {first} to {last}"),
        });
    }
    Ok(lines)
}

fn revocations(
    repo: &Repo,
    name: &str,
    (before, after): (Option<&TargetFile>, &TargetFile),
) -> Result<Compared, RepoFault> {
    let new = match head(repo, name, after)? {
        Ok(new) => new,
        Err(why) => return Ok(Err(why)),
    };
    let old = before.and_then(|before| head(repo, name, before).ok()?.ok());
    let (was, people) = old.map_or((0, 0), |old| (old.credentials, old.subjects));
    let mark = if new.credentials < was || new.subjects < people { "! " } else { "" };
    Ok(Ok(vec![Told {
        zh: format!("{mark}作废: 凭证 {was} → {}，人员 {people} → {}", new.credentials, new.subjects),
        en: format!(
            "{mark}revoked: credentials {was} → {}, people {people} → {}",
            new.credentials, new.subjects
        ),
    }]))
}

fn head(repo: &Repo, name: &str, file: &TargetFile) -> Result<Result<RevocationsHead, String>, RepoFault> {
    let path = repo.target(name, file)?;
    let opened = File::open(&path).map_err(|_| RepoFault::Lie(path.clone()))?;
    let (mut hasher, mut length) = (Hasher::new(), 0_u64);
    let read = Revocations::open(opened, |bytes| {
        hasher.update(bytes);
        length += bytes.len() as u64;
    });
    let is_it = length == file.length && file.sha256() == Some(*hasher.finish().as_bytes());
    match read {
        Ok(read) if is_it => Ok(Ok(*read.head())),
        Ok(_) => Err(RepoFault::Lie(path)),
        Err(fault) => Ok(Err(fault.to_string())),
    }
}

/// A small document's bytes, held once: those that are hashed are those that are compared.
fn small(repo: &Repo, name: &str, file: &TargetFile) -> Result<Vec<u8>, RepoFault> {
    let path = repo.target(name, file)?;
    let mut bytes = Vec::new();
    let opened = match File::open(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(RepoFault::Lie(path)),
        other => other.map_err(at(&path))?,
    };
    opened.take(MAX_DOCUMENT_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(at(&path))?;
    let is_it = file.length == bytes.len() as u64 && file.sha256() == Some(*sha256(&[&bytes]).as_bytes());
    if is_it { Ok(bytes) } else { Err(RepoFault::Lie(path)) }
}

impl Repo {
    /// Where a target lies: in the draft, or published.
    fn target(&self, name: &str, file: &TargetFile) -> Result<PathBuf, RepoFault> {
        let target = TargetName::parse(name).map_err(|_| RepoFault::NameTarget(target_called(name)))?;
        let digest = file.sha256().ok_or_else(|| RepoFault::NameTarget(target_called(name)))?;
        let name = consistent_name(&target, &spelling::hex(&digest));
        let drafted = self.path.join("draft/targets").join(&name);
        Ok(if drafted.exists() { drafted } else { self.public().join("targets").join(name) })
    }
}
