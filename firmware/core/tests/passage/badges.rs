//! Staff: a proven badge of the signed list and its PIN; and the clock by an attendant's hand (DESIGN §5, §8).

use gate_core::staff::{KnownBadge, PinTries, StaffList, StaffRefused, StaffSession};
use gate_core::time::{BelowFloor, ClockTrust, TimeReading};
use gate_proof::pin::PinVerifier;
use gate_proof::stretch::{Block, MemoryKib, TagMemory};
use gate_proof::subject::SubjectKey;
use gate_wire::credential::{Role, Statement};
use gate_wire::time::Millis;

use crate::world::{By, DAY, Draft, GREEN, NOON, at, clock_at, draft, link_key, unconfirmed_clock};

const PIN: &[u8] = b"482913";
const KEY: SubjectKey = SubjectKey::from_bytes(&[7; 32]);

fn with_memory<T>(use_it: impl FnOnce(&mut TagMemory<'_>) -> T) -> T {
    let mut blocks = vec![Block::new(); MemoryKib::LEAST.blocks()];
    use_it(&mut TagMemory::over(&mut blocks))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Persons 1 to 3 are an attendant, a technician and an auditor; person 4 is a retired attendant.
fn staff_list() -> StaffList {
    let verifier =
        with_memory(|memory| PinVerifier::derive(PIN, [5; 16], MemoryKib::LEAST, &KEY, memory)).unwrap();
    let members: Vec<String> = [
        (1_u8, "attendant", "active"),
        (2, "technician", "active"),
        (3, "auditor", "active"),
        (4, "attendant", "retired"),
    ]
    .iter()
    .map(|(person, role, state)| {
        format!(
            r#"{{"subject":"{}","role":"{role}","state":"{state}","pin_salt":"{}","pin_memory_kib":8,"pin_mac":"{}"}}"#,
            hex(&[*person; 12]),
            hex(&verifier.salt),
            hex(&verifier.hash)
        )
    })
    .collect();
    let text = format!(r#"{{"format":1,"version":1,"issued":{NOON},"members":[{}]}}"#, members.join(","));
    StaffList::load(text.as_bytes()).unwrap()
}

fn badge(role: Role, person: u8) -> Draft {
    draft(By::StaffOffice, Statement::Badge(role)).about(person)
}

fn find(draft: &Draft, list: Option<&StaffList>) -> Result<KnownBadge, StaffRefused> {
    let badge = draft.proven();
    KnownBadge::find(list, &badge, badge.subject(&link_key()).unwrap())
}

fn login(badge: &KnownBadge, pin: &[u8]) -> Result<StaffSession, StaffRefused> {
    with_memory(|memory| StaffSession::login(badge, pin, (&KEY, memory), &mut PinTries::default(), Millis(0)))
}

/// A session of the list's member of this role.
pub(crate) fn session(role: Role) -> StaffSession {
    login(&find(&badge(role, role.code()), Some(&staff_list())).unwrap(), PIN).unwrap()
}

#[test]
fn a_badge_of_the_list_and_its_pin_make_a_session() {
    for role in [Role::Attendant, Role::Technician, Role::Auditor] {
        assert_eq!(session(role).role(), role);
    }
}

#[test]
fn each_badge_that_makes_no_session_says_why() {
    let list = staff_list();
    for (what, draft, list, expected) in [
        ("no list", badge(Role::Attendant, 1), None, StaffRefused::NoList),
        ("not on the list", badge(Role::Attendant, 9), Some(&list), StaffRefused::NotOnList),
        (
            "a technician's badge that says attendant",
            badge(Role::Attendant, 2),
            Some(&list),
            StaffRefused::NotOnList,
        ),
        ("retired", badge(Role::Attendant, 4), Some(&list), StaffRefused::Retired),
        ("expired", badge(Role::Attendant, 1).issued(NOON - 30 * DAY), Some(&list), StaffRefused::BadgeOver),
        ("issued ahead", badge(Role::Attendant, 1).issued(NOON + DAY), Some(&list), StaffRefused::BadgeOver),
        ("a health code", draft(By::Ours, GREEN), Some(&list), StaffRefused::NotABadge),
    ] {
        assert_eq!(find(&draft, list).unwrap_err(), expected, "{what}");
    }
}

#[test]
fn a_badge_alone_and_a_wrong_pin_are_nothing() {
    let known = find(&badge(Role::Attendant, 1), Some(&staff_list())).unwrap();
    assert_eq!(login(&known, b"482914").unwrap_err(), StaffRefused::WrongPin);
    assert_eq!(login(&known, b"").unwrap_err(), StaffRefused::WrongPin);
}

#[test]
fn a_technicians_session_is_no_attendants() {
    for role in [Role::Technician, Role::Auditor] {
        assert_eq!(session(role).as_attendant().unwrap_err(), StaffRefused::RoleForbids, "{role:?}");
    }
}

#[test]
fn an_unconfirmed_clock_does_not_lock_staff_out() {
    for floor in [0, NOON - 300 * DAY, NOON + 300 * DAY] {
        let badge = badge(Role::Attendant, 1).prove(&unconfirmed_clock(floor)).unwrap();
        let subject = badge.subject(&link_key()).unwrap();
        assert!(KnownBadge::find(Some(&staff_list()), &badge, subject).is_ok(), "floor {floor}");
    }
}

#[test]
fn an_attendant_confirms_the_clock() {
    let session = session(Role::Attendant);
    let attendant = session.as_attendant().unwrap();
    let mut clock = unconfirmed_clock(NOON - DAY);
    assert_eq!(clock.confirm_by_attendant(&attendant, at(NOON), Millis(0)), Ok(()));
    assert_eq!(clock.now(Millis(0)), TimeReading { time: at(NOON), trust: ClockTrust::Confirmed });
    assert_eq!(clock.floor(Millis(0)), at(NOON - DAY), "the floor does not rise by it");
}

#[test]
fn not_even_an_attendant_sets_the_clock_below_the_floor() {
    let session = session(Role::Attendant);
    let attendant = session.as_attendant().unwrap();
    for mut clock in [unconfirmed_clock(NOON), clock_at(NOON + DAY)] {
        let before = clock.now(Millis(0));
        let refused = clock.confirm_by_attendant(&attendant, at(NOON - 60), Millis(0));
        assert_eq!(refused, Err(BelowFloor { behind_s: 60 }));
        assert_eq!(clock.now(Millis(0)), before);
        assert_eq!(clock.confirm_by_attendant(&attendant, at(NOON), Millis(0)), Ok(()));
    }
}
