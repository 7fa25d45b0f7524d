//! What a list holds of a person: a place in the epoch, a rank, a colour, or the way to the person's first number.
//! Promises: nothing here can be turned back into a number; no key is printed.
//! Must not know: bytes on a disk.

use std::fmt;

use gate_proof::leaf_seal::{EpochKey, KEY_BITS};
use gate_proof::subject::Subject;
use gate_wire::credential::Colour;

/// A number's place within an epoch: 1 to 2^57 − 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(u64);

impl Key {
    /// The highest: the bound of a file's last leaf, so that absence behind the last person is proven too.
    pub const MAX: Key = Key((1 << KEY_BITS) - 1);

    /// The place of a subject. Place 0, which no person has, is what stands before the first leaf.
    #[must_use]
    pub fn of(subject: &Subject, epoch: &EpochKey) -> Key {
        Key(epoch.place_of(subject).max(1))
    }

    /// The key of this value, if it is one.
    #[must_use]
    pub fn from_value(value: u64) -> Option<Key> {
        (1..=Key::MAX.0).contains(&value).then_some(Key(value))
    }

    /// Its value.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(<person>)")
    }
}

/// How many keys of the epoch's base lie before this one: what deltas name people by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank(pub u32);

/// An epoch of the province's list: the version of its base. Keys and ranks mean nothing in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u32);

/// What stands at a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A person's first number, with the colour.
    Colour(Colour),
    /// Another number of the person whose first number is there: it has no colour of its own that could differ.
    SecondOf(Key),
}

/// Two bits for a colour: green 0, yellow 1, red 2; 3 is free for one more class.
pub(crate) const fn colour_code(colour: Colour) -> u64 {
    match colour {
        Colour::Green => 0,
        Colour::Yellow => 1,
        Colour::Red => 2,
    }
}

pub(crate) const fn colour_of(code: u64) -> Option<Colour> {
    match code {
        0 => Some(Colour::Green),
        1 => Some(Colour::Yellow),
        2 => Some(Colour::Red),
        _ => None,
    }
}
