//! Regions proposed from a person's scribbles or box. The question and the answer live as long as the request: nothing of
//! them is kept, and nothing is evidence until the person accepts it as an ordinary edit.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use lacuna_data::annotation::{Runs, TernaryMask};
use lacuna_data::proposal::{Bounds, Seeds, propose};
use lacuna_data::{BinaryMask, Case, Dataset, Image, Size, Ternary};
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::annotations::Said;
use crate::lock;
use crate::pictures;
use crate::problem::Problem;

/// Decoded pictures kept: whoever refines a proposal asks about the same one again and again.
const KEPT: usize = 2;
/// Threads that find regions; a training has its own, and a person does not wait for those.
const THREADS: usize = 2;

/// Whole pixels of the picture, x right, y down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PixelBox {
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

/// What a person showed of a class.
pub(crate) struct Shown<'a> {
    pub(crate) class: &'a str,
    /// What of the picture is looked at: nothing is proposed outside.
    pub(crate) window: PixelBox,
    pub(crate) positive: &'a Runs,
    pub(crate) negative: &'a Runs,
    /// Around everything that is meant.
    pub(crate) around: Option<PixelBox>,
}

/// Finds regions, one at a time.
pub(crate) struct Proposals {
    pictures: Mutex<VecDeque<Kept>>,
    pool: Mutex<ThreadPool>,
}

struct Kept {
    case: String,
    tag: Option<String>,
    image: Arc<Image>,
}

impl Proposals {
    pub(crate) fn new() -> Result<Self, Problem> {
        let pool = ThreadPoolBuilder::new()
            .num_threads(THREADS)
            .thread_name(|index| format!("proposal-{index}"))
            .build()
            .map_err(|e| Problem::failed(&e))?;
        Ok(Self { pictures: Mutex::default(), pool: Mutex::new(pool) })
    }

    /// The picture of a case, decoded once.
    pub(crate) fn picture(&self, dataset: &Dataset, case: &Case) -> Result<Arc<Image>, Problem> {
        let tag = pictures::tag(dataset, case);
        let is_it = |kept: &&Kept| kept.case == case.id && kept.tag == tag;
        if let Some(kept) = lock(&self.pictures).iter().find(is_it) {
            return Ok(Arc::clone(&kept.image));
        }
        let image = Arc::new(dataset.load_image(case)?);
        let mut kept = lock(&self.pictures);
        kept.retain(|kept| kept.case != case.id);
        kept.push_back(Kept { case: case.id.clone(), tag, image: Arc::clone(&image) });
        if kept.len() > KEPT {
            kept.pop_front();
        }
        Ok(image)
    }

    /// The pixels proposed; `marks` and `probability` are of the window.
    pub(crate) fn find(
        &self,
        image: &Image,
        shown: &Shown<'_>,
        marks: TernaryMask,
        probability: Option<&[f32]>,
    ) -> Result<Runs, Problem> {
        let bounds = shown.around.map(|around| around.within(shown.window)).transpose()?;
        let seeds = Seeds::new(marks, bounds).map_err(|error| {
            Problem::invalid(error.to_string()).with_hint("scribble on the class, or draw a box")
        })?;
        let part = shown.window.crop(image)?;
        let pool = lock(&self.pool);
        let region = pool
            .install(|| propose(&part, &seeds, probability))
            .map_err(|error| Problem::failed(&error))?;
        shown.window.runs(&region, image.size())
    }
}

impl Shown<'_> {
    /// Whether the picture has all these pixels.
    pub(crate) fn check(&self, picture: Size) -> Result<(), Problem> {
        let whole = PixelBox { x: 0, y: 0, width: picture.width, height: picture.height };
        self.window.within(whole)?;
        for runs in [self.positive, self.negative] {
            runs.check_within(picture).map_err(|error| Problem::invalid(error.to_string()))?;
        }
        Ok(())
    }

    /// What is known of the window: scribbles, and below them what people painted. A *no* for the class, and a *yes* for
    /// one that excludes it, are no part of the class. What was merely accepted may be decided again.
    pub(crate) fn marks(&self, said: &Said<'_>) -> Result<TernaryMask, Problem> {
        let classes = said.dataset.classes();
        let own = classes.index(self.class)?;
        let mut marks = TernaryMask::unknown(Size::new(self.window.width, self.window.height));
        for class in 0..classes.names().len() {
            let denies = match class {
                _ if class == own => Ternary::Negative,
                _ if classes.are_exclusive(own, class) => Ternary::Positive,
                _ => continue,
            };
            let mask = said.annotation.masks[class].values();
            let accepted = said.annotation.suggested[class].as_ref().map(BinaryMask::values);
            let is_painted = |pixel: usize| !accepted.is_some_and(|accepted| accepted[pixel]);
            self.window.each_pixel(said.annotation.masks[class].size(), |at, pixel| {
                if mask[pixel] == denies && is_painted(pixel) {
                    marks.values_mut()[at] = Ternary::Negative;
                }
            });
        }
        let picture = said.annotation.masks[own].size();
        for (runs, sign) in [(self.negative, Ternary::Negative), (self.positive, Ternary::Positive)]
        {
            for pixel in runs.iter().flatten() {
                if let Some(at) = self.window.index_of(pixel, picture) {
                    marks.values_mut()[at] = sign;
                }
            }
        }
        Ok(marks)
    }
}

