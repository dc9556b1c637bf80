//! AMX: eight registers of 16 rows of 64 bytes, and an instruction that multiplies two of them.
//!
//! With `A` 16×32 and `B` 32×16 bf16 numbers, `tdpbf16ps` adds `A · B` to 16×16 sums in f32: 8192 multiply-adds in 16
//! cycles, sixteen times as many as a vector instruction makes of f32 numbers. Rows of `A` are runs of pairs, as
//! packed rows are; `B` holds, for each pair of inputs, the pairs of 16 outputs, as panels do.
//!
//! The compiler has no stable intrinsics for tiles and never uses them by itself, so the instructions are written out, and a
//! tile keeps its value from one to the next. Linux saves tiles between programs only for those that have asked.

#![expect(unsafe_code, reason = "tiles are loaded from pointers")]
#![expect(clippy::inline_always, reason = "one instruction each")]
#![expect(clippy::unused_self, reason = "only who has configured the tiles may use them")]

#[cfg(target_arch = "x86_64")]
mod instructions;
#[cfg(not(target_arch = "x86_64"))]
#[path = "amx/no_instructions.rs"]
mod instructions;

use std::marker::PhantomData;

/// Rows of a tile at most.
pub(crate) const ROWS: usize = 16;
/// Values of 32 bits in a row at most.
pub(crate) const COLUMNS: usize = 16;

const TILES: usize = 8;

/// Whether this program may use tiles of bf16 numbers; asks the system the first time.
pub(crate) fn is_available() -> bool {
    instructions::are_available()
}

/// The tiles of this thread, with their shapes; given back when dropped.
pub(crate) struct Tiles {
    /// Registers belong to a thread.
    _thread: PhantomData<*const ()>,
}

/// Rows of a tile, and values of 32 bits in each.
pub(crate) type Shape = [usize; 2];

impl Tiles {
    /// Sets the shape of every tile.
    ///
    /// # Safety
    /// [`is_available`] must have been true. No other `Tiles` may live in this thread.
    pub(crate) unsafe fn new(shapes: [Shape; TILES]) -> Self {
        let mut configuration = [0_u8; 64];
        // the palette
        configuration[0] = 1;
        for (tile, [rows, columns]) in shapes.into_iter().enumerate() {
            assert!((1..=ROWS).contains(&rows) && (1..=COLUMNS).contains(&columns));
            configuration[16 + 2 * tile] = (4 * columns) as u8;
            configuration[48 + tile] = rows as u8;
        }
        // SAFETY: a valid configuration.
        unsafe { instructions::configure(&configuration) }
        Self { _thread: PhantomData }
    }

    /// Sets tile `T` to 0.
    #[inline(always)]
    pub(crate) fn clear<const T: usize>(&self) {
        // SAFETY: the tiles are configured.
        unsafe { instructions::clear::<T>() }
    }

    /// Loads the rows of tile `T`, `distance` values apart.
    ///
    /// # Safety
    /// The rows must be valid for reads.
    #[inline(always)]
    pub(crate) unsafe fn load<const T: usize>(&self, from: *const f32, distance: usize) {
        // SAFETY: the caller's promise.
        unsafe { instructions::load::<T>(from, distance) }
    }

    /// Stores the rows of tile `T`, `distance` values apart.
    ///
    /// # Safety
    /// The rows must be valid for writes.
    #[inline(always)]
    pub(crate) unsafe fn store<const T: usize>(&self, to: *mut f32, distance: usize) {
        // SAFETY: the caller's promise.
        unsafe { instructions::store::<T>(to, distance) }
    }

    /// `C += A · B`, pairs of bf16 numbers in `A` and `B`.
    #[inline(always)]
    pub(crate) fn multiply<const C: usize, const A: usize, const B: usize>(&self) {
        // SAFETY: the tiles are configured, and fit each other or the processor refuses.
        unsafe { instructions::multiply::<C, A, B>() }
    }
}

impl Drop for Tiles {
    fn drop(&mut self) {
        // SAFETY: nobody uses the tiles any more.
        unsafe { instructions::release() }
    }
}
