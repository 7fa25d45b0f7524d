//! Keys under a passphrase, and what an attacker, a mistake or a power cut can do to them.
#![expect(clippy::unwrap_used, reason = "a test's helpers: a failure here is the test's failure")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gate_core::envelope::{self, Envelopes, KeyPurpose};
use gate_core::keyset::{Holder, Region};
use gate_core::manifest::{Demo, FILE_NAME, Manifest};
use gate_core::query::TerminalNumber;
use gate_proof::seal::OpeningKey;
use gate_proof::stretch::MemoryKib;
use gate_signing::custody::{Asked, Backend, CustodyFault, Prompt};
use gate_signing::desk::access::{Access, CustodyChoice};
use gate_signing::desk::{Desk, DeskError, Order};
use gate_signing::issue::{Claim, IssueRefused, IssueRequest, IssuedCredential};
use gate_signing::key_name::KeyName;
use gate_signing::key_ring::Work;
use gate_signing::log::entry::{Operation, Operator};
use gate_signing::log::{Clock, LOG_FILE};
use gate_signing::province::{Founding, FoundingRefused};
use gate_signing::publish::{Device, KeysNotPublished, PublishError};
use gate_signing::register::Terms;
use gate_wire::cose::Kid;
use gate_wire::credential::{Colour, Condition, Kind};
use gate_wire::document::{Document, DocumentKind};
use gate_wire::time::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use zeroize::Zeroizing;

/// Answers with one passphrase, and counts how often it was asked.
struct Answers {
    passphrase: &'static str,
    asked: AtomicUsize,
}

impl Prompt for Answers {
    fn ask(&self, _asked: Asked) -> Result<Zeroizing<String>, CustodyFault> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Ok(Zeroizing::new(self.passphrase.to_owned()))
    }
}

/// A folder that is nobody else's: a desk lies in no other.
fn private_folder() -> tempfile::TempDir {
    tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o700)).tempdir().unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_unix(1_795_104_000).unwrap()
}

fn answers(passphrase: &'static str) -> Arc<Answers> {
    Arc::new(Answers { passphrase, asked: AtomicUsize::new(0) })
}

fn access(prompt: Arc<Answers>) -> Access {
    Access { operator: Operator::parse("chen"), clock: Clock::Fixed(now()), prompt }
}

fn opened(directory: &Path) -> Desk {
    Desk::open_as(directory, &access(answers("right"))).unwrap()
}

fn founding(nature: Demo) -> Founding {
    Founding {
        region: Region::parse("510000").unwrap(),
        nature,
        tag_memory: MemoryKib::LEAST,
        founded: now(),
        days: 2,
    }
}

/// A demo, so that a passphrase costs little to try; its keys are encrypted all the same.
fn found(directory: &Path) -> Desk {
    let access = access(answers("right"));
    Desk::found(directory, &founding(Demo::Yes), &CustodyChoice::Age, &access, &mut rng(1)).unwrap()
}

fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

fn issue(desk: &Desk) -> Result<IssuedCredential, IssueRefused> {
    let document = Document::parse(DocumentKind::ResidentId, "510100194001010010").unwrap();
    let claim = Claim::Paper(Condition::Colour(Colour::Green));
    let request =
        IssueRequest { document: &document, full_name: "测试甲", claim, issued: now(), life_s: 86_400 };
    desk.province.issue(Kid(*b"sc02"), &request, now(), &mut rng(2))
}

fn told(desk: &Desk) -> Vec<(Operation, Option<String>, u64)> {
    let mut lines = Vec::new();
    desk.log().for_each(|line| lines.push((line.operation, line.key.clone(), line.count))).unwrap();
    lines
}

fn terms(kid: &[u8; 4]) -> Terms {
    Terms {
        kid: Kid(*kid),
        region: Region::parse("510000").unwrap(),
        holder: Holder::Laboratory,
        kinds: vec![(Kind::NucleicAcidTest, 86_400)],
        from: now(),
        until: None,
    }
}

