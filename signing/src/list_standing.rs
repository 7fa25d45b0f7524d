//! Where a list stands among those that this desk built and published: the one built last, an older one, another's.
//! Promises: the desk's own memory (`province.json`) decides, not what lies in a directory: no list of a copy of this desk
//! is taken for its own, and nothing behind what was published leaves, to whichever terminal.
//! Must not know: what a list says of anybody, who says yes.

use gate_status::{BaseHead, State};
use serde::{Deserialize, Serialize};

use crate::province::Province;
use crate::spelling;

/// An epoch of the list and a step in it, in the order in which terminals take them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reached {
    /// The epoch.
    pub epoch: u32,
    /// Steps since its base.
    pub step: u32,
}

impl Reached {
    pub(crate) fn of(state: &State) -> Reached {
        Reached { epoch: state.epoch.0, step: state.step }
    }
}

/// Where a list stands among those built here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is the one built last.
    Last,
    /// One of an epoch before.
    Older,
    /// This desk never built it: a copy of the desk did, or what was built was thrown away.
    Foreign,
}

/// What is to be looked at before a list of this desk is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListDoubt {
    /// It is not the one built last.
    NotLast {
        /// Its epoch.
        epoch: u32,
        /// Of the one built last.
        last: u32,
    },
    /// Deltas were signed that are not with it.
    BehindSigned {
        /// Its epoch.
        epoch: u32,
        /// As far as is to be published.
        step: u32,
        /// As far as was signed.
        signed: u32,
    },
    /// A delta is with it that this desk does not know to have signed: a copy of the desk did, or an older copy was brought
    /// back here.
    NotSignedHere {
        /// Its epoch.
        epoch: u32,
        /// The first such step.
        step: u32,
    },
}

/// A list that this desk does not publish, whoever says yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListNotAdmitted {
    /// Its epoch or its root is not one that this desk made.
    #[error(
        "a list of epoch {epoch} that this desk did not build (it built epoch {last} last): a copy of the desk did, or it was thrown away here; nothing was signed or published. Build the list at this desk（该名单不是本台所建，请在本台重建）"
    )]
    Foreign {
        /// Its epoch.
        epoch: u32,
        /// Of the list built last here.
        last: u32,
    },
    /// Something newer was published.
    #[error(
        "epoch {}, step {} was published by this desk, and this would be epoch {}, step {}: who changed colour since would have the old one there; nothing was published. Give the newest list (--status) and every delta of it (--delta; status-list.tfd in the desk has all that were made here in one), or build the list again（落后于已发布的名单，请补齐增量或重建名单）", .published.epoch, .published.step, .ours.epoch, .ours.step
    )]
    Behind {
        /// How far was published.
        published: Reached,
        /// What was to be published.
        ours: Reached,
    },
}

impl Province {
    /// Where the list with this head stands.
    pub(crate) fn standing(&self, head: &BaseHead) -> Standing {
        let (last, root) = (self.state.list_version, &self.state.list_root);
        match head.epoch.0.cmp(&last) {
            core::cmp::Ordering::Less => Standing::Older,
            core::cmp::Ordering::Greater => Standing::Foreign,
            // A state from before roots were kept knows the epoch alone.
            core::cmp::Ordering::Equal if root.is_empty() || *root == spelling::hex(&head.root) => {
                Standing::Last
            }
            core::cmp::Ordering::Equal => Standing::Foreign,
        }
    }

    /// Refuses a list that this desk did not build.
    pub(crate) fn admit_own(&self, head: &BaseHead) -> Result<Standing, ListNotAdmitted> {
        match self.standing(head) {
            Standing::Foreign => {
                Err(ListNotAdmitted::Foreign { epoch: head.epoch.0, last: self.state.list_version })
            }
            ours => Ok(ours),
        }
    }

    /// What is to be looked at before the list with this head, which leads to `at`, is published.
    ///
    /// # Errors
    /// [`ListNotAdmitted`], where no yes helps.
    pub(crate) fn admit_list(
        &self,
        (head, at): (&BaseHead, &State),
        told: Option<Reached>,
    ) -> Result<Vec<ListDoubt>, ListNotAdmitted> {
        let (last, ours, epoch) = (self.state.list_version, Reached::of(at), at.epoch.0);
        let standing = self.admit_own(head)?;
        // What the archive tells is nobody's proof: no more than this desk can have built.
        let told = told.filter(|told| told.epoch <= last);
        if let Some(published) = self.published_reach().max(told).filter(|published| *published > ours) {
            return Err(ListNotAdmitted::Behind { published, ours });
        }
        let signed = self.signed_reach(epoch).filter(|signed| *signed > at.step);
        let behind = signed.map(|signed| ListDoubt::BehindSigned { epoch, step: at.step, signed });
        let older = (standing == Standing::Older).then_some(ListDoubt::NotLast { epoch, last });
        Ok(older.into_iter().chain(behind).collect())
    }

    /// How far lists were published from here, whatever a terminal's directory says.
    pub(crate) fn published_reach(&self) -> Option<Reached> {
        self.state.list_published.max(self.steps_published())
    }

    /// `at` is about to be published.
    pub(crate) fn note_reach(&mut self, at: &State) {
        self.state.list_published = self.published_reach().max(Some(Reached::of(at)));
    }
}
