//! One page of revocations as bytes: the head, credentials of one key, or people.
//! Promises: a page is taken only in its one form: rows strictly ascending, nothing after them.
//! Must not know: files, digests.
//!
//! Numbers are big-endian.
//!
//! | page | bytes |
//! |---|---|
//! | head | "TFREVOK1" · version u32 · as-of u64 · credentials u32 · subjects u32 · credential pages u32 · subject pages u32 · zeros |
//! | credentials | kid 4 · rows u16 · zero u16 · rows of id 8 · zeros |
//! | subjects | zero u32 · rows u16 · zero u16 · rows of subject 12 and before u32 · zeros |

use gate_wire::time::Timestamp;

use super::{CREDENTIALS_MOST, RevocationsFault, RevocationsHead, SUBJECTS_MOST};

/// Bytes of a page.
pub const PAGE_BYTES: usize = 4096;
/// Bytes before a page's rows.
const BEFORE_ROWS: usize = 8;
const ID_BYTES: usize = 8;
const SUBJECT_BYTES: usize = 12;
const SUBJECT_ROW_BYTES: usize = SUBJECT_BYTES + 4;
/// Rows of a full page of credentials: 511.
pub const CREDENTIALS_A_PAGE: usize = (PAGE_BYTES - BEFORE_ROWS) / ID_BYTES;
/// Rows of a full page of people: 255.
pub const SUBJECTS_A_PAGE: usize = (PAGE_BYTES - BEFORE_ROWS) / SUBJECT_ROW_BYTES;
const MAGIC: &[u8; 8] = b"TFREVOK1";
const HEAD_BYTES: usize = 36;

pub(super) type Page = [u8; PAGE_BYTES];

/// What a file's pages are ordered by: kid and id, or a subject.
pub(super) type Mark = [u8; 12];

/// How many pages of each sort follow the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) credential_pages: u32,
    pub(super) subject_pages: u32,
}

pub(super) fn write_head(head: &RevocationsHead, extent: Extent) -> Page {
    let mut page = [0; PAGE_BYTES];
    let fields = [head.credentials, head.subjects, extent.credential_pages, extent.subject_pages];
    page[..8].copy_from_slice(MAGIC);
    page[8..12].copy_from_slice(&head.version.to_be_bytes());
    page[12..20].copy_from_slice(&head.as_of.unix().to_be_bytes());
    for (room, field) in page[20..HEAD_BYTES].chunks_exact_mut(4).zip(fields) {
        room.copy_from_slice(&field.to_be_bytes());
    }
    page
}

pub(super) fn read_head(page: &Page) -> Result<(RevocationsHead, Extent), RevocationsFault> {
    let bad = |what| RevocationsFault::ReadHead { what };
    if page[..8] != *MAGIC {
        return Err(bad("the first eight bytes"));
    }
    if page[HEAD_BYTES..].iter().any(|byte| *byte != 0) {
        return Err(bad("bytes after the head"));
    }
    let head = RevocationsHead {
        version: u32_at(page, 8),
        as_of: Timestamp::from_unix(u64_at(page, 12)).ok_or(bad("as-of time"))?,
        credentials: u32_at(page, 20),
        subjects: u32_at(page, 24),
    };
    let extent = Extent { credential_pages: u32_at(page, 28), subject_pages: u32_at(page, 32) };
    if head.credentials > CREDENTIALS_MOST || head.subjects > SUBJECTS_MOST {
        return Err(bad("counts"));
    }
    // A page without rows does not exist: this bounds the pages, too.
    if extent.credential_pages > head.credentials || extent.subject_pages > head.subjects {
        return Err(bad("pages"));
    }
    Ok((head, extent))
}

/// What a page's rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    Credentials,
    Subjects,
}

impl Rows {
    const fn bytes(self) -> usize {
        match self {
            Rows::Credentials => ID_BYTES,
            Rows::Subjects => SUBJECT_ROW_BYTES,
        }
    }

