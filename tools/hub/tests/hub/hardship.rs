//! Kills and crowds: what was acknowledged is there, nothing is there twice, and who comes too many is told so.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use gate_hub::store::StoreFault;
use gate_sync::LineFault;

use crate::chain::Chain;
use crate::rig::{Hub, Terminal};

#[test]
fn numbers_are_told_at_a_door_of_this_machine_alone() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    Terminal::enrolled(&hub);
    assert_eq!(hub.metric("terminals_enrolled"), 1);
    // A TLS of the province's in front makes everybody local at the other one.
    let told = hub.line().ask("metrics", &[], 1 << 16);
    assert!(matches!(told, Err(LineFault::Refuse { status: 404, .. })), "{told:?}");
    let data = folder.path().join("other");
    let open =
        ["serve", "--listen", "127.0.0.1:0", "--metrics", "0.0.0.0:0", "--data", data.to_str().unwrap()];
    let said = crate::rig::hub(&open);
    let words = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(!said.status.success() && words.contains("no loopback address"), "{words}");
}

/// How many kills: `KILLS`, or a few.
fn kills() -> u64 {
    std::env::var("KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(10)
}

#[test]
fn kills_lose_nothing_that_was_acknowledged_and_double_nothing() {
    const ROWS: u64 = 10;
    let folder = tempfile::tempdir().unwrap();
    let mut hub = Hub::start(folder.path());
    let mut terminal = Terminal::enrolled(&hub);
    let chain = Chain::begun(kills() * 40 * ROWS);
    let (mut at, mut acknowledged) = (0, 0);
    for kill in 0..kills() {
        for _ in 0..40 {
            terminal.put(&chain, at + 1, at + ROWS);
            at += ROWS;
        }
        // While it works: some commits are done, one is under way.
        let wait = Duration::from_millis(20 + kill * 37 % 400);
        thread::scope(|scope| {
            let (running, sender) = (&hub, &mut terminal);
            let sending = scope.spawn(move || sender.send(running));
            thread::sleep(wait);
            let pid = hub.pid().to_string();
            assert!(std::process::Command::new("kill").args(["-9", &pid]).status().unwrap().success());
            sending.join().unwrap();
        });
        let said = terminal.acknowledged(&hub, &chain).map_or(0, |said| said.0);
        assert!(said >= acknowledged);
        acknowledged = said;
        hub.kill();
        hub = Hub::start(folder.path());
        let held = hub.count("SELECT coalesce(max(watermark), 0) FROM journal");
        assert!(held >= acknowledged, "{acknowledged} were acknowledged, {held} are held");
    }
    while !terminal.send(&hub).faults.is_empty() {}
    terminal.sender = gate_sync::Sender::default();
    while terminal.send(&hub).more {}
    assert_eq!(terminal.acknowledged(&hub, &chain), Some((at, 0)));
    assert_eq!(hub.count("SELECT count(*) FROM batch"), at / ROWS, "none lost, none doubled");
    assert_eq!(hub.count("SELECT CAST(sum(last - first + 1) AS BIGINT) FROM batch"), at);
    assert_eq!(hub.count("SELECT count(*) FROM alarm"), 0);
    if crate::rig::server().is_none() {
        let sound: String = hub.database().one("PRAGMA integrity_check", &[], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
    }
}

#[test]
fn a_crowd_is_told_to_come_again_and_what_is_taken_is_taken_whole() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start_with(folder.path(), &["--queue", "4"]);
    let (terminal, chain) = (Terminal::enrolled(&hub), Chain::begun(160));
    // Somebody holds the database: nothing is committed meanwhile.
    let (taken, later, is_held) = (AtomicU32::new(0), AtomicU32::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            let held = hub.database().change(|_| -> Result<(), StoreFault> {
                is_held.store(true, Ordering::Relaxed);
                // Four are under way: the others are answered while the database is held.
                while later.load(Ordering::Relaxed) < 12 {
                    thread::sleep(Duration::from_millis(10));
                }
                Ok(())
            });
            held.unwrap();
        });
        while !is_held.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(10));
        }
        for one in 0..16 {
            let (hub, terminal, chain, taken, later) = (&hub, &terminal, &chain, &taken, &later);
            scope.spawn(move || {
                let batch = chain.batch(one * 10 + 1, one * 10 + 10);
                let headers = terminal.identity.headers("POST", "/v1/records", &batch);
                match hub.line().post("v1/records", &headers, &batch, 1000) {
                    Ok(_) => taken.fetch_add(1, Ordering::Relaxed),
                    Err(LineFault::Refuse { status: 503, after: Some(_) }) => {
                        later.fetch_add(1, Ordering::Relaxed)
                    }
                    Err(other) => unreachable!("{other}"),
                };
            });
        }
    });
    let (taken, later) = (u64::from(taken.into_inner()), u64::from(later.into_inner()));
    assert_eq!((taken, later), (4, 12));
    assert_eq!(hub.count("SELECT count(*) FROM batch"), taken);
    assert_eq!((hub.metric("turned_away_total"), hub.metric("changes_waiting")), (later, 0));
}
