//! Revocations as the desk writes them.
//! Promises: one form only: the same entries make the same bytes; what is written is what the reader takes.
//! Must not know: who was revoked and why, which entries may be left out.

use std::io::Write;

use super::page::{self, Extent, Page, Rows};
use super::{
    CREDENTIALS_MOST, RevocationsFault, RevocationsHead, RevokedCredential, SUBJECTS_MOST, VoidBefore,
};

/// Writes a file: `credentials` and `subjects` strictly ascending. The counts of `head` are those of the slices.
///
/// # Errors
/// [`RevocationsFault`]: too many, out of order, or the writer's own failure. What was written by then is no file.
pub fn write_revocations(
    to: &mut impl Write,
    head: &RevocationsHead,
    credentials: &[RevokedCredential],
    subjects: &[VoidBefore],
) -> Result<(), RevocationsFault> {
    let head = RevocationsHead {
        credentials: counted("credentials", credentials.len(), CREDENTIALS_MOST)?,
        subjects: counted("people", subjects.len(), SUBJECTS_MOST)?,
        ..*head
    };
    ascending(credentials.windows(2).map(|pair| pair[0] < pair[1]))?;
    ascending(subjects.windows(2).map(|pair| pair[0].subject.as_bytes() < pair[1].subject.as_bytes()))?;
    let extent = Extent {
        credential_pages: credential_pages(credentials).count() as u32,
        subject_pages: subjects.chunks(Rows::Subjects.a_page()).count() as u32,
    };
    to.write_all(&page::write_head(&head, extent))?;
    for rows in credential_pages(credentials) {
        let kid = rows.first().map_or([0; 4], |first| first.kid.0);
        to.write_all(&page::write_rows(kid, rows.iter().map(|row| row.id.0.as_slice())))?;
    }
    for (number, rows) in subjects.chunks(Rows::Subjects.a_page()).enumerate() {
        to.write_all(&subject_page(rows, number * Rows::Subjects.a_page())?)?;
    }
    Ok(())
}

/// A page holds credentials of one key.
fn credential_pages(credentials: &[RevokedCredential]) -> impl Iterator<Item = &[RevokedCredential]> {
    let of_one_key = credentials.chunk_by(|a, b| a.kid == b.kid);
    of_one_key.flat_map(|rows| rows.chunks(Rows::Credentials.a_page()))
}

fn subject_page(subjects: &[VoidBefore], first: usize) -> Result<Page, RevocationsFault> {
    let row = |(index, void): (usize, &VoidBefore)| {
        let before = u32::try_from(void.before.unix());
        let before = before.map_err(|_| RevocationsFault::FitTime { at: first + index })?;
        let mut row = [0; 16];
        row[..12].copy_from_slice(void.subject.as_bytes());
        row[12..].copy_from_slice(&before.to_be_bytes());
        Ok(row)
    };
    let rows: Vec<[u8; 16]> =
        subjects.iter().enumerate().map(row).collect::<Result<_, RevocationsFault>>()?;
    Ok(page::write_rows([0; 4], rows.iter().map(<[u8; 16]>::as_slice)))
}

fn counted(what: &'static str, count: usize, most: u32) -> Result<u32, RevocationsFault> {
    let fits = u32::try_from(count).ok().filter(|count| *count <= most);
    fits.ok_or(RevocationsFault::Fit { what, count, most })
}

fn ascending(mut pairs: impl Iterator<Item = bool>) -> Result<(), RevocationsFault> {
    match pairs.position(|ordered| !ordered) {
        Some(at) => Err(RevocationsFault::Order { at: at + 1 }),
        None => Ok(()),
    }
}
