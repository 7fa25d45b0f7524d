//! What somebody who can write to a repository's folder puts there, and what those who sign, join and publish make of it.

use std::fs;
use std::path::Path;

use gate_proof::ed25519::SigningKey;
use gate_signing::repo::RepoFault;
use gate_trust::Repository;
use gate_tuf::{Claimed, Role, Root};

use super::authority::{Authority, DAY_S, copy_all, entry, hex, key, staged};
use super::automatic::{Office, refused};
use super::commands::{Round, Secret, ago, founded, printed, told};
use super::land::Land;

fn read(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The drafter's own key under the name of a holder's: the words of before stay as they were.
fn swap_keys(path: &Path, public: &str) -> String {
    let mut root = read(path);
    let id = root["signed"]["roles"]["targets"]["keyids"][0].as_str().unwrap().to_owned();
    root["signed"]["keys"][&id]["keyval"]["public"] = public.into();
    fs::write(path, root.to_string()).unwrap();
    id
}

#[test]
fn a_draft_of_trust_that_somebody_signed_is_not_replaced_without_a_word() {
    let (round, _) = founded();
    let waits = "THE DRAFT THAT WAITS HAS 1 of its signatures";
    assert!(!round.draft_trust(&[]).contains(waits));
    assert!(!round.draft_trust(&[]).contains(waits), "nobody signed it");
    round.by("trust", &["targets-a"]);
    let (desk, repo, terminals) = (round.at("desk"), round.at("trust"), round.at("terminals.csv"));
    let again = ["repo", "draft-trust", "--dir", &desk, "--repo", &repo, "--terminals", &terminals];
    let asked = round.try_sign(&again, Secret::None);
    assert!(!asked.status.success() && printed(&asked).contains(waits), "{asked:?}");
    round.by("trust", &["targets-b"]);
    let output = round.publish("trust");
    assert!(output.status.success(), "the first is still the one that waits: {output:?}");
    assert!(!round.draft_trust(&[]).contains("THE DRAFT THAT WAITS"), "it is published");
}

/// Words ask whoever begins a new ledger to wait: what they are asked for is no list's safety, while the other authority's ledger is whole.
#[test]
fn a_signer_that_lost_its_ledger_makes_no_second_list_while_the_other_has_its_own() {
    let mut office = Office::new();
    office.step(1..=1, "yellow");
    office.both_sign().unwrap();
    // Somebody holds that one back, and has another drafted.
    office.step(2..=2, "yellow");
    fs::remove_file(office.ledger(0)).unwrap();
    assert_eq!(office.signs(0).unwrap().signatures, 1, "it knows of nothing");
    let told = refused(office.signs(1));
    assert!(told.contains("another draft of version 2 was signed here"), "{told}");
    let alone = office.round.status.publish(office.round.terminal.stage.time()).unwrap_err();
    assert!(format!("{:#}", anyhow::Error::from(alone)).contains("1 of the 2 signatures"));
}

#[test]
fn a_root_with_another_key_under_a_known_name_is_signed_and_joined_by_nobody() {
    let round = Round::new();
    round.draft_root("new", "trust", ["root-a", "root-b", "root-c", "targets-a", "targets-b", "online"]);
    let (draft, honest) = (round.path("trust/draft/root.json"), round.path("honest.json"));
    fs::copy(&draft, &honest).unwrap();
    let own = SigningKey::from_seed(&[99; 32]).public_key();
    let id = swap_keys(&draft, &hex(own.as_bytes()));
    let (repo, key) = (round.at("trust"), round.key_file("trust", "root-a"));
    for words in [
        &["repo", "sign", "--repo", &repo, "--key", &key, "--yes"][..],
        &["repo", "join", "--repo", &repo, "--role", "root", "--from", &round.at("honest.json")],
        &["repo", "show", "--repo", &repo],
    ] {
        let secret = if words[1] == "sign" { Secret::Key } else { Secret::None };
        let refused = round.try_sign(words, secret);
        assert!(
            !refused.status.success() && told(&refused).contains("is not the key of that name"),
            "{refused:?}"
        );
        assert!(told(&refused).contains(&id), "{refused:?}");
    }
    assert!(!fs::read_to_string(&draft).unwrap().contains("\"sig\""));
}

/// The same, signed by whoever did not look, as far as publication.
#[test]
fn a_root_with_another_key_under_a_known_name_is_not_published() {
    let mut land = Land::new();
    let path = land.trust.path.join("draft/root.json");
    swap_keys(&path, &hex(key(99).public_key().as_bytes()));
    let body = Claimed::<Root>::read(&fs::read(&path).unwrap()).unwrap().into_body();
    fs::write(&path, land.trust.signed_by(&[10, 11], &body)).unwrap();
    let all = land.draw_up(&[]);
    let drafted = land.trust.repo.stage(&all, &[], land.now.plus(DAY_S));
    drafted.unwrap();
    let refused = land.trust.publish(land.now).unwrap_err();
    assert!(matches!(refused, RepoFault::NameKey { .. }), "{refused:?}");
    assert!(!land.trust.path.join("public").exists());
}

#[test]
fn a_root_is_read_key_by_key_as_its_holders_were_told_them_against_the_one_in_force() {
    let mut round = Round::new();
    let made = round.new_key("trust-next");
    let id = told(&made).split("(id ").nth(1).unwrap().split(')').next().unwrap().to_owned();
    let holders = ["root-a", "root-b", "root-c", "targets-a", "targets-b", "online"];
    let shown = printed(&round.draft_root("new", "trust", holders));
    assert!(shown.contains("the first root: there is none to compare with"), "{shown}");
    for name in holders {
        assert!(
            shown.contains(&format!("新增 NEW: {} (id ", round.key(&format!("trust-{name}")))),
            "{name}: {shown}"
        );
    }
    round.by("trust", &["root-a", "root-c"]);
    fs::create_dir_all(round.path("trust/public/metadata")).unwrap();
    let first = round.path("trust/public/metadata/1.root.json");
    fs::rename(round.path("trust/draft/root.json"), first).unwrap();
    let shown = printed(&round.draft_root(
        "rotate",
        "trust",
        ["root-a", "root-b", "root-c", "targets-a", "next", "online"],
    ));
    let line = |mark: &str, name: &str| format!("    {mark}: {} (id ", round.key(&format!("trust-{name}")));
    assert!(shown.contains("against root version 1"), "{shown}");
    for (mark, name) in [("不变 same", "targets-a"), ("停用 GONE", "targets-b"), ("新增 NEW", "next")] {
        assert!(shown.contains(&line(mark, name)), "{mark} {name}: {shown}");
    }
    assert!(shown.contains(&format!("{} (id {id})", round.key("trust-next"))), "as it was made: {shown}");
}

/// Key sets and policies are told in words where they are signed, too: the desk that drafts them is one person's.
#[test]
fn whoever_signs_trust_reads_what_it_changes_from_the_files_themselves() {
    let (round, _) = founded();
    round.bring_out_trust();
    let policy = round.path("desk/policy-station.json");
    let text = fs::read_to_string(&policy).unwrap();
    let longer = text.replace("\"list_stale_after_days\": 7", "\"list_stale_after_days\": 29");
    assert_ne!(text, longer);
    fs::write(&policy, longer).unwrap();
    round.sign(&["keyset", "retire", "--dir", &round.at("desk"), "--kid", "lab1"], Secret::None);
    round.draft_trust(&[]);
    let (repo, key) = (round.at("trust"), round.key_file("trust", "targets-a"));
    let words = ["repo", "sign", "--repo", &repo, "--key", &key];
    let asked = round.try_sign(&words, Secret::Key);
    let shown = printed(&asked);
    assert!(!asked.status.success() && shown.contains("days until the list is stale: 7 → 29"), "{shown}");
    assert!(shown.contains("what it signed before stays good until it expires"), "{shown}");
    assert!(
        shown.contains("sealed anew to 1 known terminals") && !shown.contains("changed: keys/"),
        "{shown}"
    );
    assert!(shown.contains("WHOSE REPOSITORY THIS IS WAS NOT COMPARED"), "{shown}");
    let other = "ab".repeat(32);
    let refused = round.try_sign(&[&words[..], &["--yes", "--root", &other]].concat(), Secret::Key);
    assert!(
        !refused.status.success() && told(&refused).contains("1.root.json is not the root"),
        "{refused:?}"
    );
    // Another file under the name: a signature would be over its digest, whatever the file becomes later.
    let drafted = fs::read_dir(round.path("trust/draft/targets")).unwrap().map(|entry| entry.unwrap().path());
    let keys = drafted.into_iter().find(|path| path.to_string_lossy().ends_with(".key-set.json")).unwrap();
    let honest = fs::read_to_string(&keys).unwrap();
    fs::write(&keys, honest.replace("lab1", "lab2") + " ").unwrap();
    let refused = round.try_sign(&[&words[..], &["--yes"]].concat(), Secret::Key);
    assert!(
        !refused.status.success() && told(&refused).contains("is not what the draft says of it"),
        "{refused:?}"
    );
    fs::write(&keys, honest).unwrap();
    round.sign(&[&words[..], &["--yes"]].concat(), Secret::Key);
}

/// A file with the highest number, of nobody's: nothing would be new against it.
#[test]
fn what_nobody_signed_is_not_what_was_published_before() {
    let mut land = Land::new();
    land.bring_out();
    let all = land.draw_up(&[]);
    land.trust.repo.stage(&all, &[], land.now.plus(DAY_S)).unwrap();
    let draft = land.trust.path.join("draft/targets.json");
    fs::copy(&draft, land.trust.path.join("public/metadata/999.targets.json")).unwrap();
    for refused in [land.trust.repo.in_words().err(), land.trust.repo.published_targets().err()] {
        assert!(matches!(refused, Some(RepoFault::Unproven(_))), "{refused:?}");
    }
}

#[test]
fn what_is_signed_is_what_was_shown_and_nothing_that_came_after_it() {
    let mut land = Land::new();
    let all = land.draw_up(&[]);
    land.trust.repo.stage(&all, &[], land.now.plus(DAY_S)).unwrap();
    let seen = land.trust.repo.see(Role::Targets).unwrap();
    land.trust.repo.stage(&all, &[], land.now.plus(2 * DAY_S)).unwrap();
    let number = land.trust.roster.targets[0];
    let by = |message: &[u8]| Ok(key(number).sign(message)?);
    let refused = seen.sign(&land.trust.repo, (&entry(number), &by)).unwrap_err();
    assert!(matches!(refused, RepoFault::OtherDraft(_)), "{refused:?}");
    assert_eq!(land.trust.repo.read_draft(Role::Targets).unwrap().signers().count(), 0);
    let seen = land.trust.repo.see(Role::Targets).unwrap();
    assert_eq!(seen.sign(&land.trust.repo, (&entry(number), &by)).unwrap().signatures, 1);
}

#[test]
fn a_name_in_a_draft_writes_no_line_of_its_own_and_turns_no_letters() {
    let land = Land::new();
    let one = staged("policy-station.json", (1, land.now), b"{}");
    land.trust.repo.stage(&[one], &[], land.now.plus(DAY_S)).unwrap();
    let path = land.trust.path.join("draft/targets.json");
    let mut draft = read(&path);
    let file = draft["signed"]["targets"]["policy-station.json"].clone();
    let name = format!("a\n  已签 signed by 2\u{202e}\u{1b}[2J{}", "x".repeat(5_000));
    draft["signed"]["targets"][&name] = file;
    fs::write(&path, draft.to_string()).unwrap();
    let lines = land.trust.repo.in_words().unwrap();
    let odd = |line: &&String| line.contains(['\n', '\u{202e}', '\u{1b}']) || line.chars().count() > 1_100;
    assert_eq!(lines.iter().find(odd), None);
    assert!(lines.iter().any(|line| line.contains("no terminal looks for such a name")), "{lines:?}");
}

#[test]
fn a_publication_deletes_nothing_of_a_folder_that_is_something_else() {
    let (round, _) = founded();
    round.draft_trust(&[]);
    round.by("trust", &["targets-a", "targets-b"]);
    fs::create_dir_all(round.path("served/photos")).unwrap();
    fs::write(round.path("served/photos/one.jpg"), "x").unwrap();
    for out in ["served", "served/photos"] {
        let refused = round.publish_into("trust", out);
        assert!(
            !refused.status.success() && told(&refused).contains("nothing was published and nothing deleted"),
            "{refused:?}"
        );
    }
    assert!(round.path("served/photos/one.jpg").exists() && !round.path("trust/public").exists());
    assert!(round.publish_into("trust", "served/trust").status.success());
    // Beside what is offered: a note of the operator's stays, a target of before goes.
    fs::write(round.path("served/trust/NOTE"), "x").unwrap();
    fs::write(round.path("served/trust/targets/old.json"), "x").unwrap();
    assert!(round.publish_into("trust", "served/trust").status.success());
    assert!(
        round.path("served/trust/NOTE").exists() && !round.path("served/trust/targets/old.json").exists()
    );
    // The other repository, one word wrong.
    round.draft_status();
    let knowing = ["--knowing", "uncounted"];
    for holder in ["targets-a", "targets-b"] {
        let (repo, key) = (round.at("status"), round.key_file("status", holder));
        let words = ["repo", "sign", "--repo", &repo, "--key", &key, "--yes"];
        round.sign(&[&words[..], &knowing].concat(), Secret::Key);
    }
    let refused = round.publish_into("status", "served/trust");
    assert!(!refused.status.success() && told(&refused).contains("is not this repository's"), "{refused:?}");
    assert!(
        round.path("served/trust/metadata/timestamp.json").exists() && !round.path("status/public").exists()
    );
}

#[test]
fn a_key_of_one_repository_is_no_key_of_the_one_beside_it() {
    let round = Round::new();
    round.new_root("trust");
    let own = ["root-a", "root-b", "root-c", "targets-a", "targets-b", "online"]
        .map(|name| format!("status-{name}"));
    for at in 0..own.len() {
        let mut keys = own.clone();
        keys[at] = "trust-online".into();
        let refused = round.try_draft_root("new", "status", keys);
        assert!(
            !refused.status.success() && told(&refused).contains("is a key of the repository"),
            "{refused:?}"
        );
        assert!(told(&refused).contains(round.key("trust-online")) && !round.path("status/draft").exists());
    }
    round.new_root("status");
    // A copy of the folder, for the other authority to sign, is the same repository.
    copy_all(&round.path("trust"), &round.path("copy"));
    let holders = ["root-a", "root-b", "root-c", "targets-a", "targets-b", "online"];
    fs::create_dir_all(round.path("trust/public/metadata")).unwrap();
    fs::rename(round.path("trust/draft/root.json"), round.path("trust/public/metadata/1.root.json")).unwrap();
    round.draft_root("rotate", "trust", holders);
    let mut keys = holders.map(|name| format!("trust-{name}"));
    keys[3] = "status-targets-a".into();
    let refused = round.try_draft_root("rotate", "trust", keys);
    assert!(
        !refused.status.success() && told(&refused).contains("is a key of the repository"),
        "{refused:?}"
    );
}

#[test]
fn a_copys_signatures_are_joined_only_if_they_are_good_and_of_this_very_draft() {
    let mut land = Land::new();
    let all = land.draw_up(&[]);
    let stage = |life: u64| land.trust.repo.stage(&all, &[], land.now.plus(life)).unwrap();
    let (draft, copy) = (land.trust.path.join("draft/targets.json"), land.folder.path().join("copy.json"));
    stage(DAY_S);
    land.trust.sign(Role::Targets, &[0, 1]);
    fs::copy(&draft, &copy).unwrap();
    stage(2 * DAY_S);
    let join = |bytes: &[u8]| land.trust.repo.assemble(Role::Targets, bytes);
    let refused = join(&fs::read(&copy).unwrap()).unwrap_err().to_string();
    assert!(refused.contains("the copy is another draft than the one here"), "{refused}");
    // Garbage under the name of who signed here, and a key that signs nothing.
    stage(DAY_S);
    land.trust.sign(Role::Targets, &[0]);
    let (honest, mut garbage) = (fs::read(&draft).unwrap(), read(&copy));
    garbage["signatures"][0]["sig"] = "00".repeat(64).into();
    let mut stranger = read(&copy);
    stranger["signatures"][0]["keyid"] = entry(99).id().into();
    for bad in [garbage, stranger] {
        let refused = join(bad.to_string().as_bytes()).unwrap_err().to_string();
        assert!(refused.contains("nothing was taken over"), "{refused}");
        assert_eq!(fs::read(&draft).unwrap(), honest, "what was signed here stays");
    }
    assert_eq!(join(&fs::read(&copy).unwrap()).unwrap().signatures, 2);
    land.trust.publish(land.now).unwrap();
}

/// Terminals take 64 files of `status`: at one step in five minutes that is half a day without a ladder.
#[test]
fn more_of_the_list_than_terminals_take_is_neither_drafted_nor_published() {
    let land = Land::new();
    let delta =
        |to: u32| staged(&format!("delta-0000000001-{:010}-{to:010}.tfd", to - 1), (to, land.now), b"x");
    let base = || staged("base-0000000001.tfs", (1, land.now), b"x");
    let all = |deltas: u32| [base()].into_iter().chain((1..=deltas).map(delta)).collect::<Vec<_>>();
    let refused = land.status.repo.stage(&all(64), &[], land.now.plus(DAY_S)).unwrap_err();
    assert!(refused.to_string().contains("names 65 files, terminals take 64"), "{refused}");
    assert!(refused.to_string().contains("status ladder"), "{refused}");
    land.status.repo.stage(&all(63), &[], land.now.plus(DAY_S)).unwrap();
    // As somebody writes it who does not ask the desk.
    let path = land.status.path.join("draft/targets.json");
    let mut draft = read(&path);
    let targets = draft["signed"]["targets"].as_object_mut().unwrap();
    let one = targets["base-0000000001.tfs"].clone();
    targets.insert("delta-0000000001-0000000063-0000000064.tfd".into(), one);
    fs::write(&path, draft.to_string()).unwrap();
    land.status.sign(Role::Targets, &[0, 1]);
    let refused = land.status.publish(land.now).unwrap_err();
    assert!(matches!(refused, RepoFault::Crowd { found: 65, most: 64 }), "{refused:?}");
}

/// What is signed, drafted and published at once loses one of the two.
#[test]
fn two_operators_work_in_a_repository_one_after_the_other() {
    let land = Land::new();
    let held = fs::File::create(land.trust.path.join("repo.lock")).unwrap();
    held.try_lock().unwrap();
    let one = staged("policy-station.json", (1, land.now), b"{}");
    let refused = land.trust.repo.stage(std::slice::from_ref(&one), &[], land.now.plus(DAY_S)).unwrap_err();
    assert!(matches!(refused, RepoFault::Busy(_)), "{refused:?}");
    drop(held);
    land.trust.repo.stage(&[one], &[], land.now.plus(DAY_S)).unwrap();
}

/// A desk's clock that is a year ahead, and a draft that nobody signed: what was put away never comes back.
#[test]
fn a_clock_that_runs_ahead_puts_no_key_away() {
    let (round, _) = founded();
    round.bring_out_trust();
    round.sign(&["keyset", "retire", "--dir", &round.at("desk"), "--kid", "lab1"], Secret::None);
    let later = ago(-400 * 86_400);
    round.draft_trust(&["--now", &later]);
    let desk = fs::read_to_string(round.path("desk/province.json")).unwrap();
    assert!(!desk.contains("\"past\""), "nobody signed that it is so late");
}

/// The first root is the only thing that tells repositories apart, and a cut may leave half of it.
#[test]
fn a_folder_that_a_cut_left_with_half_a_first_root_is_published_into_again() {
    let mut land = Land::new();
    land.bring_out();
    let out = land.folder.path().join("out");
    fs::create_dir_all(out.join("metadata")).unwrap();
    fs::write(out.join("metadata/1.root.json.writing"), "{").unwrap();
    land.trust.repo.mirror(&out).unwrap();
    assert!(out.join("metadata/timestamp.json").exists());
    let other = Authority::new(&land.folder.path().join("elsewhere"), Repository::Trust, land.now.plus(1));
    assert!(matches!(other.repo.admit_out(&out), Err(RepoFault::KeepOther(_))));
}
