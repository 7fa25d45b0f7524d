//! Delta files: a head signed by both authorities and a body of changes (docs/formats/status-list.md §5).
//! Promises: nothing of a body is read before its head is proven and its hash is the head's; changes come out strictly
//! rising; counts are bounded, by the bytes that are there too; bytes that no change needs are refused.
//! Must not know: which list they are for.
//!
//! File: head 178 ‖ signatures 136 ‖ body. Body: 16 bytes of the link at each step between `from` and `to`. First section (nothing when there is no change): k u8 · colour codes
//! u8 (the frequentest in bits 0-1, the next in bits 2-3) · bits: for each change the Rice code of the ranks passed over,
//! then 0 for the frequentest colour, 10 for the next, 11 for the last. Second section (nothing when empty): k u8 · bits: for
//! each change the Rice code of the key's distance from the one before (0 at first), less one, then three bits: 0 green,
//! 1 yellow, 2 red, 3 removed, 4 second number of the person whose first key follows in 57 bits.

use gate_proof::digest::{Digest, sha256};
use gate_proof::leaf_seal::KEY_BITS;
use gate_wire::credential::Colour;
use gate_wire::time::Timestamp;

use crate::bits::{BitReader, BitWriter, BitsRefused, rice_parameter};
use crate::entry::{Epoch, Key, Rank, colour_code, colour_of};
use crate::head::{
    DELTA_HEAD_BYTES, DeltaHead, HeadRefused, NotSignedByBoth, SIGNATURES_BYTES, TIE_BYTES, Tie, sign_head,
    verify_head,
};
use crate::keys::{Authorities, Signers};
use crate::list::{Region, Scope};

/// The longest delta read: some twenty times a day's of 100 million people.
pub const DELTA_MOST_BYTES: usize = 32 << 20;
/// The most colours that one delta changes: 16 days of 1 % of 100 million. Beyond that a new base is due.
pub const RANKED_MOST: usize = 1 << 24;
/// The most people, new or removed, that one delta names by key.
pub const KEYED_MOST: usize = 6_000_000;
const ACTION_BITS: u32 = 3;
const REMOVED: u64 = 3;
const SECOND: u64 = 4;

/// What a delta says of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyChange {
    /// A person new since the base, or one whom this names by key, has this colour.
    Colour(Colour),
    /// Nobody is here any more.
    Removed,
    /// Another number of the person whose first number is there.
    SecondOf(Key),
}

/// What a delta changes, both parts strictly rising.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Colours of people of the base.
    pub ranked: Vec<(Rank, Colour)>,
    /// People new or removed.
    pub keyed: Vec<(Key, KeyChange)>,
}

/// How many, not whom.
impl std::fmt::Debug for Changes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Changes({} by rank, {} by key)", self.ranked.len(), self.keyed.len())
    }
}

/// For which list a delta is, and from where to where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeltaOrder {
    /// Whom the list is about.
    pub scope: Scope,
    /// Whose.
    pub province: Region,
    /// The epoch.
    pub epoch: Epoch,
    /// The step that it leads to, as the desk counts.
    pub generation: u32,
    /// The root of the epoch's base.
    pub base_root: [u8; 32],
    /// The first state it may be put on, and the link there.
    pub from: (u32, [u8; 32]),
    /// The state it leads to; the link there follows for a single step, a longer one needs it.
    pub to: (u32, Option<[u8; 32]>),
    /// The links of the steps between, in their order; none for a single step.
    pub via: Vec<Tie>,
    /// Every colour holds as of this time afterwards.
    pub as_of: Timestamp,
}

/// Why there is no delta file.
#[derive(Debug, thiserror::Error)]
pub enum DeltaNotMade {
    /// The changes do not rise strictly, or are too many.
    #[error(
        "changes must rise strictly, be at most {RANKED_MOST} of colours and {KEYED_MOST} of people new or removed, and fit into {DELTA_MOST_BYTES} bytes: make a new base"
    )]
    OrderChanges,
    /// A step of more than one without the links it leads over and to, or one that leads nowhere.
    #[error("a delta over more than one step needs the links it leads over and to")]
    FindLink,
    /// The signing failed.
    #[error(transparent)]
    Sign(#[from] gate_proof::cose::SignRefused),
}

