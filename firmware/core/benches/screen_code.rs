//! What a screen code costs from its text to its decision: Base45, parse, verify, facts, policy.
//! Prints microseconds a stage as medians of rounds in one run, and the whole as a ratio to the bare signature check.
//! With `--count N` it only runs the whole N times, for an instruction counter:
//! `valgrind --tool=callgrind target/release/deps/screen_code-… --count 100` (`just instructions`).

#![expect(clippy::expect_used, reason = "fixed inputs of our own: a failure is a broken bench")]

use std::hint::black_box;
use std::time::Instant;

use base64ct::{Base64UrlUnpadded, Encoding};
use gate_core::alleged::{Alleged, Room};
use gate_core::case::Temperature;
use gate_core::decide::{Decision, Evidence, decide};
use gate_core::facts::{Facts, ListAnswer, Persons, Revoked};
use gate_core::keyset::KeySet;
use gate_core::policy::Policy;
use gate_core::time::{ClockTrust, RtcHealth, RtcReading, TrustedTime};
use gate_core::verdict::{Direction, PlaceKind, RiskLevel, Verdict};
use gate_proof::cose::{Aad, sign};
use gate_proof::ed25519::SigningKey;
use gate_wire::base45;
use gate_wire::cose::{Kid, Sign1};
use gate_wire::credential::{BlindedSubject, Colour, Condition, Credential, CredentialId, Statement};
use gate_wire::name::MaskedName;
use gate_wire::time::{Millis, Timestamp};

const NOW: u64 = 1_795_176_900;
const KID: Kid = Kid(*b"sc02");
const ROUNDS: usize = 301;

struct World {
    text: Vec<u8>,
    keys: KeySet,
    policy: Policy,
    time: TrustedTime,
}

fn main() {
    let world = world();
    assert_eq!(whole(&world).verdict(), Verdict::Pass);
    let mut arguments = std::env::args().skip_while(|argument| argument != "--count");
    if let Some(count) = arguments.nth(1) {
        for _ in 0..count.parse().expect("--count takes a number") {
            black_box(whole(black_box(&world)));
        }
        return;
    }
    report(&world);
}

fn report(world: &World) {
    let mut room = Room::new();
    let split = median(|| {
        let _ = black_box(Alleged::parse(&world.text, &mut room));
    });
    let whole_us = median(|| {
        black_box(whole(world));
    });
    let bytes = base45::decode::<344>(&world.text[4..]).expect("our own text");
    let envelope = Sign1::parse(&bytes).expect("our own envelope");
    let key = world.keys.find(KID).expect("our own key").public_key();
    let signature = median(|| {
        let _ = black_box(gate_proof::cose::verify(&envelope, Aad::Credential, key));
    });
    println!("text {} characters, {} bytes", world.text.len(), bytes.len());
    println!("split (Base45, envelope)        {split:8.2} us");
    println!("signature alone                 {signature:8.2} us");
    println!(
        "whole (split to decision)       {whole_us:8.2} us   {:.2} x the signature",
        whole_us / signature
    );
}

fn whole(world: &World) -> Decision {
    let mut room = Room::new();
    let alleged = Alleged::parse(&world.text, &mut room).expect("our own text");
    let code = alleged.verify(Some(&world.keys), &world.time, Millis(0)).expect("our own code");
    decide(&Evidence::Code(&code), &facts(world), Some(&world.policy))
}

fn facts(world: &World) -> Facts {
    Facts {
        place: PlaceKind::Station,
        risk: RiskLevel::Low,
        direction: Direction::In,
        time: world.time.now(Millis(0)),
        of_code: ListAnswer::Listed(Colour::Green),
        of_document: ListAnswer::NotAsked,
        list_as_of: Timestamp::from_unix(NOW - 3_600),
        too_old: false,
        persons: Persons::NotComparable,
        revoked: Revoked::No,
        uses: 0,
        temperature: Temperature::Normal,
    }
}

fn world() -> World {
    let key = SigningKey::from_seed(&[7; 32]);
    let now = Timestamp::from_unix(NOW).expect("within range");
    let claims = Credential {
        id: CredentialId(*b"01234567"),
        issued: now.minus(60),
        expires: now.plus(840),
        subject: BlindedSubject(*b"subject-0012"),
        statement: Statement::Screen(Condition::Colour(Colour::Green)),
        name: MaskedName::from_full("测试甲"),
    };
    let bytes = sign::<160>(&key, KID, Aad::Credential, &claims.encode().expect("fits")).expect("signs");
    let mut text = heapless::Vec::<u8, 512>::from_slice(b"TF1:").expect("fits");
    base45::encode(&bytes, &mut text).expect("fits");
    let rtc = RtcReading { time: now, health: RtcHealth::Healthy, set_from: ClockTrust::Confirmed };
    World {
        text: text.to_vec(),
        keys: KeySet::load(key_set(&key).as_bytes()).expect("a good key set"),
        policy: Policy::load(include_bytes!("../../../assets/policies/station.json")).expect("a good policy"),
        time: TrustedTime::at_boot(Timestamp::EPOCH, Some(rtc), Millis(0)),
    }
}

fn key_set(key: &SigningKey) -> String {
    let x = Base64UrlUnpadded::encode_string(key.public_key().as_bytes());
    format!(
        r#"{{"format":1,"version":1,"issued":0,"province":"510000","keys":[{{"kty":"OKP","crv":"Ed25519","use":"credential","kid":"73633032","x":"{x}","region":"510000","holder":"province","kinds":[{{"kind":"screen_code","longest_s":900}}],"from":0}}]}}"#
    )
}

fn median(mut run: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            run();
            began.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[ROUNDS / 2]
}
