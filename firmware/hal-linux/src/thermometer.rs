//! The infrared thermometer MLX90614 on an I²C bus.
//!
//! A thread of its own reads five times a second, since a bus whose lines stick keeps whoever asks for a second.
//! Promises: asking waits for nothing; a thermometer or a bus that is not there is opened again every second, for as long as it takes; a reading whose check byte or error flag says no is a fault and never a temperature; what no living
//! person shows (outside of 30 to 45 °C) is nobody. A reading is three bytes at 100 kHz: under a millisecond of waiting.
//! It must not know: which temperature is high. It reads skin, which is cooler than the person within: the policy's
//! limit is for skin, too.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use embedded_hal::i2c::{Error, ErrorKind, I2c};
use gate_hal::DeviceFault;
use gate_hal::thermometer::Thermometer;
use linux_embedded_hal::I2cdev;

use crate::again::Again;

/// The address that every such thermometer has from the factory.
const ADDRESS: u8 = 0x5A;
/// RAM register of the object's temperature: 16 bits, little-endian, 0.02 K a step, bit 15 the error flag.
const OBJECT: u8 = 0x07;
const ERROR_FLAG: u16 = 0x8000;
/// 0 °C in hundredths of a kelvin.
const FREEZING: i32 = 27_315;
/// Tenths of a degree that a person can show.
const PERSON: std::ops::RangeInclusive<i16> = 300..=450;

/// Read this often; a person stands there for longer.
const READ: Duration = Duration::from_millis(200);
/// A reading is nobody's any more after this long, and a bus that has kept one waiting so long sticks.
const OLD: Duration = Duration::from_secs(2);

/// A thermometer that is read by a thread of its own, and opened again when it was lost.
pub struct ReadThermometer(Arc<Newest>);

struct Newest(Mutex<Reading>);

struct Reading {
    tenths: Result<Option<i16>, DeviceFault>,
    taken: Instant,
}

impl Newest {
    fn reading(&self) -> MutexGuard<'_, Reading> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReadThermometer {
    /// The thermometer on the kernel's bus at `path`; bus and thermometer may come later.
    ///
    /// # Errors
    /// If there is no thread for it.
    pub fn start(path: &Path) -> std::io::Result<ReadThermometer> {
        let path = path.to_owned();
        ReadThermometer::over(move || mlx90614(&path))
    }

    fn over<T: Thermometer + 'static>(
        open: impl Fn() -> Result<T, DeviceFault> + Send + 'static,
    ) -> std::io::Result<ReadThermometer> {
        let newest = Arc::new(Newest(Mutex::new(Reading { tenths: Ok(None), taken: Instant::now() })));
        let left = Arc::downgrade(&newest);
        thread::Builder::new().name("thermometer".to_owned()).spawn(move || {
            let mut line = Again::unopened();
            // As long as somebody asks.
            while let Some(newest) = left.upgrade() {
                let tenths = read(&mut line, &open);
                *newest.reading() = Reading { tenths, taken: Instant::now() };
                drop(newest);
                thread::sleep(READ);
            }
        })?;
        Ok(ReadThermometer(newest))
    }
}

/// One reading; what fails is opened again when it is time.
fn read<T: Thermometer>(
    line: &mut Again<T>,
    open: impl Fn() -> Result<T, DeviceFault>,
) -> Result<Option<i16>, DeviceFault> {
    let tenths = line.or_open(open)?.tenths();
    if let Err(fault) = tenths {
        line.lose(fault);
    }
    tenths
}

impl Thermometer for ReadThermometer {
    /// The newest reading; [`DeviceFault::NotAnswering`] if that is old: its bus sticks.
    fn tenths(&mut self) -> Result<Option<i16>, DeviceFault> {
        let reading = self.0.reading();
        if reading.taken.elapsed() > OLD { Err(DeviceFault::NotAnswering) } else { reading.tenths }
    }
}

/// A thermometer on a bus.
#[derive(Debug)]
pub struct Mlx90614<B> {
    bus: B,
}

