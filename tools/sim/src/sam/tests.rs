//! The terminal's own reader driver and tty against the simulator, over a real pseudo-terminal, on a handed-in clock.

use std::path::PathBuf;

use gate_hal::card_reader::{CardReader, ReaderFault, SdtCardReader};
use gate_hal_linux::serial::SerialTty;
use gate_wire::card::CardError;
use gate_wire::document::{Document, DocumentKind};
use gate_wire::sdt::{Baud, Event, ReaderHealth, Status, read_answer, read_answer_hex};
use tempfile::TempDir;

use super::*;

/// A reader, the terminal's driver on it, and the time.
struct Bench {
    sim: SamSimulator,
    reader: SdtCardReader<SerialTty>,
    now: u64,
    _folder: TempDir,
}

impl Bench {
    /// Plugged in, greeted and looking for a card.
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let link = folder.path().join("reader");
        let sim = SamSimulator::new(&link).unwrap();
        let reader = SdtCardReader::new(SerialTty::new(&link, Baud::B115200), Baud::B115200);
        let mut bench = Self { sim, reader, now: 1_000, _folder: folder };
        assert_eq!(bench.events(500), [Event::Ready]);
        bench
    }

    /// Five milliseconds.
    fn tick(&mut self) -> Result<Event, ReaderFault> {
        self.now += 5;
        let told = self.reader.poll(Millis(self.now));
        self.sim.pump(Millis(self.now)).unwrap();
        told
    }

    /// What is told in so many milliseconds; a fault of the port fails the test.
    fn events(&mut self, millis: u64) -> Vec<Event> {
        let told = (0..millis / 5).map(|_| self.tick().unwrap());
        told.filter(|event| *event != Event::Nothing).collect()
    }

    /// The same without the reports that the card is still there.
    fn news(&mut self, millis: u64) -> Vec<Event> {
        self.events(millis).into_iter().filter(|event| *event != Event::StillThere).collect()
    }

    /// Lays a card down and waits for its one read.
    fn read(&mut self, card: &SyntheticCard) {
        self.sim.pad.insert(card.clone());
        assert_eq!(self.news(1_000), [Event::CardFound, read(card)]);
    }
}

fn read(card: &SyntheticCard) -> Event {
    Event::Read(read_answer(&card.answer()).unwrap())
}

fn citizen() -> SyntheticCard {
    let number = checked_18("51010019400101001").unwrap();
    SyntheticCard::resident("测试甲", &number, ("20050101", "长期")).unwrap()
}

fn permit() -> SyntheticCard {
    let number = checked_18("81000019500202002").unwrap();
    let card = SyntheticCard::residence_permit("测试乙", &number, "H12345678", ("20190101", "20240101"));
    card.unwrap().with_address("四川省成都市测试路2号").unwrap()
}

fn permanent_2017() -> SyntheticCard {
    let number = checked_15("USA51005003030").unwrap();
    let names = ("TESTER, CHARLIE", "测试丙");
    SyntheticCard::permanent_2017(names, &number, "19500303", ("20170616", "20270615")).unwrap()
}

fn permanent_2023() -> SyntheticCard {
    let number = checked_18("95184019500303003").unwrap();
    let names = ("TESTER, CHARLIE", "测试丙");
    SyntheticCard::permanent_2023(names, &number, ("USA", "000"), ("20231201", "20331130")).unwrap()
}

fn vector(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/id-cards");
    std::fs::read_to_string(PathBuf::from(folder).join(name)).unwrap()
}

#[test]
fn synthetic_cards_are_the_committed_vectors() {
    for (card, name) in [
        (citizen(), "citizen.hex"),
        (permit(), "hmt.hex"),
        (permanent_2017(), "pr2017.hex"),
        (permanent_2023(), "pr2023.hex"),
    ] {
        assert_eq!(card.hex(), vector(name), "{name}");
        assert_eq!(SyntheticCard::from_hex(&vector(name)).unwrap(), card);
        assert!(read_answer_hex(&card.hex()).is_ok());
    }
    assert!(SyntheticCard::from_hex("AA AA").is_err() && SyntheticCard::from_hex("0").is_err());
    assert!(SyntheticCard::from_hex(&vector("citizen.hex").replacen("0508", "0509", 1)).is_err());
}

#[test]
fn every_check_digit_the_terminal_accepts_is_the_one_made_here() {
    for sequence in 0..300 {
        let number = checked_18(&format!("51010019880808{sequence:03}")).unwrap();
        assert!(Document::parse(DocumentKind::ResidentId, &number).is_ok(), "{number}");
    }
    assert_eq!((checked_18("5101001988080800"), checked_15("usa51005003030")), (None, None));
    assert!(
        SyntheticCard::resident("一二三四五六七八九十一二三四五六", "", ("", "")).is_err(),
        "a name too long"
    );
}

