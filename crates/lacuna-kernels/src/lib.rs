//! CPU kernels of Lacuna: slices and shapes in, slices out.
//!
//! No tensor library and no device here, only the arithmetic that is worth writing by hand. Activations are `f32` in
//! channels-last order, `[N, H, W, C]`, with any number of channels; weights are PyTorch's, `[O, I, kh, kw]`. Factors of
//! convolutions may be rounded to bf16 on the way to the multipliers ([`conv2d::Precision`]), nothing else is. Work is
//! split by shape alone and sums have a fixed order, so the same inputs give the same bytes whatever the number of
//! threads; another [`Isa`] gives other roundings. Threads are those of the rayon pool the caller is in.
//!
//! Kernels are written once over a vector type and compiled for each [`Isa`]; the best one of the processor is chosen
//! at run time, so the default build is the fast one. Each operator is a [`tracing`] span, which costs nothing unless
//! someone listens.
//!
//! ```
//! use lacuna_kernels::conv2d::{self, Algorithm, ConvShape, Epilogue, Input};
//!
//! # fn main() -> Result<(), lacuna_kernels::ShapeError> {
//! let shape = ConvShape {
//!     batch: 1,
//!     in_channels: 1,
//!     out_channels: 1,
//!     height: 1,
//!     width: 3,
//!     kernel: [1, 3],
//!     stride: [1, 1],
//!     padding: [0, 1],
//! };
//! let mut y = vec![0.0; shape.output_len()?];
//! let (x, w) = (Input::Plain(&[1.0, 2.0, 3.0]), [1.0, 0.0, -1.0]);
//! let epilogue = Epilogue { bias: Some(&[10.0]), ..Epilogue::default() };
//! conv2d::forward(&shape, x, &w, epilogue, Algorithm::Auto, &mut y)?;
//! assert_eq!(y, [8.0, 8.0, 12.0]);
//! # Ok(())
//! # }
//! ```

mod aligned;
mod amx;
pub mod batch_norm;
mod channel_sums;
pub mod conv2d;
mod isa;
pub mod layout;
pub mod max_pool;
pub mod optimizer;
pub mod peak;
mod periodic;
mod pool;
pub mod roi_align;
mod scratch;
mod shape_error;
mod simd;
mod span;
pub mod upsample;

pub use isa::{Isa, UnavailableIsa};
pub use pool::{Buffer, BufferPool};
pub use shape_error::ShapeError;
