//! Where a collector reads what is counted: plain HTTP, at an address of this machine alone.
//! Promises: nothing of it is at the door that terminals and people come to, whoever stands in front of that; few connections, and
//! each ends.
//! Must not know: what is counted.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use axum::routing::get;
use gate_core::case::DataAge;
use gate_wire::time::Timestamp;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::{ByBand, Stock};
use crate::bands::{Bands, worst_band};
use crate::http::said;
use crate::store::accounts::{Summary, newest};
use crate::store::records::doubts;
use crate::store::{Db, StoreFault};
use crate::{Hub, now};

/// Collectors at once.
const AT_ONCE: usize = 8;
/// One connection.
const CONNECTION: Duration = Duration::from_secs(30);
/// A request's head.
const HEAD: Duration = Duration::from_secs(5);

/// Why there is no such door.
#[derive(Debug, thiserror::Error)]
pub enum DoorFault {
    /// Numbers of a fleet are not for strangers.
    #[error("metrics are read on this machine alone: {0} is no loopback address")]
    Open(SocketAddr),
    /// The system's.
    #[error("the address for metrics")]
    Listen(#[from] io::Error),
}

/// Listens, at a loopback address.
///
/// # Errors
/// [`DoorFault`].
pub async fn listen(at: SocketAddr) -> Result<TcpListener, DoorFault> {
    match at.ip().is_loopback() {
        true => Ok(TcpListener::bind(at).await?),
        false => Err(DoorFault::Open(at)),
    }
}

/// Answers collectors for ever.
pub async fn serve(hub: Arc<Hub>, listener: TcpListener) {
    let paths = Router::new().route("/metrics", get(measured)).with_state(hub);
    let free = Arc::new(Semaphore::new(AT_ONCE));
    while let Ok(place) = Arc::clone(&free).acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(Duration::from_millis(50)).await;
            continue;
        };
        let service = TowerToHyperService::new(paths.clone());
        tokio::spawn(async move {
            let mut http = http1::Builder::new();
            let http = http.timer(TokioTimer::new()).header_read_timeout(HEAD);
            // How a connection ends is its own matter.
            let _ = timeout(CONNECTION, http.serve_connection(TokioIo::new(stream), service)).await;
            drop(place);
        });
    }
}

async fn measured(State(hub): State<Arc<Hub>>) -> Response<Body> {
    // Where the database is away, what this program counted itself is told all the same.
    let (read, bands) = tokio::join!(hub.read(stock), hub.bands());
    let read = read.ok();
    let by_band = read.as_ref().filter(|_| bands.measure()).map(|(_, said)| by_band(said, &bands, now()));
    said(StatusCode::OK, &hub.metrics.in_text(read.as_ref().map(|(stock, _)| stock), by_band.as_ref()))
}

fn stock(db: &Db) -> Result<(Stock, Vec<(Summary, u64)>), StoreFault> {
    let count = |sql| db.one(sql, &[], |row| row.get(0));
    let (enrolled, said) = (count("SELECT count(*) FROM terminal WHERE state = 'enrolled'")?, newest(db)?);
    let stock = Stock {
        enrolled,
        silent: enrolled.saturating_sub(said.len() as u64),
        revoked: count("SELECT count(*) FROM terminal WHERE state = 'revoked'")?,
        batches: count("SELECT count(*) FROM batch")?,
        doubts: doubts::count(db)?,
        alarms: count("SELECT count(*) FROM alarm")?,
    };
    Ok((stock, said))
}

/// Each terminal once, by its worst; `unlimited` where no policy sets a limit for anything that it holds.
fn by_band(said: &[(Summary, u64)], bands: &Bands, now: Timestamp) -> ByBand {
    let name = |band| match band {
        Some(DataAge::Fresh) => "fresh",
        Some(DataAge::Ageing) => "ageing",
        Some(DataAge::Stale) => "stale",
        Some(DataAge::Expired) => "expired",
        Some(DataAge::Missing) => "missing",
        None => "unlimited",
    };
    let mut all = ["fresh", "ageing", "stale", "expired", "missing", "unlimited"].map(|band| (band, 0));
    for (summary, received) in said {
        let worst = worst_band(&bands.aged((summary, *received), now));
        all.iter_mut().filter(|(band, _)| *band == name(worst)).for_each(|(_, count)| *count += 1);
    }
    all
}
