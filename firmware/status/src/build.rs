//! Making a base: for the authority's desk, and for tests.
//! Promises: memory as said, whatever the count; a person is in the list with every number or with none; two people whose
//! numbers meet in one place get another epoch key; nothing is dropped without being told.
//! Must not know: where people come from, how keys are kept.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gate_proof::cose::SignRefused;
use gate_proof::leaf_seal::{EpochKey, StoreKey};
use gate_proof::subject::Subject;
use gate_wire::credential::Colour;
use gate_wire::time::Timestamp;

use crate::entry::{Entry, Epoch, Key, colour_code, colour_of};
use crate::head::{BaseHead, NOBODY, sign_head};
use crate::keys::Signers;
use crate::list::{Region, Scope};
use crate::pages::{Beside, Durability};
use crate::sort::{Record, Sorted, Sorter};
use crate::writer::{LeafWriter, WriteFault, codes_for, fresh_file_id};

/// Epoch keys tried: two people meet in one place once in about 29 builds of 100 million.
const ATTEMPTS: u8 = 8;
/// People left out of one build, at most: they are held in memory, and such a table needs a person's eyes.
const MOST_REJECTED: usize = 1 << 20;
const SECOND: u64 = 3;
/// Above the entry, for lines that meet: the person's colour, and whether the person has several numbers.
const COLOUR_SHIFT: u32 = 60;
const SEVERAL: u64 = 1 << 62;
const ENTRY: u64 = (1 << COLOUR_SHIFT) - 1;
const TELL_EVERY: u64 = 1 << 16;

/// One person: every number of theirs, and their colour.
#[derive(Clone, Debug)]
pub struct Person {
    /// Where they come from: a line of a table. Different for different people.
    pub line: u64,
    /// At least one subject; two for who has two numbers (DOMAIN §13).
    pub subjects: Vec<Subject>,
    /// The colour as of the order's time.
    pub colour: Colour,
}

/// What is to be built.
#[derive(Clone, Copy, Debug)]
pub struct BuildOrder<'a> {
    /// The new file; beside it a folder for sorting stands meanwhile.
    pub path: &'a Path,
    /// Whom it is about.
    pub scope: Scope,
    /// Whose.
    pub province: Region,
    /// Which epoch it begins.
    pub epoch: Epoch,
    /// Every colour holds as of this time.
    pub as_of: Timestamp,
    /// The desk's clock.
    pub issued: Timestamp,
    /// The province's salt for person tags.
    pub salt: [u8; 16],
    /// The memory cost of person tags, KiB.
    pub tag_memory_kib: u32,
    /// Bytes of records held in memory; [`BuildOrder::MEMORY`] unless a test wants runs on disk.
    pub memory: usize,
}

impl BuildOrder<'_> {
    /// Half of the 1 GiB that a build of 100 million may take.
    pub const MEMORY: usize = 512 << 20;
}

/// The desk's side of the list's keys.
pub trait DeskKeys {
    /// What lists are sealed under.
    fn store_key(&self) -> StoreKey;
    /// The key of this epoch, by how often it was re-keyed.
    fn epoch_key(&self, epoch: Epoch, rekeyed: u8) -> EpochKey;
    /// Both authorities.
    fn signers(&self) -> &Signers;
}

/// What a build tells while it runs, and whom it leaves out.
pub trait Watch {
    /// So many numbers were read, or written.
    fn step(&mut self, step: Step, count: u64);
    /// The person of `line` is not in the list: a number of theirs is one of another line's person.
    fn reject(&mut self, line: u64, because: Clash);
}

/// Why a line is left out: it names a person of another line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clash {
    /// The line that stays: the one with the stricter colour, the first of the same colour.
    pub other: u64,
    /// Whether the two say the same.
    pub colours: Colours,
    /// How many numbers the line has that is left out.
    pub numbers: Numbers,
}

impl Clash {
    /// For the reject file.
    #[must_use]
    pub fn words(&self) -> String {
        let same = match self.colours {
            Colours::Same => format!("the same person as on line {}", self.other),
            Colours::Differ => {
                format!(
                    "CONTRADICTS line {} about the same person: the stricter colour is in the list",
                    self.other
                )
            }
        };
        match self.numbers {
            Numbers::One => same,
            Numbers::Several => same + "; this line's other number may be in no list: give both on one line",
        }
    }
}

