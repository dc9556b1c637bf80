//! How good boxes are: COCO's average precision, and what their outside would teach.

use lacuna_metrics::{
    AreaRange, BoxAveragePrecision, BoxedImage, Grid, OutsideCounts, ScoredBox, least_margin,
};
use serde::{Deserialize, Serialize};

use super::reference::{Reference, Source};
use super::{BoxedCase, DetectError};

/// The margins that are tried: shares of a picture's longer side that a box is widened by on every side.
pub const MARGINS: [f64; 10] = [0.0, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3];

/// A picture with its boxes and what they are held to.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// What people drew, where they did.
    pub truth: Vec<[f64; 4]>,
    /// What was found, with any score.
    pub found: Vec<ScoredBox>,
    /// Those that would be written.
    pub written: Vec<[f64; 4]>,
    /// Where the classes are, where it is known.
    pub reference: Option<Reference>,
}

impl Judged {
    /// The pixels outside its boxes, widened by that share of its longer side; none where nothing is known.
    ///
    /// # Errors
    /// When a box is no box.
    pub fn outside(&self, margin: f64) -> Result<OutsideCounts, DetectError> {
        let Some(reference) = &self.reference else { return Ok(OutsideCounts::default()) };
        let grid = Grid::in_pixels(reference.size.width, reference.size.height)?;
        let (class, known) = (&reference.class, reference.known.as_deref());
        Ok(OutsideCounts::measure(&grid, class, known, &self.written, margin)?)
    }
}

/// What boxes widened by a margin would teach over all pictures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MarginPoint {
    /// Share of a picture's longer side.
    pub margin: f64,
    /// Share of the known pixels of the classes outside the boxes: taught as negatives, wrongly.
    pub missed: Option<f64>,
    /// Share of the known pixels outside the tightest box around the classes that the boxes give as negatives.
    pub gained: Option<f64>,
}

/// How good boxes are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// Pictures looked at.
    pub pictures: usize,
    /// Pictures in which a box would be written.
    pub with_box: usize,
    /// COCO's AP, over the pictures in which a person drew a box.
    pub ap: Option<f64>,
    /// At IoU .50.
    pub ap50: Option<f64>,
    /// What they were held to.
    pub sources: Vec<Source>,
    /// What they teach at each margin.
    pub curve: Vec<MarginPoint>,
    /// The smallest margin that leaves no more of the classes outside than was asked for.
    pub margin: Option<f64>,
    /// The share asked for.
    pub most_missed: f64,
}

impl Judgement {
    /// Judges the boxes of pictures.
    ///
    /// # Errors
    /// When a box is no box.
    pub fn of(pictures: &[Judged], most_missed: f64) -> Result<Self, DetectError> {
        let boxed: Vec<BoxedImage> = pictures
            .iter()
            .filter(|picture| !picture.truth.is_empty())
            .map(|picture| BoxedImage {
                truth: picture.truth.clone(),
                found: picture.found.clone(),
            })
            .collect();
        let most = BoxAveragePrecision::MOST_FOUND;
        let precision = BoxAveragePrecision::measure(&boxed, AreaRange::ALL, most)?;
        let counts = MARGINS
            .into_iter()
            .map(|margin| Ok((margin, outside(pictures, margin)?)))
            .collect::<Result<Vec<_>, DetectError>>()?;
        let point = |(margin, counts): &(f64, OutsideCounts)| MarginPoint {
            margin: *margin,
            missed: counts.missed_share(),
            gained: counts.gained_share(),
        };
        let mut sources: Vec<_> =
            pictures.iter().filter_map(|p| Some(p.reference.as_ref()?.source)).collect();
        sources.sort_unstable();
        sources.dedup();
        let with_box = pictures.iter().filter(|picture| !picture.written.is_empty()).count();
        Ok(Self {
            pictures: pictures.len(),
            with_box,
            ap: precision.map(|precision| precision.mean()),
            ap50: precision.map(|precision| precision.ap50()),
            sources,
            curve: counts.iter().map(point).collect(),
            // where there is no box, nothing is missed, and that recommends nothing
            margin: least_margin(&counts, most_missed).filter(|_| with_box > 0),
            most_missed,
        })
    }

    /// What the boxes teach at one of the margins.
    pub fn at(&self, margin: f64) -> Option<&MarginPoint> {
        self.curve.iter().find(|point| (point.margin - margin).abs() < 1e-9)
    }
}

/// The pixels outside the boxes of all pictures together.
fn outside(pictures: &[Judged], margin: f64) -> Result<OutsideCounts, DetectError> {
    let mut total = OutsideCounts::default();
    for picture in pictures {
        total.add(picture.outside(margin)?);
    }
    Ok(total)
}

/// The boxes worth writing: the best ones, with at least that score.
pub fn chosen(found: &[ScoredBox], least_score: f64, most: usize) -> Vec<ScoredBox> {
    let mut chosen: Vec<_> =
        found.iter().copied().filter(|found| found.score >= least_score).collect();
    chosen.sort_by(|a, b| b.score.total_cmp(&a.score));
    chosen.truncate(most);
    chosen
}

/// A picture's boxes, as they would be judged.
pub(super) fn judged(
    boxed: &BoxedCase,
    reference: Option<Reference>,
    found: Vec<ScoredBox>,
    least_score: f64,
    most: usize,
) -> Judged {
    let written = chosen(&found, least_score, most).into_iter().map(|found| found.corners);
    Judged { truth: boxed.boxes.clone(), written: written.collect(), found, reference }
}

#[cfg(test)]
mod tests {
    use lacuna_data::Size;

    use super::*;

    #[test]
    fn a_margin_is_recommended_for_boxes_that_are_too_small() {
        // a class of 6 × 6 pixels in a picture of 20 × 10, and a box that cuts a column off
        let size = Size::new(20, 10);
        let inside = |i: usize| (4..10).contains(&(i % 20)) && (2..8).contains(&(i / 20));
        let reference = Reference {
            size,
            class: (0..size.area()).map(inside).collect(),
            known: None,
            source: Source::CompleteMasks,
        };
        let found = vec![
            ScoredBox { corners: [5.0, 2.0, 10.0, 8.0], score: 0.9 },
            ScoredBox { corners: [0.0, 0.0, 20.0, 10.0], score: 0.4 },
        ];
        let boxed = BoxedCase {
            case: lacuna_data::Case::new("a", "a.png"),
            size,
            boxes: vec![[4.0, 2.0, 10.0, 8.0]],
        };
        let picture = judged(&boxed, Some(reference), found, 0.5, 3);
        assert_eq!(picture.written.len(), 1);
        let judgement = Judgement::of(&[picture], 0.01).unwrap();
        assert_eq!((judgement.ap50, judgement.with_box), (Some(1.0), 1));
        assert_eq!(judgement.at(0.0).unwrap().missed, Some(1.0 / 6.0));
        // .03 of 20 pixels reaches the centres of the column
        assert_eq!(judgement.margin, Some(0.03));
        assert_eq!(judgement.at(0.05).unwrap().missed, Some(0.0));
    }

    #[test]
    fn without_people_there_is_no_precision() {
        let judgement = Judgement::of(&[Judged::default()], 0.0).unwrap();
        assert_eq!((judgement.ap, judgement.margin, judgement.pictures), (None, None, 1));
    }
}
