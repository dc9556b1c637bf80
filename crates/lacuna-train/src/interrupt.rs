//! A flag by which a person asks a long command to stop: it finishes its step, saves and leaves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A handle to the flag; clones share it. Raising it is safe in a signal handler.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// A flag that is not raised.
    pub fn new() -> Self {
        Self::default()
    }

    /// Raises the flag. Returns whether it had been raised before: the second Ctrl-C, on which the
    /// program should leave at once.
    pub fn raise(&self) -> bool {
        self.0.swap(true, Ordering::SeqCst)
    }

    /// Whether the work should stop after the step at hand.
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_the_flag_and_the_second_raise_is_told_apart() {
        let interrupt = Interrupt::new();
        let handle = interrupt.clone();
        assert!(!interrupt.is_raised());
        assert!(!handle.raise());
        assert!(interrupt.is_raised());
        assert!(handle.raise());
    }
}
