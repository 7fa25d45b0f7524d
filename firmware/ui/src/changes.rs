//! What differs between two drawings, as few rectangles: what a panel behind a slow wire needs.
//! Promises: every pixel that differs lies in exactly one area; equal drawings have none; areas lie within the canvas.
//! Must not know: panels, wires.

use crate::canvas::Canvas;

/// Rows and columns of a tile.
const TILE: u32 = 16;

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// Left edge.
    pub x: u32,
    /// Upper edge.
    pub y: u32,
    /// Width, at least 1.
    pub width: u32,
    /// Height, at least 1.
    pub height: u32,
}

impl Area {
    /// Bytes that it takes to send, two a pixel.
    pub fn bytes(self) -> usize {
        self.width as usize * self.height as usize * 2
    }
}

/// The areas in which `after` differs from `before`: runs of tiles, joined downwards where they are equally wide. A canvas
/// of another size differs everywhere.
pub fn changes(before: &Canvas, after: &Canvas) -> Vec<Area> {
    let (width, height) = after.size();
    if before.size() != after.size() {
        return vec![Area { x: 0, y: 0, width, height }];
    }
    let mut areas: Vec<Area> = Vec::new();
    for y in (0..height).step_by(TILE as usize) {
        let rows = y..height.min(y + TILE);
        for (x, length) in runs(before, after, rows.clone()) {
            let above = areas
                .iter_mut()
                .find(|area| (area.x, area.width) == (x, length) && area.y + area.height == y);
            match above {
                Some(area) => area.height += rows.end - rows.start,
                None => areas.push(Area { x, y, width: length, height: rows.end - rows.start }),
            }
        }
    }
    areas
}

/// Runs of tiles with a difference, as left edge and width.
fn runs(before: &Canvas, after: &Canvas, rows: core::ops::Range<u32>) -> Vec<(u32, u32)> {
    let width = after.size().0;
    let mut differs = vec![false; width.div_ceil(TILE) as usize];
    for y in rows {
        let row = |canvas: &Canvas| -> Vec<u16> {
            let start = y as usize * width as usize;
            canvas.pixels().get(start..start + width as usize).unwrap_or_default().to_vec()
        };
        let (before, after) = (row(before), row(after));
        let tiles = before.chunks(TILE as usize).zip(after.chunks(TILE as usize));
        differs.iter_mut().zip(tiles).for_each(|(differs, (before, after))| *differs |= before != after);
    }
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for x in (0..width).step_by(TILE as usize).zip(differs).filter_map(|(x, differs)| differs.then_some(x)) {
        let tile = TILE.min(width - x);
        match runs.last_mut() {
            Some((start, length)) if *start + *length == x => *length += tile,
            _ => runs.push((x, tile)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dotted(dots: &[(i32, i32)]) -> Canvas {
        let mut canvas = Canvas::new(100, 50).unwrap();
        for (x, y) in dots {
            canvas.row(*x, *y, 1).1[0] = 1;
        }
        canvas
    }

    #[test]
    fn equal_drawings_have_no_changes() {
        assert_eq!(changes(&dotted(&[(1, 1)]), &dotted(&[(1, 1)])), []);
    }

    #[test]
    fn every_difference_lies_in_one_area() {
        let dots = [(0, 0), (20, 3), (99, 49), (20, 17), (50, 40)];
        let areas = changes(&dotted(&[]), &dotted(&dots));
        for (x, y) in dots {
            let holds = |area: &&Area| {
                (area.x..area.x + area.width).contains(&(x as u32))
                    && (area.y..area.y + area.height).contains(&(y as u32))
            };
            assert_eq!(areas.iter().filter(holds).count(), 1, "{x},{y}");
        }
        assert!(areas.iter().all(|area| area.x + area.width <= 100 && area.y + area.height <= 50));
        assert!(areas.iter().map(|area| area.bytes()).sum::<usize>() < 100 * 50 * 2 / 3);
    }

    #[test]
    fn another_size_differs_everywhere() {
        let areas = changes(&Canvas::new(10, 10).unwrap(), &dotted(&[]));
        assert_eq!(areas, [Area { x: 0, y: 0, width: 100, height: 50 }]);
    }
}