impl PixelBox {
    /// The same box in the coordinates of `outer`, of which it must be a part.
    fn within(self, outer: Self) -> Result<Bounds, Problem> {
        let Self { x, y, width, height } = self;
        let ends = x.checked_add(width).zip(y.checked_add(height));
        let (right, bottom) = (outer.x + outer.width, outer.y + outer.height);
        let is_part = ends.is_some_and(|(end, floor)| end <= right && floor <= bottom)
            && x >= outer.x
            && y >= outer.y
            && width > 0
            && height > 0;
        if !is_part {
            return Err(Problem::invalid(format!(
                "the box of {width}×{height} pixels at {x}, {y} is no part of the {}×{} pixels at {}, {}",
                outer.width, outer.height, outer.x, outer.y
            )));
        }
        let (left, top) = (x - outer.x, y - outer.y);
        Ok(Bounds { left, top, right: left + width, bottom: top + height })
    }

    fn crop(self, image: &Image) -> Result<Image, Problem> {
        let stride = image.size().width * 3;
        let mut rgb = Vec::with_capacity(self.width * self.height * 3);
        for row in image.rgb().chunks_exact(stride).skip(self.y).take(self.height) {
            rgb.extend_from_slice(&row[self.x * 3..(self.x + self.width) * 3]);
        }
        Image::new(Size::new(self.width, self.height), rgb).map_err(|e| Problem::failed(&e))
    }

    /// Calls with the index in the box and the index in the picture of every pixel of the box.
    fn each_pixel(self, picture: Size, mut visit: impl FnMut(usize, usize)) {
        for row in 0..self.height {
            let start = (self.y + row) * picture.width + self.x;
            (0..self.width).for_each(|column| visit(row * self.width + column, start + column));
        }
    }

    /// Where a pixel of the picture is in the box, if it is.
    fn index_of(self, pixel: usize, picture: Size) -> Option<usize> {
        let column = (pixel % picture.width).checked_sub(self.x)?;
        let row = (pixel / picture.width).checked_sub(self.y)?;
        (column < self.width && row < self.height).then(|| row * self.width + column)
    }

    /// A region of the box as pixels of the picture.
    fn runs(self, region: &BinaryMask, picture: Size) -> Result<Runs, Problem> {
        let mut numbers = Vec::new();
        for (row, values) in region.values().chunks_exact(self.width).enumerate() {
            let start = (self.y + row) * picture.width + self.x;
            for stretch in Runs::of(values, |inside| *inside).iter() {
                numbers.extend([(start + stretch.start) as u32, stretch.len() as u32]);
            }
        }
        Runs::new(numbers).map_err(|error| Problem::failed(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_counts_pixels_of_the_picture_and_its_own() {
        let picture = Size::new(7, 5);
        let window = PixelBox { x: 2, y: 1, width: 3, height: 2 };
        let mut seen = Vec::new();
        window.each_pixel(picture, |at, pixel| seen.push((at, pixel)));
        assert_eq!(seen, [(0, 9), (1, 10), (2, 11), (3, 16), (4, 17), (5, 18)]);
        for (at, pixel) in seen {
            assert_eq!(window.index_of(pixel, picture), Some(at));
        }
        for outside in [0, 8, 12, 15, 19, 25] {
            assert_eq!(window.index_of(outside, picture), None, "{outside}");
        }
        let region = BinaryMask::of(Size::new(3, 2), |at| at != 1 && at != 5);
        let runs: Vec<u32> = window.runs(&region, picture).unwrap().into();
        assert_eq!(runs, [9, 1, 11, 1, 16, 2]);
    }

    #[test]
    fn a_box_must_be_a_part_of_the_other() {
        let outer = PixelBox { x: 2, y: 1, width: 10, height: 8 };
        let table = [
            ((2, 1, 10, 8), true),
            ((5, 4, 3, 2), true),
            ((1, 4, 3, 2), false),
            ((5, 0, 3, 2), false),
            ((10, 4, 3, 2), false),
            ((5, 8, 3, 2), false),
            ((5, 4, 0, 2), false),
            ((usize::MAX, 4, 3, 2), false),
        ];
        for ((x, y, width, height), is_part) in table {
            let bounds = PixelBox { x, y, width, height }.within(outer);
            assert_eq!(bounds.is_ok(), is_part, "{x} {y} {width} {height}");
        }
        let inner = PixelBox { x: 5, y: 4, width: 3, height: 2 }.within(outer).unwrap();
        assert_eq!((inner.left, inner.top, inner.right, inner.bottom), (3, 3, 6, 5));
    }
}
