//! Heads: what a base and a delta say of themselves, and the two signatures that make it true (DESIGN §6).
//! Promises: one byte form; nothing is believed before both authorities' signatures hold over the bytes as received.
//! Must not know: bodies, files, which epoch is in force.
//!
//! Fields, big-endian, in this order. Base, 143 bytes: `TFSB`, format 1, scope u8, province 6 digits, epoch u32, re-keyed
//! u8, check of the epoch key u64, file id 32, as-of u64, issued u64, people u64, keys u32, leaves u32, salt 16, tag memory KiB u32, root 32,
//! length of proof u16 (0). Delta, 178 bytes: `TFSD`, format 1, scope u8, province 6, epoch u32, generation u32, base root
//! 32, from u32, to u32, link at `from` 32, link at `to` 32, as-of u64, colour changes u32, key changes u32, bytes of the
//! first section u32, body's SHA-256 32, length of proof u16 (0). The proof is for a transparency log.
//!
//! Signatures, 136 bytes: twice kid 4 ‖ Ed25519 64: the changing parts of two COSE_Sign1 with detached payload, the head;
//! in the order of the key store (docs/adr/0008-status-list.md).

use gate_proof::cose::{Aad, SignRefused, sign, verify};
use gate_proof::digest::sha256;
use gate_proof::subject::Subject;
use gate_wire::cose::{Kid, Sign1, protected_header};
use gate_wire::time::Timestamp;

use crate::entry::Epoch;
use crate::keys::{Authorities, Signers};
use crate::list::{Region, Scope};

/// Bytes of both signatures.
pub const SIGNATURES_BYTES: usize = 136;
/// Bytes of a base's head.
pub const BASE_HEAD_BYTES: usize = 143;
/// Bytes of a delta's head.
pub const DELTA_HEAD_BYTES: usize = 178;
/// A subject that stands for nobody: all bits set.
pub(crate) const NOBODY: Subject = Subject::from_bytes([0xFF; 12]);
/// Bytes of a [`Tie`].
pub const TIE_BYTES: usize = 16;
const ENVELOPE: usize = 320;
const FORMAT: u8 = 1;

/// What a base says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BaseHead {
    /// Whom it is about.
    pub scope: Scope,
    /// Whose.
    pub province: Region,
    /// Which epoch it begins.
    pub epoch: Epoch,
    /// How often the builder had to take another epoch key because two people met in one place.
    pub rekeyed: u8,
    /// The place under the epoch key of the subject with all bits set: a wrong key would else find nobody, and say "not listed" of everyone.
    pub key_check: u64,
    /// The file's random id: with the store key it gives the leaves' key.
    pub file: [u8; 32],
    /// Every colour in it holds as of this time.
    pub as_of: Timestamp,
    /// When it was made.
    pub issued: Timestamp,
    /// People: first numbers.
    pub people: u64,
    /// Numbers.
    pub keys: u32,
    /// Leaves.
    pub leaves: u32,
    /// The province's salt for person tags.
    pub salt: [u8; 16],
    /// The memory cost of person tags, KiB.
    pub tag_memory_kib: u32,
    /// SHA-256 over all leaves: last key u64 ‖ length u16 ‖ the sealed leaf, in order.
    pub root: [u8; 32],
}

/// What a delta says of itself. It takes any list that stands at `from` or later, before `to`, to `to`: changes are
/// absolute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeltaHead {
    /// Whom the list is about.
    pub scope: Scope,
    /// Whose.
    pub province: Region,
    /// For the base of this epoch only: ranks mean nothing on another.
    pub epoch: Epoch,
    /// The step that it leads to, as the desk counts; for people who compare files, no reader needs it.
    pub generation: u32,
    /// The root of the epoch's base.
    pub base_root: [u8; 32],
    /// The first state it may be put on.
    pub from: u32,
    /// The state it leads to.
    pub to: u32,
    /// The link at `from`: the base's root at 0.
    pub link_from: [u8; 32],
    /// The link at `to`.
    pub link_to: [u8; 32],
    /// Every colour holds as of this time afterwards.
    pub as_of: Timestamp,
    /// Colours changed, by rank.
    pub ranked: u32,
    /// People new or removed, by key.
    pub keyed: u32,
    /// Bytes of the section by rank.
    pub ranked_bytes: u32,
    /// SHA-256 of the body.
    pub body: [u8; 32],
}

