//! RoI align over up to four levels of a pyramid: kernels on the CPU, gathered rows on other devices.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Int, Tensor, TensorData};
use lacuna_kernels::roi_align::{self, Roi, RoiAlignShape};

use super::memory::{self, CpuTensor, contiguous};
use super::{FeatureMap, Maybe, fitting};

/// Most levels a pyramid may have.
const LEVELS: usize = 4;
/// Regions that are gathered together on other devices: what is gathered for them is 16 times their values.
const GATHERED: usize = 64;

/// What is read of which images.
#[derive(Debug, Clone)]
pub(crate) struct Regions {
    pub(crate) shape: RoiAlignShape,
    pub(crate) rois: Vec<Roi>,
}

/// The values `[R, C, rows, columns]` of regions in the features of each level, 1 to 4 of them.
pub(crate) fn roi_align(levels: Vec<FeatureMap>, regions: Regions) -> Tensor<4> {
    if !levels[0].is_channels_last() {
        return gathered(levels, &regions);
    }
    let mut levels = levels.into_iter().map(|level| level.into_tensor().into_dispatch());
    let mut next = || Maybe::from(levels.next());
    let y =
        <Dispatch as RoiAlignBackend>::roi_align(next(), next(), next(), next(), Arc::new(regions));
    Tensor::from_dispatch(y)
}

#[backend_extension(Flex, Autodiff)]
trait RoiAlignBackend: Backend {
    /// Levels `[N, H, W, C]`, the finest first.
    fn roi_align(
        #[extension_type] finest: Maybe<Self>,
        #[extension_type] second: Maybe<Self>,
        #[extension_type] third: Maybe<Self>,
        #[extension_type] fourth: Maybe<Self>,
        regions: Arc<Regions>,
    ) -> FloatTensor<Self>;
}

impl RoiAlignBackend for Flex {
    fn roi_align(
        finest: Maybe<Self>,
        second: Maybe<Self>,
        third: Maybe<Self>,
        fourth: Maybe<Self>,
        regions: Arc<Regions>,
    ) -> CpuTensor {
        let levels = [finest, second, third, fourth].into_iter().filter_map(Maybe::into_option);
        forward(levels.collect(), &regions)
    }
}

impl<C: CheckpointStrategy> RoiAlignBackend for Autodiff<Flex, C> {
    fn roi_align(
        finest: Maybe<Self>,
        second: Maybe<Self>,
        third: Maybe<Self>,
        fourth: Maybe<Self>,
        regions: Arc<Regions>,
    ) -> FloatTensor<Self> {
        let parts = [finest, second, third, fourth].map(Maybe::into_parts);
        let [(finest, a), (second, b), (third, c), (fourth, d)] = parts;
        let levels = [finest, second, third, fourth].into_iter().flatten().collect();
        let y = forward(levels, &regions);
        match Align.prepare::<C>([a, b, c, d]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(regions, y),
            OpsKind::UnTracked(prep) => prep.finish(y),
        }
    }
}

fn forward(levels: Vec<CpuTensor>, Regions { shape, rois }: &Regions) -> CpuTensor {
    let levels: Vec<CpuTensor> = levels.into_iter().map(contiguous).collect();
    let features: Vec<&[f32]> = levels.iter().map(CpuTensor::storage).collect();
    let mut y = memory::take(fitting(shape.output_len(rois.len())));
    fitting(roi_align::forward(shape, rois, &features, &mut y));
    let [rows, columns] = shape.bins;
    memory::tensor(y, [rois.len(), shape.channels, rows, columns])
}

#[derive(Debug)]
struct Align;

impl Backward<Flex, LEVELS> for Align {
    type State = Arc<Regions>;

    fn backward(self, ops: Ops<Self::State, LEVELS>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = contiguous(grads.consume::<Flex>(&ops.node));
        let Regions { shape, rois } = &*ops.state;
        let mut dx: Vec<Vec<f32>> = shape
            .levels
            .iter()
            .map(|level| memory::take(fitting(shape.level_len(level))))
            .collect();
        let mut slices: Vec<&mut [f32]> = dx.iter_mut().map(Vec::as_mut_slice).collect();
        fitting(roi_align::backward(shape, rois, dy.storage(), &mut slices));
        memory::give(dy);
        let mut dx = dx.into_iter().zip(&shape.levels).map(|(dx, level)| {
            memory::tensor(dx, [shape.batch, level.height, level.width, shape.channels])
        });
        let found = [(); LEVELS].map(|()| dx.next());
        super::register(grads, ops.parents.map(|node| node.map(|node| node.id)), found);
    }
}

