//! The annotate–train–correct loop: what to paint next, and the loop without a person.

pub mod acquisition;
mod view;

pub use acquisition::{Candidate, Strategy};
pub use view::View;
