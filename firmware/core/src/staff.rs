//! Staff: badge and PIN together make a session; a badge alone can be photographed (DESIGN §5).
//! Promises: a session is made by a proven, current badge of the signed staff list and its PIN, and by nothing else;
//! after five wrong PINs a pause that grows, never a lock for ever; only an attendant's session opens.
//! Must not know: keys of the panel, what is shown.

use gate_proof::pin::{PinKeying, PinRefused, PinVerifier};
use gate_proof::stretch::{MemoryKib, TagMemory};
use gate_proof::subject::{Subject, SubjectKey};
use gate_wire::credential::{Credential, Role, Statement};
use gate_wire::time::{Millis, Timestamp};
use heapless::Vec;
use serde::Deserialize;

use crate::alleged::Verified;
use crate::json::{self, JsonError};
use crate::time::Currency;

/// Most members in a list; 16 KiB hold about sixty.
pub const MAX_MEMBERS: usize = 60;
/// Most digits of a PIN: what the panel takes, and so what the desk gives out.
pub const PIN_DIGITS_MOST: usize = 12;
/// Wrong PINs before the first pause.
pub const FREE_TRIES: u32 = 5;
const FIRST_PAUSE_MS: u64 = 30_000;
const LONGEST_PAUSE_MS: u64 = 15 * 60_000;
/// A session ends after this long: a shift.
const SESSION_MS: u64 = 12 * 3_600_000;

/// The signed staff list.
#[derive(Clone, Debug)]
pub struct StaffList {
    version: u32,
    issued: Timestamp,
    members: Vec<Member, MAX_MEMBERS>,
}

#[derive(Clone, Debug)]
struct Member {
    subject: Subject,
    role: Role,
    state: MemberState,
    pin: PinVerifier,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum MemberState {
    Active,
    Retired,
}

/// Why a staff list is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StaffListError {
    /// The document cannot be read.
    #[error("the staff list cannot be read")]
    Json(#[from] JsonError),
    /// Written for another version, or with a bad issue time.
    #[error("the staff list's {what} is not valid")]
    BadHeader {
        /// Which field.
        what: &'static str,
    },
    /// A member's field is not valid.
    #[error("member {entry}: {what} is not valid")]
    OutOfRange {
        /// Which entry, from 0.
        entry: usize,
        /// Which field.
        what: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StaffDocument<'a> {
    format: u8,
    version: u32,
    issued: u64,
    #[serde(borrow)]
    members: Vec<MemberDocument<'a>, MAX_MEMBERS>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MemberDocument<'a> {
    subject: &'a str,
    role: RoleToken,
    state: MemberState,
    pin_salt: &'a str,
    pin_memory_kib: u32,
    /// Under the province's subject key.
    pin_mac: Option<&'a str>,
    /// Under no key, of lists from before 2026-11-21.
    pin_hash: Option<&'a str>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RoleToken {
    Attendant,
    Technician,
    Auditor,
}

impl StaffList {
    /// Reads a staff list.
    ///
    /// # Errors
    /// [`StaffListError`].
    pub fn load(bytes: &[u8]) -> Result<StaffList, StaffListError> {
        let document: StaffDocument<'_> = json::read(bytes)?;
        if document.format != 1 {
            return Err(StaffListError::BadHeader { what: "format" });
        }
        let issued =
            Timestamp::from_unix(document.issued).ok_or(StaffListError::BadHeader { what: "issued" })?;
        let mut members: Vec<Member, MAX_MEMBERS> = Vec::new();
        for (entry, member) in document.members.iter().enumerate() {
            let member = member.read().map_err(|what| StaffListError::OutOfRange { entry, what })?;
            let known = |other: &Member| other.subject == member.subject;
            if members.iter().any(known) {
                return Err(StaffListError::OutOfRange { entry, what: "subject, listed twice" });
            }
            members.push(member).map_err(|_| StaffListError::OutOfRange { entry, what: "count" })?;
        }
        Ok(StaffList { version: document.version, issued, members })
    }

    /// Its version.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// When it was issued; an old one keeps working, and its age is recorded.
    pub fn issued(&self) -> Timestamp {
        self.issued
    }
}

impl MemberDocument<'_> {
    fn read(&self) -> Result<Member, &'static str> {
        let role = match self.role {
            RoleToken::Attendant => Role::Attendant,
            RoleToken::Technician => Role::Technician,
            RoleToken::Auditor => Role::Auditor,
        };
        MemoryKib::new(self.pin_memory_kib).map_err(|_| "pin_memory_kib")?;
        let (field, hash, keying) = match (self.pin_mac, self.pin_hash) {
            (Some(mac), None) => ("pin_mac", mac, PinKeying::SubjectKey),
            (None, Some(hash)) => ("pin_hash", hash, PinKeying::Unkeyed),
            _ => return Err("pin_mac"),
        };
        let pin = PinVerifier {
            salt: json::hex(self.pin_salt).ok_or("pin_salt")?,
            memory_kib: self.pin_memory_kib,
            hash: json::hex(hash).ok_or(field)?,
            keying,
        };
        let subject = Subject::from_bytes(json::hex(self.subject).ok_or("subject")?);
        Ok(Member { subject, role, state: self.state, pin })
    }
}

/// A badge that the list holds: its PIN may be asked for. Having one opens nothing.
#[derive(Clone, Debug)]
pub struct KnownBadge {
    subject: Subject,
    role: Role,
    pin: PinVerifier,
}

/// Why a badge or PIN is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StaffRefused {
    /// There is no staff list on this terminal.
    #[error("there is no staff list on this terminal")]
    NoList,
    /// The code is no staff badge.
    #[error("not a staff badge")]
    NotABadge,
    /// Its time is over, or it was revoked.
    #[error("the badge has expired or was revoked")]
    BadgeOver,
    /// The list does not hold it, or with another role.
    #[error("the staff list does not hold this badge")]
    NotOnList,
    /// The list holds it as retired.
    #[error("the badge is retired")]
    Retired,
    /// Not this PIN.
    #[error("wrong PIN")]
    WrongPin,
    /// Too many wrong PINs.
    #[error("too many wrong PINs: wait {seconds} s")]
    Paused {
        /// Seconds left.
        seconds: u32,
    },
    /// The verifier could not be computed.
    #[error("the PIN could not be checked: {0}")]
    Unchecked(PinRefused),
    /// Nobody is logged in.
    #[error("nobody is logged in: show a staff badge first")]
    NobodyLoggedIn,
    /// This role may not do that (DOMAIN §16).
    #[error("this role may not let people pass")]
    RoleForbids,
    /// Too many documents were typed (DOMAIN §13).
    #[error("too many documents typed: wait a minute")]
    TooManyTyped,
}

