//! Gated CRF loss: neighbours of like colour should be of one class (Obukhov, Georgoulis, Dai, Van Gool 2019).
//!
//! L = 1 / (N·C·H·W) · Σ_a Σ_{b ≠ a, |b − a|∞ ≤ r} k(a, b) · (p_a (1 − p_b) + (1 − p_a) p_b), per class, with
//! k(a, b) = exp(−|x_a − x_b|² / 2σ_xy² − |rgb_a − rgb_b|² / 2σ_rgb²): the paper's Potts model with "this class" and "not
//! this class" as the two labels. Neighbours beyond the picture's border are left out.

use burn::tensor::Tensor;
use rayon::prelude::*;

use super::{LossError, sigmoid};
use crate::ops::{HostLoss, host_loss};

/// Shape of the kernel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GatedCrf {
    /// Farthest neighbour along each axis, in pixels.
    pub radius: usize,
    /// Standard deviation of the distance in pixels.
    pub sigma_xy: f64,
    /// Standard deviation of the distance in colour, on the scale 0–1.
    pub sigma_rgb: f64,
}

impl Default for GatedCrf {
    /// The paper's.
    fn default() -> Self {
        Self { radius: 5, sigma_xy: 6.0, sigma_rgb: 0.1 }
    }
}

impl GatedCrf {
    /// The loss; a share of the step's where `images` pictures are in all of its micro-batches.
    ///
    /// # Shapes
    /// - `logits`: `[N, C, H, W]`
    /// - `pictures`: `[N, 3, H, W]`, normalised with standard deviations `sd`
    ///
    /// # Errors
    /// When the pictures have not as many values.
    pub fn forward(
        &self,
        logits: Tensor<4>,
        pictures: &[f32],
        sd: [f32; 3],
        images: usize,
    ) -> Result<Tensor<1>, LossError> {
        let shape = logits.dims();
        let [n, classes, height, width] = shape;
        if pictures.len() != n * 3 * height * width {
            let shape = [n, 3, height, width];
            return Err(LossError::Length { what: "pictures", found: pictures.len(), shape });
        }
        let share = 1.0 / (images.max(1) * classes * height * width).max(1) as f64;
        Ok(host_loss(logits, &Energy { crf: *self, pictures, sd, share }))
    }
}

struct Energy<'a> {
    crf: GatedCrf,
    pictures: &'a [f32],
    sd: [f32; 3],
    share: f64,
}

impl HostLoss for Energy<'_> {
    fn evaluate(&self, logits: &[f32], shape: [usize; 4], gradient: &mut [f32]) -> f64 {
        let [_, classes, height, width] = shape;
        let area = (height * width).max(1);
        let image = (classes * area).max(1);
        let sums: Vec<f64> = gradient
            .par_chunks_mut(image)
            .zip(logits.par_chunks(image))
            .zip(self.pictures.par_chunks(3 * area))
            .map(|((gradient, logits), picture)| {
                let probabilities: Vec<f32> = logits.iter().map(|l| sigmoid(*l)).collect();
                gradient.fill(0.0);
                let sum = self.of_image(&probabilities, picture, [height, width], gradient);
                for (gradient, p) in gradient.iter_mut().zip(&probabilities) {
                    *gradient *= (2.0 * self.share) as f32 * p * (1.0 - p);
                }
                sum
            })
            .collect();
        self.share * sums.iter().sum::<f64>()
    }
}

impl Energy<'_> {
    /// Σ over ordered pairs; adds Σ_b k(a, b) (1 − 2 p_b) to the gradient of each p_a.
    fn of_image(
        &self,
        probabilities: &[f32],
        picture: &[f32],
        [height, width]: [usize; 2],
        gradient: &mut [f32],
    ) -> f64 {
        let area = height * width;
        let mut sum = 0.0;
        for (down, right, near) in self.half_window() {
            let (first, beyond) = ((-right).max(0) as usize, right.max(0) as usize);
            for y in 0..height.saturating_sub(down) {
                for x in first..width.saturating_sub(beyond) {
                    let a = y * width + x;
                    let b = ((y + down) * width).wrapping_add_signed(x as isize + right);
                    let kernel = near * self.color_kernel(picture, area, a, b);
                    for class in (0..probabilities.len()).step_by(area) {
                        let (p, q) = (probabilities[class + a], probabilities[class + b]);
                        // both orders of the pair
                        sum += f64::from(2.0 * kernel * (p * (1.0 - q) + (1.0 - p) * q));
                        gradient[class + a] += kernel * (1.0 - 2.0 * q);
                        gradient[class + b] += kernel * (1.0 - 2.0 * p);
                    }
                }
            }
        }
        sum
    }

    /// Offsets down and right of one half of the neighbours, and their spatial kernel; the other half mirrors it.
    fn half_window(&self) -> Vec<(usize, isize, f32)> {
        let GatedCrf { radius, sigma_xy, .. } = self.crf;
        let reach = radius as isize;
        let offsets =
            (0..=radius).flat_map(|down| (-reach..=reach).map(move |right| (down, right)));
        offsets
            .filter(|(down, right)| *down > 0 || *right > 0)
            .map(|(down, right)| {
                let squared = (down * down) as f64 + (right * right) as f64;
                (down, right, (-squared / (2.0 * sigma_xy * sigma_xy)).exp() as f32)
            })
            .collect()
    }

    fn color_kernel(&self, picture: &[f32], area: usize, a: usize, b: usize) -> f32 {
        let scale = 1.0 / self.crf.sigma_rgb as f32;
        let squared: f32 = (0..3)
            .map(|channel| {
                let difference = picture[channel * area + a] - picture[channel * area + b];
                (difference * self.sd[channel] * scale).powi(2)
            })
            .sum();
        (-0.5 * squared).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::gradient_of;
    use super::*;
    use crate::engine;
    use crate::reference::{assert_close, floats, partial};

    const SHAPE: [usize; 4] = [2, 2, 7, 6];

    #[test]
    fn is_the_published_formula() {
        let reference = partial();
        let [logits, pictures, sd] =
            ["logits", "pictures", "sd"].map(|name| floats(&reference[name]));
        let sd = <[f32; 3]>::try_from(sd).unwrap();
        for expected in reference["gated_crf"].as_array().unwrap() {
            let number = |name: &str| expected[name].as_f64().unwrap();
            let crf = GatedCrf {
                radius: number("radius") as usize,
                sigma_xy: number("sigma_xy"),
                sigma_rgb: number("sigma_rgb"),
            };
            let (loss, gradient) = gradient_of(&logits, SHAPE, |logits| {
                crf.forward(logits, &pictures, sd, SHAPE[0]).unwrap()
            });
            let what = format!("radius {}", crf.radius);
            assert_close(&what, &[loss], &[number("value") as f32], 1e-5);
            assert_close(&what, &gradient, &floats(&expected["gradient"]), 1e-5);
        }
        let logits = engine::tensor(logits, SHAPE, &engine::device("cpu").unwrap());
        assert!(GatedCrf::default().forward(logits, &pictures[1..], sd, 2).is_err());
    }
}
