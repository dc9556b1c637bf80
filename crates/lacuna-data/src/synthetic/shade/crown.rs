//! Teeth: enamel over dentine, a translucent edge, stain at the neck, a highlight on the bulge.

use super::Light;
use crate::synthetic::anatomy::Kind;
use crate::synthetic::arch::{Crown, Local};
use crate::synthetic::color::Color;
use crate::synthetic::noise::{bell, step};

/// The colour of a point on a crown.
pub(super) fn tooth(light: &Light, crown: &Crown, local: Local, x: f32, y: f32) -> Color {
    let mut color = enamel(light, crown, local, x, y);
    let round = (1.0 - (0.82 * local.p).powi(2)).max(0.1).sqrt();
    let rim = 0.62 + 0.38 * step(0.0, 0.9 * crown.scale, local.inside);
    color = color * (0.35 + 0.65 * round) * rim;
    color + Color::WHITE * highlight(light, crown, local, x, y)
}

fn enamel(light: &Light, crown: &Crown, local: Local, x: f32, y: f32) -> Color {
    let tooth = &crown.tooth;
    let dentine = tooth.shade.tint(Color([0.86, 0.68, 0.44]));
    let glass = tooth.shade.tint(Color([0.62, 0.68, 0.74]));
    let mottle = light.texture.cloud(x * 0.8, y * 0.5);
    let mut color =
        tooth.shade.mix(dentine, 0.75 * step(0.45, 1.0, local.q) + 0.3 * (mottle - 0.4));
    if matches!(tooth.kind, Kind::Incisor | Kind::Canine) {
        let lobes = 0.7 + 0.3 * (local.p * 7.0).cos();
        color = color.mix(glass, 0.6 * lobes * step(0.22, 0.02, local.from_edge));
    } else {
        let groove = bell(local.p, 0.1) * step(0.5, 0.1, local.q);
        color = color * (1.0 - 0.25 * groove);
    }
    let brown = Color::srgb(120.0, 84.0, 44.0);
    let near_gum = step(0.6, 1.0, local.q).max(step(1.4, 0.2, local.inside / crown.scale));
    color.mix(brown, tooth.stain * near_gum * step(0.35, 0.7, mottle) * 0.8)
}

/// Flash on the bulge: a patch broken by the surface.
fn highlight(light: &Light, crown: &Crown, local: Local, x: f32, y: f32) -> f32 {
    let ripple = light.grain.cloud(x * 0.9, y * 0.9) - 0.5;
    let across = local.p - light.shift[0] + ripple * 0.5;
    let along = local.q - 0.5 - light.shift[1] + ripple * 0.3;
    let patch = bell(across, 0.22) * bell(along, 0.2);
    light.gloss * 1.3 * step(0.35, 0.8, patch) / (1.0 + 0.04 * crown.depth.max(0.0))
}
