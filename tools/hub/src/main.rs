//! `gate-hub`: the hub's command. Only wires.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use base64ct::{Base64UrlUnpadded, Encoding};
use clap::{Args, Parser, Subcommand};
use gate_core::json;
use gate_core::query::TerminalNumber;
use gate_hub::acknowledge::Acknowledger;
use gate_hub::files::Folder;
use gate_hub::listen::{Limits, serve};
use gate_hub::metrics::Metrics;
use gate_hub::pages::sessions::Sessions;
use gate_hub::store::people;
use gate_hub::store::terminals::{self, Standing};
use gate_hub::store::{self, Readers, records};
use gate_hub::tls::{Pair, acceptor, own};
use gate_hub::writer::Writer;
use gate_hub::{Hub, now};
use gate_proof::ed25519::SigningKey;
use gate_wire::cose::Kid;
use totp_rs::Secret;

/// Letters of a code: none that is taken for another.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// 天府闸机 Tianfu Gate: the hub.
///
/// Serves what the authority published to terminals, and takes their sealed records. It can open none of them.
#[derive(Parser)]
#[command(name = "gate-hub", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve. The first time, make whatever is missing: keys, a certificate, an empty database
    Serve(Serve),
    /// Show a code, once, with which a terminal makes itself known
    Invite {
        #[command(flatten)]
        data: Data,
        /// The terminal's number
        #[arg(long)]
        terminal: u32,
        /// How long the code serves
        #[arg(long, default_value_t = 24)]
        hours: u64,
    },
    /// Take a terminal's keys away: from now on nothing is taken from it
    Revoke {
        #[command(flatten)]
        data: Data,
        /// The terminal's number
        #[arg(long)]
        terminal: u32,
        /// Who does this: for the audit log
        #[arg(long, value_name = "NAME")]
        by: String,
    },
    /// Let a person look at the fleet: shows a passphrase and a secret for one-time codes, once
    Person {
        #[command(flatten)]
        data: Data,
        /// Who
        #[arg(long)]
        name: String,
    },
    /// List the terminals and their device keys, for the desk
    Terminals(Data),
    /// After the database was put back from a copy: say so, before terminals let go what it lost
    Restored(Data),
}

#[derive(Args)]
struct Data {
    /// The hub's folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

#[derive(Args)]
struct Serve {
    #[command(flatten)]
    data: Data,
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// Names of this hub, for the certificate that it makes for itself
    #[arg(long, value_name = "NAME", default_values_t = ["localhost".to_owned(), "127.0.0.1".to_owned()])]
    name: Vec<String>,
    /// A certificate of the province's: PEM chain and PEM key
    #[arg(long, num_args = 2, value_names = ["CHAIN", "KEY"])]
    tls: Option<Vec<PathBuf>>,
    /// Changes that wait at most, of 64 KiB at most: who comes then is asked to come again
    #[arg(long, value_name = "N", default_value_t = 256)]
    queue: usize,
    /// The number that the key set gives this hub's key for acknowledgements: 8 hexadecimal digits
    #[arg(long, value_name = "KID")]
    acknowledges_as: Option<String>,
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Serve(serve) => serve.run(),
        Command::Invite { data, terminal, hours } => invite(&data.data, terminal, hours),
        Command::Revoke { data, terminal, by } => {
            let (terminal, db) = (number(terminal)?, open(&data.data)?);
            anyhow::ensure!(terminals::revoke(&db, terminal, &by, now())?, "this terminal is not enrolled");
            println!("terminal {} revoked", terminal.value());
            Ok(())
        }
        Command::Person { data, name } => person(&data.data, &name),
        Command::Terminals(data) => list(&data.data),
        Command::Restored(data) => {
            println!("epoch {}", records::restored(&open(&data.data)?)?);
            Ok(())
        }
    }
}

impl Serve {
    fn run(self) -> anyhow::Result<()> {
        let folder = Folder::open(&self.data.data)?;
        let path = folder.path("hub.db");
        let metrics = Arc::new(Metrics::default());
        let writer = Writer::start(&path, Arc::clone(&metrics), self.queue)?;
        let acknowledger = self.acknowledger(&folder)?;
        let tls = acceptor(&self.pair(&folder)?)?;
        let readers = Readers::new(&path);
        let hub =
            Arc::new(Hub { folder, writer, readers, acknowledger, sessions: Sessions::default(), metrics });
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let listener =
                tokio::net::TcpListener::bind(self.listen).await.with_context(|| self.listen.to_string())?;
            println!("listening at https://{}", listener.local_addr()?);
            serve(hub, listener, tls, Limits::default()).await.map_err(Into::into)
        })
    }

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

    fn pair(&self, folder: &Folder) -> anyhow::Result<Pair> {
        if let Some([certificate, key]) = self.tls.as_deref() {
            return Ok(Pair { certificate: certificate.clone(), key: key.clone() });
        }
        let (pair, authority) = own(folder, &self.name)?;
        println!("terminals believe {}", authority.display());
        Ok(pair)
    }
}

fn open(data: &Path) -> anyhow::Result<rusqlite::Connection> {
    Ok(store::open(&Folder::open(data)?.path("hub.db"))?)
}

fn number(terminal: u32) -> anyhow::Result<TerminalNumber> {
    TerminalNumber::new(terminal).context("a terminal's number is 0 to 131071")
}

fn invite(data: &Path, terminal: u32, hours: u64) -> anyhow::Result<()> {
    let (terminal, db) = (number(terminal)?, open(data)?);
    let code = letters::<16>()?;
    terminals::invite(&db, terminal, &code, now().plus(hours.saturating_mul(3600)))?;
    println!("{code}");
    Ok(())
}

/// `N` letters of 5 random bits each: nobody guesses 16 of them.
fn letters<const N: usize>() -> anyhow::Result<String> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).context("the system gives no randomness")?;
    Ok(bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect())
}

fn person(data: &Path, name: &str) -> anyhow::Result<()> {
    let plain = !name.is_empty() && name.chars().count() <= 40 && !name.contains(char::is_control);
    anyhow::ensure!(plain, "a name has 1 to 40 letters");
    let (db, passphrase, mut totp) = (open(data)?, letters::<20>()?, [0; 20]);
    getrandom::fill(&mut totp).context("the system gives no randomness")?;
    people::add(&db, (name, &passphrase), &totp, now())?;
    println!("passphrase {passphrase}");
    println!("one-time codes {}", Secret::from(totp.as_slice()).to_base32());
    Ok(())
}

fn list(data: &Path) -> anyhow::Result<()> {
    for one in terminals::all(&open(data)?)? {
        let standing = if one.standing == Standing::Enrolled { "enrolled" } else { "revoked" };
        let device: String = one.device.iter().flatten().map(|byte| format!("{byte:02x}")).collect();
        println!("{} {standing} {} {device}", one.number, one.since);
    }
    Ok(())
}
