//! Passages by place, county and city, as terminals counted them day by day (DOMAIN §18): a page, and the same as a table to download.
//! Promises: a county's sum is its places' and a city's its counties'; a place that no published table names is told as unknown, not left
//! out; how many terminals have not spoken for a day of these stands beside it.
//! Must not know: people, records.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use gate_core::believed::Places;
use gate_wire::time::{Day, Timestamp};

use super::{Login, Top, page, person, unavailable};
use crate::store::accounts::Summary;
use crate::store::counters::{Counted, of_days};
use crate::store::fleet::each;
use crate::store::terminals::Standing;
use crate::{Hub, now};

/// Days shown, where nobody says how many, and at most.
const DAYS: (u32, u32) = (7, 62);
const DAY_S: u64 = 86_400;
pub(super) const PLACES_MOST: u64 = 1 << 20;
/// Letters of verdicts, an attendant's openings, and those of `P` at which the gate stayed shut.
const LETTERS: [u8; 6] = *b"PLSAON";
/// How many of them are verdicts: each passage has one.
const VERDICTS: usize = 4;

/// What places are called and where they lie.
type Lying = BTreeMap<u32, (String, String)>;

/// Counts by letter.
pub(super) type Sums = [u64; LETTERS.len()];

/// A line of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    level: &'static str,
    label: String,
    sums: Sums,
    passages: u64,
}

#[derive(Template)]
#[template(path = "counters.html")]
struct Page {
    top: Top,
    days: u32,
    since: String,
    until: String,
    silent: usize,
    lines: Vec<Line>,
}

pub(super) async fn show(
    State(hub): State<Arc<Hub>>,
    RawQuery(asked): RawQuery,
    headers: HeaderMap,
) -> Response<Body> {
    let Ok(person) = person(&hub, &headers).await else { return unavailable() };
    let Some(person) = person else {
        return page(StatusCode::FORBIDDEN, &Login { refused: None });
    };
    let (now, days) = (now(), days(asked.as_deref()));
    let (first, last) = span(now, days);
    let Some((counted, silent, lying)) = read(&hub, (first, last), now).await else { return unavailable() };
    let lines = lines(&counted, &lying);
    let [since, until] = [first, last].map(date);
    page(StatusCode::OK, &Page { top: Top::of(person), days, since, until, silent, lines })
}

