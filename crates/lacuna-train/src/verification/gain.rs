//! How much better a later model is than the one that was verified, from the answers there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use lacuna_data::Dataset;
use lacuna_metrics::verification::{Gain, GainSurvey, Stratum};
use lacuna_metrics::{BootstrapSettings, Interval};
use serde::{Deserialize, Serialize};

use super::draw::{Picture, Pictures, refuse_if_raised};
use super::{Verification, VerificationError};
use crate::interrupt::Interrupt;
use crate::predict::Predictor;

/// A gain below this is not worth painting for.
pub const WORTHWHILE: f64 = 0.01;

/// What the gains of all classes together say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// A class may have gained a point of Dice or more.
    Open,
    /// No class can have gained a point.
    Small,
    /// A class lost: its whole interval is below 0.
    Worse,
}

impl Verdict {
    /// From the gains of all classes; what a person cannot tell may be anything.
    pub fn of<'a>(gains: impl IntoIterator<Item = &'a Gain>) -> Self {
        let ends: Vec<_> = gains.into_iter().map(|gain| gain.unsure_interval).collect();
        let is_lost = |ends: &Option<Interval>| ends.is_some_and(|ends| ends.hi < 0.0);
        let is_small = |ends: &Option<Interval>| ends.is_some_and(|ends| ends.hi < WORTHWHILE);
        if ends.iter().any(is_lost) {
            Self::Worse
        } else if !ends.is_empty() && ends.iter().all(is_small) {
            Self::Small
        } else {
            Self::Open
        }
    }
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
    use super::*;

    #[test]
    fn a_verdict_is_about_all_classes() {
        let gain = |lo, hi| Gain {
            before: None,
            after: None,
            gain: None,
            interval: None,
            unsure_interval: Some(Interval { lo, hi }),
            changed: 0.0,
        };
        let open = Gain { unsure_interval: None, ..gain(0.0, 0.0) };
        let table = [
            (vec![gain(-0.02, 0.009), gain(-0.001, 0.0)], Verdict::Small),
            (vec![gain(-0.02, 0.009), gain(-0.001, 0.011)], Verdict::Open),
            (vec![gain(-0.02, 0.009), open], Verdict::Open),
            (vec![gain(-0.12, -0.05), gain(0.0, 0.2)], Verdict::Worse),
            (vec![], Verdict::Open),
        ];
        for (gains, expected) in table {
            assert_eq!(Verdict::of(&gains), expected, "{gains:?}");
        }
    }
}
