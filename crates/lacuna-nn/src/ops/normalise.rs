//! Batch normalisation, the addition of a shortcut and ReLU in one operator, over the kernels of `lacuna-kernels`
//! on the CPU.
//!
//! Composed of the engine's operators it reads and writes each activation a dozen times on one thread.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::activation;
use burn::tensor::{Device, Tensor, TensorData};
use lacuna_kernels::norm::{self, NormBackward, NormGradients, NormShape, Normalisation};

use super::fitting;

/// What follows a normalisation.
#[derive(Debug, Default)]
pub(crate) struct Then {
    /// Added to its output, of the same shape.
    pub(crate) shortcut: Option<Tensor<4>>,
    /// Whether negative values become 0 in the end.
    pub(crate) relu: bool,
}

impl Then {
    pub(crate) const RELU: Self = Self { shortcut: None, relu: true };

    pub(crate) fn apply(self, x: Tensor<4>) -> Tensor<4> {
        let x = match self.shortcut {
            Some(shortcut) => x + shortcut,
            None => x,
        };
        if self.relu { activation::relu(x) } else { x }
    }
}

/// Weights `[C]` of a normalisation, and what it adds to the variance.
#[derive(Debug)]
pub(crate) struct Affine {
    pub(crate) weight: Tensor<1>,
    pub(crate) bias: Tensor<1>,
    pub(crate) epsilon: f64,
}

/// Normalises `input` `[N, C, H, W]` with the statistics of the batch; also their mean and biased variance `[C]`,
/// without gradient.
pub(crate) fn normalise_batch(
    input: Tensor<4>,
    affine: Affine,
    then: Then,
) -> (Tensor<4>, [Tensor<1>; 2]) {
    if input.device() != Device::flex() {
        let Affine { weight, bias, epsilon } = affine;
        let batch = burn::tensor::module::batch_norm_train(input, weight, bias, epsilon);
        return (
            then.apply(batch.output),
            [batch.mean, batch.variance].map(Tensor::without_autodiff),
        );
    }
    let inner = input.clone().without_autodiff().into_dispatch();
    let statistics = Tensor::<2>::from_dispatch(<Dispatch as StatisticsBackend>::statistics(inner));
    let row = |index: usize| statistics.clone().narrow(0, index, 1).reshape([-1]);
    let rows = [row(0), row(1)];
    (normalise_cpu(input, affine, statistics, then), rows)
}

/// Normalises `input` with the given mean and variance `[C]`, which are constants.
pub(crate) fn normalise_fixed(
    input: Tensor<4>,
    affine: Affine,
    [mean, variance]: [Tensor<1>; 2],
    then: Then,
) -> Tensor<4> {
    let Affine { weight, bias, epsilon } = &affine;
    // The gradient of the fused operator is the one for statistics of the batch.
    let tracked = input.is_tracked() || weight.is_tracked() || bias.is_tracked();
    if tracked || input.device() != Device::flex() {
        let (weight, bias) = (weight.clone(), bias.clone());
        return then.apply(burn::tensor::module::batch_norm(
            input, weight, bias, mean, variance, *epsilon,
        ));
    }
    let statistics = Tensor::stack(vec![mean, variance], 0);
    normalise_cpu(input, affine, statistics, then)
}

fn normalise_cpu(input: Tensor<4>, affine: Affine, statistics: Tensor<2>, then: Then) -> Tensor<4> {
    let Affine { weight, bias, epsilon } = affine;
    let (x, weight, bias) = (input.into_dispatch(), weight.into_dispatch(), bias.into_dispatch());
    let statistics = statistics.into_dispatch();
    let output = match then.shortcut {
        Some(shortcut) => <Dispatch as NormBackend>::normalise_and_add(
            x,
            weight,
            bias,
            shortcut.into_dispatch(),
            statistics,
            then.relu,
            epsilon,
        ),
        None => {
            <Dispatch as NormBackend>::normalise(x, weight, bias, statistics, then.relu, epsilon)
        }
    };
    Tensor::from_dispatch(output)
}

/// Mean and biased variance of each channel of `[N, C, H, W]`, as `[2, C]`.
#[backend_extension(Flex)]
trait StatisticsBackend: Backend {
    fn statistics(x: FloatTensor<Self>) -> FloatTensor<Self>;
}

