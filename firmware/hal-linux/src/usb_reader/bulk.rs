//! The kernel's bulk pipes (`usbfs`), by `nusb`.
//!
//! Promises: a device is taken only if it is the one of its kind on the bus and nobody else has it; packets are asked for one by one,
//! so that none waits for another to be shorter; a pipe that stalled is cleared before the device is opened again.
//! It must not know: frames.

use std::task::{Context, Poll, Waker};
use std::time::Duration;

use gate_hal::serial_port::PortFault;
use nusb::descriptors::{InterfaceDescriptor, TransferType};
use nusb::transfer::{Buffer, Bulk, Direction, In, Out, TransferError};
use nusb::{Device, DeviceInfo, Endpoint, Error, Interface, MaybeFuture};
use rustix::io::Errno;
use zeroize::{Zeroize, Zeroizing};

use super::joined::Way;
use super::pipes::Pipes;
use crate::port_thread::Begin;
use crate::usb_power::UsbKind;

/// Packets that the kernel may take before they are asked for: an answer with a photo is 21 of 64 bytes.
const AHEAD: usize = 8;
/// How long a transfer to the reader may take, and how long what was called off is waited for.
const SENDS: Duration = Duration::from_millis(200);
const CALLED_OFF: Duration = Duration::from_millis(100);

/// What is known of a reader without disturbing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The bus it is on, and its number there.
    pub at: (u8, u8),
    /// Pipes from the reader, and to it.
    pub pipes: (usize, usize),
}

/// Looks for the device of this kind, and whether it may be opened. Nothing is sent to it and nothing taken from whoever has it.
///
/// # Errors
/// If there is none (ENODEV), more than one (ENOTUNIQ), no right to it (EACCES), or no bulk pipe each way (EPROTO).
pub fn look(kind: UsbKind) -> Result<Seen, PortFault> {
    let found = only(kind)?;
    let device = found.open().wait().map_err(|error| unopened(&error))?;
    let (_, ins, outs) = pipes_of(&device)?;
    Ok(Seen { at: (found.busnum(), found.device_address()), pipes: (ins.len(), outs.len()) })
}

/// Opens the device of this kind.
pub(super) fn open(kind: UsbKind, begin: Begin) -> Result<Box<dyn Pipes>, PortFault> {
    if begin == Begin::Anew {
        let device = only(kind)?.open().wait().map_err(|error| unopened(&error))?;
        // Whether it helped is seen when it is opened.
        let _ = device.reset().wait();
    }
    let device = only(kind)?.open().wait().map_err(|error| unopened(&error))?;
    let (number, ins, outs) = pipes_of(&device)?;
    let interface = device.claim_interface(number).wait().map_err(|error| unopened(&error))?;
    let ins = ins.into_iter().map(|address| interface.endpoint(address)).collect::<Result<_, _>>();
    let outs = outs.into_iter().map(|address| interface.endpoint(address)).collect::<Result<_, _>>();
    match (ins, outs) {
        (Ok(ins), Ok(outs)) => Ok(Box::new(BulkPipes { ins, outs, _interface: interface })),
        (Err(error), _) | (_, Err(error)) => Err(unopened(&error)),
    }
}

/// Two readers of a kind are two lanes': which pad is this one's is not guessed.
fn only(kind: UsbKind) -> Result<DeviceInfo, PortFault> {
    // A kernel without a bus has no list of what is on it.
    let all = nusb::list_devices().wait().map_err(|_| refused(Errno::NODEV))?;
    let mut ours =
        all.filter(|device| device.vendor_id() == kind.vendor && device.product_id() == kind.product);
    match (ours.next(), ours.next()) {
        (Some(found), None) => Ok(found),
        (None, _) => Err(refused(Errno::NODEV)),
        (Some(_), Some(_)) => Err(refused(Errno::NOTUNIQ)),
    }
}

/// The first interface with bulk pipes both ways: its number, the addresses from the reader, and to it; two of each at most.
fn pipes_of(device: &Device) -> Result<(u8, Vec<u8>, Vec<u8>), PortFault> {
    let unfit = PortFault::SetUpLine { errno: Errno::PROTO.raw_os_error() };
    let configuration = device.active_configuration().map_err(|_| unfit)?;
    let mut found = configuration.interface_alt_settings().filter(|one| one.alternate_setting() == 0);
    found
        .find_map(|one| {
            let [ins, outs] = [Direction::In, Direction::Out].map(|direction| addresses(&one, direction));
            (!ins.is_empty() && !outs.is_empty()).then(|| (one.interface_number(), ins, outs))
        })
        .ok_or(unfit)
}

