//! Places and projective maps.
//!
//! Source of the method: Heckbert 1989, "Fundamentals of texture mapping and image warping" §2.2 (square to
//! quadrilateral in closed form).
//! Promises: no panic on any number; a degenerate map gives places far away or not a number, which
//! `Level::at` takes as an edge.
//! Must not know: pictures.

/// A place in a picture or, in modules, in a code.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spot {
    pub(crate) x: f32,
    pub(crate) y: f32,
}

impl Spot {
    pub(crate) fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self { x: self.x + other.x, y: self.y + other.y }
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        Self { x: self.x - other.x, y: self.y - other.y }
    }

    pub(crate) fn times(self, factor: f32) -> Self {
        Self { x: self.x * factor, y: self.y * factor }
    }

    pub(crate) fn length(self) -> f32 {
        (self.x * self.x + self.y * self.y).sqrt()
    }

    pub(crate) fn to(self, other: Self) -> f32 {
        other.minus(self).length()
    }

    /// The z of the cross product: positive when `other` lies clockwise of `self` on a screen (y downwards).
    pub(crate) fn cross(self, other: Self) -> f32 {
        self.x * other.y - self.y * other.x
    }

    pub(crate) fn dot(self, other: Self) -> f32 {
        self.x * other.x + self.y * other.y
    }
}

/// A projective map of the plane, row-major.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Warp([f32; 9]);

impl Warp {
    /// The map that takes each of four places to its partner.
    pub(crate) fn between(from: [Spot; 4], to: [Spot; 4]) -> Self {
        let product = multiply(from_square(to), adjugate(from_square(from)));
        let scale = if product[8].abs() > 1e-12 { product[8] } else { 1.0 };
        Self(product.map(|v| (v / scale) as f32))
    }

    #[inline]
    pub(crate) fn map(&self, spot: Spot) -> Spot {
        let m = &self.0;
        let z = 1.0 / (m[6] * spot.x + m[7] * spot.y + m[8]);
        Spot::new((m[0] * spot.x + m[1] * spot.y + m[2]) * z, (m[3] * spot.x + m[4] * spot.y + m[5]) * z)
    }
}

/// From (0,0), (1,0), (0,1), (1,1) to four places in that order.
fn from_square([a, b, c, d]: [Spot; 4]) -> [f64; 9] {
    let f = |s: Spot| (f64::from(s.x), f64::from(s.y));
    let ((ax, ay), (bx, by), (cx, cy), (dx, dy)) = (f(a), f(b), f(c), f(d));
    let (sx, sy) = (ax - bx + dx - cx, ay - by + dy - cy);
    let (ex, ey, gx, gy) = (bx - dx, by - dy, cx - dx, cy - dy);
    let det = ex * gy - gx * ey;
    let det = if det.abs() > 1e-12 { det } else { 1e-12 };
    let g = (sx * gy - gx * sy) / det;
    let h = (ex * sy - sx * ey) / det;
    [bx - ax + g * bx, cx - ax + h * cx, ax, by - ay + g * by, cy - ay + h * cy, ay, g, h, 1.0]
}

fn adjugate(m: [f64; 9]) -> [f64; 9] {
    let minor = |a: usize, b: usize, c: usize, d: usize| m[a] * m[d] - m[b] * m[c];
    [
        minor(4, 5, 7, 8),
        -minor(1, 2, 7, 8),
        minor(1, 2, 4, 5),
        -minor(3, 5, 6, 8),
        minor(0, 2, 6, 8),
        -minor(0, 2, 3, 5),
        minor(3, 4, 6, 7),
        -minor(0, 1, 6, 7),
        minor(0, 1, 3, 4),
    ]
}

fn multiply(a: [f64; 9], b: [f64; 9]) -> [f64; 9] {
    std::array::from_fn(|n| (0..3).map(|k| a[n / 3 * 3 + k] * b[k * 3 + n % 3]).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warp_takes_its_four_places_to_their_partners() {
        let from = [(3.5, 3.5), (37.5, 3.5), (3.5, 37.5), (34.5, 34.5)].map(|(x, y)| Spot::new(x, y));
        let to = [(100.0, 80.0), (300.0, 95.0), (90.0, 260.0), (280.0, 300.0)].map(|(x, y)| Spot::new(x, y));
        let warp = Warp::between(from, to);
        for (a, b) in from.iter().zip(to) {
            assert!(warp.map(*a).to(b) < 0.01, "{:?} is not {b:?}", warp.map(*a));
        }
    }

    #[test]
    fn a_degenerate_warp_is_no_panic() {
        let same = [Spot::new(1.0, 1.0); 4];
        let _ = Warp::between(same, same).map(Spot::new(0.0, 0.0));
    }
}
