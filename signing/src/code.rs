//! A credential's text as a QR code: level M, alphanumeric, at most version 8, and its pictures.
//! Promises: the text exactly; a text that needs a larger code is an error; pictures have the quiet zone of ISO 18004.
//! Must not know: what the text says.

use qrcodegen::{DataTooLong, QrCode, QrCodeEcc, QrSegment, Version};

/// Modules of white around the code (ISO/IEC 18004 §5.3.8).
pub const QUIET_ZONE: u32 = 4;
/// The largest version: 49 x 49 modules (DESIGN §5).
pub const MAX_VERSION: u8 = 8;
/// Pixels a module in pictures, at most.
pub const MAX_SCALE: u32 = 64;

/// A QR code.
pub struct Code {
    code: QrCode,
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum CodeRefused {
    /// A character that QR's alphanumeric mode does not have.
    #[error("the text has a character that an alphanumeric QR code does not have")]
    AcceptCharacter,
    /// Larger than version 8 at level M.
    #[error("the text needs a QR code larger than version {MAX_VERSION}-M: {0}")]
    FitVersion(DataTooLong),
    /// The scale is out of range.
    #[error("a scale of {scale}: 1 to {MAX_SCALE} pixels a module")]
    Scale {
        /// Asked for.
        scale: u32,
    },
    /// The PNG could not be encoded.
    #[error("the PNG could not be encoded")]
    EncodePng(#[from] png::EncodingError),
}

impl Code {
    /// The code of `text`.
    ///
    /// # Errors
    /// [`CodeRefused::AcceptCharacter`], [`CodeRefused::FitVersion`].
    pub fn of(text: &str) -> Result<Code, CodeRefused> {
        if !QrSegment::is_alphanumeric(text) {
            return Err(CodeRefused::AcceptCharacter);
        }
        let segments = [QrSegment::make_alphanumeric(text)];
        // No boost: a higher level would only shrink the margin between budget and version.
        let (least, most) = (Version::MIN, Version::new(MAX_VERSION));
        let code = QrCode::encode_segments_advanced(&segments, QrCodeEcc::Medium, least, most, None, false);
        code.map(|code| Code { code }).map_err(CodeRefused::FitVersion)
    }

    /// Modules on a side, without the quiet zone: 21 to 49.
    pub fn modules(&self) -> u32 {
        self.code.size().unsigned_abs()
    }

    /// Whether the module at column `x`, row `y` is dark; outside the code everything is light.
    pub fn is_dark(&self, x: u32, y: u32) -> bool {
        match (i32::try_from(x), i32::try_from(y)) {
            (Ok(x), Ok(y)) => self.code.get_module(x, y),
            _ => false,
        }
    }

    /// A PNG of 8-bit grey, `scale` pixels a module, with the quiet zone.
    ///
    /// # Errors
    /// [`CodeRefused::Scale`], [`CodeRefused::EncodePng`].
    pub fn png(&self, scale: u32) -> Result<Vec<u8>, CodeRefused> {
        if !(1..=MAX_SCALE).contains(&scale) {
            return Err(CodeRefused::Scale { scale });
        }
        let side = (self.modules() + 2 * QUIET_ZONE) * scale;
        let module = |pixel: u32| (pixel / scale).checked_sub(QUIET_ZONE);
        let grey = |x, y| match (module(x), module(y)) {
            (Some(x), Some(y)) if self.is_dark(x, y) => 0,
            _ => 255,
        };
        let pixels: Vec<u8> = (0..side).flat_map(|y| (0..side).map(move |x| grey(x, y))).collect();
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, side, side);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&pixels)?;
        writer.finish()?;
        Ok(out)
    }

    /// An SVG of one path in units of modules, with the quiet zone.
    pub fn svg(&self) -> String {
        let (side, modules) = (self.modules() + 2 * QUIET_ZONE, self.modules());
        let dark = |y: u32| (0..modules).filter(move |x| self.is_dark(*x, y)).map(move |x| (x, y));
        let path: String = (0..modules)
            .flat_map(dark)
            .map(|(x, y)| format!("M{} {}h1v1h-1z", x + QUIET_ZONE, y + QUIET_ZONE))
            .collect();
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
             <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path d=\"{path}\"/></svg>\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn longest() -> String {
        "A".repeat(crate::issue::MAX_TEXT_CHARS)
    }

    #[test]
    fn the_longest_text_is_version_8_and_a_longer_one_an_error() {
        assert_eq!(Code::of(&longest()).unwrap().modules(), 49);
        assert!(matches!(Code::of(&"A".repeat(222)), Err(CodeRefused::FitVersion(_))));
        assert!(matches!(Code::of("tf1:"), Err(CodeRefused::AcceptCharacter)));
    }

    #[test]
    fn both_pictures_show_the_same_modules_within_a_quiet_zone() {
        let code = Code::of(&longest()).unwrap();
        let bytes = code.png(3).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (57 * 3, 57 * 3));
        let (svg, mut dark) = (code.svg(), 0);
        for y in 0..57 {
            for x in 0..57 {
                let is_dark = pixels[(y * 3 + 1) * 171 + x * 3 + 1] == 0;
                dark += usize::from(is_dark);
                let edge = |at| !(4..53).contains(&at);
                assert!(!(is_dark && (edge(x) || edge(y))), "dark in the quiet zone");
                assert_eq!(svg.contains(&format!("M{x} {y}h1")), is_dark);
            }
        }
        assert!(dark > 800, "{dark}");
    }

    #[test]
    fn a_scale_out_of_range_is_refused_before_any_work() {
        let code = Code::of("TF1:").unwrap();
        for scale in [0, 65, u32::MAX] {
            assert!(matches!(code.png(scale), Err(CodeRefused::Scale { .. })));
        }
    }
}
