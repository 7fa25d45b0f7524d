//! The repositories in an S3-compatible store: `s3s-fs`, a real server, in a thread of this test.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use gate_hub::files::Folder;
use gate_hub::tls::{Pair, acceptor, own};
use gate_sync::LineFault;
use gate_sync::line::{Answer, Ask};
use hyper_util::rt::TokioIo;
use tokio_rustls::TlsAcceptor;

use crate::pages::{ask as ask_page, log_in};
use crate::published::{publish as publish_targets, station_with_bands};
use crate::rig::{Hub, hub as run};

pub(crate) const BUCKET: &str = "province";

/// A store over a folder; its endpoint.
fn store(root: &Path) -> String {
    format!("http://{}", listening(root, None))
}

/// A store over a folder, over TLS; its endpoint, by the one name that its certificate has.
fn store_with_tls(root: &Path, pair: &Pair) -> String {
    let address = listening(root, Some(acceptor(pair).unwrap()));
    format!("https://localhost:{}", address.port())
}

fn listening(root: &Path, tls: Option<TlsAcceptor>) -> SocketAddr {
    let root = root.to_path_buf();
    fs::create_dir_all(root.join(BUCKET)).unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut service = s3s::service::S3ServiceBuilder::new(s3s_fs::FileSystem::new(root).unwrap());
            service.set_auth(s3s::auth::SimpleAuth::from_single("hub", "secret"));
            let service = service.build().into_shared();
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (http, service) = (hyper::server::conn::http1::Builder::new(), service.clone());
                match &tls {
                    None => drop(tokio::spawn(http.serve_connection(TokioIo::new(stream), service))),
                    Some(tls) => {
                        let Ok(stream) = tls.accept(stream).await else { continue };
                        tokio::spawn(http.serve_connection(TokioIo::new(stream), service));
                    }
                }
            }
        });
    });
    told.recv().unwrap()
}

#[test]
fn a_store_over_tls_is_believed_by_the_named_authority_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (data, desk) = (folder.path().join("hub"), folder.path().join("desk"));
    let authority = |name: &str| {
        let made = Folder::open(&folder.path().join(name)).unwrap();
        own(&made, &["localhost".to_owned()]).unwrap()
    };
    let ((pair, right), (_, wrong)) = (authority("right"), authority("wrong"));
    let endpoint = store_with_tls(&folder.path().join("s3"), &pair);
    configure(&data, &endpoint, "secret");
    put(&desk, "trust/metadata/timestamp.json", b"first");
    for (pem, endpoint) in [(&wrong, endpoint.clone()), (&right, endpoint.replace("localhost", "127.0.0.1"))]
    {
        configure(&data, &endpoint, "secret");
        fs::copy(pem, data.join("objects.pem")).unwrap();
        let (done, said) = publish(&data, &desk);
        assert!(!done && said.contains("certificate"), "{said}");
    }
    configure(&data, &endpoint, "secret");
    assert_eq!(publish(&data, &desk), (true, "published: 1 files sent, 0 were there\n".into()));
    let hub = Hub::start(&data);
    assert_eq!(all(hub.repository().get(&ask("trust/metadata/timestamp.json")).unwrap()), b"first");
}

/// Names the store in a hub's folder, as an operator would.
pub(crate) fn configure(hub: &Path, endpoint: &str, secret: &str) {
    fs::create_dir_all(hub).unwrap();
    fs::set_permissions(hub, fs::Permissions::from_mode(0o700)).unwrap();
    let file = hub.join("objects");
    let words = format!(
        "{{\"endpoint\":\"{endpoint}\",\"bucket\":\"{BUCKET}\",\"prefix\":\"gate/1\",\"key\":\"hub\",\"secret\":\"{secret}\"}}"
    );
    fs::write(&file, words).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
}

pub(crate) fn put(root: &Path, name: &str, bytes: &[u8]) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

pub(crate) fn publish(hub: &Path, from: &Path) -> (bool, String) {
    let (hub, from) = (hub.to_str().unwrap(), from.to_str().unwrap());
    let said = run(&["publish", "--data", hub, "--from", from, "--by", "测试员"]);
    (said.status.success(), String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned())
}

pub(crate) fn ask(path: &str) -> Ask<'_> {
    Ask { path, from: 0, unless: None, most: 1 << 22 }
}

pub(crate) fn all(answer: Answer) -> Vec<u8> {
    match answer {
        Answer::Bytes(bytes) | Answer::Whole(bytes) => bytes.all().unwrap(),
        Answer::Same | Answer::Absent => unreachable!("bytes"),
    }
}

