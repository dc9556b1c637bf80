//! Answers, counted by stratum and group.

use super::sample::DrawnPoint;
use super::stratum::{Strata, StratumCounts};
use crate::error::{MetricError, check_length};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a person says about a point: is this pixel of the class?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// The person cannot tell.
    Unsure,
}

/// How often each answer was given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerCounts {
    /// Of the class.
    pub yes: u64,
    /// Not of the class.
    pub no: u64,
    /// Cannot tell.
    pub unsure: u64,
}

impl AnswerCounts {
    /// Counts one answer.
    pub fn add(&mut self, answer: Answer) {
        match answer {
            Answer::Yes => self.yes += 1,
            Answer::No => self.no += 1,
            Answer::Unsure => self.unsure += 1,
        }
    }

    /// All answers, with the unsure ones.
    pub const fn asked(&self) -> u64 {
        self.yes + self.no + self.unsure
    }

    /// Adds the counts of another stratum or group.
    pub(super) fn merge(&mut self, other: &Self) {
        self.yes += other.yes;
        self.no += other.no;
        self.unsure += other.unsure;
    }
}

/// The pixels of a class in all held-back pictures, and the answers so far. From it comes the
/// [`estimate`](Self::estimate), at any time: points not yet answered are not in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    pub(super) strata: Strata,
    pub(super) groups: Vec<GroupTally>,
    pub(super) grouped: bool,
    group_of_picture: Vec<usize>,
}

/// One group: pixels and answers of each stratum.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct GroupTally {
    pub(super) pixels: Vec<u64>,
    pub(super) answers: Vec<AnswerCounts>,
}

impl Survey {
    /// A survey without answers. `groups` has one id per picture (usually the patient); `None` takes
    /// every picture as its own group, and a report must then say "not grouped by patient".
    pub fn new<G: Ord>(
        strata: &Strata,
        pictures: &[StratumCounts],
        groups: Option<&[G]>,
    ) -> Result<Self, MetricError> {
        let n_ids = groups.map_or(pictures.len(), <[G]>::len);
        check_length("the list of group ids", n_ids, pictures.len())?;
        let group_of_picture = groups.map_or_else(|| (0..pictures.len()).collect(), numbered);
        let n_groups = group_of_picture.iter().max().map_or(0, |last| last + 1);
        let mut tallies = vec![GroupTally::empty(strata); n_groups];
        for (picture, group) in pictures.iter().zip(&group_of_picture) {
            check_length("the strata of a picture", picture.pixels.len(), strata.count())?;
            tallies[*group].add_pixels(&picture.pixels);
        }
        let (strata, grouped) = (strata.clone(), groups.is_some());
        Ok(Self { strata, groups: tallies, grouped, group_of_picture })
    }

    /// Counts the answer to a point. Whether the point was counted before is not known here: record each
    /// once, with its last answer.
    pub fn record(&mut self, point: &DrawnPoint, answer: Answer) -> Result<(), MetricError> {
        let &DrawnPoint { picture, stratum, rank } = point;
        let group = self.group_of_picture.get(picture).map(|group| &mut self.groups[*group]);
        let tally = group.filter(|group| group.has_room(stratum));
        tally.ok_or(MetricError::PointNotFound { stratum, rank })?.answers[stratum].add(answer);
        Ok(())
    }

    /// Answers of each stratum.
    pub fn answers(&self) -> Vec<AnswerCounts> {
        self.total().answers
    }

    /// Pixels of each stratum.
    pub fn pixels(&self) -> Vec<u64> {
        self.total().pixels
    }

    /// All groups as one.
    pub(super) fn total(&self) -> GroupTally {
        let mut total = GroupTally::empty(&self.strata);
        for group in &self.groups {
            total.add_pixels(&group.pixels);
            for (answers, other) in total.answers.iter_mut().zip(&group.answers) {
                answers.merge(other);
            }
        }
        total
    }
}

impl GroupTally {
    fn empty(strata: &Strata) -> Self {
        let count = strata.count();
        Self { pixels: vec![0; count], answers: vec![AnswerCounts::default(); count] }
    }

    fn add_pixels(&mut self, pixels: &[u64]) {
        for (count, more) in self.pixels.iter_mut().zip(pixels) {
            *count += more;
        }
    }

    /// Whether the stratum has a pixel that was not asked yet.
    fn has_room(&self, stratum: usize) -> bool {
        let answers = self.answers.get(stratum);
        answers.is_some_and(|answers| answers.asked() < self.pixels[stratum])
    }
}

/// The number of each id among the different ids in their order.
fn numbered<G: Ord>(ids: &[G]) -> Vec<usize> {
    let mut numbers: BTreeMap<&G, usize> = ids.iter().map(|id| (id, 0)).collect();
    for (number, value) in numbers.values_mut().enumerate() {
        *value = number;
    }
    ids.iter().map(|id| numbers[id]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_in_the_group_of_their_picture() {
        let strata = Strata::new(0.5, &[]).unwrap();
        let picture = |negative, positive| StratumCounts {
            pixels: vec![negative, positive, 0, 0, 0, 0],
            probability_sum: vec![0.0; 6],
        };
        let pictures = [picture(5, 1), picture(3, 2), picture(1, 1)];
        let mut survey = Survey::new(&strata, &pictures, Some(&["b", "a", "b"])).unwrap();
        assert_eq!(survey.groups[1].pixels[..2], [6, 2]);
        let point = |picture, stratum| DrawnPoint { picture, stratum, rank: 0 };
        survey.record(&point(0, 0), Answer::No).unwrap();
        survey.record(&point(2, 0), Answer::Unsure).unwrap();
        survey.record(&point(1, 1), Answer::Yes).unwrap();
        assert_eq!(survey.groups[1].answers[0], AnswerCounts { yes: 0, no: 1, unsure: 1 });
        assert_eq!(survey.answers()[1], AnswerCounts { yes: 1, no: 0, unsure: 0 });
        assert_eq!(survey.pixels(), [9, 4, 0, 0, 0, 0]);
        // a picture, a stratum, a pixel that is not there
        for wrong in [point(3, 0), point(0, 6), point(0, 2)] {
            assert!(survey.record(&wrong, Answer::Yes).is_err());
        }
    }

    #[test]
    fn ids_and_strata_must_fit_the_pictures() {
        let strata = Strata::new(0.5, &[]).unwrap();
        let picture = strata.no_pixels();
        assert!(Survey::new(&strata, std::slice::from_ref(&picture), Some(&[1, 2])).is_err());
        let other = Strata::around(0.5).unwrap();
        assert!(Survey::new::<u8>(&other, &[picture], None).is_err());
    }
}
