//! PostgreSQL: a province's server.
//! Promises: a server that does not sync its commits is refused, as is one elsewhere without TLS; who changes something holds a
//! lock of the database until its commit, as SQLite has it; a statement is prepared once a connection; a server that hangs is given
//! up; another server than before (a standby that took over, a copy) is refused until a person says that it was put back.
//! Must not know: what the tables hold.

use std::cell::{Cell as Mark, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config, Error, NoTls, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Purpose;
use super::value::{Cell, Row, Value};
use crate::store::{PATIENCE, StoreFault, VERSION};

/// The first schema that was made here, and what leads from each to the next. One that was ever out is never changed.
const FIRST: usize = 3;
const SCHEMAS: [&str; VERSION - FIRST + 1] = [
    include_str!("../schema/postgres.sql"),
    include_str!("../schema/postgres-4.sql"),
    include_str!("../schema/postgres-5.sql"),
    include_str!("../schema/postgres-6.sql"),
];
/// The lock of who changes something: a number that nobody else has reason to take.
const BEGIN: &str = "BEGIN; SELECT pg_advisory_xact_lock(7814999174362395)";
/// Within a change that failed, the first word fails; COMMIT alone would end it as if it had not, undone.
const COMMIT: &str = "SELECT 1; COMMIT";
/// How long one statement may take at the server, which ends it then.
const STATEMENT: Duration = Duration::from_secs(60);
/// How long anything may take: a server that does not end it is given up, and the connection with it.
const ANSWER: Duration = Duration::from_secs(65);
/// After how long without a word from its machine a line is dead.
const LINE: Duration = Duration::from_secs(30);
/// Which cluster, on which of its timelines: another after a standby took over, or a copy of the cluster was put back. And which of all
/// tables that were ever made there is ours: another after a dump was.
const LINEAGE: &str =
    "SELECT system_identifier || '/' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)
        || '/' || CAST(CAST('hub' AS regclass) AS oid)
    FROM pg_control_system()";

/// Where a server is.
#[derive(Clone)]
pub(super) struct Server {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

impl Server {
    pub(super) fn new(address: &str, authority: Option<&[u8]>) -> Result<Server, StoreFault> {
        let mut config: Config = address.parse()?;
        let tls = authority.map(tls).transpose()?;
        if tls.is_some() {
            config.ssl_mode(SslMode::Require);
        } else if !are_here(&config) {
            return Err(StoreFault::Open);
        }
        config.connect_timeout(PATIENCE).tcp_user_timeout(LINE).application_name("gate-hub");
        config.keepalives(true).keepalives_idle(LINE / 3).keepalives_interval(LINE / 6).keepalives_retries(4);
        Ok(Server { config, tls })
    }

    pub(super) fn open(&self, purpose: Purpose) -> Result<Session, StoreFault> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|_| StoreFault::Ended)?;
        // TLS and the login included.
        let connecting = async { timeout(PATIENCE * 2, self.connect()).await };
        let client = runtime.block_on(connecting).map_err(|_| StoreFault::Hung)??;
        let session = Session { runtime, client, prepared: RefCell::default(), is_hung: Mark::new(false) };
        let (lock, statement) = (PATIENCE.as_millis(), STATEMENT.as_millis());
        session.say(&format!(
            "SET lock_timeout = {lock}; SET statement_timeout = {statement};
            SET idle_in_transaction_session_timeout = {statement}; SET synchronous_commit = on"
        ))?;
        match purpose {
            Purpose::Change | Purpose::Restore => session.make()?,
            Purpose::Look => session.say("SET default_transaction_read_only = on")?,
        }
        if purpose != Purpose::Restore {
            session.is_the_same()?;
        }
        Ok(session)
    }

    async fn connect(&self) -> Result<Client, Error> {
        Ok(match &self.tls {
            Some(tls) => {
                let (client, connection) = self.config.connect(tls.clone()).await?;
                tokio::spawn(connection);
                client
            }
            None => {
                let (client, connection) = self.config.connect(NoTls).await?;
                tokio::spawn(connection);
                client
            }
        })
    }
}

/// On this machine, every one of them: an address that is given beside a name is the one that is gone to.
fn are_here(config: &Config) -> bool {
    config.get_hosts().iter().all(is_here) && config.get_hostaddrs().iter().all(|ip| ip.is_loopback())
}

/// On this machine.
fn is_here(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => ["localhost", "127.0.0.1", "::1"].contains(&name.as_str()),
    }
}

fn tls(authority: &[u8]) -> Result<MakeRustlsConnect, StoreFault> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authority) {
        let certificate = certificate.map_err(|_| StoreFault::Authority)?;
        roots.add(certificate).map_err(|_| StoreFault::Authority)?;
    }
    if roots.is_empty() {
        return Err(StoreFault::Authority);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| StoreFault::Authority)?;
    Ok(MakeRustlsConnect::new(config.with_root_certificates(roots).with_no_client_auth()))
}

/// A connection.
pub(super) struct Session {
    runtime: Runtime,
    client: Client,
    prepared: RefCell<HashMap<&'static str, Statement>>,
    is_hung: Mark<bool>,
}

