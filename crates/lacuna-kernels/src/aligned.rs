//! Memory on cache-line borders, and raw views that several threads write at once.

#![expect(unsafe_code, reason = "aligned allocation; threads write disjoint parts of one slice")]

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// A cache line, and the widest vector.
const ALIGNMENT: usize = 64;

/// `f32` values whose first lies on a cache-line border.
#[derive(Debug)]
pub(crate) struct AlignedVec {
    start: NonNull<f32>,
    len: usize,
}

// SAFETY: it owns plain numbers.
unsafe impl Send for AlignedVec {}
// SAFETY: shared access only reads.
unsafe impl Sync for AlignedVec {}

impl AlignedVec {
    pub(crate) const EMPTY: Self = Self { start: NonNull::dangling(), len: 0 };

    /// `len` zeros.
    pub(crate) fn zeroed(len: usize) -> Self {
        if len == 0 {
            return Self::EMPTY;
        }
        let layout = Self::layout(len);
        // SAFETY: the size is not 0.
        let start = NonNull::new(unsafe { alloc_zeroed(layout) });
        Self { start: start.unwrap_or_else(|| handle_alloc_error(layout)).cast(), len }
    }

    fn layout(len: usize) -> Layout {
        let size = len.checked_mul(size_of::<f32>());
        let layout = size.and_then(|size| Layout::from_size_align(size, ALIGNMENT).ok());
        layout.unwrap_or_else(|| handle_alloc_error(Layout::new::<f32>()))
    }
}

impl Deref for AlignedVec {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: `len` initialised values that `self` owns, or none.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl DerefMut for AlignedVec {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as in `deref`, exclusively borrowed.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl Drop for AlignedVec {
    fn drop(&mut self) {
        if self.len > 0 {
            // SAFETY: allocated with this layout.
            unsafe { dealloc(self.start.as_ptr().cast(), Self::layout(self.len)) }
        }
    }
}

/// A slice whose disjoint parts several threads write at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shared<'a, T = f32> {
    start: *mut T,
    len: usize,
    borrow: PhantomData<&'a mut [T]>,
}

// SAFETY: it stands for an exclusive borrow of plain numbers, and every access through it is unsafe with the duty
// to touch values no other thread touches.
unsafe impl<T: Send> Sync for Shared<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for Shared<'_, T> {}

impl<'a, T> Shared<'a, T> {
    pub(crate) const fn new(slice: &'a mut [T]) -> Self {
        Self { start: slice.as_mut_ptr(), len: slice.len(), borrow: PhantomData }
    }

    /// A pointer to the value at `index`, or one past the last.
    pub(crate) fn at(&self, index: usize) -> *mut T {
        assert!(index <= self.len);
        // SAFETY: in bounds of the borrowed slice by the check.
        unsafe { self.start.add(index) }
    }

    /// The `len` values from `start` on.
    ///
    /// # Safety
    /// No one else may access these values while the result lives.
    #[expect(clippy::mut_from_ref, reason = "disjoint parts of one exclusive borrow")]
    pub(crate) unsafe fn slice(&self, start: usize, len: usize) -> &mut [T] {
        assert!(start <= self.len && len <= self.len - start);
        // SAFETY: in bounds of the borrowed slice by the check; exclusive by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(start), len) }
    }
}
