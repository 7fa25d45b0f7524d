//! The configuration of one terminal: TOML, unknown keys refused.
//! Promises: says where things are and which devices are fitted; nothing that decides about people stands here.
//! Must not know: policy, keys, kinds of place (signed data says those).

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use gate_core::screen::Fitted;
use gate_hal_linux::gpio::Wire;
use gate_ui::{Language, Manner, Theme};

use crate::backroom::Backroom;
use crate::files;
use crate::judge::Station;
use crate::voice::Hours;

mod devices;
mod display;

pub use display::{DisplayConfig, DisplaySource};

pub use devices::{
    CameraConfig, CameraSource, InputsConfig, KeysConfig, LampsConfig, LatchConfig, LatchSource,
    ReaderConfig, ReaderSource, ScannerConfig, ScannerSource, ThermometerConfig, TorchConfig, TorchSource,
    WireConfig,
};

/// A commented example, which `gate config sample` prints.
pub const SAMPLE: &str = include_str!("../../../assets/gate.toml");

/// A terminal's configuration.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Place number in the signed `places` data.
    pub place: u32,
    /// Lane number at that place.
    pub lane: u16,
    /// Directory with `manifest.json` and what it names.
    pub data: PathBuf,
    /// The journal's database file.
    pub journal: PathBuf,
    /// The journal's preallocated reserve.
    pub reserve: PathBuf,
    /// Which camera.
    pub camera: CameraConfig,
    /// Which card reader; without one the lane has no card reader.
    #[serde(default)]
    pub reader: Option<ReaderConfig>,
    /// Which scanner of codes beside the camera, if one is fitted.
    #[serde(default)]
    pub scanner: Option<ScannerConfig>,
    /// The attendant's keyboard; without one keys are typed on standard input.
    #[serde(default)]
    pub keys: Option<KeysConfig>,
    /// Which thermometer, if one is fitted.
    #[serde(default)]
    pub thermometer: Option<ThermometerConfig>,
    /// What `gate-trust` remembers, for the technician's menu.
    #[serde(default)]
    pub keeper: Option<PathBuf>,
    /// The file that tells of a carrier's visit.
    #[serde(default)]
    pub visit: Option<PathBuf>,
    /// The light beside the camera, if one is fitted.
    #[serde(default)]
    pub torch: Option<TorchConfig>,
    /// What opens the lane; without it an opening is a line of the log.
    #[serde(default)]
    pub latch: Option<LatchConfig>,
    /// Lamps on lines, where some are fitted.
    #[serde(default)]
    pub lamps: Option<LampsConfig>,
    /// A buzzer on a line, for lanes without a loudspeaker.
    #[serde(default)]
    pub buzzer: Option<WireConfig>,
    /// Sensors and contacts on lines, where some are fitted.
    #[serde(default)]
    pub inputs: Option<InputsConfig>,
    /// How the terminal is heard; without it nothing is.
    #[serde(default)]
    pub sound: Option<SoundConfig>,
    /// Which display.
    pub display: DisplayConfig,
    /// What is known of the battery-backed clock.
    pub clock: ClockConfig,
    /// Where records leave; without it they stay in the journal.
    #[serde(default)]
    pub records: Option<RecordsConfig>,
}

/// The records' way out and back (ADR 15).
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordsConfig {
    /// The carriers' folder: batches leave in its `out`, acknowledgements come in its `acks`.
    pub spool: PathBuf,
    /// MiB of batches that wait there at most; the journal goes on all the same.
    #[serde(default = "default_outbox_mib")]
    pub outbox_mib: u64,
}

/// How the terminal is heard.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoundConfig {
    /// ALSA's name of the loudspeaker, as `aplay -L` lists them.
    #[serde(default = "default_device")]
    pub device: String,
    /// A folder of voices; tones alone without it.
    #[serde(default)]
    pub voices: Option<PathBuf>,
    /// 24 digits, 0 (silent) to 9, for the hours from 0 to 23.
    #[serde(default = "default_volume")]
    pub volume: String,
}

/// A theme, as a configuration and a command line spell it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum ThemeWord {
    /// Light words on dark paper.
    #[default]
    Dark,
    /// Dark words on bright paper.
    Bright,
}

