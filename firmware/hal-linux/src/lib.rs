//! The devices of the terminal on Linux.
//!
//! Promises: the only crate of the terminal that talks to the kernel; no call blocks but where its trait says so.
//! It must not know: verdicts.

pub mod absent;
mod again;
pub mod camera;
pub mod card_reader;
pub mod clock;
#[cfg(feature = "drm")]
pub mod drm_panel;
pub mod fire_release;
pub mod framebuffer;
pub mod frames;
pub mod gpio;
pub mod keyboard;
pub mod loudspeaker;
pub mod panel;
pub mod picture;
pub mod pixels;
pub mod port_thread;
pub mod process;
pub mod pulsed_latch;
pub mod serial;
#[cfg(feature = "spi")]
pub mod spi_panel;
pub mod supervisor;
pub mod thermometer;
pub mod torch;
pub mod usb_power;
#[cfg(feature = "usb")]
pub mod usb_reader;
