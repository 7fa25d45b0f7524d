//! Counters of days without a line: they come in one account, and add up from place to county to city.

use std::fs;
use std::path::Path;

use gate_core::journal::Tally;
use gate_core::query::TerminalNumber;
use gate_core::records::account::{Account, Count};
use gate_core::records::names::account_name;
use gate_hub::now;
use gate_proof::ed25519::SigningKey;
use gate_wire::time::Day;

use crate::pages::{account, ask, log_in};
use crate::published::publish as publish_targets;
use crate::rig::{Hub, Terminal};

const DAYS: u32 = 5;

/// What the desk published: three places in two counties of a city.
fn publish(folder: &Path) {
    let place = |number: u32, region: &str| {
        format!(
            r#"{{"number":{number},"name":"测试站{number}","kind":"station","region":"{region}","place_code":"","lanes":[{{"lane":1,"direction":"in"}}]}}"#
        )
    };
    let places = [place(1, "510104"), place(2, "510107"), place(3, "510104")].join(",");
    let text = format!(r#"{{"format":1,"version":1,"places":[{places}]}}"#);
    let repositories = folder.join("repository");
    // The tenth is newer than the ninth.
    for (version, text) in [(9, "{}"), (10, text.as_str())] {
        publish_targets(&repositories, version, &[("places.json", text)]);
    }
}

/// Five days at a place: one passage more each day, one person stopped, and the staff opened once.
fn five_days(number: u32, revision: u64) -> Account {
    let today = now().civil_day().0;
    let mut account = account(revision, now(), now());
    account.terminal = TerminalNumber::new(number).unwrap();
    for ago in 0..DAYS {
        for (letter, count) in [(b'P', DAYS - ago), (b'S', 1), (b'O', 1), (b'N', 1)] {
            let of = Tally { day: Day(today - ago), place: number, lane: 1, letter };
            account.counts.push(Count { of, count }).unwrap();
        }
    }
    account
}

#[test]
fn counters_of_five_offline_days_sum_right_from_place_to_county_to_city() {
    let folder = tempfile::tempdir().unwrap();
    publish(folder.path());
    let hub = Hub::start(folder.path());
    for number in [1, 2, 3, 9] {
        let (mut gate, key) = (Terminal::new(number), SigningKey::from_seed(&[number as u8; 32]));
        gate.enrol(&hub, &key).unwrap();
        let name = account_name(TerminalNumber::new(number).unwrap());
        let path = gate.spool.path().join("out").join(name.as_str());
        // Twice, and an older one of four days last: as a stick brings it that lay about.
        let mut older = five_days(number, 1);
        older.counts.truncate(16);
        for account in [2, 3].into_iter().map(|revision| five_days(number, revision)).chain([older]) {
            fs::write(&path, account.sign(&key).unwrap()).unwrap();
            gate.sender = gate_sync::Sender::default();
            assert!(gate.send(&hub).faults.is_empty());
        }
    }
    assert!(ask(&hub, "GET", "/counters", ("", "")).starts_with("HTTP/1.1 403"), "for people who logged in");
    let cookie = log_in(&hub);
    let page = ask(&hub, "GET", "/counters?days=5", (&cookie, ""));
    let line = |level: &str, label: &str, places: u32| {
        let [pass, stop, opened, shut, all] = [15, 5, 5, 5, 20].map(|count| count * places);
        format!(
            "<td>{level}</td><th scope=\"row\">{label}</th><td>{pass}</td><td>0</td><td>{stop}</td><td>0</td><td>{opened}</td><td>{shut}</td><td><b>{all}</b></td>"
        )
    };
    for wanted in [
        line("市 city", "510100", 3),
        line("区县 county", "510104", 2),
        line("区县 county", "510107", 1),
        line("场所 place", "3 测试站3", 1),
        line("未知 unknown", "没有场所数据 in no published table", 1),
    ] {
        assert!(page.contains(&wanted), "{wanted}: {page}");
    }
    let day = ask(&hub, "GET", "/counters?days=1", (&cookie, ""));
    assert!(day.contains("<td>15</td><td>0</td><td>3</td>"), "today alone, three places: {day}");
    let table = ask(&hub, "GET", "/counters.csv?days=5", (&cookie, ""));
    assert!(table.contains(",510100,510107,2,P,5\n") && table.contains(",510100,510107,2,P,1\n"), "{table}");
    assert!(table.contains(",,,9,S,1\n"), "{table}");
}
