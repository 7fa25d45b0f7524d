//! An authority's own rules for its automatic signer: how many people a day of each class it signs for alone, and when it asks people.
//! Promises: what is not named is not signed for: a class without a cap has the cap 0; a field that nobody knows is refused.
//! Must not know: drafts.
//!
//! ```toml
//! format = 1
//! root = "SHA-256 of the repository's 1.root.json, 64 hexadecimal digits"
//! red-at-once = 5        # more people than this turned red by one draft are for two people to sign
//! life-days = 31         # a draft that is good for longer, too
//! timestamp-days = 8     # and any draft while the published timestamp is good for longer; 8 where it is not said
//! [caps]                 # people a day (UTC+8), by class
//! green-to-yellow = 500
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;

use super::class::{CLASSES, Class, Counts};

/// Longer ones are no rules.
pub const RULES_MOST_BYTES: u64 = 16 << 10;

/// Rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// SHA-256 of the first root: whose repository it is.
    pub root: [u8; 32],
    /// People turned red by one draft, at most.
    pub red_at_once: u64,
    /// Days until a draft ends, at most.
    pub life_days: u64,
    /// Days until the published timestamp ends, at most.
    pub timestamp_days: u64,
    caps: BTreeMap<String, u64>,
}

/// Why a text is no rules.
#[derive(Debug, thiserror::Error)]
pub enum RulesRefused {
    /// No TOML of this form.
    #[error("the rules are not of the documented form")]
    Read(#[from] Box<toml::de::Error>),
    /// Of another format.
    #[error("rules of format {0}, this version reads 1")]
    Format(u32),
    /// No digest.
    #[error("root takes the SHA-256 of 1.root.json, 64 lower-case hexadecimal digits")]
    Root,
    /// A class that does not exist.
    #[error("{0} is no class; there are: {names}", names = CLASSES.map(Class::name).join(", "))]
    NameClass(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Document {
    format: u32,
    root: String,
    red_at_once: u64,
    life_days: u64,
    #[serde(default = "timestamp_days")]
    timestamp_days: u64,
    caps: BTreeMap<String, u64>,
}

/// A week, by which `gate-sign repo publish` ends a timestamp, and a day.
fn timestamp_days() -> u64 {
    8
}

/// A cap that a draft goes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Over {
    /// Of which class.
    pub class: Class,
    /// What the draft asks.
    pub asked: u64,
    /// What was signed for today.
    pub spent: u64,
    /// The cap.
    pub cap: u64,
}

impl Rules {
    /// Reads rules.
    ///
    /// # Errors
    /// [`RulesRefused`].
    pub fn read(text: &str) -> Result<Rules, RulesRefused> {
        let document: Document = toml::from_str(text).map_err(Box::new)?;
        if document.format != 1 {
            return Err(RulesRefused::Format(document.format));
        }
        let known = |name: &String| CLASSES.iter().any(|class| class.name() == name);
        if let Some(unknown) = document.caps.keys().find(|name| !known(name)) {
            return Err(RulesRefused::NameClass(unknown.clone()));
        }
        let root = gate_core::json::hex(&document.root).ok_or(RulesRefused::Root)?;
        let Document { red_at_once, life_days, timestamp_days, caps, .. } = document;
        Ok(Rules { root, red_at_once, life_days, timestamp_days, caps })
    }

    /// The cap of a class.
    #[must_use]
    pub fn cap(&self, class: Class) -> u64 {
        self.caps.get(class.name()).copied().unwrap_or(0)
    }

    /// Every cap that these go over, after what was spent today.
    #[must_use]
    pub fn over(&self, asked: &Counts, spent: &Counts) -> Vec<Over> {
        let over = asked.each().filter(|(_, count)| *count > 0).filter_map(|(class, asked)| {
            let (spent, cap) = (spent.in_class(class), self.cap(class));
            (spent.saturating_add(asked) > cap).then_some(Over { class, asked, spent, cap })
        });
        over.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(more: &str) -> String {
        format!("format = 1\nroot = \"{}\"\nred-at-once = 5\nlife-days = 31\n{more}", "ab".repeat(32))
    }

    #[test]
    fn a_class_that_is_not_named_has_no_cap_but_zero() {
        let rules = Rules::read(&text("[caps]\ngreen-to-yellow = 500\n")).unwrap();
        assert_eq!(CLASSES.map(|class| rules.cap(class)).iter().sum::<u64>(), 500);
    }

    #[test]
    fn rules_that_say_something_else_are_refused_whole() {
        for bad in ["[caps]\ngreen-to-blue = 5\n", "[caps]\nremoved = -1\n", "", "more = 1\n[caps]\n"] {
            assert!(Rules::read(&text(bad)).is_err(), "{bad}");
        }
        assert!(Rules::read(&text("[caps]\n").replace("format = 1", "format = 2")).is_err());
        assert!(Rules::read(&text("[caps]\n").replace("abab", "ABAB")).is_err());
    }
}
