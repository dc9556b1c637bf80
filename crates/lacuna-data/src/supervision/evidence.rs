//! Evidence: per class and pixel, every reason to believe yes or no, kept apart by source.
//!
//! Reasons are bits, so that pooling a footprint of several pixels is a union: a footprint in which
//! both signs occur carries both and resolves to *unknown* under every policy that reads both. Only
//! [`EvidenceBits::OUTSIDE`], [`EvidenceBits::OUTSIDE_MODEL`] and [`EvidenceBits::VOID`] need the
//! whole footprint.

use crate::annotation::{Annotation, Region, Role, Ternary, TernaryMask, union};
use crate::class::ClassSet;
use crate::image::Size;

/// The reasons known for one class at one pixel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct EvidenceBits(pub u16);

impl EvidenceBits {
    /// Painted as the class.
    pub const PAINTED_POSITIVE: Self = Self(1);
    /// Painted as not the class (also a *neither* stroke).
    pub const PAINTED_NEGATIVE: Self = Self(1 << 1);
    /// Suggested as the class by a model and accepted, not painted.
    pub const ACCEPTED_POSITIVE: Self = Self(1 << 2);
    /// Suggested as not the class, or excluded by a suggested positive.
    pub const ACCEPTED_NEGATIVE: Self = Self(1 << 3);
    /// Unpainted where the annotator declared unpainted to mean background.
    pub const BACKGROUND: Self = Self(1 << 4);
    /// A class declared exclusive with this one is positive here.
    pub const EXCLUSION: Self = Self(1 << 5);
    /// A part of this class is positive here, so the class is.
    pub const PART: Self = Self(1 << 6);
    /// The whole this class is a part of is negative here, so the class is.
    pub const WHOLE: Self = Self(1 << 7);
    /// Outside every region drawn by a person.
    pub const OUTSIDE: Self = Self(1 << 8);
    /// Outside every region predicted by a model (only where no person drew one).
    pub const OUTSIDE_MODEL: Self = Self(1 << 9);
    /// Positive here for this class and for one it excludes.
    pub const CONFLICT: Self = Self(1 << 10);
    /// No pixel of the picture: padding, or turned in from beyond the border.
    pub const VOID: Self = Self(1 << 11);

    /// Bits that hold for a footprint only if they hold for each of its pixels.
    const WHOLE_FOOTPRINT: Self = Self(Self::OUTSIDE.0 | Self::OUTSIDE_MODEL.0 | Self::VOID.0);

    /// Nothing known.
    pub const fn none() -> Self {
        Self(0)
    }

    /// Both sets of bits.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether any bit of `other` is set.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The evidence of the union of two footprints.
    #[must_use]
    pub const fn pool(self, other: Self) -> Self {
        let all = Self::WHOLE_FOOTPRINT.0;
        Self(((self.0 | other.0) & !all) | (self.0 & other.0 & all))
    }
}

/// The evidence of one case: `[classes, height, width]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    size: Size,
    planes: Vec<Vec<EvidenceBits>>,
}

impl Evidence {
    /// Wraps one plane of `width · height` values a class.
    pub(crate) fn from_planes(size: Size, planes: Vec<Vec<EvidenceBits>>) -> Self {
        debug_assert!(planes.iter().all(|plane| plane.len() == size.area()));
        Self { size, planes }
    }

    /// The evidence of a picture without any class.
    pub fn none(size: Size) -> Self {
        Self { size, planes: Vec::new() }
    }

    /// Collects what an annotation says, directly and through the declared relations.
    ///
    /// Order matters: positives spread from parts to wholes, then exclude, and negatives spread
    /// from wholes to parts.
    pub fn collect(annotation: &Annotation, classes: &ClassSet) -> Self {
        let size = annotation.masks.first().map_or(Size::new(0, 0), TernaryMask::size);
        let mut planes: Vec<_> =
            (0..classes.len()).map(|class| said(annotation, classes, class)).collect();
        let mut pixel = 0;
        while pixel < size.area() {
            // what follows from a pixel follows from those like it
            let end = same_until(&planes, pixel, size.area());
            relate(&mut planes, pixel, classes);
            for plane in &mut planes {
                let bits = plane[pixel];
                plane[pixel + 1..end].fill(bits);
            }
            pixel = end;
        }
        mark_outside(&mut planes, annotation, size);
        Self { size, planes }
    }

    /// Width and height.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.planes.len()
    }

    /// One class's evidence, row by row.
    pub fn plane(&self, class: usize) -> &[EvidenceBits] {
        &self.planes[class]
    }
}

/// What was said about one class itself.
fn said(annotation: &Annotation, classes: &ClassSet, class: usize) -> Vec<EvidenceBits> {
    let mask = &annotation.masks[class];
    let negative = if annotation.is_background_declared(&classes.classes()[class].name) {
        EvidenceBits::BACKGROUND
    } else {
        EvidenceBits::PAINTED_NEGATIVE
    };
    let mut plane: Vec<_> = mask
        .values()
        .iter()
        .map(|value| match value {
            Ternary::Unknown => EvidenceBits::none(),
            Ternary::Negative => negative,
            Ternary::Positive => EvidenceBits::PAINTED_POSITIVE,
        })
        .collect();
    if let Some(suggested) = &annotation.suggested[class] {
        for (bits, suggested) in plane.iter_mut().zip(suggested.values()) {
            if *suggested {
                *bits = as_accepted(*bits);
            }
        }
    }
    plane
}

