//! Pictures with masks, annotations, errors and heat maps on them.
//!
//! Everything is drawn at the picture's own resolution; lines and patterns grow with the picture, so
//! that they are still there after it is reduced for display. All maps and masks are row by row and
//! of the picture's size.

mod annotation;
pub(crate) mod pattern;

pub use annotation::{AnnotationStyle, annotation_overlay};

use lacuna_data::{BinaryMask, ClassSet, Image, Size};

use crate::color::{ColorMap, gray, mix};
use crate::error::{ReportError, check_length, check_size};
use pattern::{Pattern, unit};

/// Colour of pixels found and there, in [`error_map`]: bluish green.
pub const TRUE_POSITIVE: [u8; 3] = [0, 158, 115];
/// Colour of pixels found but not there: vermilion.
pub const FALSE_POSITIVE: [u8; 3] = [213, 94, 0];
/// Colour of pixels there but not found: sky blue, striped.
pub const FALSE_NEGATIVE: [u8; 3] = [86, 180, 233];

/// How masks are drawn on a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OverlayStyle {
    /// Opacity of the filling, 0 to 1.
    pub alpha: f32,
    /// Whether the border of each mask is drawn.
    pub contour: bool,
}

impl Default for OverlayStyle {
    fn default() -> Self {
        Self { alpha: 0.4, contour: true }
    }
}

/// The picture with one mask a class in the class's colour.
pub fn mask_overlay(
    image: &Image,
    classes: &ClassSet,
    masks: &[BinaryMask],
    style: OverlayStyle,
) -> Result<Image, ReportError> {
    check_masks(image.size(), classes, masks)?;
    let mut out = image.clone();
    for (class, mask) in classes.classes().iter().zip(masks) {
        let pattern = Pattern::Solid(style.alpha);
        pattern.paint(&mut out, mask.values(), class.color, style.contour);
    }
    Ok(out)
}

/// The classes' colours on black (the paper's Fig. 4); where classes overlap, their mean.
pub fn segmentation_picture(
    classes: &ClassSet,
    masks: &[BinaryMask],
) -> Result<Image, ReportError> {
    let size = masks.first().map_or(Size::new(0, 0), BinaryMask::size);
    check_masks(size, classes, masks)?;
    let mut out = Image::filled(size, [0; 3]);
    for (p, pixel) in out.rgb_mut().chunks_exact_mut(3).enumerate() {
        let layers = classes.classes().iter().zip(masks);
        let colors = layers.filter(|(_, mask)| mask.values()[p]).map(|(class, _)| class.color);
        pixel.copy_from_slice(&mean(colors));
    }
    Ok(out)
}

fn mean(colors: impl Iterator<Item = [u8; 3]>) -> [u8; 3] {
    let mut sum = [0_u32; 3];
    let mut count = 0;
    for color in colors {
        count += 1;
        for (sum, channel) in sum.iter_mut().zip(color) {
            *sum += u32::from(channel);
        }
    }
    sum.map(|sum| sum.checked_div(count).unwrap_or(0) as u8)
}

/// What one class got right and wrong: [`TRUE_POSITIVE`], [`FALSE_POSITIVE`] and
/// [`FALSE_NEGATIVE`] on a grey picture; pixels that are not known are dark and never an error.
pub fn error_map(
    image: &Image,
    prediction: &[bool],
    reference: &[bool],
    known: Option<&[bool]>,
) -> Result<Image, ReportError> {
    let size = image.size();
    check_length("the prediction", size.area(), prediction.len())?;
    check_length("the reference", size.area(), reference.len())?;
    if let Some(known) = known {
        check_length("the mask of known pixels", size.area(), known.len())?;
    }
    let known = |p: usize| known.is_none_or(|known| known[p]);
    let mut out = image.clone();
    for (p, pixel) in out.rgb_mut().chunks_exact_mut(3).enumerate() {
        let luma = [gray([pixel[0], pixel[1], pixel[2]]); 3];
        pixel.copy_from_slice(&mix(luma, [0; 3], if known(p) { 0.15 } else { 0.6 }));
    }
    let layers: [(Pattern, [u8; 3], bool, bool); 3] = [
        (Pattern::Solid(0.55), TRUE_POSITIVE, true, true),
        (Pattern::Solid(0.85), FALSE_POSITIVE, true, false),
        (Pattern::Stripes { phase: 0, of: 1 }, FALSE_NEGATIVE, false, true),
    ];
    for (pattern, color, predicted, real) in layers {
        let mask: Vec<bool> = (0..size.area())
            .map(|p| known(p) && prediction[p] == predicted && reference[p] == real)
            .collect();
        pattern.paint(&mut out, &mask, color, !predicted);
    }
    Ok(out)
}

/// A map of numbers as colours, `range` from the first to the last colour; what is not a number is
/// a grey chequerboard.
pub fn heatmap(
    values: &[f32],
    size: Size,
    range: [f32; 2],
    map: ColorMap,
) -> Result<Image, ReportError> {
    check_length("the map", size.area(), values.len())?;
    let mut out = Image::filled(size, [0; 3]);
    let unit = unit(size);
    let width = size.width.max(1);
    for (p, pixel) in out.rgb_mut().chunks_exact_mut(3).enumerate() {
        let color = if values[p].is_nan() {
            let dark = pattern::chequered(p % width, p / width, unit);
            [if dark { 110 } else { 150 }; 3]
        } else {
            map.color(share(values[p], range))
        };
        pixel.copy_from_slice(&color);
    }
    Ok(out)
}

