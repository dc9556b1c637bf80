//! How good a segmentation is: slices in, numbers out.
//!
//! A mask is a row-major `&[bool]`; where geometry matters a [`Grid`] gives its width, height and the
//! size of a pixel in millimetres. A reference may be partial: `known: Option<&[bool]>` says where it
//! was given (`None` = everywhere) and **what it holds elsewhere is never read**. The main nouns:
//!
//! * [`Confusion`] — counts on known pixels; Dice, IoU, precision and recall come from it.
//! * [`PartialConfusion`] — the same plus the unknown pixels: [`Coverage`] and [`DiceBounds`], the
//!   smallest and largest Dice over every completion; [`mean_dice_bounds`] for mutually exclusive classes.
//! * [`SurfaceDistances`] — HD95 and normalised surface Dice, as MONAI defines them.
//! * [`Calibration`], [`ProbabilityHistogram`] — expected calibration error, average precision and the
//!   thresholds that can be chosen without complete truth ([`ElkanNoto`], [`best_dice_threshold`]).
//! * [`MeanOver`], [`bootstrap_mean`] — from cases to one number, its left-out cases and its interval.
//! * [`mean_interval`] — Student's t, where there are only a few values such as seeds.
//! * [`comparison`] — which of two ways of training is better, by differences of paired scores over groups.
//! * [`BoxAveragePrecision`] — COCO's AP of predicted boxes; [`OutsideCounts`] — what their outside would teach.
//! * [`verification`] — Dice on all pixels, with an interval, from a few hundred points drawn by chance
//!   and answered by a person.
//!
//! A pixel is called positive where `probability >= threshold`, everywhere in this crate.
//!
//! ```
//! use lacuna_metrics::{Grid, PartialConfusion, SurfaceDistances};
//!
//! # fn main() -> Result<(), lacuna_metrics::MetricError> {
//! let prediction = [true, true, false, false, false, true];
//! let reference = [true, false, true, false, false, false];
//! let known = [true, true, true, true, false, false]; // nobody said anything about the last two
//!
//! let counts = PartialConfusion::from_masks(&prediction, &reference, Some(&known))?;
//! assert_eq!(counts.known.dice(), Some(0.5));
//! assert_eq!(counts.coverage().share(), Some(4.0 / 6.0));
//! let bounds = counts.dice_bounds().unwrap();
//! assert_eq!((bounds.lower, bounds.upper), (2.0 / 6.0, 4.0 / 6.0));
//!
//! let grid = Grid::new(3, 2, [0.5, 0.5])?; // half a millimetre a pixel
//! let surfaces = SurfaceDistances::measure(&prediction, &reference, Some(&known), &grid)?;
//! assert_eq!(surfaces.nsd(0.5)?, Some(1.0)); // no border is off by more than that
//! # Ok(())
//! # }
//! ```

mod aggregate;
mod average_precision;
mod bootstrap;
mod bounds;
mod box_average_precision;
mod box_margin;
mod calibration;
pub mod comparison;
mod components;
mod confusion;
mod error;
mod grid;
mod histogram;
mod random;
mod student;
mod surface;
mod threshold;
pub mod verification;

pub use aggregate::{EmptyRule, MeanOver, foreground_mean, mean, sample_sd};
pub use average_precision::average_precision;
pub use bootstrap::{BootstrapMean, BootstrapSettings, Interval, bootstrap_mean};
pub use bounds::exclusive::{ExclusiveCounts, MAX_EXCLUSIVE_CLASSES, mean_dice_bounds};
pub use bounds::{Coverage, DiceBounds, PartialConfusion};
pub use box_average_precision::{
    AreaRange, BoxAveragePrecision, BoxedImage, IOU_THRESHOLDS, ScoredBox, box_iou,
};
pub use box_margin::{OutsideCounts, least_margin};
pub use calibration::{CALIBRATION_BINS, Calibration, CalibrationBin};
pub use components::{Connectivity, component_areas, components};
pub use confusion::Confusion;
pub use error::MetricError;
pub use grid::Grid;
pub use histogram::{HISTOGRAM_LEVELS, ProbabilityHistogram};
pub use student::mean_interval;
pub use surface::SurfaceDistances;
pub use surface::distance_transform::squared_distances;
pub use threshold::{DiceThreshold, ElkanNoto, best_dice_threshold};
