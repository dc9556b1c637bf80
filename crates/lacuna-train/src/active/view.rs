//! What a model says of a picture, beside what people said.

use lacuna_data::augment::{Placement, ReducedCase};
use lacuna_data::supervision::{Evidence, EvidenceBits, SupervisionPolicy};
use lacuna_data::{Image, Size};

use super::disagreement::Members;
use crate::predict::{PredictError, Predictor};

/// Probabilities and what is unknown, both in the network's frame, `[classes, height, width]`.
pub struct View {
    placement: Placement,
    classes: usize,
    probabilities: Vec<f32>,
    /// How far the members of a committee disagree; empty where one model looked alone.
    disagreement: Vec<f32>,
    unknown: Vec<bool>,
}

impl View {
    /// Predicts a picture and finds what the policy leaves unknown in it.
    pub fn new(
        predictor: &Predictor,
        image: &Image,
        evidence: Evidence,
        policy: &SupervisionPolicy,
    ) -> Result<Self, PredictError> {
        let placement = predictor.placement(image);
        let prediction = predictor.predict_frame(image)?;
        let case = ReducedCase::new(image.clone(), evidence, placement.scale());
        let evidence = predictor.info().sample_config().view_evidence(&case);
        Ok(Self {
            placement,
            classes: predictor.classes(),
            probabilities: prediction.probabilities().to_vec(),
            disagreement: Vec::new(),
            unknown: unknown(&evidence, policy),
        })
    }

    /// What the model says together with `others`, which were trained as it was but for chance.
    pub fn together_with(
        mut self,
        others: &[Predictor],
        image: &Image,
    ) -> Result<Self, PredictError> {
        let mut members = Members::new(&self.probabilities);
        for predictor in others {
            members.add(predictor.predict_frame(image)?.probabilities());
        }
        (self.probabilities, self.disagreement) = members.mean_and_disagreement();
        Ok(self)
    }

    #[cfg(test)]
    pub(super) fn from_planes(
        size: Size,
        classes: usize,
        probabilities: Vec<f32>,
        unknown: Vec<bool>,
    ) -> Self {
        let placement = Placement::new(size, size, lacuna_data::augment::Resize::Stretch);
        Self { placement, classes, probabilities, disagreement: Vec::new(), unknown }
    }

    /// The frame's size.
    pub fn frame(&self) -> Size {
        self.placement.frame()
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The probabilities of the classes of which nobody said whether they are at that pixel of the frame.
    pub fn open(&self, pixel: usize) -> impl Iterator<Item = f32> + '_ {
        self.places(pixel).map(|at| self.probabilities[at])
    }

    /// How far the members of a committee disagree about those classes, in nats; 0 where one model looked alone.
    pub fn disagreement(&self, pixel: usize) -> f64 {
        let at = |at: usize| self.disagreement.get(at).copied().unwrap_or_default();
        self.places(pixel).map(|place| f64::from(at(place))).sum()
    }

    /// Where the classes of which nobody said whether they are at a pixel stand in the planes.
    fn places(&self, pixel: usize) -> impl Iterator<Item = usize> + '_ {
        let area = self.frame().area();
        let places = (0..self.classes).map(move |class| class * area + pixel);
        places.filter(|at| self.unknown[*at])
    }

    /// Number of pairs of pixel and class of the model of which nobody said anything.
    pub fn open_count(&self) -> usize {
        (0..self.frame().area()).map(|pixel| self.open(pixel).count()).sum()
    }

    /// The picture's point under the centre of a pixel of the frame.
    pub fn to_picture(&self, pixel: usize) -> [f64; 2] {
        let width = self.frame().width;
        let centre = [(pixel % width) as f64 + 0.5, (pixel / width) as f64 + 0.5];
        self.placement.affine().apply(centre)
    }
}

/// Pixels of the picture to which the policy gives no weight.
fn unknown(evidence: &Evidence, policy: &SupervisionPolicy) -> Vec<bool> {
    let supervision = policy.supervise(evidence);
    let bits = (0..evidence.classes()).flat_map(|class| evidence.plane(class));
    let is_open = |(weight, bits): (&f32, &EvidenceBits)| {
        *weight == 0.0 && !bits.intersects(EvidenceBits::VOID)
    };
    supervision.weight.iter().zip(bits).map(is_open).collect()
}
