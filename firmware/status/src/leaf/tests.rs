//! Leaves against lists of the same entries, and against bytes that are none.

use proptest::prelude::*;

use super::*;

const CODES: Codes = Codes { keys: 30, exceptions: 6 };

fn entries() -> impl Strategy<Value = Vec<(Key, Entry)>> {
    let key = |value: u64| Key::from_value(value).unwrap();
    let entry = prop_oneof![
        8 => Just(Entry::Colour(Colour::Green)),
        1 => Just(Entry::Colour(Colour::Yellow)),
        1 => Just(Entry::Colour(Colour::Red)),
        1 => (1..=Key::MAX.value()).prop_map(move |value| Entry::SecondOf(key(value))),
    ];
    let values = prop_oneof![1..2_000_u64, 1..=Key::MAX.value()];
    prop::collection::btree_map(values, entry, 0..1500)
        .prop_map(move |map| map.into_iter().map(|(value, entry)| (key(value), entry)).collect())
}

/// Fills one leaf, and says what went in.
fn filled(codes: Codes, all: &[(Key, Entry)]) -> (Vec<u8>, usize) {
    let mut builder = LeafBuilder::new(codes, 0, Rank(41));
    let taken = all.iter().take_while(|(key, entry)| builder.push(*key, *entry)).count();
    (builder.body(), taken)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_leaf_finds_each_of_its_keys_and_no_other(all in entries(), k in 0..57_u8, other in 1..=Key::MAX.value()) {
        let (body, taken) = filled(Codes { keys: k, exceptions: k / 8 }, &all);
        prop_assert!(body.len() <= BODY_MOST);
        let held = &all[..taken];
        let leaf = Leaf::parse(&body, 0, Key::MAX.value()).unwrap();
        prop_assert_eq!(&leaf.entries().unwrap(), held);
        for (position, (key, entry)) in held.iter().enumerate() {
            let rank = Rank(41 + u32::try_from(position).unwrap());
            prop_assert_eq!(leaf.find(*key), Ok(Some((rank, *entry))));
        }
        let other = Key::from_value(other).unwrap();
        let there = held.iter().any(|(key, _)| *key == other);
        prop_assert_eq!(leaf.find(other).unwrap().is_some(), there);
    }

    #[test]
    fn no_bytes_make_a_leaf_panic(mut body in prop::collection::vec(any::<u8>(), 0..600), key in 1..=Key::MAX.value()) {
        if let [_, _, _, _, n, _, e, _, at, ..] = &mut body[..] {
            (*n, *e, *at) = (*n % 8, *e % 8, *at % 3);
        }
        if let Ok(leaf) = Leaf::parse(&body, 5, Key::MAX.value()) {
            let _ = (leaf.find(Key::from_value(key).unwrap()), leaf.entries());
        }
    }
}

#[test]
fn a_full_leaf_of_a_province_holds_some_980_people_in_one_page() {
    // 2^57 / 10^8: the mean distance of 100 million people.
    let all: Vec<(Key, Entry)> = (1..2000_u64)
        .map(|n| (Key::from_value(n * 1_441_151_880).unwrap(), Entry::Colour(Colour::Green)))
        .collect();
    let (body, taken) = filled(CODES, &all);
    assert!((970..1010).contains(&taken) && body.len() > BODY_MOST - 8, "{taken} in {} bytes", body.len());
}
