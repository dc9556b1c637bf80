//! What all trainable models have in common.

use burn::module::Module;

/// A model that an [`Optimizer`](crate::Optimizer) trains and [`Gradients`](crate::Gradients) are taken of: a
/// [`Unet`](crate::Unet) or a [`FasterRcnn`](crate::detection::FasterRcnn).
pub trait Network: Module {
    /// This model out of its place, where an empty one stays: whoever changes weights in place must be the only one who
    /// holds them.
    #[must_use]
    fn take(&mut self) -> Self;
}
