//! Bands of age on the fleet's page and in the numbers for collectors: those of the policy that is published.

use std::fs;

use gate_core::manifest::Dataset;
use gate_core::records::account::{Account, Held};
use gate_core::records::names::account_name;
use gate_hub::now;
use gate_wire::time::Timestamp;

use crate::chain::{key, terminal};
use crate::pages::{account, ask, log_in};
use crate::published::{publish, station_with_bands};
use crate::rig::{Hub, Terminal};

const DAY_S: u64 = 86_400;

/// Terminal 7 says that its keys are 25 days old and its list 8: a minute more, so that no second decides.
fn reports(hub: &Hub) {
    let before = |days: u64| Timestamp::from_unix(now().unix() - days * DAY_S - 60).unwrap();
    let held = [(Dataset::KeySet, 25), (Dataset::PolicyStation, 1), (Dataset::StatusList, 8)]
        .map(|(dataset, days)| Held { dataset, version: 1, as_of: before(days) });
    let account = Account { held: held.into_iter().collect(), ..account(1, before(0), before(0)) };
    let mut gate = Terminal::enrolled(hub);
    let path = gate.spool.path().join("out").join(account_name(terminal()).as_str());
    fs::write(path, account.sign(&key()).unwrap()).unwrap();
    assert!(gate.send(hub).faults.is_empty());
}

#[test]
fn ages_have_the_bands_of_the_published_policy_and_none_where_it_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let hub = Hub::start(folder.path());
    reports(&hub);
    let cookie = log_in(&hub);
    let page = || ask(&hub, "GET", "/", (&cookie, ""));
    let alone = |page: &str| {
        page.contains("key-set: 25 天 d 0 时 h</summary>")
            && page.contains("Ages alone, without bands")
            && !page.contains("超过期限")
    };
    let unpublished = page();
    assert!(alone(&unpublished) && unpublished.contains("No policy is published."), "{unpublished}");
    assert!(!hub.metrics().contains("terminals_by_band"));
    let (repositories, policy) = (folder.path().join("repository"), station_with_bands());
    publish(&repositories, 1, &[("policy-station.json", &policy)]);
    let banded = page();
    for words in [
        "key-set: 25 天 d 0 时 h · <span class=\"ageing\"><span aria-hidden=\"true\">△</span> 临近期限 ageing",
        "<summary>status-list: 8 天 d 0 时 h · <span class=\"stale\"><span aria-hidden=\"true\">▲</span> 超过期限 stale",
        "places: 从未 never</li>",
        "</span> 1</b> 超过期限 stale",
        "Bands by policy 1 (stations).",
    ] {
        assert!(banded.contains(words), "{words}: {banded}");
    }
    assert_eq!(hub.metric("terminals_by_band{band=\"stale\"}"), 1);
    assert_eq!((hub.metric("terminals_by_band{band=\"ageing\"}"), hub.metric("database_up")), (0, 1));
    // Another policy, which no terminal would take either.
    publish(&repositories, 2, &[("policy-station.json", "{}")]);
    let refused = page();
    assert!(alone(&refused) && refused.contains("This policy (stations) cannot be taken"), "{refused}");
    // A file that is not what is named.
    publish(&repositories, 3, &[("policy-station.json", &policy)]);
    for file in fs::read_dir(repositories.join("trust/targets")).unwrap() {
        fs::write(file.unwrap().path(), &policy[1..]).unwrap();
    }
    let damaged = page();
    assert!(alone(&damaged) && damaged.contains("The published repository is damaged"), "{damaged}");
    assert!(!hub.metrics().contains("terminals_by_band"));
}
