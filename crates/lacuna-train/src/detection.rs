//! A detector that learns the boxes people drew, and draws them in all other pictures.
//!
//! An hour of boxes around everything of interest teaches a [Faster R-CNN](lacuna_nn::detection) to draw the others; the
//! policies then take what lies outside for negatives. [`training`] makes a run folder; [`prediction`] writes regions of
//! role *model* and never touches a person's; [`evaluation`] holds every way to get boxes to the same table. What a
//! picture's box is worth is not how well it fits: [`judgement`] counts the pixels of a class that it would teach as
//! negatives, against the true outside that it gives.

mod baseline;
mod boxed;
mod checkpoint;
mod component;
mod config;
mod detector;
mod error;
pub mod evaluation;
mod finder;
mod info;
pub mod judgement;
mod pictures;
pub mod prediction;
mod reference;
mod summary;
#[cfg(test)]
mod tests;
mod trainer;
pub mod training;

pub use baseline::Baseline;
pub use boxed::{BoxedCase, BoxedCases};
pub use checkpoint::{DetectorCheckpoint, Metadata};
pub use config::DetectorConfig;
pub use detector::Detector;
pub use error::DetectError;
pub use info::{DetectorInfo, TrainingPicture};
pub use judgement::{Judgement, MarginPoint};
pub use reference::{Reference, Source};
pub use summary::DetectionSummary;
