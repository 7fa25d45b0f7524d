//! Ladders and what an insider could put on them.

use std::path::PathBuf;

use gate_proof::digest::sha256;
use gate_proof::subject::Subject;
use gate_status::{
    Changes, DeltaOrder, DeskKeys, Rank, Scope, SealedList, Span, Tie, alleged_delta_head, climb, make_delta,
    offered,
};
use gate_wire::credential::Colour::{self, Green, Red, Yellow};
use gate_wire::time::Timestamp;

use super::super::change::{Change, Land, between};
use super::super::offered::Offered;
use super::*;
use crate::demo::DemoProvince;

const PEOPLE: u32 = 40;
/// A ladder small enough to see every rung.
const SMALL: [u32; 3] = [24, 6, 3];

/// A list and single steps on it.
struct Desk {
    _folder: tempfile::TempDir,
    province: DemoProvince,
    base: PathBuf,
    steps: Vec<Vec<u8>>,
}

impl Desk {
    /// With one step for each of these, which changes these ranks.
    fn with(steps: &[&[(u32, Colour)]]) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp::from_unix(1_795_190_400).unwrap();
        let mut province = DemoProvince::from_seed([3; 32], now).unwrap();
        let base = folder.path().join("base");
        let people = (0..PEOPLE).map(|n| {
            let subject = Subject::from_bytes(*sha256(&[&n.to_be_bytes()]).as_bytes().first_chunk().unwrap());
            crate::list::Listed { subjects: vec![subject], colour: Green }
        });
        province.build_list(&base, Scope::Population, now, people).unwrap();
        let mut desk = Desk { _folder: folder, province, base, steps: Vec::new() };
        for step in steps {
            let at = desk.list_at(desk.steps.len()).state().step;
            desk.steps.push(desk.delta((at, at + 1), step));
        }
        desk
    }

    fn list_at(&self, step: usize) -> SealedList {
        let mut list = self.province.province().open_list(&self.base).unwrap();
        for file in &self.steps[..step] {
            list.apply(file).unwrap();
        }
        list
    }

    /// A delta with the links of the one history, whatever it says.
    fn delta(&self, (from, to): (u32, u32), ranked: &[(u32, Colour)]) -> Vec<u8> {
        let ranked = ranked.iter().map(|(rank, colour)| (Rank(*rank), *colour)).collect();
        let order = self.order(from, to);
        let changes = Changes { ranked, keyed: Vec::new() };
        make_delta(&order, &changes, self.province.province().list_desk().unwrap().signers()).unwrap()
    }

    /// Ranks that steps behind `from` as far as `to` change.
    fn touched(&self, from: u32, to: u32) -> Vec<u32> {
        let both = self.province.province().keys_of_list(&self.base).unwrap().authorities().unwrap();
        let ranks =
            |file: &Vec<u8>| read_delta(file, &both).unwrap().1.ranked.into_iter().map(|(rank, _)| rank.0);
        self.steps[from as usize..to as usize].iter().flat_map(ranks).collect()
    }

    fn order(&self, from: u32, to: u32) -> DeltaOrder {
        let state = |step: u32| self.list_at(step as usize).state();
        let (begin, head) = (self.list_at(from as usize), state(from));
        let known = (to as usize <= self.steps.len()).then(|| state(to));
        DeltaOrder {
            scope: Scope::Population,
            province: begin.base_head().province,
            epoch: begin.base_head().epoch,
            generation: to,
            base_root: begin.base_root(),
            from: (from, head.link),
            to: (to, known.map(|known| known.link)),
            via: (from + 1..to).map(|step| Tie::of(&state(step).link)).collect(),
            as_of: known.map_or(head.as_of.plus(300), |known| known.as_of),
        }
    }

    /// What an honest desk offers at a step.
    fn ladder(&self, step: u32) -> Vec<Vec<u8>> {
        let steps = &self.steps[..step as usize];
        let rungs = climb(&mut self.list_at(0), steps, &SMALL).unwrap();
        let desk = self.province.province().list_desk().unwrap();
        let file = |span: Span| match rungs.iter().find(|rung| rung.span == span) {
            Some(rung) => make_delta(&rung.order, &rung.changes, desk.signers()).unwrap(),
            None => steps[span.from as usize].clone(),
        };
        offered(step, &SMALL).into_iter().map(file).collect()
    }

    fn judges(&self, published: &[Vec<u8>], drafted: &[Vec<u8>]) -> Result<Change, NotAutomatic> {
        let keys = self.province.province().keys_of_list(&self.base).unwrap();
        let [old, new] = [published, drafted].map(|files| Offered::of_files(&self.base, files));
        between(&Land { offered: &old, keys: &keys }, &Land { offered: &new, keys: &keys })
    }
}

