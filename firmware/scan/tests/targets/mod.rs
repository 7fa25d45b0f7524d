//! What the fuzzers run, from bytes to a look: the same code for the fuzzers and for the replay of their corpora.
//!
//! Promises: any bytes are a case; a case is at most a frame of some hundred pixels a side, so that thousands run
//! in a minute; a payload that was not drawn is a panic.
//! Must not know: how the eye reads.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a fuzzer ends at its first surprise")]

use gate_hal_linux::pixels::{Luma, PixelFormat, RawFrame};
use gate_scan::{Frame, Scanner, Symbols};

mod drawn;
mod input;

use drawn::Drawn;
use input::Input;

/// Pixels as they come: two bytes of size, one of magnification, then grey levels, repeated as often as needed.
pub(crate) fn raw(data: &[u8]) {
    let mut input = Input::new(data);
    let (width, height) = (1 + input.below(320), 1 + input.below(240));
    let module = 1 + input.below(8);
    let tones = input.rest();
    let across = width.div_ceil(module);
    let tone = |n: usize| {
        let cell = n / width / module * across + n % width / module;
        tones.get(cell % tones.len().max(1)).copied().unwrap_or(200)
    };
    let pixels: Vec<u8> = (0..width * height).map(tone).collect();
    assert!(look(&mut Scanner::new(), &pixels, width).len() <= Symbols::MAX);
}

/// One code, warped and damaged.
pub(crate) fn matrix(data: &[u8]) {
    let mut input = Input::new(data);
    let Some(drawn) = Drawn::of(&mut input) else { return };
    let (pixels, width) = drawn.frame(&mut input);
    allow(&look(&mut Scanner::new(), &pixels, width), &[&drawn.payload]);
}

/// A camera's buffer in any format, most often JPEG, and a look at what comes of it.
pub(crate) fn mjpeg(data: &[u8]) {
    let mut input = Input::new(data);
    let kind = input.below(16);
    let (width, height, stride) = (input.below(80), input.below(80), input.below(200));
    let others = [PixelFormat::Grey, PixelFormat::Yuyv, PixelFormat::Nv12];
    let format = others.get(kind).copied().unwrap_or(PixelFormat::Mjpeg);
    let mut luma = Luma::default();
    let raw = RawFrame { bytes: input.rest(), width, height, stride, format };
    if let Ok(frame) = luma.of(&raw) {
        let frame = Frame::new(frame.pixels, frame.width, frame.height, frame.stride).unwrap();
        assert!(Scanner::new().look(&frame).len() <= Symbols::MAX);
    }
}

/// Two codes in turns before one scanner, each frame warped and damaged anew.
pub(crate) fn sequence(data: &[u8]) {
    let mut input = Input::new(data);
    let (Some(one), Some(other)) = (Drawn::of(&mut input), Drawn::of(&mut input)) else { return };
    let mut scanner = Scanner::new();
    for _ in 0..8 {
        if input.is_empty() {
            return;
        }
        let shown = if input.below(4) < 3 { &one } else { &other };
        let (pixels, width) = shown.frame(&mut input);
        allow(&look(&mut scanner, &pixels, width), &[&one.payload, &other.payload]);
    }
}

fn look(scanner: &mut Scanner, pixels: &[u8], width: usize) -> Symbols {
    scanner.look(&Frame::new(pixels, width, pixels.len() / width, width).unwrap())
}

fn allow(symbols: &Symbols, payloads: &[&[u8]]) {
    for symbol in symbols {
        if !payloads.contains(&symbol.bytes()) {
            panic!("a payload that nobody drew: {symbol:?}");
        }
    }
}
