//! What lies under day keys, emptied, damaged, exchanged or gone: the list of day keys says which.

use std::fs;

use crate::world::World;

const LIST: [&str; 4] = ["day-keys", "list", "--dir", "desk"];

#[test]
fn the_list_of_day_keys_says_what_is_the_matter_with_the_wrapping_key_or_the_vault() {
    let world = World::demo();
    let (wrap, vault) = (world.path("desk/wrap/wrap-1.age"), world.path("desk/day-keys.vault"));
    let [good_wrap, good_vault] = [&wrap, &vault].map(|path| fs::read(path).unwrap());
    assert!(!world.good(&LIST).contains("OUT OF REACH"));
    let mut flipped = good_wrap.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let half = good_vault[..good_vault.len() / 2].to_vec();
    for (what, path, bytes, word) in [
        ("emptied", &wrap, Some(Vec::new()), "wrap-1"),
        ("damaged", &wrap, Some(flipped), "wrap-1"),
        ("cut short", &wrap, Some(good_wrap[..40].to_vec()), "wrap-1"),
        ("gone", &wrap, None, "wrap"),
        ("emptied", &vault, Some(Vec::new()), "day-keys.vault"),
        ("cut short", &vault, Some(half), "day-keys.vault"),
        ("gone", &vault, None, "day-keys.vault"),
    ] {
        match bytes {
            Some(bytes) => fs::write(path, bytes).unwrap(),
            None => fs::remove_file(path).unwrap(),
        }
        let told = world.good(&LIST);
        let line = told.lines().find(|line| line.contains("90 keys OUT OF REACH: ")).unwrap_or_default();
        assert!(line.contains(word), "{what} {word}: {told}");
        fs::write(&wrap, &good_wrap).unwrap();
        fs::write(&vault, &good_vault).unwrap();
        mode_of_secrets(&world);
    }
    assert!(!world.good(&LIST).contains("OUT OF REACH"));
}

#[test]
fn the_list_of_day_keys_says_how_many_of_them_do_not_open() {
    let world = World::demo();
    let path = world.path("desk/day-keys.vault");
    let mut vault: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    vault["keys"][3]["sealed"] = vault["keys"][2]["sealed"].clone();
    fs::write(&path, vault.to_string()).unwrap();
    let told = world.good(&LIST);
    assert!(told.contains("1 keys OUT OF REACH: they lie in the vault and do not open"), "{told}");
    assert_eq!(told.matches("OUT OF REACH\n").count(), 1, "{told}");
}

/// A file that was taken away comes back with the mode that a desk's files have.
fn mode_of_secrets(world: &World) {
    use std::os::unix::fs::PermissionsExt;
    for name in ["desk/wrap/wrap-1.age", "desk/day-keys.vault"] {
        fs::set_permissions(world.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
}
