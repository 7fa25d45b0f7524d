//! Requests: which there are, and what each is answered.
//! Promises: bodies have a bound each; what cannot be taken now is told to come later (503, Retry-After); an answer to records
//! comes after their commit.
//! Must not know: connections.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Extension, Path, State};
use axum::http::{HeaderMap, Response, StatusCode, header};
use axum::routing::{get, post};
use gate_core::query::TerminalNumber;
use gate_core::records::account::{ACCOUNT_MOST, Account};
use gate_core::records::batch::{BATCH_MOST, alleged_terminal, verify_batch};
use gate_proof::ed25519::PublicKey;

use crate::line::{LineStranger, OfTerminal, identify};
use crate::repository::{Within, answer};
use crate::store::records::{Held, Taken, all_held, epoch, held, take};
use crate::store::terminals::KeyUse;
use crate::store::{StoreFault, accounts, terminals};
use crate::writer::WriteFault;
use crate::{Hub, metrics, now, pages};

mod enrol;

/// Seconds after which who was turned away may come again; a carrier spreads the moment by itself.
const AGAIN_S: u64 = 5;
/// Journals of a terminal that are acknowledged in one answer.
const JOURNALS_MOST: u32 = 64;

/// Where a request came from.
#[derive(Clone, Copy, Debug)]
pub struct From(pub SocketAddr);

/// Why a request is not done.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Not of the documented form, or not signed by the key that it should be.
    #[error("{0}")]
    Unfit(String),
    /// In nobody's name.
    #[error("not signed by a line of this hub's")]
    Stranger,
    /// In the name of somebody who may not, or any more.
    #[error("{0}")]
    Forbidden(&'static str),
    /// Too much waits.
    #[error("come again later")]
    Later,
}

impl std::convert::From<LineStranger> for Refused {
    fn from(stranger: LineStranger) -> Refused {
        match stranger {
            LineStranger::Unknown => Refused::Stranger,
            LineStranger::Revoked => Refused::Forbidden("this terminal was revoked"),
            LineStranger::Store(_) => Refused::Later,
        }
    }
}

impl std::convert::From<StoreFault> for Refused {
    fn from(_: StoreFault) -> Refused {
        Refused::Later
    }
}

impl std::convert::From<WriteFault> for Refused {
    fn from(_: WriteFault) -> Refused {
        Refused::Later
    }
}

type Answer = Result<Response<Body>, Refused>;

/// All paths.
pub fn paths(hub: Arc<Hub>) -> Router {
    Router::new()
        .route("/repository/{*path}", get(file))
        .route("/v1/records", post(records).layer(DefaultBodyLimit::max(BATCH_MOST)))
        .route("/v1/account", post(account).layer(DefaultBodyLimit::max(ACCOUNT_MOST)))
        .route("/v1/acknowledgements", get(acknowledgements))
        .route("/v1/enrol", post(enrol::enrol).layer(DefaultBodyLimit::max(enrol::BODY_MOST)))
        .merge(pages::paths())
        .route("/metrics", get(measured))
        .route("/healthz", get(|| async { "ok\n" }))
        .with_state(hub)
}

async fn file(State(hub): State<Arc<Hub>>, Path(path): Path<String>, asked: HeaderMap) -> Response<Body> {
    let work = move || match Within::parse(&path) {
        Some(within) => answer(&hub.folder.repository(), within, &asked, &hub.metrics),
        None => said(StatusCode::NOT_FOUND, "no such file"),
    };
    tokio::task::spawn_blocking(work).await.unwrap_or_default()
}

async fn records(State(hub): State<Arc<Hub>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    tell(&hub, take_records(&hub, headers, body).await)
}

async fn take_records(hub: &Arc<Hub>, headers: HeaderMap, body: Bytes) -> Answer {
    let (terminal, key) = signed_by(hub, headers, "/v1/records", body.clone(), Purpose::Batch).await?;
    let bytes = body.clone();
    let (taken, journal) = hub
        .writer
        .change(move |db| {
            // Verified before; again here because the proof cannot outlive its bytes.
            let Ok(batch) = verify_batch(&bytes, &key) else { return Ok((Taken::Known, None)) };
            let journal = batch.header().journal;
            let taken = take(db, &bytes, &batch, now())?;
            Ok((taken, held(db, terminal, &journal)?))
        })
        .await?;
    match taken {
        Taken::Kept => hub.metrics.kept.up(),
        Taken::Known => hub.metrics.known.up(),
        Taken::Doubted => hub.metrics.doubted.up(),
    }
    acknowledged(hub, terminal, journal.into_iter().collect())
}

async fn account(State(hub): State<Arc<Hub>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    tell(&hub, take_account(&hub, headers, body).await)
}

async fn take_account(hub: &Arc<Hub>, headers: HeaderMap, body: Bytes) -> Answer {
    let (terminal, key) = signed_by(hub, headers, "/v1/account", body.clone(), Purpose::Account).await?;
    let held = hub
        .writer
        .change(move |db| {
            if let Ok(account) = Account::verify(&body, &key) {
                accounts::take(db, &body, &account, now())?;
            }
            all_held(db, terminal, JOURNALS_MOST)
        })
        .await?;
    hub.metrics.accounts.up();
    acknowledged(hub, terminal, held)
}

