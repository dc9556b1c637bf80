//! From a picture with boxes to what a detector sees: resizing, flips and random colour. The boxes follow.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{Affine, Augmentation, Normalization, Placement, ReducedCase, photometric};
use crate::image::{Image, Size};
use crate::supervision::Evidence;

/// How much a sample with boxes is varied at random: what moves a box to a box.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BoxAugmentation {
    /// Probability of a left-right flip.
    pub horizontal_flip: f64,
    /// Brightness factor, uniform in 1 ± this.
    pub brightness: f64,
    /// Contrast factor, uniform in 1 ± this.
    pub contrast: f64,
    /// Saturation factor, uniform in 1 ± this.
    pub saturation: f64,
}

impl BoxAugmentation {
    /// No variation.
    pub const NONE: Self =
        Self { horizontal_flip: 0.0, brightness: 0.0, contrast: 0.0, saturation: 0.0 };

    fn colors(self) -> Augmentation {
        let Self { brightness, contrast, saturation, .. } = self;
        Augmentation { brightness, contrast, saturation, ..Augmentation::NONE }
    }
}

impl Default for BoxAugmentation {
    /// As segmentation networks are trained, without the rotation.
    fn default() -> Self {
        let Augmentation { horizontal_flip, brightness, contrast, saturation, .. } =
            Augmentation::default();
        Self { horizontal_flip, brightness, contrast, saturation }
    }
}

/// Everything that turns a picture into a detector's input, fixed for a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoxSampleConfig {
    /// Length of a picture's shorter side, in pixels (torchvision's `min_size`).
    pub short_side: usize,
    /// Its longer side is at most this long (torchvision's `max_size`).
    pub long_side: usize,
    /// Random variation.
    pub augmentation: BoxAugmentation,
    /// Colour normalisation.
    pub normalization: Normalization,
}

/// One picture for a detector.
#[derive(Clone, Debug, PartialEq)]
pub struct BoxSample {
    /// Normalised picture, `[3, height, width]`.
    pub image: Vec<f32>,
    /// Its size.
    pub size: Size,
    /// Its boxes in the picture's pixels: x1, y1, x2, y2, none outside.
    pub boxes: Vec<[f64; 4]>,
}

impl BoxSampleConfig {
    /// Where a picture of that size lies in the detector's input.
    pub fn placement(&self, source: Size) -> Placement {
        let (short, long) =
            (source.width.min(source.height).max(1), source.width.max(source.height).max(1));
        let scale =
            (self.short_side as f64 / short as f64).min(self.long_side as f64 / long as f64);
        Placement::scaled(source, scale)
    }

    /// A picture ready to be sampled.
    pub fn reduce(&self, image: Image) -> ReducedCase {
        let (size, scale) = (image.size(), self.placement(image.size()).scale());
        ReducedCase::new(image, Evidence::none(size), scale)
    }

    /// Draws one sample of a picture with `boxes` in its own pixels.
    pub fn draw(&self, case: &ReducedCase, boxes: &[[f64; 4]], rng: &mut ChaCha8Rng) -> BoxSample {
        let placement = self.placement(case.source_size());
        let flip = rng.random::<f64>() < self.augmentation.horizontal_flip;
        let size = placement.frame();
        let affine =
            if flip { placement.affine().flip_horizontally(size) } else { placement.affine() };
        let mut rgb = case.warp_image(&affine, size);
        photometric::vary(&mut rgb, size, &self.augmentation.colors(), rng);
        let boxes = boxes.iter().map(|corners| place(*corners, &placement, flip)).collect();
        BoxSample { image: self.normalize(rgb, &affine, size, case), size, boxes }
    }

    /// The picture without random variation and boxes.
    pub fn view(&self, case: &ReducedCase) -> BoxSample {
        let placement = self.placement(case.source_size());
        let (affine, size) = (placement.affine(), placement.frame());
        let image = self.normalize(case.warp_image(&affine, size), &affine, size, case);
        BoxSample { image, size, boxes: Vec::new() }
    }

    fn normalize(
        &self,
        mut rgb: Vec<f32>,
        affine: &Affine,
        size: Size,
        case: &ReducedCase,
    ) -> Vec<f32> {
        self.normalization.apply(&mut rgb);
        case.clear_void(&mut rgb, affine, size);
        rgb
    }
}

/// A box of the picture in the detector's input, clipped to it.
fn place([x1, y1, x2, y2]: [f64; 4], placement: &Placement, flip: bool) -> [f64; 4] {
    let [left, top] = placement.to_frame([x1, y1]);
    let [right, bottom] = placement.to_frame([x2, y2]);
    let Size { width, height } = placement.frame();
    let (width, height) = (width as f64, height as f64);
    let (left, right) = if flip { (width - right, width - left) } else { (left, right) };
    [left.max(0.0), top.max(0.0), right.min(width), bottom.min(height)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    fn config(horizontal_flip: f64) -> BoxSampleConfig {
        BoxSampleConfig {
            short_side: 10,
            long_side: 30,
            augmentation: BoxAugmentation { horizontal_flip, ..BoxAugmentation::NONE },
            normalization: Normalization { mean: [0.0; 3], sd: [1.0; 3] },
        }
    }

    #[test]
    fn pictures_are_resized_by_their_sides() {
        let table = [
            // by the shorter side
            (Size::new(40, 20), Size::new(20, 10)),
            (Size::new(5, 8), Size::new(10, 16)),
            // the longer side would be too long
            (Size::new(100, 10), Size::new(30, 3)),
        ];
        for (source, expected) in table {
            assert_eq!(config(0.0).placement(source).frame(), expected, "{source}");
        }
    }

    #[test]
    fn boxes_stay_on_what_they_enclose() {
        let size = Size::new(40, 20);
        let mut image = Image::filled(size, [0; 3]);
        for (x, y) in (4..10).flat_map(|x| (6..12).map(move |y| (x, y))) {
            image.set_pixel(x, y, [255; 3]);
        }
        for (flip, expected) in [(0.0, [2.0, 3.0, 5.0, 6.0]), (1.0, [15.0, 3.0, 18.0, 6.0])] {
            let config = config(flip);
            let case = config.reduce(image.clone());
            let mut rng = random::stream(1, "test", &[]);
            let sample = config.draw(&case, &[[4.0, 6.0, 10.0, 12.0]], &mut rng);
            assert_eq!((sample.size, &sample.boxes[..]), (Size::new(20, 10), &[expected][..]));
            let [x1, y1, x2, y2] = expected.map(|side| side as usize);
            for (x, y) in (0..20).flat_map(|x| (0..10).map(move |y| (x, y))) {
                let inside = (x1..x2).contains(&x) && (y1..y2).contains(&y);
                let value = sample.image[y * 20 + x];
                assert_eq!(value, f32::from(u8::from(inside)), "{x} {y}");
            }
        }
    }

    #[test]
    fn boxes_are_clipped() {
        let config = config(0.0);
        let case = config.reduce(Image::filled(Size::new(20, 10), [9; 3]));
        let mut rng = random::stream(1, "test", &[]);
        let sample = config.draw(&case, &[[-3.0, -1.0, 25.0, 7.0]], &mut rng);
        assert_eq!(sample.boxes, [[0.0, 0.0, 20.0, 7.0]]);
        assert!(config.view(&case).boxes.is_empty());
    }
}
