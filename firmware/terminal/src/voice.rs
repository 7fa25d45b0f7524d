//! Voice packs: what the terminal says aloud, as replaceable folders of WAV files.
//! Promises: words belong to signals, never to people: a pack cannot say a name (DOMAIN §15); a file that is too long, of
//! another kind, a link or outside the folder is refused with its name, and no pipe is waited for; a pack that lacks words says
//! less, not nothing.
//! Must not know: loudspeakers, what a signal means.
//!
//! A folder of voices holds `mandarin/`, `sichuan/` or both, each with `manifest.toml`:
//! `format = 1`, `language`, `origin` and `licence` (texts for people), and `[words]` with a file name for each of
//! `pass`, `limit`, `stop`, `assist`, `hint`, `opened`. WAV: PCM, one channel, 16 bits, 16 000 samples a second, at most 6 s.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gate_core::screen::{Signal, Volume};
use gate_core::verdict::Verdict;
use gate_ui::sound;
use gate_wire::time::Timestamp;
use serde::Deserialize;

use crate::files;

mod wav;

pub use wav::WavError;

/// Longest words in seconds.
const LONGEST_S: usize = 6;
/// Bytes of the longest file, its header included.
const LARGEST: u64 = 2 * LONGEST_S as u64 * sound::RATE as u64 + 4_096;
/// Silence between tones and words, and between languages, in milliseconds.
const PAUSE_MS: usize = 180;

/// Which speech a pack holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// 普通话.
    Mandarin,
    /// 四川话.
    Sichuan,
}

impl Slot {
    /// In the order in which they are said.
    pub const ALL: [Slot; 2] = [Slot::Mandarin, Slot::Sichuan];

    /// The name of its folder.
    pub fn folder(self) -> &'static str {
        match self {
            Slot::Mandarin => "mandarin",
            Slot::Sichuan => "sichuan",
        }
    }
}

