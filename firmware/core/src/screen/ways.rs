//! Which automatic ways in are open: nobody is invited to what cannot end in a verdict (DOMAIN §2).
//! Promises: exhaustive: a new fault does not compile until it says what it closes.
//! Must not know: how an invitation looks.

use super::{Fault, Faults};

/// An automatic way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A code held to the camera.
    Code,
    /// A card on the reader: it needs the list.
    Card,
}

impl Way {
    /// Whether nobody can get a verdict this way while `fault` lasts. An unconfirmed clock closes nothing: paper codes
    /// are read, and three fresh codes confirm the clock (DESIGN §8).
    pub fn is_closed_by(self, fault: Fault) -> bool {
        match fault {
            Fault::Journal | Fault::PolicyMissing | Fault::Fire | Fault::Latch => true,
            Fault::Camera | Fault::KeySetMissing => self == Way::Code,
            Fault::Reader | Fault::ListMissing | Fault::ListStale => self == Way::Card,
            Fault::DiskFull | Fault::Clock | Fault::ListDamaged => false,
            Fault::CaseOpen | Fault::Sounder | Fault::Inputs | Fault::Thermometer | Fault::Keys => false,
        }
    }
}

/// Whether a terminal has a part at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fitted {
    /// It has.
    Fitted,
    /// It was built without one.
    Absent,
}

/// What people may be invited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serving {
    /// Codes and cards.
    Both,
    /// Codes alone.
    Code,
    /// Cards alone.
    Card,
    /// Nothing automatic: the staff lane.
    Staff,
}

impl Serving {
    /// Every one.
    pub const ALL: [Serving; 4] = [Serving::Both, Serving::Code, Serving::Card, Serving::Staff];

    /// What all faults together leave of a lane with or without a card reader.
    pub fn of(faults: Faults, reader: Fitted) -> Serving {
        let open = |way: Way| !faults.iter().any(|fault| way.is_closed_by(fault));
        match (open(Way::Code), open(Way::Card) && reader == Fitted::Fitted) {
            (true, true) => Serving::Both,
            (true, false) => Serving::Code,
            (false, true) => Serving::Card,
            (false, false) => Serving::Staff,
        }
    }

    /// Whether this way is open.
    pub fn has(self, way: Way) -> bool {
        match way {
            Way::Code => matches!(self, Serving::Both | Serving::Code),
            Way::Card => matches!(self, Serving::Both | Serving::Card),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::Wellness;

    fn left(faults: &[Fault], reader: Fitted) -> Serving {
        let mut set = Faults::default();
        faults.iter().for_each(|fault| set.set(*fault, Wellness::Unwell));
        Serving::of(set, reader)
    }

    #[test]
    fn faults_close_ways_together_that_none_closes_alone() {
        let (fitted, absent) = (Fitted::Fitted, Fitted::Absent);
        assert_eq!(left(&[], fitted), Serving::Both);
        assert_eq!(left(&[Fault::Camera], fitted), Serving::Card);
        assert_eq!(left(&[Fault::ListStale], fitted), Serving::Code);
        for pair in [
            [Fault::Camera, Fault::Reader],
            [Fault::Camera, Fault::ListMissing],
            [Fault::Camera, Fault::ListStale],
            [Fault::KeySetMissing, Fault::Reader],
        ] {
            assert_eq!(left(&pair, fitted), Serving::Staff, "{pair:?}");
        }
        assert_eq!(left(&[], absent), Serving::Code, "nobody is invited to a reader that is not there");
        assert_eq!(left(&[Fault::Camera], absent), Serving::Staff);
        assert_eq!(
            left(&[Fault::Clock, Fault::CaseOpen, Fault::Sounder, Fault::Inputs], fitted),
            Serving::Both
        );
        assert_eq!(left(&[Fault::Thermometer, Fault::Keys], fitted), Serving::Both);
        for fault in [Fault::Journal, Fault::PolicyMissing, Fault::Fire, Fault::Latch] {
            assert_eq!(left(&[fault], fitted), Serving::Staff);
        }
    }

    #[test]
    fn a_way_is_open_where_it_is_served() {
        let open = |serving: Serving| [Way::Code, Way::Card].map(|way| serving.has(way));
        let all = [[true, true], [true, false], [false, true], [false, false]];
        assert_eq!(Serving::ALL.map(open), all);
    }
}