/// With the engine's operators: every sample is a weighted sum of four rows of the table of all levels' pixels.
fn gathered(levels: Vec<FeatureMap>, regions: &Regions) -> Tensor<4> {
    let channels = regions.shape.channels;
    let rows = |level: FeatureMap| level.into_channels_last().reshape([-1, channels as i64]);
    let table = Tensor::<2>::cat(levels.into_iter().map(rows).collect(), 0);
    let parts = regions.rois.chunks(GATHERED).map(|rois| part(&table, &regions.shape, rois));
    Tensor::cat(parts.collect(), 0)
}

fn part(table: &Tensor<2>, shape: &RoiAlignShape, rois: &[Roi]) -> Tensor<4> {
    let device = table.device().without_autodiff();
    let corners = rois.iter().flat_map(|roi| roi_align::corners(shape, roi));
    let (pixels, shares): (Vec<i64>, Vec<f32>) =
        corners.map(|(pixel, share)| (pixel as i64, share)).unzip();
    let count = pixels.len();
    let pixels = Tensor::<1, Int>::from_data(TensorData::new(pixels, [count]), &device);
    let shares = Tensor::<2>::from_data(TensorData::new(shares, [count, 1]), &device);
    let [rows, columns] = shape.bins;
    let bins = rois.len() * rows * columns;
    let values = (table.clone().select(0, pixels) * shares)
        .reshape([bins, count / bins, shape.channels])
        .sum_dim(1);
    values.reshape([rois.len(), rows, columns, shape.channels]).permute([0, 3, 1, 2])
}

#[cfg(test)]
mod tests {
    use lacuna_kernels::roi_align::Level;

    use super::super::sample::{leaf, map};
    use super::*;
    use crate::engine;
    use crate::reference::assert_close;

    fn regions() -> Regions {
        let level = |height, width, scale| Level { height, width, scale };
        let levels = vec![level(12, 16, 0.5), level(6, 8, 0.25), level(3, 4, 0.125)];
        let shape =
            RoiAlignShape { batch: 2, channels: 5, levels, bins: [3, 2], sampling_ratio: 2 };
        let roi = |image, level, corners| Roi { image, level, corners };
        let rois = vec![
            roi(0, 0, [1.0, 2.0, 15.0, 11.0]),
            roi(1, 2, [-4.0, 4.0, 33.0, 19.5]),
            roi(1, 1, [3.0, 5.0, 3.5, 20.0]),
            roi(0, 0, [4.0, 4.0, 20.0, 23.0]),
        ];
        Regions { shape, rois }
    }

    fn leaves() -> [Tensor<4>; 3] {
        [leaf([2, 5, 12, 16], 1), leaf([2, 5, 6, 8], 2), leaf([2, 5, 3, 4], 3)]
    }

    fn run(leaves: &[Tensor<4>; 3], ours: bool) -> Vec<Vec<f32>> {
        let y = roi_align(leaves.iter().map(|leaf| map(leaf, ours)).collect(), regions());
        let gradients = (y.clone() * super::super::sample::values(y.dims(), 9)).sum().backward();
        let found = leaves.iter().map(|leaf| leaf.grad(&gradients).unwrap());
        std::iter::once(y).chain(found).map(|tensor| engine::values(tensor).unwrap()).collect()
    }

    #[test]
    fn the_way_of_other_devices_is_the_cpus() {
        let leaves = leaves();
        let (found, expected) = (run(&leaves, true), run(&leaves, false));
        for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert_close(&format!("result {index}"), found, expected, 1e-5);
        }
    }

    /// Central differences of Σ y · v in some features of every level.
    #[test]
    fn the_gradient_is_the_slope() {
        let values = leaves().map(|leaf| engine::values(leaf).unwrap());
        let gradients = run(&leaves(), true);
        let loss = |values: &[Vec<f32>; 3]| -> f64 {
            let shapes = [[2, 5, 12, 16], [2, 5, 6, 8], [2, 5, 3, 4]];
            let device = burn::tensor::Device::flex();
            let levels = values.iter().zip(shapes).map(|(values, shape)| {
                FeatureMap::new(engine::tensor(values.clone(), shape, &device))
            });
            let y = roi_align(levels.collect(), regions());
            let direction = super::super::sample::values(y.dims(), 9);
            let product = engine::values(y * direction).unwrap();
            product.iter().map(|value| f64::from(*value)).sum()
        };
        for level in 0..3 {
            for index in (0..values[level].len()).step_by(37) {
                let [above, below] = [0.5f32, -0.5].map(|step| {
                    let mut moved = values.clone();
                    moved[level][index] += step;
                    loss(&moved)
                });
                let (slope, found) = (above - below, f64::from(gradients[level + 1][index]));
                assert!((slope - found).abs() < 1e-5, "level {level}, {index}: {slope}, {found}");
            }
        }
    }
}
