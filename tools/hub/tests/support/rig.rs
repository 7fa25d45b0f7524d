//! A hub as a process, and terminals that speak to it with the carrier's own code.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use gate_core::enrolment::{Asked, Invitation, NONCE_BYTES};
use gate_core::query::Sequence;
use gate_core::records::names::{BatchName, acknowledgement_name};
use gate_hub::store::{Db, Store};
use gate_proof::cose::{Aad, verify};
use gate_proof::ed25519::{PublicKey, SigningKey};
use gate_sync::enrol::enrol;
use gate_sync::patience::Patience;
use gate_sync::{Identity, Line, LineFault, Sender, Sent, Spool};
use gate_wire::cose::Sign1;

use crate::chain::{Chain, key, terminal};

pub(crate) const PATIENT: Patience = Patience {
    connect: Duration::from_secs(60),
    answer: Duration::from_secs(60),
    window: Duration::from_secs(60),
    least_rate: 1,
    slice: Duration::from_secs(600),
};

/// A hub that is killed when it is dropped.
pub(crate) struct Hub {
    child: Child,
    pub(crate) address: String,
    collectors: String,
    pub(crate) folder: PathBuf,
}

/// The program as it was built with what runs this.
fn program() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    here.parent().and_then(Path::parent).unwrap().join("gate-hub")
}

pub(crate) fn hub(arguments: &[&str]) -> std::process::Output {
    hub_command(arguments).output().unwrap()
}

/// The same, for whoever does something meanwhile.
pub(crate) fn hub_command(arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(arguments);
    command
}

/// The server that tests are to use instead of SQLite, if there is one (tools/ci/postgres.sh).
pub(crate) fn server() -> Option<String> {
    std::env::var("GATE_POSTGRES").ok()
}

/// Says something to a server, as its administrator would.
pub(crate) fn at_the_server(address: &str, words: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(address, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(words).await.unwrap();
    });
}

/// On that server each hub has a schema of its own, named in its folder as an operator would.
fn give_a_store(folder: &Path) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let (Some(address), file) = (server(), folder.join("store")) else { return };
    if file.exists() || folder.join("hub.db").exists() {
        return;
    }
    let name = format!("h{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    at_the_server(&address, &format!("CREATE SCHEMA {name}"));
    fs::create_dir_all(folder).unwrap();
    place_secret(&file, &format!("{address}&options=-csearch_path%3D{name}\n"));
}

/// A file that its owner alone reads.
pub(crate) fn place_secret(file: &Path, words: &str) {
    fs::write(file, words).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
}

impl Hub {
    pub(crate) fn start(folder: &Path) -> Hub {
        Hub::start_with(folder, &[])
    }

    pub(crate) fn start_with(folder: &Path, more: &[&str]) -> Hub {
        Hub::start_under(&[], folder, more)
    }

    /// With another program before it, `taskset` for example.
    pub(crate) fn start_under(before: &[&str], folder: &Path, more: &[&str]) -> Hub {
        let own = program();
        let mut words = before.iter().map(OsStr::new).chain([own.as_os_str()]);
        let mut command = Command::new(words.next().unwrap());
        command.args(words);
        give_a_store(folder);
        command.args(["serve", "--listen", "127.0.0.1:0", "--acknowledges-as", "0a0b0c0d"]);
        command.args(["--metrics", "127.0.0.1:0", "--data"]);
        let mut child = command.arg(folder).args(more).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = |what: &str| {
            let line = lines.find_map(|line| Some(line.unwrap().strip_prefix(what)?.to_owned()));
            line.unwrap()
        };
        let collectors = said("metrics at http://").replace("/metrics", "");
        let address = said("listening at ").replace("127.0.0.1", "localhost");
        Hub { child, address, collectors, folder: folder.into() }
    }

