//! What an operator tells whoever measures where time goes.

use tracing::Span;
use tracing::span::EnteredSpan;

use crate::conv2d::ConvShape;

/// The span of an operator over so many values.
macro_rules! operator {
    ($name:literal, $values:expr) => {
        tracing::debug_span!($name, values = $values).entered()
    };
}
pub(crate) use operator;

/// The span of a convolution before [`convolution`] fills it.
macro_rules! blank {
    ($name:literal) => {
        tracing::debug_span!(
            $name,
            shape = tracing::field::Empty,
            algorithm = tracing::field::Empty,
            operations = tracing::field::Empty
        )
    };
}
pub(crate) use blank;

/// Notes the sizes and operations of a convolution, and how it is computed, in its span.
pub(crate) fn convolution(span: Span, shape: &ConvShape, algorithm: &str) -> EnteredSpan {
    if !span.is_disabled() {
        let ConvShape { batch, in_channels, out_channels, height, width, kernel, stride, .. } =
            shape;
        let [down, across] = kernel;
        let text = format!(
            "{batch}x{height}x{width}x{in_channels} * {down}x{across}/{} -> {out_channels}",
            stride[0]
        );
        span.record("shape", text);
        span.record("algorithm", algorithm);
        span.record("operations", shape.operations().unwrap_or(0));
    }
    span.entered()
}
