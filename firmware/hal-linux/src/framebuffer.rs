//! A display that is a file: a picture of the screen on a desk, or a framebuffer device of the kernel (fbdev).
//!
//! Layout of a file: RGB565, two bytes a pixel, little-endian, rows from the top without padding, from offset 0; that of a
//! device is what the kernel says of it ([`Layout`]).
//! Promises: only what changed is written; after a failed write the device is opened, and everything written, anew. It must
//! not know: what a screen means.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use gate_core::screen::Screen;
use gate_hal::DeviceFault;
use gate_hal::display::{Display, Pixels};
use rustix::fs::OFlags;

mod layout;

pub use layout::{Depth, Layout};

use crate::panel::Panel;

/// Where the kernel tells about framebuffers.
const GRAPHICS: &str = "/sys/class/graphics";

/// A framebuffer in a file.
#[derive(Debug)]
pub struct FileFramebuffer {
    path: PathBuf,
    width: usize,
    height: usize,
    graphics: PathBuf,
    /// Once it holds a whole frame.
    open: Option<(File, Layout)>,
}

/// No display has this size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a display of {width} x {height} pixels: each must be 1 to {}", FileFramebuffer::MAX_SIDE)]
pub struct NoSuchSize {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
}

impl FileFramebuffer {
    /// The longest side in pixels.
    pub const MAX_SIDE: usize = 4_096;

    /// A framebuffer of this size under `path`, opened when first shown on. A file is made where none is, but never
    /// under `/dev`: there it would hide that the device is missing.
    ///
    /// # Errors
    /// [`NoSuchSize`].
    pub fn new(path: &Path, width: usize, height: usize) -> Result<Self, NoSuchSize> {
        let sides = 1..=Self::MAX_SIDE;
        if !sides.contains(&width) || !sides.contains(&height) {
            return Err(NoSuchSize { width, height });
        }
        Ok(Self { path: path.to_owned(), width, height, graphics: GRAPHICS.into(), open: None })
    }

    /// What the kernel says of a device; a file is as large as the screen.
    ///
    /// # Errors
    /// [`DeviceFault::Refusing`] for a depth that is not written, or a device smaller than the screen.
    fn layout(&self) -> Result<Layout, DeviceFault> {
        let device = self.path.strip_prefix("/dev").ok();
        match device.and_then(|name| Layout::of(&self.graphics.join(name))) {
            Some(Ok(layout)) if layout.width >= self.width && layout.height >= self.height => Ok(layout),
            Some(_) => Err(DeviceFault::Refusing),
            None => Ok(Layout::packed(self.width, self.height)),
        }
    }

    fn open(&self) -> Result<(File, Layout), DeviceFault> {
        let mut options = OpenOptions::new();
        options.write(true).create(!self.path.starts_with("/dev")).truncate(false);
        // Opening a named pipe would wait for whoever reads it.
        options.custom_flags(OFlags::NONBLOCK.bits().cast_signed());
        let file = options.open(&self.path).map_err(|_| DeviceFault::NotConnected)?;
        Ok((file, self.layout()?))
    }
}

impl Panel for FileFramebuffer {
    fn show(&mut self, pixels: Pixels<'_>) -> Result<(), DeviceFault> {
        let size = (pixels.width, pixels.height, pixels.rgb565.len());
        if size != (self.width, self.height, self.width * self.height) {
            return Err(DeviceFault::Refusing);
        }
        let everywhere = [pixels.everywhere()];
        let ((file, layout), areas) = match self.open.take() {
            Some(open) => (open, pixels.changed),
            None => (self.open()?, &everywhere[..]),
        };
        let mut bytes = Vec::new();
        for (start, run) in pixels.runs(areas) {
            for (start, row) in layout.rows(start, run, (self.width, self.height)) {
                bytes.clear();
                layout.depth.write(row, &mut bytes);
                file.write_all_at(&bytes, start as u64).map_err(|_| DeviceFault::NotAnswering)?;
            }
        }
        self.open = Some((file, layout));
        Ok(())
    }
}

impl Display for FileFramebuffer {
    fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// [`DeviceFault::Refusing`] for pixels of another size or a device that is too small, [`DeviceFault::NotConnected`] when
    /// the file cannot be opened, [`DeviceFault::NotAnswering`] when it cannot be written.
    fn present(&mut self, _screen: &Screen, pixels: Pixels<'_>) -> Result<(), DeviceFault> {
        self.show(pixels)
    }
}

#[cfg(test)]
mod tests {
    use gate_hal::display::Area;

