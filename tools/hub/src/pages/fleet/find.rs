//! Which terminals a person looks for: by number, by place, by state, a page at a time, the worst first.
//! Promises: all of it is done here, in order; a page that is not there is the last one; what is kept of a terminal that is not on the page is
//! its place in the order; whatever stands in an address, the page is whole.
//! Must not know: how a terminal is shown.

use std::cmp::Reverse;

use gate_core::believed::Places;
use serde::Deserialize;
use url::form_urlencoded::Serializer;

use super::row::{State, Weight, weight};
use crate::store::fleet::Seen;
use crate::store::terminals::Standing;

/// Rows of a page.
pub(super) const ROWS: usize = 100;
/// Letters of a search: longer than any place's name.
const TEXT_MOST: usize = 40;

/// As an address names it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::pages) struct Asked {
    find: String,
    state: String,
    page: String,
}

/// Terminals in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    All,
    Unwell,
    Old,
    Silent,
    Ahead,
    Revoked,
}

impl Filter {
    pub(super) const ALL: [Filter; 6] =
        [Filter::All, Filter::Unwell, Filter::Old, Filter::Silent, Filter::Ahead, Filter::Revoked];

    /// Its name in an address.
    pub(super) fn name(self) -> &'static str {
        match self {
            Filter::All => "",
            Filter::Unwell => "unwell",
            Filter::Old => "old",
            Filter::Silent => "silent",
            Filter::Ahead => "clock",
            Filter::Revoked => "revoked",
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Filter::All => "全部 all",
            Filter::Unwell => "有故障 unwell",
            Filter::Old => "数据过旧或缺少 data too old or lacking",
            Filter::Silent => "一天未报告或从未报告 silent for a day, or ever",
            Filter::Ahead => "时钟错误 clock wrong",
            Filter::Revoked => "已吊销 revoked",
        }
    }

    fn takes(self, seen: &Seen, state: Option<&State>) -> bool {
        let is_revoked = seen.standing == Standing::Revoked;
        match self {
            Filter::All => true,
            Filter::Revoked => is_revoked,
            _ if is_revoked => false,
            Filter::Unwell => state.is_some_and(State::is_unwell),
            Filter::Old => state.is_some_and(State::is_old),
            Filter::Silent => state.is_none_or(State::is_quiet),
            Filter::Ahead => state.is_some_and(State::is_ahead),
        }
    }
}

/// What a person looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) text: String,
    pub(super) filter: Filter,
    /// From 1.
    pub(super) page: usize,
}

impl Wanted {
    pub(super) fn of(asked: &Asked) -> Wanted {
        let filter = Filter::ALL.into_iter().find(|one| one.name() == asked.state);
        Wanted {
            text: asked.find.trim().chars().take(TEXT_MOST).collect(),
            filter: filter.unwrap_or(Filter::All),
            page: asked.page.parse().unwrap_or(1).max(1),
        }
    }

    /// The address of a page of the same.
    pub(super) fn address(&self, page: usize) -> String {
        let mut pairs = Serializer::for_suffix(String::from("/?"), 2);
        if !self.text.is_empty() {
            pairs.append_pair("find", &self.text);
        }
        if self.filter != Filter::All {
            pairs.append_pair("state", self.filter.name());
        }
        pairs.append_pair("page", &page.to_string()).finish()
    }

    fn takes(&self, seen: &Seen, state: Option<&State>, places: Option<&Places>) -> bool {
        self.filter.takes(seen, state) && self.names(seen, places)
    }

    /// A number is a terminal's or a place's; other words are of a place's name.
    fn names(&self, seen: &Seen, places: Option<&Places>) -> bool {
        if self.text.is_empty() {
            return true;
        }
        let number = self.text.parse::<u32>().ok();
        let is_named = |place| {
            let place = places.and_then(|places| places.find(place));
            place.is_some_and(|place| place.name.to_lowercase().contains(&self.text.to_lowercase()))
        };
        number.is_some_and(|number| seen.number == number || seen.place == Some(number))
            || seen.place.is_some_and(is_named)
    }
}

/// The terminals that are wanted, as they are shown one after the other.
pub(super) struct Found<'a> {
    wanted: &'a Wanted,
    places: Option<&'a Places>,
    order: Vec<(bool, Reverse<Weight>, u32)>,
}

/// The numbers of one page, and where it stands among the others.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) numbers: Vec<u32>,
    /// From 1, of so many.
    pub(super) page: usize,
    pub(super) pages: usize,
    /// How many were found, and how many come before this page.
    pub(super) found: usize,
    pub(super) before: usize,
}

impl<'a> Found<'a> {
    pub(super) fn nothing(wanted: &'a Wanted, places: Option<&'a Places>) -> Found<'a> {
        Found { wanted, places, order: Vec::new() }
    }

    pub(super) fn see(&mut self, seen: &Seen, state: Option<&State>) {
        if self.wanted.takes(seen, state, self.places) {
            self.order.push((seen.standing == Standing::Revoked, Reverse(weight(state)), seen.number));
        }
    }

    /// The page that is wanted, or the last.
    pub(super) fn page(mut self) -> Page {
        self.order.sort_unstable();
        let (found, pages) = (self.order.len(), self.order.len().div_ceil(ROWS).max(1));
        let page = self.wanted.page.min(pages);
        let before = (page - 1) * ROWS;
        let numbers = self.order.iter().skip(before).take(ROWS).map(|(.., number)| *number).collect();
        Page { numbers, page, pages, found, before }
    }
}

#[cfg(test)]
mod tests;
