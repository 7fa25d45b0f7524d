//! A port and its thread: the box between them by hand, drivers that hang, and a real pseudo-terminal.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::Waker;

use gate_hal::card_reader::{CardReader, SdtCardReader};
use gate_wire::sdt::{Baud, Event};
use gate_wire::time::Millis;

use super::mail::Wanted;
use super::*;

pub(crate) const CITIZEN: &str = include_str!("../../../../tests/vectors/id-cards/citizen.hex");
pub(crate) const PERMIT: &str = include_str!("../../../../tests/vectors/id-cards/hmt.hex");

pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().filter_map(|one| one.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

pub(crate) fn answer(data: &[u8]) -> Vec<u8> {
    let len = u16::try_from(data.len() + 1).unwrap().to_be_bytes();
    let check = len.iter().chain(data).fold(0, |check, byte| check ^ byte);
    [&[0xAA, 0xAA, 0xAA, 0x96, 0x69], &len[..], data, &[check]].concat()
}

/// The port without its thread.
pub(crate) struct ByHand(pub(crate) Arc<Mail>);

impl SerialPort for ByHand {
    fn write(&mut self, bytes: &[u8]) -> Result<(), PortFault> {
        self.0.post(bytes)
    }

    fn read_available(&mut self, buf: &mut [u8]) -> Result<usize, PortFault> {
        self.0.collect(buf)
    }

    fn reopen(&mut self) -> Result<(), PortFault> {
        self.0.order();
        Ok(())
    }
}

#[test]
fn what_was_meant_for_an_earlier_opening_reaches_no_later_one() {
    let mail = Mail::default();
    mail.order();
    let Wanted::Opening(first) = mail.wanted() else { panic!("an opening was ordered") };
    mail.opened(first);
    mail.post(b"command").unwrap();
    mail.deliver(first, |came| came.extend_from_slice(b"early"));
    mail.order();
    mail.deliver(first, |came| came.extend_from_slice(b"late"));
    mail.lost(first, PortFault::HoldLine);
    assert_eq!(mail.command(first), None);
    assert_eq!(mail.collect(&mut [0; 16]), Ok(0));
}

#[test]
fn bytes_that_came_before_a_fault_are_handed_on_before_it() {
    let mail = Mail::default();
    assert_eq!(mail.collect(&mut [0; 4]), Err(PortFault::HavePort));
    mail.order();
    let Wanted::Opening(opening) = mail.wanted() else { panic!("an opening was ordered") };
    mail.deliver(opening, |came| came.extend_from_slice(b"answer"));
    mail.lost(opening, PortFault::HoldLine);
    let mut buf = [0; 4];
    assert_eq!((mail.collect(&mut buf), &buf), (Ok(4), b"answ"));
    assert_eq!((mail.collect(&mut buf), &buf[..2]), (Ok(2), &b"er"[..]));
    assert_eq!(mail.collect(&mut buf), Err(PortFault::HoldLine));
    assert_eq!(mail.post(b"command"), Err(PortFault::HoldLine));
}

/// A reader on a line that answers in its own time, in the order of what it was asked, whoever has opened the line since.
#[derive(Default)]
struct Slow {
    now: u64,
    /// Whose card lies there.
    card: Option<&'static str>,
    coming: VecDeque<(u64, Vec<u8>)>,
    lag: u64,
    dice: Dice,
}

/// A generator whose numbers are the same in every run.
#[derive(Default)]
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

impl Slow {
    fn hear(&mut self, command: &[u8]) {
        let told = match (&command[7..9], self.card) {
            ([0x20, 0x01], None) => answer(&[0, 0, 0x80]),
            ([0x20, 0x01], Some(_)) => answer(&[0, 0, 0x9F, 0, 0, 0, 0]),
            ([0x20, 0x02], Some(_)) => answer(&[0, 0, 0x90, 0, 0, 0, 0, 0, 0, 0, 0]),
            ([0x30, 0x01], Some(card)) => bytes(card),
            ([0x30, 0x03], Some(_)) => answer(&[0, 0, 0x91]),
            ([0x30, _] | [0x20, 0x02], None) => answer(&[0, 0, 0x41]),
            _ => answer(&[0, 0, 0x90]),
        };
        // About cards mostly at once, now and then seconds later; about itself at once.
        let of_cards = matches!(command[7], 0x20 | 0x30);
        let lag = if of_cards && self.dice.below(6) == 0 { self.dice.below(4_000) } else { 20 };
        let due = self.now.max(self.coming.back().map_or(0, |(due, _)| *due)) + lag;
        let at = told.len() / 2;
        self.coming.push_back((due, told[..at].to_vec()));
        self.coming.push_back((due + self.lag, told[at..].to_vec()));
    }
}

struct SlowLine(Arc<Mutex<Slow>>);

impl Wire for SlowLine {
    fn send(&mut self, command: &[u8]) -> Result<(), PortFault> {
        self.0.lock().unwrap().hear(command);
        Ok(())
    }

    fn next(&mut self, _: &Waker) -> Result<Option<Came>, PortFault> {
        let mut slow = self.0.lock().unwrap();
        if slow.dice.below(2_000) == 0 {
            return Err(PortFault::HoldLine);
        }
        let now = slow.now;
        let due = slow.coming.front().is_some_and(|(due, _)| *due <= now);
        Ok(slow.coming.pop_front_if(|_| due).map(|(_, bytes)| Came::new(bytes)))
    }
}

/// The port by hand, which notes whose card lay there when a card was last asked for.
struct Noting(ByHand, Arc<Mutex<Slow>>, Arc<Mutex<Option<&'static str>>>);

impl SerialPort for Noting {
    fn write(&mut self, bytes: &[u8]) -> Result<(), PortFault> {
        if bytes[7..9] == [0x30, 0x01] {
            *self.2.lock().unwrap() = self.1.lock().unwrap().card;
        }
        self.0.write(bytes)
    }

    fn read_available(&mut self, buf: &mut [u8]) -> Result<usize, PortFault> {
        self.0.read_available(buf)
    }

    fn reopen(&mut self) -> Result<(), PortFault> {
        self.0.reopen()
    }
}

#[test]
fn a_late_answer_of_one_person_is_never_read_for_the_card_of_the_next_and_no_card_is_read_twice() {
    let (mut read, mut lost) = (0, 0);
    for seed in 0..60 {
        let mail = Arc::<Mail>::default();
        let dice = Dice(seed);
        let slow = Arc::new(Mutex::new(Slow { lag: 7, dice, ..Slow::default() }));
        let there = Arc::clone(&slow);
        let open: Open = Arc::new(move |_| {
            // Opening drops what waits in the line; what the reader has yet to send still comes.
            let mut slow = there.lock().unwrap();
            let now = slow.now;
            slow.coming.retain(|(due, _)| *due > now);
            drop(slow);
            Ok(Box::new(SlowLine(Arc::clone(&there))))
        });
        let asked = Arc::default();
        let mut worker = Worker::new(open, Arc::clone(&mail));
        let port = Noting(ByHand(mail), Arc::clone(&slow), Arc::clone(&asked));
        let mut reader = SdtCardReader::new(port, Baud::B115200);
        let mut dice = Dice(seed + 1_000);
        let (mut laid, mut reads) = (0, 0);
        for now in (0..60_000).step_by(10) {
            let mut here = slow.lock().unwrap();
            here.now = now;
            if now % 2_500 == 0 {
                drop(here);
                // What was ordered has reached the reader: the answer to it is the earlier card's.
                while worker.turn(Waker::noop()) == worker::Turn::Busy {}
                here = slow.lock().unwrap();
                let next = if here.card == Some(CITIZEN) { PERMIT } else { CITIZEN };
                here.card = Some(next);
                (laid, reads) = (laid + 1, 0);
            }
            drop(here);
            match reader.poll(Millis(now)) {
                Ok(Event::Read(card)) => {
                    let asked =
                        asked.lock().unwrap().map(|card| gate_wire::sdt::read_answer_hex(card).unwrap());
                    assert_eq!(Some(card), asked, "seed {seed} at {now}");
                    (read, reads) = (read + 1, reads + 1);
                    assert!(
                        reads <= 2,
                        "one of the card before, whose answer was on its way, and one of this one"
                    );
                }
                Ok(_) => {}
                Err(_) => lost += 1,
            }
            // The thread comes when the kernel lets it.
            if dice.below(3) > 0 {
                while worker.turn(Waker::noop()) == worker::Turn::Busy {}
            }
        }
        assert!(laid > 20);
    }
    assert!(read > 200 && lost > 100, "{read} cards, {lost} polls of a lost line");
}

#[test]
fn a_thread_that_does_not_come_back_is_a_fault_until_it_does() {
    let mail = Mail::default();
    mail.order();
    let Wanted::Opening(opening) = mail.wanted() else { panic!("an opening was ordered") };
    mail.opened(opening);
    assert_eq!((mail.collect(&mut [0; 4]), mail.opened_yet()), (Ok(0), Opened::Yes));
    mail.hang();
    assert_eq!(mail.collect(&mut [0; 4]), Err(PortFault::AwaitDriver));
    assert_eq!((mail.post(b"command"), mail.opened_yet()), (Err(PortFault::AwaitDriver), Opened::NotYet));
    mail.order();
    assert_eq!(mail.collect(&mut [0; 4]), Err(PortFault::AwaitDriver), "an order mends nothing");
    let Wanted::Opening(_) = mail.wanted() else { panic!("an opening was ordered") };
    assert_eq!(mail.collect(&mut [0; 4]), Ok(0));
}

/// Where a driver hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hang {
    Open,
    Send,
    Close,
}

/// A driver that hangs at one point until it is let go.
struct Hanging {
    at: Hang,
    lets_go: Arc<Mutex<Receiver<()>>>,
    hung: Sender<Hang>,
    closed: Arc<AtomicUsize>,
}

impl Hanging {
    fn pass(&self, at: Hang) {
        if at == self.at {
            let _ = self.hung.send(at);
            // Ends when the test does, at the latest.
            let _ = self.lets_go.lock().unwrap().recv();
        }
    }
}

impl Wire for Hanging {
    fn send(&mut self, _: &[u8]) -> Result<(), PortFault> {
        self.pass(Hang::Send);
        Ok(())
    }

    fn next(&mut self, _: &Waker) -> Result<Option<Came>, PortFault> {
        if self.at == Hang::Close { Err(PortFault::HoldLine) } else { Ok(None) }
    }
}

impl Drop for Hanging {
    fn drop(&mut self) {
        self.pass(Hang::Close);
        self.closed.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_driver_that_hangs_when_it_opens_sends_or_closes_holds_up_no_call_and_the_reader_is_a_fault() {
    for at in [Hang::Open, Hang::Send, Hang::Close] {
        let ((let_go, lets_go), (told, hung)) = (channel(), channel());
        let (lets_go, closed) = (Arc::new(Mutex::new(lets_go)), Arc::<AtomicUsize>::default());
        let shut = Arc::clone(&closed);
        let open: Open = Arc::new(move |_| {
            let (lets_go, closed) = (Arc::clone(&lets_go), Arc::clone(&shut));
            let driver = Hanging { at, lets_go, hung: told.clone(), closed };
            driver.pass(Hang::Open);
            Ok(Box::new(driver))
        });
        let mut reader = SdtCardReader::new(ThreadedPort::new("hangs", open), Baud::B115200);
        // Every one of these comes back, or this test never ends.
        let mut is_well = true;
        let mut poll = |now| is_well &= !matches!(reader.poll(Millis(now)), Err(_) | Ok(Event::NeedsReopen));
        poll(0);
        poll(10);
        assert_eq!(hung.recv(), Ok(at));
        (20..10_000).step_by(10).for_each(&mut poll);
        assert!(!is_well, "a driver that hangs when it is to {at:?} is never told");
        drop(reader);
        drop(let_go);
        while closed.load(Ordering::Relaxed) == 0 {
            thread::yield_now();
        }
    }
}

/// A port whose device is what `plugged` says, and whose driver hangs for ever when it opens one that `hangs` names.
struct Plugs {
    port: ThreadedPort,
    plugged: Arc<AtomicUsize>,
    opened: Receiver<usize>,
    /// Dropped, every driver lets go.
    _holds: Sender<()>,
}

fn plugs(hangs: fn(usize) -> bool) -> Plugs {
    let ((holds, held), (tell, opened)) = (channel::<()>(), channel());
    let (held, plugged) = (Arc::new(Mutex::new(held)), Arc::new(AtomicUsize::new(1)));
    let there = Arc::clone(&plugged);
    let open: Open = Arc::new(move |_| {
        let device = there.load(Ordering::Relaxed);
        let _ = tell.send(device);
        if hangs(device) {
            let _ = held.lock().unwrap_or_else(std::sync::PoisonError::into_inner).recv();
        }
        let ((_, lets_go), (hung, _)) = (channel(), channel());
        let lets_go = Arc::new(Mutex::new(lets_go));
        Ok(Box::new(Hanging { at: Hang::Open, lets_go, hung, closed: Arc::default() }))
    });
    let which = Arc::clone(&plugged);
    let port = ThreadedPort::new("plugs", open).told_apart_by(move || {
        let device = which.load(Ordering::Relaxed);
        (device > 0).then_some(Plugged { device: 7, node: device as u64 })
    });
    Plugs { port, plugged, opened, _holds: holds }
}

#[test]
fn a_device_that_is_plugged_in_again_is_opened_though_the_driver_of_the_one_before_hangs_for_ever() {
    let Plugs { mut port, plugged, opened, _holds } = plugs(|device| device == 1);
    port.reopen().unwrap();
    assert_eq!(opened.recv(), Ok(1));
    // It hangs, and is still there; then it is pulled out.
    for there in [1, 0] {
        plugged.store(there, Ordering::Relaxed);
        port.mail.hang();
        port.reopen().unwrap();
        assert_eq!(port.read_available(&mut [0; 4]), Err(PortFault::AwaitDriver));
        assert!(opened.try_recv().is_err());
    }
    plugged.store(2, Ordering::Relaxed);
    port.reopen().unwrap();
    assert_eq!(opened.recv(), Ok(2));
    while port.opened() == Opened::NotYet {
        thread::yield_now();
    }
    assert_eq!((port.write(b"command"), port.lost.len()), (Ok(()), 1));
}

#[test]
fn drivers_that_hang_again_and_again_cost_a_few_threads_until_they_let_go() {
    let Plugs { mut port, plugged, opened, _holds: holds } = plugs(|_| true);
    port.reopen().unwrap();
    for device in 2..=LOST_MOST + 2 {
        assert_eq!(opened.recv(), Ok(device - 1));
        plugged.store(device, Ordering::Relaxed);
        port.mail.hang();
        port.reopen().unwrap();
    }
    assert_eq!(port.lost.len(), LOST_MOST);
    assert!(opened.try_recv().is_err(), "and no more of them");
    assert_eq!(port.read_available(&mut [0; 4]), Err(PortFault::AwaitDriver));
    drop(holds);
    while !port.lost.iter().all(JoinHandle::is_finished) || port.opened() == Opened::NotYet {
        thread::yield_now();
    }
    port.reopen().unwrap();
    assert_eq!((opened.recv(), port.lost.len()), (Ok(LOST_MOST + 2), 0));
}