/// Some rows over each other, there and back again.
fn world(steps: u32) -> Desk {
    let step = |n: u32| {
        let colour = [Yellow, Red, Green][n as usize % 3];
        let mut ranks = [n * 7 % PEOPLE, n * 3 % 11, n / 2 % 5].map(|rank| (rank, colour)).to_vec();
        ranks.sort_unstable_by_key(|(rank, _)| *rank);
        ranks.dedup_by_key(|(rank, _)| *rank);
        ranks
    };
    let steps: Vec<_> = (0..steps).map(step).collect();
    Desk::with(&steps.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

#[test]
fn every_step_of_an_honest_ladder_is_for_machines_however_many_steps_a_draft_has() {
    let desk = world(31);
    let ladders: Vec<_> = (0..=31).map(|step| desk.ladder(step)).collect();
    for (from, published) in ladders.iter().enumerate() {
        for more in [1, 2, 5] {
            let Some(drafted) = ladders.get(from + more) else { continue };
            let judged = desk.judges(published, drafted);
            assert!(judged.is_ok(), "{from} and {more}: {:?}", judged.err());
        }
    }
}

#[test]
fn a_long_delta_that_leaves_out_any_one_change_is_refused_whichever_rung_it_is() {
    let desk = world(25);
    let both = desk.province.province().keys_of_list(&desk.base).unwrap().authorities().unwrap();
    let mut tried = 0;
    for step in [3, 5, 6, 12, 23, 24, 25] {
        let (published, drafted) = (desk.ladder(step - 1), desk.ladder(step));
        let ends: Vec<u32> = drafted.iter().map(|file| alleged_delta_head(file).unwrap().to).collect();
        for (at, file) in drafted.iter().enumerate().filter(|(_, file)| !published.contains(file)) {
            let (head, changes) = read_delta(file, &both).unwrap();
            for one in 0..changes.ranked.len() {
                let mut ranked: Vec<_> =
                    changes.ranked.iter().map(|(rank, colour)| (rank.0, *colour)).collect();
                ranked.remove(one);
                let mut evil = drafted.clone();
                evil[at] = desk.delta((head.from, head.to), &ranked);
                // Alone at its end, it is what says what the new step is: another draft, which is counted.
                let before = desk.touched(head.from, step - 1);
                let alone = ends.iter().filter(|to| **to == head.to).count() == 1;
                let told = desk.judges(&published, &evil).is_err();
                let lies = !alone || before.contains(&changes.ranked[one].0.0);
                assert_eq!(told, lies, "{step}: {one} of {at}");
                tried += u32::from(lies);
            }
        }
    }
    assert!(tried > 50, "{tried}");
}

/// The finding: step 6 turned two red; a terminal at 5 would take 5 to 7 and never hear of it.
#[test]
fn a_delta_from_within_another_that_omits_a_step_is_refused() {
    let (five, six, seven) = ([(1, Yellow)], [(2, Red), (3, Red)], [(4, Yellow)]);
    let steps: [&[_]; 7] =
        [&[(0, Yellow)], &[(0, Green)], &[(5, Yellow)], &[(6, Yellow)], &five, &six, &seven];
    let desk = Desk::with(&steps);
    let whole = [(0, Green), (1, Yellow), (2, Red), (3, Red), (5, Yellow), (6, Yellow)];
    let long = desk.delta((0, 6), &whole);
    let evil = desk.delta((5, 7), &seven);
    let last = desk.steps[6].clone();
    let (published, draft) = (vec![long.clone()], vec![long.clone(), last.clone(), evil.clone()]);
    assert!(matches!(desk.judges(&published, &draft), Err(NotAutomatic::Untold { from: 5, to: 7 })));
    assert!(desk.judges(&published, &draft[..2]).is_ok(), "without it");
    // Where it is known what step 6 did, it is seen to be left out; and the honest one is taken.
    let published = vec![long.clone(), desk.steps[5].clone()];
    let draft = |between: Vec<u8>| vec![long.clone(), desk.steps[5].clone(), last.clone(), between];
    assert!(matches!(desk.judges(&published, &draft(evil)), Err(NotAutomatic::Omit { from: 5, to: 7 })));
    let honest = desk.delta((5, 7), &[(2, Red), (3, Red), (4, Yellow)]);
    assert!(desk.judges(&published, &draft(honest)).is_ok());
    let lying = desk.delta((5, 7), &[(2, Red), (3, Green), (4, Yellow)]);
    assert!(matches!(desk.judges(&published, &draft(lying)), Err(NotAutomatic::Fork { .. })));
}

#[test]
fn what_was_published_is_not_said_again_otherwise() {
    let desk = Desk::with(&[&[(1, Red)], &[(2, Red)], &[(3, Yellow)]]);
    let long = desk.delta((0, 2), &[(1, Red), (2, Red)]);
    for evil in [vec![(1, Red)], vec![(1, Red), (2, Green)], vec![(1, Red), (2, Red), (9, Red)]] {
        let draft = [desk.delta((0, 2), &evil), desk.steps[2].clone()];
        assert!(desk.judges(std::slice::from_ref(&long), &draft).is_err(), "{evil:?}");
    }
    // A finer one than was published: nobody can tell what step 1 said.
    let draft = [long.clone(), desk.steps[1].clone(), desk.steps[2].clone()];
    assert!(matches!(
        desk.judges(std::slice::from_ref(&long), &draft),
        Err(NotAutomatic::Untold { from: 1, to: 2 })
    ));
}

#[test]
fn what_was_published_is_not_said_again_as_of_another_time() {
    let desk = Desk::with(&[&[(1, Red)], &[(2, Red)], &[(3, Yellow)]]);
    let signers = desk.province.province().list_desk().unwrap();
    let ranked = vec![(Rank(1), Red), (Rank(2), Red)];
    let again = |late: u64| {
        let honest = desk.order(0, 2);
        let order = DeltaOrder { as_of: honest.as_of.plus(late), ..honest };
        let changes = Changes { ranked: ranked.clone(), keyed: Vec::new() };
        let file = make_delta(&order, &changes, signers.signers()).unwrap();
        [desk.steps.clone(), vec![file]].concat()
    };
    let published = &desk.steps[..2];
    assert!(desk.judges(published, &again(0)).is_ok());
    assert!(matches!(desk.judges(published, &again(1)), Err(NotAutomatic::Omit { from: 0, to: 2 })));
}

#[test]
fn a_draft_that_takes_more_deltas_than_a_terminal_does_leaves_it_behind() {
    let most = DELTAS_MOST as u32;
    let desk = world(most + 1);
    let (published, singles) = (&desk.steps[..DELTAS_MOST], desk.steps.as_slice());
    assert!(desk.judges(&published[..DELTAS_MOST - 1], published).is_ok());
    let refused = desk.judges(published, singles);
    assert!(matches!(refused, Err(NotAutomatic::Scatter { files: 25, most: 24 })), "{refused:?}");
    assert!(desk.judges(published, &desk.ladder(most + 1)).is_ok(), "an honest ladder is short");
}

#[test]
fn a_draft_strands_nobody_and_begins_nowhere_else() {
    let desk = Desk::with(&[&[(1, Red)], &[(2, Red)], &[(3, Yellow)], &[(4, Yellow)]]);
    let published = desk.steps[..2].to_vec();
    let gap = vec![desk.steps[0].clone(), desk.steps[2].clone()];
    assert!(matches!(desk.judges(&published, &gap), Err(NotAutomatic::Strand { step: 1 })));
    // The counted way leads from 2 to 4 at once; a delta over 3 begins where nobody stands.
    let over = desk.delta((2, 4), &[(3, Yellow), (4, Yellow)]);
    let stray = [published.clone(), vec![over.clone(), desk.delta((3, 4), &[(7, Red)])]].concat();
    assert!(matches!(desk.judges(&published, &stray), Err(NotAutomatic::Untold { from: 3, to: 4 })));
    assert!(desk.judges(&published, &[published.clone(), vec![over]].concat()).is_ok());
}

#[test]
fn a_long_delta_with_other_links_would_be_another_history() {
    let desk = Desk::with(&[&[(1, Red)], &[(2, Red)], &[(3, Yellow)]]);
    let published = desk.steps[..2].to_vec();
    let signers = desk.province.province().list_desk().unwrap();
    let all = [(1, Red), (2, Red), (3, Yellow)].map(|(rank, colour)| (Rank(rank), colour)).to_vec();
    let made = |order: &DeltaOrder| {
        let changes = Changes { ranked: all.clone(), keyed: Vec::new() };
        let file = make_delta(order, &changes, signers.signers()).unwrap();
        [desk.steps.clone(), vec![file]].concat()
    };
    let honest = desk.order(0, 3);
    assert!(desk.judges(&published, &made(&honest)).is_ok());
    let elsewhere = DeltaOrder { to: (3, Some([9; 32])), ..honest.clone() };
    assert!(matches!(desk.judges(&published, &made(&elsewhere)), Err(NotAutomatic::Fork { .. })));
    // A terminal at step 1 would refuse it, and stay.
    let mut astray = honest;
    astray.via[0] = Tie([9; 16]);
    assert!(matches!(desk.judges(&published, &made(&astray)), Err(NotAutomatic::Take(DeltaRefused::Link))));
}
