//! Visits that come late: everything that was missed is caught up in one.

use gate_core::keyset::{Holder, KeySet, Region};
use gate_core::manifest::Manifest;
use gate_signing::register::Terms;
use gate_wire::cose::Kid;
use gate_wire::credential::Kind;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::authority::DAY_S;
use super::land::{Carrier, Land, in_force};

const MISSED: u8 = 60;

fn kid(number: u8) -> Kid {
    Kid([b'x', b'0', b'0', number])
}

/// The issuer's key of before is revoked or retired, in turn, and another takes its place. As a desk does, those of which nothing is valid any more leave.
fn change_issuer(land: &mut Land, number: u8) {
    let now = land.now;
    let province = land.province.province_mut();
    match number {
        1 => {}
        odd if odd % 2 == 1 => province.register_mut().revoke(kid(number - 1), now, now).unwrap(),
        _ => province.register_mut().retire(kid(number - 1), now).unwrap(),
    }
    province.register_mut().put_away(now);
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
    [Carrier::Stick, Carrier::Https].into_iter().for_each(caught_up);
}

fn caught_up(carrier: Carrier) {
    let mut land = Land::by(carrier);
    land.bring_in();
    for number in 1..=MISSED {
        land.now = land.now.plus(DAY_S);
        change_issuer(&mut land, number);
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
    assert!(keys.find(kid(MISSED)).is_some(), "the newest issuer is there");
    // A day apart: those of the last week still tell that their codes expired, the others are put away.
    let theirs = (1..=MISSED).filter(|number| keys.find(kid(*number)).is_some()).count();
    assert_eq!(theirs, 1 + 8, "{:?}", keys.keys());
    let before =
        |number: u8| keys.find(kid(number)).map(|key| (key.until().is_some(), key.void_from().is_some()));
    assert_eq!([MISSED - 1, MISSED - 2].map(before), [Some((true, false)), Some((false, true))]);
    // And the visit after it is an ordinary one.
    land.bring_in();
}
