//! The subjects of a table's lines, kept while a list is built: Argon2id is paid once a person, even when the build is
//! killed and begun again, when two people meet in one place, or when the next list is built from the same lines.
//! Promises: a line that changed is not taken from the cache, nor a record of which a bit changed: a subject that is another
//! one loses a person without a trace; memory for one line; no number is in the file.
//! Must not know: what a line says.
//!
//! One record of 58 bytes a good line, in order: line u64 · check 16 · colour u8 · subjects u8 · two subjects of 12,
//! big-endian · seal 8, of the bytes before it. The file says who is in the table to whoever holds the desk's keys: it is for the desk alone, mode 0600.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use gate_proof::digest::{Digest, hmac_sha256};
use gate_proof::subject::Subject;
use gate_status::Person;
use gate_wire::credential::Colour;
use zeroize::Zeroizing;

const TEXT_BYTES: usize = 50;
const SEAL_BYTES: usize = 8;
const RECORD_BYTES: usize = TEXT_BYTES + SEAL_BYTES;
const COLOURS: [Colour; 3] = [Colour::Green, Colour::Yellow, Colour::Red];

/// What tells whether a line is the one it was.
pub(crate) type Check = [u8; 16];

/// What seals records.
#[derive(Clone)]
pub(crate) struct RecordKey(Zeroizing<[u8; 32]>);

impl RecordKey {
    pub(crate) fn new(key: Zeroizing<[u8; 32]>) -> RecordKey {
        RecordKey(key)
    }

    fn seal(&self, text: &[u8]) -> [u8; SEAL_BYTES] {
        let Digest(digest) = hmac_sha256(&self.0, &[text]);
        core::array::from_fn(|at| digest[at])
    }
}

/// The cache while a table is read.
pub(crate) struct RowCache {
    path: PathBuf,
    key: RecordKey,
    old: Option<BufReader<File>>,
    ahead: Option<(Check, Person)>,
    fresh: BufWriter<File>,
}

impl RowCache {
    /// The cache at `path`; what a killed build left beside it counts when it is more. What does not begin with a record of
    /// this desk's is refused: it would be written over.
    pub(crate) fn open(path: &Path, key: RecordKey) -> io::Result<RowCache> {
        let unfinished = unfinished(path);
        let length = |path: &Path| std::fs::metadata(path).map_or(0, |about| about.len());
        if length(&unfinished) > length(path) {
            std::fs::rename(&unfinished, path)?;
        }
        let old = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            opened => Some(BufReader::new(opened?)),
        };
        let fresh = File::options().write(true).create(true).truncate(true).mode(0o600).open(unfinished)?;
        let fresh = BufWriter::new(fresh);
        let mut cache = RowCache { path: path.to_path_buf(), key, old, ahead: None, fresh };
        cache.ahead = match cache.old.as_mut().map(|old| read(old, &cache.key)).transpose()? {
            Some(Some(None)) => return Err(refused()),
            first => first.flatten().flatten(),
        };
        Ok(cache)
    }

    /// The next record that is as it was written: the lines of others are made anew.
    fn next_old(&mut self) -> io::Result<Option<(Check, Person)>> {
        let Some(old) = self.old.as_mut() else { return Ok(None) };
        loop {
            match read(old, &self.key)? {
                Some(None) => {}
                Some(Some(record)) => return Ok(Some(record)),
                None => return Ok(None),
            }
        }
    }

    /// The subjects of this line, if it is the one they were made from. Lines come rising.
    pub(crate) fn find(&mut self, line: u64, check: &Check) -> io::Result<Option<Vec<Subject>>> {
        while self.ahead.as_ref().is_some_and(|(_, person)| person.line < line) {
            self.ahead = self.next_old()?;
        }
        let same = self.ahead.as_ref().filter(|(known, person)| person.line == line && known == check);
        Ok(same.map(|(_, person)| person.subjects.clone()))
    }

    /// Keeps a line.
    pub(crate) fn put(&mut self, check: &Check, person: &Person) -> io::Result<()> {
        let mut record = Vec::with_capacity(RECORD_BYTES);
        record.extend_from_slice(&person.line.to_be_bytes());
        record.extend_from_slice(check);
        let colour = COLOURS.iter().position(|colour| *colour == person.colour).unwrap_or(0);
        record.extend([colour, person.subjects.len()].map(|small| u8::try_from(small).unwrap_or(u8::MAX)));
        person.subjects.iter().take(2).for_each(|subject| record.extend_from_slice(subject.as_bytes()));
        record.resize(TEXT_BYTES, 0);
        record.extend_from_slice(&self.key.seal(&record));
        self.fresh.write_all(&record)
    }

    /// The table is at its end: the cache has its name.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.fresh.flush()?;
        std::fs::rename(unfinished(&self.path), &self.path)
    }
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(".new");
    name.into()
}

