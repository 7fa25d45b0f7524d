//! Keys are stolen, and who does what about it: each drill is played to its end and prints what it took. What leaks and what to type:
//! docs/manual/drills.en.md.

#[path = "drills/certificate.rs"]
mod certificate;

use std::fs;
use std::time::{Duration, Instant};

use gate_core::keyset::{Force, Holder, KeySet, Region};
use gate_core::manifest::Manifest;
use gate_core::query::Sequence;
use gate_core::records::acknowledgement::Acknowledgement;
use gate_core::records::names::acknowledgement_name;
use gate_core::records::{JournalId, NOTHING_BEFORE};
use gate_core::verdict::Verdict;
use gate_proof::ed25519::SigningKey;
use gate_signing::register::Terms;
use gate_trust::refusal::Cause;
use gate_tuf::{Claimed, Role, Timestamp as TimestampRole};
use gate_wire::cose::Kid;
use gate_wire::credential::Kind;
use gate_wire::time::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::authority::{DAY_S, entry, key};
use super::automatic::{self, Office};
use super::hub::{self, Hub};
use super::journey::Round;
use super::land::{Land, in_force, refused};
use super::night::names;

/// A drill as it is played, for whoever reads the output.
pub(super) struct Drill {
    name: &'static str,
    took: Duration,
}

impl Drill {
    pub(super) fn begin(name: &'static str) -> Drill {
        println!("{name}");
        Drill { name, took: Duration::ZERO }
    }

    /// Somebody does something.
    pub(super) fn step<T>(&mut self, who: &str, what: &str, done: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let result = done();
        let took = began.elapsed();
        self.took += took;
        println!("  {:>8.3} s  {who}: {what}", took.as_secs_f64());
        result
    }

    /// What a terminal, or the hub, believes then.
    pub(super) fn believes(&self, what: &str) {
        println!("              then: {what}");
    }
}

impl Drop for Drill {
    fn drop(&mut self) {
        println!("  {:>8.3} s  of machines' work in all: {}", self.took.as_secs_f64(), self.name);
    }
}

fn kid(number: u8) -> Kid {
    Kid([b'd', b'r', b'0', number])
}

fn new_issuer(land: &mut Land, number: u8) {
    let terms = Terms {
        kid: kid(number),
        region: Region::parse("510000").unwrap(),
        holder: Holder::Province,
        kinds: vec![(Kind::ScreenCode, 900)],
        from: land.now,
        until: None,
    };
    let mut rng = ChaCha20Rng::seed_from_u64(number.into());
    land.province.province_mut().make_issuer(&terms, &mut rng).unwrap();
}

fn key_set(land: &Land) -> KeySet {
    let manifest = Manifest::load(&land.manifest()).unwrap();
    let entry = manifest.entries().iter().find(|entry| entry.file.starts_with("key-set")).unwrap();
    KeySet::load(&fs::read(land.to.data.join(entry.file.as_str())).unwrap()).unwrap()
}

#[test]
fn an_issuers_stolen_key_is_void_at_a_terminal_after_one_publication_and_one_visit() {
    let mut land = Land::new();
    new_issuer(&mut land, 1);
    land.bring_in();
    let mut drill = Drill::begin("one issuer's key is stolen");
    let stolen = land.now.minus(3_600);
    drill.step("desk", "keyset revoke --from (an hour before the theft)", || {
        land.province.province_mut().register_mut().revoke(kid(1), stolen, land.now).unwrap();
    });
    drill.step("desk", "keyset add (the issuer's new key)", || new_issuer(&mut land, 2));
    assert_eq!(key_set(&land).find(kid(1)).unwrap().force_at(land.now), Force::InForce);
    drill.believes("a terminal that nobody visited believes the thief");
    let all = drill.step("desk", "repo draft-trust", || land.draw_up(&[]));
    drill.step("two authorities, then the desk", "repo sign (two keys), repo publish", || {
        land.trust.bring_out(&all, land.now);
    });
    let report = drill.step("carrier, terminal", "gate-sync or a stick, gate-trust run", || {
        land.carry();
        land.keep()
    });
    assert!(report.repository("trust").unwrap().refused.is_none(), "{}", report.in_words());
    let keys = key_set(&land);
    assert_eq!(keys.find(kid(1)).unwrap().force_at(land.now), Force::Revoked);
    assert_eq!(keys.find(kid(2)).unwrap().force_at(land.now), Force::InForce);
    drill.believes("the old key's codes from the cut-off on are void; minute by minute: key_changes.rs");
}

