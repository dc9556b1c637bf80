//! Matrix views over slices, their product, and an output that several threads fill at once.

#![expect(
    unsafe_code,
    reason = "the product takes pointers, and threads write disjoint rows of one output"
)]

use std::marker::PhantomData;

use crate::scratch;

/// Values of a cache line.
const LINE: usize = 16;

/// A read-only matrix: element (r, c) lies at `r · row_stride + c · column_stride`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matrix<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Rows of consecutive values that start `row_stride` apart.
    ///
    /// # Panics
    /// When the last element lies outside `data`, or there is none.
    pub(crate) fn new(data: &'a [f32], rows: usize, columns: usize, row_stride: usize) -> Self {
        assert!(last_index([rows, columns], [row_stride, 1]) < data.len());
        Self { data, rows, columns, row_stride, column_stride: 1 }
    }

    pub(crate) const fn transposed(self) -> Self {
        Self {
            data: self.data,
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
        }
    }

    /// Rows `start..end` of the matrix.
    pub(crate) fn rows(self, range: std::ops::Range<usize>) -> Self {
        assert!(range.start < range.end && range.end <= self.rows);
        Self { data: &self.data[range.start * self.row_stride..], rows: range.len(), ..self }
    }
}

/// Calls `work` with a copy of `rows` rows of `columns` values, each of which `lines` gives in pieces.
///
/// Rows that lie a power of two apart, as the planes of a picture often do, share few cache lines when read side by
/// side. The copies do not.
pub(crate) fn with_packed<'a>(
    lines: impl Iterator<Item = &'a [f32]>,
    rows: usize,
    columns: usize,
    work: impl FnOnce(Matrix),
) {
    // An odd number of cache lines.
    let row_stride = (columns.div_ceil(LINE) | 1) * LINE;
    scratch::with(rows * row_stride, |packed| {
        let mut column = 0;
        let mut row = 0;
        for line in lines {
            packed[row * row_stride + column..][..line.len()].copy_from_slice(line);
            column += line.len();
            if column == columns {
                (row, column) = (row + 1, 0);
            }
        }
        work(Matrix::new(packed, rows, columns, row_stride));
    });
}

/// `out = a · b`, or `out += a · b` with `add`, on the calling thread; `out` has rows of consecutive values
/// `row_stride` apart.
///
/// # Panics
/// When the inner sizes differ or the last element lies outside `out`.
pub(crate) fn multiply(a: Matrix, b: Matrix, add: bool, out: &mut [f32], row_stride: usize) {
    assert!(last_index([a.rows, b.columns], [row_stride, 1]) < out.len());
    // SAFETY: `out` is exclusively borrowed and holds the last element of the product.
    unsafe { multiply_into(a, b, add, out.as_mut_ptr(), row_stride) }
}

/// # Safety
/// `out` must be valid for reads and writes of `a.rows` rows of `b.columns` values, `row_stride` apart, and nobody
/// else may access those values meanwhile.
unsafe fn multiply_into(a: Matrix, b: Matrix, add: bool, out: *mut f32, row_stride: usize) {
    assert_eq!(a.columns, b.rows);
    let keep = if add { 1.0 } else { 0.0 };
    // SAFETY: the constructors of `Matrix` checked that all elements of `a` and `b` lie in their slices; `out` is
    // the caller's promise. Uninitialised values are not read: `read_dst` is only set with `add`.
    unsafe {
        gemm::gemm(
            a.rows,
            b.columns,
            a.columns,
            out,
            1,
            row_stride as isize,
            add,
            a.data.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.data.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            keep,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

fn last_index(sizes: [usize; 2], strides: [usize; 2]) -> usize {
    assert!(sizes[0] > 0 && sizes[1] > 0, "an empty matrix has no product");
    (sizes[0] - 1) * strides[0] + (sizes[1] - 1) * strides[1]
}

/// A slice whose disjoint parts several threads write at once.
#[derive(Debug)]
pub(crate) struct SharedOutput<'a> {
    start: *mut f32,
    len: usize,
    borrow: PhantomData<&'a mut [f32]>,
}

// SAFETY: it stands for an exclusive borrow of plain numbers, and every access through it is unsafe with the duty
// to touch values no other thread touches.
unsafe impl Sync for SharedOutput<'_> {}

impl<'a> SharedOutput<'a> {
    pub(crate) const fn new(slice: &'a mut [f32]) -> Self {
        Self { start: slice.as_mut_ptr(), len: slice.len(), borrow: PhantomData }
    }

    /// The `len` values from `start` on.
    ///
    /// # Safety
    /// No one else may access these values while the result lives.
    #[expect(clippy::mut_from_ref, reason = "disjoint parts of one exclusive borrow")]
    pub(crate) unsafe fn slice(&self, start: usize, len: usize) -> &mut [f32] {
        assert!(start <= self.len && len <= self.len - start);
        // SAFETY: in bounds of the borrowed slice by the check; exclusive by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(start), len) }
    }

    /// [`multiply`] into rows `row_stride` apart, the first at `start`.
    ///
    /// # Safety
    /// No one else may access the values of these rows during the call.
    pub(crate) unsafe fn multiply(
        &self,
        a: Matrix,
        b: Matrix,
        add: bool,
        start: usize,
        row_stride: usize,
    ) {
        let last = start + last_index([a.rows, b.columns], [row_stride, 1]);
        assert!(last < self.len);
        // SAFETY: in bounds of the borrowed slice by the check; exclusive by the caller's promise.
        unsafe { multiply_into(a, b, add, self.start.add(start), row_stride) }
    }
}
