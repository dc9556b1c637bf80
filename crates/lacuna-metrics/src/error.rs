//! What can be wrong with the numbers handed to a metric.

/// An input that a metric refuses.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MetricError {
    /// Two inputs that must describe the same pixels or cases have different lengths.
    #[error("{what} has {got} entries, expected {expected}")]
    Length {
        /// The input that has the wrong length.
        what: &'static str,
        /// Its length.
        got: usize,
        /// The length of the input it must match.
        expected: usize,
    },
    /// Width × height is not a number of pixels that fits in memory.
    #[error("a grid of {width} × {height} pixels is too large")]
    GridTooLarge {
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
    },
    /// Pixel spacing that is zero, negative, infinite or not a number.
    #[error("pixel spacing must be positive and finite, got {row} × {column} mm")]
    Spacing {
        /// Distance between rows in millimetres.
        row: f64,
        /// Distance between columns in millimetres.
        column: f64,
    },
    /// A probability outside [0, 1], or not a number.
    #[error("{0} is not a probability between 0 and 1")]
    NotAProbability(f32),
    /// A value that is infinite or not a number where a mean is wanted.
    #[error("the value of entry {index} is not finite: {value}")]
    NotFinite {
        /// Position of the value.
        index: usize,
        /// The value.
        value: f64,
    },
    /// A parameter outside its range.
    #[error("{what} must be {expected}, got {got}")]
    Parameter {
        /// Name of the parameter.
        what: &'static str,
        /// Its range in words.
        expected: &'static str,
        /// What was given.
        got: f64,
    },
    /// A drawn point that the picture does not have.
    #[error(
        "the picture has no pixel {rank} in stratum {stratum}: the prediction or the annotation has changed since the points were drawn"
    )]
    PointNotFound {
        /// Index of the stratum.
        stratum: usize,
        /// Rank of the pixel in it.
        rank: u64,
    },
    /// A group of exclusive classes whose size is not supported by the joint bounds.
    #[error("joint bounds need 1 to {max} mutually exclusive classes, got {got}")]
    GroupSize {
        /// Number of classes in the group.
        got: usize,
        /// Largest number supported.
        max: usize,
    },
}

/// Checks that `what` has the `expected` number of entries.
pub(crate) fn check_length(
    what: &'static str,
    got: usize,
    expected: usize,
) -> Result<(), MetricError> {
    if got == expected { Ok(()) } else { Err(MetricError::Length { what, got, expected }) }
}

/// Checks that `probability` lies in [0, 1]; NaN does not.
pub(crate) fn check_probability(probability: f32) -> Result<(), MetricError> {
    if (0.0..=1.0).contains(&probability) {
        Ok(())
    } else {
        Err(MetricError::NotAProbability(probability))
    }
}
