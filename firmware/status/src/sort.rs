//! Numbers sorted by their keys, more of them than memory holds: sorted runs on disk, merged as they are read.
//! Promises: at most the memory said, whatever the count; what a run lost on disk is an error, never a shorter list.
//! Must not know: what becomes of equal keys.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// Bytes of a record on disk and in memory.
pub(crate) const RECORD_BYTES: usize = 32;
const READ_AHEAD: usize = 1 << 18;

/// One number of a person, on its way into a list. Sorted by key, then by line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Record {
    /// The number's key.
    pub(crate) key: u64,
    /// The line its person comes from.
    pub(crate) line: u64,
    /// Eight bytes of the subject: tells one person twice from two people in one place.
    pub(crate) mark: u64,
    /// The colour's code; for a second number, the key of the first one, above two bits that say 3. What the builder notes
    /// of the person stands above that, from bit 60 on.
    pub(crate) entry: u64,
}

impl Record {
    fn bytes(&self) -> [u8; RECORD_BYTES] {
        let mut bytes = [0; RECORD_BYTES];
        let (fields, _) = bytes.as_chunks_mut::<8>();
        for (field, value) in fields.iter_mut().zip([self.key, self.line, self.mark, self.entry]) {
            *field = value.to_le_bytes();
        }
        bytes
    }

    fn from_bytes(bytes: &[u8; RECORD_BYTES]) -> Record {
        let (fields, _) = bytes.as_chunks::<8>();
        let field = |at: usize| fields.get(at).map_or(0, |field| u64::from_le_bytes(*field));
        Record { key: field(0), line: field(1), mark: field(2), entry: field(3) }
    }
}

/// Takes records in any order.
pub(crate) struct Sorter {
    folder: PathBuf,
    most: usize,
    held: Vec<Record>,
    runs: Vec<(PathBuf, u64)>,
}

impl Sorter {
    /// With runs in `folder`, which must be there, and at most `memory` bytes of records held.
    pub(crate) fn new(folder: &Path, memory: usize) -> Sorter {
        let most = (memory / RECORD_BYTES).max(16);
        Sorter { folder: folder.to_path_buf(), most, held: Vec::new(), runs: Vec::new() }
    }

    pub(crate) fn push(&mut self, record: Record) -> io::Result<()> {
        if self.held.len() >= self.most {
            self.spill()?;
        }
        // Doubling would ask for twice the memory that was promised.
        if self.held.len() == self.held.capacity() {
            let more = self.held.len().max(1024).min(self.most - self.held.len());
            self.held.reserve_exact(more);
        }
        self.held.push(record);
        Ok(())
    }

    fn spill(&mut self) -> io::Result<()> {
        self.held.sort_unstable();
        let path = self.folder.join(format!("{}.run", self.runs.len()));
        let mut file = BufWriter::with_capacity(READ_AHEAD, File::create_new(&path)?);
        for record in &self.held {
            file.write_all(&record.bytes())?;
        }
        file.flush()?;
        self.runs.push((path, self.held.len() as u64));
        self.held.clear();
        Ok(())
    }

    /// Everything taken, to be read in order as often as needed.
    pub(crate) fn finish(mut self) -> io::Result<Sorted> {
        if self.runs.is_empty() {
            self.held.sort_unstable();
        } else {
            self.spill()?;
            self.held = Vec::new();
        }
        Ok(Sorted { held: self.held, runs: self.runs })
    }
}

/// Sorted records, in memory or in runs.
pub(crate) struct Sorted {
    held: Vec<Record>,
    runs: Vec<(PathBuf, u64)>,
}

impl Sorted {
    /// From the lowest key on.
    pub(crate) fn read(&self) -> io::Result<Merge<'_>> {
        let mut runs = Vec::new();
        let mut heads = BinaryHeap::new();
        for (path, count) in &self.runs {
            let file = BufReader::with_capacity(READ_AHEAD, File::open(path)?);
            let mut run = Run { file, left: *count };
            if let Some(record) = run.next()? {
                heads.push(Reverse((record, runs.len())));
            }
            runs.push(run);
        }
        Ok(Merge { held: self.held.iter(), runs, heads })
    }
}

struct Run {
    file: BufReader<File>,
    left: u64,
}

impl Run {
    fn next(&mut self) -> io::Result<Option<Record>> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        let mut bytes = [0; RECORD_BYTES];
        self.file.read_exact(&mut bytes)?;
        Ok(Some(Record::from_bytes(&bytes)))
    }
}

/// Reads sorted records.
pub(crate) struct Merge<'a> {
    held: std::slice::Iter<'a, Record>,
    runs: Vec<Run>,
    heads: BinaryHeap<Reverse<(Record, usize)>>,
}

impl Merge<'_> {
    /// The next record.
    pub(crate) fn next(&mut self) -> io::Result<Option<Record>> {
        let Some(mut head) = self.heads.peek_mut() else { return Ok(self.held.next().copied()) };
        let Reverse((record, from)) = *head;
        match self.runs.get_mut(from).map(Run::next).transpose()?.flatten() {
            Some(next) => *head = Reverse((next, from)),
            None => drop(std::collections::binary_heap::PeekMut::pop(head)),
        }
        Ok(Some(record))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(n: u64) -> Record {
        let key = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
        Record { key, line: n, mark: !n, entry: n % 4 }
    }

    fn sorted(folder: &Path, count: u64, memory: usize) -> Sorted {
        let mut sorter = Sorter::new(folder, memory);
        for n in 0..count {
            sorter.push(record(n)).unwrap();
            assert!(sorter.held.capacity() * RECORD_BYTES <= memory.max(1024 * RECORD_BYTES));
        }
        sorter.finish().unwrap()
    }

    #[test]
    fn records_come_back_in_order_whether_memory_held_them_or_not() {
        let mut expected: Vec<Record> = (0..5000).map(record).collect();
        expected.sort_unstable();
        for memory in [1 << 20, 1500 * RECORD_BYTES, 5000 * RECORD_BYTES] {
            let folder = tempfile::tempdir().unwrap();
            let sorted = sorted(folder.path(), 5000, memory);
            for _ in 0..2 {
                let mut merge = sorted.read().unwrap();
                let read: Vec<Record> = std::iter::from_fn(|| merge.next().unwrap()).collect();
                assert!(read == expected, "{memory} bytes");
            }
        }
    }

    #[test]
    fn a_run_that_was_cut_is_an_error_not_a_shorter_list() {
        let folder = tempfile::tempdir().unwrap();
        let sorted = sorted(folder.path(), 5000, 1024 * RECORD_BYTES);
        let run = folder.path().join("0.run");
        let length = std::fs::metadata(&run).unwrap().len();
        File::options().write(true).open(run).unwrap().set_len(length - 1).unwrap();
        let mut merge = sorted.read().unwrap();
        let read = std::iter::from_fn(|| merge.next().transpose()).find_map(Result::err);
        assert_eq!(read.unwrap().kind(), io::ErrorKind::UnexpectedEof);
    }
}
