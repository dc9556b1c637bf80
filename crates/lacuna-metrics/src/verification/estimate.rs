//! From answers to Dice, precision and recall on all pixels.

use super::interval::{Unsure, of_groups, of_pictures};
use super::survey::{AnswerCounts, Survey};
use super::table::{Band, Range, Scores, Table};
use crate::bootstrap::{BootstrapSettings, Interval};
use crate::error::MetricError;
use serde::{Deserialize, Serialize};

/// A measure on all pixels of the held-back pictures, estimated from the answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The Horvitz–Thompson estimate; unsure answers are left out within their stratum. `None` if the
    /// measure is undefined, or if it needs a side of the prediction (positive or negative) of which
    /// nothing was answered.
    pub value: Option<f64>,
    /// The interval for **these pictures**: it covers the measure on all their pixels. `None` if the
    /// measure is undefined whatever the truth is.
    pub interval: Option<Interval>,
    /// The group-bootstrap interval: for **other groups like these**, as far as these are a random
    /// sample of them. `None` under [`MIN_GROUPS`](super::MIN_GROUPS) groups.
    pub group_interval: Option<Interval>,
    /// The value if every unsure answer counts against the measure, and if every one counts for it;
    /// `None` where the value is.
    pub unsure_range: Option<Interval>,
    /// [`interval`](Self::interval) whatever the truth of the unsure pixels is.
    pub unsure_interval: Option<Interval>,
}

/// What a [`Survey`] says about a class.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClassEstimate {
    /// Pooled Dice: 2 TP / (2 TP + FP + FN) over all pixels of all pictures together.
    pub dice: Estimate,
    /// TP / (TP + FP).
    pub precision: Estimate,
    /// TP / (TP + FN).
    pub recall: Estimate,
    /// Answers about unknown pixels.
    pub answers: AnswerCounts,
    /// Estimated share of the unknown pixels of which the person cannot tell the class, over the
    /// strata with answers; `None` if there are none.
    pub unsure_share: Option<f64>,
    /// Answers about annotated pixels, compared with the annotation; `None` if none were asked.
    pub agreement: Option<Agreement>,
    /// Coverage of the intervals.
    pub level: f64,
    /// Number of groups.
    pub n_groups: usize,
    /// Whether group ids were given; if not, a report must say "not grouped by patient".
    pub grouped: bool,
}

/// Whether a person says of annotated pixels what the annotation says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Answers equal to the annotation.
    pub agree: u64,
    /// Answers that contradict it.
    pub disagree: u64,
    /// Unsure answers.
    pub unsure: u64,
    /// Estimated share of the annotated pixels on which answer and annotation agree, over the strata
    /// with definite answers; `None` if there are none.
    pub share: Option<f64>,
}

/// How the unsure answers of a band enter a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    LeftOut,
    Against,
    For,
}

impl Survey {
    /// The estimates from the answers so far. The [module](super) has the formulas, and says what an
    /// interval covers. Same answers and settings give the same bits.
    pub fn estimate(&self, settings: &BootstrapSettings) -> Result<ClassEstimate, MetricError> {
        settings.check()?;
        let [dice, precision, recall] = self.measures(settings);
        let table = self.table();
        Ok(ClassEstimate {
            dice,
            precision,
            recall,
            answers: self.answers_about_unknown(),
            unsure_share: weighted_share(
                table.bands.iter().map(|b| (b.pixels, b.unsure, b.yes + b.no + b.unsure)),
            ),
            agreement: self.agreement(),
            level: settings.level,
            n_groups: self.groups.len(),
            grouped: self.grouped,
        })
    }

    fn measures(&self, settings: &BootstrapSettings) -> [Estimate; 3] {
        let table = self.table();
        let values = table.values(Reading::LeftOut);
        let (against, in_favour) = (table.values(Reading::Against), table.values(Reading::For));
        let interval = of_pictures(self, settings, Unsure::LeftOut);
        let unsure_interval = of_pictures(self, settings, Unsure::Anything);
        let group_interval = of_groups(self, settings);
        std::array::from_fn(|score| Estimate {
            value: values[score],
            interval: interval[score],
            group_interval: group_interval[score],
            unsure_range: values[score]
                .and(against[score].zip(in_favour[score]))
                .map(|(lo, hi)| Interval { lo, hi }),
            unsure_interval: unsure_interval[score],
        })
    }

