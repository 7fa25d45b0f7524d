//! An object store that is a program of its own (`s3s-fs`, tools/ci/store.sh), killed in the middle of a publication and begun anew.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use gate_sync::LineFault;

use crate::objects::{BUCKET, all, ask, configure, publish, put};
use crate::rig::{Hub, hub_command};

/// Files of a publication that take a while, and of how many the store is killed.
const FILES: usize = 200;
const KILLED_AFTER: usize = 20;

/// A store that is killed when it is dropped.
struct Store {
    child: Child,
}

impl Store {
    /// Over a folder, at a port; it answers when this comes back.
    fn start(root: &Path, port: u16) -> Store {
        let mut store = Command::new(program().unwrap());
        store.args([
            "--access-key",
            "hub",
            "--secret-key",
            "secret",
            "--host",
            "127.0.0.1",
            "--port",
            &port.to_string(),
        ]);
        let child = store.arg(root).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let is_there = |_| {
            std::thread::sleep(Duration::from_millis(50));
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        };
        assert!((0..600).any(is_there), "the store answers");
        Store { child }
    }

    /// SIGKILL, at once.
    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Where `tools/ci/store.sh` puts it, or wherever it is installed.
fn program() -> Option<PathBuf> {
    let here = std::env::current_exe().unwrap();
    let target = here.ancestors().nth(3).unwrap().join("tools/bin/s3s-fs");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let named = std::env::split_paths(&path).map(|folder| folder.join("s3s-fs"));
    [target].into_iter().chain(named).find(|program| program.is_file())
}

fn sent(root: &Path) -> usize {
    let targets = root.join(BUCKET).join("gate/1/status/targets");
    fs::read_dir(targets).map_or(0, Iterator::count)
}

#[test]
fn a_store_killed_in_the_middle_serves_what_was_in_force_and_takes_the_rest_afterwards() {
    if program().is_none() {
        assert!(std::env::var("CI").is_err(), "CI lacks s3s-fs, which tools/ci installs");
        println!("SKIPPED a_store_killed_in_the_middle: no s3s-fs");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (data, desk, root) =
        (folder.path().join("hub"), folder.path().join("desk"), folder.path().join("s3"));
    fs::create_dir_all(root.join(BUCKET)).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut store = Store::start(&root, port);
    configure(&data, &format!("http://127.0.0.1:{port}"), "secret");
    put(&desk, "status/metadata/timestamp.json", b"first");
    assert_eq!(publish(&data, &desk), (true, "published: 1 files sent, 0 were there\n".into()));
    let hub = Hub::start(&data);
    let stamp = ask("status/metadata/timestamp.json");
    assert_eq!(all(hub.repository().get(&stamp).unwrap()), b"first");
    let name = |at: usize| format!("status/targets/{at:04}.tfd");
    let bytes = |at: usize| vec![at as u8; 200_000 + at];
    (0..FILES).for_each(|at| put(&desk, &name(at), &bytes(at)));
    put(&desk, "status/metadata/timestamp.json", b"later");
    let words =
        ["publish", "--data", data.to_str().unwrap(), "--from", desk.to_str().unwrap(), "--by", "测试员"];
    let mut publishing = hub_command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while sent(&root) < KILLED_AFTER {
        assert!(publishing.try_wait().unwrap().is_none(), "it is at work");
        std::thread::sleep(Duration::from_millis(1));
    }
    store.kill();
    let said = publishing.wait_with_output().unwrap();
    assert!(!said.status.success() && sent(&root) < FILES, "{said:?}");
    let away = hub.repository().get(&stamp);
    assert!(matches!(away, Err(LineFault::Refuse { status: 503, .. })), "no file is said to be absent");
    let _store = Store::start(&root, port);
    assert_eq!(all(hub.repository().get(&stamp).unwrap()), b"first", "the timestamp goes last");
    let (done, said) = publish(&data, &desk);
    println!("killed after some of {FILES} files; then {said}");
    assert!(done && !said.contains(" 0 were there"), "{said}");
    assert_eq!(all(hub.repository().get(&stamp).unwrap()), b"later");
    for at in 0..FILES {
        assert!(all(hub.repository().get(&ask(&name(at))).unwrap()) == bytes(at), "file {at} is whole");
    }
}
