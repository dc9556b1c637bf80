//! The gradient of the weights: sums over output pixels of (input run · gradients of the output).
//!
//! An item of work is a chunk of input channels, a chunk of output channels and a part of the output rows. It packs
//! the rows block by block: inputs in groups of 16 channels, so that a run (the taps of a kernel row with the channels
//! of the group) is 48 consecutive values for a 3×3 kernel, however many channels there are; gradients in panels of
//! two vectors, pixel after pixel. Packed rows lie close together, where those of a tensor with a power of two of
//! channels would compete for a few cache lines. A tile keeps `MR` values of a run times `NV` vectors of output
//! channels in registers over all pixels of a block: 6×2 with 16 registers, 8×2 with 32, 12×1 where one vector is
//! left. With up to 4 output channels the roles are exchanged: gradients are broadcast, runs are vectors.
//!
//! In bf16 a packed value is a pair: the same value of two images that follow each other, the last of an odd number
//! with 0. The rows of a pair of images are packed together, so all else is as for half as many images.
//!
//! Where the processor has matrix tiles, a packed row of a group is transposed and `tiled_outer` does the rest.
//!
//! How many parts there are depends on the shape alone, and they are added in their order.

#![expect(unsafe_code, reason = "items write disjoint parts of one buffer of sums")]

use std::ops::Range;

use rayon::prelude::*;

use super::method::Precision;
use super::outer::{Outer, Plane};
use super::pairs::{self, Runs};
use super::pass::{Axis, Pass};
use super::source::Source;
use super::tiled_outer::{MOST_TAPS, TiledOuter, pixels_of_step};
use crate::aligned::Shared;
use crate::isa::Isa;
use crate::pool::BufferPool;
use crate::scratch;

/// Channels of a group.
const GROUP: usize = 16;
/// Groups of an item: with as many output channels, the sums of a 3×3 kernel fill a quarter of a second-level cache.
const GROUPS: usize = 4;
/// Output channels of an item.
const CHANNELS: usize = 64;
/// The same with matrix tiles, beside which packing the inputs once more takes long.
const CHANNELS_OF_TILES: usize = 256;
/// Output pixels of a block: their packed values take another half of the cache.
const BLOCK_PIXELS: usize = 384;
/// Fewer rows than this would mostly pack the rows around them.
const BLOCK_ROWS: usize = 4;
/// With fewer items than this, output rows are split into parts.
const FEWEST_ITEMS: usize = 16;
/// Up to so many output channels are broadcast.
pub(super) const FEW_OUTPUTS: usize = 4;
/// Values that tiles may read past the end of packed rows.
const SLACK: usize = 128;

/// How the gradients and sums are laid out.
#[derive(Debug, Clone, Copy)]
struct Layout {
    /// Channels of a group; fewer than 16 if there are no more.
    group: usize,
    groups: usize,
    taps: [usize; 2],
    /// Values of a run.
    run: usize,
    /// Values of the sums of a run, in a tile's order.
    run_sums: usize,
    /// Output channels of a panel.
    width: usize,
    panels: usize,
    /// Whether the gradients are broadcast.
    few: bool,
    /// Pixels of a step where matrix tiles are used: then packed rows of inputs are transposed.
    tile_step: Option<usize>,
}

impl Layout {
    fn new(pass: &Pass, isa: Isa) -> Self {
        let group = pass.in_channels.min(GROUP);
        let taps = [pass.rows.taps, pass.columns.taps];
        let run = taps[1] * group;
        let few = pass.out_channels <= FEW_OUTPUTS;
        let width = if few { pass.out_channels } else { 2 * isa.lanes() };
        let run_sums = run * width;
        let panels = pass.out_channels.div_ceil(width);
        let fits_tiles = isa == Isa::Amx
            && pass.precision == Precision::Bf16
            && group == GROUP
            && !few
            && (1..=MOST_TAPS).contains(&taps[1]);
        let tile_step = fits_tiles.then(|| pixels_of_step(pass.columns.count)).flatten();
        Self {
            group,
            groups: pass.in_channels.div_ceil(group),
            taps,
            run,
            run_sums,
            width,
            panels,
            few,
            tile_step,
        }
    }

    /// Values of the sums of one group and panel.
    fn cell(&self) -> usize {
        self.taps[0] * self.run_sums
    }

    /// Values of a packed row of one group.
    fn packed_row(&self, columns: &Axis) -> usize {
        let pixels = columns.packed_len(columns.count);
        let phases = if self.tile_step.is_some() { columns.packed_stride() } else { 1 };
        pixels.next_multiple_of(phases) * self.group
    }

