//! What taking one list after another would change, in words: nobody in it, far fewer people, another scope, other colours.
//! Promises: every change of the figures is told; what has to be looked at is asked; a list that is not read is no reason
//! to be silent.
//! Must not know: who asks.
//!
//! Colours are compared by how many people have each: two epochs of a list cannot be joined person by person.

use std::path::Path;

use gate_core::manifest::{Dataset, FILE_NAME, Manifest};
use gate_signing::list_figures::ListFigures;
use gate_signing::list_standing::ListDoubt;
use gate_signing::list_steps::ThrownAway;
use gate_signing::repo::Repo;
use gate_status::{BaseHead, Scope, alleged_head};
use gate_tuf::Role;

use crate::confirm::Confirm;

/// A colour whose people become fewer by more than this share is asked for.
const ASKED_PERCENT: u64 = 25;

/// What a list was, as far as it is known.
pub(crate) enum Old {
    /// All of it.
    Counted(ListFigures),
    /// What its head says, which nobody proved.
    Head(BaseHead),
}

/// What is told, and what is asked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    told: Vec<String>,
    asked: Vec<String>,
}

impl Words {
    /// Tells; gives what is to be asked.
    pub(crate) fn tell(self) -> Vec<String> {
        self.told.iter().for_each(|line| println!("{line}"));
        self.asked
    }

    /// Tells and asks.
    pub(crate) fn ask(self, confirm: &Confirm) -> anyhow::Result<()> {
        let asked = self.tell();
        confirm.ask(&asked)
    }

    /// Both, each line once.
    pub(crate) fn and(mut self, other: Words) -> Words {
        let new = |of: &[String], lines: Vec<String>| -> Vec<String> {
            lines.into_iter().filter(|line| !of.contains(line)).collect()
        };
        self.told.extend(new(&self.told, other.told));
        self.asked.extend(new(&self.asked, other.asked));
        self
    }
}

/// What publishing `new` to the directory `out` changes: of what this desk published last, and of what the terminal has.
pub(crate) fn of_publication(out: &Path, last: Option<ListFigures>, new: &ListFigures) -> Words {
    let there = there(out).filter(|there| last.as_ref().is_none_or(|last| last.epoch != there.epoch.0));
    let of_desk = between(last.map(Old::Counted).as_ref(), new);
    match there {
        Some(there) => of_desk.and(between(Some(&Old::Head(there)), new)),
        None => of_desk,
    }
}

/// What of a list is to be looked at before it is published.
pub(crate) fn doubts(doubts: &[ListDoubt]) -> Words {
    let asked = doubts.iter().map(|doubt| match doubt {
        ListDoubt::NotLast { epoch, last } => format!(
            "! 不是最近所建的名单 NOT the list built last: epoch {epoch}, and epoch {last} was built since"
        ),
        ListDoubt::BehindSigned { epoch, step, signed } => format!(
            "! 增量不全 deltas were made as far as step {signed} of epoch {epoch}, and this goes as far as step {step}: who changed colour since keeps the old one there. Give every --delta"
        ),
        ListDoubt::NotSignedHere { epoch, step } => format!(
            "! 不是本台所签的增量 a delta that THIS DESK DID NOT SIGN leads to step {step} of epoch {epoch}: a copy of the desk did, and its log has the line; or this desk was brought back from a backup"
        ),
    });
    Words { told: Vec::new(), asked: asked.collect() }
}

/// Signatures of the draft that would be replaced.
fn signatures(repo: &Repo) -> usize {
    repo.read_draft(Role::Targets).map_or(0, |draft| draft.signers().count())
}

/// What of a draft of `trust` that would be replaced is to be told: whoever signed it would have signed for nothing, and knows of no second one.
pub(crate) fn signed_trust(repo: &Repo) -> Option<String> {
    let signatures = signatures(repo);
    (signatures > 0).then(|| {
        format!(
            "! 现有草稿已有 {signatures} 个签名，重新起草即作废 THE DRAFT THAT WAITS HAS {signatures} of its signatures: have it signed and publish it first. Who signed it holds it still, and whoever signs the next one of this version makes a second（同一版本会有两份签过的内容）"
        )
    })
}

