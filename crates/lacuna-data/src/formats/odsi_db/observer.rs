//! From a spectrum to a colour: the CIE 1931 2° standard observer under D65.

/// First wavelength of the table and distance of its rows, in nanometres.
const FIRST: f64 = 380.0;
const STEP: f64 = 5.0;

/// x̄, ȳ, z̄ and the power of D65, every 5 nm from 380 to 780 nm (CIE 018:2019; see
/// `refs/formats/make_cie1931.py`).
#[expect(clippy::unreadable_literal, reason = "as published")]
#[rustfmt::skip]
const TABLE: [[f64; 4]; 81] = [
    [0.001368, 3.9e-05, 0.00645, 49.9755],
    [0.002236, 6.4e-05, 0.01054999, 52.3118],
    [0.004243, 0.00012, 0.02005001, 54.6482],
    [0.00765, 0.000217, 0.03621, 68.7015],
    [0.01431, 0.000396, 0.06785001, 82.7549],
    [0.02319, 0.00064, 0.1102, 87.1204],
    [0.04351, 0.00121, 0.2074, 91.486],
    [0.07763, 0.00218, 0.3713, 92.4589],
    [0.13438, 0.004, 0.6456, 93.4318],
    [0.21477, 0.0073, 1.0390501, 90.057],
    [0.2839, 0.0116, 1.3856, 86.6823],
    [0.3285, 0.01684, 1.62296, 95.7736],
    [0.34828, 0.023, 1.74706, 104.865],
    [0.34806, 0.0298, 1.7826, 110.936],
    [0.3362, 0.038, 1.77211, 117.008],
    [0.3187, 0.048, 1.7441, 117.41],
    [0.2908, 0.06, 1.6692, 117.812],
    [0.2511, 0.0739, 1.5281, 116.336],
    [0.19536, 0.09098, 1.28764, 114.861],
    [0.1421, 0.1126, 1.0419, 115.392],
    [0.09564, 0.13902, 0.8129501, 115.923],
    [0.05795001, 0.1693, 0.6162, 112.367],
    [0.03201, 0.20802, 0.46518, 108.811],
    [0.0147, 0.2586, 0.3533, 109.082],
    [0.0049, 0.323, 0.272, 109.354],
    [0.0024, 0.4073, 0.2123, 108.578],
    [0.0093, 0.503, 0.1582, 107.802],
    [0.0291, 0.6082, 0.1117, 106.296],
    [0.06327, 0.71, 0.07824999, 104.79],
    [0.1096, 0.7932, 0.05725001, 106.239],
    [0.1655, 0.862, 0.04216, 107.689],
    [0.2257499, 0.9148501, 0.02984, 106.047],
    [0.2904, 0.954, 0.0203, 104.405],
    [0.3597, 0.9803, 0.0134, 104.225],
    [0.4334499, 0.9949501, 0.00875, 104.046],
    [0.5120501, 1.0, 0.00575, 102.023],
    [0.5945, 0.995, 0.0039, 100.0],
    [0.6784, 0.9786, 0.00275, 98.1671],
    [0.7621, 0.952, 0.0021, 96.3342],
    [0.8425, 0.9154, 0.0018, 96.0611],
    [0.9163, 0.87, 0.00165, 95.788],
    [0.9786, 0.8163, 0.0014, 92.2368],
    [1.0263, 0.757, 0.0011, 88.6856],
    [1.0567, 0.6949, 0.001, 89.3459],
    [1.0622, 0.631, 0.0008, 90.0062],
    [1.0456, 0.5668, 0.0006, 89.8026],
    [1.0026, 0.503, 0.00034, 89.5991],
    [0.9384, 0.4412, 0.00024, 88.6489],
    [0.8544499, 0.381, 0.00019, 87.6987],
    [0.7514, 0.321, 0.0001, 85.4936],
    [0.6424, 0.265, 5e-05, 83.2886],
    [0.5419, 0.217, 3e-05, 83.4939],
    [0.4479, 0.175, 2e-05, 83.6992],
    [0.3608, 0.1382, 1e-05, 81.863],
    [0.2835, 0.107, 0.0, 80.0268],
    [0.2187, 0.0816, 0.0, 80.1207],
    [0.1649, 0.061, 0.0, 80.2146],
    [0.1212, 0.04458, 0.0, 81.2462],
    [0.0874, 0.032, 0.0, 82.2778],
    [0.0636, 0.0232, 0.0, 80.281],
    [0.04677, 0.017, 0.0, 78.2842],
    [0.0329, 0.01192, 0.0, 74.0027],
    [0.0227, 0.00821, 0.0, 69.7213],
    [0.01584, 0.005723, 0.0, 70.6652],
    [0.01135916, 0.004102, 0.0, 71.6091],
    [0.00811092, 0.002929, 0.0, 72.979],
    [0.00579035, 0.002091, 0.0, 74.349],
    [0.00410946, 0.001484, 0.0, 67.9765],
    [0.00289933, 0.001047, 0.0, 61.604],
    [0.00204919, 0.00074, 0.0, 65.7448],
    [0.00143997, 0.00052, 0.0, 69.8856],
    [0.00099995, 0.0003611, 0.0, 72.4863],
    [0.00069008, 0.0002492, 0.0, 75.087],
    [0.00047602, 0.0001719, 0.0, 69.3398],
    [0.0003323, 0.00012, 0.0, 63.5927],
    [0.00023483, 8.48e-05, 0.0, 55.0054],
    [0.00016615, 6e-05, 0.0, 46.4182],
    [0.00011741, 4.24e-05, 0.0, 56.6118],
    [8.308e-05, 3e-05, 0.0, 66.8054],
    [5.871e-05, 2.12e-05, 0.0, 65.0941],
    [4.151e-05, 1.499e-05, 0.0, 63.3828],
];

