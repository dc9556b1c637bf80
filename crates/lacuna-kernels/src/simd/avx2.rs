//! AVX2 with FMA: vectors of 8.

#![expect(unsafe_code, reason = "processor instructions")]
#![expect(clippy::inline_always, reason = "see the parent module")]

use std::arch::x86_64::{
    __m256, __m256i, _CMP_GT_OQ, _CMP_UNORD_Q, _mm_add_ps, _mm_add_ss, _mm_cvtss_f32,
    _mm_movehl_ps, _mm_packs_epi32, _mm_packus_epi16, _mm_sfence, _mm_shuffle_ps, _mm_storel_epi64,
    _mm256_add_epi32, _mm256_add_ps, _mm256_and_ps, _mm256_and_si256, _mm256_blendv_epi8,
    _mm256_blendv_ps, _mm256_castps_si256, _mm256_castps256_ps128, _mm256_castsi256_ps,
    _mm256_castsi256_si128, _mm256_cmp_ps, _mm256_cvtps_epi32, _mm256_div_ps,
    _mm256_extractf128_ps, _mm256_extracti128_si256, _mm256_fmadd_ps, _mm256_loadu_ps,
    _mm256_loadu_si256, _mm256_maskload_ps, _mm256_maskstore_ps, _mm256_max_ps, _mm256_mul_ps,
    _mm256_or_ps, _mm256_or_si256, _mm256_packus_epi32, _mm256_permute4x64_epi64,
    _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_ps, _mm256_slli_epi32, _mm256_sqrt_ps,
    _mm256_srli_epi32, _mm256_storeu_ps, _mm256_stream_ps, _mm256_sub_ps,
};

use super::{Kernel, Simd};

/// Proof that the processor has AVX2 and FMA.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx2(());

/// # Safety
/// The processor must have AVX2 and FMA.
#[target_feature(enable = "avx,avx2,fma")]
pub(crate) unsafe fn run<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(Avx2(()))
}

/// Any 8 consecutive values starting at `8 - count` select the first `count` lanes.
static HEAD: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

/// A mask of the first `count` lanes.
#[inline(always)]
fn head(_: Avx2, count: usize) -> __m256i {
    debug_assert!(count < 8);
    // SAFETY: the token; 8 values starting at or before the 9th of 16.
    unsafe { _mm256_loadu_si256(HEAD.as_ptr().add(8 - count.min(8)).cast()) }
}

/// As [`super::to_bf16`], in the low half of each lane; the high half is 0.
#[inline(always)]
fn to_bf16(_: Avx2, value: __m256) -> __m256i {
    // SAFETY: the token.
    unsafe {
        let bits = _mm256_castps_si256(value);
        let cut = _mm256_srli_epi32::<16>(bits);
        let odd = _mm256_and_si256(cut, _mm256_set1_epi32(1));
        let half = _mm256_add_epi32(odd, _mm256_set1_epi32(0x7FFF));
        let rounded = _mm256_srli_epi32::<16>(_mm256_add_epi32(bits, half));
        let quiet = _mm256_or_si256(cut, _mm256_set1_epi32(0x40));
        let is_nan = _mm256_castps_si256(_mm256_cmp_ps::<_CMP_UNORD_Q>(value, value));
        _mm256_blendv_epi8(rounded, quiet, is_nan)
    }
}

// SAFETY of the arithmetic below: holding the token means that the processor has the instructions.
impl Simd for Avx2 {
    type V = __m256;

    const LANES: usize = 8;

    #[inline(always)]
    fn splat(self, value: f32) -> __m256 {
        // SAFETY: the token.
        unsafe { _mm256_set1_ps(value) }
    }

    #[inline(always)]
    fn add(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: the token.
        unsafe { _mm256_add_ps(a, b) }
    }

    #[inline(always)]
    fn sub(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: the token.
        unsafe { _mm256_sub_ps(a, b) }
    }

    #[inline(always)]
    fn mul(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: the token.
        unsafe { _mm256_mul_ps(a, b) }
    }

    #[inline(always)]
    fn div(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: the token.
        unsafe { _mm256_div_ps(a, b) }
    }

