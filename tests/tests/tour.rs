//! The whole tour, as a test: every passage of `assets/demo/tour/` through the real loop, each by its name.

use gate_sim::script::{Outcome, Scenario, Word};
use gate_sim::tour::{Pictures, play, table};

#[test]
fn every_passage_of_the_tour_ends_as_the_table_says() {
    let rows = table().unwrap();
    let played = play(&rows, Pictures::Dropped);
    assert_eq!(played.len(), rows.iter().map(|row| row.passage.len()).sum::<usize>());
    let missed: Vec<String> = played
        .iter()
        .filter(|one| !one.missed.is_empty())
        .map(|one| format!("{}: {}", one.id, one.missed.join("; ")))
        .collect();
    assert!(missed.is_empty(), "{} of {} passages:\n{}", missed.len(), played.len(), missed.join("\n"));
}

#[test]
fn every_passage_has_an_id_of_its_own() {
    let rows = table().unwrap();
    let mut ids: Vec<&str> = rows.iter().flat_map(|row| &row.passage).map(|one| one.id.as_str()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

#[test]
fn the_example_scenario_plays_as_it_says() {
    let text = include_str!("../../assets/demo/scenario.toml");
    let example = Scenario::read(text).unwrap();
    for one in play(&[example], Pictures::Dropped) {
        assert!(one.missed.is_empty(), "{}: {}", one.id, one.missed.join("; "));
    }
}

#[test]
fn a_wrong_expectation_is_missed() {
    let mut rows = table().unwrap();
    rows.truncate(1);
    let row = &mut rows[0];
    row.passage.truncate(1);
    row.passage[0].expected = Word::Stop;
    row.passage[0].and = Outcome { reason: Some("S01".into()), ..Outcome::default() };
    let missed = play(&rows, Pictures::Dropped).remove(0).missed.join("; ");
    for what in ["verdict", "reason", "pulses"] {
        assert!(missed.contains(what), "{what} in {missed}");
    }
}
