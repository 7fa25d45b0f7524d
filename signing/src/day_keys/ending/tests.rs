//! Destructions and renewals that a power cut ends anywhere, certificates taken away, vaults and wrapping keys of every fault.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gate_core::keyset::Region;
use gate_core::manifest::Demo;
use gate_proof::ed25519::SigningKey;
use gate_proof::stretch::MemoryKib;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::super::*;
use crate::custody::day_vault::{VAULT_FILE, WRAP_DIRECTORY};
use crate::custody::{Asked, Prompt};
use crate::desk::access::{Access, CustodyChoice};
use crate::log::Clock;
use crate::log::entry::{CaseNumber, Operator};
use crate::officers::approval::{Approval, Approved};
use crate::officers::{TwoOfficers, statement};
use crate::province::Founding;
use crate::staging::{self, Readers, cut};

/// Day keys of a new desk.
const DAYS: u32 = 5;
/// More steps to the disk than any of these commands takes.
const STEPS_MOST: u32 = 200;

struct Answer;

impl Prompt for Answer {
    fn ask(&self, _asked: Asked) -> Result<Zeroizing<String>, CustodyFault> {
        Ok(Zeroizing::new("a passphrase for tests only".into()))
    }
}

fn founded() -> Timestamp {
    Timestamp::from_unix(1_795_132_800).unwrap()
}

/// A day on which the first two keys are due.
fn later() -> Timestamp {
    founded().plus(32 * 86_400)
}

fn access() -> Access {
    Access { operator: Operator::parse("tester"), clock: Clock::Fixed(later()), prompt: Arc::new(Answer) }
}

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn officer(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

/// A desk with two officers, keys of five days, in encrypted files.
fn world() -> TempDir {
    world_of(1)
}

/// Another one: what it makes is its own.
fn world_of(seed: u64) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let founding = Founding {
        region: Region::parse("510000").unwrap(),
        nature: Demo::Yes,
        tag_memory: MemoryKib::LEAST,
        founded: founded(),
        days: DAYS,
    };
    let place = dir.path().join("desk");
    let mut desk = Desk::found(&place, &founding, &CustodyChoice::Age, &access(), &mut rng(seed)).unwrap();
    for (name, seed) in [("chen", 1), ("li", 2)] {
        desk.add_officer(&Operator::parse(name).unwrap(), &officer(seed).public_key(), None).unwrap();
    }
    dir
}

fn copied(from: &Path, to: &Path) {
    staging::make_directory(to, Readers::Owner).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copied(&entry.path(), &target),
            false => fs::copy(entry.path(), target).map(|_| ()).unwrap(),
        }
    }
}

fn opened(place: &Path) -> Desk {
    Desk::open_as(place, &access()).unwrap()
}

/// What both officers approve, a while before `later`; `nth` keeps approvals apart.
fn approved(desk: &Desk, (operation, request): (Approved, &str), nth: u64) -> TwoOfficers {
    let wanted = statement(desk, operation, &CaseNumber::parse("CG-1").unwrap(), request).unwrap();
    let given = later().minus(nth);
    let [a, b] = [1, 2].map(|seed| Approval::sign(&wanted, given, &officer(seed)).unwrap());
    desk.officers().admit([&a, &b], &wanted, later()).unwrap()
}

fn renew(desk: &mut Desk, nth: u64) -> Result<Destruction, DayKeysRefused> {
    let request = desk.request_to_renew()?;
    let officers = approved(desk, (Approved::RenewDayKeys, &request), nth);
    desk.renew_day_keys(&officers, later())
}

fn destroy(desk: &mut Desk, nth: u64) -> Result<Destruction, DayKeysRefused> {
    let before = Day(founded().civil_day().0 + 2);
    let request = request_to_destroy(before, RETENTION_DAYS);
    let officers = approved(desk, (Approved::DestroyDayKeys, &request), nth);
    desk.destroy_day_keys(before, &officers, later())
}

fn states(desk: &Desk) -> Vec<(u32, KeyState)> {
    desk.day_keys(later()).unwrap().iter().map(|key| (key.entry.id, key.state)).collect()
}

fn with_state(desk: &Desk, wanted: KeyState) -> Vec<u32> {
    states(desk).into_iter().filter(|(_, state)| *state == wanted).map(|(id, _)| id).collect()
}

