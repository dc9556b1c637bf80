//! How much better a later model is than the one that was verified, from the answers there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use lacuna_data::Dataset;
use lacuna_metrics::BootstrapSettings;
use lacuna_metrics::verification::{Gain, GainSurvey, Stratum};

use super::draw::{Picture, Pictures, refuse_if_raised};
use super::{Verification, VerificationError};
use crate::interrupt::Interrupt;
use crate::predict::Predictor;

/// A gain below this is not worth painting for.
pub const WORTHWHILE: f64 = 0.01;

/// Whether painting more of the same can be left: no class may still gain a point of Dice, as far as the answers tell.
pub fn is_exhausted<'a>(gains: impl IntoIterator<Item = &'a Gain>) -> bool {
    let mut gains = gains.into_iter().peekable();
    let is_small = |gain: &Gain| gain.interval.is_some_and(|interval| interval.hi < WORTHWHILE);
    gains.peek().is_some() && gains.all(is_small)
}

impl Verification {
    /// The gain of each class from `before`, the model that the sample was drawn for, to `after`. `progress` is told how
    /// many pictures of how many were looked at.
    ///
    /// # Errors
    /// If the held-back pictures or what is said about them are not those that the sample was drawn from, or `before` is
    /// not its model.
    pub fn gain(
        &self,
        [before, after]: [&Predictor; 2],
        dataset: &Arc<Dataset>,
        settings: &BootstrapSettings,
        interrupt: &Interrupt,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<BTreeMap<String, Gain>, VerificationError> {
        let cases = &self.sample.cases;
        let [earlier, later] =
            [Pictures::new(before, dataset, cases)?, Pictures::new(after, dataset, cases)?];
        let plans = &self.sample.classes;
        let mut surveys: Vec<_> = plans.iter().map(|plan| GainSurvey::new(&plan.strata)).collect();
        for index in 0..cases.len() {
            refuse_if_raised(interrupt)?;
            let pictures = [earlier.read(index)?, later.read(index)?];
            for (class, survey) in surveys.iter_mut().enumerate() {
                self.add_picture(survey, class, index, &pictures)?;
            }
            progress(index + 1, cases.len());
        }
        let named = plans.iter().zip(&surveys);
        let estimate = |(plan, survey): (&super::ClassPlan, &GainSurvey)| {
            Ok((plan.class.clone(), survey.estimate(settings)?))
        };
        named.map(estimate).collect()
    }

    /// Counts a picture of a class and the answers in it.
    fn add_picture(
        &self,
        survey: &mut GainSurvey,
        class: usize,
        index: usize,
        [before, after]: &[Picture; 2],
    ) -> Result<(), VerificationError> {
        let plan = &self.sample.classes[class];
        let pixels = before.pixels(class);
        if plan.strata.count_pixels(pixels)?.pixels != plan.pictures[index].pixels {
            let id = self.sample.cases[index].clone();
            return Err(VerificationError::Changed { id });
        }
        let later = after.pixels(class).probabilities;
        survey.add_picture(pixels, later)?;
        for (point, answer) in self.answers.given() {
            let point = &self.sample.points[*point];
            let stratum = plan.strata.stratum(point.drawn.stratum);
            let is_unknown = matches!(stratum, Some(Stratum::Unknown { .. }));
            if (point.class, point.case) == (class, index) && is_unknown {
                let pixel = point.y * before.size.width + point.x;
                survey.record(pixels.probabilities[pixel], later[pixel], *answer);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use lacuna_metrics::Interval;

    use super::*;

    #[test]
    fn painting_is_exhausted_when_no_class_can_gain_a_point() {
        let gain = |lo, hi| Gain {
            before: None,
            after: None,
            gain: None,
            interval: Some(Interval { lo, hi }),
            changed: 0.0,
        };
        let open = Gain { interval: None, ..gain(0.0, 0.0) };
        let table = [
            (vec![gain(-0.02, 0.009), gain(-0.001, 0.0)], true),
            (vec![gain(-0.02, 0.009), gain(-0.001, 0.011)], false),
            (vec![gain(-0.02, 0.009), open], false),
            (vec![], false),
        ];
        for (gains, expected) in table {
            assert_eq!(is_exhausted(&gains), expected, "{gains:?}");
        }
    }
}
