//! Buffers that a thread keeps for its next use, because fresh pages cost more than what is written to them.

use std::cell::RefCell;

use crate::aligned::AlignedVec;

thread_local! {
    static FREE: RefCell<Vec<AlignedVec>> = const { RefCell::new(Vec::new()) };
}

/// Calls `work` with a buffer of `len` values left over from earlier use: they must be written before they are read.
/// It starts on a cache-line border.
pub(crate) fn with<R>(len: usize, work: impl FnOnce(&mut [f32]) -> R) -> R {
    let mut buffer = FREE.with_borrow_mut(Vec::pop).unwrap_or(AlignedVec::EMPTY);
    if buffer.len() < len {
        drop(buffer);
        buffer = AlignedVec::zeroed(len);
    }
    let result = work(&mut buffer[..len]);
    FREE.with_borrow_mut(|free| free.push(buffer));
    result
}
