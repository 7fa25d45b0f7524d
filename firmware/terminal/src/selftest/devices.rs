//! The devices' lines of the self-test: what answers, what is not there, what was left out of the configuration.
//! Promises: moves, lights and plays nothing; no card is read; beside a gate that may be running it disturbs nothing.
//! Must not know: how the devices work.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use gate_core::time::RtcHealth;
use gate_hal::DeviceFault;
use gate_hal::card_reader::CardReader;
use gate_hal::clock::{Clock, WallReading};
use gate_hal::thermometer::Thermometer;
use gate_hal_linux::camera::{Agreed, CameraRefusal, CameraSettings, try_once};
use gate_hal_linux::card_reader::sdt_reader;
use gate_hal_linux::clock::{RtcTrust, SystemClock};
use gate_hal_linux::framebuffer::Layout;
use gate_hal_linux::keyboard::grabbed;
use gate_hal_linux::thermometer::mlx90614;
#[cfg(feature = "usb")]
use gate_hal_linux::{usb_power::UsbKind, usb_reader};
#[cfg(feature = "usb")]
use {gate_hal::serial_port::PortFault, rustix::io::Errno};

mod lines;

use super::{Finding, Lane, Tell, bad, good};
use crate::config::{
    CameraConfig, CameraSource, Config, DisplayConfig, DisplaySource, ReaderConfig, ReaderSource, RtcFitted,
    ScannerConfig, ScannerSource, SoundConfig, TorchConfig, TorchSource,
};
use crate::moment;
use gate_wire::sdt::{Baud, Event};
use gate_wire::time::Millis;

/// Where the kernel tells about framebuffers.
const GRAPHICS: &str = "/sys/class/graphics";
/// Where the kernel lists sound cards.
const CARDS: &str = "/proc/asound/cards";
/// How long a reader on a line is asked, and how often it is listened to.
const ASKED: Duration = Duration::from_secs(3);
const LISTENED: Duration = Duration::from_millis(50);

/// Walks them.
pub(super) fn look(config: &Config, lane: Lane, tell: Tell<'_>) -> anyhow::Result<()> {
    tell(camera(&config.camera))?;
    tell(match &config.reader {
        Some(fitted) => reader(fitted, lane),
        None => good("card reader", "none fitted"),
    })?;
    if let Some(fitted) = &config.scanner {
        tell(scanner(fitted))?;
    }
    if let Some(keys) = &config.keys {
        tell(keyboard("keys", &keys.keyboard, "plug it in, or check `keys.keyboard`"))?;
    }
    tell(display(&config.display))?;
    tell(config.sound.as_ref().map_or_else(|| good("loudspeaker", "none fitted"), loudspeaker))?;
    tell(match &config.torch {
        Some(fitted) => torch(fitted),
        None => good("torch", "none fitted"),
    })?;
    lines::look(config, tell)?;
    tell(match &config.thermometer {
        Some(fitted) => thermometer(&fitted.i2c),
        None => good("thermometer", "none fitted"),
    })?;
    let rtc = if config.clock.rtc == RtcFitted::Battery { RtcTrust::Battery } else { RtcTrust::Unknown };
    tell(match SystemClock::new(rtc).wall() {
        Some(reading) => clock(&reading, config.clock.rtc),
        None => bad("clock", "cannot be read", "an attendant confirms the time at the terminal"),
    })
}

fn absent(part: &'static str, path: &Path, remedy: &'static str) -> Finding {
    bad(part, format!("{} is not there", path.display()), remedy)
}

fn camera(camera: &CameraConfig) -> Finding {
    match camera.source() {
        Ok(CameraSource::Frames(frames)) => match std::fs::read_dir(frames) {
            Ok(entries) => good("camera", format!("{} files in {}", entries.count(), frames.display())),
            Err(cause) => bad("camera", format!("{}: {cause}", frames.display()), "check `camera.frames`"),
        },
        Ok(CameraSource::Device(settings)) => video(&settings),
        Err(cause) => bad("camera", format!("{cause:#}"), "check [camera]"),
    }
}

/// Waits for one whole frame. A camera that another program has is not taken from it.
fn video(settings: &CameraSettings) -> Finding {
    let device = settings.device.display();
    match try_once(settings) {
        Ok(found) => {
            let Agreed { format, width, height, .. } = found.agreed;
            good("camera", format!("{device}: {}, {format:?} {width} x {height}, a frame came", found.name))
        }
        Err(CameraRefusal::TakeDevice) => {
            good("camera", format!("{device} is in use by `gate run`, which shows F01 if it gives no frames"))
        }
        Err(refusal) => {
            bad("camera", format!("{device} {refusal}"), "plug it in, or set [camera] as it says")
        }
    }
}