fn key_files(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory.join("keys")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_province_under_a_passphrase_issues_and_publishes_after_it_was_opened_again() {
    let dir = private_folder();
    let (desk_dir, out) = (dir.path().join("desk"), dir.path().join("data"));
    let first = issue(&found(&desk_dir)).unwrap();
    let mut desk = opened(&desk_dir);
    let again = issue(&desk).unwrap();
    assert_eq!((first.kid, first.bytes.len()), (again.kid, again.bytes.len()));
    let terminal = TerminalNumber::new(1).unwrap();
    let device = OpeningKey::from_seed(&[8; 32]);
    let key = device.sealing_key();
    let device_key = Device::Enrolled(&key);
    let order = Order { now: now(), terminal, device: device_key, status: None, deltas: &[], without: &[] };
    desk.publish(&out, &order, &mut rng(3)).unwrap();
    assert!(Manifest::load(&fs::read(out.join(FILE_NAME)).unwrap()).is_ok());
    assert!(desk.custody().all(|(_, held)| held.backend == Backend::Age));

    // What a terminal opens stands nowhere at the desk in plain text.
    let envelopes = Envelopes::load(&fs::read(out.join(envelope::FILE_NAME)).unwrap()).unwrap();
    let secrets = [KeyPurpose::SubjectKey, KeyPurpose::LinkKey].map(|purpose| {
        let key = *envelopes.open(&device, (purpose, 0)).unwrap().as_bytes();
        key.map(|byte| format!("{byte:02x}")).concat()
    });
    let files = key_files(&desk_dir).into_iter().map(|name| desk_dir.join("keys").join(name));
    let state = ["province.json", "custody.json", "custody.age", LOG_FILE].map(|name| desk_dir.join(name));
    for path in files.chain(state) {
        let bytes = fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!secrets.iter().any(|secret| text.contains(secret)), "{}", path.display());
    }
}

#[test]
fn a_real_provinces_keys_go_to_an_enrolled_device_alone() {
    let dir = private_folder();
    let real = Founding { tag_memory: MemoryKib::new(1024).unwrap(), ..founding(Demo::No) };
    let (choice, access) = (CustodyChoice::Age, access(answers("a passphrase of some length")));
    let mut desk = Desk::found(&dir.path().join("desk"), &real, &choice, &access, &mut rng(1)).unwrap();
    let (out, terminal) = (dir.path().join("data"), TerminalNumber::new(1).unwrap());
    let order =
        Order { now: now(), terminal, device: Device::MadeHere, status: None, deltas: &[], without: &[] };
    let refused = desk.publish(&out, &order, &mut rng(3)).unwrap_err();
    assert!(matches!(refused, DeskError::Publish(PublishError::Input(_))), "it has no place yet: {refused}");
    assert!(desk.review().is_err() && desk.province.generation() == 0, "nothing was made");
    let places = r#"{"format":1,"version":1,"places":[{"number":1,"name":"测试车站","kind":"station","region":"510100","place_code":"","lanes":[{"lane":1,"direction":"in"}]}]}"#;
    fs::write(desk.directory().join("places.json"), places).unwrap();
    let words = desk.review().unwrap().lines().join("\n");
    assert!(words.contains("sc02") && words.contains("new, station, 510100, lane 1 in"), "{words}");
    let refused = desk.publish(&out, &order, &mut rng(3)).unwrap_err();
    assert!(matches!(refused, DeskError::Publish(PublishError::Keys(KeysNotPublished::Enrol))), "{refused}");
    assert!(!out.exists());
    let key = OpeningKey::from_seed(&[8; 32]).sealing_key();
    desk.publish(&out, &Order { device: Device::Enrolled(&key), ..order }, &mut rng(3)).unwrap();
    assert!(!out.join("terminal.keys.json").exists());
}

