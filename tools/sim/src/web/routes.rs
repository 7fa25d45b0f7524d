//! The server: the page, its pictures, the stream of views, and what the page asks for.
//! Promises: nothing from outside this machine is loaded (the policy of content says so to the browser); bodies are
//! bounded; a page that stops reading holds up nobody.
//! Must not know: what a command does.

use std::convert::Infallible;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use gate_core::screen::Volume;
use gate_hal_linux::picture::GreyPicture;
use gate_terminal::voice::Voices;

use super::command::Command;
use super::door::Door;
use super::slot::Folder;
use super::theatre::SIGNALS;
use super::view::{Audience, Picture};
use crate::guests::Guests;

/// A photograph of a phone's camera.
const MAX_BODY: usize = 12 << 20;
/// A demo's published folder, many times over.
const MAX_STICK: usize = 64 << 20;
const PAGE: &str = include_str!("../../../../assets/sim/index.html");
const STYLE: &str = include_str!("../../../../assets/sim/style.css");
const SCRIPT: &str = include_str!("../../../../assets/sim/page.js");
const WORDS: &str = include_str!("../../../../assets/sim/words.js");
const TOUR: &str = include_str!("../../../../assets/sim/tour.js");
const SOUND: &str = include_str!("../../../../assets/sim/sound.js");

/// The two ends of the theatre.
#[derive(Clone)]
pub(super) struct House {
    /// To the theatre.
    pub(super) commands: SyncSender<Command>,
    /// From it.
    pub(super) audience: Audience,
    /// What the terminal says aloud.
    pub(super) voices: Arc<Voices>,
}

/// Serves until the process ends.
///
/// # Errors
/// If the listener breaks.
pub(super) async fn serve(listener: TcpListener, door: Door, house: House) -> Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    Ok(axum::serve(listener, router(door, house)).await?)
}

fn router(door: Door, house: House) -> Router {
    let rooms = Router::new()
        .route("/", get(|| async { text("text/html; charset=utf-8", PAGE) }))
        .route("/style.css", get(|| async { text("text/css; charset=utf-8", STYLE) }))
        .route("/page.js", get(|| async { text("text/javascript; charset=utf-8", SCRIPT) }))
        .route("/words.js", get(|| async { text("text/javascript; charset=utf-8", WORDS) }))
        .route("/tour.js", get(|| async { text("text/javascript; charset=utf-8", TOUR) }))
        .route("/sound.js", get(|| async { text("text/javascript; charset=utf-8", SOUND) }))
        .route("/guests.json", get(guests))
        .route("/views", get(views))
        .route("/display/{number}", get(display))
        .route("/camera/{number}", get(camera))
        .route("/sound/{signal}", get(sound))
        .route("/do", post(obey))
        .route("/picture", post(picture))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .route("/stick", post(stick).layer(DefaultBodyLimit::max(MAX_STICK)))
        .with_state(house);
    let prefix = door.prefix();
    let doorkeeper = middleware::from_fn(move |request: Request, next: Next| {
        let admitted = door.admit(request.method(), request.headers());
        async move {
            match admitted {
                Ok(()) => guarded(next.run(request).await),
                Err(refused) => refused.into_response(),
            }
        }
    });
    // `nest` answers under "/TOKEN"; the printed address ends with a slash so that the page's paths stay beneath it.
    Router::new().nest(&format!("{prefix}/"), rooms).layer(doorkeeper)
}

/// What every answer tells the browser.
fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; \
             connect-src 'self'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'",
        ),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn text(kind: &'static str, body: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], body).into_response()
}

async fn guests() -> Response {
    let Ok(guests) = Guests::demo() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let list: Vec<_> = guests
        .guest
        .iter()
        .map(|guest| {
            serde_json::json!({
                "id": guest.id, "group": guest.group, "colour": guest.colour, "who": guest.who,
                "zh": guest.zh, "en": guest.en, "expected": guest.expected.as_str(),
            })
        })
        .collect();
    json(&serde_json::json!(list))
}

async fn views(State(house): State<House>) -> Response {
    let mut audience = house.audience;
    audience.sit_down();
    let stream = futures_util::stream::unfold(audience, |mut audience| async move {
        let view = audience.next().await?;
        let text = serde_json::to_string(&*view).ok()?;
        Some((Ok::<_, Infallible>(Event::default().data(text)), audience))
    });
    Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(10))).into_response()
}

async fn display(State(house): State<House>, Path(number): Path<u64>) -> Response {
    shown(house.audience.now().map(|view| view.display.clone()), number)
}

async fn camera(State(house): State<House>, Path(number): Path<u64>) -> Response {
    shown(house.audience.now().and_then(|view| view.camera.clone()), number)
}

/// The newest picture, also to a page that asks for the one before: it would show a hole otherwise.
fn shown(newest: Option<Picture>, _asked: u64) -> Response {
    match newest {
        Some(picture) => {
            ([(header::CONTENT_TYPE, "image/png")], Bytes::from_owner(Shared(picture.png))).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

struct Shared(Arc<[u8]>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// What the terminal sounds at a signal, at its loudest: the page turns it down as the terminal would.
async fn sound(State(house): State<House>, Path(name): Path<String>) -> Response {
    let Some((_, signal)) = SIGNALS.into_iter().find(|(signal, _)| *signal == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let wav = gate_ui::sound::wav(&house.voices.samples(signal, Volume::MOST));
    ([(header::CONTENT_TYPE, "audio/wav")], wav).into_response()
}

async fn obey(State(house): State<House>, body: Bytes) -> Response {
    match serde_json::from_slice::<Command>(&body) {
        Ok(command) => hand_over(&house, command),
        Err(error) => refuse(StatusCode::BAD_REQUEST, &error),
    }
}

async fn picture(State(house): State<House>, body: Bytes) -> Response {
    match GreyPicture::decode(&body) {
        Ok(picture) => hand_over(&house, Command::Picture(picture)),
        Err(error) => refuse(StatusCode::UNPROCESSABLE_ENTITY, &error),
    }
}

async fn stick(State(house): State<House>, body: Bytes) -> Response {
    match Folder::parse(&body) {
        Ok(folder) => hand_over(&house, Command::Folder(folder)),
        Err(error) => refuse(StatusCode::UNPROCESSABLE_ENTITY, error.as_ref()),
    }
}

fn hand_over(house: &House, command: Command) -> Response {
    match house.commands.try_send(command) {
        Ok(()) => StatusCode::ACCEPTED.into_response(),
        Err(TrySendError::Full(_)) => StatusCode::TOO_MANY_REQUESTS.into_response(),
        Err(TrySendError::Disconnected(_)) => StatusCode::GONE.into_response(),
    }
}

fn refuse(status: StatusCode, error: &dyn std::error::Error) -> Response {
    (status, json(&serde_json::json!({ "error": error.to_string() }))).into_response()
}

fn json(value: &serde_json::Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}