/// The language that leads, as a configuration and a command line spell it; the other follows, smaller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum LanguageWord {
    /// Chinese leads.
    #[default]
    Zh,
    /// English leads.
    En,
}

/// How screens look by these words.
#[must_use]
pub fn manner(theme: ThemeWord, language: LanguageWord) -> Manner {
    Manner {
        theme: match theme {
            ThemeWord::Dark => Theme::Dark,
            ThemeWord::Bright => Theme::Light,
        },
        language: match language {
            LanguageWord::Zh => Language::Chinese,
            LanguageWord::En => Language::English,
        },
    }
}

/// The battery-backed clock.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockConfig {
    /// Whether one with a good battery is fitted.
    pub rtc: RtcFitted,
}

/// See [`ClockConfig`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RtcFitted {
    /// With a battery.
    Battery,
    /// None, or nobody knows.
    None,
}

fn default_outbox_mib() -> u64 {
    128
}

fn default_device() -> String {
    "default".to_owned()
}

fn default_volume() -> String {
    Hours::USUAL.to_owned()
}

impl Config {
    /// Reads and checks a configuration.
    ///
    /// # Errors
    /// With the file, the line, and what to do.
    pub fn load(path: &Path) -> anyhow::Result<Config> {
        let bytes = files::read(path).with_context(|| format!("no configuration at {}", path.display()))?;
        let text = std::str::from_utf8(&bytes).with_context(|| format!("in {}", path.display()))?;
        let config = Config::parse(text).with_context(|| format!("in {}", path.display()))?;
        Ok(config)
    }

