//! What is wrong with a policy, before a terminal sees it.
//! Promises: whatever passes here is accepted by the terminal's loader, and every row but the last decides some case; a
//! complaint names line and column. Nothing is read past the size that terminals read, and no nesting recurses.
//! Must not know: files.

use gate_core::json::{MAX_DOCUMENT_BYTES, MAX_NESTING};
use gate_core::manifest::Dataset;
use gate_core::policy::{MAX_ROWS, Policy, PolicyError, RowNumber};
use gate_core::verdict::{Reason, Verdict};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::complaint::{Complaint, nearest};
use super::rows;
use super::words::case_in_words;
use crate::forms::PolicyForm;

/// A policy that is fit to be published.
#[derive(Debug)]
pub struct Checked {
    /// As the terminal reads it.
    pub policy: Policy,
    /// Its settings and rows in words, a line each.
    pub words: Vec<String>,
    /// How many cases were looked at.
    pub cases: usize,
}

/// Checks a policy's text.
///
/// # Errors
/// What is wrong: the first thing that keeps it from being read, or everything that its rows do wrong.
pub fn check(bytes: &[u8]) -> Result<Checked, Vec<Complaint>> {
    let text = readable(bytes).map_err(|one| vec![one])?;
    let form: PolicyForm = serde_json::from_str(text).map_err(|error| vec![Complaint::of_json(&error)])?;
    let source = Source::of(text).map_err(|error| vec![Complaint::of_json(&error)])?;
    let mut complaints = form_complaints(&source, &form);
    if complaints.is_empty() {
        match Policy::load(bytes) {
            Ok(policy) => {
                let (wrong, cases) = rows::complaints(&source, &form, &policy);
                if wrong.is_empty() {
                    return Ok(Checked { policy, words: form.in_words(), cases });
                }
                complaints = wrong;
            }
            Err(error) => complaints.push(source.refusal(&form, &error)),
        }
    }
    Err(complaints)
}

/// The gate of the terminal's own reader, with places that people can find.
fn readable(bytes: &[u8]) -> Result<&str, Complaint> {
    let text = core::str::from_utf8(&bytes[..bytes.len().min(MAX_DOCUMENT_BYTES + 1)]);
    let upto = |at: usize| core::str::from_utf8(&bytes[..at]).unwrap_or_default();
    if bytes.len() > MAX_DOCUMENT_BYTES {
        let found = format!("{} bytes, a terminal reads {MAX_DOCUMENT_BYTES}", bytes.len());
        return Err(Complaint::at("", 0, found, "leave out blanks and merge rows that say the same"));
    }
    let text = text.map_err(|error| {
        let at = error.valid_up_to();
        Complaint::at(upto(at), at, "bytes that are not UTF-8", "save the file as UTF-8")
    })?;
    if text.starts_with('\u{FEFF}') {
        return Err(Complaint::at(text, 0, "a byte order mark", "save the file as UTF-8 without BOM"));
    }
    nesting(text)?;
    Ok(text)
}

fn nesting(text: &str) -> Result<(), Complaint> {
    let (mut depth, mut in_string) = (0_usize, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\\' => {
                let remedy = "write the character itself: terminals read no escapes";
                return Err(Complaint::at(text, at, "a backslash", remedy));
            }
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_NESTING {
            let found = format!("brackets nested deeper than {MAX_NESTING}");
            return Err(Complaint::at(text, at, found, "a policy's rows need three; close one before"));
        }
    }
    Ok(())
}

/// The text, and where its rows begin.
pub(super) struct Source<'a> {
    text: &'a str,
    rows: Vec<&'a str>,
}

#[derive(Deserialize)]
struct Rows<'a> {
    #[serde(borrow)]
    rows: Vec<&'a RawValue>,
}

