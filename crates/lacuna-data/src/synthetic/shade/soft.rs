//! Wet soft tissue: gum, the lining of lips and cheeks, tongue, and the dark behind.

use super::Light;
use crate::synthetic::arch::Course;
use crate::synthetic::color::Color;
use crate::synthetic::noise::{bell, step};
use crate::synthetic::scene::Scene;

/// Attached gingiva: stippled, bulging over the roots, redder at the margin.
pub(super) fn gum(
    scene: &Scene,
    light: &Light,
    course: &Course,
    [rise, from_tooth]: [f32; 2],
    [x, y]: [f32; 2],
) -> Color {
    let anatomy = &scene.anatomy;
    let margin = step(1.6, 0.0, from_tooth / course.scale);
    let red = Color::srgb(176.0, 52.0, 58.0);
    let patchy = light.texture.cloud(x * 0.35, y * 0.35);
    let mut color = anatomy.gum.mix(red, margin * (0.15 + 0.6 * anatomy.inflamed));
    color = color.mix(anatomy.mucosa, 0.35 * step(0.6, 1.0, rise) + 0.5 * (patchy - 0.5));
    let melanin = anatomy.pigment * step(0.45, 0.6, light.texture.cloud(x * 0.25, y * 0.3 + 31.0));
    color = color.mix(Color::srgb(84.0, 50.0, 46.0), 0.55 * melanin * step(0.05, 0.4, rise));
    let stipple = light.texture.at(x * 2.6, y * 2.6) - 0.5;
    let bulge = 0.9 + 0.1 * (course.bulge * std::f32::consts::PI).cos();
    let contact = 0.72 + 0.28 * step(0.0, 0.9 * course.scale, from_tooth);
    let end = 1.0 - 0.35 * step(-9.0, 3.0, course.beyond);
    color = color * ((1.0 + 0.16 * stipple) * bulge * contact * end);
    color + Color::WHITE * (wet(light, x, y, 0.7) * step(0.5, 1.5, from_tooth))
}

/// The loose lining beyond the attached gum: redder, smooth, with vessels and a frenulum.
pub(super) fn mucosa(
    scene: &Scene,
    light: &Light,
    course: &Course,
    fold: f32,
    [x, y]: [f32; 2],
) -> Color {
    let anatomy = &scene.anatomy;
    let vessel = light.texture.vein(x * 0.45, y * 0.2)
        * step(0.35, 0.7, light.texture.cloud(x * 0.15, y * 0.15 + 23.0));
    let deep = Color::srgb(128.0, 24.0, 34.0);
    let clouds = light.texture.cloud(x * 0.18 + 40.0, y * 0.25);
    let mut color = anatomy.mucosa.mix(anatomy.gum, 0.7 * (clouds - 0.3));
    color = color.mix(deep, 0.4 * vessel);
    let band = bell(x - scene.lips.x, 1.0 + 0.2 * fold) * step(0.5, 3.0, fold);
    color = color.mix(anatomy.gum * 1.1, 0.7 * band);
    let dark = 1.0 - 0.5 * step(2.0, 13.0, fold / course.scale) * (1.0 - 0.5 * band);
    let color = color * dark + Color::WHITE * wet(light, x, y, 1.0);
    let side = step(-8.0, 2.0, course.beyond);
    color.mix(cheek(scene, light, [0.0, 0.0], x, y), side)
}

/// The cheek beside the arches: mucosa that falls into the dark.
pub(super) fn cheek(
    scene: &Scene,
    light: &Light,
    [beyond, between]: [f32; 2],
    x: f32,
    y: f32,
) -> Color {
    let clouds = light.texture.cloud(x * 0.2, y * 0.12 + 11.0);
    let color = scene.anatomy.mucosa.mix(scene.anatomy.gum, 0.5 * clouds);
    let dark = 0.5 - 0.38 * between;
    let near = dark + (1.0 - dark) * step(0.0, 10.0, beyond);
    color * (near * (0.6 + 0.6 * clouds)) + Color::WHITE * (0.6 * wet(light, x, y, 0.8))
}

/// The tongue: rough with papillae, a groove in the middle.
pub(super) fn tongue(scene: &Scene, light: &Light, u: f32, v: f32, x: f32, y: f32) -> Color {
    let rough = light.texture.at(x * 1.9, y * 1.9) * 0.5 + light.texture.cloud(x * 0.5, y * 0.5);
    let groove = bell(u + 0.08 * (v * 5.0).sin(), 0.09) * step(0.9, -0.3, v);
    let round = (1.0 - 0.75 * (u * u + v * v)).max(0.0).sqrt();
    let coat = Color::srgb(214.0, 176.0, 168.0);
    let color = scene.anatomy.tongue.mix(coat, 0.35 * (rough - 0.4) * step(0.8, 0.0, u.abs()));
    let color = color * ((0.75 + 0.3 * rough) * (0.25 + 0.9 * round) * (1.0 - 0.35 * groove));
    color * 1.25 + Color::WHITE * (0.8 * wet(light, x * 1.3, y * 1.3, 0.8))
}

/// Between the arches: dark red, black where the mouth is open wide.
pub(super) fn cavity(scene: &Scene, light: &Light, depth: f32, x: f32, y: f32) -> Color {
    let clouds = light.texture.cloud(x * 0.15, y * 0.15 + 77.0);
    let color = scene.anatomy.mucosa.mix(Color::srgb(40.0, 12.0, 12.0), 0.55 + 0.35 * depth);
    color * (0.25 + 0.5 * clouds)
}

/// Highlights of saliva: the peaks of a fine noise, in patches.
fn wet(light: &Light, x: f32, y: f32, size: f32) -> f32 {
    let patch = step(0.45, 0.75, light.grain.cloud(x * 0.12, y * 0.16 + 5.0));
    let peak = light.grain.cloud(x * 0.45 / size, y * 0.75 / size);
    light.gloss * 0.8 * patch * step(0.62, 0.84, peak)
}
