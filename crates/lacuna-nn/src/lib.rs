//! The networks of Lacuna: segmentation models, losses over known pixels, optimizers and weight files.
//!
//! This is the only crate that names the tensor engine (Burn). Everything else reaches tensors and devices
//! through [`engine`], and talks to models in terms of named weights ([`StateDict`]) whose names are those of
//! segmentation_models.pytorch, so that weights travel in both directions.
//!
//! ```
//! use lacuna_nn::{engine, Architecture, UnetConfig};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let device = engine::device("cpu")?;
//! let config = UnetConfig { architecture: Architecture::UnetResnet18, encoder_depth: 3, classes: 2 };
//! let model = config.init(42, &device)?.evaluation();
//! let images = engine::Tensor::<4>::zeros([1, 3, 32, 32], &device);
//! assert_eq!(model.forward(images).dims(), [1, 2, 32, 32]);
//! # Ok(())
//! # }
//! ```

mod batch_norm;
mod conv;
mod cost;
pub mod cpu;
mod decoder;
pub mod detection;
pub mod ema;
pub mod encoder;
pub mod engine;
pub mod gradients;
mod init;
pub mod loss;
mod named;
mod network;
mod ops;
pub mod optim;
mod precision;
pub mod state_dict;
pub mod unet;
pub mod weights;

pub use batch_norm::BatchNorm2d;
pub use ema::ExponentialMovingAverage;
pub use gradients::Gradients;
pub use loss::{
    Activation, Denominator, GatedCrf, Loss, LossConfig, LossError, LossOutput, LossTerm,
    Reduction, consistency, loss_map,
};
pub use network::Network;
pub use optim::{Optimizer, OptimizerConfig, OptimizerError};
pub use precision::Precision;
pub use state_dict::{LoadReport, MisShaped, StateDict, StateTensor};
pub use unet::{Architecture, Unet, UnetConfig, UnetError};
pub use weights::{EncoderWeights, WeightsError, WeightsFile};

/// Committed reference values for unit tests.
#[cfg(test)]
mod reference {
    use serde_json::Value;

    /// A part of `refs/nn/values.json`.
    pub(crate) fn values(part: &str) -> Value {
        read("values.json")[part].clone()
    }

    /// `refs/nn/partial.json`: losses of partly known pictures.
    pub(crate) fn partial() -> Value {
        read("partial.json")
    }

    /// A part of `refs/detection/parts.json`.
    pub(crate) fn detection_parts(part: &str) -> Value {
        read("../detection/parts.json")[part].clone()
    }

    fn read(file: &str) -> Value {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../refs/nn");
        let text = fs_err::read_to_string(std::path::Path::new(folder).join(file)).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) fn floats(value: &Value) -> Vec<f32> {
        value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect()
    }

    pub(crate) fn assert_close(what: &str, found: &[f32], expected: &[f32], tolerance: f32) {
        assert_eq!(found.len(), expected.len(), "{what}");
        for (index, (a, b)) in found.iter().zip(expected).enumerate() {
            assert!(
                (a - b).abs() <= tolerance * b.abs().max(1.0),
                "{what}[{index}]: {a}, expected {b}"
            );
        }
    }
}