    fn len(&self) -> usize {
        self.panels * self.groups * self.cell()
    }

    /// Where the sum of the first tap of a kernel row lies for an output and an input channel, and the distance of
    /// the next tap's.
    fn index(&self, output: usize, input: usize, down: usize) -> [usize; 2] {
        let cell = (output / self.width * self.groups + input / self.group) * self.cell();
        let start = cell + down * self.run_sums;
        let (output, input) = (output % self.width, input % self.group);
        if self.few {
            [start + output * self.run + input, self.group]
        } else {
            [start + input * self.width + output, self.group * self.width]
        }
    }
}

/// The sums over a part of the rows for a chunk of groups and panels.
struct Item<'a> {
    /// An image of it is a pair of images in bf16.
    pass: &'a Pass,
    /// Number of images.
    images: usize,
    layout: &'a Layout,
    isa: Isa,
    x: &'a Source<'a>,
    dy: &'a [f32],
    groups: Range<usize>,
    panels: Range<usize>,
    /// Output rows of all images, one image after the other.
    rows: Range<usize>,
}

/// `pass` is that of the forward convolution.
pub(super) fn run(pass: &Pass, isa: Isa, x: &Source, dy: &[f32], dw: &mut [f32]) {
    let layout = Layout::new(pass, isa);
    let images = pass.batch;
    let pass = &Pass { batch: pass.precision.packed(images), ..*pass };
    let channels = if layout.tile_step.is_some() { CHANNELS_OF_TILES } else { CHANNELS };
    let panels_of_item = (channels / layout.width).max(1);
    let chunks = [layout.groups.div_ceil(GROUPS), layout.panels.div_ceil(panels_of_item)];
    let rows = pass.batch * pass.rows.count;
    let blocks = rows.div_ceil(block_rows(pass));
    let parts = FEWEST_ITEMS.div_ceil(chunks[0] * chunks[1]).min(blocks);
    let mut sums = BufferPool::global().take(parts * layout.len());
    let shared = Shared::new(&mut sums);
    (0..parts * chunks[0] * chunks[1]).into_par_iter().with_max_len(1).for_each(|item| {
        let (part, chunk) = (item / (chunks[0] * chunks[1]), item % (chunks[0] * chunks[1]));
        let (groups, panels) = (chunk / chunks[1], chunk % chunks[1]);
        let item = Item {
            pass,
            images,
            layout: &layout,
            isa,
            x,
            dy,
            groups: groups * GROUPS..layout.groups.min((groups + 1) * GROUPS),
            panels: panels * panels_of_item..layout.panels.min((panels + 1) * panels_of_item),
            rows: part * rows / parts..(part + 1) * rows / parts,
        };
        // SAFETY: the cells of this item's groups and panels in its part of the sums, which no other item touches.
        unsafe { item.run(&shared, part * layout.len()) }
    });
    add_parts(pass, &layout, &sums, dw);
}

fn block_rows(pass: &Pass) -> usize {
    BLOCK_PIXELS.div_ceil(pass.columns.count).max(BLOCK_ROWS)
}

/// The gradient in PyTorch's order from the sums of all parts.
fn add_parts(pass: &Pass, layout: &Layout, sums: &[f32], dw: &mut [f32]) {
    let [down, across] = layout.taps;
    let row = pass.in_channels * down * across;
    let lane_step = if layout.few { layout.run } else { 1 };
    dw.par_chunks_mut(layout.width * row).enumerate().for_each(|(panel, dw)| {
        let outputs = dw.len() / row;
        for index in 0..pass.in_channels * down {
            let [start, step] = layout.index(panel * layout.width, index / down, index % down);
            for column in 0..across {
                let sums = &sums[start + column * step..];
                let at = index * across + column;
                for lane in 0..outputs {
                    let parts = sums[lane * lane_step..].iter().step_by(layout.len());
                    dw[lane * row + at] = parts.sum();
                }
            }
        }
    });
}

