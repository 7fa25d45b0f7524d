//! One request to the hub over HTTPS.
//! Promises: only the province's certificate authority is believed; no redirect is followed, no content decoded, no proxy of
//! the environment used; heads are bounded, every wait ends; an answer says which bytes it brings before it brings them.
//! Must not know: what the bytes are.

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ureq::Agent;
use ureq::http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_RANGE, ETAG, IF_NONE_MATCH, RANGE, RETRY_AFTER,
};
use ureq::http::{HeaderMap, HeaderName, Response, StatusCode};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Body, Timeout};

use crate::patience::{Meter, Patience};

/// An answer's head at most.
const HEAD_MOST: usize = 16 << 10;
/// An entity tag at most: it goes into a header of the next request.
const TAG_MOST: usize = 128;

/// Names and values of a request's headers.
pub type Headers = [(&'static str, String)];

/// A way to a hub.
#[derive(Clone)]
pub struct Line {
    agent: Agent,
    base: String,
    patience: Patience,
}

/// Why an answer is none.
#[derive(Debug, thiserror::Error)]
pub enum LineFault {
    /// The configuration's address or certificate authority.
    #[error("the line is not configured: {0}")]
    Configure(String),
    /// Nobody there, or somebody else.
    #[error("no connection to the hub: {0}")]
    Reach(String),
    /// Too slow.
    #[error("too slow, given up ({0})")]
    Wait(&'static str),
    /// The hub says no.
    #[error("the hub answers {status}")]
    Refuse {
        /// Its status.
        status: u16,
        /// How long it asks to wait.
        after: Option<Duration>,
    },
    /// Somebody sends the terminal elsewhere: a portal of whoever owns this network.
    #[error("answered by a redirect ({0}): a portal stands before the hub?")]
    Redirect(u16),
    /// The bytes come encoded although that was declined.
    #[error("the answer is encoded as {0:?}, which was not asked for")]
    Encode(String),
    /// Another range than was asked for.
    #[error("another part than was asked for: {0:?}")]
    MatchRange(String),
    /// Another length than was announced.
    #[error("an answer of {said} bytes where {wanted} were announced: another file, or a portal's page")]
    MatchLength {
        /// What the answer says.
        said: u64,
        /// What is missing of the file.
        wanted: u64,
    },
    /// More than there can be.
    #[error("more than the {most} bytes that were to come")]
    Bound {
        /// How many.
        most: u64,
    },
    /// It ended before its end, or the line broke.
    #[error("cut off: {0}")]
    Cut(String),
}

impl LineFault {
    /// How long the hub asked to wait.
    #[must_use]
    pub fn asked(&self) -> Option<Duration> {
        if let LineFault::Refuse { after, .. } = self { *after } else { None }
    }

    /// Whether the line or the whole hub is away, rather than this one file.
    #[must_use]
    pub fn is_away(&self) -> bool {
        matches!(self, LineFault::Reach(_) | LineFault::Wait(_) | LineFault::Cut(_)) || self.asked().is_some()
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Below the hub's address, without a slash before it.
    pub path: &'a str,
    /// The first byte wanted.
    pub from: u64,
    /// Only if it is not this.
    pub unless: Option<&'a str>,
    /// Bytes that are taken at most, from the first wanted.
    pub most: u64,
}

/// What is answered.
pub enum Answer {
    /// The bytes, from the first wanted on.
    Bytes(Bytes),
    /// The whole, although a part was asked for.
    Whole(Bytes),
    /// It is what the asker has.
    Same,
    /// There is no such file.
    Absent,
}

/// An answer's body.
pub struct Bytes {
    /// What names this state of the file.
    pub tag: Option<String>,
    /// How long the whole file is, where a part is answered.
    pub whole: Option<u64>,
    /// How long this answer says it is.
    pub said: Option<u64>,
    reader: ureq::BodyReader<'static>,
    meter: Meter,
    left: u64,
    most: u64,
}

impl Line {
    /// A way to `base` (`https://…`), whose certificate one of the authorities in `pem` must have issued.
    ///
    /// # Errors
    /// [`LineFault::Configure`].
    pub fn open(base: &str, pem: &[u8], patience: Patience) -> Result<Line, LineFault> {
        let wrong = |what: &str| LineFault::Configure(what.into());
        let host =
            base.strip_prefix("https://").ok_or_else(|| wrong("the hub's address begins with https://"))?;
        if host.is_empty() || base.contains(['?', '#', '@', ' ']) {
            return Err(wrong("the hub's address is https://NAME[:PORT][/PATH]"));
        }
        let certificates: Vec<Certificate<'static>> = parse_pem(pem)
            .filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            })
            .collect();
        if certificates.is_empty() {
            return Err(wrong("no PEM certificate of an authority"));
        }
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&certificates))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let agent = Agent::config_builder()
            .https_only(true)
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("gate-sync/", env!("CARGO_PKG_VERSION")))
            .max_response_header_size(HEAD_MOST)
            .timeout_resolve(Some(patience.connect))
            .timeout_connect(Some(patience.connect))
            .timeout_send_request(Some(patience.answer))
            .timeout_recv_response(Some(patience.answer))
            .timeout_per_read(Some(patience.window))
            .timeout_per_write(Some(patience.window))
            .tls_config(tls)
            .build();
        Ok(Line { agent: agent.into(), base: base.trim_end_matches('/').into(), patience })
    }

    /// After how long a round that goes well ends.
    #[must_use]
    pub fn slice(&self) -> Duration {
        self.patience.slice
    }

    /// Asks for a file.
    ///
    /// # Errors
    /// [`LineFault`].
    pub fn get(&self, ask: &Ask<'_>) -> Result<Answer, LineFault> {
        let mut request = self
            .agent
            .get(format!("{}/{}", self.base, ask.path))
            .config()
            .timeout_recv_body(Some(self.patience.total(ask.most)))
            .build()
            .header(ACCEPT_ENCODING, "identity");
        if ask.from > 0 {
            request = request.header(RANGE, format!("bytes={}-", ask.from));
        }
        if let Some(tag) = ask.unless {
            request = request.header(IF_NONE_MATCH, tag);
        }
        let response = request.call().map_err(|error| told(&error))?;
        self.answer(response, ask)
    }

    /// Sends bytes, and takes an answer of at most `most` bytes.
    ///
    /// # Errors
    /// [`LineFault`]; a status of 4xx or 5xx is one.
    pub fn post(&self, path: &str, headers: &Headers, body: &[u8], most: u64) -> Result<Vec<u8>, LineFault> {
        let mut request = self
            .agent
            .post(format!("{}/{path}", self.base))
            .config()
            .timeout_send_body(Some(self.patience.total(body.len() as u64)))
            .timeout_recv_body(Some(self.patience.total(most)))
            .build()
            .header(ACCEPT_ENCODING, "identity")
            .content_type("application/octet-stream");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let response = request.send(body).map_err(|error| told(&error))?;
        self.small(response, path, most)
    }

    /// Asks for a small answer, in the line's name.
    ///
    /// # Errors
    /// [`LineFault`].
    pub fn ask(&self, path: &str, headers: &Headers, most: u64) -> Result<Vec<u8>, LineFault> {
        let mut request = self
            .agent
            .get(format!("{}/{path}", self.base))
            .config()
            .timeout_recv_body(Some(self.patience.total(most)))
            .build()
            .header(ACCEPT_ENCODING, "identity");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let response = request.call().map_err(|error| told(&error))?;
        self.small(response, path, most)
    }

    fn small(&self, response: Response<Body>, path: &str, most: u64) -> Result<Vec<u8>, LineFault> {
        // Of a file both say that it is not there; of what was asked here, that its time is over.
        if response.status() == StatusCode::GONE {
            return Err(LineFault::Refuse { status: 410, after: None });
        }
        match self.answer(response, &Ask { path, from: 0, unless: None, most })? {
            Answer::Bytes(bytes) | Answer::Whole(bytes) => bytes.all(),
            Answer::Same | Answer::Absent => Err(LineFault::Refuse { status: 404, after: None }),
        }
    }

    fn answer(&self, response: Response<Body>, ask: &Ask<'_>) -> Result<Answer, LineFault> {
        let (status, headers) = (response.status(), response.headers().clone());
        match status {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT => {}
            StatusCode::NOT_MODIFIED if ask.unless.is_some() => return Ok(Answer::Same),
            StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(Answer::Absent),
            _ if status.is_redirection() => return Err(LineFault::Redirect(status.as_u16())),
            _ => {
                let after = text(&headers, &RETRY_AFTER).and_then(|text| text.parse().ok());
                return Err(LineFault::Refuse {
                    status: status.as_u16(),
                    after: after.map(Duration::from_secs),
                });
            }
        }
        if let Some(encoding) = text(&headers, &CONTENT_ENCODING).filter(|encoding| *encoding != "identity") {
            return Err(LineFault::Encode(shown(encoding)));
        }
        let whole = match (status, ask.from) {
            (StatusCode::PARTIAL_CONTENT, 1..) => Some(range(&headers, ask.from)?),
            (StatusCode::PARTIAL_CONTENT, 0) => return Err(LineFault::MatchRange("a part, unasked".into())),
            _ => None,
        };
        let most = if whole.is_some() { ask.most } else { ask.most.saturating_add(ask.from) };
        let said = response.body().content_length();
        if said.is_some_and(|said| said > most) {
            return Err(LineFault::Bound { most });
        }
        let bytes = Bytes {
            tag: text(&headers, &ETAG).filter(|tag| tag.len() <= TAG_MOST).map(str::to_owned),
            whole,
            said,
            reader: response.into_body().into_reader(),
            meter: Meter::start(self.patience, Instant::now()),
            left: most,
            most,
        };
        Ok(if whole.is_none() && ask.from > 0 { Answer::Whole(bytes) } else { Answer::Bytes(bytes) })
    }
}

