//! What boxes are held to: where the classes are, as far as it is known.

use lacuna_data::annotation::{Annotation, Role, Ternary};
use lacuna_data::{BinaryMask, Region, Size};

/// What a reference was made from.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Complete masks.
    CompleteMasks,
    /// Painted pixels; what lies outside people's regions is no class.
    Paint,
    /// People's regions alone: their inside stands for the classes.
    Regions,
}

/// Where any class is, pixel by pixel.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// The picture's size.
    pub size: Size,
    /// Pixels of any class.
    pub class: Vec<bool>,
    /// Pixels about which that is known; `None` = all.
    pub known: Option<Vec<bool>>,
    /// From what.
    pub source: Source,
}

impl Reference {
    /// From complete masks, one a class.
    pub fn of_truth(size: Size, masks: &[BinaryMask]) -> Self {
        let any = |pixel: usize| masks.iter().any(|mask| mask.values()[pixel]);
        let class = (0..size.area()).map(any).collect();
        Self { size, class, known: None, source: Source::CompleteMasks }
    }

    /// From what people said. Suggestions and regions of models say nothing.
    pub fn of_annotation(annotation: &Annotation, size: Size) -> Option<Self> {
        let people = |region: &&Region| region.role != Role::Model;
        let mut inside = BinaryMask::empty(size);
        let regions: Vec<_> = annotation.regions.iter().filter(people).collect();
        for region in &regions {
            region.shape.fill(&mut inside);
        }
        let positive = painted(annotation, size, |said| said.contains(&Ternary::Positive));
        if !positive.contains(&true) {
            let class = inside.values().to_vec();
            let reference = Self { size, class, known: None, source: Source::Regions };
            return (!regions.is_empty()).then_some(reference);
        }
        let negative =
            painted(annotation, size, |said| said.iter().all(|said| *said == Ternary::Negative));
        let outside = |pixel: usize| !regions.is_empty() && !inside.values()[pixel];
        let known = |pixel: usize| positive[pixel] || negative[pixel] || outside(pixel);
        let known = (0..size.area()).map(known).collect();
        Some(Self { size, class: positive, known: Some(known), source: Source::Paint })
    }
}

/// The pixels of which `holds` is true of what is painted, one value a class; what a model suggested counts as unknown.
fn painted(annotation: &Annotation, size: Size, holds: impl Fn(&[Ternary]) -> bool) -> Vec<bool> {
    let mut said = vec![Ternary::Unknown; annotation.masks.len()];
    let masks = annotation.masks.iter().zip(&annotation.suggested).collect::<Vec<_>>();
    let at = |pixel: usize| {
        for (said, (mask, suggested)) in said.iter_mut().zip(&masks) {
            let is_suggested = suggested.as_ref().is_some_and(|mask| mask.values()[pixel]);
            *said = if is_suggested { Ternary::Unknown } else { mask.values()[pixel] };
        }
        !said.is_empty() && holds(&said)
    };
    (0..size.area()).map(at).collect()
}

#[cfg(test)]
mod tests {
    use lacuna_data::annotation::Shape;

    use super::*;

    fn region(role: Role, width: f64) -> Region {
        Region {
            shape: Shape::Box { x: 0.0, y: 0.0, width, height: 1.0, rotation: 0.0 },
            author: String::new(),
            role,
            origin: String::new(),
            score: None,
            model_version: None,
            time: None,
        }
    }

    #[test]
    fn only_people_are_believed() {
        let size = Size::new(4, 1);
        let of = |annotation: &Annotation| {
            let reference = Reference::of_annotation(annotation, size)?;
            Some((reference.class, reference.known, reference.source))
        };
        let mut annotation = Annotation::unknown(size, 2);
        assert_eq!(of(&annotation), None);
        annotation.regions = vec![region(Role::Model, 1.0)];
        assert_eq!(of(&annotation), None);
        annotation.regions.push(region(Role::NonExpert, 3.0));
        let inside = vec![true, true, true, false];
        assert_eq!(of(&annotation), Some((inside, None, Source::Regions)));
        // one pixel of a class, one of neither; the fourth lies outside the person's box
        annotation.masks[1].values_mut()[0] = Ternary::Positive;
        annotation.masks[0].values_mut()[1] = Ternary::Negative;
        annotation.masks[1].values_mut()[1] = Ternary::Negative;
        let class = vec![true, false, false, false];
        let known = Some(vec![true, true, false, true]);
        assert_eq!(of(&annotation), Some((class, known, Source::Paint)));
        // what a model suggested is no paint
        let mut suggested = BinaryMask::empty(size);
        suggested.values_mut()[0] = true;
        annotation.suggested[1] = Some(suggested);
        assert_eq!(of(&annotation).map(|(_, _, source)| source), Some(Source::Regions));
    }
}
