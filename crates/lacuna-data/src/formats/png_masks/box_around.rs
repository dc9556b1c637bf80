//! Boxes made of masks, for pictures that nobody drew a box in.

use crate::annotation::{Annotation, Region, Role, Shape, Ternary, region};

/// A box around all painted pixels of some classes.
#[derive(Clone, Debug, PartialEq)]
pub struct BoxAround {
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Distance from the outermost painted pixels, in pixels.
    pub margin: f64,
}

impl BoxAround {
    /// The box, cut at the picture's border; `None` where none of the classes is painted.
    pub(super) fn region(&self, annotation: &Annotation, classes: &[usize]) -> Option<Region> {
        let size = annotation.masks.first()?.size();
        let painted = classes.iter().flat_map(|class| {
            let values = annotation.masks[*class].values().iter().enumerate();
            values.filter(|(_, value)| **value == Ternary::Positive).map(|(pixel, _)| pixel)
        });
        let [left, top, right, bottom] = region::bounds(size.width, painted)?;
        let x = (left - self.margin).max(0.0);
        let y = (top - self.margin).max(0.0);
        let right = (right + self.margin).min(size.width as f64);
        let bottom = (bottom + self.margin).min(size.height as f64);
        Some(Region {
            shape: Shape::Box { x, y, width: right - x, height: bottom - y, rotation: 0.0 },
            author: format!("box around {}", self.classes.join(", ")),
            role: Role::NonExpert,
            origin: "png-masks".to_owned(),
            score: None,
            model_version: None,
            time: None,
        })
    }
}
