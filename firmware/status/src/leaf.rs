//! A leaf: up to some thousand keys with what stands at them, in one page (docs/formats/status-list.md §3).
//! Promises: at most [`BODY_MOST`] bytes; keys strictly rising; what cannot be a leaf is refused, never half read.
//! Must not know: seals, files.
//!
//! Body, big-endian: rank of the first key u32 · keys u16 · exceptions u16 · offset of the keys' bits u16 · k u8 · k of the
//! exceptions u8 · skip table: for every 512th key but the first, the key before it (u64) and the bit it begins at (u16) ·
//! exceptions: bits · keys: bits. A key is the Rice code of its distance from the one before, less one.
//! An exception is the Rice code of the keys passed over, then two bits: 0 a second number (57 bits: the first number's
//! key), 1 yellow, 2 red, 3 free for one more class. Who is no exception is green.

use gate_proof::leaf_seal::KEY_BITS;
use gate_wire::credential::Colour;

use crate::bits::{BitReader, BitWriter, BitsRefused, rice_bits};
use crate::entry::{Entry, Key, Rank, colour_code, colour_of};

/// Bytes of a body: with place (12) and tag (16), cell and page headers it stays in one page of 4096.
pub(crate) const BODY_MOST: usize = 3960;
const HEADER: usize = 12;
const SKIP_EVERY: usize = 512;
const SKIP_ENTRY: usize = 10;
const CLASS_BITS: u32 = 2;
const SECOND: u64 = 0;

/// The codes of a file's leaves, chosen once for what the file will hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Codes {
    /// For the distances of keys.
    pub(crate) keys: u8,
    /// For the distances of exceptions.
    pub(crate) exceptions: u8,
}

/// The bytes are no leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no leaf of a status list")]
pub(crate) struct LeafRefused;

impl From<BitsRefused> for LeafRefused {
    fn from(_: BitsRefused) -> Self {
        LeafRefused
    }
}

/// A leaf being filled.
pub(crate) struct LeafBuilder {
    codes: Codes,
    previous: u64,
    first: Rank,
    entries: Vec<(Key, Entry)>,
    key_bits: usize,
    exception_bits: usize,
    exceptions: usize,
    after_exception: usize,
}

impl LeafBuilder {
    /// An empty leaf behind the key `previous`, whose first key has the rank `first`.
    pub(crate) fn new(codes: Codes, previous: u64, first: Rank) -> Self {
        LeafBuilder {
            codes,
            previous,
            first,
            entries: Vec::new(),
            key_bits: 0,
            exception_bits: 0,
            exceptions: 0,
            after_exception: 0,
        }
    }

    pub(crate) fn previous(&self) -> u64 {
        self.previous
    }

    /// The last key in it; the one before it while it is empty.
    pub(crate) fn last(&self) -> u64 {
        self.entries.last().map_or(self.previous, |(key, _)| key.value())
    }

    /// The rank of the key that comes next.
    pub(crate) fn next_rank(&self) -> Rank {
        Rank(self.first.0.saturating_add(u32::try_from(self.entries.len()).unwrap_or(u32::MAX)))
    }

    /// Takes the next key; `false` when the page has no room for it. Keys come rising.
    pub(crate) fn push(&mut self, key: Key, entry: Entry) -> bool {
        let position = self.entries.len();
        let key_bits = rice_bits(key.value() - self.last() - 1, self.codes.keys.into()) as usize;
        let exception_bits = self.exception_cost(position, entry);
        let bits = (self.key_bits + key_bits).next_multiple_of(8)
            + (self.exception_bits + exception_bits).next_multiple_of(8);
        if HEADER + position / SKIP_EVERY * SKIP_ENTRY + bits / 8 > BODY_MOST
            || position == usize::from(u16::MAX)
        {
            return false;
        }
        self.key_bits += key_bits;
        if exception_bits > 0 {
            self.exception_bits += exception_bits;
            self.exceptions += 1;
            self.after_exception = position + 1;
        }
        self.entries.push((key, entry));
        true
    }

    fn exception_cost(&self, position: usize, entry: Entry) -> usize {
        let second = match entry {
            Entry::Colour(Colour::Green) => return 0,
            Entry::Colour(_) => 0,
            Entry::SecondOf(_) => KEY_BITS,
        };
        let distance = (position - self.after_exception) as u64;
        (rice_bits(distance, self.codes.exceptions.into()) + CLASS_BITS + second) as usize
    }