impl KnownBadge {
    /// Looks a proven badge up in the list.
    ///
    /// # Errors
    /// [`StaffRefused`]: each is recorded by the caller.
    pub fn find(
        list: Option<&StaffList>,
        badge: &Verified<Credential>,
        subject: Subject,
    ) -> Result<KnownBadge, StaffRefused> {
        let Statement::Badge(role) = badge.get().statement else { return Err(StaffRefused::NotABadge) };
        // An unconfirmed clock does not lock staff out: the list and the PIN still stand.
        if badge.currency() == Currency::Expired || badge.currency() == Currency::Ahead {
            return Err(StaffRefused::BadgeOver);
        }
        let members = &list.ok_or(StaffRefused::NoList)?.members;
        let member = members.iter().find(|member| member.subject == subject && member.role == role);
        let member = member.ok_or(StaffRefused::NotOnList)?;
        match member.state {
            MemberState::Active => Ok(KnownBadge { subject, role, pin: member.pin }),
            MemberState::Retired => Err(StaffRefused::Retired),
        }
    }

    /// The subject, for the record of a refusal.
    pub fn subject(&self) -> Subject {
        self.subject
    }

    /// The role, for the record of a refusal.
    pub fn role(&self) -> Role {
        self.role
    }
}

/// Wrong PINs in a row, and the pause they earn.
#[derive(Clone, Copy, Debug, Default)]
pub struct PinTries {
    wrong: u32,
    paused_until: Option<Millis>,
}

impl PinTries {
    /// Seconds until the next try; `None` when one may be made.
    pub fn pause_left(&self, now: Millis) -> Option<u32> {
        let left = self.paused_until?.since(now).0;
        // A pause is at most 15 minutes: fits.
        (left > 0).then_some(left.div_ceil(1000) as u32)
    }

    fn count_wrong(&mut self, now: Millis) {
        self.wrong = self.wrong.saturating_add(1);
        if let Some(over) = self.wrong.checked_sub(FREE_TRIES) {
            let pause = (FIRST_PAUSE_MS << over.min(8)).min(LONGEST_PAUSE_MS);
            self.paused_until = Some(now.plus(pause));
        }
    }
}

/// A logged-in member of staff.
#[derive(Clone, Debug)]
pub struct StaffSession {
    subject: Subject,
    role: Role,
    since: Millis,
}

impl StaffSession {
    /// Logs in by a known badge and its PIN; `key` is the province's.
    ///
    /// # Errors
    /// [`StaffRefused::WrongPin`] counts; [`StaffRefused::Paused`] does not even look.
    pub fn login(
        badge: &KnownBadge,
        pin: &[u8],
        (key, memory): (&SubjectKey, &mut TagMemory<'_>),
        tries: &mut PinTries,
        now: Millis,
    ) -> Result<StaffSession, StaffRefused> {
        if let Some(seconds) = tries.pause_left(now) {
            return Err(StaffRefused::Paused { seconds });
        }
        match badge.pin.matches(pin, key, memory) {
            Ok(_proven) => {
                *tries = PinTries::default();
                Ok(StaffSession { subject: badge.subject, role: badge.role, since: now })
            }
            Err(PinRefused::MatchPin | PinRefused::TakePin { .. }) => {
                tries.count_wrong(now);
                Err(StaffRefused::WrongPin)
            }
            Err(other) => Err(StaffRefused::Unchecked(other)),
        }
    }

    /// Whether the shift is over.
    pub fn is_over(&self, now: Millis) -> bool {
        now.since(self.since).0 >= SESSION_MS
    }

    /// Who.
    pub fn subject(&self) -> Subject {
        self.subject
    }

    /// As what.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The right to open.
    ///
    /// # Errors
    /// [`StaffRefused::RoleForbids`] for technicians and auditors.
    pub fn as_attendant(&self) -> Result<AttendantSession<'_>, StaffRefused> {
        match self.role {
            Role::Attendant => Ok(AttendantSession(self)),
            Role::Technician | Role::Auditor => Err(StaffRefused::RoleForbids),
        }
    }
}

/// An attendant's session: what a permit by hand is made from. A technician's or an auditor's is none.
///
/// ```compile_fail,E0423
/// fn forge(session: &gate_core::staff::StaffSession) -> gate_core::staff::AttendantSession<'_> {
///     gate_core::staff::AttendantSession(session)
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AttendantSession<'a>(&'a StaffSession);

impl AttendantSession<'_> {
    /// Who.
    pub fn subject(&self) -> Subject {
        self.0.subject
    }
}

#[cfg(test)]
mod tests;
