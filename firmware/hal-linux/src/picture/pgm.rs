//! Binary PGM (P5) with one byte a sample: the format test frames are written in.
//!
//! Layout: `P5`, width, height, greatest value (1 to 255) as decimal text separated by white space or `#`
//! comments up to the end of a line, one white-space byte, then the rows from the top.
//! Must not know: files.

use super::{GreyPicture, PictureError, check_size};

pub(super) fn decode(bytes: &[u8]) -> Result<GreyPicture, PictureError> {
    let mut rest = bytes.get(2..).ok_or(damaged("header"))?;
    let width = number(&mut rest).ok_or(damaged("width"))?;
    let height = number(&mut rest).ok_or(damaged("height"))?;
    let greatest = number(&mut rest).filter(|n| (1..=255).contains(n)).ok_or(damaged("greatest value"))?;
    check_size(width, height)?;
    let (space, samples) = rest.split_first().ok_or(damaged("pixels"))?;
    let samples = samples.get(..width * height).ok_or(damaged("pixels"))?;
    if !space.is_ascii_whitespace() {
        return Err(damaged("header"));
    }
    Ok(GreyPicture { width, height, pixels: samples.iter().map(|s| scaled(*s, greatest)).collect() })
}

fn damaged(part: &'static str) -> PictureError {
    PictureError::DecodePgm { part }
}

/// The next decimal number; white space and comments before it are skipped, one at least.
fn number(rest: &mut &[u8]) -> Option<usize> {
    let start = skip_blank(rest);
    let digits = start.iter().take_while(|b| b.is_ascii_digit()).count();
    if start.len() == rest.len() || digits == 0 {
        return None;
    }
    let (text, after) = start.split_at(digits);
    *rest = after;
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn skip_blank(mut rest: &[u8]) -> &[u8] {
    loop {
        rest = rest.trim_ascii_start();
        match rest {
            [b'#', comment @ ..] => {
                let end = comment.iter().position(|b| *b == b'\n').unwrap_or(comment.len());
                rest = comment.get(end..).unwrap_or_default();
            }
            _ => return rest,
        }
    }
}

/// A sample of 0 to `greatest` on the scale of 0 to 255; greater ones are white.
fn scaled(sample: u8, greatest: usize) -> u8 {
    u8::try_from((usize::from(sample) * 255 + greatest / 2) / greatest).unwrap_or(u8::MAX)
}
