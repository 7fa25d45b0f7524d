//! A controller over a bus that records what crosses it.

use std::sync::{Arc, Mutex};

use embedded_hal::spi::Operation;

use super::*;

/// A command and what follows it.
type Sent = (u8, Vec<u8>);

/// What crossed the wire, and whether the line says that it is data.
#[derive(Clone, Default)]
struct Tape(Arc<Mutex<(bool, Vec<Sent>)>>);

struct Recorder(Tape);
struct Line(Tape);

impl embedded_hal::spi::ErrorType for Recorder {
    type Error = core::convert::Infallible;
}

impl SpiDevice for Recorder {
    fn transaction(&mut self, operations: &mut [Operation<'_, u8>]) -> Result<(), Self::Error> {
        let mut tape = self.0.0.lock().unwrap();
        for operation in operations {
            let Operation::Write(bytes) = operation else { panic!("a screen is only written to") };
            assert!(bytes.len() <= 4_096, "more than the kernel takes at once");
            if tape.0 {
                tape.1.last_mut().unwrap().1.extend_from_slice(bytes);
            } else {
                tape.1.push((bytes[0], Vec::new()));
            }
        }
        Ok(())
    }
}

impl ErrorType for Line {
    type Error = core::convert::Infallible;
}

impl OutputPin for Line {
    fn set_low(&mut self) -> Result<(), Self::Error> {
        self.0.0.lock().unwrap().0 = false;
        Ok(())
    }
    fn set_high(&mut self) -> Result<(), Self::Error> {
        self.0.0.lock().unwrap().0 = true;
        Ok(())
    }
}

fn wire() -> Wire {
    use crate::gpio::{LineId, Polarity, Pull};
    Wire {
        chip: "/dev/gate-no-such-chip".into(),
        line: LineId::Offset(25),
        polarity: Polarity::High,
        pull: Pull::Board,
    }
}

fn screen() -> SpiScreen {
    SpiScreen {
        device: "/dev/gate-no-such-bus".into(),
        controller: Controller::Ili9341,
        data_command: wire(),
        reset: None,
        megahertz: 32,
        turned: Turned::Quarter,
        glass: Glass::Plain,
    }
}

struct NoDelay;

impl embedded_hal::delay::DelayNs for NoDelay {
    fn delay_ns(&mut self, _: u32) {}
}

fn begun() -> (Tape, impl Draw + Send) {
    let tape = Tape::default();
    let bus = Bus::new(Recorder(tape.clone()), Line(tape.clone())).shared();
    let builder = Builder::new(ILI9341Rgb565, bus.clone());
    let display = controlled(builder, bus, ILI9341Rgb565, (&screen(), NoDelay)).unwrap();
    (tape, display)
}

fn recorded() -> (Tape, impl Draw + Send) {
    let (tape, display) = begun();
    tape.0.lock().unwrap().1.clear();
    (tape, display)
}

/// `CASET`, `RASET`, `RAMWR` of the DCS.
const COLUMNS: u8 = 0x2A;
const ROWS: u8 = 0x2B;
const PIXELS: u8 = 0x2C;

#[test]
fn only_the_changed_rectangle_crosses_the_wire() {
    let (tape, mut display) = recorded();
    assert_eq!(display.size(), (320, 240), "a quarter turned");
    let mut rgb565 = vec![0; 320 * 240];
    rgb565[11 * 320 + 300] = 0x1234;
    let pixels = Pixels { rgb565: &rgb565, width: 320, height: 240, changed: &[] };
    display.draw(&pixels, &Area { x: 300, y: 11, width: 2, height: 1 }).unwrap();
    let sent = std::mem::take(&mut tape.0.lock().unwrap().1);
    assert_eq!(
        sent,
        [(COLUMNS, vec![1, 44, 1, 45]), (ROWS, vec![0, 11, 0, 11]), (PIXELS, vec![0x12, 0x34, 0, 0])]
    );
}

#[test]
fn a_whole_screen_crosses_in_pieces_that_the_kernel_takes() {
    let (tape, mut display) = recorded();
    let rgb565 = vec![0xFFFF; 320 * 240];
    let pixels = Pixels { rgb565: &rgb565, width: 320, height: 240, changed: &[] };
    display.draw(&pixels, &pixels.everywhere()).unwrap();
    let sent = tape.0.lock().unwrap();
    assert_eq!(sent.1.last().unwrap().1.len(), 2 * 320 * 240);
}

#[test]
fn an_area_outside_sends_nothing() {
    let (tape, mut display) = recorded();
    let rgb565 = vec![0; 320 * 240];
    let pixels = Pixels { rgb565: &rgb565, width: 320, height: 240, changed: &[] };
    for area in [
        Area { x: 319, y: 0, width: 2, height: 1 },
        Area { x: 0, y: 240, width: 1, height: 1 },
        Area { x: 0, y: 0, width: 0, height: 1 },
    ] {
        display.draw(&pixels, &area).unwrap();
    }
    assert!(tape.0.lock().unwrap().1.is_empty());
}

#[test]
fn a_bus_that_is_not_there_is_not_connected_and_asked_for_again() {
    let mut panel = SpiPanel::new(screen());
    let pixels = Pixels { rgb565: &[0], width: 1, height: 1, changed: &[] };
    for _ in 0..2 {
        assert_eq!(panel.show(pixels), Err(DeviceFault::NotConnected));
    }
}

#[test]
fn a_controller_that_lost_its_set_up_is_set_up_as_at_the_start_and_shown_the_whole_picture() {
    /// `SWRESET`, which shows: it is for the start alone.
    const RESET: u8 = 0x01;
    let (tape, display) = begun();
    let sent = std::mem::take(&mut tape.0.lock().unwrap().1);
    let [(RESET, _), start @ ..] = &sent[..] else { panic!("a start begins with a reset") };
    let mut panel = SpiPanel { screen: screen(), open: Some(Box::new(display)) };
    let rgb565 = vec![0x1234; 320 * 240];
    let everywhere = [Area { x: 0, y: 0, width: 320, height: 240 }];
    panel.assure(Pixels { rgb565: &rgb565, width: 320, height: 240, changed: &everywhere }).unwrap();
    let sent = std::mem::take(&mut tape.0.lock().unwrap().1);
    let (again, picture) = sent.split_at(start.len());
    assert_eq!(again, start);
    let whole =
        [(COLUMNS, vec![0, 0, 1, 63]), (ROWS, vec![0, 0, 0, 239]), (PIXELS, [0x12, 0x34].repeat(320 * 240))];
    assert_eq!(picture, whole);
}
