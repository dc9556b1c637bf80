//! The one who paints in place of a person: a window of a picture, all of it, as the complete masks say.

use std::collections::BTreeSet;

use lacuna_data::annotation::Runs;
use lacuna_data::annotation::journal::{Op, Origin, Paint};
use lacuna_data::{BinaryMask, Size, Ternary};
use lacuna_metrics::MetricError;

use crate::active::cost::Work;

/// A square of a picture.
pub(super) struct Window {
    size: Size,
    columns: std::ops::Range<usize>,
    rows: std::ops::Range<usize>,
}

impl Window {
    /// A window whose side is that share of the picture's shorter side, moved into the picture.
    pub(super) fn around([x, y]: [f64; 2], side: f64, size: Size) -> Self {
        let side = ((size.width.min(size.height) as f64 * side).round() as usize).max(1);
        let range = |centre: f64, length: usize| {
            let last = length.saturating_sub(side);
            let first = ((centre - side as f64 / 2.0).max(0.0) as usize).min(last);
            first..(first + side).min(length)
        };
        Self { size, columns: range(x, size.width), rows: range(y, size.height) }
    }

    /// What the masks say about every class, by name, in the window.
    pub(super) fn paint(&self, names: &[String], truth: &[BinaryMask]) -> Vec<Op> {
        let ops = names.iter().zip(truth).flat_map(|(class, mask)| {
            let paint = |value, wanted| {
                let runs = self.runs(mask, wanted);
                Op::Paint(Paint { class: class.clone(), value, origin: Origin::Painted, runs })
            };
            [paint(Ternary::Positive, true), paint(Ternary::Negative, false)]
        });
        ops.collect()
    }

    /// What that takes: the picture is opened, and every connected part of the window with the same classes outlined once.
    pub(super) fn work(&self, truth: &[BinaryMask]) -> Result<Work, MetricError> {
        let classes: Vec<Vec<bool>> = self
            .pixels()
            .map(|pixel| truth.iter().map(|mask| mask.values()[pixel]).collect())
            .collect();
        let kinds: BTreeSet<_> = classes.iter().collect();
        let size = Size::new(self.columns.len(), self.rows.len());
        let mut work = Work { pictures: 1, ..Work::default() };
        for kind in kinds {
            let is_kind: Vec<bool> = classes.iter().map(|classes| classes == kind).collect();
            work += Work::outlining(&is_kind, size)?;
        }
        Ok(work)
    }

    /// Its pixels, row by row.
    fn pixels(&self) -> impl Iterator<Item = usize> + '_ {
        let row = move |row: usize| {
            self.columns.clone().map(move |column| row * self.size.width + column)
        };
        self.rows.clone().flat_map(row)
    }

    /// The pixels of the window at which the mask is `wanted`.
    fn runs(&self, mask: &BinaryMask, wanted: bool) -> Runs {
        let mut inside = BinaryMask::empty(self.size);
        for pixel in self.pixels() {
            inside.values_mut()[pixel] = mask.values()[pixel] == wanted;
        }
        Runs::from_mask(&inside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_lie_in_the_picture() {
        let size = Size::new(20, 10);
        let table =
            [([10.0, 5.0], 8..12, 3..7), ([0.0, 0.0], 0..4, 0..4), ([20.0, 10.0], 16..20, 6..10)];
        for (centre, columns, rows) in table {
            let window = Window::around(centre, 0.4, size);
            assert_eq!((window.columns, window.rows), (columns, rows), "{centre:?}");
        }
        let mut mask = BinaryMask::empty(size);
        mask.values_mut()[3 * 20 + 9] = true;
        let window = Window::around([10.0, 5.0], 0.4, size);
        assert_eq!(window.runs(&mask, true).count(), 1);
        assert_eq!(window.runs(&mask, false).count(), 15);
        let other = BinaryMask::empty(size);
        let work = window.work(&[mask, other]).unwrap();
        // one pixel in the first row (4 edges) and all others (15 outside, 3 towards it)
        let outline = std::f64::consts::FRAC_PI_4 * 22.0;
        assert_eq!((work.pictures, work.strokes), (1, 2));
        assert!((work.outline - outline).abs() < 1e-12, "{work:?}");
    }
}
