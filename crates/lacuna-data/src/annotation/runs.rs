//! Sets of pixels as runs: what a stroke touches, small enough to send and to keep.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::BinaryMask;
use crate::image::Size;

/// Numbers that are no set of pixels.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunsError {
    /// A start without a length.
    #[error("{count} numbers are not pairs of start and length")]
    Odd {
        /// Numbers given.
        count: usize,
    },
    /// A run without a pixel.
    #[error("the run at pixel {start} has length 0")]
    Empty {
        /// Where it starts.
        start: u32,
    },
    /// A run that starts inside or before the one before it.
    #[error("the run at pixel {start} starts before {end}, where the one before it ends")]
    Order {
        /// Where it starts.
        start: u32,
        /// The end of the run before it.
        end: u32,
    },
    /// Pixels that the picture does not have.
    #[error("pixels up to {end} do not fit a picture of {size} = {} pixels", size.area())]
    Outside {
        /// Where the last run ends.
        end: u64,
        /// The picture.
        size: Size,
    },
    /// A run that ends beyond the largest number.
    #[error("the run at pixel {start} ends beyond any picture")]
    Overflow {
        /// Where it starts.
        start: u32,
    },
}

/// A set of pixels: `[start, length, start, length, …]` in row-major indices of the upright picture,
/// ascending and disjoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<u32>", into = "Vec<u32>")]
pub struct Runs(Vec<u32>);

impl Runs {
    /// Checks that the numbers are pairs, ascending, disjoint and of at least one pixel each. Whether
    /// they fit a picture is for [`check_within`](Self::check_within) to say.
    pub fn new(numbers: Vec<u32>) -> Result<Self, RunsError> {
        if !numbers.len().is_multiple_of(2) {
            return Err(RunsError::Odd { count: numbers.len() });
        }
        let mut end = 0;
        for pair in numbers.chunks_exact(2) {
            let (start, length) = (pair[0], pair[1]);
            if length == 0 {
                return Err(RunsError::Empty { start });
            }
            if start < end {
                return Err(RunsError::Order { start, end });
            }
            end = start.checked_add(length).ok_or(RunsError::Overflow { start })?;
        }
        Ok(Self(numbers))
    }

    /// The places of `values` that are set. Places fit 32 bits, since pictures have at most
    /// [`MAX_PIXELS`](crate::image::MAX_PIXELS) pixels.
    pub fn of<T>(values: &[T], is_set: impl Fn(&T) -> bool) -> Self {
        let mut runs = Self::default();
        let mut start = 0;
        while let Some(first) = values.get(start).map(&is_set) {
            let same = values[start..].iter().position(|value| is_set(value) != first);
            let end = same.map_or(values.len(), |length| start + length);
            if first {
                runs.push(start..end);
            }
            start = end;
        }
        runs
    }

    /// The pixels set in `mask`.
    pub fn from_mask(mask: &BinaryMask) -> Self {
        Self::of(mask.values(), |set| *set)
    }

    /// The mask in which exactly these pixels are set.
    ///
    /// # Errors
    ///
    /// If a picture of `size` does not have all of them.
    pub fn to_mask(&self, size: Size) -> Result<BinaryMask, RunsError> {
        self.check_within(size)?;
        let mut mask = BinaryMask::empty(size);
        for run in self.iter() {
            mask.values_mut()[run].fill(true);
        }
        Ok(mask)
    }

    /// Whether a picture of `size` has all these pixels.
    pub fn check_within(&self, size: Size) -> Result<(), RunsError> {
        match self.span() {
            Some(span) if span.end > size.area() => {
                Err(RunsError::Outside { end: span.end as u64, size })
            }
            _ => Ok(()),
        }
    }

    /// The runs as ranges of pixel indices.
    pub fn iter(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.0.chunks_exact(2).map(|pair| pair[0] as usize..pair[0] as usize + pair[1] as usize)
    }

    /// Number of pixels.
    pub fn count(&self) -> usize {
        self.iter().map(|run| run.len()).sum()
    }

