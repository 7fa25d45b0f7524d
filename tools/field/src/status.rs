//! What is on a stick, in words.
//! Promises: reads heads alone; nothing it says was proven.
//! Must not know: terminals.

use std::fmt::Write;
use std::path::Path;

use gate_core::records::names::ACKS;
use gate_tuf::{Claimed, Repository, TIMESTAMP, Timestamp};

use crate::files::{self, For};
use crate::outbox::{Kind, Outbox};
use crate::receipt::Receipt;

/// Says what is on it.
///
/// # Errors
/// If it cannot be read.
pub fn status(stick: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    for repository in Repository::ALL {
        let name = repository.name();
        let path = format!("{name}/{TIMESTAMP}");
        let stamp = files::small(stick, &path, repository.limits().timestamp)?;
        let stamp = stamp.and_then(|bytes| Claimed::<Timestamp>::read(&bytes).ok()).map(Claimed::into_body);
        match stamp {
            Some(stamp) => writeln!(text, "仓库 repository {name}: 版本 version {}", stamp.version)?,
            None => writeln!(text, "仓库 repository {name}: 没有 none")?,
        }
    }
    writeln!(text, "回执 acknowledgements: {}", files::names(&stick.join(ACKS)).len())?;
    let Some(outbox) = Outbox::open(stick, For::Reading)? else {
        writeln!(text, "没有记录箱 no outbox: gate-field load")?;
        return Ok(text);
    };
    let batches = outbox.frames().iter().filter(|frame| frame.kind == Kind::Batch).count();
    writeln!(text, "记录箱 outbox: {batches} 批 batches, 剩余 left {} MiB", outbox.room() >> 20)?;
    for frame in outbox.frames().iter().filter(|frame| frame.kind == Kind::Receipt) {
        if let Some(receipt) = outbox.content(frame)?.as_deref().and_then(Receipt::read) {
            writeln!(text, "{}", Receipt { by: None, technician: None, ..receipt }.in_words())?;
        }
    }
    Ok(text)
}
