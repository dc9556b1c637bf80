//! What was painted, what was said *not* to be, and where nobody said anything.

use lacuna_data::annotation::{Role, Ternary};
use lacuna_data::{Annotation, ClassSet, Image, Region, Size};

use super::pattern::{Pattern, unit};
use crate::canvas;
use crate::color::{gray, mix};
use crate::error::{ReportError, check_length, check_size};

/// How an annotation is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnnotationStyle {
    /// Opacity of what was painted, 0 to 1.
    pub alpha: f32,
    /// Whether pixels nobody said anything about are shown darker and greyer.
    pub dim_unknown: bool,
    /// Whether regions are outlined.
    pub regions: bool,
}

impl Default for AnnotationStyle {
    fn default() -> Self {
        Self { alpha: 0.5, dim_unknown: false, regions: true }
    }
}

/// The picture with its annotation (the paper's Fig. 2).
///
/// Painted: the class's colour with a contour; paler where a model suggested it. Painted as *not* the class: stripes in its colour
/// (black and white where no class is left: a *neither* stroke). Painted as two exclusive classes: a
/// yellow and black chequerboard. Regions: outlined, an expert's with a whole line, a non-expert's
/// dashed, a model's dotted. Declared background is not striped, as it would cover everything.
pub fn annotation_overlay(
    image: &Image,
    classes: &ClassSet,
    annotation: &Annotation,
    style: AnnotationStyle,
) -> Result<Image, ReportError> {
    check_length("the list of masks", classes.len(), annotation.masks.len())?;
    for (class, mask) in classes.classes().iter().zip(&annotation.masks) {
        check_size(&format!("the mask of `{}`", class.name), image.size(), mask.size())?;
    }
    let mut out = image.clone();
    if style.dim_unknown {
        dim(&mut out, &pixels(annotation, |said| said.iter().all(|s| *s == Ternary::Unknown)));
    }
    paint_negatives(&mut out, classes, annotation);
    for (c, class) in classes.classes().iter().enumerate() {
        let mut painted = pixels(annotation, |said| said[c] == Ternary::Positive);
        let accepted = take_suggested(&mut painted, annotation, c);
        Pattern::Solid(style.alpha).paint(&mut out, &painted, class.color, true);
        Pattern::Solid(style.alpha * 0.4).paint(&mut out, &accepted, class.color, true);
    }
    Pattern::Chequers.paint(&mut out, &conflicts(classes, annotation), [240, 228, 66], false);
    if style.regions {
        for region in &annotation.regions {
            outline(&mut out, region);
        }
    }
    Ok(out)
}

/// The pixels at which what was said about all classes fulfils a condition.
fn pixels(annotation: &Annotation, holds: impl Fn(&[Ternary]) -> bool) -> Vec<bool> {
    let area = annotation.masks.first().map_or(0, |mask| mask.values().len());
    let mut said = vec![Ternary::Unknown; annotation.masks.len()];
    let at = |p: usize| {
        for (said, mask) in said.iter_mut().zip(&annotation.masks) {
            *said = mask.values()[p];
        }
        holds(&said)
    };
    (0..area).map(at).collect()
}

/// Takes the pixels that a model suggested out of those that are positive.
fn take_suggested(positive: &mut [bool], annotation: &Annotation, class: usize) -> Vec<bool> {
    let Some(Some(suggested)) = annotation.suggested.get(class) else {
        return vec![false; positive.len()];
    };
    let pixels = positive.iter_mut().zip(suggested.values());
    pixels.map(|(positive, suggested)| *suggested && std::mem::take(positive)).collect()
}

fn paint_negatives(out: &mut Image, classes: &ClassSet, annotation: &Annotation) {
    let painted: Vec<bool> = classes
        .classes()
        .iter()
        .map(|class| !annotation.is_background_declared(&class.name))
        .collect();
    let neither = pixels(annotation, |said| {
        said.iter().zip(&painted).all(|(said, painted)| *painted && *said == Ternary::Negative)
    });
    for (c, class) in classes.classes().iter().enumerate().filter(|(c, _)| painted[*c]) {
        let mut negative = pixels(annotation, |said| said[c] == Ternary::Negative);
        for (negative, neither) in negative.iter_mut().zip(&neither) {
            *negative &= !neither;
        }
        let pattern = Pattern::Stripes { phase: c, of: classes.len() };
        pattern.paint(out, &negative, class.color, false);
    }
    Pattern::Solid(0.55).paint(out, &neither, [0; 3], false);
    Pattern::Stripes { phase: 0, of: 1 }.paint(out, &neither, [255; 3], false);
}

