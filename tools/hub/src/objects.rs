//! An S3-compatible store of a province's, for the repositories.
//! Promises: TLS of a named authority, but to this machine; what is published is there before anything names it, the timestamp last;
//! nothing is taken away; a store that is away or refuses is never taken for one that has no such file.
//! Must not know: what is in the files, who asks for them.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{StatusCode, header};
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use serde::Deserialize;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};
use url::{Host, Url};

use crate::repository::{Found, Within};

/// How long a signed request serves.
const SIGNED: Duration = Duration::from_secs(300);
/// To connect, and for a head.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two pieces of a body.
const WINDOW: Duration = Duration::from_secs(60);

/// `HUB/objects`, JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// `https://NAME[:PORT]`.
    endpoint: String,
    bucket: String,
    /// What stands before each name; nothing if it is left out.
    #[serde(default)]
    prefix: String,
    #[serde(default = "region")]
    region: String,
    key: String,
    secret: String,
}

fn region() -> String {
    "us-east-1".into()
}

/// Why a store does not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum ObjectFault {
    /// The configuration.
    #[error("HUB/objects: {0}")]
    Configure(&'static str),
    /// No answer.
    #[error("the object store does not answer: {0}")]
    Reach(#[from] ureq::Error),
    /// Another answer than one of files.
    #[error("the object store refuses {path}: {status}")]
    Refuse {
        /// Which.
        path: String,
        /// What it said.
        status: u16,
    },
}

/// A bucket, and the right to read and write it.
pub struct Objects {
    agent: Agent,
    bucket: Bucket,
    credentials: Credentials,
    prefix: String,
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Objects({})", self.bucket.base_url())
    }
}

impl Objects {
    /// By its configuration, and the authority of its certificate, PEM.
    ///
    /// # Errors
    /// [`ObjectFault::Configure`].
    pub fn open(config: &[u8], authority: Option<&[u8]>) -> Result<Objects, ObjectFault> {
        let wrong = ObjectFault::Configure;
        let config: Config = serde_json::from_slice(config)
            .map_err(|_| wrong("endpoint, bucket, prefix, region, key and secret, as JSON"))?;
        let endpoint: Url = config.endpoint.parse().map_err(|_| wrong("the endpoint is no address"))?;
        let is_safe = endpoint.scheme() == "https" && authority.is_some() || is_here(&endpoint);
        if !is_safe {
            return Err(wrong("a store on another machine is https, its authority in HUB/objects.pem"));
        }
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-".contains(letter);
        if !config.prefix.chars().all(plain) || config.prefix.starts_with('/') {
            return Err(wrong("the prefix has letters, digits, . _ - and / alone"));
        }
        let bucket = Bucket::new(endpoint, UrlStyle::Path, config.bucket, config.region)
            .map_err(|_| wrong("the endpoint is no address of a store"))?;
        let credentials = Credentials::new(config.key, config.secret);
        Ok(Objects { agent: agent(authority)?, bucket, credentials, prefix: config.prefix })
    }

    /// A file from a byte on; `None` if there is none of this name.
    ///
    /// # Errors
    /// [`ObjectFault`].
    pub fn find(&self, path: Within<'_>, from: u64) -> Result<Option<Found>, ObjectFault> {
        let url = self.bucket.get_object(Some(&self.credentials), &self.name(path)).sign(SIGNED);
        let mut request = self.agent.get(url.as_str());
        if from > 0 {
            request = request.header(header::RANGE, format!("bytes={from}-"));
        }
        let answer = request.call()?;
        let status = answer.status();
        let found = match status {
            StatusCode::OK => found(answer.into_body(), 0),
            StatusCode::PARTIAL_CONTENT => found(answer.into_body(), from),
            // Behind its end: whoever asked is told how long it is.
            StatusCode::RANGE_NOT_SATISFIABLE if from > 0 => return self.find(path, 0),
            StatusCode::NOT_FOUND => return Ok(None),
            _ => None,
        };
        found.map(Some).ok_or_else(|| refused(path, status))
    }

    /// Puts a file there, unless it is a target of which one of its name and length is there already. Metadata of one name may be
    /// others of one length: they are always put.
    ///
    /// # Errors
    /// [`ObjectFault`].
    pub fn put(&self, path: Within<'_>, file: &File, length: u64) -> Result<Put, ObjectFault> {
        if path.is_target() && self.length(path)? == Some(length) {
            return Ok(Put::Here);
        }
        let url = self.bucket.put_object(Some(&self.credentials), &self.name(path)).sign(SIGNED);
        let status = self.agent.put(url.as_str()).send(file)?.status();
        match status {
            StatusCode::OK | StatusCode::CREATED | StatusCode::NO_CONTENT => Ok(Put::Written),
            _ => Err(refused(path, status)),
        }
    }

    fn length(&self, path: Within<'_>) -> Result<Option<u64>, ObjectFault> {
        let url = self.bucket.head_object(Some(&self.credentials), &self.name(path)).sign(SIGNED);
        let answer = self.agent.head(url.as_str()).call()?;
        match answer.status() {
            StatusCode::OK => {
                let length = answer.headers().get(header::CONTENT_LENGTH);
                Ok(length.and_then(|length| length.to_str().ok()?.parse().ok()))
            }
            StatusCode::NOT_FOUND => Ok(None),
            status => Err(refused(path, status)),
        }
    }

    fn name(&self, path: Within<'_>) -> String {
        match self.prefix.trim_end_matches('/') {
            "" => path.to_string(),
            prefix => format!("{prefix}/{path}"),
        }
    }
}

/// What became of a file that was to be put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is there now.
    Written,
    /// It was there.
    Here,
}

fn refused(path: Within<'_>, status: StatusCode) -> ObjectFault {
    ObjectFault::Refuse { path: path.to_string(), status: status.as_u16() }
}

/// A body that says how long it is: others are no files.
fn found(body: Body, from: u64) -> Option<Found> {
    let left = body.content_length()?;
    let reader: Box<dyn Read + Send> = Box::new(body.into_reader());
    Some(Found { reader, from, length: from.checked_add(left)? })
}

/// On this machine.
fn is_here(endpoint: &Url) -> bool {
    match endpoint.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn agent(authority: Option<&[u8]>) -> Result<Agent, ObjectFault> {
    let certificates: Vec<Certificate<'static>> = parse_pem(authority.unwrap_or_default())
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if authority.is_some() && certificates.is_empty() {
        return Err(ObjectFault::Configure("objects.pem is no certificate in PEM"));
    }
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&certificates))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    let agent = Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(concat!("gate-hub/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(PATIENCE))
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(WINDOW))
        .timeout_per_read(Some(WINDOW))
        .timeout_per_write(Some(WINDOW))
        .tls_config(tls)
        .build();
    Ok(agent.into())
}
