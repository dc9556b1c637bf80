//! Colour of a point of the scene: tissue colour, texture, light, and gloss.

mod crown;
mod skin;
mod soft;

use super::color::Color;
use super::draw::Draw;
use super::noise::{Noise, step};
use super::scene::{Part, Scene, Spot};

/// The light of one picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Light {
    /// Where highlights sit on a bulge, as a shift of its middle: right and down positive.
    pub(super) shift: [f32; 2],
    /// Strength of highlights, 0 dry to 1 wet under a ring flash.
    pub(super) gloss: f32,
    /// Millimetres of depth over which the light falls to a third.
    pub(super) reach: f32,
    /// How dark it is under the lips, 0 to 1.
    pub(super) lip_shadow: f32,
    /// Brightness of the scene's left against its right, and of top against bottom.
    pub(super) slope: [f32; 2],
    texture: Noise,
    grain: Noise,
}

impl Light {
    /// Draws the light of one picture; texture stays with the patient.
    pub(super) fn draw(draw: &mut Draw, texture: u32) -> Self {
        Self {
            shift: [draw.normal(0.25), draw.range(-0.35, 0.1)],
            gloss: draw.range(0.15, 1.0),
            reach: draw.range(22.0, 60.0),
            lip_shadow: draw.range(0.2, 0.75),
            slope: [draw.normal(0.006), draw.normal(0.006)],
            texture: Noise::new(texture),
            grain: Noise::new(draw.seed()),
        }
    }
}

/// The light that a point of the scene sends to the camera.
pub(super) fn shade(scene: &Scene, light: &Light, spot: &Spot<'_>, x: f32, y: f32) -> Color {
    let color = match spot.part {
        Part::Tooth(crown, local) => crown::tooth(light, crown, local, x, y),
        Part::Gum { course, rise, from_tooth } => {
            soft::gum(scene, light, &course, [rise, from_tooth], [x, y])
        }
        Part::Mucosa { course, fold } => soft::mucosa(scene, light, &course, fold, [x, y]),
        Part::Cheek { beyond, between } => soft::cheek(scene, light, [beyond, between], x, y),
        Part::Tongue(u, v) => soft::tongue(scene, light, u, v, x, y),
        Part::Cavity { depth } => soft::cavity(scene, light, depth, x, y),
        Part::Lip { across } => skin::lip(scene, light, across, x, y),
        Part::Skin { from_lip } => skin::skin(scene, light, from_lip, x, y),
        Part::Prop(prop) => skin::prop(scene, light, prop, x, y),
    };
    let slope = 1.0 + light.slope[0] * x + light.slope[1] * y;
    color * (slope.clamp(0.5, 1.5) * reaching(light, spot))
}

/// Share of the light that gets this deep, and past the lips.
fn reaching(light: &Light, spot: &Spot<'_>) -> f32 {
    if spot.inside <= 0.0 {
        return 1.0;
    }
    let deep = (-spot.depth.max(0.0) / light.reach).exp();
    let under = 1.0 - light.lip_shadow * step(5.0, 0.0, spot.inside);
    deep * under
}
