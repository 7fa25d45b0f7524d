//! Those who hold connections and send nothing: ended, and counted by where they come from.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gate_hub::files::Folder;
use gate_hub::listen::{Limits, serve};
use gate_hub::paced::Pace;
use gate_hub::pages::sessions::Sessions;
use gate_hub::repository::Repositories;
use gate_hub::store::intake::Quota;
use gate_hub::store::{Readers, Store};
use gate_hub::tls::{acceptor, own};
use gate_hub::writer::Writer;
use rustls::{ClientConnection, StreamOwned};

use crate::pages::client;

/// A hub in this process, with less patience than any.
struct Short {
    runtime: tokio::runtime::Runtime,
    address: SocketAddr,
    folder: tempfile::TempDir,
    hub: Arc<gate_hub::Hub>,
}

impl Short {
    fn start(limits: Limits) -> Short {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::open(temporary.path()).unwrap();
        let path = folder.path("hub.db");
        let (pair, _) = own(&folder, &["localhost".to_owned()]).unwrap();
        let hub = Arc::new(gate_hub::Hub {
            writer: Writer::start(Store::file(&path), Arc::default(), 16).unwrap(),
            readers: Readers::new(Store::file(&path)),
            acknowledger: None,
            sessions: Sessions::default(),
            quota: Quota::USUAL,
            repositories: Repositories::Folder(folder.repository()),
            metrics: Arc::default(),
            look: tokio::sync::Mutex::default(),
            room: tokio::sync::Semaphore::new(16),
            folder,
        });
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(serve(Arc::clone(&hub), listener, acceptor(&pair).unwrap(), limits));
        Short { runtime, address, folder: temporary, hub }
    }

    fn connect(&self) -> StreamOwned<ClientConnection, TcpStream> {
        client(self.folder.path(), TcpStream::connect(self.address).unwrap())
    }
}

fn limits() -> Limits {
    let pace = Pace { window: Duration::from_millis(300), least: 1 << 10 };
    Limits { pace, ..Limits::default() }
}

/// Until the other side ends it.
fn ends(stream: &mut impl Read) -> Vec<u8> {
    let (mut answer, mut room) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = stream.read(&mut room) {
        answer.extend_from_slice(&room[..read]);
    }
    answer
}

fn large(folder: &Path) {
    let targets = folder.join("repository/status/targets");
    std::fs::create_dir_all(&targets).unwrap();
    std::fs::File::create(targets.join("base.tfs")).unwrap().set_len(64 << 20).unwrap();
}

const HEAD: &str = "POST /v1/records HTTP/1.1\r\nhost: localhost\r\ncontent-length: 60000\r\n\r\n";

#[test]
fn a_body_that_trickles_is_ended_before_anybody_asks_whose_it_is() {
    let hub = Short::start(limits());
    let mut stream = hub.connect();
    stream.write_all(HEAD.as_bytes()).unwrap();
    // A byte now and then for ever: the connection breaks under it.
    while stream.write_all(b"x").and_then(|()| stream.flush()).is_ok() {
        std::thread::sleep(Duration::from_millis(5));
    }
    while hub.hub.metrics.connections.now() > 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_body_that_comes_and_never_ends_is_told_so() {
    let hub = Short::start(Limits { request: Duration::from_millis(300), ..Limits::default() });
    let mut stream = hub.connect();
    stream.write_all(HEAD.as_bytes()).unwrap();
    assert!(ends(&mut stream).starts_with(b"HTTP/1.1 408"));
}

#[test]
fn an_answer_that_nobody_takes_is_ended() {
    let hub = Short::start(limits());
    large(hub.folder.path());
    let mut stream = hub.connect();
    stream.write_all(b"GET /repository/status/targets/base.tfs HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    while hub.hub.metrics.served_bytes.now() == 0 || hub.hub.metrics.connections.now() > 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(hub.hub.metrics.served_bytes.now() < 64 << 20);
}

#[test]
fn one_address_takes_no_more_than_its_share() {
    let hub = Short::start(Limits { each: 3, ..Limits::default() });
    let held: Vec<TcpStream> = (0..3).map(|_| TcpStream::connect(hub.address).unwrap()).collect();
    let mut fourth = TcpStream::connect(hub.address).unwrap();
    assert_eq!(fourth.read(&mut [0; 8]).unwrap_or(0), 0, "closed before a handshake");
    drop(held);
    // Its places are free once the hub has seen that they were given up.
    let is_served = || {
        let mut again = hub.connect();
        let asked = again.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        asked.is_ok() && ends(&mut again).starts_with(b"HTTP/1.1 200")
    };
    while !is_served() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn health_is_the_writers() {
    let hub = Short::start(Limits::default());
    let ask = || {
        let mut stream = hub.connect();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
        ends(&mut stream)
    };
    assert!(ask().starts_with(b"HTTP/1.1 200"));
    let panics =
        hub.hub.writer.change(|_| -> Result<(), gate_hub::store::StoreFault> { unreachable!("a defect") });
    assert!(hub.runtime.block_on(panics).is_err());
    assert!(ask().starts_with(b"HTTP/1.1 503"));
    hub.runtime.block_on(hub.hub.writer.ended());
}
