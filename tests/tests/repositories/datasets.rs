//! Each dataset by itself: what is bad holds nothing else back, what rotted comes again, what is of the future waits.

use std::fs;

use gate_core::manifest::Manifest;
use gate_signing::repo::{Content, Staged};
use gate_trust::refusal::Cause;
use gate_trust::{Look, Now, Repository, run};
use gate_tuf::Claimed;
use gate_wire::time::Timestamp;

use super::authority::{DAY_S, staged};
use super::land::{Land, in_force, refused};

fn cause(report: &gate_trust::report::Report, name: &str) -> Option<Cause> {
    report.line(name).unwrap().refused.as_ref().map(|refusal| refusal.cause)
}

#[test]
fn a_bad_policy_does_not_hold_back_a_good_key_set() {
    let mut land = Land::new();
    land.bring_in();
    let mut all = land.draw_up(&[]);
    let policy = all.iter_mut().find(|one| one.name == "policy-station.json").unwrap();
    policy.content = Content::Bytes(b"{\"format\":1}".to_vec());
    land.trust.bring_out(&all, land.now);
    land.carry();
    let report = land.keep();
    assert_eq!(cause(&report, "policy-station"), Some(Cause::Unfit));
    assert!(report.in_words().contains("已签名但内容有误"));
    let versions =
        ["policy-station", "key-set", "staff-list"].map(|name| in_force(&report, name).unwrap().version);
    assert_eq!(versions, [1, 2, 2]);
    let manifest = Manifest::load(&land.manifest()).unwrap();
    let files = manifest.entries().iter().map(|entry| entry.version).collect::<Vec<_>>();
    assert!(files.contains(&1) && files.contains(&2), "one generation holds both: {files:?}");
}

#[test]
fn a_broken_status_repository_does_not_hold_back_a_revocation_nor_the_reverse() {
    let mut land = Land::new();
    land.bring_in();
    let list = land.folder.path().join("list.db");
    let as_of = land.now.minus(300);
    land.province.build_list(&list, gate_status::Scope::Population, as_of, std::iter::empty()).unwrap();
    let status = |land: &mut Land, version| {
        let all = land.draw_up(&[&list]);
        land.trust.bring_out(&all, land.now);
        land.carry();
        let base = Staged {
            name: "base-0000000001.tfs".into(),
            version,
            issued: as_of,
            content: Content::File(list.clone()),
        };
        land.status.bring_out(&[base], land.now);
        land.status.carry(&land.to.spool);
    };
    status(&mut land, 1);
    // status broken: trust goes on.
    let timestamp = land.to.spool.join("status/metadata/timestamp.json");
    let good = fs::read(&timestamp).unwrap();
    fs::write(&timestamp, b"<html>Please log in</html>").unwrap();
    let report = land.keep();
    assert_eq!((refused(&report, "trust"), refused(&report, "status")), (None, Some(Cause::Changed)));
    assert_eq!(in_force(&report, "revocations").map(|it| it.version), Some(1));
    assert_eq!((in_force(&report, "key-set").unwrap().version, in_force(&report, "status-list")), (2, None));
    // trust broken: status goes on.
    fs::write(&timestamp, good).unwrap();
    fs::write(land.spooled("metadata/timestamp.json"), b"").unwrap();
    let report = land.keep();
    assert_eq!((refused(&report, "trust"), refused(&report, "status")), (Some(Cause::Changed), None));
    assert_eq!(in_force(&report, "status-list").unwrap().version, 1, "{}", report.in_words());
}

#[test]
fn never_received_is_its_own_state_and_no_date_stands_for_it() {
    let land = Land::new();
    let report = land.keep();
    assert!(report.in_words().contains("从未收到 (never received)") && !report.in_words().contains("1970"));
    let nothing = gate_trust::memory::Memory::report(land.folder.path());
    assert!(nothing.in_words().contains("从未检查过数据") && !nothing.in_words().contains("1970"));
}

#[test]
fn a_visit_that_brings_nothing_new_makes_nothing_younger() {
    let mut land = Land::new();
    let first = in_force(&land.bring_in(), "key-set").unwrap();
    land.now = land.now.plus(DAY_S / 2);
    land.carry();
    let report = land.keep();
    let again = in_force(&report, "key-set").unwrap();
    assert_eq!((again, report.generation), (first, 1), "neither issued nor received moves with a try");
}

