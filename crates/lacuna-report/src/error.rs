//! What can be wrong with the input of a picture.

use lacuna_data::Size;

/// Input that cannot be drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A mask or map of another size than the picture it lies on.
    #[error("{what} is {found}, but the picture is {expected}")]
    Size {
        /// What has the wrong size.
        what: String,
        /// The picture's size.
        expected: Size,
        /// The other size.
        found: Size,
    },
    /// A buffer that does not fill its size.
    #[error("{what} has {found} values, but {expected} are needed")]
    Length {
        /// What is too short or too long.
        what: String,
        /// Values needed.
        expected: usize,
        /// Values given.
        found: usize,
    },
    /// A figure with more pixels than is sensible to hold in memory.
    #[error("a figure of {size} is larger than {limit} pixels: use fewer rows or a smaller width")]
    TooLarge {
        /// The size it would have.
        size: Size,
        /// The largest number of pixels drawn.
        limit: usize,
    },
    /// The picture could not be encoded.
    #[error("a picture of {size} could not be encoded as {format}")]
    Encode {
        /// Size of the picture.
        size: Size,
        /// Format asked for.
        format: &'static str,
        /// What the encoder said.
        #[source]
        source: image::ImageError,
    },
}

/// Fails unless `found` values are `expected`.
pub(crate) fn check_length(what: &str, expected: usize, found: usize) -> Result<(), ReportError> {
    if expected == found {
        return Ok(());
    }
    Err(ReportError::Length { what: what.to_owned(), expected, found })
}

/// Fails unless a mask has the picture's size.
pub(crate) fn check_size(what: &str, expected: Size, found: Size) -> Result<(), ReportError> {
    if expected == found {
        return Ok(());
    }
    Err(ReportError::Size { what: what.to_owned(), expected, found })
}
