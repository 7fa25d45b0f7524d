//! `gate-sign repo show` and `sign` that compute what a draft of `status` changes: for a person who reads it, and for the automatic
//! signer that reads it by rules.
//! Promises: no person signs a draft of the list but what was computed of it, or what was not, stood before them; without a person nothing is
//! signed but by the rules.
//! A rejection is heard: a line of one form on the error output, an exit code of its own, a line in the ledger.
//! Must not know: how it is computed.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, ensure};
use clap::Args;
use gate_signing::repo::automatic::{
    Ledger, LedgerFault, NotAutomatic, RULES_MOST_BYTES, Reader, Rules, Shown,
};
use gate_signing::repo::{OnlineSigner, Repo, Seen, Signed};
use gate_wire::time::Timestamp;

/// The exit code of a rejection: two people must look.
pub(crate) const REJECTED: u8 = 3;
/// Rejections that a person is told of.
const TOLD: usize = 5;

/// What a look into a draft of `status` needs.
#[derive(Args)]
pub(crate) struct Look {
    /// A directory that `gate enrol` and `gate-trust run` keep: with its keys of the list it is computed what the draft of `status` changes
    #[arg(long, value_name = "DIR", requires = "ledger")]
    believed: Option<PathBuf>,
    /// What was signed for and seen published, kept by this command: one file for each signer
    #[arg(long, value_name = "FILE", requires = "believed")]
    ledger: Option<PathBuf>,
    /// There never was a ledger here: begin one. It has all of today's caps
    #[arg(long, requires = "ledger")]
    new_ledger: bool,
    /// SHA-256 of the repository's 1.root.json, as written down when the roots were signed: whose repository it is. A first look at the list needs
    /// it, and nothing else tells whose `trust` it is
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    root: Option<[u8; 32]>,
    /// The clock is right, though the last look was more than two days before
    #[arg(long, requires = "ledger")]
    clock_confirmed: bool,
}

impl Look {
    /// What a person is shown of a draft of the list before they sign it; none where no list is drafted.
    pub(crate) fn shown(&self, repo: &Repo, now: Timestamp) -> anyhow::Result<Option<Shown>> {
        if !repo.drafts_list()? {
            return Ok(None);
        }
        let (Some(believed), Some(ledger)) = (&self.believed, &self.ledger) else {
            return Ok(Some(Shown::first_uncounted(repo, "no --believed, --ledger")?.context(BLIND)?));
        };
        let mut ledger = self.open(ledger, now)?;
        let rejections: Vec<String> = ledger.rejections().take(TOLD).collect();
        let mut reader = match Reader::new(repo, believed, &mut ledger, now) {
            Err(none @ NotAutomatic::Keys { .. }) => {
                let first = Shown::first_uncounted(repo, &none.to_string())?;
                return Ok(Some(first.ok_or(none).context(BLIND)?));
            }
            other => other?,
        };
        // The exit code of a rejection is for machines that sign by rules.
        let looked = reader.look(self.root.as_ref());
        let mut shown = looked.map_err(|refused| anyhow!("{:#}", anyhow::Error::from(refused)))?;
        shown.words.extend(rejections);
        Ok(Some(shown))
    }

    /// Whose repository it is, for whatever is to be signed; a line where nobody said, and no ledger knows.
    pub(crate) fn whose(&self, repo: &Repo) -> anyhow::Result<Vec<String>> {
        let is_kept = self.ledger.as_ref().is_some_and(|ledger| ledger.exists());
        match self.root.as_ref().map(|root| repo.begins_with(root)).transpose()?.flatten() {
            Some(false) => Err(NotAutomatic::Pin.into()),
            None if self.root.is_none() && !is_kept && repo.root().is_ok() => Ok(vec![UNPINNED.into()]),
            _ => Ok(Vec::new()),
        }
    }

