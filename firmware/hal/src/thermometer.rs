//! The optional infrared thermometer (DOMAIN §12).

use crate::DeviceFault;

/// A thermometer.
pub trait Thermometer {
    /// The person's temperature in tenths of a degree Celsius; `None` when nobody stands before it.
    ///
    /// # Errors
    /// While it cannot be reached: a passage goes on without a reading.
    fn tenths(&mut self) -> Result<Option<i16>, DeviceFault>;
}
