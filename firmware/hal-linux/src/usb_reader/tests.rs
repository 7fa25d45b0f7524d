//! The driver over pipes of a simulated reader: packets of any size, empty ones, stalls, a plug that is pulled in the middle.
//! The thread's turns are made by hand, but where the thread is what is tested.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Waker;
use std::thread;
use std::time::{Duration, Instant};

use gate_hal::card_reader::{CardReader, ReaderFault};
use gate_hal::serial_port::PortFault;
use gate_wire::sdt::{Event, ReaderHealth};
use gate_wire::time::Millis;
use zeroize::Zeroizing;

use super::joined::Way;
use super::pipes::{Pipes, joined};
use super::*;
use crate::port_thread::tests::{ByHand, CITIZEN, PERMIT, answer, bytes};
use crate::port_thread::{Begin, Mail, Open, Turn, Worker};

const GONE: PortFault = PortFault::OpenPort { errno: 19 };
const STALLED: PortFault = PortFault::ReadLine { errno: 32 };

/// How a simulated reader is made, and how it is now.
struct Model {
    pipes: usize,
    packet: usize,
    card: Option<Vec<u8>>,
    is_plugged: bool,
    is_mute: bool,
    takes: Result<(), PortFault>,
    /// A rest that comes by itself behind the answer to a selection.
    stray: Option<Vec<u8>>,
    /// What becomes of the answer to the next read.
    mishap: Option<PortFault>,
    heard: Vec<u8>,
    coming: [VecDeque<Result<Vec<u8>, PortFault>>; 2],
    begun: Vec<Begin>,
}

impl Model {
    fn hear(&mut self, bytes: &[u8]) {
        self.heard.extend_from_slice(bytes);
        let whole = self.heard.len() > 7 && self.heard.len() == 7 + usize::from(self.heard[6]);
        if !whole {
            return;
        }
        let command = [self.heard[7], self.heard[8]];
        self.heard.clear();
        if self.is_mute {
            return;
        }
        let told = match (command, &self.card) {
            ([0x20, 0x01], None) => answer(&[0, 0, 0x80]),
            ([0x20, 0x01], Some(_)) => answer(&[0, 0, 0x9F, 0, 0, 0, 0]),
            ([0x20, 0x02], Some(_)) => answer(&[0, 0, 0x90, 0, 0, 0, 0, 0, 0, 0, 0]),
            ([0x30, 0x01], Some(card)) => card.clone(),
            ([0x30, 0x03], Some(_)) => answer(&[0, 0, 0x91]),
            ([0x30, _] | [0x20, 0x02], None) => answer(&[0, 0, 0x41]),
            _ => answer(&[0, 0, 0x90]),
        };
        self.tell(&told);
        if command == [0x20, 0x02]
            && let Some(stray) = self.stray.take()
        {
            self.coming[1].push_back(Ok(stray));
        }
        if command == [0x30, 0x01]
            && let Some(fault) = self.mishap.take()
        {
            let rest = &mut self.coming[self.pipes - 1];
            rest.truncate(rest.len() / 2);
            rest.push_back(Err(fault));
            self.is_plugged &= fault != PortFault::HoldLine;
        }
    }

    /// In packets; one that is full to its end is followed by an empty one.
    fn tell(&mut self, told: &[u8]) {
        let (head, rest) = told.split_at(if self.pipes == 2 { 7 } else { 0 });
        for (pipe, part) in [(0, head), (self.pipes - 1, rest)] {
            for packet in part.chunks(self.packet) {
                self.coming[pipe].push_back(Ok(packet.to_vec()));
            }
            if part.len() % self.packet == 0 {
                self.coming[pipe].push_back(Ok(Vec::new()));
            }
        }
    }
}

/// The pipes of an opened one.
struct Simulated(Arc<Mutex<Model>>, Option<Arc<AtomicUsize>>);

impl Pipes for Simulated {
    fn parts_frames(&self) -> bool {
        self.0.lock().unwrap().pipes == 2
    }

    fn send(&mut self, way: Way, bytes: &[u8]) -> Result<(), PortFault> {
        let mut model = self.0.lock().unwrap();
        model.takes?;
        if model.pipes == 2 {
            assert_eq!(bytes.len() == 7, way == Way::Head, "heads on the first pipe, the rest on the second");
        }
        model.hear(bytes);
        Ok(())
    }