/// The first half of the link at a step that a longer delta leads over: whoever is at that step sees by it whether the delta
/// is of the same history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tie(pub [u8; TIE_BYTES]);

impl Tie {
    /// That of a link.
    #[must_use]
    pub fn of(link: &[u8; 32]) -> Tie {
        Tie(core::array::from_fn(|at| link[at]))
    }
}

/// The bytes are not a head of this format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not a head of a status list of format {FORMAT}")]
pub struct HeadRefused;

/// The authorities did not both sign this head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the head is not signed by both authorities")]
pub struct NotSignedByBoth;

impl BaseHead {
    /// The bytes that are signed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = b"TFSB".to_vec();
        bytes.extend_from_slice(&[FORMAT, scope_code(self.scope)]);
        bytes.extend_from_slice(&self.province.digits());
        bytes.extend_from_slice(&self.epoch.0.to_be_bytes());
        bytes.push(self.rekeyed);
        bytes.extend_from_slice(&self.key_check.to_be_bytes());
        bytes.extend_from_slice(&self.file);
        bytes.extend_from_slice(&self.as_of.unix().to_be_bytes());
        bytes.extend_from_slice(&self.issued.unix().to_be_bytes());
        bytes.extend_from_slice(&self.people.to_be_bytes());
        bytes.extend_from_slice(&self.keys.to_be_bytes());
        bytes.extend_from_slice(&self.leaves.to_be_bytes());
        bytes.extend_from_slice(&self.salt);
        bytes.extend_from_slice(&self.tag_memory_kib.to_be_bytes());
        bytes.extend_from_slice(&self.root);
        bytes.extend_from_slice(&[0, 0]);
        bytes
    }

    /// Reads the bytes; this does not say that anybody signed them.
    ///
    /// # Errors
    /// [`HeadRefused`].
    pub fn decode(bytes: &[u8]) -> Result<BaseHead, HeadRefused> {
        let mut fields = Fields::of(bytes, *b"TFSB")?;
        let head = BaseHead {
            scope: fields.scope()?,
            province: fields.province()?,
            epoch: Epoch(fields.u32()?),
            rekeyed: fields.take::<1>()?[0],
            key_check: fields.u64()?,
            file: fields.take()?,
            as_of: fields.time()?,
            issued: fields.time()?,
            people: fields.u64()?,
            keys: fields.u32()?,
            leaves: fields.u32()?,
            salt: fields.take()?,
            tag_memory_kib: fields.u32()?,
            root: fields.take()?,
        };
        fields.end()?;
        Ok(head)
    }
}

