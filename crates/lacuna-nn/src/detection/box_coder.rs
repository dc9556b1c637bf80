//! Boxes relative to other boxes: what the regression heads predict (Girshick et al. 2014, appendix C).

use super::boxes::Xyxy;

/// The largest logarithm of a growth that is decoded, ln(1000 / 16): `exp` of more is no size of a picture.
const GROWTH_CLIP: f32 = 4.135_166_6;

/// Encodes and decodes boxes, as torchvision's `BoxCoder`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoxCoder {
    /// Factors of the shifts in x and y and of the logarithms of the growth in width and height.
    pub weights: [f32; 4],
}

/// Centre and size of a box.
fn centred([x1, y1, x2, y2]: Xyxy) -> [f32; 4] {
    let (width, height) = (x2 - x1, y2 - y1);
    [x1 + 0.5 * width, y1 + 0.5 * height, width, height]
}

impl BoxCoder {
    /// What moves `proposal` onto `reference`. Infinite or no number where a side of either is 0.
    pub fn encode(&self, reference: Xyxy, proposal: Xyxy) -> [f32; 4] {
        let [x, y, width, height] = centred(reference);
        let [from_x, from_y, from_width, from_height] = centred(proposal);
        let [wx, wy, ww, wh] = self.weights;
        [
            wx * (x - from_x) / from_width,
            wy * (y - from_y) / from_height,
            ww * (width / from_width).ln(),
            wh * (height / from_height).ln(),
        ]
    }

    /// The box that `code` makes of `proposal`.
    pub fn decode(&self, code: [f32; 4], proposal: Xyxy) -> Xyxy {
        let [from_x, from_y, from_width, from_height] = centred(proposal);
        let [wx, wy, ww, wh] = self.weights;
        let (x, y) = (code[0] / wx * from_width + from_x, code[1] / wy * from_height + from_y);
        let half = |code: f32, weight: f32, from: f32| {
            0.5 * ((code / weight).min(GROWTH_CLIP).exp() * from)
        };
        let (width, height) = (half(code[2], ww, from_width), half(code[3], wh, from_height));
        [x - width, y - height, x + width, y + height]
    }
}