#[test]
fn a_stolen_timestamp_key_can_hold_a_terminal_still_until_the_next_root_and_change_nothing() {
    let mut land = Land::new();
    land.bring_in();
    let mut drill = Drill::begin("the timestamp key is stolen");
    let stolen = land.trust.roster.timestamp;
    let forged = |land: &Land, version: u64| {
        let bytes = fs::read(land.spooled("metadata/timestamp.json")).unwrap();
        let honest = Claimed::<TimestampRole>::read(&bytes).unwrap().into_body();
        let until = land.now.plus(300 * DAY_S);
        let forged = TimestampRole::of(version, until, honest.snapshot().unwrap().clone());
        let signed = land.trust.signed(stolen, &forged);
        fs::write(land.spooled("metadata/timestamp.json"), signed).unwrap();
    };
    drill.step("thief", "a timestamp of version 1,000,000, good for 300 days, on a stick", || {
        forged(&land, 1_000_000);
    });
    let before = in_force(&land.keep(), "key-set").unwrap().version;
    land.now = land.now.plus(3_600);
    land.bring_out();
    land.carry();
    let report = land.keep();
    assert_eq!(refused(&report, "trust"), Some(Cause::Older));
    assert_eq!(in_force(&report, "key-set").unwrap().version, before);
    drill.believes("everything as it was; what is honest and new looks old to it. It grows old and says so");
    drill.step(
        "two root holders, then the desk",
        "repo rotate (new --timestamp), repo sign, repo publish",
        || {
            land.rotate(|roster| roster.timestamp = 190);
            land.bring_out();
        },
    );
    let report = drill.step("carrier, terminal", "gate-sync or a stick, gate-trust run", || {
        land.carry();
        land.keep()
    });
    assert!(!report.has_refusals(), "{}", report.in_words());
    assert!(in_force(&report, "key-set").unwrap().version > before);
    forged(&land, 2_000_000);
    assert_eq!(refused(&land.keep(), "trust"), Some(Cause::Unsigned));
    drill.believes("the newest data; the stolen key signs for nothing");
}

#[test]
fn all_keys_of_one_authority_change_nothing_and_are_replaced_by_the_others() {
    let mut land = Land::new();
    land.bring_in();
    let mut drill = Drill::begin("one authority's keys are stolen: its root key and its targets key");
    let (now, version) = (land.now, in_force(&land.keep(), "key-set").unwrap().version);
    let refusal = drill.step("thief", "a key set of their own, signed with what they have", || {
        let all = land.draw_up(&[]);
        land.trust.repo.stage(&all, &[], now.plus(DAY_S)).unwrap();
        land.trust.sign(Role::Targets, &[1]);
        land.trust.publish(now).unwrap_err()
    });
    assert!(format!("{:#}", anyhow::Error::from(refusal)).contains("1 of the 2 signatures"));
    let draft = fs::read(land.trust.path.join("draft/targets.json")).unwrap();
    // As far as a terminal, with both online keys too.
    land.carry();
    let next = land.trust.repo.published_targets().unwrap().unwrap().version + 1;
    fs::write(land.spooled(&format!("metadata/{next}.targets.json")), draft).unwrap();
    land.trust.announce(&land.to.spool.join("trust"), next, now);
    let report = land.keep();
    assert_eq!(refused(&report, "trust"), Some(Cause::Unsigned), "{}", report.in_words());
    assert_eq!(in_force(&report, "key-set").unwrap().version, version);
    drill.believes("nothing of it");
    // Another stick: what the thief put on this one stays on it.
    fs::remove_dir_all(&land.to.spool).unwrap();
    drill.step(
        "the two other root holders, then the desk",
        "repo rotate (their new keys), repo sign, repo publish",
        || {
            land.rotate(|roster| {
                // The roots of who is left sign: the first two.
                (roster.root[2], roster.targets[1], roster.snapshot, roster.timestamp) = (191, 192, 193, 194);
            });
            land.bring_out();
        },
    );
    let report = drill.step("carrier, terminal", "gate-sync or a stick, gate-trust run", || {
        land.carry();
        land.keep()
    });
    assert!(!report.has_refusals(), "{}", report.in_words());
    let all = land.draw_up(&[]);
    land.trust.repo.stage(&all, &[], now.plus(DAY_S)).unwrap();
    let stolen = land.trust.repo.sign(Role::Targets, &entry(14), |message| Ok(key(14).sign(message)?));
    assert!(stolen.is_err(), "the stolen key signs for no role");
    drill.believes("the newest data, by the new root");
}

