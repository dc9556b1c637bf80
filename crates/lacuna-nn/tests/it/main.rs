//! Tests of the public interface, against values that PyTorch computed (see `refs/nn`).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod curve;
mod detection;
mod files;
mod formula;
#[cfg(any(feature = "cuda", feature = "metal", feature = "vulkan", feature = "webgpu"))]
mod gpu;
mod networks;
mod training;

use serde_json::Value;

/// A committed file of `refs/nn`.
fn reference_path(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../refs/nn").join(name)
}

fn reference(name: &str) -> Value {
    let text = fs_err::read_to_string(reference_path(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn whole_numbers(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|number| number.as_u64().unwrap() as usize).collect()
}
