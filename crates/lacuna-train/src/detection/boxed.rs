//! Pictures with the boxes that people drew in them.

use std::sync::Arc;

use lacuna_data::annotation::{Role, Shape};
use lacuna_data::{Case, Dataset, Region, Size};

use super::DetectError;

/// A side of a box may stick out of its picture by this many pixels: tools round.
const SLACK: f64 = 1.0;
/// A box inside its picture has at least this many pixels a side.
const LEAST_SIDE: f64 = 1.0;

/// A picture with its boxes.
#[derive(Clone, Debug, PartialEq)]
pub struct BoxedCase {
    /// The picture.
    pub case: Case,
    /// Its size.
    pub size: Size,
    /// x1, y1, x2, y2 in its pixels, none outside.
    pub boxes: Vec<[f64; 4]>,
}

impl BoxedCase {
    /// Reads the boxes around the regions that these roles drew; of polygons and turned boxes, the upright box around.
    ///
    /// # Errors
    /// When the annotation cannot be read, or a region encloses nothing or reaches out of the picture.
    pub fn read(dataset: &Dataset, case: &Case, roles: &[Role]) -> Result<Self, DetectError> {
        let size = dataset.image_size(case)?;
        let regions = dataset.load_annotation(case)?.regions;
        let drawn = regions.iter().enumerate().filter(|(_, region)| roles.contains(&region.role));
        let boxes = drawn.map(|(index, region)| boxed(case, size, index, region));
        Ok(Self { case: case.clone(), size, boxes: boxes.collect::<Result<_, _>>()? })
    }

    /// The boxes as shares of the picture's width and height.
    pub fn relative(&self) -> Vec<[f64; 4]> {
        let (width, height) = (self.size.width as f64, self.size.height as f64);
        let relative =
            |[x1, y1, x2, y2]: &[f64; 4]| [x1 / width, y1 / height, x2 / width, y2 / height];
        self.boxes.iter().map(relative).collect()
    }
}

fn boxed(case: &Case, size: Size, index: usize, region: &Region) -> Result<[f64; 4], DetectError> {
    let corners = region.shape.bounds();
    let [x1, y1, x2, y2] = corners;
    let (width, height) = (size.width as f64, size.height as f64);
    let number = index + 1;
    // the upright box around a turned one may reach further than what was drawn
    let is_upright = matches!(region.shape, Shape::Box { rotation: 0.0, .. });
    if is_upright && (x1 < -SLACK || y1 < -SLACK || x2 > width + SLACK || y2 > height + SLACK) {
        return Err(DetectError::OutOfPicture { id: case.id.clone(), number, corners, size });
    }
    let clipped = [x1.max(0.0), y1.max(0.0), x2.min(width), y2.min(height)];
    let [x1, y1, x2, y2] = clipped;
    if x2 - x1 < LEAST_SIDE || y2 - y1 < LEAST_SIDE {
        return Err(DetectError::Degenerate { id: case.id.clone(), number, corners });
    }
    Ok(clipped)
}

/// The pictures of a list in which somebody drew a box.
#[derive(Clone, Debug)]
pub struct BoxedCases {
    dataset: Arc<Dataset>,
    cases: Vec<BoxedCase>,
}

impl BoxedCases {
    /// Reads the boxes that these roles drew in these pictures.
    ///
    /// # Errors
    /// As [`BoxedCase::read`], and for ids that the data set does not have.
    pub fn read(
        dataset: &Arc<Dataset>,
        ids: &[String],
        roles: &[Role],
    ) -> Result<Self, DetectError> {
        let read = |id: &String| BoxedCase::read(dataset, dataset.case(id)?, roles);
        let mut cases = ids.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        cases.retain(|case| !case.boxes.is_empty());
        Ok(Self { dataset: Arc::clone(dataset), cases })
    }

    /// The data set.
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// The pictures in order.
    pub fn as_slice(&self) -> &[BoxedCase] {
        &self.cases
    }

    /// The same without the pictures of these ids.
    #[must_use]
    pub fn without(mut self, ids: &[String]) -> Self {
        self.cases.retain(|boxed| !ids.contains(&boxed.case.id));
        self
    }

    /// The most boxes in a picture.
    pub fn most_boxes(&self) -> usize {
        self.cases.iter().map(|case| case.boxes.len()).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_clipped_or_refused() {
        let case = Case::new("a", "images/a.png");
        let found = |x: f64, y: f64, width: f64, height: f64| {
            let region = Region {
                shape: Shape::Box { x, y, width, height, rotation: 0.0 },
                author: String::new(),
                role: Role::NonExpert,
                origin: String::new(),
                score: None,
                model_version: None,
                time: None,
            };
            boxed(&case, Size::new(20, 10), 1, &region).map_err(|error| error.to_string())
        };
        let table = [
            ((2.0, 3.0, 5.0, 6.0), Ok([2.0, 3.0, 7.0, 9.0])),
            // rounding of another tool
            ((-0.4, 0.0, 20.8, 10.0), Ok([0.0, 0.0, 20.0, 10.0])),
            ((15.0, 0.0, 9.0, 5.0), Err("case `a`: box 2 (15, 0 to 24, 5) reaches out of")),
            ((2.0, 3.0, 0.5, 6.0), Err("case `a`: box 2 (2, 3 to 2.5, 9) encloses less")),
        ];
        for ((x, y, width, height), expected) in table {
            match (found(x, y, width, height), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected),
                (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
                (found, expected) => panic!("{found:?} {expected:?}"),
            }
        }
    }
}
