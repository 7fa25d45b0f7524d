//! The repositories in an S3-compatible store: `s3s-fs`, a real server, in a thread of this test.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use gate_sync::LineFault;
use gate_sync::line::{Answer, Ask};
use hyper_util::rt::TokioIo;

use crate::rig::{Hub, hub as run};

const BUCKET: &str = "province";

/// A store over a folder; its endpoint.
fn store(root: &Path) -> String {
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
                let one = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service.clone());
                tokio::spawn(one);
            }
        });
    });
    format!("http://{}", told.recv().unwrap())
}

/// Names the store in a hub's folder, as an operator would.
fn configure(hub: &Path, endpoint: &str, secret: &str) {
    fs::create_dir_all(hub).unwrap();
    fs::set_permissions(hub, fs::Permissions::from_mode(0o700)).unwrap();
    let file = hub.join("objects");
    let words = format!(
        "{{\"endpoint\":\"{endpoint}\",\"bucket\":\"{BUCKET}\",\"prefix\":\"gate/1\",\"key\":\"hub\",\"secret\":\"{secret}\"}}"
    );
    fs::write(&file, words).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
}

fn put(root: &Path, name: &str, bytes: &[u8]) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn publish(hub: &Path, from: &Path) -> (bool, String) {
    let (hub, from) = (hub.to_str().unwrap(), from.to_str().unwrap());
    let said = run(&["publish", "--data", hub, "--from", from, "--by", "测试员"]);
    (said.status.success(), String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned())
}

fn ask(path: &str) -> Ask<'_> {
    Ask { path, from: 0, unless: None, most: 1 << 22 }
}

fn all(answer: Answer) -> Vec<u8> {
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
    // The next day: what is there is not sent again, what changed is, and it is served at once.
    put(&desk, "trust/metadata/timestamp.json", b"later");
    assert_eq!(publish(&data, &desk), (true, "published: 1 files sent, 3 were there\n".into()));
    assert_eq!(all(line.get(&again).unwrap()), b"later");
    assert_eq!(hub.count("SELECT count(*) FROM audit WHERE who = '测试员'"), 2);
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
