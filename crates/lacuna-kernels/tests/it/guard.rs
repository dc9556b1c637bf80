//! Slices that end right before, or start right after, a page that may not be touched.

#![expect(unsafe_code, reason = "maps pages")]

use std::ops::{Deref, DerefMut};

/// Which end of a slice is guarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    Start,
    End,
}

/// Values beside a page whose access ends the process.
pub(crate) struct Guarded<T: Copy> {
    map: *mut libc::c_void,
    bytes: usize,
    values: *mut T,
    len: usize,
}

impl<T: Copy> Guarded<T> {
    pub(crate) fn new(values: &[T], edge: Edge) -> Self {
        let page = 4096;
        let size = size_of_val(values);
        let room = size.next_multiple_of(page);
        let bytes = room + 2 * page;
        // SAFETY: a fresh private mapping; its first and last pages are made inaccessible.
        let (map, values_at) = unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let access = libc::PROT_READ | libc::PROT_WRITE;
            let map = libc::mmap(std::ptr::null_mut(), bytes, access, flags, -1, 0);
            assert_ne!(map, libc::MAP_FAILED);
            assert_eq!(libc::mprotect(map, page, libc::PROT_NONE), 0);
            assert_eq!(libc::mprotect(map.byte_add(page + room), page, libc::PROT_NONE), 0);
            let offset = if edge == Edge::Start { page } else { page + room - size };
            (map, map.byte_add(offset).cast::<T>())
        };
        // SAFETY: `size` bytes between the guards, aligned for numbers.
        unsafe { std::ptr::copy_nonoverlapping(values.as_ptr(), values_at, values.len()) }
        Self { map, bytes, values: values_at, len: values.len() }
    }
}

impl<T: Copy> Deref for Guarded<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: `len` values between the guards.
        unsafe { std::slice::from_raw_parts(self.values, self.len) }
    }
}

impl<T: Copy> DerefMut for Guarded<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: `len` values between the guards, exclusively borrowed.
        unsafe { std::slice::from_raw_parts_mut(self.values, self.len) }
    }
}

impl<T: Copy> Drop for Guarded<T> {
    fn drop(&mut self) {
        // SAFETY: mapped by `new`.
        unsafe { libc::munmap(self.map, self.bytes) };
    }
}
