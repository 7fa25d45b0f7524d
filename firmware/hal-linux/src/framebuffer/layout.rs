//! How pixels lie in a framebuffer of the kernel: what `/sys/class/graphics/fb*` says of it.
//!
//! Promises: sizes that the kernel cannot mean are refused; a screen smaller than the device lies in its middle.
//! Must not know: what is shown.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use gate_hal::DeviceFault;

/// Bytes of an attribute that are read.
const LONGEST: u64 = 64;
/// Longest side of a device.
const SIDE_MOST: usize = 16_384;

/// How pixels lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Pixels a row of the device.
    pub width: usize,
    /// Its rows.
    pub height: usize,
    /// Bytes from row to row.
    pub stride: usize,
    /// Bytes of a pixel, and what they say.
    pub depth: Depth,
}

/// How a pixel is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Two bytes, little-endian: RGB565.
    Rgb565,
    /// Three bytes: blue, green, red.
    Bgr,
    /// Four bytes: blue, green, red, and one of no meaning.
    Bgrx,
}

impl Layout {
    /// A file without padding.
    #[must_use]
    pub fn packed(width: usize, height: usize) -> Layout {
        Layout { width, height, stride: width * 2, depth: Depth::Rgb565 }
    }

    /// What this directory of the kernel says; `None` where there is none.
    ///
    /// # Errors
    /// [`DeviceFault::Refusing`] for what cannot be written to.
    #[must_use]
    pub fn of(directory: &Path) -> Option<Result<Layout, DeviceFault>> {
        let bits = attribute(directory, "bits_per_pixel")?;
        Some(Layout::said(&bits, directory).ok_or(DeviceFault::Refusing))
    }

    fn said(bits: &str, directory: &Path) -> Option<Layout> {
        let depth = match bits {
            "16" => Depth::Rgb565,
            "24" => Depth::Bgr,
            "32" => Depth::Bgrx,
            _ => return None,
        };
        let size = attribute(directory, "virtual_size")?;
        let (width, height) = size.split_once(',')?;
        let (width, height): (usize, usize) = (width.parse().ok()?, height.parse().ok()?);
        // Drivers with room for two pictures call both the height.
        let height =
            attribute(directory, "modes").and_then(|mode| rows_of(&mode)).unwrap_or(height).min(height);
        let stride: usize = attribute(directory, "stride")?.parse().ok()?;
        let sides = 1..=SIDE_MOST;
        let fits = sides.contains(&width) && sides.contains(&height) && stride <= 4 * SIDE_MOST;
        (fits && stride >= width * depth.bytes()).then_some(Layout { width, height, stride, depth })
    }

    /// Where each row of a run of a screen's pixels begins, in bytes; `start` is the number of its first pixel on a screen of
    /// this width and height, which lies in the device's middle.
    pub fn rows<'a>(
        &self,
        start: usize,
        run: &'a [u16],
        (width, height): (usize, usize),
    ) -> impl Iterator<Item = (usize, &'a [u16])> + use<'a> {
        let Layout { stride, depth, .. } = *self;
        let (left, top) = (self.width.saturating_sub(width) / 2, self.height.saturating_sub(height) / 2);
        // Rows that follow each other without padding are one.
        let packed = self.width == width && stride == width * depth.bytes();
        let most = if packed { run.len().max(1) } else { width.max(1) };
        run.chunks(most).enumerate().map(move |(row, pixels)| {
            let pixel = start + row * width;
            let (x, y) = (pixel % width.max(1), pixel / width.max(1));
            ((y + top) * stride + (x + left) * depth.bytes(), pixels)
        })
    }
}

impl Depth {
    /// Bytes of a pixel.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Depth::Rgb565 => 2,
            Depth::Bgr => 3,
            Depth::Bgrx => 4,
        }
    }

    /// Appends pixels.
    pub fn write(self, pixels: &[u16], into: &mut Vec<u8>) {
        for pixel in pixels {
            let [blue, green, red] = bgr(*pixel);
            match self {
                Depth::Rgb565 => into.extend(pixel.to_le_bytes()),
                Depth::Bgr => into.extend([blue, green, red]),
                Depth::Bgrx => into.extend([blue, green, red, 0]),
            }
        }
    }
}

