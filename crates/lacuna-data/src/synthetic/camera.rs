//! The camera: where pixels look, and what lens and sensor make of the light.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::color::Color;
use super::draw::Draw;
use super::scene::Framing;
use crate::image::{Image, Size, SizeMismatch};

/// Millimetres of the picture plane seen by pixels, turned and shifted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pose {
    /// Millimetres per pixel.
    pub(super) pitch: f32,
    centre: [f32; 2],
    middle: [f32; 2],
    sin: f32,
    cos: f32,
}

impl Pose {
    /// Frames the mouth around `centre` (millimetres).
    pub(super) fn draw(draw: &mut Draw, size: Size, framing: Framing, centre: [f32; 2]) -> Self {
        let field = match framing {
            Framing::Smile => draw.range(58.0, 88.0),
            Framing::Retracted => draw.range(56.0, 84.0),
            Framing::CloseUp => draw.range(34.0, 52.0),
        };
        let (sin, cos) = draw.normal(0.07).sin_cos();
        let jitter = field * 0.035;
        Self {
            pitch: field / (size.area() as f32).sqrt(),
            centre: [centre[0] + draw.normal(jitter), centre[1] + draw.normal(jitter)],
            middle: [size.width as f32 / 2.0, size.height as f32 / 2.0],
            sin,
            cos,
        }
    }

    /// The point of the picture plane under a point of the picture, both x right, y down.
    pub(super) fn look(&self, x: f32, y: f32) -> [f32; 2] {
        let (dx, dy) = ((x - self.middle[0]) * self.pitch, (y - self.middle[1]) * self.pitch);
        [
            self.centre[0] + dx * self.cos - dy * self.sin,
            self.centre[1] + dx * self.sin + dy * self.cos,
        ]
    }
}

/// Lens, exposure and sensor of one picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lens {
    /// Blur in focus, millimetres.
    soft: f32,
    /// Growth of the blur per millimetre out of focus.
    falloff: f32,
    /// Depth in focus.
    focus: f32,
    /// Darkening at the corners.
    vignette: f32,
    /// Exposure and white balance.
    gain: Color,
    /// Contrast of the tone curve.
    contrast: f32,
    /// Standard deviation of the noise on a 0 to 1 scale.
    noise: f32,
}

impl Lens {
    /// Draws a lens; casts go from warm to cold, some to green.
    pub(super) fn draw(draw: &mut Draw) -> Self {
        let exposure = draw.normal(0.3).exp2();
        let (warm, green) = (draw.normal(0.17), draw.normal(0.06));
        Self {
            soft: draw.range(0.05, 0.3),
            falloff: draw.range(0.0, 0.03),
            focus: draw.range(0.0, 10.0),
            vignette: draw.range(0.0, 0.6),
            gain: Color([1.0 + warm, 1.0 + green, 1.0 - warm]) * exposure,
            contrast: draw.range(0.85, 1.2),
            noise: draw.range(0.004, 0.03),
        }
    }

    /// Turns light (and the depth it came from) into a picture.
    pub(super) fn expose(
        &self,
        light: &[Color],
        depth: &[f32],
        size: Size,
        pitch: f32,
        rng: &mut ChaCha8Rng,
    ) -> Result<Image, SizeMismatch> {
        let sharp = blur(light, size, self.soft / pitch);
        let far = blur(light, size, (self.soft + 30.0 * self.falloff) / pitch);
        let mut rgb = Vec::with_capacity(size.area() * 3);
        for (i, (sharp, far)) in sharp.iter().zip(&far).enumerate() {
            let out = ((depth[i] - self.focus).abs() / 30.0).min(1.0);
            let color = sharp.mix(*far, out) * self.corner(i, size);
            rgb.extend(color.tint(self.gain).0.map(|value| self.develop(value, rng)));
        }
        Image::new(size, rgb)
    }

    fn corner(&self, pixel: usize, size: Size) -> f32 {
        let x = (pixel % size.width) as f32 / size.width as f32 - 0.5;
        let y = (pixel / size.width) as f32 / size.height as f32 - 0.5;
        1.0 - self.vignette * (x * x + y * y) * 2.0
    }

    fn develop(&self, light: f32, rng: &mut ChaCha8Rng) -> u8 {
        let value = light.max(0.0).powf(self.contrast / 2.2);
        let grain: f32 = (0..3).map(|_| rng.random::<f32>()).sum::<f32>() - 1.5;
        let value = value + grain * 2.0 * self.noise * (0.4 + 0.6 * value.min(1.0));
        (value * 255.0).round().clamp(0.0, 255.0) as u8
    }
}

/// Gaussian blur of standard deviation `sigma` pixels, edges repeated.
fn blur(light: &[Color], size: Size, sigma: f32) -> Vec<Color> {
    if sigma < 0.2 {
        return light.to_vec();
    }
    let reach = (sigma * 2.5).ceil() as isize;
    let weights: Vec<f32> =
        (-reach..=reach).map(|i| (-0.5 * (i as f32 / sigma).powi(2)).exp()).collect();
    let sum: f32 = weights.iter().sum();
    let weights: Vec<f32> = weights.iter().map(|weight| weight / sum).collect();
    let Size { width, height } = size;
    let rows = pass(light, width, &weights, |i| (i / width * width, 1), width);
    pass(&rows, width, &weights, |i| (i % width, width), height)
}

/// One direction of the blur; `line` gives the start and the stride of a pixel's line.
fn pass(
    light: &[Color],
    width: usize,
    weights: &[f32],
    line: impl Fn(usize) -> (usize, usize),
    length: usize,
) -> Vec<Color> {
    let reach = weights.len() / 2;
    (0..light.len())
        .map(|i| {
            let (start, stride) = line(i);
            let place = if stride == 1 { i % width } else { i / width };
            weights.iter().enumerate().fold(Color::default(), |sum, (k, weight)| {
                let at = (place + k).saturating_sub(reach).min(length - 1);
                sum + light[start + at * stride] * *weight
            })
        })
        .collect()
}
