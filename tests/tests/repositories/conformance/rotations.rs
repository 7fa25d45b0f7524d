//! The suite's `test_updater_key_rotations`: whose signatures a root needs (§5.3.4: of the root before and of itself), and whose the
//! other roles' documents. Which keys these are is ours; what is asked is the suite's.

use gate_trust::refusal::Cause;

use super::super::world::World;
use super::cases::Ends::Taken;
use super::cases::{Case, entrust, first, kept};

/// A document: the role's keys, how many of them are needed, who signed.
type Signed = (&'static [u8], u32, &'static [u8]);

/// The first key of these.
const BASE: u8 = 80;
const FIVE: &[u8] = &[0, 1, 2, 3, 4];
const NEXT_FIVE: &[u8] = &[5, 6, 7, 8, 9];
/// The third of the five is another one.
const ONE_OTHER: &[u8] = &[0, 1, 5, 3, 4];

/// Roots one after another, each good.
const GOOD: [(&str, &[Signed]); 9] = [
    ("1-of-1-key-rotation", &[(&[0], 1, &[0]), (&[1], 1, &[0, 1]), (&[1], 1, &[1])]),
    (
        "1-of-1-key-rotation-unused-signatures",
        &[(&[0], 1, &[7, 0, 8]), (&[1], 1, &[7, 0, 1, 8]), (&[1], 1, &[8, 1, 7])],
    ),
    (
        "3-of-5-sign-with-different-keycombos",
        &[(FIVE, 3, &[0, 1, 2]), (FIVE, 3, &[2, 3, 4]), (FIVE, 3, &[4, 0, 3]), (FIVE, 3, &[1, 3, 0])],
    ),
    ("3-of-5-one-key-rotated", &[(FIVE, 3, &[0, 1, 2]), (ONE_OTHER, 3, &[0, 1, 3])]),
    (
        "3-of-5-one-key-rotated-with-intermediate-step",
        &[(FIVE, 3, &[0, 1, 2]), (ONE_OTHER, 3, &[0, 1, 2, 5]), (ONE_OTHER, 3, &[0, 1, 5])],
    ),
    (
        "3-of-5-all-keys-rotated-with-intermediate-step",
        &[(FIVE, 3, &[0, 1, 2]), (NEXT_FIVE, 3, &[0, 1, 2, 5, 6, 7]), (NEXT_FIVE, 3, &[7, 8, 9])],
    ),
    ("1-of-3-threshold-increase-to-2-of-3", &[(&[0, 1, 2], 1, &[0]), (&[0, 1, 2], 2, &[0, 2])]),
    (
        "2-of-3-threshold-decrease-to-1-of-3",
        &[(&[0, 1, 2], 2, &[0, 1]), (&[0, 1, 2], 1, &[1, 2]), (&[0, 1, 2], 1, &[2])],
    ),
    ("1-of-2-threshold-increase-to-2-of-2", &[(&[0], 1, &[0]), (&[0, 1], 2, &[0, 1])]),
];

/// A root, and one that does not follow it: so many of so many signatures are good.
const BAD: [(&str, Signed, Signed, (u32, u32)); 6] = [
    ("1-of-1-key-rotation-fail-not-signed-with-old-key", (&[0], 1, &[0]), (&[1], 1, &[1, 7, 8]), (0, 1)),
    ("1-of-1-key-rotation-fail-not-signed-with-new-key", (&[0], 1, &[0]), (&[1], 1, &[0, 7, 8]), (0, 1)),
    (
        "3-of-5-one-key-rotate-fails-not-signed-with-3-new-keys",
        (FIVE, 3, &[0, 1, 2]),
        (ONE_OTHER, 3, &[0, 1, 2]),
        (2, 3),
    ),
    (
        "3-of-5-one-key-rotate-fails-not-signed-with-3-old-keys",
        (FIVE, 3, &[0, 1, 2]),
        (ONE_OTHER, 3, &[0, 1, 5]),
        (2, 3),
    ),
    (
        "1-of-3-threshold-bump-to-2-of-3-fails-new-threshold-not-reached",
        (&[0, 1, 2], 1, &[0]),
        (&[0, 1, 2], 2, &[1]),
        (1, 2),
    ),
    (
        "2-of-3-threshold-decr-to-1-of-3-fails-old-threshold-not-eached",
        (&[0, 1, 2], 2, &[0, 1]),
        (&[0, 1, 2], 1, &[0]),
        (1, 2),
    ),
];

