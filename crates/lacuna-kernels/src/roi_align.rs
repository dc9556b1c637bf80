//! RoI align (He et al. 2017, "Mask R-CNN") over the levels of a feature pyramid: a grid of values from inside a box,
//! each the mean of bilinear samples.
//!
//! The places of the samples and the rules at the border are those of `torchvision.ops.roi_align(aligned=False)`.

#![expect(clippy::inline_always, reason = "compiled for the caller's instruction set")]

use rayon::prelude::*;

use crate::ShapeError;
use crate::isa::Isa;
use crate::shape_error::{check_length, check_sizes, product};
use crate::simd::{Kernel, Simd};
use crate::span;

/// A level of the pyramid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// Height of its features in pixels.
    pub height: usize,
    /// Width of its features in pixels.
    pub width: usize,
    /// Pixels of the features per pixel of the image, such as 1/4.
    pub scale: f32,
}

/// A region of interest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Roi {
    /// The image it lies in.
    pub image: usize,
    /// The level it is read from.
    pub level: usize,
    /// x1, y1, x2, y2 in pixels of the image.
    pub corners: [f32; 4],
}

/// What is read, and at how many places.
#[derive(Debug, Clone, PartialEq)]
pub struct RoiAlignShape {
    /// Number of images, N.
    pub batch: usize,
    /// Number of channels, C.
    pub channels: usize,
    /// The pyramid; features of a level are `[N, height, width, C]`.
    pub levels: Vec<Level>,
    /// Rows and columns of the grid of bins in a region.
    pub bins: [usize; 2],
    /// Samples of a bin down and across, at least 1. (A number that adapts to the size of a region is not supported.)
    pub sampling_ratio: usize,
}

impl RoiAlignShape {
    /// Number of values of the features of a level.
    ///
    /// # Errors
    /// When a size is 0 or the product overflows.
    pub fn level_len(&self, level: &Level) -> Result<usize, ShapeError> {
        check_sizes(&[
            ("batch size", self.batch),
            ("number of channels", self.channels),
            ("height", level.height),
            ("width", level.width),
        ])?;
        product(&[self.batch, level.height, level.width, self.channels])
    }

    /// Number of values of the output of so many regions.
    ///
    /// # Errors
    /// When a size is 0 or the product overflows.
    pub fn output_len(&self, rois: usize) -> Result<usize, ShapeError> {
        let [rows, columns] = self.bins;
        check_sizes(&[
            ("number of channels", self.channels),
            ("rows of bins", rows),
            ("columns of bins", columns),
            ("sampling ratio", self.sampling_ratio),
        ])?;
        product(&[rois, rows, columns, self.channels])
    }

    const fn bin_count(&self) -> usize {
        self.bins[0] * self.bins[1]
    }

    /// What each sample adds to a bin's mean.
    fn share(&self) -> f32 {
        1.0 / (self.sampling_ratio * self.sampling_ratio) as f32
    }

    fn check(&self, rois: &[Roi], levels: &[usize]) -> Result<(), ShapeError> {
        check_length("the list of levels", levels.len(), self.levels.len())?;
        for (level, len) in self.levels.iter().zip(levels) {
            check_length("the features of a level", *len, self.level_len(level)?)?;
        }
        let outside = |what, index, len| ShapeError::OutOfRange { what, index, len };
        for roi in rois {
            if roi.image >= self.batch {
                return Err(outside("the image of a region", roi.image, self.batch));
            }
            if roi.level >= self.levels.len() {
                return Err(outside("the level of a region", roi.level, self.levels.len()));
            }
        }
        Ok(())
    }
}

/// Two neighbouring pixels along an axis, and their shares in a sample between them.
#[derive(Debug, Clone, Copy)]
struct Tap {
    low: usize,
    high: usize,
    low_share: f32,
    high_share: f32,
}

impl Tap {
    /// Of a sample at `at` among `size` pixels; `None` where it lies more than a pixel outside and counts as 0.
    fn new(at: f32, size: usize) -> Option<Self> {
        if at < -1.0 || at > size as f32 {
            return None;
        }
        let at = at.max(0.0);
        let low = at as usize;
        if low + 1 >= size {
            return Some(Self { low: size - 1, high: size - 1, low_share: 1.0, high_share: 0.0 });
        }
        let above = at - low as f32;
        Some(Self { low, high: low + 1, low_share: 1.0 - above, high_share: above })
    }

    /// Its share at a pixel.
    fn share_of(&self, pixel: usize) -> f32 {
        let low = if self.low == pixel { self.low_share } else { 0.0 };
        let high = if self.high == pixel { self.high_share } else { 0.0 };
        low + high
    }
}

/// The samples of a region along both axes, bin by bin.
#[derive(Debug)]
struct Samples {
    down: Vec<Option<Tap>>,
    across: Vec<Option<Tap>>,
}

