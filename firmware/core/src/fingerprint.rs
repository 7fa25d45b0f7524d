//! A public key as two people compare it, one at the terminal and one at the hub's list.
//! Promises: 80 bits, in groups that can be read out; nothing is believed by it alone.
//! Must not know: where it is shown.

use core::fmt;

use gate_proof::digest::sha256;

const TAG: &[u8] = b"tianfu-gate/device-fingerprint/1";
const BYTES: usize = 10;

/// The beginning of SHA-256 over a tag and the public device key: printed as five groups of four hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; BYTES]);

impl Fingerprint {
    /// Of a public device key.
    #[must_use]
    pub fn of(device: &[u8; 32]) -> Fingerprint {
        let digest = sha256(&[TAG, device]);
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
    fn it_is_five_groups_of_four_and_another_for_another_key() {
        let one = Fingerprint::of(&[7; 32]).to_string();
        assert_eq!((one.len(), one.split(' ').count()), (24, 5));
        assert!(one.split(' ').all(|group| group.len() == 4));
        assert_ne!(one, Fingerprint::of(&[8; 32]).to_string());
    }
}
