//! Exact Euclidean distance to the nearest pixel outside a mask.
//!
//! Felzenszwalb and Huttenlocher, "Distance Transforms of Sampled Functions", Theory of Computing
//! 8 (2012): lower envelope of parabolas, columns first, then rows.

use crate::annotation::BinaryMask;

/// Squared distance from every pixel's centre to the nearest centre of a pixel outside the mask, 0
/// outside, infinite where the mask fills the picture. The picture's border is no border of the mask.
pub(super) fn squared_depth(mask: &BinaryMask) -> Vec<f64> {
    let size = mask.size();
    let start = |inside: &bool| if *inside { f64::INFINITY } else { 0.0 };
    let mut field: Vec<f64> = mask.values().iter().map(start).collect();
    for x in 0..size.width {
        let column: Vec<f64> = (0..size.height).map(|y| field[y * size.width + x]).collect();
        for (y, value) in envelope(&column).into_iter().enumerate() {
            field[y * size.width + x] = value;
        }
    }
    for row in field.chunks_exact_mut(size.width.max(1)) {
        row.copy_from_slice(&envelope(row));
    }
    field
}

/// `min over j of (i − j)² + line[j]` for every i.
fn envelope(line: &[f64]) -> Vec<f64> {
    // vertices of the lower envelope and the place from which each is lowest
    let mut hull: Vec<(usize, f64)> = Vec::new();
    for (j, value) in line.iter().enumerate().filter(|(_, value)| value.is_finite()) {
        let mut from = f64::NEG_INFINITY;
        while let Some(&(k, start)) = hull.last() {
            let (near, far) = (k as f64, j as f64);
            from = (value + far * far - line[k] - near * near) / (2.0 * (far - near));
            if from > start {
                break;
            }
            hull.pop();
            from = f64::NEG_INFINITY;
        }
        hull.push((j, from));
    }
    if hull.is_empty() {
        return line.to_vec();
    }
    let mut at = 0;
    (0..line.len())
        .map(|i| {
            while hull.get(at + 1).is_some_and(|(_, from)| *from <= i as f64) {
                at += 1;
            }
            let j = hull[at].0;
            (i as f64 - j as f64).powi(2) + line[j]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::image::Size;

    proptest! {
        #[test]
        fn equals_the_search_over_all_pixels(
            width in 1_usize..10,
            height in 1_usize..10,
            inside in prop::collection::vec(prop::bool::weighted(0.8), 100),
        ) {
            let size = Size::new(width, height);
            let mask = BinaryMask::new(size, inside[..size.area()].to_vec()).unwrap();
            let place = |i: usize| ((i % width) as f64, (i / width) as f64);
            let expected: Vec<f64> = (0..size.area())
                .map(|i| {
                    (0..size.area())
                        .filter(|j| !mask.values()[*j])
                        .map(|j| {
                            (place(i).0 - place(j).0).powi(2) + (place(i).1 - place(j).1).powi(2)
                        })
                        .fold(f64::INFINITY, f64::min)
                })
                .collect();
            prop_assert_eq!(squared_depth(&mask), expected);
        }
    }
}
