//! What a look at a frame gives: the symbols read, or why none was.
//!
//! Promises: bounded in number and in bytes; the bytes are those in the code, undecoded.
//! Must not know: what the bytes mean. A payload may be about a person, so `Debug` shows none of it.

/// A place in the frame in whole pixels, x to the right and y downwards from the top left pixel.
///
/// May lie outside the frame: a corner is extrapolated from the parts of the code that were seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Pixels from the left edge.
    pub x: i32,
    /// Pixels from the top edge.
    pub y: i32,
}

/// One QR code (ISO/IEC 18004) as read: exact bytes, where it was, its version.
///
/// Having one says that error correction succeeded. It does not say who made the code or that it is true:
/// **unproven** (DESIGN §4).
#[derive(Clone, PartialEq, Eq)]
pub struct Symbol {
    bytes: Vec<u8>,
    corners: [Point; 4],
    version: u8,
}

impl Symbol {
    /// The longest payload returned: what a version 40-L code holds in byte mode. Longer ones (long numeric
    /// codes) are not returned, never cut.
    pub const MAX_BYTES: usize = 2953;

    /// A symbol, unless the payload is longer than [`Self::MAX_BYTES`] or there is no such version.
    pub(crate) fn new(bytes: Vec<u8>, corners: [Point; 4], version: usize) -> Option<Self> {
        let version = u8::try_from(version).ok().filter(|v| (1..=40).contains(v))?;
        (bytes.len() <= Self::MAX_BYTES).then_some(Self { bytes, corners, version })
    }

    /// The payload: the concatenated segments as bytes; kanji segments as Shift JIS; ECI designators left out.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Top left, top right, bottom right, bottom left of the code as printed, in frame pixels, good to about
    /// one module.
    #[must_use]
    pub fn corners(&self) -> &[Point; 4] {
        &self.corners
    }

    /// The version, 1 to 40; the code has 4 × version + 17 modules a side.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.version
    }
}

/// Length and version only: the payload may name a person.
impl std::fmt::Debug for Symbol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Symbol({} bytes, version {})", self.bytes.len(), self.version)
    }
}

/// Why a look read nothing, when the frame shows it plainly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyNothing {
    /// Hardly any light reached the camera.
    TooDark,
    /// There is a code, its modules are less than two pixels wide.
    TooSmall,
    /// There is a code, its edges run into each other: held too near, or moved.
    TooBlurred,
    /// There is a code, part of it lies outside the frame.
    CutByEdge,
    /// There is a code, and light has burnt out part of it.
    Glare,
    /// A code was read that is one part of several (structured append, ISO/IEC 18004 §8): refused.
    PartOfSeveral,
}

/// Everything one look read: different payloads only, in no promised order.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    list: Vec<Symbol>,
    panics: u32,
    why_nothing: Option<WhyNothing>,
    work: u64,
}

impl Symbols {
    /// The most symbols one look returns; further ones are left out.
    pub const MAX: usize = 16;

    /// Adds a symbol, unless its payload is there already or the list is full.
    pub(crate) fn add(&mut self, symbol: Symbol) {
        let known = self.list.iter().any(|s| s.bytes == symbol.bytes);
        if !known && self.list.len() < Self::MAX {
            self.list.push(symbol);
        }
    }

    pub(crate) fn count_panic(&mut self) {
        self.panics = self.panics.saturating_add(1);
    }

    /// The symbols were seen in a part of the frame that starts here.
    pub(crate) fn shift(&mut self, left: usize, top: usize) {
        let (left, top) = (left as i32, top as i32);
        for corner in self.list.iter_mut().flat_map(|symbol| &mut symbol.corners) {
            *corner = Point { x: corner.x.saturating_add(left), y: corner.y.saturating_add(top) };
        }
    }

    /// Takes over what another look at the same frame cost.
    pub(crate) fn charge(&mut self, other: &Self) {
        self.work = self.work.saturating_add(other.work);
        self.panics = self.panics.saturating_add(other.panics);
    }

    pub(crate) fn count_work(&mut self, samples: u64) {
        self.work = self.work.saturating_add(samples);
    }

    pub(crate) fn blame(&mut self, why: Option<WhyNothing>) {
        self.why_nothing = why;
    }

    /// The symbols, at most [`Self::MAX`]. More than one means that different payloads are in view.
    #[must_use]
    pub fn as_slice(&self) -> &[Symbol] {
        &self.list
    }

    /// The symbols one after the other.
    pub fn iter(&self) -> std::slice::Iter<'_, Symbol> {
        self.list.iter()
    }

    /// How many symbols were read.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// True when nothing was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How often a decoder panicked in this look and was contained. For the health counters: the symbols
    /// returned beside it are good.
    #[must_use]
    pub fn panics(&self) -> u32 {
        self.panics
    }

    /// What this look cost, in samples: one for eight pixels searched, and what the attempts to read were charged, at
    /// worst. The same frames give the same numbers on every machine; a sample is some 60 instructions on aarch64.
    #[must_use]
    pub fn work(&self) -> u64 {
        self.work
    }

    /// Why nothing was read, if the frame shows it. Always `None` when something was.
    #[must_use]
    pub fn why_nothing(&self) -> Option<WhyNothing> {
        self.why_nothing
    }
}

impl<'a> IntoIterator for &'a Symbols {
    type Item = &'a Symbol;
    type IntoIter = std::slice::Iter<'a, Symbol>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Symbols {
    type Item = Symbol;
    type IntoIter = std::vec::IntoIter<Symbol>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbol(bytes: &[u8]) -> Symbol {
        Symbol::new(bytes.to_vec(), [Point { x: 0, y: 0 }; 4], 8).unwrap()
    }

    #[test]
    fn the_same_payload_twice_is_one_symbol_and_the_list_ends_at_its_bound() {
        let mut symbols = Symbols::default();
        for n in 0..40u8 {
            symbols.add(symbol(&[n]));
            symbols.add(symbol(&[n]));
        }
        assert_eq!(symbols.len(), Symbols::MAX);
        assert!(symbols.iter().enumerate().all(|(n, s)| s.bytes() == [n as u8]));
    }

    #[test]
    fn a_payload_over_the_bound_is_dropped_not_cut() {
        let corners = [Point { x: 0, y: 0 }; 4];
        assert!(Symbol::new(vec![b'7'; Symbol::MAX_BYTES], corners, 40).is_some());
        assert!(Symbol::new(vec![b'7'; Symbol::MAX_BYTES + 1], corners, 40).is_none());
        assert!(Symbol::new(vec![], corners, 0).is_none());
        assert!(Symbol::new(vec![], corners, 41).is_none());
    }

    #[test]
    fn a_payload_is_not_printed_by_accident() {
        let shown = format!("{:?}", symbol("测试甲".as_bytes()));
        assert_eq!(shown, "Symbol(9 bytes, version 8)");
    }
}
