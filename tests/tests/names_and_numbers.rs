//! Invented people through the flows of a passage and of the desk; then every file, log and database page is searched for
//! their names and numbers (DOMAIN §15): none outside the desk's own input.
//!
//! 300 people, or as many as `PEOPLE` says (`just names-and-numbers 10000`). The searched folder holds everything that
//! desk and terminal wrote: keys, state, log, lists, deltas, codes, rejects, sheets, caches, published data, journal with
//! its write-ahead log while it is open, reserve, opened records with their report, requests and approvals, certificates.
//! What stands in memory is not looked at here; the screen-code service and its log are searched in `signing/tests/serve`.
#![expect(clippy::unwrap_used, reason = "test helpers: what goes wrong here must fail the test")]

#[path = "names_and_numbers/flows.rs"]
mod flows;
#[path = "names_and_numbers/lawful.rs"]
mod lawful;
#[path = "names_and_numbers/people.rs"]
mod people;
#[path = "names_and_numbers/search.rs"]
mod search;

use people::Invented;
use search::Search;

fn crowd() -> Vec<Invented> {
    let many = std::env::var("PEOPLE").ok().and_then(|text| text.parse().ok()).unwrap_or(300);
    (0..many).map(Invented::new).collect()
}

#[test]
fn no_name_and_no_number_is_in_any_file_that_desk_or_terminal_wrote() {
    let crowd = crowd();
    let search = Search::of(&crowd);
    let world = flows::play(&crowd);
    let carried = lawful::open_and_destroy(&world.stage, world.root());
    assert!(carried.opening.records.len() >= crowd.len(), "everybody's record was opened and told");
    let found = search.folder(world.root());
    let stage = search.folder(world.stage.directory());
    println!(
        "{} people: {} forms in {} files, {} bytes, {} unpacked streams; {} records",
        crowd.len(),
        search.forms(),
        found.files + stage.files,
        found.bytes + stage.bytes,
        found.streams,
        world.records()
    );
    assert!(found.files > 25 && stage.files > 10, "desk and terminal are looked at: {found:?} {stage:?}");
    assert_eq!((found.hits, stage.hits), (vec![], vec![]));
}

#[test]
fn each_form_that_is_searched_for_is_found_where_it_is_planted() {
    let crowd: Vec<Invented> = (0..40).map(Invented::new).collect();
    let search = Search::of(&crowd);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page");
    for person in &crowd {
        for (form, bytes) in person.forms() {
            let page = [&[0xA5; 4096][..], b"{\"at\":", &bytes, b",", &[0x5A; 4096]].concat();
            std::fs::write(&path, page).unwrap();
            let hits = search.folder(folder.path()).hits;
            assert!(hits.iter().any(|hit| hit.form == form), "{form:?}: {hits:?}");
        }
    }
}

#[test]
fn a_name_packed_into_a_pdf_is_found_too() {
    let crowd = [Invented::new(7)];
    let folder = tempfile::tempdir().unwrap();
    let packed = miniz_oxide::deflate::compress_to_vec_zlib(crowd[0].person.name.as_bytes(), 6);
    let head = format!("%PDF-1.7\n1 0 obj\n<< /Length {} >>\nstream\n", packed.len());
    let file = [head.as_bytes(), &packed, b"\nendstream\nendobj\n"].concat();
    std::fs::write(folder.path().join("page.pdf"), file).unwrap();
    let found = Search::of(&crowd).folder(folder.path());
    assert!((found.streams, found.hits.is_empty()) == (1, false), "{found:?}");
}