#[test]
fn a_wrong_passphrase_is_one_clear_error_and_uses_no_key() {
    let dir = private_folder();
    drop(found(dir.path()));
    let desk = Desk::open_as(dir.path(), &access(answers("wrong"))).unwrap();
    let before = told(&desk).len();
    let refused = issue(&desk).unwrap_err();
    assert_eq!(refused, IssueRefused::Custody(CustodyFault::MatchPassphrase));
    assert_eq!(refused.to_string(), "the passphrase is wrong");
    assert_eq!(told(&desk).len(), before);
}

#[test]
fn a_passphrase_is_asked_for_once_and_only_when_a_secret_is_needed() {
    let dir = private_folder();
    drop(found(dir.path()));
    let prompt = answers("right");
    let mut desk = Desk::open_as(dir.path(), &access(Arc::clone(&prompt))).unwrap();
    desk.province.key_set().unwrap();
    desk.save().unwrap();
    assert_eq!(prompt.asked.load(Ordering::Relaxed), 0);
    (0..3).for_each(|_| assert!(issue(&desk).is_ok()));
    assert_eq!(prompt.asked.load(Ordering::Relaxed), 1);
}

#[test]
fn a_new_passphrase_opens_the_same_keys_and_the_old_one_no_longer() {
    let dir = private_folder();
    let desk = found(dir.path());
    /// Old first, then new.
    struct Change;
    impl Prompt for Change {
        fn ask(&self, asked: Asked) -> Result<Zeroizing<String>, CustodyFault> {
            Ok(Zeroizing::new(if asked == Asked::NewPassphrase { "newer" } else { "right" }.to_owned()))
        }
    }
    desk.change_passphrase(&Access { prompt: Arc::new(Change), ..access(answers("")) }).unwrap();
    drop(desk);
    assert!(issue(&opened(dir.path())).is_err());
    assert!(issue(&Desk::open_as(dir.path(), &access(answers("newer"))).unwrap()).is_ok());
}

#[test]
fn a_key_file_that_was_swapped_brought_in_or_damaged_is_not_used() {
    let dir = private_folder();
    let (ours, theirs) = (dir.path().join("ours"), dir.path().join("theirs"));
    drop(found(&ours));
    let access_theirs = access(answers("right"));
    // The same randomness: the same seeds, under another identity.
    Desk::found(&theirs, &founding(Demo::Yes), &CustodyChoice::Age, &access_theirs, &mut rng(1)).unwrap();
    let file = |desk: &Path, name: &str| desk.join("keys").join(format!("{name}.age"));
    let issuer = file(&ours, "issuer-73633032");
    let good = fs::read(&issuer).unwrap();
    let mut damaged = good.clone();
    *damaged.last_mut().unwrap() ^= 1;
    let swapped = fs::read(file(&ours, "issuer-73633031")).unwrap();
    let brought = fs::read(file(&theirs, "issuer-73633032")).unwrap();
    for bytes in [swapped, brought, damaged, Vec::new()] {
        fs::write(&issuer, bytes).unwrap();
        let refused = issue(&opened(&ours)).unwrap_err();
        let name = KeyName::Issuer(Kid(*b"sc02"));
        assert_eq!(refused, IssueRefused::Custody(CustodyFault::AdmitFile { path: issuer.clone(), name }));
    }
    fs::write(&issuer, good).unwrap();
    assert!(issue(&opened(&ours)).is_ok());
}

#[test]
fn a_key_with_another_public_half_than_the_record_says_is_not_used() {
    let dir = private_folder();
    drop(found(dir.path()));
    let path = dir.path().join("custody.json");
    let record: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let public = |name: &str| record["keys"][name]["public"].as_str().unwrap().to_owned();
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace(&public("issuer-73633032"), &public("root"))).unwrap();
    let refused = issue(&opened(dir.path())).unwrap_err();
    let name = KeyName::Issuer(Kid(*b"sc02"));
    assert_eq!(refused, IssueRefused::Custody(CustodyFault::MatchPublic(name)));
}