fn certified(done: &Destruction) -> Vec<u32> {
    done.certificates.iter().flat_map(|one| one.certificate.keys.iter().map(|key| key.id)).collect()
}

fn opens(desk: &Desk, id: u32) -> bool {
    desk.province.keys.admit_opening(KeyName::Day(id)).is_ok()
}

fn wraps(place: &Path) -> Vec<PathBuf> {
    fs::read_dir(place.join(WRAP_DIRECTORY)).unwrap().flatten().map(|entry| entry.path()).collect()
}

#[test]
fn a_renewal_cut_off_anywhere_never_lets_a_later_one_give_up_a_key_that_is_at_hand() {
    let base = world();
    fs::remove_dir_all(base.path().join("desk").join(WRAP_DIRECTORY)).unwrap();
    let (mut cuts, mut uncertified) = (0, 0);
    for steps in 0..STEPS_MOST {
        let place = base.path().join(format!("cut-{steps}"));
        copied(&base.path().join("desk"), &place);
        let mut desk = opened(&place);
        cut::after(steps);
        let done = renew(&mut desk, 0);
        let was_cut = cut::over();
        drop(desk);
        // A timer publishes before anybody looks: new keys, where the vault is at hand.
        let mut desk = opened(&place);
        let published = desk.make_ahead(later(), DAYS, &mut rng(u64::from(steps)));
        let new: Vec<u32> = desk.province.day_keys()[DAYS as usize..].iter().map(|key| key.id).collect();
        assert_eq!(published.is_ok(), new.len() == DAYS as usize, "cut after {steps}: {published:?}");
        drop(desk);
        let mut desk = opened(&place);
        match renew(&mut desk, 1) {
            Ok(finished) => assert_eq!(certified(&finished), [1, 2, 3, 4, 5], "cut after {steps}"),
            // Its certificate was there already.
            Err(DayKeysRefused::Custody(CustodyFault::KeepVault)) => {}
            Err(other) => panic!("cut after {steps}: {other}"),
        }
        uncertified += u32::from(was_cut && !new.is_empty());
        assert!(new.iter().all(|id| opens(&desk, *id)), "cut after {steps}: a new key was given up");
        assert_eq!(with_state(&desk, KeyState::Lost), [1, 2, 3, 4, 5], "cut after {steps}");
        assert_eq!(renew(&mut desk, 2).unwrap_err().to_string(), CustodyFault::KeepVault.to_string());
        if !was_cut {
            assert!(done.is_ok());
            break;
        }
        cuts += 1;
    }
    println!("{cuts} cuts, {uncertified} of them after the new vault");
    assert!((20..STEPS_MOST - 1).contains(&cuts) && uncertified > 5, "{cuts} {uncertified}");
}

#[test]
fn a_destruction_cut_off_anywhere_leaves_nothing_for_a_renewal_and_is_finished_by_the_next() {
    let base = world();
    let mut cuts = 0;
    for steps in 0..STEPS_MOST {
        let place = base.path().join(format!("cut-{steps}"));
        copied(&base.path().join("desk"), &place);
        let mut desk = opened(&place);
        cut::after(steps);
        let done = destroy(&mut desk, 0);
        let was_cut = cut::over();
        drop(desk);
        let mut desk = opened(&place);
        let refused = renew(&mut desk, 1).unwrap_err();
        assert!(matches!(refused, DayKeysRefused::Custody(CustodyFault::KeepVault)), "{steps}: {refused}");
        match destroy(&mut desk, 2) {
            Ok(finished) => assert_eq!(certified(&finished), [1, 2], "cut after {steps}"),
            Err(DayKeysRefused::FindKeys(_)) => {}
            Err(other) => panic!("cut after {steps}: {other}"),
        }
        assert_eq!(with_state(&desk, KeyState::Destroyed), [1, 2], "cut after {steps}");
        assert!((3..=DAYS).all(|id| opens(&desk, id)), "cut after {steps}");
        if !was_cut {
            assert!(done.is_ok());
            break;
        }
        cuts += 1;
    }
    assert!((20..STEPS_MOST - 1).contains(&cuts), "{cuts}");
}

