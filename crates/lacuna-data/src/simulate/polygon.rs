//! The non-expert's polygon around everything of interest.

use std::f64::consts::TAU;

use super::boxes::{Margin, bounds, drawn};
use super::{Case, SimulateConfig};
use crate::annotation::{Region, Shape};

/// Sides of a polygon that somebody in a hurry clicks.
const SIDES: usize = 12;

type Point = [f64; 2];

/// A convex polygon of up to twelve sides, one for each of as many directions, at the margin of a box's side; `None` where
/// no class has a pixel.
pub(super) fn around_all(case: &Case<'_>, config: &SimulateConfig) -> Option<Region> {
    let [left, top, right, bottom] = bounds(case)?;
    let margin = Margin::new(config, (right - left).max(bottom - top));
    let mut rng = case.stream("polygon", 0);
    let (width, height) = (case.image.size().width as f64, case.image.size().height as f64);
    let mut polygon = vec![[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]];
    let edges = edges(case);
    for side in 0..SIDES {
        let (sin, cos) = (TAU * side as f64 / SIDES as f64).sin_cos();
        let along = |[x, y]: &Point| x * cos + y * sin;
        let reach = edges.iter().map(along).fold(f64::NEG_INFINITY, f64::max);
        polygon = clipped(&polygon, [cos, sin], reach + margin.draw(&mut rng));
    }
    (polygon.len() >= 3).then(|| drawn(Shape::Polygon(polygon)))
}

/// The corners of the first and last pixel of any class in every row: no other pixel reaches further in any direction.
fn edges(case: &Case<'_>) -> Vec<Point> {
    let width = case.image.size().width;
    let mut corners = Vec::new();
    for row in 0..case.image.size().height {
        let is_there = |x: &usize| case.truth.iter().any(|mask| mask.get(*x, row));
        let Some(first) = (0..width).find(is_there) else { continue };
        let last = (first..width).rev().find(is_there).unwrap_or(first);
        for y in [row as f64, row as f64 + 1.0] {
            corners.extend([[first as f64, y], [last as f64 + 1.0, y]]);
        }
    }
    corners
}

/// The part of a convex polygon with `x · normal ≤ reach` (Sutherland and Hodgman 1974).
fn clipped(polygon: &[Point], normal: Point, reach: f64) -> Vec<Point> {
    let over = |[x, y]: Point| x * normal[0] + y * normal[1] - reach;
    let mut kept = Vec::with_capacity(polygon.len() + 1);
    for (i, from) in polygon.iter().copied().enumerate() {
        let to = polygon[(i + 1) % polygon.len()];
        let (a, b) = (over(from), over(to));
        if a <= 0.0 {
            kept.push(from);
        }
        if (a < 0.0 && b > 0.0) || (a > 0.0 && b < 0.0) {
            let share = a / (a - b);
            kept.push([from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])]);
        }
    }
    kept
}
