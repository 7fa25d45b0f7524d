//! `gate-sign repo`: the two repositories, drafted here, signed wherever the keys live, published into a folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::{Args, Subcommand, ValueEnum};
use gate_core::query::TerminalNumber;
use gate_proof::ed25519::{PublicKey, SigningKey};
use gate_proof::seal::SealingKey;
use gate_signing::desk::repository::{StatusOrder, TrustOrder};
use gate_signing::officers::key_file;
use gate_signing::register::public_key;
use gate_signing::repo::automatic::{SECOND_DRAFT, Shown};
use gate_signing::repo::{Lives, Repo, RoleSigners, RootOrder};
use gate_tuf::{KeyEntry, Role};
use gate_wire::time::Timestamp;

use crate::access::AccessArguments;
use crate::args::{DeskArguments, life, randomness, system_time, time};
use crate::automatic::Look;
use crate::confirm::{self, Confirm};
use crate::list_words::{self, Old};

/// A province's terminals, with room.
const TERMINALS_MOST_BYTES: u64 = 2 << 20;

/// See the help texts.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Draft a repository's first root: whose keys sign what, and how many of them
    New(Rooted),
    /// Draft the next root: other keys, other thresholds, a later end. Old and new keys sign it
    Rotate(Rooted),
    /// Draft the next generation of everything in `trust`, from the desk
    DraftTrust(DraftTrust),
    /// Draft what `status` offers: a base and its deltas, from the desk
    DraftStatus(DraftStatus),
    /// Read the drafts aloud, with the signatures so far
    Show(Show),
    /// Sign the drafts that wait for this key, where the key lives
    Sign(Sign),
    /// Take over the signatures of a copy of a draft that was signed elsewhere
    Join(Join),
    /// Give what is signed a snapshot and a timestamp, try it as a terminal does, and put it into a folder
    Publish(Publish),
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Placed {
    /// The repository's folder
    #[arg(long, value_name = "DIR")]
    repo: PathBuf,
    /// The time to work at instead of the system's, RFC 3339
    #[arg(long, value_name = "TIME", value_parser = time)]
    now: Option<Timestamp>,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Rooted {
    #[command(flatten)]
    at: Placed,
    /// A root key's public half, as `officer new` printed it; three or more
    #[arg(long, value_name = "X", value_parser = key, allow_hyphen_values = true, required = true)]
    root: Vec<PublicKey>,
    /// A targets key; two or more, of different authorities
    #[arg(long, value_name = "X", value_parser = key, allow_hyphen_values = true, required = true)]
    targets: Vec<PublicKey>,
    /// The snapshot key
    #[arg(long, value_name = "X", value_parser = key, allow_hyphen_values = true)]
    snapshot: PublicKey,
    /// The timestamp key
    #[arg(long, value_name = "X", value_parser = key, allow_hyphen_values = true)]
    timestamp: PublicKey,
    /// How many root keys must sign
    #[arg(long, value_name = "N", default_value_t = 2)]
    root_threshold: u32,
    /// How many targets keys must sign
    #[arg(long, value_name = "N", default_value_t = 2)]
    targets_threshold: u32,
    /// For how long the root is good
    #[arg(long, value_name = "LIFE", value_parser = life, default_value = "365d")]
    life: u32,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct DraftTrust {
    #[command(flatten)]
    desk: DeskArguments,
    /// The repository's folder
    #[arg(long, value_name = "DIR")]
    repo: PathBuf,
    /// A file with a line NUMBER,KEY for each terminal, KEY as `gate enrol` printed it
    #[arg(long, value_name = "FILE")]
    terminals: PathBuf,
    /// A status list whose keys terminals need, as often as there are; without it the one last built at this desk
    #[arg(long, value_name = "FILE")]
    status: Vec<PathBuf>,
    /// For how long the draft is good once it is published
    #[arg(long, value_name = "LIFE", value_parser = life, default_value = "90d")]
    life: u32,
    #[command(flatten)]
    confirm: Confirm,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct DraftStatus {
    #[command(flatten)]
    desk: DeskArguments,
    /// The repository's folder
    #[arg(long, value_name = "DIR")]
    repo: PathBuf,
    /// The base; without it the one last built at this desk
    #[arg(long, value_name = "FILE")]
    status: Option<PathBuf>,
    /// A delta, as often as there are: those of before that are not named are offered no more
    #[arg(long, value_name = "FILE")]
    delta: Vec<PathBuf>,
    /// For how long the draft is good once it is published
    #[arg(long, value_name = "LIFE", value_parser = life, default_value = "30d")]
    life: u32,
    #[command(flatten)]
    confirm: Confirm,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Show {
    #[command(flatten)]
    at: Placed,
    #[command(flatten)]
    look: Look,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Sign {
    #[command(flatten)]
    at: Placed,
    #[command(flatten)]
    look: Look,
    /// Sign without a person, by this authority's own rules: small changes of the list alone
    #[arg(long, value_name = "FILE", requires = "believed")]
    rules: Option<PathBuf>,
    /// Sign although not everything was computed, or another draft of this version was signed: the word that says so (totals-only, uncounted,
    /// second-draft), as often as there are; asked for at a terminal
    #[arg(long, value_name = "WORD", conflicts_with = "rules")]
    knowing: Vec<String>,
    /// The key file, as `officer new` made it
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    #[command(flatten)]
    access: AccessArguments,
    #[command(flatten)]
    confirm: Confirm,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Join {
    #[command(flatten)]
    at: Placed,
    /// Which draft
    #[arg(long)]
    role: Drafted,
    /// The copy
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Publish {
    #[command(flatten)]
    at: Placed,
    /// The snapshot key's file
    #[arg(long, value_name = "FILE")]
    snapshot_key: PathBuf,
    /// The timestamp key's file; one passphrase opens both
    #[arg(long, value_name = "FILE")]
    timestamp_key: PathBuf,
    /// For how long the snapshot is good
    #[arg(long, value_name = "LIFE", value_parser = life, default_value = "30d")]
    snapshot_life: u32,
    /// For how long the timestamp is good: after that a terminal refuses what a carrier brings
    #[arg(long, value_name = "LIFE", value_parser = life, default_value = "7d")]
    timestamp_life: u32,
    /// The folder that carriers take it from: `OUT/trust` or `OUT/status`, as a spool has them
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    access: AccessArguments,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Drafted {
    Root,
    Targets,
}

impl Command {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Command::New(rooted) => {
                rooted.at.repo().init(&rooted.order()?)?;
                rooted.at.show()
            }
            Command::Rotate(rooted) => {
                rooted.at.repo().rotate_root(&rooted.order()?)?;
                rooted.at.show()
            }
            Command::DraftTrust(arguments) => arguments.run(),
            Command::DraftStatus(arguments) => arguments.run(),
            Command::Show(Show { at, look }) => {
                at.show()?;
                look.words(&at.repo(), at.now()?)?.iter().for_each(|line| println!("{line}"));
                Ok(())
            }
            Command::Sign(arguments) => arguments.run(),
            Command::Join(arguments) => arguments.run(),
            Command::Publish(arguments) => arguments.run(),
        }
    }
}

impl Placed {
    fn repo(&self) -> Repo {
        Repo::at(&self.repo)
    }

    fn now(&self) -> anyhow::Result<Timestamp> {
        self.now.map_or_else(system_time, Ok)
    }

    fn show(&self) -> anyhow::Result<()> {
        show(&self.repo())
    }
}

fn show(repo: &Repo) -> anyhow::Result<()> {
    let lines = repo.in_words()?;
    if lines.is_empty() {
        println!("nothing waits for signatures");
    }
    lines.iter().for_each(|line| println!("{line}"));
    Ok(())
}

impl Rooted {
    fn order(&self) -> anyhow::Result<RootOrder> {
        let signers = |keys: &[PublicKey], threshold| RoleSigners {
            keys: keys.iter().map(KeyEntry::of).collect(),
            threshold,
        };
        let roles = BTreeMap::from([
            (Role::Root, signers(&self.root, self.root_threshold)),
            (Role::Targets, signers(&self.targets, self.targets_threshold)),
            (Role::Snapshot, signers(std::slice::from_ref(&self.snapshot), 1)),
            (Role::Timestamp, signers(std::slice::from_ref(&self.timestamp), 1)),
        ]);
        Ok(RootOrder { roles, expires: self.at.now()?.plus(self.life.into()) })
    }
}

impl DraftTrust {
    fn run(self) -> anyhow::Result<()> {
        let (mut desk, now) = (self.desk.open()?, self.desk.now()?);
        let devices = terminals(&self.terminals)?;
        let built = desk.status_file();
        let lists = match self.status.is_empty() && built.exists() {
            true => vec![built],
            false => self.status,
        };
        let lists: Vec<&Path> = lists.iter().map(PathBuf::as_path).collect();
        let repo = Repo::at(&self.repo);
        let reached = repo.surely_reached(now)?;
        let waiting: Vec<String> = list_words::signed_trust(&repo).into_iter().collect();
        self.confirm.ask(&[desk.review()?.lines(), desk.leaving(reached)?, waiting].concat())?;
        let expires = now.plus(self.life.into());
        let order = TrustOrder { now, expires, devices: &devices, lists: &lists };
        let drafted = desk.draft_trust(&repo, &order, &mut randomness())?;
        if let Some(fault) = &drafted.day_keys_missing {
            eprintln!("gate-sign: drafted, but no day keys were made: {fault}");
        }
        show(&repo)
    }
}

impl DraftStatus {
    fn run(self) -> anyhow::Result<()> {
        let (mut desk, now) = (self.desk.open()?, self.desk.now()?);
        let base = match self.status {
            Some(named) => named,
            None => desk.list_at_hand()?.unwrap_or_else(|| desk.status_file()),
        };
        let expires = now.plus(self.life.into());
        let repo = Repo::at(&self.repo);
        let planned = desk.plan_status(StatusOrder { expires, base: &base, deltas: &self.delta })?;
        let last = desk.published_list().map(Old::Counted);
        let words = list_words::between(last.as_ref(), planned.list());
        let words = words.and(list_words::doubts(planned.doubts()));
        words.and(list_words::signed_draft(&repo)).ask(&self.confirm)?;
        desk.draft_status(&repo, planned)?;
        show(&repo)
    }
}

impl Sign {
    fn run(self) -> anyhow::Result<()> {
        let repo = self.at.repo();
        let key = key_file::open(&self.key, self.access.prompt_of_holder().as_ref())?;
        let entry = KeyEntry::of(&key.public_key());
        let waiting = repo.waits_for(&entry)?;
        if self.rules.is_some() && waiting.is_empty() {
            // Who signs by a timer finds nothing most times.
            println!("no draft waits for this key");
            return Ok(());
        }
        ensure!(!waiting.is_empty(), "no draft waits for this key");
        if let Some(rules) = &self.rules {
            let by = |message: &[u8]| Ok(key.sign(message)?);
            let signed = self.look.sign(rules, (&repo, self.at.now()?), (&entry, &by))?;
            println!("{}: {} signatures", signed.role.name(), signed.signatures);
            return Ok(());
        }
        let seen = waiting.iter().map(|role| repo.see(*role)).collect::<Result<Vec<_>, _>>()?;
        let shown = match waiting.contains(&Role::Targets) {
            true => self.look.shown(&repo, self.at.now()?)?,
            false => None,
        };
        let computed = shown.as_ref().map(|shown| shown.words.clone()).unwrap_or_default();
        let drafted = seen.iter().flat_map(|seen| seen.words.clone()).collect();
        self.confirm.ask(&[self.look.whose(&repo)?, drafted, computed].concat())?;
        self.type_words(shown.as_ref())?;
        let by = |message: &[u8]| Ok(key.sign(message)?);
        for seen in &seen {
            let signed = match &shown {
                Some(shown) if seen.role == Role::Targets => {
                    self.look.sign_shown(shown, (&repo, seen), (&entry, &by))?
                }
                _ => seen.sign(&repo, (&entry, &by))?,
            };
            println!("{}: {} signatures", seen.role.name(), signed.signatures);
        }
        Ok(())
    }

    /// What a yes does not stand for.
    fn type_words(&self, shown: Option<&Shown>) -> anyhow::Result<()> {
        let Some(shown) = shown else { return Ok(()) };
        let lack = shown.lack.map(|lack| (lack.word(), "not everything was computed（未全部算出）"));
        let conflict =
            shown.conflict.then_some((SECOND_DRAFT, "another draft was signed before（已签过另一份）"));
        for (word, why) in lack.into_iter().chain(conflict) {
            confirm::typed((word, why), &self.knowing)?;
        }
        Ok(())
    }
}

impl Join {
    fn run(self) -> anyhow::Result<()> {
        let role = match self.role {
            Drafted::Root => Role::Root,
            Drafted::Targets => Role::Targets,
        };
        let copy = std::fs::read(&self.from).with_context(|| self.from.display().to_string())?;
        let signed = self.at.repo().assemble(role, &copy)?;
        println!("{}: {} signatures", role.name(), signed.signatures);
        Ok(())
    }
}

impl Publish {
    fn run(self) -> anyhow::Result<()> {
        let (repo, prompt) = (self.at.repo(), self.access.prompt_of_holder());
        let open = |file: &Path| -> anyhow::Result<(KeyEntry, SigningKey)> {
            let key = key_file::open(file, prompt.as_ref())?;
            Ok((KeyEntry::of(&key.public_key()), key))
        };
        let (snapshot, timestamp) = (open(&self.snapshot_key)?, open(&self.timestamp_key)?);
        let lives = Lives {
            now: self.at.now()?,
            snapshot_s: self.snapshot_life.into(),
            timestamp_s: self.timestamp_life.into(),
        };
        let (by_snapshot, by_timestamp) =
            (|message: &[u8]| Ok(snapshot.1.sign(message)?), |message: &[u8]| Ok(timestamp.1.sign(message)?));
        repo.admit_out(&self.out)?;
        repo.foretells_nothing(lives.now)?;
        if let Some(shared) = repo.shared_key() {
            eprintln!(
                "gate-sign: ! {shared}. Published all the same, since terminals believe these keys already: rotate one of the two (repo rotate)"
            );
        }
        let published = repo.publish([(&snapshot.0, &by_snapshot), (&timestamp.0, &by_timestamp)], &lives)?;
        repo.mirror(&self.out)?;
        let [root, targets, snapshot, timestamp] = published.versions;
        println!(
            "published: root {root}, targets {targets}, snapshot {snapshot}, timestamp {timestamp} in {}",
            self.out.display()
        );
        Ok(())
    }
}

/// `NUMBER,KEY` a line.
fn terminals(file: &Path) -> anyhow::Result<Vec<(TerminalNumber, SealingKey)>> {
    let length = std::fs::metadata(file).with_context(|| file.display().to_string())?.len();
    ensure!(length <= TERMINALS_MOST_BYTES, "{}: longer than {TERMINALS_MOST_BYTES} bytes", file.display());
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let mut devices: Vec<(TerminalNumber, SealingKey)> = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let device = terminal(line).with_context(|| format!("{}:{}", file.display(), at + 1))?;
        if devices.iter().any(|(known, _)| *known == device.0) {
            bail!("{}:{}: terminal {} stands there twice", file.display(), at + 1, device.0.value());
        }
        devices.push(device);
    }
    Ok(devices)
}

fn terminal(line: &str) -> anyhow::Result<(TerminalNumber, SealingKey)> {
    let (number, key) = line.trim().split_once(',').context("a line is NUMBER,KEY")?;
    let number = TerminalNumber::new(number.trim().parse()?).context("a number is 0 to 131071")?;
    let key = gate_core::json::hex(key.trim()).context("a key is 64 lower-case hexadecimal digits")?;
    Ok((number, SealingKey::admit(&key)?))
}

fn key(text: &str) -> Result<PublicKey, String> {
    public_key(text).ok_or_else(|| "43 letters of base64url, as `officer new` printed it".into())
}
