//! The fleet as people see it: who is how old in what, by the bands of policy, what waits, what is unwell. Worst first, a page at a time.
//! Promises: what is counted above is of all terminals, whatever is looked for; of a fleet of any size a page has so many rows.
//! Must not know: how accounts came.

mod find;
pub(super) mod row;

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::{Form, State as Of};
use axum::http::{HeaderMap, Response, StatusCode};
use gate_core::believed::Places;
use gate_core::case::DataAge;
use gate_core::manifest::Dataset;
use gate_wire::time::Timestamp;

use self::find::{Asked, Filter, Found, Page, Wanted};
use self::row::{Row, Said, State};
use super::alarms::counted_since;
use super::counters::PLACES_MOST;
use super::words::Words;
use super::{Login, Top, page, person, unavailable};
use crate::bands::{Bands, Told};
use crate::store::fleet::{Seen, each, one};
use crate::store::log::alarms_since;
use crate::store::people::Role;
use crate::store::terminals::{Standing, listed};
use crate::store::{Db, StoreFault, accounts, records};
use crate::{Hub, now};

/// The page.
#[derive(Template)]
#[template(path = "fleet.html")]
struct Fleet {
    top: Top,
    told: Vec<(&'static str, Words)>,
    counts: Counts,
    by_band: Option<[usize; 4]>,
    /// Journals that wait for a person's word.
    doubts: u64,
    alarms: u64,
    text: String,
    filters: Vec<(&'static str, &'static str, bool)>,
    rows: Vec<Row>,
    page: Page,
    /// The pages before and behind, where there are.
    earlier: Option<String>,
    later: Option<String>,
}

/// How many of all terminals that are enrolled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    enrolled: usize,
    /// Lacking, expired, stale, ageing.
    by_band: [usize; 4],
    /// Never reported.
    silent: usize,
    quiet: usize,
    unwell: usize,
    ahead: usize,
}

/// By what terminals are looked at.
pub(super) struct View {
    bands: Bands,
    places: Option<Places>,
    pub(super) now: Timestamp,
}

/// What is read of the store for one page.
struct Read {
    counts: Counts,
    page: Page,
    rows: Vec<Row>,
    doubts: u64,
    alarms: u64,
}

pub(super) async fn show(
    Of(hub): Of<Arc<Hub>>,
    headers: HeaderMap,
    Form(asked): Form<Asked>,
) -> Response<Body> {
    let person = match person(&hub, &headers).await {
        Ok(Some(person)) => person,
        Ok(None) => return page(StatusCode::OK, &Login { refused: None }),
        Err(_) => return unavailable(),
    };
    let (view, wanted) = (View::now(&hub).await, Wanted::of(&asked));
    let read = hub.read(move |db| {
        let read = read(db, &view, &wanted)?;
        Ok(Fleet::of(person, read, (&view, &wanted)))
    });
    match read.await {
        Ok(fleet) => page(StatusCode::OK, &fleet),
        Err(_) => unavailable(),
    }
}

impl View {
    /// By what is published, at this moment.
    pub(super) async fn now(hub: &Arc<Hub>) -> View {
        let places = hub.published(|newest| newest.target("places.json", PLACES_MOST));
        let (bands, places) = tokio::join!(hub.bands(), places);
        let places = places.ok().flatten().and_then(|bytes| Places::load(&bytes).ok());
        View { bands, places, now: now() }
    }
}

/// Looks through all terminals once; then those of one page are read again, with all that is shown of them.
fn read(db: &Db, view: &View, wanted: &Wanted) -> Result<Read, StoreFault> {
    let (mut counts, mut found) = (Counts::default(), Found::nothing(wanted, view.places.as_ref()));
    each(db, |seen| {
        let said = seen.said.as_ref();
        let state = said.map(|(summary, received)| State::of((summary, *received), &view.bands, view.now));
        counts.see(seen, state.as_ref());
        found.see(seen, state.as_ref());
    })?;
    let (page, mut rows) = (found.page(), Vec::new());
    for number in &page.numbers {
        rows.extend(row_of(db, *number, view)?);
    }
    let alarms = alarms_since(db, counted_since(view.now))?;
    let doubts = records::doubts::count(db)?;
    Ok(Read { counts, page, rows, doubts, alarms })
}

