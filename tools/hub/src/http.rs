//! Requests: which there are, and what each is answered.
//! Promises: bodies have a bound each; what cannot be taken now is told to come later (503, Retry-After); an answer to records
//! comes after their commit, or, where there is no room, before a signature is looked at.
//! Must not know: connections.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, Response, StatusCode, header};
use axum::routing::{get, post};
use gate_core::query::TerminalNumber;
use gate_core::records::account::ACCOUNT_MOST;
use gate_core::records::batch::{BATCH_MOST, alleged_terminal};
use gate_proof::ed25519::PublicKey;

use crate::line::{LineStranger, OfTerminal, identify};
use crate::repository::{Within, answer};
use crate::store::intake::{self, Left, Purpose};
use crate::store::records::{Held, JOURNALS_TOLD, Taken, all_held, epoch, held};
use crate::store::{Db, StoreFault};
use crate::writer::WriteFault;
use crate::{Hub, beside, now, pages};

mod enrol;

/// Seconds after which who was turned away may come again; a carrier spreads the moment by itself.
const AGAIN_S: u64 = 5;
/// Seconds after which who brought too much may come again: the longest pause that a carrier keeps.
const TOMORROW_S: u64 = 900;
/// How long who is turned away waits for the answer.
const PAUSE: Duration = Duration::from_millis(500);
/// How long `/healthz` waits for the thread that writes.
const HEALTH: Duration = Duration::from_secs(5);

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
    /// By what another has used.
    #[error("{0}")]
    Used(&'static str),
    /// By what has ended.
    #[error("{0}")]
    Gone(&'static str),
    /// Too much waits.
    #[error("come again later")]
    Later,
    /// It brought too much.
    #[error("more than a terminal may bring in a day")]
    Enough,
}

impl From<Left> for Refused {
    fn from(left: Left) -> Refused {
        match left {
            Left::Out => Refused::Stranger,
            Left::Revoked => Refused::Forbidden("this terminal was revoked"),
            Left::Quota => Refused::Enough,
            Left::Unsigned | Left::Replaced | Left::Places => Refused::Unfit(left.to_string()),
        }
    }
}

impl From<LineStranger> for Refused {
    fn from(stranger: LineStranger) -> Refused {
        match stranger {
            LineStranger::Unknown => Refused::Stranger,
            LineStranger::Revoked => Refused::Forbidden("this terminal was revoked"),
            LineStranger::Store(_) => Refused::Later,
        }
    }
}

impl From<StoreFault> for Refused {
    fn from(_: StoreFault) -> Refused {
        Refused::Later
    }
}

impl From<WriteFault> for Refused {
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
        .route("/healthz", get(health))
        .with_state(hub)
}

async fn file(State(hub): State<Arc<Hub>>, Path(path): Path<String>, asked: HeaderMap) -> Response<Body> {
    let work = move || match Within::parse(&path) {
        Some(within) => answer(&hub.repositories, within, &asked, &hub.metrics),
        None => said(StatusCode::NOT_FOUND, "no such file"),
    };
    beside::files(work).await.unwrap_or_default()
}

async fn records(State(hub): State<Arc<Hub>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    tell(&hub, unhurried(take_records(&hub, headers, body).await).await)
}

/// Who is turned away hears it a little later: one that comes back at once, whatever it is told, takes less from the others. It holds a
/// connection meanwhile, and nothing else.
async fn unhurried(answer: Answer) -> Answer {
    if matches!(answer, Err(Refused::Later)) {
        tokio::time::sleep(PAUSE).await;
    }
    answer
}

async fn take_records(hub: &Arc<Hub>, headers: HeaderMap, body: Bytes) -> Answer {
    let _room = hub.room.try_acquire().map_err(|_| Refused::Later)?;
    let (terminal, key) = signed_by(hub, headers, "/v1/records", body.clone(), Purpose::Batch).await?;
    let quota = hub.quota;
    let (taken, held) = hub
        .writer
        .change(move |db| {
            let (taken, journal) = match intake::batch(db, (&body, &key), quota, now())? {
                Ok(taken) => taken,
                Err(left) => return Ok(Err(left)),
            };
            let held = held(db, terminal, &journal)?.into_iter().collect();
            Ok(Ok((taken, (held, epoch(db)?))))
        })
        .await??;
    match taken {
        Taken::Kept => hub.metrics.kept.up(),
        Taken::Known => hub.metrics.known.up(),
        Taken::Doubted => hub.metrics.doubted.up(),
    }
    Ok(acknowledged(hub, terminal, &held))
}

async fn account(State(hub): State<Arc<Hub>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    tell(&hub, unhurried(take_account(&hub, headers, body).await).await)
}

async fn take_account(hub: &Arc<Hub>, headers: HeaderMap, body: Bytes) -> Answer {
    let _room = hub.room.try_acquire().map_err(|_| Refused::Later)?;
    let (terminal, key) = signed_by(hub, headers, "/v1/account", body.clone(), Purpose::Account).await?;
    let held = hub
        .writer
        .change(move |db| match intake::account(db, (&body, &key), now())? {
            Ok(_) => Ok(Ok((all_held(db, terminal, JOURNALS_TOLD)?, epoch(db)?))),
            Err(left) => Ok(Err(left)),
        })
        .await??;
    hub.metrics.accounts.up();
    Ok(acknowledged(hub, terminal, &held))
}

async fn acknowledgements(State(hub): State<Arc<Hub>>, headers: HeaderMap) -> Response<Body> {
    let asked = async {
        let line = line(&hub, headers, ("GET", "/v1/acknowledgements"), Bytes::new()).await?;
        let held = move |db: &Db| Ok((all_held(db, line.terminal(), JOURNALS_TOLD)?, epoch(db)?));
        Ok(acknowledged(&hub, line.terminal(), &hub.read(held).await?))
    };
    let answer = asked.await;
    tell(&hub, answer)
}

/// What is held in this epoch, in signed words.
fn acknowledged(hub: &Hub, terminal: TerminalNumber, (held, epoch): &(Vec<Held>, u32)) -> Response<Body> {
    let Some(acknowledger) = &hub.acknowledger else { return Response::new(Body::empty()) };
    Response::new(Body::from(acknowledger.say(terminal, held, (*epoch, now()))))
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
        let key = hub.readers.read(|db| intake::signer(db, alleged, (&body, purpose)))??;
        Ok((alleged, key))
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
    beside::database(work).await.unwrap_or(Err(Refused::Later))
}

/// Whether records would be taken now: the thread that writes is asked, and the disk with it.
async fn health(State(hub): State<Arc<Hub>>) -> Response<Body> {
    let look = async {
        let _one = hub.look.lock().await;
        hub.writer.change(epoch).await
    };
    match tokio::time::timeout(HEALTH, look).await {
        Ok(Ok(_)) => said(StatusCode::OK, "ok\n"),
        Ok(Err(_)) | Err(_) => said(StatusCode::SERVICE_UNAVAILABLE, "nothing is written\n"),
    }
}

fn tell(hub: &Hub, answer: Answer) -> Response<Body> {
    answer.unwrap_or_else(|refused| {
        let status = match &refused {
            Refused::Unfit(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Refused::Stranger => StatusCode::UNAUTHORIZED,
            Refused::Forbidden(_) => StatusCode::FORBIDDEN,
            Refused::Used(_) => StatusCode::CONFLICT,
            Refused::Gone(_) => StatusCode::GONE,
            Refused::Later => return again(hub, (StatusCode::SERVICE_UNAVAILABLE, AGAIN_S)),
            Refused::Enough => return again(hub, (StatusCode::TOO_MANY_REQUESTS, TOMORROW_S)),
        };
        let of = if let Refused::Unfit(_) = refused { &hub.metrics.refused } else { &hub.metrics.strangers };
        of.up();
        said(status, &refused.to_string())
    })
}

/// Come again: what a full queue is answered, and who brought too much. Without a body, since a client that does not read one gives
/// its connection up, and a handshake costs more than this answer.
fn again(hub: &Hub, (status, after): (StatusCode, u64)) -> Response<Body> {
    hub.metrics.turned_away.up();
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::RETRY_AFTER, after.into());
    answer
}

pub(crate) fn said(status: StatusCode, words: &str) -> Response<Body> {
    let mut answer = Response::new(Body::from(words.to_owned()));
    *answer.status_mut() = status;
    let plain = axum::http::HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, plain);
    answer
}
