//! The font of paper sheets: glyphs found, measured, and at the end embedded, only those that were used.
//! Promises: any font file is an error or a font, never a panic; a collection gives its simplified Chinese face.
//! Must not know: pages.
//!
//! A masked name can have any Han character, so no subset can lie in this repository: the desk reads the font of Debian's
//! `fonts-noto-cjk` (SIL Open Font License, which allows embedding), or one that `--font` names.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Chunk, Filter, Finish, Name, Rect, Ref, Str};
use skrifa::instance::{LocationRef, Size};
use skrifa::raw::FileRef;
use skrifa::string::StringId;
use skrifa::{FontRef, MetadataProvider, Tag};
use subsetter::GlyphRemapper;

use super::SheetsRefused;

/// Where Debian's `fonts-noto-cjk` puts it.
pub const DEFAULT_FONT: &str = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc";
const MAX_FONT_BYTES: u64 = 256 << 20;
const SYSTEM: SystemInfo<'static> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
/// The name in the PDF: six letters of a subset, then ours.
const NAME: &[u8] = b"TFGATE+SheetFont";

/// A font that sheets are set in.
pub struct SheetFont {
    data: Vec<u8>,
    index: u32,
    units_per_em: f32,
    known: BTreeMap<char, (u16, f32)>,
    used: GlyphRemapper,
    meant: BTreeMap<u16, char>,
}

/// Why a font is refused.
#[derive(Debug, thiserror::Error)]
pub enum FontRefused {
    /// Not a font that can be embedded.
    #[error("not a font with Han characters that can be embedded: {0}")]
    Read(String),
    /// It lacks a character that every sheet has.
    #[error("the font has no picture for {0:?}, which every sheet has")]
    Draw(char),
}

impl SheetFont {
    /// Opens a font file.
    ///
    /// # Errors
    /// [`SheetsRefused::ReadFont`] with what to install, [`SheetsRefused::Font`].
    pub fn open(path: &Path) -> Result<SheetFont, SheetsRefused> {
        let told = |reason: String| SheetsRefused::ReadFont { path: PathBuf::from(path), reason };
        let install = |error: std::io::Error| {
            told(format!("{error}; install Debian's fonts-noto-cjk, or name a font with --font"))
        };
        let mut data = Vec::new();
        let file = File::open(path).map_err(install)?;
        file.take(MAX_FONT_BYTES + 1).read_to_end(&mut data).map_err(install)?;
        if data.len() as u64 > MAX_FONT_BYTES {
            return Err(told(format!("larger than {MAX_FONT_BYTES} bytes")));
        }
        Ok(SheetFont::of(data)?)
    }