    /// Whether there is no pixel.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the two sets have a pixel in common. The time it takes grows with the number of runs,
    /// not of pixels.
    pub fn overlaps(&self, other: &Self) -> bool {
        let (Some(a), Some(b)) = (self.span(), other.span()) else { return false };
        if a.end <= b.start || b.end <= a.start {
            return false;
        }
        let (mut ours, mut theirs) = (self.iter().peekable(), other.iter().peekable());
        while let (Some(a), Some(b)) = (ours.peek(), theirs.peek()) {
            if a.start < b.end && b.start < a.end {
                return true;
            }
            if a.end <= b.end {
                ours.next();
            } else {
                theirs.next();
            }
        }
        false
    }

    /// Adds pixels that all come after those there are; a run that goes on where the last one ended
    /// becomes one with it.
    pub(crate) fn push(&mut self, pixels: Range<usize>) {
        let (start, length) = (pixels.start as u32, pixels.len() as u32);
        match self.0.as_mut_slice() {
            [.., last, before] if *last + *before == start => *before += length,
            _ => self.0.extend([start, length]),
        }
    }

    /// From the first pixel to the last.
    fn span(&self) -> Option<Range<usize>> {
        let [start, .., last, length] = self.0.as_slice() else {
            return self.iter().next();
        };
        Some(*start as usize..*last as usize + *length as usize)
    }
}

impl TryFrom<Vec<u32>> for Runs {
    type Error = RunsError;

    fn try_from(numbers: Vec<u32>) -> Result<Self, RunsError> {
        Self::new(numbers)
    }
}

impl From<Runs> for Vec<u32> {
    fn from(runs: Runs) -> Self {
        runs.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn runs(numbers: &[u32]) -> Runs {
        Runs::new(numbers.to_vec()).unwrap()
    }

    #[test]
    fn only_sets_of_pixels_are_runs() {
        let table: [(&[u32], &str); 8] = [
            (&[], ""),
            // the whole picture
            (&[0, 12], ""),
            // two runs that touch
            (&[0, 5, 5, 7], ""),
            (&[0, 5, 9], "3 numbers"),
            (&[0, 5, 9, 0], "the run at pixel 9 has length 0"),
            // the same pixel twice
            (&[0, 5, 4, 1], "the run at pixel 4 starts before 5"),
            (&[9, 5, 4, 1], "the run at pixel 4 starts before 14"),
            (&[1, u32::MAX], "beyond any picture"),
        ];
        for (numbers, expected) in table {
            match Runs::new(numbers.to_vec()) {
                Ok(runs) => {
                    assert!(expected.is_empty() && runs.check_within(Size::new(4, 3)).is_ok());
                }
                Err(error) => {
                    assert!(
                        !expected.is_empty() && error.to_string().contains(expected),
                        "{error}"
                    );
                }
            }
        }
        let error = runs(&[0, 1, 11, 2]).to_mask(Size::new(4, 3)).unwrap_err();
        assert_eq!(error.to_string(), "pixels up to 13 do not fit a picture of 4×3 = 12 pixels");
    }

    #[test]
    fn runs_are_an_array_of_numbers_in_json() {
        assert_eq!(serde_json::to_string(&runs(&[3, 2, 8, 1])).unwrap(), "[3,2,8,1]");
        assert_eq!(serde_json::from_str::<Runs>("[3,2,8,1]").unwrap(), runs(&[3, 2, 8, 1]));
        for bad in ["[3]", "[-1,2]", "[0.5,1]", "[0,0]", "[0,99999999999]", "{}"] {
            assert!(serde_json::from_str::<Runs>(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn masks_come_back_and_overlaps_are_found(
            a in prop::collection::vec(any::<bool>(), 0..60),
            b in prop::collection::vec(any::<bool>(), 0..60),
        ) {
            let size = |bits: &Vec<bool>| Size::new(bits.len(), 1);
            let mask = |bits: &Vec<bool>| BinaryMask::new(size(bits), bits.clone()).unwrap();
            let (first, second) = (Runs::from_mask(&mask(&a)), Runs::from_mask(&mask(&b)));
            prop_assert_eq!(first.to_mask(size(&a)).unwrap(), mask(&a));
            prop_assert_eq!(Runs::new(first.0.clone()), Ok(first.clone()));
            prop_assert_eq!(first.count(), a.iter().filter(|set| **set).count());
            let common = a.iter().zip(&b).any(|(a, b)| *a && *b);
            prop_assert_eq!(first.overlaps(&second), common);
            prop_assert_eq!(second.overlaps(&first), common);
        }
    }
}