/// Whether two lines about one person say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// They do.
    Same,
    /// They contradict each other.
    Differ,
}

/// How many numbers a line has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// One, which the other line has too.
    One,
    /// More: one of them may be in no list now.
    Several,
}

/// Where a build is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// People are read and sorted.
    Sorting,
    /// Leaves are written.
    Writing,
}

/// What was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildReport {
    /// People, which is entries.
    pub people: u64,
    /// Subjects, which is numbers.
    pub subjects: u64,
    /// People left out because a number of theirs is another's.
    pub rejected: u64,
    /// How often two people met in one place.
    pub rekeyed: u8,
    /// Bytes of the file.
    pub bytes: u64,
}

/// Why no list was built.
#[derive(Debug, thiserror::Error)]
pub enum BuildFault {
    /// A person without a number.
    #[error("line {line}: a person needs at least one subject")]
    NameNobody {
        /// Which.
        line: u64,
    },
    /// A green person in a list of those who are not.
    #[error("line {line} is green: a list of exceptions holds only who is not")]
    ListGreen {
        /// Which.
        line: u64,
    },
    /// Too many people with another's number.
    #[error("more than {MOST_REJECTED} people have a number of another: look at the table")]
    RejectMore,
    /// Every epoch key tried lets two people meet.
    #[error("two people met in one place under each of {ATTEMPTS} epoch keys")]
    Rekey,
    /// The leaves could not be written.
    #[error(transparent)]
    Write(#[from] WriteFault),
    /// The head could not be signed.
    #[error(transparent)]
    Sign(#[from] SignRefused),
    /// The folder for sorting, or the file, failed.
    #[error("sorting on disk failed: is it full?")]
    Sort(#[from] std::io::Error),
}

/// Writes the list of `people` to a new file. `people` is asked again for each new epoch key. When that fails, what is
/// there is no list, and it may be removed.
///
/// # Errors
/// [`BuildFault`].
pub fn build<I: Iterator<Item = Person>>(
    order: &BuildOrder<'_>,
    keys: &dyn DeskKeys,
    watch: &mut dyn Watch,
    mut people: impl FnMut() -> I,
) -> Result<BuildReport, BuildFault> {
    for rekeyed in 0..ATTEMPTS {
        let folder = Folder::fresh(order.path)?;
        let epoch_key = keys.epoch_key(order.epoch, rekeyed);
        let gathered = gather(order, &folder.0, &epoch_key, watch, people())?;
        if let Some(report) = write_without_rejects(order, keys, watch, &gathered, rekeyed)? {
            return Ok(report);
        }
    }
    Err(BuildFault::Rekey)
}

/// A folder for sorting that is gone afterwards, whatever happens; one that a killed build left goes first.
struct Folder(PathBuf);

impl Folder {
    fn fresh(beside: &Path) -> std::io::Result<Folder> {
        let mut name = beside.as_os_str().to_os_string();
        name.push(".sorting");
        let folder = PathBuf::from(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir(&folder)?;
        Ok(Folder(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays is removed by the next build.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

struct Gathered {
    sorted: Sorted,
    keys: u64,
    exceptional: u64,
}

fn gather(
    order: &BuildOrder<'_>,
    folder: &Path,
    epoch_key: &EpochKey,
    watch: &mut dyn Watch,
    people: impl Iterator<Item = Person>,
) -> Result<Gathered, BuildFault> {
    let mut sorter = Sorter::new(folder, order.memory);
    let (mut keys, mut exceptional) = (0, 0);
    for person in people {
        let line = person.line;
        if order.scope == Scope::Exceptions && person.colour == Colour::Green {
            return Err(BuildFault::ListGreen { line });
        }
        let (first, others) = person.subjects.split_first().ok_or(BuildFault::NameNobody { line })?;
        let key = Key::of(first, epoch_key).value();
        let colour = colour_code(person.colour);
        let about = colour << COLOUR_SHIFT | if others.is_empty() { 0 } else { SEVERAL };
        sorter.push(Record { key, line, mark: mark(first), entry: about | colour })?;
        exceptional += u64::from(person.colour != Colour::Green);
        keys += 1;
        let mut seen = vec![*first];
        for other in others {
            // The same number twice with one person is one number.
            if !seen.contains(other) {
                seen.push(*other);
                let entry = about | key << 2 | SECOND;
                let key = Key::of(other, epoch_key).value();
                sorter.push(Record { key, line, mark: mark(other), entry })?;
                (keys, exceptional) = (keys + 1, exceptional + 1);
            }
        }
        if keys % TELL_EVERY == 0 {
            watch.step(Step::Sorting, keys);
        }
    }
    Ok(Gathered { sorted: sorter.finish()?, keys, exceptional })
}

fn mark(subject: &Subject) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *subject.as_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Writes the file; once more without the people left out while there are new ones. `None` when two people met.
fn write_without_rejects(
    order: &BuildOrder<'_>,
    keys: &dyn DeskKeys,
    watch: &mut dyn Watch,
    gathered: &Gathered,
    rekeyed: u8,
) -> Result<Option<BuildReport>, BuildFault> {
    let mut rejected = BTreeMap::new();
    loop {
        let before = rejected.len();
        let pass = Pass { order, keys, gathered, rekeyed };
        match pass.write(watch, &mut rejected)? {
            Ended::Whole(report) => {
                // Told once they are final: under another epoch key others may be left out.
                rejected.iter().for_each(|(line, clash)| watch.reject(*line, *clash));
                return Ok(Some(report));
            }
            Ended::Met => {
                std::fs::remove_file(order.path)?;
                return Ok(None);
            }
            Ended::Rejected if rejected.len() > before => std::fs::remove_file(order.path)?,
            Ended::Rejected | Ended::TooMany => {
                rejected.iter().for_each(|(line, clash)| watch.reject(*line, *clash));
                return Err(BuildFault::RejectMore);
            }
        }
    }
}

struct Pass<'a> {
    order: &'a BuildOrder<'a>,
    keys: &'a dyn DeskKeys,
    gathered: &'a Gathered,
    rekeyed: u8,
}

enum Ended {
    Whole(BuildReport),
    Rejected,
    TooMany,
    Met,
}

impl Pass<'_> {
    fn write(&self, watch: &mut dyn Watch, rejected: &mut BTreeMap<u64, Clash>) -> Result<Ended, BuildFault> {
        let file = fresh_file_id().map_err(WriteFault::from)?;
        let codes = codes_for(self.gathered.keys, self.gathered.exceptional);
        let leaf_key = self.keys.store_key().leaf_key(&file);
        let mut writer = LeafWriter::create(self.order.path, leaf_key, codes, Durability::AtTheEnd)?;
        let mut merge = self.gathered.sorted.read()?;
        let (mut last, mut people, mut fresh) = (None::<Record>, 0, false);
        let mut count = 0;
        while let Some(record) = merge.next()? {
            if rejected.contains_key(&record.line) {
                continue;
            }
            match last.filter(|last| last.key == record.key) {
                Some(earlier) if earlier.mark == record.mark => {
                    if rejected.len() >= MOST_REJECTED {
                        return Ok(Ended::TooMany);
                    }
                    let (line, clash, stays) = clash(earlier, record);
                    fresh |= rejected.insert(line, clash).is_none();
                    last = Some(stays);
                }
                Some(_) => return Ok(Ended::Met),
                None => {
                    let (key, entry) = read(&record).ok_or(WriteFault::TakeKey)?;
                    people += u64::from(matches!(entry, Entry::Colour(_)));
                    writer.push(key, entry)?;
                    last = Some(record);
                }
            }
            count += 1;
            if count % TELL_EVERY == 0 {
                watch.step(Step::Writing, count);
            }
        }
        if fresh {
            return Ok(Ended::Rejected);
        }
        self.finish(writer, file, people, rejected.len() as u64).map(Ended::Whole)
    }

    fn finish(
        &self,
        writer: LeafWriter,
        file: [u8; 32],
        people: u64,
        rejected: u64,
    ) -> Result<BuildReport, BuildFault> {
        let (order, written) = (self.order, writer.finish()?);
        let head = BaseHead {
            scope: order.scope,
            province: order.province,
            epoch: order.epoch,
            rekeyed: self.rekeyed,
            key_check: self.keys.epoch_key(order.epoch, self.rekeyed).place_of(&NOBODY),
            file,
            as_of: order.as_of,
            issued: order.issued,
            people,
            keys: written.keys,
            leaves: written.leaves,
            salt: order.salt,
            tag_memory_kib: order.tag_memory_kib,
            root: written.root,
        };
        let head = head.encode();
        let signatures = sign_head(&head, self.keys.signers())?.to_vec();
        let beside = Beside { head, signatures, local: Vec::new() };
        written.pages.put_beside(&beside).map_err(WriteFault::from)?;
        written.pages.finish(order.path).map_err(WriteFault::from)?;
        let bytes = std::fs::metadata(order.path)?.len();
        let (subjects, rekeyed) = (u64::from(written.keys), self.rekeyed);
        Ok(BuildReport { people, subjects, rejected, rekeyed, bytes })
    }
}

/// Which of two lines about one person is left out, why, and the record of the one that stays.
fn clash(earlier: Record, later: Record) -> (u64, Clash, Record) {
    let colour = |record: &Record| record.entry >> COLOUR_SHIFT & 3;
    let (out, stays) = if colour(&later) > colour(&earlier) { (earlier, later) } else { (later, earlier) };
    let colours = if colour(&out) == colour(&stays) { Colours::Same } else { Colours::Differ };
    let numbers = if out.entry & SEVERAL == 0 { Numbers::One } else { Numbers::Several };
    (out.line, Clash { other: stays.line, colours, numbers }, stays)
}

fn read(record: &Record) -> Option<(Key, Entry)> {
    let entry = match record.entry & SECOND {
        SECOND => Entry::SecondOf(Key::from_value((record.entry & ENTRY) >> 2)?),
        code => Entry::Colour(colour_of(code)?),
    };
    Some((Key::from_value(record.key)?, entry))
}

#[cfg(test)]
mod tests {
    use gate_proof::ed25519::SigningKey;
    use gate_wire::cose::Kid;

    use super::*;

    struct Desk(Signers);

    impl DeskKeys for Desk {
        fn store_key(&self) -> StoreKey {
            StoreKey::from_bytes(&[1; 32])
        }
        fn epoch_key(&self, _epoch: Epoch, rekeyed: u8) -> EpochKey {
            EpochKey::from_bytes(&[rekeyed; 32])
        }
        fn signers(&self) -> &Signers {
            &self.0
        }
    }

    struct Silent;

    impl Watch for Silent {
        fn step(&mut self, _step: Step, _count: u64) {}
        fn reject(&mut self, _line: u64, _because: Clash) {}
    }

    /// What two numbers in one place become.
    fn written(second: Record) -> Option<BuildReport> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        let order = BuildOrder {
            path: &path,
            scope: Scope::Population,
            province: Region::new(*b"510000").unwrap(),
            epoch: Epoch(1),
            as_of: Timestamp::EPOCH,
            issued: Timestamp::EPOCH,
            salt: [0; 16],
            tag_memory_kib: 8,
            memory: 1024,
        };
        let mut sorter = Sorter::new(folder.path(), order.memory);
        sorter.push(Record { key: 5, line: 1, mark: 1, entry: 0 }).unwrap();
        sorter.push(second).unwrap();
        let gathered = Gathered { sorted: sorter.finish().unwrap(), keys: 2, exceptional: 0 };
        let desk = Desk(Signers([1, 2].map(|seed| (Kid([seed; 4]), SigningKey::from_seed(&[seed; 32])))));
        let report = write_without_rejects(&order, &desk, &mut Silent, &gathered, 3).unwrap();
        assert_eq!(report.is_some(), path.exists());
        report
    }

    #[test]
    fn two_people_in_one_place_ask_for_another_epoch_key_and_leave_no_file() {
        assert_eq!(written(Record { key: 5, line: 2, mark: 2, entry: 0 }), None);
        let twice = written(Record { key: 5, line: 2, mark: 1, entry: 0 }).unwrap();
        assert_eq!((twice.people, twice.rejected, twice.rekeyed), (1, 1, 3));
        let two = written(Record { key: 6, line: 2, mark: 2, entry: 0 }).unwrap();
        assert_eq!((two.people, two.rejected), (2, 0));
    }
}