    /// Bytes of a row that it is ordered by.
    const fn key_bytes(self) -> usize {
        match self {
            Rows::Credentials => ID_BYTES,
            Rows::Subjects => SUBJECT_BYTES,
        }
    }

    pub(super) const fn a_page(self) -> usize {
        match self {
            Rows::Credentials => CREDENTIALS_A_PAGE,
            Rows::Subjects => SUBJECTS_A_PAGE,
        }
    }
}

/// A page of rows in its one form.
pub(super) struct RowPage<'a> {
    rows: Rows,
    prefix: [u8; 4],
    bytes: &'a [u8],
}

impl<'a> RowPage<'a> {
    /// Takes a page apart; `Err` says what is wrong with it.
    pub(super) fn read(page: &'a Page, rows: Rows) -> Result<RowPage<'a>, &'static str> {
        let prefix = [page[0], page[1], page[2], page[3]];
        let count = usize::from(u16::from_be_bytes([page[4], page[5]]));
        if page[6..BEFORE_ROWS] != [0, 0] || rows == Rows::Subjects && prefix != [0; 4] {
            return Err("bytes that are to be zero");
        }
        if count == 0 || count > rows.a_page() {
            return Err("number of rows");
        }
        let (bytes, rest) = page[BEFORE_ROWS..].split_at(count * rows.bytes());
        if rest.iter().any(|byte| *byte != 0) {
            return Err("bytes after the rows");
        }
        Ok(RowPage { rows, prefix, bytes })
    }

    pub(super) fn count(&self) -> usize {
        self.bytes.len() / self.rows.bytes()
    }

    fn row(&self, at: usize) -> &'a [u8] {
        &self.bytes[at * self.rows.bytes()..][..self.rows.bytes()]
    }

    fn key(&self, at: usize) -> &'a [u8] {
        &self.row(at)[..self.rows.key_bytes()]
    }

    pub(super) fn is_ascending(&self) -> bool {
        (1..self.count()).all(|at| self.key(at - 1) < self.key(at))
    }

    /// What a row is found by among all pages.
    pub(super) fn mark(&self, at: usize) -> Mark {
        let mut mark = [0; 12];
        match self.rows {
            Rows::Credentials => {
                mark[..4].copy_from_slice(&self.prefix);
                mark[4..].copy_from_slice(self.key(at));
            }
            Rows::Subjects => mark.copy_from_slice(self.key(at)),
        }
        mark
    }

    /// What follows the key in the row of `mark`, if there is one: nothing for a credential, the time of a person.
    pub(super) fn find(&self, mark: &Mark) -> Option<&'a [u8]> {
        let key = match self.rows {
            Rows::Credentials if mark[..4] != self.prefix => return None,
            Rows::Credentials => &mark[4..],
            Rows::Subjects => &mark[..],
        };
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.key(middle) < key { low = middle + 1 } else { high = middle }
        }
        let found = low < self.count() && self.key(low) == key;
        found.then(|| &self.row(low)[self.rows.key_bytes()..])
    }
}

/// A page of these rows, which fit.
pub(super) fn write_rows<'a>(prefix: [u8; 4], rows: impl Iterator<Item = &'a [u8]>) -> Page {
    let mut page = [0; PAGE_BYTES];
    let (mut at, mut count) = (BEFORE_ROWS, 0_u16);
    for row in rows {
        page[at..at + row.len()].copy_from_slice(row);
        at += row.len();
        count += 1;
    }
    page[..4].copy_from_slice(&prefix);
    page[4..6].copy_from_slice(&count.to_be_bytes());
    page
}

fn u32_at(page: &Page, at: usize) -> u32 {
    u32::from_be_bytes([page[at], page[at + 1], page[at + 2], page[at + 3]])
}

fn u64_at(page: &Page, at: usize) -> u64 {
    u64::from(u32_at(page, at)) << 32 | u64::from(u32_at(page, at + 4))
}
