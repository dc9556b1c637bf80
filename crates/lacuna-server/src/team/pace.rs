//! How long painting takes, from the times in the log.

use std::collections::BTreeMap;

use lacuna_train::active::cost::{PaintingCost, Work};
use lacuna_train::observer::seconds_of;

use super::Change;
use crate::authorship::outline_in;

/// Whoever does nothing for longer than this, in seconds, was doing something else.
pub const IDLE: f64 = 120.0;

/// Nobody paints a stroke in less, in seconds.
const FASTEST: f64 = 0.3;

/// What a person's own painting is called in the log.
const PAINTING: [&str; 2] = ["edit", "reading-edit"];

/// How long painting took somebody.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pace {
    /// What was painted in one go, and the seconds since the stroke before.
    pub observed: Vec<(Work, f64)>,
}

impl Pace {
    /// Seconds a picture, a stroke and 100 pixels of outline that explain the times best; `None` if there are too few to
    /// tell.
    pub fn cost(&self) -> Option<PaintingCost> {
        PaintingCost::fit(&self.observed)
    }

    /// Seconds of painting that are observed.
    pub fn seconds(&self) -> f64 {
        self.observed.iter().map(|(_, seconds)| seconds).sum()
    }

    /// Root of the mean squared difference between what a cost says of a stroke and what it took, in seconds.
    pub fn error(&self, cost: &PaintingCost) -> f64 {
        let squares = self.observed.iter().map(|(work, time)| (cost.seconds(work) - time).powi(2));
        (squares.sum::<f64>() / self.observed.len().max(1) as f64).sqrt()
    }
}

/// What somebody did last.
struct Last<'a> {
    time: f64,
    picture: Option<&'a str>,
    /// The words of the entry from the class on, if it was a stroke.
    stroke: Option<&'a str>,
}

/// The pace of everybody who painted, by name, from entries in the order of their numbers.
///
/// A stroke is timed from what the same person did before, if that was not longer ago than [`IDLE`]. What came faster
/// than anybody paints was sent late, and what sets the same pixels as the stroke before takes it back or brings it
/// back: neither is painting, and neither is a suggestion that was accepted.
pub fn paces(changes: &[Change]) -> BTreeMap<String, Pace> {
    let mut paces: BTreeMap<String, Pace> = BTreeMap::new();
    let mut last: BTreeMap<&str, Last<'_>> = BTreeMap::new();
    for change in changes {
        let Some(time) = seconds_of(&change.time) else { continue };
        let is_painted = PAINTING.contains(&change.what.as_str());
        let outline = outline_in(&change.detail).filter(|_| is_painted);
        let (picture, stroke) =
            (change.picture.as_deref(), outline.map(|_| pixels(&change.detail)));
        let before = last.insert(&change.who, Last { time, picture, stroke });
        let (Some(outline), Some(before)) = (outline, before) else { continue };
        let taken = time - before.time;
        if (FASTEST..=IDLE).contains(&taken) && before.stroke != stroke {
            let pictures = usize::from(before.picture != picture);
            let work = Work { pictures, strokes: 1, outline };
            paces.entry(change.who.clone()).or_default().observed.push((work, taken));
        }
    }
    paces
}

/// How many pixels of what a stroke set, whatever it set them to.
fn pixels(detail: &str) -> &str {
    detail
        .split_once(':')
        .map_or(detail, |(_, rest)| rest.rsplit_once(':').map_or(rest, |(_, n)| n))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use lacuna_train::observer::rfc3339;

    use super::*;

    fn stroke(who: &str, at: f64, picture: &str, outline: f64) -> Change {
        Change {
            number: 1,
            time: rfc3339(UNIX_EPOCH + Duration::from_secs_f64(at)),
            who: who.to_owned(),
            what: "edit".to_owned(),
            picture: Some(picture.to_owned()),
            detail: format!("edit 1: gum yes: 9 px, outline {outline} px"),
        }
    }

    #[test]
    fn a_pace_is_fitted_to_the_times_between_strokes() {
        // 8 s a picture, 2 s a stroke, 1.5 s for 100 px
        let (mut now, mut changes) = (1_000.0, Vec::new());
        for index in 0..24_usize {
            let (picture, outline) =
                (format!("m{}", index / 4), (index * 37 % 11 + 1) as f64 * 30.0);
            now += 2.0 + 1.5 * outline / 100.0 + if index % 4 == 0 { 8.0 } else { 0.0 };
            changes.push(stroke("Ada", now, &picture, outline));
            // somebody else paints meanwhile, rarely
            changes.push(stroke("Ben", now * 200.0, &picture, outline));
        }
        changes.push(Change {
            detail: "edit 2: regions: 1".to_owned(),
            ..stroke("Ada", now, "m5", 0.0)
        });
        changes.push(stroke("Ada", now + 500.0, "m5", 60.0));
        let paces = paces(&changes);
        assert_eq!(paces.keys().collect::<Vec<_>>(), ["Ada"], "Ben was away between his strokes");
        let ada = &paces["Ada"];
        assert_eq!(ada.observed.len(), 23, "from the second stroke on, and not after a break");
        let cost = ada.cost().unwrap();
        for (found, expected) in [(cost.picture, 8.0), (cost.stroke, 2.0), (cost.outline, 1.5)] {
            assert!((found - expected).abs() < 0.01, "{cost:?}");
        }
        assert!(ada.error(&cost) < 0.01 && ada.seconds() > 23.0 * 2.0);
    }
}
