//! What opens a latch while the fire input is active. The latch's own contact has done so already (DOMAIN §20); a line or the
//! kernel's LED follows, so that nobody's command shuts it meanwhile.
//! It must not know: how a latch is reached.

use std::sync::Weak;

use gate_hal::inputs::Level;

/// Opens a latch while the fire input is active. Told at every reading of the inputs.
#[derive(Clone)]
pub struct FireRelease(Weak<dyn HeedFire>);

/// A latch that follows the fire input.
pub(crate) trait HeedFire: Send + Sync {
    /// The fire input is like this. What fails is tried again when it is told next.
    fn heed(&self, fire: Level);
}

impl FireRelease {
    pub(crate) fn of(latch: Weak<dyn HeedFire>) -> FireRelease {
        FireRelease(latch)
    }

    /// The fire input is like this.
    pub(crate) fn heed(&self, fire: Level) {
        if let Some(latch) = self.0.upgrade() {
            latch.heed(fire);
        }
    }
}
