//! Where a picture of any size lies in the network's frame, and the way back.

use serde::{Deserialize, Serialize};

use super::Affine;
use crate::image::Size;

/// How a picture is fitted into a frame of another shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resize {
    /// Keep the aspect ratio and pad what is left over.
    #[default]
    Pad,
    /// Fill the frame, changing the aspect ratio.
    Stretch,
    /// Keep the aspect ratio and cut off what does not fit.
    Crop,
}

/// A picture's place in a frame. Coordinates are continuous, pixel centres at .5.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    source: Size,
    frame: Size,
    scale: [f64; 2],
    offset: [f64; 2],
}

impl Placement {
    /// Fits a picture of size `source` into `frame`, centred.
    pub fn new(source: Size, frame: Size, resize: Resize) -> Self {
        let ratio = |frame: usize, source: usize| frame as f64 / source.max(1) as f64;
        let (x, y) = (ratio(frame.width, source.width), ratio(frame.height, source.height));
        let scale = match resize {
            Resize::Stretch => [x, y],
            Resize::Pad => [x.min(y); 2],
            Resize::Crop => [x.max(y); 2],
        };
        let centre = |frame: usize, source: usize, s: f64| (frame as f64 - source as f64 * s) / 2.0;
        let offset = [
            centre(frame.width, source.width, scale[0]),
            centre(frame.height, source.height, scale[1]),
        ];
        Self { source, frame, scale, offset }
    }

    /// The whole picture at `scale` frame pixels per picture pixel, in a frame as large as it takes.
    pub fn scaled(source: Size, scale: f64) -> Self {
        let side = |length: usize| ((length as f64 * scale).ceil() as usize).max(1);
        let frame = Size::new(side(source.width), side(source.height));
        Self { source, frame, scale: [scale; 2], offset: [0.0; 2] }
    }

    /// The part of the picture around `centre` (in its pixels) that fills the frame, moved inside the picture where the
    /// picture is large enough, else with the picture in the middle.
    pub fn patch(source: Size, frame: Size, scale: f64, centre: [f64; 2]) -> Self {
        let offset = |frame: usize, source: usize, centre: f64| {
            let (frame, length) = (frame as f64, source as f64 * scale);
            if length <= frame {
                return (frame - length) / 2.0;
            }
            (frame / 2.0 - centre * scale).clamp(frame - length, 0.0)
        };
        let offset = [
            offset(frame.width, source.width, centre[0]),
            offset(frame.height, source.height, centre[1]),
        ];
        Self { source, frame, scale: [scale; 2], offset }
    }

    /// The picture's own size.
    pub fn source(&self) -> Size {
        self.source
    }

    /// The frame's size.
    pub fn frame(&self) -> Size {
        self.frame
    }

    /// Frame pixels per picture pixel, x and y.
    pub fn scale(&self) -> [f64; 2] {
        self.scale
    }

    /// Frame coordinates of a point of the picture.
    pub fn to_frame(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [x * self.scale[0] + self.offset[0], y * self.scale[1] + self.offset[1]]
    }

    /// The map from frame to picture coordinates.
    pub fn affine(&self) -> Affine {
        let [sx, sy] = self.scale;
        let [ox, oy] = self.offset;
        Affine([1.0 / sx, 0.0, -ox / sx, 0.0, 1.0 / sy, -oy / sy])
    }

    /// Resamples a plane of the frame (`[height, width]`) bilinearly to the picture's own size;
    /// beyond the frame's border (cropped parts) the nearest border value is repeated.
    pub fn plane_to_source(&self, plane: &[f32]) -> Vec<f32> {
        let columns: Vec<_> =
            (0..self.source.width).map(|x| self.tap(x, 0, self.frame.width)).collect();
        let mut out = Vec::with_capacity(self.source.area());
        for y in 0..self.source.height {
            let (top, bottom, fy) = self.tap(y, 1, self.frame.height);
            let (top, bottom) =
                (&plane[top * self.frame.width..], &plane[bottom * self.frame.width..]);
            out.extend(columns.iter().map(|&(left, right, fx)| {
                let upper = top[left] + (top[right] - top[left]) * fx;
                let lower = bottom[left] + (bottom[right] - bottom[left]) * fx;
                upper + (lower - upper) * fy
            }));
        }
        out
    }

    /// The two frame indices around a picture coordinate and the weight of the second.
    fn tap(&self, index: usize, axis: usize, length: usize) -> (usize, usize, f32) {
        let at = (index as f64 + 0.5) * self.scale[axis] + self.offset[axis] - 0.5;
        let at = at.clamp(0.0, (length - 1) as f64);
        let low = at.floor() as usize;
        (low, (low + 1).min(length - 1), (at - at.floor()) as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_centred_in_the_frame() {
        let (source, frame) = (Size::new(200, 100), Size::new(64, 64));
        let table = [
            (Resize::Stretch, [0.0, 0.0], [64.0, 64.0]),
            (Resize::Pad, [0.0, 16.0], [64.0, 48.0]),
            (Resize::Crop, [-32.0, 0.0], [96.0, 64.0]),
        ];
        for (resize, top_left, bottom_right) in table {
            let placement = Placement::new(source, frame, resize);
            assert_eq!(placement.to_frame([0.0, 0.0]), top_left, "{resize:?}");
            assert_eq!(placement.to_frame([200.0, 100.0]), bottom_right, "{resize:?}");
            let [u, v] = placement.affine().apply(bottom_right);
            assert!((u - 200.0).abs() < 1e-9 && (v - 100.0).abs() < 1e-9, "{resize:?}");
        }
    }

    #[test]
    fn a_patch_stays_in_the_picture_where_it_fits() {
        let (source, frame) = (Size::new(200, 40), Size::new(32, 32));
        let table = [
            // centre, frame coordinates of the picture's top left corner
            ([100.0, 20.0], [-34.0, 6.0]),
            ([0.0, 0.0], [0.0, 6.0]),
            ([199.0, 39.0], [-68.0, 6.0]),
        ];
        for (centre, top_left) in table {
            let placement = Placement::patch(source, frame, 0.5, centre);
            assert_eq!(placement.to_frame([0.0, 0.0]), top_left, "{centre:?}");
        }
        let whole = Placement::scaled(Size::new(201, 40), 0.5);
        assert_eq!(
            (whole.frame(), whole.to_frame([200.0, 40.0])),
            (Size::new(101, 20), [100.0, 20.0])
        );
    }

    #[test]
    fn the_way_back_of_a_ramp_is_a_ramp() {
        let placement = Placement::new(Size::new(32, 16), Size::new(8, 8), Resize::Stretch);
        let ramp: Vec<f32> = (0..64).map(|i| (i % 8) as f32).collect();
        let back = placement.plane_to_source(&ramp);
        // picture column x lies at frame coordinate (x + .5) / 4 - .5
        assert!((back[16] - 3.625).abs() < 1e-6);
        assert_eq!(back[0], 0.0);
        assert_eq!(back[31], 7.0);
    }
}
