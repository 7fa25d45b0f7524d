//! Pictures in files: a palette where a screen has few enough colours, which most have, so that they stay small.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;

use gate_ui::Canvas;

pub(crate) fn save(path: &Path, canvas: &Canvas) {
    let (width, height) = canvas.size();
    let pixels = canvas.rgb888();
    let mut colours: BTreeMap<&[u8], usize> = pixels.chunks_exact(3).map(|pixel| (pixel, 0)).collect();
    colours.values_mut().enumerate().for_each(|(i, number)| *number = i);
    let mut encoder = png::Encoder::new(BufWriter::new(File::create(path).unwrap()), width, height);
    encoder.set_compression(png::Compression::High);
    let data = if colours.len() <= 256 {
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_palette(colours.keys().copied().flatten().copied().collect::<Vec<u8>>());
        pixels.chunks_exact(3).map(|pixel| colours[pixel] as u8).collect()
    } else {
        encoder.set_color(png::ColorType::Rgb);
        pixels.clone()
    };
    encoder.write_header().unwrap().write_image_data(&data).unwrap();
}

pub(crate) fn load(path: &Path) -> Option<Vec<u8>> {
    let mut decoder = png::Decoder::new(BufReader::new(File::open(path).ok()?));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().ok()?;
    let mut pixels = vec![0; reader.output_buffer_size()?];
    reader.next_frame(&mut pixels).ok()?;
    Some(pixels)
}
