//! The service's paths.
//! Promises: a body is read to its limit and no further, of one content type; every answer forbids caching, framing, sniffing
//! and referrers; the token comes from one header alone.
//! Must not know: sockets, TLS, what is signed.
//!
//! | path | who | what |
//! |---|---|---|
//! | `POST /v1/screen-codes` | operator | one code |
//! | `POST /v1/sessions` | operator | a session for a phone page |
//! | `GET /code/`, `/code/page.css`, `/code/page.js` | anybody | the page, the same for all |
//! | `POST /code/next` | session | the page's next code |
//! | `GET /healthz`, `GET /metrics` | anybody | whether codes can be given; counts by outcome |

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Response, StatusCode};
use axum::middleware::map_response;
use axum::routing::{get, post};
use tokio::sync::Semaphore;
use zeroize::Zeroize;

use super::answers;
use super::refusal::Refusal;
use super::request::MAX_BODY_BYTES;
use super::service::Service;

const PAGE: &str = include_str!("../../../assets/phone/index.html");
const STYLE: &str = include_str!("../../../assets/phone/page.css");
const SCRIPT: &str = include_str!("../../../assets/phone/page.js");

const JSON: &str = "application/json";
/// Nothing but our own three files; no inline script or style, no frame around us, no form.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                              base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const GUARDS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// What the paths share.
#[derive(Clone)]
struct Shared {
    service: Arc<Service>,
    /// Signing is work: no more of it at once than there are cores.
    hands: Arc<Semaphore>,
}

/// The paths over `service`, with so many hands to sign.
pub(crate) fn paths(service: Arc<Service>, hands: usize) -> Router {
    let shared = Shared { service, hands: Arc::new(Semaphore::new(hands)) };
    Router::new()
        .route("/v1/screen-codes", post(screen_code))
        .route("/v1/sessions", post(session))
        .route("/code/next", post(next))
        .route("/code/", get(async || text("text/html; charset=utf-8", PAGE)))
        .route("/code/page.css", get(async || text("text/css; charset=utf-8", STYLE)))
        .route("/code/page.js", get(async || text("text/javascript; charset=utf-8", SCRIPT)))
        .route("/healthz", get(healthz))
        .route("/metrics", get(metrics))
        .fallback(async |shared: State<Shared>| shared.refuse(Refusal::FindPath))
        .method_not_allowed_fallback(async |shared: State<Shared>| shared.refuse(Refusal::UseMethod))
        .layer(map_response(guarded))
        .with_state(shared)
}

async fn screen_code(shared: State<Shared>, headers: HeaderMap, body: Body) -> Response<Body> {
    shared
        .answer(headers, Some(body), |service, token, body| {
            service.code(token, body).map(|given| answers::code(&given))
        })
        .await
}

async fn session(shared: State<Shared>, headers: HeaderMap, body: Body) -> Response<Body> {
    let open = |service: &Service, token: Option<&str>, body: &[u8]| {
        service.session(token, body).map(|opened| answers::session(&opened))
    };
    shared.answer(headers, Some(body), open).await
}

async fn next(shared: State<Shared>, headers: HeaderMap) -> Response<Body> {
    let next = |service: &Service, token: Option<&str>, _: &[u8]| {
        service.next(token).and_then(|given| answers::page(&given, service.time_of_day()))
    };
    shared.answer(headers, None, next).await
}

