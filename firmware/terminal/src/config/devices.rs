//! The sections of a configuration that say which devices are fitted, and where.
//! Promises: a section that names two of one thing, or none, is refused with what to choose; nothing is opened.
//! Must not know: how a device works.

use std::path::{Path, PathBuf};

use anyhow::{bail, ensure};
use gate_hal_linux::camera::{CameraSettings, Exposure};
use gate_hal_linux::gpio::{LampLines, LineId, Polarity, Pull, SensorLines, Wire};
use gate_hal_linux::pixels::PixelFormat;
use gate_hal_linux::usb_power::UsbKind;
use gate_wire::sdt::Baud;

/// A camera: pictures of a directory, or a device.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CameraConfig {
    /// Plays the pictures of this directory, in the order of their names.
    #[serde(default)]
    pub frames: Option<PathBuf>,
    /// The kernel's video device.
    #[serde(default)]
    pub device: Option<PathBuf>,
    /// Pixels a row.
    #[serde(default = "default_width")]
    pub width: u32,
    /// Rows.
    #[serde(default = "default_height")]
    pub height: u32,
    /// How frames are laid out; without it the first that the camera has.
    #[serde(default)]
    pub format: Option<FormatWord>,
    /// Frames a second; without it the camera's own choice.
    #[serde(default)]
    pub frames_a_second: Option<u8>,
    /// Exposure in units of 100 µs; without it the camera's own choice.
    #[serde(default)]
    pub exposure: Option<u16>,
    /// A camera without a whole frame for so many milliseconds is opened anew.
    #[serde(default = "default_stall")]
    pub stall_ms: u16,
}

/// Where frames come from.
#[derive(Clone, Debug)]
pub enum CameraSource<'a> {
    /// The pictures of a directory.
    Frames(&'a Path),
    /// A device.
    Device(CameraSettings),
}

/// A layout of frames, as a configuration spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FormatWord {
    /// GREY.
    Grey,
    /// NV12.
    Nv12,
    /// YUYV.
    Yuyv,
    /// MJPG.
    Mjpeg,
}

/// A card reader.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReaderConfig {
    /// The serial line; without it the reader is reached by its pipes on USB.
    #[serde(default)]
    pub serial: Option<PathBuf>,
    /// Bits per second: 9600, 19200, 38400, 57600 or 115200.
    #[serde(default = "default_baud")]
    pub baud: u32,
    /// What it is on USB, such as `0400:c35a`. Beside a line: silent for ten seconds, it is taken off the bus and put back.
    #[serde(default)]
    pub usb: Option<String>,
}

/// How a card reader is reached.
#[derive(Clone, Copy, Debug)]
pub enum ReaderSource<'a> {
    /// On a serial line; behind USB if what it is there was said.
    Serial(&'a Path, Baud, Option<UsbKind>),
    /// By its pipes on USB.
    #[cfg(feature = "usb")]
    Usb(UsbKind),
}

impl ReaderConfig {
    /// How it is reached.
    ///
    /// # Errors
    /// If that is not said, for a speed that readers do not speak, and for what is no kind of device or was not built in.
    pub fn source(&self) -> anyhow::Result<ReaderSource<'_>> {
        match (&self.serial, self.usb()?) {
            (Some(line), usb) => Ok(ReaderSource::Serial(line, self.baud()?, usb)),
            #[cfg(feature = "usb")]
            (None, Some(kind)) => Ok(ReaderSource::Usb(kind)),
            #[cfg(not(feature = "usb"))]
            (None, Some(_)) => {
                bail!("`reader.usb` without `serial`: this program was built without the feature `usb`")
            }
            (None, None) => bail!("[reader] names `serial`, a line, or `usb`, such as 0400:c35a"),
        }
    }

    fn usb(&self) -> anyhow::Result<Option<UsbKind>> {
        let Some(usb) = &self.usb else { return Ok(None) };
        match UsbKind::parse(usb) {
            Some(kind) => Ok(Some(kind)),
            None => bail!("`reader.usb` is two numbers as lsusb prints them, such as 0400:c35a, not {usb}"),
        }
    }

    fn baud(&self) -> anyhow::Result<Baud> {
        match Baud::from_bits_per_second(self.baud) {
            Some(baud) => Ok(baud),
            None => bail!("`baud` {}: readers speak 9600, 19200, 38400, 57600 or 115200", self.baud),
        }
    }
}

/// A scanner of codes beside the camera.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScannerConfig {
    /// A keyboard of the kernel, on which it types what it reads.
    #[serde(default)]
    pub keyboard: Option<PathBuf>,
    /// A serial line.
    #[serde(default)]
    pub serial: Option<PathBuf>,
    /// Bits per second of the serial line.
    #[serde(default = "default_baud")]
    pub baud: u32,
}

/// How a scanner is reached.
#[derive(Clone, Copy, Debug)]
pub enum ScannerSource<'a> {
    /// As a keyboard.
    Keyboard(&'a Path),
    /// On a serial line.
    Serial(&'a Path, Baud),
}

/// The attendant's keyboard.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeysConfig {
    /// A keyboard of the kernel.
    pub keyboard: PathBuf,
}

