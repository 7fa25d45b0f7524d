//! Files of the repositories, as the desk published them into a folder or a province's store: whole, or from a byte on.
//! Promises: in a folder, opens regular files alone, no links, nothing outside the folder; a file is read as it goes out, never held whole;
//! everything but the timestamp is said to be immutable.
//! Must not know: what is in the files.

use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Response, StatusCode, header};
use futures_util::stream;
use gate_proof::digest::sha256;

use crate::files::open_regular;
use crate::metrics::Metrics;
use crate::objects::{ObjectFault, Objects};
use crate::{beside, hex};

/// Bytes read at once.
const PIECE: usize = 64 << 10;
/// What is hashed for its tag: names of longer files say what they are.
const SMALL: u64 = 64 << 10;

/// A path within a repository: `trust` or `status`, `metadata` or `targets`, at most one folder below, plain names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Within<'a>(&'a str);

impl<'a> Within<'a> {
    /// Reads a path.
    #[must_use]
    pub fn parse(path: &'a str) -> Option<Within<'a>> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
        let part = |part: &str| !part.is_empty() && !part.starts_with('.') && part.bytes().all(plain);
        let parts: Vec<&str> = path.split('/').collect();
        let known = matches!(parts.first(), Some(&("trust" | "status")))
            && matches!(parts.get(1), Some(&("metadata" | "targets")));
        let good = known && (3..=4).contains(&parts.len()) && path.len() <= 256 && path.split('/').all(part);
        good.then_some(Within(path))
    }

    /// Whether it is a target: its name says what is in it.
    #[must_use]
    pub fn is_target(self) -> bool {
        self.0.split('/').nth(1) == Some("targets")
    }

    /// Whether it names what is newest: the one file that changes under its name.
    #[must_use]
    pub fn is_timestamp(self) -> bool {
        self.0.ends_with("/timestamp.json")
    }
}

impl fmt::Display for Within<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Found({} of {})", self.from, self.length)
    }
}

/// Where the files are.
#[derive(Debug)]
pub enum Repositories {
    /// In a folder: the desk publishes into it.
    Folder(PathBuf),
    /// In a province's store.
    Objects(Box<Objects>),
}

/// A file, from a byte on.
pub struct Found {
    /// Its bytes.
    pub reader: Box<dyn Read + Send>,
    /// From which.
    pub from: u64,
    /// How long the whole is.
    pub length: u64,
}

impl Repositories {
    /// A file from a byte on, or from an earlier one; `None` if there is no such file.
    ///
    /// # Errors
    /// [`ObjectFault`].
    pub fn find(&self, path: Within<'_>, from: u64) -> Result<Option<Found>, ObjectFault> {
        match self {
            Repositories::Folder(folder) => Ok(find(folder, path, from)),
            Repositories::Objects(objects) => objects.find(path, from),
        }
    }
}

impl Found {
    /// All of it, if that is so many bytes at most.
    ///
    /// # Errors
    /// The system's.
    pub fn whole(self, most: u64) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        self.reader.take(most + 1).read_to_end(&mut bytes)?;
        Ok((bytes.len() as u64 <= most).then_some(bytes))
    }
}

