//! A small screen behind a serial bus: a MIPI DCS controller over SPI (`mipidsi`, `linux-embedded-hal`).
//!
//! Promises: only what changed crosses the wire, a rectangle at a time; after a failure the controller is reset, set up anew and shown
//! everything. Nothing is read from it: one that lost its set-up by itself, as after a dip of its supply, is dark until it is made sure of,
//! for a minute at most: the same set-up without a reset, which one that works shows nothing of, then everything. A whole screen of 320 x 240 takes 40 ms at 32 MHz: it belongs on a thread of its own
//! ([`PanelThread`](crate::panel::PanelThread)).
//! It must not know: what is shown.

use std::path::PathBuf;

use embedded_graphics_core::pixelcolor::Rgb565;
use embedded_graphics_core::pixelcolor::raw::RawU16;
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{ErrorKind, ErrorType, OutputPin};
use embedded_hal::spi::SpiDevice;
use gate_hal::DeviceFault;
use gate_hal::display::{Area, Pixels};
use gate_hal::inputs::Level;
use linux_embedded_hal::spidev::{SpiModeFlags, SpidevOptions};
use linux_embedded_hal::{Delay, SpidevDevice};
use mipidsi::models::{ILI9341Rgb565, Model, ST7789, ST7796};
use mipidsi::options::{ColorInversion, ColorOrder, ModelOptions, Orientation, Rotation};
use mipidsi::{Builder, Display};

use crate::gpio::{GpioOutput, Output, Wire};
use crate::panel::Panel;

mod bus;

use bus::{Bus, Shared};

/// How a screen is wired, and which controller it has.
#[derive(Clone, Debug)]
pub struct SpiScreen {
    /// The bus and its chip select, such as `/dev/spidev0.0`.
    pub device: PathBuf,
    /// Which controller.
    pub controller: Controller,
    /// The line that tells commands (inactive) from pixels.
    pub data_command: Wire,
    /// The line that resets the controller; without one it is reset by a command.
    pub reset: Option<Wire>,
    /// Megahertz of the bus.
    pub megahertz: u8,
    /// How the glass is turned.
    pub turned: Turned,
    /// Whether the glass shows negatives of what is sent.
    pub glass: Glass,
}

/// A controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Controller {
    /// 240 x 320.
    Ili9341,
    /// 240 x 320.
    St7789,
    /// 320 x 480.
    St7796,
}

/// How the glass is turned, clockwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turned {
    /// Not.
    #[default]
    Upright,
    /// A quarter: as wide as the controller is high.
    Quarter,
    /// On its head.
    Half,
    /// Three quarters.
    ThreeQuarters,
}

/// What a glass makes of a colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Glass {
    /// The colour.
    #[default]
    Plain,
    /// Its negative, as many IPS panels do.
    Inverted,
}

/// A screen on a bus.
pub struct SpiPanel {
    screen: SpiScreen,
    open: Option<Box<dyn Draw + Send>>,
}

impl SpiPanel {
    /// The screen of this wiring. It may come later.
    #[must_use]
    pub fn new(screen: SpiScreen) -> SpiPanel {
        SpiPanel { screen, open: None }
    }
}

impl Panel for SpiPanel {
    fn show(&mut self, pixels: Pixels<'_>) -> Result<(), DeviceFault> {
        let everywhere = [pixels.everywhere()];
        let (mut open, changed) = match self.open.take() {
            Some(open) => (open, pixels.changed),
            None => (open(&self.screen)?, &everywhere[..]),
        };
        if open.size() != (pixels.width, pixels.height) {
            return Err(DeviceFault::Refusing);
        }
        for area in changed {
            open.draw(&pixels, area)?;
        }
        self.open = Some(open);
        Ok(())
    }

    fn assure(&mut self, pixels: Pixels<'_>) -> Result<(), DeviceFault> {
        if let Some(mut open) = self.open.take() {
            open.set_up()?;
            self.open = Some(open);
        }
        self.show(pixels)
    }
}