fn addresses(interface: &InterfaceDescriptor<'_>, direction: Direction) -> Vec<u8> {
    // A pipe whose packets are empty carries nothing.
    let bulk = interface.endpoints().filter(|one| {
        one.transfer_type() == TransferType::Bulk && one.direction() == direction && one.max_packet_size() > 0
    });
    let mut addresses: Vec<u8> = bulk.map(|one| one.address()).collect();
    addresses.sort_unstable();
    addresses.truncate(2);
    addresses
}

/// An open device's pipes.
struct BulkPipes {
    ins: Vec<Endpoint<Bulk, In>>,
    outs: Vec<Endpoint<Bulk, Out>>,
    _interface: Interface,
}

impl Pipes for BulkPipes {
    fn parts_frames(&self) -> bool {
        self.outs.len() > 1
    }

    fn send(&mut self, way: Way, bytes: &[u8]) -> Result<(), PortFault> {
        let pipe = self.outs.get_mut(index(way)).ok_or(PortFault::HavePort)?;
        let sent = pipe.transfer_blocking(bytes.to_vec().into(), SENDS);
        match sent.status {
            Ok(()) if sent.actual_len == bytes.len() => Ok(()),
            Ok(()) | Err(TransferError::Cancelled) => Err(PortFault::FillLine),
            Err(TransferError::Disconnected) => Err(PortFault::HoldLine),
            Err(error) => {
                if error == TransferError::Stall {
                    let _ = pipe.clear_halt().wait();
                }
                Err(PortFault::WriteLine { errno: number_of(error) })
            }
        }
    }

    fn next(&mut self, way: Way, wake: &Waker) -> Result<Option<Zeroizing<Vec<u8>>>, PortFault> {
        let Some(pipe) = self.ins.get_mut(index(way)) else { return Ok(None) };
        while pipe.pending() < AHEAD {
            pipe.submit(Buffer::new(pipe.max_packet_size()));
        }
        let Poll::Ready(mut done) = pipe.poll_next_complete(&mut Context::from_waker(wake)) else {
            return Ok(None);
        };
        let packet = Zeroizing::new(done.buffer.to_vec());
        done.buffer.zeroize();
        match done.status {
            Ok(()) => {
                pipe.submit(done.buffer);
                Ok(Some(packet))
            }
            Err(TransferError::Disconnected) => Err(PortFault::HoldLine),
            Err(error) => {
                call_off(pipe);
                if error == TransferError::Stall {
                    let _ = pipe.clear_halt().wait();
                }
                Err(PortFault::ReadLine { errno: number_of(error) })
            }
        }
    }
}

impl Drop for BulkPipes {
    fn drop(&mut self) {
        self.ins.iter_mut().for_each(call_off);
    }
}

/// Calls off what was asked for, and wipes what came of it.
fn call_off(pipe: &mut Endpoint<Bulk, In>) {
    pipe.cancel_all();
    while pipe.pending() > 0 {
        let Some(mut done) = pipe.wait_next_complete(CALLED_OFF) else { return };
        done.buffer.zeroize();
    }
}

const fn index(way: Way) -> usize {
    match way {
        Way::Head => 0,
        Way::Rest => 1,
    }
}

fn number_of(error: TransferError) -> i32 {
    match error {
        TransferError::Stall => Errno::PIPE.raw_os_error(),
        TransferError::Cancelled => Errno::CANCELED.raw_os_error(),
        TransferError::Disconnected => Errno::NODEV.raw_os_error(),
        TransferError::Fault => Errno::PROTO.raw_os_error(),
        TransferError::InvalidArgument => Errno::INVAL.raw_os_error(),
        TransferError::Unknown(number) => number.cast_signed(),
    }
}

fn unopened(error: &Error) -> PortFault {
    let number = error.os_error().map_or(Errno::NODEV.raw_os_error(), u32::cast_signed);
    PortFault::OpenPort { errno: number }
}

fn refused(errno: Errno) -> PortFault {
    PortFault::OpenPort { errno: errno.raw_os_error() }
}
