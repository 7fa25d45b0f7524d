//! Pictures made here and read back; damaged ones refused.

use std::fs;
use std::path::{Path, PathBuf};

use ::png::{BitDepth, ColorType, Encoder};

use super::*;

fn png_of(color: ColorType, depth: BitDepth, (width, height): (u32, u32), data: &[u8]) -> Vec<u8> {
    png_with(color, depth, (width, height), |_| (), data)
}

fn png_with(
    color: ColorType,
    depth: BitDepth,
    (width, height): (u32, u32),
    set: impl FnOnce(&mut Encoder<'_, &mut Vec<u8>>),
    data: &[u8],
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, width, height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    set(&mut encoder);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(data).unwrap();
    writer.finish().unwrap();
    bytes
}

fn pixels(bytes: &[u8]) -> Vec<u8> {
    GreyPicture::decode(bytes).unwrap().pixels
}

#[test]
fn every_kind_of_png_becomes_grey() {
    use BitDepth::{Eight, One, Sixteen};
    let size = (2, 1);
    assert_eq!(pixels(&png_of(ColorType::Grayscale, Eight, size, &[3, 250])), [3, 250]);
    assert_eq!(pixels(&png_of(ColorType::Grayscale, One, size, &[0b0100_0000])), [0, 255]);
    assert_eq!(pixels(&png_of(ColorType::Grayscale, Sixteen, size, &[7, 99, 200, 0])), [7, 200]);
    assert_eq!(pixels(&png_of(ColorType::GrayscaleAlpha, Eight, size, &[0, 0, 9, 255])), [255, 9]);
    assert_eq!(pixels(&png_of(ColorType::Rgb, Eight, size, &[255, 0, 0, 0, 0, 255])), [76, 29]);
    assert_eq!(pixels(&png_of(ColorType::Rgba, Eight, size, &[0, 255, 0, 255, 0, 0, 0, 0])), [150, 255]);
}

#[test]
fn a_palette_is_looked_up_and_its_transparency_is_white() {
    let palette = |e: &mut Encoder<'_, &mut Vec<u8>>| {
        e.set_palette(vec![0, 0, 0, 255, 0, 0, 1, 2, 3]);
        e.set_trns(vec![255, 255, 0]);
    };
    let bytes = png_with(ColorType::Indexed, BitDepth::Eight, (3, 1), palette, &[1, 0, 2]);
    assert_eq!(pixels(&bytes), [76, 0, 255]);
}

#[test]
fn a_pgm_with_comments_and_a_short_scale_is_read() {
    let bytes = b"P5 # made by hand\n2\t2 # size\n100\n\x00\x64\x32\xff";
    let picture = GreyPicture::decode(bytes).unwrap();
    assert_eq!((picture.width, picture.height), (2, 2));
    assert_eq!(picture.pixels, [0, 255, 128, 255]);
}

#[test]
fn a_damaged_pgm_says_which_part() {
    let part = |bytes: &[u8]| match GreyPicture::decode(bytes) {
        Err(PictureError::DecodePgm { part }) => part,
        other => panic!("{other:?}"),
    };
    assert_eq!(part(b"P5"), "width");
    assert_eq!(part(b"P52 2 255\n1234"), "width");
    assert_eq!(part(b"P5 2"), "height");
    assert_eq!(part(b"P5 2 2 65535\n12345678"), "greatest value");
    assert_eq!(part(b"P5 2 2 0\n1234"), "greatest value");
    assert_eq!(part(b"P5 2 2 255\n123"), "pixels");
    assert_eq!(part(b"P5 2 2 255"), "pixels");
    assert_eq!(part(b"P5 99999999999999999999999 2 255\n1"), "width");
    assert_eq!(part(b"P5 2 # never ends"), "height");
}

#[test]
fn a_size_that_is_too_large_is_refused_from_the_header_alone() {
    let pgm = b"P5 4097 4096 255\n";
    assert!(matches!(
        GreyPicture::decode(pgm),
        Err(PictureError::ExceedPixels { width: 4097, height: 4096 })
    ));
    let mut png = png_of(ColorType::Grayscale, BitDepth::Eight, (1, 1), &[0]);
    png.truncate(33);
    png[16..24].copy_from_slice(&[0, 0, 0x40, 0, 0, 0, 0x40, 0]);
    let crc = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    let refused = GreyPicture::decode(&png);
    assert!(
        matches!(refused, Err(PictureError::ExceedPixels { width: 0x4000, height: 0x4000 })),
        "{refused:?}"
    );
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| (c >> 1) ^ (0xEDB8_8320 & (c & 1).wrapping_neg()))
    })
}

#[test]
fn other_content_is_refused_whatever_the_name_says() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("picture.png");
    fs::write(&path, b"GIF89a").unwrap();
    assert!(matches!(GreyPicture::load(&path), Err(PictureError::RecogniseFormat)));
    fs::write(&path, b"P5 1 1 255\n\x07").unwrap();
    assert_eq!(GreyPicture::load(&path).unwrap().pixels, [7]);
    fs::write(&path, b"").unwrap();
    assert!(matches!(GreyPicture::load(&path), Err(PictureError::RecogniseFormat)));
}

#[test]
fn what_is_not_a_regular_file_is_refused_at_once() {
    assert!(matches!(GreyPicture::load(Path::new("/dev/zero")), Err(PictureError::RefuseSpecialFile)));
    assert!(matches!(GreyPicture::load(Path::new("/")), Err(PictureError::RefuseSpecialFile)));
    assert!(matches!(GreyPicture::load(Path::new("/no/such/file")), Err(PictureError::ReadFile(_))));
}

/// The first photograph of the shared data, when it is there.
fn photograph() -> Option<PathBuf> {
    let fallback = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let data = std::env::var_os("GATE_DATA").map_or(fallback, PathBuf::from);
    Some(data.join("qr/boof-blurred/image001.jpg")).filter(|p| p.is_file())
}

#[test]
fn a_damaged_jpeg_is_refused_or_read_but_never_ends_the_program() {
    let Some(path) = photograph() else {
        println!("SKIPPED a_damaged_jpeg_is_refused_or_read_but_never_ends_the_program: GATE_DATA not found");
        return;
    };
    let whole = fs::read(path).unwrap();
    let picture = GreyPicture::decode(&whole).unwrap();
    assert_eq!(picture.pixels.len(), picture.width * picture.height);
    assert!(GreyPicture::decode(&whole[..200]).is_err());
    for n in 0..200 {
        let mut damaged = whole.clone();
        damaged[2 + n * 3] ^= 1 << (n % 8);
        damaged.truncate(whole.len() / (1 + n % 3));
        if let Ok(read) = GreyPicture::decode(&damaged) {
            assert_eq!(read.pixels.len(), read.width * read.height);
        }
    }
}