fn as_accepted(bits: EvidenceBits) -> EvidenceBits {
    if bits == EvidenceBits::PAINTED_POSITIVE {
        EvidenceBits::ACCEPTED_POSITIVE
    } else if bits == EvidenceBits::none() {
        bits
    } else {
        EvidenceBits::ACCEPTED_NEGATIVE
    }
}

/// The first place after `pixel` of which something else is said, or `area`.
fn same_until(planes: &[Vec<EvidenceBits>], pixel: usize, area: usize) -> usize {
    let differs = |other: &usize| planes.iter().any(|plane| plane[*other] != plane[pixel]);
    (pixel + 1..area).find(differs).unwrap_or(area)
}

/// Applies part-of and exclusion at one pixel.
fn relate(planes: &mut [Vec<EvidenceBits>], pixel: usize, classes: &ClassSet) {
    use EvidenceBits as B;
    let said: Vec<B> = planes.iter().map(|plane| plane[pixel]).collect();
    if said.iter().all(|bits| *bits == B::none()) {
        return;
    }
    for &(from, to) in &spread(classes) {
        if said[from].intersects(B::PAINTED_POSITIVE) {
            planes[to][pixel] = planes[to][pixel].with(B::PART);
        } else if said[from].intersects(B::ACCEPTED_POSITIVE) {
            planes[to][pixel] = planes[to][pixel].with(B::ACCEPTED_POSITIVE);
        }
    }
    exclude(planes, pixel, classes);
    for &(part, whole) in &spread(classes) {
        let bits = planes[whole][pixel];
        if bits.intersects(B(B::PAINTED_NEGATIVE.0 | B::BACKGROUND.0 | B::EXCLUSION.0)) {
            planes[part][pixel] = planes[part][pixel].with(B::WHOLE);
        } else if bits.intersects(B::ACCEPTED_NEGATIVE) {
            planes[part][pixel] = planes[part][pixel].with(B::ACCEPTED_NEGATIVE);
        }
    }
}

/// Every (part, whole) pair, direct or through others.
fn spread(classes: &ClassSet) -> Vec<(usize, usize)> {
    (0..classes.len())
        .flat_map(|part| classes.wholes_of(part).into_iter().map(move |whole| (part, whole)))
        .collect()
}

fn exclude(planes: &mut [Vec<EvidenceBits>], pixel: usize, classes: &ClassSet) {
    use EvidenceBits as B;
    let expert = B(B::PAINTED_POSITIVE.0 | B::PART.0);
    let before: Vec<B> = planes.iter().map(|plane| plane[pixel]).collect();
    for class in 0..planes.len() {
        for other in (0..planes.len()).filter(|other| classes.are_exclusive(class, *other)) {
            if before[other].intersects(expert) {
                let conflict = before[class].intersects(expert);
                let extra = if conflict { B::EXCLUSION.with(B::CONFLICT) } else { B::EXCLUSION };
                planes[class][pixel] = planes[class][pixel].with(extra);
            } else if before[other].intersects(B::ACCEPTED_POSITIVE) {
                planes[class][pixel] = planes[class][pixel].with(B::ACCEPTED_NEGATIVE);
            }
        }
    }
}