/// Answers with a file.
#[must_use]
pub fn answer(
    from: &Repositories,
    path: Within<'_>,
    asked: &HeaderMap,
    metrics: &Arc<Metrics>,
) -> Response<Body> {
    match tried(from, path, asked, metrics) {
        Ok(Some(answer)) => answer,
        Ok(None) => empty(StatusCode::NOT_FOUND),
        Err(fault) => {
            eprintln!("gate-hub: {fault}");
            empty(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

fn tried(
    repositories: &Repositories,
    path: Within<'_>,
    asked: &HeaderMap,
    metrics: &Arc<Metrics>,
) -> Result<Option<Response<Body>>, ObjectFault> {
    let text = |name| asked.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
    let wished = text(header::RANGE).and_then(first);
    let Some(mut found) = repositories.find(path, wished.unwrap_or(0))? else { return Ok(None) };
    if found.length <= SMALL && found.from > 0 {
        // What is small is named by all of its bytes.
        let Some(whole) = repositories.find(path, 0)? else { return Ok(None) };
        found = whole;
    }
    let Some(tag) = tag(&mut found, path) else { return Ok(None) };
    if text(header::IF_NONE_MATCH).is_some_and(|known| known == tag) {
        return Ok(build(StatusCode::NOT_MODIFIED, path, &tag).body(Body::empty()).ok());
    }
    let from = wished.filter(|_| text(header::IF_RANGE).is_none_or(|known| known == tag)).unwrap_or(0);
    let length = found.length;
    if from > 0 && from >= length {
        let answer = build(StatusCode::RANGE_NOT_SATISFIABLE, path, &tag);
        return Ok(answer
            .header(header::CONTENT_RANGE, format!("bytes */{length}"))
            .body(Body::empty())
            .ok());
    }
    if found.from > from {
        let Some(whole) = repositories.find(path, 0)? else { return Ok(None) };
        found = whole;
    }
    let answer = match wished {
        Some(wished) if wished == from => {
            let range = format!("bytes {from}-{}/{length}", length.saturating_sub(1));
            build(StatusCode::PARTIAL_CONTENT, path, &tag).header(header::CONTENT_RANGE, range)
        }
        _ => build(StatusCode::OK, path, &tag),
    };
    Ok(Some(send(answer, found, (from, length), metrics)))
}

/// `bytes=N-`: what a carrier asks. Other forms of a range are answered with the whole, as RFC 9110 §14.2 allows.
fn first(range: &str) -> Option<u64> {
    range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
}

fn find(folder: &Path, path: Within<'_>, from: u64) -> Option<Found> {
    let (mut file, length) = open(folder, path)?;
    let from = from.min(length);
    file.seek(SeekFrom::Start(from)).ok()?;
    Some(Found { reader: Box::new(file), from, length })
}

/// Opens a file of `folder`, and says how long it is.
#[must_use]
pub fn open(folder: &Path, path: Within<'_>) -> Option<(File, u64)> {
    let (mut at, mut parts) = (folder.to_path_buf(), path.0.split('/').peekable());
    while let Some(part) = parts.next() {
        at.push(part);
        // A folder that is a link could lead anywhere.
        if parts.peek().is_some() && !std::fs::symlink_metadata(&at).ok()?.is_dir() {
            return None;
        }
    }
    let file = open_regular(&at).ok()??;
    let length = file.metadata().ok()?.len();
    Some((file, length))
}

/// Names this state of a file: by its bytes, or by its name, which holds its digest or version. `None` if it breaks off.
fn tag(found: &mut Found, path: Within<'_>) -> Option<String> {
    let digest = if found.length <= SMALL {
        let mut bytes = Vec::new();
        let read = Read::by_ref(&mut found.reader).take(SMALL + 1).read_to_end(&mut bytes).ok()?;
        let digest = sha256(&[&bytes]);
        (found.reader, found.length) = (Box::new(Cursor::new(bytes)), read as u64);
        (found.length <= SMALL).then_some(digest)?
    } else {
        sha256(&[path.0.as_bytes(), &found.length.to_be_bytes()])
    };
    let (first, _) = digest.0.split_at(16);
    Some(format!("\"{}\"", hex(first)))
}

fn build(status: StatusCode, path: Within<'_>, tag: &str) -> axum::http::response::Builder {
    let cache = match path.is_timestamp() {
        true => "no-cache",
        false => "public, max-age=31536000, immutable",
    };
    Response::builder()
        .status(status)
        .header(header::ETAG, tag)
        .header(header::CACHE_CONTROL, cache)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CONTENT_TYPE, "application/octet-stream")
}

fn send(
    answer: axum::http::response::Builder,
    mut found: Found,
    (from, length): (u64, u64),
    metrics: &Arc<Metrics>,
) -> Response<Body> {
    let before = from.saturating_sub(found.from);
    if io::copy(&mut Read::by_ref(&mut found.reader).take(before), &mut io::sink()).is_err() {
        return empty(StatusCode::NOT_FOUND);
    }
    let metrics = Arc::clone(metrics);
    // No more than was said, should the file grow meanwhile.
    let pieces = stream::unfold(found.reader.take(length - from), move |mut file| {
        let metrics = Arc::clone(&metrics);
        async move {
            let read = beside::files(move || {
                let mut room = vec![0; PIECE];
                let read = file.read(&mut room);
                read.map(|count| {
                    room.truncate(count);
                    (room, file)
                })
            });
            match read.await.unwrap_or_else(|| Err(io::Error::other("a read ended"))) {
                Ok((room, _)) if room.is_empty() => None,
                Ok((room, file)) => {
                    metrics.served_bytes.add(room.len() as u64);
                    Some((Ok(Bytes::from(room)), file))
                }
                // The connection breaks: a carrier goes on from there.
                Err(error) => {
                    let nothing: Box<dyn Read + Send> = Box::new(io::empty());
                    Some((Err(error), nothing.take(0)))
                }
            }
        }
    });
    let answer = answer.header(header::CONTENT_LENGTH, length - from);
    answer.body(Body::from_stream(pieces)).unwrap_or_default()
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_in_its_repository() {
        for good in
            ["trust/metadata/1.root.json", "status/targets/ab.base-1.tfs", "trust/targets/keys/ab.7.json"]
        {
            assert!(Within::parse(good).is_some(), "{good}");
        }
        let long = format!("trust/targets/{}", "a".repeat(300));
        for bad in [
            "",
            "trust",
            "trust/metadata",
            "trust/metadata/",
            "trust/../hub.db",
            "trust/metadata/..",
            "other/metadata/a",
            "trust/draft/root.json",
            "trust/metadata/.hidden",
            "trust/targets/a/b/c",
            "/trust/metadata/a",
            "trust/metadata/%2e%2e",
            "trust/metadata/A",
            "trust//a",
            &long,
        ] {
            assert!(Within::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn only_open_ended_ranges_are_ranges() {
        assert_eq!(first("bytes=5-"), Some(5));
        for other in ["bytes=5-9", "bytes=-5", "bytes=5-,7-", "items=5-", "bytes=18446744073709551616-"] {
            assert_eq!(first(other), None, "{other}");
        }
    }
}
