//! Exact bytes in, exact luma out; and what drivers and hostile cameras may send.

use super::*;

fn raw(bytes: &[u8], (width, height): (usize, usize), stride: usize, format: PixelFormat) -> RawFrame<'_> {
    RawFrame { bytes, width, height, stride, format }
}

/// The pixels row by row, without padding.
fn rows(raw: &RawFrame<'_>) -> Result<Vec<u8>, LumaError> {
    let mut luma = Luma::default();
    let frame = luma.of(raw)?;
    let row = |y: usize| frame.pixels[y * frame.stride..][..frame.width].to_vec();
    Ok((0..frame.height).flat_map(row).collect())
}

#[test]
fn grey_is_taken_as_it_is_with_its_stride() {
    let bytes = [1, 2, 3, 99, 4, 5, 6];
    assert_eq!(rows(&raw(&bytes, (3, 2), 4, PixelFormat::Grey)), Ok(vec![1, 2, 3, 4, 5, 6]));
    let torn = raw(&bytes[..6], (3, 2), 4, PixelFormat::Grey);
    assert_eq!(rows(&torn), Err(LumaError::LackBytes { have: 6, need: 7 }));
}

#[test]
fn of_yuyv_the_even_bytes_are_luma() {
    let bytes = [10, 128, 11, 129, 12, 130, 13, 131, 0, 0, 20, 128, 21, 129, 22, 130, 23, 131];
    let want = vec![10, 11, 12, 13, 20, 21, 22, 23];
    assert_eq!(rows(&raw(&bytes, (4, 2), 10, PixelFormat::Yuyv)), Ok(want));
    // An odd width has half a pair of colours more than pixels.
    let odd = raw(&bytes, (3, 2), 10, PixelFormat::Yuyv);
    assert_eq!(rows(&odd), Ok(vec![10, 11, 12, 20, 21, 22]));
    let torn = raw(&bytes[..17], (4, 2), 10, PixelFormat::Yuyv);
    assert_eq!(rows(&torn), Err(LumaError::LackBytes { have: 17, need: 18 }));
    let narrow = raw(&bytes, (4, 2), 7, PixelFormat::Yuyv);
    assert_eq!(rows(&narrow), Err(LumaError::OverlapRows { row: 8, stride: 7 }));
}

#[test]
fn of_nv12_the_first_rows_are_luma_and_colours_that_lack_are_a_torn_frame() {
    let bytes = [1, 2, 3, 99, 4, 5, 6, 99, 7, 8, 9, 99, 128, 128, 128, 128, 128, 128, 128, 128];
    let frame = raw(&bytes, (3, 3), 4, PixelFormat::Nv12);
    assert_eq!(rows(&frame), Ok(vec![1, 2, 3, 4, 5, 6, 7, 8, 9]));
    let torn = raw(&bytes[..19], (3, 3), 4, PixelFormat::Nv12);
    assert_eq!(rows(&torn), Err(LumaError::LackBytes { have: 19, need: 20 }));
}

#[test]
fn no_size_or_stride_whatever_overflows_or_allocates() {
    let formats = [PixelFormat::Grey, PixelFormat::Yuyv, PixelFormat::Nv12];
    let numbers = [0, 1, 2, 3, 4096, 4097, 16 * 1024 * 1024, usize::MAX / 2, usize::MAX - 1, usize::MAX];
    for format in formats {
        for (width, height) in numbers.iter().flat_map(|w| numbers.iter().map(|h| (*w, *h))) {
            for stride in numbers {
                let mut luma = Luma::default();
                let frame = luma.of(&raw(&[7; 4], (width, height), stride, format));
                let small = width.saturating_mul(height) <= 4 && width > 0 && height > 0;
                assert!(small || frame.is_err(), "{format:?} {width} x {height}, {stride}");
                assert!(luma.pixels.capacity() <= 64);
            }
        }
    }
}

#[cfg(feature = "mjpeg")]
mod mjpeg {
    use super::*;

    const COLOUR: &[u8] = include_bytes!("colour.jpg");

    fn jpeg(bytes: &[u8], size: (usize, usize)) -> Result<Vec<u8>, LumaError> {
        rows(&raw(bytes, size, 0, PixelFormat::Mjpeg))
    }

