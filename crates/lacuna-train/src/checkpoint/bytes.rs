//! How much disk checkpoints take.

use lacuna_nn::UnetError;
use lacuna_nn::engine::Device;

use crate::config::{OptimizerName, TrainConfig};

const BYTES_OF_A_WEIGHT: u64 = 4;

/// Bytes of a run's checkpoints, about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckpointBytes {
    /// `best.safetensors`: the weights.
    pub best: u64,
    /// `last.safetensors`: the weights and what the optimizer remembers of each.
    pub last: u64,
}

impl CheckpointBytes {
    /// Of a training for that many classes.
    ///
    /// # Errors
    /// If the network is impossible.
    pub fn of(config: &TrainConfig, classes: usize) -> Result<Self, UnetError> {
        let network = config.unet_config(classes).init(0, &Device::flex())?;
        let best = network.parameter_count() as u64 * BYTES_OF_A_WEIGHT;
        let copies = match config.optimizer {
            OptimizerName::Sgd => 2,
            OptimizerName::AdamW => 3,
        };
        let averaged = u64::from(config.ema_decay.is_some());
        Ok(Self { best, last: (copies + averaged) * best })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RawConfig;

    #[test]
    fn an_optimizer_remembers_as_much_as_it_is_known_to() {
        let bytes = |optimizer, ema| {
            let pairs = [("optimizer", optimizer), ("encoder_weights", "none"), ("ema_decay", ema)];
            let config = RawConfig::from_pairs(pairs).unwrap().check().unwrap();
            CheckpointBytes::of(&config, 2).unwrap()
        };
        // 14.33 million parameters, as segmentation_models.pytorch counts them
        let one = bytes("sgd", "0").best;
        assert_eq!(one / 1_000_000, 57);
        assert_eq!(bytes("sgd", "0").last, 2 * one);
        assert_eq!(bytes("adamw", "0").last, 3 * one);
        assert_eq!(bytes("adamw", "0.9").last, 4 * one);
    }
}
