//! Which true box, if any, an anchor or proposal stands for.

use rayon::prelude::*;

/// What a prediction is matched to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// The true box with this index.
    Box(usize),
    /// Nothing: it overlaps all true boxes too little (torchvision's `BELOW_LOW_THRESHOLD`).
    Background,
    /// Neither nor: not used (`BETWEEN_THRESHOLDS`).
    Ignored,
}

/// Matches by overlap, as torchvision's `Matcher`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Matcher {
    /// From this IoU on a prediction stands for the box.
    pub high_threshold: f32,
    /// Below this one it is background.
    pub low_threshold: f32,
    /// Whether the predictions that overlap a true box most are matched however little that is.
    pub allow_low_quality_matches: bool,
}

impl Matcher {
    /// The match of each prediction from the `iou` `[true boxes, predictions]`; of equal overlaps the first box counts.
    /// Without true boxes all is background.
    pub fn matches(&self, iou: &[f32], predictions: usize) -> Vec<Match> {
        if iou.is_empty() {
            return vec![Match::Background; predictions];
        }
        let greatest = self.allow_low_quality_matches.then(|| greatest_of_rows(iou, predictions));
        (0..predictions)
            .into_par_iter()
            .with_min_len(4096)
            .map(|index| self.match_of(iou, predictions, index, greatest.as_deref()))
            .collect()
    }

    fn match_of(
        &self,
        iou: &[f32],
        predictions: usize,
        index: usize,
        greatest: Option<&[f32]>,
    ) -> Match {
        let column = || iou.iter().skip(index).step_by(predictions);
        let (best, overlap) = column()
            .enumerate()
            .fold((0, f32::MIN), |best, (row, iou)| if *iou > best.1 { (row, *iou) } else { best });
        // A true box's best prediction goes to the box it overlaps most, which may be another one.
        let is_best = |greatest: &[f32]| column().zip(greatest).any(|(iou, most)| iou == most);
        if overlap >= self.high_threshold || greatest.is_some_and(is_best) {
            Match::Box(best)
        } else if overlap < self.low_threshold {
            Match::Background
        } else {
            Match::Ignored
        }
    }
}

/// The greatest overlap of each true box.
fn greatest_of_rows(iou: &[f32], predictions: usize) -> Vec<f32> {
    let greatest =
        |row: &[f32]| row.par_iter().with_min_len(4096).copied().reduce(|| 0.0, f32::max);
    iou.chunks_exact(predictions).map(greatest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_prediction_of_a_box_counts_however_little_it_overlaps() {
        // Two boxes, five predictions; the second box's best overlaps the first one more.
        let iou = [
            0.8, 0.4, 0.2, 0.5, 0.0, // first
            0.1, 0.1, 0.2, 0.3, 0.0, // second
        ];
        let strict =
            Matcher { high_threshold: 0.7, low_threshold: 0.3, allow_low_quality_matches: false };
        let [taken, background, ignored] = [Match::Box(0), Match::Background, Match::Ignored];
        assert_eq!(strict.matches(&iou, 5), [taken, ignored, background, ignored, background]);
        let generous = Matcher { allow_low_quality_matches: true, ..strict };
        assert_eq!(generous.matches(&iou, 5), [taken, ignored, background, taken, background]);
        assert_eq!(generous.matches(&[], 2), [background; 2]);
    }
}
