//! A province's database server: one that hangs, one that is another than before, and the line to it. Only beside a real one
//! (tools/ci/postgres.sh).

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use gate_hub::files::Folder;
use gate_hub::store::log::{Alarm, raise};
use gate_hub::store::{Db, Store, StoreFault};
use gate_hub::tls;
use gate_sync::LineFault;
use gate_sync::upload::SendFault;

use crate::chain::Chain;
use crate::rig::{Hub, Terminal, at_the_server, hub as run, server};

/// A way to the server that can be held: what was sent stays in it.
struct Way {
    port: u16,
    is_held: Arc<AtomicBool>,
}

impl Way {
    /// To the server's socket.
    fn to(address: &str) -> Way {
        let socket = format!("{}/.s.PGSQL.{}", said(address, "host"), said(address, "port"));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, is_held) = (listener.local_addr().unwrap().port(), Arc::new(AtomicBool::new(false)));
        let held = Arc::clone(&is_held);
        thread::spawn(move || {
            for near in listener.incoming().map(Result::unwrap) {
                let far = UnixStream::connect(&socket).unwrap();
                let (back, forth) = (near.try_clone().unwrap(), far.try_clone().unwrap());
                let (one, other) = (Arc::clone(&held), Arc::clone(&held));
                thread::spawn(move || carry(near, forth, &one));
                thread::spawn(move || carry(far, back, &other));
            }
        });
        Way { port, is_held }
    }
}

fn carry(mut from: impl Read, mut to: impl Write, is_held: &AtomicBool) {
    let mut room = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut room) {
        while is_held.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(5));
        }
        if to.write_all(&room[..count]).is_err() {
            break;
        }
    }
}

/// What an address says, as `tools/ci/postgres.sh` gives it.
fn said(address: &str, name: &str) -> String {
    let from = address.split(&format!("{name}=")).nth(1).unwrap();
    from.split('&').next().unwrap().to_owned()
}

/// A hub's schema on the server, said in another address.
fn give(hub: &Path, address: &str, schema: &str) {
    at_the_server(&server().unwrap(), &format!("CREATE SCHEMA IF NOT EXISTS {schema}"));
    fs::create_dir_all(hub).unwrap();
    let glue = if address.contains('?') { '&' } else { '?' };
    crate::rig::place_secret(
        &hub.join("store"),
        &format!("{address}{glue}options=-csearch_path%3D{schema}\n"),
    );
}

#[test]
fn a_server_that_hangs_is_told_as_503_and_goes_on_when_it_is_back() {
    let Some(address) = server() else {
        println!(
            "SKIPPED a_server_that_hangs_is_told_as_503_and_goes_on_when_it_is_back: GATE_POSTGRES not set"
        );
        return;
    };
    let (folder, way) = (tempfile::tempdir().unwrap(), Way::to(&address));
    let here = format!("postgres://gate@127.0.0.1:{}/postgres", way.port);
    give(folder.path(), &here, &format!("way{}", std::process::id()));
    let hub = Hub::start(folder.path());
    let (mut terminal, chain) = (Terminal::enrolled(&hub), Chain::begun(9));
    terminal.put(&chain, 1, 4);
    assert!(terminal.send(&hub).faults.is_empty());
    let session = crate::pages::log_in(&hub);
    let page = || crate::pages::ask(&hub, "GET", "/", (&session, ""));
    assert!(page().starts_with("HTTP/1.1 200"));
    way.is_held.store(true, Ordering::Relaxed);
    terminal.put(&chain, 5, 9);
    let told = terminal.send(&hub);
    let is_503 = |fault: &SendFault| matches!(fault, SendFault::Line(LineFault::Refuse { status: 503, .. }));
    assert!(
        told.faults.iter().all(|(_, fault)| is_503(fault)) && !told.faults.is_empty(),
        "{:?}",
        told.faults
    );
    // Nobody's session ends of it, and no page says so.
    assert!(page().starts_with("HTTP/1.1 503"));
    // Files are served meanwhile.
    fs::create_dir_all(folder.path().join("repository/trust/metadata")).unwrap();
    fs::write(folder.path().join("repository/trust/metadata/timestamp.json"), "first").unwrap();
    assert_eq!(hub.repository().ask("trust/metadata/timestamp.json", &[], 99).unwrap(), b"first");
    way.is_held.store(false, Ordering::Relaxed);
    while !terminal.send(&hub).faults.is_empty() {}
    assert_eq!(terminal.acknowledged(&hub, &chain), Some((9, 0)));
    while page().starts_with("HTTP/1.1 503") {}
    assert!(page().contains("id=\"rows\""), "{}", page());
}