/// Why bytes are no delta. Nothing of them was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeltaDamaged {
    /// Shorter than its head, or longer than [`DELTA_MOST_BYTES`].
    #[error("a delta of {length} bytes is cut off, or too long")]
    Length {
        /// Bytes there.
        length: usize,
    },
    /// Not signed by both.
    #[error(transparent)]
    Signature(#[from] NotSignedByBoth),
    /// Another format.
    #[error(transparent)]
    Head(#[from] HeadRefused),
    /// The body is not the one that was signed.
    #[error("the delta's body is not the one that was signed: fetch it again")]
    Body,
    /// Signed, but not to be read.
    #[error("the delta's body does not follow the format")]
    Read,
}

impl From<BitsRefused> for DeltaDamaged {
    fn from(_: BitsRefused) -> Self {
        DeltaDamaged::Read
    }
}

/// Makes a delta file.
///
/// # Errors
/// [`DeltaNotMade`].
pub fn make_delta(order: &DeltaOrder, changes: &Changes, signers: &Signers) -> Result<Vec<u8>, DeltaNotMade> {
    let rising =
        changes.ranked.is_sorted_by(|a, b| a.0 < b.0) && changes.keyed.is_sorted_by(|a, b| a.0 < b.0);
    let ranked = ranked_section(&changes.ranked);
    let mut body: Vec<u8> = order.via.iter().flat_map(|tie| tie.0).collect();
    body.extend_from_slice(&ranked);
    body.extend_from_slice(&keyed_section(&changes.keyed));
    let fits = changes.ranked.len() <= RANKED_MOST
        && changes.keyed.len() <= KEYED_MOST
        && body.len() <= DELTA_MOST_BYTES - DELTA_HEAD_BYTES - SIGNATURES_BYTES;
    if !rising || !fits {
        return Err(DeltaNotMade::OrderChanges);
    }
    let count = |length: usize| u32::try_from(length).map_err(|_| DeltaNotMade::OrderChanges);
    let hash = *sha256(&[&body]).as_bytes();
    let ((from, link_from), (to, given)) = (order.from, order.to);
    if order.via.len() as u64 + 1 != u64::from(to).saturating_sub(from.into()) {
        return Err(DeltaNotMade::FindLink);
    }
    let step = (from.checked_add(1) == Some(to)).then(|| DeltaHead::step_link(&link_from, to, &hash));
    let link_to = step.or(given.filter(|_| from < to)).ok_or(DeltaNotMade::FindLink)?;
    let head = DeltaHead {
        scope: order.scope,
        province: order.province,
        epoch: order.epoch,
        generation: order.generation,
        base_root: order.base_root,
        from,
        to,
        link_from,
        link_to,
        as_of: order.as_of,
        ranked: count(changes.ranked.len())?,
        keyed: count(changes.keyed.len())?,
        ranked_bytes: count(ranked.len())?,
        body: hash,
    };
    let mut file = head.encode();
    let signatures = sign_head(&file, signers)?;
    file.extend_from_slice(&signatures);
    file.extend_from_slice(&body);
    Ok(file)
}

/// A delta that both authorities signed, its body not yet decoded.
pub(crate) struct Proven<'a> {
    pub(crate) head: DeltaHead,
    ties: &'a [[u8; TIE_BYTES]],
    ranked: &'a [u8],
    keyed: &'a [u8],
}

