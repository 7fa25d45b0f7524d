//! An authority's automatic signer of `status` (DESIGN §2, ADR 22): small changes of the list are signed by two of these in two
//! authorities; what goes over one's rules waits for two people, who see the same computed words.
//! Promises: nothing that a draft says is believed: what it changes is computed from the published list and the drafted files; what is
//! published is believed as a terminal believes it, from a pinned first root; a signature is spent in the ledger before it is made, and
//! is over exactly the bytes that were judged.
//! Must not know: custody, who runs it.

mod change;
mod class;
mod code;
mod ledger;
mod look;
mod offered;
mod promised;
mod rules;
mod ways;
mod words;

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use gate_core::envelope::{self, EnvelopeRefused, Envelopes};
use gate_core::json::MAX_DOCUMENT_BYTES;
use gate_core::own_keys::{self, OwnKeys, OwnKeysRefused};
use gate_proof::digest::sha256;
use gate_status::{Authorities, DeltaRefused, Epoch, FlowFault, ListKeys, OpenFault};
use gate_tuf::{
    Claimed, Document, DocumentRefused, Refused, Repository, Role, Root, Targets, Trusted, Why, update,
};
use gate_wire::time::Timestamp;
use zeroize::Zeroizing;

use super::draft::fit_terminals;
use super::publication::{Both, Files};
use super::{AHEAD_S, OnlineSigner, Repo, RepoFault, Signed, at};
use change::{Change, Land, between};
use offered::Offered;
use promised::Place;

pub use class::{CLASSES, Class, Counts};
pub use ledger::{Ledger, LedgerFault};
pub use look::{Lack, SECOND_DRAFT, Shown};
pub use rules::{Over, RULES_MOST_BYTES, Rules, RulesRefused};

const DAY_S: u64 = 86_400;

