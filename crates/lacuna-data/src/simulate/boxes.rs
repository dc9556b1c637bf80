//! The non-expert's box around everything of interest.

use rand::RngExt;

use super::{Case, SimulateConfig};
use crate::annotation::{Region, Role, Shape, region};

/// The bounding box of all classes, grown by the margin and jittered side by side, clipped to the
/// picture; `None` where no class has a pixel.
///
/// Each side moves by a [`Margin`] of its own.
pub(super) fn around_all(case: &Case<'_>, config: &SimulateConfig) -> Option<Region> {
    let [left, top, right, bottom] = bounds(case)?;
    let margin = Margin::new(config, (right - left).max(bottom - top));
    let mut rng = case.stream("box", 0);
    let mut out = || margin.draw(&mut rng);
    let size = case.image.size();
    let (width, height) = (size.width as f64, size.height as f64);
    let x = (left - out()).clamp(0.0, width);
    let y = (top - out()).clamp(0.0, height);
    // a box cut to nothing by jitter keeps a pixel's extent
    let right = (right + out()).clamp((x + 1.0).min(width), width);
    let bottom = (bottom + out()).clamp((y + 1.0).min(height), height);
    Some(drawn(Shape::Box { x, y, width: right - x, height: bottom - y, rotation: 0.0 }))
}

/// A region that a simulated non-expert drew.
pub(super) fn drawn(shape: Shape) -> Region {
    Region {
        shape,
        author: "simulated non-expert".to_owned(),
        role: Role::NonExpert,
        origin: "simulate".to_owned(),
        score: None,
        model_version: None,
        time: None,
    }
}

/// How far outside the classes a side is drawn.
pub(super) struct Margin {
    middle: f64,
    jitter: f64,
    may_cut: bool,
}

impl Margin {
    /// For a region whose longer side is that long.
    pub(super) fn new(config: &SimulateConfig, longest: f64) -> Self {
        Self {
            middle: config.box_margin + config.box_margin_share * longest,
            jitter: config.box_jitter + config.box_jitter_share * longest,
            may_cut: config.box_may_cut,
        }
    }

    /// `margin + U(−jitter, jitter)`; unless cutting is allowed, not below 0.
    pub(super) fn draw(&self, rng: &mut impl rand::Rng) -> f64 {
        let out = self.middle + self.jitter * rng.random_range(-1.0..=1.0);
        if self.may_cut { out } else { out.max(0.0) }
    }
}

/// Left, top, right and bottom edge of all pixels of any class.
pub(super) fn bounds(case: &Case<'_>) -> Option<[f64; 4]> {
    let pixels = case.truth.iter().flat_map(|mask| {
        mask.values().iter().enumerate().filter(|(_, inside)| **inside).map(|(i, _)| i)
    });
    region::bounds(case.image.size().width, pixels)
}
