//! CPU kernels of Lacuna: slices and shapes in, slices out.
//!
//! No tensor library and no device here, only the arithmetic that is worth writing by hand. Values are `f32` in
//! `[N, C, H, W]` order. Work is split by shape alone and sums have a fixed order, so the same inputs give the same
//! bytes whatever the number of threads. Threads are those of the rayon pool the caller is in.
//!
//! ```
//! use lacuna_kernels::conv::{self, ConvShape};
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
//! conv::forward(&shape, &[1.0, 2.0, 3.0], &[1.0, 0.0, -1.0], Some(&[10.0]), &mut y)?;
//! assert_eq!(y, [8.0, 8.0, 12.0]);
//! # Ok(())
//! # }
//! ```

mod aligned;
pub mod batch_norm;
mod channel_sums;
pub mod conv;
pub mod conv2d;
mod isa;
pub mod layout;
mod matrix;
pub mod max_pool;
pub mod norm;
pub mod optimizer;
pub mod peak;
mod periodic;
mod pool;
mod scratch;
mod shape_error;
mod simd;
pub mod upsample;

pub use isa::{Isa, UnavailableIsa};
pub use pool::{Buffer, BufferPool};
pub use shape_error::ShapeError;