    /// The body.
    pub(crate) fn body(&self) -> Vec<u8> {
        let (mut keys, mut skips, mut before) = (BitWriter::default(), Vec::new(), self.previous);
        for (position, (key, _)) in self.entries.iter().enumerate() {
            if position > 0 && position.is_multiple_of(SKIP_EVERY) {
                skips.extend_from_slice(&before.to_be_bytes());
                skips.extend_from_slice(&short(keys.len()));
            }
            keys.rice(key.value() - before - 1, self.codes.keys.into());
            before = key.value();
        }
        let exceptions = self.exception_stream();
        let mut body = Vec::with_capacity(BODY_MOST);
        body.extend_from_slice(&self.first.0.to_be_bytes());
        body.extend_from_slice(&short(self.entries.len()));
        body.extend_from_slice(&short(self.exceptions));
        body.extend_from_slice(&short(HEADER + skips.len() + exceptions.len()));
        body.extend_from_slice(&[self.codes.keys, self.codes.exceptions]);
        body.extend_from_slice(&skips);
        body.extend_from_slice(&exceptions);
        body.extend_from_slice(&keys.into_bytes());
        body
    }

    fn exception_stream(&self) -> Vec<u8> {
        let (mut bits, mut after) = (BitWriter::default(), 0);
        for (position, (_, entry)) in self.entries.iter().enumerate() {
            let (class, first) = match entry {
                Entry::Colour(Colour::Green) => continue,
                Entry::Colour(colour) => (colour_code(*colour), None),
                Entry::SecondOf(first) => (SECOND, Some(first)),
            };
            bits.rice((position - after) as u64, self.codes.exceptions.into());
            bits.field(class, CLASS_BITS);
            if let Some(first) = first {
                bits.field(first.value(), KEY_BITS);
            }
            after = position + 1;
        }
        bits.into_bytes()
    }
}

/// At most 65,535 by [`LeafBuilder::push`].
fn short(value: usize) -> [u8; 2] {
    u16::try_from(value).unwrap_or(u16::MAX).to_be_bytes()
}

/// A leaf's body, its header read.
pub(crate) struct Leaf<'a> {
    body: &'a [u8],
    previous: u64,
    last: u64,
    first: Rank,
    count: usize,
    exceptions: usize,
    keys_at: usize,
    codes: Codes,
}

impl<'a> Leaf<'a> {
    /// Reads the header of the body that lies behind `previous`, up to `last`.
    pub(crate) fn parse(body: &'a [u8], previous: u64, last: u64) -> Result<Self, LeafRefused> {
        let header: &[u8; HEADER] = body.first_chunk().ok_or(LeafRefused)?;
        let [a, b, c, d, n, o, e, f, k, l, keys, exceptions] = *header;
        let leaf = Leaf {
            body,
            previous,
            last,
            first: Rank(u32::from_be_bytes([a, b, c, d])),
            count: u16::from_be_bytes([n, o]).into(),
            exceptions: u16::from_be_bytes([e, f]).into(),
            keys_at: u16::from_be_bytes([k, l]).into(),
            codes: Codes { keys, exceptions },
        };
        let bounded = leaf.exceptions <= leaf.count
            && leaf.exceptions_at() <= leaf.keys_at
            && leaf.keys_at <= body.len()
            && u32::from(keys.max(exceptions)) < KEY_BITS;
        if bounded { Ok(leaf) } else { Err(LeafRefused) }
    }

