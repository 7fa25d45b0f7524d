//! The conversation with a reader, exchange by exchange: what is asked, what is told, and what is never told.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail a test")]

use gate_wire::card::CardError;
use gate_wire::sdt::{Baud, Command, Event, ReaderHealth, Session, Status, Step, read_answer};
use gate_wire::time::Millis;
use proptest::prelude::*;

const CITIZEN: &str = include_str!("../../../tests/vectors/id-cards/citizen.hex");
const PERMIT: &str = include_str!("../../../tests/vectors/id-cards/hmt.hex");
const WRONG: &str = include_str!("../../../tests/vectors/id-cards/citizen-wrong-check-digit.hex");

const FOUND: &str = "AAAAAA9669 0008 00009F 00000000 97";
const SELECTED: &str = "AAAAAA9669 000C 000090 0000000000000000 9C";

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn status(code: u8) -> Vec<u8> {
    vec![0xAA, 0xAA, 0xAA, 0x96, 0x69, 0, 4, 0, 0, code, 4 ^ code]
}

fn damaged(mut bytes: Vec<u8>) -> Vec<u8> {
    *bytes.last_mut().unwrap() ^= 0xFF;
    bytes
}

fn read(text: &str) -> Event {
    Event::Read(read_answer(&unhex(text)).unwrap())
}

/// A session and its clock.
struct Bench {
    session: Session,
    now: u64,
}

impl Bench {
    fn new() -> Self {
        Self { session: Session::new(Baud::B115200), now: 1_000 }
    }

    /// Greeted and looking for a card.
    fn looking() -> Self {
        let mut bench = Self::new();
        assert_eq!(bench.hear(&[]), sends(Command::SamStatus));
        bench.is_ready();
        bench
    }

    /// A card was found and selected, and its text was asked for.
    fn reading() -> Self {
        let mut bench = Self::looking();
        bench.find_and_select(Event::CardFound);
        bench
    }

    /// The citizen's card was read and lies on the pad.
    fn settled() -> Self {
        let mut bench = Self::reading();
        assert_eq!(bench.hear(&unhex(CITIZEN)), tells(read(CITIZEN)));
        bench
    }

    /// The reader tells its status, and looks at once.
    fn is_ready(&mut self) {
        assert_eq!(self.hear(&status(0x90)), sends(Command::FindCard));
        assert_eq!(self.hear(&status(0x80)), Step { send: Some(Command::FindCard), event: Event::Ready });
    }

    fn find_and_select(&mut self, event: Event) {
        assert_eq!(self.hear(&unhex(FOUND)), Step { send: Some(Command::SelectCard), event });
        assert_eq!(self.hear(&unhex(SELECTED)), sends(Command::ReadCard));
    }

    fn hear(&mut self, bytes: &[u8]) -> Step {
        self.now += 10;
        self.session.step(Millis(self.now), bytes)
    }

    /// Lets time pass until something is sent or told; silence for eleven seconds is a failure.
    fn wait(&mut self) -> Step {
        for _ in 0..1_100 {
            let step = self.hear(&[]);
            if step != NOTHING {
                return step;
            }
        }
        panic!("nothing happened for eleven seconds");
    }

    /// Answers whatever is sent with what `reader` says to it, until `enough` events were told.
    fn run(&mut self, enough: usize, mut reader: impl FnMut(Command) -> Vec<u8>) -> Vec<Event> {
        let (mut told, mut answer) = (Vec::new(), Vec::new());
        for _ in 0..2_000 {
            let step = self.hear(&std::mem::take(&mut answer));
            answer = step.send.map_or(Vec::new(), &mut reader);
            told.extend((step.event != Event::Nothing).then_some(step.event));
            if told.len() == enough {
                break;
            }
        }
        told
    }
}

const NOTHING: Step = Step { send: None, event: Event::Nothing };

fn sends(command: Command) -> Step {
    Step { send: Some(command), event: Event::Nothing }
}

fn tells(event: Event) -> Step {
    Step { send: None, event }
}

