//! The attacks that TUF names (its specification, §1.5.2, and the project's list of attacks), tried on a spool: what an
//! attacker does, that nothing of it is in force afterwards, and what the technician is told. Each by every carrier ([`BY`]).

use std::fs;

use gate_proof::digest::sha256;
use gate_trust::refusal::{Cause, Refusal};
use gate_trust::report::Report;
use gate_tuf::{Repository, Role, Targets, Unsigned};
use gate_ui::words::{Text, update_refused};

use super::BY;
use super::authority::{Authority, DAY_S, Roster, entry, key, staged};
use super::land::{Carrier, Land, in_force, refused};

const METADATA_MOST: u64 = 4 << 20;
/// Of a target that its carrier threw away.
const MISSED: &str = "key-set.json is not in what was brought";
/// What the keeper says is explained there, in its own words.
const MANUALS: [&str; 2] = [
    include_str!("../../../docs/manual/gate-trust.zh.md"),
    include_str!("../../../docs/manual/gate-trust.en.md"),
];

/// An attack, and what a technician reads of it: of the keeper, or of the carrier that lets nothing of it through.
struct Attack {
    keeper: (Cause, &'static str),
    /// `gate-sync`: the file, and why it was not fetched.
    line: Option<(&'static str, &'static str)>,
    /// `gate-field visit`: why it was not copied.
    stick: Option<&'static str>,
}

impl Attack {
    /// One that only signatures and versions show: carriers carry it.
    const fn carried(cause: Cause, facts: &'static str) -> Attack {
        Attack { keeper: (cause, facts), line: None, stick: None }
    }
}

const OTHER_KEYS: Attack =
    Attack::carried(Cause::Unsigned, "timestamp.json: 0 of the 1 signatures that timestamp needs");
const UNANNOUNCED_TARGETS: Attack = Attack {
    line: Some(("metadata/2.targets.json", "were announced: another file, or a portal's page")),
    ..Attack::carried(Cause::Changed, "targets.json: it is not the file that was announced")
};
const ENDLESS_TIMESTAMP: Attack = Attack {
    keeper: (Cause::Unreadable, "at most 16384 are read"),
    line: Some(("metadata/timestamp.json", "more than the 16384 bytes that were to come")),
    stick: Some("metadata/timestamp.json is no regular file of at most 16384 bytes"),
};
const ENDLESS_ROOT: Attack = Attack {
    keeper: (Cause::Unreadable, "at most 65536 are read"),
    line: Some(("metadata/2.root.json", "more than the 65536 bytes that were to come")),
    stick: Some("metadata/2.root.json is no regular file of at most 65536 bytes"),
};
const PADDED_TARGETS: Attack = Attack {
    keeper: (Cause::Unreadable, "are read"),
    line: Some(("metadata/2.targets.json", "bytes that were to come")),
    stick: Some("metadata/2.targets.json: it is no JSON"),
};
const FREEZE: Attack = Attack::carried(Cause::Ended, "timestamp.json: it ended at 2026-11-21");
const NO_TIMESTAMP: Attack = Attack {
    keeper: (Cause::Missing, "timestamp.json: it is not there"),
    line: Some(("metadata/timestamp.json", "the hub does not have it")),
    stick: Some("metadata/timestamp.json is not there: the copy is not whole"),
};
const MIXED: Attack = Attack {
    line: Some(("metadata/2.snapshot.json", "other bytes came than were announced")),
    ..Attack::carried(Cause::Changed, "snapshot.json: it is not the file that was announced")
};
const ROLLBACK: Attack = Attack::carried(Cause::Older, "which was taken before: a rollback");
const PIPE: Attack = Attack {
    keeper: (Cause::Unreadable, "timestamp.json is no regular file"),
    line: Some(("metadata/timestamp.json", "too slow, given up (no answer)")),
    stick: Some("metadata/timestamp.json is no regular file of at most 16384 bytes"),
};
const ONE_TARGETS_KEY: Attack =
    Attack::carried(Cause::Unsigned, "1 of the 2 signatures that targets needs are there and good");
const ONE_ROOT_KEY: Attack =
    Attack::carried(Cause::Unsigned, "1 of the 2 signatures that root needs are there and good");

/// What the manual says that is read for a cause, and what the terminal's screen shows (docs/formats/visit.md): Chinese, English.
fn words(cause: Cause) -> Option<([&'static str; 2], [&'static str; 2])> {
    let unproven = ["签名核验不通过", "Signature not proven"];
    let unreadable = ["数据读不出，请换一个", "Unreadable, try another"];
    Some(match cause {
        Cause::Unsigned => (["签名不足或无效", "too few good signatures"], unproven),
        Cause::Changed => (["已损坏或被改动", "damaged or changed"], unproven),
        Cause::Unfit => (["内容有误", "wrong in itself"], unproven),
        Cause::Older => (["比现有数据旧", "older"], ["比现有数据旧", "Older than the present data"]),
        Cause::Ended => (["已过有效期", "ended"], ["数据不在有效期内", "Expired, or not yet valid"]),
        Cause::Missing => (["缺少文件", "missing"], unreadable),
        Cause::Unreadable => (["无法读取", "cannot be read"], unreadable),
        // No attack is refused as anything else.
        _ => return None,
    })
}

/// The keeper's line of a refusal: what it is in both languages, and the facts.
fn is_said(report: &Report, refusal: &Refusal, facts: &str) {
    for (says, manual) in words(refusal.cause).unwrap().0.iter().zip(MANUALS) {
        assert!(manual.contains(says), "{says} is in the manual");
    }
    let all = report.in_words();
    let said = |line: &&str| {
        let advice = words(refusal.cause).unwrap().0.iter().all(|says| line.contains(says));
        line.starts_with("    未采用 not taken: ") && advice && line.contains(facts)
    };
    assert!(all.lines().any(|line| said(&line)), "{facts}: {all}");
}

/// The stick's screen, where there was one, tells of this cause.
fn is_shown(land: &Land, cause: Cause) {
    if let Some(shown) = land.shown() {
        let Text { zh, en } = update_refused(shown.unwrap());
        assert_eq!([zh, en], words(cause).unwrap().1);
    }
}

/// A technician reads why, of the keeper or of the carrier; on the screen, too, where it is a stick.
fn read(land: &Land, report: &Report, attack: &Attack) {
    let refusal = report.repository("trust").unwrap().refused.as_ref();
    let carrier = match BY {
        Carrier::Spool => None,
        Carrier::Stick => attack.stick.map(|why| (format!("未拷贝 not copied: trust: {why}"), "")),
        Carrier::Https => attack.line.map(|(file, why)| (format!("未收到 not fetched: trust/{file}: "), why)),
    };
    let lines = land.not_carried();
    assert_eq!(lines.len(), usize::from(carrier.is_some()), "{lines:?}");
    match carrier {
        Some((begins, why)) => {
            assert!(lines[0].starts_with(&begins) && lines[0].contains(why), "{begins}{why}: {lines:?}");
            assert_eq!(refusal, None, "nothing of it came to the keeper");
            is_shown(land, Cause::Unreadable);
        }
        None => {
            let (cause, facts) = attack.keeper;
            assert_eq!(refusal.map(|refusal| refusal.cause), Some(cause), "{}", report.in_words());
            is_said(report, refusal.unwrap(), facts);
            is_shown(land, cause);
        }
    }
}

/// The same of a single dataset: the others are in force.
fn read_of(land: &Land, report: &Report, dataset: &str, (cause, facts): (Cause, &str)) {
    let refusal = report.line(dataset).unwrap().refused.clone().unwrap();
    assert_eq!(refusal.cause, cause, "{refusal}");
    is_said(report, &refusal, facts);
    is_shown(land, cause);
}

/// Nothing moved, the technician reads why, and the honest repository is taken afterwards.
fn told(land: &mut Land, report: &Report, attack: &Attack, before: &[u8]) {
    assert_eq!(land.manifest(), before, "what is in force stays");
    read(land, report, attack);
    fs::remove_dir_all(land.brought()).unwrap();
    let report = land.bring_in();
    assert!(land.manifest() != before, "and the honest one is taken: {}", report.in_words());
    assert_eq!(land.not_carried(), [""; 0]);
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
    // What is signed for by keys of the attacker's own, under an honest announcement.
    forge(&land, &[200, 201], |targets| drop(targets.targets.remove("key-set.json")));
    let report = land.keep();
    told(&mut land, &report, &UNANNOUNCED_TARGETS, &before);
}

#[test]
fn arbitrary_installation_a_whole_repository_of_other_keys_is_not_taken() {
    let (mut land, before) = begun();
    // All of it is in order, but for who signed: a key of the attacker's own for each of ours.
    let roster = Roster { root: vec![72, 73, 74], targets: vec![70, 71], snapshot: 75, timestamp: 76 };
    let foreign = (Repository::Trust, land.folder.path().join("foreign"));
    let foreign = Authority::of(foreign, roster, land.now);
    let all = land.draw_up(&[]);
    foreign.bring_out(&all, land.now);
    foreign.bring_out(&all, land.now);
    fs::remove_dir_all(land.brought()).unwrap();
    land.carry_of(&foreign);
    let report = land.keep();
    told(&mut land, &report, &OTHER_KEYS, &before);
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
    // A carrier throws away what is not what was announced.
    let (says, told) = match BY {
        Carrier::Spool => ("", (Cause::Changed, "key-set.json is not the file that was signed for")),
        Carrier::Stick => ("it is not what was announced: damaged, or swapped", (Cause::Missing, MISSED)),
        Carrier::Https => ("other bytes came than were announced", (Cause::Missing, MISSED)),
    };
    let not_carried = land.not_carried();
    assert_eq!(not_carried.len(), usize::from(BY != Carrier::Spool), "{not_carried:?}");
    let names = |line: &String| line.contains(&format!("targets/{digest}.key-set.json: {says}"));
    assert!(not_carried.iter().all(names), "{not_carried:?}");
    read_of(&land, &report, "key-set", told);
    assert!(in_force(&report, "staff-list").unwrap().version > held.unwrap().version, "the others are taken");
}

#[test]
fn endless_data_is_cut_off_by_what_was_announced_and_by_limits_where_nothing_was() {
    for (file, attack) in
        [("metadata/timestamp.json", ENDLESS_TIMESTAMP), ("metadata/2.root.json", ENDLESS_ROOT)]
    {
        let (mut land, before) = begun();
        land.bring_out();
        land.carry();
        // A file of a terabyte that takes no room on the stick.
        let endless = fs::File::create(land.spooled(file)).unwrap();
        endless.set_len(1 << 40).unwrap();
        let report = land.keep();
        told(&mut land, &report, &attack, &before);
    }
    let (mut land, before) = begun();
    land.bring_out();
    land.carry();
    let version = land.trust.repo.published_targets().unwrap().unwrap().version;
    let file =
        fs::OpenOptions::new().write(true).open(land.spooled(&format!("metadata/{version}.targets.json")));
    file.unwrap().set_len(METADATA_MOST).unwrap();
    let report = land.keep();
    told(&mut land, &report, &PADDED_TARGETS, &before);
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
    assert_eq!(land.not_carried(), [""; 0], "what nobody asks for is missed by nobody");
    if BY != Carrier::Spool {
        assert!(!land.to.spool.join("trust/targets/software").exists());
    }
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
    let report = land.keep();
    read(&land, &report, &ROLLBACK);
    assert!(report.in_words().contains(&high.to_string()), "the version that gives the thief away");
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
    told(&mut land, &report, &FREEZE, &before);
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
    told(&mut land, &report, &NO_TIMESTAMP, &before);
    // One that always brings the same is told by the age of what is in force: the report names it.
    land.replay(&recorded);
    let report = land.keep();
    read(&land, &report, &ROLLBACK);
    assert!(report.in_words().contains("签发 issued"));
}

#[test]
fn mix_and_match_files_of_different_publications_are_not_put_together() {
    let (mut land, _) = begun();
    let recorded = land.record("first");
    land.bring_out();
    land.carry();
    let newest = land.trust.newest_snapshot();
    // The new timestamp with the snapshot of before, under the new one's name, and what that one names.
    let old = |role: &str| recorded.join(format!("trust/metadata/{}.{role}.json", newest - 1));
    fs::copy(old("snapshot"), land.spooled(&format!("metadata/{newest}.snapshot.json"))).unwrap();
    fs::copy(old("targets"), land.spooled(&format!("metadata/{}.targets.json", newest - 1))).unwrap();
    let before = land.manifest();
    let report = land.keep();
    told(&mut land, &report, &MIXED, &before);
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
        read(&land, &report, &ROLLBACK);
    }
    let report = land.keep();
    told(&mut land, &report, &ROLLBACK, &before);
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
    super::authority::copy_all(&folder.path().join("draft/targets"), &path.join("targets"));
    fs::write(path.join("targets.json"), Unsigned::of(&targets).unwrap().to_text()).unwrap();
    land.trust.sign(Role::Targets, &[0, 1]);
    land.trust.publish(land.now).unwrap();
    land.carry();
    let report = land.keep();
    read_of(
        &land,
        &report,
        "key-set",
        (Cause::Older, "key-set.json has version 2, version 3 was in force here"),
    );
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
    told(&mut land, &report, &PIPE, &before);
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
    told(&mut land, &report, &ONE_TARGETS_KEY, &before);
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
    told(&mut land, &report, &ONE_ROOT_KEY, &before);
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
    read_of(&land, &report, "policy-station", (Cause::Unfit, ""));
    let [station, keys] = ["policy-station", "key-set"].map(|name| in_force(&report, name).unwrap().version);
    assert!(station < keys, "a bad policy does not hold back a good key set");
}
