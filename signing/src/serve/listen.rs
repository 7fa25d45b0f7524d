//! The service's door: connections, their number, their patience, TLS, and how it closes.
//! Promises: loopback only, unless there is TLS; a connection that sends nothing, or sends slowly, ends; never more
//! connections than the limit: the rest wait in the system's queue; told to stop, it finishes what it has begun, and says the
//! last line of every lease.
//! Must not know: paths, tokens, people.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::http::{guarded, paths, refused};
use super::refusal::Refusal;
use super::service::Service;
use super::tls::Tls;

const HEADER_BYTES_MOST: usize = 16 * 1024;
const HEADERS_MOST: usize = 32;
const SWEEP: Duration = Duration::from_secs(10);

/// How much, and how long.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// For a TLS handshake, and for a request's head; a connection idle for so long is closed.
    pub patience: Duration,
    /// For a whole request with its body.
    pub request: Duration,
    /// For one connection, however busy.
    pub connection: Duration,
    /// For what has begun when the service is told to stop.
    pub farewell: Duration,
    /// Signatures made at once; 0 is one a core.
    pub hands: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        let seconds = Duration::from_secs;
        Limits {
            connections: 512,
            patience: seconds(10),
            request: seconds(10),
            connection: seconds(600),
            farewell: seconds(10),
            hands: 0,
        }
    }
}

/// Why the door does not open.
#[derive(Debug, thiserror::Error)]
pub enum ServeFault {
    /// Tokens and numbers would cross a network in the clear.
    #[error("{0} is not this machine's own address: give --tls CERT,KEY, or listen on 127.0.0.1")]
    ProtectNetwork(SocketAddr),
    /// The address cannot be had.
    #[error("{address}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The runtime or a signal cannot be had.
    #[error("the system")]
    System(#[from] io::Error),
}

/// What ends a service.
pub enum Stop {
    /// SIGTERM or SIGINT.
    BySignal,
    /// The other half of [`by_hand`].
    ByHand(watch::Receiver<()>),
}

/// Ends a service when dropped.
pub struct Stopper {
    _told: watch::Sender<()>,
}

/// A stop, and what tells it.
#[must_use]
pub fn by_hand() -> (Stopper, Stop) {
    let (told, stop) = watch::channel(());
    (Stopper { _told: told }, Stop::ByHand(stop))
}

/// A service at its address, not yet open.
pub struct Server {
    service: Arc<Service>,
    listener: StdListener,
    tls: Option<Tls>,
    limits: Limits,
}

impl Server {
    /// Takes the address.
    ///
    /// # Errors
    /// [`ServeFault`].
    pub fn bind(
        service: Arc<Service>,
        address: SocketAddr,
        tls: Option<Tls>,
        limits: Limits,
    ) -> Result<Server, ServeFault> {
        if tls.is_none() && !address.ip().is_loopback() {
            return Err(ServeFault::ProtectNetwork(address));
        }
        let listener = StdListener::bind(address).map_err(|source| ServeFault::Listen { address, source })?;
        listener.set_nonblocking(true)?;
        Ok(Server { service, listener, tls, limits })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// [`ServeFault::System`].
    pub fn address(&self) -> Result<SocketAddr, ServeFault> {
        Ok(self.listener.local_addr()?)
    }

    /// Serves until told to stop.
    ///
    /// # Errors
    /// [`ServeFault::System`].
    pub fn run(self, stop: Stop) -> Result<(), ServeFault> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let hands = if self.limits.hands == 0 { cores } else { self.limits.hands };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(cores)
            .max_blocking_threads(hands + 1)
            .enable_io()
            .enable_time()
            .build()?;
        runtime.block_on(self.open(stop, hands))
    }

    async fn open(self, stop: Stop, hands: usize) -> Result<(), ServeFault> {
        let Server { service, listener, tls, limits } = self;
        let listener = TcpListener::from_std(listener)?;
        let (told, closing) = watch::channel(());
        let door = Door {
            paths: paths(Arc::clone(&service), hands),
            acceptor: tls.map(Tls::acceptor),
            limits,
            closing,
        };
        let mut connections = JoinSet::new();
        tokio::select! {
            () = door.accept(&listener, &mut connections) => {}
            () = sweep(&service) => {}
            stopped = stopped(stop) => stopped?,
        }
        drop((listener, told, door));
        // Who has not ended by then has no answer to come.
        let _ = timeout(limits.farewell, async { while connections.join_next().await.is_some() {} }).await;
        connections.shutdown().await;
        service.end();
        Ok(())
    }
}

async fn stopped(stop: Stop) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    match stop {
        Stop::ByHand(mut told) => {
            // An error is the sender gone: that is the word.
            let _ = told.changed().await;
        }
        Stop::BySignal => {
            let (mut terminate, mut interrupt) =
                (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
    }
    Ok(())
}

async fn sweep(service: &Arc<Service>) {
    loop {
        sleep(SWEEP).await;
        let service = Arc::clone(service);
        // A sweep that panicked is tried again.
        let _ = tokio::task::spawn_blocking(move || service.sweep()).await;
    }
}

#[derive(Clone)]
struct Door {
    paths: Router,
    acceptor: Option<TlsAcceptor>,
    limits: Limits,
    closing: watch::Receiver<()>,
}

impl Door {
    /// Takes connections as long as there is room; a place is free again when its connection has ended.
    async fn accept(&self, listener: &TcpListener, connections: &mut JoinSet<()>) {
        let room = Arc::new(Semaphore::new(self.limits.connections));
        loop {
            let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, _)) => {
                    connections.spawn(self.clone().welcome(stream, place));
                }
                // Out of descriptors, or gone before we looked: a pause, not an end.
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
            while connections.try_join_next().is_some() {}
        }
    }

    async fn welcome(self, stream: TcpStream, _place: OwnedSemaphorePermit) {
        // Small answers go out at once.
        let _ = stream.set_nodelay(true);
        match self.acceptor.clone() {
            None => self.converse(stream).await,
            Some(acceptor) => {
                if let Ok(Ok(stream)) = timeout(self.limits.patience, acceptor.accept(stream)).await {
                    self.converse(stream).await;
                }
            }
        }
    }

    async fn converse(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Door { paths, limits, mut closing, .. } = self;
        let answer = service_fn(move |request| answer(paths.clone(), request, limits.request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.patience)
            .max_headers(HEADERS_MOST)
            .max_buf_size(HEADER_BYTES_MOST)
            .half_close(false)
            .serve_connection(TokioIo::new(stream), answer);
        tokio::pin!(connection);
        let asked_to_end = async {
            tokio::select! {
                _ = closing.changed() => {}
                () = sleep(limits.connection) => {}
            }
        };
        tokio::select! {
            // What a broken connection has to say interests nobody.
            _ = connection.as_mut() => return,
            () = asked_to_end => connection.as_mut().graceful_shutdown(),
        }
        let _ = timeout(limits.farewell, connection).await;
    }
}

async fn answer(
    paths: Router,
    request: Request<Incoming>,
    patience: Duration,
) -> Result<Response<Body>, Infallible> {
    use hyper::service::Service as _;
    let router = hyper_util::service::TowerToHyperService::new(paths);
    match timeout(patience, router.call(request.map(Body::new))).await {
        Ok(answered) => answered,
        Err(_) => {
            let mut response = guarded(refused(Refusal::FinishInTime)).await;
            response.headers_mut().insert("connection", axum::http::HeaderValue::from_static("close"));
            Ok(response)
        }
    }
}
