//! The light beside the camera as the kernel's LED: a directory of `/sys/class/leds`, whatever pin or driver is behind it.
//!
//! Promises: writes the kernel's own attribute, which waits for nothing; a pipe or device under its name is none, and is not waited
//! for. It must not know: when it is dark.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use gate_hal::DeviceFault;
use gate_hal::torch::{Light, Torch};
use rustix::fs::OFlags;

/// Digits of a brightness that are read.
const DIGITS: u64 = 16;

/// An LED of the kernel.
#[derive(Debug)]
pub struct LedTorch {
    directory: PathBuf,
}

impl LedTorch {
    /// The LED of this directory, such as `/sys/class/leds/torch`. It is opened at every use: it may come later.
    #[must_use]
    pub fn new(directory: &Path) -> LedTorch {
        LedTorch { directory: directory.to_owned() }
    }

    /// The kernel's greatest brightness, 255 where it does not say.
    fn brightest(&self) -> u32 {
        let mut text = String::new();
        let file = self.attribute("max_brightness", File::options().read(true));
        let read = file.and_then(|file| file.take(DIGITS).read_to_string(&mut text).ok());
        read.and_then(|_| text.trim().parse().ok()).unwrap_or(255)
    }

    /// A file of its directory: a regular one, as the kernel's attributes are.
    fn attribute(&self, name: &str, how: &mut OpenOptions) -> Option<File> {
        let path = self.directory.join(name);
        let file = how.custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path).ok()?;
        file.metadata().is_ok_and(|about| about.is_file()).then_some(file)
    }
}

impl Torch for LedTorch {
    fn shine(&mut self, light: Light) -> Result<(), DeviceFault> {
        let level = match light {
            Light::On => self.brightest(),
            Light::Off => 0,
        };
        let file = self.attribute("brightness", File::options().write(true).truncate(true));
        let mut file = file.ok_or(DeviceFault::NotConnected)?;
        file.write_all(level.to_string().as_bytes()).map_err(|_| DeviceFault::Refusing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(directory: &Path) -> String {
        std::fs::read_to_string(directory.join("brightness")).unwrap()
    }

    #[test]
    fn a_torch_shines_as_bright_as_the_kernel_says_and_goes_out() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("brightness"), "0").unwrap();
        std::fs::write(directory.path().join("max_brightness"), "31\n").unwrap();
        let mut torch = LedTorch::new(directory.path());
        torch.shine(Light::On).unwrap();
        assert_eq!(said(directory.path()), "31");
        torch.shine(Light::Off).unwrap();
        assert_eq!(said(directory.path()), "0");
        std::fs::remove_file(directory.path().join("max_brightness")).unwrap();
        torch.shine(Light::On).unwrap();
        assert_eq!(said(directory.path()), "255");
    }

    #[test]
    fn a_pipe_is_no_torch_and_is_not_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["brightness", "max_brightness"] {
            let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
            rustix::fs::mkfifoat(rustix::fs::CWD, directory.path().join(name), mode).unwrap();
        }
        let mut torch = LedTorch::new(directory.path());
        assert_eq!(torch.shine(Light::On), Err(DeviceFault::NotConnected));
        // Also where somebody reads it.
        let mut how = File::options();
        let _reader = how.read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed());
        let _reader = how.open(directory.path().join("brightness")).unwrap();
        assert_eq!(torch.shine(Light::On), Err(DeviceFault::NotConnected));
    }

    #[test]
    fn a_torch_that_is_not_there_is_not_connected() {
        let directory = tempfile::tempdir().unwrap();
        let mut torch = LedTorch::new(&directory.path().join("torch"));
        assert_eq!(torch.shine(Light::On), Err(DeviceFault::NotConnected));
    }
}