/// Why an automatic signer does not sign. Two people may, who look at it.
#[derive(Debug, thiserror::Error)]
pub enum NotAutomatic {
    /// The repository.
    #[error(transparent)]
    Repo(#[from] RepoFault),
    /// What is published is not believed.
    #[error("what is published is not to be believed")]
    Believe(#[from] Refused),
    /// The first root is another one.
    #[error(
        "1.root.json is not the root that the rules name, or --root: another repository of the same form is nobody's（首个根不符：这不是本省的仓库）"
    )]
    Pin,
    /// A person's first look, and nobody said whose repository it is.
    #[error(
        "a first look believes nothing before it knows whose repository this is: --root takes the SHA-256 of its 1.root.json, as the authority wrote it down when the roots were signed, not of this folder's file（首次查看须给出 --root）"
    )]
    Unpinned,
    /// Nothing is published here, and something was.
    #[error(
        "nothing is published in this folder, and this ledger saw this repository published, or the draft is version {0}: it is not the folder that it should be"
    )]
    Emptied(u64),
    /// A document is none.
    #[error("the draft")]
    Draft(#[from] DocumentRefused),
    /// Another root waits.
    #[error("a root waits for signatures, too: that is for people")]
    Rotate,
    /// One signature would do.
    #[error("the root lets {threshold} sign for targets: an automatic signer signs only where two must")]
    Threshold {
        /// What it says.
        threshold: u32,
    },
    /// Nothing is published yet.
    #[error("nothing is published yet: the first publication is for people")]
    First,
    /// Not the next version.
    #[error(
        "the draft has version {found}, after the published one comes {wanted}: it was signed before, or is an old one"
    )]
    Replay {
        /// Drafted.
        found: u64,
        /// Expected.
        wanted: u64,
    },
    /// Good for too long, or over.
    #[error("the draft is good until {until}, the rules let {days} days from now")]
    Life {
        /// Drafted.
        until: String,
        /// By the rules.
        days: u64,
    },
    /// No file of the list, or two bases.
    #[error("{0}: a draft of the list offers one base and its deltas, and nothing else")]
    Offer(String),
    /// The draft says something else of a file than the file itself.
    #[error("{0} is not what the draft says of it")]
    Lie(String),
    /// A file.
    #[error("{}", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// A list.
    #[error("{}", .0.display())]
    Open(PathBuf, #[source] OpenFault),
    /// A terminal would refuse a delta.
    #[error("a terminal would refuse one of the deltas")]
    Take(#[from] DeltaRefused),
    /// It cannot be counted.
    #[error("what it changes cannot be counted")]
    Count(#[from] FlowFault),
    /// The province's keys are not here.
    #[error("{}: {reason}", .path.display())]
    Keys {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Another base.
    #[error("another base: a new epoch is for people")]
    OtherBase,
    /// Two ways lead to two lists.
    #[error("two ways through the deltas end in different lists (steps {step} and {other})")]
    Fork {
        /// By one way.
        step: u32,
        /// By the other.
        other: u32,
    },
    /// A long delta leaves out what its steps say.
    #[error("the delta from step {from} to {to} leaves out what was changed between, or says it otherwise")]
    Omit {
        /// Where it begins.
        from: u32,
        /// Where it leads.
        to: u32,
    },
    /// What was changed within a delta is not known here.
    #[error("what was changed from step {from} to {to} cannot be reconstructed from what is published")]
    Untold {
        /// Where it begins.
        from: u32,
        /// Where it leads.
        to: u32,
    },
    /// Terminals would get no further.
    #[error("no delta leads on from step {step}: terminals there would stay behind")]
    Strand {
        /// Where.
        step: u32,
    },
    /// A terminal would need more deltas than it keeps.
    #[error(
        "a terminal would need {files} deltas to get to the end, it takes {most}: merge them (`gate-sign status ladder`)"
    )]
    Scatter {
        /// From the base on, by the fewest.
        files: usize,
        /// What a terminal takes.
        most: usize,
    },
    /// A list of tomorrow.
    #[error(
        "the list at step {to} says that it is as of {as_of}: terminals would believe that it is that late already, and everything else over"
    )]
    Foretell {
        /// Where it leads.
        to: u32,
        /// What it says.
        as_of: String,
    },
    /// Another draft of this version was signed for.
    #[error(
        "another draft of version {version} was signed here: whoever has both could show some terminals the one and some the other. Publish that one and draft the next version, or let two people sign this one and nobody the other（同一版本已签过另一份草稿：请发布那一份再起草下一版，或由两个机构各一人签这一份）"
    )]
    Repeat {
        /// Of the targets.
        version: u64,
    },
    /// Another history of this step was signed for.
    #[error(
        "another delta for step {step} of epoch {epoch} was signed here and is not published: a terminal that has one never takes the other. Draft that one again, or let two people sign this one（同一步已签过另一个增量：请用那一个起草，或由两个机构各一人签这一份）"
    )]
    Retell {
        /// Of the list.
        epoch: u32,
        /// In it.
        step: u32,
    },
    /// More was signed for than is remembered.
    #[error("more than {most} steps would be signed for and not published: publish first")]
    Hoard {
        /// How many.
        most: usize,
    },
    /// What was seen published is published no more.
    #[error(
        "the published list does not lead over step {step} of epoch {epoch}, where it was at the last look: another history was published since. Find out by whom; until the next epoch two people sign（已发布的名单不再经过上次看到的那一步：请查明何人发布了另一份历史；换代之前由人签名）"
    )]
    Vanish {
        /// Of the list.
        epoch: u32,
        /// In it.
        step: u32,
    },
    /// The published timestamp is good for too long.
    #[error("what is published is good until {until}, the rules let a timestamp be good for {days} days")]
    Outlive {
        /// Its end.
        until: String,
        /// By the rules.
        days: u64,
    },
    /// More people turned red than rules let at once.
    #[error("{count} people would turn red at once, the rules let {most}")]
    RedAtOnce {
        /// By this draft.
        count: u64,
        /// By the rules.
        most: u64,
    },
    /// A cap.
    #[error("over the day's cap: {}", words::overs(.0))]
    Cap(Vec<Over>),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerFault),
}

impl Repo {
    /// Whether what is published here begins with this first root; `None` where nothing is published yet.
    ///
    /// # Errors
    /// [`RepoFault`].
    pub fn begins_with(&self, pin: &[u8; 32]) -> Result<Option<bool>, RepoFault> {
        let path = self.metadata("1.root.json");
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            other => Ok(Some(sha256(&[&other.map_err(at(&path))?]).as_bytes() == pin)),
        }
    }
}

