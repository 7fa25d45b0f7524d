//! Bodies against the changes they came from, sizes against the limits, and bytes that are none.

use proptest::prelude::*;

use super::*;

fn colour() -> impl Strategy<Value = Colour> {
    prop_oneof![Just(Colour::Green), Just(Colour::Yellow), Just(Colour::Red)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_section_by_rank_reads_back(map in prop::collection::btree_map(any::<u32>(), colour(), 0..300)) {
        let changes: Vec<_> = map.into_iter().map(|(rank, colour)| (Rank(rank), colour)).collect();
        let count = u32::try_from(changes.len()).unwrap();
        prop_assert_eq!(read_ranked(&ranked_section(&changes), count), Ok(changes));
    }

    #[test]
    fn a_section_by_key_reads_back(
        map in prop::collection::btree_map(1..=Key::MAX.value(), (0..5_u8, colour(), 1..=Key::MAX.value()), 0..300)
    ) {
        let changes: Vec<_> = map
            .into_iter()
            .map(|(key, (which, colour, first))| {
                let change = match which {
                    0 => KeyChange::Removed,
                    1 => KeyChange::SecondOf(Key::from_value(first).unwrap()),
                    _ => KeyChange::Colour(colour),
                };
                (Key::from_value(key).unwrap(), change)
            })
            .collect();
        let count = u32::try_from(changes.len()).unwrap();
        prop_assert_eq!(read_keyed(&keyed_section(&changes), count), Ok(changes));
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), count in 0..400_u32) {
        let _ = (read_ranked(&bytes, count), read_keyed(&bytes, count));
    }
}

/// 1 % of 100 million, evenly over the ranks, three colours alike: the most that colours can cost.
#[test]
fn a_million_changes_of_a_hundred_million_take_at_most_a_byte_and_a_quarter_each() {
    let mut state = 7_u64;
    let mut rank = 0;
    let changes: Vec<_> = (0..1_000_000)
        .map(|n| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let uniform = ((state >> 11) as f64 + 1.0) / 9_007_199_254_740_993.0;
            rank += 1 + (-uniform.ln() * 99.0) as u32;
            (Rank(rank), [Colour::Green, Colour::Yellow, Colour::Red][n % 3])
        })
        .collect();
    let bytes = ranked_section(&changes).len();
    assert!(bytes <= 1_250_000, "{bytes}");
}

#[test]
fn a_count_that_the_bytes_cannot_hold_asks_for_no_memory() {
    assert_eq!(read_ranked(&[3, 4, 0, 0], u32::MAX), Err(DeltaDamaged::Read));
    assert_eq!(read_keyed(&[3, 0, 0], u32::MAX), Err(DeltaDamaged::Read));
}
