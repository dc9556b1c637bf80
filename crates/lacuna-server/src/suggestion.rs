//! A model's suggestion that a person accepts or rejects: the connected predicted area around a point.

use lacuna_data::annotation::journal::{Op, Origin, Paint};
use lacuna_data::annotation::{Annotation, Runs};
use lacuna_data::{BinaryMask, Ternary};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::annotations::Said;

/// What a person thinks of a suggestion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    /// It is right.
    Accept,
    /// It is not this class.
    Reject,
    /// It is none of the classes.
    Neither,
}

/// The predicted pixels that hang together with the one at `x`, `y` by their sides; `None` if that one is not predicted.
pub(crate) fn area(predicted: &BinaryMask, x: usize, y: usize) -> Option<BinaryMask> {
    let size = predicted.size();
    if x >= size.width || y >= size.height || !predicted.get(x, y) {
        return None;
    }
    let mut area = BinaryMask::empty(size);
    let mut open = vec![y * size.width + x];
    area.values_mut()[y * size.width + x] = true;
    while let Some(pixel) = open.pop() {
        let (x, y) = (pixel % size.width, pixel / size.width);
        let neighbours = [
            (x > 0).then(|| pixel - 1),
            (x + 1 < size.width).then_some(pixel + 1),
            (y > 0).then(|| pixel - size.width),
            (y + 1 < size.height).then_some(pixel + size.width),
        ];
        for next in neighbours.into_iter().flatten() {
            if predicted.values()[next] && !area.values()[next] {
                area.values_mut()[next] = true;
                open.push(next);
            }
        }
    }
    Some(area)
}

/// What the verdict says about every class, of pixels that nobody painted.
pub(crate) fn ops(area: &BinaryMask, verdict: Verdict, class: &str, said: Said<'_>) -> Vec<Op> {
    let names = said.dataset.classes().names();
    let value = match verdict {
        Verdict::Accept => Ternary::Positive,
        Verdict::Reject | Verdict::Neither => Ternary::Negative,
    };
    let concerned = |index: &usize| verdict == Verdict::Neither || names[*index] == class;
    (0..names.len())
        .filter(concerned)
        .map(|index| (index, unpainted(area, said.annotation, index)))
        .filter(|(_, runs)| !runs.is_empty())
        .map(|(index, runs)| {
            Op::Paint(Paint { class: names[index].clone(), value, origin: Origin::Accepted, runs })
        })
        .collect()
}

/// Pixels of the area that no person painted for the class; what was accepted before may be decided again.
fn unpainted(area: &BinaryMask, annotation: &Annotation, class: usize) -> Runs {
    let said = annotation.masks[class].values();
    let accepted = annotation.suggested[class].as_ref().map(BinaryMask::values);
    let is_painted = |pixel: usize| {
        said[pixel] != Ternary::Unknown && !accepted.is_some_and(|accepted| accepted[pixel])
    };
    let free: Vec<bool> = area
        .values()
        .iter()
        .enumerate()
        .map(|(pixel, inside)| *inside && !is_painted(pixel))
        .collect();
    Runs::of(&free, |free| *free)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use lacuna_data::{Class, ClassSet, Dataset, Size};

    use super::*;

    fn mask(width: usize, rows: &str) -> BinaryMask {
        let values: Vec<bool> = rows.bytes().map(|byte| byte == b'#').collect();
        BinaryMask::new(Size::new(width, values.len() / width), values).unwrap()
    }

    #[test]
    fn an_area_hangs_together_by_its_sides() {
        let predicted = mask(5, "##..#.#.##...##");
        assert_eq!(area(&predicted, 0, 0).unwrap(), mask(5, "##....#........"));
        assert_eq!(area(&predicted, 4, 0).unwrap(), mask(5, "....#...##...##"));
        assert!(area(&predicted, 2, 0).is_none(), "not predicted");
        assert!(area(&predicted, 5, 0).is_none(), "outside");
    }

    #[test]
    fn a_verdict_never_overrules_paint() {
        let folder = tempfile::tempdir().unwrap();
        let class = |name: &str| Class { name: name.to_owned(), color: [0; 3] };
        let classes = ClassSet::new(vec![class("gum"), class("teeth")], &[], &[]).unwrap();
        let dataset = Dataset::create(folder.path(), "a", classes).unwrap();
        let size = Size::new(4, 1);
        let mut annotation = Annotation::unknown(size, 2);
        annotation.masks[0].values_mut()[0] = Ternary::Negative;
        annotation.masks[0].values_mut()[1] = Ternary::Positive;
        annotation.suggested[0] = Some(mask(4, ".#.."));
        let area = mask(4, "###.");
        let said = |verdict| {
            let (dataset, annotation, painters) = (&dataset, &annotation, &BTreeSet::new());
            let said = Said { dataset, annotation, seq: 0, painters };
            let ops = ops(&area, verdict, "gum", said);
            serde_json::to_string(&ops).unwrap()
        };
        let paint = |class: &str, value: &str, runs: &str| {
            format!(
                r#"{{"op":"paint","class":"{class}","value":"{value}","origin":"accepted","runs":{runs}}}"#
            )
        };
        assert_eq!(said(Verdict::Accept), format!("[{}]", paint("gum", "positive", "[1,2]")));
        assert_eq!(said(Verdict::Reject), format!("[{}]", paint("gum", "negative", "[1,2]")));
        let both = [paint("gum", "negative", "[1,2]"), paint("teeth", "negative", "[0,3]")];
        assert_eq!(said(Verdict::Neither), format!("[{}]", both.join(",")));
    }
}