    /// Reads and checks the text of a configuration.
    ///
    /// # Errors
    /// With the line, and what to do.
    pub fn parse(text: &str) -> anyhow::Result<Config> {
        let config: Config = toml::from_str(text.trim_start_matches('\u{feff}'))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> anyhow::Result<()> {
        for (what, path) in [("data", &self.data), ("journal", &self.journal), ("reserve", &self.reserve)] {
            ensure!(path.is_absolute(), "`{what}` must be an absolute path, this is {}", path.display());
        }
        ensure!(self.journal != self.reserve, "`journal` and `reserve` must be two files");
        for (what, path) in [("keeper", &self.keeper), ("visit", &self.visit)] {
            let Some(path) = path else { continue };
            ensure!(path.is_absolute(), "`{what}` must be an absolute path, this is {}", path.display());
        }
        if let Some(records) = &self.records {
            let spool = &records.spool;
            ensure!(spool.is_absolute(), "`spool` must be an absolute path, this is {}", spool.display());
            ensure!((1..=1024).contains(&records.outbox_mib), "`outbox_mib` is 1 to 1024");
        }
        self.reader.as_ref().map_or(Ok(()), |reader| reader.source().map(drop))?;
        self.camera.source()?;
        self.torch.as_ref().map_or(Ok(()), |torch| torch.source().map(drop))?;
        self.latch.as_ref().map_or(Ok(()), |latch| latch.source().map(drop))?;
        ensure!(
            self.sound.is_none() || self.buzzer.is_none(),
            "[sound] and [buzzer]: a lane is heard by one of them"
        );
        self.display.source()?;
        self.scanner.as_ref().map_or(Ok(()), |scanner| scanner.source().map(drop))?;
        self.check_apart()?;
        self.check_lines()?;
        self.hours()?;
        let (width, height) = (self.display.width, self.display.height);
        ensure!(
            (320..=1920).contains(&width) && (240..=1920).contains(&height),
            "a display of {width} x {height} pixels: 320 x 240 to 1920 x 1920 are drawn"
        );
        Ok(())
    }

    /// Two sections that name one device under two names: what a visitor holds under the scanner would be typed into the attendant's
    /// panel, or bytes of the card reader taken for a code.
    fn check_apart(&self) -> anyhow::Result<()> {
        let keys = self.keys.as_ref().map(|keys| ("keys.keyboard", &keys.keyboard));
        let reader = self.reader.as_ref().and_then(|reader| Some(("reader.serial", reader.serial.as_ref()?)));
        let scanner = self.scanner.as_ref();
        let keyboard = scanner.and_then(|scanner| Some(("scanner.keyboard", scanner.keyboard.as_ref()?)));
        let serial = scanner.and_then(|scanner| Some(("scanner.serial", scanner.serial.as_ref()?)));
        for pair in [keys.zip(keyboard), reader.zip(serial)] {
            let Some(((one, path), (other, second))) = pair else { continue };
            ensure!(
                canonical(path) != canonical(second),
                "`{one}` and `{other}` are the same device, {}: a scanner types into nothing but the scanner's section; name each by its \
                 own link of /dev/input/by-id, /dev/input/by-path or /dev/serial/by-path (`gate board init` lists them), and leave the \
                 section of the one that is not fitted out",
                canonical(path).display()
            );
        }
        Ok(())
    }

    /// A line does one thing: what lights a lamp and opens the latch would open it for everybody who is told to stop. A line that is named
    /// in one section and numbered in another is seen at the start, when the second of them is refused by the kernel.
    fn check_lines(&self) -> anyhow::Result<()> {
        let mut lines = self.lines();
        while let Some((one, wire)) = lines.pop() {
            ensure!(
                wire.chip.is_absolute(),
                "`{one}`: `chip` is a path, such as /dev/gpiochip0, this is {}",
                wire.chip.display()
            );
            let same = lines.iter().find(|(_, other)| {
                other.line == wire.line && canonical(&other.chip) == canonical(&wire.chip)
            });
            if let Some((other, _)) = same {
                bail!(
                    "`{other}` and `{one}` are the same line of {}: each wants its own",
                    wire.chip.display()
                );
            }
        }
        Ok(())
    }

    /// Every line that is fitted, by its key.
    fn lines(&self) -> Vec<(&'static str, Wire)> {
        let latch = self.latch.as_ref().and_then(|latch| latch.wire.as_ref());
        let single = [("latch.wire", latch), ("buzzer", self.buzzer.as_ref())];
        let single = single.into_iter().filter_map(|(name, wire)| Some((name, wire?.wire())));
        let lamps = self.lamps.iter().flat_map(LampsConfig::named);
        single.chain(lamps).chain(self.inputs.iter().flat_map(InputsConfig::named)).collect()
    }

    /// How loud it is at each hour.
    ///
    /// # Errors
    /// For anything but 24 digits.
    pub fn hours(&self) -> anyhow::Result<Hours> {
        let Some(sound) = &self.sound else { return Ok(Hours::usual()) };
        Hours::parse(&sound.volume).with_context(|| {
            format!(
                "`sound.volume` is 24 digits, 0 to 9, one for each hour from 0 to 23, not \"{}\"",
                sound.volume
            )
        })
    }

    /// Where staff's facts are.
    pub fn backroom(&self) -> Backroom {
        let (keeper, visit) = (self.keeper.clone(), self.visit.clone());
        let speaker = if self.sound.is_some() { Fitted::Fitted } else { Fitted::Absent };
        let spool = self.records.as_ref().map(|records| records.spool.clone());
        Backroom { data: self.data.clone(), station: self.station(), keeper, visit, spool, speaker }
    }

    /// How its screens look.
    pub fn manner(&self) -> Manner {
        manner(self.display.theme, self.display.language)
    }

    /// Where the terminal stands.
    pub fn station(&self) -> Station {
        Station { place: self.place, lane: self.lane }
    }
}

/// What a link leads to; itself while it is not there.
fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_a_good_configuration() {
        let config = Config::parse(SAMPLE).unwrap();
        assert_eq!((config.place, config.lane), (1, 1));
    }

    #[test]
    fn a_configuration_chooses_theme_and_language_and_without_a_word_the_house_does() {
        let chosen = |from: &str, to: &str| {
            assert!(SAMPLE.contains(from), "the sample has no {from}");
            Config::parse(&SAMPLE.replacen(from, to, 1)).unwrap().manner()
        };
        let light = Manner { theme: Theme::Light, ..Manner::HOUSE };
        assert_eq!(chosen("theme = \"dark\"", "theme = \"bright\""), light);
        let english = Manner { language: Language::English, ..Manner::HOUSE };
        assert_eq!(chosen("language = \"zh\"", "language = \"en\""), english);
        assert_eq!(Config::parse(SAMPLE).unwrap().manner(), Manner::HOUSE);
        assert_eq!(chosen("theme = \"dark\"", ""), Manner::HOUSE);
        assert_eq!(chosen("language = \"zh\"", ""), Manner::HOUSE);
    }

