//! File names of what leaves a terminal and of what comes back: the same in the spool, on a stick and at a hub.
//! Promises: one name for one thing, and one spelling of it: a name that parses prints as itself; no path can hide in one.
//! Must not know: what is in the files. A name proves nothing.

use core::fmt::Write;

use heapless::String;

use super::row::JournalId;
use crate::json;
use crate::query::{Sequence, TerminalNumber};

/// The folder of what leaves.
pub const OUT: &str = "out";
/// The folder of what comes back.
pub const ACKS: &str = "acks";
/// The longest name.
pub const NAME_MOST: usize = 96;

/// A name.
pub type Name = String<NAME_MOST>;

/// A batch: `TERMINAL-JOURNAL-FIRST-LAST.tfb`, numbers in at least 6, 10 and 10 digits, the journal in 32 hexadecimal ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchName {
    /// Whose.
    pub terminal: TerminalNumber,
    /// Which journal's.
    pub journal: JournalId,
    /// The first row.
    pub first: Sequence,
    /// The last row.
    pub last: Sequence,
}

impl BatchName {
    /// As a file name.
    #[must_use]
    pub fn print(&self) -> Name {
        let mut name = of_journal(self.terminal, &self.journal);
        // The longest of each part fits.
        let _ = write!(name, "-{:010}-{:010}.tfb", self.first.0, self.last.0);
        name
    }

    /// From a file name.
    #[must_use]
    pub fn parse(name: &str) -> Option<BatchName> {
        let mut parts = name.strip_suffix(".tfb")?.split('-');
        let terminal = TerminalNumber::new(parts.next()?.parse().ok()?)?;
        let journal = JournalId(json::hex(parts.next()?)?);
        let (first, last) = (Sequence(parts.next()?.parse().ok()?), Sequence(parts.next()?.parse().ok()?));
        let parsed = BatchName { terminal, journal, first, last };
        (parts.next().is_none() && first <= last && parsed.print() == name).then_some(parsed)
    }

    /// Rows it says it holds.
    #[must_use]
    pub fn count(&self) -> u64 {
        (self.last.0 - self.first.0).saturating_add(1)
    }
}

/// An acknowledgement: `TERMINAL-JOURNAL.tfa`.
#[must_use]
pub fn acknowledgement_name(terminal: TerminalNumber, journal: &JournalId) -> Name {
    let mut name = of_journal(terminal, journal);
    let _ = name.push_str(".tfa");
    name
}

/// Whose acknowledgement a file name says it is.
#[must_use]
pub fn parse_acknowledgement(name: &str) -> Option<(TerminalNumber, JournalId)> {
    let (terminal, journal) = name.strip_suffix(".tfa")?.split_once('-')?;
    let terminal = TerminalNumber::new(terminal.parse().ok()?)?;
    let journal = JournalId(json::hex(journal)?);
    (acknowledgement_name(terminal, &journal) == name).then_some((terminal, journal))
}

/// A terminal's account: `TERMINAL.tfc`.
#[must_use]
pub fn account_name(terminal: TerminalNumber) -> Name {
    let mut name = Name::new();
    let _ = write!(name, "{:06}.tfc", terminal.value());
    name
}

/// Whose account a file name says it is.
#[must_use]
pub fn parse_account(name: &str) -> Option<TerminalNumber> {
    let terminal = TerminalNumber::new(name.strip_suffix(".tfc")?.parse().ok()?)?;
    (account_name(terminal) == name).then_some(terminal)
}

fn of_journal(terminal: TerminalNumber, journal: &JournalId) -> Name {
    let mut name = Name::new();
    let _ = write!(name, "{:06}-", terminal.value());
    for byte in journal.0 {
        let _ = write!(name, "{byte:02x}");
    }
    name
}

#[cfg(test)]
mod tests {
    extern crate std;

    use proptest::prelude::*;

    use super::*;

    fn terminal(number: u32) -> TerminalNumber {
        TerminalNumber::new(number).unwrap()
    }

    #[test]
    fn names_are_spelt_as_documented() {
        let journal = JournalId([0xAB; 16]);
        let batch = BatchName { terminal: terminal(7), journal, first: Sequence(1), last: Sequence(267) };
        let hex = "abababababababababababababababab";
        assert_eq!(batch.print().as_str(), std::format!("000007-{hex}-0000000001-0000000267.tfb"));
        assert_eq!(acknowledgement_name(terminal(7), &journal).as_str(), std::format!("000007-{hex}.tfa"));
        assert_eq!(account_name(terminal(131_071)).as_str(), "131071.tfc");
        let longest = BatchName { first: Sequence(u64::MAX - 1), last: Sequence(u64::MAX), ..batch };
        assert_eq!(BatchName::parse(&longest.print()), Some(longest));
    }

    #[test]
    fn another_spelling_of_a_name_is_no_name() {
        let hex = "abababababababababababababababab";
        for tail in
            ["-1-2.tfb", "-0000000002-0000000001.tfb", "-+000000001-0000000002.tfb", "-0000000001.tfb"]
        {
            assert_eq!(BatchName::parse(&std::format!("000007-{hex}{tail}")), None, "{tail}");
        }
        for name in ["7.tfc", "../000007.tfc", "131072.tfc", "000007.tfc/"] {
            assert_eq!(parse_account(name), None, "{name}");
        }
        assert_eq!(parse_acknowledgement(&std::format!("000007-{}.tfa", hex.to_uppercase())), None);
        assert_eq!(parse_acknowledgement(&std::format!("7-{hex}.tfa")), None);
    }

    proptest! {
        #[test]
        fn parsing_undoes_printing(number in 0_u32..1 << 17, id in any::<[u8; 16]>(), first in any::<u64>(), more in any::<u16>()) {
            let (journal, last) = (JournalId(id), first.saturating_add(more.into()));
            let batch = BatchName { terminal: terminal(number), journal, first: Sequence(first), last: Sequence(last) };
            prop_assert_eq!(BatchName::parse(&batch.print()), Some(batch));
            let name = acknowledgement_name(terminal(number), &journal);
            prop_assert_eq!(parse_acknowledgement(&name), Some((terminal(number), journal)));
        }
    }
}
