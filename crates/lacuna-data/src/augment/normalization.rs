//! Colour normalisation: subtract a mean, divide by a standard deviation, per channel.

use serde::{Deserialize, Serialize};

use crate::image::Image;

/// Mean and standard deviation of red, green and blue on the scale 0–1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalization {
    /// Mean of each channel.
    pub mean: [f32; 3],
    /// Standard deviation of each channel.
    pub sd: [f32; 3],
}

impl Normalization {
    /// ImageNet's, as torchvision's weights expect.
    pub const IMAGENET: Self = Self { mean: [0.485, 0.456, 0.406], sd: [0.229, 0.224, 0.225] };

    /// The paper's, computed on ODSI-DB and LTG-IDB.
    pub const PAPER: Self = Self { mean: [0.57, 0.39, 0.25], sd: [0.25, 0.21, 0.21] };

    /// Normalises planes `[3, height, width]` of values 0–1 in place.
    pub(super) fn apply(&self, rgb: &mut [f32]) {
        let area = rgb.len() / 3;
        for (channel, plane) in rgb.chunks_exact_mut(area.max(1)).enumerate() {
            let (mean, sd) = (self.mean[channel], self.sd[channel]);
            for value in plane {
                *value = (*value - mean) / sd;
            }
        }
    }
}

/// Running sums over the pixels of a training split, every picture counting the same.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChannelSums {
    pictures: f64,
    sum: [f64; 3],
    squares: [f64; 3],
}

impl ChannelSums {
    /// Adds a picture's mean and mean square.
    pub fn add(&mut self, image: &Image) {
        let area = image.size().area() as f64;
        if area == 0.0 {
            return;
        }
        self.pictures += 1.0;
        for channel in 0..3 {
            let values =
                || image.rgb().iter().skip(channel).step_by(3).map(|v| f64::from(*v) / 255.0);
            self.sum[channel] += values().sum::<f64>() / area;
            self.squares[channel] += values().map(|v| v * v).sum::<f64>() / area;
        }
    }

    /// Mean and standard deviation of all pixels, with a floor of one grey level on the latter;
    /// `None` before the first picture.
    pub fn normalization(&self) -> Option<Normalization> {
        if self.pictures == 0.0 {
            return None;
        }
        let mean = self.sum.map(|sum| sum / self.pictures);
        let sd = |c: usize| (self.squares[c] / self.pictures - mean[c] * mean[c]).max(0.0).sqrt();
        let floor = |sd: f64| sd.max(1.0 / 255.0) as f32;
        Some(Normalization {
            mean: mean.map(|mean| mean as f32),
            sd: [floor(sd(0)), floor(sd(1)), floor(sd(2))],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Size;

    #[test]
    fn mean_and_sd_are_those_of_all_pixels() {
        let mut sums = ChannelSums::default();
        assert_eq!(sums.normalization(), None);
        sums.add(&Image::filled(Size::new(2, 2), [0, 51, 255]));
        sums.add(&Image::filled(Size::new(4, 1), [255, 51, 255]));
        let normalization = sums.normalization().unwrap();
        assert_eq!(normalization.mean, [0.5, 0.2, 1.0]);
        assert_eq!(normalization.sd, [0.5, 1.0 / 255.0, 1.0 / 255.0]);
    }
}
