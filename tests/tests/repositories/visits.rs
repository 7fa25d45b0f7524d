//! Visits that come late: everything that was missed is caught up in one.

use gate_core::keyset::{Holder, KeySet, Region};
use gate_core::manifest::Manifest;
use gate_signing::register::Terms;
use gate_wire::cose::Kid;
use gate_wire::credential::Kind;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::authority::DAY_S;
use super::land::{Land, in_force};

const MISSED: u8 = 60;

fn kid(number: u8) -> Kid {
    Kid([b'x', b'0', b'0', number])
}

/// The issuer's key of before is revoked, another takes its place.
fn change_issuer(land: &mut Land, number: u8) {
    let now = land.now;
    let province = land.province.province_mut();
    if number > 1 {
        province.register_mut().revoke(kid(number - 1), now, now).unwrap();
    }
    let terms = Terms {
        kid: kid(number),
        region: Region::parse("510000").unwrap(),
        holder: Holder::Province,
        kinds: vec![(Kind::ScreenCode, 900)],
        from: now,
        until: None,
    };
    province.make_issuer(&terms, &mut ChaCha20Rng::seed_from_u64(number.into())).unwrap();
}

#[test]
fn sixty_missed_rotations_of_roots_online_keys_and_issuers_are_caught_up_in_one_visit() {
    let mut land = Land::new();
    land.bring_in();
    for number in 1..=MISSED {
        land.now = land.now.plus(DAY_S);
        // A key set holds forty issuers: every third time one of them changes, too.
        if number % 3 == 0 {
            change_issuer(&mut land, number / 3);
        }
        land.rotate(|roster| {
            // One holder of the root after the other, so that no key of the first root is left; and both online keys.
            roster.root.rotate_left(1);
            roster.root[2] = 100 + number;
            (roster.snapshot, roster.timestamp) = (180 + number % 2, 182 + number % 2);
        });
        land.bring_out();
    }
    land.carry();
    let report = land.keep();
    assert!(!report.has_refusals(), "{}", report.in_words());
    assert_eq!(report.repository("trust").unwrap().root, u64::from(MISSED) + 1);
    assert_eq!(in_force(&report, "key-set").unwrap().version, u32::from(MISSED) + 1);
    let manifest = Manifest::load(&land.manifest()).unwrap();
    let entry = manifest.entries().iter().find(|entry| entry.file.starts_with("key-set")).unwrap();
    let bytes = std::fs::read(land.to.data.join(entry.file.as_str())).unwrap();
    let keys = KeySet::load(&bytes).unwrap();
    assert!(keys.find(kid(MISSED / 3)).is_some(), "the newest issuer is there");
    // And the visit after it is an ordinary one.
    land.bring_in();
}
