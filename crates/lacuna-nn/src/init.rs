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

fn stream(name: &str, seed: u64) -> ChaCha8Rng {
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
fn uniform(generator: &mut ChaCha8Rng) -> f64 {
    (generator.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// Standard normal, by Box and Muller (1958).
fn normal(generator: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - uniform(generator)).ln()).sqrt();
    radius * (2.0 * std::f64::consts::PI * uniform(generator)).cos()
}
