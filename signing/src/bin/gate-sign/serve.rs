//! `gate-sign serve` and `gate-sign operator`: the screen-code service, and who may ask it.
//! Promises: a token is printed once, alone on standard output; everything else goes to the error output.
//! Must not know: how a code is made.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use clap::{Args, Subcommand};
use gate_core::keyset::Force;
use gate_signing::custody::{Asked, CustodyFault, Prompt};
use gate_signing::desk::access::Access;
use gate_signing::desk::{DEMO_WARNING, Desk, STATUS_FILE};
use gate_signing::key_name::KeyName;
use gate_signing::log::entry::{Entry, Operation, Operator};
use gate_signing::serve::{
    Allowance, Cap, Limits, OperatorId, Operators, Server, Service, Settings, Sources, Stop, SystemClock, Tls,
};
use gate_wire::cose::Kid;
use gate_wire::credential::Kind;
use gate_wire::time::Timestamp;
use rand_core::Rng;
use zeroize::Zeroizing;

use crate::access::AccessArguments;
use crate::args::{DeskArguments, kid, life, randomness, shown};

/// See the help texts.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The desk's directory
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Where to listen; other than this machine's own addresses only with --tls
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8460")]
    listen: SocketAddr,
    /// PEM files: the certificate's chain, and its key (mode 0600)
    #[arg(long, value_name = "CERT,KEY", num_args = 1, value_delimiter = ',')]
    tls: Vec<PathBuf>,
    /// The file of operators: see `gate-sign operator`
    #[arg(long, value_name = "FILE")]
    operators: PathBuf,
    /// The status list; else the desk's own. It must be the one that is published, before it is published
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// A directory of further deltas to it (*.tfd), taken in the order of their names; those made at the desk are taken without it
    #[arg(long, value_name = "DIR")]
    deltas: Option<PathBuf>,
    /// The oldest list that a code is stated from: 5m to 7d
    #[arg(long, value_parser = life, default_value = "26h")]
    list_age: u32,
    /// How long a phone page may refresh itself: 15m to 12h
    #[arg(long, value_parser = life, default_value = "2h")]
    session: u32,
    /// Phone pages at once
    #[arg(long, default_value_t = 200_000)]
    sessions: usize,
    /// Connections at once
    #[arg(long, default_value_t = 512)]
    connections: usize,
    #[command(flatten)]
    access: AccessArguments,
}

impl Arguments {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        ensure!((300..=7 * 86_400).contains(&self.list_age), "--list-age lies between 5m and 7d (DOMAIN §2)");
        ensure!((900..=43_200).contains(&self.session), "--session lies between 15m and 12h");
        ensure!((1..=65_536).contains(&self.connections), "--connections lies between 1 and 65536");
        let tls = match self.tls.as_slice() {
            [] => None,
            [certificates, key] => Some(Tls::load(certificates, key)?),
            _ => bail!("--tls takes CERT,KEY"),
        };
        let (access, first) = self.access()?;
        if first.is_plain() {
            eprint!("{DEMO_WARNING}");
        }
        let mut seed = [0; 32];
        randomness().fill_bytes(&mut seed);
        let service = Arc::new(Service::new(self.settings(), access, Box::new(SystemClock::new()), seed));
        if let Err(refusal) = service.health() {
            eprintln!("gate-sign: no codes yet: {} ({})", refusal.told().en, refusal.code());
        }
        let limits = Limits { connections: self.connections, ..Limits::default() };
        let server = Server::bind(service, self.listen, tls, limits)?;
        eprintln!("gate-sign: listening on {}", server.address()?);
        server.run(Stop::BySignal)?;
        eprintln!("gate-sign: stopped");
        Ok(())
    }

    /// Opened once before listening: a wrong passphrase is told now, and asked for once.
    fn access(&self) -> anyhow::Result<(Access, Desk)> {
        let given = self.access.access()?;
        let prompt =
            Arc::new(Remembered { behind: given.prompt, answers: std::sync::Mutex::new(Vec::new()) });
        let access = Access { prompt, ..given };
        let desk = Desk::open_beside(&self.dir, &access)?;
        Ok((access, desk))
    }

    fn settings(&self) -> Settings {
        Settings {
            sources: Sources {
                desk: self.dir.clone(),
                list: self.list.clone().unwrap_or_else(|| self.dir.join(STATUS_FILE)),
                deltas: self.deltas.clone(),
                list_age_most_s: u64::from(self.list_age),
            },
            operators: self.operators.clone(),
            session_s: u64::from(self.session),
            sessions_most: self.sessions,
            say: |line| eprintln!("gate-sign: {line}"),
        }
    }
}

/// Asks once: a service opens the desk again whenever its state changed, and nobody is there then.
struct Remembered {
    behind: Arc<dyn Prompt>,
    answers: std::sync::Mutex<Vec<(Asked, Zeroizing<String>)>>,
}

impl Prompt for Remembered {
    fn ask(&self, asked: Asked) -> Result<Zeroizing<String>, CustodyFault> {
        let mut answers = self.answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((_, answer)) = answers.iter().find(|(before, _)| *before == asked) {
            return Ok(answer.clone());
        }
        let answer = self.behind.ask(asked)?;
        answers.push((asked, answer.clone()));
        Ok(answer)
    }
}

/// See the help texts.
#[derive(Subcommand)]
pub(crate) enum OperatorCommand {
    /// Admit an operator; prints its token, once
    Add(Add),
    /// Who there is
    List(File),
    /// A new token; the old one ends after a time of grace
    Rotate(Rotate),
    /// End an operator, its tokens and its phone pages
    Revoke(One),
}

