//! Root and issuers in a PKCS#11 token: SoftHSM2 (Debian: softhsm2), with a token of the test's own in a temporary folder.
//! The module reads its configuration from the environment when it starts, so each test runs itself once more as a process
//! of its own, with the environment set.
#![cfg(feature = "pkcs11")]
#![expect(clippy::unwrap_used, reason = "a test's helpers: a failure here is the test's failure")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::MechanismType;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use gate_core::alleged::{Alleged, Room};
use gate_core::keyset::{KeySet, Region};
use gate_core::manifest::{Dataset, Demo, FILE_NAME, Manifest};
use gate_core::query::TerminalNumber;
use gate_core::staff::StaffList;
use gate_core::time::{ClockTrust, RtcHealth, RtcReading, TrustedTime};
use gate_proof::seal::OpeningKey;
use gate_proof::stretch::MemoryKib;
use gate_signing::custody::{Asked, Backend, CustodyFault, Prompt};
use gate_signing::desk::access::{Access, CustodyChoice, TokenAddress};
use gate_signing::desk::{Desk, DeskError, Order};
use gate_signing::issue::{Claim, IssueRefused, IssueRequest, IssuedCredential};
use gate_signing::key_name::KeyName;
use gate_signing::key_ring::Work;
use gate_signing::log::Clock;
use gate_signing::log::entry::{Operation, Operator};
use gate_signing::province::Founding;
use gate_signing::publish::Device;
use gate_status::Revocations;
use gate_wire::cose::Kid;
use gate_wire::credential::{Colour, Condition};
use gate_wire::document::{Document, DocumentKind};
use gate_wire::time::{Millis, Timestamp};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use zeroize::Zeroizing;

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "482913";
const ISSUER: KeyName = KeyName::Issuer(Kid(*b"sc02"));

struct Answers {
    pin: &'static str,
}

impl Prompt for Answers {
    fn ask(&self, asked: Asked) -> Result<Zeroizing<String>, CustodyFault> {
        let answer = if asked == Asked::TokenPin { self.pin } else { "a passphrase of some length" };
        Ok(Zeroizing::new(answer.to_owned()))
    }
}

/// The folder of one test, inside the process that has its token.
struct World {
    dir: PathBuf,
}

/// Runs `body` in a process whose SoftHSM2 has an empty token `desk`.
fn with_token(test: &str, body: impl FnOnce(&World)) {
    if let Some(dir) = std::env::var_os("GATE_TOKEN_TEST") {
        return body(&World { dir: dir.into() });
    }
    if !Path::new(MODULE).exists() || Command::new("softhsm2-util").arg("--version").output().is_err() {
        println!("SKIPPED {test}: softhsm2 is not installed (tools/ci/softhsm.sh)");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (tokens, configuration) = (dir.path().join("tokens"), dir.path().join("softhsm2.conf"));
    fs::create_dir(&tokens).unwrap();
    let text = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        tokens.display()
    );
    fs::write(&configuration, text).unwrap();
    let made = Command::new("softhsm2-util")
        .args(["--init-token", "--free", "--label", "desk", "--pin", PIN, "--so-pin", "11112222"])
        .env("SOFTHSM2_CONF", &configuration)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let inside = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env("SOFTHSM2_CONF", &configuration)
        .env("GATE_TOKEN_TEST", dir.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&inside.stdout);
    assert!(inside.status.success(), "{told}{}", String::from_utf8_lossy(&inside.stderr));
    assert!(told.contains("1 passed"), "it ran: {told}");
}

fn now() -> Timestamp {
    Timestamp::from_unix(1_795_104_000).unwrap()
}

fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

impl World {
    fn desk_directory(&self) -> PathBuf {
        self.dir.join("desk")
    }

    fn access(&self, pin: &'static str) -> Access {
        let prompt = Arc::new(Answers { pin });
        Access { operator: Operator::parse("chen"), clock: Clock::Fixed(now()), prompt }
    }