fn reader(reader: &ReaderConfig, lane: Lane) -> Finding {
    match reader.source() {
        Ok(ReaderSource::Serial(line, ..)) if !line.exists() => {
            absent("card reader", line, "plug it in, or check `reader.serial`")
        }
        Ok(ReaderSource::Serial(line, ..)) if lane == Lane::MayServe => good(
            "card reader",
            format!("{}; a lane that serves shows F02 if none answers there", line.display()),
        ),
        Ok(ReaderSource::Serial(line, baud, _)) => asked(line, baud),
        #[cfg(feature = "usb")]
        Ok(ReaderSource::Usb(kind)) => on_the_bus(kind, usb_reader::look(kind)),
        Err(cause) => bad("card reader", format!("{cause:#}"), "check [reader]"),
    }
}

/// Asked for its status until it answers.
fn asked(line: &Path, baud: Baud) -> Finding {
    let (mut reader, began) = (sdt_reader(line, baud), Instant::now());
    let mut silence = "nothing there answers".to_owned();
    while began.elapsed() < ASKED {
        let now = Millis(u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX));
        match reader.poll(now) {
            Ok(Event::Ready) => return good("card reader", format!("{}: one answers", line.display())),
            Ok(Event::ReaderUnwell(status)) => {
                let said = format!("{}: its security module says {status:?}", line.display());
                return bad(
                    "card reader",
                    said,
                    "switch the reader off and on; if it says so again, replace it",
                );
            }
            Ok(_) => {}
            Err(fault) => silence = fault.to_string(),
        }
        std::thread::sleep(LISTENED);
    }
    let remedy = "plug it in and switch it on, or check `reader.serial` and `reader.baud`";
    bad("card reader", format!("{}: {silence}", line.display()), remedy)
}

/// Opened, and neither taken from whoever has it nor spoken to.
#[cfg(feature = "usb")]
fn on_the_bus(kind: UsbKind, seen: Result<usb_reader::Seen, PortFault>) -> Finding {
    let (what, remedy) = match seen {
        Ok(usb_reader::Seen { at: (bus, number), pipes: (from, to) }) => {
            let found =
                format!("{kind} is device {number} of bus {bus}: {from} bulk pipes from it, {to} to it");
            return good("card reader", found);
        }
        Err(PortFault::OpenPort { errno }) => match Errno::from_raw_os_error(errno) {
            Errno::NODEV => ("is not on the bus".to_owned(), "plug it in, or check `reader.usb`"),
            Errno::NOTUNIQ => ("is there twice".to_owned(), "leave this lane's one plugged in"),
            Errno::ACCESS | Errno::PERM => (
                "may not be opened".to_owned(),
                "give it to the group tianfu-gate, as 70-tianfu-gate.rules does for 0400:c35a",
            ),
            _ => (format!("cannot be opened (errno {errno})"), "pull it out and plug it in"),
        },
        Err(_) => (
            "has no bulk pipes".to_owned(),
            "it may be a serial line: look for it under /dev/serial/by-path and set `reader.serial`",
        ),
    };
    bad("card reader", format!("{kind} {what}"), remedy)
}

fn scanner(scanner: &ScannerConfig) -> Finding {
    match scanner.source() {
        Ok(ScannerSource::Keyboard(path)) => {
            keyboard("scanner", path, "plug it in, or check `scanner.keyboard`")
        }
        Ok(ScannerSource::Serial(line, _)) if line.exists() => good("scanner", line.display().to_string()),
        Ok(ScannerSource::Serial(line, _)) => {
            absent("scanner", line, "plug it in, or check `scanner.serial`")
        }
        Err(cause) => bad("scanner", format!("{cause:#}"), "check [scanner]"),
    }
}

/// Grabbed for a moment, as its driver grabs it.
fn keyboard(part: &'static str, path: &Path, remedy: &'static str) -> Finding {
    match grabbed(path) {
        Ok(_) => good(part, path.display().to_string()),
        Err(DeviceFault::Refusing) => {
            good(part, format!("{} is grabbed by another program, as by `gate run`", path.display()))
        }
        Err(fault) => bad(part, format!("{}: {fault}", path.display()), remedy),
    }
}

fn torch(torch: &TorchConfig) -> Finding {
    match torch.source() {
        Ok(TorchSource::Led(led)) => {
            writable("torch", &led.join("brightness"), "plug it in, or check `torch.led`")
        }
        Ok(TorchSource::Flash(flash)) => writable("torch", flash, "plug it in, or check `torch.flash`"),
        Err(cause) => bad("torch", format!("{cause:#}"), "check [torch]"),
    }
}