#[test]
fn each_of_the_four_card_types_is_read_once_and_its_removal_is_told() {
    let mut bench = Bench::new();
    for card in [citizen(), permit(), permanent_2017(), permanent_2023()] {
        bench.read(&card);
        bench.sim.pad.remove();
        assert_eq!(bench.news(2_000), [Event::Removed]);
    }
}

#[test]
fn a_card_left_on_the_reader_is_one_read_however_the_module_probes() {
    for probing in [Probing::Known, Probing::Unknown] {
        let mut bench = Bench::new();
        bench.sim.pad.probing = probing;
        bench.read(&citizen());
        let told = bench.events(30_000);
        assert!(
            told.len() > 30 && told.iter().all(|event| *event == Event::StillThere),
            "{probing:?}: {told:?}"
        );
    }
}

#[test]
fn an_answer_in_pieces_of_any_size_is_the_same_read() {
    for fragment in [1, 2, 3, 7, 16, 61, 255, 256, 257, 1_294] {
        let mut bench = Bench::new();
        bench.sim.set_fragment(fragment);
        bench.sim.pad.insert(citizen());
        // One byte each 5 ms is a line of 2000 bit/s: the read is too late, which is the reader's matter alone.
        let expected =
            if fragment < 5 { vec![Event::CardFound] } else { vec![Event::CardFound, read(&citizen())] };
        assert_eq!(bench.news(1_500), expected, "{fragment}");
    }
}

#[test]
fn garbage_before_an_answer_and_between_answers_is_nothing() {
    for noise in [vec![0xFF; 300], vec![0xAA; 9], vec![0xAA, 0xAA, 0xAA, 0x96], (0..=255).collect()] {
        let mut bench = Bench::new();
        for request in [Request::Find, Request::Select, Request::Read] {
            bench.sim.disturb(request, LineFault::Noise(noise.clone()));
        }
        let now = Millis(bench.now);
        bench.sim.babble(now, &noise);
        bench.read(&citizen());
    }
}

#[test]
fn a_preamble_in_the_photo_is_photo() {
    let preamble = [0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x04, 0x00, 0x00, 0x41, 0x45];
    Bench::new().read(&citizen().with_photo_bytes(&preamble));
}

#[test]
fn a_spoilt_answer_is_asked_for_again_and_nobody_is_told() {
    let spoilt = [
        LineFault::BadChecksum,
        LineFault::FlippedBit { byte: 140, bit: 0 },
        LineFault::FlippedBit { byte: 3, bit: 1 },
        LineFault::WrongLength(0),
        LineFault::WrongLength(0xFFFF),
        LineFault::WrongLength(0x0507),
        LineFault::WrongLength(0x0509),
        LineFault::CutAfter { bytes: 700 },
        LineFault::CutAfter { bytes: 6 },
        LineFault::Silence,
        LineFault::Status(0x10),
        LineFault::Status(0x24),
    ];
    for fault in spoilt {
        for request in [Request::Find, Request::Select, Request::Read] {
            let mut bench = Bench::new();
            bench.sim.pad.insert(citizen());
            bench.sim.disturb(request, fault.clone());
            assert_eq!(bench.news(5_000), [Event::CardFound, read(&citizen())], "{request:?} {fault:?}");
        }
    }
}

#[test]
fn a_late_answer_of_one_person_is_never_read_as_the_next() {
    for millis in [1_400, 1_500, 1_600, 1_900, 2_300, 4_000, 8_000] {
        let mut bench = Bench::new();
        bench.sim.disturb(Request::Read, LineFault::Late { millis });
        bench.sim.pad.insert(citizen());
        assert_eq!(bench.events(1_000), [Event::CardFound]);
        bench.sim.pad.insert(permit());
        let told = bench.news(15_000);
        let people: Vec<_> = told.iter().filter(|event| matches!(event, Event::Read(_))).collect();
        // An answer in time is the first person's: they lay there when it was asked for.
        let in_time =
            if millis == 1_400 { vec![read(&citizen()), read(&permit())] } else { vec![read(&permit())] };
        assert_eq!(people, in_time.iter().collect::<Vec<_>>(), "{millis} ms late: {told:?}");
    }
}

#[test]
fn a_reader_that_is_late_with_everything_reads_nobody_and_is_a_fault_until_it_is_in_time_again() {
    for lag in [350, 700, 1_200, 2_500, 6_000, 9_900] {
        let mut bench = Bench::new();
        bench.sim.set_lag(lag);
        let mut told = Vec::new();
        for card in [citizen(), permit()].into_iter().cycle().take(12) {
            bench.sim.pad.insert(card);
            told.extend(bench.news(2_500));
        }
        assert!(told.contains(&Event::NeedsReopen), "{lag}: {told:?}");
        assert!(!told.iter().any(|event| matches!(event, Event::Read(_) | Event::Ready)), "{lag}: {told:?}");
        bench.sim.set_lag(0);
        bench.sim.pad.insert(permanent_2023());
        let told = bench.news(25_000);
        let people: Vec<_> = told.iter().filter(|event| matches!(event, Event::Read(_))).collect();
        assert_eq!(people, [&read(&permanent_2023())], "{lag}: {told:?}");
        assert_eq!(bench.reader.health(), ReaderHealth::Well);
    }
}

