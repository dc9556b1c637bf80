//! Stored channels before colour management.

use super::DecodeNote;
use crate::image::Size;

/// Meaning of the interleaved channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channels {
    Gray,
    GrayAlpha,
    Rgb,
    Rgba,
    /// Ink amounts: 0 is no ink.
    Cmyk,
}

impl Channels {
    pub(super) fn count(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::GrayAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk => 4,
        }
    }
}

/// Sample values.
pub(super) enum Samples {
    U8(Vec<u8>),
    U16(Vec<u16>),
}

/// Interleaved channels `[height, width, channels]`.
pub(super) struct Raster {
    pub(super) size: Size,
    pub(super) channels: Channels,
    pub(super) samples: Samples,
}

impl Raster {
    /// Drops the alpha channel, noting it if it said anything.
    pub(super) fn without_alpha(self, notes: &mut Vec<DecodeNote>) -> Self {
        let Self { size, channels, samples } = self;
        let opaque_channels = match channels {
            Channels::GrayAlpha => Channels::Gray,
            Channels::Rgba => Channels::Rgb,
            _ => return Self { size, channels, samples },
        };
        let count = channels.count();
        let (samples, transparent) = match samples {
            Samples::U8(values) => {
                let (values, transparent) = drop_last(&values, count, u8::MAX);
                (Samples::U8(values), transparent)
            }
            Samples::U16(values) => {
                let (values, transparent) = drop_last(&values, count, u16::MAX);
                (Samples::U16(values), transparent)
            }
        };
        if transparent {
            notes.push(DecodeNote::AlphaDropped);
        }
        Self { size, channels: opaque_channels, samples }
    }
}

/// The values without every `count`-th one, and whether any of those was below `opaque`.
fn drop_last<T: Copy + PartialEq>(values: &[T], count: usize, opaque: T) -> (Vec<T>, bool) {
    let mut kept = Vec::with_capacity(values.len() / count * (count - 1));
    let mut transparent = false;
    for pixel in values.chunks_exact(count) {
        kept.extend_from_slice(&pixel[..count - 1]);
        transparent |= pixel[count - 1] != opaque;
    }
    (kept, transparent)
}
