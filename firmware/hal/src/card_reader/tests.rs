//! The driver on a port that breaks, floods and comes back. The whole protocol over a real terminal line is tested
//! with the simulator.

use std::collections::VecDeque;

use super::*;

/// A port with a script: what reading gives, and what was written.
#[derive(Default)]
struct ScriptedPort {
    incoming: VecDeque<Result<Vec<u8>, PortFault>>,
    written: Vec<Vec<u8>>,
    reopened: usize,
    refuses: Option<PortFault>,
}

impl SerialPort for ScriptedPort {
    fn write(&mut self, bytes: &[u8]) -> Result<(), PortFault> {
        self.written.push(bytes.to_vec());
        Ok(())
    }

    fn read_available(&mut self, buf: &mut [u8]) -> Result<usize, PortFault> {
        let Some(next) = self.incoming.pop_front() else { return Ok(0) };
        let bytes = next?;
        buf[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }

    fn reopen(&mut self) -> Result<(), PortFault> {
        self.reopened += 1;
        self.refuses.map_or(Ok(()), Err)
    }
}

const WELL: [u8; 11] = [0xAA, 0xAA, 0xAA, 0x96, 0x69, 0, 4, 0, 0, 0x90, 0x94];
const NOBODY: [u8; 11] = [0xAA, 0xAA, 0xAA, 0x96, 0x69, 0, 4, 0, 0, 0x80, 0x84];
const UNPLUGGED: ReaderFault = ReaderFault::ReachReader(PortFault::HoldLine);

fn reader() -> SdtCardReader<ScriptedPort> {
    SdtCardReader::new(ScriptedPort::default(), Baud::B115200)
}

/// Polled until the reader was greeted, at time 20.
fn greeted() -> SdtCardReader<ScriptedPort> {
    let mut reader = reader();
    assert_eq!(reader.poll(Millis(10)), Ok(Event::Nothing));
    greet(&mut reader, 20);
    reader
}

/// The reader tells its status, and that nobody's card lies there.
fn greet(reader: &mut SdtCardReader<ScriptedPort>, now: u64) {
    reader.port.incoming.extend([Ok(WELL.to_vec()), Ok(NOBODY.to_vec())]);
    assert_eq!(reader.poll(Millis(now)), Ok(Event::Ready));
}

#[test]
fn the_first_poll_opens_the_port_and_greets() {
    let reader = greeted();
    assert_eq!(reader.port.reopened, 1);
    assert_eq!(reader.port.written.len(), 3);
    assert_eq!(reader.health(), ReaderHealth::Well);
}

#[test]
fn an_unplugged_reader_is_a_fault_and_is_opened_again_every_second() {
    let mut reader = greeted();
    reader.port.incoming.push_back(Err(PortFault::HoldLine));
    reader.port.refuses = Some(PortFault::OpenPort { errno: 2 });
    assert_eq!(reader.poll(Millis(30)), Err(UNPLUGGED));
    assert_eq!(reader.health(), ReaderHealth::Lost);
    for now in (40..1_030).step_by(10) {
        assert_eq!(reader.poll(Millis(now)), Err(UNPLUGGED));
    }
    assert_eq!(reader.port.reopened, 1);
    let absent = Err(ReaderFault::ReachReader(PortFault::OpenPort { errno: 2 }));
    assert_eq!(reader.poll(Millis(1_030)), absent);
    assert_eq!(reader.poll(Millis(2_029)), absent);
    assert_eq!(reader.port.reopened, 2);
    reader.port.refuses = None;
    assert_eq!(reader.poll(Millis(2_030)), Ok(Event::Nothing));
    greet(&mut reader, 2_040);
}

#[test]
fn a_silent_reader_gets_a_new_port() {
    let mut reader = greeted();
    let told =
        (30..3_000).step_by(10).map(|now| reader.poll(Millis(now))).find(|told| *told != Ok(Event::Nothing));
    assert_eq!(told, Some(Ok(Event::NeedsReopen)));
    assert_eq!(reader.poll(Millis(3_000)), Ok(Event::Nothing));
    assert_eq!(reader.port.reopened, 2);
}

#[test]
fn a_flood_of_bytes_costs_one_poll_no_more_than_its_share() {
    let mut reader = greeted();
    reader.port.incoming = (0..1_000).map(|_| Ok(vec![0xAA; CHUNK])).collect();
    assert_eq!(reader.poll(Millis(30)), Ok(Event::Nothing));
    assert_eq!(reader.port.incoming.len(), 1_000 - CHUNKS_PER_POLL);
}