#[test]
fn a_card_is_found_selected_and_read() {
    let mut bench = Bench::settled();
    assert_eq!(bench.wait(), sends(Command::ProbeCard));
    assert_eq!(bench.session.health(), ReaderHealth::Well);
}

#[test]
fn a_card_left_on_the_reader_is_read_once() {
    let mut bench = Bench::settled();
    for code in [0x90, 0x91].into_iter().cycle().take(50) {
        assert_eq!(bench.wait(), sends(Command::ProbeCard));
        assert_eq!(bench.hear(&status(code)), tells(Event::StillThere));
    }
}

#[test]
fn a_reader_that_cannot_probe_still_reads_a_resting_card_once() {
    for refusal in [0x21, 0x11, 0x23, 0x24, 0x41] {
        let mut bench = Bench::settled();
        for _ in 0..5 {
            assert_eq!(bench.wait(), sends(Command::ProbeCard));
            assert_eq!(bench.hear(&status(refusal)), sends(Command::FindCard));
            bench.find_and_select(Event::Nothing);
            assert_eq!(bench.hear(&unhex(CITIZEN)), tells(Event::StillThere));
        }
    }
}

#[test]
fn one_missed_look_at_a_resting_card_is_no_removal() {
    let mut bench = Bench::settled();
    bench.wait();
    assert_eq!(bench.hear(&status(0x41)), sends(Command::FindCard));
    assert_eq!(bench.hear(&status(0x80)), NOTHING);
    assert_eq!(bench.wait(), sends(Command::FindCard));
    bench.find_and_select(Event::Nothing);
    assert_eq!(bench.hear(&unhex(CITIZEN)), tells(Event::StillThere));
}

#[test]
fn a_removed_card_that_comes_back_is_read_again() {
    let mut bench = Bench::settled();
    remove(&mut bench);
    assert_eq!(bench.wait(), sends(Command::FindCard));
    bench.find_and_select(Event::CardFound);
    assert_eq!(bench.hear(&unhex(CITIZEN)), tells(read(CITIZEN)));
}

#[test]
fn an_empty_field_is_looked_at_sooner_than_one_that_may_still_hold_a_card() {
    let mut bench = Bench::looking();
    let gap = |bench: &mut Bench, event| {
        assert_eq!(bench.hear(&status(0x80)), tells(event));
        let before = bench.now;
        assert_eq!(bench.wait(), sends(Command::FindCard));
        bench.now - before
    };
    let empty = gap(&mut bench, Event::Nothing);
    bench.find_and_select(Event::CardFound);
    assert_eq!(bench.hear(&unhex(CITIZEN)), tells(read(CITIZEN)));
    assert_eq!(bench.wait(), sends(Command::ProbeCard));
    assert_eq!(bench.hear(&status(0x41)), sends(Command::FindCard));
    let resting = gap(&mut bench, Event::Nothing);
    let gone = gap(&mut bench, Event::Removed);
    assert_eq!((empty, resting, gone), (60, 200, 60));
}

fn remove(bench: &mut Bench) {
    assert_eq!(bench.wait(), sends(Command::ProbeCard));
    assert_eq!(bench.hear(&status(0x41)), sends(Command::FindCard));
    assert_eq!(bench.hear(&status(0x80)), NOTHING);
    assert_eq!(bench.wait(), sends(Command::FindCard));
    assert_eq!(bench.hear(&status(0x80)), tells(Event::Removed));
}

#[test]
fn another_card_in_place_of_the_first_is_another_read() {
    let mut bench = Bench::settled();
    bench.wait();
    bench.hear(&status(0x41));
    bench.find_and_select(Event::Nothing);
    assert_eq!(bench.hear(&unhex(PERMIT)), tells(read(PERMIT)));
}

#[test]
fn a_card_pulled_away_mid_read_is_told_once_and_then_gone() {
    for code in [0x41, 0x31, 0x32, 0x33, 0x47, 0x91] {
        let mut bench = Bench::reading();
        assert_eq!(bench.hear(&status(code)), tells(Event::ReadFailed));
        assert_eq!(bench.wait(), sends(Command::FindCard));
        assert_eq!(bench.hear(&status(0x80)), NOTHING);
        bench.wait();
        assert_eq!(bench.hear(&status(0x80)), tells(Event::Removed));
    }
}