#[test]
fn a_key_that_signs_or_opens_never_leaves_and_a_record_without_a_key_has_none() {
    let dir = private_folder();
    let desk = found(dir.path());
    let work = Work { operation: Operation::BatchBegin, most: 1, case: None };
    let not_for_this = |name| desk.province.begin(name, &work).err();
    assert_eq!(not_for_this(KeyName::Subject), Some(CustodyFault::FitPurpose(KeyName::Subject)));
    assert_eq!(not_for_this(KeyName::Day(1)), Some(CustodyFault::FitPurpose(KeyName::Day(1))));
    assert_eq!(not_for_this(KeyName::Day(99)), Some(CustodyFault::FindKey(KeyName::Day(99))));
}

#[test]
fn every_use_of_a_key_is_a_line_and_a_batch_is_two() {
    let dir = private_folder();
    let desk = found(dir.path());
    let before = told(&desk).len();
    (0..2).for_each(|_| assert!(issue(&desk).is_ok()));
    let issuer = KeyName::Issuer(Kid(*b"sc02"));
    let work = Work { operation: Operation::BatchBegin, most: 1000, case: None };
    let key = desk.province.begin(issuer, &work).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..300).filter(|_| key.sign(b"a message").is_ok()).count());
        }
    });
    assert_eq!(key.sign(b"one more"), Err(CustodyFault::SpendUse { most: 1000 }));
    key.finish(Operation::BatchEnd, None).unwrap();
    let token = Some("issuer-73633032".to_owned());
    let release = |name: &str| (Operation::ReleaseKey, Some(name.to_owned()), 1);
    let mut expected = vec![release("subject"), release("link"), (Operation::Issue, token.clone(), 1)];
    expected.push((Operation::Issue, token.clone(), 1));
    expected.extend([(Operation::BatchBegin, token.clone(), 1000), (Operation::BatchEnd, token, 1000)]);
    let mut found = told(&desk)[before..].to_vec();
    found[..2].sort_by_key(|line| line.1.as_deref() != Some("subject"));
    assert_eq!(found, expected);
}

#[test]
fn where_the_log_cannot_be_written_nothing_is_signed() {
    let dir = private_folder();
    let desk = found(dir.path());
    let log = dir.path().join(LOG_FILE);
    let text = fs::read_to_string(&log).unwrap();
    let shorter: Vec<&str> = text.lines().take(3).collect();
    fs::write(&log, shorter.join("\n") + "\n").unwrap();
    assert!(matches!(issue(&desk), Err(IssueRefused::Custody(CustodyFault::Log(_)))));
    fs::remove_file(&log).unwrap();
    assert!(matches!(issue(&desk), Err(IssueRefused::Custody(CustodyFault::Log(_)))));
    fs::write(&log, text).unwrap();
    assert!(issue(&desk).is_ok());
}

#[test]
fn two_commands_at_once_are_one_and_a_refusal_but_a_service_may_sign_beside() {
    let dir = private_folder();
    let mut desk = found(dir.path());
    assert!(matches!(Desk::open_as(dir.path(), &access(answers("right"))), Err(DeskError::Lock(_))));
    let mut beside = Desk::open_beside(dir.path(), &access(answers("right"))).unwrap();
    assert!(issue(&beside).is_ok());
    desk.province.make_issuer(&terms(b"lab9"), &mut rng(4)).unwrap();
    desk.save().unwrap();
    assert!(matches!(beside.save(), Err(DeskError::SaveBeside)));
    assert!(issue(&desk).is_ok() && issue(&beside).is_ok());
    assert!(desk.log().verify().is_ok(), "two writers, one chain");
}

