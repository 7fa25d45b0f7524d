//! What this terminal believes about people: subject in, colour out (DESIGN §6).
//!
//! Promises: an answer was read from the list as both authorities signed it, or there is none; both numbers of one person
//! lead to the same entry and cannot come apart (DOMAIN §13); no subject and no key is printed.
//! Must not know: which file the manifest names, or what a colour means.
//!
//! | file | what it is | made by | read by |
//! |---|---|---|---|
//! | base | sealed leaves in SQLite, one a page, and a head signed by both authorities | [`build`] | [`SealedList`] |
//! | delta | a head signed by both, changes by rank and by key | [`make_delta`] | [`SealedList::apply`] |
//!
//! Beside it: which credentials were revoked ([`Revocations`]), a file of its own.
//!
//! The bytes are described in `docs/formats/status-list.md`, complete enough for a second reader.

mod amend;
mod base;
mod bits;
mod build;
mod delta;
mod entry;
mod flow;
mod fold;
mod head;
#[cfg(feature = "keyring")]
mod keyring;
mod keys;
mod ladder;
mod leaf;
mod list;
mod list_file;
mod overlay;
mod pages;
mod revocations;
mod rungs;
mod sealed;
mod shelf;
mod sort;
mod synthetic;
mod tally;
mod writer;

pub use amend::{AmendRefused, Amendments, Wanted};
pub use build::{
    BuildFault, BuildOrder, BuildReport, Clash, Colours, DeskKeys, Numbers, Person, Step, Watch, build,
};
pub use delta::{
    Changes, DELTA_MOST_BYTES, DeltaDamaged, DeltaNotMade, DeltaOrder, KEYED_MOST, KeyChange, RANKED_MOST,
    alleged_delta_head, make_delta, read_delta,
};
pub use entry::{Epoch, Key, Rank};
pub use flow::{Flow, FlowFault, place};
pub use fold::{FoldFault, Folding, Sliced, fold_begun, forget_fold};
pub use head::{
    BASE_HEAD_BYTES, BaseHead, DELTA_HEAD_BYTES, DeltaHead, HeadRefused, NotSignedByBoth, SIGNATURES_BYTES,
    TIE_BYTES, Tie, sign_head, verify_head,
};
#[cfg(feature = "keyring")]
pub use keyring::KeyringCache;
pub use keys::{Authorities, KEY_FILE, KeyFault, KeyStore, ListKeys, Signers};
pub use ladder::{Have, OFFERED_MOST, Plan, RUNGS, Span, chain, offered, plan};
pub use list::{Answer, Head, ListFault, OpenFault, Region, RegionRefused, Scope, StatusList};
pub use list_file::ListFile;
pub use overlay::PersonSplit;
pub use revocations::{
    CREDENTIALS_A_PAGE, CREDENTIALS_MOST, PAGE_BYTES, REVOCATIONS_MOST_BYTES, Revocations, RevocationsFault,
    RevocationsHead, RevokedCredential, SUBJECTS_A_PAGE, SUBJECTS_MOST, Standing, VoidBefore,
    write_revocations,
};
pub use rungs::{ClimbRefused, Rung, climb};
pub use sealed::{DeltaRefused, SealedList, State, alleged_head};
pub use shelf::{Progress, Shelf, ShelfFault};
pub use synthetic::Synthetic;
pub use tally::Tally;
pub use writer::WriteFault;