#[test]
fn a_broken_card_on_the_pad_is_told_of_three_times() {
    let mut bench = Bench::looking();
    assert_eq!(bench.hear(&unhex(FOUND)).event, Event::CardFound);
    let mut told = Vec::new();
    let mut answer = status(0x81);
    for _ in 0..500 {
        let step = bench.hear(&answer);
        told.extend((step.event != Event::Nothing).then_some(step.event));
        answer = match step.send {
            Some(Command::FindCard) => unhex(FOUND),
            Some(_) => status(0x81),
            None => Vec::new(),
        };
    }
    assert_eq!(told, [Event::ReadFailed, Event::ReadFailed, Event::ReadFailed]);
}

#[test]
fn taking_the_card_away_after_its_verdict_is_no_failed_read() {
    let mut bench = Bench::settled();
    bench.wait();
    bench.hear(&status(0x41));
    assert_eq!(bench.hear(&unhex(FOUND)), sends(Command::SelectCard));
    assert_eq!(bench.hear(&status(0x81)), NOTHING);
}

#[test]
fn a_wrong_check_digit_is_told_once_while_the_card_lies_there() {
    let mut bench = Bench::reading();
    assert_eq!(bench.hear(&unhex(WRONG)), tells(Event::Refused(CardError::CheckDigit)));
    bench.wait();
    assert_eq!(bench.hear(&status(0x41)), sends(Command::FindCard));
    bench.find_and_select(Event::Nothing);
    assert_eq!(bench.hear(&unhex(WRONG)), tells(Event::StillThere));
}

#[test]
fn a_late_answer_to_a_read_is_never_the_next_persons() {
    let mut bench = Bench::reading();
    assert_eq!(bench.wait(), sends(Command::SamStatus), "the fence");
    // The first person's text arrives late, then the fence's answer: only that one counts.
    assert_eq!(bench.hear(&unhex(CITIZEN)), NOTHING);
    assert_eq!(bench.hear(&status(0x90)), sends(Command::FindCard));
    bench.find_and_select(Event::Nothing);
    assert_eq!(bench.hear(&unhex(PERMIT)), tells(read(PERMIT)));
}

#[test]
fn an_answer_that_lay_unheard_while_nobody_listened_is_nobodys() {
    let mut bench = Bench::reading();
    // The lane stands open for a minute; the first person's text has come meanwhile.
    bench.now += 60_000;
    assert_eq!(bench.hear(&unhex(CITIZEN)), sends(Command::SamStatus), "the fence, and nobody's card");
    assert_eq!(bench.hear(&status(0x90)), sends(Command::FindCard));
    bench.find_and_select(Event::Nothing);
    assert_eq!(bench.hear(&unhex(PERMIT)), tells(read(PERMIT)));
    // A loop that was busy for a moment longer than the reader may take has heard in time.
    let mut bench = Bench::reading();
    bench.now += 2_000;
    assert_eq!(bench.hear(&unhex(CITIZEN)), tells(read(CITIZEN)));
}

#[test]
fn a_late_answer_behind_a_late_fence_is_never_the_next_persons() {
    let mut bench = Bench::reading();
    assert_eq!(bench.wait(), sends(Command::SamStatus));
    assert_eq!(bench.wait(), sends(Command::SamStatus), "the fence is late too");
    assert_eq!(bench.wait(), sends(Command::ResetSam));
    let late = [unhex(CITIZEN), status(0x90), status(0x90)].concat();
    assert_eq!(
        bench.hear(&late),
        sends(Command::SamStatus),
        "what follows in the same bytes is older than the question"
    );
    assert_eq!(bench.hear(&status(0x90)), sends(Command::FindCard));
    // The answers still under way have other shapes than what is asked for now.
    assert_eq!(bench.hear(&status(0x90)), NOTHING);
    bench.find_and_select(Event::Nothing);
    assert_eq!(bench.hear(&unhex(PERMIT)), tells(read(PERMIT)));
}

