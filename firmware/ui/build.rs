//! Turns the string tables into Rust constants, and refuses a text that could not be drawn.
//! Promises: no text of the product can reach a screen with a glyph missing: the build stops first.
//! Must not know: layouts.

#[path = "build/charset.rs"]
mod charset;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use charset::{Refused, Rule, Texts};

fn main() -> Result<(), Refused> {
    let assets = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../../assets");
    println!("cargo::rerun-if-changed={}", assets.join("strings").display());
    println!("cargo::rerun-if-changed={}", assets.join("fonts").display());
    println!("cargo::rerun-if-changed=build");
    let languages = charset::languages(&assets)?;
    for rule in charset::rules(&assets)? {
        check_glyphs(&assets, &rule, &languages)?;
    }
    let code = constants(&languages)?;
    std::fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("strings.rs"), code)?;
    Ok(())
}

fn check_glyphs(assets: &Path, rule: &Rule, languages: &[Texts; 2]) -> Result<(), Refused> {
    let table = std::fs::read(assets.join("fonts").join(&rule.file))?;
    let file = &rule.file;
    if table.get(4..6) != Some(&rule.px.to_le_bytes()) {
        return Err(format!("{file} is not of {} px: run `cargo xtask fonts`", rule.px).into());
    }
    let held = held_characters(&table);
    let needed = rule.charset(languages);
    let Some(missing) = needed.difference(&held).next() else { return Ok(()) };
    let texts = languages.iter().flatten().filter(|(_, _, text)| text.contains(*missing));
    let keys: Vec<String> = texts.map(|(section, key, _)| format!("[{section}] {key}")).collect();
    Err(format!("{file} has no '{missing}' ({}): run `cargo xtask fonts`", keys.join(", ")).into())
}

/// The characters of a glyph table; the layout is in `src/glyphs.rs`.
fn held_characters(table: &[u8]) -> BTreeSet<char> {
    let word =
        |at: usize| table.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
    let count = word(12).unwrap_or(0) as usize;
    (0..count).filter_map(|i| word(16 + 16 * i).and_then(char::from_u32)).collect()
}

fn constants([zh, en]: &[Texts; 2]) -> Result<String, Refused> {
    let mut code = String::new();
    for (section, key, zh) in zh {
        let same = |(other_section, other_key, _): &&(String, String, String)| {
            (other_section, other_key) == (section, key)
        };
        let (_, _, en) = en.iter().find(same).ok_or("languages differ")?;
        let name = format!("{section}_{key}").to_uppercase();
        writeln!(code, "pub(crate) const {name}: Text = Text {{ zh: {zh:?}, en: {en:?} }};")?;
    }
    Ok(code)
}
