//! A card reader on USB that has stopped answering is taken off the bus and put back, as if its plug had been pulled.
//!
//! The kernel's switch is the attribute `authorized` of the device in sysfs; it does not cut the current where the hub cannot, but
//! the reader's side of the bus begins anew. What has to write it needs the right to (integrator's manual).
//! Promises: never before the reader has been silent for ten seconds, never oftener than once a minute, and always put back, also
//! by the run after one that ended in between; no call waits.
//! It must not know: what a reader says.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

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

/// A reader whose device on the bus is begun anew.
pub struct PowerCycled<R> {
    reader: R,
    kind: UsbKind,
    devices: PathBuf,
    silent_since: Option<Millis>,
    off_since: Option<Millis>,
    cycled: Option<Millis>,
}

impl<R> PowerCycled<R> {
    /// This reader behind devices of this kind.
    #[must_use]
    pub fn new(reader: R, kind: UsbKind) -> Self {
        PowerCycled::under(Path::new(DEVICES), reader, kind)
    }

    fn under(devices: &Path, reader: R, kind: UsbKind) -> Self {
        let devices = devices.to_owned();
        PowerCycled { reader, kind, devices, silent_since: None, off_since: None, cycled: None }
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

    fn switch(&self, to: &[u8]) {
        for switch in self.switches() {
            // Without the right to, the reader is only opened again.
            let _ = File::options()
                .write(true)
                .truncate(true)
                .open(switch)
                .and_then(|mut file| file.write_all(to));
        }
    }

    fn tend(&mut self, now: Millis) {
        if let Some(off) = self.off_since {
            if now.since(off).0 >= OFF_MS {
                self.switch(b"1");
                self.off_since = None;
            }
            return;
        }
        let silent = self.silent_since.is_some_and(|since| now.since(since).0 >= SILENT_MS);
        let again = self.cycled.is_none_or(|at| now.since(at).0 >= APART_MS);
        if silent && again {
            self.switch(b"0");
            (self.off_since, self.cycled) = (Some(now), Some(now));
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
    fn a_reader_that_is_silent_for_ten_seconds_is_taken_off_the_bus_and_put_back() {
        let bus = bus();
        let mut reader = PowerCycled::under(bus.path(), Away(true), READER);
        let mut at = |ms| {
            let _ = reader.poll(Millis(ms));
            (authorized(&bus, "1-1"), authorized(&bus, "1-2"))
        };
        let (on, off) = (("1".to_owned(), "1".to_owned()), ("0".to_owned(), "1".to_owned()));
        assert_eq!(
            (at(0), at(9_999), at(10_000), at(10_999)),
            (on.clone(), on.clone(), off.clone(), off.clone())
        );
        assert_eq!((at(11_000), at(69_999)), (on.clone(), on), "at most once a minute");
        assert_eq!(at(70_000), off);
    }

    #[test]
    fn a_reader_that_answers_stays_on_the_bus() {
        let bus = bus();
        let mut reader = PowerCycled::under(bus.path(), Away(true), READER);
        let _ = reader.poll(Millis(0));
        reader.reader.0 = false;
        let _ = reader.poll(Millis(9_000));
        reader.reader.0 = true;
        let _ = reader.poll(Millis(18_999));
        assert_eq!(authorized(&bus, "1-1"), "1");
    }

    #[test]
    fn kinds_are_spelled_as_lsusb_prints_them() {
        assert_eq!(UsbKind::parse("0400:c35a"), Some(READER));
        for bad in ["", "0400", "400:c35a", "0400:c35", "0400:c35g", "0x40:c35a", "+400:c35a"] {
            assert_eq!(UsbKind::parse(bad), None, "{bad}");
        }
    }
}
