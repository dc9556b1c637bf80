//! Activations, in the order of axes that their device computes in.

use burn::tensor::module::{interpolate, max_pool2d};
use burn::tensor::ops::{InterpolateMode, InterpolateOptions, MaxPoolOptions};
use burn::tensor::{Device, Int, Tensor, TensorData, activation};
use lacuna_kernels::upsample::Upsampling;

use super::{layout, max_pool, upsample};

/// Activations of a number of images: `[N, H, W, C]` on the CPU, whose kernels want the channels of a pixel side by
/// side, and `[N, C, H, W]` on other devices.
#[derive(Debug, Clone)]
pub(crate) struct FeatureMap {
    tensor: Tensor<4>,
    channels_last: bool,
}

impl FeatureMap {
    /// In the order of axes of the device.
    pub(crate) fn new(channels_first: Tensor<4>) -> Self {
        if channels_first.device() == Device::flex() {
            Self::channels_last(layout::to_channels_last(channels_first))
        } else {
            Self::channels_first(channels_first)
        }
    }

    /// Of `[N, H, W, C]` on the CPU.
    pub(super) const fn channels_last(tensor: Tensor<4>) -> Self {
        Self { tensor, channels_last: true }
    }

    /// Of `[N, C, H, W]`, and staying so: with the engine's operators on any device.
    pub(crate) const fn channels_first(tensor: Tensor<4>) -> Self {
        Self { tensor, channels_last: false }
    }

    /// As `[N, C, H, W]`.
    pub(crate) fn into_channels_first(self) -> Tensor<4> {
        if self.channels_last { layout::to_channels_first(self.tensor) } else { self.tensor }
    }

    /// As `[N, H, W, C]`.
    pub(crate) fn into_channels_last(self) -> Tensor<4> {
        if self.channels_last { self.tensor } else { self.tensor.permute([0, 2, 3, 1]) }
    }

    /// Where it is.
    pub(crate) fn device(&self) -> Device {
        self.tensor.device()
    }

    /// Height and width.
    pub(crate) fn size(&self) -> [usize; 2] {
        let [_, a, b, c] = self.tensor.dims();
        if self.channels_last { [a, b] } else { [b, c] }
    }

    /// Every second pixel of every second row, from the first.
    pub(crate) fn every_second(self) -> Self {
        let [height, width] = self.size();
        let device = self.tensor.device().without_autodiff();
        let second = |size: usize| Tensor::<1, Int>::arange_step(0..size as i64, 2, &device);
        let axis = if self.channels_last { 1 } else { 2 };
        let tensor = self.tensor.select(axis, second(height)).select(axis + 1, second(width));
        Self { tensor, ..self }
    }

    /// The tensor in its own order of axes.
    pub(super) fn into_tensor(self) -> Tensor<4> {
        self.tensor
    }

    /// Whether the kernels of this crate compute with it.
    pub(super) const fn is_channels_last(&self) -> bool {
        self.channels_last
    }

    pub(super) fn is_tracked(&self) -> bool {
        self.tensor.is_tracked()
    }

    /// Number of images and pixels, that is of values of a channel.
    pub(crate) fn values_per_channel(&self) -> usize {
        let [batch, a, b, c] = self.tensor.dims();
        if self.channels_last { batch * a * b } else { batch * b * c }
    }

    /// Channel by channel times `scale` and plus `shift` `[C]`.
    pub(super) fn affine(self, scale: Tensor<1>, shift: Tensor<1>) -> Self {
        let axes = if self.channels_last { [1, 1, 1, -1] } else { [1, -1, 1, 1] };
        let tensor = self.tensor * scale.reshape(axes) + shift.reshape(axes);
        Self { tensor, ..self }
    }