fn conflicts(classes: &ClassSet, annotation: &Annotation) -> Vec<bool> {
    pixels(annotation, |said| {
        let positive = |c: usize| said[c] == Ternary::Positive;
        (0..said.len())
            .any(|a| positive(a) && (0..a).any(|b| positive(b) && classes.are_exclusive(a, b)))
    })
}

/// Greyer and darker, so that what is known stands out.
fn dim(image: &mut Image, mask: &[bool]) {
    for (pixel, _) in image.rgb_mut().chunks_exact_mut(3).zip(mask).filter(|(_, dim)| **dim) {
        let color = [pixel[0], pixel[1], pixel[2]];
        let grayer = mix(color, [gray(color); 3], 0.6);
        pixel.copy_from_slice(&mix(grayer, [0; 3], 0.35));
    }
}

fn outline(image: &mut Image, region: &Region) {
    let unit = unit(image.size()) as f32;
    let dash = match region.role {
        Role::Expert => None,
        Role::NonExpert => Some([8.0 * unit, 6.0 * unit]),
        Role::Model => Some([0.5, 5.0 * unit]),
    };
    let corners = clip(region.shape.corners(), image.size());
    for (i, a) in corners.iter().enumerate() {
        let b = corners[(i + 1) % corners.len()];
        let ends = [*a, b].map(|point| point.map(|v| v as f32));
        canvas::dashed(image, ends, 1.6 * unit, dash, [[0; 3], [255; 3]]);
    }
}

/// The part of a polygon inside the picture (Sutherland and Hodgman), so that a region larger than
/// the picture is seen at its border.
fn clip(mut corners: Vec<[f64; 2]>, size: Size) -> Vec<[f64; 2]> {
    if corners.iter().flatten().any(|v| !v.is_finite()) {
        return Vec::new();
    }
    let ends = [size.width, size.height].map(|end| (end as f64 - 1.0).max(1.0));
    for axis in [0, 1] {
        for (edge, sign) in [(1.0, 1.0), (ends[axis], -1.0)] {
            corners = clip_side(&corners, |p| (p[axis] - edge) * sign);
        }
    }
    corners
}

