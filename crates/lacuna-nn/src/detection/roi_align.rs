//! Features of regions from the level of the pyramid that fits their size.

use burn::tensor::Tensor;
use lacuna_kernels::roi_align::{Level, Roi, RoiAlignShape};

use super::boxes::{Xyxy, box_area};
use crate::ops::{FeatureMap, Regions, roi_align};

/// Chooses the level of a region by its size: equation 1 of Lin et al. 2017, as torchvision's `LevelMapper`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelMapper {
    /// Number of the finest level: its features have 2^−k times the image's size.
    pub k_min: i32,
    /// Number of the coarsest level.
    pub k_max: i32,
}

impl LevelMapper {
    /// Root of the area of a box that belongs to [`LevelMapper::CANONICAL_LEVEL`], in pixels.
    const CANONICAL_SCALE: f32 = 224.0;
    const CANONICAL_LEVEL: f32 = 4.0;
    /// Keeps sizes on a border on the coarser side, as torchvision does.
    const EPSILON: f32 = 1e-6;

    /// The level of a box, counted from `k_min`. An empty box, or one that is no number, goes to the finest.
    pub fn level(&self, corners: Xyxy) -> usize {
        let size = box_area(corners).sqrt();
        let level = Self::CANONICAL_LEVEL + (size / Self::CANONICAL_SCALE).log2() + Self::EPSILON;
        let level = level.floor().max(self.k_min as f32).min(self.k_max as f32);
        (level as i32 - self.k_min) as usize
    }
}

/// RoI align over a pyramid, as torchvision's `MultiScaleRoIAlign` with its defaults: `output_size` bins a side with
/// `sampling_ratio` samples a side each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct MultiScaleRoiAlign {
    pub(crate) output_size: usize,
    pub(crate) sampling_ratio: usize,
}

impl MultiScaleRoiAlign {
    /// Features `[R, C, output_size, output_size]` of the regions of all images in their order, from levels at 1/4, 1/8,
    /// … of the images' size.
    pub(crate) fn forward(
        self,
        levels: &[FeatureMap],
        channels: usize,
        regions: &[Vec<Xyxy>],
    ) -> Tensor<4> {
        let mapper = LevelMapper { k_min: 2, k_max: 1 + levels.len() as i32 };
        let level = |(index, map): (usize, &FeatureMap)| {
            let [height, width] = map.size();
            Level { height, width, scale: 0.25 / (1u32 << index) as f32 }
        };
        let shape = RoiAlignShape {
            batch: regions.len(),
            channels,
            levels: levels.iter().enumerate().map(level).collect(),
            bins: [self.output_size; 2],
            sampling_ratio: self.sampling_ratio,
        };
        let roi =
            |image, corners: &Xyxy| Roi { image, level: mapper.level(*corners), corners: *corners };
        let of_image = |(image, boxes): (usize, &Vec<Xyxy>)| {
            boxes.iter().map(move |b| roi(image, b)).collect()
        };
        let rois = regions.iter().enumerate().flat_map::<Vec<Roi>, _>(of_image).collect();
        roi_align(levels.to_vec(), Regions { shape, rois })
    }
}