#[test]
fn a_server_that_is_another_than_before_is_not_served_from_until_a_person_says_so() {
    if server().is_none() {
        println!("SKIPPED a_server_that_is_another_than_before_…: GATE_POSTGRES not set");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut hub = Hub::start(folder.path());
    let (mut terminal, chain) = (Terminal::enrolled(&hub), Chain::begun(9));
    terminal.put(&chain, 1, 4);
    terminal.send(&hub);
    // As it is after a standby took over: the tables say the timeline of before.
    let is = hub.database().lineage().unwrap().unwrap();
    hub.database().run("UPDATE hub SET lineage = '1/00000001'", &[]).unwrap();
    hub.kill();
    let data = folder.path().to_str().unwrap().to_owned();
    let said = run(&["serve", "--data", &data, "--listen", "127.0.0.1:0"]);
    let words = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(!said.status.success() && words.contains("1/00000001") && words.contains(&is), "{words}");
    let said = run(&["restored", "--data", &data, "--by", "测试员"]);
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let hub = Hub::start(folder.path());
    terminal.put(&chain, 5, 9);
    terminal.send(&hub);
    let (watermark, epoch) = terminal.acknowledged(&hub, &chain).unwrap();
    assert!(watermark == 9 && epoch > 0);
}

#[test]
fn a_dump_that_was_put_back_into_its_own_server_is_not_served_from_until_a_person_says_so() {
    let Some(address) = server() else {
        println!("SKIPPED a_dump_that_was_put_back_into_its_own_server_…: GATE_POSTGRES not set");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut hub = Hub::start(folder.path());
    let (mut terminal, chain) = (Terminal::enrolled(&hub), Chain::begun(9));
    terminal.put(&chain, 1, 4);
    terminal.send(&hub);
    let named = fs::read_to_string(folder.path().join("store")).unwrap();
    let (schema, dump) = (named.trim_end().split("%3D").nth(1).unwrap(), folder.path().join("dump.sql"));
    let as_an_operator = |program: &str, words: &[&str]| {
        let done = Command::new(program).args(words).arg("--dbname").arg(&address).output().unwrap();
        assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
    };
    let file = dump.to_str().unwrap();
    as_an_operator("pg_dump", &["--clean", "--schema", schema, "--file", file]);
    terminal.put(&chain, 5, 9);
    terminal.send(&hub);
    assert_eq!(terminal.acknowledged(&hub, &chain), Some((9, 0)));
    hub.kill();
    as_an_operator("psql", &["--quiet", "--set", "ON_ERROR_STOP=1", "--file", file]);
    let data = folder.path().to_str().unwrap().to_owned();
    let said = run(&["serve", "--data", &data, "--listen", "127.0.0.1:0"]);
    let words = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(!said.status.success() && words.contains("`gate-hub restored` first"), "{words}");
    assert!(run(&["restored", "--data", &data, "--by", "测试员"]).status.success());
    let hub = Hub::start(folder.path());
    terminal.sender = gate_sync::Sender::default();
    terminal.put(&chain, 5, 9);
    terminal.send(&hub);
    let (watermark, epoch) = terminal.acknowledged(&hub, &chain).unwrap();
    assert!(watermark == 9 && epoch > 0, "{watermark} {epoch}");
}

#[test]
fn a_server_over_tls_is_believed_by_the_named_authority_and_its_name_alone() {
    let given = |name: &str| std::env::var(name).ok();
    let (Some(address), Some(right)) = (given("GATE_POSTGRES_TLS"), given("GATE_POSTGRES_AUTHORITY")) else {
        println!("SKIPPED a_server_over_tls_is_believed_by_…: GATE_POSTGRES_TLS not set");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("hub");
    give(&data, &address, &format!("tls{}", std::process::id()));
    let (_, wrong) =
        tls::own(&Folder::open(&folder.path().join("other")).unwrap(), &["localhost".to_owned()]).unwrap();
    let list = || {
        let said = run(&["terminals", "--data", data.to_str().unwrap()]);
        (said.status.success(), String::from_utf8_lossy(&said.stderr).into_owned())
    };
    fs::copy(wrong, data.join("store.pem")).unwrap();
    let (done, said) = list();
    assert!(!done && said.contains("certificate"), "{said}");
    fs::copy(right, data.join("store.pem")).unwrap();
    assert_eq!(list(), (true, String::new()));
    let named = fs::read_to_string(data.join("store")).unwrap();
    crate::rig::place_secret(&data.join("store"), &named.replace("localhost", "127.0.0.1"));
    let (done, said) = list();
    assert!(!done && said.contains("certificate"), "another name: {said}");
}

#[test]
fn a_server_elsewhere_without_tls_is_refused_however_it_is_said() {
    for elsewhere in [
        "postgres://hub@db.example/hub",
        "host=localhost hostaddr=192.0.2.1 user=hub",
        "hostaddr=192.0.2.1 user=hub",
        "host=localhost,db.example user=hub",
    ] {
        assert!(matches!(Store::server(elsewhere, None), Err(StoreFault::Open)), "{elsewhere}");
    }
    assert!(Store::server("host=localhost hostaddr=127.0.0.1 user=hub", None).is_ok());
}

#[test]
fn a_change_in_which_a_statement_failed_is_never_told_as_committed() {
    let Some(address) = server() else {
        println!(
            "SKIPPED a_change_in_which_a_statement_failed_is_never_told_as_committed: GATE_POSTGRES not set"
        );
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    give(folder.path(), &address, &format!("undone{}", std::process::id()));
    let address = fs::read_to_string(folder.path().join("store")).unwrap();
    let mut db = Store::server(address.trim_end(), None).unwrap().open().unwrap();
    let raises = |db: &Db| raise(db, 7, (Alarm::Doubt, &5), gate_wire::time::Timestamp::EPOCH);
    let done = db.change(|db| -> Result<(), StoreFault> {
        raises(db)?;
        // Somebody swallows it: COMMIT alone would say ROLLBACK, and no error.
        let _ = db.run("INSERT INTO hub VALUES ('no number')", &[]);
        Ok(())
    });
    assert!(done.is_err());
    assert!(!db.has("SELECT 1 FROM alarm", &[]).unwrap());
    db.change(raises).unwrap();
}
