//! Whether one way of training beats another: differences of paired scores, by group.
//!
//! The unit of inference is the **group** (the patient), not the picture and not the repetition: pictures of one
//! patient are alike, and repetitions of one protocol look at the same patients again.

mod holm;
mod level;
mod paired;
mod wilcoxon;

pub use holm::holm;
pub use level::{GroupedMean, Score, mean_over_groups};
pub use paired::{FEWEST_GROUPS_FOR_P, PairedDifference, PairedRatio, PairedScore, compare};
pub use wilcoxon::wilcoxon_signed_rank;