    #[test]
    fn bad_configurations_say_what_is_wrong() {
        for (from, to, expected) in [
            ("place = 1", "place = 1\ncolour = \"green\"", "unknown field `colour`"),
            ("lane = 1", "lane = \"one\"", "invalid type"),
            ("baud = 115200", "baud = 300", "readers speak"),
            ("baud = 115200", "usb = \"card reader\"", "as lsusb prints them"),
            ("serial = \"/dev/ttyS1\"", "", "[reader] names `serial`, a line, or `usb`"),
            ("data = \"/", "data = \"", "absolute path"),
            ("keeper = \"/", "keeper = \"", "absolute path"),
            ("visit = \"/", "visit = \"", "absolute path"),
            ("width = 800", "width = 8000", "320 x 240"),
            ("spool = \"/", "spool = \"", "absolute path"),
            ("outbox_mib = 128", "outbox_mib = 0", "1 to 1024"),
            ("theme = \"dark\"", "theme = \"blue\"", "unknown variant `blue`, expected `dark` or `bright`"),
            ("language = \"zh\"", "language = \"fr\"", "unknown variant `fr`, expected `zh` or `en`"),
            ("rtc = \"battery\"", "rtc = \"maybe\"", "unknown variant"),
            ("volume = \"333333366666666666666333\"", "volume = \"6\"", "24 digits"),
            ("volume = \"333333366666666666666333\"", "loudness = 6", "unknown field `loudness`"),
        ] {
            assert!(SAMPLE.contains(from), "the sample has no {from}");
            let error = Config::parse(&SAMPLE.replacen(from, to, 1)).unwrap_err();
            assert!(format!("{error:#}").contains(expected), "{from} -> {to}: {error:#}");
        }
    }

    #[test]
    fn a_line_that_does_two_things_is_refused_by_both_names() {
        let config = |chip: &str, line: u8| {
            let sections = format!(
                "[latch]\nwire = {{ chip = \"/dev/gpiochip0\", line = 5 }}\n[lamps]\npass = {{ chip = \"{chip}\", line = {line} }}\n"
            );
            Config::parse(&format!("{SAMPLE}\n{sections}"))
        };
        let error = format!("{:#}", config("/dev/gpiochip0", 5).unwrap_err());
        assert!(error.contains("`latch.wire` and `lamps.pass` are the same line"), "{error}");
        assert!(format!("{:#}", config("gpiochip0", 5).unwrap_err()).contains("`chip` is a path"));
        config("/dev/gpiochip0", 6).unwrap();
        config("/dev/gpiochip1", 5).unwrap();
    }

    #[test]
    fn a_scanner_that_is_the_attendants_keyboard_under_another_name_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("event3"), "").unwrap();
        std::fs::write(at("event4"), "").unwrap();
        std::os::unix::fs::symlink(at("event3"), at("by-id")).unwrap();
        let config = |scanner: &str| {
            let (keys, scanner) = (at("event3"), at(scanner));
            let sections = format!(
                "[keys]\nkeyboard = '{}'\n[scanner]\nkeyboard = '{}'\n",
                keys.display(),
                scanner.display()
            );
            Config::parse(&format!("{SAMPLE}\n{sections}"))
        };
        for same in ["event3", "by-id"] {
            let error = format!("{:#}", config(same).unwrap_err());
            assert!(error.contains("are the same device") && error.contains("by-path"), "{error}");
        }
        config("event4").unwrap();
        let reader = Config::parse(SAMPLE).unwrap().reader.unwrap().serial.unwrap();
        let line =
            |serial: &Path| Config::parse(&format!("{SAMPLE}\n[scanner]\nserial = '{}'\n", serial.display()));
        assert!(line(&reader).is_err() && line(Path::new("/dev/ttyS9")).is_ok());
    }
}
