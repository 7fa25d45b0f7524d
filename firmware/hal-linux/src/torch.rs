//! The light beside the camera as the kernel's LED: a directory of `/sys/class/leds`, whatever pin or driver is behind it.
//!
//! Promises: writes the kernel's own attribute, which waits for nothing. It must not know: when it is dark.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use gate_hal::DeviceFault;
use gate_hal::torch::{Light, Torch};

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
        let read = std::fs::File::open(self.directory.join("max_brightness"))
            .and_then(|file| file.take(DIGITS).read_to_string(&mut text));
        read.ok().and_then(|_| text.trim().parse().ok()).unwrap_or(255)
    }
}

impl Torch for LedTorch {
    fn shine(&mut self, light: Light) -> Result<(), DeviceFault> {
        let level = match light {
            Light::On => self.brightest(),
            Light::Off => 0,
        };
        let brightness = self.directory.join("brightness");
        let mut file = std::fs::File::options()
            .write(true)
            .truncate(true)
            .open(brightness)
            .map_err(|_| DeviceFault::NotConnected)?;
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
    fn a_torch_that_is_not_there_is_not_connected() {
        let directory = tempfile::tempdir().unwrap();
        let mut torch = LedTorch::new(&directory.path().join("torch"));
        assert_eq!(torch.shine(Light::On), Err(DeviceFault::NotConnected));
    }
}