/// Normalisation with `statistics` `[2, C]`; its gradient takes them for those of `x`.
#[backend_extension(Flex, Autodiff)]
trait NormBackend: Backend {
    fn normalise(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        relu: bool,
        epsilon: f64,
    ) -> FloatTensor<Self>;

    fn normalise_and_add(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        shortcut: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        relu: bool,
        epsilon: f64,
    ) -> FloatTensor<Self>;
}

/// What the gradients are made from.
#[derive(Debug, Clone)]
struct Recorded<T> {
    x: T,
    weight: T,
    statistics: T,
    /// The output where it was rectified.
    rectified: Option<T>,
    epsilon: f64,
}

/// The gradients of [`NormBackend`], of input, weight, bias and shortcut (where there was one).
trait NormGradientsBackend: NormBackend {
    fn gradients(
        recorded: Recorded<FloatTensor<Self>>,
        gradient: FloatTensor<Self>,
        with_shortcut: bool,
    ) -> ([FloatTensor<Self>; 3], Option<FloatTensor<Self>>);
}

impl<B: NormGradientsBackend, C: CheckpointStrategy> NormBackend for Autodiff<B, C> {
    fn normalise(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        relu: bool,
        epsilon: f64,
    ) -> FloatTensor<Self> {
        let statistics = statistics.into_primitive();
        let parents = [x.node(), weight.node(), bias.node()];
        match Normalise.prepare::<C>(parents).compute_bound().stateful() {
            OpsKind::Tracked(mut prep) => {
                let nodes = [prep.checkpoint(&x), prep.checkpoint(&weight)];
                let (x, weight, bias) =
                    (x.into_primitive(), weight.into_primitive(), bias.into_primitive());
                let output = B::normalise(x, weight, bias, statistics.clone(), relu, epsilon);
                let rectified = relu.then(|| output.clone());
                prep.finish(Saved { nodes, statistics, rectified, epsilon }, output)
            }
            OpsKind::UnTracked(prep) => {
                let (x, weight, bias) =
                    (x.into_primitive(), weight.into_primitive(), bias.into_primitive());
                prep.finish(B::normalise(x, weight, bias, statistics, relu, epsilon))
            }
        }
    }

    fn normalise_and_add(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        shortcut: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        relu: bool,
        epsilon: f64,
    ) -> FloatTensor<Self> {
        let statistics = statistics.into_primitive();
        let parents = [x.node(), weight.node(), bias.node(), shortcut.node()];
        match Normalise.prepare::<C>(parents).compute_bound().stateful() {
            OpsKind::Tracked(mut prep) => {
                let nodes = [prep.checkpoint(&x), prep.checkpoint(&weight)];
                let (x, weight, bias) =
                    (x.into_primitive(), weight.into_primitive(), bias.into_primitive());
                let shortcut = shortcut.into_primitive();
                let output = B::normalise_and_add(
                    x,
                    weight,
                    bias,
                    shortcut,
                    statistics.clone(),
                    relu,
                    epsilon,
                );
                let rectified = relu.then(|| output.clone());
                prep.finish(Saved { nodes, statistics, rectified, epsilon }, output)
            }
            OpsKind::UnTracked(prep) => {
                let (x, weight, bias) =
                    (x.into_primitive(), weight.into_primitive(), bias.into_primitive());
                let shortcut = shortcut.into_primitive();
                prep.finish(B::normalise_and_add(
                    x, weight, bias, shortcut, statistics, relu, epsilon,
                ))
            }
        }
    }
}

/// The backward step of both operators.
#[derive(Debug)]
struct Normalise;

/// What is kept for it: the nodes of `x` and the weight, and tensors that no other node holds.
#[derive(Debug, Clone)]
struct Saved<T> {
    nodes: [NodeId; 2],
    statistics: T,
    rectified: Option<T>,
    epsilon: f64,
}

impl<T: Clone + Send + std::fmt::Debug + 'static> Saved<T> {
    fn recorded(self, checkpointer: &mut Checkpointer) -> Recorded<T> {
        let [x, weight] = self.nodes.map(|node| checkpointer.retrieve_node_output::<T>(node));
        Recorded {
            x,
            weight,
            statistics: self.statistics,
            rectified: self.rectified,
            epsilon: self.epsilon,
        }
    }
}