/// The file.
#[derive(Args)]
pub(crate) struct File {
    /// The file of operators
    #[arg(long, value_name = "FILE")]
    operators: PathBuf,
}

/// One of it, and the desk whose codes it may ask for: its log is told of every change.
#[derive(Args)]
pub(crate) struct One {
    #[command(flatten)]
    file: File,
    #[command(flatten)]
    desk: DeskArguments,
    /// 2 to 32 of a-z 0-9 -, beginning with a letter
    #[arg(long, value_parser = operator_id)]
    name: OperatorId,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Add {
    #[command(flatten)]
    one: One,
    /// An issuer it may use; the first is used where a request names none
    #[arg(long, value_parser = kid, required = true)]
    kid: Vec<Kid>,
    /// Codes a minute
    #[arg(long, default_value_t = 600)]
    per_minute: u32,
    /// Codes at once
    #[arg(long, default_value_t = 50)]
    burst: u32,
    /// How long its token is good
    #[arg(long, value_parser = life, default_value = "365d")]
    life: u32,
}

/// See the help texts.
#[derive(Args)]
pub(crate) struct Rotate {
    #[command(flatten)]
    one: One,
    /// How long the old token goes on
    #[arg(long, value_parser = life, default_value = "1h")]
    grace: u32,
    /// How long the new one is good
    #[arg(long, value_parser = life, default_value = "365d")]
    life: u32,
}

impl OperatorCommand {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            OperatorCommand::Add(add) => add.run(),
            OperatorCommand::List(file) => list(&Operators::load(&file.operators)?),
            OperatorCommand::Rotate(rotate) => rotate.run(),
            OperatorCommand::Revoke(one) => {
                let (desk, now) = (one.desk.open()?, one.desk.now()?);
                let mut operators = Operators::load(&one.file.operators)?;
                operators.revoke(&one.name, now)?;
                one.keep(&desk, &operators, None)
            }
        }
    }
}

impl One {
    /// The line first: an operator that the log does not know of is in no file.
    fn keep(&self, desk: &Desk, operators: &Operators, issuer: Option<Kid>) -> anyhow::Result<()> {
        let platform = Operator::parse(self.name.as_str());
        desk.log().note(&Entry {
            key: issuer.map(KeyName::Issuer),
            digest: Some(operators.digest()?),
            platform: platform.as_ref(),
            ..Entry::of(Operation::OperatorChange)
        })?;
        Ok(operators.save(&self.file.operators)?)
    }
}

impl Add {
    fn run(self) -> anyhow::Result<()> {
        let cap = Cap::new(self.per_minute, self.burst).context("--per-minute and --burst: 1 to 600000")?;
        let (desk, now) = (self.one.desk.open()?, self.one.desk.now()?);
        self.kid.iter().try_for_each(|kid| admit_issuer(&desk, *kid, now))?;
        let allowance = Allowance { kinds: vec![Kind::ScreenCode], issuers: self.kid.clone(), cap };
        let mut operators = Operators::load_or_new(&self.one.file.operators)?;
        let until = now.plus(u64::from(self.life));
        let token = operators.add(self.one.name.clone(), allowance, until, &mut randomness())?;
        self.one.keep(&desk, &operators, self.kid.first().copied())?;
        eprintln!("good until {}; it is shown now and never again:", shown(until));
        println!("{}", token.expose());
        Ok(())
    }
}

/// Refuses an issuer that this desk could never give a screen code of.
fn admit_issuer(desk: &Desk, kid: Kid, now: Timestamp) -> anyhow::Result<()> {
    let words = gate_signing::register::kid_in_words(kid);
    let keys = desk.province.key_set()?;
    let key = keys.find(kid).with_context(|| format!("no issuer {words} in this desk's register"))?;
    ensure!(desk.province.holds(KeyName::Issuer(kid)), "the key of {words} is not in custody at this desk");
    ensure!(key.longest_life(Kind::ScreenCode).is_some(), "{words} may not sign screen codes");
    ensure!(key.force_at(now) == Force::InForce, "{words} is not in force now");
    Ok(())
}

impl Rotate {
    fn run(self) -> anyhow::Result<()> {
        let (desk, now) = (self.one.desk.open()?, self.one.desk.now()?);
        let mut operators = Operators::load(&self.one.file.operators)?;
        let (grace, until) = (now.plus(u64::from(self.grace)), now.plus(u64::from(self.life)));
        let token = operators.rotate(&self.one.name, (grace, until), &mut randomness())?;
        self.one.keep(&desk, &operators, None)?;
        eprintln!(
            "the old token ends at {}, the new one at {}; it is shown now and never again:",
            shown(grace),
            shown(until)
        );
        println!("{}", token.expose());
        Ok(())
    }
}

fn list(operators: &Operators) -> anyhow::Result<()> {
    for operator in operators.iter() {
        let Allowance { issuers, cap, .. } = &operator.allowance;
        let issuers: Vec<String> =
            issuers.iter().map(|kid| gate_signing::register::kid_in_words(*kid)).collect();
        let state = match operator.revoked {
            Some(since) => format!("revoked since {}", shown(since)),
            None => format!("until {}", shown(operator.until())),
        };
        let (id, issuers) = (operator.id.as_str(), issuers.join(", "));
        println!("{id}: {issuers}; {} a minute, {} at once; {state}", cap.per_minute(), cap.burst());
    }
    Ok(())
}

fn operator_id(text: &str) -> Result<OperatorId, String> {
    OperatorId::new(text)
        .ok_or_else(|| "2 to 32 of a-z 0-9 -, beginning with a letter, no seven digits in a row".into())
}
