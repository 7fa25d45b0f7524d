//! The segments of a camera's JPEG, checked before a decoder sees it (ITU-T T.81 annex B).
//!
//! A camera sends one baseline frame in one scan. Everything else the standard allows - a second frame header, scans of
//! single components, odd sampling - is where fuzzing made `zune-jpeg` 0.5.15 panic, and nothing a camera needs.
//! Promises: total, one pass. Must not know: pixels.

/// What is wrong.
pub(super) type Fault = &'static str;

const SOF0: u8 = 0xC0;
const DHT: u8 = 0xC4;
const SOS: u8 = 0xDA;
const DQT: u8 = 0xDB;
const DRI: u8 = 0xDD;
const COM: u8 = 0xFE;

/// Whether `bytes` are one baseline frame of this size, grey or with colours at full or half size, in one scan.
pub(super) fn check(bytes: &[u8], size: (usize, usize)) -> Result<(), Fault> {
    let mut rest = bytes.strip_prefix(&[0xFF, 0xD8]).ok_or("no start of image")?;
    let mut components = None;
    loop {
        let (marker, segment, after) = segment(rest)?;
        match (marker, components) {
            (SOF0, None) => components = Some(frame(segment, size)?),
            (SOS, Some(count)) => {
                let one_scan = segment.first() == Some(&count) && segment.len() == 4 + 2 * usize::from(count);
                return if one_scan { scan(after) } else { Err("not one scan of all components") };
            }
            (DHT | DQT | DRI | COM | 0xE0..=0xEF, _) => {}
            _ => return Err("a segment that no camera sends there"),
        }
        rest = after;
    }
}

/// Marker, content, and what comes after a segment.
fn segment(rest: &[u8]) -> Result<(u8, &[u8], &[u8]), Fault> {
    let [0xFF, marker, high, low, after @ ..] = rest else { return Err("no segment where one should be") };
    let length = usize::from(*high) << 8 | usize::from(*low);
    let content = length.checked_sub(2).ok_or("a segment shorter than its length")?;
    let (content, after) = after.split_at_checked(content).ok_or("a segment that ends outside")?;
    Ok((*marker, content, after))
}

/// The number of components of a frame header that is as it should be.
fn frame(header: &[u8], (width, height): (usize, usize)) -> Result<u8, Fault> {
    let [8, h1, h0, w1, w0, count, components @ ..] = header else { return Err("not 8 bits a sample") };
    let number = |high: &u8, low: &u8| usize::from(*high) << 8 | usize::from(*low);
    if (number(w1, w0), number(h1, h0)) != (width, height) {
        return Err("another size than was negotiated");
    }
    let sampling: Vec<u8> = components.chunks_exact(3).map(|c| c[1]).collect();
    match (count, components.len(), &sampling[..]) {
        (1, 3, [0x11]) | (3, 9, [0x11 | 0x12 | 0x21 | 0x22, 0x11, 0x11]) => Ok(*count),
        _ => Err("neither grey nor YCbCr in a usual sampling"),
    }
}

/// Nothing but coded data and restarts up to the end of the image.
fn scan(data: &[u8]) -> Result<(), Fault> {
    let mut at = 0;
    while let Some(next) = data[at..].iter().position(|b| *b == 0xFF) {
        match data.get(at + next + 1) {
            Some(0x00 | 0xD0..=0xD7) => at += next + 2,
            Some(0xFF) => at += next + 1,
            Some(0xD9) => return Ok(()),
            _ => return Err("a marker in the coded data"),
        }
    }
    Err("no end of image")
}
