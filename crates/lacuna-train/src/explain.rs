//! What a policy asks of a network about one class of one picture, and where it hurts: the paper's Fig. 3.

use lacuna_data::augment::{ReducedCase, SampleConfig};
use lacuna_data::{Evidence, Image, Size, SupervisionPolicy};
use lacuna_nn::{LossError, loss_map};

/// One class of one picture in the network's frame, under one policy. All maps are row by row and of one size.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Target, 0 or 1; means nothing where the weight is 0.
    pub target: Vec<f32>,
    /// Weight; 0 where nothing is known.
    pub weight: Vec<f32>,
    /// Weighted binary cross-entropy, 0 where nothing is known; `None` without a prediction.
    pub loss: Option<Vec<f32>>,
}

/// A picture with its evidence as a network sees it: in its frame, without random variation.
pub struct Framed {
    size: Size,
    evidence: Evidence,
}

impl Framed {
    /// Brings a picture and its evidence into the frame of `sample`.
    pub fn new(sample: &SampleConfig, image: &Image, evidence: &Evidence) -> Self {
        let placement = sample.sampling.placement(image.size(), sample.frame);
        let case = ReducedCase::new(image.clone(), evidence.clone(), placement.scale());
        Self { size: placement.frame(), evidence: sample.view_evidence(&case) }
    }

    /// Width and height of the frame.
    pub fn size(&self) -> Size {
        self.size
    }

    /// What `policy` makes of `class`. `logits` are a network's, `[classes, height, width]`.
    ///
    /// # Errors
    /// When there are not as many logits as classes and pixels.
    pub fn explain(
        &self,
        class: usize,
        policy: &SupervisionPolicy,
        logits: Option<&[f32]>,
    ) -> Result<Explanation, LossError> {
        let supervision = policy.supervise(&self.evidence);
        let Size { width, height } = self.size;
        let shape = [1, self.evidence.classes(), height, width];
        let plane = |map: &[f32]| map[class * self.size.area()..][..self.size.area()].to_vec();
        let loss = logits
            .map(|logits| loss_map(logits, &supervision.target, &supervision.weight, shape))
            .transpose()?;
        Ok(Explanation {
            target: plane(&supervision.target),
            weight: plane(&supervision.weight),
            loss: loss.as_deref().map(plane),
        })
    }
}

#[cfg(test)]
mod tests {
    use lacuna_data::annotation::Annotation;
    use lacuna_data::augment::{Augmentation, Fill, Normalization, Resize, Sampling};
    use lacuna_data::class::{Class, default_color};
    use lacuna_data::supervision::policy::PolicyName;
    use lacuna_data::{ClassSet, Ternary};

    use super::*;

    #[test]
    fn unknown_pixels_cost_nothing() {
        let size = Size::new(2, 1);
        let class = |i, name: &str| Class { name: name.to_owned(), color: default_color(i) };
        let group = ["gum".to_owned(), "teeth".to_owned()];
        let classes =
            ClassSet::new(vec![class(0, "gum"), class(1, "teeth")], &[group.to_vec()], &[])
                .unwrap();
        let mut annotation = Annotation::unknown(size, 2);
        annotation.masks[0].values_mut()[0] = Ternary::Positive;
        let evidence = Evidence::collect(&annotation, &classes);
        let sample = SampleConfig {
            frame: size,
            sampling: Sampling::Resize(Resize::Stretch),
            augmentation: Augmentation::NONE,
            normalization: Normalization::IMAGENET,
            fill: Fill::Mean,
        };
        let framed = Framed::new(&sample, &Image::filled(size, [9; 3]), &evidence);
        let logits = [0.0, 0.0, 0.0, 0.0];
        let ln2 = std::f32::consts::LN_2;
        let table = [
            // gum is painted on the left; the right is open, and 0 counts as no in the baseline
            (PolicyName::Standard, 0, vec![1.0, 1.0], vec![ln2, ln2]),
            (PolicyName::Fusion, 0, vec![1.0, 0.0], vec![ln2, 0.0]),
            // painted gum is not teeth
            (PolicyName::Fusion, 1, vec![1.0, 0.0], vec![ln2, 0.0]),
            (PolicyName::PositiveOnly, 1, vec![0.0, 0.0], vec![0.0, 0.0]),
        ];
        for (name, class, weight, loss) in table {
            let policy = SupervisionPolicy::named(name);
            let found = framed.explain(class, &policy, Some(&logits)).unwrap();
            assert_eq!((found.weight, found.loss), (weight, Some(loss)), "{name} {class}");
            assert_eq!(framed.explain(class, &policy, None).unwrap().loss, None);
        }
        assert!(framed.explain(0, &SupervisionPolicy::named(PolicyName::Box), Some(&[])).is_err());
    }
}
