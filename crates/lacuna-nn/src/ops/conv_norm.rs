//! Convolution, batch normalisation with the statistics of the batch, the addition of a shortcut and ReLU as one
//! operator on the CPU.
//!
//! The convolution sums its output for the statistics while it writes it, and of all that lies between only its output
//! is kept for the gradients, which the backward step computes in the place of the gradient it is given.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{
    Autodiff, AutodiffBackend, Backend, Dispatch, Flex, TensorMetadata, backend_extension,
};
use burn::tensor::Tensor;
use lacuna_kernels::batch_norm::{
    self, NormBackward, NormGradients, NormShape, Normalisation, Rectified,
};
use lacuna_kernels::conv2d::Epilogue;

use super::convolution::{Operands, Steps};
use super::memory::{self, CpuTensor, contiguous};
use super::{Affine, Convolution, FeatureMap, Input, Maybe, Then, fitting};

/// The result, and the mean and biased variance of the convolution's output `[O]`, without gradient. The input is
/// channels-last.
pub(super) fn conv_norm(
    convolution: Convolution,
    input: Input,
    affine: Affine,
    then: Then,
) -> (FeatureMap, [Tensor<1>; 2]) {
    let dispatched = |map: FeatureMap| map.into_tensor().into_dispatch();
    // There is room for one operand more: a skip connection or a shortcut.
    let input = if then.shortcut.is_some() { Input::plain(input.stored()) } else { input };
    let plan = Plan {
        steps: convolution.steps,
        doubled: input.doubled,
        relu: then.relu,
        epsilon: affine.epsilon,
    };
    let extra = then.shortcut.or(input.skip);
    let (y, statistics) = <Dispatch as ConvNormBackend>::conv_norm(
        dispatched(input.x),
        convolution.weight.into_dispatch(),
        affine.weight.into_dispatch(),
        affine.bias.into_dispatch(),
        extra.map(dispatched).into(),
        plan,
    );
    let statistics = Tensor::<2>::from_dispatch(statistics).without_autodiff();
    let row = |index: usize| statistics.clone().narrow(0, index, 1).reshape([-1]);
    (FeatureMap::channels_last(Tensor::from_dispatch(y)), [row(0), row(1)])
}

/// What is done with the tensors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    steps: Steps,
    /// Whether `x` is read at twice its size; then the extra operand is a skip connection, otherwise a shortcut.
    doubled: bool,
    relu: bool,
    epsilon: f64,
}

#[backend_extension(Flex, Autodiff)]
trait ConvNormBackend: Backend {
    /// The output `[N, H, W, O]`, and mean and variance `[2, O]`.
    fn conv_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        #[extension_type] extra: Maybe<Self>,
        plan: Plan,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

impl ConvNormBackend for Flex {
    fn conv_norm(
        x: CpuTensor,
        weight: CpuTensor,
        gamma: CpuTensor,
        beta: CpuTensor,
        extra: Maybe<Self>,
        plan: Plan,
    ) -> (CpuTensor, CpuTensor) {
        let (y, saved) = forward([x, weight, gamma, beta], extra.into_option(), plan);
        let statistics = saved.statistics.clone();
        saved.give();
        (y, statistics)
    }
}

impl<C: CheckpointStrategy> ConvNormBackend for Autodiff<Flex, C> {
    fn conv_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        extra: Maybe<Self>,
        plan: Plan,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let ((x, x_node), (weight, weight_node)) = (x.into_parts(), weight.into_parts());
        let ((gamma, gamma_node), (beta, beta_node)) = (gamma.into_parts(), beta.into_parts());
        let (extra, extra_node) = extra.into_parts();
        let (y, saved) = forward([x, weight, gamma, beta], extra, plan);
        let statistics = Self::from_inner(saved.statistics.clone());
        let parents = [x_node, weight_node, gamma_node, beta_node, extra_node];
        let y = match ConvNorm.prepare::<C>(parents).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(saved, y),
            OpsKind::UnTracked(prep) => {
                saved.give();
                prep.finish(y)
            }
        };
        (y, statistics)
    }
}

/// What the gradients are made from.
#[derive(Debug, Clone)]
struct Saved {
    operands: Operands,
    /// The convolution's output.
    convolved: CpuTensor,
    statistics: CpuTensor,
    gamma: CpuTensor,
    beta: CpuTensor,
    epsilon: f64,
    rectified: Rectification,
    shortcut: bool,
}

/// Where the gradient passes the ReLU; see [`Rectified`].
#[derive(Debug, Clone)]
enum Rectification {
    No,
    Input,
    Output(CpuTensor),
}

