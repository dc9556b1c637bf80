//! Channels-last operators against their definitions in double precision, on every instruction set, any number of
//! threads, and between guard pages.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod batch_norm;
mod conv2d;
mod guard;
mod layout;
mod max_pool;
mod optimizer;
mod roi_align;
mod support;
mod upsample;
