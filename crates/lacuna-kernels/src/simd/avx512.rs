//! AVX-512: vectors of 16.

#![expect(unsafe_code, reason = "processor instructions")]
#![expect(clippy::inline_always, reason = "see the parent module")]

use std::arch::x86_64::{
    __m512, __mmask16, _CMP_GT_OQ, _CMP_UNORD_Q, _mm_add_ps, _mm_add_ss, _mm_cvtss_f32,
    _mm_movehl_ps, _mm_sfence, _mm_shuffle_ps, _mm_storeu_si128, _mm256_add_ps,
    _mm256_castps256_ps128, _mm256_extractf128_ps, _mm512_add_ps, _mm512_castps512_ps256,
    _mm512_cmp_ps_mask, _mm512_cvtepi32_epi8, _mm512_cvtps_epi32, _mm512_div_ps,
    _mm512_extractf32x8_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_mask_blend_ps,
    _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps, _mm512_maskz_mov_ps, _mm512_max_ps,
    _mm512_mul_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_sqrt_ps, _mm512_storeu_ps,
    _mm512_stream_ps, _mm512_sub_ps,
};

use super::{Kernel, Simd};

/// Proof that the processor has AVX-512 F, BW, DQ and VL.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx512(());

/// # Safety
/// The processor must have AVX-512 F, BW, DQ and VL, AVX2 and FMA.
#[target_feature(enable = "avx,avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")]
pub(crate) unsafe fn run<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(Avx512(()))
}

/// A mask of the first `count` lanes.
#[inline(always)]
fn head(count: usize) -> __mmask16 {
    debug_assert!(count < 16);
    (1u16 << (count & 15)) - 1
}

// SAFETY of the arithmetic below: holding the token means that the processor has the instructions.
impl Simd for Avx512 {
    type V = __m512;

    const LANES: usize = 16;

    #[inline(always)]
    fn splat(self, value: f32) -> __m512 {
        // SAFETY: the token.
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: the token.
        unsafe { _mm512_add_ps(a, b) }
    }

    #[inline(always)]
    fn sub(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: the token.
        unsafe { _mm512_sub_ps(a, b) }
    }

    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: the token.
        unsafe { _mm512_mul_ps(a, b) }
    }

    #[inline(always)]
    fn div(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: the token.
        unsafe { _mm512_div_ps(a, b) }
    }

    #[inline(always)]
    fn sqrt(self, a: __m512) -> __m512 {
        // SAFETY: the token.
        unsafe { _mm512_sqrt_ps(a) }
    }

    #[inline(always)]
    fn mul_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        // SAFETY: the token.
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn where_positive(self, sign: __m512, value: __m512) -> __m512 {
        // SAFETY: the token.
        unsafe {
            let positive = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(sign, _mm512_setzero_ps());
            _mm512_maskz_mov_ps(positive, value)
        }
    }

    #[inline(always)]
    fn where_above(self, a: __m512, b: __m512, yes: __m512, no: __m512) -> __m512 {
        // SAFETY: the token.
        unsafe {
            let above = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(a, b);
            let above = above | _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(a, a);
            _mm512_mask_blend_ps(above, no, yes)
        }
    }

    #[inline(always)]
    fn rectify(self, value: __m512) -> __m512 {
        // SAFETY: the token. The second operand is the result when one is NaN.
        unsafe { _mm512_max_ps(_mm512_setzero_ps(), value) }
    }

    #[inline(always)]
    fn sum(self, a: __m512) -> f32 {
        // SAFETY: the token.
        unsafe {
            let eight = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps::<1>(a));
            let four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps::<1>(eight));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
        }
    }

    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> __m512 {
        // SAFETY: the token and the caller's promise.
        unsafe { _mm512_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn load_head(self, from: *const f32, count: usize) -> __m512 {
        // SAFETY: the token and the caller's promise; masked lanes are not accessed.
        unsafe { _mm512_maskz_loadu_ps(head(count), from) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32, value: __m512) {
        // SAFETY: the token and the caller's promise.
        unsafe { _mm512_storeu_ps(to, value) }
    }

    #[inline(always)]
    unsafe fn store_head(self, to: *mut f32, count: usize, value: __m512) {
        // SAFETY: the token and the caller's promise; masked lanes are not accessed.
        unsafe { _mm512_mask_storeu_ps(to, head(count), value) }
    }

    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8, value: __m512) {
        // SAFETY: the token and the caller's promise.
        unsafe { _mm_storeu_si128(to.cast(), _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(value))) }
    }

    #[inline(always)]
    unsafe fn stream(self, to: *mut f32, value: __m512) {
        // SAFETY: the token and the caller's promise.
        unsafe { _mm512_stream_ps(to, value) }
    }

    #[inline(always)]
    fn fence(self) {
        // SAFETY: every x86-64 processor has SSE.
        unsafe { _mm_sfence() }
    }
}
