//! Why a kernel refuses its arguments.

/// Sizes that do not fit together. Nothing was written when a kernel returns it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShapeError {
    /// A size that must be at least 1 is 0.
    #[error("{what} is 0")]
    Zero {
        /// Name of the size.
        what: &'static str,
    },
    /// The kernel does not fit into the padded input.
    #[error(
        "a kernel of {kernel} does not fit into {size} values padded by {padding} on either side"
    )]
    KernelTooLarge {
        /// Kernel size along the axis.
        kernel: usize,
        /// Input size along the axis.
        size: usize,
        /// Padding along the axis.
        padding: usize,
    },
    /// A number of elements cannot be represented.
    #[error("the number of elements overflows")]
    Overflow,
    /// The algorithm asked for does not exist for these sizes.
    #[error("{what}")]
    Unsupported {
        /// What does not go with what.
        what: &'static str,
    },
    /// An argument names something that does not exist.
    #[error("{what} is number {index} of {len}")]
    OutOfRange {
        /// Name of the argument.
        what: &'static str,
        /// What it says, from 0.
        index: usize,
        /// How many there are.
        len: usize,
    },
    /// A slice does not have the length the shape asks for.
    #[error("{what} has {found} values, expected {expected}")]
    Length {
        /// Name of the argument.
        what: &'static str,
        /// Its length.
        found: usize,
        /// What the shape asks for.
        expected: usize,
    },
}

/// An error unless `found` is `expected`.
pub(crate) fn check_length(
    what: &'static str,
    found: usize,
    expected: usize,
) -> Result<(), ShapeError> {
    if found == expected { Ok(()) } else { Err(ShapeError::Length { what, found, expected }) }
}

/// The product of sizes, if slices of 4-byte values can have that many.
pub(crate) fn product(sizes: &[usize]) -> Result<usize, ShapeError> {
    // Slices are at most `isize::MAX` bytes long.
    let total = sizes.iter().try_fold(1usize, |total, size| total.checked_mul(*size));
    total.filter(|total| *total <= isize::MAX as usize / 4).ok_or(ShapeError::Overflow)
}

/// An error that names the first size that is 0.
pub(crate) fn check_sizes(sizes: &[(&'static str, usize)]) -> Result<(), ShapeError> {
    match sizes.iter().find(|(_, size)| *size == 0) {
        Some((what, _)) => Err(ShapeError::Zero { what }),
        None => Ok(()),
    }
}