#[test]
fn what_is_published_into_a_store_is_served_from_it_as_from_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (data, desk) = (folder.path().join("hub"), folder.path().join("desk"));
    configure(&data, &store(&folder.path().join("s3")), "secret");
    let base: Vec<u8> = (0..300_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    put(&desk, "status/targets/base-0000000001.tfs", &base);
    put(&desk, "trust/metadata/timestamp.json", b"first");
    put(&desk, "trust/metadata/1.root.json", b"root");
    put(&desk, "trust/targets/keys/ab.7.json", b"key");
    assert_eq!(publish(&data, &desk), (true, "published: 4 files sent, 0 were there\n".into()));
    let hub = Hub::start(&data);
    let line = hub.repository();
    let Answer::Bytes(timestamp) = line.get(&ask("trust/metadata/timestamp.json")).unwrap() else {
        unreachable!("bytes")
    };
    let tag = timestamp.tag.clone();
    assert_eq!(timestamp.all().unwrap(), b"first");
    let again = Ask { unless: tag.as_deref(), ..ask("trust/metadata/timestamp.json") };
    assert!(matches!(line.get(&again).unwrap(), Answer::Same));
    assert_eq!(all(line.get(&ask("trust/targets/keys/ab.7.json")).unwrap()), b"key");
    assert_eq!(all(line.get(&ask("status/targets/base-0000000001.tfs")).unwrap()), base);
    let rest = Ask { from: 123_456, ..ask("status/targets/base-0000000001.tfs") };
    assert_eq!(all(line.get(&rest).unwrap()), base[123_456..]);
    assert_eq!(all(line.get(&Ask { from: 2, ..ask("trust/metadata/1.root.json") }).unwrap()), b"ot");
    assert!(matches!(line.get(&ask("trust/metadata/2.root.json")).unwrap(), Answer::Absent));
    // The next day: a target that is there is not sent again; metadata are, of one length too, and are served at once.
    put(&desk, "trust/metadata/timestamp.json", b"later");
    put(&desk, "trust/metadata/1.root.json", b"ROOT");
    assert_eq!(publish(&data, &desk), (true, "published: 2 files sent, 2 were there\n".into()));
    assert_eq!(all(line.get(&again).unwrap()), b"later");
    assert_eq!(all(line.get(&ask("trust/metadata/1.root.json")).unwrap()), b"ROOT");
    assert_eq!(hub.count("SELECT count(*) FROM audit WHERE who = '测试员'"), 2);
}

#[test]
fn the_page_finds_the_policy_in_the_store_and_says_when_the_store_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let (data, desk) = (folder.path().join("hub"), folder.path().join("desk"));
    configure(&data, &store(&folder.path().join("s3")), "secret");
    publish_targets(&desk, 1, &[("policy-station.json", &station_with_bands())]);
    assert_eq!(publish(&data, &desk), (true, "published: 4 files sent, 0 were there\n".into()));
    for (endpoint, words) in [
        (None, "Bands by policy 1 (stations)."),
        (Some("http://127.0.0.1:1"), "The repository does not answer"),
    ] {
        if let Some(endpoint) = endpoint {
            configure(&data, endpoint, "secret");
        }
        let hub = Hub::start(&data);
        let page = ask_page(&hub, "GET", "/", (&log_in(&hub), ""));
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[test]
fn a_store_that_refuses_or_is_away_is_no_repository_without_files() {
    let folder = tempfile::tempdir().unwrap();
    let (data, desk) = (folder.path().join("hub"), folder.path().join("desk"));
    configure(&data, &store(&folder.path().join("s3")), "wrong");
    put(&desk, "trust/metadata/timestamp.json", b"first");
    let (done, said) = publish(&data, &desk);
    assert!(!done && said.contains("403"), "{said}");
    for endpoint in [None, Some("http://127.0.0.1:1")] {
        if let Some(endpoint) = endpoint {
            configure(&data, endpoint, "secret");
        }
        let hub = Hub::start(&data);
        let told = hub.repository().get(&ask("trust/metadata/2.root.json"));
        assert!(matches!(told, Err(LineFault::Refuse { status: 503, .. })));
    }
}

#[test]
fn a_store_elsewhere_without_tls_or_whose_secret_others_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (data, desk) = (folder.path().join("hub"), folder.path().join("desk"));
    put(&desk, "trust/metadata/timestamp.json", b"first");
    for endpoint in ["http://store.example", "https://store.example"] {
        configure(&data, endpoint, "secret");
        let (done, said) = publish(&data, &desk);
        assert!(!done && said.contains("HUB/objects.pem"), "{said}");
    }
    fs::set_permissions(data.join("objects"), fs::Permissions::from_mode(0o644)).unwrap();
    let (done, said) = publish(&data, &desk);
    assert!(!done && said.contains("can be read by others"), "{said}");
    assert!(!said.contains("secret\""), "{said}");
}
