//! The updates of optimizers in place, and the size of gradients, on the CPU.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Device, Tensor};
use lacuna_kernels::optimizer::{self, AdamW, Sgd};
use rayon::prelude::*;

use super::fitting;
use super::memory::{self, CpuTensor, contiguous};

/// Values a thread squares at a time.
const CHUNK: usize = 1 << 14;

/// Weights and momentum buffer after a step, all `[n]` on the CPU; in place where no one else holds them.
pub(crate) fn sgd(
    weights: Tensor<1>,
    gradients: Tensor<1>,
    buffer: Tensor<1>,
    settings: Sgd,
) -> (Tensor<1>, Tensor<1>) {
    let tensors = [weights, gradients, buffer].map(Tensor::into_dispatch);
    let [weights, gradients, buffer] = tensors;
    let (weights, buffer) =
        <Dispatch as OptimizerBackend>::sgd(weights, gradients, buffer, settings);
    (Tensor::from_dispatch(weights), Tensor::from_dispatch(buffer))
}

/// Weights, first and second moments after a step, all `[n]` on the CPU; in place where no one else holds them.
pub(crate) fn adam_w(
    weights: Tensor<1>,
    gradients: Tensor<1>,
    moments: [Tensor<1>; 2],
    settings: AdamW,
) -> (Tensor<1>, [Tensor<1>; 2]) {
    let (weights, gradients) = (weights.into_dispatch(), gradients.into_dispatch());
    let [first, second] = moments.map(Tensor::into_dispatch);
    let (weights, first, second) =
        <Dispatch as OptimizerBackend>::adam_w(weights, gradients, first, second, settings);
    (Tensor::from_dispatch(weights), [first, second].map(Tensor::from_dispatch))
}

/// `average` moved by `share` of the way to `weights`, both `[n]`; in place on the CPU where no one else holds it.
pub(crate) fn move_average(average: Tensor<1>, weights: Tensor<1>, share: f64) -> Tensor<1> {
    if average.device() != Device::flex() {
        return average.clone() + (weights - average).mul_scalar(share);
    }
    let (average, weights) = (average.into_dispatch(), weights.into_dispatch());
    Tensor::from_dispatch(<Dispatch as OptimizerBackend>::move_average(average, weights, share))
}

/// The sum of the squares of the values, `[1]`.
pub(crate) fn squares(x: Tensor<1>) -> Tensor<1> {
    if x.device() != Device::flex() {
        return x.square().sum();
    }
    Tensor::from_dispatch(<Dispatch as OptimizerBackend>::squares(x.into_dispatch()))
}

/// Gives the storage of a tensor of the CPU back that no one else holds.
pub(crate) fn release(tensor: Tensor<1>) {
    if let Ok(tensor) = tensor.try_into_primitive::<Flex>() {
        memory::give(tensor);
    }
}

#[backend_extension(Flex)]
trait OptimizerBackend: Backend {
    fn sgd(
        weights: FloatTensor<Self>,
        gradients: FloatTensor<Self>,
        buffer: FloatTensor<Self>,
        settings: Sgd,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);

    fn adam_w(
        weights: FloatTensor<Self>,
        gradients: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        settings: AdamW,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    fn move_average(
        average: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        share: f64,
    ) -> FloatTensor<Self>;

    fn squares(x: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl OptimizerBackend for Flex {
    fn sgd(
        weights: CpuTensor,
        gradients: CpuTensor,
        buffer: CpuTensor,
        settings: Sgd,
    ) -> (CpuTensor, CpuTensor) {
        let [mut weights, gradients, mut buffer] = [weights, gradients, buffer].map(contiguous);
        let (w, b) = (weights.storage_mut(), buffer.storage_mut());
        fitting(settings.update(w, gradients.storage(), b));
        (weights, buffer)
    }

    fn adam_w(
        weights: CpuTensor,
        gradients: CpuTensor,
        first: CpuTensor,
        second: CpuTensor,
        settings: AdamW,
    ) -> (CpuTensor, CpuTensor, CpuTensor) {
        let [mut weights, gradients] = [weights, gradients].map(contiguous);
        let [mut first, mut second] = [first, second].map(contiguous);
        let (w, m, v) = (weights.storage_mut(), first.storage_mut(), second.storage_mut());
        fitting(settings.update(w, gradients.storage(), m, v));
        (weights, first, second)
    }

    fn move_average(average: CpuTensor, weights: CpuTensor, share: f64) -> CpuTensor {
        let [mut average, weights] = [average, weights].map(contiguous);
        fitting(optimizer::move_average(average.storage_mut(), weights.storage(), share));
        average
    }

    fn squares(x: CpuTensor) -> CpuTensor {
        let x = contiguous(x);
        debug_assert_eq!(x.shape().num_dims(), 1);
        let squares = |x: &[f32]| x.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>();
        let parts: Vec<f64> = x.storage::<f32>().par_chunks(CHUNK).map(squares).collect();
        memory::tensor(vec![parts.iter().sum::<f64>() as f32], [1])
    }
}
