//! Simpler ways to a box, to hold the detector to.

use std::ops::Range;

use lacuna_data::Size;
use lacuna_metrics::{Connectivity, Grid, MetricError, ScoredBox, components};
use serde::{Deserialize, Serialize};

use super::TrainingPicture;

/// A way to a box that needs no detector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Baseline {
    /// The whole picture: nothing is outside.
    WholeImage,
    /// The mean of the training boxes, as shares of width and height.
    MeanBox,
    /// Around the largest piece of what a quick U-Net, trained on the insides of the boxes, calls inside.
    LargestComponent,
}

impl Baseline {
    /// All of them, the simplest first.
    pub const ALL: [Self; 3] = [Self::WholeImage, Self::MeanBox, Self::LargestComponent];

    /// Its name on the command line and in regions.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WholeImage => "whole-image",
            Self::MeanBox => "mean-box",
            Self::LargestComponent => "largest-component",
        }
    }
}

/// The mean over pictures of the box around all boxes of a picture, as shares of width and height.
pub(super) fn mean_box<'a>(
    pictures: impl Iterator<Item = &'a TrainingPicture>,
) -> Option<[f64; 4]> {
    let around =
        |picture: &TrainingPicture| {
            picture.boxes.iter().copied().reduce(|[a, b, c, d], [x1, y1, x2, y2]| {
                [a.min(x1), b.min(y1), c.max(x2), d.max(y2)]
            })
        };
    let boxes: Vec<[f64; 4]> = pictures.filter_map(around).collect();
    let mean = |side: usize| boxes.iter().map(|b| b[side]).sum::<f64>() / boxes.len() as f64;
    (!boxes.is_empty()).then(|| [mean(0), mean(1), mean(2), mean(3)])
}

/// A box given as shares of width and height, in a picture's pixels.
pub(super) fn placed([x1, y1, x2, y2]: [f64; 4], size: Size) -> ScoredBox {
    let (width, height) = (size.width as f64, size.height as f64);
    ScoredBox { corners: [x1 * width, y1 * height, x2 * width, y2 * height], score: 1.0 }
}

/// The box around the largest piece of the pixels of at least ½, touching by side or corner; its score is their mean.
///
/// # Errors
/// When there are not as many probabilities as pixels.
pub(super) fn largest_component(
    probabilities: &[f32],
    size: Size,
) -> Result<Option<ScoredBox>, MetricError> {
    let mask: Vec<bool> = probabilities.iter().map(|p| *p >= 0.5).collect();
    let grid = Grid::in_pixels(size.width, size.height)?;
    let area = |runs: &Vec<Range<usize>>| runs.iter().map(Range::len).sum::<usize>();
    // of equal ones the first in reading order
    let pieces = components(&mask, &grid, Connectivity::Eight)?.into_iter().rev();
    let Some(largest) = pieces.max_by_key(area) else { return Ok(None) };
    let values = largest.iter().flat_map(|run| &probabilities[run.clone()]);
    let sum: f64 = values.map(|value| f64::from(*value)).sum();
    let start = [f64::INFINITY, f64::INFINITY, 0.0, 0.0];
    let corners = largest.iter().fold(start, |[x1, y1, x2, y2], run| {
        let (x, y) = ((run.start % size.width) as f64, (run.start / size.width) as f64);
        [x1.min(x), y1.min(y), x2.max(x + run.len() as f64), y2.max(y + 1.0)]
    });
    let score = (sum / area(&largest) as f64).min(1.0);
    Ok(Some(ScoredBox { corners, score }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_piece_gives_the_box() {
        // corners touch; the single pixel on the right is a piece of its own
        let picture = ["#...#", ".#...", "..#..", "....."].concat();
        let probabilities: Vec<f32> =
            picture.chars().map(|c| if c == '#' { 0.75 } else { 0.25 }).collect();
        let size = Size::new(5, 4);
        let expected = ScoredBox { corners: [0.0, 0.0, 3.0, 3.0], score: 0.75 };
        assert_eq!(largest_component(&probabilities, size).unwrap(), Some(expected));
        assert_eq!(largest_component(&[0.4; 20], size).unwrap(), None);
        assert!(largest_component(&[0.4; 19], size).is_err());
    }

    #[test]
    fn the_mean_box_is_relative() {
        let picture = |boxes: &[[f64; 4]]| TrainingPicture {
            id: "a".to_owned(),
            group: None,
            image: String::new(),
            boxes: boxes.to_vec(),
        };
        let pictures = [
            picture(&[[0.0, 0.2, 0.5, 1.0]]),
            picture(&[[0.5, 0.5, 0.7, 0.6], [0.4, 0.5, 0.9, 0.8]]),
        ];
        let mean = mean_box(pictures.iter()).unwrap();
        let expected = [0.2, 0.35, 0.7, 0.9];
        assert!(mean.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{mean:?}");
        assert_eq!(placed([0.1, 0.5, 0.5, 1.0], Size::new(20, 10)).corners, [2.0, 5.0, 10.0, 10.0]);
        assert_eq!(mean_box([].iter()), None);
    }
}