impl Samples {
    fn new(shape: &RoiAlignShape, roi: &Roi) -> Self {
        let Level { height, width, scale } = shape.levels[roi.level];
        let [x1, y1, x2, y2] = roi.corners.map(|corner| corner * scale);
        let axis = |from: f32, to: f32, bins: usize, size: usize| {
            // At least one pixel of the features, as before `aligned` existed.
            let bin = (to - from).max(1.0) / bins as f32;
            let grid = shape.sampling_ratio;
            let place = |index: usize| {
                let (bin_index, sample) = (index / grid, index % grid);
                from + bin_index as f32 * bin + (sample as f32 + 0.5) * bin / grid as f32
            };
            (0..bins * grid).map(|index| Tap::new(place(index), size)).collect()
        };
        Self {
            down: axis(y1, y2, shape.bins[0], height),
            across: axis(x1, x2, shape.bins[1], width),
        }
    }
}

/// What a region's bins are made of, for operators elsewhere: the four pixels around each sample of each bin with their
/// shares in its mean, as rows of the table `[pixels, C]` of all levels one behind the other. Bins are row by row and have
/// 4 · sampling_ratio² entries each.
pub fn corners(shape: &RoiAlignShape, roi: &Roi) -> Vec<(usize, f32)> {
    let before: usize =
        shape.levels[..roi.level].iter().map(|l| shape.batch * l.height * l.width).sum();
    let Level { height, width, .. } = shape.levels[roi.level];
    let (start, grid) = (before + roi.image * height * width, shape.sampling_ratio);
    let Samples { down, across } = Samples::new(shape, roi);
    let mut corners = Vec::with_capacity(4 * down.len() * across.len());
    for bin in 0..shape.bin_count() {
        for down in &down[bin / shape.bins[1] * grid..][..grid] {
            for across in &across[bin % shape.bins[1] * grid..][..grid] {
                let (Some(down), Some(across)) = (down, across) else {
                    corners.extend([(start, 0.0); 4]);
                    continue;
                };
                let at = |row: usize, column: usize| start + row * width + column;
                let pixels = [
                    at(down.low, across.low),
                    at(down.low, across.high),
                    at(down.high, across.low),
                    at(down.high, across.high),
                ];
                corners.extend(pixels.into_iter().zip(shares(down, across, shape.share())));
            }
        }
    }
    corners
}

/// The values of `rois`, `[R, C, rows, columns]` in `y`, from the `features` of each level `[N, H, W, C]`. Overwrites `y`.
///
/// # Errors
/// When the sizes are impossible, a slice has another length, or a region is of an image or level that does not exist.
pub fn forward(
    shape: &RoiAlignShape,
    rois: &[Roi],
    features: &[&[f32]],
    y: &mut [f32],
) -> Result<(), ShapeError> {
    check_length("the output", y.len(), shape.output_len(rois.len())?)?;
    shape.check(rois, &features.iter().map(|level| level.len()).collect::<Vec<_>>())?;
    let _span = span::operator!("roi_align.forward", y.len());
    let isa = Isa::current();
    let count = shape.bin_count() * shape.channels;
    y.par_chunks_mut(count).zip(rois).for_each_init(
        || vec![0.0; count],
        |means, (y, roi)| {
            let level = &shape.levels[roi.level];
            let len = level.height * level.width * shape.channels;
            let features = &features[roi.level][roi.image * len..][..len];
            let samples = Samples::new(shape, roi);
            isa.run(ForwardRoi { shape, samples, width: level.width, features, means });
            transpose(means, shape.channels, y);
        },
    );
    Ok(())
}

/// `[rows, columns]` to `[columns, rows]`.
fn transpose(from: &[f32], columns: usize, to: &mut [f32]) {
    let rows = from.len() / columns;
    for (column, to) in to.chunks_exact_mut(rows).enumerate() {
        for (to, from) in to.iter_mut().zip(from.chunks_exact(columns)) {
            *to = from[column];
        }
    }
}

struct ForwardRoi<'a> {
    shape: &'a RoiAlignShape,
    samples: Samples,
    width: usize,
    /// Of the region's image and level.
    features: &'a [f32],
    /// `[rows, columns, C]`.
    means: &'a mut [f32],
}

impl Kernel for ForwardRoi<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let (channels, grid, share) =
            (self.shape.channels, self.shape.sampling_ratio, self.shape.share());
        let columns = self.shape.bins[1];
        for (bin, mean) in self.means.chunks_exact_mut(channels).enumerate() {
            mean.fill(0.0);
            for down in self.samples.down[bin / columns * grid..][..grid].iter().flatten() {
                for across in self.samples.across[bin % columns * grid..][..grid].iter().flatten() {
                    let pixel = |row: usize, column: usize| {
                        &self.features[(row * self.width + column) * channels..][..channels]
                    };
                    let pixels = [
                        pixel(down.low, across.low),
                        pixel(down.low, across.high),
                        pixel(down.high, across.low),
                        pixel(down.high, across.high),
                    ];
                    add_sample(mean, pixels, shares(down, across, share));
                }
            }
        }
    }
}

