//! An administrator lets a terminal in: a code, once, as letters and as a QR code that the terminal's camera can read.
//! Promises: only administrators; the code is shown in this one answer and kept nowhere; who asked for it is written down.
//! Must not know: who holds the terminal to the screen.

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, Response, StatusCode};
use gate_core::query::TerminalNumber;
use serde::Deserialize;

use super::fleet::shown;
use super::{Login, Top, page, person, unavailable};
use crate::invitation::{Invitation, QUIET_ZONE};
use crate::store::people::Role;
use crate::store::terminals;
use crate::{Hub, now};

/// How long a code serves, in seconds.
const SERVES_S: u64 = 24 * 3600;

#[derive(Deserialize)]
pub(super) struct Asked {
    terminal: u32,
}

#[derive(Template)]
#[template(path = "invite.html")]
struct Invite {
    top: Top,
    terminal: u32,
    until: String,
    code: String,
    size: usize,
    path: String,
}

pub(super) async fn invite(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    Form(asked): Form<Asked>,
) -> Response<Body> {
    let Ok(person) = person(&hub, &headers).await else { return unavailable() };
    let Some((name, Role::Administrator)) = person else {
        return page(
            StatusCode::FORBIDDEN,
            &Login { refused: Some("请由管理员办理 Only an administrator may.") },
        );
    };
    let Some(terminal) = TerminalNumber::new(asked.terminal) else {
        let refused = Some("终端编号为 0 至 131071 A terminal's number is 0 to 131071.");
        return page(StatusCode::UNPROCESSABLE_ENTITY, &Login { refused });
    };
    let Ok(invitation) = Invitation::new(terminal) else { return unavailable() };
    let (key, until, top) =
        (invitation.key, now().plus(SERVES_S), Top::of((name.clone(), Role::Administrator)));
    let change =
        hub.writer.change(move |db| terminals::invite(db, (terminal, &key), until, (&name, now()))).await;
    let Some(modules) = change.ok().and_then(|()| invitation.modules()) else { return unavailable() };
    let size = modules.len() + 2 * QUIET_ZONE;
    let invite = Invite {
        top,
        terminal: terminal.value(),
        until: shown(until),
        size,
        path: path(&modules),
        code: invitation.code,
    };
    page(StatusCode::OK, &invite)
}

/// Dark modules as one SVG path, a line for each run of them.
fn path(modules: &[Vec<bool>]) -> String {
    let mut path = String::new();
    for (y, row) in modules.iter().enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, next| one == next) {
            if run.first() == Some(&true) {
                let (at, length) = (x + QUIET_ZONE, run.len());
                path += &format!("M{at} {}h{length}v1h-{length}z", y + QUIET_ZONE);
            }
            x += run.len();
        }
    }
    path
}
