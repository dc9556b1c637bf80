//! What a person showed of one class.

use crate::annotation::{BinaryMask, Ternary, TernaryMask};
use crate::image::Size;

use super::SMALLEST_PIECE;

/// An upright box of pixels: columns `left..right`, rows `top..bottom`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// First column.
    pub left: usize,
    /// First row.
    pub top: usize,
    /// The column after the last.
    pub right: usize,
    /// The row after the last.
    pub bottom: usize,
}

impl Bounds {
    fn contains(self, x: usize, y: usize) -> bool {
        (self.left..self.right).contains(&x) && (self.top..self.bottom).contains(&y)
    }
}

/// What shows nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SeedsError {
    /// Neither a mark nor a box says where the class is.
    #[error("no pixel is marked as positive, and there is no box")]
    Nothing,
    /// A box that has no pixel of the picture, or others.
    #[error(
        "the box of columns {}..{} and rows {}..{} is no part of a picture of {picture}",
        bounds.left, bounds.right, bounds.top, bounds.bottom
    )]
    Box {
        /// The box.
        bounds: Bounds,
        /// The picture's size.
        picture: Size,
    },
}

/// Pixels marked as of the class or not of it, and perhaps a box around all that is meant. Outside the box every pixel
/// that is not marked as positive counts as marked as negative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seeds {
    marks: TernaryMask,
    bounds: Option<Bounds>,
    has_positive: bool,
}

impl Seeds {
    /// Marks, and the box that was drawn, if one was.
    ///
    /// # Errors
    ///
    /// If nothing is shown, or the box is no part of the picture.
    pub fn new(mut marks: TernaryMask, bounds: Option<Bounds>) -> Result<Self, SeedsError> {
        let has_positive = marks.values().contains(&Ternary::Positive);
        let picture = marks.size();
        match bounds {
            None if !has_positive => return Err(SeedsError::Nothing),
            Some(bounds) if !is_part(bounds, picture) => {
                return Err(SeedsError::Box { bounds, picture });
            }
            Some(bounds) => close(&mut marks, bounds),
            None => {}
        }
        Ok(Self { marks, bounds, has_positive })
    }

    /// The picture's size.
    pub fn size(&self) -> Size {
        self.marks.size()
    }

    /// What is known of every pixel.
    pub fn marks(&self) -> &TernaryMask {
        &self.marks
    }

    /// Whether a pixel is marked as positive; else there is a box.
    pub(super) fn has_positive(&self) -> bool {
        self.has_positive
    }

    pub(super) fn bounds(&self) -> Option<Bounds> {
        self.bounds
    }

    /// Of a region, what agrees with the marks and hangs together with the positive ones.
    pub(super) fn kept(&self, region: BinaryMask) -> BinaryMask {
        kept(region, self.marks.values(), self.has_positive)
    }
}

fn is_part(bounds: Bounds, Size { width, height }: Size) -> bool {
    bounds.left < bounds.right
        && bounds.right <= width
        && bounds.top < bounds.bottom
        && bounds.bottom <= height
}

fn close(marks: &mut TernaryMask, bounds: Bounds) {
    let width = marks.size().width.max(1);
    for (pixel, mark) in marks.values_mut().iter_mut().enumerate() {
        if *mark == Ternary::Unknown && !bounds.contains(pixel % width, pixel / width) {
            *mark = Ternary::Negative;
        }
    }
}

/// What agrees with `marks` and hangs together with the positive ones by sides; without any, the large pieces.
pub(super) fn kept(mut region: BinaryMask, marks: &[Ternary], has_positive: bool) -> BinaryMask {
    for (inside, mark) in region.values_mut().iter_mut().zip(marks) {
        *inside = match mark {
            Ternary::Positive => true,
            Ternary::Negative => false,
            Ternary::Unknown => *inside,
        };
    }
    if !has_positive {
        return large_pieces(&region);
    }
    let is_start = |pixel: &usize| marks[*pixel] == Ternary::Positive;
    let mut found = BinaryMask::empty(region.size());
    spread(&region, (0..marks.len()).filter(is_start).collect(), &mut found);
    found
}

fn large_pieces(region: &BinaryMask) -> BinaryMask {
    let mut seen = BinaryMask::empty(region.size());
    let mut pieces = Vec::new();
    for start in 0..region.values().len() {
        if region.values()[start] && !seen.values()[start] {
            pieces.push(spread(region, vec![start], &mut seen));
        }
    }
    let largest = pieces.iter().map(Vec::len).max().unwrap_or(0);
    let least = largest as f64 * SMALLEST_PIECE;
    let mut kept = BinaryMask::empty(region.size());
    for pixel in pieces.into_iter().filter(|piece| piece.len() as f64 >= least).flatten() {
        kept.values_mut()[pixel] = true;
    }
    kept
}

/// Adds to `found` what of the region can be reached from `starts`, and lists it.
fn spread(region: &BinaryMask, starts: Vec<usize>, found: &mut BinaryMask) -> Vec<usize> {
    let Size { width, .. } = region.size();
    let (open, found) = (region.values(), found.values_mut());
    let mut reached = starts;
    for start in &reached {
        found[*start] = true;
    }
    let mut next = 0;
    while let Some(&pixel) = reached.get(next) {
        next += 1;
        let x = pixel % width;
        let neighbours = [
            (x > 0).then(|| pixel - 1),
            (x + 1 < width).then_some(pixel + 1),
            pixel.checked_sub(width),
            (pixel + width < open.len()).then_some(pixel + width),
        ];
        for neighbour in neighbours.into_iter().flatten() {
            if open[neighbour] && !found[neighbour] {
                found[neighbour] = true;
                reached.push(neighbour);
            }
        }
    }
    reached
}