#[test]
fn a_power_cut_between_key_and_state_leaves_a_key_that_the_next_command_takes() {
    let dir = private_folder();
    let mut desk = found(dir.path());
    desk.province.make_issuer(&terms(b"lab9"), &mut rng(4)).unwrap();
    desk.province.make_day_keys(now(), 5, &mut rng(4)).unwrap();
    let files = key_files(dir.path());
    drop(desk);
    let mut desk = opened(dir.path());
    let lab = KeyName::Issuer(Kid(*b"lab9"));
    assert!(!desk.province.holds(lab) && desk.province.day_keys().len() == 2);
    desk.province.make_issuer(&terms(b"lab9"), &mut rng(5)).unwrap();
    desk.province.make_day_keys(now(), 5, &mut rng(5)).unwrap();
    desk.save().unwrap();
    assert_eq!(key_files(dir.path()), files);
    let desk = opened(dir.path_after(desk));
    let work = Work { operation: Operation::BatchBegin, most: 1, case: None };
    let key = desk.province.begin(lab, &work).unwrap();
    let admitted = desk.province.key_set().unwrap();
    assert_eq!(admitted.find(Kid(*b"lab9")).unwrap().public_key(), &key.public_key());
    for entry in desk.province.day_keys() {
        assert!(desk.province.opening_key(entry.id, &work).is_ok(), "{}", entry.id);
    }
}

#[test]
fn a_power_cut_in_a_desk_of_plain_files_leaves_no_key_that_is_not_the_published_one() {
    let dir = private_folder();
    let access = access(answers("right"));
    let found = Desk::found(dir.path(), &founding(Demo::Yes), &CustodyChoice::Plain, &access, &mut rng(1));
    found.unwrap().province.make_day_keys(now(), 5, &mut rng(4)).unwrap();
    let mut desk = Desk::open(dir.path()).unwrap();
    desk.province.make_day_keys(now(), 5, &mut rng(5)).unwrap();
    desk.save().unwrap();
    drop(desk);
    let desk = Desk::open(dir.path()).unwrap();
    let work = Work { operation: Operation::OpenRecords, most: 1, case: None };
    assert_eq!(desk.province.day_keys().len(), 5);
    for entry in desk.province.day_keys() {
        let key = desk.province.opening_key(entry.id, &work).unwrap().sealing_key();
        assert_eq!(gate_signing::custody::public_in_words(key.as_bytes()), entry.x, "day key {}", entry.id);
    }
}

/// Ends a desk before its directory is used again.
trait After {
    fn path_after(&self, desk: Desk) -> &Path;
}

impl After for tempfile::TempDir {
    fn path_after(&self, desk: Desk) -> &Path {
        drop(desk);
        self.path()
    }
}

#[test]
fn a_key_of_an_issuer_that_was_refused_does_not_stay() {
    let dir = private_folder();
    let mut desk = found(dir.path());
    let files = key_files(dir.path());
    let place = Terms { holder: Holder::Place, ..terms(b"plc1") };
    assert!(desk.province.make_issuer(&place, &mut rng(4)).is_err());
    assert_eq!(key_files(dir.path()), files);
    let twice = terms(b"sc02");
    assert!(desk.province.make_issuer(&twice, &mut rng(4)).is_err());
    assert!(issue(&desk).is_ok(), "an issuer's own key outlives the refusal of a second one");
}

#[test]
fn a_real_desk_makes_no_key_in_the_name_of_others() {
    let dir = private_folder();
    let real = Founding { tag_memory: MemoryKib::new(1024).unwrap(), ..founding(Demo::No) };
    let access = access(answers("a passphrase of some length"));
    let mut desk = Desk::found(dir.path(), &real, &CustodyChoice::Age, &access, &mut rng(1)).unwrap();
    let files = key_files(dir.path());
    for (holder, region) in [(Holder::National, "000000"), (Holder::Province, "110000")] {
        let region = Region::parse(region).unwrap();
        let others = Terms { holder, region, kinds: vec![(Kind::ScreenCode, 900)], ..terms(b"oth1") };
        let refused = desk.province.make_issuer(&others, &mut rng(4)).unwrap_err().to_string();
        assert!(refused.contains("--public-key") && refused.contains("DOMAIN §6"), "{refused}");
    }
    assert_eq!(key_files(dir.path()), files, "no private key of another's was made");
    desk.province.make_issuer(&terms(b"lab9"), &mut rng(4)).unwrap();
}

