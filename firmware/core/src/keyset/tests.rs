use super::*;
use base64ct::Encoding;
use gate_proof::ed25519::SigningKey;

extern crate std;
use std::format;
use std::string::String as Text;

fn x(seed: u8) -> Text {
    let mut out = [0; 43];
    let key = SigningKey::from_seed(&[seed; 32]).public_key();
    Base64UrlUnpadded::encode(key.as_bytes(), &mut out).unwrap().into()
}

fn key(kid: &str, x: &str, holder: &str, kinds: &str) -> Text {
    format!(
        r#"{{"kty":"OKP","crv":"Ed25519","use":"credential","kid":"{kid}","x":"{x}","region":"510000","holder":"{holder}","kinds":[{kinds}],"from":1000,"until":2000,"void_from":1500}}"#
    )
}

fn set(keys: &[Text]) -> Text {
    format!(r#"{{"format":1,"version":3,"issued":900,"province":"510000","keys":[{}]}}"#, keys.join(","))
}

fn load(keys: &[Text]) -> Result<KeySet, KeySetError> {
    KeySet::load(set(keys).as_bytes())
}

const SCREEN: &str = r#"{"kind":"screen_code","longest_s":900}"#;

#[test]
fn a_good_set_is_read_whole() {
    let set = load(&[key("00000001", &x(1), "province", SCREEN)]).unwrap();
    let key = set.find(Kid([0, 0, 0, 1])).unwrap();
    assert_eq!(
        (set.version(), key.class(), key.longest_life(Kind::ScreenCode)),
        (3, IssuerClass::Ours, Some(900))
    );
    assert_eq!(key.longest_life(Kind::PaperCode), None);
    assert!(set.find(Kid([0, 0, 0, 2])).is_none());
}

#[test]
fn no_place_hub_or_terminal_gives_colours() {
    for holder in ["place", "hub", "terminal", "laboratory", "community", "staff_office"] {
        let refused = load(&[key("00000001", &x(1), holder, SCREEN)]).unwrap_err();
        assert!(
            matches!(refused, KeySetError::HolderMayNotSign { entry: 0, kind: Kind::ScreenCode, .. }),
            "{holder}"
        );
    }
}

#[test]
fn a_retired_key_keeps_its_older_codes_and_a_revoked_one_loses_the_newer() {
    let set = load(&[key("00000001", &x(1), "province", SCREEN)]).unwrap();
    let force = |seconds| set.keys()[0].force_at(Timestamp::from_unix(seconds).unwrap());
    assert_eq!(
        [999, 1000, 1499, 1500, 2000].map(force),
        [Force::OutsideLife, Force::InForce, Force::InForce, Force::Revoked, Force::Revoked]
    );
    let retired =
        load(&[key("00000001", &x(1), "province", SCREEN).replace(r#","void_from":1500"#, "")]).unwrap();
    let force = |seconds| retired.keys()[0].force_at(Timestamp::from_unix(seconds).unwrap());
    assert_eq!([1999, 2000].map(force), [Force::InForce, Force::OutsideLife]);
}

#[test]
fn weak_and_repeated_keys_are_refused() {
    let weak = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert!(matches!(
        load(&[key("00000001", weak, "province", SCREEN)]),
        Err(KeySetError::KeyRefused { entry: 0, .. })
    ));
    for (kid, seed) in [("00000001", 2), ("00000002", 1)] {
        let two = [key("00000001", &x(1), "province", SCREEN), key(kid, &x(seed), "province", SCREEN)];
        assert_eq!(load(&two).unwrap_err(), KeySetError::Repeated { entry: 1 });
    }
}

#[test]
fn other_provinces_and_the_nation_are_told_apart() {
    let mutual =
        key("00000001", &x(1), "province", SCREEN).replace(r#""region":"510000""#, r#""region":"110000""#);
    let national =
        key("00000002", &x(2), "national", SCREEN).replace(r#""region":"510000""#, r#""region":"000000""#);
    let set = load(&[mutual, national]).unwrap();
    assert_eq!([set.keys()[0].class(), set.keys()[1].class()], [IssuerClass::Mutual, IssuerClass::National]);
}

#[test]
fn bad_fields_are_named() {
    let good = set(&[key("00000001", &x(1), "province", SCREEN)]);
    for (from, to, what) in [
        ("OKP", "EC", "kty"),
        ("Ed25519", "Ed448", "crv"),
        (r#""use":"credential""#, r#""use":"record""#, "use"),
        ("00000001", "0000000G", "kid"),
        (r#""region":"510000""#, r#""region":"51000""#, "region"),
        (r#""longest_s":900"#, r#""longest_s":0"#, "kinds"),
    ] {
        let refused = KeySet::load(good.replace(from, to).as_bytes()).unwrap_err();
        assert_eq!(refused, KeySetError::OutOfRange { entry: 0, what });
    }
}

#[test]
fn no_city_of_the_province_gives_colours_and_another_provinces_may() {
    let of = |region: &str| key("00000001", &x(1), "province", SCREEN).replace("510000", region);
    let refused = load(&[of("510100")]).unwrap_err();
    assert!(matches!(refused, KeySetError::SecondCode { entry: 0, .. }));
    load(&[of("320500")]).unwrap();
    let set = load(&[of("510000")]).unwrap();
    let times = [set.keys()[0].until(), set.keys()[0].void_from(), Some(set.keys()[0].from())];
    assert_eq!(times, [2000, 1500, 1000].map(Timestamp::from_unix));
}

#[test]
fn no_issuer_gives_a_code_that_outlives_the_rules() {
    let of = |holder: &str, region: &str, (kind, longest_s): (&str, u32)| {
        let kinds = format!(r#"{{"kind":"{kind}","longest_s":{longest_s}}}"#);
        let region = format!(r#""region":"{region}""#);
        load(&[key("00000001", &x(1), holder, &kinds).replace(r#""region":"510000""#, &region)])
    };
    for (holder, region, kind, most) in [
        ("province", "510000", "screen_code", 900),
        ("national", "000000", "screen_code", 900),
        ("province", "110000", "screen_code", 86_400),
        ("province", "510000", "paper_code", 90 * 86_400),
        ("laboratory", "510100", "nucleic_acid_test", 30 * 86_400),
        ("community", "510100", "certificate", 90 * 86_400),
        ("staff_office", "510000", "staff_badge", 366 * 86_400),
    ] {
        of(holder, region, (kind, most)).unwrap();
        let refused = of(holder, region, (kind, most + 1)).unwrap_err();
        assert!(matches!(refused, KeySetError::LivesTooLong { entry: 0, .. }), "{holder} {kind}: {refused}");
    }
}

#[test]
fn the_national_platform_is_of_no_province_and_no_province_is_the_nation() {
    for (holder, region) in [("national", "510000"), ("national", "110000"), ("province", "000000")] {
        let wrong = key("00000001", &x(1), holder, SCREEN).replace("510000", region);
        let refused = load(&[wrong]).unwrap_err();
        assert_eq!(refused, KeySetError::OutOfRange { entry: 0, what: "region" }, "{holder} {region}");
    }
}