impl Session {
    pub(super) fn run(&self, sql: &'static str, values: &[Value<'_>]) -> Result<usize, StoreFault> {
        let statement = self.prepare(sql)?;
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
        let changed = self.wait(self.client.execute(&statement, &values))?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    pub(super) fn all(&self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, StoreFault> {
        let statement = self.prepare(sql)?;
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
        self.wait(self.client.query(&statement, &values))?.iter().map(row).collect()
    }

    pub(super) fn begin(&self) -> Result<(), StoreFault> {
        self.say(BEGIN)
    }

    pub(super) fn commit(&self) -> Result<(), StoreFault> {
        self.say(COMMIT)
    }

    pub(super) fn say(&self, words: &str) -> Result<(), StoreFault> {
        self.wait(self.client.batch_execute(words))
    }

    pub(super) fn is_alive(&self) -> bool {
        !self.is_hung.get() && !self.client.is_closed()
    }

    /// Which server this is.
    pub(super) fn lineage(&self) -> Result<String, StoreFault> {
        self.all(LINEAGE, &[])?.first().ok_or(StoreFault::Form)?.get(0)
    }

    /// The answer, or the end of this connection: what became of a statement that was given up is not known here, and whoever asked
    /// is told that it failed.
    fn wait<T>(&self, answer: impl Future<Output = Result<T, Error>>) -> Result<T, StoreFault> {
        if self.is_hung.get() {
            return Err(StoreFault::Hung);
        }
        let answer = self.runtime.block_on(async { timeout(ANSWER, answer).await });
        self.is_hung.set(answer.is_err());
        Ok(answer.map_err(|_| StoreFault::Hung)??)
    }

    /// A statement of this program's, as the server has it prepared.
    fn prepare(&self, sql: &'static str) -> Result<Statement, StoreFault> {
        if let Some(statement) = self.prepared.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.wait(self.client.prepare(&sql.replace('?', "$")))?;
        self.prepared.borrow_mut().insert(sql, statement.clone());
        Ok(statement)
    }

    /// Makes the tables where there are none, or brings them up to this version; what is newer than this program is refused.
    fn make(&self) -> Result<(), StoreFault> {
        for setting in ["fsync", "full_page_writes"] {
            let set: String = self.one("SELECT current_setting(?1)", &[Value::Text(setting)])?.get(0)?;
            if set != "on" {
                return Err(StoreFault::Unsynced);
            }
        }
        self.begin()?;
        let tables =
            "SELECT count(*) FROM pg_tables WHERE tablename = 'hub' AND schemaname = current_schema()";
        let is_new = self.one(tables, &[])?.get::<u32>(0)? == 0;
        let found = match is_new {
            true => 0,
            false => self.one("SELECT version FROM hub_schema", &[])?.get::<u32>(0)?,
        };
        let found = usize::try_from(found).unwrap_or(usize::MAX);
        let done = if is_new { 0 } else { found.saturating_sub(FIRST - 1) };
        for step in SCHEMAS.get(done..).ok_or(StoreFault::Newer { found })? {
            self.say(step)?;
        }
        let version = Value::Int(i64::try_from(VERSION).unwrap_or(0));
        self.run("UPDATE hub_schema SET version = ?1 WHERE version < ?1", &[version])?;
        let lineage = self.lineage()?;
        self.run("UPDATE hub SET lineage = ?1 WHERE lineage IS NULL", &[Value::Text(&lineage)])?;
        self.commit()
    }

    /// A standby that took over may lack what was acknowledged last, and a copy does.
    fn is_the_same(&self) -> Result<(), StoreFault> {
        let was: Option<String> = self.one("SELECT lineage FROM hub", &[])?.get(0)?;
        let is = self.lineage()?;
        match was.filter(|was| *was != is) {
            Some(was) => Err(StoreFault::Parted { was, is }),
            None => Ok(()),
        }
    }

    fn one(&self, sql: &'static str, values: &[Value<'_>]) -> Result<Row, StoreFault> {
        self.all(sql, values)?.into_iter().next().ok_or(StoreFault::Form)
    }
}

fn row(row: &tokio_postgres::Row) -> Result<Row, StoreFault> {
    let cell = |at: usize| {
        let kind = row.columns().get(at).map(|column| column.type_().clone());
        let cell = match kind {
            Some(Type::INT8) => row.try_get::<_, Option<i64>>(at)?.map(Cell::Int),
            Some(Type::INT4) => row.try_get::<_, Option<i32>>(at)?.map(|number| Cell::Int(number.into())),
            Some(Type::BYTEA) => row.try_get::<_, Option<Vec<u8>>>(at)?.map(Cell::Bytes),
            Some(Type::TEXT) => row.try_get::<_, Option<String>>(at)?.map(Cell::Text),
            _ => return Err(StoreFault::Form),
        };
        Ok(cell.unwrap_or(Cell::Null))
    };
    (0..row.len()).map(cell).collect::<Result<Vec<Cell>, StoreFault>>().map(Row)
}

impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut bytes::BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(number) => number.to_sql_checked(kind, out),
            Value::Bytes(bytes) => bytes.to_sql_checked(kind, out),
            Value::Text(words) => words.to_sql_checked(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        // Each kind of value is checked by itself.
        true
    }

    to_sql_checked!();
}

/// The server's address with a schema of its own, for one test.
#[cfg(test)]
pub(super) fn apart(address: &str) -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("t{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let server = Server::new(address, None).unwrap();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = server.connect().await.unwrap();
        client.batch_execute(&format!("CREATE SCHEMA {name}")).await.unwrap();
    });
    let glue = if address.contains('?') { '&' } else { '?' };
    format!("{address}{glue}options=-csearch_path%3D{name}")
}