    fn address(&self) -> TokenAddress {
        let place = (PathBuf::from(MODULE), "desk".to_owned());
        TokenAddress::for_new_desk(place, Region::parse("510000").unwrap(), &mut rng(8))
    }

    /// A demo, whose passphrase costs little; its keys are in the token all the same.
    fn found(&self) -> Desk {
        self.found_as(Demo::Yes)
    }

    fn found_as(&self, nature: Demo) -> Desk {
        let founding = Founding {
            region: Region::parse("510000").unwrap(),
            nature,
            tag_memory: MemoryKib::new(if nature == Demo::Yes { 8 } else { 1024 }).unwrap(),
            founded: now(),
            days: 2,
        };
        let choice = CustodyChoice::Token(self.address());
        Desk::found(&self.desk_directory(), &founding, &choice, &self.access(PIN), &mut rng(1)).unwrap()
    }

    fn open(&self, pin: &'static str) -> Result<Desk, DeskError> {
        Desk::open_as(&self.desk_directory(), &self.access(pin))
    }

    /// The token as somebody with its PIN sees it.
    fn session(&self) -> (Pkcs11, Session) {
        let module = Pkcs11::new(MODULE).unwrap();
        // The desk may have started it in this process.
        let _ = module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
        let slot = module.get_slots_with_initialized_token().unwrap()[0];
        let session = module.open_rw_session(slot).unwrap();
        let _ = session.login(UserType::User, Some(&AuthPin::from(PIN.to_owned())));
        (module, session)
    }

    fn label(&self, name: KeyName) -> Vec<u8> {
        format!("{} {name}", self.address().prefix).into_bytes()
    }

    fn issue(&self, desk: &Desk) -> Result<IssuedCredential, IssueRefused> {
        let document = Document::parse(DocumentKind::ResidentId, "510100194001010010").unwrap();
        let claim = Claim::Paper(Condition::Colour(Colour::Green));
        let request =
            IssueRequest {
                document: &document, full_name: "测试甲", claim, issued: now(), life_s: 86_400
            };
        desk.province.issue(Kid(*b"sc02"), &request, now(), &mut rng(2))
    }
}

fn verifies(text: &str, keys: &KeySet) -> bool {
    let (mut room, start) = (Room::new(), Millis(0));
    let rtc = RtcReading { time: now(), health: RtcHealth::Healthy, set_from: ClockTrust::Confirmed };
    let time = TrustedTime::at_boot(now(), Some(rtc), start);
    let alleged = Alleged::parse(text.as_bytes(), &mut room).unwrap();
    alleged.verify(Some(keys), &time, start).is_ok()
}