#[test]
fn a_card_pulled_away_mid_read_is_a_failed_read_or_a_removal() {
    let mut bench = Bench::new();
    for bytes in [0, 1, 8, 300, 1_294] {
        bench.sim.disturb(Request::Read, LineFault::PulledAfter { bytes });
        bench.sim.pad.insert(citizen());
        let failed = (bytes == 0).then_some(Event::ReadFailed);
        let expected: Vec<_> = [Event::CardFound].into_iter().chain(failed).chain([Event::Removed]).collect();
        assert_eq!(bench.events(5_000), expected, "{bytes}");
    }
    bench.read(&citizen());
}

#[test]
fn words_of_the_card_change_nothing() {
    let mut bench = Bench::new();
    for request in [Request::Find, Request::Select, Request::Read] {
        bench.sim.disturb(request, LineFault::CardWords([0x6A, 0x82]));
    }
    bench.read(&citizen());
}

#[test]
fn a_wrong_check_digit_is_refused_once() {
    let mut bench = Bench::new();
    let mut wrong = checked_18("51010019400101001").unwrap();
    let digit = wrong.pop();
    wrong.push(if digit == Some('1') { '2' } else { '1' });
    bench.sim.pad.insert(SyntheticCard::resident("测试甲", &wrong, ("20050101", "长期")).unwrap());
    assert_eq!(bench.news(10_000), [Event::CardFound, Event::Refused(CardError::CheckDigit)]);
}

#[test]
fn an_unwell_module_is_told_and_recovers() {
    for (module, code) in [(Module::SelfTestFailed, 0x60), (Module::NotAuthorised, 0x66)] {
        let mut bench = Bench::new();
        bench.sim.pad.insert(citizen());
        bench.sim.pad.module = module;
        let told = bench.events(10_000);
        assert!(
            told.len() >= 3
                && told.iter().all(|event| *event == Event::ReaderUnwell(Status::from_code(code)))
        );
        bench.sim.pad.module = Module::Well;
        assert_eq!(bench.news(5_000), [Event::Ready, Event::CardFound, read(&citizen())]);
    }
}

#[test]
fn an_unplugged_reader_is_a_fault_until_it_is_plugged_in_again() {
    let mut bench = Bench::new();
    bench.read(&citizen());
    bench.sim.unplug();
    assert!((0..500).all(|_| matches!(bench.tick(), Err(ReaderFault::ReachReader(_)))));
    assert_eq!(bench.reader.health(), ReaderHealth::Lost);
    bench.sim.plug().unwrap();
    let told: Vec<_> = (0..1_000).filter_map(|_| bench.tick().ok()).collect();
    let news: Vec<_> =
        told.into_iter().filter(|event| !matches!(event, Event::Nothing | Event::StillThere)).collect();
    assert_eq!(news, [Event::Ready], "the card that lay there all the time is no new passage");
}

#[test]
fn a_plug_pulled_mid_frame_leaves_nothing_of_the_person_behind() {
    let mut bench = Bench::new();
    bench.sim.set_fragment(100);
    bench.sim.pad.insert(citizen());
    while bench.sim.heard().last() != Some(&Request::Read) {
        bench.tick().unwrap();
    }
    assert!((0..4).all(|_| bench.tick() == Ok(Event::Nothing)));
    bench.sim.unplug();
    assert!(bench.tick().is_err());
    bench.sim.plug().unwrap();
    bench.sim.pad.insert(permit());
    bench.sim.set_fragment(usize::MAX);
    let told: Vec<_> = (0..1_000).filter_map(|_| bench.tick().ok()).collect();
    let people: Vec<_> = told.into_iter().filter(|event| matches!(event, Event::Read(_))).collect();
    assert_eq!(people, [read(&permit())]);
}

#[test]
fn a_silent_reader_is_reset_and_its_port_opened_again() {
    let mut bench = Bench::new();
    for request in
        [Request::Find, Request::SamStatus, Request::SamStatus, Request::ResetSam, Request::SamStatus]
    {
        bench.sim.disturb(request, LineFault::Silence);
    }
    assert_eq!(bench.events(4_000), [Event::NeedsReopen, Event::Ready]);
    assert!(bench.sim.heard().contains(&Request::ResetSam));
}

#[test]
fn only_a_link_is_ever_replaced() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("precious");
    std::fs::write(&file, "kept").unwrap();
    assert!(SamSimulator::new(&file).is_err());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "kept");
    let link = folder.path().join("reader");
    drop(SamSimulator::new(&link).unwrap());
    assert!(!link.exists() && SamSimulator::new(&link).is_ok());
}
