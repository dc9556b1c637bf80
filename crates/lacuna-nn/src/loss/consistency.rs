//! Agreement with a teacher where nothing is known: mean teacher (Tarvainen and Valpola 2017) on unknown pixels.

use burn::tensor::Tensor;
use rayon::prelude::*;

use super::{LossError, sigmoid};
use crate::ops::{HostLoss, host_loss};

/// Σ (σ(logit) − teacher)² over the unknown pixels of every class, divided by `unknown`, the number of those in all
/// micro-batches of the step.
///
/// # Shapes
/// - `logits`: `[N, C, H, W]`
/// - `teacher`: the same, the teacher's probabilities of the same pictures
/// - `weight`: the same; 0 = unknown
///
/// # Errors
/// When the slices have not as many values.
pub fn consistency(
    logits: Tensor<4>,
    teacher: &[f32],
    weight: &[f32],
    unknown: usize,
) -> Result<Tensor<1>, LossError> {
    let shape = logits.dims();
    for (what, values) in [("teacher", teacher), ("weight", weight)] {
        if values.len() != shape.iter().product::<usize>() {
            return Err(LossError::Length { what, found: values.len(), shape });
        }
    }
    let share = 1.0 / unknown.max(1) as f64;
    Ok(host_loss(logits, &Consistency { teacher, weight, share }))
}

struct Consistency<'a> {
    teacher: &'a [f32],
    weight: &'a [f32],
    share: f64,
}

impl HostLoss for Consistency<'_> {
    fn evaluate(&self, logits: &[f32], shape: [usize; 4], gradient: &mut [f32]) -> f64 {
        let plane = (shape[2] * shape[3]).max(1);
        let sums: Vec<f64> = gradient
            .par_chunks_mut(plane)
            .zip(logits.par_chunks(plane))
            .zip(self.teacher.par_chunks(plane).zip(self.weight.par_chunks(plane)))
            .map(|((gradient, logits), (teacher, weight))| {
                let mut sum = 0.0;
                for (index, gradient) in gradient.iter_mut().enumerate() {
                    let unknown = weight[index] == 0.0;
                    let p = sigmoid(logits[index]);
                    let difference = if unknown { p - teacher[index] } else { 0.0 };
                    sum += f64::from(difference * difference);
                    *gradient = (self.share * f64::from(2.0 * difference * p * (1.0 - p))) as f32;
                }
                sum
            })
            .collect();
        self.share * sums.iter().sum::<f64>()
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
    fn is_pytorchs_and_leaves_known_pixels_alone() {
        let reference = partial();
        let [logits, teacher, weight] =
            ["logits", "teacher", "weight"].map(|name| floats(&reference[name]));
        let unknown = weight.iter().filter(|w| **w == 0.0).count();
        let (loss, gradient) = gradient_of(&logits, SHAPE, |logits| {
            consistency(logits, &teacher, &weight, unknown).unwrap()
        });
        let expected = &reference["consistency"];
        assert_close("loss", &[loss], &[expected["value"].as_f64().unwrap() as f32], 1e-6);
        assert_close("gradient", &gradient, &floats(&expected["gradient"]), 1e-6);
        for (gradient, _) in gradient.iter().zip(&weight).filter(|(_, w)| **w > 0.0) {
            assert_eq!(*gradient, 0.0);
        }
        let logits = engine::tensor(logits, SHAPE, &engine::device("cpu").unwrap());
        assert!(consistency(logits, &teacher[1..], &weight, unknown).is_err());
    }
}