/// The thermometer on the kernel's bus at `path`, such as `/dev/i2c-1`.
///
/// # Errors
/// [`DeviceFault::NotConnected`] where there is no such bus; the thermometer itself may be plugged in later.
pub fn mlx90614(path: &Path) -> Result<Mlx90614<I2cdev>, DeviceFault> {
    I2cdev::new(path).map(Mlx90614::new).map_err(|_| DeviceFault::NotConnected)
}

impl<B: I2c> Mlx90614<B> {
    /// The thermometer on this bus.
    #[must_use]
    pub fn new(bus: B) -> Self {
        Self { bus }
    }

    /// The raw register, checked.
    fn object(&mut self) -> Result<u16, DeviceFault> {
        let mut answer = [0; 3];
        self.bus.write_read(ADDRESS, &[OBJECT], &mut answer).map_err(|error| fault_of(error.kind()))?;
        let [low, high, check] = answer;
        let raw = u16::from_le_bytes([low, high]);
        // The check byte covers the whole exchange, both address bytes included (SMBus packet error code).
        let sound = smbus_crc8(&[ADDRESS << 1, OBJECT, ADDRESS << 1 | 1, low, high]) == check;
        if sound && raw & ERROR_FLAG == 0 { Ok(raw) } else { Err(DeviceFault::NotAnswering) }
    }
}

impl<B: I2c> Thermometer for Mlx90614<B> {
    /// [`DeviceFault::NotConnected`] when nobody answers at its address.
    fn tenths(&mut self) -> Result<Option<i16>, DeviceFault> {
        let tenths = tenths_of(self.object()?);
        Ok(Some(tenths).filter(|tenths| PERSON.contains(tenths)))
    }
}

/// Tenths of a degree Celsius, rounded; -2731 to 3822 for the 15 bits without the flag.
fn tenths_of(raw: u16) -> i16 {
    let hundredths = i32::from(raw & !ERROR_FLAG) * 2 - FREEZING;
    (hundredths + 5).div_euclid(10) as i16 // in the range above: fits
}

/// CRC-8 of the System Management Bus: polynomial x⁸ + x² + x + 1, from 0.
fn smbus_crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, byte| (0..8).fold(crc ^ byte, |crc, _| shifted(crc)))
}

fn shifted(crc: u8) -> u8 {
    if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 0x07 }
}

