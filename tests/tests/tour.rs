//! The whole tour, as a test: every passage of `assets/demo/tour/` through the real loop, each by its name.

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
