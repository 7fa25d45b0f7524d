//! Which characters each glyph table holds: computed from the string tables, never written down by hand.
//! Promises: the tool that makes the tables and the build that checks them ask this same code.
//! Must not know: fonts, pixels.

use std::collections::BTreeSet;
use std::path::Path;

/// Why the assets cannot be used, in words for whoever edits them.
pub(crate) type Refused = Box<dyn std::error::Error>;

/// The texts of one language: section, key, text.
pub(crate) type Texts = Vec<(String, String, String)>;

/// One `[[table]]` of `assets/fonts/tables.toml`.
pub(crate) struct Rule {
    /// File name under `assets/fonts`.
    pub(crate) file: String,
    /// Pixels per em.
    pub(crate) px: u16,
    sections: [Vec<String>; 2],
    further: BTreeSet<char>,
}

impl Rule {
    /// Whether texts of `section` can be drawn with this table in language 0 (zh) or 1 (en).
    pub(crate) fn covers(&self, language: usize, section: &str) -> bool {
        self.sections
            .get(language)
            .is_some_and(|names| names.iter().any(|name| name == "*" || name == section))
    }

    /// Every character of the table.
    pub(crate) fn charset(&self, languages: &[Texts; 2]) -> BTreeSet<char> {
        let mut all = self.further.clone();
        for (language, texts) in languages.iter().enumerate() {
            let mine = texts.iter().filter(|(section, ..)| self.covers(language, section));
            mine.for_each(|(_, _, text)| all.extend(text.chars()));
        }
        all
    }
}

/// Reads `zh.toml` and `en.toml`, which must hold the same keys in the same sections.
pub(crate) fn languages(assets: &Path) -> Result<[Texts; 2], Refused> {
    let zh = texts(&assets.join("strings/zh.toml"))?;
    let en = texts(&assets.join("strings/en.toml"))?;
    let keys = |texts: &Texts| -> BTreeSet<(String, String)> {
        texts.iter().map(|(section, key, _)| (section.clone(), key.clone())).collect()
    };
    match keys(&zh).symmetric_difference(&keys(&en)).next() {
        None => Ok([zh, en]),
        Some((section, key)) => Err(format!("[{section}] {key} is missing in zh.toml or en.toml").into()),
    }
}

fn texts(path: &Path) -> Result<Texts, Refused> {
    let mut texts = Texts::new();
    for (section, entries) in parsed(path)? {
        let entries = entries.as_table().ok_or("a text stands outside a section")?;
        for (key, text) in entries {
            let text = text.as_str().ok_or_else(|| format!("[{section}] {key} is no text"))?;
            texts.push((section.clone(), key.clone(), text.to_owned()));
        }
    }
    Ok(texts)
}

/// Reads `tables.toml` and the character files that it names.
pub(crate) fn rules(assets: &Path) -> Result<Vec<Rule>, Refused> {
    let fonts = assets.join("fonts");
    let file = parsed(&fonts.join("tables.toml"))?;
    let tables = file.get("table").and_then(toml::Value::as_array).ok_or("tables.toml names no table")?;
    tables.iter().map(|table| rule(&fonts, table)).collect()
}

fn rule(fonts: &Path, table: &toml::Value) -> Result<Rule, Refused> {
    let text = |key: &str| {
        table
            .get(key)
            .and_then(toml::Value::as_str)
            .map(str::to_owned)
            .ok_or_else(|| format!("table without {key}"))
    };
    let px = table.get("px").and_then(toml::Value::as_integer).ok_or("table without px")?;
    let mut further: BTreeSet<char> = text("extra").unwrap_or_default().chars().collect();
    if table.get("ascii").and_then(toml::Value::as_bool).unwrap_or(false) {
        further.extend(' '..='~');
    }
    for name in names(table, "files") {
        let characters = std::fs::read_to_string(fonts.join(name))?;
        further.extend(characters.chars().filter(|character| !character.is_whitespace()));
    }
    let sections = [names(table, "zh"), names(table, "en")];
    Ok(Rule { file: text("file")?, px: u16::try_from(px)?, sections, further })
}

fn names(table: &toml::Value, key: &str) -> Vec<String> {
    let list = table.get(key).and_then(toml::Value::as_array);
    list.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

fn parsed(path: &Path) -> Result<toml::Table, Refused> {
    let text = std::fs::read_to_string(path).map_err(|cause| format!("{}: {cause}", path.display()))?;
    text.parse().map_err(|cause| format!("{}: {cause}", path.display()).into())
}
