//! Thirty-two secret bytes and how they behave: wiped when dropped, never printed, never compared in the open.

use core::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// A 32-byte secret. It has no `PartialEq`, no `Clone` and no `Debug` content, on purpose.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Secret(pub(crate) [u8; 32]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}
