//! The attacks that TUF names (its specification, §1.5.2, and the project's list of attacks), tried on a spool: what an
//! attacker does, that nothing of it is in force afterwards, and what the technician is told. Each by every carrier ([`BY`]).

use std::fs;

use gate_proof::digest::sha256;
use gate_trust::refusal::Cause;
use gate_trust::report::Report;
use gate_tuf::{Role, Targets, Unsigned};

use super::BY;
use super::authority::{DAY_S, entry, key, staged};
use super::land::{Carrier, Land, in_force, refused};

const METADATA_MOST: u64 = 4 << 20;

/// Nothing moved, the technician reads `words`, and the honest repository is taken afterwards.
fn told(land: &mut Land, report: &Report, (cause, words): (Cause, &str), before: &[u8]) {
    assert_eq!(land.manifest(), before, "what is in force stays");
    // What the network carrier refuses by itself never comes to the keeper.
    if land.carrier_refused().is_empty() {
        assert_eq!(refused(report, "trust"), Some(cause), "{}", report.in_words());
        assert!(report.in_words().contains(words), "{words}: {}", report.in_words());
        assert!(report.in_words().contains("未采用"), "said in Chinese too");
    }
    fs::remove_dir_all(land.brought()).unwrap();
    let report = land.bring_in();
    assert!(land.manifest() != before, "and the honest one is taken: {}", report.in_words());
}

fn begun() -> (Land, Vec<u8>) {
    let mut land = Land::by(BY);
    land.bring_in();
    let before = land.manifest();
    (land, before)
}

/// A change of the newest targets in the spool by somebody who has these keys.
fn forge(land: &Land, keys: &[u8], change: impl FnOnce(&mut Targets)) {
    let mut targets = land.trust.repo.published_targets().unwrap().unwrap();
    let version = targets.version;
    change(&mut targets);
    let mut forged = Unsigned::of(&targets).unwrap();
    let message = forged.to_sign().unwrap();
    keys.iter().for_each(|number| forged.add(&entry(*number), &key(*number).sign(&message).unwrap()));
    fs::write(land.spooled(&format!("metadata/{version}.targets.json")), forged.to_text()).unwrap();
}

#[test]
fn arbitrary_installation_a_target_that_nobody_signed_for_is_not_taken() {
    let (mut land, before) = begun();
    land.bring_out();
    land.carry();
    // The whole repository, signed by keys of the attacker's own.
    forge(&land, &[200, 201], |targets| drop(targets.targets.remove("key-set.json")));
    let report = land.keep();
    told(&mut land, &report, (Cause::Changed, "not the file that was announced"), &before);
}

#[test]
fn arbitrary_installation_other_bytes_under_a_signed_name_are_not_taken() {
    let (mut land, _) = begun();
    let held = in_force(&land.keep(), "key-set");
    land.bring_out();
    land.carry();
    let targets = land.trust.repo.published_targets().unwrap().unwrap();
    let digest = &targets.targets["key-set.json"].hashes["sha256"];
    let path = land.spooled(&format!("targets/{digest}.key-set.json"));
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, bytes).unwrap();
    let report = land.keep();
    assert_eq!(in_force(&report, "key-set"), held);
    let refusal = report.line("key-set").unwrap().refused.clone().unwrap();
    // The carrier throws away what is not what was announced.
    let cause = if BY == Carrier::Stick { Cause::Changed } else { Cause::Missing };
    assert_eq!(refusal.cause, cause, "{refusal}");
    assert!(in_force(&report, "staff-list").unwrap().version > held.unwrap().version, "the others are taken");
}

#[test]
fn endless_data_is_cut_off_by_what_was_announced_and_by_limits_where_nothing_was() {
    for (file, words) in
        [("metadata/timestamp.json", "at most 16384 are read"), ("metadata/2.root.json", "at most 65536")]
    {
        let (mut land, before) = begun();
        land.bring_out();
        land.carry();
        // A file of a terabyte that takes no room on the stick.
        let endless = fs::File::create(land.spooled(file)).unwrap();
        endless.set_len(1 << 40).unwrap();
        let report = land.keep();
        told(&mut land, &report, (Cause::Unreadable, words), &before);
    }
    let (mut land, before) = begun();
    land.bring_out();
    land.carry();
    let version = land.trust.repo.published_targets().unwrap().unwrap().version;
    let file =
        fs::OpenOptions::new().write(true).open(land.spooled(&format!("metadata/{version}.targets.json")));
    file.unwrap().set_len(METADATA_MOST).unwrap();
    let report = land.keep();
    told(&mut land, &report, (Cause::Unreadable, "are read"), &before);
}

