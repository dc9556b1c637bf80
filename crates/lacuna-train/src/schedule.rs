//! The learning rate as a pure function of the step, so that a resumed run needs no scheduler state.
//!
//! Formulas and step counting are those of `torch.optim.lr_scheduler`: `PolynomialLR`, `CosineAnnealingLR`
//! (down to 0) and `LinearLR` for the warm-up, joined as `SequentialLR` joins them, stepped once an
//! optimiser step.

use std::f64::consts::PI;

/// How the learning rate falls after the warm-up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decay {
    /// Not at all.
    Constant,
    /// (1 − t/T)^power.
    Poly {
        /// The exponent; .9 in DeepLab and nnU-Net.
        power: f64,
    },
    /// (1 + cos(π t/T)) / 2.
    Cosine,
}

/// The learning rate of a whole run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// The learning rate after the warm-up.
    pub lr: f64,
    /// How it falls from there.
    pub decay: Decay,
    /// Optimiser steps of the linear warm-up, which starts at [`Schedule::WARMUP_START`] of the rate.
    pub warmup_steps: u64,
    /// Optimiser steps of the whole run, warm-up included.
    pub total_steps: u64,
}

impl Schedule {
    /// Share of the learning rate at the first step of a warm-up, as in torchvision's references.
    pub const WARMUP_START: f64 = 0.01;

    /// The learning rate of the step that comes after `step` finished optimiser steps.
    pub fn lr(&self, step: u64) -> f64 {
        if step < self.warmup_steps {
            let done = step as f64 / self.warmup_steps as f64;
            return self.lr * (Self::WARMUP_START + (1.0 - Self::WARMUP_START) * done);
        }
        let span = self.total_steps.saturating_sub(self.warmup_steps).max(1);
        let done = ((step - self.warmup_steps) as f64 / span as f64).min(1.0);
        self.lr * self.decay.factor(done)
    }
}

impl Decay {
    /// The factor after the share `done` (0–1) of the steps.
    fn factor(self, done: f64) -> f64 {
        match self {
            Self::Constant => 1.0,
            Self::Poly { power } => (1.0 - done).powf(power),
            Self::Cosine => f64::midpoint(1.0, (PI * done).cos()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Case {
        name: String,
        lr: f64,
        decay: String,
        power: f64,
        warmup_steps: u64,
        total_steps: u64,
        values: Vec<f64>,
    }

    #[test]
    fn learning_rates_are_pytorchs() {
        let text = include_str!("../../../refs/train/schedule.json");
        let cases: Vec<Case> = serde_json::from_str(text).unwrap();
        assert!(cases.len() >= 6);
        for case in cases {
            let decay = match case.decay.as_str() {
                "constant" => Decay::Constant,
                "poly" => Decay::Poly { power: case.power },
                _ => Decay::Cosine,
            };
            let Case { lr, warmup_steps, total_steps, .. } = case;
            let schedule = Schedule { lr, decay, warmup_steps, total_steps };
            assert_eq!(case.values.len() as u64, total_steps, "{}", case.name);
            for (step, expected) in case.values.iter().enumerate() {
                let found = schedule.lr(step as u64);
                // PyTorch multiplies step by step, which costs it a few bits.
                assert!(
                    (found - expected).abs() < 1e-12,
                    "{} {step}: {found} {expected}",
                    case.name
                );
            }
        }
    }

    #[test]
    fn degenerate_runs_have_a_finite_rate() {
        for decay in [Decay::Constant, Decay::Poly { power: 0.9 }, Decay::Cosine] {
            for (warmup_steps, total_steps) in [(0, 0), (0, 1), (5, 5), (9, 5)] {
                let schedule = Schedule { lr: 0.1, decay, warmup_steps, total_steps };
                for step in 0..12 {
                    assert!((0.0..=0.1).contains(&schedule.lr(step)), "{schedule:?} {step}");
                }
            }
        }
    }
}
