//! The strata of a class, and the two passes over each picture: counting, and finding drawn points.

use super::sample::DrawnPoint;
use crate::confusion::Confusion;
use crate::error::{MetricError, check_length, check_probability};
use serde::{Deserialize, Serialize};

/// Inner edges of the probability bands that [`Strata::around`] uses, beside the threshold.
pub const DEFAULT_BAND_EDGES: [f32; 4] = [0.02, 0.2, 0.8, 0.98];

/// Cells of the annotated pixels: predicted or not × annotated positive or negative.
const KNOWN_STRATA: usize = 4;

/// How the pixels of a class are divided: the unknown ones by probability band, with the threshold
/// among the band edges (so a band is wholly predicted positive or wholly negative), and the known
/// ones by prediction and annotation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Strata {
    threshold: f32,
    edges: Vec<f32>,
}

/// One stratum, in words for a report.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "evidence")]
pub enum Stratum {
    /// Pixels nobody annotated.
    Unknown {
        /// Whether they are predicted positive.
        predicted: bool,
        /// Lowest probability, in the band.
        lower: f32,
        /// Highest probability, not in the band (except 1).
        upper: f32,
    },
    /// Annotated pixels.
    Known {
        /// Whether they are predicted positive.
        predicted: bool,
        /// Whether they are annotated positive.
        annotated: bool,
    },
}

/// One class of one picture, pixel by pixel in one order.
#[derive(Debug, Clone, Copy)]
pub struct ClassPixels<'a> {
    /// Predicted probability.
    pub probabilities: &'a [f32],
    /// What the annotation says; `None` where nobody said anything.
    pub annotation: &'a [Option<bool>],
}

/// Pixels of each stratum in a picture, or in several: counts add up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StratumCounts {
    /// Number of pixels of each stratum.
    pub pixels: Vec<u64>,
    /// Sum of their probabilities, from which the allocation plans.
    pub probability_sum: Vec<f64>,
}

impl Strata {
    /// Bands between `edges` (ascending, inside (0, 1)) and at `threshold` (0 to 1).
    pub fn new(threshold: f32, edges: &[f32]) -> Result<Self, MetricError> {
        check_probability(threshold)?;
        let inside = edges.iter().all(|edge| *edge > 0.0 && *edge < 1.0);
        if let Some(wrong) = edges.windows(2).find(|pair| pair[0] >= pair[1]) {
            return Err(band_edge(wrong[1]));
        }
        if !inside {
            return Err(band_edge(*edges.first().unwrap_or(&0.0)));
        }
        Ok(Self { threshold, edges: with_threshold(threshold, edges) })
    }

    /// The default bands, [`DEFAULT_BAND_EDGES`], and `threshold`.
    pub fn around(threshold: f32) -> Result<Self, MetricError> {
        Self::new(threshold, &DEFAULT_BAND_EDGES)
    }

    /// Number of strata: bands of unknown pixels, then the four of known ones.
    pub fn count(&self) -> usize {
        self.bands() + KNOWN_STRATA
    }

    /// Number of strata of unknown pixels; they come first.
    pub fn bands(&self) -> usize {
        self.edges.len() + 1
    }

    /// The probability from which on a pixel is predicted positive.
    pub const fn threshold(&self) -> f32 {
        self.threshold
    }

    /// The stratum at `index`; `None` from [`count`](Self::count) on.
    pub fn stratum(&self, index: usize) -> Option<Stratum> {
        if let Some(known) = index.checked_sub(self.bands()) {
            let (predicted, annotated) = (known < 2, known % 2 == 0);
            return (known < KNOWN_STRATA).then_some(Stratum::Known { predicted, annotated });
        }
        let lower = index.checked_sub(1).map_or(0.0, |below| self.edges[below]);
        let upper = self.edges.get(index).copied().unwrap_or(1.0);
        Some(Stratum::Unknown { predicted: self.is_predicted(index), lower, upper })
    }

    /// First pass: the pixels of each stratum of a picture.
    pub fn count_pixels(&self, picture: ClassPixels) -> Result<StratumCounts, MetricError> {
        let mut counts = self.no_pixels();
        self.walk(picture, |_, stratum, probability| {
            counts.pixels[stratum] += 1;
            counts.probability_sum[stratum] += f64::from(probability);
        })?;
        Ok(counts)
    }