#[test]
fn a_document_that_rotted_on_the_disk_is_told_and_comes_again() {
    let mut land = Land::new();
    land.bring_in();
    let manifest = Manifest::load(&land.manifest()).unwrap();
    let entry = manifest.entries().iter().find(|entry| entry.dataset.name() == "key-set").unwrap();
    let path = land.to.data.join(entry.file.as_str());
    fs::remove_file(&path).unwrap();
    fs::write(&path, b"rotten").unwrap();
    fs::rename(&land.to.spool, land.folder.path().join("taken away")).unwrap();
    let report = land.keep();
    assert_eq!(cause(&report, "key-set"), Some(Cause::Rotten), "{}", report.in_words());
    fs::rename(land.folder.path().join("taken away"), &land.to.spool).unwrap();
    let report = land.keep();
    assert!(!report.has_refusals(), "{}", report.in_words());
    assert_eq!(fs::read(&path).unwrap().len() as u64, entry.length);
}

#[test]
fn a_base_that_rotted_is_found_by_a_whole_look_and_comes_again() {
    let mut land = Land::new();
    let list = land.folder.path().join("list.db");
    let as_of = land.now.minus(300);
    land.province.build_list(&list, gate_status::Scope::Population, as_of, std::iter::empty()).unwrap();
    let all = land.draw_up(&[&list]);
    land.trust.bring_out(&all, land.now);
    land.carry();
    let base = "base-0000000001.tfs";
    let staged =
        Staged { name: base.into(), version: 1, issued: as_of, content: Content::File(list.clone()) };
    land.status.bring_out(&[staged], land.now);
    land.status.carry(&land.to.spool);
    assert!(!land.keep().has_refusals());
    let manifest = Manifest::load(&land.manifest()).unwrap();
    let entry = manifest.entries().iter().find(|entry| entry.file.starts_with("status-list")).unwrap();
    let path = land.to.data.join(entry.file.as_str());
    let good = fs::read(&path).unwrap();
    let mut bytes = good.clone();
    *bytes.last_mut().unwrap() ^= 1;
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
    let now = Now { wall: land.now, confirmed: Some(land.now) };
    let report = run(&land.to, now, Look::Whole).unwrap();
    assert!(!report.has_refusals(), "{}", report.in_words());
    assert_eq!(fs::read(&path).unwrap(), good);
}

#[test]
fn data_of_the_future_wait_and_move_nothing() {
    let mut land = Land::new();
    land.bring_in();
    let now = land.now;
    land.now = now.plus(3 * 3600);
    let all = land.draw_up(&[]);
    land.trust.bring_out(&all, land.now);
    land.carry();
    land.now = now;
    let report = land.keep();
    assert_eq!(cause(&report, "key-set"), Some(Cause::Future), "{}", report.in_words());
    assert_eq!(in_force(&report, "key-set").unwrap().version, 1);
    // The clock was wrong and is set: the same stick is good now.
    land.now = now.plus(3 * 3600);
    assert!(!land.keep().has_refusals());
}

#[test]
fn the_floor_of_the_clock_comes_from_signed_issue_times_however_long_a_terminal_was_off() {
    let mut land = Land::new();
    land.bring_in();
    // By an unconfirmed clock of 1970 the floor alone knows that the timestamp ended.
    let old = land.record("old");
    for days in [20, 200] {
        land.now = land.now.plus(days * DAY_S);
        land.bring_out();
        land.carry();
        let report = land.keep_unconfirmed(Timestamp::EPOCH);
        assert!(!report.has_refusals(), "{days}: {}", report.in_words());
        assert_eq!(floor(&land, Repository::Trust), land.now.unix(), "the issue time of the newest dataset");
    }
    land.replay(&old);
    let report = land.keep_unconfirmed(Timestamp::EPOCH);
    assert_eq!(refused(&report, "trust"), Some(Cause::Older));
}