/// Everybody in a finished cache, in the order of lines. A record that is not as it was written is an error: nobody is
/// passed over.
pub(crate) fn everybody(path: &Path, key: RecordKey) -> io::Result<impl Iterator<Item = io::Result<Person>>> {
    let mut file = BufReader::new(File::open(path)?);
    let mut next = move || match read(&mut file, &key)? {
        None => Ok(None),
        Some(record) => record.map(|(_, person)| Some(person)).ok_or_else(refused),
    };
    Ok(std::iter::from_fn(move || next().transpose()))
}

/// The next record; `Some(None)` for one that is not as it was written. One that a kill cut off is the end.
fn read(file: &mut BufReader<File>, key: &RecordKey) -> io::Result<Option<Option<(Check, Person)>>> {
    let mut record = [0; RECORD_BYTES];
    match file.read_exact(&mut record) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    Ok(Some(decode(&record, key)))
}

fn decode(record: &[u8; RECORD_BYTES], key: &RecordKey) -> Option<(Check, Person)> {
    let (text, seal) = record.split_first_chunk::<TEXT_BYTES>()?;
    if key.seal(text) != seal {
        return None;
    }
    let (line, rest) = text.split_first_chunk()?;
    let (check, rest) = rest.split_first_chunk()?;
    let ([colour, count], rest) = rest.split_first_chunk()?;
    let (subjects, _) = rest.as_chunks::<12>();
    let colour = *COLOURS.get(usize::from(*colour))?;
    let subjects = subjects.get(..usize::from(*count)).filter(|all| !all.is_empty())?;
    let subjects = subjects.iter().map(|bytes| Subject::from_bytes(*bytes)).collect();
    Some((*check, Person { line: u64::from_be_bytes(*line), subjects, colour }))
}

fn refused() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "no cache of subjects of this desk, or a damaged one: remove it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(line: u64) -> Person {
        let subjects = (0..1 + line % 2).map(|n| Subject::from_bytes([line as u8 + n as u8; 12])).collect();
        Person { line, subjects, colour: COLOURS[line as usize % 3] }
    }

    fn key() -> RecordKey {
        RecordKey::new(Zeroizing::new([7; 32]))
    }

    #[test]
    fn no_changed_bit_of_a_record_gives_a_person_another_subject() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tags");
        let mut whole = RowCache::open(&path, key()).unwrap();
        (2..5).for_each(|line| whole.put(&[1; 16], &person(line)).unwrap());
        whole.finish().unwrap();
        let good = std::fs::read(&path).unwrap();
        for bit in 8 * RECORD_BYTES..16 * RECORD_BYTES {
            let mut bytes = good.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, bytes).unwrap();
            let mut cache = RowCache::open(&path, key()).unwrap();
            assert_eq!(cache.find(2, &[1; 16]).unwrap(), Some(person(2).subjects));
            assert_eq!(cache.find(3, &[1; 16]).unwrap(), None, "bit {bit}");
            assert_eq!(cache.find(4, &[1; 16]).unwrap(), Some(person(4).subjects));
            let all: io::Result<Vec<Person>> = everybody(&path, key()).unwrap().collect();
            assert!(all.is_err(), "bit {bit}: nobody is passed over");
        }
        std::fs::write(&path, [b'x'; 500]).unwrap();
        assert!(RowCache::open(&path, key()).is_err(), "somebody's file is not written over");
        assert!(RowCache::open(&path, RecordKey::new(Zeroizing::new([8; 32]))).is_err(), "another desk's");
    }

    #[test]
    fn a_killed_build_goes_on_with_what_it_had_and_a_changed_line_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tags");
        let mut killed = RowCache::open(&path, key()).unwrap();
        for line in 2..6 {
            killed.put(&[1; 16], &person(line)).unwrap();
        }
        killed.fresh.flush().unwrap();
        let torn = File::options().write(true).open(unfinished(&path)).unwrap();
        torn.set_len(3 * RECORD_BYTES as u64 + 7).unwrap();
        drop(killed);
        let mut again = RowCache::open(&path, key()).unwrap();
        assert_eq!(again.find(2, &[1; 16]).unwrap(), Some(person(2).subjects));
        assert_eq!(again.find(3, &[9; 16]).unwrap(), None, "the line changed");
        assert_eq!(again.find(4, &[1; 16]).unwrap(), Some(person(4).subjects));
        assert_eq!(again.find(5, &[1; 16]).unwrap(), None, "its record was torn");
        again.put(&[1; 16], &person(3)).unwrap();
        again.finish().unwrap();
        let all: Vec<Person> = everybody(&path, key()).unwrap().map(Result::unwrap).collect();
        assert_eq!((all.len(), all[0].line, all[0].colour), (1, 3, person(3).colour));
        assert_eq!(all[0].subjects, person(3).subjects);
    }
}