/// A controller that draws.
trait Draw {
    fn size(&self) -> (usize, usize);
    fn draw(&mut self, pixels: &Pixels<'_>, area: &Area) -> Result<(), DeviceFault>;
    /// Sets the controller up as at the start, but for the reset.
    fn set_up(&mut self) -> Result<(), DeviceFault>;
}

/// A controller and what it is set up with.
struct Controlled<S, D, M, R, W>
where
    S: SpiDevice,
    D: OutputPin,
    M: Model<ColorFormat = Rgb565>,
    R: OutputPin,
{
    display: Display<Shared<S, D>, M, R>,
    bus: Shared<S, D>,
    model: M,
    options: ModelOptions,
    delay: W,
}

impl<S, D, M, R, W> Draw for Controlled<S, D, M, R, W>
where
    S: SpiDevice,
    D: OutputPin,
    M: Model<ColorFormat = Rgb565>,
    R: OutputPin,
    W: DelayNs,
{
    fn set_up(&mut self) -> Result<(), DeviceFault> {
        let done = self.model.init(&mut self.bus, &mut self.delay, &self.options);
        done.map(|_| ()).map_err(|_| DeviceFault::NotAnswering)
    }

    fn size(&self) -> (usize, usize) {
        let size = embedded_graphics_core::geometry::OriginDimensions::size(&self.display);
        (size.width as usize, size.height as usize)
    }

    fn draw(&mut self, pixels: &Pixels<'_>, area: &Area) -> Result<(), DeviceFault> {
        let Some((corners, colours)) = rectangle(pixels, area) else { return Ok(()) };
        let [left, top, right, bottom] = corners;
        self.display.set_pixels(left, top, right, bottom, colours).map_err(|_| DeviceFault::NotAnswering)
    }
}

/// The corners of an area, the last ones included, and its pixels; `None` for what lies outside.
fn rectangle<'a>(
    pixels: &Pixels<'a>,
    area: &Area,
) -> Option<([u16; 4], impl Iterator<Item = Rgb565> + use<'a>)> {
    let Area { x, y, width, height } = *area;
    let (right, bottom) = ((x + width).checked_sub(1)?, (y + height).checked_sub(1)?);
    if right >= pixels.width || bottom >= pixels.height || width == 0 || height == 0 {
        return None;
    }
    let corner = |side: usize| u16::try_from(side).ok();
    let corners = [corner(x)?, corner(y)?, corner(right)?, corner(bottom)?];
    let (all, panel) = (pixels.rgb565, pixels.width);
    let rows = (y..y + height).flat_map(move |row| all.get(row * panel + x..row * panel + x + width));
    Some((corners, rows.flatten().map(|pixel| Rgb565::from(RawU16::from(*pixel)))))
}

/// A line as the controller's driver switches it.
struct Pin(GpioOutput);

impl ErrorType for Pin {
    type Error = ErrorKind;
}

impl OutputPin for Pin {
    fn set_low(&mut self) -> Result<(), ErrorKind> {
        self.0.set(Level::Inactive).map_err(|_| ErrorKind::Other)
    }

    fn set_high(&mut self) -> Result<(), ErrorKind> {
        self.0.set(Level::Active).map_err(|_| ErrorKind::Other)
    }
}

fn open(screen: &SpiScreen) -> Result<Box<dyn Draw + Send>, DeviceFault> {
    match screen.controller {
        Controller::Ili9341 => begin(screen, || ILI9341Rgb565),
        Controller::St7789 => begin(screen, || ST7789),
        Controller::St7796 => begin(screen, || ST7796),
    }
}

fn begin<M>(screen: &SpiScreen, model: fn() -> M) -> Result<Box<dyn Draw + Send>, DeviceFault>
where
    M: Model<ColorFormat = Rgb565> + Send + 'static,
{
    let mut spi = SpidevDevice::open(&screen.device).map_err(|_| DeviceFault::NotConnected)?;
    let hertz = u32::from(screen.megahertz) * 1_000_000;
    let options =
        SpidevOptions::new().bits_per_word(8).max_speed_hz(hertz).mode(SpiModeFlags::SPI_MODE_0).build();
    spi.0.configure(&options).map_err(|_| DeviceFault::Refusing)?;
    let bus = Bus::new(spi, Pin(GpioOutput::new(screen.data_command.clone()))).shared();
    let reset = screen.reset.clone().map(|wire| Pin(GpioOutput::new(wire)));
    Ok(match reset {
        Some(reset) => {
            let builder = Builder::new(model(), bus.clone()).reset_pin(reset);
            Box::new(controlled(builder, bus, model(), (screen, Delay))?)
        }
        None => Box::new(controlled(Builder::new(model(), bus.clone()), bus, model(), (screen, Delay))?),
    })
}

/// Resets the controller and sets it up.
fn controlled<S, D, M, R, W>(
    builder: Builder<Shared<S, D>, M, R>,
    bus: Shared<S, D>,
    model: M,
    (screen, mut delay): (&SpiScreen, W),
) -> Result<Controlled<S, D, M, R, W>, DeviceFault>
where
    S: SpiDevice,
    D: OutputPin,
    M: Model<ColorFormat = Rgb565>,
    R: OutputPin,
    W: DelayNs,
{
    let options = options_of::<M>(screen);
    let builder = builder
        .orientation(options.orientation)
        .color_order(options.color_order)
        .invert_colors(options.invert_colors);
    let display = builder.init(&mut delay).map_err(|_| DeviceFault::NotAnswering)?;
    Ok(Controlled { display, bus, model, options, delay })
}

fn options_of<M: Model>(screen: &SpiScreen) -> ModelOptions {
    let rotation = match screen.turned {
        Turned::Upright => Rotation::Deg0,
        Turned::Quarter => Rotation::Deg90,
        Turned::Half => Rotation::Deg180,
        Turned::ThreeQuarters => Rotation::Deg270,
    };
    let mut options = ModelOptions::full_size::<M>();
    options.orientation = Orientation::new().rotate(rotation);
    options.color_order = ColorOrder::Bgr;
    options.invert_colors = match screen.glass {
        Glass::Plain => ColorInversion::Normal,
        Glass::Inverted => ColorInversion::Inverted,
    };
    options
}

#[cfg(test)]
mod tests;
