//! The ladder: which delta files stand at which step, and which of them a terminal needs (DESIGN §6).
//! Promises: pure functions; a plan is the fewest files that lead from here to there, or says that there is no way.
//! Must not know: files, time of day: a step is five minutes because the desk publishes every five minutes.
//!
//! At step n are offered: every whole week, day and hour and the steps of this hour, each level only behind the ones before
//! it; and for each level what the unfinished unit above it has so far, in one file. A delta leads on from any state within
//! its span, since changes are absolute, so a terminal needs one file a whole week and at most three more.

use crate::entry::Epoch;

/// Steps of an hour, a day, a week; a step itself is the smallest unit.
pub const RUNGS: [u32; 3] = [7 * 24 * 12, 24 * 12, 12];
/// Status metadata lists at most so many files (DESIGN §2): a ladder of 13 weeks fits.
pub const OFFERED_MOST: usize = 64;

/// A delta file: it leads from any state in `from..to` to `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first state it may be put on.
    pub from: u32,
    /// The state it leads to.
    pub to: u32,
}

/// The files offered at step `now`, by rungs from the coarsest to the finest, then the steps of the last rung.
#[must_use]
pub fn offered(now: u32, rungs: &[u32]) -> Vec<Span> {
    let (mut spans, mut done) = (Vec::new(), 0);
    for (level, rung) in rungs.iter().chain(&[1]).enumerate() {
        let begin = done;
        while *rung > 0 && now - done >= *rung {
            spans.push(Span { from: done, to: done + rung });
            done += rung;
        }
        // What the unit above has so far, where that is more than one file.
        if level > 0 && done - begin > *rung {
            spans.push(Span { from: begin, to: done });
        }
    }
    spans
}

/// What a terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Have {
    /// Its base.
    pub epoch: Epoch,
    /// Its state.
    pub step: u32,
}

/// What a terminal has to fetch, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// These deltas; none when it is up to date.
    Deltas(Vec<Span>),
    /// The epoch's base, then these deltas.
    Base(Vec<Span>),
    /// What is offered does not lead there: wait for the next publication.
    NoWay,
}

/// The fewest files from what a terminal has to step `to` of `epoch`. A terminal that is ahead of the offer stays there.
#[must_use]
pub fn plan(have: Option<Have>, epoch: Epoch, to: u32, offer: &[Span]) -> Plan {
    let (from, plan): (u32, fn(Vec<Span>) -> Plan) = match have {
        Some(have) if have.epoch > epoch => return Plan::Deltas(Vec::new()),
        Some(have) if have.epoch == epoch => (have.step, Plan::Deltas),
        Some(_) | None => (0, Plan::Base),
    };
    let (mut at, mut files) = (from, Vec::new());
    while at < to {
        // The one that leads furthest: no other choice ever needs fewer files.
        let best = offer.iter().filter(|span| span.from <= at && at < span.to && span.to <= to);
        let Some(best) = best.max_by_key(|span| (span.to, span.from)) else { return Plan::NoWay };
        files.push(*best);
        at = best.to;
    }
    plan(files)
}

