//! The annotate–train–correct loop: what to paint next, how to learn from it, and the loop without a person.

pub mod acquisition;
mod arm;
pub mod budget_curve;
pub mod cost;
mod disagreement;
mod diversity;
mod query;
pub mod recipe;
pub mod simulation;
pub mod study;
mod turns;
mod view;

pub use acquisition::{Candidate, Strategy};
pub use arm::{Arm, Start};
pub use query::Query;
pub use recipe::{Length, Recipe};
pub use turns::{Turn, annotated, in_order};
pub use view::View;
