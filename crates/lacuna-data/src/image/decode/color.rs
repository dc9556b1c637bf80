//! Stored channels to 8-bit sRGB, through the embedded ICC profile where there is one.

use std::fmt::Display;

use moxcms::{
    ColorProfile, DataColorSpace, Layout, ProfileText, TransformExecutor, TransformOptions,
};

use super::DecodeNote;
use super::raster::{Channels, Raster, Samples};

/// Pixels converted at a time, so that no second copy of a large picture is needed.
const BLOCK: usize = 1 << 16;

/// Converts to interleaved sRGB bytes, noting what was done.
pub(super) fn to_srgb(
    raster: Raster,
    profile: Option<&[u8]>,
    notes: &mut Vec<DecodeNote>,
) -> Vec<u8> {
    let Raster { channels, samples, .. } = raster;
    if matches!(samples, Samples::U16(_)) {
        notes.push(DecodeNote::SixteenBit);
    }
    let converted = profile.and_then(|bytes| match convert(bytes, channels, &samples) {
        Ok(Conversion::Changed { name, rgb }) => {
            notes.push(DecodeNote::ProfileConverted(name));
            Some(rgb)
        }
        Ok(Conversion::AlreadySrgb) => None,
        Err(reason) => {
            notes.push(DecodeNote::ProfileIgnored(reason));
            None
        }
    });
    if channels == Channels::Cmyk {
        notes.push(DecodeNote::Cmyk { with_profile: converted.is_some() });
    }
    converted.unwrap_or_else(|| plain(channels, samples))
}

enum Conversion {
    AlreadySrgb,
    Changed { name: String, rgb: Vec<u8> },
}

fn convert(bytes: &[u8], channels: Channels, samples: &Samples) -> Result<Conversion, String> {
    let profile = ColorProfile::new_from_slice(bytes).map_err(|e| text(&e))?;
    let layout = layout_for(&profile, channels)?;
    let srgb = ColorProfile::new_srgb();
    let options = TransformOptions::default();
    let eight =
        profile.create_transform_8bit(layout, &srgb, Layout::Rgb, options).map_err(|e| text(&e))?;
    if channels != Channels::Cmyk && is_identity(eight.as_ref(), channels)? {
        return Ok(Conversion::AlreadySrgb);
    }
    let rgb = match samples {
        Samples::U8(values) => transform(eight.as_ref(), values, channels, |v| v)?,
        Samples::U16(values) => {
            let sixteen = profile
                .create_transform_16bit(layout, &srgb, Layout::Rgb, options)
                .map_err(|e| text(&e))?;
            transform(sixteen.as_ref(), values, channels, narrow)?
        }
    };
    Ok(Conversion::Changed { name: name_of(&profile), rgb })
}

/// How the transform reads the channels; an error if the profile is for other channels.
fn layout_for(profile: &ColorProfile, channels: Channels) -> Result<Layout, String> {
    match (profile.color_space, channels) {
        (DataColorSpace::Rgb, Channels::Rgb) => Ok(Layout::Rgb),
        (DataColorSpace::Gray, Channels::Gray) => Ok(Layout::Gray),
        // the library takes CMYK in the four-channel layout
        (DataColorSpace::Cmyk, Channels::Cmyk) => Ok(Layout::Rgba),
        (space, channels) => Err(format!("a profile for {space:?} on a {channels:?} picture")),
    }
}

/// Whether the transform leaves a grid of colours where they are, within rounding: then it is sRGB
/// under another name, and converting would only add rounding noise.
fn is_identity(
    transform: &(dyn TransformExecutor<u8> + Send + Sync),
    channels: Channels,
) -> Result<bool, String> {
    let levels = || (0..=255u16).step_by(15).map(|v| v as u8);
    let colors =
        levels().flat_map(|r| levels().flat_map(move |g| levels().flat_map(move |b| [r, g, b])));
    let (probe, expected): (Vec<u8>, Vec<u8>) = if channels == Channels::Gray {
        (levels().collect(), levels().flat_map(|v| [v; 3]).collect())
    } else {
        (colors.clone().collect(), colors.collect())
    };
    let mut found = vec![0; expected.len()];
    transform.transform(&probe, &mut found).map_err(|e| text(&e))?;
    Ok(found.iter().zip(&expected).all(|(a, b)| a.abs_diff(*b) <= 2))
}

fn transform<T: Copy + Default>(
    transform: &(dyn TransformExecutor<T> + Send + Sync),
    values: &[T],
    channels: Channels,
    to_byte: impl Fn(T) -> u8,
) -> Result<Vec<u8>, String> {
    let count = channels.count();
    let mut rgb = Vec::with_capacity(values.len() / count * 3);
    let mut block = Vec::new();
    for input in values.chunks(BLOCK * count) {
        block.clear();
        block.resize(input.len() / count * 3, T::default());
        transform.transform(input, &mut block).map_err(|e| text(&e))?;
        rgb.extend(block.iter().map(|v| to_byte(*v)));
    }
    Ok(rgb)
}

/// Channels to RGB without a profile: as stored.
fn plain(channels: Channels, samples: Samples) -> Vec<u8> {
    let bytes = match samples {
        Samples::U8(values) => values,
        Samples::U16(values) => values.into_iter().map(narrow).collect(),
    };
    match channels {
        Channels::Gray => bytes.iter().flat_map(|v| [*v; 3]).collect(),
        Channels::Cmyk => bytes.chunks_exact(4).flat_map(ink_to_rgb).collect(),
        _ => bytes,
    }
}

/// Ink amounts to light: each ink and the black take their share away.
fn ink_to_rgb(ink: &[u8]) -> [u8; 3] {
    let paper = 255 - u32::from(ink[3]);
    let light = |i: usize| (((255 - u32::from(ink[i])) * paper + 127) / 255) as u8;
    [light(0), light(1), light(2)]
}

/// 16 bits to 8, rounded: 0 stays 0 and 65535 becomes 255.
fn narrow(value: u16) -> u8 {
    ((u32::from(value) * 255 + 32_767) / 65_535) as u8
}

fn name_of(profile: &ColorProfile) -> String {
    let name = match &profile.description {
        Some(ProfileText::PlainString(name)) => name.clone(),
        Some(ProfileText::Localizable(names)) => {
            names.first().map(|n| n.value.clone()).unwrap_or_default()
        }
        Some(ProfileText::Description(d)) => d.ascii_string.clone(),
        None => String::new(),
    };
    let clean: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
    if clean.trim().is_empty() { "an unnamed profile".to_owned() } else { clean.trim().to_owned() }
}

fn text(error: &impl Display) -> String {
    error.to_string()
}
