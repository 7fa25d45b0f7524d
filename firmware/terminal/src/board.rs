//! `gate board init`: a commented configuration from what a board has.
//! Promises: opens nothing that moves, lights or plays; what it cannot tell by itself (which line opens the latch) is left as a
//! comment with what was found; the result is a good configuration. `gate board show` prints one of the boards that come along.
//! Must not know: how devices work.

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{bail, ensure};
use gate_hal_linux::camera;

/// Boards that come along, by name.
const BOARDS: [(&str, &str); 4] = [
    ("rk3568-panel", include_str!("../../../assets/boards/rk3568-panel.toml")),
    ("rpi-cm4", include_str!("../../../assets/boards/rpi-cm4.toml")),
    ("spi-panel", include_str!("../../../assets/boards/spi-panel.toml")),
    ("rig", include_str!("../../../assets/boards/rig.toml")),
];

/// Kinds of readers on USB that are known.
const READERS: [&str; 1] = ["0400:c35a"];
/// What is the same on every board.
const HEAD: &str = include_str!("board/head.toml");
/// Entries of a directory that are listed at most.
const MOST: usize = 64;

/// Names of the boards that come along.
pub fn names() -> impl Iterator<Item = &'static str> {
    BOARDS.iter().map(|(name, _)| *name)
}

/// Prints the configuration of a board that comes along.
///
/// # Errors
/// If there is none of this name, or it cannot be written.
pub fn show(name: &str, out: &mut impl Write) -> anyhow::Result<()> {
    let Some((_, text)) = BOARDS.iter().find(|(known, _)| *known == name) else {
        bail!("no board {name} comes along; there are {}", names().collect::<Vec<_>>().join(", "));
    };
    Ok(out.write_all(text.as_bytes())?)
}

/// Prints a configuration for the board under this root: `/` is this one.
///
/// # Errors
/// If there is no such folder, or it cannot be written.
pub fn init(root: &Path, out: &mut impl Write) -> anyhow::Result<()> {
    ensure!(
        root.is_dir(),
        "{} is no folder: --root is where the board's own / is seen from here",
        root.display()
    );
    Ok(out.write_all(Board::look(root).configuration().as_bytes())?)
}

/// What a board has: paths as they are on the board itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Board {
    cameras: Vec<(PathBuf, String)>,
    chips: Vec<PathBuf>,
    framebuffers: Vec<(PathBuf, Option<(u32, u32)>)>,
    cards: Vec<(PathBuf, Option<(u32, u32)>)>,
    buses: Vec<PathBuf>,
    keyboards: Vec<PathBuf>,
    lines: Vec<PathBuf>,
    i2c: Vec<PathBuf>,
    leds: Vec<PathBuf>,
    clocks: Vec<PathBuf>,
    sound: Vec<PathBuf>,
    readers: Vec<&'static str>,
}

impl Board {
    fn look(root: &Path) -> Board {
        let dev = |folder: &str, prefix: &str| entries(root, &Path::new("/dev").join(folder), prefix);
        let cameras = dev("", "video").into_iter().filter_map(|path| {
            let name = name_of(root, &path)?;
            Some((path, name))
        });
        let framebuffers = dev("", "fb").into_iter().map(|path| {
            let size = size_of(root, &path);
            (path, size)
        });
        let cards = dev("dri", "card").into_iter().map(|path| {
            let size = mode_of(root, &path);
            (path, size)
        });
        let by_path = dev("serial/by-path", "");
        let lines = ["ttyS", "ttyAMA", "ttyUSB", "ttyACM"].iter().flat_map(|prefix| dev("", prefix));
        Board {
            cameras: cameras.collect(),
            chips: dev("", "gpiochip"),
            framebuffers: framebuffers.collect(),
            cards: cards.collect(),
            buses: dev("", "spidev"),
            keyboards: keyboards(root),
            lines: by_path.into_iter().chain(lines).collect(),
            i2c: dev("", "i2c-"),
            leds: entries(root, Path::new("/sys/class/leds"), ""),
            clocks: entries(root, Path::new("/sys/class/rtc"), "rtc"),
            sound: dev("snd", "pcmC"),
            readers: readers(root),
        }
    }

