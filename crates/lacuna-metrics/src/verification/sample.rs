//! The points themselves: which pixel, by its rank in its stratum and picture, and when it is asked.

use super::stratum::{ClassPixels, Strata, StratumCounts};
use crate::error::{MetricError, check_length};
use crate::random::{below, stream};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const POINTS: [u8; 8] = *b"verify-p";
const ORDER: [u8; 8] = *b"verify-o";

/// A pixel that is to be asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrawnPoint {
    /// Index of its picture.
    pub picture: usize,
    /// Index of its stratum.
    pub stratum: usize,
    /// How many pixels of this stratum come before it in this picture.
    pub rank: u64,
}

/// The points of a class, in the order in which to ask them.
///
/// Within a stratum every set of pixels of that size is equally likely, over all pictures together
/// (simple random sampling without replacement). The order is random too and does not depend on what
/// the pixels show, so the first k answered are a stratified probability sample as well: a person may
/// stop early. What may not be done is to leave out points chosen by looking at them; that is what
/// [`Answer::Unsure`](super::Answer) is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointSample {
    /// The points.
    pub points: Vec<DrawnPoint>,
}

impl PointSample {
    /// Draws `allocation[h]` points of each stratum h from `pictures`. Each class has its own random
    /// streams of `seed`, named by the number `class`.
    pub fn draw(
        pictures: &[StratumCounts],
        allocation: &[u64],
        seed: u64,
        class: u64,
    ) -> Result<Self, MetricError> {
        let mut points = Vec::new();
        for (stratum, &wanted) in allocation.iter().enumerate() {
            let sizes = sizes_of(stratum, pictures, allocation.len())?;
            let mut rng = stream(seed, POINTS, [class, stratum as u64]);
            let ranks = distinct(&mut rng, sizes.iter().sum(), wanted)?;
            points.extend(ranks.into_iter().map(|rank| in_picture(stratum, rank, &sizes)));
        }
        shuffle(&mut points, &mut stream(seed, ORDER, [class, 0]));
        Ok(Self { points })
    }

    /// The points in one picture: position in [`points`](Self::points) and pixel, in pixel order.
    pub fn locate(
        &self,
        strata: &Strata,
        picture: usize,
        pixels: ClassPixels,
    ) -> Result<Vec<(usize, usize)>, MetricError> {
        let here = self.points.iter().enumerate().filter(|(_, point)| point.picture == picture);
        let (turns, points): (Vec<usize>, Vec<DrawnPoint>) = here.unzip();
        let mut found: Vec<_> = turns.into_iter().zip(strata.locate(pixels, &points)?).collect();
        found.sort_unstable_by_key(|(_, pixel)| *pixel);
        Ok(found)
    }
}

/// Pixels of a stratum in each picture.
fn sizes_of(
    stratum: usize,
    pictures: &[StratumCounts],
    strata: usize,
) -> Result<Vec<u64>, MetricError> {
    let size = |picture: &StratumCounts| {
        check_length("the strata of a picture", picture.pixels.len(), strata)?;
        Ok(picture.pixels[stratum])
    };
    pictures.iter().map(size).collect()
}

/// `wanted` different numbers in `0..size`: the beginning of a shuffle that keeps only the places it
/// has touched. A larger sample begins with the smaller one of the same stream.
fn distinct(rng: &mut ChaCha8Rng, size: u64, wanted: u64) -> Result<Vec<u64>, MetricError> {
    if wanted > size {
        return Err(MetricError::Parameter {
            what: "the number of points of a stratum",
            expected: "at most its number of pixels",
            got: wanted as f64,
        });
    }
    let mut moved = BTreeMap::new();
    let mut draw = |place| {
        let other = place + below(rng, size - place);
        let here = moved.get(&place).copied().unwrap_or(place);
        moved.insert(other, here).unwrap_or(other)
    };
    Ok((0..wanted).map(&mut draw).collect())
}

/// The point at `rank` of a stratum, counted through the pictures in their order.
fn in_picture(stratum: usize, mut rank: u64, sizes: &[u64]) -> DrawnPoint {
    let mut picture = 0;
    while picture + 1 < sizes.len() && rank >= sizes[picture] {
        rank -= sizes[picture];
        picture += 1;
    }
    DrawnPoint { picture, stratum, rank }
}

fn shuffle(points: &mut [DrawnPoint], rng: &mut ChaCha8Rng) {
    for last in (1..points.len()).rev() {
        points.swap(last, below(rng, last as u64 + 1) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn counts(pixels: &[u64]) -> StratumCounts {
        StratumCounts { pixels: pixels.to_vec(), probability_sum: vec![0.0; pixels.len()] }
    }

    #[test]
    fn ranks_run_through_the_pictures() {
        let table = [(0, (0, 0)), (2, (0, 2)), (3, (2, 0)), (4, (2, 1))];
        for (rank, (picture, within)) in table {
            let point = in_picture(7, rank, &[3, 0, 2]);
            assert_eq!(point, DrawnPoint { picture, stratum: 7, rank: within });
        }
    }

    #[test]
    fn the_draw_is_fixed_by_seed_and_class() {
        let pictures = [counts(&[500, 20]), counts(&[300, 0])];
        let draw = |seed, class| PointSample::draw(&pictures, &[30, 5], seed, class).unwrap();
        assert_eq!(draw(1, 0), draw(1, 0));
        assert_ne!(draw(1, 0), draw(2, 0));
        assert_ne!(draw(1, 0), draw(1, 1));
        // not stratum after stratum: who stops early has answered some of each
        let first: BTreeSet<_> = draw(1, 0).points[..20].iter().map(|p| p.stratum).collect();
        assert_eq!(first.len(), 2);
        assert!(PointSample::draw(&pictures, &[30, 21], 1, 0).is_err());
        assert!(PointSample::draw(&pictures, &[30], 1, 0).is_err());
        assert_eq!(PointSample::draw(&[], &[0, 0], 1, 0).unwrap().points, []);
    }

    #[test]
    fn every_pixel_and_every_pair_is_equally_likely() {
        let (mut single, mut pairs) = ([0_u32; 5], BTreeMap::new());
        for seed in 0..20_000 {
            let mut ranks = distinct(&mut stream(seed, POINTS, [0, 0]), 5, 2).unwrap();
            ranks.sort_unstable();
            single[ranks[0] as usize] += 1;
            single[ranks[1] as usize] += 1;
            *pairs.entry((ranks[0], ranks[1])).or_insert(0_u32) += 1;
        }
        // expected 8000 and 2000; six standard deviations
        assert!(single.iter().all(|n| n.abs_diff(8000) < 420), "{single:?}");
        assert_eq!(pairs.len(), 10);
        assert!(pairs.values().all(|n| n.abs_diff(2000) < 255), "{pairs:?}");
    }

    proptest! {
        #[test]
        fn a_larger_sample_begins_with_the_smaller(size in 1_u64..50, share in 0.0..1.0, seed: u64) {
            let some = (size as f64 * share) as u64;
            let draw = |wanted| distinct(&mut stream(seed, POINTS, [0, 0]), size, wanted).unwrap();
            let all = draw(size);
            prop_assert_eq!(&all[..some as usize], &draw(some)[..]);
            let different: BTreeSet<_> = all.into_iter().collect();
            prop_assert_eq!(different.len() as u64, size);
            prop_assert!(different.iter().all(|rank| *rank < size));
        }
    }
}
