//! Repositories that python-tuf made (`tests/python/tuf_traps.py`), each a trap for weak clients, and read as the reference
//! implementation means them.

#![expect(clippy::unwrap_used, reason = "what goes wrong here must fail the test")]

use std::fs;
use std::path::{Path, PathBuf};

use gate_tuf::{Claimed, Clock, Limits, Refused, Role, Root, Source, SourceFault, Trusted, Why, update};
use gate_wire::time::Timestamp;

const LIMITS: Limits =
    Limits { root: 1 << 16, timestamp: 1 << 14, snapshot: 1 << 14, targets: 1 << 16, count: 64 };
/// 2026-11-21.
const NOW: u64 = 1_795_219_200;

struct Folder(PathBuf);

impl Source for Folder {
    fn metadata(&self, name: &str, _most: u64) -> Result<Option<Vec<u8>>, SourceFault> {
        Ok(fs::read(self.0.join("metadata").join(name)).ok())
    }
}

fn traps() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/traps")
}

fn shipped() -> Trusted {
    let bytes = fs::read(traps().join("shipped.root.json")).unwrap();
    Trusted::first(Claimed::<Root>::read(&bytes).unwrap().trust_first().unwrap())
}

fn clock(seconds: u64) -> Clock {
    let now = Timestamp::from_unix(seconds).unwrap();
    Clock { floor: now, confirmed: Some(now) }
}

fn take(trusted: &mut Trusted, name: &str) -> Result<(), Refused> {
    update(trusted, &Folder(traps().join(name)), &LIMITS, &clock(NOW))
}

fn targets(trusted: &Trusted) -> u64 {
    trusted.targets().unwrap().body().version
}

fn is_rollback(taken: Result<(), Refused>) -> bool {
    matches!(taken, Err(Refused { why: Why::RollBack { .. }, .. }))
}

#[test]
fn what_the_reference_implementation_signs_is_believed() {
    let mut trusted = shipped();
    for (name, version) in [("honest-1", 1), ("honest-2", 2), ("rotated-4", 4), ("rotated-5", 5)] {
        take(&mut trusted, name).unwrap();
        assert_eq!(targets(&trusted), version, "{name}");
        take(&mut trusted, name).unwrap();
    }
    assert_eq!(trusted.root().body().version, 2);
    let file = &trusted.targets().unwrap().body().targets["key-set.json"];
    assert_eq!(file.length, 7);
}

#[test]
fn what_is_remembered_outlives_a_restart_and_yesterdays_repository_stays_refused() {
    let mut trusted = shipped();
    take(&mut trusted, "honest-2").unwrap();
    let mut trusted = Trusted::from_text(&trusted.to_text()).unwrap();
    assert!(is_rollback(take(&mut trusted, "honest-1")));
    assert_eq!(targets(&trusted), 2);
    take(&mut trusted, "rotated-5").unwrap();
    let mut trusted = Trusted::from_text(&trusted.to_text()).unwrap();
    assert!(
        is_rollback(take(&mut trusted, "rotated-4")),
        "not from the shipped root, which would forget the floors"
    );
    let refused = take(&mut trusted, "honest-2").unwrap_err();
    assert!(matches!(refused.why, Why::Believe(_)), "the timestamp key of before root 2: {refused}");
}

#[test]
fn a_memory_cut_at_any_byte_is_damage_and_never_an_earlier_beginning() {
    let mut trusted = shipped();
    take(&mut trusted, "honest-2").unwrap();
    let text = trusted.to_text();
    let whole = text.trim_end().len();
    for end in (0..whole).step_by(7).chain([whole - 1]) {
        assert!(Trusted::from_text(&text[..end]).is_err(), "cut at {end}");
    }
    let changed = text.replace("\\\"version\\\":2", "\\\"version\\\":1");
    assert!(changed != text && Trusted::from_text(&changed).is_err());
}

#[test]
fn a_delegated_role_below_its_threshold_does_not_hold_back_a_revocation() {
    let mut trusted = shipped();
    take(&mut trusted, "honest-2").unwrap();
    take(&mut trusted, "half-signed-delegation").unwrap();
    assert_eq!(targets(&trusted), 3);
    assert_eq!(trusted.targets().unwrap().body().targets["key-set.json"].length, 25);
}

#[test]
fn a_clock_once_in_the_future_is_not_remembered() {
    let mut trusted = shipped();
    take(&mut trusted, "honest-1").unwrap();
    let ended = update(&mut trusted, &Folder(traps().join("honest-2")), &LIMITS, &clock(NOW + 400 * 86_400));
    assert!(matches!(ended, Err(Refused { at: Role::Root, why: Why::Outlive { .. } })));
    let mut trusted = Trusted::from_text(&trusted.to_text()).unwrap();
    take(&mut trusted, "honest-2").unwrap();
}

#[test]
fn a_rotation_is_not_skipped_because_its_file_cannot_be_had() {
    struct Hiding(Folder);
    impl Source for Hiding {
        fn metadata(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, SourceFault> {
            if name == "2.root.json" {
                Err(SourceFault("too many links".into()))
            } else {
                self.0.metadata(name, most)
            }
        }
    }
    let mut trusted = shipped();
    take(&mut trusted, "honest-2").unwrap();
    let hiding = Hiding(Folder(traps().join("rotated-4")));
    let refused = update(&mut trusted, &hiding, &LIMITS, &clock(NOW)).unwrap_err();
    assert!(matches!(refused, Refused { at: Role::Root, why: Why::Have(_) }), "{refused}");
    assert_eq!((trusted.root().body().version, targets(&trusted)), (1, 2));
}

#[test]
fn no_one_bit_change_of_any_metadata_is_believed() {
    struct Bent<'a>(&'a Folder, &'a str, usize);
    impl Source for Bent<'_> {
        fn metadata(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, SourceFault> {
            let mut bytes = self.0.metadata(name, most)?;
            if let Some(byte) = bytes.as_mut().filter(|_| name == self.1).and_then(|all| all.get_mut(self.2))
            {
                *byte ^= 1 << (self.2 % 8);
            }
            Ok(bytes)
        }
    }
    let folder = Folder(traps().join("rotated-4"));
    let mut good = shipped();
    update(&mut good, &folder, &LIMITS, &clock(NOW)).unwrap();
    for name in ["2.root.json", "timestamp.json", "snapshot.json", "targets.json"] {
        let length = folder.metadata(name, 0).unwrap().unwrap().len();
        for at in (0..length).step_by(11) {
            let mut trusted = shipped();
            let taken = update(&mut trusted, &Bent(&folder, name, at), &LIMITS, &clock(NOW));
            // What is outside of what is signed (blanks, another's signature) may change; what is said may not.
            let same = trusted.targets().map(|one| one.body().clone())
                == good.targets().map(|one| one.body().clone());
            assert!(taken.is_err() || same, "{name} at {at}");
        }
    }
}