#[test]
fn a_look_behind_a_status_is_repeated_until_it_is_answered_and_no_status_is_asked_for_meanwhile() {
    let mut bench = Bench::reading();
    assert_eq!(bench.wait(), sends(Command::SamStatus));
    assert_eq!(bench.wait(), sends(Command::SamStatus));
    assert_eq!(bench.hear(&status(0x90)), sends(Command::FindCard));
    for late in [status(0x90), unhex(CITIZEN), unhex(SELECTED)] {
        assert_eq!(bench.hear(&late), NOTHING, "whatever came before the look");
        assert_eq!(bench.wait(), sends(Command::FindCard));
    }
    // Answered, but not at once: which of them it was that was answered is not known, nor what is still to come of the others.
    assert_eq!(bench.hear(&unhex(FOUND)), sends(Command::ResetSam));
    assert_eq!(bench.hear(&unhex(FOUND)), NOTHING);
    assert_eq!(bench.hear(&status(0x90)), sends(Command::SamStatus));
    assert_eq!(bench.hear(&status(0x90)), sends(Command::FindCard));
    bench.find_and_select(Event::Nothing);
    assert_eq!(bench.hear(&unhex(PERMIT)), tells(read(PERMIT)));
}

#[test]
fn one_lost_answer_costs_one_wait_and_two_questions() {
    for lost in [Command::FindCard, Command::SelectCard, Command::ReadCard] {
        let mut bench = Bench::looking();
        let (mut sent, mut once) = (Some(Command::FindCard), true);
        let start = bench.now;
        let event = loop {
            let answer = match sent {
                Some(command) if command == lost && once => {
                    once = false;
                    Vec::new()
                }
                Some(Command::SamStatus) => status(0x90),
                Some(Command::FindCard) => unhex(FOUND),
                Some(Command::SelectCard) => unhex(SELECTED),
                Some(_) => unhex(CITIZEN),
                None => Vec::new(),
            };
            let step = bench.hear(&answer);
            sent = step.send;
            if matches!(step.event, Event::Read(_) | Event::NeedsReopen | Event::Ready) {
                break step.event;
            }
        };
        assert_eq!(event, read(CITIZEN), "{lost:?}");
        let patience = if lost == Command::ReadCard { 1_500 } else { 300 };
        // Every answer takes a turn of 10 ms here: status, find, select, read, and those before the one that was lost.
        assert!(bench.now - start <= patience + 80, "{lost:?}: {} ms", bench.now - start);
    }
}

#[test]
fn a_status_that_nobody_waits_for_is_a_fault_and_nothing_is_asked_until_none_has_come_for_ten_seconds() {
    for asked in [Bench::looking(), Bench::reading()] {
        let mut bench = asked;
        assert_eq!(bench.hear(&status(0x90)), tells(Event::NeedsReopen));
        bench.session.restart();
        assert_eq!(bench.session.health(), ReaderHealth::Lost);
        for late in [unhex(CITIZEN), status(0x80), damaged(status(0x90))] {
            bench.now += 9_000;
            assert_eq!(bench.hear(&late), NOTHING, "it goes on as long as answers come");
        }
        bench.now += 9_900;
        assert_eq!(bench.hear(&[0xAA, 0x55, 0x00]), NOTHING, "noise is no answer");
        bench.now += 1_000;
        assert_eq!(bench.hear(&unhex(CITIZEN)), NOTHING, "not even when nobody listened meanwhile");
        bench.now += 9_900;
        assert_eq!(bench.hear(&[]), NOTHING);
        bench.now += 100;
        assert_eq!(bench.hear(&[]), sends(Command::ResetSam));
        assert_eq!(bench.hear(&status(0x90)), sends(Command::SamStatus));
        bench.is_ready();
    }
}