    fn next(&mut self, way: Way, _: &Waker) -> Result<Option<Zeroizing<Vec<u8>>>, PortFault> {
        let mut model = self.0.lock().unwrap();
        let came = model.coming[usize::from(way == Way::Rest)].pop_front();
        came.transpose().map(|packet| packet.map(Zeroizing::new))
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        if let Some(closed) = &self.1 {
            closed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

struct Bench {
    model: Arc<Mutex<Model>>,
    reader: SdtCardReader<ByHand>,
    worker: Worker,
    mail: Arc<Mail>,
    now: u64,
}

fn model(pipes: usize, packet: usize) -> Arc<Mutex<Model>> {
    Arc::new(Mutex::new(Model {
        pipes,
        packet,
        card: None,
        is_plugged: true,
        is_mute: false,
        takes: Ok(()),
        stray: None,
        mishap: None,
        heard: Vec::new(),
        coming: Default::default(),
        begun: Vec::new(),
    }))
}

fn opener(model: &Arc<Mutex<Model>>, closed: Option<Arc<AtomicUsize>>) -> Open {
    let model = Arc::clone(model);
    Arc::new(move |begin| {
        let mut here = model.lock().unwrap();
        if !here.is_plugged {
            return Err(GONE);
        }
        here.begun.push(begin);
        (here.coming, here.heard) = Default::default();
        drop(here);
        Ok(joined(Box::new(Simulated(Arc::clone(&model), closed.clone()))))
    })
}

impl Bench {
    fn new(pipes: usize, packet: usize) -> Bench {
        let (model, mail) = (model(pipes, packet), Arc::<Mail>::default());
        let worker = Worker::new(opener(&model, None), Arc::clone(&mail));
        let reader = SdtCardReader::new(ByHand(Arc::clone(&mail)), Baud::B115200);
        Bench { model, reader, worker, mail, now: 0 }
    }

    fn with(&self, change: impl FnOnce(&mut Model)) {
        change(&mut self.model.lock().unwrap());
    }

    fn poll(&mut self) -> Result<Event, ReaderFault> {
        self.now += 10;
        let event = self.reader.poll(Millis(self.now));
        while self.worker.turn(Waker::noop()) == Turn::Busy {}
        event
    }

    /// Polls for so long and keeps what was told, one of several faults in a row.
    fn over(&mut self, ms: u64) -> Vec<Result<Event, ReaderFault>> {
        let until = self.now + ms;
        let mut told = Vec::new();
        while self.now < until {
            let event = self.poll();
            if !matches!(event, Ok(Event::Nothing | Event::StillThere)) && told.last() != Some(&event) {
                told.push(event);
            }
        }
        told
    }
}

/// Without the fault that stood until it was mended.
fn mended(told: Vec<Result<Event, ReaderFault>>) -> Vec<Result<Event, ReaderFault>> {
    told.into_iter().skip_while(Result::is_err).collect()
}

fn read(card: &str) -> Result<Event, ReaderFault> {
    Ok(Event::Read(gate_wire::sdt::read_answer_hex(card).unwrap()))
}

fn fault(fault: PortFault) -> Result<Event, ReaderFault> {
    Err(ReaderFault::ReachReader(fault))
}

#[test]
fn a_card_is_read_once_however_its_packets_are_cut() {
    for (pipes, packet) in
        [(1, 64), (2, 64), (1, 1), (2, 1), (2, 7), (2, 8), (1, 512), (2, 512), (1, 5), (2, 1288)]
    {
        let mut bench = Bench::new(pipes, packet);
        assert_eq!(bench.over(500), [Ok(Event::Ready)], "{pipes} pipes, packets of {packet}");
        bench.with(|model| model.card = Some(bytes(CITIZEN)));
        assert_eq!(
            bench.over(5_000),
            [Ok(Event::CardFound), read(CITIZEN)],
            "{pipes} pipes, packets of {packet}"
        );
        bench.with(|model| model.card = None);
        assert_eq!(bench.over(2_000), [Ok(Event::Removed)], "{pipes} pipes, packets of {packet}");
    }
}

#[test]
fn a_reader_that_is_not_there_is_a_fault_until_it_is_plugged_in() {
    let mut bench = Bench::new(2, 64);
    bench.with(|model| model.is_plugged = false);
    assert_eq!(bench.over(5_000), [fault(GONE)]);
    bench.with(|model| model.is_plugged = true);
    assert_eq!(mended(bench.over(2_000)), [Ok(Event::Ready)]);
}

#[test]
fn a_plug_that_is_pulled_in_the_middle_of_a_card_costs_no_card() {
    let mut bench = Bench::new(2, 64);
    bench.with(|model| (model.card, model.mishap) = (Some(bytes(CITIZEN)), Some(PortFault::HoldLine)));
    let pulled = [Ok(Event::Ready), Ok(Event::CardFound), fault(PortFault::HoldLine), fault(GONE)];
    assert_eq!(bench.over(3_000), pulled);
    bench.with(|model| model.is_plugged = true);
    assert_eq!(mended(bench.over(3_000)), [Ok(Event::Ready), read(CITIZEN)]);
}

#[test]
fn a_pipe_that_stalls_is_a_fault_and_the_card_is_read_after_it() {
    for pipes in [1, 2] {
        let mut bench = Bench::new(pipes, 64);
        bench.with(|model| (model.card, model.mishap) = (Some(bytes(PERMIT)), Some(STALLED)));
        let told = bench.over(5_000);
        let expected =
            [Ok(Event::Ready), Ok(Event::CardFound), fault(STALLED), Ok(Event::Ready), read(PERMIT)];
        assert_eq!(told, expected, "{pipes} pipes");
    }
}

#[test]
fn a_reader_that_takes_no_bytes_is_a_fault_that_ends() {
    let mut bench = Bench::new(1, 64);
    bench.with(|model| model.takes = Err(PortFault::FillLine));
    assert_eq!(bench.over(3_000), [fault(PortFault::FillLine)]);
    bench.with(|model| model.takes = Ok(()));
    assert_eq!(mended(bench.over(2_000)), [Ok(Event::Ready)]);
}

#[test]
fn the_rest_of_an_earlier_persons_answer_is_not_read_behind_the_next_ones_head() {
    let mut bench = Bench::new(2, 64);
    let earlier = bytes(CITIZEN).split_off(7);
    bench.with(|model| (model.card, model.stray) = (Some(bytes(PERMIT)), Some(earlier)));
    assert_eq!(bench.over(5_000), [Ok(Event::Ready), Ok(Event::CardFound), read(PERMIT)]);
}

#[test]
fn a_reader_that_says_nothing_is_begun_anew_on_its_bus_and_then_left_alone_for_a_minute() {
    let mut bench = Bench::new(2, 64);
    bench.with(|model| model.is_mute = true);
    bench.over(100_000);
    let begun = std::mem::take(&mut bench.model.lock().unwrap().begun);
    let anew: Vec<usize> = (0..begun.len()).filter(|at| begun[*at] == Begin::Anew).collect();
    assert_eq!(anew, [8, 56], "of {}", begun.len());
    bench.with(|model| model.is_mute = false);
    assert_eq!(bench.over(5_000).last(), Some(&Ok(Event::Ready)));
}

#[test]
fn a_device_that_floods_waits_on_its_bus() {
    let mut bench = Bench::new(1, 64);
    bench.over(500);
    bench.with(|model| model.coming[0].extend((0..1_000).map(|_| Ok(vec![0x55; 64]))));
    while bench.worker.turn(Waker::noop()) == Turn::Busy {}
    assert!(!bench.mail.has_room());
    assert!(bench.model.lock().unwrap().coming[0].len() > 900, "what nobody has asked for stays there");
    bench.over(10_000);
    assert_eq!(bench.reader.health(), ReaderHealth::Well);
}

/// Polls until this is told; the thread takes its turns when the kernel lets it.
fn until(reader: &mut UsbCardReader, wanted: impl Fn(&Result<Event, ReaderFault>) -> bool) {
    let begun = Instant::now();
    loop {
        let ms = u64::try_from(begun.elapsed().as_millis()).unwrap();
        if wanted(&reader.poll(Millis(ms))) {
            return;
        }
        assert!(ms < 60_000, "it is never told");
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn behind_its_thread_a_reader_is_opened_read_and_let_go() {
    let (model, closed) = (model(2, 64), Arc::new(AtomicUsize::new(0)));
    model.lock().unwrap().card = Some(bytes(CITIZEN));
    let mut reader = SdtCardReader::new(
        ThreadedPort::new("usb reader", opener(&model, Some(Arc::clone(&closed)))),
        Baud::B115200,
    );
    until(&mut reader, |told| *told == read(CITIZEN));
    drop(reader);
    let patience = Instant::now();
    while closed.load(Ordering::Relaxed) == 0 {
        assert!(patience.elapsed() < Duration::from_secs(60), "the device is never let go");
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_thread_that_panics_is_a_fault_and_begun_anew() {
    let (model, tried) = (model(1, 64), Arc::new(AtomicUsize::new(0)));
    let open = opener(&model, None);
    let first = Arc::clone(&tried);
    let mut reader = SdtCardReader::new(
        ThreadedPort::new(
            "usb reader",
            Arc::new(move |begin| {
                assert!(
                    first.fetch_add(1, Ordering::Relaxed) > 0,
                    "the first opening panics, as this test wants it"
                );
                open(begin)
            }),
        ),
        Baud::B115200,
    );
    until(&mut reader, |told| *told == fault(PortFault::HoldLine));
    until(&mut reader, |told| *told == Ok(Event::Ready));
}

#[test]
fn a_kind_that_is_not_on_the_bus_is_not_found() {
    // No such maker: nobody's machine has one.
    let nobody = UsbKind { vendor: 0, product: 0 };
    assert_eq!(look(nobody), Err(GONE));
}
