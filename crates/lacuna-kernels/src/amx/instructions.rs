//! The instructions, and the question whether there are any.

#![expect(unsafe_code, reason = "instructions without intrinsics, over pointers")]
#![expect(clippy::inline_always, reason = "one instruction each")]

use std::arch::asm;
use std::arch::x86_64::__cpuid_count;

/// What the processor says, and Linux.
pub(super) fn are_available() -> bool {
    const LEAF_OF_FEATURES: u32 = 7;
    const AMX_BF16: u32 = 1 << 22;
    const AMX_TILE: u32 = 1 << 24;
    let features = __cpuid_count(LEAF_OF_FEATURES, 0).edx;
    features & AMX_BF16 != 0 && features & AMX_TILE != 0 && may_use_tiles()
}

/// Asks Linux to save tiles with this program's other registers: `arch_prctl(ARCH_REQ_XCOMP_PERM, XTILEDATA)`.
#[cfg(target_os = "linux")]
fn may_use_tiles() -> bool {
    const ARCH_PRCTL: isize = 158;
    const ARCH_REQ_XCOMP_PERM: usize = 0x1023;
    const XTILEDATA: usize = 18;
    let status: isize;
    // SAFETY: the call changes nothing but what is saved when the program is interrupted.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") ARCH_PRCTL => status,
            in("rdi") ARCH_REQ_XCOMP_PERM,
            in("rsi") XTILEDATA,
            out("rcx") _,
            out("r11") _,
            options(nostack),
        );
    }
    status == 0
}

#[cfg(not(target_os = "linux"))]
fn may_use_tiles() -> bool {
    false
}

/// # Safety
/// The configuration must be valid, and tiles available; so for all below.
pub(super) unsafe fn configure(configuration: &[u8; 64]) {
    // SAFETY: the caller's promise.
    unsafe { asm!("ldtilecfg [{}]", in(reg) configuration.as_ptr(), options(nostack)) }
}

pub(super) unsafe fn release() {
    // SAFETY: the caller's promise.
    unsafe { asm!("tilerelease", options(nomem, nostack, preserves_flags)) }
}

#[inline(always)]
pub(super) unsafe fn clear<const T: usize>() {
    // SAFETY: the caller's promise.
    unsafe { asm!("tilezero tmm{}", const T, options(nomem, nostack, preserves_flags)) }
}

#[inline(always)]
pub(super) unsafe fn load<const T: usize>(from: *const f32, distance: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        asm!(
            "tileloadd tmm{tile}, [{from} + {distance}*4]",
            tile = const T,
            from = in(reg) from,
            distance = in(reg) distance,
            options(nostack, preserves_flags, readonly),
        );
    }
}

#[inline(always)]
pub(super) unsafe fn store<const T: usize>(to: *mut f32, distance: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        asm!(
            "tilestored [{to} + {distance}*4], tmm{tile}",
            tile = const T,
            to = in(reg) to,
            distance = in(reg) distance,
            options(nostack, preserves_flags),
        );
    }
}

#[inline(always)]
pub(super) unsafe fn multiply<const C: usize, const A: usize, const B: usize>() {
    // SAFETY: the caller's promise.
    unsafe {
        asm!(
            "tdpbf16ps tmm{c}, tmm{a}, tmm{b}",
            c = const C,
            a = const A,
            b = const B,
            options(nomem, nostack, preserves_flags),
        );
    }
}
