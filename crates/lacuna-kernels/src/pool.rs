//! Buffers for tensors, given back when dropped and handed out again: a fresh page costs several times what it costs
//! to write it, and allocators return large blocks to the system at once.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

use crate::aligned::AlignedVec;

/// Buffers are kept by size class: powers of two and three steps between them, so at most a fifth is wasted.
const STEPS: usize = 4;
/// Smaller buffers share a class.
const SMALLEST: usize = 1024;

/// A store of free buffers. Most programs need only the [global](BufferPool::global) one.
#[derive(Debug)]
pub struct BufferPool {
    free: Mutex<Free>,
    most: usize,
}

#[derive(Debug)]
struct Free {
    by_class: BTreeMap<usize, Vec<AlignedVec>>,
    total: usize,
}

static GLOBAL: BufferPool = BufferPool::new(1 << 29);

impl BufferPool {
    /// A pool that keeps at most `most` values (of 4 bytes) that nobody uses.
    pub const fn new(most: usize) -> Self {
        Self { free: Mutex::new(Free { by_class: BTreeMap::new(), total: 0 }), most }
    }

    /// The pool of the process, which keeps at most 2 GiB.
    pub fn global() -> &'static Self {
        &GLOBAL
    }

    /// A buffer of `len` values left over from earlier use, or zeros. It starts on a cache-line border.
    pub fn take(&'static self, len: usize) -> Buffer {
        let class = size_class(len);
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let found = free.by_class.get_mut(&class).and_then(Vec::pop);
        if found.is_some() {
            free.total -= class;
        }
        drop(free);
        Buffer { values: found.unwrap_or_else(|| AlignedVec::zeroed(class)), len, pool: self }
    }

    /// Returns all free buffers to the system.
    pub fn clear(&self) {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.by_class.clear();
        free.total = 0;
    }

    /// Number of values in free buffers.
    pub fn free_values(&self) -> usize {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).total
    }

    fn put(&self, values: AlignedVec) {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.total + values.len() <= self.most {
            free.total += values.len();
            free.by_class.entry(values.len()).or_default().push(values);
        }
    }
}

/// The least class that holds `len` values.
fn size_class(len: usize) -> usize {
    let len = len.max(SMALLEST);
    let step = (len.next_power_of_two() / 2 / STEPS).max(1);
    len.div_ceil(step) * step
}

/// A buffer of a [`BufferPool`]; dropping it gives it back.
#[derive(Debug)]
pub struct Buffer {
    values: AlignedVec,
    len: usize,
    pool: &'static BufferPool,
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.values[..self.len]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.values[..self.len]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.pool.put(std::mem::replace(&mut self.values, AlignedVec::EMPTY));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_hold_their_lengths() {
        for len in (0..5000).chain([1 << 20, (1 << 20) + 1, 33_554_432, 10_000_001]) {
            let class = size_class(len);
            assert!(class >= len, "{len}");
            assert!(len < SMALLEST || class * 4 <= len * 5 + 4, "{len} in {class}");
            assert_eq!(size_class(class), class, "{len}");
        }
    }

    #[test]
    fn buffers_come_back_up_to_the_cap() {
        static POOL: BufferPool = BufferPool::new(3000);
        let mut first = POOL.take(1500);
        assert_eq!(first.as_ptr() as usize % 64, 0);
        first.fill(7.0);
        drop(first);
        assert_eq!(POOL.free_values(), 1536);
        let again = POOL.take(1510);
        assert_eq!((again.len(), again[0], POOL.free_values()), (1510, 7.0, 0));
        let other = POOL.take(2000);
        drop((again, other));
        assert_eq!(POOL.free_values(), 1536, "the second is over the cap");
        POOL.clear();
        assert_eq!(POOL.free_values(), 0);
    }
}
