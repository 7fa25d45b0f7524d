//! Staff: who may log in at a lane, by subject, role and PIN verifier (DESIGN §5; DOMAIN §16).
//! Promises: no PIN, name or number is kept; a PIN that anybody would try first is refused; no default PIN exists.
//! Must not know: where the PIN was typed.

use gate_core::staff::PIN_DIGITS_MOST;
use gate_core::staff::{StaffList, StaffListError};
use gate_proof::pin::PinRefused;
use gate_proof::subject::Subject;
use gate_wire::credential::Role;
use gate_wire::document::Document;
use gate_wire::time::Timestamp;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::kinds::role_token;
use crate::province::{Province, SubjectNotMade};
use crate::register::Told;
use crate::spelling;

/// The shortest PIN, in digits.
pub const PIN_LEAST: usize = 6;

/// One member, as published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Member {
    subject: String,
    role: String,
    state: MemberState,
    pin_salt: String,
    pin_memory_kib: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pin_mac: Option<String>,
    /// A verifier from before 2026-11-21: whoever finds the list can try PINs against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pin_hash: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum MemberState {
    Active,
    Retired,
}

/// Why the staff list was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StaffChangeRefused {
    /// Too short, too long or not digits.
    #[error("a PIN has {PIN_LEAST} to {PIN_DIGITS_MOST} digits")]
    TakePin,
    /// One that is tried first.
    #[error(
        "this PIN is one that anybody would try first (one digit repeated, or digits in a row): choose another"
    )]
    TrustPin,
    /// The document gives no subject.
    #[error(transparent)]
    Subject(#[from] SubjectNotMade),
    /// The PIN gives no verifier.
    #[error(transparent)]
    Pin(#[from] PinRefused),
    /// Not on the list, or not in this state.
    #[error("no active member of staff with this document is on the list")]
    FindMember,
    /// Terminals would refuse the list.
    #[error("terminals would refuse the staff list")]
    LoadBack(#[from] StaffListError),
}

#[derive(Serialize)]
struct StaffDocument<'a> {
    format: u8,
    version: u32,
    issued: u64,
    members: &'a [Member],
}

impl Province {
    /// Adds a member of staff, or gives an earlier one a new role and PIN.
    ///
    /// # Errors
    /// [`StaffChangeRefused`]; the list is as before.
    pub fn add_staff(
        &mut self,
        document: &Document,
        role: Role,
        pin: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Subject, StaffChangeRefused> {
        admit_pin(pin)?;
        let subject = self.subject(document)?;
        let mut salt = [0; 16];
        rng.fill_bytes(&mut salt);
        let verifier = self.tag_maker().map_err(SubjectNotMade::from)?.pin(pin, salt)?;
        let member = Member {
            subject: spelling::hex(subject.as_bytes()),
            role: role_token(role).into(),
            state: MemberState::Active,
            pin_salt: spelling::hex(&verifier.salt),
            pin_memory_kib: verifier.memory_kib,
            pin_mac: Some(spelling::hex(&verifier.hash)),
            pin_hash: None,
        };
        let mut changed = self.state.staff.clone();
        changed.retain(|known| known.subject != member.subject);
        changed.push(member);
        self.replace_staff(changed)?;
        Ok(subject)
    }

    /// Retires a member: the list keeps the entry, so that the badge is refused as retired and not as unknown.
    ///
    /// # Errors
    /// [`StaffChangeRefused::FindMember`], [`StaffChangeRefused::Subject`].
    pub fn retire_staff(&mut self, document: &Document) -> Result<(), StaffChangeRefused> {
        let subject = spelling::hex(self.subject(document)?.as_bytes());
        let active = |member: &&mut Member| member.subject == subject && member.state == MemberState::Active;
        let member = self.state.staff.iter_mut().find(active).ok_or(StaffChangeRefused::FindMember)?;
        member.state = MemberState::Retired;
        Ok(())
    }

    /// How many members the list holds, retired ones included.
    pub fn staff_count(&self) -> usize {
        self.state.staff.len()
    }

    /// Members whose verifier is from before PINs were kept under the province's key: who finds the list can try their PINs.
    pub fn guessable_pins(&self) -> usize {
        let guessable = |member: &&Member| member.state == MemberState::Active && member.pin_mac.is_none();
        self.state.staff.iter().filter(guessable).count()
    }

    fn replace_staff(&mut self, changed: Vec<Member>) -> Result<(), StaffChangeRefused> {
        StaffList::load(document(&changed, 1, Timestamp::EPOCH).unwrap_or_default().as_bytes())?;
        self.state.staff = changed;
        Ok(())
    }
}

/// What another staff list changes, in words: nobody is named in it.
pub(crate) fn changes(old: Option<&[u8]>, new: &[u8]) -> Result<Vec<Told>, StaffListError> {
    StaffList::load(new)?;
    let members = |bytes: &[u8]| serde_json::from_slice::<Published>(bytes).map(|read| read.members).ok();
    let (old, new) = (old.and_then(members).unwrap_or_default(), members(new).unwrap_or_default());
    let before = |member: &Member| old.iter().find(|known| known.subject == member.subject);
    let among = |is: &dyn Fn(&Member, &Member) -> bool| {
        new.iter().filter(|member| before(member).is_some_and(|known| is(known, member))).count()
    };
    let pin = |member: &Member| {
        (member.pin_salt.clone(), member.pin_memory_kib, member.pin_mac.clone(), member.pin_hash.clone())
    };
    let gone = old.iter().filter(|known| new.iter().all(|member| member.subject != known.subject)).count();
    let counts = [
        ("新增", "new", new.iter().filter(|member| before(member).is_none()).count()),
        ("去掉", "gone", gone),
        (
            "停用",
            "retired",
            among(&|was, is| was.state == MemberState::Active && is.state == MemberState::Retired),
        ),
        (
            "重新启用",
            "active again",
            among(&|was, is| was.state == MemberState::Retired && is.state == MemberState::Active),
        ),
        ("角色变更", "with another role", among(&|was, is| was.role != is.role)),
        ("密码变更", "with another PIN", among(&|was, is| pin(was) != pin(is))),
    ];
    let told = counts.into_iter().filter(|(.., count)| *count > 0);
    Ok(told
        .map(|(zh, en, count)| Told {
            zh: format!("人员名单: {zh} {count} 人"),
            en: format!("staff list: {count} {en}"),
        })
        .collect())
}

/// What of a published list is compared.
#[derive(Deserialize)]
struct Published {
    members: Vec<Member>,
}

/// The document that terminals read.
pub(crate) fn document(
    members: &[Member],
    version: u32,
    issued: Timestamp,
) -> Result<String, serde_json::Error> {
    serde_json::to_string(&StaffDocument { format: 1, version, issued: issued.unix(), members })
}

fn admit_pin(pin: &[u8]) -> Result<(), StaffChangeRefused> {
    if !(PIN_LEAST..=PIN_DIGITS_MOST).contains(&pin.len()) || !pin.iter().all(u8::is_ascii_digit) {
        return Err(StaffChangeRefused::TakePin);
    }
    let step = |pair: &[u8]| pair[1].wrapping_sub(pair[0]);
    let mut steps = pin.windows(2).map(step);
    let first = steps.next().unwrap_or(0);
    let in_a_row = [0, 1, u8::MAX].contains(&first) && steps.all(|step| step == first);
    if in_a_row { Err(StaffChangeRefused::TrustPin) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_that_anybody_tries_first_is_refused() {
        for pin in ["000000", "123456", "987654", "99999999"] {
            assert_eq!(admit_pin(pin.as_bytes()), Err(StaffChangeRefused::TrustPin), "{pin}");
        }
        for pin in ["", "12345", "48291a", &"4829".repeat(9)] {
            assert_eq!(admit_pin(pin.as_bytes()), Err(StaffChangeRefused::TakePin), "{pin}");
        }
        assert_eq!(admit_pin(b"482913"), Ok(()));
    }
}
