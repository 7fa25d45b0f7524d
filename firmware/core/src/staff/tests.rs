use super::*;

extern crate std;
use std::format;
use std::string::String as Text;

use gate_proof::stretch::Block;

const PIN: &[u8] = b"482913";
const KEY: SubjectKey = SubjectKey::from_bytes(&[7; 32]);

fn with_memory<T>(use_it: impl FnOnce(&mut TagMemory<'_>) -> T) -> T {
    let mut blocks = [Block::new(); 8];
    use_it(&mut TagMemory::over(&mut blocks))
}

fn badge(role: Role) -> KnownBadge {
    let pin =
        with_memory(|memory| PinVerifier::derive(PIN, [1; 16], MemoryKib::LEAST, &KEY, memory)).unwrap();
    KnownBadge { subject: Subject::from_bytes([9; 12]), role, pin }
}

fn login(role: Role, pin: &[u8], tries: &mut PinTries, now: Millis) -> Result<StaffSession, StaffRefused> {
    with_memory(|memory| StaffSession::login(&badge(role), pin, (&KEY, memory), tries, now))
}

fn seconds(s: u64) -> Millis {
    Millis(s * 1000)
}

/// Types a wrong PIN and gives the pause that follows, in seconds.
fn wrong(tries: &mut PinTries, now: Millis) -> u32 {
    assert_eq!(login(Role::Attendant, b"000000", tries, now).unwrap_err(), StaffRefused::WrongPin);
    tries.pause_left(now).unwrap_or(0)
}

#[test]
fn badge_and_pin_together_make_a_session() {
    let session = login(Role::Attendant, PIN, &mut PinTries::default(), Millis(5)).unwrap();
    assert_eq!((session.subject(), session.role()), (Subject::from_bytes([9; 12]), Role::Attendant));
    for pin in [&b"482914"[..], b"48291", b"4829130", b"", &[b'4'; 33]] {
        let refused = login(Role::Attendant, pin, &mut PinTries::default(), Millis(5)).unwrap_err();
        assert_eq!(refused, StaffRefused::WrongPin, "{}", pin.escape_ascii());
    }
}

#[test]
fn the_fifth_wrong_pin_in_a_row_earns_a_pause() {
    let mut tries = PinTries::default();
    for _ in 1..5 {
        assert_eq!(wrong(&mut tries, seconds(10)), 0);
    }
    let pause = wrong(&mut tries, seconds(10));
    assert!(pause > 0);
    let refused = login(Role::Attendant, PIN, &mut tries, seconds(10)).unwrap_err();
    assert_eq!(refused, StaffRefused::Paused { seconds: pause }, "not even the right PIN is looked at");
}

#[test]
fn a_pause_ends_and_then_the_right_pin_is_taken() {
    let mut tries = PinTries::default();
    let pause = (0..5).map(|_| wrong(&mut tries, Millis(0))).last().unwrap();
    let end = seconds(u64::from(pause));
    assert!(matches!(
        login(Role::Attendant, PIN, &mut tries, Millis(end.0 - 1)),
        Err(StaffRefused::Paused { seconds: 1 })
    ));
    login(Role::Attendant, PIN, &mut tries, end).unwrap();
    assert_eq!(wrong(&mut tries, end), 0, "a right PIN ends the row of wrong ones");
}

#[test]
fn trying_during_a_pause_does_not_make_it_longer() {
    let mut tries = PinTries::default();
    let pause = (0..5).map(|_| wrong(&mut tries, Millis(0))).last().unwrap();
    for _ in 0..100 {
        assert!(login(Role::Attendant, b"000000", &mut tries, Millis(1)).is_err());
    }
    assert_eq!(tries.pause_left(Millis(1)), Some(pause));
}

#[test]
fn pauses_grow_and_are_never_a_lock_for_ever() {
    let mut tries = PinTries::default();
    let mut now = Millis(0);
    let mut pauses = std::vec![];
    for _ in 0..200 {
        let pause = wrong(&mut tries, now);
        pauses.push(pause);
        now = now.plus(u64::from(pause) * 1000);
    }
    assert!(pauses.windows(2).all(|two| two[0] <= two[1]));
    assert!(pauses[4] < pauses[5] && pauses[5] < pauses[6]);
    assert!(pauses.iter().all(|pause| *pause <= 3600), "an hour would be a lock");
    login(Role::Attendant, PIN, &mut tries, now).unwrap();
}

#[test]
fn only_an_attendant_may_let_people_pass() {
    let session = |role| login(role, PIN, &mut PinTries::default(), Millis(0)).unwrap();
    assert_eq!(session(Role::Attendant).as_attendant().unwrap().subject(), Subject::from_bytes([9; 12]));
    for role in [Role::Technician, Role::Auditor] {
        assert_eq!(session(role).as_attendant().unwrap_err(), StaffRefused::RoleForbids);
    }
}

#[test]
fn a_session_ends_by_itself() {
    let session = login(Role::Attendant, PIN, &mut PinTries::default(), seconds(100)).unwrap();
    assert!(!session.is_over(seconds(100 + 11 * 3600)));
    assert!(session.is_over(seconds(100 + 24 * 3600)));
}

#[test]
fn a_verifier_that_cannot_be_computed_is_no_wrong_pin() {
    let mut known = badge(Role::Attendant);
    known.pin.memory_kib = 16;
    let mut tries = PinTries::default();
    for _ in 0..10 {
        let refused =
            with_memory(|memory| StaffSession::login(&known, PIN, (&KEY, memory), &mut tries, Millis(0)));
        assert!(matches!(refused, Err(StaffRefused::Unchecked(PinRefused::Stretch(_)))));
    }
    assert_eq!(tries.pause_left(Millis(0)), None);
}

fn member(subject: &str, salt: &str, kib: &str) -> Text {
    format!(
        r#"{{"subject":"{subject}","role":"attendant","state":"active","pin_salt":"{salt}","pin_memory_kib":{kib},"pin_hash":"{}"}}"#,
        "33".repeat(32)
    )
}

fn list(format: u8, issued: u64, members: &[Text]) -> Result<StaffList, StaffListError> {
    let members = members.join(",");
    let text = format!(r#"{{"format":{format},"version":4,"issued":{issued},"members":[{members}]}}"#);
    StaffList::load(text.as_bytes())
}

#[test]
fn bad_staff_lists_are_refused_and_the_field_is_named() {
    let (subject, salt) = ("0a".repeat(12), "0b".repeat(16));
    let good = member(&subject, &salt, "8");
    let loaded = list(1, 1000, core::slice::from_ref(&good)).unwrap();
    assert_eq!((loaded.version(), loaded.issued().unix()), (4, 1000));
    let keyed = good.replace("pin_hash", "pin_mac");
    let keyings =
        [&good, &keyed].map(|text| list(1, 1000, core::slice::from_ref(text)).unwrap().members[0].pin.keying);
    assert_eq!(keyings, [PinKeying::Unkeyed, PinKeying::SubjectKey]);
    assert_eq!(list(2, 1000, &[]).unwrap_err(), StaffListError::BadHeader { what: "format" });
    assert_eq!(list(1, u64::MAX, &[]).unwrap_err(), StaffListError::BadHeader { what: "issued" });
    for (bad, what) in [
        (member("0a", &salt, "8"), "subject"),
        (member(&subject, "0B", "8"), "pin_salt"),
        (good.replace("33", "3"), "pin_hash"),
        (keyed.replace("33", "3"), "pin_mac"),
        (good.replace("\"pin_hash", "\"pin_mac\":\"00\",\"pin_hash"), "pin_mac"),
    ] {
        let refused = list(1, 1000, &[good.clone(), bad]).unwrap_err();
        assert_eq!(refused, StaffListError::OutOfRange { entry: 1, what });
    }
    let unknown_role = good.replace("attendant", "director");
    assert!(matches!(list(1, 1000, &[unknown_role]), Err(StaffListError::Json(_))));
}
