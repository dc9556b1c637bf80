//! The losses of both stages, over a sample of anchors or proposals, each computed with its gradient in one pass.

use super::boxes::Xyxy;
use crate::ops::HostLoss;

/// Where the smooth L1 loss turns from a square into a line (torchvision's `beta`).
const BETA: f32 = 1.0 / 9.0;

/// Mean binary cross-entropy of some logits.
#[derive(Debug)]
pub(super) struct ObjectnessLoss {
    /// Index of a logit, and whether it should be high.
    pub(super) sampled: Vec<(usize, bool)>,
}

impl HostLoss for ObjectnessLoss {
    fn evaluate(&self, logits: &[f32], _: [usize; 4], gradient: &mut [f32]) -> f64 {
        gradient.fill(0.0);
        let share = 1.0 / self.sampled.len().max(1) as f64;
        let mut sum = 0.0;
        for (index, positive) in &self.sampled {
            let (logit, target) = (f64::from(logits[*index]), f64::from(u8::from(*positive)));
            // max(l, 0) − l y + ln(1 + e^−|l|), which no logit overflows
            sum += logit.max(0.0) - logit * target + (-logit.abs()).exp().ln_1p();
            gradient[*index] = (share * (1.0 / (1.0 + (-logit).exp()) - target)) as f32;
        }
        sum * share
    }
}

/// Smooth L1 (Girshick 2015) of some codes of boxes: the sum over their four numbers, over `count`.
#[derive(Debug)]
pub(super) struct BoxLoss {
    /// Index of the first of four numbers, and what they should be.
    pub(super) targets: Vec<(usize, Xyxy)>,
    /// Number of all that were sampled, positive or not.
    pub(super) count: usize,
}

impl HostLoss for BoxLoss {
    fn evaluate(&self, codes: &[f32], _: [usize; 4], gradient: &mut [f32]) -> f64 {
        gradient.fill(0.0);
        let share = 1.0 / self.count.max(1) as f32;
        let mut sum = 0.0;
        for (start, target) in &self.targets {
            for (index, target) in (*start..).zip(target) {
                let (value, slope) = smooth_l1(codes[index] - target);
                sum += f64::from(value);
                gradient[index] = slope * share;
            }
        }
        sum / self.count.max(1) as f64
    }
}

/// Value and slope at a difference.
fn smooth_l1(difference: f32) -> (f32, f32) {
    let distance = difference.abs();
    if distance < BETA {
        (0.5 * difference * difference / BETA, difference / BETA)
    } else {
        (distance - 0.5 * BETA, difference.signum())
    }
}

/// Mean categorical cross-entropy of the rows of `[R, classes]`.
#[derive(Debug)]
pub(super) struct ClassifierLoss<'a> {
    pub(super) labels: &'a [usize],
}

impl HostLoss for ClassifierLoss<'_> {
    fn evaluate(&self, logits: &[f32], [_, classes, ..]: [usize; 4], gradient: &mut [f32]) -> f64 {
        let share = 1.0 / self.labels.len().max(1) as f64;
        let mut sum = 0.0;
        let rows = logits.chunks_exact(classes).zip(gradient.chunks_exact_mut(classes));
        for ((logits, gradient), label) in rows.zip(self.labels) {
            let greatest = logits.iter().copied().fold(f32::MIN, f32::max);
            let exponentials = logits.iter().map(|logit| f64::from(logit - greatest).exp());
            let total: f64 = exponentials.clone().sum();
            sum += total.ln() - f64::from(logits[*label] - greatest);
            for (gradient, exponential) in gradient.iter_mut().zip(exponentials) {
                *gradient = (share * exponential / total) as f32;
            }
            gradient[*label] -= share as f32;
        }
        sum * share
    }
}
