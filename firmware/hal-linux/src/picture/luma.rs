//! Pixels of one to four samples to grey.
//!
//! Promises: integer arithmetic with one stated rounding, so that all machines and the reference tools agree.
//! Must not know: file formats.

/// How the samples of a pixel are laid out, 8 bits each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Samples {
    Grey,
    GreyAlpha,
    Rgb,
    Rgba,
}

/// One grey byte for each whole pixel in `samples`.
pub(super) fn to_grey(samples: Vec<u8>, layout: Samples) -> Vec<u8> {
    match layout {
        Samples::Grey => samples,
        Samples::GreyAlpha => samples.chunks_exact(2).map(|p| over_white(p[0], p[1])).collect(),
        Samples::Rgb => samples.chunks_exact(3).map(|p| luma(p[0], p[1], p[2])).collect(),
        Samples::Rgba => samples.chunks_exact(4).map(|p| over_white(luma(p[0], p[1], p[2]), p[3])).collect(),
    }
}

/// ITU-R BT.601 luma in 16-bit fixed point, rounded: 0.299 R + 0.587 G + 0.114 B.
fn luma(red: u8, green: u8, blue: u8) -> u8 {
    let sum = u32::from(red) * 19595 + u32::from(green) * 38470 + u32::from(blue) * 7471 + 0x8000;
    // The weights add up to 2^16, so that the result is at most 255.
    (sum >> 16) as u8
}

/// What a viewer sees of `grey` with this opacity on a white sheet.
fn over_white(grey: u8, alpha: u8) -> u8 {
    let (grey, alpha) = (u32::from(grey), u32::from(alpha));
    // A mean of two bytes with weights that add up to 255 is a byte.
    ((grey * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luma_keeps_grey_and_weighs_colours_as_bt_601() {
        for v in 0..=255 {
            assert_eq!(luma(v, v, v), v);
        }
        assert_eq!([luma(255, 0, 0), luma(0, 255, 0), luma(0, 0, 255)], [76, 150, 29]);
    }

    #[test]
    fn the_transparent_is_white_and_the_opaque_itself() {
        assert_eq!(over_white(0, 0), 255);
        assert_eq!(over_white(17, 255), 17);
        assert_eq!(over_white(0, 128), 127);
        assert_eq!(to_grey(vec![255, 0, 0, 255, 9, 9, 9, 0], Samples::Rgba), [76, 255]);
        assert_eq!(to_grey(vec![8, 255, 8, 0], Samples::GreyAlpha), [8, 255]);
    }
}
