//! Two boxes exchanged between lanes: whose keys and records they have goes with the box; what a lane is stands in the signed data, and which
//! one a box is at in its own configuration.

use gate_core::query::TerminalNumber;
use gate_core::verdict::Verdict;
use gate_sim::people::Person;
use gate_sim::stage::{Setting, Stage, province, terminal_number};
use gate_wire::credential::Colour;
use gate_wire::record::RecordKind;

use super::{listed_green, show_code, tap_card};

const IN: u16 = 1;
const OUT: u16 = 9;
/// In no signed data yet.
const NEW: u16 = 3;

fn box_at(lane: u16, terminal: TerminalNumber) -> Stage {
    let province = province().unwrap();
    let setting = Setting { lane, terminal, ..listed_green(&province, &Person::new(1).unwrap()) };
    Stage::new(setting, province).unwrap()
}

/// Its configuration is changed, and it is begun anew.
fn configured(mut stage: Stage, lane: u16) -> Stage {
    stage.stand_at(lane);
    stage.reboot(60).unwrap()
}

/// The lanes that its passages say, from this row on; the chain is whole, and each row proven as this terminal's.
fn lanes(stage: &Stage, after: usize) -> Vec<(u16, u8)> {
    assert!(stage.chain_is_whole().unwrap());
    let records = stage.records().unwrap().into_iter().skip(after).map(|(_, record)| record);
    let passages = records.filter(|record| record.kind == RecordKind::Passage);
    passages.map(|record| (record.lane, record.direction)).collect()
}

#[test]
fn swapped_boxes_decide_as_the_lane_that_they_are_configured_for_and_record_as_themselves() {
    let (green, red) = (Person::new(1).unwrap(), Person::new(5).unwrap());
    let other = TerminalNumber::new(43).unwrap();
    let (first, second) = (box_at(IN, terminal_number()), box_at(OUT, other));
    // Exchanged, and each configured for where it stands now.
    let (mut exit, mut entrance) = (configured(first, OUT), configured(second, IN));
    let before = [&exit, &entrance].map(|stage| stage.records().unwrap().len());
    assert_eq!(show_code(&mut exit, &red, Colour::Red).verdict, Verdict::Stop);
    assert_eq!(exit.pulses().len(), 1, "an exit opens for everybody");
    assert_eq!(show_code(&mut entrance, &red, Colour::Red).verdict, Verdict::Stop);
    assert_eq!(entrance.pulses(), [], "and an entrance for nobody with a red code");
    entrance.run(11_000).unwrap();
    assert_eq!(tap_card(&mut entrance, &green).verdict, Verdict::Pass);
    assert_eq!(lanes(&exit, before[0]), [(OUT, 2)]);
    assert_eq!(lanes(&entrance, before[1]), [(IN, 1), (IN, 1)]);
    assert_eq!([exit.setting().terminal, entrance.setting().terminal], [terminal_number(), other]);
}

/// Exchanged and left as they were: each is the lane that it was. Its records say which.
#[test]
fn swapped_boxes_that_nobody_configured_are_the_lanes_that_they_were_and_their_records_say_so() {
    let red = Person::new(5).unwrap();
    for (lane, opens) in [(IN, 0), (OUT, 1)] {
        let mut stage = box_at(lane, terminal_number()).reboot(60).unwrap();
        assert_eq!(show_code(&mut stage, &red, Colour::Red).verdict, Verdict::Stop);
        assert_eq!(stage.pulses().len(), opens, "lane {lane}");
        assert_eq!(lanes(&stage, 0).first().map(|(lane, _)| *lane), Some(lane));
    }
}

#[test]
fn an_exits_box_at_a_lane_that_the_data_do_not_name_opens_for_nobody_by_itself() {
    let red = Person::new(5).unwrap();
    let mut stage = configured(box_at(OUT, terminal_number()), NEW);
    assert_ne!(show_code(&mut stage, &red, Colour::Red).verdict, Verdict::Pass);
    assert_eq!(stage.pulses(), [], "that it was an exit was said of another lane");
    // Back at its exit it is one, also where the places are lost.
    let stage = configured(stage, OUT);
    let believed = stage.directory().join("believed");
    let mut files = std::fs::read_dir(&believed).unwrap().map(|entry| entry.unwrap().path());
    std::fs::remove_file(files.find(|path| path.to_string_lossy().contains("places.")).unwrap()).unwrap();
    let mut stage = stage.reboot(60).unwrap();
    show_code(&mut stage, &red, Colour::Red);
    assert_eq!(stage.pulses().len(), 1);
}