/// What a role's keys and signatures are from root 2 on; how many of the signatures count.
const OTHERS: [(&str, Signed, u32); 10] = [
    ("1-of-1-key-rotation", (&[1], 1, &[1]), 1),
    ("1-of-1-key-rotation-unused-signatures", (&[1], 1, &[7, 1, 8]), 1),
    ("1-of-1-key-rotation-fail-not-signed-with-new-key", (&[1], 1, &[0, 7, 8]), 0),
    ("3-of-5-one-key-signature-wrong-not-signed-with-3-expected-keys", (ONE_OTHER, 3, &[0, 1, 2]), 2),
    ("2-of-5-one-key-signature-mising-threshold-not-reached", (ONE_OTHER, 3, &[0, 1]), 2),
    ("3-of-5-sign-first-combo", (FIVE, 3, &[0, 1, 2]), 3),
    ("3-of-5-sign-second-combo", (FIVE, 3, &[4, 0, 1]), 3),
    ("3-of-5-sign-third-combo", (FIVE, 3, &[3, 4, 0]), 3),
    ("3-of-5-sign-fourth-combo", (FIVE, 3, &[1, 3, 2]), 3),
    ("3-of-5-sign-fifth-combo", (FIVE, 3, &[2, 3, 4]), 3),
];

fn numbers(keys: &[u8]) -> Vec<u8> {
    keys.iter().map(|key| BASE + key).collect()
}

pub(crate) fn of_roots() -> Vec<Case> {
    let good = GOOD.map(|(name, roots)| of_root(name, roots.to_vec(), None));
    let bad = BAD.map(|(name, one, next, count)| of_root(name, vec![one, next], Some(count)));
    good.into_iter().chain(bad).collect()
}

fn of_root(name: &str, roots: Vec<Signed>, refused: Option<(u32, u32)>) -> Case {
    let (begins, newest) = (roots[0], roots.len() as u64);
    let published = move |world: &mut World| {
        for (version, (keys, threshold, by)) in (1..).zip(&roots).skip(1) {
            world.root_by(version, &numbers(by), |root| entrust(root, "root", &numbers(keys), *threshold));
        }
    };
    let (ends, trusted) = match refused {
        None => (Taken, [newest, 1, 1, 1]),
        Some((found, needed)) => {
            let facts = format!("root.json: {found} of the {needed} signatures");
            (kept(Cause::Unsigned, facts), [newest - 1, 0, 0, 0])
        }
    };
    first(format!("test_root_rotation[{name}]"), published, ends, trusted).beginning(move || {
        let (keys, threshold, by) = begins;
        World::begun(&numbers(by), |root| entrust(root, "root", &numbers(keys), threshold))
    })
}

pub(crate) fn of_others() -> Vec<Case> {
    let roles = [("timestamp", [2, 0, 0, 0]), ("snapshot", [2, 2, 0, 0]), ("targets", [2, 2, 2, 0])];
    let of = |(name, (keys, threshold, by), count): (&str, Signed, u32)| {
        roles.map(|(role, before)| {
            let published = move |world: &mut World| {
                world.root(2, |root| entrust(root, role, &numbers(keys), threshold));
                world.signs(role, &numbers(by));
                world.announce(2);
            };
            let facts = format!("{role}.json: {count} of the {threshold} signatures");
            let (ends, trusted) = match count < threshold {
                true => (kept(Cause::Unsigned, facts), before),
                false => (Taken, [2, 2, 2, 2]),
            };
            first(format!("test_non_root_rotations[{name}], {role}"), published, ends, trusted)
        })
    };
    OTHERS.into_iter().flat_map(of).collect()
}