async fn acknowledgements(State(hub): State<Arc<Hub>>, headers: HeaderMap) -> Response<Body> {
    let asked = async {
        let line = line(&hub, headers, ("GET", "/v1/acknowledgements"), Bytes::new()).await?;
        let held = hub.readers.read(|db| all_held(db, line.terminal(), JOURNALS_MOST))?;
        acknowledged(&hub, line.terminal(), held)
    };
    let answer = asked.await;
    tell(&hub, answer)
}

/// What is held, in signed words.
fn acknowledged(hub: &Hub, terminal: TerminalNumber, held: Vec<Held>) -> Answer {
    let Some(acknowledger) = &hub.acknowledger else { return Ok(Response::new(Body::empty())) };
    let epoch = hub.readers.read(epoch)?;
    Ok(Response::new(Body::from(acknowledger.say(terminal, &held, (epoch, now())))))
}

#[derive(Clone, Copy)]
enum Purpose {
    Batch,
    Account,
}

/// Whose batch or account it is: signed by a record key of the terminal whose line brings it.
async fn signed_by(
    hub: &Arc<Hub>,
    headers: HeaderMap,
    path: &'static str,
    body: Bytes,
    purpose: Purpose,
) -> Result<(TerminalNumber, PublicKey), Refused> {
    let line = line(hub, headers, ("POST", path), body.clone()).await?;
    let hub = Arc::clone(hub);
    let check = move || {
        let alleged = alleged_terminal(&body).map_err(|refused| Refused::Unfit(refused.to_string()))?;
        if alleged != line.terminal() {
            return Err(Refused::Unfit("another terminal's: bring it over that one's line".into()));
        }
        let keys = hub.readers.read(|db| terminals::keys(db, alleged, KeyUse::Record))?;
        let verify = |key: &&PublicKey| match purpose {
            Purpose::Batch => verify_batch(&body, key).is_ok(),
            Purpose::Account => Account::verify(&body, key).is_ok(),
        };
        let key = keys.iter().find(verify).copied();
        key.map(|key| (alleged, key))
            .ok_or_else(|| Refused::Unfit("not signed by this terminal's record key".into()))
    };
    blocking(check).await
}

/// Whose line a request came over.
async fn line(
    hub: &Arc<Hub>,
    headers: HeaderMap,
    (method, path): (&'static str, &'static str),
    body: Bytes,
) -> Result<OfTerminal, Refused> {
    let hub = Arc::clone(hub);
    blocking(move || Ok(identify(&hub.readers, &headers, (method, path, &body))?)).await
}

/// Reading and verifying takes its time: beside the threads that speak.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refused> + Send + 'static,
) -> Result<T, Refused> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Refused::Later)?
}

async fn measured(State(hub): State<Arc<Hub>>, Extension(From(from)): Extension<From>) -> Response<Body> {
    // Numbers of a fleet are not for strangers: a collector runs beside the hub, or behind a door of its own.
    let local = match from.ip() {
        IpAddr::V4(ip) => ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_loopback(),
    };
    if !local {
        return said(StatusCode::NOT_FOUND, "");
    }
    let stock = hub.readers.read(stock).unwrap_or_default();
    said(StatusCode::OK, &hub.metrics.in_text(&stock))
}

fn stock(db: &rusqlite::Connection) -> Result<metrics::Stock, rusqlite::Error> {
    let count = |sql: &str| db.prepare_cached(sql)?.query_row([], |row| row.get::<_, u32>(0)).map(u64::from);
    Ok(metrics::Stock {
        enrolled: count("SELECT count(*) FROM terminal WHERE state = 'enrolled'")?,
        revoked: count("SELECT count(*) FROM terminal WHERE state = 'revoked'")?,
        batches: count("SELECT count(*) FROM batch")?,
        alarms: count("SELECT count(*) FROM alarm")?,
    })
}

fn tell(hub: &Hub, answer: Answer) -> Response<Body> {
    answer.unwrap_or_else(|refused| {
        let status = match &refused {
            Refused::Unfit(_) => {
                hub.metrics.refused.up();
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Refused::Stranger => {
                hub.metrics.strangers.up();
                StatusCode::UNAUTHORIZED
            }
            Refused::Forbidden(_) => {
                hub.metrics.strangers.up();
                StatusCode::FORBIDDEN
            }
            Refused::Later => return later(hub),
        };
        said(status, &refused.to_string())
    })
}

/// Come again: what a full queue, or too many connections, are answered.
fn later(hub: &Hub) -> Response<Body> {
    hub.metrics.turned_away.up();
    let mut answer = said(StatusCode::SERVICE_UNAVAILABLE, "come again later");
    answer.headers_mut().insert(header::RETRY_AFTER, AGAIN_S.into());
    answer
}

pub(crate) fn said(status: StatusCode, words: &str) -> Response<Body> {
    let mut answer = Response::new(Body::from(words.to_owned()));
    *answer.status_mut() = status;
    let plain = axum::http::HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, plain);
    answer
}
