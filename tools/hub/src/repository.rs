//! Files of the repositories, as the desk published them: whole, or from a byte on.
//! Promises: opens regular files alone, no links, nothing outside the folder; a file is read as it goes out, never held whole;
//! everything but the timestamp is said to be immutable.
//! Must not know: what is in the files.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Response, StatusCode, header};
use futures_util::stream;
use gate_proof::digest::sha256;

use crate::files::open_regular;
use crate::metrics::Metrics;

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

    fn is_timestamp(self) -> bool {
        self.0.ends_with("/timestamp.json")
    }
}

/// Answers with a file of `folder`.
#[must_use]
pub fn answer(folder: &Path, path: Within<'_>, asked: &HeaderMap, metrics: &Arc<Metrics>) -> Response<Body> {
    let Some((mut file, length)) = open(folder, path) else { return empty(StatusCode::NOT_FOUND) };
    let tag = tag(&mut file, length, path);
    let text = |name| asked.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
    if text(header::IF_NONE_MATCH).is_some_and(|known| known == tag) {
        return build(StatusCode::NOT_MODIFIED, path, &tag).body(Body::empty()).unwrap_or_default();
    }
    let from = text(header::RANGE)
        .filter(|_| text(header::IF_RANGE).is_none_or(|known| known == tag))
        .and_then(first);
    let Some(from) = from else { return send(build(StatusCode::OK, path, &tag), file, (0, length), metrics) };
    if from >= length {
        let answer = build(StatusCode::RANGE_NOT_SATISFIABLE, path, &tag);
        let answer = answer.header(header::CONTENT_RANGE, format!("bytes */{length}"));
        return answer.body(Body::empty()).unwrap_or_default();
    }
    let range = format!("bytes {from}-{}/{length}", length - 1);
    let answer = build(StatusCode::PARTIAL_CONTENT, path, &tag).header(header::CONTENT_RANGE, range);
    send(answer, file, (from, length), metrics)
}

/// `bytes=N-`: what a carrier asks. Other forms of a range are answered with the whole, as RFC 9110 §14.2 allows.
fn first(range: &str) -> Option<u64> {
    range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
}

fn open(folder: &Path, path: Within<'_>) -> Option<(File, u64)> {
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

/// Names this state of a file: by its bytes, or by its name, which holds its digest or version.
fn tag(file: &mut File, length: u64, path: Within<'_>) -> String {
    let mut bytes = Vec::new();
    let small = length <= SMALL
        && Read::by_ref(file).take(SMALL + 1).read_to_end(&mut bytes).is_ok_and(|read| read as u64 == length);
    let digest = if small { sha256(&[&bytes]) } else { sha256(&[path.0.as_bytes(), &length.to_be_bytes()]) };
    let digits: String = digest.0.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{digits}\"")
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
    mut file: File,
    (from, length): (u64, u64),
    metrics: &Arc<Metrics>,
) -> Response<Body> {
    if file.seek(SeekFrom::Start(from)).is_err() {
        return empty(StatusCode::NOT_FOUND);
    }
    let metrics = Arc::clone(metrics);
    // No more than was said, should the file grow meanwhile.
    let pieces = stream::unfold(file.take(length - from), move |mut file| {
        let metrics = Arc::clone(&metrics);
        async move {
            let read = tokio::task::spawn_blocking(move || {
                let mut room = vec![0; PIECE];
                let read = file.read(&mut room);
                read.map(|count| {
                    room.truncate(count);
                    (room, file)
                })
            });
            match read.await.map_err(std::io::Error::other).flatten() {
                Ok((room, _)) if room.is_empty() => None,
                Ok((room, file)) => {
                    metrics.served_bytes.add(room.len() as u64);
                    Some((Ok(Bytes::from(room)), file))
                }
                // The connection breaks: a carrier goes on from there.
                Err(error) => Some((Err(error), File::open("/dev/null").ok()?.take(0))),
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