    /// Second pass: the pixel of each of `points`, all drawn from this picture, in their order.
    ///
    /// An error if the picture no longer has a pixel of that rank: prediction or annotation are not
    /// those of the first pass.
    pub fn locate(
        &self,
        picture: ClassPixels,
        points: &[DrawnPoint],
    ) -> Result<Vec<usize>, MetricError> {
        let mut wanted = self.by_rank(points)?;
        let mut found = vec![None; points.len()];
        let mut seen = vec![0; self.count()];
        self.walk(picture, |pixel, stratum, _| {
            while let Some((_, slot)) = wanted[stratum].pop_if(|next| next.0 == seen[stratum]) {
                found[slot] = Some(pixel);
            }
            seen[stratum] += 1;
        })?;
        let pixel = |(pixel, point): (Option<usize>, &DrawnPoint)| {
            pixel.ok_or(MetricError::PointNotFound { stratum: point.stratum, rank: point.rank })
        };
        found.into_iter().zip(points).map(pixel).collect()
    }

    /// Counts of no picture at all.
    pub(super) fn no_pixels(&self) -> StratumCounts {
        let count = self.count();
        StratumCounts { pixels: vec![0; count], probability_sum: vec![0.0; count] }
    }

    /// Whether the unknown pixels of band `index` are predicted positive.
    pub(super) fn is_predicted(&self, index: usize) -> bool {
        index
            .checked_sub(1)
            .map_or(self.threshold == 0.0, |below| self.edges[below] >= self.threshold)
    }

    /// The census of the annotated pixels.
    pub(super) fn known(&self, pixels: &[u64]) -> Confusion {
        let known = &pixels[self.bands()..];
        Confusion { tp: known[0], fp: known[1], fn_: known[2], tn: known[3] }
    }

    /// Points of each stratum as (rank, place in `points`), the lowest rank last.
    fn by_rank(&self, points: &[DrawnPoint]) -> Result<Vec<Vec<(u64, usize)>>, MetricError> {
        let mut wanted = vec![Vec::new(); self.count()];
        for (slot, &DrawnPoint { stratum, rank, .. }) in points.iter().enumerate() {
            let ranks = wanted.get_mut(stratum);
            ranks.ok_or(MetricError::PointNotFound { stratum, rank })?.push((rank, slot));
        }
        for ranks in &mut wanted {
            ranks.sort_unstable_by(|a, b| b.cmp(a));
        }
        Ok(wanted)
    }

    fn walk(
        &self,
        picture: ClassPixels,
        mut visit: impl FnMut(usize, usize, f32),
    ) -> Result<(), MetricError> {
        let ClassPixels { probabilities, annotation } = picture;
        check_length("the annotation", annotation.len(), probabilities.len())?;
        for (pixel, (&probability, &annotated)) in probabilities.iter().zip(annotation).enumerate()
        {
            check_probability(probability)?;
            visit(pixel, self.index_of(probability, annotated), probability);
        }
        Ok(())
    }

    /// The stratum of a pixel with that probability and annotation.
    pub fn index_of(&self, probability: f32, annotated: Option<bool>) -> usize {
        let predicted = probability >= self.threshold;
        match annotated {
            None => self.edges.partition_point(|edge| *edge <= probability),
            Some(positive) => self.bands() + 2 * usize::from(!predicted) + usize::from(!positive),
        }
    }
}

impl StratumCounts {
    /// Adds the pixels of another picture, counted with the same strata.
    pub fn add(&mut self, other: &Self) {
        for (count, other) in self.pixels.iter_mut().zip(&other.pixels) {
            *count += other;
        }
        for (sum, other) in self.probability_sum.iter_mut().zip(&other.probability_sum) {
            *sum += other;
        }
    }
}

fn with_threshold(threshold: f32, edges: &[f32]) -> Vec<f32> {
    let mut edges = edges.to_vec();
    // a threshold of 0 has no band under it
    if threshold > 0.0 && !edges.contains(&threshold) {
        edges.push(threshold);
        edges.sort_by(f32::total_cmp);
    }
    edges
}

