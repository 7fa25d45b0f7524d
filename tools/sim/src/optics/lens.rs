//! The camera: blur, uneven light, exposure, the sensor's noise and its limits.
//!
//! Must not know: what is in the picture.

use super::Light;
use super::dice::Dice;

/// A camera and the light it works in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lens {
    /// Out of focus by this many pixels (standard deviation), 0 to 8.
    pub blur: f32,
    /// How much darker the corners are than the middle, 0 to 1.
    pub vignette: f32,
    /// How much darker the right edge is than the left one, 0 to 1; negative the other way round.
    pub slope: f32,
    /// Exposure: 1 shows white as 255.
    pub gain: f32,
    /// Standard deviation of the noise at white, of 255; dark places have two thirds of it.
    pub noise: f32,
}

/// A wider blur leaves nothing to look at.
const MAX_BLUR: f32 = 8.0;

impl Lens {
    /// The pixels that this camera makes of `light`.
    pub(super) fn expose(&self, mut light: Light, dice: &mut Dice) -> Vec<u8> {
        blur(&mut light, self.blur.clamp(0.0, MAX_BLUR));
        let (width, height) = (light.width, light.height);
        let mut noise = vec![0.0; width];
        let mut pixels = Vec::with_capacity(light.values.len());
        for (y, row) in light.values.chunks_exact(width).enumerate() {
            dice.normal(&mut noise);
            let from_middle = centred(y, height);
            pixels.extend(row.iter().zip(&noise).enumerate().map(|(x, (value, noise))| {
                self.pixel(value * self.shade(centred(x, width), from_middle), *noise)
            }));
        }
        pixels
    }

    /// How much of the light arrives at a place, given in half widths and half heights from the middle.
    fn shade(&self, x: f32, y: f32) -> f32 {
        let corner = 1.0 - self.vignette * (x * x + y * y) / 2.0;
        let slope = 1.0 - self.slope.abs() * (1.0 + x * self.slope.signum()) / 2.0;
        self.gain * corner * slope
    }

    /// A photon sensor: more light, more noise, though less than in proportion; then 8 bits.
    fn pixel(&self, light: f32, noise: f32) -> u8 {
        let light = light.clamp(0.0, 255.0);
        let deviation = self.noise * (0.4 + 0.6 * light / 255.0).sqrt();
        (light + noise * deviation).round().clamp(0.0, 255.0) as u8
    }
}

/// -1 at one end to 1 at the other.
fn centred(place: usize, size: usize) -> f32 {
    (place as f32 + 0.5) / size as f32 * 2.0 - 1.0
}

/// Gaussian blur, first along the rows, then along the columns; edges repeat.
fn blur(light: &mut Light, deviation: f32) {
    if deviation < 0.1 {
        return;
    }
    let kernel = kernel(deviation);
    blur_rows(light, &kernel);
    blur_columns(light, &kernel);
}

fn kernel(deviation: f32) -> Vec<f32> {
    let reach = (2.5 * deviation).ceil() as i32;
    let weights: Vec<f32> =
        (-reach..=reach).map(|n| (-((n * n) as f32) / (2.0 * deviation * deviation)).exp()).collect();
    let sum: f32 = weights.iter().sum();
    weights.into_iter().map(|w| w / sum).collect()
}

fn blur_rows(light: &mut Light, kernel: &[f32]) {
    let reach = kernel.len() / 2;
    let mut padded = vec![0.0; light.width + 2 * reach];
    for row in light.values.chunks_exact_mut(light.width) {
        padded[..reach].fill(row[0]);
        padded[reach..reach + row.len()].copy_from_slice(row);
        padded[reach + row.len()..].fill(row[row.len() - 1]);
        row.fill(0.0);
        for (shift, weight) in kernel.iter().enumerate() {
            add_weighted(row, &padded[shift..], *weight);
        }
    }
}

fn blur_columns(light: &mut Light, kernel: &[f32]) {
    let (reach, width, last) = (kernel.len() / 2, light.width, light.height - 1);
    let source = std::mem::replace(&mut light.values, vec![0.0; width * light.height]);
    for (y, row) in light.values.chunks_exact_mut(width).enumerate() {
        for (shift, weight) in kernel.iter().enumerate() {
            let from = (y + shift).saturating_sub(reach).min(last);
            add_weighted(row, &source[from * width..], *weight);
        }
    }
}

fn add_weighted(row: &mut [f32], source: &[f32], weight: f32) {
    row.iter_mut().zip(source).for_each(|(value, s)| *value += weight * s);
}

#[cfg(test)]
mod tests {
    use super::super::dice::Purpose;
    use super::*;

    const PERFECT: Lens = Lens { blur: 0.0, vignette: 0.0, slope: 0.0, gain: 1.0, noise: 0.0 };

    fn expose(lens: &Lens, width: usize, values: &[f32]) -> Vec<u8> {
        let light = Light { width, height: values.len() / width, values: values.to_vec() };
        lens.expose(light, &mut Dice::new(1, Purpose::Sensor))
    }

    #[test]
    fn a_perfect_camera_changes_nothing_but_the_limits() {
        assert_eq!(expose(&PERFECT, 2, &[-5.0, 17.4, 254.6, 900.0]), [0, 17, 255, 255]);
    }

    #[test]
    fn blur_spreads_light_evenly_and_keeps_its_sum() {
        let mut point = vec![0.0; 81];
        point[40] = 250.0;
        let seen = expose(&Lens { blur: 1.0, ..PERFECT }, 9, &point);
        assert_eq!(seen[39], seen[41]);
        assert_eq!(seen[39], seen[31]);
        let sum: i32 = seen.iter().map(|p| i32::from(*p)).sum();
        assert!((sum - 250).abs() < 12, "{sum}");
        assert_eq!(expose(&Lens { blur: 3.0, ..PERFECT }, 1, &[90.0; 5]), [90; 5]);
    }

    #[test]
    fn noise_has_the_stated_deviation_and_no_bias() {
        let seen = expose(&Lens { noise: 10.0, ..PERFECT }, 100, &vec![100.0; 10_000]);
        let mean = seen.iter().map(|p| f64::from(*p)).sum::<f64>() / 1e4;
        let spread = (seen.iter().map(|p| (f64::from(*p) - mean).powi(2)).sum::<f64>() / 1e4).sqrt();
        assert!((mean - 100.0).abs() < 0.5 && (spread - 8.0).abs() < 0.3, "{mean} {spread}");
    }

    #[test]
    fn corners_and_the_shaded_side_are_darker() {
        let seen = expose(&Lens { vignette: 0.5, ..PERFECT }, 101, &vec![200.0; 101 * 101]);
        assert!(seen[0] < 110 && seen[50 * 101 + 50] == 200);
        let seen = expose(&Lens { slope: 0.5, ..PERFECT }, 100, &[200.0; 100]);
        assert!(seen[0] == 200 || seen[0] == 199);
        assert!((99..=102).contains(&seen[99]), "{}", seen[99]);
        let seen = expose(&Lens { slope: -0.5, ..PERFECT }, 100, &[200.0; 100]);
        assert!(seen[0] < seen[99]);
    }
}
