//! Pages for people: a login with a one-time code, and the fleet.
//! Promises: without a session there is only the login, and a session ends with the secrets that opened it; one script, that reads
//! the page again, nothing from elsewhere; an age is that of signed data and of what a terminal signed, whoever tried what in between.
//! Must not know: records.

pub mod alarms;
pub mod audit;
pub mod counters;
mod deed;
pub mod doubts;
pub mod enrol;
pub mod fleet;
pub mod invite;
pub mod sessions;
pub mod terminal;
mod words;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Form, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::response::Html;
use axum::routing::{get, post};
use serde::Deserialize;
use totp_rs::{Builder, Secret, Totp};
use zeroize::Zeroizing;

use self::sessions::Who;
use crate::store::log::{Deed, audit};
use crate::store::people::Role;
use crate::store::{StoreFault, people};
use crate::writer::WriteFault;
use crate::{Hub, now};

const COOKIE: &str = "__Host-gate-hub";
/// What the page's script says when it reads the page again.
const REFRESH: &str = "x-gate-refresh";
/// Nothing but this page, its style and its script, which speaks to this hub alone; no frame around it, no form to elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
const FORM_MOST: usize = 1024;
/// With a reason of 200 letters, nine bytes each as a form writes them, or twelve.
const SAID_MOST: usize = 4096;

#[derive(Template)]
#[template(path = "login.html")]
struct Login {
    refused: Option<&'static str>,
}

#[derive(Deserialize)]
struct Asked {
    name: String,
    passphrase: String,
    code: String,
}

/// The paths of people.
pub fn paths() -> Router<Arc<Hub>> {
    Router::new()
        .route("/", get(fleet::show))
        .route("/terminal", get(terminal::show))
        .route(
            "/terminal/{deed}",
            get(terminal::deeds::ask).post(terminal::deeds::say).layer(DefaultBodyLimit::max(SAID_MOST)),
        )
        .route("/enrol", get(enrol::ask).post(enrol::say).layer(DefaultBodyLimit::max(SAID_MOST)))
        .route("/alarms", get(alarms::show))
        .route("/audit", get(audit::show))
        .route("/counters", get(counters::show))
        .route("/counters.csv", get(counters::table))
        .route("/doubts", get(doubts::show))
        .route(
            "/doubts/settle",
            get(doubts::ask_settle).post(doubts::settle).layer(DefaultBodyLimit::max(SAID_MOST)),
        )
        .route(
            "/doubts/reopen",
            get(doubts::ask_reopen).post(doubts::take_back).layer(DefaultBodyLimit::max(SAID_MOST)),
        )
        .route("/login", post(login).layer(DefaultBodyLimit::max(FORM_MOST)))
        .route("/logout", post(logout))
        .route("/invite", post(invite::invite).layer(DefaultBodyLimit::max(FORM_MOST)))
        .route(
            "/page.css",
            get(async || asset("text/css; charset=utf-8", include_str!("../templates/page.css"))),
        )
        .route(
            "/page.js",
            get(async || asset("text/javascript; charset=utf-8", include_str!("../templates/page.js"))),
        )
}

/// Who asks, and what they may do now: whose secrets are others since, or who was taken away, is nobody. A store that cannot be read
/// says nothing of anybody: their session stays.
async fn person(hub: &Arc<Hub>, headers: &HeaderMap) -> Result<Option<(String, Role)>, StoreFault> {
    Ok(known(hub, headers).await?.map(|(who, role)| (who.name, role)))
}

/// The same, with the secrets that they logged in by.
async fn known(hub: &Arc<Hub>, headers: &HeaderMap) -> Result<Option<(Who, Role)>, StoreFault> {
    let known = session(headers).and_then(|token| Some((token, hub.sessions.who(token, now())?)));
    let Some((token, who)) = known else { return Ok(None) };
    let name = who.name.clone();
    match hub.read(move |db| people::stands(db, &name)).await? {
        Some((role, stamp)) if stamp == who.stamp => {
            if is_use(headers, role) {
                hub.sessions.used(token, now());
            }
            Ok(Some((who, role)))
        }
        _ => {
            hub.sessions.close(token);
            Ok(None)
        }
    }
}

/// Whether a person looked. A page that reads itself again keeps nobody logged in who may change something; a viewer's may hang on a
/// wall, for the twelve hours that any session has.
fn is_use(headers: &HeaderMap, role: Role) -> bool {
    role == Role::Viewer || !headers.contains_key(REFRESH)
}

/// What stands above every page of who is logged in.
struct Top {
    name: String,
    now: String,
    /// They may change something.
    changes: bool,
}

impl Top {
    fn of((name, role): (String, Role)) -> Top {
        Top { name, now: fleet::shown(now()), changes: role == Role::Administrator }
    }
}

