//! The light beside the camera as a flash controller of the kernel: a node `/dev/v4l-subdev*` with V4L2's flash controls.
//!
//! Promises: waits for nothing. It must not know: when it is dark.

use std::path::{Path, PathBuf};

use gate_hal::DeviceFault;
use gate_hal::torch::{Light, Torch};

use super::node::Node;
use super::video::Video;

/// `V4L2_CID_FLASH_LED_MODE` and its values.
const LED_MODE: u32 = 0x009C_0901;
const MODE_NONE: i32 = 0;
const MODE_TORCH: i32 = 2;

/// A flash controller.
#[derive(Debug)]
pub struct FlashTorch {
    device: PathBuf,
}

impl FlashTorch {
    /// The flash controller of this node. It is opened at every use: it may come later.
    #[must_use]
    pub fn new(device: &Path) -> FlashTorch {
        FlashTorch { device: device.to_owned() }
    }
}

impl Torch for FlashTorch {
    fn shine(&mut self, light: Light) -> Result<(), DeviceFault> {
        let mode = match light {
            Light::On => MODE_TORCH,
            Light::Off => MODE_NONE,
        };
        let mut node = Node::open(&self.device).map_err(|_| DeviceFault::NotConnected)?;
        node.set_control(LED_MODE, mode).map_err(|_| DeviceFault::Refusing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_flash_controller_refuses_and_what_is_not_there_is_not_connected() {
        assert_eq!(FlashTorch::new(Path::new("/dev/null")).shine(Light::On), Err(DeviceFault::Refusing));
        let missing = Path::new("/dev/gate-no-such-flash");
        assert_eq!(FlashTorch::new(missing).shine(Light::On), Err(DeviceFault::NotConnected));
    }
}
