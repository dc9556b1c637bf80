//! The annotate–train–correct loop: what to paint next, how to learn from it, and the loop without a person.

pub mod acquisition;
pub mod recipe;
pub mod simulation;
mod turns;
mod view;

pub use acquisition::{Candidate, Strategy};
pub use recipe::{Length, Recipe};
pub use turns::{Turn, annotated, in_order};
pub use view::View;
