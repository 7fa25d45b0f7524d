//! A reader of printed and shown codes beside the camera: a hand scanner, a 2D scanner behind glass.
//! Must not know: what a code means.

use zeroize::Zeroizing;

use crate::DeviceFault;

/// The bytes of one code, wiped after use: they are a person's credential.
pub type Scanned = Zeroizing<Vec<u8>>;

/// A reader of codes.
pub trait CodeReader {
    /// The bytes of the next code that was read whole, if there is one.
    ///
    /// # Errors
    /// While it cannot be reached: the camera still reads (DESIGN §4).
    fn read(&mut self) -> Result<Option<Scanned>, DeviceFault>;
}
