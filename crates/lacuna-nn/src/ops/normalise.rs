//! Batch normalisation after a convolution, and what follows it.

use burn::tensor::Tensor;

use super::{Convolution, FeatureMap, Input, conv_norm, folded};

/// What follows a normalisation.
#[derive(Debug, Default)]
pub(crate) struct Then {
    /// Added to its output, of the same shape.
    pub(crate) shortcut: Option<FeatureMap>,
    /// Whether negative values become 0 in the end.
    pub(crate) relu: bool,
}

impl Then {
    pub(crate) const RELU: Self = Self { shortcut: None, relu: true };

    pub(crate) fn apply(self, x: FeatureMap) -> FeatureMap {
        let x = match self.shortcut {
            Some(shortcut) => x.plus(shortcut),
            None => x,
        };
        if self.relu { x.relu() } else { x }
    }
}

/// Weights `[C]` of a normalisation, and what it adds to the variance.
#[derive(Debug)]
pub(crate) struct Affine {
    pub(crate) weight: Tensor<1>,
    pub(crate) bias: Tensor<1>,
    pub(crate) epsilon: f64,
}

impl Affine {
    /// The scale and shift that normalise with these mean and variance.
    fn with(self, [mean, variance]: [Tensor<1>; 2]) -> [Tensor<1>; 2] {
        let scale = self.weight / variance.add_scalar(self.epsilon).sqrt();
        let shift = self.bias - mean * scale.clone();
        [scale, shift]
    }
}

/// Normalises the convolution of `input` with the statistics of the batch; also their mean and biased variance `[C]`,
/// without gradient.
pub(crate) fn conv_norm_batch(
    convolution: Convolution,
    input: Input,
    affine: Affine,
    then: Then,
) -> (FeatureMap, [Tensor<1>; 2]) {
    if input.is_channels_last() {
        return conv_norm::conv_norm(convolution, input, affine, then);
    }
    let convolved = convolution.of(input.stored(), None).into_channels_first();
    let (output, statistics) = normalise_batch(convolved, affine);
    (then.apply(FeatureMap::channels_first(output)), statistics)
}

/// Normalises the convolution of `input` with the given mean and variance `[C]`, which are constants.
pub(crate) fn conv_norm_fixed(
    convolution: Convolution,
    input: Input,
    affine: Affine,
    statistics: [Tensor<1>; 2],
    then: Then,
) -> FeatureMap {
    let tracked = input.is_tracked()
        || then.shortcut.as_ref().is_some_and(FeatureMap::is_tracked)
        || convolution.weight.is_tracked()
        || affine.weight.is_tracked()
        || affine.bias.is_tracked();
    if input.is_channels_last() && !tracked {
        return folded::conv_norm(convolution, input, affine, statistics, then);
    }
    let [scale, shift] = affine.with(statistics);
    if input.is_channels_last() {
        // The scale goes into the weights, whose gradient it scales in turn; the shift is a bias.
        let weight = convolution.weight * scale.reshape([-1, 1, 1, 1]);
        let scaled = Convolution { weight, ..convolution };
        return then.apply(scaled.of(input.stored(), Some(shift)));
    }
    then.apply(convolution.of(input.stored(), None).affine(scale, shift))
}

/// Normalises `input` `[N, C, H, W]` with the statistics of the batch; also their mean and biased variance `[C]`,
/// without gradient. With the engine's operators.
pub(crate) fn normalise_batch(input: Tensor<4>, affine: Affine) -> (Tensor<4>, [Tensor<1>; 2]) {
    let Affine { weight, bias, epsilon } = affine;
    let batch = burn::tensor::module::batch_norm_train(input, weight, bias, epsilon);
    (batch.output, [batch.mean, batch.variance].map(Tensor::without_autodiff))
}

