//! Lines of a table, one at a time, numbered as an editor numbers them: each line feed ends one, whatever stands before it.
//! Promises: memory for 64 KiB whatever comes; a line that is too long is told and stepped over, the next one is read; no
//! two lines have one number;
//! the room is wiped when dropped, because names and numbers pass through it.
//! Must not know: what a line says.

use std::io::{self, ErrorKind, Read};

use zeroize::Zeroizing;

/// The longest line, in bytes without its end.
pub(crate) const MAX_LINE_BYTES: usize = 1024;
const ROOM_BYTES: usize = 1 << 16;
/// A line that goes on for so many bytes will not end: it is no table.
const ENDLESS_BYTES: usize = 1 << 24;

/// A table as it is read.
pub(crate) struct Lines<R> {
    inner: R,
    room: Zeroizing<Vec<u8>>,
    start: usize,
    end: usize,
    number: u64,
    bytes: u64,
}

/// One line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// Its bytes, without line feed and carriage return.
    Text(&'a [u8]),
    /// More than [`MAX_LINE_BYTES`].
    TooLong,
}

impl<R: Read> Lines<R> {
    pub(crate) fn of(inner: R) -> Lines<R> {
        Lines { inner, room: Zeroizing::new(vec![0; ROOM_BYTES]), start: 0, end: 0, number: 0, bytes: 0 }
    }

    /// Bytes of the lines given out so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next line with its number, from 1; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<(u64, Line<'_>)>> {
        let mut passed = 0;
        loop {
            let held = self.room.get(self.start..self.end).unwrap_or(&[]);
            if let Some(length) = held.iter().position(|byte| *byte == b'\n') {
                return Ok(Some(self.give(passed, length, 1)));
            }
            if held.len() > MAX_LINE_BYTES {
                // Whatever follows, this line is too long: its bytes need not be kept.
                passed += held.len();
                (self.start, self.end) = (0, 0);
                if passed > ENDLESS_BYTES {
                    return Err(io::Error::new(ErrorKind::InvalidData, "a line that does not end"));
                }
            }
            if self.fill()? == 0 {
                let rest = self.end - self.start;
                return Ok((passed + rest > 0).then(|| self.give(passed, rest, 0)));
            }
        }
    }

    fn give(&mut self, passed: usize, length: usize, ending: usize) -> (u64, Line<'_>) {
        let first = self.start;
        self.start += length + ending;
        self.number += 1;
        self.bytes += (passed + length + ending) as u64;
        let text = self.room.get(first..first + length).unwrap_or(&[]);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let fits = passed == 0 && text.len() <= MAX_LINE_BYTES;
        (self.number, if fits { Line::Text(text) } else { Line::TooLong })
    }

    fn fill(&mut self) -> io::Result<usize> {
        self.room.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        loop {
            match self.inner.read(self.room.get_mut(self.end..).unwrap_or(&mut [])) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(count) => {
                    self.end += count;
                    return Ok(count);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives so many bytes at a time.
    struct Drops<'a>(&'a [u8], usize);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(self.1).min(buffer.len());
            let (now, later) = self.0.split_at(count);
            buffer[..count].copy_from_slice(now);
            self.0 = later;
            Ok(count)
        }
    }

    fn lengths(table: &[u8], drop: usize) -> Vec<(u64, Option<usize>)> {
        let mut lines = Lines::of(Drops(table, drop));
        let mut found = Vec::new();
        while let Some((number, line)) = lines.next().unwrap() {
            found.push((number, if let Line::Text(text) = line { Some(text.len()) } else { None }));
        }
        assert_eq!(lines.bytes(), table.len() as u64);
        found
    }

    #[test]
    fn a_line_too_long_is_stepped_over_and_the_next_one_read_whole() {
        for long in [MAX_LINE_BYTES + 1, ROOM_BYTES - 1, ROOM_BYTES, ROOM_BYTES + 1, 3 * ROOM_BYTES + 5] {
            let table = [&b"ab\r\n"[..], &vec![b'x'; long], b"\n\nlast"].concat();
            for drop in [1, 7, 4096, usize::MAX] {
                let expected = [(1, Some(2)), (2, None), (3, Some(0)), (4, Some(4))];
                assert_eq!(lengths(&table, drop), expected, "{long} by {drop}");
            }
        }
        assert_eq!(lengths(&vec![b'x'; MAX_LINE_BYTES], 9), [(1, Some(MAX_LINE_BYTES))]);
        assert_eq!(lengths(b"", 1), []);
    }

    #[test]
    fn a_line_feed_ends_a_line_and_a_carriage_return_alone_does_not() {
        let table = b"a\nb\r\nc\n\r\nd\re\n";
        let expected = [(1, Some(1)), (2, Some(1)), (3, Some(1)), (4, Some(0)), (5, Some(3))];
        assert_eq!(lengths(table, 2), expected);
    }

    #[test]
    fn a_line_that_never_ends_is_given_up() {
        let mut lines = Lines::of(io::repeat(b'7'));
        assert!(lines.next().is_err());
    }
}
