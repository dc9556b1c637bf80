//! The same weights and inputs by formula as `refs/nn/formula.py`, and comparison with its summaries.

use lacuna_nn::{StateDict, StateTensor};
use serde_json::Value;

use super::{numbers, whole_numbers};

fn fnv1a(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn splitmix(state: u64) -> u64 {
    let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// In [0, 1), by a tensor's name and the index of a value.
pub(crate) fn uniform(name: &str, index: usize) -> f64 {
    let state = fnv1a(name).wrapping_add((index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    (splitmix(state) >> 11) as f64 / (1u64 << 53) as f64
}

/// A tensor by its name.
pub(crate) fn tensor(name: &str, shape: &[usize]) -> Vec<f32> {
    let value = |u: f64| match name {
        "images" => 3.0 * u - 1.5,
        "target" => f64::from(u8::from(u > 0.6)),
        _ if name.ends_with("running_var") => 0.5 + u,
        _ if name.ends_with("running_mean") => (2.0 * u - 1.0) * 0.1,
        _ if name.ends_with("bias") => (2.0 * u - 1.0) * 0.2,
        _ if shape.len() == 4 => {
            (2.0 * u - 1.0) * (6.0 / shape[1..].iter().product::<usize>() as f64).sqrt()
        }
        _ => 0.5 + u,
    };
    (0..shape.iter().product()).map(|index| value(uniform(name, index)) as f32).collect()
}

/// Tensors by formula with the names and shapes of `template`.
pub(crate) fn state(template: &StateDict) -> StateDict {
    let fill = |name: &String, shape: &[usize]| StateTensor {
        shape: shape.to_vec(),
        data: tensor(name, shape),
    };
    template.iter().map(|(name, old)| (name.clone(), fill(name, &old.shape))).collect()
}

/// Asserts that `data` has the committed shape, mean, standard deviation and samples, within `tolerance` of the
/// larger of a value and the standard deviation.
pub(crate) fn assert_summary(
    what: &str,
    shape: &[usize],
    data: &[f32],
    expected: &Value,
    tolerance: f64,
) {
    assert_eq!(shape, whole_numbers(&expected["shape"]), "shape of {what}");
    let count = data.len() as f64;
    let mean = data.iter().map(|v| f64::from(*v)).sum::<f64>() / count;
    let variance = data.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / count;
    let sd = expected["sd"].as_f64().unwrap();
    let close = |found: f64, wanted: f64, part: &str| {
        let allowed = tolerance * wanted.abs().max(sd);
        assert!(
            (found - wanted).abs() <= allowed,
            "{part} of {what}: {found}, expected {wanted} ± {allowed}"
        );
    };
    close(mean, expected["mean"].as_f64().unwrap(), "mean");
    close(variance.sqrt(), sd, "sd");
    let step = expected["step"].as_u64().unwrap() as usize;
    for (index, wanted) in numbers(&expected["samples"]).into_iter().enumerate() {
        close(f64::from(data[index * step]), wanted, &format!("value {}", index * step));
    }
}