#[test]
fn certificates_taken_away_are_signed_again_as_what_they_were_and_cost_no_key() {
    let base = world();
    let place = base.path().join("desk");
    destroy(&mut opened(&place), 0).unwrap();
    fs::remove_dir_all(place.join("certificates")).unwrap();
    let mut desk = opened(&place);
    assert_eq!(with_state(&desk, KeyState::DestroyedUncertified), [1, 2]);
    assert!(renew(&mut desk, 1).is_err(), "nothing is lost");
    assert_eq!(certified(&destroy(&mut desk, 2).unwrap()), [1, 2]);
    drop(desk);
    // The same of a loss, with new keys in use.
    fs::remove_dir_all(place.join(WRAP_DIRECTORY)).unwrap();
    let mut desk = opened(&place);
    assert_eq!(certified(&renew(&mut desk, 3).unwrap()), [3, 4, 5], "what was destroyed is not lost");
    desk.make_ahead(later(), DAYS, &mut rng(9)).unwrap();
    drop(desk);
    fs::remove_dir_all(place.join("certificates")).unwrap();
    let mut desk = opened(&place);
    assert_eq!(with_state(&desk, KeyState::LostUncertified), [3, 4, 5]);
    let again = renew(&mut desk, 4).unwrap();
    assert_eq!(certified(&again), [3, 4, 5]);
    assert!(again.certificates[0].certificate.is_of_loss());
    assert!((6..=10).all(|id| opens(&desk, id)));
}

/// Its name, what is done to a desk (with another desk at hand), the file that is kept of it.
type Case = (&'static str, fn(&Path, &Path), &'static str);

/// A vault or a wrapping key that is damaged, foreign or gone, and what is kept of it.
fn losses() -> Vec<Case> {
    fn wrap(place: &Path) -> PathBuf {
        place.join(WRAP_DIRECTORY).join("wrap-1.age")
    }
    fn half(path: &Path) {
        let bytes = fs::read(path).unwrap();
        fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
    }
    vec![
        ("wrap empty", |desk, _| fs::write(wrap(desk), "").unwrap(), "wrap/wrap-1.age.damaged"),
        ("wrap cut", |desk, _| half(&wrap(desk)), "wrap/wrap-1.age.damaged"),
        ("wrap large", |desk, _| fs::write(wrap(desk), [7; 9000]).unwrap(), "wrap/wrap-1.age.damaged"),
        (
            "wrap foreign",
            |desk, other| fs::copy(wrap(other), wrap(desk)).map(|_| ()).unwrap(),
            "wrap/wrap-1.age.damaged",
        ),
        ("wrap gone", |desk, _| fs::remove_file(wrap(desk)).unwrap(), ""),
        ("vault empty", |desk, _| fs::write(desk.join(VAULT_FILE), "").unwrap(), "day-keys.vault.damaged"),
        ("vault cut", |desk, _| half(&desk.join(VAULT_FILE)), "day-keys.vault.damaged"),
        (
            "vault of no text",
            |desk, _| fs::write(desk.join(VAULT_FILE), [0xFF; 99]).unwrap(),
            "day-keys.vault.damaged",
        ),
        (
            "vault foreign",
            |desk, other| fs::copy(other.join(VAULT_FILE), desk.join(VAULT_FILE)).map(|_| ()).unwrap(),
            "day-keys.vault.damaged",
        ),
        ("vault gone", |desk, _| fs::remove_file(desk.join(VAULT_FILE)).unwrap(), ""),
    ]
}

#[test]
fn whatever_became_of_vault_or_wrapping_key_the_rest_is_published_and_two_officers_begin_anew() {
    let (base, other) = (world(), world_of(2));
    let other = other.path().join("desk");
    for (what, lose, kept) in losses() {
        let place = base.path().join(what);
        copied(&base.path().join("desk"), &place);
        lose(&place, &other);
        let lost_file = fs::read(place.join(kept.trim_end_matches(".damaged"))).ok();
        let mut desk = opened(&place);
        let missing = desk.day_keys_ahead(later(), &mut rng(1)).unwrap().expect(what);
        let told = missing.to_string();
        assert!(missing.is_of_vault() && told.contains("day-keys renew"), "{what}: {told}");
        let done = renew(&mut desk, 0).unwrap_or_else(|refused| panic!("{what}: {refused}"));
        assert_eq!(certified(&done), [1, 2, 3, 4, 5], "{what}");
        if !kept.is_empty() {
            assert_eq!(fs::read(place.join(kept)).ok(), lost_file, "{what}: kept beside, byte for byte");
        }
        drop(desk);
        let mut desk = opened(&place);
        assert_eq!(desk.day_keys_ahead(later(), &mut rng(2)).unwrap(), None, "{what}");
        desk.save().unwrap();
        assert_eq!(with_state(&desk, KeyState::Lost), [1, 2, 3, 4, 5], "{what}");
        assert!((6..=95).all(|id| opens(&desk, id)), "{what}");
        // Of what opened the old vault, nothing that works is left.
        let in_use =
            wraps(&place).into_iter().filter(|path| path.extension().is_some_and(|end| end == "age"));
        assert_eq!(in_use.count(), 1, "{what}");
    }
}

