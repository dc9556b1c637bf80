//! How the output of a convolution is cut into blocks of pixels, by shape alone.

use std::ops::Range;

use super::Geometry;

/// Values of a gathered patch matrix that stay in a second-level cache beside the weights.
const PATCH_VALUES: usize = 96 * 1024;
/// Fewer pixels than this do not pay for reading the weights.
const FEWEST_PIXELS: usize = 128;

/// Output rows of some images: all rows when there are several images.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) images: Range<usize>,
    pub(super) rows: Range<usize>,
}

impl Block {
    /// Output pixels of the block.
    pub(super) fn pixels(&self, geometry: &Geometry) -> usize {
        self.images.len() * self.rows.len() * geometry.out_width
    }
}

/// Blocks of about as many pixels as patches of `depth` values fit into the cache, and at most about `most`.
pub(super) fn blocks(geometry: &Geometry, depth: usize, most: usize) -> Vec<Block> {
    let pixels = (PATCH_VALUES / depth).clamp(FEWEST_PIXELS, most);
    let plane = geometry.out_plane();
    let batch = geometry.shape.batch;
    // Patches of several images cannot be read from the input itself.
    if plane * 2 <= pixels && !geometry.is_pointwise() {
        let images = even_chunks(batch, pixels / plane);
        return images.map(|images| Block { images, rows: 0..geometry.out_height }).collect();
    }
    let rows = (pixels / geometry.out_width).max(1);
    let bands = |image| {
        even_chunks(geometry.out_height, rows)
            .map(move |rows| Block { images: image..image + 1, rows })
    };
    (0..batch).flat_map(bands).collect()
}

/// `0..len` cut into the fewest ranges of at most `most`, as equal as possible.
pub(super) fn even_chunks(len: usize, most: usize) -> impl Iterator<Item = Range<usize>> + Clone {
    even_parts(len, len.div_ceil(most))
}

/// `0..len` cut into `parts` ranges, as equal as possible.
pub(super) fn even_parts(len: usize, parts: usize) -> impl Iterator<Item = Range<usize>> + Clone {
    (0..parts).map(move |part| part * len / parts..(part + 1) * len / parts)
}
