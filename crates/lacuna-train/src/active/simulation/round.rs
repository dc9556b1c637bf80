//! What a round cost, and what it brought.

use std::collections::BTreeMap;

use lacuna_data::Ternary;
use lacuna_metrics::{Confusion, mean};
use serde::{Deserialize, Serialize};

use super::{Arm, LoopError, Simulation, Work};

/// A round and what it brought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoundScore {
    /// How pictures were chosen and training went on.
    #[serde(flatten)]
    pub arm: Arm,
    /// The seed.
    pub seed: u64,
    /// From 1.
    pub round: usize,
    /// Windows painted until then.
    pub windows: usize,
    /// What was painted until then.
    pub work: Work,
    /// What that cost, in seconds.
    pub seconds: f64,
    /// Steps of the optimizer until then; of an ensemble, those of each member.
    pub steps: usize,
    /// Share of the class-pixels of training and validation cases that are painted.
    pub painted: f64,
    /// Dice on all pixels of the test cases together, by class.
    pub dice: BTreeMap<String, Option<f64>>,
    /// The mean over the classes that are in the test cases; `None` if there are none.
    pub mean: Option<f64>,
}

impl Simulation<'_> {
    pub(super) fn score(&self, round: usize) -> Result<RoundScore, LoopError> {
        let names = self.dataset.classes().names();
        let confusions = self.confusions()?;
        let scores: Vec<_> = confusions.iter().map(Confusion::dice).collect();
        // one false pixel of a class that is not in the test pictures would be the difference between 0 and no score
        let is_there = |confusion: &&Confusion| confusion.tp + confusion.fn_ > 0;
        let of_those: Vec<f64> =
            confusions.iter().filter(is_there).filter_map(Confusion::dice).collect();
        Ok(RoundScore {
            arm: self.options.arm,
            seed: self.options.seed,
            round,
            windows: self.windows,
            work: self.work,
            seconds: self.options.cost.seconds(&self.work),
            steps: self.steps,
            painted: self.painted()?,
            mean: mean(&of_those),
            dice: names.into_iter().zip(scores).collect(),
        })
    }

    /// What the first member says on all pixels of the test cases, by class.
    fn confusions(&self) -> Result<Vec<Confusion>, LoopError> {
        let mut confusions = vec![Confusion::default(); self.dataset.classes().len()];
        let Some(model) = self.models()?.into_iter().next() else { return Ok(confusions) };
        for id in &self.fold.test {
            let truth = self.truth_of(id)?;
            let prediction = model.predict(&self.truth.load_image(self.truth.case(id)?)?)?;
            for (class, (confusion, mask)) in confusions.iter_mut().zip(&truth).enumerate() {
                for (p, is_there) in prediction.plane(class).iter().zip(mask.values()) {
                    confusion.add_pixel(*p >= 0.5, *is_there);
                }
            }
        }
        Ok(confusions)
    }

    fn painted(&self) -> Result<f64, LoopError> {
        let (mut known, mut all) = (0, 0);
        for id in self.paintable() {
            let annotation = self.dataset.load_annotation(self.dataset.case(id)?)?;
            for mask in &annotation.masks {
                all += mask.values().len();
                known += mask.values().len() - mask.count(Ternary::Unknown);
            }
        }
        Ok(known as f64 / f64::from(u32::try_from(all.max(1)).unwrap_or(u32::MAX)))
    }
}
