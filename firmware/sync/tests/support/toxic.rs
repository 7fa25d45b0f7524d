//! A hub of a test's own behind TLS, and everything that a line, a portal or a thief can do to its answers.
//! Promises: bytes of an answer are exactly what the test says, cut wherever it says.
//! Must not know: the carrier.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What is read into memory to be served.
const LARGEST: u64 = 64 << 20;

/// A certificate authority of a province.
pub(crate) struct Authority {
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Authority {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { pem, issuer: Issuer::new(params, key) }
    }

    /// A certificate for this machine and its key, both PEM.
    pub(crate) fn issue(&self) -> Pair {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Pair { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

/// What a server of this name shows: whoever has both is that server.
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Pair {
    fn server(&self) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from_pem_slice(self.certificate.as_bytes()).unwrap()],
                PrivateKeyDer::from_pem_slice(self.key.as_bytes()).unwrap(),
            );
        Arc::new(config.unwrap())
    }
}

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Which answer this is, from 0.
    pub(crate) number: usize,
    /// Without the first slash.
    pub(crate) path: String,
    /// The first byte wanted.
    pub(crate) from: Option<u64>,
    /// `If-None-Match`.
    pub(crate) unless: Option<String>,
    /// As it came.
    pub(crate) head: String,
    /// What came with it.
    pub(crate) body: Vec<u8>,
}

/// What is done with an answer.
pub(crate) enum Act {
    /// These bytes, and the end.
    Say(Vec<u8>),
    /// These bytes, then no more, and no end until the other side goes.
    Stall(Vec<u8>),
    /// These bytes, one by one.
    Drip(Vec<u8>, Duration),
    /// These bytes, and then the last of them for ever.
    Endless(Vec<u8>),
}

/// A hub that is up until it is dropped.
pub(crate) struct Hub {
    pub(crate) authority: Authority,
    pub(crate) address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Hub {
    /// One that answers as `act` says.
    pub(crate) fn new(act: impl Fn(&Asked) -> Act + Send + Sync + 'static) -> Hub {
        let authority = Authority::new();
        let (address, asked) = listens(&authority.issue(), act);
        Hub { authority, address, asked }
    }

    /// One that serves a folder as it should: a pipe in it says nothing for ever, a file that is too large for a test's memory
    /// has no end.
    pub(crate) fn honest(folder: &Path) -> Hub {
        let folder = folder.to_path_buf();
        Hub::new(move |asked| match fs::metadata(folder.join(&asked.path)) {
            Ok(about) if !about.is_file() => Act::Stall(Vec::new()),
            Ok(about) if about.len() > LARGEST => Act::Endless(b"HTTP/1.1 200 OK\r\n\r\n ".to_vec()),
            _ => Act::Say(served(&folder, asked)),
        })
    }

    /// What is asked, as it is asked.
    pub(crate) fn log(&self) -> Arc<Mutex<Vec<Asked>>> {
        Arc::clone(&self.asked)
    }

    /// What was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.log().lock().unwrap().clone()
    }

    /// The paths that were asked for, and forgets them.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.asked.lock().unwrap().drain(..).map(|asked| asked.path).collect()
    }
}

/// Answers as `act` says under this certificate, as long as the test runs: the address, and what is asked.
pub(crate) fn listens(
    pair: &Pair,
    act: impl Fn(&Asked) -> Act + Send + Sync + 'static,
) -> (String, Arc<Mutex<Vec<Asked>>>) {
    let (config, listener) = (pair.server(), TcpListener::bind("127.0.0.1:0").unwrap());
    let port = listener.local_addr().unwrap().port();
    let (asked, act) = (Arc::new(Mutex::new(Vec::new())), Arc::new(act));
    let log = Arc::clone(&asked);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (config, log, act) = (Arc::clone(&config), Arc::clone(&log), Arc::clone(&act));
            thread::spawn(move || drop(answer(stream, config, &log, &*act)));
        }
    });
    (format!("https://localhost:{port}"), asked)
}

fn answer(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    log: &Mutex<Vec<Asked>>,
    act: &(dyn Fn(&Asked) -> Act + Send + Sync),
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
    let asked = {
        let mut asked = Asked::read(head(&mut stream)?);
        stream.read_exact(&mut asked.body)?;
        let mut log = log.lock().unwrap();
        asked.number = log.len();
        log.push(asked.clone());
        asked
    };
    match act(&asked) {
        Act::Say(bytes) => {
            stream.write_all(&bytes)?;
            stream.conn.send_close_notify();
            stream.flush()
        }
        Act::Stall(bytes) => {
            stream.write_all(&bytes)?;
            stream.flush()?;
            // Until the other side goes away.
            stream.read_to_end(&mut Vec::new()).map(drop)
        }
        Act::Drip(bytes, pause) => bytes.iter().try_for_each(|byte| {
            stream.write_all(&[*byte])?;
            stream.flush()?;
            thread::sleep(pause);
            Ok(())
        }),
        Act::Endless(bytes) => {
            stream.write_all(&bytes)?;
            let more = vec![*bytes.last().unwrap(); 1 << 16];
            loop {
                stream.write_all(&more)?;
            }
        }
    }
}

fn head(stream: &mut impl Read) -> std::io::Result<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8(head).unwrap())
}

impl Asked {
    /// With room for the body that it announces.
    fn read(head: String) -> Asked {
        let field = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(':'));
            lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
        };
        let path = head.split(' ').nth(1).unwrap().trim_start_matches('/').to_owned();
        let from = field("range").map(|range| range["bytes=".len()..].trim_end_matches('-').parse().unwrap());
        let body = vec![0; field("content-length").map_or(0, |length| length.parse().unwrap())];
        Asked { number: 0, path, from, unless: field("if-none-match"), head, body }
    }
}

/// What a good hub answers out of a folder.
pub(crate) fn served(folder: &Path, asked: &Asked) -> Vec<u8> {
    let path: PathBuf = folder.join(&asked.path);
    let Ok(bytes) = fs::read(path) else { return text("404 Not Found", &[], b"no such file") };
    let tag = format!("\"{}-{}\"", bytes.len(), bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>());
    if asked.unless.as_ref() == Some(&tag) {
        return text("304 Not Modified", &[("etag", &tag)], b"");
    }
    match asked.from {
        Some(from) if (from as usize) < bytes.len() => {
            let range = format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len());
            let fields = [("content-range", range.as_str()), ("etag", &tag)];
            text("206 Partial Content", &fields, &bytes[from as usize..])
        }
        Some(_) => text("416 Range Not Satisfiable", &[], b""),
        None => text("200 OK", &[("etag", &tag)], &bytes),
    }
}

/// An answer as text, its length said.
pub(crate) fn text(status: &str, fields: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in fields {
        answer += &format!("{name}: {value}\r\n");
    }
    let mut answer = (answer + "\r\n").into_bytes();
    answer.extend_from_slice(body);
    answer
}

/// The first `count` bytes of an answer, then a cut.
pub(crate) fn cut(mut answer: Vec<u8>, count: usize) -> Act {
    answer.truncate(count);
    Act::Say(answer)
}