impl Bytes {
    /// The next bytes, 0 at the end.
    ///
    /// # Errors
    /// [`LineFault`].
    pub fn read(&mut self, room: &mut [u8]) -> Result<usize, LineFault> {
        let count = self.reader.read(room).map_err(broken)?;
        self.left = self.left.checked_sub(count as u64).ok_or(LineFault::Bound { most: self.most })?;
        match self.meter.goes_on(count, Instant::now()) || count == 0 {
            true => Ok(count),
            false => Err(LineFault::Wait("the data trickle")),
        }
    }

    /// Everything.
    ///
    /// # Errors
    /// [`LineFault`].
    pub fn all(mut self) -> Result<Vec<u8>, LineFault> {
        let (mut all, mut room) = (Vec::new(), [0; 4096]);
        loop {
            match self.read(&mut room)? {
                0 => return Ok(all),
                count => all.extend_from_slice(room.get(..count).unwrap_or_default()),
            }
        }
    }
}

/// `bytes 5-9/10`: from where it was asked, to the end. Gives how long the whole is.
fn range(headers: &HeaderMap, from: u64) -> Result<u64, LineFault> {
    let text = text(headers, &CONTENT_RANGE).unwrap_or_default();
    let lie = || LineFault::MatchRange(shown(text));
    let (span, whole) = text.strip_prefix("bytes ").and_then(|rest| rest.split_once('/')).ok_or_else(lie)?;
    let (first, last) = span.split_once('-').ok_or_else(lie)?;
    let number = |text: &str| text.parse::<u64>().map_err(|_| lie());
    let (first, last, whole) = (number(first)?, number(last)?, number(whole)?);
    if first == from && last.checked_add(1) == Some(whole) { Ok(whole) } else { Err(lie()) }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Strangers' text, short enough for a message.
fn shown(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(64).collect()
}

fn told(error: &ureq::Error) -> LineFault {
    match error {
        ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => LineFault::Wait("no connection"),
        ureq::Error::Timeout(_) => LineFault::Wait("no answer"),
        other => LineFault::Reach(shown(&other.to_string())),
    }
}

/// What a body's reader says: its own errors come wrapped.
fn broken(error: std::io::Error) -> LineFault {
    let is_timeout = error.kind() == std::io::ErrorKind::TimedOut
        || error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<ureq::Error>())
            .is_some_and(|inner| matches!(inner, ureq::Error::Timeout(_)));
    match is_timeout {
        true => LineFault::Wait("no data"),
        false => LineFault::Cut(shown(&error.to_string())),
    }
}