/// Why a folder of voices is not taken.
#[derive(Debug, thiserror::Error)]
pub enum VoiceError {
    /// No slot has a manifest.
    #[error("no voices in {}: neither mandarin/manifest.toml nor sichuan/manifest.toml", .0.display())]
    FindManifest(PathBuf),
    /// A file cannot be read.
    #[error("reading {}", path.display())]
    ReadFile {
        /// Which.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file is longer than the longest words.
    #[error("{} has {length} bytes: words of at most 6 s have at most {LARGEST}", path.display())]
    FitLength {
        /// Which.
        path: PathBuf,
        /// Its bytes.
        length: u64,
    },
    /// A manifest is not one.
    #[error("in {}", path.display())]
    ReadManifest {
        /// Which.
        path: PathBuf,
        /// Why.
        source: Box<toml::de::Error>,
    },
    /// The manifest's format is another.
    #[error("{} has format {format}; this program knows format 1", path.display())]
    KnowFormat {
        /// Which.
        path: PathBuf,
        /// Its format.
        format: u32,
    },
    /// A file's name leads elsewhere.
    #[error("{0:?} is no file name of the pack's own folder")]
    StayInFolder(String),
    /// Words of a signal that has none.
    #[error("nothing is said for {0:?}: words are pass, limit, stop, assist, hint, opened")]
    KnowWords(String),
    /// A file is no WAV file that can be played.
    #[error("in {}", path.display())]
    ReadWav {
        /// Which.
        path: PathBuf,
        /// Why.
        source: WavError,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: u32,
    language: String,
    origin: String,
    licence: String,
    words: BTreeMap<String, String>,
}

/// Words for signals, in up to two languages; empty says nothing.
#[derive(Clone, Debug, Default)]
pub struct Voices {
    words: BTreeMap<(Slot, &'static str), Vec<i16>>,
    about: Vec<String>,
}

impl Voices {
    /// The voices in this folder.
    ///
    /// # Errors
    /// [`VoiceError`]; nothing is taken of a folder in which anything is wrong.
    pub fn load(folder: &Path) -> Result<Voices, VoiceError> {
        let mut voices = Voices::default();
        for slot in Slot::ALL {
            let manifest = folder.join(slot.folder()).join("manifest.toml");
            if manifest.exists() {
                voices.take(slot, &manifest)?;
            }
        }
        if voices.about.is_empty() { Err(VoiceError::FindManifest(folder.to_owned())) } else { Ok(voices) }
    }

    fn take(&mut self, slot: Slot, path: &Path) -> Result<(), VoiceError> {
        let bytes = read(path)?;
        let manifest: Manifest = toml::from_str(&String::from_utf8_lossy(&bytes))
            .map_err(|source| VoiceError::ReadManifest { path: path.to_owned(), source: Box::new(source) })?;
        if manifest.format != 1 {
            return Err(VoiceError::KnowFormat { path: path.to_owned(), format: manifest.format });
        }
        for (name, file) in manifest.words {
            let word = WORDS.into_iter().find(|word| *word == name).ok_or(VoiceError::KnowWords(name))?;
            let path = path.with_file_name(own_file(&file)?);
            let samples = wav::samples(&read(&path)?, LONGEST_S * sound::RATE as usize)
                .map_err(|source| VoiceError::ReadWav { path, source })?;
            self.words.insert((slot, word), samples);
        }
        let Manifest { language, origin, licence, .. } = manifest;
        self.about.push(format!("{}: {language}, {origin}, {licence}", slot.folder()));
        Ok(())
    }

    /// What the packs say of themselves, a line each.
    pub fn about(&self) -> &[String] {
        &self.about
    }

    /// The signal's tones, then its words: samples, [`sound::RATE`] a second.
    pub fn samples(&self, signal: Signal, volume: Volume) -> Vec<i16> {
        let mut samples = sound::samples(signal, volume);
        let level = i32::from(volume.level()).pow(2);
        for slot in Slot::ALL {
            let Some(words) = word(signal).and_then(|word| self.words.get(&(slot, word))) else { continue };
            samples.resize(samples.len() + PAUSE_MS * sound::RATE as usize / 1_000, 0);
            // At most a whole sample: fits.
            samples.extend(words.iter().map(|sample| (i32::from(*sample) * level / 81) as i16));
        }
        samples
    }
}

const WORDS: [&str; 6] = ["pass", "limit", "stop", "assist", "hint", "opened"];

/// The words of a signal: a Stop that is told to the attendant only says what a Limit says.
fn word(signal: Signal) -> Option<&'static str> {
    match signal {
        Signal::Verdict(Verdict::Pass) => Some("pass"),
        Signal::Verdict(Verdict::Limit) | Signal::SilentStop => Some("limit"),
        Signal::Verdict(Verdict::Stop) => Some("stop"),
        Signal::Verdict(Verdict::Assist) => Some("assist"),
        Signal::Hint => Some("hint"),
        Signal::Opened => Some("opened"),
        Signal::Idle | Signal::Reading | Signal::Key | Signal::StaffRefused => None,
    }
}

/// A plain name: nothing of a pack lies outside its folder.
fn own_file(name: &str) -> Result<&str, VoiceError> {
    let plain = Path::new(name).file_name().is_some_and(|own| own == name);
    if plain { Ok(name) } else { Err(VoiceError::StayInFolder(name.to_owned())) }
}

/// At most as much as the longest words take.
fn read(path: &Path) -> Result<Vec<u8>, VoiceError> {
    files::read_most(path, LARGEST).map_err(|fault| match fault {
        files::ReadFault::TooLong(length) => VoiceError::FitLength { path: path.to_owned(), length },
        files::ReadFault::Other(cause) => {
            VoiceError::ReadFile { path: path.to_owned(), source: cause.into() }
        }
    })
}

/// How loud the terminal is at each hour of the day (UTC+8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours([Volume; 24]);

impl Hours {
    /// As a terminal comes: quieter from 21 to 7.
    pub const USUAL: &'static str = "333333366666666666666333";

    /// 24 digits, 0 (silent) to 9, for the hours from 0 to 23.
    pub fn parse(text: &str) -> Option<Hours> {
        let digits: Vec<Volume> =
            text.bytes().map_while(|digit| Volume::new(digit.checked_sub(b'0')?)).collect();
        if digits.len() == text.len() { digits.try_into().ok().map(Hours) } else { None }
    }

    /// As a terminal comes.
    #[must_use]
    pub fn usual() -> Hours {
        Hours::parse(Hours::USUAL).unwrap_or(Hours([Volume::USUAL; 24]))
    }

    /// The volume of the loudest hour.
    #[must_use]
    pub fn loudest(&self) -> Volume {
        self.0.into_iter().max().unwrap_or(Volume::USUAL)
    }

    /// The volume at a time; without one, that of noon: nobody is to miss a verdict because the clock is lost.
    pub fn at(&self, time: Option<Timestamp>) -> Volume {
        let hour = time.map_or(12, |time| time.civil_second() / 3_600);
        self.0.get(hour as usize).copied().unwrap_or(Volume::USUAL)
    }
}

#[cfg(test)]
mod tests;
