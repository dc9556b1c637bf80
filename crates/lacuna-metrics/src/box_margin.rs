//! What the outside of predicted boxes teaches: how much of a class it wrongly calls negative, for how much of the true
//! outside.

use crate::confusion::is_known;
use crate::error::{MetricError, check_length};
use crate::grid::Grid;

/// Pixels of pictures on both sides of their boxes; counts of pictures add up with [`OutsideCounts::add`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutsideCounts {
    /// Known pixels of the class.
    pub class: u64,
    /// Of these the ones outside all boxes, which would be taught as negatives: **false negatives**.
    pub class_outside: u64,
    /// Known pixels outside the true box, the tightest around all pixels of the class; all known pixels where the class is
    /// nowhere.
    pub true_outside: u64,
    /// Of these the ones outside all boxes: negatives gained.
    pub gained: u64,
}

impl OutsideCounts {
    /// Counts the pixels of a picture. `truth` says where the class is (of several classes, where any is); `boxes` are
    /// x1, y1, x2, y2 in pixels, and each side is moved outwards by `margin` times the picture's longer side (inwards if
    /// that is negative). A pixel is in a box if its centre is. Without boxes nothing is taught: no pixel is outside.
    ///
    /// # Errors
    /// When a mask has not the size of `grid`, or a corner or the margin is not finite.
    pub fn measure(
        grid: &Grid,
        truth: &[bool],
        known: Option<&[bool]>,
        boxes: &[[f64; 4]],
        margin: f64,
    ) -> Result<Self, MetricError> {
        grid.check("the reference", truth.len())?;
        if let Some(known) = known {
            check_length("the mask of known pixels", known.len(), truth.len())?;
        }
        let values = boxes.iter().flatten().chain([&margin]).enumerate();
        if let Some((index, value)) = values.into_iter().find(|(_, value)| !value.is_finite()) {
            return Err(MetricError::NotFinite { index, value: *value });
        }
        let out = margin * grid.width().max(grid.height()) as f64;
        let widened: Vec<[f64; 4]> =
            boxes.iter().map(|[x1, y1, x2, y2]| [x1 - out, y1 - out, x2 + out, y2 + out]).collect();
        let of_class = |index: usize| truth[index] && is_known(known, index);
        let tight = tight_box(grid, of_class);
        let mut counts = Self::default();
        for index in (0..truth.len()).filter(|index| is_known(known, *index)) {
            let (x, y) = (index % grid.width(), index / grid.width());
            let outside = !boxes.is_empty() && !widened.iter().any(|corners| holds(*corners, x, y));
            let truly_outside = tight.is_none_or(|corners| !holds(corners, x, y));
            counts.class += u64::from(of_class(index));
            counts.class_outside += u64::from(of_class(index) && outside);
            counts.true_outside += u64::from(truly_outside);
            counts.gained += u64::from(truly_outside && outside);
        }
        Ok(counts)
    }

    /// Adds the pixels of another picture.
    pub fn add(&mut self, other: Self) {
        self.class += other.class;
        self.class_outside += other.class_outside;
        self.true_outside += other.true_outside;
        self.gained += other.gained;
    }

    /// Share of the class that would be taught as negative; `None` where the class is nowhere.
    pub fn missed_share(&self) -> Option<f64> {
        (self.class > 0).then(|| self.class_outside as f64 / self.class as f64)
    }

    /// Share of the true outside that is gained; `None` where there is none.
    pub fn gained_share(&self) -> Option<f64> {
        (self.true_outside > 0).then(|| self.gained as f64 / self.true_outside as f64)
    }
}

/// The tightest box around the pixels that count.
fn tight_box(grid: &Grid, counts: impl Fn(usize) -> bool) -> Option<[f64; 4]> {
    let pixels = (0..grid.pixels()).filter(|index| counts(*index));
    let places = pixels.map(|index| ((index % grid.width()) as f64, (index / grid.width()) as f64));
    places.fold(None, |bounds, (x, y)| {
        let [x1, y1, x2, y2] = bounds.unwrap_or([x, y, x + 1.0, y + 1.0]);
        Some([x1.min(x), y1.min(y), x2.max(x + 1.0), y2.max(y + 1.0)])
    })
}

/// Whether the centre of the pixel in column `x` and row `y` lies in a box; its left and upper sides belong to it.
fn holds([x1, y1, x2, y2]: [f64; 4], x: usize, y: usize) -> bool {
    let (x, y) = (x as f64 + 0.5, y as f64 + 0.5);
    x1 <= x && x < x2 && y1 <= y && y < y2
}