impl Item<'_> {
    /// # Safety
    /// No one else may access the item's cells of `sums`, whose part begins at `part`.
    unsafe fn run(&self, sums: &Shared, part: usize) {
        let step = block_rows(self.pass);
        let mut add = false;
        for first in self.rows.clone().step_by(step) {
            let rows = first..self.rows.end.min(first + step);
            self.with_packed(rows, |x, dy, plane| {
                for panel in self.panels.clone() {
                    for group in self.groups.clone() {
                        // SAFETY: the caller's promise.
                        unsafe { self.multiply([panel, group], x, dy, plane, add, sums, part) }
                    }
                }
            });
            add = true;
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what is shared by the cells of a block")]
    unsafe fn multiply(
        &self,
        [panel, group]: [usize; 2],
        x: &[f32],
        dy: &[f32],
        plane: &Plane,
        add: bool,
        sums: &Shared,
        part: usize,
    ) {
        let layout = self.layout;
        let x_len = (x.len() - SLACK) / self.groups.len();
        let x = &x[(group - self.groups.start) * x_len..];
        let dy_len = (dy.len() - SLACK) / self.panels.len();
        let dy = &dy[(panel - self.panels.start) * dy_len..];
        for down in 0..layout.taps[0] {
            let start = (panel * layout.groups + group) * layout.cell() + down * layout.run_sums;
            // SAFETY: the caller's promise.
            let sums = unsafe { sums.slice(part + start, layout.run_sums) };
            if let Some(step) = layout.tile_step {
                let stride = self.pass.columns.packed_stride();
                let (row, taps) = (plane.tap_row, layout.taps[1]);
                let (starts, columns) = (&plane.starts[..], plane.columns);
                TiledOuter { x, dy, starts, columns, row, stride, down, taps, step, add }
                    .add_to(sums);
                continue;
            }
            let outputs = self.pass.out_channels - panel * layout.width;
            let (run, width) = (layout.run, layout.width);
            let precision = self.pass.precision;
            let outer = Outer { precision, x, dy, plane, down, run, width, gradient: width, add };
            outer.add_to(self.isa, layout.few, outputs.min(layout.width), sums);
        }
    }

    /// Calls `work` with the packed inputs `[groups, packed rows, packed columns, group]`, gradients
    /// `[panels, rows, columns, width]`, and how they go together.
    fn with_packed(&self, rows: Range<usize>, work: impl FnOnce(&[f32], &[f32], &Plane)) {
        let (layout, pass) = (self.layout, self.pass);
        let height = pass.rows.count;
        let row = layout.packed_row(&pass.columns);
        let images = rows.start / height..rows.end.div_ceil(height);
        let rows_of = |image: usize| {
            rows.start.max(image * height) - image * height
                ..rows.end.min((image + 1) * height) - image * height
        };
        let packed_rows: usize =
            images.clone().map(|image| pass.rows.packed_len(rows_of(image).len())).sum();
        let x_len = packed_rows * row;
        let pixels = rows.len() * pass.columns.count;
        let mut starts = Vec::with_capacity(rows.len());
        scratch::with(self.groups.len() * x_len + SLACK, |x| {
            scratch::with(self.panels.len() * pixels * layout.width + SLACK, |dy| {
                let mut at = 0;
                for image in images {
                    let of_image = rows_of(image);
                    let count = pass.rows.packed_len(of_image.len());
                    let skipped = of_image.start * pass.rows.packed_stride();
                    for index in 0..count {
                        self.pack_row(image, skipped + index, x_len, &mut x[at + index * row..]);
                    }
                    let dy_at = starts.len() * pass.columns.count * layout.width;
                    self.pack_gradients(image, &of_image, pixels, &mut dy[dy_at..]);
                    let step = pass.rows.packed_stride() * row;
                    starts.extend((0..of_image.len()).map(|index| at + index * step));
                    at += count * row;
                }
                let plane = Plane {
                    starts,
                    columns: pass.columns.count,
                    tap_row: row,
                    pixel: pass.columns.packed_stride() * layout.group,
                };
                work(x, dy, &plane);
            });
        });
    }

    /// One packed row of each group, `distance` values apart.
    fn pack_row(&self, image: usize, packed: usize, distance: usize, to: &mut [f32]) {
        let columns = &self.pass.columns;
        let len = self.layout.packed_row(columns);
        match self.pass.rows.source_of(packed) {
            Some(at) if self.layout.tile_step.is_some() => {
                self.with_rows(image, at, |from, second| {
                    self.pack_transposed(from, second, distance, to);
                });
            }
            Some(at) => self.with_rows(image, at, |from, second| {
                for (index, group) in self.groups.clone().enumerate() {
                    let to = &mut to[index * distance..][..len];
                    match self.pass.precision {
                        Precision::F32 => self.pack_group(group, from, to),
                        Precision::Bf16 => self.pair_group(group, from, second, to),
                    }
                }
            }),
            None => {
                for index in 0..self.groups.len() {
                    to[index * distance..][..len].fill(0.0);
                }
            }
        }
    }

    /// The packed row of each group, transposed. All groups are read at once: their channels lie side by side.
    fn pack_transposed(
        &self,
        from: &[f32],
        second: Option<&[f32]>,
        distance: usize,
        to: &mut [f32],
    ) {
        let (columns, channels) = (&self.pass.columns, self.pass.in_channels);
        let len = self.layout.packed_row(columns);
        let width = self.groups.len() * GROUP;
        scratch::with(len / GROUP * width, |row| {
            if let Some((pixel, row)) = columns.without_padding(width, row) {
                let first = self.groups.start * GROUP;
                let start = pixel * channels + first;
                let values = width.min(channels - first);
                let runs =
                    Runs { from: &from[start..], distance: columns.skip() * channels, values };
                let second = second.map(|second| &second[start..]);
                pairs::twins(self.isa, runs, second, width, row);
            }
            for index in 0..self.groups.len() {
                let to = &mut to[index * distance..][..len];
                let phases = columns.packed_stride();
                pairs::transpose(self.isa, &row[index * GROUP..], width, phases, to);
            }
        });
    }

    /// Calls `work` with a source row, and in bf16 with that of the other image of the pair, if there is one.
    fn with_rows(&self, image: usize, row: usize, work: impl FnOnce(&[f32], Option<&[f32]>)) {
        let x = self.x;
        match self.pass.precision {
            Precision::F32 => x.with_row(image, row, |from| work(from, None)),
            Precision::Bf16 => x.with_row(2 * image, row, |from| match 2 * image + 1 {
                other if other < self.images => {
                    x.with_row(other, row, |second| work(from, Some(second)));
                }
                _ => work(from, None),
            }),
        }
    }

    /// The packed row of a group from those of two images.
    fn pair_group(&self, group: usize, from: &[f32], second: Option<&[f32]>, to: &mut [f32]) {
        let (columns, channels) = (&self.pass.columns, self.pass.in_channels);
        let width = self.layout.group;
        let Some((pixel, to)) = columns.without_padding(width, to) else { return };
        let start = pixel * channels + group * width;
        let runs = Runs {
            from: &from[start..],
            distance: columns.skip() * channels,
            values: width.min(channels - group * width),
        };
        pairs::twins(self.isa, runs, second.map(|second| &second[start..]), width, to);
    }

    /// The packed row of a group from a source row.
    fn pack_group(&self, group: usize, from: &[f32], to: &mut [f32]) {
        let (pass, channels, width) = (self.pass, self.pass.in_channels, self.layout.group);
        if width == channels && pass.columns.is_dense() {
            pass.pack_row(self.isa, from, to);
            return;
        }
        let first = group * width;
        let count = width.min(channels - first);
        for (column, to) in to.chunks_exact_mut(width).enumerate() {
            match pass.columns.source_of(column) {
                Some(at) if count == GROUP => {
                    to.copy_from_slice(&from[at * channels + first..][..GROUP]);
                }
                Some(at) => {
                    to[..count].copy_from_slice(&from[at * channels + first..][..count]);
                    to[count..].fill(0.0);
                }
                None => to.fill(0.0),
            }
        }
    }

    /// The gradients of some rows of an image in each panel, which are `distance` pixels apart.
    fn pack_gradients(&self, image: usize, rows: &Range<usize>, distance: usize, to: &mut [f32]) {
        let (width, channels) = (self.layout.width, self.pass.out_channels);
        let row = self.pass.columns.count * channels;
        let of = |image: usize| {
            let start = image * self.pass.rows.count * row;
            &self.dy[start + rows.start * row..start + rows.end * row]
        };
        let len = rows.len() * self.pass.columns.count * width;
        for (index, panel) in self.panels.clone().enumerate() {
            let first = panel * width;
            let to = &mut to[index * distance * width..][..len];
            let values = width.min(channels - first);
            match self.pass.precision {
                Precision::F32 => copy_panel(of(image), first, [channels, values, width], to),
                Precision::Bf16 => {
                    let from = &of(2 * image)[first..];
                    let second = 2 * image + 1;
                    let second = (second < self.images).then(|| &of(second)[first..]);
                    let runs = Runs { from, distance: channels, values };
                    pairs::twins(self.isa, runs, second, width, to);
                }
            }
        }
    }
}

/// The gradients of a panel: of each pixel's `channels` the `count` from `first` on, then zeros up to `width`.
fn copy_panel(from: &[f32], first: usize, [channels, count, width]: [usize; 3], to: &mut [f32]) {
    if width == channels {
        to.copy_from_slice(from);
        return;
    }
    for (to, from) in to.chunks_exact_mut(width).zip(from.chunks_exact(channels)) {
        if count == GROUP && width == GROUP {
            to[..GROUP].copy_from_slice(&from[first..first + GROUP]);
        } else {
            to[..count].copy_from_slice(&from[first..first + count]);
            to[count..].fill(0.0);
        }
    }
}