impl NotAutomatic {
    /// Whether the folder is not what it gives itself out for: nobody signs that, whatever they know.
    fn is_false(&self) -> bool {
        match self {
            NotAutomatic::Believe(refused) => !matches!(refused.why, Why::Outlive { .. }),
            NotAutomatic::Repo(_)
            | NotAutomatic::Pin
            | NotAutomatic::Unpinned
            | NotAutomatic::Emptied(_)
            | NotAutomatic::Draft(_)
            | NotAutomatic::Replay { .. }
            | NotAutomatic::Lie(_)
            | NotAutomatic::File(..)
            | NotAutomatic::Ledger(_) => true,
            _ => false,
        }
    }
}

/// A draft as it lies there, read once.
struct Draft {
    message: Vec<u8>,
    body: Targets,
    /// Bytes of its file, with the signatures so far.
    length: u64,
}

/// A draft that was looked at.
#[derive(Clone, Debug)]
pub struct Judged {
    message: Vec<u8>,
    change: Change,
    place: Place,
    expires: Timestamp,
    /// Until when what is published is good.
    stands_until: Timestamp,
    /// What it changes, in words, against the usual.
    pub words: Vec<String>,
}

/// Whoever looks at a draft: a signer, or a person before they sign.
#[derive(Debug)]
pub struct Reader<'a> {
    repo: &'a Repo,
    keys: ListKeys,
    ledger: &'a mut Ledger,
    now: Timestamp,
}

impl<'a> Reader<'a> {
    /// With the keys of the list in this data directory, as `gate enrol` and `gate-trust` keep it.
    ///
    /// # Errors
    /// [`NotAutomatic`].
    pub fn new(
        repo: &'a Repo,
        believed: &Path,
        ledger: &'a mut Ledger,
        clock: Timestamp,
    ) -> Result<Reader<'a>, NotAutomatic> {
        let now = ledger.now(clock)?;
        Ok(Reader { repo, keys: list_keys(believed)?, ledger, now })
    }

    /// Computes what the draft of the targets changes, where a signer without a person may sign it at all. `pin`: the first root.
    ///
    /// # Errors
    /// [`NotAutomatic`].
    pub fn judge(&mut self, pin: Option<&[u8; 32]>) -> Result<Judged, NotAutomatic> {
        let (judged, root) = self.count(pin, &Draft::of(self.repo)?)?;
        if self.repo.draft(Role::Root).exists() {
            return Err(NotAutomatic::Rotate);
        }
        match root.role(Role::Targets).map_or(0, |keys| keys.threshold) {
            threshold @ 0..2 => Err(NotAutomatic::Threshold { threshold }),
            _ => Ok(judged),
        }
    }

    /// What the draft changes, and the root in force.
    fn count(&mut self, pin: Option<&[u8; 32]>, draft: &Draft) -> Result<(Judged, Root), NotAutomatic> {
        fit_terminals(&draft.body, draft.length)?;
        let (trusted, published) = self.believed(pin)?;
        let (found, wanted) = (draft.body.version, published.version + 1);
        if found != wanted {
            return Err(NotAutomatic::Replay { found, wanted });
        }
        let keys = &self.keys;
        let old = Offered::whole(self.repo, &published, (&self.ledger.base(), keys))?;
        let new = Offered::drafted(self.repo, &draft.body, &old.base)?;
        new.foretells_nothing(self.now.plus(AHEAD_S))?;
        let (old, new) = (Land { offered: &old, keys }, Land { offered: &new, keys });
        let change = between(&old, &new)?;
        believe(self.ledger, &trusted, &old)?;
        let words = words::summary(&change.counts, self.ledger, self.now.civil_day());
        let stands_until = trusted.timestamp().map_or(self.now, |of| of.body().expires);
        let (message, expires) = (draft.message.clone(), draft.body.expires);
        let place = Place { steps: change.steps.clone(), ..Place::bare(found, &message, change.to.epoch) };
        let root = trusted.root().body().clone();
        Ok((Judged { message, change, place, expires, stands_until, words }, root))
    }

    /// Signs what was judged, if the rules let it.
    ///
    /// # Errors
    /// [`NotAutomatic`]: then it is for two people.
    pub fn sign(
        &mut self,
        judged: &Judged,
        rules: &Rules,
        by: OnlineSigner<'_>,
    ) -> Result<Signed, NotAutomatic> {
        let (counts, today) = (&judged.change.counts, self.now.civil_day());
        let until = judged.expires;
        if until <= self.now || until > self.now.plus(rules.life_days.saturating_mul(DAY_S)) {
            let until = gate_tuf::print_time(until);
            return Err(NotAutomatic::Life { until, days: rules.life_days });
        }
        // A timestamp that is good for years would let a clock that runs ahead spend the caps of as many days.
        if judged.stands_until > self.now.plus(rules.timestamp_days.saturating_mul(DAY_S)) {
            let until = gate_tuf::print_time(judged.stands_until);
            return Err(NotAutomatic::Outlive { until, days: rules.timestamp_days });
        }
        if counts.to_red() > rules.red_at_once {
            return Err(NotAutomatic::RedAtOnce { count: counts.to_red(), most: rules.red_at_once });
        }
        self.ledger.promised().admit(&judged.place)?;
        if !self.ledger.promised().is(&judged.place) {
            let over = rules.over(counts, &self.ledger.spent(today));
            if !over.is_empty() {
                return Err(NotAutomatic::Cap(over));
            }
            self.ledger.spend(today, *counts, &judged.place);
            // On the disk before the signature exists: a cut in between costs a part of the day's cap, never lends one.
            self.ledger.keep()?;
        }
        Ok(self.repo.sign_exactly((Role::Targets, &judged.message), by)?)
    }

    /// The published repository, believed as a terminal believes it: from where this reader left it.
    fn believed(&self, pin: Option<&[u8; 32]>) -> Result<(Trusted, Targets), NotAutomatic> {
        let first = self.first_root(pin)?;
        let mut trusted = self.ledger.trusted()?.unwrap_or_else(|| Trusted::first(first));
        let source = Both { repo: self.repo, files: &Files::new() };
        update(&mut trusted, &source, &Repository::Status.limits(), &Repo::clock(self.now))?;
        let targets = trusted.targets().map(|targets| targets.body().clone()).ok_or(NotAutomatic::First)?;
        Ok((trusted, targets))
    }

    fn first_root(&self, pin: Option<&[u8; 32]>) -> Result<Document<Root>, NotAutomatic> {
        let path = self.repo.metadata("1.root.json");
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(NotAutomatic::First),
            other => other.map_err(at(&path))?,
        };
        if pin.is_some_and(|pin| sha256(&[&bytes]).as_bytes() != pin) {
            return Err(NotAutomatic::Pin);
        }
        Ok(Claimed::<Root>::read(&bytes)?.trust_first()?)
    }
}

