//! CVAT's run-length masks.

use crate::annotation::BinaryMask;
use crate::annotation::region::bounds;
use crate::image::Size;

/// A mask within a box: row after row, alternating runs that start with background.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BoxRuns {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) counts: Vec<usize>,
}

impl BoxRuns {
    /// The runs of a mask within the box around it; none if nothing is set.
    pub(super) fn of(mask: &BinaryMask) -> Option<Self> {
        let set = mask.values().iter().enumerate().filter(|(_, set)| **set).map(|(i, _)| i);
        let [left, top, right, bottom] = bounds(mask.size().width, set)?.map(|edge| edge as usize);
        let (mut counts, mut current, mut run) = (Vec::new(), false, 0);
        for y in top..bottom {
            for x in left..right {
                if mask.get(x, y) != current {
                    counts.push(run);
                    (current, run) = (!current, 0);
                }
                run += 1;
            }
        }
        counts.push(run);
        Some(Self { left, top, width: right - left, height: bottom - top, counts })
    }

    /// The mask on a picture.
    ///
    /// # Errors
    /// If the runs do not fill the box, or the box is not within the picture.
    pub(super) fn mask(&self, size: Size) -> Result<BinaryMask, String> {
        let fits = |start: usize, length: usize, limit: usize| {
            start.checked_add(length).is_some_and(|end| end <= limit)
        };
        if !fits(self.left, self.width, size.width) || !fits(self.top, self.height, size.height) {
            let Self { left, top, width, height, .. } = self;
            return Err(format!(
                "a mask of {width}×{height} at {left},{top} in a picture of {size}"
            ));
        }
        let sum = self.counts.iter().try_fold(0usize, |sum, count| sum.checked_add(*count));
        if sum != Some(self.width * self.height) {
            return Err(format!("a mask whose runs do not fill {}×{}", self.width, self.height));
        }
        let mut mask = BinaryMask::empty(size);
        let mut at = 0;
        for (i, count) in self.counts.iter().enumerate() {
            if i % 2 == 1 {
                for place in at..at + count {
                    let (x, y) = (self.left + place % self.width, self.top + place / self.width);
                    mask.values_mut()[y * size.width + x] = true;
                }
            }
            at += count;
        }
        Ok(mask)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_known_mask_and_impossible_ones() {
        let runs = |counts: &[usize]| BoxRuns {
            left: 1,
            top: 1,
            width: 3,
            height: 2,
            counts: counts.to_vec(),
        };
        let size = Size::new(5, 4);
        let mask = runs(&[1, 2, 2, 1]).mask(size).unwrap();
        let drawn: String = mask.values().iter().map(|set| if *set { '#' } else { '.' }).collect();
        assert_eq!(drawn, ".......##....#......");
        for counts in [&[1, 2][..], &[1, 2, 9], &[usize::MAX, 7]] {
            assert!(runs(counts).mask(size).is_err());
        }
        assert!(runs(&[6]).mask(Size::new(3, 4)).is_err());
        let far = BoxRuns { left: usize::MAX, ..runs(&[6]) };
        assert!(far.mask(size).unwrap_err().contains("in a picture of 5×4"));
        let huge = BoxRuns { width: 1 << 40, height: 1 << 40, ..runs(&[1]) };
        assert!(huge.mask(size).is_err());
    }

    proptest! {
        #[test]
        fn masks_come_back(width in 1usize..20, bits in prop::collection::vec(any::<bool>(), 20..200)) {
            let size = Size::new(width, bits.len() / width);
            let mask = BinaryMask::new(size, bits[..size.area()].to_vec()).unwrap();
            let found = BoxRuns::of(&mask).map(|runs| runs.mask(size).unwrap());
            prop_assert_eq!(found.unwrap_or_else(|| BinaryMask::empty(size)), mask);
        }
    }
}
