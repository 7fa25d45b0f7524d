//! A reader whose port hangs in the kernel: whoever comes with a code goes through, and the screen sends cards to staff.

use std::path::Path;
use std::sync::Arc;
use std::task::Waker;

use gate_core::screen::{Fault, FaultScreen, Screen, Serving};
use gate_core::verdict::Verdict;
use gate_hal::card_reader::{CardReader, SdtCardReader};
use gate_hal::serial_port::PortFault;
use gate_hal_linux::port_thread::{Came, ThreadedPort, Wire};
use gate_sim::people::Person;
use gate_sim::stage::{Setting, Stage, province};
use gate_wire::credential::Colour;
use gate_wire::sdt::Baud;

use super::{listed_green, show_code};

/// A driver that does not come back before the test's process ends.
fn never() {
    loop {
        std::thread::park();
    }
}

fn reader(
    open: impl Fn() -> Result<Box<dyn Wire>, PortFault> + Send + Sync + 'static,
) -> Box<dyn CardReader> {
    Box::new(SdtCardReader::new(ThreadedPort::new("hangs", Arc::new(move |_| open())), Baud::B115200))
}

/// Hangs when it sends, when it is closed, or not.
struct Driver {
    sends: fn(),
    closes: fn(),
}

impl Wire for Driver {
    fn send(&mut self, _: &[u8]) -> Result<(), PortFault> {
        (self.sends)();
        Err(PortFault::HoldLine)
    }

    fn next(&mut self, _: &Waker) -> Result<Option<Came>, PortFault> {
        Ok(None)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        (self.closes)();
    }
}

fn opening_hangs(_: &Path) -> Box<dyn CardReader> {
    reader(|| {
        never();
        Err(PortFault::HavePort)
    })
}

fn sending_hangs(_: &Path) -> Box<dyn CardReader> {
    reader(|| Ok(Box::new(Driver { sends: never, closes: || {} })))
}

fn closing_hangs(_: &Path) -> Box<dyn CardReader> {
    reader(|| Ok(Box::new(Driver { sends: || {}, closes: never })))
}

#[test]
fn a_reader_whose_port_hangs_stalls_no_passage_by_code_and_is_a_fault_with_the_human_path() {
    let person = Person::new(1).unwrap();
    for reader in [opening_hangs, sending_hangs, closing_hangs] {
        let province = province().unwrap();
        let setting = Setting { reader, ..listed_green(&province, &person) };
        let mut stage = Stage::new(setting, province).unwrap();
        let is_told = |screen: &Screen| {
            matches!(screen, Screen::Fault(FaultScreen { fault: Fault::Reader, serving: Serving::Code }))
        };
        stage.run(3_000).unwrap();
        for passage in 1..=2 {
            assert_eq!(show_code(&mut stage, &person, Colour::Green).verdict, Verdict::Pass);
            stage.run(8_000).unwrap();
            assert_eq!(stage.pulses().len(), passage);
            assert!(stage.screen().as_ref().is_some_and(is_told), "{:?}", stage.screen());
        }
    }
}
