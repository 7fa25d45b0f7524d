//! Every form of every person in every file of a folder, in one pass a file; a PDF's streams are unpacked and searched too.

use std::fs;
use std::path::{Path, PathBuf};

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use crate::people::{Form, Invented};

pub(crate) struct Search {
    forms: Vec<Form>,
    machine: AhoCorasick,
}

/// Where somebody was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) form: Form,
    file: PathBuf,
    at: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) files: usize,
    pub(crate) bytes: u64,
    pub(crate) streams: usize,
    pub(crate) hits: Vec<Hit>,
}

impl Search {
    pub(crate) fn of(crowd: &[Invented]) -> Search {
        let (forms, patterns): (Vec<Form>, Vec<Vec<u8>>) = crowd.iter().flat_map(Invented::forms).unzip();
        let builder = AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build(patterns);
        Search { forms, machine: builder.unwrap() }
    }

    pub(crate) fn forms(&self) -> usize {
        self.forms.len()
    }

    pub(crate) fn folder(&self, folder: &Path) -> Found {
        let mut found = Found::default();
        self.walk(folder, &mut found);
        found
    }

    fn walk(&self, folder: &Path, found: &mut Found) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            assert_eq!(
                self.hits(entry.file_name().as_encoded_bytes(), &entry.path()),
                [],
                "in a file's name"
            );
            if kind.is_dir() {
                self.walk(&entry.path(), found);
            } else if kind.is_file() {
                let bytes = fs::read(entry.path()).unwrap();
                found.files += 1;
                found.bytes += bytes.len() as u64;
                found.hits.extend(self.hits(&bytes, &entry.path()));
                for stream in unpacked(&bytes) {
                    found.streams += 1;
                    found.hits.extend(self.hits(&stream, &entry.path()));
                }
            }
        }
    }

    /// In bytes that come from `file`.
    pub(crate) fn hits(&self, bytes: &[u8], file: &Path) -> Vec<Hit> {
        let matches = self.machine.find_overlapping_iter(bytes);
        let told = matches.map(|hit| (self.forms[hit.pattern().as_usize()], hit.start(), hit.end()));
        let real =
            told.filter(|(form, start, end)| *form != Form::LastEight || stands_alone(bytes, *start, *end));
        let mut hits = Vec::new();
        for (form, at, _) in real {
            let hit = Hit { form, file: file.to_path_buf(), at };
            // Many people share a given name.
            if hits.len() < 20 && !hits.contains(&hit) {
                hits.push(hit);
            }
        }
        hits
    }
}

/// What a PDF holds packed; of other files nothing.
fn unpacked(file: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let mut rest = if file.starts_with(b"%PDF") { file } else { &[] };
    std::iter::from_fn(move || {
        let (length, after) = next_stream(rest)?;
        rest = &after[length..];
        Some(miniz_oxide::inflate::decompress_to_vec_zlib(&after[..length]).unwrap())
    })
}

/// The length of the next stream, and the file from its first byte on.
fn next_stream(file: &[u8]) -> Option<(usize, &[u8])> {
    let find = |text: &[u8], part: &[u8]| text.windows(part.len()).position(|window| window == part);
    let from = find(file, b"/Length ")? + 8;
    let digits = file[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let length = std::str::from_utf8(&file[from..from + digits]).unwrap().parse().unwrap();
    let start = from + find(&file[from..], b"stream\n")? + 7;
    Some((length, &file[start..]))
}

/// Eight digits inside a digest in hexadecimal are nobody's.
fn stands_alone(bytes: &[u8], start: usize, end: usize) -> bool {
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_hexdigit);
    !digit(start.checked_sub(1)) && !digit(Some(end))
}