async fn healthz(shared: State<Shared>) -> Response<Body> {
    let health =
        |service: &Service, _: Option<&str>, _: &[u8]| service.health().map(|()| br#"{"ok":true}"#.to_vec());
    shared.answer(HeaderMap::new(), None, health).await
}

async fn metrics(State(shared): State<Shared>) -> Response<Body> {
    with_type("text/plain; version=0.0.4", Body::from(shared.service.metrics()))
}

/// Stack that the work on one request reaches at most, in bytes; its threads have two megabytes.
const WORKED_BYTES: usize = 1 << 17;

/// Works in frames of its own, below which [`wipe_stack`] reaches.
#[inline(never)]
fn apart<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// Overwrites the frames that the work just used: a number was copied through them, and a refused request is followed by nothing
/// that would write there.
#[inline(never)]
#[expect(clippy::large_stack_arrays, reason = "it is the stack that is to be overwritten, not the heap")]
fn wipe_stack() {
    let mut room = [0_u8; WORKED_BYTES];
    room.zeroize();
    std::hint::black_box(&room);
}

impl Shared {
    /// Reads the body where there is one, works in a thread of its own, answers.
    async fn answer<F>(&self, headers: HeaderMap, body: Option<Body>, work: F) -> Response<Body>
    where
        F: FnOnce(&Service, Option<&str>, &[u8]) -> Result<Vec<u8>, Refusal> + Send + 'static,
    {
        let body = match body {
            Some(body) => read(&headers, body).await,
            None => Ok(Vec::new()),
        };
        let done = match body {
            Ok(body) => self.done(headers, body, work).await,
            Err(refusal) => Err(refusal),
        };
        match done {
            Ok(answer) => with_type(JSON, Body::from(answer)),
            Err(refusal) => self.refuse(refusal),
        }
    }

    async fn done<F>(&self, headers: HeaderMap, mut body: Vec<u8>, work: F) -> Result<Vec<u8>, Refusal>
    where
        F: FnOnce(&Service, Option<&str>, &[u8]) -> Result<Vec<u8>, Refusal> + Send + 'static,
    {
        let hand = Arc::clone(&self.hands).acquire_owned().await.map_err(|_| Refusal::Sign)?;
        let service = Arc::clone(&self.service);
        let worked = tokio::task::spawn_blocking(move || {
            let _hand = hand;
            let answer = apart(|| work(&service, bearer(&headers), &body));
            body.zeroize();
            wipe_stack();
            answer
        });
        // A thread that panicked made nothing.
        worked.await.unwrap_or(Err(Refusal::Sign))
    }

    fn refuse(&self, refusal: Refusal) -> Response<Body> {
        self.service.tally.refused(refusal);
        refused(refusal)
    }
}

/// A refusal as a response.
pub(crate) fn refused(refusal: Refusal) -> Response<Body> {
    let mut response = with_type(JSON, Body::from(answers::refusal(refusal)));
    *response.status_mut() =
        StatusCode::from_u16(refusal.told().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if let Some(seconds) = refusal.retry_after_s() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if refusal.told().status == 401 {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// A body of the one content type, no longer than its limit: what is announced longer is not read at all.
async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Refusal> {
    let of_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(is_json);
    if !of_type {
        return Err(Refusal::ReadContentType);
    }
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > MAX_BODY_BYTES) {
        return Err(Refusal::FitBody);
    }
    let bytes = to_bytes(body, MAX_BODY_BYTES).await.map_err(|_| Refusal::FitBody)?;
    let copy = bytes.to_vec();
    // The network's own buffer goes too, where nobody else holds it.
    if let Ok(mut buffer) = bytes.try_into_mut() {
        buffer.as_mut().zeroize();
    }
    Ok(copy)
}

/// `application/json`, with no parameter but UTF-8.
fn is_json(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    let mut parts = value.split(';').map(str::trim);
    parts.next() == Some(JSON) && parts.all(|part| part == "charset=utf-8")
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    value.to_str().ok()?.strip_prefix("Bearer ")
}

fn text(content_type: &'static str, text: &'static str) -> Response<Body> {
    with_type(content_type, Body::from(text))
}

fn with_type(content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// The headers that every answer has.
pub(crate) async fn guarded(mut response: Response<Body>) -> Response<Body> {
    for (name, value) in GUARDS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_is_json() {
        assert!(is_json("application/json") && is_json("Application/JSON; charset=UTF-8"));
        for other in [
            "",
            "text/json",
            "application/json+x",
            "application/json; charset=gbk",
            "text/plain; application/json",
        ] {
            assert!(!is_json(other), "{other}");
        }
    }

    #[test]
    fn one_bearer_token_or_none() {
        let mut headers = HeaderMap::new();
        assert_eq!(bearer(&headers), None);
        headers.append(header::AUTHORIZATION, HeaderValue::from_static("Basic eA=="));
        assert_eq!(bearer(&headers), None);
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer abc"));
        assert_eq!(bearer(&headers), Some("abc"));
        headers.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer def"));
        assert_eq!(bearer(&headers), None, "two tokens are none");
    }
}
