//! Initial weights of a detector, one random stream per tensor name, with torchvision's distributions.

use crate::init::{normal, stream, uniform};
use crate::{StateDict, StateTensor};

/// A state with the names and shapes of `template` and values drawn from `seed`.
pub(super) fn initial_state(template: &StateDict, seed: u64) -> StateDict {
    template
        .iter()
        .map(|(name, tensor)| {
            let shape = tensor.shape.clone();
            let data = values(name, Distribution::of(name, &shape, template), &shape, seed);
            (name.clone(), StateTensor { shape, data })
        })
        .collect()
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Distribution {
    Constant(f32),
    /// Standard deviation.
    Normal(f64),
    /// Half width.
    Uniform(f64),
}

impl Distribution {
    fn of(name: &str, shape: &[usize], template: &StateDict) -> Self {
        let incoming = |shape: &[usize]| shape[1..].iter().product::<usize>() as f64;
        match *shape {
            [output, _, height, width] if name.starts_with("backbone.body.") => {
                // He et al. 2015, over the outgoing connections
                Self::Normal((2.0 / (output * height * width) as f64).sqrt())
            }
            [_, _, _, _] if name.starts_with("rpn.") => Self::Normal(0.01),
            // `kaiming_uniform_(a=1)` of the pyramid
            [_, _, _, _] => Self::Uniform((3.0 / incoming(shape)).sqrt()),
            // `torch.nn.Linear`: both weight and bias
            [_, _] => Self::Uniform(1.0 / incoming(shape).sqrt()),
            _ if name.starts_with("roi_heads.") => {
                let weight = template.get(&name.replace(".bias", ".weight"));
                weight.map_or(Self::Constant(0.0), |weight| {
                    Self::Uniform(1.0 / incoming(&weight.shape).sqrt())
                })
            }
            _ if name.ends_with(".weight") || name.ends_with(".running_var") => Self::Constant(1.0),
            _ => Self::Constant(0.0),
        }
    }
}

fn values(name: &str, distribution: Distribution, shape: &[usize], seed: u64) -> Vec<f32> {
    let (count, mut stream) = (shape.iter().product(), stream(name, seed));
    let draw = |_| match distribution {
        Distribution::Constant(value) => value,
        Distribution::Normal(sd) => (normal(&mut stream) * sd) as f32,
        Distribution::Uniform(bound) => ((2.0 * uniform(&mut stream) - 1.0) * bound) as f32,
    };
    (0..count).map(draw).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions_are_torchvisions() {
        let linear = StateTensor { shape: vec![8, 16], data: vec![0.0; 128] };
        let template = StateDict::from([("roi_heads.box_head.fc6.weight".to_owned(), linear)]);
        let of = |name: &str, shape: &[usize]| Distribution::of(name, shape, &template);
        let normal = Distribution::Normal;
        assert_eq!(of("backbone.body.conv1.weight", &[8, 3, 2, 2]), normal((2.0 / 32.0f64).sqrt()));
        assert_eq!(of("rpn.head.cls_logits.weight", &[3, 8, 1, 1]), normal(0.01));
        let uniform = Distribution::Uniform;
        assert_eq!(of("backbone.fpn.inner_blocks.0.0.weight", &[4, 12, 1, 1]), uniform(0.5));
        assert_eq!(of("roi_heads.box_head.fc6.weight", &[8, 16]), uniform(0.25));
        assert_eq!(of("roi_heads.box_head.fc6.bias", &[8]), uniform(0.25));
        assert_eq!(of("rpn.head.cls_logits.bias", &[3]), Distribution::Constant(0.0));
        assert_eq!(of("backbone.body.bn1.weight", &[3]), Distribution::Constant(1.0));
    }
}