impl Proven<'_> {
    /// The links of the steps between, in their order.
    pub(crate) fn via(&self) -> impl Iterator<Item = Tie> {
        self.ties.iter().map(|tie| Tie(*tie))
    }

    /// The link at `step`, if this leads over it.
    pub(crate) fn tie_at(&self, step: u32) -> Option<Tie> {
        let at = step.checked_sub(self.head.from)?.checked_sub(1)?;
        self.ties.get(at as usize).map(|tie| Tie(*tie))
    }

    /// What it changes.
    pub(crate) fn changes(&self) -> Result<Changes, DeltaDamaged> {
        let ranked = read_ranked(self.ranked, self.head.ranked)?;
        Ok(Changes { ranked, keyed: read_keyed(self.keyed, self.head.keyed)? })
    }
}

/// Proves a delta file: signed by both, its body the one that was signed, no more in it than a reader has room for.
pub(crate) fn prove<'a>(file: &'a [u8], both: &Authorities) -> Result<Proven<'a>, DeltaDamaged> {
    let length = DeltaDamaged::Length { length: file.len() };
    let (head, rest) = file.split_first_chunk::<DELTA_HEAD_BYTES>().ok_or(length)?;
    let (signatures, body) = rest.split_first_chunk::<SIGNATURES_BYTES>().ok_or(length)?;
    if file.len() > DELTA_MOST_BYTES {
        return Err(length);
    }
    verify_head(head, signatures, both)?;
    let head = DeltaHead::decode(head)?;
    if sha256(&[body]) != Digest(head.body) {
        return Err(DeltaDamaged::Body);
    }
    if head.ranked as usize > RANKED_MOST || head.keyed as usize > KEYED_MOST {
        return Err(DeltaDamaged::Read);
    }
    let between = (head.to - head.from - 1) as usize;
    let ties = between.checked_mul(TIE_BYTES).and_then(|bytes| body.split_at_checked(bytes));
    let (ties, changes) = ties.ok_or(DeltaDamaged::Read)?;
    let (ranked, keyed) = changes.split_at_checked(head.ranked_bytes as usize).ok_or(DeltaDamaged::Read)?;
    Ok(Proven { head, ties: ties.as_chunks().0, ranked, keyed })
}

/// Reads a delta file: proven, then decoded.
///
/// # Errors
/// [`DeltaDamaged`].
pub fn read_delta(file: &[u8], both: &Authorities) -> Result<(DeltaHead, Changes), DeltaDamaged> {
    let proven = prove(file, both)?;
    Ok((proven.head, proven.changes()?))
}

/// What a delta file says of itself, proven by nobody: to find its place among others.
///
/// # Errors
/// [`DeltaDamaged`].
pub fn alleged_delta_head(file: &[u8]) -> Result<DeltaHead, DeltaDamaged> {
    let head = file.first_chunk::<DELTA_HEAD_BYTES>();
    Ok(DeltaHead::decode(head.ok_or(DeltaDamaged::Length { length: file.len() })?)?)
}

fn ranked_section(changes: &[(Rank, Colour)]) -> Vec<u8> {
    let Some((last, _)) = changes.last() else { return Vec::new() };
    let k = rice_parameter((u64::from(last.0) / changes.len() as u64).max(1));
    let [first, second, _] = by_frequency(changes);
    let (mut bits, mut next) = (BitWriter::default(), 0);
    for (rank, colour) in changes {
        // Not rising: refused by the caller.
        bits.rice(u64::from(rank.0).saturating_sub(next), k.into());
        next = u64::from(rank.0) + 1;
        match *colour {
            colour if colour == first => bits.field(0b0, 1),
            colour if colour == second => bits.field(0b10, 2),
            _ => bits.field(0b11, 2),
        }
    }
    let codes = colour_code(first) | colour_code(second) << 2;
    [&[k, u8::try_from(codes).unwrap_or(0)], &bits.into_bytes()[..]].concat()
}

fn by_frequency(changes: &[(Rank, Colour)]) -> [Colour; 3] {
    let mut colours = [Colour::Green, Colour::Yellow, Colour::Red];
    let count = |wanted: Colour| changes.iter().filter(|(_, colour)| *colour == wanted).count();
    colours.sort_by_cached_key(|colour| std::cmp::Reverse(count(*colour)));
    colours
}

