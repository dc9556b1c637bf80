//! Completed annotations: what a person painted is kept, the model fills the rest.
//!
//! The paper calls the result better masks than the human's. Whatever is filled is marked as suggested,
//! so that nobody ever takes it for painted: the evaluation evidence of a completed annotation is that
//! of the original.

mod dataset;

pub use dataset::{CompletedDataset, CompletionError};

use lacuna_data::annotation::{Provenance, Unpainted};
use lacuna_data::supervision::policy::Label;
use lacuna_data::{Annotation, BinaryMask, ClassSet, Evidence, SupervisionPolicy, Ternary};

use super::Prediction;

/// What stands in the provenance of completed masks.
pub const SOURCE: &str = "completed";

/// Fills every pixel of every class that nobody said anything about.
///
/// * Painted pixels, and earlier suggestions that a person accepted, stay as they are.
/// * What follows from people's word (an exclusive class, a part or a whole, a region drawn by a person)
///   is filled with it: no model turns a known negative into a positive.
/// * Elsewhere the model decides: positive at or above the class's threshold. Of exclusive classes the
///   one furthest above its threshold wins; a part is positive only where its wholes are.
///
/// Filled pixels are marked as suggested; `model` says by which model in the provenance. Prediction,
/// thresholds and annotation are those of one picture and of `classes`.
pub fn complete(
    annotation: &Annotation,
    classes: &ClassSet,
    prediction: &Prediction,
    thresholds: &[f64],
    model: &str,
) -> Annotation {
    let evidence = Evidence::collect(annotation, classes);
    let filler = Filler { classes, prediction, thresholds, annotation, evidence: &evidence };
    let mut completed = annotation.clone();
    let mut filled = vec![BinaryMask::empty(prediction.size()); classes.len()];
    for pixel in 0..prediction.size().area() {
        for (class, positive) in filler.decide(pixel).into_iter().enumerate() {
            let value = &mut completed.masks[class].values_mut()[pixel];
            if *value == Ternary::Unknown {
                *value = if positive { Ternary::Positive } else { Ternary::Negative };
                filled[class].values_mut()[pixel] = true;
            }
        }
    }
    for (suggested, filled) in completed.suggested.iter_mut().zip(filled) {
        *suggested = union(suggested.take(), filled);
    }
    completed.provenance = provenance(annotation, classes, model);
    completed
}

struct Filler<'a> {
    classes: &'a ClassSet,
    prediction: &'a Prediction,
    thresholds: &'a [f64],
    annotation: &'a Annotation,
    evidence: &'a Evidence,
}

/// What is believed of one class at one pixel.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Belief {
    /// A person said so, or it follows from what people said.
    Known(bool),
    /// The model says how far its probability is above the threshold; below it is negative.
    Claimed(f32),
}

impl Belief {
    fn is_positive(self) -> bool {
        match self {
            Self::Known(positive) => positive,
            Self::Claimed(margin) => margin >= 0.0,
        }
    }
}

impl Filler<'_> {
    /// Which classes are positive at a pixel.
    fn decide(&self, pixel: usize) -> Vec<bool> {
        let mut beliefs: Vec<Belief> =
            (0..self.classes.len()).map(|class| self.belief(class, pixel)).collect();
        for group in self.classes.exclusive() {
            exclude(&mut beliefs, group);
        }
        let positive: Vec<bool> = beliefs.iter().map(|belief| belief.is_positive()).collect();
        let stands = |class: usize| {
            let whole_is_there = |whole: usize| positive[whole];
            matches!(beliefs[class], Belief::Known(_))
                || self.classes.wholes_of(class).into_iter().all(whole_is_there)
        };
        (0..positive.len()).map(|class| positive[class] && stands(class)).collect()
    }

    fn belief(&self, class: usize, pixel: usize) -> Belief {
        match self.annotation.masks[class].values()[pixel] {
            Ternary::Positive => return Belief::Known(true),
            Ternary::Negative => return Belief::Known(false),
            Ternary::Unknown => {}
        }
        let bits = self.evidence.plane(class)[pixel];
        let label: Label = SupervisionPolicy::evaluation().label(bits);
        if label.is_known() {
            return Belief::Known(label.target > 0.5);
        }
        let probability = self.prediction.plane(class)[pixel];
        Belief::Claimed(probability - self.thresholds[class] as f32)
    }
}

