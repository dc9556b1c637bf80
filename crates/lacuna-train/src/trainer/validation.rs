//! Scoring the validation cases after each epoch, on known pixels only.

use std::collections::BTreeMap;

use lacuna_data::augment::{ReducedCase, SampleConfig, Sampling};
use lacuna_data::batch::CaseCache;
use lacuna_data::dataset::DataError;
use lacuna_data::supervision::policy::Label;
use lacuna_data::{Evidence, SupervisionPolicy};
use lacuna_metrics::{EmptyRule, MeanOver, PartialConfusion};
use lacuna_nn::engine::Device;
use lacuna_nn::{Activation, Unet};

use super::TrainError;
use crate::cases::Cases;
use crate::event::{ClassScore, Validation};
use crate::predict::{Beyond, Network, Tiles};

/// Memory for validation cases kept ready, bytes.
const CACHE_BYTES: usize = 1 << 30;

/// Scores a network on the validation part of a split.
pub struct Validator {
    cache: CaseCache<Cases>,
    sample: SampleConfig,
    activation: Activation,
    batch_size: usize,
    validity: Validity,
}

/// Whether validation can tell a good model from a bad one, by class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validity {
    classes: Vec<(String, KnownPixels)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct KnownPixels {
    positive: u64,
    negative: u64,
}

impl Validity {
    /// Whether every class has known positives and known negatives; otherwise predicting a class
    /// everywhere (or nowhere) would look best, and validation must not choose the model.
    pub fn drives_selection(&self) -> bool {
        self.classes.iter().all(|(_, known)| known.positive > 0 && known.negative > 0)
    }

    /// Messages with hints for classes that keep validation from choosing the model.
    pub(super) fn warnings(&self) -> Vec<(String, &'static str)> {
        let lacking = |known: &KnownPixels| match (known.positive, known.negative) {
            (0, _) => Some("positives"),
            (_, 0) => Some("negatives"),
            _ => None,
        };
        self.classes
            .iter()
            .filter_map(|(class, known)| {
                let what = lacking(known)?;
                let message = format!(
                    "class {class} has no known {what} in the validation cases: no early stopping, the last epoch's model is kept"
                );
                Some((message, "paint the class, its negatives or boxes in validation cases too"))
            })
            .collect()
    }
}

impl Validator {
    /// Reads the cases once to see what is known in them.
    pub fn new(
        cases: Cases,
        sample: SampleConfig,
        activation: Activation,
        batch_size: usize,
    ) -> Result<Self, DataError> {
        let names = cases.dataset().classes().names();
        let cache = CaseCache::new(cases, sample, CACHE_BYTES);
        let mut known = vec![KnownPixels::default(); names.len()];
        for index in 0..cache.len() {
            count_known(&sample.view_evidence(&*cache.get(index)?), &mut known);
        }
        let classes = names.into_iter().zip(known).collect();
        Ok(Self { cache, sample, activation, batch_size, validity: Validity { classes } })
    }

    /// Whether the result may choose the model.
    pub fn validity(&self) -> &Validity {
        &self.validity
    }

    /// Dice per class on known pixels at threshold ½: per picture, then the mean over pictures in
    /// which it is defined.
    pub fn validate(
        &self,
        model: &Unet,
        device: &Device,
        epoch: usize,
    ) -> Result<Validation, TrainError> {
        let classes = self.validity.classes.len();
        let mut scores: Vec<Vec<PartialConfusion>> = vec![Vec::new(); classes];
        let network = Network { model, activation: self.activation, device };
        let indices: Vec<usize> = (0..self.cache.len()).collect();
        for chunk in indices.chunks(self.batch_size.max(1)) {
            self.score_chunk(chunk, network, &mut scores)?;
        }
        let classes: Vec<_> = self
            .validity
            .classes
            .iter()
            .zip(&scores)
            .map(|((n, _), s)| class_score(n, s))
            .collect();
        let dice: Option<Vec<f64>> =
            classes.iter().map(|class| class.values.get("dice").copied().flatten()).collect();
        let coverage =
            classes.iter().map(|c| c.coverage).sum::<f64>() / classes.len().max(1) as f64;
        Ok(Validation {
            epoch,
            metric: "dice".to_owned(),
            mean: dice.map(|dice| dice.iter().sum::<f64>() / dice.len() as f64),
            classes,
            coverage,
        })
    }