/// An MLX90614 infrared thermometer.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThermometerConfig {
    /// The I2C bus.
    pub i2c: PathBuf,
}

/// The light beside the camera.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TorchConfig {
    /// The kernel's LED: a directory of `/sys/class/leds`.
    #[serde(default)]
    pub led: Option<PathBuf>,
    /// A flash controller: `/dev/v4l-subdev*`.
    #[serde(default)]
    pub flash: Option<PathBuf>,
}

/// What switches the light.
#[derive(Clone, Copy, Debug)]
pub enum TorchSource<'a> {
    /// The kernel's LED.
    Led(&'a Path),
    /// A flash controller.
    Flash(&'a Path),
}

/// What opens the lane.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LatchConfig {
    /// A line, with a timer in this program.
    #[serde(default)]
    pub wire: Option<WireConfig>,
    /// The kernel's LED with the trigger `transient`: the timer is the kernel's.
    #[serde(default)]
    pub led: Option<PathBuf>,
}

/// What opens the lane.
#[derive(Clone, Debug)]
pub enum LatchSource<'a> {
    /// A line.
    Wire(Wire),
    /// The kernel's LED.
    Led(&'a Path),
}

/// Lamps on lines.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LampsConfig {
    /// Green: pass.
    #[serde(default)]
    pub pass: Option<WireConfig>,
    /// Amber: somebody comes.
    #[serde(default)]
    pub attend: Option<WireConfig>,
    /// Red: stop.
    #[serde(default)]
    pub stop: Option<WireConfig>,
}

/// Sensors and contacts on lines.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputsConfig {
    /// A person is in the gate.
    #[serde(default)]
    pub passage: Option<WireConfig>,
    /// The door is open.
    #[serde(default)]
    pub door: Option<WireConfig>,
    /// The fire system asks for open gates.
    #[serde(default)]
    pub fire: Option<WireConfig>,
    /// The case is open.
    #[serde(default)]
    pub case_open: Option<WireConfig>,
    /// The mechanical release was pulled.
    #[serde(default)]
    pub release: Option<WireConfig>,
    /// How long a contact must rest before it is believed.
    #[serde(default = "default_debounce")]
    pub debounce_ms: u16,
}

/// A line of a GPIO chip.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireConfig {
    /// The chip.
    pub chip: PathBuf,
    /// Its number on the chip, or the name that the device tree gives it.
    pub line: LineWord,
    /// Which voltage means "active".
    #[serde(default)]
    pub active: ActiveWord,
    /// The resistor inside the chip.
    #[serde(default)]
    pub pull: PullWord,
}

/// A line: a number or a name.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(try_from = "toml::Value")]
pub enum LineWord {
    /// From 0.
    Offset(u32),
    /// As `gpioinfo` lists it.
    Name(String),
}

impl TryFrom<toml::Value> for LineWord {
    type Error = &'static str;

    fn try_from(value: toml::Value) -> Result<LineWord, Self::Error> {
        match value {
            toml::Value::Integer(offset) => u32::try_from(offset).map(LineWord::Offset).map_err(|_| LINE),
            toml::Value::String(name) => Ok(LineWord::Name(name)),
            _ => Err(LINE),
        }
    }
}

/// What a line is.
const LINE: &str = "a line is its number on the chip, from 0, or its name, as `gpioinfo` lists them";

/// See [`WireConfig`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActiveWord {
    /// The high one.
    #[default]
    High,
    /// The low one.
    Low,
}

/// See [`WireConfig`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PullWord {
    /// As the board has it.
    #[default]
    Board,
    /// To the high voltage.
    Up,
    /// To ground.
    Down,
}

fn default_baud() -> u32 {
    115_200
}

fn default_width() -> u32 {
    1280
}

fn default_height() -> u32 {
    720
}

fn default_stall() -> u16 {
    2_000
}

fn default_debounce() -> u16 {
    20
}

impl CameraConfig {
    /// Where frames come from.
    ///
    /// # Errors
    /// If that is said twice or not at all, or the camera's numbers are out of range.
    pub fn source(&self) -> anyhow::Result<CameraSource<'_>> {
        match (&self.frames, &self.device) {
            (Some(frames), None) => Ok(CameraSource::Frames(frames)),
            (None, Some(device)) => Ok(CameraSource::Device(self.settings(device)?)),
            _ => bail!(
                "[camera] names either `device`, such as /dev/video0, or `frames`, a directory of pictures"
            ),
        }
    }

    fn settings(&self, device: &Path) -> anyhow::Result<CameraSettings> {
        let (width, height) = (self.width, self.height);
        ensure!(
            (160..=4096).contains(&width) && (120..=4096).contains(&height),
            "a camera of {width} x {height} pixels: 160 x 120 to 4096 x 4096 are looked at; 1280 x 720 is enough"
        );
        ensure!(self.stall_ms >= 500, "`camera.stall_ms` is 500 or more");
        ensure!(self.frames_a_second != Some(0), "`camera.frames_a_second` is 1 or more");
        Ok(CameraSettings {
            device: device.to_owned(),
            width,
            height,
            format: self.format.map(FormatWord::format).transpose()?,
            frames_a_second: self.frames_a_second,
            exposure: self.exposure.map_or(Exposure::Automatic, Exposure::Fixed),
            stall_ms: self.stall_ms.into(),
        })
    }
}