#[test]
fn a_look_that_is_owed_stays_owed_over_a_new_port_and_an_unwell_module() {
    let mut bench = Bench::reading();
    assert_eq!(bench.wait(), sends(Command::SamStatus));
    assert_eq!(bench.wait(), sends(Command::SamStatus));
    assert_eq!(bench.hear(&status(0x90)), sends(Command::FindCard));
    bench.session.restart();
    assert_eq!(bench.hear(&[]), sends(Command::FindCard));
    assert_eq!(bench.hear(&status(0x90)), NOTHING, "the other status");
    assert_eq!(bench.hear(&status(0x66)), tells(Event::ReaderUnwell(Status::NotAuthorised)));
    assert_eq!(bench.wait(), sends(Command::FindCard));
    assert_eq!(bench.hear(&status(0x80)), sends(Command::SamStatus), "which look it was is not known");
    bench.is_ready();
}

#[test]
fn an_answer_in_another_commands_shape_changes_nothing() {
    let mut bench = Bench::looking();
    for stray in [unhex(CITIZEN), unhex(SELECTED), status(0x91), status(0x41), status(0x81)] {
        assert_eq!(bench.hear(&stray), NOTHING);
    }
    assert_eq!(bench.hear(&unhex(FOUND)).event, Event::CardFound);
    for stray in [unhex(FOUND), unhex(CITIZEN), status(0x80)] {
        assert_eq!(bench.hear(&stray), NOTHING);
    }
    assert_eq!(bench.hear(&unhex(SELECTED)), sends(Command::ReadCard));
    for stray in [unhex(SELECTED), unhex(FOUND), status(0x80)] {
        assert_eq!(bench.hear(&stray), NOTHING);
    }
    assert_eq!(bench.hear(&unhex(CITIZEN)), tells(read(CITIZEN)));
}

#[test]
fn bytes_nobody_asked_for_are_nothing() {
    let mut bench = Bench::settled();
    assert_eq!(bench.hear(&unhex(PERMIT)), NOTHING);
    remove(&mut bench);
    assert_eq!(bench.hear(&unhex(PERMIT)), NOTHING);
}

#[test]
fn a_damaged_answer_is_asked_for_again_behind_a_fence() {
    let mut bench = Bench::reading();
    assert_eq!(bench.hear(&damaged(unhex(CITIZEN))), sends(Command::SamStatus));
    assert_eq!(bench.hear(&status(0x90)), sends(Command::FindCard));
    bench.find_and_select(Event::Nothing);
    assert_eq!(bench.hear(&unhex(CITIZEN)), tells(read(CITIZEN)));
}

#[test]
fn a_reader_that_got_a_damaged_request_is_asked_again() {
    for code in [0x10, 0x11, 0x21, 0x24] {
        let mut bench = Bench::looking();
        assert_eq!(bench.hear(&status(code)), sends(Command::SamStatus), "{code:#x}");
    }
}

#[test]
fn three_bad_frames_reset_the_reader_and_silence_after_that_reopens_the_port() {
    let mut bench = Bench::looking();
    for _ in 0..2 {
        assert_eq!(bench.hear(&damaged(status(0x80))), sends(Command::SamStatus));
    }
    assert_eq!(bench.hear(&damaged(status(0x90))), sends(Command::ResetSam));
    assert_eq!(bench.wait(), sends(Command::SamStatus));
    assert_eq!(bench.wait(), tells(Event::NeedsReopen));
    assert_eq!(bench.session.health(), ReaderHealth::Lost);
    assert_eq!(bench.wait(), sends(Command::SamStatus), "it goes on by itself");
    bench.is_ready();
}

#[test]
fn a_reset_that_helps_goes_on_without_a_word() {
    let mut bench = Bench::looking();
    (0..3).for_each(|_| drop(bench.hear(&damaged(status(0x80)))));
    assert_eq!(bench.hear(&status(0x90)), sends(Command::SamStatus));
    assert_eq!(bench.hear(&status(0x90)), sends(Command::FindCard));
}

#[test]
fn a_reader_that_knows_its_status_and_nothing_else_is_given_up() {
    let mut bench = Bench::new();
    let told = bench.run(3, |command| {
        let known = matches!(command, Command::SamStatus | Command::ResetSam);
        if known { status(0x90) } else { Vec::new() }
    });
    assert_eq!(
        told,
        [Event::NeedsReopen, Event::NeedsReopen],
        "in twenty seconds, and never that it is ready"
    );
}