/// Eight bits a colour; the upper bits fill the lower ones, so that white is white.
pub(crate) fn bgr(rgb565: u16) -> [u8; 3] {
    // Five and six bits: fit.
    let (red, green, blue) = ((rgb565 >> 11) as u8, (rgb565 >> 5 & 0x3F) as u8, (rgb565 & 0x1F) as u8);
    [blue << 3 | blue >> 2, green << 2 | green >> 4, red << 3 | red >> 2]
}

/// The rows of the first of the kernel's modes, such as `U:1280x800p-60`.
fn rows_of(modes: &str) -> Option<usize> {
    let (_, size) = modes.lines().next()?.split_once(':')?;
    let (_, rows) = size.split_once('x')?;
    rows.split(|end: char| !end.is_ascii_digit()).next()?.parse().ok().filter(|rows| *rows > 0)
}

fn attribute(directory: &Path, name: &str) -> Option<String> {
    let mut text = String::new();
    File::open(directory.join(name)).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
    Some(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(bits: &str, stride: &str, size: &str) -> Option<Result<Layout, DeviceFault>> {
        let directory = tempfile::tempdir().unwrap();
        for (name, value) in [("bits_per_pixel", bits), ("stride", stride), ("virtual_size", size)] {
            std::fs::write(directory.path().join(name), format!("{value}\n")).unwrap();
        }
        Layout::of(directory.path())
    }

    #[test]
    fn the_kernels_word_is_taken_where_it_can_be_written() {
        let expected = Layout { width: 1280, height: 800, stride: 5120, depth: Depth::Bgrx };
        assert_eq!(said("32", "5120", "1280,800"), Some(Ok(expected)));
        for (bits, stride, size) in [
            ("8", "1280", "1280,800"),
            ("32", "5119", "1280,800"),
            ("32", "5120", "0,800"),
            ("32", "5120", "1280"),
            ("16", "99999999999999999999", "1280,800"),
            ("16", "200000", "99999,1"),
        ] {
            assert_eq!(said(bits, stride, size), Some(Err(DeviceFault::Refusing)), "{bits} {stride} {size}");
        }
        assert_eq!(Layout::of(Path::new("/sys/class/graphics/gate-none")), None);
    }

    #[test]
    fn of_two_pictures_above_each_other_the_upper_one_is_the_screen() {
        assert_eq!(rows_of("U:800x480p-0\n"), Some(480));
        for none in ["", "garbage", "U:800", "U:800x", "U:800x0p"] {
            assert_eq!(rows_of(none), None, "{none}");
        }
        let directory = tempfile::tempdir().unwrap();
        for (name, value) in [
            ("bits_per_pixel", "16"),
            ("stride", "1600"),
            ("virtual_size", "800,960"),
            ("modes", "U:800x480p-0"),
        ] {
            std::fs::write(directory.path().join(name), value).unwrap();
        }
        assert_eq!(Layout::of(directory.path()), Some(Ok(Layout::packed(800, 480))));
    }

    #[test]
    fn colours_keep_their_ends() {
        assert_eq!(
            [0xFFFF, 0, 0xF800, 0x07E0, 0x001F].map(bgr),
            [[255, 255, 255], [0, 0, 0], [0, 0, 255], [0, 255, 0], [255, 0, 0]]
        );
        let mut bytes = Vec::new();
        Depth::Bgrx.write(&[0xF800], &mut bytes);
        Depth::Bgr.write(&[0x001F], &mut bytes);
        Depth::Rgb565.write(&[0x1234], &mut bytes);
        assert_eq!(bytes, [0, 0, 255, 0, 255, 0, 0, 0x34, 0x12]);
    }

    #[test]
    fn padded_rows_are_written_one_by_one_and_packed_ones_at_once() {
        let padded = Layout { width: 2, height: 2, stride: 16, depth: Depth::Bgrx };
        let rows: Vec<(usize, &[u16])> = padded.rows(0, &[1, 2, 3, 4], (2, 2)).collect();
        assert_eq!(rows, [(0, &[1, 2][..]), (16, &[3, 4])]);
        let packed = Layout::packed(2, 2);
        let rows: Vec<(usize, &[u16])> = packed.rows(2, &[3, 4], (2, 2)).collect();
        assert_eq!(rows, [(4, &[3, 4][..])]);
    }
}