impl<'a> Source<'a> {
    fn of(text: &'a str) -> Result<Source<'a>, serde_json::Error> {
        let parsed: Rows<'a> = serde_json::from_str(text)?;
        Ok(Source { text, rows: parsed.rows.into_iter().map(RawValue::get).collect() })
    }

    /// At a row, or at a column of it.
    pub(super) fn at_row(&self, row: usize, key: &str, found: String, remedy: String) -> Complaint {
        let of_row = self.rows.get(row).copied().unwrap_or_default();
        let inside = if key.is_empty() { 0 } else { of_row.find(&format!("\"{key}\"")).unwrap_or(0) };
        // A row borrows from the text: its address tells where it begins.
        let start = (of_row.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        Complaint::at(self.text, start + inside, format!("row {}: {found}", row + 1), remedy)
    }

    fn at_setting(&self, key: &str, found: String, remedy: &str) -> Complaint {
        let at = self.text.find(&format!("\"{key}\"")).unwrap_or(0);
        Complaint::at(self.text, at, found, remedy)
    }

    pub(super) fn row(&self, row: usize) -> &'a str {
        self.rows.get(row).copied().unwrap_or_default()
    }

    fn refusal(&self, form: &PolicyForm, error: &PolicyError) -> Complaint {
        let row = |number: RowNumber| usize::from(number.0).saturating_sub(1);
        match error {
            PolicyError::OutOfRange { what } => self.out_of_range(what),
            PolicyError::ForeignFormat { found } => {
                self.at_setting("format", format!("format {found}"), "this version reads format 1")
            }
            PolicyError::Bands(refused) => {
                self.at_setting("bands", refused.to_string(), "days, rising, for each dataset named")
            }
            PolicyError::WrongReason { row: at } => {
                self.at_row(row(*at), "reason", "wrong reason".into(), "use a code of its verdict".into())
            }
            PolicyError::FallbackDecides { row: at } => {
                let remedy = "verdict assist, reason A42, advice staff_lane".to_owned();
                self.at_row(row(*at), "verdict", "a row without columns that is not Assist: what no row speaks of goes to the attendant (DOMAIN §2)".to_owned(), remedy)
            }
            PolicyError::Uncovered { case } => {
                let found = format!("no row decides: {}", case_in_words(case));
                let remedy = "add a row, or a last row without columns (DOMAIN §2)".to_owned();
                self.at_row(form.rows.len().saturating_sub(1), "", found, remedy)
            }
            PolicyError::Breaks { row: at, rule, case } => {
                let remedy = format!(
                    "change its verdict, reason or advice, or put a narrower row before it; first case: {}",
                    case_in_words(case)
                );
                self.at_row(row(*at), "verdict", rule.to_string(), remedy)
            }
            PolicyError::DiffersByIssuer { ours, other, case } => {
                let found =
                    format!("another verdict than row {} for another issuer alone (DOMAIN §6)", ours.0);
                let remedy = format!(
                    "take \"issuer\" out, or give both the same verdict; first case: {}",
                    case_in_words(case)
                );
                self.at_row(row(*other), "verdict", found, remedy)
            }
            PolicyError::Json(error) => {
                Complaint::at(self.text, 0, error.to_string(), "write it as the default policies are")
            }
        }
    }

    fn out_of_range(&self, what: &str) -> Complaint {
        let (key, remedy) = match what {
            "places" => ("places", "name at least one kind of place"),
            "list_stale_after_days" => (what, "1 to 60 days"),
            "test_days" => (what, "1 to 30 days"),
            "high_temperature_tenths" => (what, "tenths of a degree, 360 to 420: 373 is 37.3 °C"),
            "again_after" => (what, "1 or more; 65535 is never"),
            "issued" => (what, "seconds since 1970, or 0: it is set when it is published"),
            _ => ("platform_prefixes", "at most 8, of 4 to 64 bytes each, and none begins with TF1:"),
        };
        self.at_setting(key, format!("{what} is out of range"), remedy)
    }
}

/// What the form alone shows.
fn form_complaints(source: &Source<'_>, form: &PolicyForm) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    if form.rows.len() > MAX_ROWS {
        let found = format!("the {}th row, a policy has at most {MAX_ROWS}", MAX_ROWS + 1);
        complaints.push(source.at_row(MAX_ROWS, "", found, "merge rows that say the same".into()));
    }
    if form.rows.is_empty() {
        let remedy = "add rows; the last one has no columns and decides what is left (DOMAIN §2)";
        complaints.push(source.at_setting("rows", "no rows".into(), remedy));
    }
    for (row, of_form) in form.rows.iter().enumerate() {
        complaints.extend(reason_complaint(source, row, (of_form.verdict, &of_form.reason)));
        complaints.extend(rows::list_complaints(source, row));
        if form.bands.limits(Dataset::StatusList).is_none() && of_form.speaks_of_bands() {
            let found = "without bands of status-list no list is ever \"ageing\" or \"expired\"".to_owned();
            complaints.push(source.at_row(row, "data", found, "add \"bands\", or take the word out".into()));
        }
    }
    complaints
}

fn reason_complaint(source: &Source<'_>, row: usize, (verdict, code): (Verdict, &str)) -> Option<Complaint> {
    let codes = |of: Option<Verdict>| -> Vec<&str> {
        let known = Reason::ALL.iter().filter(|reason| of.is_none_or(|verdict| reason.verdict() == verdict));
        known.map(|reason| reason.code()).collect()
    };
    let (found, remedy) = match Reason::from_code(code) {
        None => (format!("no reason has the code \"{code}\""), nearest(code, &codes(Some(verdict)))),
        Some(reason) if reason.verdict() != verdict => (
            format!("reason {code} belongs to {:?}, the verdict is {verdict:?}", reason.verdict()),
            format!("reasons of {verdict:?} are {}", codes(Some(verdict)).join(", ")),
        ),
        Some(_) => return None,
    };
    Some(source.at_row(row, "reason", found, remedy))
}

#[cfg(test)]
mod tests;
