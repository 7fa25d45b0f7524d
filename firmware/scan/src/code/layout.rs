//! Which module has which role (ISO/IEC 18004:2015 §6.3, Annex E).
//!
//! Promises: total for versions 1 to 40. Must not know: values of modules.

use std::cell::OnceCell;

/// What a module is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Data,
    /// Dark in every symbol of this version.
    Dark,
    /// Light in every symbol of this version.
    Light,
    /// Format information.
    Format,
}

/// The roles of all modules, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) version: usize,
    pub(crate) side: usize,
    pub(crate) roles: Vec<Role>,
    /// How many are always dark or always light.
    pub(crate) known: usize,
    path: OnceCell<Vec<Step>>,
}

/// A data module on the path of placement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) x: u8,
    pub(crate) y: u8,
    /// Its place in a tile of [`PERIOD`] x [`PERIOD`] modules, row by row.
    pub(crate) phase: u8,
}

/// All masks repeat after so many modules, across and down (§7.8.2).
pub(crate) const PERIOD: usize = 12;

impl Layout {
    /// The layout of a version, 1 to 40.
    pub(crate) fn of(version: usize) -> Self {
        let side = version * 4 + 17;
        let mut layout =
            Self { version, side, roles: vec![Role::Data; side * side], known: 0, path: OnceCell::new() };
        for k in 8..side - 8 {
            let role = if k % 2 == 0 { Role::Dark } else { Role::Light };
            layout.set(k, 6, role);
            layout.set(6, k, role);
        }
        layout.draw_format();
        for (x, y) in [(0, 0), (side - 7, 0), (0, side - 7)] {
            layout.draw_finder(x, y);
        }
        layout.draw_alignments();
        layout.draw_version();
        layout.known = layout.roles.iter().filter(|r| matches!(r, Role::Dark | Role::Light)).count();
        layout
    }

    fn set(&mut self, x: usize, y: usize, role: Role) {
        if let Some(place) = self.roles.get_mut(y * self.side + x) {
            *place = role;
        }
    }

    fn draw_format(&mut self) {
        let side = self.side;
        for k in (0..9).filter(|k| *k != 6) {
            self.set(8, k, Role::Format);
            self.set(k, 8, Role::Format);
        }
        for k in side - 8..side {
            self.set(8, k, Role::Format);
            self.set(k, 8, Role::Format);
        }
        self.set(8, side - 8, Role::Dark);
    }

    /// A finder pattern with its separator, its top left module at (`left`, `top`).
    fn draw_finder(&mut self, left: usize, top: usize) {
        for (x, y) in (0..81).map(|n| (n % 9, n / 9)) {
            let (column, row) = ((left + x).wrapping_sub(1), (top + y).wrapping_sub(1));
            if column < self.side && row < self.side {
                let ring = x.abs_diff(4).max(y.abs_diff(4));
                self.set(column, row, if ring == 2 || ring == 4 { Role::Light } else { Role::Dark });
            }
        }
    }

    fn draw_alignments(&mut self) {
        let centres = alignment_centres(self.version);
        let last = self.side - 7;
        for (x, y) in centres.iter().flat_map(|y| centres.iter().map(move |x| (*x, *y))) {
            if [(6, 6), (last, 6), (6, last)].contains(&(x, y)) {
                continue;
            }
            for (dx, dy) in (0..25).map(|n| (n % 5, n / 5)) {
                let ring = 2usize.abs_diff(dx).max(2usize.abs_diff(dy));
                self.set(x + dx - 2, y + dy - 2, if ring == 1 { Role::Light } else { Role::Dark });
            }
        }
    }

    fn draw_version(&mut self) {
        if self.version < 7 {
            return;
        }
        let word = version_word(self.version as u32);
        for n in 0..18 {
            let role = if word >> n & 1 == 1 { Role::Dark } else { Role::Light };
            let (long, short) = (self.side - 11 + n % 3, n / 3);
            self.set(long, short, role);
            self.set(short, long, role);
        }
    }

    /// The data modules in the order of placement: pairs of columns from the right, up and down in turns (§7.7.3).
    pub(crate) fn path(&self) -> &[Step] {
        self.path.get_or_init(|| self.walked())
    }

    fn walked(&self) -> Vec<Step> {
        let mut path = Vec::with_capacity(self.side * self.side - self.known);
        for k in 0..self.side / 2 {
            let right = self.side - 1 - 2 * k;
            let right = if right <= 6 { right - 1 } else { right };
            for n in 0..2 * self.side {
                let (x, y) = (right - n % 2, if k % 2 == 0 { self.side - 1 - n / 2 } else { n / 2 });
                if self.roles[y * self.side + x] == Role::Data {
                    path.push(Step {
                        x: x as u8,
                        y: y as u8,
                        phase: (y % PERIOD * PERIOD + x % PERIOD) as u8,
                    });
                }
            }
        }
        path
    }
}

/// Version information with its check bits (Annex D).
pub(crate) fn version_word(version: u32) -> u32 {
    let rest = (0..12).fold(version, |r, _| (r << 1) ^ ((r >> 11) * 0x1F25));
    version << 12 | rest
}

/// Rows and columns of the centres of alignment patterns (Annex E); empty in version 1.
pub(crate) fn alignment_centres(version: usize) -> Vec<usize> {
    if version < 2 {
        return Vec::new();
    }
    let count = version / 7 + 2;
    let step = if version == 32 { 26 } else { (version * 4 + count * 2 + 1) / (count * 2 - 2) * 2 };
    let last = version * 4 + 10;
    let mut centres = vec![6];
    centres.extend((0..count - 1).rev().map(|k| last - k * step));
    centres
}

#[cfg(test)]
mod tests {
    use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};

    use super::*;

    #[test]
    fn alignment_centres_are_those_of_annex_e() {
        assert_eq!(alignment_centres(7), [6, 22, 38]);
        assert_eq!(alignment_centres(32), [6, 34, 60, 86, 112, 138]);
        assert_eq!(alignment_centres(40), [6, 30, 58, 86, 114, 142, 170]);
    }

    #[test]
    fn version_words_are_those_of_annex_d() {
        assert_eq!(version_word(7), 0b00_0111_1100_1001_0100);
        assert_eq!(version_word(40), 0b10_1000_1100_0110_1001);
    }

    #[test]
    fn known_modules_have_their_colour_in_every_version() {
        for version in 1..=40u8 {
            let v = Version::new(version);
            let segments = [QrSegment::make_bytes(b"x")];
            let code =
                QrCode::encode_segments_advanced(&segments, QrCodeEcc::Low, v, v, None, false).unwrap();
            let layout = Layout::of(version.into());
            for (n, role) in layout.roles.iter().enumerate() {
                let dark = code.get_module((n % layout.side) as i32, (n / layout.side) as i32);
                match role {
                    Role::Dark => assert!(dark, "version {version}, module {n}"),
                    Role::Light => assert!(!dark, "version {version}, module {n}"),
                    Role::Data | Role::Format => {}
                }
            }
            assert_eq!(layout.path().len(), layout.roles.iter().filter(|r| **r == Role::Data).count());
        }
    }
}