/// The part of a polygon where `depth` is not negative.
fn clip_side(corners: &[[f64; 2]], depth: impl Fn([f64; 2]) -> f64) -> Vec<[f64; 2]> {
    let mut kept = Vec::with_capacity(corners.len() + 2);
    for (i, &a) in corners.iter().enumerate() {
        let b = corners[(i + 1) % corners.len()];
        let (from, to) = (depth(a), depth(b));
        if from >= 0.0 {
            kept.push(a);
        }
        if (from >= 0.0) != (to >= 0.0) {
            let t = from / (from - to);
            kept.push([a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::super::tests::classes;
    use super::*;
    use lacuna_data::TernaryMask;
    use lacuna_data::annotation::{Provenance, Shape, Unpainted};

    fn annotation(gum: &str, teeth: &str) -> (Image, Annotation) {
        let size = Size::new(gum.len(), 1);
        let mask = |text: &str| {
            let state = |c| match c {
                '+' => Ternary::Positive,
                '-' => Ternary::Negative,
                _ => Ternary::Unknown,
            };
            TernaryMask::new(size, text.chars().map(state).collect()).unwrap()
        };
        let mut annotation = Annotation::unknown(size, 2);
        annotation.masks = vec![mask(gum), mask(teeth)];
        (Image::filled(size, [100; 3]), annotation)
    }

    #[test]
    fn unknown_pixels_are_as_they_were_and_others_are_not() {
        let (image, annotation) = annotation("++  ---", "   +---");
        let style = AnnotationStyle::default();
        let out = annotation_overlay(&image, &classes(), &annotation, style).unwrap();
        assert_eq!(out.pixel(2, 0), [100; 3]);
        for x in [0, 1, 3, 4, 5, 6] {
            assert_ne!(out.pixel(x, 0), [100; 3], "{x}");
        }
    }

    #[test]
    fn what_a_model_suggested_is_paler() {
        let (image, mut annotation) = annotation("+++++++", "       ");
        let mut suggested = lacuna_data::BinaryMask::empty(image.size());
        suggested.values_mut()[4..].fill(true);
        annotation.suggested = vec![Some(suggested), None];
        let style = AnnotationStyle::default();
        let out = annotation_overlay(&image, &classes(), &annotation, style).unwrap();
        assert_eq!(out.pixel(0, 0), [178, 50, 50]);
        assert_eq!(out.pixel(6, 0), [131, 80, 80]);
    }

    #[test]
    fn unknown_pixels_can_be_dimmed() {
        let (image, annotation) = annotation("+ ", "  ");
        let style = AnnotationStyle { dim_unknown: true, ..AnnotationStyle::default() };
        let out = annotation_overlay(&image, &classes(), &annotation, style).unwrap();
        assert_eq!(out.pixel(1, 0), [65; 3]);
    }

    #[test]
    fn exclusive_paint_on_one_pixel_is_marked() {
        let (image, annotation) = annotation("++++++", "  ++++");
        let style = AnnotationStyle::default();
        let out = annotation_overlay(&image, &classes(), &annotation, style).unwrap();
        assert_eq!(out.pixel(2, 0), [240, 228, 66]);
        assert_eq!(out.pixel(3, 0), [0; 3]);
    }

    #[test]
    fn declared_background_is_not_striped() {
        let (image, mut annotation) = annotation("-------", "       ");
        let provenance = |class: &str| Provenance {
            class: class.into(),
            source: "png-masks".into(),
            author: None,
            unpainted: Unpainted::Background,
        };
        annotation.provenance = vec![provenance("gum")];
        let style = AnnotationStyle::default();
        let out = annotation_overlay(&image, &classes(), &annotation, style).unwrap();
        assert_eq!(out, image);
    }

    #[test]
    fn regions_are_clipped_to_the_picture() {
        let size = Size::new(11, 11);
        let table = [
            // inside: as it is
            (vec![[2.0, 2.0], [8.0, 2.0], [8.0, 8.0]], vec![[2.0, 2.0], [8.0, 2.0], [8.0, 8.0]]),
            // a corner outside is cut off
            (
                vec![[5.0, 5.0], [15.0, 5.0], [5.0, 9.0]],
                vec![[5.0, 5.0], [10.0, 5.0], [10.0, 7.0], [5.0, 9.0]],
            ),
            // all around: the picture's border
            (
                vec![[-9.0, -9.0], [99.0, -9.0], [99.0, 99.0], [-9.0, 99.0]],
                vec![[10.0, 1.0], [10.0, 10.0], [1.0, 10.0], [1.0, 1.0]],
            ),
            // nowhere near
            (vec![[20.0, 20.0], [30.0, 20.0], [30.0, 30.0]], vec![]),
            (vec![[f64::NAN, 2.0], [8.0, 2.0], [8.0, 8.0]], vec![]),
        ];
        for (corners, expected) in table {
            let mut found = clip(corners.clone(), size);
            let start = found.iter().position(|p| Some(p) == expected.first()).unwrap_or(0);
            found.rotate_left(start);
            assert_eq!(found, expected, "{corners:?}");
        }
    }

    #[test]
    fn regions_are_outlined_wherever_they_reach() {
        let size = Size::new(40, 30);
        let image = Image::filled(size, [100; 3]);
        let mut annotation = Annotation::unknown(size, 2);
        for (role, x) in [(Role::Expert, 5.0), (Role::NonExpert, -1e12), (Role::Model, 1e300)] {
            annotation.regions.push(Region {
                shape: Shape::Box { x, y: 5.0, width: 20.0, height: 10.0, rotation: 10.0 },
                author: "a".into(),
                role,
                origin: "test".into(),
                score: None,
                model_version: None,
                time: None,
            });
        }
        let style = AnnotationStyle::default();
        let out = annotation_overlay(&image, &classes(), &annotation, style).unwrap();
        assert_ne!(out, image);
        assert_eq!(out.pixel(15, 12), [100; 3], "the inside of a region is not covered");
        let plain = AnnotationStyle { regions: false, ..style };
        assert_eq!(annotation_overlay(&image, &classes(), &annotation, plain).unwrap(), image);
    }
}
