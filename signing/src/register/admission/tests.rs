use gate_proof::ed25519::SigningKey;

use super::*;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix(1_795_104_000 + seconds).unwrap()
}

fn key(seed: u8) -> PublicKey {
    SigningKey::from_seed(&[seed; 32]).public_key()
}

fn terms(holder: Holder, region: &str, (kind, longest_s): (Kind, u32)) -> Terms {
    let region = Region::parse(region).unwrap();
    Terms { kid: Kid(*b"new1"), region, holder, kinds: vec![(kind, longest_s)], from: at(0), until: None }
}

fn register() -> Register {
    Register::new(Region::parse("510000").unwrap())
}

fn refused(terms: &Terms) -> String {
    let mut register = register();
    let refused = register.add(&key(1), terms).unwrap_err().to_string();
    assert_eq!(register, self::register(), "nothing of it stays");
    refused
}

const PROVINCE: Holder = Holder::Province;
const DAY: u32 = 86_400;

#[test]
fn no_issuer_is_admitted_for_codes_that_outlive_the_rules() {
    for (holder, region, life, parts) in [
        (PROVINCE, "510000", (Kind::ScreenCode, 16 * 60), ["15 min", "DOMAIN §7"]),
        (PROVINCE, "510000", (Kind::ScreenCode, 15 * DAY), ["not 15 days", "screen_code=15m"]),
        (Holder::National, "000000", (Kind::ScreenCode, 3600), ["15 min", "DOMAIN §7"]),
        (PROVINCE, "110000", (Kind::ScreenCode, 2 * DAY), ["1 days", "another province"]),
        (PROVINCE, "510000", (Kind::PaperCode, 3650 * DAY), ["90 days", "paper_code=30d"]),
        (Holder::Laboratory, "510100", (Kind::NucleicAcidTest, 31 * DAY), ["30 days", "DOMAIN §3"]),
        (Holder::Community, "510100", (Kind::Certificate, 91 * DAY), ["90 days", "certificate=14d"]),
        (Holder::StaffOffice, "510000", (Kind::StaffBadge, 1000 * DAY), ["366 days", "staff_badge=30d"]),
    ] {
        let told = refused(&terms(holder, region, life));
        assert!(parts.iter().all(|part| told.contains(part)), "{told}");
    }
    assert!(refused(&terms(PROVINCE, "510000", (Kind::PaperCode, 0))).contains("0 s"));
    register().add(&key(1), &terms(PROVINCE, "510000", (Kind::ScreenCode, 15 * 60))).unwrap();
}

#[test]
fn the_national_platform_is_000000_and_nobody_else_is() {
    for (holder, region) in [(Holder::National, "510000"), (PROVINCE, "000000")] {
        let told = refused(&terms(holder, region, (Kind::ScreenCode, 900)));
        assert!(told.contains("--region 000000") && told.contains("DOMAIN §6"), "{told}");
    }
    register().add(&key(1), &terms(Holder::National, "000000", (Kind::ScreenCode, 900))).unwrap();
}

#[test]
fn a_key_that_would_never_be_in_force_is_refused() {
    for until in [at(0), at(0).minus(1)] {
        let never = Terms { until: Some(until), ..terms(PROVINCE, "510000", (Kind::ScreenCode, 900)) };
        assert!(refused(&never).contains("before it begins"));
    }
}

#[test]
fn a_second_entry_of_an_id_or_a_key_is_named() {
    let mut register = register();
    let first = terms(PROVINCE, "510000", (Kind::ScreenCode, 900));
    register.add(&key(1), &first).unwrap();
    assert_eq!(register.add(&key(2), &first), Err(RegisterRefused::RepeatId(first.kid)));
    let twin = Terms { kid: Kid(*b"new2"), ..first.clone() };
    let told = register.add(&key(1), &twin).unwrap_err();
    assert_eq!(told, RegisterRefused::RepeatKey(first.kid));
    assert!(told.to_string().contains("new1"), "{told}");
}

#[test]
fn a_cut_off_ahead_is_refused_and_an_earlier_one_stays() {
    let mut register = register();
    let first = terms(PROVINCE, "510000", (Kind::ScreenCode, 900));
    register.add(&key(1), &first).unwrap();
    let ahead = register.revoke(first.kid, at(61), at(60)).unwrap_err();
    assert!(ahead.to_string().contains("still ahead"), "{ahead}");
    register.revoke(first.kid, at(20), at(60)).unwrap();
    register.revoke(first.kid, at(50), at(60)).unwrap();
    assert_eq!(register.life(first.kid).unwrap().void_from, Some(at(20)));
}

#[test]
fn refusals_speak_of_days_and_dates() {
    let mut register = register();
    let first = terms(PROVINCE, "510000", (Kind::PaperCode, 14 * DAY));
    register.add(&key(1), &first).unwrap();
    let longer = register.shorten(first.kid, Kind::PaperCode, 15 * DAY).unwrap_err().to_string();
    assert!(longer.contains("14 days"), "{longer}");
    let nothing = register.shorten(first.kid, Kind::PaperCode, 0).unwrap_err().to_string();
    assert!(nothing.contains("retire"), "{nothing}");
    register.retire(first.kid, at(0)).unwrap();
    let later = register.retire(first.kid, at(1)).unwrap_err().to_string();
    assert!(later.contains("2026-11-20 00:00"), "{later}");
}