    fn is_refused(bytes: &[u8], size: (usize, usize)) -> bool {
        matches!(jpeg(bytes, size), Err(LumaError::RefuseJpeg { .. }))
    }

    #[test]
    fn luma_is_that_of_the_picture_and_grey_pictures_are_taken_too() {
        for bytes in [COLOUR, include_bytes!("grey.jpg")] {
            let pixels = jpeg(bytes, (24, 16)).unwrap();
            // Squares of RGB (20, 160, 250) and (200, 40, 90): luma 128 and 94, as other decoders have it.
            for ((x, y), want) in [((4, 4), 128i32), ((12, 4), 94), ((4, 12), 94), ((12, 12), 128)] {
                assert!(
                    (i32::from(pixels[y * 24 + x]) - want).abs() <= 2,
                    "{x}, {y}: {}",
                    pixels[y * 24 + x]
                );
            }
        }
    }

    #[test]
    fn tables_that_avi_leaves_out_are_the_standard_ones() {
        let stripped = without_huffman(COLOUR);
        assert!(stripped.len() + 200 < COLOUR.len());
        assert_eq!(jpeg(&stripped, (24, 16)), jpeg(COLOUR, (24, 16)));
    }

    /// As a driver sends it: marked `AVI1`, without DHT segments.
    fn without_huffman(jpeg: &[u8]) -> Vec<u8> {
        let mut out = vec![0xFF, 0xD8, 0xFF, 0xE0, 0, 16];
        out.extend(b"AVI1\0\0\0\0\0\0\0\0\0\0");
        let mut at = 2;
        while jpeg[at + 1] != 0xDA {
            let length = 2 + (usize::from(jpeg[at + 2]) << 8 | usize::from(jpeg[at + 3]));
            if !matches!(jpeg[at + 1], 0xC4 | 0xE0) {
                out.extend(&jpeg[at..at + length]);
            }
            at += length;
        }
        out.extend(&jpeg[at..]);
        out
    }

    #[test]
    fn another_size_another_kind_and_other_colours_are_refused() {
        assert!(
            is_refused(COLOUR, (24, 17)) && is_refused(COLOUR, (32, 16)) && is_refused(COLOUR, (640, 480))
        );
        assert!(is_refused(include_bytes!("progressive.jpg"), (24, 16)));
        assert!(is_refused(include_bytes!("cmyk.jpg"), (24, 16)));
        assert!(is_refused(b"", (24, 16)) && is_refused(b"\xFF\xD8\xFF", (24, 16)));
        let long = [COLOUR, &vec![0xFF; 70_000]].concat();
        assert!(is_refused(&long, (24, 16)), "a frame does not go on for ever");
    }

    #[test]
    fn a_frame_that_ends_early_is_refused_and_no_damage_whatever_panics() {
        assert!((0..COLOUR.len() - 40).all(|end| is_refused(&COLOUR[..end], (24, 16))), "cut short");
        for n in 0..COLOUR.len() {
            for flip in [0x01, 0x80, 0xFF] {
                let mut bytes = COLOUR.to_vec();
                bytes[n] ^= flip;
                if let Ok(pixels) = jpeg(&bytes, (24, 16)) {
                    assert_eq!(pixels.len(), 24 * 16);
                }
            }
        }
    }

    #[test]
    fn what_makes_the_decoder_panic_is_refused_before_it_sees_it() {
        let start = COLOUR.windows(2).position(|two| two == [0xFF, 0xC0]).unwrap();
        let header = &COLOUR[start..start + 19];
        let mut twice = COLOUR[..start].to_vec();
        twice.extend([header, &COLOUR[start..]].concat());
        assert!(is_refused(&twice, (24, 16)), "two frame headers");
        for sampling in [0x00, 0x24, 0x41, 0xFF] {
            let mut odd = COLOUR.to_vec();
            odd[start + 14] = sampling;
            assert!(is_refused(&odd, (24, 16)), "sampling {sampling:#x}");
        }
        let scan = COLOUR.windows(2).position(|two| two == [0xFF, 0xDA]).unwrap();
        let mut single = COLOUR[..scan].to_vec();
        single.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, 0xFF, 0xD9]);
        assert!(is_refused(&single, (24, 16)), "a scan of one component of three");
    }
}