/// What became of a login.
enum Entered {
    /// Both are right.
    In(Who),
    /// Name or passphrase is wrong.
    Nobody,
    /// The code is wrong, or was used.
    Code,
    /// Too many codes were wrong.
    Paused,
}

async fn login(State(hub): State<Arc<Hub>>, Form(asked): Form<Asked>) -> Response<Body> {
    let written = match enter(&hub, &asked).await {
        Ok(Entered::In(who)) => {
            let token = hub.sessions.open(who, now());
            return redirect(&format!("{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Strict"));
        }
        Ok(Entered::Paused) => {
            let refused = Some("尝试过多，请稍候 Too many tries: wait a little.");
            return page(StatusCode::TOO_MANY_REQUESTS, &Login { refused });
        }
        // Their passphrase is somebody else's too, or they mistyped six digits.
        Ok(Entered::Code) => {
            let name = asked.name.clone();
            hub.writer.change(move |db| audit(db, (&name, now()), Deed::WrongCode, &[])).await
        }
        Ok(Entered::Nobody) => match hub.sessions.refused(now()) {
            // Not the name: people type passphrases there.
            Some(count) => {
                let noted = move |db: &_| audit(db, ("login", now()), Deed::RefusedLogins, &[&count]);
                hub.writer.change(noted).await
            }
            None => Ok(()),
        },
        Err(fault) => Err(fault),
    };
    match written {
        Ok(()) => {
            let refused = Some("姓名、口令或验证码不对 Name, passphrase or code is wrong.");
            page(StatusCode::FORBIDDEN, &Login { refused })
        }
        Err(_) => unavailable(),
    }
}

fn unavailable() -> Response<Body> {
    page(StatusCode::SERVICE_UNAVAILABLE, &Login { refused: Some("稍后再试 Come again later.") })
}

/// Whether both are right, and the code is used up by this. The passphrase comes first: it cannot be guessed, so nobody else
/// makes a pause for this name.
async fn enter(hub: &Arc<Hub>, asked: &Asked) -> Result<Entered, WriteFault> {
    let fail = |error: StoreFault| WriteFault::Fail(error.to_string());
    let (name, passphrase) = (asked.name.clone(), Zeroizing::new(asked.passphrase.clone()));
    let found = hub.read(move |db| people::find(db, &name, &passphrase)).await.map_err(fail)?;
    let Some(person) = found else { return Ok(Entered::Nobody) };
    if !hub.sessions.may_try(&asked.name, now()) {
        return Ok(Entered::Paused);
    }
    let step = one_time(&person.totp).and_then(|codes| codes.check(&asked.code, now().unix()));
    let (Some(step), name) = (step, asked.name.clone()) else { return Ok(Entered::Code) };
    let is_in = hub.writer.change(move |db| people::enter(db, &name, step, now())).await?;
    let who = Who { name: asked.name.clone(), stamp: person.stamp };
    Ok(if is_in { Entered::In(who) } else { Entered::Code })
}

/// Six digits by SHA-1 every 30 s: what every authenticator does (RFC 6238).
#[must_use]
pub fn one_time(secret: &[u8; 20]) -> Option<Totp> {
    Builder::new().with_secret(Secret::from(secret.as_slice())).build().ok()
}

async fn logout(State(hub): State<Arc<Hub>>, headers: HeaderMap) -> Response<Body> {
    if let Some(token) = session(&headers) {
        hub.sessions.close(token);
    }
    redirect(&format!("{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0"))
}

fn asset(kind: &'static str, text: &'static str) -> Response<Body> {
    let mut answer = Response::new(Body::from(text));
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

fn session(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    let mut pairs = cookies.split("; ").filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, token)| token)
}

/// A form was taken: the page is read anew, and going back says nothing twice.
fn see_other(path: &str) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(path) = HeaderValue::from_str(path) {
        answer.headers_mut().insert(header::LOCATION, path);
    }
    answer
}

fn redirect(cookie: &str) -> Response<Body> {
    let mut answer = see_other("/");
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        answer.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    answer
}

fn page(status: StatusCode, template: &impl Template) -> Response<Body> {
    use axum::response::IntoResponse;
    let Ok(text) = template.render() else { return Response::new(Body::empty()) };
    let mut answer = Html(text).into_response();
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_reads_itself_again_keeps_no_administrator_logged_in() {
        let (asked, mut refresh) = (HeaderMap::new(), HeaderMap::new());
        refresh.insert(REFRESH, HeaderValue::from_static("1"));
        assert!(is_use(&asked, Role::Administrator) && is_use(&asked, Role::Viewer));
        assert!(!is_use(&refresh, Role::Administrator) && is_use(&refresh, Role::Viewer));
        assert!(include_str!("../templates/page.js").contains(&format!("\"{REFRESH}\"")));
    }
}
