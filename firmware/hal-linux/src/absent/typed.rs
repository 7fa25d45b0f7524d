//! The attendant's keys typed as lines, for a desk without a panel.
//!
//! A line is words between blanks, each a key by name: `ok` 确认, `back` 返回, `accept` 接受证明, `companion` 同行人,
//! `emergency` 就医 · 急诊, `document` 录入证件, `temperature` 复测体温, `logout` 退出. Any other word of digits and
//! capital letters is typed character by character: `1234 ok`, `document 1 E12345678 ok`.
//! Promises: no call blocks; a word that is neither presses nothing, not even in part; a line over 256 bytes is
//! dropped whole; what was typed is in no `Debug` and no log, and in this memory no longer than until it is taken.
//! It must not know: what a key does.

use std::collections::VecDeque;
use std::io::Stdin;

use gate_core::attendant::Key;
use gate_hal::DeviceFault;
use gate_hal::keys::Keys;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::AsFd;
use zeroize::{Zeroize, Zeroizing};

/// Bytes of the longest line, its end not counted.
const LONGEST_LINE: usize = 256;
/// Bytes taken from the kernel at once.
const CHUNK: usize = 256;

/// Keys from the lines of a file: a terminal, a pipe.
pub struct TypedKeys<F> {
    from: F,
    source: Source,
    line: Zeroizing<Vec<u8>>,
    pressed: VecDeque<Key>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Open,
    Ended,
}

impl<F> std::fmt::Debug for TypedKeys<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The keys may be a PIN or a document number.
        write!(f, "TypedKeys({:?}, {} keys)", self.source, self.pressed.len())
    }
}

impl TypedKeys<Stdin> {
    /// Keys from stdin.
    #[must_use]
    pub fn on_stdin() -> Self {
        Self::new(std::io::stdin())
    }
}

impl<F: AsFd> TypedKeys<F> {
    /// Keys from the lines of `from`, which nobody else reads.
    #[must_use]
    pub fn new(from: F) -> Self {
        // Room for all that they ever hold: a buffer that grows leaves copies behind.
        let line = Zeroizing::new(Vec::with_capacity(LONGEST_LINE + 1));
        Self { from, source: Source::Open, line, pressed: VecDeque::with_capacity(LONGEST_LINE) }
    }

    /// Takes what has been typed, at most one chunk: the rest waits in the kernel.
    fn take_typed(&mut self) {
        let mut chunk = [0; CHUNK];
        match read_ready(&self.from, &mut chunk) {
            Ready::Nothing => {}
            Ready::End => self.source = Source::Ended,
            Ready::Bytes(count) => chunk.iter().take(count).for_each(|byte| self.take_byte(*byte)),
        }
        chunk.zeroize();
    }

    fn take_byte(&mut self, byte: u8) {
        if byte == b'\n' {
            if self.line.len() <= LONGEST_LINE {
                let words = self.line.split(u8::is_ascii_whitespace);
                words.for_each(|word| press(word, &mut self.pressed));
            }
            self.line.zeroize();
        } else if self.line.len() <= LONGEST_LINE {
            self.line.push(byte); // one more than the longest marks a line to be dropped
        }
    }
}

impl<F: AsFd> Keys for TypedKeys<F> {
    fn pressed(&mut self) -> Option<Key> {
        if self.pressed.is_empty() && self.source == Source::Open {
            self.take_typed();
        }
        let key = self.pressed.pop_front();
        if key.is_some() && self.pressed.is_empty() {
            // What was taken still stands in the ring.
            self.pressed.resize(LONGEST_LINE, Key::Ok);
            self.pressed.clear();
        }
        key
    }

    /// An input that ended is nobody's keyboard.
    fn health(&mut self) -> Result<(), DeviceFault> {
        Ok(())
    }
}

enum Ready {
    Nothing,
    Bytes(usize),
    End,
}

/// Reads only what is there: the file may be one whose reading waits.
fn read_ready(from: impl AsFd, chunk: &mut [u8]) -> Ready {
    let mut asked = [PollFd::new(&from, PollFlags::IN)];
    match poll(&mut asked, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) {
        Ok(0) | Err(_) => return Ready::Nothing,
        Ok(_) => {}
    }
    match rustix::io::read(&from, chunk) {
        Ok(0) => Ready::End,
        Ok(count) => Ready::Bytes(count),
        Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ready::Nothing,
        Err(_) => Ready::End,
    }
}

