//! Names of targets: plain parts under the repository's `targets/`, nothing that could lead out of it.
//! Promises: at most two parts of `a-z 0-9 . _ -`, none beginning with a dot.
//! Must not know: which names mean what.

use std::fmt;

/// The longest name.
const NAME_MOST: usize = 96;

/// A target's name. Having one tells you: it stays below the directory it is looked for in. It does **not** tell you that
/// there is such a target.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetName(String);

/// The text is no target's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a target's name has one or two parts of a-z 0-9 . _ -, none beginning with a dot")]
pub struct NameRefused;

impl TargetName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`NameRefused`].
    pub fn parse(text: &str) -> Result<TargetName, NameRefused> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
        let part = |part: &str| !part.is_empty() && !part.starts_with('.') && part.bytes().all(plain);
        let parts = text.split('/').count();
        let good = text.len() <= NAME_MOST && parts <= 2 && text.split('/').all(part);
        if good { Ok(TargetName(text.into())) } else { Err(NameRefused) }
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TargetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a target lies in a repository with consistent snapshots: `keys/7.json` of digest `ab…` is `keys/ab….7.json`.
#[must_use]
pub fn consistent_name(name: &TargetName, sha256: &str) -> String {
    match name.0.rsplit_once('/') {
        Some((folder, file)) => format!("{folder}/{sha256}.{file}"),
        None => format!("{sha256}.{}", name.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_the_directory() {
        for good in ["key-set.json", "keys/7.json", "base-0000000001.tfs"] {
            assert_eq!(TargetName::parse(good).unwrap().as_str(), good);
        }
        let long = "a".repeat(NAME_MOST + 1);
        for bad in [
            "", "..", "../a", "a/../b", "/a", "a/", "a//b", ".a", "a/.b", "a/b/c", "A", "a b", "a\\b", "测",
            &long,
        ] {
            assert!(TargetName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_digest_stands_before_the_files_name() {
        let name = TargetName::parse("keys/7.json").unwrap();
        assert_eq!(consistent_name(&name, "ab"), "keys/ab.7.json");
        assert_eq!(consistent_name(&TargetName::parse("a.json").unwrap(), "ab"), "ab.a.json");
    }
}
