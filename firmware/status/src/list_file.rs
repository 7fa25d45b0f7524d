//! What files of the list are called in the repository `status`: bases and deltas (DESIGN §6).
//! Promises: one spelling a file.
//! Must not know: what is in the files.
//!
//! `base-EPOCH.tfs`, `delta-EPOCH-FROM-TO.tfd`, numbers of ten digits, as `gate-sign` writes them.

use crate::entry::Epoch;
use crate::ladder::Span;

/// A file of the repository `status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListFile {
    /// An epoch's base.
    Base(Epoch),
    /// A delta on it.
    Delta(Epoch, Span),
}

impl ListFile {
    /// What a target of this name is; `None` for names that mean nothing here.
    #[must_use]
    pub fn parse(name: &str) -> Option<ListFile> {
        let number = |text: &str| (text.len() == 10).then(|| text.parse::<u32>().ok()).flatten();
        if let Some(epoch) = name.strip_prefix("base-").and_then(|rest| rest.strip_suffix(".tfs")) {
            return Some(ListFile::Base(Epoch(number(epoch)?)));
        }
        let rest = name.strip_prefix("delta-")?.strip_suffix(".tfd")?;
        let mut parts = rest.split('-').map(number);
        let (epoch, from, to) = (parts.next()??, parts.next()??, parts.next()??);
        let file = ListFile::Delta(Epoch(epoch), Span { from, to });
        (parts.next().is_none() && from < to && file.name() == name).then_some(file)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            ListFile::Base(epoch) => format!("base-{:010}.tfs", epoch.0),
            ListFile::Delta(epoch, span) => {
                format!("delta-{:010}-{:010}-{:010}.tfd", epoch.0, span.from, span.to)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back_and_no_other_spelling_is_one() {
        for file in [ListFile::Base(Epoch(7)), ListFile::Delta(Epoch(7), Span { from: 3, to: 5 })] {
            assert_eq!(ListFile::parse(&file.name()), Some(file));
        }
        for name in [
            "base-7.tfs",
            "delta-0000000007-0000000005-0000000003.tfd",
            "delta-0000000007-0000000003.tfd",
            "software/x",
        ] {
            assert_eq!(ListFile::parse(name), None, "{name}");
        }
    }
}