    pub(crate) fn first(&self) -> Rank {
        self.first
    }

    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.count).unwrap_or(u32::MAX)
    }

    fn exceptions_at(&self) -> usize {
        HEADER + self.count.saturating_sub(1) / SKIP_EVERY * SKIP_ENTRY
    }

    /// Rank and entry of `key`, if it is here.
    pub(crate) fn find(&self, key: Key) -> Result<Option<(Rank, Entry)>, LeafRefused> {
        let (mut position, mut at, bit) = self.start(key)?;
        let mut bits = BitReader::new(self.body, 8 * self.keys_at + bit);
        while position < self.count {
            at = self.step(at, bits.rice(self.codes.keys.into())?)?;
            if at >= key.value() {
                break;
            }
            position += 1;
        }
        if position == self.count || at != key.value() {
            return Ok(None);
        }
        let rank = u32::try_from(position).ok().and_then(|position| self.first.0.checked_add(position));
        Ok(Some((Rank(rank.ok_or(LeafRefused)?), self.entry(position)?)))
    }

    /// Everything in it, in order.
    pub(crate) fn entries(&self) -> Result<Vec<(Key, Entry)>, LeafRefused> {
        let mut bits = BitReader::new(self.body, 8 * self.keys_at);
        let (mut exceptions, mut at) = (Exceptions::of(self), self.previous);
        let mut next = exceptions.next()?;
        let mut entries = Vec::with_capacity(self.count.min(8 * BODY_MOST));
        for position in 0..self.count {
            at = self.step(at, bits.rice(self.codes.keys.into())?)?;
            let mut entry = Entry::Colour(Colour::Green);
            if let Some((_, exception)) = next.filter(|(exceptional, _)| *exceptional == position) {
                entry = exception;
                next = exceptions.next()?;
            }
            entries.push((Key::from_value(at).ok_or(LeafRefused)?, entry));
        }
        if next.is_none() { Ok(entries) } else { Err(LeafRefused) }
    }

    fn step(&self, at: u64, distance: u64) -> Result<u64, LeafRefused> {
        // Both are under 2^58: the sum does not overflow.
        let next = at + distance + 1;
        if next <= self.last { Ok(next) } else { Err(LeafRefused) }
    }

    /// The position, the key before it and the bit to read from: behind the last skip entry below `key`.
    fn start(&self, key: Key) -> Result<(usize, u64, usize), LeafRefused> {
        let table = self.body.get(HEADER..self.exceptions_at()).ok_or(LeafRefused)?;
        let (entries, _) = table.as_chunks::<SKIP_ENTRY>();
        let read = |entry: &[u8; SKIP_ENTRY]| {
            let [a, b, c, d, e, f, g, h, i, j] = *entry;
            let before = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
            (before, usize::from(u16::from_be_bytes([i, j])))
        };
        let skipped = entries.iter().take_while(|entry| read(entry).0 < key.value()).count();
        match skipped.checked_sub(1).and_then(|last| entries.get(last)).map(read) {
            None => Ok((0, self.previous, 0)),
            Some((before, bit)) if before <= self.last => Ok((skipped * SKIP_EVERY, before, bit)),
            Some(_) => Err(LeafRefused),
        }
    }

    fn entry(&self, position: usize) -> Result<Entry, LeafRefused> {
        let mut exceptions = Exceptions::of(self);
        while let Some((exceptional, entry)) = exceptions.next()? {
            match exceptional.cmp(&position) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => return Ok(entry),
                std::cmp::Ordering::Greater => break,
            }
        }
        Ok(Entry::Colour(Colour::Green))
    }
}

/// A leaf's exceptions, one after the other.
struct Exceptions<'a> {
    bits: BitReader<'a>,
    k: u32,
    left: usize,
    count: usize,
    after: usize,
}

impl<'a> Exceptions<'a> {
    fn of(leaf: &Leaf<'a>) -> Self {
        // The keys' bits are not theirs to read; an offset out of range was refused at parsing.
        let own = leaf.body.get(..leaf.keys_at).unwrap_or_default();
        let bits = BitReader::new(own, 8 * leaf.exceptions_at());
        let k = leaf.codes.exceptions.into();
        Exceptions { bits, k, left: leaf.exceptions, count: leaf.count, after: 0 }
    }

    fn next(&mut self) -> Result<Option<(usize, Entry)>, LeafRefused> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        let distance = usize::try_from(self.bits.rice(self.k)?).map_err(|_| LeafRefused)?;
        let position = self.after.checked_add(distance).filter(|at| *at < self.count).ok_or(LeafRefused)?;
        self.after = position + 1;
        let entry = match self.bits.field(CLASS_BITS)? {
            SECOND => Entry::SecondOf(Key::from_value(self.bits.field(KEY_BITS)?).ok_or(LeafRefused)?),
            class => Entry::Colour(colour_of(class).ok_or(LeafRefused)?),
        };
        Ok(Some((position, entry)))
    }
}

#[cfg(test)]
mod tests;
