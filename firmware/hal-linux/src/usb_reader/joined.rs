//! Answers that come on two pipes, as one stream: the head (preamble and length) on the first, the rest on the second. A reader may
//! as well send all of it on one of them.
//!
//! The kernel says nothing of the order between two pipes, so a rest that is there before its head waits for it. It must not wait
//! longer than for one command: heads of two cards' answers are the same bytes, and an earlier person's rest behind the next
//! one's head would be a whole, well-checked answer. [`Joined::forget`] before every command.
//! Promises: any bytes are taken, at most [`HELD`] wait. It must not know: what an answer says.

use gate_wire::sdt::{MAX_LEN, PREAMBLE};
use zeroize::Zeroize;

/// Bytes of a rest that wait for their head, at most; what is beyond them is dropped, and the answer is asked for again.
pub(super) const HELD: usize = MAX_LEN as usize;

/// Which of two pipes of one direction: the one of lower address is for heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// The first.
    Head,
    /// The second, where there is one.
    Rest,
}

/// The place in the stream, and what waits.
pub(super) struct Joined {
    place: Place,
    held: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// So many bytes of the preamble were seen.
    Preamble(usize),
    LenHigh,
    LenLow(u8),
    /// So many bytes of the rest are to come.
    Rest(usize),
}

impl Joined {
    pub(super) fn new() -> Joined {
        Joined { place: Place::Preamble(0), held: Vec::with_capacity(HELD) }
    }

    /// Forgets what waits and where it was: what comes next answers another command.
    pub(super) fn forget(&mut self) {
        self.place = Place::Preamble(0);
        self.held.zeroize();
    }

    /// Takes a packet and appends to the stream what is due.
    pub(super) fn take(&mut self, way: Way, packet: &[u8], stream: &mut Vec<u8>) {
        match way {
            Way::Head => {
                for byte in packet {
                    self.push(*byte, stream);
                }
            }
            Way::Rest if self.is_due(packet) => self.take_rest(packet, stream),
            Way::Rest => {
                let room = HELD - self.held.len();
                self.held.extend_from_slice(packet.get(..room).unwrap_or(packet));
            }
        }
    }

    /// Whether these bytes of the second pipe belong here: their head was seen, or they begin with one of their own.
    fn is_due(&self, packet: &[u8]) -> bool {
        match self.place {
            Place::Preamble(0) => packet.starts_with(&PREAMBLE),
            Place::Preamble(_) | Place::LenHigh | Place::LenLow(_) => false,
            Place::Rest(_) => true,
        }
    }

    /// A rest is no longer than its head says: what is over it is no beginning of another answer.
    fn take_rest(&mut self, packet: &[u8], stream: &mut Vec<u8>) {
        let begins_anew = self.place == Place::Preamble(0);
        for byte in packet {
            if !begins_anew && self.place == Place::Preamble(0) {
                return;
            }
            self.push(*byte, stream);
        }
    }

    fn push(&mut self, byte: u8, stream: &mut Vec<u8>) {
        stream.push(byte);
        self.place = match self.place {
            Place::Preamble(seen) => after(seen, byte),
            Place::LenHigh => Place::LenLow(byte),
            Place::LenLow(high) => Place::Rest(usize::from(u16::from_be_bytes([high, byte]))),
            Place::Rest(left) => Place::Rest(left.saturating_sub(1)),
        };
        match self.place {
            Place::Rest(0) => self.place = Place::Preamble(0),
            Place::Rest(left) if left > HELD => self.place = Place::Preamble(0),
            Place::Rest(_) if !self.held.is_empty() => {
                let mut held = std::mem::replace(&mut self.held, Vec::with_capacity(HELD));
                self.take_rest(&held, stream);
                held.zeroize();
            }
            Place::Preamble(_) | Place::LenHigh | Place::LenLow(_) | Place::Rest(_) => {}
        }
    }
}

