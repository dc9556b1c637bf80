//! Closed outlines to pixels by the even-odd rule: pixels whose centre lies inside.

use crate::annotation::BinaryMask;
use crate::image::Size;

/// The most points an annotation's outlines may have together.
pub(crate) const MAX_POINTS: usize = 100_000;
/// Coordinates further out than this are a mistake.
const MAX_COORDINATE: f64 = 1e6;

/// Checks that outlines are few enough points, all of them numbers near the picture.
pub(crate) fn check(rings: &[Vec<[f64; 2]>]) -> Result<(), String> {
    let points: usize = rings.iter().map(Vec::len).sum();
    if points > MAX_POINTS {
        return Err(format!("a polygon of {points} points; at most {MAX_POINTS} are read"));
    }
    let is_near = |value: &f64| value.abs() <= MAX_COORDINATE;
    match rings.iter().flatten().flatten().find(|value| !is_near(value)) {
        Some(value) => Err(format!("a polygon with coordinate {value}")),
        None => Ok(()),
    }
}

/// An edge that crosses the horizontal lines from `top` to above `bottom`.
struct Edge {
    top: f64,
    bottom: f64,
    from: [f64; 2],
    to: [f64; 2],
}

impl Edge {
    /// The same sum as for regions, so that both fill the same pixels.
    fn crossing(&self, y: f64) -> f64 {
        let Self { from, to, .. } = self;
        from[0] + (y - from[1]) / (to[1] - from[1]) * (to[0] - from[0])
    }
}

/// Fills outlines that [`check`] has let through; where they overlap an even number of times is a hole.
///
/// Edges on the left and top count as inside, as in [`Shape::fill`](crate::annotation::Shape::fill); the
/// time grows with the rows that each edge crosses, not with all of them.
pub(crate) fn fill(rings: &[Vec<[f64; 2]>], size: Size) -> BinaryMask {
    let mut edges: Vec<Edge> = rings.iter().flat_map(|ring| edges_of(ring)).collect();
    edges.sort_by(|a, b| a.top.total_cmp(&b.top));
    let mut mask = BinaryMask::empty(size);
    let mut active: Vec<Edge> = Vec::new();
    let mut waiting = edges.into_iter().peekable();
    for row in 0..size.height {
        let y = row as f64 + 0.5;
        while let Some(edge) = waiting.next_if(|edge| edge.top <= y) {
            active.push(edge);
        }
        active.retain(|edge| y < edge.bottom);
        fill_row(&active, y, row, &mut mask);
    }
    mask
}

fn edges_of(ring: &[[f64; 2]]) -> Vec<Edge> {
    let next = ring.iter().cycle().skip(1);
    let pairs = ring.iter().zip(next).filter(|(a, b)| a[1] != b[1]);
    let edge = |(a, b): (&[f64; 2], &[f64; 2])| Edge {
        top: a[1].min(b[1]),
        bottom: a[1].max(b[1]),
        from: *a,
        to: *b,
    };
    pairs.map(edge).collect()
}

fn fill_row(active: &[Edge], y: f64, row: usize, mask: &mut BinaryMask) {
    let width = mask.size().width;
    let mut crossings: Vec<f64> = active.iter().map(|edge| edge.crossing(y)).collect();
    crossings.sort_by(f64::total_cmp);
    for span in crossings.chunks_exact(2) {
        let (from, to) = (first_centre(span[0], width), first_centre(span[1], width));
        for value in &mut mask.values_mut()[row * width + from..row * width + to] {
            *value = true;
        }
    }
}

/// The first column whose centre is at or right of `x`, clamped to `0..=width`.
fn first_centre(x: f64, width: usize) -> usize {
    (x - 0.5).ceil().clamp(0.0, width as f64) as usize
}

/// The corners of an ellipse's outline, fine enough for any picture.
pub(crate) fn ellipse(centre: [f64; 2], radii: [f64; 2], degrees: f64) -> Vec<[f64; 2]> {
    const CORNERS: usize = 360;
    let (sin, cos) = degrees.to_radians().sin_cos();
    let corner = |i: usize| {
        let angle = std::f64::consts::TAU * i as f64 / CORNERS as f64;
        let (x, y) = (radii[0] * angle.cos(), radii[1] * angle.sin());
        [centre[0] + x * cos - y * sin, centre[1] + x * sin + y * cos]
    };
    (0..CORNERS).map(corner).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::annotation::Shape;

    proptest! {
        #[test]
        fn one_outline_is_filled_as_a_region_is(
            points in prop::collection::vec((-4.0..14.0f64, -4.0..12.0f64), 3..12),
            whole in any::<bool>(),
        ) {
            let snap = |v: f64| if whole { v.round() } else { v };
            let ring: Vec<_> = points.iter().map(|(x, y)| [snap(*x), snap(*y)]).collect();
            let size = Size::new(9, 7);
            let mut expected = BinaryMask::empty(size);
            Shape::Polygon(ring.clone()).fill(&mut expected);
            prop_assert_eq!(fill(&[ring], size), expected);
        }
    }

    #[test]
    fn a_ring_within_a_ring_is_a_hole_and_nonsense_is_refused() {
        let square = |a: f64, b: f64| vec![[a, a], [b, a], [b, b], [a, b]];
        let mask = fill(&[square(0.0, 4.0), square(1.0, 3.0)], Size::new(4, 4));
        assert_eq!(mask.count(), 12);
        assert!(!mask.get(1, 1) && mask.get(0, 1));
        assert_eq!(fill(&[vec![], vec![[1.0, 1.0]]], Size::new(4, 4)).count(), 0);
        for bad in [f64::NAN, f64::INFINITY, -1e300] {
            assert!(check(&[vec![[0.0, bad]]]).is_err());
        }
        assert!(check(&[vec![[0.0, 0.0]; 1_000_000]]).unwrap_err().contains("1000000 points"));
    }
}
