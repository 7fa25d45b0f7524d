//! The written names of the closed sets that a credential is made of.
//! Promises: the names that the terminal's documents use, and no others.
//! Must not know: keys, people, times.

use gate_wire::credential::{Kind, Role};

/// A kind's name in the key set.
pub fn kind_token(kind: Kind) -> &'static str {
    match kind {
        Kind::ScreenCode => "screen_code",
        Kind::PaperCode => "paper_code",
        Kind::NucleicAcidTest => "nucleic_acid_test",
        Kind::Certificate => "certificate",
        Kind::StaffBadge => "staff_badge",
    }
}

/// The kind of this name.
pub fn kind_of(token: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind_token(*kind) == token)
}

/// A role's name in the staff list.
pub fn role_token(role: Role) -> &'static str {
    match role {
        Role::Attendant => "attendant",
        Role::Technician => "technician",
        Role::Auditor => "auditor",
    }
}