/// Leaves at most one claim in a group of exclusive classes, and none beside a known positive.
fn exclude(beliefs: &mut [Belief], group: &[usize]) {
    let taken = group.iter().any(|class| beliefs[*class] == Belief::Known(true));
    let mut best: Option<(usize, f32)> = None;
    for class in group {
        if let Belief::Claimed(margin) = beliefs[*class]
            && margin >= 0.0
            && !taken
            && best.is_none_or(|(_, most)| margin > most)
        {
            best = Some((*class, margin));
        }
    }
    for class in group {
        if matches!(beliefs[*class], Belief::Claimed(_)) && best.is_none_or(|(b, _)| b != *class) {
            beliefs[*class] = Belief::Claimed(f32::NEG_INFINITY);
        }
    }
}

fn union(before: Option<BinaryMask>, mut filled: BinaryMask) -> Option<BinaryMask> {
    if let Some(before) = before {
        for (value, before) in filled.values_mut().iter_mut().zip(before.values()) {
            *value |= before;
        }
    }
    (filled.count() > 0).then_some(filled)
}

/// What was known of each class's mask before, and that a model has completed it.
fn provenance(annotation: &Annotation, classes: &ClassSet, model: &str) -> Vec<Provenance> {
    let mut entries = Vec::new();
    for class in classes.names() {
        let before = annotation.provenance.iter();
        let before = before.filter(|entry| entry.class == class && entry.source != SOURCE);
        entries.extend(before.cloned());
        entries.push(Provenance {
            class,
            source: SOURCE.to_owned(),
            author: Some(model.to_owned()),
            unpainted: Unpainted::Unknown,
        });
    }
    entries
}

#[cfg(test)]
mod tests {
    use lacuna_data::annotation::{Role, Shape};
    use lacuna_data::class::{Class, default_color};
    use lacuna_data::{Region, Size, TernaryMask};
    use proptest::prelude::*;

    use super::*;

    use Ternary::{Negative as N, Positive as P, Unknown as U};

    /// gum and teeth exclude each other, caries is a part of teeth.
    fn classes() -> ClassSet {
        let class = |i, name: &str| Class { name: name.to_owned(), color: default_color(i) };
        let names = ["gum", "teeth", "caries"];
        let classes = names.iter().enumerate().map(|(i, name)| class(i, name)).collect();
        let group = vec!["gum".to_owned(), "teeth".to_owned()];
        ClassSet::new(classes, &[group], &[("caries".to_owned(), "teeth".to_owned())]).unwrap()
    }

    /// One pixel; a second one carries the region, which lies there if `outside`.
    fn annotation(said: [Ternary; 3], outside: bool) -> Annotation {
        let size = Size::new(2, 1);
        let mut annotation = Annotation::unknown(size, 3);
        for (mask, said) in annotation.masks.iter_mut().zip(said) {
            mask.values_mut()[0] = said;
        }
        if outside {
            annotation.regions.push(Region {
                shape: Shape::Box { x: 1.0, y: 0.0, width: 1.0, height: 1.0, rotation: 0.0 },
                author: "a".to_owned(),
                role: Role::NonExpert,
                origin: "test".to_owned(),
                score: None,
                model_version: None,
                time: None,
            });
        }
        annotation
    }

    fn completed(said: [Ternary; 3], outside: bool, p: [f32; 3]) -> Annotation {
        let planes = p.iter().flat_map(|p| [*p, 0.0]).collect();
        let prediction = Prediction::from_planes(Size::new(2, 1), planes);
        complete(&annotation(said, outside), &classes(), &prediction, &[0.5; 3], "run, epoch 3")
    }