#[test]
fn a_changed_register_is_not_kept_before_the_log_has_its_line() {
    let dir = private_folder();
    let mut desk = found(dir.path());
    let changes = |desk: &Desk| told(desk).iter().filter(|line| line.0 == Operation::KeySetChange).count();
    desk.save().unwrap();
    assert_eq!(changes(&desk), 0);
    desk.province.register_mut().revoke(Kid(*b"lab1"), now(), now()).unwrap();
    desk.save().unwrap();
    desk.save().unwrap();
    assert_eq!(changes(&desk), 1);
    let state = fs::read(dir.path().join("province.json")).unwrap();
    desk.province.register_mut().retire(Kid(*b"sc02"), now()).unwrap();
    fs::remove_file(dir.path().join(LOG_FILE)).unwrap();
    assert!(matches!(desk.save(), Err(DeskError::Log(_))));
    assert_eq!(fs::read(dir.path().join("province.json")).unwrap(), state);
}

#[test]
fn a_destroyed_day_key_is_gone_and_its_entry_stays() {
    let dir = private_folder();
    let mut desk = found(dir.path());
    let work = Work { operation: Operation::OpenRecords, most: 1, case: None };
    assert!(desk.province.opening_key(1, &work).is_ok());
    desk.province.destroy_day_keys(&[1]).unwrap();
    desk.save().unwrap();
    drop(desk);
    let desk = opened(dir.path());
    assert_eq!(desk.province.opening_key(1, &work).err(), Some(CustodyFault::FindKey(KeyName::Day(1))));
    assert_eq!(desk.province.day_keys()[0].id, 1);
    assert!(told(&desk).contains(&(Operation::DestroyKey, Some("day-1".into()), 1)));
}

#[test]
fn a_founding_that_was_cut_off_is_not_built_upon() {
    let dir = private_folder();
    drop(found(dir.path()));
    fs::remove_file(dir.path().join("province.json")).unwrap();
    let access = access(answers("right"));
    for choice in [CustodyChoice::Age, CustodyChoice::Plain] {
        let again = Desk::found(dir.path(), &founding(Demo::Yes), &choice, &access, &mut rng(1));
        assert!(matches!(again, Err(DeskError::KeepLeftovers(_))));
    }
}

#[test]
fn a_real_province_takes_no_plain_files_no_cheap_tags_no_short_passphrase_and_an_operator() {
    let dir = private_folder();
    let real = founding(Demo::No);
    let full = Founding { tag_memory: MemoryKib::new(1024).unwrap(), ..real };
    let refusal = |founding, choice, access: &Access| {
        Desk::found(&dir.path().join("desk"), founding, choice, access, &mut rng(1)).err().unwrap()
    };
    let right = access(answers("right"));
    let plain = refusal(&full, &CustodyChoice::Plain, &right);
    assert!(matches!(plain, DeskError::Found(FoundingRefused::KeepRealKeys)));
    let cheap = refusal(&real, &CustodyChoice::Age, &right);
    assert!(matches!(cheap, DeskError::Found(FoundingRefused::RaiseTagMemory { kib: 8 })));
    assert!(!dir.path().join("desk").exists(), "nothing was written");
    let short = refusal(&full, &CustodyChoice::Age, &right);
    assert!(matches!(short, DeskError::Custody(CustodyFault::LengthenPassphrase { least: 16 })));
    let nobody = Access { operator: None, ..access(answers("a passphrase of some length")) };
    assert!(matches!(refusal(&full, &CustodyChoice::Age, &nobody), DeskError::NameOperator));
}
