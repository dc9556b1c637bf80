//! AVX-512: vectors of 16, with the extension for bf16 and without.

#![expect(unsafe_code, reason = "processor instructions")]
#![expect(clippy::inline_always, reason = "see the parent module")]

use std::arch::x86_64::{
    __m256bh, __m256i, __m512, __m512bh, __mmask16, _CMP_GT_OQ, _CMP_UNORD_Q, _mm_add_ps,
    _mm_add_ss, _mm_cvtss_f32, _mm_movehl_ps, _mm_sfence, _mm_shuffle_ps, _mm_storeu_si128,
    _mm256_add_ps, _mm256_castps256_ps128, _mm256_extractf128_ps, _mm512_add_epi32, _mm512_add_ps,
    _mm512_and_ps, _mm512_and_si512, _mm512_castpd_ps, _mm512_castps_pd, _mm512_castps_si512,
    _mm512_castps512_ps256, _mm512_castsi256_si512, _mm512_castsi512_ps, _mm512_cmp_ps_mask,
    _mm512_cvtepi32_epi8, _mm512_cvtepi32_epi16, _mm512_cvtepu16_epi32, _mm512_cvtne2ps_pbh,
    _mm512_cvtneps_pbh, _mm512_cvtps_epi32, _mm512_div_ps, _mm512_dpbf16_ps,
    _mm512_extractf32x8_ps, _mm512_fmadd_ps, _mm512_inserti64x4, _mm512_loadu_ps,
    _mm512_mask_blend_ps, _mm512_mask_or_epi32, _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps,
    _mm512_maskz_mov_ps, _mm512_max_ps, _mm512_mul_ps, _mm512_or_si512, _mm512_set1_epi32,
    _mm512_set1_ps, _mm512_setzero_ps, _mm512_shuffle_f32x4, _mm512_slli_epi32, _mm512_sqrt_ps,
    _mm512_srli_epi32, _mm512_storeu_ps, _mm512_stream_ps, _mm512_sub_ps, _mm512_unpackhi_pd,
    _mm512_unpackhi_ps, _mm512_unpacklo_pd, _mm512_unpacklo_ps,
};
use std::mem::transmute;

use super::{Kernel, Simd, dot_halves};

/// Proof that the processor has AVX-512 F, BW, DQ and VL, and BF16 if it says so.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx512<const BF16: bool>(());

/// # Safety
/// The processor must have AVX-512 F, BW, DQ and VL, AVX2 and FMA.
#[target_feature(enable = "avx,avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")]
pub(crate) unsafe fn run<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(Avx512::<false>(()))
}

/// # Safety
/// The processor must have AVX-512 F, BW, DQ, VL and BF16, AVX2 and FMA.
#[target_feature(enable = "avx,avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")]
pub(crate) unsafe fn run_bf16<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(Avx512::<true>(()))
}

/// A mask of the first `count` lanes.
#[inline(always)]
fn head(count: usize) -> __mmask16 {
    debug_assert!(count < 16);
    (1u16 << (count & 15)) - 1
}

/// The first and third quarter of either vector, or the second and fourth.
const EVEN: i32 = 0b10_00_10_00;
const ODD: i32 = 0b11_01_11_01;

/// Of each four rows of a square, in vector `j` of these four: columns `j`, `4 + j`, `8 + j` and `12 + j`, four values each.
///
/// # Safety
/// The processor must have AVX-512 F.
#[inline(always)]
unsafe fn quads_of_columns(rows: [__m512; 16]) -> [__m512; 16] {
    let mut quads = rows;
    for quad in quads.chunks_exact_mut(4) {
        // SAFETY: the caller's promise.
        unsafe {
            let [low, high] = [
                [_mm512_unpacklo_ps(quad[0], quad[1]), _mm512_unpacklo_ps(quad[2], quad[3])],
                [_mm512_unpackhi_ps(quad[0], quad[1]), _mm512_unpackhi_ps(quad[2], quad[3])],
            ]
            .map(|pair| pair.map(|values| _mm512_castps_pd(values)));
            quad[0] = _mm512_castpd_ps(_mm512_unpacklo_pd(low[0], low[1]));
            quad[1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low[0], low[1]));
            quad[2] = _mm512_castpd_ps(_mm512_unpacklo_pd(high[0], high[1]));
            quad[3] = _mm512_castpd_ps(_mm512_unpackhi_pd(high[0], high[1]));
        }
    }
    quads
}

