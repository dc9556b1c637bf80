//! The masked-masks protocol: a quarter of each training picture's annotation is taken away.
//!
//! Five areas of equal size, half the height by half the width each, lie in the four corners and in
//! the centre; one of them, drawn at random per picture and repetition, is erased from the mask of
//! every class (Martin, Chevallet and Quénot, CBMI 2022, section 4; that the areas are half by half
//! is our reading). Erased means unknown: painted positives and painted negatives alike. What share
//! of the *paint* goes varies from nothing to all, so it is reported. The variant
//! [`erase_fraction`] takes a fixed share of each class's paint instead.

use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::annotation::{Annotation, Ternary};
use crate::image::Size;
use crate::random::{key_of, stream};

/// One of the five areas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    /// Upper left corner.
    TopLeft,
    /// Upper right corner.
    TopRight,
    /// Lower left corner.
    BottomLeft,
    /// Lower right corner.
    BottomRight,
    /// The middle.
    Centre,
}

/// What one erasure took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Erased {
    /// The area drawn; `None` where a share of the paint was erased instead.
    pub area: Option<Area>,
    /// Share of each class's painted positives that was erased, in class order; `None` for a class
    /// without paint.
    pub shares: Vec<Option<f64>>,
}

/// A share outside 0 to 1.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("{0} is no share of paint to erase; it must lie between 0 and 1")]
pub struct BadShare(pub f64);

impl Area {
    /// All five.
    pub const ALL: [Self; 5] =
        [Self::TopLeft, Self::TopRight, Self::BottomLeft, Self::BottomRight, Self::Centre];

    /// First column, first row, width and height in pixels. Half of an odd side is rounded down, so
    /// that the area is never more than a quarter of the picture.
    pub const fn bounds(self, size: Size) -> [usize; 4] {
        let (width, height) = (size.width / 2, size.height / 2);
        let (right, bottom) = (size.width - width, size.height - height);
        let (x, y) = match self {
            Self::TopLeft => (0, 0),
            Self::TopRight => (right, 0),
            Self::BottomLeft => (0, bottom),
            Self::BottomRight => (right, bottom),
            Self::Centre => (right / 2, bottom / 2),
        };
        [x, y, width, height]
    }

    /// The pixels of the area, as indices into a mask of `size`, row by row.
    pub fn pixels(self, size: Size) -> impl Iterator<Item = usize> {
        let [x, y, width, height] = self.bounds(size);
        (y..y + height)
            .flat_map(move |row| (x..x + width).map(move |column| row * size.width + column))
    }

    /// One of the five, each equally likely.
    pub(crate) fn draw(rng: &mut impl rand::Rng) -> Self {
        Self::ALL[rng.random_range(0..Self::ALL.len())]
    }
}

/// Erases the area drawn for `case` in this `repetition` from every mask.
///
/// The draw depends on nothing but the arguments, so an epoch or another case changes nothing.
pub fn erase(annotation: &mut Annotation, seed: u64, repetition: u64, case: &str) -> Erased {
    let area = Area::draw(&mut stream(seed, "erase", &[repetition, key_of(case)]));
    Erased { area: Some(area), shares: erase_area(annotation, area) }
}

/// Erases `area` from every mask and returns the share of each class's positives that went.
pub fn erase_area(annotation: &mut Annotation, area: Area) -> Vec<Option<f64>> {
    (0..annotation.masks.len())
        .map(|class| {
            let pixels: Vec<usize> = area.pixels(annotation.masks[class].size()).collect();
            forget(annotation, class, &pixels)
        })
        .collect()
}

/// Erases the `fraction` of each class's painted positives nearest to a random point of the
/// picture (a point per class), and the painted negatives as near as those.
pub fn erase_fraction(
    annotation: &mut Annotation,
    fraction: f64,
    seed: u64,
    repetition: u64,
    case: &str,
) -> Result<Erased, BadShare> {
    if !(0.0..=1.0).contains(&fraction) {
        return Err(BadShare(fraction));
    }
    let shares = (0..annotation.masks.len())
        .map(|class| {
            let index = [repetition, key_of(case), class as u64];
            let mut rng = stream(seed, "erase-fraction", &index);
            let point = [rng.random(), rng.random()];
            let pixels = near(annotation, class, fraction, point);
            forget(annotation, class, &pixels)
        })
        .collect();
    Ok(Erased { area: None, shares })
}

/// The painted pixels no farther from `point` (in shares of width and height) than the last of
/// the `fraction` of positives to erase. Positives at equal distance go in reading order.
fn near(annotation: &Annotation, class: usize, fraction: f64, point: [f64; 2]) -> Vec<usize> {
    let mask = &annotation.masks[class];
    let distances = distances(mask.size(), point);
    let with = |state: Ternary| {
        mask.values().iter().enumerate().filter(move |(_, value)| **value == state).map(|(i, _)| i)
    };
    let mut positives: Vec<usize> = with(Ternary::Positive).collect();
    positives.sort_by(|a, b| distances[*a].total_cmp(&distances[*b]).then(a.cmp(b)));
    positives.truncate((fraction * positives.len() as f64).round() as usize);
    let Some(reach) = positives.last().map(|last| distances[*last]) else { return Vec::new() };
    positives.extend(with(Ternary::Negative).filter(|i| distances[*i] <= reach));
    positives
}