#[test]
fn extraneous_dependencies_targets_that_nobody_asks_for_are_neither_read_nor_written() {
    let (mut land, _) = begun();
    let mut all = land.draw_up(&[]);
    all.push(staged("software/gate-9.9", (9, land.now), b"to be run one day"));
    all.push(staged("key-set.json.exe", (9, land.now), b"beside"));
    land.trust.bring_out(&all, land.now);
    land.carry();
    let report = land.keep();
    assert!(!report.has_refusals(), "{}", report.in_words());
    let names = fs::read_dir(&land.to.data).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.into_iter().all(|name| !name.to_str().unwrap().contains(".exe")));
    assert!(!land.to.data.join("software").exists());
}

#[test]
fn fast_forward_an_online_thief_drives_versions_up_and_new_online_keys_bring_them_back() {
    let (mut land, _) = begun();
    let recorded = land.record("honest");
    // The thief of both online keys publishes a snapshot and a timestamp of a version that nobody reaches again.
    land.carry();
    let high = u64::MAX - 1;
    drive_up(&land, high);
    let report = land.keep();
    assert_eq!(refused(&report, "trust"), None, "the thief has good keys: {}", report.in_words());
    land.replay(&recorded);
    assert_eq!(refused(&land.keep(), "trust"), Some(Cause::Older), "now the honest ones look old");
    // The province's answer: a root with other online keys.
    land.rotate(|roster| (roster.snapshot, roster.timestamp) = (100, 101));
    let report = land.bring_in();
    assert_eq!(report.repository("trust").unwrap().root, 2);
    assert!(!report.has_refusals(), "{}", report.in_words());
}

fn drive_up(land: &Land, version: u64) {
    use gate_tuf::{Claimed, Snapshot, Timestamp};
    let newest = land.trust.newest_snapshot();
    let bytes = fs::read(land.spooled(&format!("metadata/{newest}.snapshot.json"))).unwrap();
    let mut snapshot = Claimed::<Snapshot>::read(&bytes).unwrap().into_body();
    snapshot.version = version;
    let snapshot = land.trust.signed(land.trust.roster.snapshot, &snapshot);
    fs::write(land.spooled(&format!("metadata/{version}.snapshot.json")), &snapshot).unwrap();
    let bytes = fs::read(land.spooled("metadata/timestamp.json")).unwrap();
    let mut timestamp = Claimed::<Timestamp>::read(&bytes).unwrap().into_body();
    timestamp.version = version;
    timestamp.meta.get_mut("snapshot.json").unwrap().version = version;
    let meta = timestamp.meta.get_mut("snapshot.json").unwrap();
    meta.length = Some(snapshot.len() as u64);
    meta.hashes.insert("sha256".into(), super::authority::hex(sha256(&[&snapshot]).as_bytes()));
    let timestamp = land.trust.signed(land.trust.roster.timestamp, &timestamp);
    fs::write(land.spooled("metadata/timestamp.json"), timestamp).unwrap();
}

#[test]
fn indefinite_freeze_an_old_repository_is_refused_once_its_time_is_over_and_a_fresh_one_goes_on() {
    let (mut land, before) = begun();
    land.now = land.now.plus(2 * DAY_S);
    let report = land.keep();
    assert!(report.in_words().contains("timestamp.json: it ended at 2026-11-21"), "{}", report.in_words());
    told(&mut land, &report, (Cause::Ended, "bring a fresh one"), &before);
    // Off for months: the terminal's own metadata ended long ago, and it updates at once.
    land.now = land.now.plus(200 * DAY_S);
    let report = land.bring_in();
    assert!(!report.has_refusals(), "{}", report.in_words());
}

#[test]
fn malicious_mirror_a_carrier_that_brings_nothing_or_half_holds_nothing_back_that_it_did_not_keep() {
    let (mut land, before) = begun();
    let recorded = land.record("before");
    land.bring_out();
    land.carry();
    fs::remove_file(land.spooled("metadata/timestamp.json")).unwrap();
    let report = land.keep();
    told(&mut land, &report, (Cause::Missing, "timestamp.json: it is not there"), &before);
    // One that always brings the same is told by the age of what is in force: the report names it.
    land.replay(&recorded);
    let report = land.keep();
    assert_eq!(refused(&report, "trust"), Some(Cause::Older));
    assert!(report.in_words().contains("签发 issued"));
}

#[test]
fn mix_and_match_files_of_different_publications_are_not_put_together() {
    let (mut land, _) = begun();
    let recorded = land.record("first");
    land.bring_out();
    land.carry();
    let newest = land.trust.newest_snapshot();
    // The new timestamp with the snapshot of before, under the new one's name.
    let old = recorded.join(format!("trust/metadata/{}.snapshot.json", newest - 1));
    fs::copy(old, land.spooled(&format!("metadata/{newest}.snapshot.json"))).unwrap();
    let before = land.manifest();
    let report = land.keep();
    told(&mut land, &report, (Cause::Changed, "not the file that was announced"), &before);
}

