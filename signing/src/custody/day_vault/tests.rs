//! A destroyed day key is gone from every copy of the vault; the others are there.

use std::fs;
use std::path::Path;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::custody::plain::PlainKeys;

fn custody(directory: &Path) -> DayVault {
    for name in ["keys", WRAP_DIRECTORY] {
        staging::make_directory(&directory.join(name), Readers::Owner).unwrap();
    }
    let [inner, wraps] = ["keys", WRAP_DIRECTORY].map(|name| PlainKeys::open(&directory.join(name)).unwrap());
    DayVault::new(directory, Box::new(inner), Box::new(wraps), Before::None)
}

fn public(custody: &DayVault, id: u32) -> Result<[u8; 32], CustodyFault> {
    Ok(*custody.opening_key(KeyName::Day(id))?.sealing_key().as_bytes())
}

#[test]
fn a_day_key_comes_back_as_made_and_never_leaves_as_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let made = custody(folder.path()).make(KeyName::Day(3), &mut rng).unwrap().unwrap();
    let again = custody(folder.path());
    assert_eq!(public(&again, 3).unwrap(), made);
    assert_eq!(again.make(KeyName::Day(3), &mut rng).unwrap(), Some(made), "made once");
    assert_eq!(again.release(KeyName::Day(3)).unwrap_err(), CustodyFault::KeepInside(KeyName::Day(3)));
    assert_eq!(public(&again, 4).unwrap_err(), CustodyFault::FindKey(KeyName::Day(4)));
    assert!(!folder.path().join("keys").join("day-3.key").exists());
    let root = again.make(KeyName::Root, &mut rng).unwrap();
    assert_eq!(Some(*again.signer(KeyName::Root).unwrap().public_key().as_bytes()), root);
}

#[test]
fn after_a_destruction_no_older_copy_of_the_vault_opens_and_the_others_live_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let vault = custody(folder.path());
    let made: Vec<_> = (1..=5).map(|id| vault.make(KeyName::Day(id), &mut rng).unwrap().unwrap()).collect();
    let (backup, old_wrap) = (
        fs::read(folder.path().join(VAULT_FILE)).unwrap(),
        fs::read(folder.path().join(WRAP_DIRECTORY).join("wrap-1.key")).unwrap(),
    );
    vault.destroy_all(&[KeyName::Day(2), KeyName::Day(4)]).unwrap();
    let found: Vec<_> = (1..=5).map(|id| public(&vault, id).ok()).collect();
    assert_eq!(found, [Some(made[0]), None, Some(made[2]), None, Some(made[4])]);
    let wraps: Vec<_> = fs::read_dir(folder.path().join(WRAP_DIRECTORY)).unwrap().flatten().collect();
    assert_eq!(wraps.iter().map(|entry| entry.file_name()).collect::<Vec<_>>(), ["wrap-2.key"]);
    // The vault of before, put back: its wrapping key is gone.
    fs::write(folder.path().join(VAULT_FILE), &backup).unwrap();
    assert!((1..=5).all(|id| public(&custody(folder.path()), id).is_err()));
    // The control: with the wrapping key's medium kept, too, everything would open. That is what must not be backed up.
    let path = folder.path().join(WRAP_DIRECTORY).join("wrap-1.key");
    staging::replace(&path, &old_wrap, Readers::Owner).unwrap();
    assert_eq!(public(&custody(folder.path()), 2).unwrap(), made[1]);
}

#[test]
fn a_power_cut_at_any_step_leaves_a_vault_that_opens_and_the_next_call_finishes() {
    let folder = tempfile::tempdir().unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let vault = custody(folder.path());
    let made: Vec<_> = (1..=3).map(|id| vault.make(KeyName::Day(id), &mut rng).unwrap().unwrap()).collect();
    let wrap = |number: u32| folder.path().join(WRAP_DIRECTORY).join(format!("wrap-{number}.key"));
    // Cut after the new wrapping key was made: it is taken as made.
    vault.wraps.make(KeyName::Wrap(2), &mut rng).unwrap();
    let old = fs::read(wrap(1)).unwrap();
    vault.destroy(KeyName::Day(1)).unwrap();
    assert!(public(&vault, 1).is_err() && public(&vault, 2).unwrap() == made[1]);
    // Cut before the old wrapping key was destroyed: the next destruction does it, even one of a key already gone.
    staging::replace(&wrap(1), &old, Readers::Owner).unwrap();
    custody(folder.path()).destroy(KeyName::Day(1)).unwrap();
    assert!(!wrap(1).exists() && wrap(2).exists());
    assert_eq!(public(&custody(folder.path()), 3).unwrap(), made[2]);
}

#[test]
fn a_vault_that_was_changed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let vault = custody(folder.path());
    (1..=2).for_each(|id| {
        vault.make(KeyName::Day(id), &mut rng).unwrap();
    });
    let path = folder.path().join(VAULT_FILE);
    let good = fs::read_to_string(&path).unwrap();
    for wrong in [
        good.replace("\"id\":1", "\"id\":9").replace("\"id\":2", "\"id\":1").replace("\"id\":9", "\"id\":2"),
        good.replace("\"wrap\":1", "\"wrap\":2"),
        good.replace("\"format\":1", "\"format\":2"),
        good[..good.len() / 2].to_owned(),
        format!("{good}{}", " ".repeat(1 << 20)),
    ] {
        fs::write(&path, &wrong).unwrap();
        assert!(public(&vault, 1).is_err(), "{}", &wrong[..40]);
    }
}