/// The shares of the four pixels around a sample.
#[inline(always)]
fn shares(down: &Tap, across: &Tap, share: f32) -> [f32; 4] {
    let [low, high] = [down.low_share * share, down.high_share * share];
    [
        low * across.low_share,
        low * across.high_share,
        high * across.low_share,
        high * across.high_share,
    ]
}

#[inline(always)]
fn add_sample(mean: &mut [f32], pixels: [&[f32]; 4], shares: [f32; 4]) {
    let [a, b, c, d] = pixels;
    let [wa, wb, wc, wd] = shares;
    for ((((mean, a), b), c), d) in mean.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        *mean += wa * a + wb * b + wc * c + wd * d;
    }
}

/// The gradients of the features of each level from that of the output, `dy`. Overwrites `dx`.
///
/// Every row of features is one piece of work and takes its regions in their order, so that the sums have a fixed order.
///
/// # Errors
/// As [`forward`].
pub fn backward(
    shape: &RoiAlignShape,
    rois: &[Roi],
    dy: &[f32],
    dx: &mut [&mut [f32]],
) -> Result<(), ShapeError> {
    check_length("the gradient of the output", dy.len(), shape.output_len(rois.len())?)?;
    shape.check(rois, &dx.iter().map(|level| level.len()).collect::<Vec<_>>())?;
    let _span = span::operator!("roi_align.backward", dy.len());
    let isa = Isa::current();
    let dy = pixels_first(shape, dy);
    let samples: Vec<Samples> = rois.par_iter().map(|roi| Samples::new(shape, roi)).collect();
    for (index, (level, dx)) in shape.levels.iter().zip(dx.iter_mut()).enumerate() {
        let regions: Vec<Vec<usize>> =
            (0..shape.batch).map(|image| of_level(rois, image, index)).collect();
        dx.par_chunks_mut(level.width * shape.channels).enumerate().for_each(|(row, dx)| {
            let (image, row) = (row / level.height, row % level.height);
            let (regions, samples, dy) = (&regions[image], &samples, &dy);
            isa.run(BackwardRow { shape, regions, samples, dy, row, dx });
        });
    }
    Ok(())
}

/// `dy` as `[R, rows, columns, C]`.
fn pixels_first(shape: &RoiAlignShape, dy: &[f32]) -> Vec<f32> {
    let count = shape.bin_count() * shape.channels;
    let mut turned = vec![0.0; dy.len()];
    turned
        .par_chunks_mut(count)
        .zip(dy.par_chunks(count))
        .for_each(|(to, from)| transpose(from, shape.bin_count(), to));
    turned
}

/// The regions of an image and level by number.
fn of_level(rois: &[Roi], image: usize, level: usize) -> Vec<usize> {
    let here = |roi: &Roi| roi.image == image && roi.level == level;
    rois.iter().enumerate().filter(|(_, roi)| here(roi)).map(|(index, _)| index).collect()
}

struct BackwardRow<'a> {
    shape: &'a RoiAlignShape,
    /// Of this image and level.
    regions: &'a [usize],
    /// Of all regions.
    samples: &'a [Samples],
    /// `[R, rows, columns, C]`.
    dy: &'a [f32],
    row: usize,
    /// `[W, C]`.
    dx: &'a mut [f32],
}

impl BackwardRow<'_> {
    /// Adds the gradients of a row of bins, each of whose samples has this share in the row of pixels.
    #[inline(always)]
    fn add_bins(&mut self, across: &[Option<Tap>], dy: &[f32], share: f32) {
        let (channels, grid) = (self.shape.channels, self.shape.sampling_ratio);
        for (taps, dy) in across.chunks_exact(grid).zip(dy.chunks_exact(channels)) {
            for tap in taps.iter().flatten() {
                for (pixel, part) in [(tap.low, tap.low_share), (tap.high, tap.high_share)] {
                    let factor = share * part;
                    let dx = &mut self.dx[pixel * channels..][..channels];
                    dx.iter_mut().zip(dy).for_each(|(dx, dy)| *dx += factor * dy);
                }
            }
        }
    }
}

impl Kernel for BackwardRow<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, _: S) {
        self.dx.fill(0.0);
        let row_len = self.shape.bins[1] * self.shape.channels;
        for &region in self.regions {
            let Samples { down, across } = &self.samples[region];
            for (index, tap) in down.iter().enumerate() {
                let share = tap.map_or(0.0, |tap| tap.share_of(self.row)) * self.shape.share();
                if share != 0.0 {
                    let bin_row = region * self.shape.bins[0] + index / self.shape.sampling_ratio;
                    let dy = &self.dy[bin_row * row_len..][..row_len];
                    self.add_bins(across, dy, share);
                }
            }
        }
    }
}