    #[test]
    fn people_first_then_the_model() {
        let table = [
            // nothing said: the larger margin wins among gum and teeth
            ([U, U, U], false, [0.9, 0.8, 0.1], [P, N, N]),
            ([U, U, U], false, [0.7, 0.8, 0.1], [N, P, N]),
            // equal margins: the first
            ([U, U, U], false, [0.8, 0.8, 0.1], [P, N, N]),
            ([U, U, U], false, [0.4, 0.1, 0.1], [N, N, N]),
            // a part needs its whole
            ([U, U, U], false, [0.1, 0.8, 0.9], [N, P, P]),
            ([U, U, U], false, [0.9, 0.8, 0.9], [P, N, N]),
            // painted gum: not teeth, not caries, whatever the model says
            ([P, U, U], false, [0.0, 1.0, 1.0], [P, N, N]),
            // painted as not gum: stays, and teeth are open
            ([N, U, U], false, [1.0, 0.6, 0.1], [N, P, N]),
            // painted caries is teeth
            ([U, U, P], false, [1.0, 0.0, 0.0], [N, P, P]),
            // outside a person's region nothing is there
            ([U, U, U], true, [1.0, 1.0, 1.0], [N, N, N]),
            // but the expert's paint stays
            ([U, P, U], true, [1.0, 0.0, 0.9], [N, P, N]),
            // two exclusive classes painted: both stay
            ([P, P, U], false, [0.0, 0.0, 0.0], [P, P, N]),
        ];
        for (said, outside, p, expected) in table {
            let annotation = completed(said, outside, p);
            let found: Vec<Ternary> = annotation.masks.iter().map(|m| m.values()[0]).collect();
            assert_eq!(found, expected, "{said:?} {p:?}");
            for (class, said) in said.into_iter().enumerate() {
                let filled = annotation.suggested[class].as_ref().is_some_and(|s| s.values()[0]);
                assert_eq!(filled, said == U, "{said:?} {p:?}: class {class}");
            }
        }
    }

    #[test]
    fn provenance_says_who_completed_what() {
        let mut before = annotation([P, U, U], false);
        let imported = Provenance {
            class: "teeth".to_owned(),
            source: "png-masks".to_owned(),
            author: Some("expert".to_owned()),
            unpainted: Unpainted::Unknown,
        };
        before.provenance = vec![imported.clone()];
        let prediction = Prediction::from_planes(Size::new(2, 1), vec![0.0; 6]);
        let once = complete(&before, &classes(), &prediction, &[0.5; 3], "first");
        let twice = complete(&once, &classes(), &prediction, &[0.5; 3], "second");
        let sources: Vec<_> = twice
            .provenance
            .iter()
            .map(|e| (e.class.as_str(), e.source.as_str(), e.author.as_deref().unwrap()))
            .collect();
        assert_eq!(
            sources,
            [
                ("gum", "completed", "second"),
                ("teeth", "png-masks", "expert"),
                ("teeth", "completed", "second"),
                ("caries", "completed", "second"),
            ]
        );
        assert_eq!(twice.masks, once.masks);
        assert_eq!(twice.suggested, once.suggested);
    }

    proptest! {
        /// A model's word never becomes evaluation evidence, and no pixel is left open.
        #[test]
        fn completion_leaves_the_evaluation_evidence_alone(
            said in prop::collection::vec((0u8..3, 0u8..3, 0u8..3), 12),
            p in prop::collection::vec(0.0f32..=1.0, 36),
            region in prop::option::of((0.0f64..4.0, 0.0f64..3.0)),
        ) {
            let size = Size::new(4, 3);
            let mut before = Annotation::unknown(size, 3);
            let codes = [|s: &(u8, u8, u8)| s.0, |s: &(u8, u8, u8)| s.1, |s: &(u8, u8, u8)| s.2];
            for (mask, code) in before.masks.iter_mut().zip(codes) {
                let values = said.iter().map(|s| Ternary::from_code(code(s)).unwrap()).collect();
                *mask = TernaryMask::new(size, values).unwrap();
            }
            if let Some((x, y)) = region {
                let mut drawn = annotation([U; 3], true).regions.remove(0);
                drawn.shape = Shape::Box { x, y, width: 2.0, height: 2.0, rotation: 0.0 };
                before.regions.push(drawn);
            }
            let prediction = Prediction::from_planes(size, p);
            let after = complete(&before, &classes(), &prediction, &[0.5; 3], "m");
            let policy = SupervisionPolicy::evaluation();
            let (old, new) =
                (Evidence::collect(&before, &classes()), Evidence::collect(&after, &classes()));
            for class in 0..3 {
                for (old, new) in old.plane(class).iter().zip(new.plane(class)) {
                    prop_assert_eq!(policy.label(*old), policy.label(*new));
                }
                prop_assert!(after.masks[class].values().iter().all(|value| *value != U));
            }
        }
    }
}