/// The smallest of the `(margin, counts)` whose share of the class outside is at most `most_missed`: the margin to
/// recommend, chosen on validation pictures. `None` if there is none.
pub fn least_margin(curve: &[(f64, OutsideCounts)], most_missed: f64) -> Option<f64> {
    let safe = |counts: &OutsideCounts| counts.missed_share().is_some_and(|s| s <= most_missed);
    let margins = curve.iter().filter(|(_, counts)| safe(counts)).map(|(margin, _)| *margin);
    margins.min_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A class of 4 × 2 pixels in a picture of 10 × 8.
    fn truth() -> (Grid, Vec<bool>) {
        let grid = Grid::in_pixels(10, 8).unwrap();
        let inside =
            |index: usize| (3..7).contains(&(index % 10)) && (2..4).contains(&(index / 10));
        (grid, (0..80).map(inside).collect())
    }

    fn counts(class: u64, class_outside: u64, true_outside: u64, gained: u64) -> OutsideCounts {
        OutsideCounts { class, class_outside, true_outside, gained }
    }

    #[test]
    fn hand_counted_boxes() {
        let (grid, truth) = truth();
        let measure = |boxes: &[[f64; 4]], margin: f64| {
            OutsideCounts::measure(&grid, &truth, None, boxes, margin).unwrap()
        };
        let table: [(&[[f64; 4]], f64, OutsideCounts); 7] = [
            // exactly right
            (&[[3.0, 2.0, 7.0, 4.0]], 0.0, counts(8, 0, 72, 72)),
            // one pixel wider on every side: 6 × 4
            (&[[3.0, 2.0, 7.0, 4.0]], 0.1, counts(8, 0, 72, 56)),
            // the right column is cut off
            (&[[3.0, 2.0, 6.0, 4.0]], 0.0, counts(8, 2, 72, 72)),
            // two boxes are their union
            (&[[3.0, 2.0, 5.0, 4.0], [5.0, 2.0, 7.0, 4.0]], 0.0, counts(8, 0, 72, 72)),
            // centres decide
            (&[[3.4, 2.4, 6.6, 3.6]], 0.0, counts(8, 0, 72, 72)),
            // the whole picture gains nothing, no box teaches nothing
            (&[[0.0, 0.0, 10.0, 8.0]], 0.0, counts(8, 0, 72, 0)),
            (&[], 0.0, counts(8, 0, 72, 0)),
        ];
        for (boxes, margin, expected) in table {
            assert_eq!(measure(boxes, margin), expected, "{boxes:?} {margin}");
        }
        assert_eq!(measure(&[[3.0, 2.0, 6.0, 4.0]], 0.0).missed_share(), Some(0.25));
        assert_eq!(measure(&[[3.0, 2.0, 7.0, 4.0]], 0.1).gained_share(), Some(56.0 / 72.0));
    }

    #[test]
    fn unknown_pixels_are_never_counted() {
        let (grid, truth) = truth();
        // the right column of the class and all below it are unknown
        let known: Vec<bool> = (0..80).map(|index| index % 10 != 6 && index < 40).collect();
        let boxes = [[3.0, 2.0, 5.0, 4.0]];
        let found = OutsideCounts::measure(&grid, &truth, Some(&known), &boxes, 0.0).unwrap();
        assert_eq!(found, counts(6, 2, 30, 30));
    }

    #[test]
    fn the_smallest_safe_margin_is_recommended() {
        let (grid, truth) = truth();
        let curve: Vec<(f64, OutsideCounts)> = [0.2, 0.0, 0.1, 0.3]
            .map(|margin| {
                let boxes = [[3.0, 2.0, 5.0, 4.0]];
                (margin, OutsideCounts::measure(&grid, &truth, None, &boxes, margin).unwrap())
            })
            .into();
        assert_eq!(least_margin(&curve, 0.0), Some(0.2));
        assert_eq!(least_margin(&curve, 0.25), Some(0.1));
        assert_eq!(least_margin(&[], 1.0), None);
        let nowhere = OutsideCounts::default();
        assert_eq!((nowhere.missed_share(), nowhere.gained_share()), (None, None));
        assert!(OutsideCounts::measure(&grid, &truth, None, &[[0.0; 4]], f64::NAN).is_err());
        assert!(OutsideCounts::measure(&grid, &truth[1..], None, &[], 0.0).is_err());
    }
}
