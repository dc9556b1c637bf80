//! Simpler ways to a box, to hold the detector to.

use std::collections::VecDeque;

use lacuna_data::Size;
use lacuna_metrics::ScoredBox;
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
pub(super) fn largest_component(probabilities: &[f32], size: Size) -> Option<ScoredBox> {
    let mut left: Vec<bool> = probabilities.iter().map(|p| *p >= 0.5).collect();
    let mut largest: Vec<usize> = Vec::new();
    for start in 0..left.len() {
        if left[start] {
            let piece = take_piece(&mut left, start, size);
            if piece.len() > largest.len() {
                largest = piece;
            }
        }
    }
    let sum: f64 = largest.iter().map(|pixel| f64::from(probabilities[*pixel])).sum();
    let start = [f64::INFINITY, f64::INFINITY, 0.0, 0.0];
    let corners = largest.iter().fold(start, |[x1, y1, x2, y2], pixel| {
        let (x, y) = ((pixel % size.width) as f64, (pixel / size.width) as f64);
        [x1.min(x), y1.min(y), x2.max(x + 1.0), y2.max(y + 1.0)]
    });
    let score = (sum / largest.len().max(1) as f64).min(1.0);
    (!largest.is_empty()).then_some(ScoredBox { corners, score })
}

/// The pixels connected with `start`, which are no longer left then.
fn take_piece(left: &mut [bool], start: usize, size: Size) -> Vec<usize> {
    let mut piece = Vec::new();
    let mut queue = VecDeque::from([start]);
    left[start] = false;
    while let Some(pixel) = queue.pop_front() {
        piece.push(pixel);
        let (x, y) = (pixel % size.width, pixel / size.width);
        for row in y.saturating_sub(1)..=(y + 1).min(size.height - 1) {
            for column in x.saturating_sub(1)..=(x + 1).min(size.width - 1) {
                let neighbour = row * size.width + column;
                if std::mem::take(&mut left[neighbour]) {
                    queue.push_back(neighbour);
                }
            }
        }
    }
    piece
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
        assert_eq!(largest_component(&probabilities, size), Some(expected));
        assert_eq!(largest_component(&[0.4; 20], size), None);
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