fn press(word: &[u8], keys: &mut VecDeque<Key>) {
    match named(word) {
        Some(key) => keys.push_back(key),
        // Nothing for a word with any other character: half a PIN is a wrong PIN.
        None if word.iter().all(|byte| spelled(*byte).is_some()) => {
            keys.extend(word.iter().filter_map(|byte| spelled(*byte)));
        }
        None => {}
    }
}

fn named(word: &[u8]) -> Option<Key> {
    Some(match word {
        b"ok" => Key::Ok,
        b"back" => Key::Back,
        b"accept" => Key::Accept,
        b"companion" => Key::Companion,
        b"emergency" => Key::Emergency,
        b"document" => Key::Document,
        b"temperature" => Key::Temperature,
        b"clock" => Key::Clock,
        b"again" => Key::SayAgain,
        b"logout" => Key::Logout,
        _ => return None,
    })
}

fn spelled(byte: u8) -> Option<Key> {
    match byte {
        digit @ b'0'..=b'9' => Some(Key::Digit(digit - b'0')),
        letter @ b'A'..=b'Z' => Some(Key::Letter(letter)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{PipeReader, PipeWriter};

    use super::*;

    fn typing() -> (PipeWriter, TypedKeys<PipeReader>) {
        let (from, to) = std::io::pipe().unwrap();
        (to, TypedKeys::new(from))
    }

    fn keys_for(typed: &[u8]) -> Vec<Key> {
        let (to, mut keys) = typing();
        rustix::io::write(&to, typed).unwrap();
        // A call takes one chunk; a dropped line may fill several without a key.
        (0..16).flat_map(|_| std::iter::from_fn(|| keys.pressed()).collect::<Vec<_>>()).collect()
    }

    #[test]
    fn every_key_has_a_word() {
        let words = b"ok back accept companion emergency document temperature again logout\n";
        let expected = [
            Key::Ok,
            Key::Back,
            Key::Accept,
            Key::Companion,
            Key::Emergency,
            Key::Document,
            Key::Temperature,
            Key::SayAgain,
            Key::Logout,
        ];
        assert_eq!(keys_for(words), expected);
    }

    #[test]
    fn digits_and_capitals_are_typed_one_by_one() {
        assert_eq!(keys_for(b" E1\tok\r\n"), [Key::Letter(b'E'), Key::Digit(1), Key::Ok]);
    }

    #[test]
    fn a_word_that_is_no_key_presses_nothing_not_even_in_part() {
        assert_eq!(keys_for(b"12x4 Ok \xFF 7\n"), [Key::Digit(7)]);
    }

    #[test]
    fn nothing_is_pressed_before_the_line_ends_and_no_call_waits() {
        let (to, mut keys) = typing();
        assert_eq!(keys.pressed(), None);
        rustix::io::write(&to, b"1").unwrap();
        assert_eq!(keys.pressed(), None);
        rustix::io::write(&to, b"2\n").unwrap();
        assert_eq!((keys.pressed(), keys.pressed()), (Some(Key::Digit(1)), Some(Key::Digit(2))));
    }

    #[test]
    fn an_endless_line_is_dropped_whole_and_the_next_one_counts() {
        let mut typed = vec![b'1'; 2_000];
        typed.extend(b"\n5\n");
        assert_eq!(keys_for(&typed), [Key::Digit(5)]);
    }

    #[test]
    fn the_longest_line_is_taken() {
        let mut typed = vec![b'1'; LONGEST_LINE];
        typed.push(b'\n');
        assert_eq!(keys_for(&typed).len(), LONGEST_LINE);
    }

    #[test]
    fn after_the_end_nothing_is_pressed_and_nothing_is_asked() {
        let (to, mut keys) = typing();
        rustix::io::write(&to, b"1\n").unwrap();
        drop(to);
        assert_eq!((keys.pressed(), keys.pressed()), (Some(Key::Digit(1)), None));
        assert_eq!(keys.source, Source::Ended);
    }

    #[test]
    fn what_was_typed_is_not_printed() {
        let (to, mut keys) = typing();
        rustix::io::write(&to, b"9876\n").unwrap();
        keys.pressed();
        assert_eq!(format!("{keys:?}"), "TypedKeys(Open, 3 keys)");
    }
}
