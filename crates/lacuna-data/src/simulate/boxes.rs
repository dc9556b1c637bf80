//! The non-expert's box around everything of interest.

use rand::RngExt;

use super::{Case, SimulateConfig};
use crate::annotation::{Region, Role, Shape, region};

/// The bounding box of all classes, grown by the margin and jittered side by side, clipped to the
/// picture; `None` where no class has a pixel.
///
/// A side moves by `margin + U(−jitter, jitter)`; unless cutting is allowed, never inwards of the
/// classes.
pub(super) fn around_all(case: &Case<'_>, config: &SimulateConfig) -> Option<Region> {
    let [left, top, right, bottom] = bounds(case)?;
    let share = config.box_margin_share * (right - left).max(bottom - top);
    let mut rng = case.stream("box", 0);
    let mut out = || {
        let jitter = config.box_jitter * rng.random_range(-1.0..=1.0);
        let out = config.box_margin + share + jitter;
        if config.box_may_cut { out } else { out.max(0.0) }
    };
    let size = case.image.size();
    let (width, height) = (size.width as f64, size.height as f64);
    let x = (left - out()).clamp(0.0, width);
    let y = (top - out()).clamp(0.0, height);
    // a box cut to nothing by jitter keeps a pixel's extent
    let right = (right + out()).clamp((x + 1.0).min(width), width);
    let bottom = (bottom + out()).clamp((y + 1.0).min(height), height);
    Some(Region {
        shape: Shape::Box { x, y, width: right - x, height: bottom - y, rotation: 0.0 },
        author: "simulated non-expert".to_owned(),
        role: Role::NonExpert,
        origin: "simulate".to_owned(),
        score: None,
        model_version: None,
        time: None,
    })
}

/// Left, top, right and bottom edge of all pixels of any class.
fn bounds(case: &Case<'_>) -> Option<[f64; 4]> {
    let pixels = case.truth.iter().flat_map(|mask| {
        mask.values().iter().enumerate().filter(|(_, inside)| **inside).map(|(i, _)| i)
    });
    region::bounds(case.image.size().width, pixels)
}