    fn configuration(&self) -> String {
        let mut text = HEAD.to_owned();
        // Writing to a string does not fail.
        let _ = self.camera(&mut text);
        let _ = self.display(&mut text);
        let _ = self.latch(&mut text);
        let _ = self.rest(&mut text);
        text
    }

    fn camera(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "\n[camera]")?;
        let Some(((first, name), others)) = self.cameras.split_first() else {
            return writeln!(
                text,
                "# no camera was found: plug one in, load its driver, then set device = \"/dev/video0\"\n\
                 frames = \"/var/lib/tianfu-gate/frames\""
            );
        };
        writeln!(text, "device = \"{}\"  # {name}", first.display())?;
        for (other, name) in others {
            writeln!(text, "# device = \"{}\"  # {name}", other.display())?;
        }
        writeln!(text, "width = 1280\nheight = 720\n# exposure = 100  # units of 100 µs; left out, automatic")
    }

    fn display(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "\n[display]")?;
        // Without a framebuffer it is what there is.
        let only = self.framebuffers.is_empty() && cfg!(feature = "drm");
        let mut taken = self.cards.iter().filter(|_| only).take(1);
        let mut size = (800, 480);
        if let Some((card, found)) = taken.next() {
            writeln!(text, "drm = \"{}\"", card.display())?;
            size = found.unwrap_or(size);
        }
        for (card, _) in self.cards.iter().skip(usize::from(only)) {
            writeln!(
                text,
                "# drm = \"{}\"  # flips pages; the framebuffer is fallen back on",
                card.display()
            )?;
        }
        for bus in &self.buses {
            writeln!(text, "# a screen on the bus {}: gate board show spi-panel", bus.display())?;
        }
        match self.framebuffers.first() {
            Some((path, found)) => {
                writeln!(text, "framebuffer = \"{}\"", path.display())?;
                size = found.unwrap_or(size);
            }
            None if only && !self.cards.is_empty() => {}
            None => writeln!(text, "# no framebuffer was found\nframebuffer = \"/dev/fb0\"")?,
        }
        // What is drawn is 320 x 240 to 1920 x 1920.
        let (width, height) = (size.0.clamp(320, 1920), size.1.clamp(240, 1920));
        writeln!(text, "width = {width}\nheight = {height}")
    }

    /// Which line opens the latch cannot be seen from here, and trying would open it.
    fn latch(&self, text: &mut String) -> std::fmt::Result {
        let chip = self.chips.first().map_or("/dev/gpiochip0".into(), |chip| chip.display().to_string());
        let found: Vec<String> = self.chips.iter().map(|chip| chip.display().to_string()).collect();
        let found = if found.is_empty() { "no GPIO chip was found".to_owned() } else { found.join(", ") };
        writeln!(
            text,
            "\n# Lines: {found}. gpioinfo lists their names and who uses them; take numbers from the board's plan."
        )?;
        writeln!(text, "# [latch]\n# wire = {{ chip = \"{chip}\", line = 0 }}")?;
        for led in self.leds.iter().filter(|led| named(led).contains("latch")) {
            writeln!(text, "# led = \"{}\"  # instead of wire: closed by the kernel's timer", led.display())?;
        }
        writeln!(text, "# [inputs]\n# passage = {{ chip = \"{chip}\", line = 1 }}")?;
        writeln!(text, "# fire = {{ chip = \"{chip}\", line = 2, active = \"high\", pull = \"up\" }}")?;
        writeln!(text, "# [lamps]\n# pass = {{ chip = \"{chip}\", line = 3 }}")
    }

    fn rest(&self, text: &mut String) -> std::fmt::Result {
        let section = |text: &mut String, name: &str, key: &str, paths: &[PathBuf]| {
            if !paths.is_empty() {
                writeln!(text, "\n# [{name}]  # take out the # of one of these if it is fitted there")?;
            }
            paths.iter().try_for_each(|path| writeln!(text, "# {key} = \"{}\"", path.display()))
        };
        section(text, "reader", "serial", &self.lines)?;
        for kind in &self.readers {
            let header = if self.lines.is_empty() { "\n# [reader]\n" } else { "" };
            writeln!(
                text,
                "{header}# usb = \"{kind}\"  # a reader of identity cards on USB, instead of serial"
            )?;
        }
        section(text, "keys", "keyboard", &self.keyboards)?;
        section(text, "scanner", "keyboard", &self.keyboards)?;
        section(text, "thermometer", "i2c", &self.i2c)?;
        // The latch's own is no light.
        let lights: Vec<PathBuf> =
            self.leds.iter().filter(|led| !named(led).contains("latch")).cloned().collect();
        section(text, "torch", "led", &lights)?;
        if !self.sound.is_empty() {
            writeln!(text, "\n[sound]\ndevice = \"default\"")?;
        }
        match self.clocks.first() {
            Some(clock) => writeln!(
                text,
                "\n[clock]\n# {} is there. \"battery\" only if one is fitted: it is then trusted after a power cut.\nrtc = \"none\"",
                clock.display()
            ),
            None => writeln!(text, "\n[clock]\nrtc = \"none\"  # no battery-backed clock was found"),
        }
    }
}