/// Two signers who lie about the time, to a clock that nobody confirmed.
#[test]
fn what_says_that_it_was_issued_after_the_end_of_what_vouches_for_it_is_refused_and_moves_nothing() {
    let mut land = Land::new();
    land.bring_in();
    let mut all = land.draw_up(&[]);
    let lies = [("places.json", 100 * 365 * DAY_S), ("risk-levels.json", DAY_S)];
    for (name, ahead) in lies {
        all.iter_mut().find(|one| one.name == name).unwrap().issued = land.now.plus(ahead);
    }
    land.trust.slip_in(&all, &land.spooled(""), land.now);
    for _ in ["when it comes", "ever after: no timestamp has ended by it"] {
        let report = land.keep_unconfirmed(Timestamp::EPOCH);
        for dataset in ["places", "risk-levels"] {
            assert_eq!(cause(&report, dataset), Some(Cause::Unfit), "{}", report.in_words());
            assert_eq!(in_force(&report, dataset).unwrap().version, 1);
        }
        assert_eq!(refused(&report, "trust"), None, "{}", report.in_words());
        assert_eq!(in_force(&report, "key-set").unwrap().version, 2, "each dataset by itself");
        assert_eq!(floor(&land, Repository::Trust), land.now.unix());
    }
}

#[test]
fn the_worst_lie_about_the_time_ends_no_timestamp_and_the_next_publication_goes_on() {
    let mut land = Land::new();
    land.bring_in();
    let mut all = land.draw_up(&[]);
    let last = land.now.plus(DAY_S - 1);
    all.iter_mut().find(|one| one.name == "places.json").unwrap().issued = last;
    land.trust.slip_in(&all, &land.spooled(""), land.now);
    for _ in ["when it comes", "and from then on"] {
        let report = land.keep_unconfirmed(Timestamp::EPOCH);
        assert!(!report.has_refusals(), "{}", report.in_words());
        assert_eq!(floor(&land, Repository::Trust), last.unix());
    }
    // An hour later, and by versions that the liars' announcement did not reach.
    land.now = land.now.plus(3_600);
    (0..2).for_each(|_| land.trust.publish(land.now).unwrap());
    land.bring_out();
    fs::remove_dir_all(land.spooled("")).unwrap();
    land.carry();
    let report = land.keep_unconfirmed(Timestamp::EPOCH);
    assert!(!report.has_refusals(), "{}", report.in_words());
    assert_eq!(in_force(&report, "places").unwrap().version, 3);
}

/// A day ahead in `status`: what is revoked in `trust` an hour later comes all the same.
#[test]
fn what_one_repositorys_signers_say_of_the_time_ends_nothing_of_the_others() {
    let mut land = Land::new();
    let (list, ahead) = (land.folder.path().join("list.db"), land.now.plus(DAY_S + 3_600));
    land.province.build_list(&list, gate_status::Scope::Population, ahead, std::iter::empty()).unwrap();
    let all = land.draw_up(&[&list]);
    land.trust.bring_out(&all, land.now);
    land.carry();
    let name = gate_status::ListFile::Base(gate_status::Epoch(1)).name();
    let base = Staged { name, version: 1, issued: ahead, content: Content::File(list) };
    land.status.bring_out(&[base], ahead);
    land.status.carry(&land.to.spool);
    let report = land.keep_unconfirmed(Timestamp::EPOCH);
    assert!(!report.has_refusals(), "{}", report.in_words());
    let floors = Repository::ALL.map(|one| floor(&land, one));
    assert_eq!(floors, [land.now.unix(), ahead.unix()]);
    land.now = land.now.plus(3_600);
    land.bring_out();
    land.carry();
    let report = land.keep_unconfirmed(Timestamp::EPOCH);
    assert_eq!(refused(&report, "trust"), None, "{}", report.in_words());
    assert_eq!(in_force(&report, "key-set").unwrap().version, 2);
}

#[test]
fn a_stolen_timestamp_key_moves_no_floor() {
    let mut land = Land::new();
    land.bring_in();
    let path = land.spooled("metadata/timestamp.json");
    let mut timestamp = Claimed::<gate_tuf::Timestamp>::read(&fs::read(&path).unwrap()).unwrap().into_body();
    timestamp.version += 1;
    timestamp.expires = land.now.plus(3_650 * DAY_S);
    fs::write(&path, land.trust.signed(land.trust.roster.timestamp, &timestamp)).unwrap();
    let report = land.keep_unconfirmed(Timestamp::EPOCH);
    assert_eq!(refused(&report, "trust"), None, "{}", report.in_words());
    assert_eq!(floor(&land, Repository::Trust), land.now.unix());
}

