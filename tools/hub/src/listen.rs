//! Connections: how many, how long, and over TLS alone.
//! Promises: never more connections than the limit, the rest wait in the system's queue; a handshake, a request's head and a
//! connection each end; what a connection does reaches no other.
//! Must not know: paths.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::Hub;
use crate::http::{From, paths};

const HEADERS_MOST: usize = 64;
const HEAD_MOST: usize = 16 << 10;

/// How many, how long.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// A handshake; a request's head.
    pub patience: Duration,
    /// One connection, however busy: who downloads longer goes on from where it was.
    pub connection: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { connections: 1024, patience: Duration::from_secs(10), connection: Duration::from_secs(3600) }
    }
}

/// Answers connections for ever.
///
/// # Errors
/// The system's, where it gives no more connections at all.
pub async fn serve(
    hub: Arc<Hub>,
    listener: TcpListener,
    tls: TlsAcceptor,
    limits: Limits,
) -> std::io::Result<()> {
    let free = Arc::new(Semaphore::new(limits.connections));
    let door = Arc::new(Door { hub, tls, limits });
    loop {
        let Ok(place) = Arc::clone(&free).acquire_owned().await else { return Ok(()) };
        let (stream, from) = match listener.accept().await {
            Ok(accepted) => accepted,
            // Out of descriptors, or gone before it was accepted: a pause, not an end.
            Err(_) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let door = Arc::clone(&door);
        tokio::spawn(async move {
            door.hub.metrics.connections.up();
            // How a connection ends is its own matter.
            let _ = timeout(door.limits.connection, door.connection(stream, from)).await;
            door.hub.metrics.connections.down(1);
            drop(place);
        });
    }
}

struct Door {
    hub: Arc<Hub>,
    tls: TlsAcceptor,
    limits: Limits,
}

impl Door {
    async fn connection(&self, stream: TcpStream, from: SocketAddr) -> Option<()> {
        stream.set_nodelay(true).ok()?;
        let stream = timeout(self.limits.patience, self.tls.accept(stream)).await.ok()?.ok()?;
        let service = paths(Arc::clone(&self.hub)).layer(Extension(From(from)));
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.patience)
            .max_headers(HEADERS_MOST)
            .max_buf_size(HEAD_MOST.max(64 << 10))
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
            .await
            .ok()
    }
}