#[test]
fn a_hubs_stolen_key_deletes_nothing_within_the_retention_and_what_it_hid_comes_again() {
    let mut round = Round::new();
    hub::admit(round.terminal.stage.province.province_mut(), Timestamp::EPOCH);
    round.bring_out();
    round.carry();
    assert!(!round.terminal.keep().has_refusals());
    round.terminal.stage.run_until_renewed().unwrap();
    assert_eq!(round.terminal.verdict(3), Verdict::Pass);
    round.terminal.everything_is_out();
    let (out, acks) = (round.terminal.to.spool.join("out"), round.terminal.to.spool.join("acks"));
    let rows = round.terminal.stage.last_row();
    let mut drill = Drill::begin("the hub's key for acknowledgements is stolen");
    // The thief reads batches on their way, and says that the hub has them.
    let mut thief = Hub::default();
    thief.enrol(round.terminal.number(), round.terminal.record_key());
    thief.take(&out);
    let of = *thief.rows.keys().map(|(of, _)| of).next().unwrap();
    drill.step("thief", "signs that the hub holds every row", || {
        thief.acknowledge(&acks, round.terminal.stage.time());
    });
    round.terminal.until("it is believed", || names(&out).iter().all(|name| name.last.0 > rows));
    assert_eq!(round.terminal.stage.rows(Sequence(0)).unwrap().first().unwrap().sequence.0, 1);
    drill.believes(
        "the rows have arrived: they leave the outbox, and stay in the journal for the days of the rule",
    );
    let (new, now) = (SigningKey::from_seed(&[78; 32]), round.terminal.stage.time());
    drill.step("desk", "keyset revoke (the hub's key), keyset add --holder hub (the new one)", || {
        let register = round.terminal.stage.province.province_mut().register_mut();
        register.revoke(hub::KID, Timestamp::EPOCH, now).unwrap();
        let region = Region::parse("510000").unwrap();
        let terms =
            Terms { kid: kid(9), region, holder: Holder::Hub, kinds: Vec::new(), from: now, until: None };
        register.add(&new.public_key(), &terms).unwrap();
    });
    drill.step(
        "two authorities, the desk, carrier, terminal",
        "repo sign (two), publish, gate-trust run",
        || {
            round.bring_out();
            round.carry();
            assert!(!round.terminal.keep().has_refusals());
        },
    );
    round.terminal.stage.run_until_renewed().unwrap();
    let word = drill.step("hub's operator", "serve --acknowledges-as (the new number)", || {
        let (watermark, hash) = (Sequence(0), NOTHING_BEFORE);
        let (terminal, journal, issued) = (of.0, JournalId(of.1), round.terminal.stage.time());
        let honest = Acknowledgement { terminal, journal, watermark, hash, epoch: 0, issued };
        honest.sign(&new, kid(9)).unwrap()
    });
    fs::write(acks.join(acknowledgement_name(of.0, &JournalId(of.1)).as_str()), word).unwrap();
    round.terminal.stage.gate().hurry_records();
    round.terminal.until("it is sent again", || names(&out).iter().any(|name| name.first.0 == 1));
    drill.believes("the hub has nothing: every row is sent again");
    thief.acknowledge(&acks, round.terminal.stage.time());
    for _ in 0..20 {
        round.terminal.stage.run(1_000).unwrap();
    }
    assert!(names(&out).iter().any(|name| name.first.0 == 1), "the stolen key says nothing any more");
}

#[test]
fn an_automatic_signers_stolen_key_changes_nobody_and_is_replaced_by_the_next_root() {
    let mut office = Office::new();
    office.step(5..=5, "yellow");
    office.both_sign().unwrap();
    office.publish();
    let mut drill = Drill::begin("an automatic signer is in other hands: its key, rules and ledger");
    let stolen = office.round.status.roster.targets[0];
    let thief_signs = |office: &Office| {
        let repo = &office.round.status.repo;
        repo.sign(Role::Targets, &entry(stolen), |message| Ok(key(stolen).sign(message)?))
    };
    office.step(6..=1_000, "red");
    drill.step("thief", "a thousand turned red, signed without asking any rules", || {
        thief_signs(&office).unwrap();
    });
    let told = automatic::refused(office.signs(1));
    assert!(told.contains("995 people would turn red at once"), "{told}");
    let alone = office.round.status.publish(office.round.terminal.stage.time()).unwrap_err();
    assert!(format!("{:#}", anyhow::Error::from(alone)).contains("1 of the 2 signatures"));
    drill
        .believes("nothing of it: the other authority's signer computes for itself, and leaves it to people");
    fs::remove_file(office.round.steps.pop().unwrap()).unwrap();
    let stage = &mut office.round.terminal.stage;
    let before = stage.list_now().unwrap().state();
    stage.province.province_mut().sign_step_again(&before).unwrap();
    drill.step("two root holders", "repo rotate --targets (new), repo sign", || {
        let mut next = office.round.status.roster.clone();
        next.targets[0] = 195;
        office.round.status.rotate(next, office.round.terminal.stage.time());
    });
    // Its successor signs nothing while the root waits, and has a ledger of its own.
    fs::remove_file(office.ledger(0)).unwrap();
    assert!(automatic::refused(office.signs(0)).contains("a root waits"));
    drill.step(
        "two authorities' people, then the desk",
        "repo sign (the list as it was), repo publish",
        || {
            office.round.stage_list();
            office.people_sign();
        },
    );
    assert!(thief_signs(&office).is_err(), "the stolen key signs for no role");
    drill.step("desk, both signers", "the next small change; repo sign --rules --new-ledger", || {
        office.step(1..=2, "red");
        office.both_sign().unwrap();
        office.publish();
    });
    assert!(thief_signs(&office).is_err());
    drill.step("carrier, terminal", "gate-sync or a stick, gate-trust run", || {
        office.round.carry();
        assert!(!office.round.terminal.keep().has_refusals());
    });
    office.round.terminal.stage.run_until_renewed().unwrap();
    assert_eq!([2, 3].map(|one| office.round.terminal.verdict(one)), [Verdict::Stop, Verdict::Pass]);
    drill.believes("what both authorities signed, by the new root");
}
