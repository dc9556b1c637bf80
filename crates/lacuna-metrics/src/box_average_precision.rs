//! Average precision of scored boxes, as COCO defines it (pycocotools' `COCOeval` with `iouType="bbox"`).

use crate::error::MetricError;

/// Number of IoU thresholds: .50, .55, …, .95.
pub const IOU_THRESHOLDS: usize = 10;
/// Recalls at which precision is read: 0, .01, …, 1.
const RECALLS: usize = 101;

/// A predicted box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoredBox {
    /// x1, y1, x2, y2 in pixels.
    pub corners: [f64; 4],
    /// How sure the detector is; any finite number.
    pub score: f64,
}

/// The boxes of one class in a picture.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BoxedImage {
    /// The true ones: x1, y1, x2, y2 in pixels.
    pub truth: Vec<[f64; 4]>,
    /// The predicted ones.
    pub found: Vec<ScoredBox>,
}

/// The areas of boxes that count, in square pixels, both ends included. True boxes of other areas are neither missed nor
/// found, and neither are predictions that match them or match nothing and have another area.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AreaRange {
    /// The smallest.
    pub least: f64,
    /// The largest.
    pub most: f64,
}

impl AreaRange {
    /// All boxes.
    pub const ALL: Self = Self { least: 0.0, most: 1e10 };
    /// COCO's small ones, up to 32².
    pub const SMALL: Self = Self { least: 0.0, most: 1024.0 };
    /// COCO's medium ones, 32² to 96².
    pub const MEDIUM: Self = Self { least: 1024.0, most: 9216.0 };
    /// COCO's large ones, from 96².
    pub const LARGE: Self = Self { least: 9216.0, most: 1e10 };

    fn holds(&self, area: f64) -> bool {
        (self.least..=self.most).contains(&area)
    }
}

/// Precision and recall of the boxes of one class over pictures, at ten IoU thresholds.
///
/// With several classes COCO averages over those that have true boxes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoxAveragePrecision {
    /// Average precision at IoU .50, .55, …, .95.
    pub precision: [f64; IOU_THRESHOLDS],
    /// Share of the true boxes found at IoU .50, .55, …, .95.
    pub recall: [f64; IOU_THRESHOLDS],
}

impl BoxAveragePrecision {
    /// Predictions of a picture that count, those with the highest scores (`maxDets`).
    pub const MOST_FOUND: usize = 100;

    /// Measures; `None` where no true box is in the range. `most_found` is [`Self::MOST_FOUND`] for COCO's AP. Pictures
    /// with equal scores count in their order.
    ///
    /// # Errors
    /// When a corner or score is not finite.
    pub fn measure(
        images: &[BoxedImage],
        area: AreaRange,
        most_found: usize,
    ) -> Result<Option<Self>, MetricError> {
        images.iter().try_for_each(check)?;
        let prepared: Vec<Prepared> =
            images.iter().map(|image| Prepared::new(image, area, most_found)).collect();
        let count: usize = prepared.iter().map(|image| image.counted).sum();
        if count == 0 {
            return Ok(None);
        }
        let mut result = Self { precision: [0.0; IOU_THRESHOLDS], recall: [0.0; IOU_THRESHOLDS] };
        for (index, threshold) in thresholds().into_iter().enumerate() {
            let outcomes = prepared.iter().flat_map(|image| image.outcomes(threshold)).collect();
            (result.precision[index], result.recall[index]) = accumulate(outcomes, count);
        }
        Ok(Some(result))
    }

    /// AP@[.5:.95], COCO's main number.
    pub fn mean(&self) -> f64 {
        self.precision.iter().sum::<f64>() / IOU_THRESHOLDS as f64
    }

    /// At IoU .50.
    pub const fn ap50(&self) -> f64 {
        self.precision[0]
    }

    /// At IoU .75.
    pub const fn ap75(&self) -> f64 {
        self.precision[5]
    }

    /// COCO's average recall.
    pub fn mean_recall(&self) -> f64 {
        self.recall.iter().sum::<f64>() / IOU_THRESHOLDS as f64
    }
}

/// `numpy.linspace(0.5, 0.95, 10)`, to the bit.
fn thresholds() -> [f64; IOU_THRESHOLDS] {
    let step = (0.95 - 0.5) / (IOU_THRESHOLDS - 1) as f64;
    let mut values = [0.0; IOU_THRESHOLDS];
    for (index, value) in values.iter_mut().enumerate() {
        *value = 0.5 + index as f64 * step;
    }
    values[IOU_THRESHOLDS - 1] = 0.95;
    values
}

fn check(image: &BoxedImage) -> Result<(), MetricError> {
    let scored = image.found.iter().flat_map(|found| [&found.corners[..], &[found.score]].concat());
    let mut values = image.truth.iter().flatten().copied().chain(scored).enumerate();
    match values.find(|(_, value)| !value.is_finite()) {
        Some((index, value)) => Err(MetricError::NotFinite { index, value }),
        None => Ok(()),
    }
}

fn area_of([x1, y1, x2, y2]: [f64; 4]) -> f64 {
    (x2 - x1) * (y2 - y1)
}

/// Intersection over union of two boxes; 0 where they do not overlap.
pub fn box_iou(a: [f64; 4], b: [f64; 4]) -> f64 {
    let width = a[2].min(b[2]) - a[0].max(b[0]);
    let height = a[3].min(b[3]) - a[1].max(b[1]);
    if width <= 0.0 || height <= 0.0 {
        return 0.0;
    }
    let intersection = width * height;
    intersection / (area_of(a) + area_of(b) - intersection)
}

