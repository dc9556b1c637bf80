//! Things in the picture that are no tissue: a cheek retractor, gloved fingers, cotton rolls.
//!
//! They are white, glossy or skin-coloured, so that brightness alone does not make a tooth.

use super::color::Color;
use super::draw::Draw;
use super::lips::{Lips, Place};
use super::noise::step;
use super::scene::Framing;

/// A point on a prop.
#[derive(Clone, Copy, Debug)]
pub(super) enum Prop {
    /// Clear plastic over the lip; −1 to 1 across the band.
    Retractor(f32),
    /// A finger; −1 to 1 across, colour of the glove.
    Glove(f32, Color),
    /// A cotton roll; −1 to 1 across.
    Cotton(f32),
}

/// A capsule: all points within `radius` of a segment.
#[derive(Clone, Copy, Debug)]
struct Capsule {
    from: [f32; 2],
    to: [f32; 2],
    radius: f32,
}

/// The props of one picture.
#[derive(Clone, Debug, Default)]
pub(super) struct Props {
    retractor: Option<f32>,
    glove: Option<Color>,
    fingers: Vec<Capsule>,
    cotton: Vec<Capsule>,
}

impl Props {
    /// Draws the props that fit the framing.
    pub(super) fn draw(draw: &mut Draw, framing: Framing, lips: &Lips) -> Self {
        let mut props = Self::default();
        let retracted = framing == Framing::Retracted;
        if retracted && draw.chance(0.6) {
            props.retractor = Some(draw.range(2.5, 5.0));
        } else if framing != Framing::CloseUp && draw.chance(if retracted { 0.7 } else { 0.12 }) {
            props.glove = Some(glove(draw));
            props.fingers = fingers(draw, lips);
        }
        if retracted && draw.chance(0.25) {
            props.cotton = vec![cotton(draw, lips)];
        }
        props
    }

    /// The prop at a point that lies `inside` millimetres inside the opening.
    pub(super) fn at(&self, x: f32, y: f32, lips: &Lips, inside: f32) -> Option<Prop> {
        if let Some(glove) = self.glove {
            let nearest = nearest(&self.fingers, x, y);
            if nearest.abs() < 1.0 {
                return Some(Prop::Glove(nearest, glove));
            }
        }
        if let Some(radius) = self.retractor {
            let across = retractor(x, y, lips, inside, radius);
            if across.abs() < 1.0 {
                return Some(Prop::Retractor(across));
            }
        }
        let across = nearest(&self.cotton, x, y);
        (across.abs() < 1.0 && inside > 0.0).then_some(Prop::Cotton(across))
    }
}

/// Signed distance to the middle of the retractor's band in half widths of the band, which thins
/// out towards the ends of its two arms.
fn retractor(x: f32, y: f32, lips: &Lips, inside: f32, radius: f32) -> f32 {
    let reach = (x - lips.x).abs() / lips.half_width;
    let radius = radius * step(0.42, 0.62, reach);
    if radius <= 0.0 {
        return f32::INFINITY;
    }
    let out = match lips.place(x, y) {
        Place::Opening(_) => -inside,
        Place::Lip { across, upper } => across * if upper { lips.upper } else { lips.lower },
        Place::Skin(_) => return f32::INFINITY,
    };
    (out + 1.5) / radius
}

/// Position across the nearest capsule, −1 to 1 inside, signed by the side.
fn nearest(capsules: &[Capsule], x: f32, y: f32) -> f32 {
    capsules
        .iter()
        .map(|capsule| capsule.across(x, y))
        .min_by(|a, b| a.abs().total_cmp(&b.abs()))
        .unwrap_or(f32::INFINITY)
}

impl Capsule {
    fn across(&self, x: f32, y: f32) -> f32 {
        let (dx, dy) = (self.to[0] - self.from[0], self.to[1] - self.from[1]);
        let (px, py) = (x - self.from[0], y - self.from[1]);
        let t = ((px * dx + py * dy) / (dx * dx + dy * dy).max(1e-6)).clamp(0.0, 1.0);
        let distance = (px - t * dx).hypot(py - t * dy) / self.radius;
        if px * dy - py * dx < 0.0 { -distance } else { distance }
    }
}

fn glove(draw: &mut Draw) -> Color {
    let lot = draw.range(0.0, 1.0);
    if lot < 0.5 {
        Color::srgb(232.0, 226.0, 208.0)
    } else if lot < 0.75 {
        Color::srgb(120.0, 150.0, 200.0)
    } else {
        Color::srgb(206.0, 176.0, 148.0)
    }
}

/// Two fingers that pull a lip from a corner of the picture.
fn fingers(draw: &mut Draw, lips: &Lips) -> Vec<Capsule> {
    let side = if draw.chance(0.5) { -1.0 } else { 1.0 };
    let up = if draw.chance(0.5) { -1.0 } else { 1.0 };
    let radius = draw.range(6.0, 8.5);
    let height = if up < 0.0 { lips.top } else { lips.bottom };
    (0..2)
        .map(|i| {
            let x = lips.x + side * (lips.half_width * draw.range(0.75, 0.95) + i as f32 * 14.0);
            let y = lips.y + up * (height * draw.range(0.75, 0.95) + 6.0 - i as f32 * 3.0);
            let far = [x + side * draw.range(10.0, 40.0), y + up * 70.0];
            Capsule { from: [x, y], to: far, radius: radius * draw.range(0.9, 1.1) }
        })
        .collect()
}

/// A roll between cheek and gum.
fn cotton(draw: &mut Draw, lips: &Lips) -> Capsule {
    let side = if draw.chance(0.5) { -1.0 } else { 1.0 };
    let up = if draw.chance(0.5) { -1.0 } else { 1.0 };
    let height = if up < 0.0 { lips.top } else { lips.bottom };
    let y = lips.y + up * height * draw.range(0.75, 0.9);
    let x = lips.x + side * lips.half_width * draw.range(0.2, 0.35);
    Capsule {
        from: [x, y],
        to: [x + side * draw.range(14.0, 22.0), y - up * draw.range(2.0, 6.0)],
        radius: draw.range(2.8, 4.2),
    }
}
