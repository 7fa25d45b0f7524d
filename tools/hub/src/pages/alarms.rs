//! The alarms, for everybody who is logged in: over which terminal, when, what; the newest first, a page at a time.
//! Promises: changes nothing, and settles nothing: what is in doubt is settled on its own page.
//! Must not know: which of two rows is true.

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, Response, StatusCode};
use gate_wire::time::Timestamp;
use serde::Deserialize;

use super::fleet::shown;
use super::{Login, Top, page, person, unavailable};
use crate::Hub;
use crate::store::log::{Alarm, Raised, newest_alarms};

/// Rows of a page.
const ROWS: usize = 100;
/// Days that the fleet's page counts.
const DAYS: u64 = 30;
const DAY_S: u64 = 86_400;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// The number of the alarm before which others are asked for.
    before: String,
}

/// An alarm as people see it.
struct Line {
    at: String,
    terminal: u32,
    chinese: String,
    english: String,
}

#[derive(Template)]
#[template(path = "alarms.html")]
struct Alarms {
    top: Top,
    lines: Vec<Line>,
    /// The number of the last, where there are older ones.
    older: Option<u64>,
}

/// From when on the fleet's page counts alarms, in seconds since 1970.
pub(super) fn counted_since(now: Timestamp) -> u64 {
    now.unix().saturating_sub(DAYS * DAY_S)
}

pub(super) async fn show(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    Form(asked): Form<Asked>,
) -> Response<Body> {
    let top = match person(&hub, &headers).await {
        Ok(Some(person)) => Top::of(person),
        Ok(None) => return page(StatusCode::FORBIDDEN, &Login { refused: None }),
        Err(_) => return unavailable(),
    };
    let before = asked.before.parse().unwrap_or(u64::MAX);
    // One more than is shown tells whether there are older ones.
    let most = u32::try_from(ROWS + 1).unwrap_or(u32::MAX);
    match hub.read(move |db| newest_alarms(db, before, most)).await {
        Ok(raised) => page(StatusCode::OK, &Alarms::of(top, raised)),
        Err(_) => unavailable(),
    }
}

impl Alarms {
    fn of(top: Top, mut raised: Vec<Raised>) -> Alarms {
        let is_all = raised.len() <= ROWS;
        raised.truncate(ROWS);
        let older = raised.last().map(|one| one.id).filter(|_| !is_all);
        Alarms { top, lines: raised.into_iter().map(Line::of).collect(), older }
    }
}

impl Line {
    fn of(raised: Raised) -> Line {
        let at = shown(Timestamp::from_unix(raised.at).unwrap_or(Timestamp::MAX));
        let chinese = Alarm::in_chinese(&raised.what).unwrap_or_default();
        Line { at, terminal: raised.terminal, chinese, english: raised.what }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::people::Role;

    fn tester(name: &str) -> Top {
        Top::of((name.into(), Role::Viewer))
    }

    fn raised(id: u64, what: &str) -> Raised {
        Raised { id, at: 0, terminal: 7, what: what.into() }
    }

    #[test]
    fn an_alarm_of_another_version_stands_there_as_it_is_and_as_text() {
        let lines = vec![raised(2, "<script>alert(1)</script>"), raised(1, "")];
        let page = Alarms::of(tester("测试<员>"), lines).render().unwrap();
        assert!(!page.contains("<script>alert") && page.contains("alert(1)"), "{page}");
        assert!(!page.contains("测试<员>") && !page.contains("before="), "{page}");
    }

    #[test]
    fn a_page_has_so_many_and_names_the_next() {
        let all = |count: u64| (0..count).rev().map(|id| raised(id + 1, "")).collect();
        let shown = |count| {
            let page = Alarms::of(tester("测试员"), all(count));
            (page.lines.len(), page.older)
        };
        assert_eq!((shown(100), shown(101)), ((100, None), (100, Some(2))));
    }
}