fn fault_of(kind: ErrorKind) -> DeviceFault {
    match kind {
        ErrorKind::NoAcknowledge(_) => DeviceFault::NotConnected,
        _ => DeviceFault::NotAnswering,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use embedded_hal::i2c::{ErrorType, NoAcknowledgeSource, Operation};

    use super::*;

    /// A bus whose thermometer answers with these bytes, or not.
    struct Bus(Result<[u8; 3], ErrorKind>);

    impl ErrorType for Bus {
        type Error = ErrorKind;
    }

    impl I2c for Bus {
        fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), ErrorKind> {
            let [Operation::Write(command), Operation::Read(into)] = operations else {
                panic!("one write and one read in one transaction");
            };
            assert_eq!((address, *command), (0x5A, [0x07].as_slice()));
            into.copy_from_slice(&self.0?);
            Ok(())
        }
    }

    fn reads(answer: Result<[u8; 3], ErrorKind>) -> Result<Option<i16>, DeviceFault> {
        Mlx90614::new(Bus(answer)).tenths()
    }

    fn reads_raw(raw: u16) -> Result<Option<i16>, DeviceFault> {
        let [low, high] = raw.to_le_bytes();
        reads(Ok([low, high, smbus_crc8(&[0xB4, 0x07, 0xB5, low, high])]))
    }

    #[test]
    fn the_check_byte_is_that_of_the_standard() {
        // The check value of CRC-8 for "123456789", and the example exchange of the data sheet.
        assert_eq!(smbus_crc8(b"123456789"), 0xF4);
        assert_eq!(smbus_crc8(&[0xB4, 0x07, 0xB5, 0xD2, 0x3A]), 0x30);
    }

    #[test]
    fn a_step_is_a_fiftieth_of_a_kelvin() {
        // 0x3AF7 is 28.75 °C, 0x27AD -70.01 °C, 0x7FFF 382.19 °C.
        for (raw, tenths) in [(0x3AF7, 288), (0x27AD, -700), (0x7FFF, 3_822), (0, -2_731)] {
            assert_eq!(tenths_of(raw), tenths, "{raw:#06x}");
        }
    }

    #[test]
    fn only_what_a_person_can_show_is_a_person() {
        // 29.95 and 29.93, 37.15, 45.03 and 45.05 degrees, rounded to tenths.
        assert_eq!(reads_raw(15_155), Ok(Some(300)));
        assert_eq!(reads_raw(15_154), Ok(None));
        assert_eq!(reads_raw(15_515), Ok(Some(372)));
        assert_eq!(reads_raw(15_909), Ok(Some(450)));
        assert_eq!(reads_raw(15_910), Ok(None));
    }

    #[test]
    fn a_flipped_bit_is_a_fault_and_never_a_temperature() {
        let [low, high] = 15_515_u16.to_le_bytes();
        let sound = [low, high, smbus_crc8(&[0xB4, 0x07, 0xB5, low, high])];
        assert_eq!(reads(Ok(sound)), Ok(Some(372)));
        for bit in 0..24 {
            let mut flipped = sound;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(reads(Ok(flipped)), Err(DeviceFault::NotAnswering), "bit {bit}");
        }
    }

    #[test]
    fn the_error_flag_is_a_fault_even_when_the_check_byte_agrees() {
        assert_eq!(reads_raw(15_515 | 0x8000), Err(DeviceFault::NotAnswering));
    }

    /// Gives this, whoever opened it.
    struct Gives(Result<Option<i16>, DeviceFault>);

    impl Thermometer for Gives {
        fn tenths(&mut self) -> Result<Option<i16>, DeviceFault> {
            self.0
        }
    }

    /// As a second later.
    fn due(line: Again<Gives>) -> Again<Gives> {
        match line {
            Again::Lost { fault, .. } => Again::Lost { fault, since: None },
            open @ Again::Open(_) => open,
        }
    }

    #[test]
    fn a_thermometer_that_comes_late_or_comes_back_is_opened_again_and_read() {
        let gone = Err(DeviceFault::NotConnected);
        let mut line = Again::unopened();
        assert_eq!(read(&mut line, || Err(DeviceFault::NotConnected)), gone);
        assert_eq!(read(&mut line, || unreachable!("asked again within a second")), gone);
        line = due(line);
        assert_eq!(read(&mut line, || Ok(Gives(Ok(Some(365))))), Ok(Some(365)));
        line = Again::Open(Gives(gone));
        assert_eq!(read(&mut line, || unreachable!("it is open")), gone);
        line = due(line);
        assert_eq!(read(&mut line, || Ok(Gives(Ok(None)))), Ok(None));
    }

    #[test]
    fn behind_its_thread_the_newest_reading_is_told_and_a_bus_that_sticks_holds_up_nobody() {
        let mut thermometer = ReadThermometer::over(|| Ok(Gives(Ok(Some(366))))).unwrap();
        while thermometer.tenths() != Ok(Some(366)) {
            thread::yield_now();
        }
        let mut sticks = ReadThermometer::over(|| -> Result<Gives, DeviceFault> {
            loop {
                thread::park();
            }
        })
        .unwrap();
        let mut told = sticks.tenths();
        while told.is_ok() {
            assert_eq!(told, Ok(None), "nobody was read");
            thread::yield_now();
            told = sticks.tenths();
        }
        assert_eq!(told, Err(DeviceFault::NotAnswering));
    }

    #[test]
    fn nobody_at_the_address_is_not_connected() {
        let silent = ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address);
        assert_eq!(reads(Err(silent)), Err(DeviceFault::NotConnected));
        assert_eq!(reads(Err(ErrorKind::Bus)), Err(DeviceFault::NotAnswering));
        assert!(matches!(mlx90614(Path::new("/dev/gate-no-such-bus")), Err(DeviceFault::NotConnected)));
    }
}