    use super::*;

    fn show(display: &mut FileFramebuffer, rgb565: &[u16]) -> Result<(), DeviceFault> {
        show_changed(display, rgb565, &[])
    }

    fn show_changed(
        display: &mut FileFramebuffer,
        rgb565: &[u16],
        changed: &[Area],
    ) -> Result<(), DeviceFault> {
        let (width, height) = display.size();
        display.present(&Screen::Reading, Pixels { rgb565, width, height, changed })
    }

    #[test]
    fn a_frame_is_little_endian_rows_from_offset_0() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("fb");
        let mut display = FileFramebuffer::new(&path, 2, 2).unwrap();
        show(&mut display, &[0xF800, 0x07E0, 0x001F, 0x1234]).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), [0x00, 0xF8, 0xE0, 0x07, 0x1F, 0x00, 0x34, 0x12]);
    }

    #[test]
    fn only_what_changed_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("fb");
        let mut display = FileFramebuffer::new(&path, 2, 2).unwrap();
        show(&mut display, &[0, 0, 0, 0]).unwrap();
        std::fs::write(&path, [0xEE; 8]).unwrap();
        let right = Area { x: 1, y: 0, width: 1, height: 2 };
        show_changed(&mut display, &[0, 1, 0, 2], &[right]).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), [0xEE, 0xEE, 1, 0, 0xEE, 0xEE, 2, 0]);
    }

    #[test]
    fn a_larger_file_keeps_its_rest() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("fb");
        std::fs::write(&path, [7; 4]).unwrap();
        show(&mut FileFramebuffer::new(&path, 1, 1).unwrap(), &[0x0102]).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), [2, 1, 7, 7]);
    }

    #[test]
    fn after_a_failure_the_whole_frame_is_written_anew() {
        // Taking the file away does not fail a write; a full device does, and is one without root or a mount.
        let mut display = FileFramebuffer::new(Path::new("/dev/full"), 1, 1).unwrap();
        assert_eq!(show(&mut display, &[0]), Err(DeviceFault::NotAnswering));
        assert!(display.open.is_none());
        let directory = tempfile::tempdir().unwrap();
        display.path = directory.path().join("fb");
        show(&mut display, &[0x0304]).unwrap();
        assert_eq!(std::fs::read(&display.path).unwrap(), [4, 3]);
    }

    #[test]
    fn a_missing_device_is_not_connected_and_no_file_is_made_for_it() {
        let path = Path::new("/dev/gate-no-such-framebuffer");
        let mut display = FileFramebuffer::new(path, 1, 1).unwrap();
        assert_eq!(show(&mut display, &[0]), Err(DeviceFault::NotConnected));
        assert!(!path.exists());
    }

    #[test]
    fn a_device_smaller_than_the_screen_is_refused_and_a_larger_one_has_it_in_its_middle() {
        let graphics = tempfile::tempdir().unwrap();
        let said = graphics.path().join("full");
        std::fs::create_dir(&said).unwrap();
        for (name, value) in [("bits_per_pixel", "32"), ("stride", "16"), ("virtual_size", "4,3")] {
            std::fs::write(said.join(name), value).unwrap();
        }
        let mut display = FileFramebuffer::new(Path::new("/dev/full"), 2, 1).unwrap();
        display.graphics = graphics.path().to_owned();
        let layout = display.layout().unwrap();
        let rows: Vec<(usize, &[u16])> = layout.rows(0, &[1, 2], (2, 1)).collect();
        assert_eq!(rows, [(16 + 4, &[1, 2][..])]);
        (display.width, display.height) = (5, 1);
        assert_eq!(display.layout(), Err(DeviceFault::Refusing));
    }

    #[test]
    fn a_named_pipe_nobody_reads_is_no_wait() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RWXU).unwrap();
        let mut display = FileFramebuffer::new(&path, 1, 1).unwrap();
        assert_eq!(show(&mut display, &[0]), Err(DeviceFault::NotConnected));
    }

    #[test]
    fn other_sizes_are_refused() {
        for (width, height) in [(0, 1), (1, 0), (4_097, 1), (1, usize::MAX)] {
            let refused = FileFramebuffer::new(Path::new("fb"), width, height).unwrap_err();
            assert_eq!(refused, NoSuchSize { width, height });
        }
        let directory = tempfile::tempdir().unwrap();
        let mut display = FileFramebuffer::new(&directory.path().join("fb"), 2, 2).unwrap();
        assert_eq!(show(&mut display, &[0; 3]), Err(DeviceFault::Refusing));
    }
}
