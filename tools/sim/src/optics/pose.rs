//! How a code is held before the camera, and the mapping between its plane and the frame.
//!
//! A pinhole camera: the plane of the code is turned in itself, tilted about an axis in it, and projected.
//! Must not know: what is drawn on the plane.

/// How a code is held.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pose {
    /// Size of a module in pixels where the code's centre is.
    pub module: f32,
    /// Centre of the code, in pixels right of and below the centre of the frame.
    pub offset: (f32, f32),
    /// Turned clockwise, in degrees.
    pub turn: f32,
    /// Tilted out of the picture plane, in degrees: 0 faces the camera.
    pub tilt: f32,
    /// Direction of the axis it is tilted about, in degrees: 0 lies across and brings the upper edge nearer.
    pub axis: f32,
}

impl Pose {
    /// Upright in the middle of the frame, with modules of this many pixels.
    #[must_use]
    pub fn facing(module: f32) -> Self {
        Self { module, offset: (0.0, 0.0), turn: 0.0, tilt: 0.0, axis: 0.0 }
    }
}

/// Focal length in widths of the frame: the field of view of a webcam.
const FOCAL: f64 = 1.2;

/// Between the plane of a code (in modules from its top left corner) and the frame (in pixels).
pub(super) struct Mapping {
    to_frame: Matrix,
    to_plane: Matrix,
}

type Matrix = [[f64; 3]; 3];

impl Mapping {
    /// For a code of `side` modules held in `pose` before a frame of `(width, height)` pixels.
    pub(super) fn new(pose: &Pose, side: f32, (width, height): (usize, usize)) -> Self {
        let focal = FOCAL * width.max(height) as f64;
        let rotation = rotation(pose);
        let centre =
            (width as f64 / 2.0 + f64::from(pose.offset.0), height as f64 / 2.0 + f64::from(pose.offset.1));
        let middle = f64::from(side) / 2.0;
        let scale = f64::from(pose.module);
        // Column by column: where the plane's u axis, its v axis and its origin go.
        let [u, v] = [0, 1].map(|c| [rotation[0][c] * scale, rotation[1][c] * scale, rotation[2][c] * scale]);
        let origin = [0, 1, 2].map(|r| -(u[r] + v[r]) * middle + if r == 2 { focal } else { 0.0 });
        let project = |p: [f64; 3]| [focal * p[0] + centre.0 * p[2], focal * p[1] + centre.1 * p[2], p[2]];
        let to_frame = transposed([project(u), project(v), project(origin)]);
        Self { to_plane: inverse(&to_frame), to_frame }
    }

    /// Where a point of the plane appears.
    pub(super) fn to_frame(&self, u: f32, v: f32) -> (f32, f32) {
        apply(&self.to_frame, u, v)
    }

    /// What point of the plane is seen at a place in the frame.
    pub(super) fn to_plane(&self, x: f32, y: f32) -> (f32, f32) {
        apply(&self.to_plane, x, y)
    }
}

/// First the turn in the plane, then the tilt about the axis (Rodrigues' formula).
fn rotation(pose: &Pose) -> Matrix {
    let [turn, tilt, axis] = [pose.turn, pose.tilt, pose.axis].map(|degrees| f64::from(degrees).to_radians());
    let (sin_turn, cos_turn) = turn.sin_cos();
    let (sin, cos) = tilt.sin_cos();
    let (y, x) = axis.sin_cos();
    let tilted = [
        [cos + x * x * (1.0 - cos), x * y * (1.0 - cos), y * sin],
        [x * y * (1.0 - cos), cos + y * y * (1.0 - cos), -x * sin],
        [-y * sin, x * sin, cos],
    ];
    tilted.map(|[a, b, c]| [a * cos_turn + b * sin_turn, b * cos_turn - a * sin_turn, c])
}

fn transposed(m: Matrix) -> Matrix {
    [0, 1, 2].map(|r| [m[0][r], m[1][r], m[2][r]])
}

/// The inverse up to a factor, which a projective mapping does not mind: the adjugate.
fn inverse(m: &Matrix) -> Matrix {
    let minor = |r: usize, c: usize| {
        let (r1, r2, c1, c2) = ((r + 1) % 3, (r + 2) % 3, (c + 1) % 3, (c + 2) % 3);
        m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
    };
    [0, 1, 2].map(|r| [0, 1, 2].map(|c| minor(c, r)))
}

fn apply(m: &Matrix, a: f32, b: f32) -> (f32, f32) {
    let (a, b) = (f64::from(a), f64::from(b));
    let [x, y, w] = m.map(|row| row[0] * a + row[1] * b + row[2]);
    ((x / w) as f32, (y / w) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: (f32, f32), b: (f32, f32)) -> bool {
        (a.0 - b.0).abs() < 0.01 && (a.1 - b.1).abs() < 0.01
    }

    #[test]
    fn a_code_that_faces_the_camera_is_only_scaled() {
        let mapping = Mapping::new(&Pose::facing(4.0), 20.0, (640, 480));
        assert!(near(mapping.to_frame(0.0, 0.0), (280.0, 200.0)));
        assert!(near(mapping.to_frame(20.0, 0.0), (360.0, 200.0)));
        assert!(near(mapping.to_frame(20.0, 20.0), (360.0, 280.0)));
    }

    #[test]
    fn a_turn_is_clockwise_and_a_tilt_makes_the_far_edge_shorter() {
        let turned = Mapping::new(&Pose { turn: 90.0, ..Pose::facing(4.0) }, 20.0, (640, 480));
        assert!(near(turned.to_frame(0.0, 0.0), (360.0, 200.0)));
        let tilted = Mapping::new(&Pose { tilt: 30.0, ..Pose::facing(4.0) }, 20.0, (640, 480));
        let edge = |v| tilted.to_frame(20.0, v).0 - tilted.to_frame(0.0, v).0;
        assert!(edge(0.0) > edge(20.0) + 1.0);
        assert!((edge(10.0) - 80.0).abs() < 0.1, "the middle keeps its size");
    }

    #[test]
    fn what_is_seen_at_a_place_is_what_appears_there() {
        let pose = Pose { module: 5.0, offset: (31.0, -17.0), turn: 23.0, tilt: 40.0, axis: 70.0 };
        let mapping = Mapping::new(&pose, 49.0, (640, 480));
        for (u, v) in [(0.0, 0.0), (49.0, 3.0), (12.5, 44.0), (-4.0, 53.0)] {
            let (x, y) = mapping.to_frame(u, v);
            assert!(near(mapping.to_plane(x, y), (u, v)));
        }
    }
}
