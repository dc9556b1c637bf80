//! Anchors: boxes of fixed sizes and shapes around every pixel of every level of the pyramid.

use serde::{Deserialize, Serialize};

use super::DetectionError;
use super::boxes::Xyxy;

/// Makes the anchors of feature maps, as torchvision's `AnchorGenerator`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AnchorGenerator {
    /// For each level the sizes of its anchors: the root of their area, in pixels of the image.
    pub sizes: Vec<Vec<f32>>,
    /// Height over width of the anchors of every level.
    pub aspect_ratios: Vec<f32>,
}

impl AnchorGenerator {
    /// torchvision's for pyramids: one size a level, 32 pixels and twice as much for each further one, in three shapes.
    pub fn pyramid(levels: usize) -> Self {
        let size = |level: usize| vec![32.0 * (1u32 << level) as f32];
        Self { sizes: (0..levels).map(size).collect(), aspect_ratios: vec![0.5, 1.0, 2.0] }
    }

    /// Anchors around each pixel.
    ///
    /// # Errors
    /// When a level has another number of anchors than the first one, none, or one of no size: the levels share a head.
    pub fn per_location(&self) -> Result<usize, DetectionError> {
        let count = self.sizes.first().map_or(0, Vec::len) * self.aspect_ratios.len();
        let same = self.sizes.iter().all(|sizes| sizes.len() * self.aspect_ratios.len() == count);
        let positive = |value: &f32| value.is_finite() && *value > 0.0;
        let sound = self.sizes.iter().flatten().chain(&self.aspect_ratios).all(positive);
        if count > 0 && same && sound { Ok(count) } else { Err(DetectionError::Anchors) }
    }

    /// The anchors of a level around the origin, rounded to whole pixels; shape by shape, each in all sizes.
    pub fn cell_anchors(&self, level: usize) -> Vec<Xyxy> {
        let anchor = |ratio: f32, size: f32| {
            let height_ratio = ratio.sqrt();
            let (width, height) = (1.0 / height_ratio * size, height_ratio * size);
            // Halves go to the even neighbour, as `torch.round` does.
            [-width, -height, width, height].map(|side| (side / 2.0).round_ties_even())
        };
        let sizes = &self.sizes[level];
        self.aspect_ratios
            .iter()
            .flat_map(|ratio| sizes.iter().map(|size| anchor(*ratio, *size)))
            .collect()
    }

    /// The anchors of each level whose features have these heights and widths, for images of height and width
    /// `image`: row by row, pixel by pixel.
    pub fn anchors(&self, image: [usize; 2], features: &[[usize; 2]]) -> Vec<Vec<Xyxy>> {
        features.iter().enumerate().map(|(level, size)| self.grid(level, image, *size)).collect()
    }

    fn grid(&self, level: usize, image: [usize; 2], [rows, columns]: [usize; 2]) -> Vec<Xyxy> {
        let cell = self.cell_anchors(level);
        let [down, across] = [image[0] / rows, image[1] / columns];
        let mut anchors = Vec::with_capacity(rows * columns * cell.len());
        for row in 0..rows {
            for column in 0..columns {
                let (x, y) = ((column * across) as f32, (row * down) as f32);
                anchors
                    .extend(cell.iter().map(|[x1, y1, x2, y2]| [x1 + x, y1 + y, x2 + x, y2 + y]));
            }
        }
        anchors
    }
}
