//! Operators with CPU kernels of our own, as extensions of the engine. On every other device the engine's are used.

mod conv2d;

pub(crate) use conv2d::conv2d;
