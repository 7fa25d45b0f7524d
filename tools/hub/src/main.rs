//! `gate-hub`: the hub's command. Only wires.

mod cli;
mod configured;
mod desk;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use base64ct::{Base64UrlUnpadded, Encoding};
use clap::Parser;
use cli::{Cli, Command, Serve, Words};
use gate_core::json;
use gate_hub::Hub;
use gate_hub::acknowledge::Acknowledger;
use gate_hub::beside;
use gate_hub::files::Folder;
use gate_hub::listen::{Limits, serve};
use gate_hub::metrics::{Metrics, door};
use gate_hub::pages::sessions::Sessions;
use gate_hub::store::intake::Quota;
use gate_hub::store::{Readers, records};
use gate_hub::tls::{Pair, acceptor, own};
use gate_hub::writer::Writer;
use gate_proof::ed25519::SigningKey;
use gate_wire::cose::Kid;

fn main() -> ExitCode {
    match execute(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("gate-hub: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn execute(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(serve) => serve.run()?,
        Command::Take(take) => return take.run(),
        Command::Publish { data, from, by } => desk::publish(&data, from.as_deref(), &by)?,
        Command::Invite { data, terminal, hours, by } => desk::invite(&data, &terminal, hours, &by)?,
        Command::Enrol { data, terminal, device, record, by } => {
            desk::enrol(&data, &terminal, (&device, &record), &by)?;
        }
        Command::Revoke { data, terminal, line: true, by } => desk::revoke_lines(&data, &terminal, &by)?,
        Command::Revoke { data, terminal, line: false, by } => desk::revoke(&data, &terminal, &by)?,
        Command::Person { data, name, remove: true, by, .. } => desk::remove(&data, &name, &by)?,
        Command::Person { data, name, role, by, .. } => desk::person(&data, &name, &role, &by)?,
        Command::Terminals(data) => desk::list(&data)?,
        Command::Audit { data, within, who } => desk::audit_log(&data, &within, who.as_deref())?,
        Command::Alarms { data, within, terminal } => desk::alarms(&data, &within, terminal)?,
        Command::Doubts(data) => desk::doubts(&data)?,
        Command::SettleDoubt(settle) => settle.run()?,
        Command::ReopenDoubt(reopen) => reopen.run()?,
        Command::Gaps(data) => desk::gaps(&data)?,
        Command::AcceptGap { data, terminal, journal, through, by } => {
            desk::accept_gap(&data, &terminal, (&journal, through), &by)?;
        }
        Command::Records { data, terminal, out, by } => desk::records(&data, &terminal, &out, &by)?,
        Command::Strike { data, terminal, day, by } => desk::strike(&data, &terminal, day, &by)?,
        Command::Restored { data, by } => desk::restored(&data, &by)?,
    }
    Ok(ExitCode::SUCCESS)
}

impl Serve {
    fn run(self) -> anyhow::Result<()> {
        let folder = self.data.folder()?;
        let store = self.data.store(&folder)?;
        let metrics = Arc::new(Metrics::default());
        let writer = Writer::start(store.clone(), Arc::clone(&metrics), self.queue)?;
        let readers = Readers::new(store);
        is_the_newest(&folder, readers.read(records::epoch)?)?;
        let repositories = self.data.repositories(&folder)?;
        let acknowledger = self.words.acknowledger(&folder)?;
        let tls = acceptor(&self.pair(&folder)?)?;
        let quota = self.limit.quota();
        let (sessions, look) = (Sessions::default(), tokio::sync::Mutex::default());
        let room = tokio::sync::Semaphore::new(self.queue);
        let hub = Arc::new(Hub {
            folder,
            writer,
            readers,
            acknowledger,
            sessions,
            quota,
            repositories,
            metrics,
            look,
            room,
        });
        let limits = Limits { each: self.each, ..Limits::default() };
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.max_blocking_threads(beside::THREADS).enable_all().build()?;
        runtime.block_on(async {
            let listener =
                tokio::net::TcpListener::bind(self.listen).await.with_context(|| self.listen.to_string())?;
            if let Some(at) = self.metrics {
                let collectors = door::listen(at).await?;
                println!("metrics at http://{}/metrics", collectors.local_addr()?);
                tokio::spawn(door::serve(Arc::clone(&hub), collectors));
            }
            println!("listening at https://{}", listener.local_addr()?);
            tokio::select! {
                ended = serve(Arc::clone(&hub), listener, tls, limits) => ended.map_err(Into::into),
                // Whoever started this program starts it again.
                () = hub.writer.ended() => bail!("the thread that writes has ended: nothing would be taken any more"),
            }
        })
    }

    fn pair(&self, folder: &Folder) -> anyhow::Result<Pair> {
        if let Some([certificate, key]) = self.tls.as_deref() {
            return Ok(Pair { certificate: certificate.clone(), key: key.clone() });
        }
        let (pair, authority) = own(folder, &self.name)?;
        println!("terminals believe {}", authority.display());
        Ok(pair)
    }
}

/// A database that is older than what was noted beside it was put back from a copy, and nobody has said so.
fn is_the_newest(folder: &Folder, epoch: u32) -> anyhow::Result<()> {
    let noted = folder.epoch()?;
    ensure!(noted <= epoch, "the database was put back from an old copy: `gate-hub restored` first");
    Ok(())
}

impl Words {
    fn acknowledger(&self, folder: &Folder) -> anyhow::Result<Option<Acknowledger>> {
        let seed = folder.secret("acknowledge.key")?;
        let Some(kid) = &self.acknowledges_as else {
            let key = SigningKey::from_seed(&seed).public_key();
            let key = Base64UrlUnpadded::encode_string(key.as_bytes());
            println!(
                "nothing is acknowledged yet: the key set must name this hub's key, then --acknowledges-as"
            );
            println!("at the desk: gate-sign keyset add --holder hub --public-key {key}");
            return Ok(None);
        };
        let kid =
            json::hex(kid).map(Kid).context("--acknowledges-as takes 8 lower-case hexadecimal digits")?;
        Ok(Some(Acknowledger::new(&seed, kid)))
    }
}

impl cli::Limit {
    fn quota(&self) -> Quota {
        Quota { bytes: self.day_mib << 20, journals: self.day_journals }
    }
}