    /// The font in these bytes.
    ///
    /// # Errors
    /// [`FontRefused`].
    pub fn of(data: Vec<u8>) -> Result<SheetFont, FontRefused> {
        let index = simplified_chinese(&data)?;
        let units_per_em = {
            let font = face(&data, index)?;
            f32::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em.max(1))
        };
        let (known, meant) = (BTreeMap::new(), BTreeMap::new());
        let font = SheetFont { data, index, units_per_em, known, used: GlyphRemapper::new(), meant };
        match super::page::FIXED.iter().flat_map(|text| text.chars()).find(|c| font.look_up(*c).is_none()) {
            Some(missing) => Err(FontRefused::Draw(missing)),
            None => Ok(font),
        }
    }

    /// Whether every character has a picture.
    pub fn draws(&self, text: &str) -> bool {
        text.chars().all(|c| self.look_up(c).is_some())
    }

    /// The text as the PDF shows it, two bytes a glyph, and its width in units of the size.
    pub(super) fn set(&mut self, text: &str) -> (Vec<u8>, f32) {
        let (mut bytes, mut width) = (Vec::with_capacity(text.len() * 2), 0.0);
        for character in text.chars() {
            let Some((glyph, advance)) = self.glyph(character) else { continue };
            let embedded = self.used.remap(glyph);
            self.meant.entry(embedded).or_insert(character);
            bytes.extend_from_slice(&embedded.to_be_bytes());
            width += advance;
        }
        (bytes, width)
    }

    fn glyph(&mut self, character: char) -> Option<(u16, f32)> {
        if let Some(known) = self.known.get(&character) {
            return Some(*known);
        }
        let found = self.look_up(character)?;
        self.known.insert(character, found);
        Some(found)
    }

    fn look_up(&self, character: char) -> Option<(u16, f32)> {
        if let Some(known) = self.known.get(&character) {
            return Some(*known);
        }
        let font = face(&self.data, self.index).ok()?;
        let glyph = font.charmap().map(character)?;
        let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
        let advance = metrics.advance_width(glyph)? / self.units_per_em;
        let glyph = u16::try_from(glyph.to_u32()).ok().filter(|glyph| *glyph > 0)?;
        Some((glyph, advance))
    }

    /// The font's five objects: what was used of it, embedded. `ids` are the font, its descendant, its descriptor, its
    /// program and its map back to characters.
    pub(super) fn objects(&self, ids: [Ref; 5]) -> Result<Vec<Chunk>, FontRefused> {
        let [font, descendant, descriptor, program, map] = ids;
        let program_bytes = subsetter::subset(&self.data, self.index, &self.used)
            .map_err(|error| FontRefused::Read(error.to_string()))?;
        let outlines = Outlines::of(&program_bytes)?;
        Ok(vec![
            type_0(font, descendant, map),
            self.descendant((descendant, descriptor), outlines.kind)?,
            self.descriptor((descriptor, program), outlines.kind)?,
            outlines.embedded(program),
            self.map(map),
        ])
    }

    fn descendant(&self, (id, descriptor): (Ref, Ref), kind: Kind) -> Result<Chunk, FontRefused> {
        let font = face(&self.data, self.index)?;
        let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
        let width = |glyph: u16| metrics.advance_width(glyph.into()).unwrap_or(0.0);
        let widths: Vec<f32> =
            self.used.remapped_gids().map(|glyph| width(glyph) * 1000.0 / self.units_per_em).collect();
        let mut chunk = Chunk::new();
        let mut cid = chunk.cid_font(id);
        cid.subtype(if kind == Kind::Cff { CidFontType::Type0 } else { CidFontType::Type2 });
        cid.base_font(Name(NAME)).system_info(SYSTEM).font_descriptor(descriptor).default_width(1000.0);
        if kind == Kind::TrueType {
            cid.cid_to_gid_map_predefined(Name(b"Identity"));
        }
        cid.widths().consecutive(0, widths);
        cid.finish();
        Ok(chunk)
    }

    fn descriptor(&self, (id, program): (Ref, Ref), kind: Kind) -> Result<Chunk, FontRefused> {
        let font = face(&self.data, self.index)?;
        let metrics = font.metrics(Size::unscaled(), LocationRef::default());
        let scaled = |units: f32| units * 1000.0 / self.units_per_em;
        let bounds = metrics.bounds.unwrap_or_default();
        let mut chunk = Chunk::new();
        let mut descriptor = chunk.font_descriptor(id);
        descriptor.name(Name(NAME)).flags(FontFlags::SYMBOLIC).italic_angle(0.0);
        descriptor.bbox(Rect::new(
            scaled(bounds.x_min),
            scaled(bounds.y_min),
            scaled(bounds.x_max),
            scaled(bounds.y_max),
        ));
        descriptor.ascent(scaled(metrics.ascent)).descent(scaled(metrics.descent));
        descriptor.cap_height(scaled(metrics.cap_height.unwrap_or(metrics.ascent))).stem_v(80.0);
        match kind {
            Kind::Cff => descriptor.font_file3(program),
            Kind::TrueType => descriptor.font_file2(program),
        };
        descriptor.finish();
        Ok(chunk)
    }

    fn map(&self, id: Ref) -> Chunk {
        let mut map = UnicodeCmap::new(Name(b"Custom"), SYSTEM);
        self.meant.iter().for_each(|(glyph, character)| map.pair(*glyph, *character));
        let packed = packed(&map.finish());
        let mut chunk = Chunk::new();
        chunk.stream(id, &packed).filter(Filter::FlateDecode);
        chunk
    }
}

fn type_0(id: Ref, descendant: Ref, map: Ref) -> Chunk {
    let mut chunk = Chunk::new();
    let mut font = chunk.type0_font(id);
    font.base_font(Name(NAME)).encoding_predefined(Name(b"Identity-H"));
    font.descendant_font(descendant).to_unicode(map);
    font.finish();
    chunk
}

/// What glyphs are drawn with.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Cff,
    TrueType,
}

struct Outlines {
    kind: Kind,
    bytes: Vec<u8>,
}

impl Outlines {
    /// A bare CFF program where there is one; else the whole TrueType font.
    fn of(font: &[u8]) -> Result<Outlines, FontRefused> {
        let read = FontRef::new(font).map_err(|error| FontRefused::Read(error.to_string()))?;
        Ok(match read.table_data(Tag::new(b"CFF ")) {
            Some(cff) => Outlines { kind: Kind::Cff, bytes: cff.as_bytes().to_vec() },
            None => Outlines { kind: Kind::TrueType, bytes: font.to_vec() },
        })
    }

    fn embedded(&self, id: Ref) -> Chunk {
        let bytes = packed(&self.bytes);
        let mut chunk = Chunk::new();
        let mut stream = chunk.stream(id, &bytes);
        stream.filter(Filter::FlateDecode);
        match self.kind {
            Kind::Cff => stream.pair(Name(b"Subtype"), Name(b"CIDFontType0C")),
            Kind::TrueType => {
                stream.pair(Name(b"Length1"), i32::try_from(self.bytes.len()).unwrap_or(i32::MAX))
            }
        };
        stream.finish();
        chunk
    }
}

/// Deflated, as PDF's FlateDecode reads it.
pub(super) fn packed(bytes: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec_zlib(bytes, 6)
}

fn face(data: &[u8], index: u32) -> Result<FontRef<'_>, FontRefused> {
    FontRef::from_index(data, index).map_err(|error| FontRefused::Read(error.to_string()))
}

fn simplified_chinese(data: &[u8]) -> Result<u32, FontRefused> {
    let faces = match FileRef::new(data).map_err(|error| FontRefused::Read(error.to_string()))? {
        FileRef::Font(_) => 1,
        FileRef::Collection(collection) => collection.len().min(64),
    };
    let is_chinese = |index: &u32| {
        let family = face(data, *index).ok().map(|font| {
            let names = font.localized_strings(StringId::FAMILY_NAME);
            names.into_iter().any(|name| name.to_string().ends_with(" SC"))
        });
        family == Some(true)
    };
    Ok((0..faces).find(is_chinese).unwrap_or(0))
}