fn share(value: f32, [lo, hi]: [f32; 2]) -> f32 {
    if hi > lo { (value - lo) / (hi - lo) } else { 0.0 }
}

/// The smallest and largest finite value of a map; `None` if there is none.
pub fn value_range(values: &[f32]) -> Option<[f32; 2]> {
    let finite = values.iter().copied().filter(|value| value.is_finite());
    finite.fold(None, |range, value| {
        let [lo, hi] = range.unwrap_or([value; 2]);
        Some([lo.min(value), hi.max(value)])
    })
}

pub(crate) fn check_masks(
    size: Size,
    classes: &ClassSet,
    masks: &[BinaryMask],
) -> Result<(), ReportError> {
    check_length("the list of masks", classes.len(), masks.len())?;
    for (class, mask) in classes.classes().iter().zip(masks) {
        check_size(&format!("the mask of `{}`", class.name), size, mask.size())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lacuna_data::Class;

    pub(super) fn classes() -> ClassSet {
        let class = |name: &str, color| Class { name: name.to_owned(), color };
        let group = [vec!["gum".to_owned(), "teeth".to_owned()]];
        let classes = vec![class("gum", [255, 0, 0]), class("teeth", [0, 255, 0])];
        ClassSet::new(classes, &group, &[]).unwrap()
    }

    fn mask(size: Size, text: &str) -> BinaryMask {
        BinaryMask::new(size, text.chars().map(|c| c == '#').collect()).unwrap()
    }

    #[test]
    fn fig4_has_class_colours_on_black() {
        let size = Size::new(4, 1);
        let masks = [mask(size, "##.."), mask(size, ".##.")];
        let picture = segmentation_picture(&classes(), &masks).unwrap();
        let expected = [[255, 0, 0], [127, 127, 0], [0, 255, 0], [0, 0, 0]];
        assert_eq!(picture.rgb(), expected.concat());
    }

    #[test]
    fn an_overlay_leaves_the_rest_of_the_picture_alone() {
        let size = Size::new(6, 6);
        let image = Image::filled(size, [100, 100, 100]);
        let text = "#####.#####.#####.#####.#####.......";
        let masks = [mask(size, text), BinaryMask::empty(size)];
        let style = OverlayStyle { alpha: 0.5, contour: true };
        let out = mask_overlay(&image, &classes(), &masks, style).unwrap();
        assert_eq!(out.pixel(5, 0), [100, 100, 100]);
        assert_eq!(out.pixel(2, 2), [178, 50, 50]); // inside: half of each
        assert_eq!(out.pixel(4, 2), [255, 0, 0]); // at the border: the contour
    }

    #[test]
    fn errors_are_told_apart_and_unknown_pixels_are_none() {
        let size = Size::new(5, 1);
        let image = Image::filled(size, [200, 200, 200]);
        let prediction = [true, true, false, false, true];
        let reference = [true, false, true, false, false];
        let known = [true, true, true, true, false];
        let out = error_map(&image, &prediction, &reference, Some(&known)).unwrap();
        assert_eq!(out.pixel(0, 0), mix([170; 3], TRUE_POSITIVE, 0.55));
        assert_eq!(out.pixel(3, 0), [170; 3]); // right about nothing: the grey picture
        assert_eq!(out.pixel(4, 0), [80; 3]); // unknown: dark, although "predicted"
        assert_eq!(out.pixel(1, 0), mix([170; 3], FALSE_POSITIVE, 0.85));
        assert_eq!(out.pixel(2, 0), FALSE_NEGATIVE);
    }

    #[test]
    fn heat_maps_reach_both_ends() {
        let size = Size::new(4, 1);
        let out = heatmap(&[0.0, 2.0, f32::NAN, 9.0], size, [0.0, 2.0], ColorMap::Gray).unwrap();
        assert_eq!(out.pixel(0, 0), [0; 3]);
        assert_eq!(out.pixel(1, 0), [255; 3]);
        assert_ne!(out.pixel(2, 0), [0; 3]); // not a number is neither end
        assert_eq!(out.pixel(3, 0), [255; 3]); // beyond the range: the end
        assert!(heatmap(&[0.0], size, [0.0, 1.0], ColorMap::Gray).is_err());
        let flat = heatmap(&[3.0; 4], size, [3.0, 3.0], ColorMap::Gray).unwrap();
        assert_eq!(flat.pixel(0, 0), [0; 3]); // a flat map has no range to divide by
    }

    #[test]
    fn ranges_skip_what_is_not_finite() {
        assert_eq!(value_range(&[f32::NAN, 2.0, -1.0, f32::INFINITY]), Some([-1.0, 2.0]));
        assert_eq!(value_range(&[f32::NAN]), None);
        assert_eq!(value_range(&[]), None);
    }

    #[test]
    fn masks_of_another_size_are_named() {
        let image = Image::filled(Size::new(4, 1), [0; 3]);
        let masks = [mask(Size::new(4, 1), "...."), mask(Size::new(2, 1), "..")];
        let error = mask_overlay(&image, &classes(), &masks, OverlayStyle::default()).unwrap_err();
        assert_eq!(error.to_string(), "the mask of `teeth` is 2×1, but the picture is 4×1");
        let error = mask_overlay(&image, &classes(), &masks[..1], OverlayStyle::default());
        assert!(error.unwrap_err().to_string().contains("1 values, but 2"));
    }
}
