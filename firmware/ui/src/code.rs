//! The platform's place code as a QR code (DOMAIN §10).
//! Promises: the payload byte for byte, in black on white with its quiet zone, whatever the theme.
//! Must not know: where it stands.

use embedded_graphics::geometry::{Point, Size};
use embedded_graphics::primitives::Rectangle;
use qrcodegen::{QrCode, QrCodeEcc};

/// A QR code at its size.
pub(crate) struct PlaceCode {
    code: QrCode,
    scale: u32,
}

/// Light modules around the code (ISO/IEC 18004, 9.1).
const QUIET: u32 = 4;

impl PlaceCode {
    /// The payload byte for byte, at most `side` pixels wide; `None` if that leaves no two pixels a module.
    pub(crate) fn new(payload: &[u8], side: u32) -> Option<PlaceCode> {
        let code = QrCode::encode_binary(payload, QrCodeEcc::Medium).ok()?;
        let scale = side / (code.size() as u32 + 2 * QUIET);
        (scale >= 2).then_some(PlaceCode { code, scale })
    }

    /// Side with the quiet zone, in pixels.
    pub(crate) fn side(&self) -> u32 {
        (self.code.size() as u32 + 2 * QUIET) * self.scale
    }

    /// The white square, then the dark modules, as areas and colours.
    pub(crate) fn dark_runs(&self, at: Point) -> impl Iterator<Item = (Rectangle, [u8; 3])> + '_ {
        let square = Rectangle::new(at, Size::new_equal(self.side()));
        let modules = (0..self.code.size()).flat_map(|y| (0..self.code.size()).map(move |x| (x, y)));
        let dark = modules.filter(|&(x, y)| self.code.get_module(x, y));
        let areas = dark.map(move |(x, y)| {
            let corner = Point::new(x + QUIET as i32, y + QUIET as i32) * self.scale as i32;
            (Rectangle::new(at + corner, Size::new_equal(self.scale)), [0; 3])
        });
        core::iter::once((square, [255; 3])).chain(areas)
    }
}
