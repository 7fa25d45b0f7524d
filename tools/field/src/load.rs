//! Loading: published repositories onto a stick or into a laptop's folder, and room for the records that come back.
//! Promises: room is checked before anything is written; what is there already is read whole, and written again only where it is
//! damaged: a stick that rots is healed by loading it; it is told beforehand how long it takes.
//! Must not know: whether what is loaded may be believed: every terminal judges by itself.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, ensure};
use gate_carry::{Look, Spool, of_everything};
use gate_tuf::Repository;

use crate::copying::{Copied, Copying, Plan};
use crate::files::For;
use crate::outbox::{LENGTH_MOST, Outbox};

/// Room that is left free, in bytes: folders, and what a FAT rounds up.
const SPARE: u64 = 8 << 20;

/// What is loaded, and where.
pub struct Load<'a> {
    /// The folder with the published `trust/` and `status/`.
    pub from: &'a Path,
    /// The stick, or the laptop's folder.
    pub to: &'a Path,
    /// Room for records, in bytes.
    pub outbox: u64,
    /// Megabytes a second that are reckoned with.
    pub speed: u64,
}

impl Load<'_> {
    /// Loads.
    ///
    /// # Errors
    /// If there is no room, or the source cannot be read. What was loaded before stays whole.
    pub fn run(&self, say: &mut dyn FnMut(String)) -> anyhow::Result<Copied> {
        std::fs::create_dir_all(self.to)?;
        let stick = Spool::open(self.to, u64::MAX)?;
        let copying =
            |repository| Copying { from: self.from, to: &stick, repository, root: 0, look: Look::Bytes };
        let there = stick.used()?;
        if there > 0 {
            say(format!(
                "已有 {there} 字节，先核对 bytes are there and are read first: 约 about {} s",
                self.seconds(there)
            ));
        }
        let mut plans = Vec::new();
        for repository in Repository::ALL {
            let plan = copying(repository).plan(&of_everything).with_context(|| repository.name())?;
            plans.push((repository, plan));
        }
        ensure!(
            plans.iter().any(|(_, plan)| plan.is_some()),
            "{} holds no published repository: trust/ and status/ are looked for in it",
            self.from.display()
        );
        self.room(plans.iter().filter_map(|(_, plan)| plan.as_ref()), say)?;
        let began = Instant::now();
        let mut copied = Copied::default();
        for (repository, plan) in plans {
            if let Some(plan) = plan {
                copied.add(copying(repository).run(&plan, &mut |_| {}));
            }
        }
        let rate =
            copied.bytes / 1_000_000 * 1_000 / u64::try_from(began.elapsed().as_millis()).unwrap_or(1).max(1);
        say(format!("已写入 {} 个文件 files, {} 字节 bytes, {rate} MB/s", copied.files, copied.bytes));
        Ok(copied)
    }

    /// Room first; then the outbox, which keeps what it holds.
    fn room<'p>(
        &self,
        plans: impl Iterator<Item = &'p Plan>,
        say: &mut dyn FnMut(String),
    ) -> anyhow::Result<()> {
        let data = plans.fold(0_u64, |sum, plan| sum.saturating_add(plan.bytes()));
        let old = Outbox::open(self.to, For::Reading)?;
        let outbox = if old.is_some() { 0 } else { self.outbox.min(LENGTH_MOST) };
        let wanted = data.saturating_add(outbox + SPARE);
        let about = rustix::fs::statvfs(self.to)?;
        let free = about.f_bavail.saturating_mul(about.f_frsize);
        ensure!(
            free >= wanted,
            "空间不足 no room: {wanted} 字节 bytes are needed, {free} are free: take a larger stick, or --outbox-mib less"
        );
        say(format!(
            "{data} 字节数据 bytes of data, {outbox} 记录空间 for records: 约 about {} s at {} MB/s",
            self.seconds(data.saturating_add(outbox)),
            self.speed
        ));
        if old.is_none() {
            let mut id = [0; 16];
            getrandom::fill(&mut id)
                .map_err(|fault| anyhow::anyhow!("no random id for the stick: {fault}"))?;
            Outbox::make(self.to, self.outbox, id)?;
        }
        Ok(())
    }

    fn seconds(&self, bytes: u64) -> u64 {
        bytes.div_ceil(self.speed.max(1).saturating_mul(1_000_000))
    }
}