fn read_ranked(section: &[u8], count: u32) -> Result<Vec<(Rank, Colour)>, DeltaDamaged> {
    let Some(([k, codes], bytes)) = section.split_first_chunk() else {
        return if section.is_empty() && count == 0 { Ok(Vec::new()) } else { Err(DeltaDamaged::Read) };
    };
    // Each change takes two bits at least: the count cannot ask for more memory than the bytes allow.
    if *k >= 32 || count as usize > 4 * bytes.len() || count == 0 {
        return Err(DeltaDamaged::Read);
    }
    let colour = |code: u8| colour_of((code & 3).into()).ok_or(DeltaDamaged::Read);
    let (first, second) = (colour(*codes)?, colour(*codes >> 2)?);
    let all = [Colour::Green, Colour::Yellow, Colour::Red];
    let third = all.into_iter().find(|colour| *colour != first && *colour != second);
    let third = third.filter(|_| first != second && *codes < 16).ok_or(DeltaDamaged::Read)?;
    let (mut bits, mut next) = (BitReader::new(bytes, 0), 0_u64);
    let mut changes = Vec::with_capacity(count as usize);
    for _ in 0..count {
        let rank = next.saturating_add(bits.rice((*k).into())?);
        next = rank.saturating_add(1);
        let colour = match bits.field(1)? {
            0 => first,
            _ if bits.field(1)? == 0 => second,
            _ => third,
        };
        changes.push((Rank(u32::try_from(rank).map_err(|_| DeltaDamaged::Read)?), colour));
    }
    if bits.is_at_end() { Ok(changes) } else { Err(DeltaDamaged::Read) }
}

pub(crate) fn keyed_section(changes: &[(Key, KeyChange)]) -> Vec<u8> {
    if changes.is_empty() {
        return Vec::new();
    }
    let k = rice_parameter(Key::MAX.value() / changes.len() as u64);
    let (mut bits, mut before) = (BitWriter::default(), 0);
    for (key, change) in changes {
        // Not rising: refused by the caller.
        bits.rice(key.value().saturating_sub(before + 1), k.into());
        before = key.value();
        match change {
            KeyChange::Colour(colour) => bits.field(colour_code(*colour), ACTION_BITS),
            KeyChange::Removed => bits.field(REMOVED, ACTION_BITS),
            KeyChange::SecondOf(first) => {
                bits.field(SECOND, ACTION_BITS);
                bits.field(first.value(), KEY_BITS);
            }
        }
    }
    [&[k], &bits.into_bytes()[..]].concat()
}

pub(crate) fn read_keyed(section: &[u8], count: u32) -> Result<Vec<(Key, KeyChange)>, DeltaDamaged> {
    let Some((k, bytes)) = section.split_first() else {
        return if count == 0 { Ok(Vec::new()) } else { Err(DeltaDamaged::Read) };
    };
    // Four bits each at least.
    if u32::from(*k) >= KEY_BITS || count as usize > 2 * bytes.len() || count == 0 {
        return Err(DeltaDamaged::Read);
    }
    let (mut bits, mut before) = (BitReader::new(bytes, 0), 0_u64);
    let mut changes = Vec::with_capacity(count as usize);
    for _ in 0..count {
        let key = Key::from_value(before + bits.rice((*k).into())? + 1).ok_or(DeltaDamaged::Read)?;
        before = key.value();
        let change = match bits.field(ACTION_BITS)? {
            REMOVED => KeyChange::Removed,
            SECOND => {
                let first = Key::from_value(bits.field(KEY_BITS)?).filter(|first| *first != key);
                KeyChange::SecondOf(first.ok_or(DeltaDamaged::Read)?)
            }
            code => KeyChange::Colour(colour_of(code).ok_or(DeltaDamaged::Read)?),
        };
        changes.push((key, change));
    }
    if bits.is_at_end() { Ok(changes) } else { Err(DeltaDamaged::Read) }
}

#[cfg(test)]
mod tests;
