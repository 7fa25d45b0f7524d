//! Writes the picture after each stage as PNG. usage: stages IMAGE FOLDER

#![expect(clippy::unwrap_used, reason = "a tool for developers ends at its first surprise")]

use std::fs::File;
use std::path::{Path, PathBuf};

use gate_hal_linux::picture::GreyPicture;
use gate_scan::Frame;
use gate_scan::stages::{Picture, draw};

fn main() {
    let args: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [image, folder] = &args[..] else {
        eprintln!("usage: stages IMAGE FOLDER");
        std::process::exit(2);
    };
    let grey = GreyPicture::load(image).unwrap();
    let frame = Frame::new(&grey.pixels, grey.width, grey.height, grey.width).unwrap();
    std::fs::create_dir_all(folder).unwrap();
    for picture in draw(&frame) {
        write(&folder.join(format!("{}.png", picture.name)), &picture);
        println!("{} {} x {}", picture.name, picture.width, picture.height);
    }
}

fn write(path: &Path, picture: &Picture) {
    let (width, height) = (picture.width as u32, picture.height as u32);
    let mut encoder = png::Encoder::new(File::create(path).unwrap(), width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(&picture.rgb).unwrap();
}
