//! Initial weights, drawn from one random stream per tensor name.
//!
//! The rules are torchvision's for the encoder (He normal over the outgoing connections) and
//! segmentation_models.pytorch's for the rest (He uniform over the incoming ones in the decoder, Glorot uniform
//! in the head). A stream per name makes a tensor's values independent of everything else in the network.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::{StateDict, StateTensor};

/// A state with the names and shapes of `template` and values drawn from `seed`.
pub(crate) fn initial_state(template: &StateDict, seed: u64) -> StateDict {
    template
        .iter()
        .map(|(name, tensor)| (name.clone(), initial_tensor(name, &tensor.shape, seed)))
        .collect()
}

fn initial_tensor(name: &str, shape: &[usize], seed: u64) -> StateTensor {
    let count = shape.iter().product();
    let data = if let [output, input, height, width] = *shape {
        let (fan_in, fan_out) = (input * height * width, output * height * width);
        convolution(name, count, fan_in as f64, fan_out as f64, stream(name, seed))
    } else {
        let one = name.ends_with(".weight") || name.ends_with(".running_var");
        vec![if one { 1.0 } else { 0.0 }; count]
    };
    StateTensor { shape: shape.to_vec(), data }
}

fn convolution(
    name: &str,
    count: usize,
    fan_in: f64,
    fan_out: f64,
    mut stream: ChaCha8Rng,
) -> Vec<f32> {
    if name.starts_with("encoder.") {
        let sd = (2.0 / fan_out).sqrt();
        return (0..count).map(|_| (normal(&mut stream) * sd) as f32).collect();
    }
    let fans = if name.starts_with("segmentation_head.") { fan_in + fan_out } else { fan_in };
    let bound = (6.0 / fans).sqrt();
    (0..count).map(|_| ((2.0 * uniform(&mut stream) - 1.0) * bound) as f32).collect()
}

pub(crate) fn stream(name: &str, seed: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(fnv1a(name));
    generator
}

/// The 64-bit FNV-1a hash: fixed for ever, unlike the standard library's hashers.
fn fnv1a(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// In [0, 1), with 53 bits.
pub(crate) fn uniform(generator: &mut ChaCha8Rng) -> f64 {
    (generator.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// Standard normal, by Box and Muller (1958).
pub(crate) fn normal(generator: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - uniform(generator)).ln()).sqrt();
    radius * (2.0 * std::f64::consts::PI * uniform(generator)).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(name: &str, shape: &[usize]) -> (f64, f64, f64) {
        let data = initial_tensor(name, shape, 1).data;
        let count = data.len() as f64;
        let mean = data.iter().map(|v| f64::from(*v)).sum::<f64>() / count;
        let sd = (data.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / count).sqrt();
        (mean, sd, data.iter().fold(0.0, |max, v| f64::from(v.abs()).max(max)))
    }

    #[test]
    fn spreads_are_the_libraries() {
        // torchvision: normal with variance 2 / fan_out, fan_out = 64 · 9.
        let (mean, sd, max) = spread("encoder.layer1.0.conv1.weight", &[64, 64, 3, 3]);
        let wanted = (2.0 / 576.0_f64).sqrt();
        assert!(
            mean.abs() < 0.01 * wanted && (sd / wanted - 1.0).abs() < 0.01 && max > 3.0 * wanted
        );
        // segmentation_models.pytorch: uniform up to √(6 / fan_in) in the decoder …
        let (_, sd, max) = spread("decoder.blocks.0.conv1.0.weight", &[64, 32, 3, 3]);
        let bound = (6.0 / 288.0_f64).sqrt();
        assert!(
            max <= bound && max > 0.99 * bound && (sd * 3.0_f64.sqrt() / bound - 1.0).abs() < 0.02
        );
        // … and √(6 / (fan_in + fan_out)) in the head.
        let (_, _, max) = spread("segmentation_head.0.weight", &[2, 64, 3, 3]);
        let bound = (6.0 / 594.0_f64).sqrt();
        assert!(max <= bound && max > 0.95 * bound);
    }

    #[test]
    fn every_tensor_has_its_own_stream() {
        let values = |name: &str, seed: u64| initial_tensor(name, &[2, 2, 3, 3], seed).data;
        assert_eq!(values("encoder.a.weight", 1), values("encoder.a.weight", 1));
        assert_ne!(values("encoder.a.weight", 1), values("encoder.b.weight", 1));
        assert_ne!(values("encoder.a.weight", 1), values("encoder.a.weight", 2));
        assert_eq!(initial_tensor("bn.weight", &[3], 1).data, [1.0; 3]);
        assert_eq!(initial_tensor("bn.running_mean", &[3], 1).data, [0.0; 3]);
    }
}
