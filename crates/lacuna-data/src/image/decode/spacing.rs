//! Millimetres between pixels, where a file says something believable.

/// From a tenth of the wavelength of light to a decimetre.
const BELIEVABLE: std::ops::RangeInclusive<f64> = 1e-5..=100.0;

/// The spacing of rows and columns if it can be one.
pub(super) fn checked(spacing: [f64; 2]) -> Option<[f64; 2]> {
    // a not-a-number is in no range
    spacing.iter().all(|mm| BELIEVABLE.contains(mm)).then_some(spacing)
}
