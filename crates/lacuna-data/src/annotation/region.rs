//! A region somebody drew around everything of interest: box, rotated box or polygon.
//!
//! Coordinates are pixels of the upright picture, x right, y down; the pixel in column 0, row 0
//! covers `[0, 1) × [0, 1)` and has its centre at (0.5, 0.5).

mod record;

use serde::{Deserialize, Serialize};

pub(super) use record::RegionRecord;

use super::BinaryMask;
use crate::image::Size;

/// Coordinates further out than this are a mistake.
const MAX_COORDINATE: f64 = 1e7;

/// Who drew a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A person trained in the field.
    Expert,
    /// Any other person.
    NonExpert,
    /// A detector.
    Model,
}

/// The outline of a region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// A rectangle, turned by `rotation` degrees clockwise about its top-left corner.
    Box {
        /// Left edge.
        x: f64,
        /// Top edge.
        y: f64,
        /// Extent along the (turned) x axis.
        width: f64,
        /// Extent along the (turned) y axis.
        height: f64,
        /// Degrees, clockwise.
        #[serde(default)]
        rotation: f64,
    },
    /// A closed polygon; inside by the even-odd rule.
    Polygon(Vec<[f64; 2]>),
}

impl Shape {
    /// The corners in order.
    pub fn corners(&self) -> Vec<[f64; 2]> {
        match self {
            Self::Polygon(points) => points.clone(),
            &Self::Box { x, y, width, height, rotation } => {
                let (sin, cos) = rotation.to_radians().sin_cos();
                let turn = |dx: f64, dy: f64| [x + dx * cos - dy * sin, y + dx * sin + dy * cos];
                vec![turn(0.0, 0.0), turn(width, 0.0), turn(width, height), turn(0.0, height)]
            }
        }
    }

    /// Left, top, right and bottom edge of the box around it.
    pub fn bounds(&self) -> [f64; 4] {
        let start = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        self.corners().into_iter().fold(start, |[left, top, right, bottom], [x, y]| {
            [left.min(x), top.min(y), right.max(x), bottom.max(y)]
        })
    }

    fn check(&self) -> Result<(), String> {
        match self {
            &Self::Box { x, y, width, height, rotation } => {
                if ![x, y, width, height, rotation].into_iter().all(is_near) {
                    return Err("a number of the box is out of range".to_owned());
                }
                if width <= 0.0 || height <= 0.0 {
                    return Err(format!("the box is {width} by {height} pixels"));
                }
            }
            Self::Polygon(points) => {
                if points.len() < 3 {
                    return Err(format!("a polygon of {} points encloses nothing", points.len()));
                }
                if !points.iter().flatten().copied().all(is_near) {
                    return Err("a coordinate of the polygon is out of range".to_owned());
                }
            }
        }
        Ok(())
    }

    /// Sets every pixel of `mask` whose centre lies inside (even-odd rule, edges on the left and
    /// top count as inside).
    pub fn fill(&self, mask: &mut BinaryMask) {
        let corners = self.corners();
        let Size { width, height } = mask.size();
        let values = mask.values_mut();
        for row in 0..height {
            let crossings = crossings(&corners, row as f64 + 0.5);
            for span in crossings.chunks_exact(2) {
                let (from, to) = (first_centre(span[0], width), first_centre(span[1], width));
                values[row * width + from..row * width + to].fill(true);
            }
        }
    }
}

/// Not so far out that it must be a mistake; false for what is no number.
fn is_near(value: f64) -> bool {
    value.abs() <= MAX_COORDINATE
}

/// Left, top, right and bottom edge around pixels given by their index in rows of `width`.
pub(crate) fn bounds(width: usize, pixels: impl Iterator<Item = usize>) -> Option<[f64; 4]> {
    pixels.fold(None, |bounds: Option<[f64; 4]>, i| {
        let (x, y) = ((i % width) as f64, (i / width) as f64);
        let [left, top, right, bottom] = bounds.unwrap_or([x, y, x + 1.0, y + 1.0]);
        Some([left.min(x), top.min(y), right.max(x + 1.0), bottom.max(y + 1.0)])
    })
}

/// A drawn region with its origin.
///
/// Its JSON is that of `regions.json`, where the outline is a key `box` or `polygon` beside the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RegionRecord", into = "RegionRecord")]
pub struct Region {
    /// Outline.
    pub shape: Shape,
    /// Name or id of who drew it.
    pub author: String,
    /// In which role.
    pub role: Role,
    /// The tool or file format it came from.
    pub origin: String,
    /// Confidence of a model, 0 to 1.
    pub score: Option<f64>,
    /// Version of the model that drew it.
    pub model_version: Option<String>,
    /// RFC 3339 time, when known.
    pub time: Option<String>,
}