    fn answers_about_unknown(&self) -> AnswerCounts {
        let mut answers = AnswerCounts::default();
        for band in &self.answers()[..self.strata.bands()] {
            answers.merge(band);
        }
        answers
    }

    fn agreement(&self) -> Option<Agreement> {
        let total = self.total();
        let bands = self.strata.bands();
        let mut agreement = Agreement::default();
        let mut strata = Vec::new();
        for (known, (&pixels, answers)) in
            total.pixels[bands..].iter().zip(&total.answers[bands..]).enumerate()
        {
            // the census is in the order of a confusion: annotated positive, negative, positive, …
            let (agree, disagree) =
                if known % 2 == 0 { (answers.yes, answers.no) } else { (answers.no, answers.yes) };
            agreement.agree += agree;
            agreement.disagree += disagree;
            agreement.unsure += answers.unsure;
            strata.push((pixels as f64, agree as f64, (agree + disagree) as f64));
        }
        agreement.share = weighted_share(strata.into_iter());
        (agreement.agree + agreement.disagree + agreement.unsure > 0).then_some(agreement)
    }
}

impl Table {
    /// The Horvitz–Thompson estimates.
    fn values(&self, reading: Reading) -> Scores {
        let shares = self.shares(reading);
        let answered = |predicted: bool| {
            let mut side = self.bands.iter().zip(&shares).filter(|(b, _)| b.predicted == predicted);
            side.all(|(band, share)| share.is_some() || band.pixels <= 0.0)
        };
        let mut next = shares.iter();
        let outcome = self.outcome(|band| {
            let share = next.next().copied().flatten().unwrap_or(0.0);
            let count = band.pixels * share;
            Range { low: count, high: count }
        });
        let [dice, precision, recall] = outcome.lowest();
        let (found, missed) = (answered(true), answered(false));
        let both = found && missed;
        [dice.filter(|_| both), precision.filter(|_| found), recall.filter(|_| both)]
    }

    /// The share of positives of each band; one without answers borrows from the nearest band on its
    /// side of the threshold that has some (collapsed strata, Cochran 1977, § 5A.12).
    fn shares(&self, reading: Reading) -> Vec<Option<f64>> {
        let own: Vec<Option<f64>> = self.bands.iter().map(|band| band.share(reading)).collect();
        let nearest = |index: usize| {
            let same_side = |other: &usize| {
                own[*other].is_some() && self.bands[*other].predicted == self.bands[index].predicted
            };
            let found = (0..own.len()).filter(same_side).min_by_key(|o| o.abs_diff(index));
            found.and_then(|other| own[other])
        };
        (0..own.len()).map(nearest).collect()
    }
}

impl Band {
    fn share(&self, reading: Reading) -> Option<f64> {
        let (yes, all) = match reading {
            Reading::LeftOut => (self.yes, self.yes + self.no),
            // a predicted pixel counts for the measure if it is positive, another if it is not
            Reading::For if self.predicted => (self.yes + self.unsure, self.asked()),
            Reading::Against if !self.predicted => (self.yes + self.unsure, self.asked()),
            Reading::For | Reading::Against => (self.yes, self.asked()),
        };
        (all > 0.0).then(|| yes / all)
    }

    fn asked(&self) -> f64 {
        self.yes + self.no + self.unsure
    }
}

/// Σ N part / whole over Σ N, over the (N, part, whole) of the strata that have a whole.
fn weighted_share(strata: impl Iterator<Item = (f64, f64, f64)>) -> Option<f64> {
    let (mut sum, mut pixels) = (0.0, 0.0);
    for (n, part, whole) in strata.filter(|stratum| stratum.2 > 0.0) {
        sum += n * part / whole;
        pixels += n;
    }
    (pixels > 0.0).then(|| sum / pixels)
}
