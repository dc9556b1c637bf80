//! What a plan has to know of the data.

use lacuna_data::augment::{Resize, Sampling};
use lacuna_data::dataset::DataError;
use lacuna_data::dataset::split::Fold;
use lacuna_data::supervision::audit::surviving_paint;
use lacuna_data::{Dataset, Evidence, Size};
use serde::Serialize;

/// Pictures whose paint is looked at: evenly spread over the training cases.
const LOOKED_AT: usize = 16;

/// Sides of square inputs that are considered; all are multiples of what the deepest network needs.
pub(super) const SIDES: [usize; 9] = [64, 96, 128, 160, 192, 256, 320, 384, 512];

/// Scales of patches that are considered, pixels of a patch per pixel of the picture.
pub(super) const SCALES: [f64; 4] = [0.125, 0.25, 0.5, 1.0];

/// What a plan has to know of the data.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Survey {
    /// Training cases.
    pub cases: usize,
    /// Validation cases.
    pub validation: usize,
    /// Median width and median height of the training pictures.
    pub median_size: Size,
    /// Share of the painted pixels whose word survives when whole pictures are brought to a square of that side; the
    /// least of all classes.
    pub survival: Vec<(usize, f64)>,
    /// The same at that many pixels of a patch per pixel of the picture.
    pub patch_survival: Vec<(f64, f64)>,
}

impl Survey {
    /// Looks at the training part of a fold.
    ///
    /// # Errors
    /// If a case cannot be read.
    pub fn of(dataset: &Dataset, fold: &Fold) -> Result<Self, DataError> {
        let (mut widths, mut heights) = (Vec::new(), Vec::new());
        for id in &fold.train {
            let size = dataset.image_size(dataset.case(id)?)?;
            widths.push(size.width);
            heights.push(size.height);
        }
        let step = fold.train.len().div_ceil(LOOKED_AT).max(1);
        let classes = dataset.classes().len();
        let mut whole = SIDES.map(|side| (side, Tally::new(classes)));
        let mut patches = SCALES.map(|scale| (scale, Tally::new(classes)));
        for id in fold.train.iter().step_by(step) {
            let annotation = dataset.load_annotation(dataset.case(id)?)?;
            let evidence = Evidence::collect(&annotation, dataset.classes());
            for (side, tally) in &mut whole {
                let sampling = Sampling::Resize(Resize::Pad);
                tally.add(&surviving_paint(&evidence, Size::new(*side, *side), sampling));
            }
            for (scale, tally) in &mut patches {
                let sampling = Sampling::Patch { scale: *scale };
                tally.add(&surviving_paint(&evidence, evidence.size(), sampling));
            }
        }
        Ok(Self {
            cases: fold.train.len(),
            validation: fold.validation.len(),
            median_size: Size::new(median(&mut widths), median(&mut heights)),
            survival: whole.iter().map(|(side, tally)| (*side, tally.least_share())).collect(),
            patch_survival: patches.iter().map(|(s, tally)| (*s, tally.least_share())).collect(),
        })
    }

    /// The longer side of a usual picture.
    pub(super) fn longer_side(&self) -> usize {
        self.median_size.width.max(self.median_size.height)
    }
}

/// Painted pixels and those that survive, by class.
struct Tally(Vec<(u64, u64)>);

impl Tally {
    fn new(classes: usize) -> Self {
        Self(vec![(0, 0); classes])
    }

    fn add(&mut self, found: &[(u64, u64)]) {
        for (sum, (painted, survived)) in self.0.iter_mut().zip(found) {
            sum.0 += painted;
            sum.1 += survived;
        }
    }

    /// 1 where nothing is painted.
    fn least_share(&self) -> f64 {
        let painted = self.0.iter().filter(|(painted, _)| *painted > 0);
        painted.map(|(painted, survived)| *survived as f64 / *painted as f64).fold(1.0, f64::min)
    }
}

fn median(values: &mut [usize]) -> usize {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}
