//! Commands and pixels of a MIPI DCS controller on a bus with a line of its own for commands.
//!
//! Promises: as many pixels a transfer as the kernel's driver takes; no bytes are sent for nothing. Owns its buffer: the
//! screen may be set up anew as often as it fails.
//! Must not know: which controller.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use embedded_hal::digital::OutputPin;
use embedded_hal::spi::SpiDevice;
use mipidsi::interface::{Interface, InterfaceKind};

/// Bytes sent at once: what the kernel's driver takes by default.
const CHUNK: usize = 4_096;

/// A bus and the line.
pub(super) struct Bus<S, D> {
    spi: S,
    data_command: D,
    buffer: Vec<u8>,
}

/// The bus or the line failed.
#[derive(Debug)]
pub(super) struct BusFault;

impl<S, D> Bus<S, D> {
    pub(super) fn new(spi: S, data_command: D) -> Self {
        Bus { spi, data_command, buffer: Vec::with_capacity(CHUNK) }
    }

    /// For who draws and who sets up: they are one thread's, one after the other.
    pub(super) fn shared(self) -> Shared<S, D> {
        Shared(Arc::new(Mutex::new(self)))
    }
}

impl<S: SpiDevice, D: OutputPin> Bus<S, D> {
    fn send(&mut self) -> Result<(), BusFault> {
        if !self.buffer.is_empty() {
            self.spi.write(&self.buffer).map_err(|_| BusFault)?;
            self.buffer.clear();
        }
        Ok(())
    }
}

impl<S: SpiDevice, D: OutputPin> Interface for Bus<S, D> {
    type Word = u8;
    type Error = BusFault;

    const KIND: InterfaceKind = InterfaceKind::Serial4Line;

    fn send_command(&mut self, command: u8, arguments: &[u8]) -> Result<(), BusFault> {
        self.data_command.set_low().map_err(|_| BusFault)?;
        self.spi.write(&[command]).map_err(|_| BusFault)?;
        self.data_command.set_high().map_err(|_| BusFault)?;
        if arguments.is_empty() { Ok(()) } else { self.spi.write(arguments).map_err(|_| BusFault) }
    }

    fn send_pixels<const N: usize>(
        &mut self,
        pixels: impl IntoIterator<Item = [u8; N]>,
    ) -> Result<(), BusFault> {
        self.buffer.clear();
        for pixel in pixels {
            if self.buffer.len() + N > CHUNK {
                self.send()?;
            }
            self.buffer.extend(pixel);
        }
        self.send()
    }

    fn send_repeated_pixel<const N: usize>(&mut self, pixel: [u8; N], count: u32) -> Result<(), BusFault> {
        self.send_pixels((0..count).map(|_| pixel))
    }
}

/// A hand on a bus.
pub(super) struct Shared<S, D>(Arc<Mutex<Bus<S, D>>>);

impl<S, D> Clone for Shared<S, D> {
    fn clone(&self) -> Self {
        Shared(Arc::clone(&self.0))
    }
}

impl<S, D> Shared<S, D> {
    fn bus(&self) -> MutexGuard<'_, Bus<S, D>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: SpiDevice, D: OutputPin> Interface for Shared<S, D> {
    type Word = u8;
    type Error = BusFault;

    const KIND: InterfaceKind = InterfaceKind::Serial4Line;

    fn send_command(&mut self, command: u8, arguments: &[u8]) -> Result<(), BusFault> {
        self.bus().send_command(command, arguments)
    }

    fn send_pixels<const N: usize>(
        &mut self,
        pixels: impl IntoIterator<Item = [u8; N]>,
    ) -> Result<(), BusFault> {
        self.bus().send_pixels(pixels)
    }

    fn send_repeated_pixel<const N: usize>(&mut self, pixel: [u8; N], count: u32) -> Result<(), BusFault> {
        self.bus().send_repeated_pixel(pixel, count)
    }
}