/// What was published since the last look, all of the epoch's where there was none: the usual is made of it.
fn believe(ledger: &mut Ledger, trusted: &Trusted, old: &Land<'_>) -> Result<(), NotAutomatic> {
    let end = old.end()?.state();
    let seen = ledger.counted_to(&end, |step| old.tie_at(step))?;
    ledger.believe(trusted, &end, &old.steps_since(seen)?);
    Ok(ledger.keep()?)
}

/// The keys of the list, opened with a device's own key.
fn list_keys(believed: &Path) -> Result<ListKeys, NotAutomatic> {
    let (own, sealed) = (believed.join(own_keys::FILE_NAME), believed.join(envelope::FILE_NAME));
    let told = |path: &Path, reason: &dyn std::fmt::Display| NotAutomatic::Keys {
        path: path.into(),
        reason: reason.to_string(),
    };
    let (text, mode) = small(&own).map_err(|error| told(&own, &error))?;
    let device = OwnKeys::load(&text, mode).map_err(|refused: OwnKeysRefused| told(&own, &refused))?.device;
    let (text, _) = small(&sealed).map_err(|error| told(&sealed, &error))?;
    let opened = Envelopes::load(&text).and_then(|all| all.open_list_keys(&device));
    let secrets = opened.map_err(|refused: EnvelopeRefused| told(&sealed, &refused))?;
    let authorities = Authorities::new(secrets.authorities);
    let authorities = authorities.ok_or_else(|| told(&sealed, &"it names one authority twice"))?;
    let epochs = secrets.epochs.into_iter().map(|(epoch, key)| (Epoch(epoch), key)).collect();
    Ok(ListKeys::new(*secrets.store, authorities, epochs))
}

fn small(path: &Path) -> io::Result<(Zeroizing<Vec<u8>>, u32)> {
    let file = File::open(path)?;
    let mode = file.metadata()?.mode();
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_DOCUMENT_BYTES + 1));
    file.take(MAX_DOCUMENT_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok((bytes, mode))
}