/// The files that lead from the base's own step to step `to`, at most `most`: those that a terminal `held` go on being
/// used, and the fewest of the `offer` come behind them; where that is too many, the fewest of all that there are. `None`
/// when nothing leads there within `most`.
#[must_use]
pub fn chain(base: u32, held: &[Span], to: u32, offer: &[Span], most: usize) -> Option<Vec<Span>> {
    let (mut kept, mut at) = (Vec::new(), base);
    for span in held.iter().filter(|span| span.to <= to) {
        if span.from <= at && at < span.to {
            kept.push(*span);
            at = span.to;
        }
    }
    let lead = |from: u32, offer: &[Span]| {
        let have = Have { epoch: Epoch(0), step: from };
        match plan(Some(have), Epoch(0), to, offer) {
            Plan::Deltas(files) => Some(files),
            Plan::Base(_) | Plan::NoWay => None,
        }
    };
    let behind = lead(at, offer).map(|files| [kept, files].concat());
    let fits = |files: &Vec<Span>| files.len() <= most;
    behind.filter(fits).or_else(|| lead(base, &[held, offer].concat()).filter(fits))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPOCH: Epoch = Epoch(4);
    /// The same ladder, small enough to try everything.
    const SMALL: [u32; 3] = [24, 6, 3];

    fn files(from: u32, to: u32, offer: &[Span]) -> Vec<Span> {
        let Plan::Deltas(files) = plan(Some(Have { epoch: EPOCH, step: from }), EPOCH, to, offer) else {
            panic!("no way from {from} to {to}");
        };
        files
    }

    /// Fewest files by trying everything, for each start.
    fn fewest(to: u32, offer: &[Span]) -> Vec<u32> {
        let mut best = vec![u32::MAX; to as usize + 1];
        best[to as usize] = 0;
        for at in (0..to).rev() {
            let ways = offer.iter().filter(|span| span.from <= at && at < span.to);
            best[at as usize] =
                ways.map(|span| best[span.to as usize].saturating_add(1)).min().unwrap_or(u32::MAX);
        }
        best
    }

    #[test]
    fn every_plan_leads_there_step_by_step_with_the_fewest_files() {
        for to in 0..=4 * SMALL[0] {
            let offer = offered(to, &SMALL);
            let fewest = fewest(to, &offer);
            for from in 0..=to {
                let files = files(from, to, &offer);
                let mut at = from;
                for span in &files {
                    assert!(span.from <= at && at < span.to, "{span:?} at {at}");
                    at = span.to;
                }
                assert_eq!((at, files.len() as u32), (to, fewest[from as usize]), "{from} to {to}");
            }
        }
    }

    #[test]
    fn a_terminal_any_time_behind_reads_a_file_a_week_and_three_more() {
        for to in [1, 11, 12, 287, 288, 2015, 2016, 5 * 2016 + 3 * 288 + 7 * 12 + 11, 13 * 2016 - 1] {
            let offer = offered(to, &RUNGS);
            assert!(offer.len() < OFFERED_MOST, "{} files at {to}", offer.len());
            for from in 0..to {
                let count = files(from, to, &offer).len() as u32;
                assert!(count <= to.div_ceil(RUNGS[0]) - from / RUNGS[0] + 3, "{count} from {from} to {to}");
            }
        }
    }

    #[test]
    fn who_is_up_to_date_fetches_nothing_and_who_is_behind_an_epoch_its_base() {
        let offer = offered(30, &SMALL);
        assert_eq!(files(30, 30, &offer), []);
        let other = Some(Have { epoch: Epoch(3), step: 900 });
        for have in [None, other] {
            assert!(matches!(plan(have, EPOCH, 30, &offer), Plan::Base(files) if files[0].from == 0));
        }
        assert_eq!(plan(None, EPOCH, 0, &[]), Plan::Base(Vec::new()));
        let ahead = Some(Have { epoch: Epoch(5), step: 0 });
        assert_eq!(plan(ahead, EPOCH, 30, &offer), Plan::Deltas(Vec::new()));
    }

    #[test]
    fn a_terminal_any_number_of_steps_behind_adds_the_fewest_files_to_what_it_holds() {
        const MOST: usize = 24;
        for to in [1, 30, 287, 2015, 2 * 2016 + 300, 13 * 2016 - 1] {
            let offer = offered(to, &RUNGS);
            for behind in 0..=to.min(3000) {
                let held = chain(0, &[], to - behind, &offered(to - behind, &RUNGS), MOST).unwrap();
                let files = chain(0, &held, to, &offer, MOST).unwrap();
                let at =
                    files.iter().try_fold(0, |at, span| (span.from <= at && at < span.to).then_some(span.to));
                assert_eq!((at, files.len() <= MOST), (Some(to), true), "{behind} behind {to}");
                let new = files.iter().filter(|span| !held.contains(span)).count();
                let fewest = self::files(to - behind, to, &offer).len();
                let whole = files_from_base(to, &offer);
                assert!(new <= fewest || files.len() == whole, "{new} new files, {behind} behind {to}");
                assert!(new <= 10, "{new} new files, {behind} behind {to}");
            }
        }
    }

    fn files_from_base(to: u32, offer: &[Span]) -> usize {
        files(0, to, offer).len()
    }

    #[test]
    fn what_is_held_and_does_not_lead_on_is_not_used() {
        let span = |from, to| Span { from, to };
        let offer = [span(0, 12), span(12, 13)];
        assert_eq!(chain(0, &[span(3, 5)], 13, &offer, 24), Some(offer.to_vec()));
        assert_eq!(chain(12, &[span(0, 12)], 13, &offer, 24), Some(vec![span(12, 13)]), "a folded base");
        assert_eq!(chain(0, &[], 13, &[span(0, 12)], 24), None);
        let singles: Vec<_> = (0..13).map(|step| span(step, step + 1)).collect();
        assert_eq!(chain(0, &singles, 13, &offer, 5), Some(offer.to_vec()), "too many files: fewer of all");
        assert_eq!(chain(0, &singles, 13, &[], 5), None);
    }

    #[test]
    fn a_gap_in_the_offer_is_no_way_never_a_jump() {
        let offer = [Span { from: 0, to: 5 }, Span { from: 6, to: 9 }];
        assert_eq!(plan(Some(Have { epoch: EPOCH, step: 2 }), EPOCH, 9, &offer), Plan::NoWay);
    }
}