/// What a prediction turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    True,
    False,
    Ignored,
}

/// A picture ready to be matched at any threshold.
struct Prepared {
    /// By descending score.
    found: Vec<ScoredBox>,
    /// For each prediction the IoU with each true box, those of other areas last.
    iou: Vec<Vec<f64>>,
    /// How many true boxes, the first ones, count.
    counted: usize,
    /// Whether the area of each prediction is in the range.
    in_range: Vec<bool>,
}

impl Prepared {
    fn new(image: &BoxedImage, area: AreaRange, most_found: usize) -> Self {
        let (counted, others): (Vec<[f64; 4]>, Vec<[f64; 4]>) =
            image.truth.iter().partition(|corners| area.holds(area_of(**corners)));
        let mut found = image.found.clone();
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        found.truncate(most_found);
        let iou_of = |found: &ScoredBox| {
            counted.iter().chain(&others).map(|truth| box_iou(found.corners, *truth)).collect()
        };
        Self {
            iou: found.iter().map(iou_of).collect(),
            in_range: found.iter().map(|found| area.holds(area_of(found.corners))).collect(),
            counted: counted.len(),
            found,
        }
    }

    /// Each prediction takes the true box left that it overlaps most; one that counts before one that does not.
    fn outcomes(&self, threshold: f64) -> Vec<(f64, Outcome)> {
        let mut taken = vec![false; self.iou.first().map_or(0, Vec::len)];
        let mut outcomes = Vec::with_capacity(self.found.len());
        for (index, found) in self.found.iter().enumerate() {
            let best = |range: std::ops::Range<usize>| {
                range.filter(|truth| !taken[*truth]).fold(None, |best, truth| {
                    let least = best.map_or(threshold, |best: usize| self.iou[index][best]);
                    if self.iou[index][truth] >= least { Some(truth) } else { best }
                })
            };
            let matched = best(0..self.counted).or_else(|| best(self.counted..taken.len()));
            if let Some(truth) = matched {
                taken[truth] = true;
            }
            let outcome = match matched {
                Some(truth) if truth < self.counted => Outcome::True,
                None if self.in_range[index] => Outcome::False,
                Some(_) | None => Outcome::Ignored,
            };
            outcomes.push((found.score, outcome));
        }
        outcomes
    }
}

/// Average precision and recall of the predictions of all pictures when `count` boxes are true.
fn accumulate(mut outcomes: Vec<(f64, Outcome)>, count: usize) -> (f64, f64) {
    outcomes.retain(|(_, outcome)| *outcome != Outcome::Ignored);
    outcomes.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut found = 0;
    let (mut recall, mut precision) = (Vec::new(), Vec::new());
    for (index, (_, outcome)) in outcomes.iter().enumerate() {
        found += usize::from(*outcome == Outcome::True);
        recall.push(found as f64 / count as f64);
        precision.push(found as f64 / (index + 1) as f64);
    }
    // Precision never falls when recall is given up.
    for index in (1..precision.len()).rev() {
        precision[index - 1] = precision[index - 1].max(precision[index]);
    }
    let at = |step: usize| {
        let wanted = if step == RECALLS - 1 { 1.0 } else { step as f64 * 0.01 };
        let index = recall.partition_point(|recall| *recall < wanted);
        precision.get(index).copied().unwrap_or(0.0)
    };
    let average = (0..RECALLS).map(at).sum::<f64>() / RECALLS as f64;
    (average, recall.last().copied().unwrap_or(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(truth: &[[f64; 4]], found: &[([f64; 4], f64)]) -> BoxedImage {
        let found =
            found.iter().map(|(corners, score)| ScoredBox { corners: *corners, score: *score });
        BoxedImage { truth: truth.to_vec(), found: found.collect() }
    }

    #[test]
    fn hand_counted_pictures() {
        let measure = |images: &[BoxedImage]| {
            BoxAveragePrecision::measure(images, AreaRange::ALL, 100).unwrap()
        };
        let square = [0.0, 0.0, 10.0, 10.0];
        // half of the union: counts at .5 only
        let half = [0.0, 0.0, 10.0, 5.0];
        let found = measure(&[image(&[square], &[(half, 0.3)])]).unwrap();
        assert_eq!((found.ap50(), found.mean()), (1.0, 0.1));
        // found twice: the second is false, but comes after full recall
        let found = measure(&[image(&[square], &[(square, 0.3), (square, 0.2)])]).unwrap();
        assert_eq!(found.mean(), 1.0);
        // a false one first: precision ½ everywhere
        let far = [50.0, 50.0, 60.0, 60.0];
        let found = measure(&[image(&[square], &[(square, 0.3), (far, 0.4)])]).unwrap();
        assert_eq!((found.mean(), found.mean_recall()), (0.5, 1.0));
        // nothing found, and nothing to find
        let missed = measure(&[image(&[square], &[])]).unwrap();
        assert_eq!((missed.mean(), missed.mean_recall()), (0.0, 0.0));
        assert_eq!(measure(&[image(&[], &[(far, 0.4)])]), None);
        let broken = [image(&[square], &[(square, f64::NAN)])];
        assert!(BoxAveragePrecision::measure(&broken, AreaRange::ALL, 100).is_err());
    }
}