/// Squared distance of every pixel centre from a point given in shares of width and height.
pub(crate) fn distances(size: Size, [x, y]: [f64; 2]) -> Vec<f64> {
    let (x, y) = (x * size.width as f64, y * size.height as f64);
    (0..size.area())
        .map(|i| {
            let (column, row) = ((i % size.width) as f64 + 0.5, (i / size.width) as f64 + 0.5);
            (column - x).powi(2) + (row - y).powi(2)
        })
        .collect()
}

/// Makes pixels of one class unknown; the share of its positives that were among them.
fn forget(annotation: &mut Annotation, class: usize, pixels: &[usize]) -> Option<f64> {
    let mask = &mut annotation.masks[class];
    let before = mask.count(Ternary::Positive);
    for pixel in pixels {
        mask.values_mut()[*pixel] = Ternary::Unknown;
    }
    let after = mask.count(Ternary::Positive);
    if let Some(Some(suggested)) = annotation.suggested.get_mut(class) {
        for pixel in pixels {
            suggested.values_mut()[*pixel] = false;
        }
    }
    (before > 0).then(|| (before - after) as f64 / before as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::annotation::{BinaryMask, TernaryMask};

    use Ternary::{Negative as N, Positive as P, Unknown as U};

    fn annotation(size: Size, values: &[Ternary]) -> Annotation {
        let mut annotation = Annotation::unknown(size, 1);
        annotation.masks[0] = TernaryMask::new(size, values.to_vec()).unwrap();
        annotation
    }

    #[test]
    fn areas_are_half_by_half() {
        let table = [
            (Area::TopLeft, Size::new(4, 6), [0, 0, 2, 3]),
            (Area::TopRight, Size::new(4, 6), [2, 0, 2, 3]),
            (Area::BottomLeft, Size::new(4, 6), [0, 3, 2, 3]),
            (Area::BottomRight, Size::new(4, 6), [2, 3, 2, 3]),
            (Area::Centre, Size::new(4, 6), [1, 1, 2, 3]),
            // odd sides: rounded down, still touching the corners
            (Area::BottomRight, Size::new(5, 7), [3, 4, 2, 3]),
            (Area::Centre, Size::new(5, 7), [1, 2, 2, 3]),
            // a single row or pixel has no quarter
            (Area::Centre, Size::new(9, 1), [2, 0, 4, 0]),
            (Area::TopLeft, Size::new(1, 1), [0, 0, 0, 0]),
        ];
        for (area, size, expected) in table {
            assert_eq!(area.bounds(size), expected, "{area:?} of {size}");
            assert_eq!(area.pixels(size).count(), expected[2] * expected[3]);
        }
    }

    #[test]
    fn positives_negatives_and_suggestions_inside_become_unknown() {
        let size = Size::new(4, 2);
        let mut annotation = annotation(size, &[P, N, P, U, P, N, N, P]);
        annotation.suggested[0] = Some(BinaryMask::new(size, vec![true; 8]).unwrap());
        assert_eq!(erase_area(&mut annotation, Area::TopLeft), [Some(0.25)]);
        assert_eq!(annotation.masks[0].values(), [U, U, P, U, P, N, N, P]);
        assert_eq!(annotation.suggested[0].as_ref().unwrap().count(), 6);
    }

    #[test]
    fn a_class_without_paint_has_no_share() {
        let mut annotation = annotation(Size::new(2, 2), &[U, N, U, U]);
        assert_eq!(erase(&mut annotation, 0, 0, "a").shares, [None]);
    }

    #[test]
    fn every_area_comes_up_about_equally_and_repetitions_differ() {
        let mut counts = [0; 5];
        for case in 0..500 {
            let mut annotation = Annotation::unknown(Size::new(2, 2), 1);
            let area = erase(&mut annotation, 7, 0, &format!("case-{case}")).area.unwrap();
            counts[Area::ALL.iter().position(|other| *other == area).unwrap()] += 1;
        }
        assert!(counts.iter().all(|count| (70..130).contains(count)), "{counts:?}");
        let areas = |repetition| -> Vec<_> {
            (0..20)
                .map(|case| {
                    let mut annotation = Annotation::unknown(Size::new(2, 2), 1);
                    erase(&mut annotation, 7, repetition, &case.to_string()).area
                })
                .collect()
        };
        assert_eq!(areas(0), areas(0));
        assert_ne!(areas(0), areas(1));
    }

    #[test]
    fn a_share_outside_0_to_1_is_refused() {
        for share in [-0.1, 1.1, f64::NAN] {
            let mut annotation = Annotation::unknown(Size::new(2, 2), 1);
            assert!(erase_fraction(&mut annotation, share, 0, 0, "a").is_err(), "{share}");
        }
    }

    proptest! {
        #[test]
        fn a_fraction_erases_exactly_that_share(
            width in 1_usize..9,
            height in 1_usize..9,
            fraction in 0.0..=1.0,
            seed: u64,
            code in prop::collection::vec(0_u8..3, 64),
        ) {
            let size = Size::new(width, height);
            let values: Vec<_> =
                code[..size.area()].iter().map(|code| Ternary::from_code(*code).unwrap()).collect();
            let mut erased = annotation(size, &values);
            let result = erase_fraction(&mut erased, fraction, seed, 0, "case").unwrap();
            let positives = values.iter().filter(|value| **value == P).count();
            let gone = positives - erased.masks[0].count(P);
            prop_assert_eq!(gone, (fraction * positives as f64).round() as usize);
            let share = (positives > 0).then(|| gone as f64 / positives as f64);
            prop_assert_eq!(result.shares[0], share);
            for (after, before) in erased.masks[0].values().iter().zip(&values) {
                prop_assert!(after == before || *after == U);
            }
        }
    }
}