/// A program of before kept one floor for both repositories.
#[test]
fn a_floor_that_was_kept_for_both_repositories_still_counts() {
    let mut land = Land::new();
    land.bring_in();
    let path = land.to.state.join("notes.json");
    let mut notes: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    notes["floor"] = land.now.plus(2 * DAY_S).unix().into();
    fs::write(&path, notes.to_string()).unwrap();
    let report = land.keep_unconfirmed(Timestamp::EPOCH);
    assert_eq!(refused(&report, "trust"), Some(Cause::Ended), "{}", report.in_words());
}

#[test]
fn a_base_whose_time_is_announced_otherwise_is_not_taken() {
    let mut land = Land::new();
    let (list, as_of) = (land.folder.path().join("list.db"), land.now.minus(900));
    land.province.build_list(&list, gate_status::Scope::Population, as_of, std::iter::empty()).unwrap();
    let all = land.draw_up(&[&list]);
    land.trust.bring_out(&all, land.now);
    land.carry();
    offer(&land, &list, 1);
    let report = land.keep();
    assert_eq!(cause(&report, "status-list"), Some(Cause::Unfit), "{}", report.in_words());
}

/// The floor of terminals' clocks follows it: who publishes has a clock of their own. `gate-sign repo publish` asks this first.
#[test]
fn what_says_that_it_was_issued_in_the_future_is_told_before_it_is_published() {
    let mut land = Land::new();
    for (ahead, published) in [(601, false), (600, true)] {
        let mut all = land.draw_up(&[]);
        all.iter_mut().find(|one| one.name == "places.json").unwrap().issued = land.now.plus(ahead);
        land.trust.repo.stage(&all, &[], land.now.plus(90 * DAY_S)).unwrap();
        land.trust.sign(gate_tuf::Role::Targets, &[0, 1]);
        let told = land.trust.repo.foretells_nothing(land.now);
        assert_eq!(told.is_ok(), published, "{ahead}: {told:?}");
        let told = told.err().map_or(String::new(), |refused| refused.to_string());
        assert_eq!(told.contains("places.json says that it was issued at"), !published, "{told}");
    }
}

fn floor(land: &Land, of: Repository) -> u64 {
    let text = fs::read(land.to.state.join("notes.json")).unwrap();
    let notes: serde_json::Value = serde_json::from_slice(&text).unwrap();
    notes["marks"][format!("floor-{}", of.name())].as_u64().unwrap_or(0)
}

#[test]
fn another_provinces_parameters_and_another_terminals_keys_are_not_taken() {
    let mut land = Land::new();
    land.bring_in();
    let mut all = land.draw_up(&[]);
    let province = all.iter_mut().find(|one| one.name == "province.json").unwrap();
    let Content::Bytes(bytes) = &province.content else { unreachable!() };
    let text = String::from_utf8(bytes.clone()).unwrap().replace("\"510000\"", "\"440000\"");
    province.content = Content::Bytes(text.into_bytes());
    let keys = all.iter_mut().find(|one| one.name == "keys/7.json").unwrap();
    let Content::Bytes(bytes) = &keys.content else { unreachable!() };
    let text = String::from_utf8(bytes.clone()).unwrap().replace("\"terminal\":7", "\"terminal\":8");
    keys.content = Content::Bytes(text.into_bytes());
    land.trust.bring_out(&all, land.now);
    land.carry();
    let report = land.keep();
    assert_eq!(cause(&report, "province"), Some(Cause::Foreign), "{}", report.in_words());
    assert_eq!(cause(&report, "province-keys"), Some(Cause::Foreign), "{}", report.in_words());
    assert_eq!(in_force(&report, "key-set").unwrap().version, 2);
}

#[test]
fn more_than_64_status_targets_are_refused_before_any_is_looked_at() {
    let mut land = Land::new();
    land.bring_in();
    let many: Vec<Staged> = (0..65).map(|n| staged(&format!("x-{n}"), (1, land.now), b"x")).collect();
    land.status.bring_out(&many, land.now);
    land.status.carry(&land.to.spool);
    let report = land.keep();
    assert_eq!(refused(&report, "status"), Some(Cause::Unfit), "{}", report.in_words());
}

