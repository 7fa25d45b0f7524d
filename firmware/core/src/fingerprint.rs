//! A terminal's public keys as two people compare them, one at the terminal and one at the hub's list.
//! Promises: 80 bits, in groups that can be read out; nothing is believed by it alone.
//! Must not know: where it is shown.

use core::fmt;

use gate_proof::digest::sha256;

const TAG: &[u8] = b"tianfu-gate/terminal-fingerprint/1";
const BYTES: usize = 10;

/// The beginning of SHA-256 over a tag, the public device key and the public record key: printed as five groups of four hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; BYTES]);

impl Fingerprint {
    /// Of a terminal's public keys: what the province's keys are sealed to, and what its records are proven by. Neither can be another's
    /// without another number.
    #[must_use]
    pub fn of(device: &[u8; 32], record: &[u8; 32]) -> Fingerprint {
        let digest = sha256(&[TAG, device, record]);
        let mut short = [0; BYTES];
        short.iter_mut().zip(digest.as_bytes()).for_each(|(short, byte)| *short = *byte);
        Fingerprint(short)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, pair) in self.0.chunks_exact(2).enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            pair.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;

    #[test]
    fn it_is_five_groups_of_four_and_another_for_another_device_or_record_key() {
        let one = Fingerprint::of(&[7; 32], &[8; 32]).to_string();
        assert_eq!((one.len(), one.split(' ').count()), (24, 5));
        assert!(one.split(' ').all(|group| group.len() == 4));
        for other in [[[9; 32], [8; 32]], [[7; 32], [9; 32]], [[8; 32], [7; 32]]] {
            assert_ne!(one, Fingerprint::of(&other[0], &other[1]).to_string());
        }
    }
}