/// A terminal with all that is shown of it; `None`: there is none of this number.
pub(super) fn row_of(db: &Db, number: u32, view: &View) -> Result<Option<Row>, StoreFault> {
    let Some(seen) = one(db, number)? else { return Ok(None) };
    let said = match &seen.said {
        Some((summary, received)) => {
            let queue = accounts::lacking(db, seen.number, summary)?;
            Some(Said::of((summary, *received), queue, (&view.bands, view.now)))
        }
        None => None,
    };
    let place = seen.place.map(|number| match view.places.as_ref().and_then(|places| places.find(number)) {
        Some(place) => format!("{number} {}", place.name),
        None => number.to_string(),
    });
    let check = listed(db, seen.number)?.and_then(|listed| listed.check_number());
    let is_revoked = seen.standing == Standing::Revoked;
    Ok(Some(Row { number: seen.number, is_revoked, place, check, said }))
}

impl Counts {
    fn see(&mut self, seen: &Seen, state: Option<&State>) {
        if seen.standing != Standing::Enrolled {
            return;
        }
        self.enrolled += 1;
        let Some(state) = state else {
            self.silent += 1;
            return;
        };
        let bands = [DataAge::Missing, DataAge::Expired, DataAge::Stale, DataAge::Ageing];
        let counted = bands.into_iter().zip(&mut self.by_band).find(|(band, _)| state.band() == Some(*band));
        counted.into_iter().for_each(|(_, count)| *count += 1);
        self.quiet += usize::from(state.is_quiet());
        self.unwell += usize::from(state.is_unwell());
        self.ahead += usize::from(state.is_ahead());
    }
}

impl Fleet {
    fn of(person: (String, Role), read: Read, (view, wanted): (&View, &Wanted)) -> Fleet {
        let Read { counts, page, rows, doubts, alarms } = read;
        let filters = Filter::ALL.map(|one| (one.name(), one.words(), one == wanted.filter));
        Fleet {
            top: Top::of(person),
            told: told(&view.bands),
            counts,
            by_band: view.bands.measure().then_some(counts.by_band),
            doubts,
            alarms,
            text: wanted.text.clone(),
            filters: filters.into(),
            rows,
            earlier: (page.page > 1).then(|| wanted.address(page.page - 1)),
            later: (page.page < page.pages).then(|| wanted.address(page.page + 1)),
            page,
        }
    }
}

/// What is said of the policies above the table, and how it stands out.
fn told(bands: &Bands) -> Vec<(&'static str, Words)> {
    let mut all: Vec<(&str, Words)> = bands.told().into_iter().map(in_words).collect();
    if !bands.measure() {
        let alone =
            Words::of("只显示时间，不分档，最旧的在前。", "Ages alone, without bands, the oldest first.");
        all.push(("refused", alone));
    }
    all
}

fn in_words(told: Told) -> (&'static str, Words) {
    let name = |kind: Dataset| match kind {
        Dataset::PolicyHospital => ("医院", "hospitals"),
        _ => ("车站等", "stations"),
    };
    match told {
        Told::Bands(kind, version) => {
            let (zh, en) = name(kind);
            let zh = format!("分档按政策第 {version} 版（{zh}）。");
            ("", Words::with(zh, format!("Bands by policy {version} ({en}).")))
        }
        Told::ListAlone(kind, version) => {
            let (zh, en) = name(kind);
            let zh = format!("政策第 {version} 版（{zh}）没有分档：只有名单有期限。");
            let en = format!("Policy {version} ({en}) has no bands: the list alone has a limit.");
            ("", Words::with(zh, en))
        }
        Told::Refused(kind) => {
            let (zh, en) = name(kind);
            let zh = format!("政策（{zh}）无法采用，终端也不会采用。");
            let en = format!("This policy ({en}) cannot be taken; terminals refuse it, too.");
            ("refused", Words::with(zh, en))
        }
        Told::Nothing => ("refused", Words::of("没有已发布的政策。", "No policy is published.")),
        Told::Damaged => (
            "refused",
            Words::of(
                "已发布的仓库有损坏，读不出政策。",
                "The published repository is damaged: no policy can be read.",
            ),
        ),
        Told::Away => (
            "refused",
            Words::of("仓库没有应答，读不出政策。", "The repository does not answer: no policy can be read."),
        ),
    }
}

/// `2026-11-20 08:00` in UTC+8.
pub(super) fn shown(time: Timestamp) -> String {
    let ((year, month, day), second) = (time.civil_day().ymd(), time.civil_second());
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", second / 3600, second / 60 % 60)
}

#[cfg(test)]
mod tests;