/// As [`super::to_bf16`], each in a half of the result's lane.
#[inline(always)]
fn to_bf16<const BF16: bool>(_: Avx512<BF16>, value: __m512) -> __m256i {
    // SAFETY: the token.
    unsafe {
        if BF16 {
            return transmute::<__m256bh, __m256i>(_mm512_cvtneps_pbh(value));
        }
        let bits = _mm512_castps_si512(value);
        let cut = _mm512_srli_epi32::<16>(bits);
        let odd = _mm512_and_si512(cut, _mm512_set1_epi32(1));
        let half = _mm512_add_epi32(odd, _mm512_set1_epi32(0x7FFF));
        let rounded = _mm512_srli_epi32::<16>(_mm512_add_epi32(bits, half));
        let is_nan = _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(value, value);
        let quiet = _mm512_mask_or_epi32(rounded, is_nan, cut, _mm512_set1_epi32(0x40));
        _mm512_cvtepi32_epi16(quiet)
    }
}

// SAFETY of the arithmetic below: holding the token means that the processor has the instructions.
impl<const BF16: bool> Simd for Avx512<BF16> {
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
    fn low(self, pairs: __m512) -> __m512 {
        // SAFETY: the token.
        unsafe { _mm512_castsi512_ps(_mm512_slli_epi32::<16>(_mm512_castps_si512(pairs))) }
    }

    #[inline(always)]
    fn high(self, pairs: __m512) -> __m512 {
        // SAFETY: the token.
        unsafe { _mm512_and_ps(pairs, _mm512_castsi512_ps(_mm512_set1_epi32(-0x1_0000))) }
    }

    #[inline(always)]
    fn pair(self, low: __m512, high: __m512) -> __m512 {
        let (low, high) = (to_bf16(self, low), to_bf16(self, high));
        // SAFETY: the token.
        unsafe {
            let high = _mm512_slli_epi32::<16>(_mm512_cvtepu16_epi32(high));
            _mm512_castsi512_ps(_mm512_or_si512(_mm512_cvtepu16_epi32(low), high))
        }
    }

    #[inline(always)]
    fn pair_neighbours(self, first: __m512, second: __m512) -> __m512 {
        // SAFETY: the token.
        unsafe {
            if BF16 {
                return transmute::<__m512bh, __m512>(_mm512_cvtne2ps_pbh(second, first));
            }
            let low = _mm512_castsi256_si512(to_bf16(self, first));
            _mm512_castsi512_ps(_mm512_inserti64x4::<1>(low, to_bf16(self, second)))
        }
    }

    #[inline(always)]
    fn dot_pairs(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        if BF16 {
            // SAFETY: the token; vectors of one size.
            return unsafe {
                let (a, b) = (transmute::<__m512, __m512bh>(a), transmute::<__m512, __m512bh>(b));
                _mm512_dpbf16_ps(c, a, b)
            };
        }
        dot_halves(self, a, b, c)
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
    unsafe fn transpose(self, from: *const f32, from_row: usize, to: *mut f32, to_row: usize) {
        // SAFETY: the token and the caller's promise.
        unsafe {
            let mut rows = [_mm512_setzero_ps(); 16];
            for (index, row) in rows.iter_mut().enumerate() {
                *row = _mm512_loadu_ps(from.add(index * from_row));
            }
            let quads = quads_of_columns(rows);
            for column in 0..4 {
                let of = |quad: usize| quads[4 * quad + column];
                let even = [
                    _mm512_shuffle_f32x4::<EVEN>(of(0), of(1)),
                    _mm512_shuffle_f32x4::<EVEN>(of(2), of(3)),
                ];
                let odd = [
                    _mm512_shuffle_f32x4::<ODD>(of(0), of(1)),
                    _mm512_shuffle_f32x4::<ODD>(of(2), of(3)),
                ];
                let columns = [
                    _mm512_shuffle_f32x4::<EVEN>(even[0], even[1]),
                    _mm512_shuffle_f32x4::<EVEN>(odd[0], odd[1]),
                    _mm512_shuffle_f32x4::<ODD>(even[0], even[1]),
                    _mm512_shuffle_f32x4::<ODD>(odd[0], odd[1]),
                ];
                for (index, values) in columns.into_iter().enumerate() {
                    _mm512_storeu_ps(to.add((4 * index + column) * to_row), values);
                }
            }
        }
    }

    #[inline(always)]
    fn fence(self) {
        // SAFETY: every x86-64 processor has SSE.
        unsafe { _mm_sfence() }
    }
}
