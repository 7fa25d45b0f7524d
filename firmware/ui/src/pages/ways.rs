//! Which automatic way a fault closes: nobody is invited to what cannot end in a verdict (DOMAIN §2).
//! Promises: exhaustive: a new fault does not compile until it says what it closes.
//! Must not know: how the invitation looks.

use gate_core::screen::Fault;

/// An automatic way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// A code held to the camera.
    Code,
    /// A card on the reader: it needs the list.
    Card,
}

impl Way {
    /// Whether nobody can get a verdict this way while `fault` lasts. An unconfirmed clock closes nothing: paper codes
    /// are read, and three fresh codes confirm the clock (DESIGN §8).
    pub(super) fn is_closed_by(self, fault: Fault) -> bool {
        match fault {
            Fault::Journal | Fault::PolicyMissing | Fault::Fire => true,
            Fault::Camera | Fault::KeySetMissing => self == Way::Code,
            Fault::Reader | Fault::ListMissing | Fault::ListStale => self == Way::Card,
            Fault::DiskFull | Fault::Clock | Fault::ListDamaged | Fault::CaseOpen | Fault::Sounder => false,
        }
    }
}
