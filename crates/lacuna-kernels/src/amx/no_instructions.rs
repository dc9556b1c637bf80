//! Where there are none.

#![expect(unsafe_code, reason = "the signatures of those there are")]

pub(super) const fn are_available() -> bool {
    false
}

pub(super) unsafe fn configure(_configuration: &[u8; 64]) {
    unreachable!("this architecture has no tiles")
}

pub(super) unsafe fn release() {}

pub(super) unsafe fn clear<const T: usize>() {}

pub(super) unsafe fn load<const T: usize>(_from: *const f32, _distance: usize) {}

pub(super) unsafe fn store<const T: usize>(_to: *mut f32, _distance: usize) {}

pub(super) unsafe fn multiply<const C: usize, const A: usize, const B: usize>() {}
