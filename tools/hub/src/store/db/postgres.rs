//! PostgreSQL: a province's server.
//! Promises: a server that does not sync its commits is refused, as is one elsewhere without TLS; who changes something holds a
//! lock of the database until its commit, as SQLite has it; a statement is prepared once a connection.
//! Must not know: what the tables hold.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use postgres::config::{Host, SslMode};
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, Config, NoTls, Statement};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Purpose;
use super::value::{Cell, Row, Value};
use crate::store::{PATIENCE, StoreFault, VERSION};

/// The first schema that was made here, and what leads from each to the next. One that was ever out is never changed.
const FIRST: usize = 3;
const SCHEMAS: [&str; VERSION - FIRST + 1] =
    [include_str!("../schema/postgres.sql"), include_str!("../schema/postgres-4.sql")];
/// The lock of who changes something: a number that nobody else has reason to take.
const BEGIN: &str = "BEGIN; SELECT pg_advisory_xact_lock(7814999174362395)";

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
        } else if !config.get_hosts().iter().all(is_here) {
            return Err(StoreFault::Open);
        }
        config.connect_timeout(PATIENCE).application_name("gate-hub");
        Ok(Server { config, tls })
    }

    pub(super) fn open(&self, purpose: Purpose) -> Result<Session, StoreFault> {
        let mut client = match &self.tls {
            Some(tls) => self.config.connect(tls.clone())?,
            None => self.config.connect(NoTls)?,
        };
        let patience = PATIENCE.as_millis();
        client.batch_execute(&format!("SET lock_timeout = {patience}; SET synchronous_commit = on"))?;
        match purpose {
            Purpose::Change => make(&mut client)?,
            Purpose::Look => client.batch_execute("SET default_transaction_read_only = on")?,
        }
        Ok(Session { client: RefCell::new((client, HashMap::new())) })
    }
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

/// Makes the tables where there are none; what is newer than this program is refused.
fn make(client: &mut Client) -> Result<(), StoreFault> {
    for setting in ["fsync", "full_page_writes"] {
        let set: String = client.query_one("SELECT current_setting($1)", &[&setting])?.get(0);
        if set != "on" {
            return Err(StoreFault::Unsynced);
        }
    }
    client.batch_execute(BEGIN)?;
    let tables = "SELECT count(*) FROM pg_tables WHERE tablename = 'hub' AND schemaname = current_schema()";
    let is_new = client.query_one(tables, &[])?.get::<_, i64>(0) == 0;
    let found: i64 = match is_new {
        true => 0,
        false => client.query_one("SELECT version FROM hub_schema", &[])?.get(0),
    };
    let found = usize::try_from(found).unwrap_or(usize::MAX);
    let done = if is_new { 0 } else { (found + 1).saturating_sub(FIRST) };
    for step in SCHEMAS.get(done..).ok_or(StoreFault::Newer { found })? {
        client.batch_execute(step)?;
    }
    let version = i64::try_from(VERSION).unwrap_or(0);
    client.execute("UPDATE hub_schema SET version = $1 WHERE version < $1", &[&version])?;
    Ok(client.batch_execute("COMMIT")?)
}

/// A connection.
pub(super) struct Session {
    client: RefCell<(Client, HashMap<&'static str, Statement>)>,
}

impl Session {
    pub(super) fn run(&self, sql: &'static str, values: &[Value<'_>]) -> Result<usize, StoreFault> {
        let (client, prepared) = &mut *self.client.borrow_mut();
        let statement = prepare(client, prepared, sql)?;
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
        let changed = client.execute(&statement, &values)?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    pub(super) fn all(&self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, StoreFault> {
        let (client, prepared) = &mut *self.client.borrow_mut();
        let statement = prepare(client, prepared, sql)?;
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
        client.query(&statement, &values)?.iter().map(row).collect()
    }

    pub(super) fn begin(&self) -> Result<(), StoreFault> {
        self.say(BEGIN)
    }

    pub(super) fn say(&self, words: &'static str) -> Result<(), StoreFault> {
        Ok(self.client.borrow_mut().0.batch_execute(words)?)
    }

    pub(super) fn is_alive(&self) -> bool {
        !self.client.borrow().0.is_closed()
    }
}

/// A statement of this program's, as the server has it prepared.
fn prepare(
    client: &mut Client,
    prepared: &mut HashMap<&'static str, Statement>,
    sql: &'static str,
) -> Result<Statement, StoreFault> {
    if let Some(statement) = prepared.get(sql) {
        return Ok(statement.clone());
    }
    let statement = client.prepare(&sql.replace('?', "$"))?;
    prepared.insert(sql, statement.clone());
    Ok(statement)
}

fn row(row: &postgres::Row) -> Result<Row, StoreFault> {
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
    let mut client = address.parse::<Config>().unwrap().connect(NoTls).unwrap();
    client.batch_execute(&format!("CREATE SCHEMA {name}")).unwrap();
    let glue = if address.contains('?') { '&' } else { '?' };
    format!("{address}{glue}options=-csearch_path%3D{name}")
}