/// Normalises `input` `[N, C, H, W]` with the given mean and variance `[C]`. With the engine's operators.
pub(crate) fn normalise_fixed(
    input: Tensor<4>,
    affine: Affine,
    [mean, variance]: [Tensor<1>; 2],
) -> Tensor<4> {
    let Affine { weight, bias, epsilon } = affine;
    burn::tensor::module::batch_norm(input, weight, bias, mean, variance, epsilon)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{leaf, map, outcome, values};
    use super::super::{Input, Steps};
    use super::*;
    use crate::engine;
    use crate::reference::assert_close;

    /// A convolution with what is before and behind it.
    #[derive(Debug, Clone, Copy)]
    struct Case {
        size: [usize; 2],
        kernel: usize,
        stride: usize,
        /// Channels of a skip connection where the input is doubled.
        doubled: Option<usize>,
        shortcut: bool,
        relu: bool,
    }

    const PLAIN: Case =
        Case { size: [9, 7], kernel: 3, stride: 1, doubled: None, shortcut: false, relu: true };

    const CASES: [Case; 8] = [
        PLAIN,
        Case { relu: false, ..PLAIN },
        Case { shortcut: true, ..PLAIN },
        Case { shortcut: true, relu: false, ..PLAIN },
        Case { kernel: 7, stride: 2, ..PLAIN },
        Case { kernel: 1, stride: 2, relu: false, ..PLAIN },
        Case { doubled: Some(3), ..PLAIN },
        Case { doubled: Some(0), shortcut: true, ..PLAIN },
    ];

    struct Operands {
        x: Tensor<4>,
        skip: Option<Tensor<4>>,
        shortcut: Option<Tensor<4>>,
        weight: Tensor<4>,
        /// γ and β, `[1, 1, 1, 6]`.
        affine: [Tensor<4>; 2],
    }

    impl Case {
        fn operands(self, make: fn([usize; 4], usize) -> Tensor<4>) -> Operands {
            let [height, width] = self.size;
            let scale = if self.doubled.is_some() { 2 } else { 1 };
            let output = [height, width].map(|size| (scale * size).div_ceil(self.stride));
            let skips = self.doubled.unwrap_or(0);
            Operands {
                x: make([2, 4, height, width], 1),
                skip: (skips > 0).then(|| make([2, skips, 2 * height, 2 * width], 2)),
                shortcut: self.shortcut.then(|| make([2, 6, output[0], output[1]], 3)),
                weight: make([6, 4 + skips, self.kernel, self.kernel], 4),
                affine: [make([1, 1, 1, 6], 5), make([1, 1, 1, 6], 6)],
            }
        }

        /// With the statistics of the batch, or these; and the statistics of the batch.
        fn apply(
            self,
            operands: &Operands,
            fixed: Option<[Tensor<1>; 2]>,
            ours: bool,
        ) -> (FeatureMap, Option<[Tensor<1>; 2]>) {
            let Operands { x, skip, shortcut, weight, affine } = operands;
            let x = map(x, ours);
            let skip = skip.as_ref().map(|skip| map(skip, ours));
            let input = Input { x, doubled: self.doubled.is_some(), skip };
            let steps = Steps { stride: [self.stride; 2], padding: [self.kernel / 2; 2] };
            let convolution = Convolution { weight: weight.clone(), steps };
            let [weight, bias] = affine.clone().map(|tensor| tensor.reshape([-1]));
            let affine = Affine { weight, bias, epsilon: 1e-5 };
            let shortcut = shortcut.as_ref().map(|shortcut| map(shortcut, ours));
            let then = Then { shortcut, relu: self.relu };
            if let Some(fixed) = fixed {
                return (conv_norm_fixed(convolution, input, affine, fixed, then), None);
            }
            let (output, found) = conv_norm_batch(convolution, input, affine, then);
            (output, Some(found))
        }
    }

    fn leaves(operands: &Operands) -> Vec<&Tensor<4>> {
        let Operands { x, skip, shortcut, weight, affine } = operands;
        [x, weight, &affine[0], &affine[1]].into_iter().chain(skip).chain(shortcut).collect()
    }

    /// Output, statistics and the gradients of all operands.
    #[test]
    fn training_is_the_engines_composition() {
        for case in CASES {
            let operands = case.operands(leaf);
            let [found, expected] = [true, false].map(|ours| {
                let (output, statistics) = case.apply(&operands, None, ours);
                let mut found = outcome(output, &leaves(&operands));
                found.extend(statistics.unwrap().map(|tensor| engine::values(tensor).unwrap()));
                found
            });
            assert_eq!((found.len(), expected.len()), (leaves(&operands).len() + 3, found.len()));
            for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
                assert_close(&format!("result {index} of {case:?}"), found, expected, 1e-4);
            }
        }
    }

    /// Folding the normalisation into the convolution moves the result by roundings only.
    #[test]
    fn folding_changes_nothing() {
        let statistics = || Some([values([6], 7), values([6], 8).abs()]);
        for case in CASES {
            let host = |map: FeatureMap| engine::values(map.into_channels_first()).unwrap();
            let operands = case.operands(values);
            let [folded, composed] =
                [true, false].map(|ours| host(case.apply(&operands, statistics(), ours).0));
            let spread = composed.iter().fold(1.0, |most: f32, value| most.max(value.abs()));
            for (index, (found, expected)) in folded.iter().zip(&composed).enumerate() {
                let difference = (found - expected).abs();
                assert!(difference <= 1e-5 * spread, "{case:?}[{index}]: {found}, {expected}");
            }
        }
    }

    /// Fixed statistics are constants: the gradient does not pass through them.
    #[test]
    fn gradients_with_fixed_statistics_are_the_engines() {
        let operands = CASES[2].operands(leaf);
        let statistics = || Some([values([6], 7), values([6], 8).abs()]);
        let [found, expected] = [true, false].map(|ours| {
            outcome(CASES[2].apply(&operands, statistics(), ours).0, &leaves(&operands))
        });
        for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert_close(&format!("result {index}"), found, expected, 1e-4);
        }
    }
}