impl Region {
    /// Whether it was drawn by a person, or by a model with a score of at least `box_trust`.
    pub fn is_trusted(&self, box_trust: f64) -> bool {
        self.role != Role::Model || self.score.unwrap_or(0.0) >= box_trust
    }

    /// Checks that the outline encloses something not too far away, and that the score is one.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.shape.check()?;
        match self.score {
            Some(score) if !(0.0..=1.0).contains(&score) => {
                Err("`score` is not between 0 and 1".to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// The union of several regions as a mask of pixels inside.
pub(crate) fn union<'a>(regions: impl Iterator<Item = &'a Region>, size: Size) -> BinaryMask {
    let mut inside = BinaryMask::empty(size);
    for region in regions {
        region.shape.fill(&mut inside);
    }
    inside
}

/// Sorted x coordinates at which the outline crosses the horizontal line at `y`.
fn crossings(corners: &[[f64; 2]], y: f64) -> Vec<f64> {
    let mut found = Vec::new();
    for (i, a) in corners.iter().enumerate() {
        let b = corners[(i + 1) % corners.len()];
        if (a[1] <= y) != (b[1] <= y) {
            found.push(a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]));
        }
    }
    found.sort_by(f64::total_cmp);
    found
}

/// The first column whose centre is at or right of `x`, clamped to `0..=width`.
fn first_centre(x: f64, width: usize) -> usize {
    (x - 0.5).ceil().clamp(0.0, width as f64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(shape: &Shape, size: Size) -> String {
        let mut mask = BinaryMask::empty(size);
        shape.fill(&mut mask);
        mask.values()
            .chunks(size.width)
            .map(|row| row.iter().map(|v| if *v { '#' } else { '.' }).collect::<String>() + "\n")
            .collect()
    }

    #[test]
    fn bounds_hold_every_corner() {
        let upright = Shape::Box { x: 1.0, y: 2.0, width: 3.0, height: 4.0, rotation: 0.0 };
        assert_eq!(upright.bounds(), [1.0, 2.0, 4.0, 6.0]);
        let triangle = Shape::Polygon(vec![[5.0, 1.0], [2.0, 9.0], [7.0, 4.0]]);
        assert_eq!(triangle.bounds(), [2.0, 1.0, 7.0, 9.0]);
    }

    #[test]
    fn a_model_is_trusted_from_a_score_on() {
        let region = |role, score| Region {
            shape: Shape::Polygon(Vec::new()),
            author: String::new(),
            role,
            origin: String::new(),
            score,
            model_version: None,
            time: None,
        };
        let table = [
            (Role::NonExpert, None, 0.9, true),
            (Role::Model, Some(0.9), 0.9, true),
            (Role::Model, Some(0.8), 0.9, false),
            // a model that does not say how sure it is
            (Role::Model, None, 0.0, true),
            (Role::Model, None, 0.1, false),
        ];
        for (role, score, trust, expected) in table {
            assert_eq!(region(role, score).is_trusted(trust), expected, "{role:?} {score:?}");
        }
    }

    #[test]
    fn shapes_fill_the_pixels_whose_centres_they_hold() {
        let table = [
            // a box on pixel borders holds exactly its pixels
            (
                Shape::Box { x: 1.0, y: 1.0, width: 2.0, height: 1.0, rotation: 0.0 },
                "....\n.##.\n....\n",
            ),
            // a box sticking out of the picture is clipped
            (
                Shape::Box { x: -5.0, y: 1.4, width: 6.6, height: 9.0, rotation: 0.0 },
                "....\n##..\n##..\n",
            ),
            // a quarter turn about the top-left corner goes down and left
            (
                Shape::Box { x: 3.0, y: 0.0, width: 2.0, height: 1.0, rotation: 90.0 },
                "..#.\n..#.\n....\n",
            ),
            // a triangle
            (Shape::Polygon(vec![[0.0, 0.0], [4.0, 0.0], [0.0, 3.0]]), "###.\n##..\n#...\n"),
            // fewer than three corners hold nothing
            (Shape::Polygon(vec![[0.0, 0.0], [4.0, 3.0]]), "....\n....\n....\n"),
        ];
        for (shape, expected) in table {
            assert_eq!(inside(&shape, Size::new(4, 3)), expected, "{shape:?}");
        }
    }
}