    /// Signs a draft of the list that was shown, and keeps in the ledger that it was.
    pub(crate) fn sign_shown(
        &self,
        shown: &Shown,
        (repo, seen): (&Repo, &Seen),
        by: OnlineSigner<'_>,
    ) -> anyhow::Result<Signed> {
        let ledger = self.ledger.as_ref().map(|path| match path.exists() {
            true => Ledger::open(path),
            false => Ledger::begin(path),
        });
        let signed = shown.sign((repo, seen), ledger.transpose()?.as_mut(), by);
        // The exit code of a rejection is for machines that sign by rules.
        signed.map_err(|refused| anyhow!("{:#}", anyhow::Error::from(refused)))
    }

    /// The same for whoever only reads: without keys they are told what would take them.
    pub(crate) fn words(&self, repo: &Repo, now: Timestamp) -> anyhow::Result<Vec<String>> {
        match self.shown(repo, now) {
            Err(blind) if self.believed.is_none() => {
                Ok(vec![format!("! 未算出变化 NOT COMPUTED: {blind:#}")])
            }
            shown => Ok(shown?.map(|shown| shown.words).unwrap_or_default()),
        }
    }

    fn open(&self, path: &Path, now: Timestamp) -> Result<Ledger, LedgerFault> {
        let mut ledger = if self.new_ledger { Ledger::begin(path)? } else { Ledger::open(path)? };
        if self.clock_confirmed {
            ledger.confirm(now);
        }
        Ok(ledger)
    }

    /// Signs by rules, without a person.
    pub(crate) fn sign(
        &self,
        rules: &PathBuf,
        (repo, now): (&Repo, Timestamp),
        by: OnlineSigner<'_>,
    ) -> anyhow::Result<Signed> {
        let both = self.believed.as_ref().zip(self.ledger.as_ref());
        let (believed, path) = both.context("--rules takes --believed and --ledger")?;
        let length = std::fs::metadata(rules).with_context(|| rules.display().to_string())?.len();
        ensure!(length <= RULES_MOST_BYTES, "{}: longer than {RULES_MOST_BYTES} bytes", rules.display());
        let text = std::fs::read_to_string(rules).with_context(|| rules.display().to_string())?;
        let rules = Rules::read(&text).with_context(|| rules.display().to_string())?;
        let mut ledger = self.open(path, now).map_err(|fault| for_people(fault.into(), path))?;
        let signed = Reader::new(repo, believed, &mut ledger, now).and_then(|mut reader| {
            let judged = reader.judge(Some(&rules.root))?;
            judged.words.iter().for_each(|line| println!("{line}"));
            reader.sign(&judged, &rules, by)
        });
        signed.map_err(|refused| {
            if let Err(fault) = ledger.reject(now, (refused.code(), &refused.to_string())) {
                eprintln!("gate-sign: the ledger has no line of it: {fault}");
            }
            for_people(refused, path)
        })
    }
}

/// What is said to somebody who would sign what nobody counted.
const BLIND: &str = "nothing of the list is signed before it was computed whom it turns from which colour to which: --believed DIR --ledger FILE, and at the first look --new-ledger --root DIGEST（名单变更须先算出再签名）";

/// What is said to somebody who signs without a word of whose repository it is.
const UNPINNED: &str = "! 未核对首个根 WHOSE REPOSITORY THIS IS WAS NOT COMPARED: --root takes the SHA-256 of its 1.root.json that was written down when the roots were signed";

fn digest(text: &str) -> Result<[u8; 32], String> {
    gate_core::json::hex(text).ok_or_else(|| "64 lower-case hexadecimal digits, as sha256sum prints".into())
}

/// The line that machines watch for comes first; the words for people follow it.
fn for_people(refused: NotAutomatic, ledger: &Path) -> anyhow::Error {
    eprintln!("gate-sign: REJECTED code={} ledger={}", refused.code(), ledger.display());
    anyhow::Error::from(refused).context(
        "not signed: two people must, one of each authority, each after reading it (repo sign without --rules)（自动签名拒绝，须两个机构各一人看过后签名）",
    )
}