impl FormatWord {
    fn format(self) -> anyhow::Result<PixelFormat> {
        let name = match self {
            FormatWord::Grey => "GREY",
            FormatWord::Nv12 => "NV12",
            FormatWord::Yuyv => "YUYV",
            FormatWord::Mjpeg => "MJPG",
        };
        match PixelFormat::named(name) {
            Some(format) => Ok(format),
            None => bail!("`camera.format`: this program was built without {name}"),
        }
    }
}

impl ScannerConfig {
    /// How it is reached.
    ///
    /// # Errors
    /// If that is said twice or not at all, or at a speed that no line has.
    pub fn source(&self) -> anyhow::Result<ScannerSource<'_>> {
        match (&self.keyboard, &self.serial, Baud::from_bits_per_second(self.baud)) {
            (Some(keyboard), None, _) => Ok(ScannerSource::Keyboard(keyboard)),
            (None, Some(serial), Some(baud)) => Ok(ScannerSource::Serial(serial, baud)),
            (None, Some(_), None) => bail!("`scanner.baud` is 9600, 19200, 38400, 57600 or 115200"),
            _ => bail!("[scanner] names either `keyboard`, a /dev/input/event*, or `serial`, a line"),
        }
    }
}

impl TorchConfig {
    /// What switches the light.
    ///
    /// # Errors
    /// If that is said twice or not at all.
    pub fn source(&self) -> anyhow::Result<TorchSource<'_>> {
        match (&self.led, &self.flash) {
            (Some(led), None) => Ok(TorchSource::Led(led)),
            (None, Some(flash)) => Ok(TorchSource::Flash(flash)),
            _ => bail!(
                "[torch] names either `led`, a directory of /sys/class/leds, or `flash`, a /dev/v4l-subdev*"
            ),
        }
    }
}

impl LatchConfig {
    /// What opens the lane.
    ///
    /// # Errors
    /// If that is said twice or not at all.
    pub fn source(&self) -> anyhow::Result<LatchSource<'_>> {
        match (&self.wire, &self.led) {
            (Some(wire), None) => Ok(LatchSource::Wire(wire.wire())),
            (None, Some(led)) => Ok(LatchSource::Led(led)),
            _ => bail!(
                "[latch] names either `wire`, a line of a chip, or `led`, a directory of /sys/class/leds"
            ),
        }
    }
}

impl WireConfig {
    /// As the driver takes it.
    #[must_use]
    pub fn wire(&self) -> Wire {
        Wire {
            chip: self.chip.clone(),
            line: match &self.line {
                LineWord::Offset(offset) => LineId::Offset(*offset),
                LineWord::Name(name) => LineId::Name(name.clone()),
            },
            polarity: match self.active {
                ActiveWord::High => Polarity::High,
                ActiveWord::Low => Polarity::Low,
            },
            pull: match self.pull {
                PullWord::Board => Pull::Board,
                PullWord::Up => Pull::Up,
                PullWord::Down => Pull::Down,
            },
        }
    }
}

fn wired(wire: Option<&WireConfig>) -> Option<Wire> {
    wire.map(WireConfig::wire)
}

impl LampsConfig {
    /// As the driver takes them.
    #[must_use]
    pub fn lines(&self) -> LampLines {
        let [pass, attend, stop] = [&self.pass, &self.attend, &self.stop].map(|wire| wired(wire.as_ref()));
        LampLines { pass, attend, stop }
    }

    /// Each that is fitted, by the name of its key.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, Wire)> {
        let all = [("lamps.pass", &self.pass), ("lamps.attend", &self.attend), ("lamps.stop", &self.stop)];
        all.into_iter().filter_map(|(name, wire)| Some((name, wired(wire.as_ref())?)))
    }
}

impl InputsConfig {
    /// As the driver takes them.
    #[must_use]
    pub fn lines(&self) -> SensorLines {
        let wires = [&self.passage, &self.door, &self.fire, &self.case_open, &self.release];
        let [passage, door, fire, case_open, release] = wires.map(|wire| wired(wire.as_ref()));
        SensorLines { passage, door, fire, case_open, release, debounce_ms: self.debounce_ms }
    }

    /// Each that is fitted, by the name of its key.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, Wire)> {
        let all = [
            ("inputs.passage", &self.passage),
            ("inputs.door", &self.door),
            ("inputs.fire", &self.fire),
            ("inputs.case_open", &self.case_open),
            ("inputs.release", &self.release),
        ];
        let wires = all.map(|(name, wire)| wired(wire.as_ref()).map(|wire| (name, wire)));
        wires.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests;