impl DeltaHead {
    /// The bytes that are signed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = b"TFSD".to_vec();
        bytes.extend_from_slice(&[FORMAT, scope_code(self.scope)]);
        bytes.extend_from_slice(&self.province.digits());
        bytes.extend_from_slice(&self.epoch.0.to_be_bytes());
        bytes.extend_from_slice(&self.generation.to_be_bytes());
        bytes.extend_from_slice(&self.base_root);
        bytes.extend_from_slice(&self.from.to_be_bytes());
        bytes.extend_from_slice(&self.to.to_be_bytes());
        bytes.extend_from_slice(&self.link_from);
        bytes.extend_from_slice(&self.link_to);
        bytes.extend_from_slice(&self.as_of.unix().to_be_bytes());
        for count in [self.ranked, self.keyed, self.ranked_bytes] {
            bytes.extend_from_slice(&count.to_be_bytes());
        }
        bytes.extend_from_slice(&self.body);
        bytes.extend_from_slice(&[0, 0]);
        bytes
    }

    /// Reads the bytes; this does not say that anybody signed them.
    ///
    /// # Errors
    /// [`HeadRefused`].
    pub fn decode(bytes: &[u8]) -> Result<DeltaHead, HeadRefused> {
        let mut fields = Fields::of(bytes, *b"TFSD")?;
        let head = DeltaHead {
            scope: fields.scope()?,
            province: fields.province()?,
            epoch: Epoch(fields.u32()?),
            generation: fields.u32()?,
            base_root: fields.take()?,
            from: fields.u32()?,
            to: fields.u32()?,
            link_from: fields.take()?,
            link_to: fields.take()?,
            as_of: fields.time()?,
            ranked: fields.u32()?,
            keyed: fields.u32()?,
            ranked_bytes: fields.u32()?,
            body: fields.take()?,
        };
        fields.end()?;
        if head.from < head.to { Ok(head) } else { Err(HeadRefused) }
    }

    /// The link that a single step (`to` = `from` + 1) leads to: SHA-256(link at `from` ‖ `to` u32 ‖ body's SHA-256).
    #[must_use]
    pub fn step_link(link_from: &[u8; 32], to: u32, body: &[u8; 32]) -> [u8; 32] {
        *sha256(&[link_from, &to.to_be_bytes(), body]).as_bytes()
    }
}

/// Signs a head by both authorities.
///
/// # Errors
/// [`SignRefused`].
pub fn sign_head(head: &[u8], signers: &Signers) -> Result<[u8; SIGNATURES_BYTES], SignRefused> {
    let mut out = [0; SIGNATURES_BYTES];
    let (halves, _) = out.as_chunks_mut::<{ SIGNATURES_BYTES / 2 }>();
    for (half, (kid, key)) in halves.iter_mut().zip(&signers.0) {
        let message = sign::<ENVELOPE>(key, *kid, Aad::StatusHead, head)?;
        half[..4].copy_from_slice(&kid.0);
        // The signature is the last item of the envelope (RFC 9052 §4.2).
        let signature = message.last_chunk::<64>().ok_or(SignRefused::HoldMessage { capacity: ENVELOPE })?;
        half[4..].copy_from_slice(signature);
    }
    Ok(out)
}

/// Proves that both authorities signed `head`.
///
/// # Errors
/// [`NotSignedByBoth`].
pub fn verify_head(head: &[u8], signatures: &[u8], both: &Authorities) -> Result<(), NotSignedByBoth> {
    let signatures: &[u8; SIGNATURES_BYTES] = signatures.try_into().map_err(|_| NotSignedByBoth)?;
    let (halves, _) = signatures.as_chunks::<{ SIGNATURES_BYTES / 2 }>();
    for (half, (kid, key)) in halves.iter().zip(both.both()) {
        let (named, signature) = half.split_first_chunk::<4>().ok_or(NotSignedByBoth)?;
        let signature = signature.first_chunk().ok_or(NotSignedByBoth)?;
        let (kid, protected) = (*kid, protected_header(*kid));
        let message = Sign1 { protected: &protected, kid, payload: head, signature };
        if Kid(*named) != kid || verify(&message, Aad::StatusHead, key).is_err() {
            return Err(NotSignedByBoth);
        }
    }
    Ok(())
}

const fn scope_code(scope: Scope) -> u8 {
    match scope {
        Scope::Population => 1,
        Scope::Exceptions => 2,
    }
}

struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn of(bytes: &'a [u8], magic: [u8; 4]) -> Result<Self, HeadRefused> {
        let mut fields = Fields(bytes);
        if fields.take()? == magic && fields.take()? == [FORMAT] { Ok(fields) } else { Err(HeadRefused) }
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], HeadRefused> {
        let (field, rest) = self.0.split_first_chunk().ok_or(HeadRefused)?;
        self.0 = rest;
        Ok(*field)
    }

    fn u32(&mut self) -> Result<u32, HeadRefused> {
        Ok(u32::from_be_bytes(self.take()?))
    }

    fn u64(&mut self) -> Result<u64, HeadRefused> {
        Ok(u64::from_be_bytes(self.take()?))
    }

    fn time(&mut self) -> Result<Timestamp, HeadRefused> {
        Timestamp::from_unix(self.u64()?).ok_or(HeadRefused)
    }

    fn scope(&mut self) -> Result<Scope, HeadRefused> {
        match self.take()? {
            [1] => Ok(Scope::Population),
            [2] => Ok(Scope::Exceptions),
            _ => Err(HeadRefused),
        }
    }

    fn province(&mut self) -> Result<Region, HeadRefused> {
        Region::new(self.take()?).map_err(|_| HeadRefused)
    }

    /// No proof is understood yet: a head with one is of a later format.
    fn end(self) -> Result<(), HeadRefused> {
        if self.0 == [0, 0] { Ok(()) } else { Err(HeadRefused) }
    }
}

#[cfg(test)]
mod tests {
    use gate_proof::ed25519::SigningKey;

    use super::*;

    fn signers(first: u8, second: u8) -> Signers {
        Signers([first, second].map(|seed| (Kid([seed; 4]), SigningKey::from_seed(&[seed; 32]))))
    }

    fn authorities(signers: &Signers) -> Authorities {
        let [(a, first), (b, second)] = &signers.0;
        Authorities::new([(*a, first.public_key()), (*b, second.public_key())]).unwrap()
    }

    fn delta() -> DeltaHead {
        DeltaHead {
            scope: Scope::Exceptions,
            province: Region::new(*b"510000").unwrap(),
            epoch: Epoch(7),
            generation: 8,
            base_root: [1; 32],
            from: 5,
            to: 17,
            link_from: [2; 32],
            link_to: [3; 32],
            as_of: Timestamp::EPOCH.plus(99),
            ranked: 10,
            keyed: 11,
            ranked_bytes: 12,
            body: [4; 32],
        }
    }

    #[test]
    fn a_head_has_one_byte_form() {
        let bytes = delta().encode();
        assert_eq!((bytes.len(), DeltaHead::decode(&bytes)), (DELTA_HEAD_BYTES, Ok(delta())));
        assert_eq!(BaseHead::decode(&bytes), Err(HeadRefused));
        for wrong in [&bytes[1..], &bytes[..bytes.len() - 1], &[&bytes[..], &[0]].concat()] {
            assert_eq!(DeltaHead::decode(wrong), Err(HeadRefused));
        }
        assert_eq!(DeltaHead::decode(&DeltaHead { from: 17, ..delta() }.encode()), Err(HeadRefused));
    }

    #[test]
    fn a_head_needs_both_signatures_in_their_order_and_any_bit_counts() {
        let (head, both) = (delta().encode(), signers(1, 2));
        let signed = sign_head(&head, &both).unwrap();
        assert_eq!(verify_head(&head, &signed, &authorities(&both)), Ok(()));
        for (first, second) in [(2, 1), (1, 3), (3, 2), (1, 1), (2, 2)] {
            let by_others = sign_head(&head, &signers(first, second)).unwrap();
            assert_eq!(verify_head(&head, &by_others, &authorities(&both)), Err(NotSignedByBoth));
        }
        for bit in 0..8 * signed.len() {
            let mut forged = signed;
            forged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(verify_head(&head, &forged, &authorities(&both)), Err(NotSignedByBoth), "bit {bit}");
        }
        for bit in 0..8 * head.len() {
            let mut forged = head.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(verify_head(&forged, &signed, &authorities(&both)), Err(NotSignedByBoth), "bit {bit}");
        }
        assert_eq!(verify_head(&head, &signed[1..], &authorities(&both)), Err(NotSignedByBoth));
    }
}
