//! *Neither* strokes: paint on pixels of no class, negative for every class at once.

use rand::RngExt;

use super::stroke::Brush;
use super::{Case, SimulateConfig};
use crate::annotation::{Annotation, BinaryMask, Ternary, union};

/// Adds the strokes, inside the regions where there are any (outside them nothing needs saying),
/// and returns the number of pixels under them. No stroke where every pixel is of some class.
pub(super) fn strokes(
    case: &Case<'_>,
    config: &SimulateConfig,
    annotation: &mut Annotation,
) -> usize {
    let allowed = nothing(case, annotation);
    let pixels: Vec<usize> = (0..allowed.values().len()).filter(|i| allowed.values()[*i]).collect();
    let mut painted = BinaryMask::empty(allowed.size());
    let brush = Brush { width: config.neither_width, length: config.neither_width * 12.0 };
    for stroke in 0..config.neither {
        if pixels.is_empty() {
            break;
        }
        let mut rng = case.stream("neither", stroke as u64);
        let start = pixels[rng.random_range(0..pixels.len())];
        brush.stroke(&allowed, start, &mut rng, |pixel| {
            painted.values_mut()[pixel] = true;
            true
        });
    }
    for mask in &mut annotation.masks {
        for (value, painted) in mask.values_mut().iter_mut().zip(painted.values()) {
            if *painted {
                *value = Ternary::Negative;
            }
        }
    }
    painted.count()
}

/// Pixels of no class and without paint, inside the regions if there are any.
fn nothing(case: &Case<'_>, annotation: &Annotation) -> BinaryMask {
    let size = case.image.size();
    let mut allowed = union(annotation.regions.iter(), size);
    for (i, value) in allowed.values_mut().iter_mut().enumerate() {
        let inside = *value || annotation.regions.is_empty();
        let of_class = case.truth.iter().any(|mask| mask.values()[i]);
        let painted = annotation.masks.iter().any(|mask| mask.values()[i] != Ternary::Unknown);
        *value = inside && !of_class && !painted;
    }
    allowed
}