/// The same, a line for each day, place and letter: what is reported upwards.
pub(super) async fn table(
    State(hub): State<Arc<Hub>>,
    RawQuery(asked): RawQuery,
    headers: HeaderMap,
) -> Response<Body> {
    let Ok(person) = person(&hub, &headers).await else { return unavailable() };
    if person.is_none() {
        return page(StatusCode::FORBIDDEN, &Login { refused: None });
    }
    let now = now();
    let Some((counted, _, lying)) = read(&hub, span(now, days(asked.as_deref())), now).await else {
        return unavailable();
    };
    let mut answer = Response::new(Body::from(csv(&counted, &lying)));
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// `days=N`.
fn days(query: Option<&str>) -> u32 {
    let asked = query.and_then(|query| query.strip_prefix("days=")?.parse().ok());
    asked.unwrap_or(DAYS.0).clamp(1, DAYS.1)
}

/// So many days, today the last.
fn span(now: Timestamp, days: u32) -> (u32, u32) {
    let today = now.civil_day().0;
    (today.saturating_sub(days - 1), today)
}

async fn read(
    hub: &Arc<Hub>,
    (first, last): (u32, u32),
    now: Timestamp,
) -> Option<(Vec<Counted>, usize, Lying)> {
    let places = hub.published(|newest| newest.target("places.json", PLACES_MOST));
    let read = hub.read(move |db| {
        let is_heard = |(summary, received): &(Summary, u64)| {
            now.unix().saturating_sub(summary.at.min(*received)) < DAY_S
        };
        let (counted, mut silent) = (of_days(db, (first, last))?, 0);
        each(db, |seen| {
            let is_ours = seen.standing == Standing::Enrolled;
            silent += usize::from(is_ours && !seen.said.as_ref().is_some_and(is_heard));
        })?;
        Ok((counted, silent))
    });
    let (read, places) = tokio::join!(read, places);
    let (counted, silent) = read.ok()?;
    let lying = lying(places.ok().flatten().and_then(|bytes| Places::load(&bytes).ok()), &counted);
    Some((counted, silent, lying))
}

/// What the newest published table says of these places. It only gives names here: nothing is decided by it, and nothing of it proven.
fn lying(places: Option<Places>, counted: &[Counted]) -> Lying {
    let Some(places) = places else { return Lying::new() };
    let told = |one: &Counted| {
        let place = places.find(one.place)?;
        Some((one.place, (place.name.to_string(), place.region.as_str().to_owned())))
    };
    counted.iter().filter_map(told).collect()
}

pub(super) fn date(day: u32) -> String {
    let (year, month, day) = Day(day).ymd();
    format!("{year:04}-{month:02}-{day:02}")
}

/// A city's code of a county's (GB/T 2260: four digits of six).
fn city_of(county: &str) -> String {
    format!("{}00", county.get(..4).unwrap_or_default())
}

fn add(sums: &mut Sums, letter: u8, count: u64) {
    let at = LETTERS.iter().position(|one| *one == letter);
    at.and_then(|at| sums.get_mut(at)).into_iter().for_each(|sum| *sum = sum.saturating_add(count));
}

/// Of these verdicts and openings, those that are passages.
pub(super) fn passages(sums: &Sums) -> u64 {
    sums.iter().take(VERDICTS).sum()
}

/// Day, letter and count, added up by day.
pub(super) fn by_day(counted: &[(u32, u8, u64)]) -> BTreeMap<u32, Sums> {
    let mut days = BTreeMap::new();
    for (day, letter, count) in counted {
        add(days.entry(*day).or_default(), *letter, *count);
    }
    days
}

/// City, its counties, their places, each with its sum; what lies nowhere comes last.
fn lines(counted: &[Counted], lying: &Lying) -> Vec<Line> {
    const NOWHERE: &str = "~";
    let mut tree: BTreeMap<(String, String, u32), Sums> = BTreeMap::new();
    for one in counted {
        let county = lying.get(&one.place).map_or(NOWHERE, |(_, county)| county).to_owned();
        let city = if county == NOWHERE { county.clone() } else { city_of(&county) };
        for place in
            [(city.clone(), String::new(), 0), (city.clone(), county.clone(), 0), (city, county, one.place)]
        {
            add(tree.entry(place).or_default(), one.letter, one.count);
        }
    }
    let line = |((city, county, place), sums): ((String, String, u32), Sums)| {
        let (level, label) = match (county.as_str(), place) {
            _ if city == NOWHERE && place == 0 => {
                ("未知 unknown", "没有场所数据 in no published table".into())
            }
            ("", _) => ("市 city", city),
            (_, 0) => ("区县 county", county),
            _ => ("场所 place", format!("{place} {}", lying.get(&place).map_or("", |(name, _)| name))),
        };
        Line { level, label, passages: passages(&sums), sums }
    };
    let nowhere_once = |((city, county, place), _): &((String, String, u32), Sums)| {
        city != NOWHERE || !(county == NOWHERE && *place == 0)
    };
    // Place 0 stands for the county itself: no place has that number.
    tree.into_iter().filter(nowhere_once).map(line).collect()
}

fn csv(counted: &[Counted], lying: &Lying) -> String {
    let mut text = String::from("day,city,county,place,letter,count\n");
    for one in counted {
        let county = lying.get(&one.place).map_or("", |(_, county)| county);
        let city = if county.is_empty() { String::new() } else { city_of(county) };
        let letter = char::from(one.letter);
        let letter = if letter.is_ascii_alphanumeric() { letter } else { '?' };
        let (day, place, count) = (date(one.day), one.place, one.count);
        text.push_str(&format!("{day},{city},{county},{place},{letter},{count}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(place: u32, letter: u8, count: u64) -> Counted {
        Counted { day: 20_000, place, letter, count }
    }

    #[test]
    fn a_city_is_the_sum_of_its_counties_and_a_place_of_no_table_is_told() {
        let place = |name: &str, county: &str| (name.to_owned(), county.to_owned());
        let lying = Lying::from([
            (1, place("甲站", "510104")),
            (2, place("乙院", "510107")),
            (3, place("丙站", "510104")),
        ]);
        let all = [
            counted(1, b'P', 10),
            counted(1, b'S', 1),
            counted(2, b'P', 5),
            counted(3, b'A', 2),
            counted(9, b'P', 4),
            counted(1, b'O', 2),
            counted(2, b'N', 1),
        ];
        let lines = lines(&all, &lying);
        let told: Vec<(&str, &str, u64)> =
            lines.iter().map(|line| (line.level, line.label.as_str(), line.passages)).collect();
        assert_eq!(
            told,
            [
                ("市 city", "510100", 18),
                ("区县 county", "510104", 13),
                ("场所 place", "1 甲站", 11),
                ("场所 place", "3 丙站", 2),
                ("区县 county", "510107", 5),
                ("场所 place", "2 乙院", 5),
                ("未知 unknown", "没有场所数据 in no published table", 4),
                ("场所 place", "9 ", 4),
            ]
        );
        assert_eq!(
            lines[0].sums,
            [15, 0, 1, 2, 2, 1],
            "openings and shut gates are no passages of their own"
        );
        assert!(
            csv(&all, &lying).contains(",510100,510107,2,P,5\n") && csv(&all, &lying).contains(",,,9,P,4\n")
        );
    }
}
