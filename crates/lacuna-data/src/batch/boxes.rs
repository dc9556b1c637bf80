//! Pictures with boxes side by side, for a detector.

use crate::augment::BoxSample;
use crate::image::Size;

/// Pictures of different sizes in the upper left corner of a common one.
#[derive(Clone, Debug, PartialEq)]
pub struct BoxBatch {
    /// Normalised pictures, `[n, 3, height, width]`; 0, the mean colour, beyond a picture's border.
    pub images: Vec<f32>,
    /// The common size.
    pub size: Size,
    /// Size of each picture.
    pub sizes: Vec<Size>,
    /// The boxes of each picture.
    pub boxes: Vec<Vec<[f64; 4]>>,
}

impl BoxBatch {
    /// Collates samples; both sides of the common size are multiples of `divisor`.
    pub fn collate(samples: Vec<BoxSample>, divisor: usize) -> Self {
        let side = |length: fn(Size) -> usize| {
            let longest = samples.iter().map(|sample| length(sample.size)).max();
            longest.unwrap_or(0).next_multiple_of(divisor)
        };
        let size = Size::new(side(|size| size.width), side(|size| size.height));
        let mut images = vec![0.0; samples.len() * 3 * size.area()];
        let planes = samples.iter().flat_map(|sample| {
            sample.image.chunks_exact(sample.size.area()).map(|plane| (plane, sample.size.width))
        });
        for ((plane, width), target) in planes.zip(images.chunks_exact_mut(size.area())) {
            for (row, target) in plane.chunks_exact(width).zip(target.chunks_exact_mut(size.width))
            {
                target[..width].copy_from_slice(row);
            }
        }
        Self {
            images,
            size,
            sizes: samples.iter().map(|sample| sample.size).collect(),
            boxes: samples.into_iter().map(|sample| sample.boxes).collect(),
        }
    }

    /// Shape of the pictures, `[n, 3, height, width]`.
    pub fn image_shape(&self) -> [usize; 4] {
        [self.sizes.len(), 3, self.size.height, self.size.width]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_lie_in_the_upper_left_corner() {
        let sample = |width: usize, height: usize, value: f32| {
            let size = Size::new(width, height);
            BoxSample { image: vec![value; 3 * size.area()], size, boxes: vec![[0.0; 4]] }
        };
        let batch = BoxBatch::collate(vec![sample(2, 1, 1.0), sample(1, 3, 2.0)], 4);
        assert_eq!(batch.image_shape(), [2, 3, 4, 4]);
        let plane =
            |image: usize, channel: usize| &batch.images[(image * 3 + channel) * 16..][..16];
        let mut first = [0.0; 16];
        first[..2].fill(1.0);
        let mut second = [0.0; 16];
        for at in [0, 4, 8] {
            second[at] = 2.0;
        }
        for channel in 0..3 {
            assert_eq!((plane(0, channel), plane(1, channel)), (&first[..], &second[..]));
        }
        assert_eq!(batch.boxes.len(), 2);
    }
}
