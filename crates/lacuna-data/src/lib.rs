//! Partially annotated images: what was painted, what was not, and what a network may learn from it.
//!
//! Data flows one way through this crate: [`formats`] read other tools' files into a [`Dataset`] of
//! [`Case`]s; a case's [`Annotation`] (three-state masks and regions) becomes [`Evidence`] per class
//! and pixel; a [`SupervisionPolicy`] turns evidence into targets and weights; [`augment`] warps image
//! and evidence together; [`batch`] collates samples for a trainer. No tensor library is involved.

pub mod annotation;
pub mod atomic_file;
pub mod augment;
pub mod batch;
pub mod class;
pub mod dataset;
pub mod formats;
pub mod image;
pub mod json_file;
pub mod proposal;
pub mod random;
pub mod simulate;
pub mod supervision;
pub mod synthetic;

pub use annotation::{Annotation, BinaryMask, Region, Ternary, TernaryMask};
pub use class::{Class, ClassSet};
pub use dataset::{Case, DataError, Dataset};
pub use image::{Image, Size};
pub use supervision::{Evidence, SupervisionPolicy};
