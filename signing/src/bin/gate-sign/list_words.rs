//! What taking one list after another would change, in words: nobody in it, far fewer people, another scope.
//! Promises: words only where somebody has to look; a list that is not read is no reason to be silent.
//! Must not know: who asks.

use std::path::Path;

use anyhow::Context;
use gate_core::manifest::{Dataset, FILE_NAME, Manifest};
use gate_status::{BaseHead, Scope, alleged_head};

/// What publishing `status` to the directory `out` changes for its terminal.
pub(crate) fn of_publication(out: &Path, status: Option<&Path>) -> anyhow::Result<Vec<String>> {
    let Some(status) = status else { return Ok(Vec::new()) };
    let new = alleged_head(status).with_context(|| status.display().to_string())?;
    Ok(between(there(out).as_ref(), &new))
}

/// The list that the manifest in `out` names.
fn there(out: &Path) -> Option<BaseHead> {
    let manifest = Manifest::load(&std::fs::read(out.join(FILE_NAME)).ok()?).ok()?;
    let entry = manifest.entries().iter().find(|entry| entry.dataset == Dataset::StatusList)?;
    alleged_head(&out.join(entry.file.as_str())).ok()
}

/// What is to be looked at when `new` comes after `old`.
pub(crate) fn between(old: Option<&BaseHead>, new: &BaseHead) -> Vec<String> {
    let mut words = Vec::new();
    let before = old.map_or(0, |old| old.people);
    if new.people == 0 {
        let meaning = match new.scope {
            Scope::Population => ("所有人转人工", "everybody is Assist"),
            Scope::Exceptions => ("所有人通行", "everybody passes"),
        };
        words.push(format!("! 名单中没有人（{}）: the list holds NOBODY ({})", meaning.0, meaning.1));
    }
    if new.people < before.div_ceil(2) {
        words.push(format!("! 名单人数 people in the list: {before} -> {}", new.people));
    }
    if let Some(old) = old.filter(|old| old.scope != new.scope) {
        let then = match new.scope {
            Scope::Population => {
                ("不在名单者由通行变为转人工", "who is not listed passed, and is Assist now")
            }
            Scope::Exceptions => {
                ("不在名单者由转人工变为通行", "who is not listed was Assist, and passes now")
            }
        };
        let (was, is) = (scope(old.scope), scope(new.scope));
        words.push(format!("! 名单范围 scope of the list: {was} -> {is}: {} ({})", then.0, then.1));
    }
    words
}

/// A scope's word, as `--scope` has it.
pub(crate) fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::Population => "population",
        Scope::Exceptions => "exceptions",
    }
}