    fn score_chunk(
        &self,
        chunk: &[usize],
        network: Network,
        scores: &mut [Vec<PartialConfusion>],
    ) -> Result<(), TrainError> {
        let cases = chunk.iter().map(|i| self.cache.get(*i)).collect::<Result<Vec<_>, _>>()?;
        let frame = self.sample.frame;
        if matches!(self.sample.sampling, Sampling::Patch { .. }) {
            for case in &cases {
                let maps = self.whole(case, network, scores.len())?;
                self.score_case(case, &maps, scores);
            }
            return Ok(());
        }
        let images = cases.iter().flat_map(|case| self.sample.view(case)).collect();
        let probabilities = network
            .probabilities(images, chunk.len(), frame)
            .map_err(|reason| TrainError::Device { reason })?;
        for (case, maps) in
            cases.iter().zip(probabilities.chunks_exact(frame.area() * scores.len()))
        {
            self.score_case(case, maps, scores);
        }
        Ok(())
    }

    /// Probabilities of a whole picture at the scale of the patches, in tiles that hardly overlap.
    fn whole(
        &self,
        case: &ReducedCase,
        network: Network,
        classes: usize,
    ) -> Result<Vec<f32>, TrainError> {
        let (size, tile) = (self.sample.placement(case).frame(), self.sample.frame);
        let beyond = Beyond::Color(self.sample.beyond());
        let tiles = Tiles { size, tile, overlap: 0.0, beyond };
        tiles.blend(&self.sample.view(case), classes, |input| {
            network.probabilities(input, 1, tile).map_err(|reason| TrainError::Device { reason })
        })
    }

    fn score_case(&self, case: &ReducedCase, maps: &[f32], scores: &mut [Vec<PartialConfusion>]) {
        let evidence = self.sample.view_evidence(case);
        for (class, map) in maps.chunks_exact(evidence.size().area()).enumerate() {
            scores[class].push(score(map, &evidence, class));
        }
    }
}

fn count_known(evidence: &Evidence, known: &mut [KnownPixels]) {
    let policy = SupervisionPolicy::evaluation();
    for (class, known) in known.iter_mut().enumerate() {
        for label in evidence.plane(class).iter().map(|bits| policy.label(*bits)) {
            known.positive += u64::from(label.is_known() && label.target > 0.5);
            known.negative += u64::from(label.is_known() && label.target < 0.5);
        }
    }
}

fn score(map: &[f32], evidence: &Evidence, class: usize) -> PartialConfusion {
    let policy = SupervisionPolicy::evaluation();
    let truth = |label: Label| label.is_known().then_some(label.target > 0.5);
    let mut confusion = PartialConfusion::default();
    for (probability, bits) in map.iter().zip(evidence.plane(class)) {
        confusion.add_pixel(*probability >= 0.5, truth(policy.label(*bits)));
    }
    confusion
}

fn class_score(class: &str, cases: &[PartialConfusion]) -> ClassScore {
    let dice: Vec<_> = cases.iter().map(|case| case.known.dice()).collect();
    let pooled: PartialConfusion = cases.iter().copied().sum();
    let values = BTreeMap::from([
        ("dice".to_owned(), MeanOver::of(&dice, EmptyRule::LeaveOut).mean),
        ("precision".to_owned(), pooled.known.precision()),
        ("recall".to_owned(), pooled.known.recall()),
    ]);
    ClassScore {
        class: class.to_owned(),
        values,
        coverage: pooled.coverage().share().unwrap_or(0.0),
    }
}
