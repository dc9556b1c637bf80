//! Outside the opening: lips, skin, and props.

use super::Light;
use crate::synthetic::color::Color;
use crate::synthetic::noise::{bell, step};
use crate::synthetic::props::Prop;
use crate::synthetic::scene::Scene;

/// A lip: a roll with fine creases across it and a broken highlight.
pub(super) fn lip(scene: &Scene, light: &Light, across: f32, x: f32, y: f32) -> Color {
    let crease = light.texture.cloud(x * 1.7 + 0.05 * y * x.signum(), across * 1.3 + 60.0) - 0.5;
    let roll = (1.0 - (across * 1.8 - 0.9).powi(2)).max(0.0).sqrt();
    let wet_rim = step(0.3, 0.0, across);
    let base = scene.anatomy.lip.mix(scene.anatomy.mucosa, 0.5 * wet_rim);
    let to_skin = step(0.86, 1.0, across);
    let color = base.mix(skin(scene, light, 0.0, x, y), to_skin);
    let lips = &scene.lips;
    let below = y - lips.y + lips.smile * ((x - lips.x) / lips.half_width).powi(2);
    let facing = 0.8 + 0.25 * step(-9.0, 9.0, below);
    let broken = step(0.35, 0.85, light.grain.cloud(x * 0.16, across * 2.0) + crease * 0.8);
    let gloss = light.gloss * bell(across - 0.38, 0.16) * broken * (facing * 1.2 - 0.65);
    color * ((0.5 + 0.5 * roll) * facing * (1.0 + 0.45 * crease)) + Color::WHITE * gloss
}

/// Skin: soft shading around the mouth, pores, sometimes stubble.
pub(super) fn skin(scene: &Scene, light: &Light, from_lip: f32, x: f32, y: f32) -> Color {
    let lips = &scene.lips;
    let (dx, dy) = ((x - lips.x) / lips.half_width, y - lips.y);
    let pores = light.texture.at(x * 2.1, y * 2.1) - 0.5;
    let blotch = light.texture.cloud(x * 0.07, y * 0.07) - 0.5;
    let blush = Color::srgb(206.0, 120.0, 108.0).mix(scene.anatomy.skin, 0.5);
    let color = scene.anatomy.skin.mix(blush, 0.25 + 0.5 * blotch);
    let fold = bell(dx.abs() - 1.35 - 0.01 * dy, 0.13) * step(14.0, -12.0, dy);
    let philtrum = bell(dx, 0.1) * bell(dy + lips.top + lips.upper + 7.0, 6.0);
    let chin = bell(dy - lips.bottom - lips.lower - 5.0, 4.0) * bell(dx, 0.6);
    let turn = 1.0 - 0.28 * step(0.8, 2.4, dx.abs());
    let near = 0.86 + 0.14 * step(0.0, 3.0, from_lip);
    let shadow = (1.0 - 0.25 * fold) * (1.0 - 0.14 * philtrum) * (1.0 - 0.25 * chin);
    let hair = stubble(scene, light, from_lip, x, y);
    let sheen = light.gloss * 0.1 * step(0.35, 0.95, light.grain.cloud(x * 0.05, y * 0.06));
    (color * (turn * near * shadow * (1.0 + 0.1 * pores))).mix(Color([0.02, 0.015, 0.012]), hair)
        + Color::WHITE * sheen
}

fn stubble(scene: &Scene, light: &Light, from_lip: f32, x: f32, y: f32) -> f32 {
    let dot = light.texture.at(x * 3.4 + 0.9 * y, y * 1.7 + 9.0);
    scene.anatomy.stubble * step(0.62, 0.85, dot) * step(1.0, 5.0, from_lip) * 0.6
}

/// A retractor, a finger, or a cotton roll.
pub(super) fn prop(scene: &Scene, light: &Light, prop: Prop, x: f32, y: f32) -> Color {
    match prop {
        Prop::Retractor(across) => {
            let behind = scene.anatomy.lip.mix(scene.anatomy.skin, 0.4) * 0.75;
            let clear = behind.mix(Color::srgb(222.0, 224.0, 222.0), 0.35);
            let rim = bell(across.abs() - 0.85, 0.12);
            let streak =
                bell(across + 0.3, 0.13) * step(0.4, 0.6, light.grain.cloud(x * 0.1, y * 0.1));
            clear * (1.0 - 0.45 * bell(across.abs() - 0.65, 0.14))
                + Color::WHITE * (0.25 * rim + 0.8 * streak * (0.4 + light.gloss))
        }
        Prop::Glove(across, color) => {
            let round = (1.0 - 0.8 * across * across).max(0.0).sqrt();
            let crease = light.grain.cloud(x * 0.3, y * 0.3) - 0.5;
            let streak =
                bell(across + 0.35, 0.14) * step(0.4, 0.7, light.grain.cloud(x * 0.2, y * 0.2));
            color * ((0.25 + 0.75 * round) * (1.0 + 0.2 * crease))
                + Color::WHITE * (0.3 * light.gloss * streak)
        }
        Prop::Cotton(across) => {
            let fibre = light.grain.cloud(x * 1.5, y * 1.5) - 0.5;
            let round = (1.0 - 0.7 * across * across).max(0.0).sqrt();
            Color::srgb(238.0, 230.0, 218.0) * (0.35 + 0.65 * round) * (1.0 + 0.3 * fibre)
        }
    }
}
