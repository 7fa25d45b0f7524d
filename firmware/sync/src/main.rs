//! `gate-sync`: the network carrier's command. Only wires.

use std::fmt::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use gate_core::enrolment::Came;
use gate_sync::held::Held;
use gate_sync::invited::Invited;
use gate_sync::mirror::Place;
use gate_sync::rhythm::{Past, draw};
use gate_sync::rounds::{Went, caught, keep_on};
use gate_sync::{Config, Identity, Line, Round, Sender, Sent, Spool, mirror};
use gate_tuf::Repository;

/// 天府闸机 Tianfu Gate: the network carrier.
///
/// Fetches what this terminal needs from its hub into the spool, and brings sealed records there. What it fetches is
/// believed by nobody until `gate-trust` verified it.
#[derive(Parser)]
#[command(name = "gate-sync", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fetch and send, again and again; the two know nothing of each other
    Run(With),
    /// Fetch and send, once. Ends with 1 if something did not come or go
    Once(With),
    /// Bring what `gate ask` asks to the hub: this terminal and this line are known to it then. Ends with 1 if they are not
    Enrol(With),
}

#[derive(Args)]
struct With {
    /// The carrier's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

fn main() -> ExitCode {
    match execute(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("gate-sync: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn execute(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Once(with) => Carrier::open(&with)?.once(),
        Command::Run(with) => Carrier::open(&with)?.run(),
        Command::Enrol(with) => Carrier::open(&with)?.enrol(),
    }
}

struct Carrier {
    config: Config,
    repository: Line,
    hub: Line,
    identity: Identity,
    spool: Spool,
}

impl Carrier {
    fn open(with: &With) -> anyhow::Result<Carrier> {
        let config = Config::read(&with.config)?;
        let spool = Spool::open(&config.spool, config.spool_mib << 20)?;
        let identity = Identity::open(&config.state, config.terminal)?;
        Ok(Carrier { repository: config.repository()?, hub: config.hub()?, identity, spool, config })
    }

    fn enrol(&self) -> anyhow::Result<ExitCode> {
        let mut invited = Invited::default();
        let came = invited.round(&self.hub, &self.identity, &self.spool);
        let came = came.context("nothing is asked: `gate ask` asks with the hub's code")?;
        println!("{}", in_words(came, &invited));
        Ok(if came == Came::Enrolled { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }

    fn once(&self) -> anyhow::Result<ExitCode> {
        let mut invited = Invited::default();
        if let Some(came) = invited.round(&self.hub, &self.identity, &self.spool) {
            println!("{}", in_words(came, &invited));
        }
        let mut whole = true;
        for repository in Repository::ALL {
            whole &= self.fetch_whole(repository);
        }
        let sent = Sender::default().round(&self.hub, &self.identity, &self.spool);
        print!("{}", sent_in_words(&sent));
        Ok(if whole && sent.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }

    /// Rounds until everything is there, or something does not come.
    fn fetch_whole(&self, repository: Repository) -> bool {
        loop {
            let round = self.fetch(repository);
            print!("{}", round.in_words(repository));
            if round.is_whole() || !round.faults.is_empty() {
                return round.is_whole();
            }
        }
    }

    /// Four loops, each with its own rhythm and failures: a base that takes days holds back no key set.
    fn run(&self) -> anyhow::Result<ExitCode> {
        let past = self.past();
        let begin = move || thread::sleep(self.config.pace.rhythm().beginning(past, draw()));
        thread::scope(|scope| {
            for repository in Repository::ALL {
                scope.spawn(move || {
                    begin();
                    self.fetch_on(repository);
                });
            }
            scope.spawn(|| self.enrol_on());
            begin();
            self.send_on();
        });
        Ok(ExitCode::SUCCESS)
    }

    fn past(&self) -> Past {
        let fetched = |repository: Repository| {
            let metadata = self.spool.names(&format!("{}/metadata", repository.name()));
            metadata.iter().any(|name| name == "timestamp.json")
        };
        if Repository::ALL.into_iter().any(fetched) { Past::Fetched } else { Past::None }
    }

    fn fetch(&self, repository: Repository) -> Round {
        let held = Held::read(&self.config.report);
        let place = Place { spool: &self.spool, held: &held, terminal: self.config.terminal };
        mirror(&self.repository, place, repository)
    }

    fn fetch_on(&self, repository: Repository) {
        let round = || {
            let round = self.fetch(repository);
            if round.files > 0 || !round.faults.is_empty() {
                eprint!("{}", round.in_words(repository));
            }
            went(round.faults.is_empty(), round.more, round.asked())
        };
        keep_on(repository.name(), self.config.pace.rhythm(), round, rest);
    }

    /// Somebody stands before the terminal and waits for it.
    fn enrol_on(&self) {
        let (mut invited, mut panics) = (Invited::default(), 0_u32);
        loop {
            let came = caught("enrolment", || invited.round(&self.hub, &self.identity, &self.spool));
            panics = if came.is_some() { 0 } else { panics.saturating_add(1) };
            if let Some(came) = came.flatten() {
                eprintln!("{}", in_words(came, &invited));
            }
            thread::sleep(match panics {
                0 => invited.pause(draw()),
                _ => self.config.pace.rhythm().pause(panics, None, draw()),
            });
        }
    }

    fn send_on(&self) {
        let mut kept = Sender::default();
        let round = || {
            // One that panics leaves none behind: what was sent is sent again, and is one to the hub.
            let mut sender = std::mem::take(&mut kept);
            let sent = sender.round(&self.hub, &self.identity, &self.spool);
            kept = sender;
            if sent.batches + sent.acknowledgements > 0 || !sent.faults.is_empty() {
                eprint!("{}", sent_in_words(&sent));
            }
            went(sent.faults.is_empty(), sent.more, sent.asked())
        };
        keep_on("records", self.config.pace.rhythm(), round, rest);
    }
}

fn went(is_well: bool, more: bool, asked: Option<Duration>) -> Went {
    match (is_well, more) {
        (true, true) => Went::More,
        (true, false) => Went::Well,
        (false, _) => Went::Badly(asked),
    }
}

fn rest(pause: Duration) -> ControlFlow<()> {
    thread::sleep(pause);
    ControlFlow::Continue(())
}

fn in_words(came: Came, invited: &Invited) -> String {
    let words = match came {
        Came::NoLine => "登记 enrolment: 连不上中心 no line to the hub",
        Came::Enrolled => "登记 enrolment: 已登记 enrolled",
        Came::Unknown => "登记 enrolment: 登记码不对 the hub does not know this code, or a key was revoked",
        Came::Ended => "登记 enrolment: 登记码已过期 the code has expired",
        Came::Used => "登记 enrolment: 登记码已用过 the code was used with other keys",
        Came::Refused => "登记 enrolment: 中心未接受 the hub refuses",
    };
    match invited.fault() {
        Some(fault) => format!("{words}: {fault}"),
        None => words.to_owned(),
    }
}

fn sent_in_words(sent: &Sent) -> String {
    let (batches, acknowledgements) = (sent.batches, sent.acknowledgements);
    let mut text =
        format!("records: 上传 {batches} 批 batches sent, {acknowledgements} 个新回执 acknowledgements\n");
    for (name, fault) in &sent.faults {
        let _ = writeln!(text, "    未完成 not done: {name}: {fault}");
    }
    text
}