#[test]
fn one_key_that_does_not_open_is_given_up_alone_and_the_vault_with_it_is_kept_beside() {
    let base = world();
    let place = base.path().join("desk");
    let path = place.join(VAULT_FILE);
    let text = fs::read_to_string(&path).unwrap();
    let mut vault: serde_json::Value = serde_json::from_str(&text).unwrap();
    vault["keys"][3]["sealed"] = vault["keys"][2]["sealed"].clone();
    fs::write(&path, vault.to_string()).unwrap();
    let mut desk = opened(&place);
    assert!(destroy(&mut desk, 0).unwrap_err().to_string().contains("day-keys renew"));
    drop(desk);
    let mut desk = opened(&place);
    assert_eq!(certified(&renew(&mut desk, 1).unwrap()), [4]);
    assert!([1, 2, 3, 5].iter().all(|id| opens(&desk, *id)) && !opens(&desk, 4));
    assert_eq!(fs::read_to_string(place.join("day-keys.vault.damaged")).unwrap(), vault.to_string());
    assert_eq!(certified(&destroy(&mut desk, 2).unwrap()), [1, 2], "destroying goes on");
}

#[test]
fn an_older_copy_of_the_vault_is_told_from_a_lost_wrapping_key_and_nothing_is_lost_when_the_newest_is_back() {
    let base = world();
    let place = base.path().join("desk");
    let older = fs::read(place.join(VAULT_FILE)).unwrap();
    destroy(&mut opened(&place), 0).unwrap();
    let newest = fs::read(place.join(VAULT_FILE)).unwrap();
    fs::write(place.join(VAULT_FILE), older).unwrap();
    let desk = opened(&place);
    let VaultState::Missing(fault) = desk.vault().unwrap() else { panic!("an older copy is no vault") };
    assert!(fault.to_string().contains("an older copy"), "{fault}");
    assert_eq!(with_state(&desk, KeyState::OutOfReach), [3, 4, 5]);
    drop(desk);
    fs::write(place.join(VAULT_FILE), newest).unwrap();
    let desk = opened(&place);
    assert_eq!(with_state(&desk, KeyState::Destroyed), [1, 2]);
    assert!((3..=5).all(|id| opens(&desk, id)));
}

#[test]
fn an_older_record_of_custody_makes_no_key_lost_that_lies_in_the_vault() {
    let base = world();
    let place = base.path().join("desk");
    let older = fs::read(place.join("custody.json")).unwrap();
    opened(&place).make_ahead(later(), DAYS, &mut rng(3)).unwrap();
    fs::write(place.join("custody.json"), older).unwrap();
    let mut desk = opened(&place);
    assert!(with_state(&desk, KeyState::LostUncertified).is_empty());
    assert!(renew(&mut desk, 0).is_err() && (1..=10).all(|id| opens(&desk, id)));
}

#[test]
fn more_keys_than_one_certificate_holds_are_given_up_with_several_under_one_consent() {
    let base = world();
    let place = base.path().join("desk");
    let mut desk = opened(&place);
    desk.make_ahead(later(), DAYS_MOST, &mut rng(5)).unwrap();
    drop(desk);
    fs::remove_dir_all(place.join(WRAP_DIRECTORY)).unwrap();
    let mut desk = opened(&place);
    let done = renew(&mut desk, 0).unwrap();
    assert_eq!((done.certificates.len(), certified(&done).len()), (2, 405));
    drop(desk);
    let desk = opened(&place);
    assert_eq!(with_state(&desk, KeyState::Lost).len(), 405);
    assert!(desk.log().verify().is_ok(), "one line spends the approvals");
}