fn band_edge(got: f32) -> MetricError {
    let (what, expected) =
        ("every edge of a probability band", "inside (0, 1), in ascending order");
    MetricError::Parameter { what, expected, got: f64::from(got) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_threshold_is_an_edge_and_belongs_to_the_positives() {
        let strata = Strata::new(0.3, &[0.1, 0.8]).unwrap();
        let table = [(0.0, 0), (0.1, 1), (0.29, 1), (0.3, 2), (0.8, 3), (1.0, 3)];
        for (probability, band) in table {
            assert_eq!(strata.index_of(probability, None), band, "{probability}");
            assert_eq!(strata.is_predicted(band), probability >= 0.3);
        }
        assert_eq!(
            strata.stratum(2),
            Some(Stratum::Unknown { predicted: true, lower: 0.3, upper: 0.8 })
        );
        assert_eq!(strata.count(), 8);
        assert_eq!(strata.stratum(8), None);
        for known in 4..8 {
            let Some(Stratum::Known { predicted, annotated }) = strata.stratum(known) else {
                panic!("stratum {known} is not of known pixels");
            };
            let probability = if predicted { 0.9 } else { 0.2 };
            assert_eq!(strata.index_of(probability, Some(annotated)), known);
        }
    }

    #[test]
    fn extreme_thresholds() {
        let everything = Strata::new(0.0, &[0.5]).unwrap();
        assert!(everything.is_predicted(0) && everything.is_predicted(1));
        let ones = Strata::new(1.0, &[0.5]).unwrap();
        assert_eq!((ones.index_of(0.99, None), ones.index_of(1.0, None)), (1, 2));
        assert!(!ones.is_predicted(1) && ones.is_predicted(2));
    }

    #[test]
    fn wrong_bands_and_pictures_are_refused() {
        let wrong: [(f32, &[f32]); 5] = [
            (f32::NAN, &[]),
            (0.5, &[0.4, 0.4]),
            (0.5, &[0.0, 0.4]),
            (0.5, &[0.4, 1.0]),
            (0.5, &[f32::NAN]),
        ];
        for (threshold, edges) in wrong {
            assert!(Strata::new(threshold, edges).is_err(), "{threshold} {edges:?}");
        }
        let strata = Strata::around(0.5).unwrap();
        let picture = |probabilities, annotation| ClassPixels { probabilities, annotation };
        assert!(strata.count_pixels(picture(&[0.5], &[])).is_err());
        assert!(strata.count_pixels(picture(&[1.5], &[None])).is_err());
        // rank 1 of a stratum with one pixel, and a stratum that does not exist
        for point in [(3, 1), (99, 0)] {
            let (stratum, rank) = point;
            let points = [DrawnPoint { picture: 0, stratum, rank }];
            let error = strata.locate(picture(&[0.5], &[None]), &points).unwrap_err();
            assert_eq!(error, MetricError::PointNotFound { stratum, rank });
        }
    }

    fn pixels() -> impl Strategy<Value = Vec<(f32, Option<bool>)>> {
        prop::collection::vec((0.0_f32..=1.0, any::<Option<bool>>()), 1..80)
    }

    proptest! {
        #[test]
        fn every_rank_of_every_stratum_is_one_pixel(pixels in pixels()) {
            let strata = Strata::around(0.4).unwrap();
            let probabilities: Vec<_> = pixels.iter().map(|p| p.0).collect();
            let annotation: Vec<_> = pixels.iter().map(|p| p.1).collect();
            let picture = ClassPixels { probabilities: &probabilities, annotation: &annotation };
            let counts = strata.count_pixels(picture).unwrap();
            let ranks = |(stratum, n): (usize, &u64)| {
                (0..*n).map(move |rank| DrawnPoint { picture: 0, stratum, rank })
            };
            // from the last rank down: the order of the points does not matter
            let points: Vec<_> = counts.pixels.iter().enumerate().flat_map(ranks).rev().collect();
            let mut found = strata.locate(picture, &points).unwrap();
            for (point, pixel) in points.iter().zip(&found) {
                let (probability, annotated) = pixels[*pixel];
                prop_assert_eq!(point.stratum, strata.index_of(probability, annotated));
            }
            found.sort_unstable();
            prop_assert_eq!(found, (0..pixels.len()).collect::<Vec<_>>());
            let mut known = Confusion::default();
            for (probability, truth) in pixels.iter().filter_map(|p| Some((p.0, p.1?))) {
                known.add_pixel(probability >= 0.4, truth);
            }
            prop_assert_eq!(strata.known(&counts.pixels), known);
        }
    }
}
