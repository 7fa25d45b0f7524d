//! Looks at a picture as often as is said: for counting instructions, under callgrind or on another architecture.
//!
//! usage: count LOOKS PICTURE. Every look is by a scanner that has seen nothing; one look more is so many
//! instructions more.

#![expect(clippy::unwrap_used, reason = "a measurement ends at its first surprise")]

use gate_hal_linux::picture::GreyPicture;
use gate_scan::{Frame, Scanner};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let picture = GreyPicture::load(args[1].as_ref()).unwrap();
    let frame = Frame::new(&picture.pixels, picture.width, picture.height, picture.width).unwrap();
    let looks: usize = args[0].parse().unwrap();
    let (read, work) = (0..looks).fold((0, 0), |(read, work), _| {
        let symbols = Scanner::new().look(&frame);
        (read + symbols.len(), work + symbols.work())
    });
    println!("{looks} looks, {read} read, {work} samples of work");
}
