//! Pictures that look the same, found by a perceptual hash: a near copy on the other side of a split
//! makes scores too good, whatever the groups say.

use rayon::prelude::*;
use serde::Serialize;

use super::split::Fold;
use super::{DataError, Dataset};
use crate::image::Image;

/// Up to so many of 64 bits, two pictures are taken for near copies.
pub const DEFAULT_DISTANCE: u32 = 5;

/// Columns of the brightness grid; one more than bits a row.
const COLUMNS: usize = 9;
const ROWS: usize = 8;

/// Two cases in different parts of a fold whose pictures look the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NearDuplicate {
    /// One case.
    pub first: String,
    /// Its part.
    pub first_part: &'static str,
    /// The other case.
    pub second: String,
    /// Its part.
    pub second_part: &'static str,
    /// Bits of the 64 in which the hashes differ.
    pub distance: u32,
}

/// The difference hash: the picture's brightness on a grid of 9 by 8, one bit for each horizontal
/// step, set where it gets brighter to the right. Robust to size, compression and colour cast.
pub fn difference_hash(image: &Image) -> u64 {
    let grid = brightness_grid(image);
    let steps = grid.chunks(COLUMNS).flat_map(|row| row.windows(2));
    steps.fold(0, |hash, pair| (hash << 1) | u64::from(pair[1] > pair[0]))
}

/// Pairs of near copies across the parts of a fold, at most `distance` bits apart, nearest first.
pub fn near_duplicates(
    dataset: &Dataset,
    fold: &Fold,
    distance: u32,
) -> Result<Vec<NearDuplicate>, DataError> {
    let cases: Vec<(&'static str, &String)> = fold
        .parts()
        .into_iter()
        .flat_map(|(part, ids)| ids.iter().map(move |id| (part, id)))
        .collect();
    let hash = |(_, id): &(&str, &String)| {
        let image = dataset.load_image(dataset.case(id)?)?;
        Ok(difference_hash(&image))
    };
    let hashes: Vec<Result<u64, DataError>> = cases.par_iter().map(hash).collect();
    // in order, so that of several broken pictures always the same one is named
    let hashes = hashes.into_iter().collect::<Result<Vec<u64>, DataError>>()?;
    let mut found = Vec::new();
    for (i, (first_part, first)) in cases.iter().enumerate() {
        for (j, (second_part, second)) in cases.iter().enumerate().skip(i + 1) {
            let apart = (hashes[i] ^ hashes[j]).count_ones();
            if first_part != second_part && apart <= distance {
                found.push(NearDuplicate {
                    first: (*first).clone(),
                    first_part,
                    second: (*second).clone(),
                    second_part,
                    distance: apart,
                });
            }
        }
    }
    found.sort_by(|a, b| (a.distance, &a.first, &a.second).cmp(&(b.distance, &b.first, &b.second)));
    Ok(found)
}

/// Mean brightness (ITU-R BT.601, in 1/256000) of each cell, row by row.
fn brightness_grid(image: &Image) -> Vec<u64> {
    let size = image.size();
    let mut grid = Vec::with_capacity(COLUMNS * ROWS);
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            let (mut sum, mut count) = (0u64, 0u64);
            for y in cell(row, ROWS, size.height) {
                for x in cell(column, COLUMNS, size.width) {
                    let [r, g, b] = image.pixel(x, y).map(u64::from);
                    sum += 299 * r + 587 * g + 114 * b;
                    count += 1;
                }
            }
            grid.push(sum * 256 / count.max(1));
        }
    }
    grid
}

/// The pixels of cell `i` of `cells` along an axis of `length` pixels, at least one.
fn cell(i: usize, cells: usize, length: usize) -> std::ops::Range<usize> {
    let start = (i * length / cells).min(length.saturating_sub(1));
    start..((i + 1) * length / cells).max(start + 1).min(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::{Class, ClassSet};
    use crate::image::Size;

    fn waves(size: Size, phase: f64) -> Image {
        let mut image = Image::filled(size, [0; 3]);
        for y in 0..size.height {
            for x in 0..size.width {
                let (u, v) = (x as f64 / size.width as f64, y as f64 / size.height as f64);
                let value = 128.0 + 100.0 * (7.0 * u + 3.0 * v + phase).sin();
                image.set_pixel(x, y, [value as u8, value as u8 / 2, 40]);
            }
        }
        image
    }

    #[test]
    fn a_scaled_and_recoloured_copy_has_nearly_the_same_hash() {
        let base = difference_hash(&waves(Size::new(200, 150), 0.3));
        let smaller = difference_hash(&waves(Size::new(90, 70), 0.3));
        let other = difference_hash(&waves(Size::new(200, 150), 2.0));
        assert!((base ^ smaller).count_ones() <= DEFAULT_DISTANCE);
        assert!((base ^ other).count_ones() > DEFAULT_DISTANCE);
        // a known pattern: brighter to the right in every step but the last
        let mut ramp = Image::filled(Size::new(9, 8), [0; 3]);
        for y in 0..8 {
            for x in 0..8 {
                ramp.set_pixel(x, y, [x as u8 * 10; 3]);
            }
        }
        assert_eq!(difference_hash(&ramp), 0xfefe_fefe_fefe_fefe);
        // smaller than the grid
        difference_hash(&Image::filled(Size::new(1, 1), [9; 3]));
    }

    #[test]
    fn copies_across_parts_are_listed_and_copies_within_a_part_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let class = Class { name: "gum".to_owned(), color: [1; 3] };
        let classes = ClassSet::new(vec![class], &[], &[]).unwrap();
        let mut dataset = Dataset::create(folder.path(), "d", classes).unwrap();
        for (id, phase) in [("a", 0.3), ("b", 0.3), ("c", 2.0), ("d", 0.3)] {
            dataset.add_image(id, &waves(Size::new(60, 40), phase), None).unwrap();
        }
        let ids = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect();
        let fold = Fold { train: ids(&["a", "b"]), validation: ids(&["c"]), test: ids(&["d"]) };
        let found = near_duplicates(&dataset, &fold, DEFAULT_DISTANCE).unwrap();
        let pairs: Vec<_> = found.iter().map(|d| (d.first.as_str(), d.second.as_str())).collect();
        assert_eq!(pairs, [("a", "d"), ("b", "d")]);
    }
}