/// Marks what lies outside the regions; a person's regions replace a model's.
fn mark_outside(planes: &mut [Vec<EvidenceBits>], annotation: &Annotation, size: Size) {
    let of_model = |region: &&Region| region.role == Role::Model;
    let (model, human): (Vec<_>, Vec<_>) = annotation.regions.iter().partition(of_model);
    let (regions, bit) = if human.is_empty() {
        (model, EvidenceBits::OUTSIDE_MODEL)
    } else {
        (human, EvidenceBits::OUTSIDE)
    };
    if regions.is_empty() {
        return;
    }
    let inside = union(regions.into_iter(), size);
    for plane in planes {
        for (bits, inside) in plane.iter_mut().zip(inside.values()) {
            if !inside {
                *bits = bits.with(bit);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::annotation::Shape;
    use crate::class::Class;

    use EvidenceBits as B;

    fn classes() -> ClassSet {
        let class = |name: &str| Class { name: name.to_owned(), color: [0; 3] };
        ClassSet::new(
            vec![class("gum"), class("teeth"), class("caries")],
            &[vec!["gum".to_owned(), "teeth".to_owned()]],
            &[("caries".to_owned(), "teeth".to_owned())],
        )
        .unwrap()
    }

    fn collect(said: [Ternary; 3]) -> Vec<B> {
        let size = Size::new(1, 1);
        let mut annotation = Annotation::unknown(size, 3);
        for (mask, value) in annotation.masks.iter_mut().zip(said) {
            mask.values_mut()[0] = value;
        }
        let evidence = Evidence::collect(&annotation, &classes());
        (0..3).map(|class| evidence.plane(class)[0]).collect()
    }

    #[test]
    fn relations_spread_what_was_painted() {
        use Ternary::{Negative as N, Positive as P, Unknown as U};
        let excluded = B::EXCLUSION;
        let table = [
            // gum excludes teeth, and what is not tooth is not caries
            ([P, U, U], [B::PAINTED_POSITIVE, excluded, B::WHOLE]),
            // caries is tooth, and so not gum
            ([U, U, P], [excluded, B::PART, B::PAINTED_POSITIVE]),
            // tooth says nothing about caries
            ([U, P, U], [excluded, B::PAINTED_POSITIVE, B::none()]),
            // not caries says nothing about tooth
            ([U, U, N], [B::none(), B::none(), B::PAINTED_NEGATIVE]),
            // not gum says nothing about tooth
            ([N, U, U], [B::PAINTED_NEGATIVE, B::none(), B::none()]),
            // two exclusive positives are a conflict on both sides
            (
                [P, P, U],
                [
                    B::PAINTED_POSITIVE.with(excluded).with(B::CONFLICT),
                    B::PAINTED_POSITIVE.with(excluded).with(B::CONFLICT),
                    B::WHOLE,
                ],
            ),
            // nothing said
            ([U, U, U], [B::none(); 3]),
        ];
        for (said, expected) in table {
            assert_eq!(collect(said), expected, "{said:?}");
        }
    }

    #[test]
    fn a_pixel_means_the_same_whatever_lies_beside_it() {
        let state = |i: usize| [Ternary::Unknown, Ternary::Negative, Ternary::Positive][i % 3];
        // every combination once, then each of them twice in a row
        let said: Vec<[Ternary; 3]> = (0..27)
            .chain((0..54).map(|i| i / 2))
            .map(|i| [state(i), state(i / 3), state(i / 9)])
            .collect();
        let mut annotation = Annotation::unknown(Size::new(said.len(), 1), 3);
        for (class, mask) in annotation.masks.iter_mut().enumerate() {
            let column: Vec<_> = said.iter().map(|pixel| pixel[class]).collect();
            mask.values_mut().copy_from_slice(&column);
        }
        let evidence = Evidence::collect(&annotation, &classes());
        for (pixel, said) in said.into_iter().enumerate() {
            let found: Vec<_> = (0..3).map(|class| evidence.plane(class)[pixel]).collect();
            assert_eq!(found, collect(said), "{said:?}");
        }
    }

    #[test]
    fn a_footprint_is_outside_only_as_a_whole() {
        assert_eq!(B::OUTSIDE.pool(B::OUTSIDE), B::OUTSIDE);
        assert_eq!(B::OUTSIDE.pool(B::none()), B::none());
        assert_eq!(B::PAINTED_POSITIVE.pool(B::OUTSIDE), B::PAINTED_POSITIVE);
        assert_eq!(B::PAINTED_POSITIVE.pool(B::EXCLUSION), B::PAINTED_POSITIVE.with(B::EXCLUSION));
    }

    #[test]
    fn a_persons_region_replaces_a_models() {
        let region = |role, x: f64| Region {
            shape: Shape::Box { x, y: 0.0, width: 1.0, height: 1.0, rotation: 0.0 },
            author: "a".to_owned(),
            role,
            origin: "test".to_owned(),
            score: None,
            model_version: None,
            time: None,
        };
        let size = Size::new(2, 1);
        let mut annotation = Annotation::unknown(size, 3);
        annotation.regions = vec![region(Role::Model, 0.0)];
        let evidence = Evidence::collect(&annotation, &classes());
        assert_eq!(evidence.plane(0), [B::none(), B::OUTSIDE_MODEL]);
        annotation.regions.push(region(Role::NonExpert, 1.0));
        let evidence = Evidence::collect(&annotation, &classes());
        assert_eq!(evidence.plane(0), [B::OUTSIDE, B::none()]);
    }

    #[test]
    fn boxes_below_trust_give_no_negatives() {
        let region = |x: f64, score| Region {
            shape: Shape::Box { x, y: 0.0, width: 1.0, height: 1.0, rotation: 0.0 },
            author: "a".to_owned(),
            role: Role::Model,
            origin: "test".to_owned(),
            score: Some(score),
            model_version: None,
            time: None,
        };
        let mut annotation = Annotation::unknown(Size::new(3, 1), 3);
        annotation.regions = vec![region(0.0, 0.9), region(1.0, 0.7)];
        let outside = B::OUTSIDE_MODEL;
        let table = [
            // several boxes count as their union
            (0.0, [B::none(), B::none(), outside]),
            (0.8, [B::none(), outside, outside]),
            // none is left
            (1.0, [B::none(); 3]),
        ];
        for (trust, expected) in table {
            let trusted = annotation.clone().trusting(trust);
            let evidence = Evidence::collect(&trusted, &classes());
            assert_eq!(evidence.plane(0), expected, "{trust}");
        }
    }
}