#[test]
fn rollback_what_was_good_yesterday_is_refused_today_after_any_number_of_starts() {
    let (mut land, _) = begun();
    let recorded = land.record("yesterday");
    land.bring_in();
    let before = land.manifest();
    land.replay(&recorded);
    for _ in 0..3 {
        let report = land.keep();
        assert_eq!(refused(&report, "trust"), Some(Cause::Older));
        assert!(report.in_words().contains("a rollback"), "{}", report.in_words());
    }
    let report = land.keep();
    told(&mut land, &report, (Cause::Older, "a rollback"), &before);
}

#[test]
fn rollback_of_a_datasets_version_by_both_signers_is_refused_too() {
    let (mut land, _) = begun();
    let old = land.draw_up(&[]);
    land.bring_in();
    let held = in_force(&land.keep(), "key-set").unwrap();
    // A new, good publication of the version before, under other names' rules: the drafts are made by hand.
    let path = land.trust.path.join("draft");
    let mut targets = land.trust.repo.published_targets().unwrap().unwrap();
    targets.version += 1;
    let one = old.iter().find(|one| one.name == "key-set.json").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let other = gate_signing::repo::Repo::at(folder.path());
    let staged = other.stage(std::slice::from_ref(one), &[], land.now.plus(DAY_S)).unwrap();
    targets.targets.insert("key-set.json".into(), staged.targets["key-set.json"].clone());
    super::land::copy_all(&folder.path().join("draft/targets"), &path.join("targets"));
    fs::write(path.join("targets.json"), Unsigned::of(&targets).unwrap().to_text()).unwrap();
    land.trust.sign(Role::Targets, &[0, 1]);
    land.trust.publish(land.now).unwrap();
    land.carry();
    let report = land.keep();
    let refusal = report.line("key-set").unwrap().refused.clone().unwrap();
    assert_eq!(refusal.cause, Cause::Older, "{refusal}");
    assert_eq!(in_force(&report, "key-set"), Some(held));
}

#[test]
fn slow_retrieval_a_pipe_or_a_device_in_the_spool_is_not_waited_for() {
    let (mut land, before) = begun();
    land.bring_out();
    land.carry();
    let path = land.spooled("metadata/timestamp.json");
    fs::remove_file(&path).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    let report = land.keep();
    told(&mut land, &report, (Cause::Unreadable, "no regular file"), &before);
}

#[test]
fn key_compromise_one_of_two_targets_keys_and_both_online_keys_change_nothing() {
    let (mut land, before) = begun();
    land.bring_out();
    land.carry();
    let version = land.trust.repo.published_targets().unwrap().unwrap().version;
    let one = land.trust.roster.targets[0];
    // One authority alone, with both online keys: announced properly, signed by one.
    forge(&land, &[one], |targets| drop(targets.targets.remove("staff-list.json")));
    land.trust.announce(&land.brought().join("trust"), version, land.now);
    let report = land.keep();
    // The thief drove the timestamp's version up on the way: other online keys bring it back.
    land.rotate(|roster| (roster.snapshot, roster.timestamp) = (100, 101));
    told(&mut land, &report, (Cause::Unsigned, "1 of the 2 signatures that targets needs"), &before);
}

#[test]
fn key_compromise_one_root_key_makes_no_root() {
    let (mut land, before) = begun();
    let mut roster = land.trust.roster.clone();
    roster.targets = vec![200, 201];
    let thief =
        super::authority::Authority::draft_root(&roster, 2, land.now.plus(300 * DAY_S), &[roster.root[0]]);
    land.bring_out();
    land.carry();
    fs::write(land.spooled("metadata/2.root.json"), thief).unwrap();
    let report = land.keep();
    told(&mut land, &report, (Cause::Unsigned, "1 of the 2 signatures that root needs"), &before);
}

#[test]
fn wrong_installation_a_dataset_under_another_ones_name_is_not_taken() {
    let (mut land, _) = begun();
    let mut all = land.draw_up(&[]);
    let hospital = all.iter().find(|one| one.name == "policy-hospital.json").unwrap().clone();
    let station = all.iter_mut().find(|one| one.name == "policy-station.json").unwrap();
    station.content = hospital.content;
    land.trust.bring_out(&all, land.now);
    land.carry();
    let report = land.keep();
    let refusal = report.line("policy-station").unwrap().refused.clone().unwrap();
    assert_eq!(refusal.cause, Cause::Unfit, "{refusal}");
    let [station, keys] = ["policy-station", "key-set"].map(|name| in_force(&report, name).unwrap().version);
    assert!(station < keys, "a bad policy does not hold back a good key set");
}
