//! What waits for signatures, in words: for whoever is about to sign.
//! Promises: names every key and threshold of a root, and every target that is new, changed or gone; of a delta of the list how
//! many colours it changes.
//! Must not know: whether it is right.

use std::collections::BTreeMap;
use std::fs;

use gate_status::{ListFile, alleged_delta_head};
use gate_tuf::{Claimed, Role, Root, TargetFile, TargetName, Targets, Unsigned, consistent_name, print_time};

use super::{Repo, RepoFault, at, in_document};

impl Repo {
    /// Every draft, a line at a time, Chinese and English; empty if nothing waits.
    ///
    /// # Errors
    /// [`RepoFault`].
    pub fn in_words(&self) -> Result<Vec<String>, RepoFault> {
        let mut lines = Vec::new();
        if self.draft(Role::Root).exists() {
            let (root, signers) = self.drafted::<Root>(Role::Root)?;
            tell_root(&root, &mut lines);
            lines.push(format!("  已签 signed by {signers}"));
        }
        if self.draft(Role::Targets).exists() {
            let (targets, signers) = self.drafted::<Targets>(Role::Targets)?;
            self.tell_targets(&targets, &mut lines)?;
            lines.push(format!("  已签 signed by {signers}"));
        }
        Ok(lines)
    }

    fn drafted<B: gate_tuf::Body>(&self, role: Role) -> Result<(B, usize), RepoFault> {
        let path = self.draft(role);
        let bytes = fs::read(&path).map_err(at(&path))?;
        let signers = Unsigned::read::<B>(&bytes).map_err(in_document(&path))?.signers().count();
        Ok((Claimed::<B>::read(&bytes).map_err(in_document(&path))?.into_body(), signers))
    }

    fn tell_targets(&self, targets: &Targets, lines: &mut Vec<String>) -> Result<(), RepoFault> {
        let before = self.published_targets()?.map(|before| before.targets).unwrap_or_default();
        let (version, until) = (targets.version, print_time(targets.expires));
        lines
            .push(format!("数据清单第 {version} 版，有效至 (targets version {version}, good until) {until}"));
        for (name, file) in &targets.targets {
            if before.get(name).is_none_or(|known| known.hashes != file.hashes) {
                lines.push(format!("  {}", self.told(name, file, &before)));
            }
        }
        for name in before.keys().filter(|name| !targets.targets.contains_key(*name)) {
            lines.push(format!("  撤下 taken away: {name}"));
        }
        Ok(())
    }

    fn told(&self, name: &str, file: &TargetFile, before: &BTreeMap<String, TargetFile>) -> String {
        let version = file.custom.unwrap_or_default().version;
        let what = if before.contains_key(name) { "更改 changed" } else { "新增 new" };
        let line = format!("{what}: {name}, 版本 version {version}, {} bytes", file.length);
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

fn tell_root(root: &Root, lines: &mut Vec<String>) {
    let (version, until) = (root.version, print_time(root.expires));
    lines.push(format!("根第 {version} 版，有效至 (root version {version}, good until) {until}"));
    for role in Role::ALL {
        let Some(keys) = root.role(role) else { continue };
        let (least, count) = (keys.threshold, keys.keyids.len());
        lines.push(format!("  {}: {count} 把密钥中须 {least} 把签名 ({least} of {count} keys)", role.name()));
        lines.extend(keys.keyids.iter().map(|id| format!("    {id}")));
    }
}