#[test]
fn a_silent_reader_asks_for_a_new_port_within_three_seconds() {
    let mut bench = Bench::looking();
    let start = bench.now;
    assert_eq!(bench.run(1, |_| Vec::new()), [Event::NeedsReopen]);
    assert!(bench.now - start <= 3_000);
}

#[test]
fn an_unwell_module_is_told_and_asked_again_and_never_a_persons_matter() {
    for code in [0x60, 0x66] {
        let mut bench = Bench::reading();
        let unwell = Event::ReaderUnwell(Status::from_code(code));
        assert_eq!(bench.hear(&status(code)), tells(unwell.clone()));
        assert_eq!(bench.session.health(), ReaderHealth::Unwell(Status::from_code(code)));
        assert_eq!(bench.wait(), sends(Command::SamStatus));
        assert_eq!(bench.hear(&status(code)), tells(unwell));
        bench.wait();
        bench.is_ready();
    }
}

#[test]
fn a_new_port_does_not_make_a_resting_card_a_new_passage() {
    let mut bench = Bench::settled();
    bench.session.restart();
    assert_eq!(bench.wait(), sends(Command::SamStatus));
    bench.is_ready();
    bench.find_and_select(Event::Nothing);
    assert_eq!(bench.hear(&unhex(CITIZEN)), tells(Event::StillThere));
}

#[test]
fn a_slow_line_gets_the_time_its_bytes_take() {
    let mut session = Session::new(Baud::B9600);
    let mut now = 0;
    for answer in [Vec::new(), status(0x90), status(0x80), unhex(FOUND), unhex(SELECTED)] {
        now += 10;
        session.step(Millis(now), &answer);
    }
    // 1.35 s on the wire and a second in the reader.
    assert_eq!(session.step(Millis(now + 2_350), &[]), NOTHING);
    assert_eq!(session.step(Millis(now + 2_400), &unhex(CITIZEN)), tells(read(CITIZEN)));
}

#[test]
fn nothing_of_the_person_can_be_printed() {
    let bench = Bench::settled();
    let printed = format!("{:?}", bench.session);
    assert!(!printed.contains("5101") && printed.contains("Document(resident-id, hidden)"), "{printed}");
}

/// What a person sees: everything but the reader's own troubles.
fn about_a_person(event: &Event) -> bool {
    !matches!(event, Event::Nothing | Event::Ready | Event::ReaderUnwell(_) | Event::NeedsReopen)
}

proptest! {
    #[test]
    fn noise_is_never_an_event_about_a_person(pieces in proptest::collection::vec(proptest::collection::vec(prop_oneof![3 => any::<u8>(), 1 => Just(0xAA)], 0..60), 0..200)) {
        let mut bench = Bench::looking();
        for piece in pieces {
            let step = bench.hear(&piece);
            prop_assert!(!about_a_person(&step.event), "{:?}", step.event);
        }
    }

    #[test]
    fn every_cut_of_every_answer_gives_the_same_read(cut in 1_usize..1294, second in 1_usize..1294) {
        let answer = unhex(CITIZEN);
        let mut bench = Bench::reading();
        let (low, high) = (cut.min(second), cut.max(second));
        prop_assert_eq!(bench.hear(&answer[..low]), NOTHING);
        prop_assert_eq!(bench.hear(&answer[low..high]), NOTHING);
        prop_assert_eq!(bench.hear(&answer[high..]), tells(read(CITIZEN)));
    }

    #[test]
    fn one_flipped_bit_on_the_line_is_never_a_read(bit in 0_usize..1295 * 8) {
        let mut bench = Bench::reading();
        let mut answer = unhex(CITIZEN);
        answer[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!about_a_person(&bench.hear(&answer).event));
    }

    #[test]
    fn the_session_never_falls_silent(answers in proptest::collection::vec(0_usize..9, 0..60)) {
        let mut bench = Bench::new();
        let choices = [Vec::new(), status(0x90), status(0x80), unhex(FOUND), unhex(SELECTED), unhex(CITIZEN), status(0x41), status(0x66), damaged(status(0x90))];
        for choice in answers {
            bench.wait();
            bench.hear(&choices[choice]);
        }
        bench.wait();
    }
}
