//! What a person is shown before they sign a draft of the list: what could be computed of it, and what could not.
//! Promises: a draft on the published base is counted as a signer without a person counts it; of another base, and of the first one,
//! people by colour are counted, before and after; what was not counted is said, and takes a word of its own; a folder that is not what it
//! gives itself out for is refused; a signature is over exactly the bytes that were looked at, and is promised in the reader's ledger first; a second
//! draft of a version, or of a step, takes a word of its own.
//! Must not know: custody, how a word is asked for.

use std::error::Error;
use std::fs;

use gate_proof::digest::sha256;
use gate_status::{Epoch, ListFile, Tally};
use gate_tuf::{Claimed, DocumentRefused, Role, Targets};
use gate_wire::credential::Colour;

use super::change::{Land, between};
use super::ledger::Ledger;
use super::offered::Offered;
use super::promised::{Place, Steps};
use super::{AHEAD_S, Draft, NotAutomatic, Reader};
use crate::repo::{OnlineSigner, Repo, RepoFault, Seen, Signed, at};

/// A draft that a person was told of.
#[derive(Clone, Debug)]
pub struct Shown {
    message: Vec<u8>,
    place: Place,
    /// Whether another draft of this version, or another history of one of its steps, was signed by whoever keeps this ledger.
    pub conflict: bool,
    /// What was computed, and what was not: a line each, Chinese and English.
    pub words: Vec<String>,
    /// What was not computed.
    pub lack: Option<Lack>,
}

/// What nobody computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// People by colour are counted, before and after; who goes from which colour to which is not.
    Moves,
    /// Not even how many have which colour.
    Colours,
}

impl Lack {
    /// What whoever signs all the same types: no yes given beforehand stands for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Lack::Moves => "totals-only",
            Lack::Colours => "uncounted",
        }
    }
}

/// What whoever signs a second draft of a version all the same types.
pub const SECOND_DRAFT: &str = "second-draft";

impl Shown {
    /// Of the first draft of a repository, for whoever has no keys of the list yet; none where it is not the first one.
    ///
    /// # Errors
    /// [`NotAutomatic`].
    pub fn first_uncounted(repo: &Repo, reason: &str) -> Result<Option<Shown>, NotAutomatic> {
        let draft = Draft::of(repo)?;
        let first = draft.body.version == 1 && repo.published_targets()?.is_none();
        Ok(first.then(|| {
            let place = Place::bare(draft.body.version, &draft.message, Epoch(0));
            Shown {
                message: draft.message,
                place,
                conflict: false,
                words: uncounted(reason),
                lack: Some(Lack::Colours),
            }
        }))
    }

    /// Signs what was shown, if the draft is that as others saw it, too; in the ledger it is promised before the signature is made.
    ///
    /// # Errors
    /// [`NotAutomatic`].
    pub fn sign(
        &self,
        (repo, seen): (&Repo, &Seen),
        ledger: Option<&mut Ledger>,
        by: OnlineSigner<'_>,
    ) -> Result<Signed, NotAutomatic> {
        if seen.message != self.message {
            return Err(RepoFault::OtherDraft(repo.draft(Role::Targets)).into());
        }
        if let Some(ledger) = ledger {
            let admitted = ledger.promised().admit(&self.place);
            match admitted {
                Err(NotAutomatic::Hoard { .. }) => {
                    let Place { version, draft, .. } = self.place;
                    let epoch = ledger.promised().epoch();
                    ledger.promise(&Place { version, draft, epoch, steps: Steps::new() });
                }
                // Signed meanwhile, and nobody was told.
                Err(refused) if !self.conflict => return Err(refused),
                Ok(()) | Err(_) => ledger.promise(&self.place),
            }
            ledger.keep()?;
        }
        Ok(seen.sign(repo, by)?)
    }
}

