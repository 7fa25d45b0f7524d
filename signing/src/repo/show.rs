//! What waits for signatures, in words: for whoever is about to sign.
//! Promises: a draft is read once, and what is signed of it is what was told; names every key and threshold of a root, each as its holder
//! knows it, against the root in force; names every target that is new, changed or gone against what was published, and what it changes.
//! Must not know: whether it is right.

use std::collections::BTreeMap;
use std::fs;

use gate_status::{ListFile, alleged_delta_head};
use gate_tuf::{
    Body, Claimed, KeyEntry, Role, Root, TargetFile, TargetName, Targets, consistent_name, print_time,
};

use super::names::target_called;
use super::{OnlineSigner, Repo, RepoFault, Signed, changes, in_document};
use crate::officers::key_in_words;

/// A draft that was read once. Having one tells: these are the words of exactly what [`Seen::sign`] signs. It does **not** tell that anybody
/// read them.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Of which role.
    pub role: Role,
    /// A line each, Chinese and English.
    pub words: Vec<String>,
    pub(super) message: Vec<u8>,
}

impl Seen {
    /// Signs what was told, if the draft still is that.
    ///
    /// # Errors
    /// [`RepoFault`].
    pub fn sign(&self, repo: &Repo, by: OnlineSigner<'_>) -> Result<Signed, RepoFault> {
        repo.sign_exactly((self.role, &self.message), by)
    }
}

impl Repo {
    /// Every draft, a line at a time, Chinese and English; empty if nothing waits.
    ///
    /// # Errors
    /// [`RepoFault`].
    pub fn in_words(&self) -> Result<Vec<String>, RepoFault> {
        let waiting = [Role::Root, Role::Targets].into_iter().filter(|role| self.draft(*role).exists());
        let seen = waiting.map(|role| Ok(self.see(role)?.words)).collect::<Result<Vec<_>, RepoFault>>()?;
        Ok(seen.concat())
    }

    /// Reads a draft, for whoever is to sign it.
    ///
    /// # Errors
    /// [`RepoFault`].
    pub fn see(&self, role: Role) -> Result<Seen, RepoFault> {
        let draft = self.read_draft(role)?;
        let (message, text) = (self.message(role, &draft)?, draft.to_text());
        let mut words = match role {
            Role::Root => tell_root(self.published_roots()?.last(), &self.body::<Root>(&text)?),
            _ => self.tell_targets(&self.body::<Targets>(&text)?)?,
        };
        words.push(format!("  已签 signed by {}", draft.signers().count()));
        Ok(Seen { role, words, message })
    }

    fn body<B: Body>(&self, text: &[u8]) -> Result<B, RepoFault> {
        let claimed = Claimed::<B>::read(text).map_err(in_document(&self.draft(B::ROLE)))?;
        Ok(claimed.into_body())
    }

    fn tell_targets(&self, targets: &Targets) -> Result<Vec<String>, RepoFault> {
        let before = self.published_targets()?.map(|before| before.targets).unwrap_or_default();
        let (version, until) = (targets.version, print_time(targets.expires));
        let mut lines =
            vec![format!("数据清单第 {version} 版，有效至 (targets version {version}, good until) {until}")];
        let (mut resealed, mut changed) = (0, Vec::new());
        for (name, file) in &targets.targets {
            match before.get(name) {
                Some(known) if known == file => {}
                // Every generation seals anew to every terminal: thousands of lines of which none says anything.
                Some(_) if changes::is_of_terminal(name) => resealed += 1,
                known => changed.push(self.told(name, file, known.is_some())),
            }
        }
        lines.extend(changed.into_iter().map(|line| format!("  {line}")));
        if resealed > 0 {
            lines.push(format!(
                "  重新封给 {resealed} 台已知闸机 (sealed anew to {resealed} known terminals)"
            ));
        }
        let gone = before.keys().filter(|name| !targets.targets.contains_key(*name));
        lines.extend(gone.map(|name| format!("  撤下 taken away: {}", target_called(name))));
        lines.extend(
            changes::of(self, &before, &targets.targets)?.into_iter().map(|line| format!("  {line}")),
        );
        Ok(lines)
    }

    fn told(&self, name: &str, file: &TargetFile, is_known: bool) -> String {
        let version = file.custom.unwrap_or_default().version;
        let what = if is_known { "更改 changed" } else { "新增 new" };
        let line = format!("{what}: {}, 版本 version {version}, {} bytes", target_called(name), file.length);
        match self.colours(name, file) {
            Some((ranked, keyed)) => {
                format!(
                    "{line}; 颜色变更 {ranked} 人，增减 {keyed} 人 ({ranked} colours changed, {keyed} people new or removed)"
                )
            }
            None => line,
        }
    }

    /// How many colours a delta says that it changes; its signatures are what terminals check.
    fn colours(&self, name: &str, file: &TargetFile) -> Option<(u32, u32)> {
        let Some(ListFile::Delta(..)) = ListFile::parse(name) else { return None };
        let file_name = consistent_name(&TargetName::parse(name).ok()?, file.hashes.get("sha256")?);
        let drafted = self.path.join("draft/targets").join(&file_name);
        let bytes = fs::read(drafted).or_else(|_| fs::read(self.public().join("targets").join(&file_name)));
        let head = alleged_delta_head(&bytes.ok()?).ok()?;
        Some((head.ranked, head.keyed))
    }
}

/// A root, role by role, against the one in force.
fn tell_root(before: Option<&Root>, root: &Root) -> Vec<String> {
    let (version, until) = (root.version, print_time(root.expires));
    let mut lines = vec![format!("根第 {version} 版，有效至 (root version {version}, good until) {until}")];
    lines.push(match before {
        Some(before) => {
            format!("  与现行根第 {0} 版相比 (against root version {0}, which is in force)", before.version)
        }
        None => "  首个根，无可比较 (the first root: there is none to compare with)".into(),
    });
    for role in Role::ALL {
        let (old, new) =
            (before.map(|before| signers(before, role)).unwrap_or_default(), signers(root, role));
        let (least, count) = (new.least, new.keys.len());
        let was = match before {
            Some(_) if (old.least, old.keys.len()) != (least, count) => {
                format!("；原为 before: {} of {}", old.least, old.keys.len())
            }
            _ => String::new(),
        };
        lines.push(format!(
            "  {}: {count} 把密钥中须 {least} 把签名 ({least} of {count} keys){was}",
            role.name()
        ));
        for (id, key) in &new.keys {
            let mark = if old.keys.contains_key(id) { "不变 same" } else { "新增 NEW" };
            lines.push(format!("    {mark}: {key} (id {id})"));
        }
        for (id, key) in old.keys.iter().filter(|(id, _)| !new.keys.contains_key(*id)) {
            lines.push(format!("    停用 GONE: {key} (id {id})"));
        }
    }
    lines
}

#[derive(Default)]
struct Signers {
    least: u32,
    /// Public halves as their holders were told them (`officer new`), by id.
    keys: BTreeMap<String, String>,
}

fn signers(root: &Root, role: Role) -> Signers {
    let Some(keys) = root.role(role) else { return Signers::default() };
    let known = |id: &String| Some((id.clone(), key_in_words(&root.keys.get(id).and_then(KeyEntry::admit)?)));
    Signers { least: keys.threshold, keys: keys.keyids.iter().filter_map(known).collect() }
}