/// What `status` offers: this list of this epoch.
fn offer(land: &Land, list: &std::path::Path, epoch: u32) {
    let name = gate_status::ListFile::Base(gate_status::Epoch(epoch)).name();
    let base =
        Staged { name, version: epoch, issued: land.now.minus(300), content: Content::File(list.into()) };
    land.status.bring_out(&[base], land.now);
    land.status.carry(&land.to.spool);
}

#[test]
fn a_new_epochs_keys_do_not_take_away_the_list_in_force_before_its_base_is_there() {
    let mut land = Land::new();
    let lists = [1, 2].map(|epoch| {
        let list = land.folder.path().join(format!("list-{epoch}.db"));
        let as_of = land.now.minus(300);
        land.province.build_list(&list, gate_status::Scope::Population, as_of, std::iter::empty()).unwrap();
        list
    });
    let all = land.draw_up(&[&lists[0]]);
    land.trust.bring_out(&all, land.now);
    land.carry();
    offer(&land, &lists[0], 1);
    assert_eq!(in_force(&land.keep(), "status-list").unwrap().version, 1);
    // The next keys open the next list alone, and its base comes damaged.
    let all = land.draw_up(&[&lists[1]]);
    land.trust.bring_out(&all, land.now);
    land.carry();
    offer(&land, &lists[1], 2);
    let targets = land.status.repo.published_targets().unwrap().unwrap();
    let digest = &targets.targets["base-0000000002.tfs"].hashes["sha256"];
    let base = land.to.spool.join(format!("status/targets/{digest}.base-0000000002.tfs"));
    let good = fs::read(&base).unwrap();
    fs::write(&base, &good[..good.len() - 1]).unwrap();
    let report = land.keep();
    assert_eq!(cause(&report, "status-list"), Some(Cause::Changed), "{}", report.in_words());
    assert_eq!(in_force(&report, "status-list").unwrap().version, 1);
    assert_eq!(epochs(&land), [2, 1], "both lists can be read here");
    fs::write(&base, good).unwrap();
    assert_eq!(in_force(&land.keep(), "status-list").unwrap().version, 2);
    land.keep();
    assert_eq!(epochs(&land), [2], "and what is not needed any more goes");
}

fn epochs(land: &Land) -> Vec<u32> {
    let bytes = fs::read(land.to.data.join(gate_core::envelope::FILE_NAME)).unwrap();
    gate_core::envelope::Envelopes::load(&bytes).unwrap().epochs().collect()
}

#[test]
fn a_manifest_that_rotted_is_told_and_written_anew_from_the_next_visit() {
    let mut land = Land::new();
    land.bring_in();
    land.bring_in();
    let taken_away = land.folder.path().join("taken away");
    fs::rename(&land.to.spool, &taken_away).unwrap();
    fs::remove_file(land.to.data.join("manifest.json")).unwrap();
    fs::write(land.to.data.join("manifest.json"), b"{").unwrap();
    let report = land.keep();
    assert!(report.in_words().contains("作废名单 revocations: 曾生效，现已损坏"), "{}", report.in_words());
    assert_eq!(cause(&report, "revocations"), Some(Cause::Rotten));
    fs::rename(&taken_away, &land.to.spool).unwrap();
    let report = land.keep();
    assert!(!report.has_refusals() && report.generation >= 2, "{}", report.in_words());
    assert_eq!(in_force(&report, "key-set").unwrap().version, 2);
}

#[test]
fn keys_that_a_cut_kept_from_the_disk_come_with_the_next_run() {
    let mut land = Land::new();
    land.bring_in();
    let (path, manifest) = (land.to.data.join(gate_core::envelope::FILE_NAME), land.manifest());
    let before = fs::read(&path).unwrap();
    land.bring_in();
    let after = fs::read(&path).unwrap();
    assert_ne!(after, before, "each publication seals anew");
    // Floors and marks had reached the disk; keys and manifest had not.
    for (path, bytes) in [(&path, &before), (&land.to.data.join("manifest.json"), &manifest)] {
        fs::remove_file(path).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let report = land.keep();
    assert!(fs::read(&path).unwrap() == after, "{}", report.in_words());
}