    /// SIGKILL, at once.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn line(&self) -> Line {
        let pem = fs::read(self.folder.join("tls/authority.pem")).unwrap();
        Line::open(&self.address, &pem, PATIENT).unwrap()
    }

    pub(crate) fn repository(&self) -> Line {
        let pem = fs::read(self.folder.join("tls/authority.pem")).unwrap();
        Line::open(&format!("{}/repository", self.address), &pem, PATIENT).unwrap()
    }

    /// A code for a terminal, as the hub shows it.
    pub(crate) fn invite(&self, terminal: u32) -> String {
        let number = terminal.to_string();
        let data = self.folder.to_str().unwrap();
        let shown = hub(&["invite", "--data", data, "--terminal", &number, "--by", "测试员"]);
        assert!(shown.status.success());
        String::from_utf8(shown.stdout).unwrap().lines().next().unwrap().to_owned()
    }

    pub(crate) fn revoke(&self, terminal: u32) {
        let number = terminal.to_string();
        let data = self.folder.to_str().unwrap();
        assert!(hub(&["revoke", "--data", data, "--terminal", &number, "--by", "测试员"]).status.success());
    }

    pub(crate) fn database(&self) -> Db {
        let store = match fs::read_to_string(self.folder.join("store")) {
            Ok(address) => Store::server(address.trim_end(), None).unwrap(),
            Err(_) => Store::file(&self.folder.join("hub.db")),
        };
        store.open().unwrap()
    }

    pub(crate) fn count(&self, sql: &'static str) -> u64 {
        self.database().one(sql, &[], |row| row.get(0)).unwrap()
    }

    pub(crate) fn metrics(&self) -> String {
        let (mut stream, mut text) = (TcpStream::connect(&self.collectors).unwrap(), String::new());
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    pub(crate) fn metric(&self, name: &str) -> u64 {
        let text = self.metrics();
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("gate_hub_{name} ")));
        line.unwrap().parse().unwrap()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Terminal 7, or another that says it is: its carrier's folders and its journal.
pub(crate) struct Terminal {
    _folder: tempfile::TempDir,
    pub(crate) spool: Spool,
    pub(crate) identity: Identity,
    pub(crate) sender: Sender,
    /// Its public device key, in hexadecimal digits.
    pub(crate) device: String,
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Terminal {
    pub(crate) fn new(number: u32) -> Terminal {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(&folder.path().join("spool"), 64 << 20).unwrap();
        fs::create_dir_all(spool.path().join("out")).unwrap();
        let identity = Identity::open(&folder.path().join("state"), number).unwrap();
        Terminal { _folder: folder, spool, identity, sender: Sender::default(), device: "07".repeat(32) }
    }

    pub(crate) fn enrolled(hub: &Hub) -> Terminal {
        let terminal = Terminal::new(terminal().value());
        terminal.enrol(hub, &key()).unwrap();
        terminal
    }

    pub(crate) fn enrol(&self, hub: &Hub, record: &SigningKey) -> Result<(), LineFault> {
        self.enrol_with(hub, &hub.invite(self.identity.terminal().value()), record)
    }

    pub(crate) fn enrol_with(&self, hub: &Hub, code: &str, record: &SigningKey) -> Result<(), LineFault> {
        enrol(&hub.line(), &self.identity, &self.asked(code, record))
    }

    /// What this terminal asks with a code.
    pub(crate) fn asked(&self, code: &str, record: &SigningKey) -> Asked {
        let invitation = Invitation::of(self.identity.terminal(), code).unwrap();
        let device = gate_core::json::hex(&self.device).unwrap();
        Asked::new(&invitation, [&device, record.public_key().as_bytes()], &[9; NONCE_BYTES]).unwrap()
    }

    /// Puts rows of a journal into the outbox.
    pub(crate) fn put(&self, chain: &Chain, from: u64, to: u64) {
        let name = BatchName {
            terminal: terminal(),
            journal: chain.journal(),
            first: Sequence(from),
            last: Sequence(to),
        };
        self.put_bytes(&name, &chain.batch(from, to));
    }

    pub(crate) fn put_bytes(&self, name: &BatchName, bytes: &[u8]) {
        fs::write(self.spool.path().join("out").join(name.print().as_str()), bytes).unwrap();
    }

    pub(crate) fn send(&mut self, hub: &Hub) -> Sent {
        self.sender.round(&hub.line(), &self.identity, &self.spool)
    }

    /// Watermark and epoch of what came back for a journal; its signature and the row's hash are checked.
    pub(crate) fn acknowledged(&self, hub: &Hub, chain: &Chain) -> Option<(u64, u32)> {
        let name = acknowledgement_name(terminal(), &chain.journal());
        let bytes = self.spool.read(&format!("acks/{name}"), 256)?;
        let message = Sign1::parse(&bytes).unwrap();
        assert_eq!(message.kid.0, [10, 11, 12, 13]);
        let seed = fs::read_to_string(hub.folder.join("acknowledge.key")).unwrap();
        let seed = gate_core::json::hex(seed.trim_end()).unwrap();
        let key: PublicKey = SigningKey::from_seed(&seed).public_key();
        let proven = verify(&message, Aad::Acknowledgement, &key).unwrap();
        let at = |from: usize, to: usize| {
            proven.payload()[from..to].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
        };
        assert_eq!((at(0, 1), at(1, 5)), (1, 7));
        assert_eq!(proven.payload()[29..61], chain.hash(at(21, 29)).0);
        Some((at(21, 29), u32::try_from(at(61, 65)).unwrap()))
    }
}
