//! What is asked for, and what never is.

use std::collections::BTreeMap;

use gate_status::{Epoch, Have, ListFile, Plan, Span, offered, plan};
use gate_tuf::TargetFile;
use gate_wire::time::Timestamp;

use super::*;

fn targets(files: &[(&str, u64)]) -> Targets {
    let file = |length| TargetFile {
        length,
        hashes: BTreeMap::from([("sha256".into(), "ab".repeat(32))]),
        custom: None,
    };
    let targets = files.iter().map(|(name, length)| ((*name).to_owned(), file(*length))).collect();
    Targets { version: 1, expires: Timestamp::MAX, targets }
}

fn names(wants: &Wants) -> Vec<&str> {
    let digits = "targets/".len() + 65;
    wants.files.iter().map(|wanted| wanted.path.get(digits..).unwrap_or(&wanted.path)).collect()
}

#[test]
fn of_trust_a_terminal_fetches_its_own_keys_and_nothing_that_it_does_not_know() {
    let all = targets(&[
        ("key-set.json", 10),
        ("keys/7.json", 10),
        ("keys/8.json", 10),
        ("software/gate-9", 10),
        ("key-set.json.exe", 10),
        ("revocations.tfr", 1 << 20),
    ]);
    let wants = of_trust(&all, 7);
    let paths: Vec<&str> = wants.files.iter().map(|wanted| wanted.path.as_str()).collect();
    let digest = "ab".repeat(32);
    let expected = ["targets/D.key-set.json", "targets/D.revocations.tfr", "targets/keys/D.7.json"];
    assert_eq!(paths, expected.map(|path| path.replace('D', &digest)));
    assert!(wants.unfit.is_empty());
}

#[test]
fn a_target_that_is_longer_than_its_kind_can_be_is_told_and_not_fetched() {
    let wants = of_trust(&targets(&[("key-set.json", 1 << 30), ("policy-station.json", 5)]), 7);
    assert_eq!(names(&wants), ["policy-station.json"]);
    assert_eq!(wants.unfit, ["key-set.json"]);
    assert_eq!(u64::try_from(gate_status::DELTA_MOST_BYTES).unwrap(), DELTA_MOST);
    assert_eq!(gate_status::REVOCATIONS_MOST_BYTES, REVOCATIONS_MOST);
}

#[test]
fn a_base_is_fetched_once_an_epoch_and_deltas_from_the_step_in_force() {
    let name = |from, to| ListFile::Delta(Epoch(2), Span { from, to }).name();
    let (whole, step, old) = (name(0, 12), name(12, 13), ListFile::Base(Epoch(1)).name());
    let base = ListFile::Base(Epoch(2)).name();
    let all = targets(&[(&whole, 9), (&step, 9), (&old, 9), (&base, 9)]);
    assert_eq!(names(&of_status(&all, None)), [&base, &whole, &step]);
    assert_eq!(names(&of_status(&all, Some((1, 400)))), [&base, &whole, &step]);
    assert_eq!(names(&of_status(&all, Some((2, 12)))), [&step]);
    assert_eq!(names(&of_status(&all, Some((2, 13)))), Vec::<&str>::new());
    // Ahead of a mirror that is behind: nothing.
    assert_eq!(names(&of_status(&all, Some((3, 1)))), Vec::<&str>::new());
}

#[test]
fn what_is_fetched_is_the_plan_of_the_ladder() {
    for now in (0..9000).step_by(97) {
        let offer = offered(now, &gate_status::RUNGS);
        let files: Vec<String> = offer.iter().map(|span| ListFile::Delta(Epoch(4), *span).name()).collect();
        let all = targets(&files.iter().map(|name| (name.as_str(), 1)).collect::<Vec<_>>());
        for step in (0..=now).step_by(61) {
            let have = Some(Have { epoch: Epoch(4), step });
            let Plan::Deltas(spans) = plan(have, Epoch(4), now, &offer) else { panic!("no way") };
            let planned: Vec<String> =
                spans.iter().map(|span| ListFile::Delta(Epoch(4), *span).name()).collect();
            assert_eq!(names(&of_status(&all, Some((4, step)))), planned, "{step} to {now}");
        }
    }
}

#[test]
fn a_stick_takes_everything_that_can_be_such_a_file_and_says_what_cannot() {
    let most = [
        ("staff-list.json", MAX_DOCUMENT_BYTES as u64),
        ("revocations.tfr", REVOCATIONS_MOST),
        ("delta-0000000001-0000000000-0000000005.tfd", DELTA_MOST),
        ("base-0000000001.tfs", BASE_MOST),
        ("software/gate-9", BASE_MOST),
    ];
    assert_eq!(of_everything(&targets(&most)).files.len(), most.len());
    let more: Vec<(&str, u64)> = most.iter().map(|(name, most)| (*name, most + 1)).collect();
    let endless: Vec<(&str, u64)> = most.iter().map(|(name, _)| (*name, u64::MAX)).collect();
    for beyond in [more, endless] {
        let wants = of_everything(&targets(&beyond));
        assert_eq!((wants.files.len(), wants.unfit.len()), (0, most.len()));
    }
}
