//! A card reader on USB that has stopped answering is taken off the bus and put back, as if its plug had been pulled.
//!
//! The kernel's switch is the attribute `authorized` of the device in sysfs; it does not cut the current where the hub cannot, but
//! the reader's side of the bus begins anew. What has to write it needs the right to (integrator's manual).
//! Promises: never before the reader has been silent for ten seconds, never oftener than once a minute, and always put back, also
//! by the run after one that ended in between; no call waits: the kernel may take its time to let go of a device, and a thread of
//! its own waits for it.
//! It must not know: what a reader says.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use gate_hal::card_reader::{CardReader, ReaderFault};
use gate_wire::sdt::Event;
use gate_wire::time::Millis;

/// Where the kernel lists what is on the bus.
const DEVICES: &str = "/sys/bus/usb/devices";
/// A reader may be away so long before it is taken off the bus.
const SILENT_MS: u64 = 10_000;
/// How long it stays off.
const OFF_MS: u64 = 1_000;
/// And how often that is tried.
const APART_MS: u64 = 60_000;
/// Devices looked at, and bytes of an attribute.
const DEVICES_MOST: usize = 256;
const LONGEST: u64 = 16;

/// What a kind of device is called on the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsbKind {
    /// Its maker's number.
    pub vendor: u16,
    /// The maker's number of it.
    pub product: u16,
}

impl UsbKind {
    /// From `0400:c35a`, as `lsusb` prints it.
    #[must_use]
    pub fn parse(text: &str) -> Option<UsbKind> {
        let (vendor, product) = text.split_once(':')?;
        let digits = |text: &str| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = |text: &str| digits(text).then(|| u16::from_str_radix(text, 16).ok()).flatten();
        Some(UsbKind { vendor: number(vendor)?, product: number(product)? })
    }
}

impl std::fmt::Display for UsbKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04x}:{:04x}", self.vendor, self.product)
    }
}

/// Which way a switch goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Off,
    On,
}

/// A reader whose device on the bus is begun anew.
pub struct PowerCycled<R> {
    reader: R,
    orders: SyncSender<Order>,
    silent_since: Option<Millis>,
    off_since: Option<Millis>,
    cycled: Option<Millis>,
}

impl<R> PowerCycled<R> {
    /// This reader behind devices of this kind.
    ///
    /// # Errors
    /// If there is no thread to switch by.
    pub fn start(reader: R, kind: UsbKind) -> std::io::Result<Self> {
        let (this, orders) = PowerCycled::ordering(reader);
        let bus = Bus { devices: DEVICES.into(), kind };
        thread::Builder::new().name("usb power".to_owned()).spawn(move || bus.obey(&orders))?;
        Ok(this)
    }

    fn ordering(reader: R) -> (Self, Receiver<Order>) {
        let (orders, taken) = sync_channel(1);
        (PowerCycled { reader, orders, silent_since: None, off_since: None, cycled: None }, taken)
    }

    fn tend(&mut self, now: Millis) {
        if let Some(off) = self.off_since {
            // While the thread is still at it, it is asked again in the next turn.
            if now.since(off).0 >= OFF_MS && self.orders.try_send(Order::On).is_ok() {
                self.off_since = None;
            }
            return;
        }
        let silent = self.silent_since.is_some_and(|since| now.since(since).0 >= SILENT_MS);
        let again = self.cycled.is_none_or(|at| now.since(at).0 >= APART_MS);
        if silent && again && self.orders.try_send(Order::Off).is_ok() {
            (self.off_since, self.cycled) = (Some(now), Some(now));
        }
    }
}

/// Where devices of a kind are switched.
struct Bus {
    devices: PathBuf,
    kind: UsbKind,
}

impl Bus {
    /// Switches as it is told, and puts back what was taken off when nobody tells any more.
    fn obey(&self, orders: &Receiver<Order>) {
        let mut last = Order::On;
        for order in orders {
            self.switch(order);
            last = order;
        }
        if last == Order::Off {
            self.switch(Order::On);
        }
    }

    /// Every device of the kind: a lane has one.
    fn switches(&self) -> Vec<PathBuf> {
        let listed = std::fs::read_dir(&self.devices).into_iter().flatten().flatten().take(DEVICES_MOST);
        let ours = listed.map(|entry| entry.path()).filter(|device| {
            let is = |name, number: u16| {
                attribute(device, name).is_some_and(|text| u16::from_str_radix(&text, 16) == Ok(number))
            };
            is("idVendor", self.kind.vendor) && is("idProduct", self.kind.product)
        });
        ours.map(|device| device.join("authorized")).collect()
    }