/// The preamble ends in two bytes that are nowhere else in it.
fn after(seen: usize, byte: u8) -> Place {
    match (PREAMBLE.get(seen), seen) {
        (Some(expected), 4) if *expected == byte => Place::LenHigh,
        (Some(expected), _) if *expected == byte => Place::Preamble(seen + 1),
        // Noise that ends in the preamble's first bytes: three of four are three.
        (_, 3) if byte == PREAMBLE[0] => Place::Preamble(3),
        _ if byte == PREAMBLE[0] => Place::Preamble(1),
        _ => Place::Preamble(0),
    }
}

impl Drop for Joined {
    fn drop(&mut self) {
        self.held.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: [u8; 7] = [0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x08];
    const REST: [u8; 8] = [0, 0, 0x9F, 0, 0, 0, 0, 0x97];

    fn stream(packets: &[(Way, &[u8])]) -> Vec<u8> {
        let (mut joined, mut stream) = (Joined::new(), Vec::new());
        for (way, packet) in packets {
            joined.take(*way, packet, &mut stream);
        }
        stream
    }

    fn whole() -> Vec<u8> {
        [&HEAD[..], &REST[..]].concat()
    }

    #[test]
    fn an_answer_is_the_same_however_it_comes() {
        let all = whole();
        for packets in [
            vec![(Way::Head, &HEAD[..]), (Way::Rest, &REST[..])],
            vec![(Way::Rest, &REST[..]), (Way::Head, &HEAD[..])],
            vec![(Way::Head, &all[..])],
            vec![(Way::Rest, &all[..])],
            vec![
                (Way::Head, &HEAD[..3]),
                (Way::Head, &HEAD[3..]),
                (Way::Rest, &REST[..1]),
                (Way::Rest, &REST[1..]),
            ],
            vec![
                (Way::Head, &HEAD[..6]),
                (Way::Rest, &REST[..5]),
                (Way::Head, &HEAD[6..]),
                (Way::Rest, &REST[5..]),
            ],
            vec![
                (Way::Head, &[]),
                (Way::Head, &HEAD[..]),
                (Way::Rest, &[]),
                (Way::Rest, &REST[..]),
                (Way::Rest, &[]),
            ],
        ] {
            assert_eq!(stream(&packets), all, "{packets:?}");
        }
    }

    #[test]
    fn a_head_is_found_behind_noise() {
        for noise in [&[0xAA][..], &[0xAA, 0xAA], &[0xAA, 0xAA, 0xAA, 0x96, 0xAA], &[0x00, 0x69, 0x96]] {
            let told = stream(&[(Way::Head, noise), (Way::Head, &HEAD), (Way::Rest, &REST)]);
            assert!(told.ends_with(&whole()), "{noise:x?}: {told:x?}");
        }
    }

    #[test]
    fn the_rest_of_a_card_that_was_late_never_stands_behind_the_head_of_the_next_one() {
        let (mut joined, mut stream) = (Joined::new(), Vec::new());
        joined.take(Way::Rest, &REST, &mut stream);
        joined.forget();
        joined.take(Way::Head, &HEAD, &mut stream);
        assert_eq!(stream, HEAD, "the earlier rest is gone");
        joined.take(Way::Rest, &REST, &mut stream);
        assert_eq!(stream, whole());
    }

    #[test]
    fn a_rest_that_is_longer_than_its_head_says_begins_no_answer_of_its_own() {
        let over = [&REST[..], &whole()].concat();
        assert_eq!(stream(&[(Way::Head, &HEAD), (Way::Rest, &over)]), whole());
        assert_eq!(stream(&[(Way::Rest, &over), (Way::Head, &HEAD)]), whole());
    }

    #[test]
    fn lengths_that_no_answer_has_and_floods_without_a_head_cost_no_memory() {
        let flood = [0x55; 64];
        let mut joined = Joined::new();
        let mut stream = Vec::new();
        for _ in 0..1_000 {
            joined.take(Way::Rest, &flood, &mut stream);
        }
        assert_eq!((joined.held.len(), stream.len()), (HELD, 0));
        joined.forget();
        joined.take(Way::Head, &[0xAA, 0xAA, 0xAA, 0x96, 0x69, 0xFF, 0xFF], &mut stream);
        assert_eq!(joined.place, Place::Preamble(0));
    }
}
