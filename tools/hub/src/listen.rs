//! Connections: how many, how long, and over TLS alone.
//! Promises: never more connections than the limit, nor than one address may have, the rest wait in the system's queue or are
//! closed; a handshake, a request's head, its body, an answer that nobody takes and a connection each end; what a connection
//! does reaches no other.
//! Must not know: paths.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::Hub;
use crate::http::{paths, said};
use crate::paced::{Pace, Paced};

const HEADERS_MOST: usize = 64;
const HEAD_MOST: usize = 16 << 10;

/// How many, how long.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Of one address, or of one /64 of IPv6: a station's terminals may share one.
    pub each: usize,
    /// A handshake; a request's head; the pause between two requests.
    pub patience: Duration,
    /// A request's body and what is done with it.
    pub request: Duration,
    /// What is too slow, in either direction.
    pub pace: Pace,
    /// One connection, however busy: who downloads longer goes on from where it was.
    pub connection: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 1024,
            each: 64,
            patience: Duration::from_secs(10),
            request: Duration::from_secs(120),
            pace: Pace::USUAL,
            connection: Duration::from_secs(3600),
        }
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
    let (door, crowd) = (Arc::new(Door { hub, tls, limits }), Arc::new(Crowd::default()));
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
        // Closed at once: who has that many takes no other's place.
        let Some(one) = Crowd::enter(&crowd, from.ip(), limits.each) else {
            door.hub.metrics.turned_away.up();
            continue;
        };
        let door = Arc::clone(&door);
        tokio::spawn(async move {
            door.hub.metrics.connections.up();
            // How a connection ends is its own matter.
            let _ = timeout(door.limits.connection, door.connection(stream)).await;
            door.hub.metrics.connections.down(1);
            drop((place, one));
        });
    }
}

struct Door {
    hub: Arc<Hub>,
    tls: TlsAcceptor,
    limits: Limits,
}

impl Door {
    async fn connection(&self, stream: TcpStream) -> Option<()> {
        stream.set_nodelay(true).ok()?;
        let stream = Paced::new(stream, self.limits.pace);
        let stream = timeout(self.limits.patience, self.tls.accept(stream)).await.ok()?.ok()?;
        let long = self.limits.request;
        let ends = from_fn(move |request: Request, next: Next| async move {
            let late = |_| said(StatusCode::REQUEST_TIMEOUT, "too slow");
            timeout(long, next.run(request)).await.unwrap_or_else(late)
        });
        let service = paths(Arc::clone(&self.hub)).layer(ends);
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

/// Connections by where they come from.
#[derive(Default)]
struct Crowd(Mutex<HashMap<IpAddr, usize>>);

/// One connection of an address.
struct One {
    crowd: Arc<Crowd>,
    from: IpAddr,
}

impl Crowd {
    /// One more, unless there are `most`.
    fn enter(crowd: &Arc<Crowd>, from: IpAddr, most: usize) -> Option<One> {
        let from = near(from);
        let mut here = crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = here.entry(from).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(One { crowd: Arc::clone(crowd), from })
    }
}

impl Drop for One {
    fn drop(&mut self) {
        let mut here = self.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = here.get_mut(&self.from) {
            *count -= 1;
            if *count == 0 {
                here.remove(&self.from);
            }
        }
    }
}

/// What one holder of addresses has: of IPv6 a /64.
fn near(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
        ip => ip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_connections_and_gets_them_back() {
        let crowd = Arc::new(Crowd::default());
        let enter = |from: &str| Crowd::enter(&crowd, from.parse().unwrap(), 2);
        let (first, second) = (enter("192.0.2.1"), enter("::ffff:192.0.2.1"));
        assert!(first.is_some() && second.is_some() && enter("192.0.2.1").is_none());
        assert!(enter("192.0.2.2").is_some());
        drop(first);
        assert!(enter("192.0.2.1").is_some());
        let six = [enter("2001:db8::1"), enter("2001:db8::2:0:0:1")];
        assert!(six.iter().all(Option::is_some) && enter("2001:db8::ffff").is_none());
        assert!(enter("2001:db8:0:1::1").is_some());
        drop((second, six));
        assert!(crowd.0.lock().unwrap().is_empty());
    }
}