    fn switch(&self, order: Order) {
        let to = if order == Order::On { b"1" } else { b"0" };
        for switch in self.switches() {
            // Without the right to, the reader is only opened again.
            let _ = File::options()
                .write(true)
                .truncate(true)
                .open(switch)
                .and_then(|mut file| file.write_all(to));
        }
    }
}

impl<R: CardReader> CardReader for PowerCycled<R> {
    fn poll(&mut self, now: Millis) -> Result<Event, ReaderFault> {
        let answer = self.reader.poll(now);
        match &answer {
            Err(_) | Ok(Event::ReaderUnwell(_) | Event::NeedsReopen) => {
                self.silent_since.get_or_insert(now);
            }
            Ok(Event::Nothing) => {}
            Ok(_) => self.silent_since = None,
        }
        self.tend(now);
        answer
    }
}

fn attribute(device: &Path, name: &str) -> Option<String> {
    let mut text = String::new();
    File::open(device.join(name)).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
    Some(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use gate_hal::serial_port::PortFault;

    use super::*;

    const READER: UsbKind = UsbKind { vendor: 0x0400, product: 0xC35A };

    /// A reader that is away, or well.
    struct Away(bool);

    impl CardReader for Away {
        fn poll(&mut self, _: Millis) -> Result<Event, ReaderFault> {
            if self.0 { Err(ReaderFault::ReachReader(PortFault::HoldLine)) } else { Ok(Event::Ready) }
        }
    }

    /// A bus with the reader and another device.
    fn bus() -> tempfile::TempDir {
        let bus = tempfile::tempdir().unwrap();
        for (name, vendor, product) in [("1-1", "0400", "c35a"), ("1-2", "0400", "c35b")] {
            let device = bus.path().join(name);
            std::fs::create_dir(&device).unwrap();
            for (attribute, value) in [("idVendor", vendor), ("idProduct", product), ("authorized", "1")] {
                std::fs::write(device.join(attribute), format!("{value}\n")).unwrap();
            }
        }
        bus
    }

    fn authorized(bus: &tempfile::TempDir, device: &str) -> String {
        attribute(&bus.path().join(device), "authorized").unwrap()
    }

    #[test]
    fn the_kinds_devices_are_taken_off_the_bus_and_put_back_and_no_other() {
        let bus = bus();
        let (orders, taken) = sync_channel(8);
        let switches = Bus { devices: bus.path().to_owned(), kind: READER };
        switches.switch(Order::Off);
        assert_eq!([authorized(&bus, "1-1"), authorized(&bus, "1-2")], ["0", "1"]);
        orders.send(Order::On).unwrap();
        orders.send(Order::Off).unwrap();
        drop(orders);
        switches.obey(&taken);
        assert_eq!(authorized(&bus, "1-1"), "1", "who ends in between puts it back");
    }

    #[test]
    fn a_reader_that_is_silent_for_ten_seconds_is_begun_anew_at_most_once_a_minute() {
        let (mut reader, orders) = PowerCycled::ordering(Away(true));
        let mut at = |ms| {
            let _ = reader.poll(Millis(ms));
            orders.try_recv().ok()
        };
        let told = [0, 9_999, 10_000, 10_999, 11_000, 69_999, 70_000].map(&mut at);
        assert_eq!(told, [None, None, Some(Order::Off), None, Some(Order::On), None, Some(Order::Off)]);
    }

    #[test]
    fn a_bus_that_takes_its_time_holds_up_no_turn_and_loses_no_order_to_put_back() {
        let (mut reader, orders) = PowerCycled::ordering(Away(true));
        for ms in [0, 10_000, 11_000, 60_000] {
            let _ = reader.poll(Millis(ms));
        }
        assert_eq!(orders.try_recv(), Ok(Order::Off), "nobody has taken it yet");
        let _ = reader.poll(Millis(60_020));
        assert_eq!(orders.try_recv(), Ok(Order::On));
    }

    #[test]
    fn a_reader_that_answers_stays_on_the_bus() {
        let (mut reader, orders) = PowerCycled::ordering(Away(true));
        let _ = reader.poll(Millis(0));
        reader.reader.0 = false;
        let _ = reader.poll(Millis(9_000));
        reader.reader.0 = true;
        let _ = reader.poll(Millis(18_999));
        assert!(orders.try_recv().is_err());
    }

    #[test]
    fn kinds_are_spelled_as_lsusb_prints_them() {
        assert_eq!(UsbKind::parse("0400:c35a"), Some(READER));
        assert_eq!(READER.to_string(), "0400:c35a");
        for bad in ["", "0400", "400:c35a", "0400:c35", "0400:c35g", "0x40:c35a", "+400:c35a"] {
            assert_eq!(UsbKind::parse(bad), None, "{bad}");
        }
    }
}