fn forward(
    [x, weight, gamma, beta]: [CpuTensor; 4],
    extra: Option<CpuTensor>,
    plan: Plan,
) -> (CpuTensor, Saved) {
    let extra = extra.map(contiguous);
    let (input, shortcut) =
        if plan.doubled { (Input::doubled(x, extra), None) } else { (Input::plain(x), extra) };
    let operands = Operands::new(input, weight, plan.steps);
    let channels = operands.weight().shape()[0];
    let mut sums = vec![0.0; 2 * channels];
    let convolved = operands.forward(Epilogue { sums: Some(&mut sums), ..Epilogue::default() });
    let mut saved = Saved {
        operands,
        statistics: statistics(&shape(&convolved), &sums),
        convolved,
        gamma: contiguous(gamma),
        beta: contiguous(beta),
        epsilon: plan.epsilon,
        rectified: Rectification::No,
        shortcut: shortcut.is_some(),
    };
    let y = saved.normalise(shortcut.as_ref(), plan.relu);
    saved.rectified = match (plan.relu, &shortcut) {
        (false, _) => Rectification::No,
        (true, None) => Rectification::Input,
        (true, Some(_)) => Rectification::Output(y.clone()),
    };
    shortcut.into_iter().for_each(memory::give);
    (y, saved)
}

fn shape(x: &CpuTensor) -> NormShape {
    let [batch, height, width, channels] = x.shape().dims();
    NormShape { pixels: batch * height * width, channels }
}

fn statistics(shape: &NormShape, sums: &[f64]) -> CpuTensor {
    let mut values = vec![0.0; 2 * shape.channels];
    let (mean, variance) = values.split_at_mut(shape.channels);
    fitting(batch_norm::statistics_of_sums(shape, sums, mean, variance));
    memory::tensor(values, [2, shape.channels])
}

impl Saved {
    fn normalisation(&self) -> Normalisation<'_> {
        let (mean, variance) = self.statistics.storage().split_at(self.gamma.shape()[0]);
        let (gamma, beta) = (self.gamma.storage(), self.beta.storage());
        Normalisation { mean, variance, gamma, beta, epsilon: self.epsilon }
    }

    fn normalise(&self, shortcut: Option<&CpuTensor>, relu: bool) -> CpuTensor {
        let x = &self.convolved;
        let mut y = memory::take(x.shape().num_elements());
        let shortcut = shortcut.map(CpuTensor::storage);
        let norm = self.normalisation();
        fitting(batch_norm::normalise(&shape(x), &norm, x.storage(), shortcut, relu, &mut y));
        memory::tensor::<4>(y, x.shape().dims())
    }

    /// Turns `dy` into the gradient of the convolution's output; those of γ, β and the shortcut.
    fn through_norm(&self, dy: &mut CpuTensor) -> ([CpuTensor; 2], Option<CpuTensor>) {
        let shape = shape(&self.convolved);
        let rectified = match &self.rectified {
            Rectification::No => Rectified::No,
            Rectification::Input => Rectified::Input,
            Rectification::Output(y) => Rectified::Output(y.storage()),
        };
        let norm = self.normalisation();
        let from = NormBackward { norm, x: self.convolved.storage(), rectified };
        let mut shortcut = self.shortcut.then(|| memory::take(fitting(shape.value_count())));
        let [mut gamma, mut beta] = [vec![0.0; shape.channels], vec![0.0; shape.channels]];
        let to = NormGradients {
            dx: dy.storage_mut(),
            shortcut: shortcut.as_deref_mut(),
            gamma: &mut gamma,
            beta: &mut beta,
        };
        fitting(batch_norm::backward(&shape, &from, to));
        let dims = self.convolved.shape().dims();
        let shortcut = shortcut.map(|values| memory::tensor::<4>(values, dims));
        ([gamma, beta].map(|values| memory::tensor(values, [shape.channels])), shortcut)
    }

    fn give(self) {
        self.operands.give();
        memory::give(self.convolved);
        if let Rectification::Output(y) = self.rectified {
            memory::give(y);
        }
    }
}

#[derive(Debug)]
struct ConvNorm;

impl Backward<Flex, 5> for ConvNorm {
    type State = Saved;

    fn backward(self, ops: Ops<Saved, 5>, grads: &mut Gradients, _: &mut Checkpointer) {
        let mut dy = contiguous(grads.consume::<Flex>(&ops.node));
        let saved = ops.state;
        let parents = ops.parents.map(|node| node.map(|node| node.id));
        let ([dgamma, dbeta], dshortcut) = saved.through_norm(&mut dy);
        let operands = &saved.operands;
        let dweight = parents[1].is_some().then(|| operands.weight_gradient(&dy));
        let wanted = parents[0].is_some() || (parents[4].is_some() && !saved.shortcut);
        let (dx, dskip) = match wanted.then(|| operands.input_gradients(&dy)) {
            Some((dx, dskip)) => (Some(dx), dskip),
            None => (None, None),
        };
        memory::give(dy);
        saved.give();
        let found = [dx, dweight, Some(dgamma), Some(dbeta), dshortcut.or(dskip)];
        super::register(grads, parents, found);
    }
}