#[test]
fn a_province_in_a_token_gives_codes_that_verify_and_data_that_terminals_take() {
    with_token("a_province_in_a_token_gives_codes_that_verify_and_data_that_terminals_take", |world| {
        drop(world.found_as(Demo::No));
        let mut desk = world.open(PIN).unwrap();
        let backend = |name| desk.custody().find(|(known, _)| *known == name).unwrap().1.backend;
        assert_eq!((backend(KeyName::Root), backend(ISSUER)), (Backend::Pkcs11, Backend::Pkcs11));
        assert_eq!((backend(KeyName::Subject), backend(KeyName::Day(1))), (Backend::Age, Backend::Age));
        let code = world.issue(&desk).unwrap();
        let out = world.dir.join("data");
        let terminal = TerminalNumber::new(1).unwrap();
        let key = OpeningKey::from_seed(&[8; 32]).sealing_key();
        let device = Device::Enrolled(&key);
        let order = Order { now: now(), terminal, device, status: None, deltas: &[], without: &[] };
        let places = r#"{"format":1,"version":1,"places":[{"number":1,"name":"测试车站","kind":"station","region":"510100","place_code":"","lanes":[{"lane":1,"direction":"in"}]}]}"#;
        fs::write(desk.directory().join("places.json"), places).unwrap();
        desk.publish(&out, &order, &mut rng(3)).unwrap();
        let manifest = Manifest::load(&fs::read(out.join(FILE_NAME)).unwrap()).unwrap();
        assert_eq!(manifest.province.demo, Demo::No);
        let read = |name: &str| fs::read(out.join(name)).unwrap();
        let keys = KeySet::load(&read("key-set.1.json")).unwrap();
        assert!(verifies(&code.text, &keys), "the code verifies under the published key set");
        let mut changed = code.text.clone();
        let last = if changed.pop() == Some('0') { '1' } else { '0' };
        changed.push(last);
        let mut room = Room::new();
        assert!(Alleged::parse(changed.as_bytes(), &mut room).is_err() || !verifies(&changed, &keys));
        StaffList::load(&read("staff-list.1.json")).unwrap();
        let revocations = manifest.find(Dataset::Revocations).unwrap().file.as_str();
        Revocations::open(fs::File::open(out.join(revocations)).unwrap(), |_| {}).unwrap();
        let (head, signed) = desk.sign_log_head().unwrap();
        assert_eq!(desk.read_head(&signed).unwrap(), head, "the root signs in the token too");
    });
}

#[test]
fn a_key_in_the_token_cannot_be_read_by_whoever_has_the_pin() {
    with_token("a_key_in_the_token_cannot_be_read_by_whoever_has_the_pin", |world| {
        drop(world.found());
        let (_module, session) = world.session();
        let private = session.find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY)]).unwrap();
        assert_eq!(private.len(), 9, "root and eight issuers");
        for key in private {
            let value = session.get_attributes(key, &[AttributeType::Value]);
            assert!(value.is_err() || value.unwrap().is_empty());
            let made =
                [AttributeType::Local, AttributeType::AlwaysSensitive, AttributeType::NeverExtractable];
            let made = session.get_attributes(key, &made).unwrap();
            let all =
                [Attribute::Local(true), Attribute::AlwaysSensitive(true), Attribute::NeverExtractable(true)];
            assert_eq!(made, all);
            assert!(session.update_attributes(key, &[Attribute::Extractable(true)]).is_err());
        }
    });
}

#[test]
fn a_key_that_was_brought_into_the_token_is_not_used() {
    with_token("a_key_that_was_brought_into_the_token_is_not_used", |world| {
        drop(world.found());
        let (_module, session) = world.session();
        let label = Attribute::Label(world.label(ISSUER));
        for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
            let object = session.find_objects(&[Attribute::Class(class), label.clone()]).unwrap()[0];
            if class == ObjectClass::PRIVATE_KEY {
                session.destroy_object(object).unwrap();
            }
        }
        let seed = [7; 32];
        let curve = vec![0x13, 0x0c, 0x65, 0x64, 0x77, 0x61, 0x72, 0x64, 0x73, 0x32, 0x35, 0x35, 0x31, 0x39];
        let brought = [
            Attribute::Class(ObjectClass::PRIVATE_KEY),
            Attribute::KeyType(KeyType::EC_EDWARDS),
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
            Attribute::EcParams(curve),
            Attribute::Value(seed.to_vec()),
            label,
        ];
        session.create_object(&brought).unwrap();
        let desk = world.open(PIN).unwrap();
        let refused = world.issue(&desk).unwrap_err().to_string();
        assert!(refused.contains("issuer-73633032 was not generated inside it"), "{refused}");
    });
}

