//! The audit log, for administrators: who did what and why, the newest first, a page at a time.
//! Promises: changes nothing; what no kind of this version wrote stands there as it was written.
//! Must not know: what was done to whom.

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, Response, StatusCode};
use gate_wire::time::Timestamp;
use serde::Deserialize;
use url::form_urlencoded::Serializer;

use super::deed::{administrator, top};
use super::fleet::shown;
use super::{Top, page, unavailable};
use crate::Hub;
use crate::store::log::{Audited, Deed, newest_audited};

/// Rows of a page.
const ROWS: usize = 100;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// The number of the line before which others are asked for.
    before: String,
    /// Of this person alone.
    who: String,
}

/// A line as people see it.
struct Line {
    at: String,
    who: String,
    chinese: String,
    english: String,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Page {
    top: Top,
    who: String,
    lines: Vec<Line>,
    /// Where older ones are.
    older: Option<String>,
}

pub(super) async fn show(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    Form(asked): Form<Asked>,
) -> Response<Body> {
    let top = match administrator(&hub, &headers).await {
        Ok(who) => top(&who),
        Err(answer) => return answer,
    };
    let (before, who) = (asked.before.parse().unwrap_or(u64::MAX), asked.who.trim().to_owned());
    // One more than is shown tells whether there are older ones.
    let most = u32::try_from(ROWS + 1).unwrap_or(u32::MAX);
    let read = hub.read(move |db| {
        let lines = newest_audited(db, before, Some(&who), most)?;
        Ok(Page::of(top, who, lines))
    });
    match read.await {
        Ok(read) => page(StatusCode::OK, &read),
        Err(_) => unavailable(),
    }
}

impl Page {
    fn of(top: Top, who: String, mut lines: Vec<Audited>) -> Page {
        let is_all = lines.len() <= ROWS;
        lines.truncate(ROWS);
        let older = lines.last().filter(|_| !is_all).map(|last| {
            let mut pairs = Serializer::for_suffix(String::from("/audit?"), 7);
            if !who.is_empty() {
                pairs.append_pair("who", &who);
            }
            pairs.append_pair("before", &last.id.to_string()).finish()
        });
        Page { top, who, lines: lines.into_iter().map(Line::of).collect(), older }
    }
}

impl Line {
    fn of(line: Audited) -> Line {
        let at = shown(Timestamp::from_unix(line.at).unwrap_or(Timestamp::MAX));
        let chinese = Deed::in_chinese(&line.what).unwrap_or_default();
        Line { at, who: line.who, chinese, english: line.what }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::people::Role;

    fn line(id: u64, what: &str) -> Audited {
        Audited { id, at: 0, who: "测试<甲>".into(), what: what.into() }
    }

    #[test]
    fn a_line_is_text_whatever_was_written_and_a_page_names_the_next() {
        let lines = (1..=101).rev().map(|id| line(id, "<script>alert(1)</script>")).collect();
        let page = Page::of(Top::of(("测试员".into(), Role::Administrator)), "甲&乙".into(), lines);
        let text = page.render().unwrap();
        assert!(!text.contains("<script>alert") && !text.contains("测试<甲>"), "{text}");
        assert!(text.contains("who=%E7%94%B2%26%E4%B9%99&#38;before=2"), "{text}");
        assert_eq!(page.lines.len(), 100);
    }
}