/// How much each band adds to X, Y and Z; a perfect white has Y = 1.
///
/// Bands are integrated by the trapezoidal rule; outside the visible range they add nothing.
pub(super) fn weights(wavelengths: &[f32]) -> Vec<[f64; 3]> {
    let mut weights: Vec<[f64; 3]> = (0..wavelengths.len())
        .map(|i| {
            let [x, y, z, power] = at(f64::from(wavelengths[i]));
            let width = width_of(wavelengths, i) * power;
            [x * width, y * width, z * width]
        })
        .collect();
    let white: f64 = weights.iter().map(|weight| weight[1]).sum();
    for weight in &mut weights {
        *weight = weight.map(|w| if white > 0.0 { w / white } else { 0.0 });
    }
    weights
}

/// XYZ to 8-bit sRGB (IEC 61966-2-1).
pub(super) fn srgb([x, y, z]: [f64; 3]) -> [u8; 3] {
    let linear = [
        3.240_625 * x - 1.537_208 * y - 0.498_629 * z,
        -0.968_931 * x + 1.875_756 * y + 0.041_518 * z,
        0.055_71 * x - 0.204_021 * y + 1.056_996 * z,
    ];
    linear.map(|value| {
        let value = value.clamp(0.0, 1.0);
        let encoded = if value <= 0.003_130_8 {
            12.92 * value
        } else {
            1.055 * value.powf(1.0 / 2.4) - 0.055
        };
        (encoded * 255.0).round() as u8
    })
}

/// The table between its rows; zero outside.
fn at(wavelength: f64) -> [f64; 4] {
    let place = (wavelength - FIRST) / STEP;
    let last = (TABLE.len() - 1) as f64;
    if !(0.0..=last).contains(&place) {
        return [0.0; 4];
    }
    let row = place.floor() as usize;
    let next = (row + 1).min(TABLE.len() - 1);
    let share = place - row as f64;
    std::array::from_fn(|i| TABLE[row][i] * (1.0 - share) + TABLE[next][i] * share)
}

/// The width that a band stands for: half way to its neighbours.
fn width_of(wavelengths: &[f32], i: usize) -> f64 {
    let last = wavelengths.len() - 1;
    let (before, after) = (wavelengths[i.saturating_sub(1)], wavelengths[(i + 1).min(last)]);
    (f64::from(after) - f64::from(before)).abs() / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_perfect_white_is_white_and_black_is_black() {
        for bands in [8u16, 41, 204] {
            let wavelengths: Vec<f32> =
                (0..bands).map(|i| 390.0 + 380.0 * f32::from(i) / f32::from(bands - 1)).collect();
            let weights = weights(&wavelengths);
            let sum = |axis: usize| weights.iter().map(|weight| weight[axis]).sum::<f64>();
            let white = srgb([sum(0), sum(1), sum(2)]);
            let slack = if bands == 8 { 20 } else { 1 };
            assert!(white.iter().all(|value| *value >= 255 - slack), "{bands}: {white:?}");
        }
        assert_eq!(srgb([0.0; 3]), [0; 3]);
        assert_eq!(srgb([f64::NAN; 3]), [0; 3]);
        // bands that nobody sees
        assert!(weights(&[900.0, 950.0]).iter().flatten().all(|weight| *weight == 0.0));
        assert_eq!(weights(&[]).len(), 0);
    }
}