#[test]
fn a_wrong_pin_and_a_token_that_is_not_there_are_clear_errors() {
    with_token("a_wrong_pin_and_a_token_that_is_not_there_are_clear_errors", |world| {
        drop(world.found());
        let desk = world.open("999999").unwrap();
        // In a process that has not logged in yet: the PIN counts.
        let refused = world.issue(&desk).unwrap_err().to_string();
        assert!(refused.contains("the PIN is wrong"), "{refused}");
        drop(desk);
        let path = world.desk_directory().join("custody.json");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("\"label\": \"desk\"", "\"label\": \"safe\"")).unwrap();
        let refused = world.issue(&world.open(PIN).unwrap()).unwrap_err().to_string();
        assert!(refused.contains("no token labelled \"safe\" is there"), "{refused}");
        fs::write(&path, text.replace(MODULE, "/nowhere/lib.so")).unwrap();
        let refused = world.issue(&world.open(PIN).unwrap()).unwrap_err().to_string();
        assert!(refused.contains("did not load its module"), "{refused}");
    });
}

#[test]
fn a_token_taken_away_in_a_batch_ends_it_with_an_error_and_the_log_says_how_many() {
    with_token("a_token_taken_away_in_a_batch_ends_it_with_an_error_and_the_log_says_how_many", |world| {
        let desk = world.found();
        let work = Work { operation: Operation::BatchBegin, most: 10, case: None };
        let key = desk.province.begin(ISSUER, &work).unwrap();
        assert!(key.sign(b"one").is_ok());
        let tokens = world.dir.join("tokens");
        fs::remove_dir_all(&tokens).unwrap();
        let refused = key.sign(b"two").unwrap_err();
        assert!(matches!(refused, CustodyFault::UseToken { what: "sign", .. }), "{refused}");
        key.finish(Operation::BatchEnd, None).unwrap();
        let mut last = Vec::new();
        desk.log().for_each(|line| last.push((line.operation, line.count))).unwrap();
        let end = last.len() - 2;
        assert_eq!(
            last[end..],
            [(Operation::BatchBegin, 10), (Operation::BatchEnd, 2)],
            "one made, one tried"
        );
    });
}

#[test]
fn a_power_cut_after_the_token_made_a_key_leaves_one_that_the_next_command_takes() {
    with_token("a_power_cut_after_the_token_made_a_key_leaves_one_that_the_next_command_takes", |world| {
        let terms = gate_signing::register::Terms {
            kid: Kid(*b"lab9"),
            region: Region::parse("510000").unwrap(),
            holder: gate_core::keyset::Holder::Laboratory,
            kinds: vec![(gate_wire::credential::Kind::NucleicAcidTest, 86_400)],
            from: now(),
            until: None,
        };
        let mut desk = world.found();
        desk.province.make_issuer(&terms, &mut rng(4)).unwrap();
        drop(desk);
        let objects = || {
            let (_module, session) = world.session();
            session.find_objects(&[Attribute::KeyType(KeyType::EC_EDWARDS)]).unwrap().len()
        };
        let before = objects();
        let mut desk = world.open(PIN).unwrap();
        desk.province.make_issuer(&terms, &mut rng(5)).unwrap();
        desk.save().unwrap();
        assert_eq!((before, objects()), (20, 20), "two halves of root and nine issuers");
        let work = Work { operation: Operation::BatchBegin, most: 1, case: None };
        assert!(desk.province.begin(KeyName::Issuer(Kid(*b"lab9")), &work).is_ok());
    });
}

#[test]
fn what_this_module_can_do_is_what_the_manual_says() {
    with_token("what_this_module_can_do_is_what_the_manual_says", |world| {
        let (module, _session) = world.session();
        let slot = module.get_slots_with_initialized_token().unwrap()[0];
        let known = module.get_mechanism_list(slot).unwrap();
        assert!(
            known.contains(&MechanismType::ECC_EDWARDS_KEY_PAIR_GEN) && known.contains(&MechanismType::EDDSA)
        );
        // Day keys could not live there: there is no X25519 key generation under its PKCS #11 3.0 name, and no HPKE.
        assert!(!known.contains(&MechanismType::ECC_MONTGOMERY_KEY_PAIR_GEN));
    });
}
