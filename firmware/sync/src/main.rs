//! `gate-sync`: the network carrier's command. Only wires.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use gate_core::enrolment::Came;
use gate_sync::held::Held;
use gate_sync::invited::Invited;
use gate_sync::mirror::Place;
use gate_sync::rhythm::{Past, draw};
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
            self.send_on()
        })
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
        let (rhythm, mut failures) = (self.config.pace.rhythm(), 0_u32);
        loop {
            let round = self.fetch(repository);
            if round.files > 0 || !round.faults.is_empty() {
                eprint!("{}", round.in_words(repository));
            }
            failures = if round.faults.is_empty() { 0 } else { failures.saturating_add(1) };
            if failures > 0 || !round.more {
                thread::sleep(rhythm.pause(failures, round.asked(), draw()));
            }
        }
    }

    /// Somebody stands before the terminal and waits for it.
    fn enrol_on(&self) {
        let mut invited = Invited::default();
        loop {
            if let Some(came) = invited.round(&self.hub, &self.identity, &self.spool) {
                eprintln!("{}", in_words(came, &invited));
            }
            thread::sleep(invited.pause(draw()));
        }
    }

    fn send_on(&self) -> ! {
        let (rhythm, mut failures, mut sender) = (self.config.pace.rhythm(), 0_u32, Sender::default());
        loop {
            let sent = sender.round(&self.hub, &self.identity, &self.spool);
            if sent.batches + sent.acknowledgements > 0 || !sent.faults.is_empty() {
                eprint!("{}", sent_in_words(&sent));
            }
            failures = if sent.faults.is_empty() { 0 } else { failures.saturating_add(1) };
            if failures > 0 || !sent.more {
                thread::sleep(rhythm.pause(failures, sent.asked(), draw()));
            }
        }
    }
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