    #[inline(always)]
    fn sqrt(self, a: __m256) -> __m256 {
        // SAFETY: the token.
        unsafe { _mm256_sqrt_ps(a) }
    }

    #[inline(always)]
    fn mul_add(self, a: __m256, b: __m256, c: __m256) -> __m256 {
        // SAFETY: the token.
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn where_positive(self, sign: __m256, value: __m256) -> __m256 {
        // SAFETY: the token.
        unsafe { _mm256_and_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(sign, _mm256_setzero_ps()), value) }
    }

    #[inline(always)]
    fn where_above(self, a: __m256, b: __m256, yes: __m256, no: __m256) -> __m256 {
        // SAFETY: the token.
        unsafe {
            let above = _mm256_cmp_ps::<_CMP_GT_OQ>(a, b);
            let above = _mm256_or_ps(above, _mm256_cmp_ps::<_CMP_UNORD_Q>(a, a));
            _mm256_blendv_ps(no, yes, above)
        }
    }

    #[inline(always)]
    fn rectify(self, value: __m256) -> __m256 {
        // SAFETY: the token. The second operand is the result when one is NaN.
        unsafe { _mm256_max_ps(_mm256_setzero_ps(), value) }
    }

    #[inline(always)]
    fn sum(self, a: __m256) -> f32 {
        // SAFETY: the token.
        unsafe {
            let four = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps::<1>(a));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
        }
    }

    #[inline(always)]
    fn low(self, pairs: __m256) -> __m256 {
        // SAFETY: the token.
        unsafe { _mm256_castsi256_ps(_mm256_slli_epi32::<16>(_mm256_castps_si256(pairs))) }
    }

    #[inline(always)]
    fn high(self, pairs: __m256) -> __m256 {
        // SAFETY: the token.
        unsafe { _mm256_and_ps(pairs, _mm256_castsi256_ps(_mm256_set1_epi32(-0x1_0000))) }
    }

    #[inline(always)]
    fn pair(self, low: __m256, high: __m256) -> __m256 {
        let (low, high) = (to_bf16(self, low), to_bf16(self, high));
        // SAFETY: the token.
        unsafe { _mm256_castsi256_ps(_mm256_or_si256(low, _mm256_slli_epi32::<16>(high))) }
    }

    #[inline(always)]
    fn pair_neighbours(self, first: __m256, second: __m256) -> __m256 {
        let (first, second) = (to_bf16(self, first), to_bf16(self, second));
        // SAFETY: the token. Packing goes by halves of the vectors: the middle quarters change places.
        unsafe {
            let mixed = _mm256_packus_epi32(first, second);
            _mm256_castsi256_ps(_mm256_permute4x64_epi64::<0b11_01_10_00>(mixed))
        }
    }

    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> __m256 {
        // SAFETY: the token and the caller's promise.
        unsafe { _mm256_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn load_head(self, from: *const f32, count: usize) -> __m256 {
        // SAFETY: the token and the caller's promise; masked lanes are not accessed.
        unsafe { _mm256_maskload_ps(from, head(self, count)) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32, value: __m256) {
        // SAFETY: the token and the caller's promise.
        unsafe { _mm256_storeu_ps(to, value) }
    }

    #[inline(always)]
    unsafe fn store_head(self, to: *mut f32, count: usize, value: __m256) {
        // SAFETY: the token and the caller's promise; masked lanes are not accessed.
        unsafe { _mm256_maskstore_ps(to, head(self, count), value) }
    }

    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8, value: __m256) {
        // SAFETY: the token and the caller's promise.
        unsafe {
            let wide = _mm256_cvtps_epi32(value);
            let (low, high) = (_mm256_castsi256_si128(wide), _mm256_extracti128_si256::<1>(wide));
            let words = _mm_packs_epi32(low, high);
            _mm_storel_epi64(to.cast(), _mm_packus_epi16(words, words));
        }
    }

    #[inline(always)]
    unsafe fn stream(self, to: *mut f32, value: __m256) {
        // SAFETY: the token and the caller's promise.
        unsafe { _mm256_stream_ps(to, value) }
    }

    #[inline(always)]
    fn fence(self) {
        // SAFETY: every x86-64 processor has SSE.
        unsafe { _mm_sfence() }
    }
}