fn display(display: &DisplayConfig) -> Finding {
    match display.source() {
        Ok(DisplaySource::Framebuffer(path)) => framebuffer(display, path),
        #[cfg(feature = "drm")]
        Ok(DisplaySource::Drm { card, or }) => drm(display, card, or),
        #[cfg(feature = "spi")]
        Ok(DisplaySource::Spi(screen)) => writable(
            "display",
            &screen.device,
            "switch the bus on in the device tree, or check [display.spi]",
        ),
        Err(cause) => bad("display", format!("{cause:#}"), "check [display]"),
    }
}

/// A file that is made when it is first shown on is well where its folder is there.
fn framebuffer(display: &DisplayConfig, path: &Path) -> Finding {
    let remedy = "plug it in, or check `display.framebuffer`";
    let is_made = !path.starts_with("/dev") && !path.exists();
    match path.parent() {
        Some(folder) if is_made && folder.is_dir() => return good("display", path.display().to_string()),
        _ => {}
    }
    let found = writable("display", path, remedy);
    let (width, height) = (display.width as usize, display.height as usize);
    let layout = path.strip_prefix("/dev").ok().and_then(|name| Layout::of(&Path::new(GRAPHICS).join(name)));
    match layout {
        Some(Ok(layout)) if layout.width < width || layout.height < height => bad(
            "display",
            format!("{} has {} x {} pixels", path.display(), layout.width, layout.height),
            "set `display.width` and `display.height` to that or less",
        ),
        Some(Err(_)) => {
            bad("display", format!("{} has no 16, 24 or 32 bits a pixel", path.display()), "change its mode")
        }
        Some(Ok(_)) | None => found,
    }
}

#[cfg(feature = "drm")]
fn drm(display: &DisplayConfig, card: &Path, or: Option<&Path>) -> Finding {
    let fits = |(width, height): &(u16, u16)| {
        u32::from(*width) >= display.width && u32::from(*height) >= display.height
    };
    match (gate_hal_linux::drm_panel::screens(card), or) {
        (Ok(sizes), _) if sizes.iter().any(fits) => good("display", format!("{}: {sizes:?}", card.display())),
        (Ok(sizes), None) => bad(
            "display",
            format!("{} has {sizes:?} pixels", card.display()),
            "set `display.width` and `display.height` to one of these or less",
        ),
        (Err(fault), None) => {
            bad("display", format!("{}: {fault}", card.display()), "plug it in, or check `display.drm`")
        }
        (_, Some(path)) => framebuffer(display, path),
    }
}

/// Opened as its driver opens it, and nothing written.
fn writable(part: &'static str, path: &Path, remedy: &'static str) -> Finding {
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    match File::options().write(true).custom_flags(flags).open(path) {
        Ok(_) => good(part, path.display().to_string()),
        Err(cause) => bad(part, format!("{}: {cause}", path.display()), remedy),
    }
}

/// Nothing is played: people stand at the gate. The kernel's list of cards and the player are looked for.
fn loudspeaker(sound: &SoundConfig) -> Finding {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&path).any(|folder| folder.join("aplay").is_file()) {
        return bad("loudspeaker", "there is no aplay", "install alsa-utils");
    }
    // A card's line begins with its number; where there is none the file says so in words.
    let cards = std::fs::read_to_string(CARDS).unwrap_or_default();
    if cards.trim_start().starts_with(|first: char| first.is_ascii_digit()) {
        good(
            "loudspeaker",
            format!("aplay on `{}`; it is heard when a key of the menu is pressed", sound.device),
        )
    } else {
        bad("loudspeaker", "the kernel knows no sound card", "plug it in, or leave out [sound]")
    }
}

fn thermometer(i2c: &Path) -> Finding {
    let remedy = "plug it in, or check `thermometer.i2c`";
    match mlx90614(i2c).and_then(|mut thermometer| thermometer.tenths()) {
        Ok(_) => good("thermometer", format!("answers on {}", i2c.display())),
        Err(fault) => bad("thermometer", format!("{}: {fault}", i2c.display()), remedy),
    }
}