/// What of the draft that would be replaced is to be asked: whoever signed it is asked again, and a machine is not.
pub(crate) fn signed_draft(repo: &Repo) -> Words {
    let signatures = signatures(repo);
    let line = format!(
        "! 现有草稿已有 {signatures} 个签名 THE DRAFT THAT WAITS HAS {signatures} of its signatures: have it signed and publish it. Another draft of the same version is for two people, automatic signers sign one alone（自动签名机同一版本只签一份）"
    );
    Words { told: Vec::new(), asked: if signatures > 0 { vec![line] } else { Vec::new() } }
}

/// What signing a step again throws away.
pub(crate) fn thrown_away(thrown: ThrownAway) -> String {
    let ThrownAway { epoch, after, last, digest } = thrown;
    let which = digest.map_or_else(String::new, |digest| {
        let hex: String = digest.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        format!(" (the last one's SHA-256: {hex})")
    });
    format!(
        "! 作废已签的增量 THROWN AWAY: what was signed of epoch {epoch} behind step {after}, as far as step {last}{which}. No terminal may have it; codes issued by it since are not taken back"
    )
}

/// The list that the manifest in `out` names.
fn there(out: &Path) -> Option<BaseHead> {
    let manifest = Manifest::load(&std::fs::read(out.join(FILE_NAME)).ok()?).ok()?;
    let entry = manifest.entries().iter().find(|entry| entry.dataset == Dataset::StatusList)?;
    alleged_head(&out.join(entry.file.as_str())).ok()
}

/// What changes when `new` comes after `old`.
pub(crate) fn between(old: Option<&Old>, new: &ListFigures) -> Words {
    let (before, was) = match old {
        Some(Old::Counted(old)) => (people(old), Some(old.scope())),
        Some(Old::Head(head)) => (head.people, Some(head.scope)),
        None => (0, None),
    };
    let mut words = Words::default();
    if people(new) == 0 {
        let meaning = match new.scope() {
            Scope::Population => ("所有人转人工", "everybody is Assist"),
            Scope::Exceptions => ("所有人通行", "everybody passes"),
        };
        words.asked.push(format!("! 名单中没有人（{}）: the list holds NOBODY ({})", meaning.0, meaning.1));
    }
    if people(new) < before.div_ceil(2) {
        words.asked.push(format!("! 名单人数 people in the list: {before} -> {}", people(new)));
    }
    if let Some(was) = was.filter(|was| *was != new.scope()) {
        words.asked.push(other_scope(was, new.scope()));
    }
    if let Some(Old::Counted(old)) = old {
        colours(old, new, &mut words);
    }
    words
}

fn people(list: &ListFigures) -> u64 {
    list.green + list.yellow + list.red
}

fn other_scope(was: Scope, is: Scope) -> String {
    let then = match is {
        Scope::Population => ("不在名单者由通行变为转人工", "who is not listed passed, and is Assist now"),
        Scope::Exceptions => ("不在名单者由转人工变为通行", "who is not listed was Assist, and passes now"),
    };
    format!("! 名单范围 scope of the list: {} -> {}: {} ({})", scope(was), scope(is), then.0, then.1)
}

/// Every colour whose people are more or fewer; one that lost more than a bound is asked for.
fn colours(old: &ListFigures, new: &ListFigures, words: &mut Words) {
    let of =
        |list: &ListFigures| [("绿 green", list.green), ("黄 yellow", list.yellow), ("红 red", list.red)];
    for ((colour, was), (_, is)) in of(old).into_iter().zip(of(new)) {
        let lost = was.saturating_sub(is);
        // Green people are not in a list of exceptions, whoever is green.
        if lost.saturating_mul(100) > was.saturating_mul(ASKED_PERCENT) && old.scope() == new.scope() {
            words.asked.push(format!(
                "! {colour}: {was} -> {is}（减少超过 {ASKED_PERCENT}% fewer by more than that）"
            ));
        } else if was != is {
            words.told.push(format!("{colour}: {was} -> {is}"));
        }
    }
}

/// A scope's word, as `--scope` has it.
pub(crate) fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::Population => "population",
        Scope::Exceptions => "exceptions",
    }
}