    /// The sum of two of the same shape.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self { tensor: self.tensor + other.tensor, ..self }
    }

    /// Negative values replaced by 0.
    pub(crate) fn relu(self) -> Self {
        Self { tensor: activation::relu(self.tensor), ..self }
    }

    /// The greatest values of windows of 3×3 pixels, two pixels apart, padded by one.
    pub(crate) fn max_pool(self) -> Self {
        if self.channels_last {
            return Self::channels_last(max_pool::max_pool(self.tensor));
        }
        let options = MaxPoolOptions::new([3, 3]).with_stride([2, 2]).with_padding([1, 1]);
        Self::channels_first(max_pool2d(self.tensor, options))
    }

    /// Twice the height and width, with the channels of `skip` behind: as PyTorch's `nn.Upsample(scale_factor=2)`,
    /// with aligned corners where bilinear.
    pub(crate) fn double(self, kind: Upsampling, skip: Option<Self>) -> Self {
        let skip = skip.map(Self::into_tensor);
        if self.channels_last {
            return Self::channels_last(upsample::double(self.tensor, skip, kind));
        }
        let x = match kind {
            Upsampling::Nearest => doubled_nearest(self.tensor),
            Upsampling::Bilinear => doubled_bilinear(self.tensor),
        };
        Self::channels_first(match skip {
            Some(skip) => Tensor::cat(vec![x, skip], 1),
            None => x,
        })
    }
}

fn doubled_nearest(x: Tensor<4>) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    let options = InterpolateOptions::new(InterpolateMode::Nearest);
    interpolate(x, options.with_output_size([2 * height, 2 * width]))
}

/// With aligned corners, as a product with one matrix a direction: the engine's own bilinear operator has no gradient on
/// GPUs.
fn doubled_bilinear(x: Tensor<4>) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    let device = x.device();
    let rows = between(height, &device).unsqueeze::<4>();
    let columns = between(width, &device).transpose().unsqueeze::<4>();
    rows.matmul(x).matmul(columns)
}

/// `[2n, n]`: how much of each of `n` values on a line lies in each of `2n` that begin and end with them.
fn between(n: usize, device: &Device) -> Tensor<2> {
    let mut weights = vec![0.0; 2 * n * n];
    for (index, row) in weights.chunks_exact_mut(n).enumerate() {
        let at = (index * (n - 1)) as f32 / (2 * n - 1) as f32;
        let below = (at as usize).min(n - 1);
        let above = (below + 1).min(n - 1);
        row[below] += 1.0 - (at - below as f32);
        row[above] += at - below as f32;
    }
    Tensor::from_data(TensorData::new(weights, [2 * n, n]), device)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{leaf, map, outcome};
    use super::*;
    use crate::reference::assert_close;

    /// Output and gradients in both orders of axes.
    fn compare(what: &str, leaves: &[&Tensor<4>], apply: impl Fn(bool) -> FeatureMap) {
        let [found, expected] = [true, false].map(|ours| outcome(apply(ours), leaves));
        assert_eq!(found.len(), expected.len(), "{what}");
        for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert_close(&format!("{what}, result {index}"), found, expected, 1e-5);
        }
    }

    #[test]
    fn operators_are_the_engines() {
        for size in [[1, 1], [2, 3], [7, 5], [8, 18]] {
            let [height, width] = size;
            let x = leaf([2, 5, height, width], 1);
            let skip = leaf([2, 3, 2 * height, 2 * width], 2);
            compare(&format!("order {size:?}"), &[&x], |ours| map(&x, ours));
            compare(&format!("pool {size:?}"), &[&x], |ours| map(&x, ours).max_pool());
            compare(&format!("half {size:?}"), &[&x], |ours| map(&x, ours).every_second());
            for kind in [Upsampling::Nearest, Upsampling::Bilinear] {
                let what = format!("{kind:?} {size:?}");
                compare(&what, &[&x], |ours| map(&x, ours).double(kind, None));
                compare(&format!("{what} with skip"), &[&x, &skip], |ours| {
                    map(&x, ours).double(kind, Some(map(&skip, ours)))
                });
            }
        }
    }
}