impl Reader<'_> {
    /// What a person is shown of the draft. `pin`: the first root, where this is the first look.
    ///
    /// # Errors
    /// [`NotAutomatic`], where the folder is not what it gives itself out for: no word helps.
    pub fn look(&mut self, pin: Option<&[u8; 32]>) -> Result<Shown, NotAutomatic> {
        if pin.is_none() && self.ledger.trusted()?.is_none() {
            return Err(NotAutomatic::Unpinned);
        }
        let draft = Draft::of(self.repo)?;
        let bare = Place::bare(draft.body.version, &draft.message, self.ledger.promised().epoch());
        let seen = match self.count(pin, &draft) {
            Ok((judged, _)) => Ok((judged.words, None, judged.place)),
            Err(NotAutomatic::First) => {
                self.first(pin, &draft).map(|(words, lack)| (words, lack, bare.clone()))
            }
            Err(NotAutomatic::OtherBase) => {
                self.other_base(pin, &draft).map(|(words, lack)| (words, lack, bare.clone()))
            }
            Err(refused) => Err(refused),
        };
        let (mut words, lack, place) = match seen {
            Ok((mut words, lack, place)) => {
                words.insert(0, "算出的变化 computed from the files:".into());
                (words, lack, place)
            }
            Err(refused) if refused.is_false() => return Err(refused),
            Err(refused) => (uncounted(&with_causes(&refused)), Some(Lack::Colours), bare),
        };
        let signed = self.ledger.promised().admit(&place).err();
        let conflict = signed.filter(|signed| !matches!(signed, NotAutomatic::Hoard { .. }));
        words.extend(
            conflict.iter().map(|signed| format!("! 已签过另一份 SIGNED OTHERWISE BEFORE: {signed}")),
        );
        Ok(Shown { message: draft.message, place, conflict: conflict.is_some(), words, lack })
    }

    /// The first publication: there is nothing to compare with, and nobody's colour changes.
    fn first(&mut self, pin: Option<&[u8; 32]>, draft: &Draft) -> Result<Told, NotAutomatic> {
        if self.ledger.trusted()?.is_some() || draft.body.version != 1 {
            return Err(NotAutomatic::Emptied(draft.body.version));
        }
        let path = self.repo.draft(Role::Root);
        let root = fs::read(&path).map_err(at(&path))?;
        if pin.is_some_and(|pin| sha256(&[&root]).as_bytes() != pin) {
            return Err(NotAutomatic::Pin);
        }
        let new = self.totals_of(draft)?;
        self.ledger.keep()?;
        let mut words =
            vec!["首次发布，尚无名单可比 (the first publication: nothing to compare with)".to_owned()];
        words.extend(by_colour(&new).map(|(colour, is)| format!("{}: {is}", name(colour))));
        Ok((words, None))
    }

    /// Another base has other keys of people, by another secret: the two cannot be joined person by person.
    fn other_base(&mut self, pin: Option<&[u8; 32]>, draft: &Draft) -> Result<Told, NotAutomatic> {
        let (trusted, published) = self.believed(pin)?;
        let old = Offered::whole(self.repo, &published, (&self.ledger.base(), &self.keys))?;
        let old = Land { offered: &old, keys: &self.keys };
        let (was, is) = (tally(&old)?, self.totals_of(draft)?);
        super::believe(self.ledger, &trusted, &old)?;
        let mut words = vec!["! 更换底本（新一代）ANOTHER BASE: everybody's colour is written anew. People by colour, before -> after:".to_owned()];
        let today = self.now.civil_day();
        for ((colour, was), (_, is)) in by_colour(&was).zip(by_colour(&is)) {
            let usual = self.ledger.usual_to(colour, today);
            words.push(super::words::total(name(colour), (was, is), usual));
        }
        words.push(
            "! 谁由何色变为何色未能算出 NOT COMPUTED: who goes from which colour to which. A new base has other keys of people".into(),
        );
        Ok((words, Some(Lack::Moves)))
    }

    /// People by colour at the end of a drafted base's own way, to which every way through its deltas leads.
    fn totals_of(&self, draft: &Draft) -> Result<Tally, NotAutomatic> {
        let own = self.ledger.next_base();
        let counted = Offered::whole(self.repo, &draft.body, (&own, &self.keys)).and_then(|new| {
            new.foretells_nothing(self.now.plus(AHEAD_S))?;
            let bare = new.without_deltas();
            let [bare, new] = [&bare, &new].map(|offered| Land { offered, keys: &self.keys });
            between(&bare, &new)?;
            tally(&new)
        });
        // A copy of hundreds of megabytes that nobody reads again; where none was made there is none.
        let _ = fs::remove_file(&own);
        counted
    }
}

impl Draft {
    /// As it lies there.
    pub(super) fn of(repo: &Repo) -> Result<Draft, NotAutomatic> {
        let draft = repo.read_draft(Role::Targets)?;
        let text = draft.to_text();
        let body = Claimed::<Targets>::read(&text)?.into_body();
        Ok(Draft {
            message: draft.to_sign().map_err(DocumentRefused::from)?,
            body,
            length: text.len() as u64,
        })
    }
}

impl Repo {
    /// Whether the draft of the targets, or what it follows, is of the list.
    ///
    /// # Errors
    /// [`NotAutomatic`].
    pub fn drafts_list(&self) -> Result<bool, NotAutomatic> {
        if !self.draft(Role::Targets).exists() {
            return Ok(false);
        }
        let published = self.published_targets()?.map(|published| published.targets).unwrap_or_default();
        let drafted = Draft::of(self)?.body.targets;
        Ok(drafted.keys().chain(published.keys()).any(|name| ListFile::parse(name).is_some()))
    }
}

type Told = (Vec<String>, Option<Lack>);

fn uncounted(reason: &str) -> Vec<String> {
    vec![
        format!("! 未能算出变化 NOT COMPUTED: {reason}"),
        "! 有多少人是什么颜色、由何色变为何色，无人数过 Nobody counted how many people have which colour, nor what changes".into(),
    ]
}

fn with_causes(refused: &NotAutomatic) -> String {
    let (mut told, mut cause) = (refused.to_string(), refused.source());
    while let Some(deeper) = cause {
        told = format!("{told}: {deeper}");
        cause = deeper.source();
    }
    told
}

fn tally(land: &Land<'_>) -> Result<Tally, NotAutomatic> {
    let path = &land.offered.base.path;
    land.end()?.tally().map_err(|fault| NotAutomatic::Open(path.clone(), fault.into()))
}

fn by_colour(tally: &Tally) -> impl Iterator<Item = (Colour, u64)> {
    [(Colour::Green, tally.green), (Colour::Yellow, tally.yellow), (Colour::Red, tally.red)].into_iter()
}

fn name(colour: Colour) -> &'static str {
    match colour {
        Colour::Green => "绿 green",
        Colour::Yellow => "黄 yellow",
        Colour::Red => "红 red",
    }
}
