//! Revocations as a terminal asks them: the file stays on disk, an index of its pages in memory.
//! Promises: the file is read once and whole when it is opened, each page in its one form and in order, and its bytes are
//! handed to the caller, who holds them to the manifest's digest. After that a page is believed only while its own
//! digest is what it was then. 44 bytes of memory a page; a question allocates nothing.
//! Must not know: what depends on the answer.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;

use gate_proof::digest::{Digest, sha256};
use gate_proof::subject::Subject;
use gate_wire::cose::Kid;
use gate_wire::credential::CredentialId;
use gate_wire::time::Timestamp;

use super::page::{self, Mark, PAGE_BYTES, Page, RowPage, Rows};
use super::{REVOCATIONS_MOST_BYTES, RevocationsFault, RevocationsHead, Standing};

/// The first row of a page, and what the page must be.
struct Known {
    first: Mark,
    digest: Digest,
}

/// Pages of one sort that lie one after the other.
struct Part {
    rows: Rows,
    /// The number of the first page in the file.
    start: u32,
    pages: Vec<Known>,
}

/// An open file of revocations. Having one tells: its form is right throughout. It does **not** tell that it is the file
/// that the manifest names: the caller of [`Revocations::open`] hashes what it is handed.
pub struct Revocations {
    file: File,
    head: RevocationsHead,
    credentials: Part,
    subjects: Part,
}

impl fmt::Debug for Revocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocations").field("head", &self.head).finish_non_exhaustive()
    }
}

impl Revocations {
    /// Reads and checks the whole file, a page at a time; `seen` gets every byte in order.
    ///
    /// # Errors
    /// [`RevocationsFault`]: the first thing that is not in the form.
    pub fn open(mut file: File, mut seen: impl FnMut(&[u8])) -> Result<Revocations, RevocationsFault> {
        let length = file.metadata()?.len();
        if length > REVOCATIONS_MOST_BYTES {
            return Err(RevocationsFault::ReadHead { what: "length" });
        }
        let mut room = [0; PAGE_BYTES];
        next(&mut file, &mut room, &mut seen)?;
        let (head, extent) = page::read_head(&room)?;
        let pages = 1 + u64::from(extent.credential_pages) + u64::from(extent.subject_pages);
        if length != pages * PAGE_BYTES as u64 {
            return Err(RevocationsFault::ReadHead { what: "length" });
        }
        let mut take = |rows, start, count, expected| {
            Part::read(rows, start, count, expected, &mut |room| next(&mut file, room, &mut seen))
        };
        let credentials = take(Rows::Credentials, 1, extent.credential_pages, head.credentials)?;
        let after = 1 + extent.credential_pages;
        let subjects = take(Rows::Subjects, after, extent.subject_pages, head.subjects)?;
        Ok(Revocations { file, head, credentials, subjects })
    }

    /// What the file says of itself.
    #[must_use]
    pub fn head(&self) -> &RevocationsHead {
        &self.head
    }

    /// Whether a credential is void. `subject` is whom it is about, where that can be known.
    ///
    /// # Errors
    /// [`RevocationsFault`]: a page that would have to answer cannot be believed.
    pub fn standing(
        &self,
        (kid, id): (Kid, CredentialId),
        issued: Timestamp,
        subject: Option<&Subject>,
    ) -> Result<Standing, RevocationsFault> {
        let mut mark = [0; 12];
        mark[..4].copy_from_slice(&kid.0);
        mark[4..].copy_from_slice(&id.0);
        if self.credentials.find(&self.file, &mark)?.is_some() {
            return Ok(Standing::Void);
        }
        let Some(subject) = subject else { return Ok(Standing::NotRevoked) };
        let before = self.subjects.find(&self.file, subject.as_bytes())?;
        let void = before.is_some_and(|before| issued.unix() < u64::from(before));
        Ok(if void { Standing::Void } else { Standing::NotRevoked })
    }

    /// Bytes of memory that the index takes.
    #[must_use]
    pub fn index_bytes(&self) -> usize {
        (self.credentials.pages.capacity() + self.subjects.pages.capacity()) * size_of::<Known>()
    }
}

impl Part {
    fn read(
        rows: Rows,
        start: u32,
        count: u32,
        expected: u32,
        next: &mut impl FnMut(&mut Page) -> Result<(), RevocationsFault>,
    ) -> Result<Part, RevocationsFault> {
        // The file's length was held against this count: it is no more than a page of memory for a hundred of disk.
        let mut part = Part { rows, start, pages: Vec::with_capacity(count as usize) };
        let (mut room, mut total, mut last) = ([0; PAGE_BYTES], 0_usize, None);
        for page in start..start + count {
            let bad = |what| RevocationsFault::ReadPage { page, what };
            next(&mut room)?;
            let read = RowPage::read(&room, rows).map_err(bad)?;
            let first = read.mark(0);
            if !read.is_ascending() || last.is_some_and(|last| first <= last) {
                return Err(bad("rows out of order"));
            }
            last = Some(read.mark(read.count() - 1));
            total += read.count();
            part.pages.push(Known { first, digest: sha256(&[&room]) });
        }
        if total == expected as usize { Ok(part) } else { Err(RevocationsFault::ReadHead { what: "counts" }) }
    }

    /// The number in the row of `mark`: 0 for a credential, the time of a person; `None` without such a row.
    fn find(&self, file: &File, mark: &Mark) -> Result<Option<u32>, RevocationsFault> {
        let after = self.pages.partition_point(|known| known.first <= *mark);
        // Before the first row of all: no page could hold it, and none is read.
        let Some(at) = after.checked_sub(1) else { return Ok(None) };
        let page = self.start + at as u32;
        let mut room = [0; PAGE_BYTES];
        file.read_exact_at(&mut room, u64::from(page) * PAGE_BYTES as u64)?;
        if sha256(&[&room]) != self.pages[at].digest {
            return Err(RevocationsFault::KeepPage { page });
        }
        let read = RowPage::read(&room, self.rows);
        let read = read.map_err(|what| RevocationsFault::ReadPage { page, what })?;
        Ok(read.find(mark).map(|value| value.try_into().map_or(0, u32::from_be_bytes)))
    }
}

fn next(file: &mut File, room: &mut Page, seen: &mut impl FnMut(&[u8])) -> Result<(), RevocationsFault> {
    file.read_exact(room)?;
    seen(room);
    Ok(())
}
