//! The section of a configuration that says which display is fitted.
//! Promises: a display that this program was built without is refused in words; nothing is opened.
//! Must not know: how a display works.

use std::path::{Path, PathBuf};

use anyhow::bail;
#[cfg(feature = "spi")]
use gate_hal_linux::spi_panel::{Controller, Glass, SpiScreen, Turned};

use super::{LanguageWord, ThemeWord, WireConfig};

/// A display.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisplayConfig {
    /// A framebuffer of the kernel, or a file of RGB565 rows; beside `drm`, what is fallen back on.
    #[serde(default)]
    pub framebuffer: Option<PathBuf>,
    /// A card of the kernel's display driver.
    #[serde(default)]
    pub drm: Option<PathBuf>,
    /// A screen on a serial bus.
    #[serde(default)]
    pub spi: Option<SpiConfig>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Dark for halls, bright for places in the sun.
    #[serde(default)]
    pub theme: ThemeWord,
    /// The language that leads.
    #[serde(default)]
    pub language: LanguageWord,
}

/// A screen on a serial bus.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpiConfig {
    /// The bus and its chip select: `/dev/spidev0.0`.
    pub device: PathBuf,
    /// Which controller.
    pub controller: ControllerWord,
    /// The line that tells commands from pixels.
    pub data_command: WireConfig,
    /// The line that resets the controller, if it is wired.
    #[serde(default)]
    pub reset: Option<WireConfig>,
    /// Megahertz of the bus.
    #[serde(default = "default_megahertz")]
    pub megahertz: u8,
    /// Degrees by which the glass is turned clockwise: 0, 90, 180 or 270.
    #[serde(default)]
    pub turned: u16,
    /// What the glass makes of colours.
    #[serde(default)]
    pub glass: GlassWord,
}

/// A controller, as a configuration spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControllerWord {
    /// 240 x 320.
    Ili9341,
    /// 240 x 320.
    St7789,
    /// 320 x 480.
    St7796,
}

/// A glass, as a configuration spells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GlassWord {
    /// It shows what is sent.
    #[default]
    Plain,
    /// It shows negatives.
    Inverted,
}

/// What shows screens.
#[derive(Clone, Debug)]
pub enum DisplaySource<'a> {
    /// A framebuffer or a file.
    Framebuffer(&'a Path),
    /// A card, and what is fallen back on.
    #[cfg(feature = "drm")]
    Drm {
        /// The card.
        card: &'a Path,
        /// The framebuffer that is used while the card does not work.
        or: Option<&'a Path>,
    },
    /// A screen on a bus.
    #[cfg(feature = "spi")]
    Spi(SpiScreen),
}

fn default_megahertz() -> u8 {
    32
}

impl DisplayConfig {
    /// What shows screens.
    ///
    /// # Errors
    /// If that is not said, or this program was built without it.
    pub fn source(&self) -> anyhow::Result<DisplaySource<'_>> {
        match (&self.framebuffer, &self.drm, &self.spi) {
            (Some(path), None, None) => Ok(DisplaySource::Framebuffer(path)),
            (or, Some(card), None) => drm(card, or.as_deref()),
            (None, None, Some(screen)) => spi(screen),
            _ => bail!(
                "[display] names `framebuffer`, `drm` or `spi`; `framebuffer` beside `drm` is fallen back on"
            ),
        }
    }
}

#[cfg(feature = "drm")]
fn drm<'a>(card: &'a Path, or: Option<&'a Path>) -> anyhow::Result<DisplaySource<'a>> {
    Ok(DisplaySource::Drm { card, or })
}

#[cfg(not(feature = "drm"))]
fn drm<'a>(_card: &'a Path, or: Option<&'a Path>) -> anyhow::Result<DisplaySource<'a>> {
    match or {
        Some(path) => Ok(DisplaySource::Framebuffer(path)),
        None => bail!(
            "`display.drm`: this program was built without the feature `drm`; `framebuffer` works without"
        ),
    }
}

#[cfg(feature = "spi")]
fn spi(screen: &SpiConfig) -> anyhow::Result<DisplaySource<'_>> {
    let turned = match screen.turned {
        0 => Turned::Upright,
        90 => Turned::Quarter,
        180 => Turned::Half,
        270 => Turned::ThreeQuarters,
        other => bail!("`display.spi.turned` is 0, 90, 180 or 270, not {other}"),
    };
    anyhow::ensure!((1..=125).contains(&screen.megahertz), "`display.spi.megahertz` is 1 to 125");
    Ok(DisplaySource::Spi(SpiScreen {
        device: screen.device.clone(),
        controller: match screen.controller {
            ControllerWord::Ili9341 => Controller::Ili9341,
            ControllerWord::St7789 => Controller::St7789,
            ControllerWord::St7796 => Controller::St7796,
        },
        data_command: screen.data_command.wire(),
        reset: screen.reset.as_ref().map(WireConfig::wire),
        megahertz: screen.megahertz,
        turned,
        glass: match screen.glass {
            GlassWord::Plain => Glass::Plain,
            GlassWord::Inverted => Glass::Inverted,
        },
    }))
}

#[cfg(not(feature = "spi"))]
fn spi(_screen: &SpiConfig) -> anyhow::Result<DisplaySource<'_>> {
    bail!("[display.spi]: this program was built without the feature `spi`")
}

#[cfg(test)]
mod tests {
    use super::super::{Config, SAMPLE};
    use super::*;

    /// The sample with these words for its framebuffer.
    fn with(display: &str) -> anyhow::Result<Config> {
        let line = SAMPLE.lines().find(|line| line.starts_with("framebuffer")).unwrap();
        Config::parse(&SAMPLE.replacen(line, display, 1))
    }

    #[test]
    fn a_card_falls_back_on_a_framebuffer_in_a_program_with_and_without_its_driver() {
        let config = with("drm = \"/dev/dri/card0\"\nframebuffer = \"/dev/fb0\"").unwrap();
        match config.display.source().unwrap() {
            DisplaySource::Framebuffer(path) => {
                assert!(!cfg!(feature = "drm") && path == Path::new("/dev/fb0"))
            }
            #[cfg(feature = "drm")]
            DisplaySource::Drm { or, .. } => assert_eq!(or, Some(Path::new("/dev/fb0"))),
            #[cfg(feature = "spi")]
            DisplaySource::Spi(_) => panic!("no bus was named"),
        }
    }

    #[test]
    fn a_display_that_is_not_named_or_not_built_in_is_refused_with_what_to_do() {
        let refused = |words: &str| format!("{:#}", with(words).unwrap_err());
        assert!(refused("").contains("[display] names"));
        let spi = "spi = { device = \"/dev/spidev0.0\", controller = \"st7789\", turned = 45, \
                   data_command = { chip = \"/dev/gpiochip0\", line = 25 } }";
        let expected = if cfg!(feature = "spi") { "0, 90, 180 or 270" } else { "without the feature `spi`" };
        assert!(refused(spi).contains(expected), "{}", refused(spi));
        if cfg!(not(feature = "drm")) {
            assert!(refused("drm = \"/dev/dri/card0\"").contains("without the feature `drm`"));
        }
    }
}
