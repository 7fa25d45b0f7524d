//! `cargo xtask fonts`: makes the glyph and icon tables of `gate-ui` from an open font and from drawn shapes.
//! Promises: the characters come from the string tables; a character the font lacks is an error, not a gap.
//! Must not know: screens.

mod icons;
mod table;

#[path = "../../../firmware/ui/build/charset.rs"]
mod charset;

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, ensure};
use swash::scale::{Render, ScaleContext, Scaler, Source};
use swash::zeno::Format;
use swash::{FontDataRef, FontRef};

use table::Glyph;

/// Where the tables come from.
#[derive(clap::Args)]
pub(crate) struct Fonts {
    /// An OpenType font or collection, e.g. NotoSansCJK-Bold.ttc of Debian's fonts-noto-cjk.
    #[arg(long)]
    font: PathBuf,
    /// The name of the face within a collection.
    #[arg(long, default_value = "Noto Sans CJK SC")]
    face: String,
}

/// Writes every table of `assets/fonts/tables.toml` and `assets/icons`.
pub(crate) fn run(options: &Fonts) -> anyhow::Result<()> {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets");
    let bytes = std::fs::read(&options.font).with_context(|| format!("read {}", options.font.display()))?;
    let font = face(&bytes, &options.face)?;
    let languages = charset::languages(&assets).map_err(|cause| anyhow!("{cause}"))?;
    for rule in charset::rules(&assets).map_err(|cause| anyhow!("{cause}"))? {
        let glyphs = rasterise(font, rule.px, rule.charset(&languages).into_iter())?;
        write(&assets.join("fonts").join(&rule.file), rule.px, &glyphs)?;
    }
    for px in icons::SIZES {
        write(&assets.join(format!("icons/icons-{px}.glyphs")), px, &icons::draw(px))?;
    }
    Ok(())
}

fn face<'a>(bytes: &'a [u8], name: &str) -> anyhow::Result<FontRef<'a>> {
    let collection = FontDataRef::new(bytes).context("not an OpenType font")?;
    let named = |font: &FontRef<'_>| font.localized_strings().any(|entry| entry.chars().eq(name.chars()));
    collection.fonts().find(named).with_context(|| format!("no face {name} in the font"))
}

fn rasterise(
    font: FontRef<'_>,
    px: u16,
    characters: impl Iterator<Item = char>,
) -> anyhow::Result<Vec<Glyph>> {
    let mut context = ScaleContext::new();
    // Hinting sharpens small stems and bends large ones.
    let mut scaler = context.builder(font).size(f32::from(px)).hint(px <= 40).build();
    characters.map(|character| glyph(font, &mut scaler, px, character)).collect()
}

fn glyph(font: FontRef<'_>, scaler: &mut Scaler<'_>, px: u16, character: char) -> anyhow::Result<Glyph> {
    let id = font.charmap().map(character);
    ensure!(id != 0, "the font has no glyph for '{character}' (U+{:04X})", u32::from(character));
    let image = Render::new(&[Source::Outline]).format(Format::Alpha).render(scaler, id);
    let image = image.with_context(|| format!("the font has no outline for '{character}'"))?;
    let advance = font.glyph_metrics(&[]).scale(f32::from(px)).advance_width(id).round() as u16;
    let place = image.placement;
    Glyph { character, advance, left: place.left, top: place.top, width: place.width, alpha: image.data }
        .trimmed()
}

fn write(path: &Path, px: u16, glyphs: &[Glyph]) -> anyhow::Result<()> {
    let bytes = table::encode(px, glyphs)?;
    std::fs::write(path, &bytes).with_context(|| format!("write {}", path.display()))?;
    println!("{:>9} bytes  {:>5} glyphs  {}", bytes.len(), glyphs.len(), path.display());
    Ok(())
}
