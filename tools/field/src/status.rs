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
            writeln!(text, "{}", in_words(&receipt))?;
        }
    }
    Ok(text)
}

/// A visit in words.
#[must_use]
pub fn in_words(receipt: &Receipt) -> String {
    let Receipt { terminal, files, bytes, generation, batches, left, .. } = receipt;
    let mut line = format!(
        "终端 terminal {terminal}: 带入 in {files} 个文件 files, {bytes} 字节 bytes, 第 {generation} 代 generation; 带出 out {batches} 批 batches"
    );
    if *left > 0 {
        line.push_str(&format!(", 未带出 left behind {left}"));
    }
    for what in receipt.missing.iter().chain(&receipt.refused) {
        line.push_str("\n    未采用 not taken: ");
        line.extend(what.chars().filter(|c| !c.is_control()));
    }
    line
}
