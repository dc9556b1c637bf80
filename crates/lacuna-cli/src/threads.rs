//! How many threads the program works with: all its parallel work runs on one pool, whose size is settled before its
//! first use. The flag counts more than a training's configuration.

use std::num::NonZeroUsize;
use std::sync::OnceLock;

use anyhow::{Context, Result};

/// What `--threads` said.
static ASKED_FOR: OnceLock<NonZeroUsize> = OnceLock::new();

/// Settles the size of the pool as the flag says.
pub(crate) fn limit(threads: NonZeroUsize) -> Result<()> {
    build(threads.get())?;
    // Set once, by the program's start.
    let _ = ASKED_FOR.set(threads);
    Ok(())
}

/// Settles the size of the pool as a training's configuration says (0 = one for each core), unless the flag did.
pub(crate) fn limit_by_configuration(threads: usize) -> Result<()> {
    if threads == 0 || ASKED_FOR.get().is_some() { Ok(()) } else { build(threads) }
}

fn build(threads: usize) -> Result<()> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()
        .with_context(|| format!("cannot use {threads} threads"))
}