impl<B: NormGradientsBackend> Backward<B, 3> for Normalise {
    type State = Saved<FloatTensor<B>>;

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        grads: &mut Gradients,
        checkpointer: &mut Checkpointer,
    ) {
        let gradient = grads.consume::<B>(&ops.node);
        let (found, _) = B::gradients(ops.state.recorded(checkpointer), gradient, false);
        for (node, gradient) in ops.parents.into_iter().zip(found) {
            if let Some(node) = node {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

impl<B: NormGradientsBackend> Backward<B, 4> for Normalise {
    type State = Saved<FloatTensor<B>>;

    fn backward(
        self,
        ops: Ops<Self::State, 4>,
        grads: &mut Gradients,
        checkpointer: &mut Checkpointer,
    ) {
        let gradient = grads.consume::<B>(&ops.node);
        let (found, shortcut) = B::gradients(ops.state.recorded(checkpointer), gradient, true);
        for (node, gradient) in ops.parents.into_iter().zip(found.into_iter().chain(shortcut)) {
            if let Some(node) = node {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

type CpuTensor = FloatTensor<Flex>;

impl StatisticsBackend for Flex {
    fn statistics(x: CpuTensor) -> CpuTensor {
        let x = x.to_contiguous();
        let shape = shape(&x);
        let mut values = vec![0.0; 2 * shape.channels];
        let (mean, variance) = values.split_at_mut(shape.channels);
        fitting(norm::statistics(&shape, x.storage(), mean, variance));
        CpuTensor::from_data(TensorData::new(values, [2, shape.channels]))
    }
}

impl NormBackend for Flex {
    fn normalise(
        x: CpuTensor,
        weight: CpuTensor,
        bias: CpuTensor,
        statistics: CpuTensor,
        relu: bool,
        epsilon: f64,
    ) -> CpuTensor {
        forward(&x, [&weight, &bias], None, &statistics, relu, epsilon)
    }

    fn normalise_and_add(
        x: CpuTensor,
        weight: CpuTensor,
        bias: CpuTensor,
        shortcut: CpuTensor,
        statistics: CpuTensor,
        relu: bool,
        epsilon: f64,
    ) -> CpuTensor {
        forward(&x, [&weight, &bias], Some(&shortcut), &statistics, relu, epsilon)
    }
}

impl NormGradientsBackend for Flex {
    fn gradients(
        recorded: Recorded<CpuTensor>,
        gradient: CpuTensor,
        with_shortcut: bool,
    ) -> ([CpuTensor; 3], Option<CpuTensor>) {
        let Recorded { x, weight, statistics, rectified, epsilon } = recorded;
        let contiguous = |tensor: CpuTensor| tensor.to_contiguous();
        let (x, weight, gradient) = (contiguous(x), contiguous(weight), contiguous(gradient));
        let (statistics, rectified) = (contiguous(statistics), rectified.map(contiguous));
        let shape = shape(&x);
        let (mean, variance) = statistics.storage::<f32>().split_at(shape.channels);
        // The shift plays no part in the gradients.
        let norm = Normalisation {
            mean,
            variance,
            gamma: weight.storage(),
            beta: weight.storage(),
            epsilon,
        };
        let rectified = rectified.as_ref().map(CpuTensor::storage);
        let from = NormBackward { norm, x: x.storage(), rectified, dy: gradient.storage() };
        let zeros = |count: usize| vec![0.0; count];
        let mut dx = zeros(x.shape().num_elements());
        let mut dshortcut = with_shortcut.then(|| zeros(dx.len()));
        let (mut dweight, mut dbias) = (zeros(shape.channels), zeros(shape.channels));
        let to = NormGradients {
            dx: &mut dx,
            shortcut: dshortcut.as_deref_mut(),
            gamma: &mut dweight,
            beta: &mut dbias,
        };
        fitting(norm::backward(&shape, &from, to));
        let vector =
            |values: Vec<f32>| CpuTensor::from_data(TensorData::new(values, [shape.channels]));
        let like_x = |values: Vec<f32>| CpuTensor::from_data(TensorData::new(values, x.shape()));
        ([like_x(dx), vector(dweight), vector(dbias)], dshortcut.map(like_x))
    }
}

fn shape(x: &CpuTensor) -> NormShape {
    let [batch, channels, height, width] = x.shape().dims();
    NormShape { batch, channels, pixels: height * width }
}

fn forward(
    x: &CpuTensor,
    [weight, bias]: [&CpuTensor; 2],
    shortcut: Option<&CpuTensor>,
    statistics: &CpuTensor,
    relu: bool,
    epsilon: f64,
) -> CpuTensor {
    let shape = shape(x);
    let (x, weight, bias) = (x.to_contiguous(), weight.to_contiguous(), bias.to_contiguous());
    let (statistics, shortcut) =
        (statistics.to_contiguous(), shortcut.map(CpuTensor::to_contiguous));
    let (mean, variance) = statistics.storage::<f32>().split_at(shape.channels);
    let norm =
        Normalisation { mean, variance, gamma: weight.storage(), beta: bias.storage(), epsilon };
    let mut output = vec![0.0; x.shape().num_elements()];
    let shortcut = shortcut.as_ref().map(CpuTensor::storage);
    fitting(norm::normalise(&shape, &norm, x.storage(), shortcut, relu, &mut output));
    CpuTensor::from_data(TensorData::new(output, x.shape()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine;
    use crate::reference::assert_close;

    const SHAPE: [usize; 4] = [3, 4, 5, 7];

    fn values<const D: usize>(shape: [usize; D], salt: usize) -> Tensor<D> {
        let value = |i: usize| ((i * 7919 + salt * 104_729) % 1009) as f32 / 504.5 - 1.0;
        let values = (0..shape.iter().product()).map(value).collect();
        engine::tensor(values, shape, &Device::flex())
    }

    /// Output and the gradients of input, weight, bias and shortcut.
    fn run(with_shortcut: bool, relu: bool, ours: bool) -> Vec<Vec<f32>> {
        let x = values(SHAPE, 1).autodiff().require_grad();
        let shortcut = values(SHAPE, 2).autodiff().require_grad();
        let weight = values([4], 3).autodiff().require_grad();
        let bias = values([4], 4).autodiff().require_grad();
        let then = Then { shortcut: with_shortcut.then(|| shortcut.clone()), relu };
        let (w, b) = (weight.clone(), bias.clone());
        let (output, mean, variance) = if ours {
            let affine = Affine { weight: w, bias: b, epsilon: 1e-5 };
            let (output, [mean, variance]) = normalise_batch(x.clone(), affine, then);
            (output, mean, variance)
        } else {
            let batch = burn::tensor::module::batch_norm_train(x.clone(), w, b, 1e-5);
            (then.apply(batch.output), batch.mean, batch.variance)
        };
        let gradients = (output.clone() * values(SHAPE, 5)).sum().backward();
        let host = |tensor| engine::values::<1>(tensor).unwrap();
        let flat = |tensor: Tensor<4>| engine::values(tensor).unwrap();
        let mut found = vec![
            flat(output),
            host(mean),
            host(variance),
            flat(x.grad(&gradients).unwrap()),
            host(weight.grad(&gradients).unwrap()),
            host(bias.grad(&gradients).unwrap()),
        ];
        found.extend(shortcut.grad(&gradients).map(flat));
        found
    }

    #[test]
    fn is_the_engines_composition() {
        for (shortcut, relu) in [(false, false), (false, true), (true, false), (true, true)] {
            let (found, expected) = (run(shortcut, relu, true), run(shortcut, relu, false));
            assert_eq!(found.len(), expected.len());
            for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
                let what = format!("result {index} with shortcut {shortcut}, relu {relu}");
                assert_close(&what, found, expected, 1e-4);
            }
        }
    }

    #[test]
    fn fixed_statistics_are_constants() {
        let statistics = [values([4], 6), values([4], 7).abs()];
        let then = || Then { shortcut: Some(values(SHAPE, 2)), relu: true };
        let affine = |tracked: bool| {
            let (weight, bias) = (values([4], 3), values([4], 4));
            let weight = if tracked { weight.autodiff().require_grad() } else { weight };
            Affine { weight, bias, epsilon: 1e-5 }
        };
        let [fused, composed] = [false, true].map(|tracked| {
            let output =
                normalise_fixed(values(SHAPE, 1), affine(tracked), statistics.clone(), then());
            engine::values(output).unwrap()
        });
        assert_close("output", &fused, &composed, 1e-4);
    }
}
