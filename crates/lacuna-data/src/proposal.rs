//! The region of a class that a person may mean by a few scribbles or a box. It is a proposal: nothing believes it until
//! somebody accepts it.
//!
//! Two models take turns, as in GrabCut (Rother, Kolmogorov, Blake, SIGGRAPH 2004): which colours are the class's, learnt
//! from the marks and the region found so far (`color_model`), and which cells hang together, a random walker with a
//! prior (Grady, *Multilabel random walker image segmentation using prior models*, CVPR 2005; `random_walker`). The
//! prior is what the colours say, and what a network says if there is one. Large pictures are solved on coarser
//! `cells`, whose answer is carried to the pixels along their edges (`refinement`).
//!
//! The same question has the same answer, whatever the number of threads.

mod cells;
mod color_model;
mod random_walker;
mod refinement;
mod seeds;
#[cfg(test)]
mod tests;

use cells::Cells;
use color_model::ColorModel;
use random_walker::RandomWalker;

pub use seeds::{Bounds, Seeds, SeedsError};

use crate::annotation::BinaryMask;
use crate::image::{Image, Size};

/// How often colours are learnt and the walker walks.
const ROUNDS: usize = 3;
/// How often where only a box was drawn, whose inside is a poor first guess.
const ROUNDS_OF_BOX: usize = 6;
/// From this share of the walkers on a pixel is of the region.
const HALF: f32 = 0.5;
/// In a box without marks, pieces smaller than this share of the largest are taken for noise.
const SMALLEST_PIECE: f64 = 0.1;

/// What does not fit the picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProposalError {
    /// Marks of another picture.
    #[error("marks of {marks} do not fit a picture of {picture}")]
    Size {
        /// The picture's size.
        picture: Size,
        /// The marks' size.
        marks: Size,
    },
    /// Probabilities of another picture.
    #[error("{found} probabilities do not fit a picture of {picture}")]
    Probabilities {
        /// The picture's size.
        picture: Size,
        /// Values given.
        found: usize,
    },
}

/// The region of the class that `seeds` show in `image`.
///
/// Every mark keeps its sign. With positive marks the region hangs together with them by sides of pixels; with a box
/// alone it is what stands out in it. Outside a box there is nothing but what is marked as positive.
///
/// `probability` is a network's for the class, row by row, one a pixel.
///
/// # Errors
///
/// If marks or probabilities are not of the picture's size.
pub fn propose(
    image: &Image,
    seeds: &Seeds,
    probability: Option<&[f32]>,
) -> Result<BinaryMask, ProposalError> {
    check(image.size(), seeds, probability)?;
    let cells = Cells::new(image, seeds, probability);
    let walker = RandomWalker::new(&cells);
    let mut region = cells.first_guess();
    let mut share: Vec<f32> = region.values().iter().map(|inside| f32::from(*inside)).collect();
    for _ in 0..if seeds.has_positive() { ROUNDS } else { ROUNDS_OF_BOX } {
        let prior = ColorModel::learn(&cells, &region).prior(&cells);
        share = walker.walk(&prior, share);
        region = cells.kept(BinaryMask::of(cells.size(), |cell| share[cell] >= HALF));
    }
    Ok(seeds.kept(refinement::to_pixels(image, &cells, &share)))
}

fn check(picture: Size, seeds: &Seeds, probability: Option<&[f32]>) -> Result<(), ProposalError> {
    if seeds.size() != picture {
        return Err(ProposalError::Size { picture, marks: seeds.size() });
    }
    match probability {
        Some(values) if values.len() != picture.area() => {
            Err(ProposalError::Probabilities { picture, found: values.len() })
        }
        _ => Ok(()),
    }
}