fn clock(reading: &WallReading, fitted: RtcFitted) -> Finding {
    let time = moment::print(reading.time);
    let without = format!("{time}, without a healthy battery-backed clock behind it");
    match (reading.health, fitted) {
        (RtcHealth::Healthy, _) => good("clock", format!("{time}, battery-backed and healthy")),
        (RtcHealth::Suspect, RtcFitted::Battery) => bad(
            "clock",
            without,
            "an attendant confirms the time, which sets it; if this comes back after a power cut, change the battery",
        ),
        (RtcHealth::Suspect, RtcFitted::None) => bad(
            "clock",
            without,
            "fit one and set `clock.rtc`; until then an attendant confirms the time after every start",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first words of every line, with a configuration changed like this.
    fn lines(change: impl FnOnce(&mut Config)) -> Vec<(&'static str, bool, String)> {
        let mut config = Config::parse(crate::config::SAMPLE).unwrap();
        change(&mut config);
        let mut lines = Vec::new();
        let mut tell = |finding: Finding| {
            let said = match &finding.outcome {
                Ok(found) => found.clone(),
                Err(missing) => missing.what.clone(),
            };
            lines.push((finding.part, finding.outcome.is_ok(), said));
            Ok(())
        };
        look(&config, Lane::Rests, &mut tell).unwrap();
        lines
    }

    fn of(part: &str, lines: &[(&'static str, bool, String)]) -> (bool, String) {
        let line = lines.iter().find(|(name, ..)| *name == part).unwrap();
        (line.1, line.2.clone())
    }

    #[test]
    fn every_device_has_its_line_and_one_that_is_pulled_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let led = folder.path().join("led");
        std::fs::create_dir(&led).unwrap();
        std::fs::write(led.join("brightness"), "0").unwrap();
        let fitted = |config: &mut Config| {
            config.torch = Some(crate::config::TorchConfig { led: Some(led.clone()), flash: None });
            config.thermometer = Some(crate::config::ThermometerConfig { i2c: folder.path().join("i2c-1") });
            config.display.framebuffer = Some(folder.path().join("screen"));
            config.camera.frames = Some(folder.path().to_owned());
            config.reader.as_mut().unwrap().serial = Some(folder.path().join("tty"));
        };
        let lines = self::lines(fitted);
        let parts: Vec<&str> = lines.iter().map(|(part, ..)| *part).collect();
        let all = [
            "camera",
            "card reader",
            "display",
            "loudspeaker",
            "torch",
            "latch",
            "lamps",
            "inputs",
            "thermometer",
            "clock",
        ];
        assert_eq!(parts, all);
        let well = ["camera", "display", "torch"].map(|part| of(part, &lines).0);
        let pulled = ["card reader", "thermometer"].map(|part| of(part, &lines).0);
        assert_eq!((well, pulled), ([true; 3], [false; 2]), "{lines:?}");
        assert_eq!(std::fs::read_to_string(led.join("brightness")).unwrap(), "0", "nothing is lit");
        std::fs::remove_dir_all(&led).unwrap();
        let lines = self::lines(|config| {
            fitted(config);
            config.display.framebuffer = Some("/dev/fb-that-is-not-there".into());
        });
        assert!(!of("torch", &lines).0 && !of("display", &lines).0, "{lines:?}");
    }

    #[cfg(feature = "usb")]
    #[test]
    fn a_reader_on_the_bus_has_its_line_and_each_thing_that_is_wrong_with_it_its_remedy() {
        let kind = UsbKind::parse("0400:c35a").unwrap();
        let seen = usb_reader::Seen { at: (1, 5), pipes: (2, 2) };
        let well = on_the_bus(kind, Ok(seen)).outcome.unwrap();
        assert_eq!(well, "0400:c35a is device 5 of bus 1: 2 bulk pipes from it, 2 to it");
        let unopened = |errno: Errno| PortFault::OpenPort { errno: errno.raw_os_error() };
        for (fault, what, remedy) in [
            (unopened(Errno::NODEV), "is not on the bus", "plug it in"),
            (unopened(Errno::NOTUNIQ), "is there twice", "this lane's one"),
            (unopened(Errno::ACCESS), "may not be opened", "70-tianfu-gate.rules"),
            (unopened(Errno::IO), "errno 5", "plug it in"),
            (PortFault::SetUpLine { errno: 71 }, "no bulk pipes", "reader.serial"),
        ] {
            let missing = on_the_bus(kind, Err(fault)).outcome.unwrap_err();
            assert!(missing.what.contains(what) && missing.remedy.contains(remedy), "{missing:?}");
        }
        let lines = lines(|config| {
            let reader = config.reader.as_mut().unwrap();
            (reader.serial, reader.usb) = (None, Some("0000:0000".to_owned()));
        });
        assert_eq!(of("card reader", &lines), (false, "0000:0000 is not on the bus".to_owned()));
    }

    #[test]
    fn what_the_configuration_leaves_out_is_said_to_be_left_out() {
        let lines = lines(|config| (config.reader, config.sound) = (None, None));
        for part in ["card reader", "loudspeaker", "torch", "latch", "lamps", "inputs", "thermometer"] {
            assert_eq!(of(part, &lines), (true, "none fitted".into()), "{part}");
        }
    }
}
