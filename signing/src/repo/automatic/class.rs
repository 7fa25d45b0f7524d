//! Reason classes of a change of the list: from which colour to which. What the data prove; a cause that somebody wrote beside them
//! would be words.
//! Promises: every change that a delta can make is in exactly one class.
//! Must not know: caps, who signs.

use gate_status::{Flow, place};
use gate_wire::credential::Colour;
use serde::{Deserialize, Serialize};

/// Every class, in the order of the counts.
pub const CLASSES: [Class; 14] = [
    Class::Moved(Colour::Green, Colour::Yellow),
    Class::Moved(Colour::Green, Colour::Red),
    Class::Moved(Colour::Yellow, Colour::Green),
    Class::Moved(Colour::Yellow, Colour::Red),
    Class::Moved(Colour::Red, Colour::Green),
    Class::Moved(Colour::Red, Colour::Yellow),
    Class::New(Colour::Green),
    Class::New(Colour::Yellow),
    Class::New(Colour::Red),
    Class::Removed(Colour::Green),
    Class::Removed(Colour::Yellow),
    Class::Removed(Colour::Red),
    Class::Joined,
    Class::Unchanged,
];

/// What happens to a number: a person with two is two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// From a colour to another.
    Moved(Colour, Colour),
    /// Was not in the list in this epoch. Who comes back after a removal is [`Class::Moved`], from the colour farthest away.
    New(Colour),
    /// Is not in it any more, and had this colour. In a list of exceptions that is turning green.
    Removed(Colour),
    /// A number becomes a second number of somebody; in the class of its colour's change, too.
    Joined,
    /// Named, and nothing of the above: every terminal remembers it until the next base all the same.
    Unchanged,
}

/// Numbers by class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts([u64; CLASSES.len()]);

impl Class {
    /// As rules name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Class::Moved(Colour::Green, Colour::Red) => "green-to-red",
            Class::Moved(Colour::Green, _) => "green-to-yellow",
            Class::Moved(Colour::Yellow, Colour::Red) => "yellow-to-red",
            Class::Moved(Colour::Yellow, _) => "yellow-to-green",
            Class::Moved(Colour::Red, Colour::Yellow) => "red-to-yellow",
            Class::Moved(Colour::Red, _) => "red-to-green",
            Class::New(Colour::Green) => "new-green",
            Class::New(Colour::Yellow) => "new-yellow",
            Class::New(Colour::Red) => "new-red",
            Class::Removed(Colour::Green) => "removed-green",
            Class::Removed(Colour::Yellow) => "removed-yellow",
            Class::Removed(Colour::Red) => "removed-red",
            Class::Joined => "second-number",
            Class::Unchanged => "unchanged",
        }
    }

    /// In Chinese.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            Class::Moved(Colour::Green, Colour::Red) => "绿转红",
            Class::Moved(Colour::Green, _) => "绿转黄",
            Class::Moved(Colour::Yellow, Colour::Red) => "黄转红",
            Class::Moved(Colour::Yellow, _) => "黄转绿",
            Class::Moved(Colour::Red, Colour::Yellow) => "红转黄",
            Class::Moved(Colour::Red, _) => "红转绿",
            Class::New(Colour::Green) => "新增绿",
            Class::New(Colour::Yellow) => "新增黄",
            Class::New(Colour::Red) => "新增红",
            Class::Removed(Colour::Green) => "移出名单（原绿）",
            Class::Removed(Colour::Yellow) => "移出名单（原黄）",
            Class::Removed(Colour::Red) => "移出名单（原红）",
            Class::Joined => "并入他人证件",
            Class::Unchanged => "写明而未变",
        }
    }

    /// Whether who is in it has this colour then, and had not.
    pub(super) fn is_to(self, colour: Colour) -> bool {
        matches!(self, Class::Moved(_, to) | Class::New(to) if to == colour)
    }
}

impl Counts {
    /// Of a flow.
    #[must_use]
    pub fn of(flow: &Flow) -> Counts {
        let count = |class| match class {
            Class::Moved(from, to) => flow.moved.get(place(from)).and_then(|of| of.get(place(to))).copied(),
            Class::New(colour) => flow.new.get(place(colour)).copied(),
            Class::Removed(colour) => flow.removed.get(place(colour)).copied(),
            Class::Joined => Some(flow.joined),
            Class::Unchanged => Some(flow.unchanged),
        };
        Counts(CLASSES.map(|class| count(class).unwrap_or(0)))
    }

    /// With these too.
    #[must_use]
    pub fn and(self, more: Counts) -> Counts {
        let mut sums = self.0;
        sums.iter_mut().zip(more.0).for_each(|(sum, more)| *sum = sum.saturating_add(more));
        Counts(sums)
    }

    /// Each class with its count.
    pub fn each(&self) -> impl Iterator<Item = (Class, u64)> {
        CLASSES.into_iter().zip(self.0)
    }

    /// Of one class.
    #[must_use]
    pub fn in_class(&self, class: Class) -> u64 {
        self.each().find(|(known, _)| *known == class).map_or(0, |(_, count)| count)
    }

    /// Every number that becomes red.
    #[must_use]
    pub fn to_red(&self) -> u64 {
        self.each().filter(|(class, _)| class.is_to(Colour::Red)).map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_is_in_one_class_and_every_class_has_a_name_of_its_own() {
        let mut flow = Flow {
            new: [1, 2, 4],
            removed: [8, 2_048, 4_096],
            joined: 16,
            unchanged: 8_192,
            ..Flow::default()
        };
        flow.moved = [[0, 32, 64], [128, 0, 256], [512, 1_024, 0]];
        let counts = Counts::of(&flow);
        assert_eq!(counts.each().map(|(_, count)| count).sum::<u64>(), 16_383, "each bit once");
        assert_eq!(counts.to_red(), 64 + 256 + 4);
        let mut names: Vec<&str> = CLASSES.iter().flat_map(|class| [class.name(), class.zh()]).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 2 * CLASSES.len());
    }
}