/// Entries of a folder whose names begin like this, in the order of their names.
fn entries(root: &Path, folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(listed) = std::fs::read_dir(under(root, folder)) else { return Vec::new() };
    let names = listed.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    // A name that would end a TOML string is nobody's device.
    let plain =
        |name: &String| name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
    let mut found: Vec<PathBuf> =
        names.filter(|name| name.starts_with(prefix) && plain(name)).map(|name| folder.join(name)).collect();
    found.sort_by_key(|path| (path.as_os_str().len(), path.clone()));
    found.truncate(MOST);
    found
}

/// Readers on USB that are no serial line. Two of one kind cannot be told apart, and are one line here.
fn readers(root: &Path) -> Vec<&'static str> {
    let bus = Path::new("/sys/bus/usb/devices");
    let attribute = |device: &Path, name: &str| std::fs::read_to_string(under(root, &device.join(name))).ok();
    let kinds = entries(root, bus, "").into_iter().filter_map(|device| {
        let (vendor, product) = (attribute(&device, "idVendor")?, attribute(&device, "idProduct")?);
        Some(format!("{}:{}", vendor.trim(), product.trim()))
    });
    let kinds: Vec<String> = kinds.collect();
    READERS.into_iter().filter(|known| kinds.iter().any(|kind| kind == known)).collect()
}

/// Keyboards by the names that stay the same when a plug is moved; keys on the board's own lines end with `-event` alone.
fn keyboards(root: &Path) -> Vec<PathBuf> {
    let all = ["by-id", "by-path"].map(|folder| entries(root, &Path::new("/dev/input").join(folder), ""));
    let keyboards = all.into_iter().flatten().filter(|path| {
        let name = named(path);
        name.ends_with("-kbd") || name.ends_with("-event")
    });
    keyboards.collect()
}

fn named(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// A path of the board as this machine sees it.
fn under(root: &Path, path: &Path) -> PathBuf {
    path.strip_prefix("/").map_or_else(|_| root.join(path), |path| root.join(path))
}

/// What the kernel says of a video device; `None` for those that give no frames.
fn name_of(root: &Path, device: &Path) -> Option<String> {
    if root == Path::new("/") {
        return camera::name_of(device);
    }
    // Another root's devices cannot be asked.
    let said = Path::new("/sys/class/video4linux").join(named(device)).join("name");
    let name = std::fs::read_to_string(under(root, &said)).ok()?;
    Some(name.trim().chars().filter(char::is_ascii_graphic).collect())
}

fn size_of(root: &Path, framebuffer: &Path) -> Option<(u32, u32)> {
    let said = Path::new("/sys/class/graphics").join(named(framebuffer)).join("virtual_size");
    let text = std::fs::read_to_string(under(root, &said)).ok()?;
    let (width, height) = text.trim().split_once(',')?;
    Some((width.parse().ok()?, height.parse().ok()?))
}

/// The first mode of a card's first connected screen: the one it likes best.
fn mode_of(root: &Path, card: &Path) -> Option<(u32, u32)> {
    let outlets = entries(root, Path::new("/sys/class/drm"), &format!("{}-", named(card)));
    outlets.iter().find_map(|outlet| {
        let text = std::fs::read_to_string(under(root, &outlet.join("modes"))).ok()?;
        let (width, height) = text.lines().next()?.split_once('x')?;
        Some((width.parse().ok()?, height.parse().ok()?))
    })
}

#[cfg(test)]
mod tests;
