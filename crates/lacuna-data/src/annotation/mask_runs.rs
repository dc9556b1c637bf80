//! One class's mask as three sets of pixels, as the browser app draws it.

use serde::{Deserialize, Serialize};

use super::{BinaryMask, Runs, Ternary, TernaryMask};

/// What was said about one class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskRuns {
    /// Pixels of the class.
    pub positive: Runs,
    /// Pixels that are not of the class.
    pub negative: Runs,
    /// Those of the two above that a model suggested and nobody painted.
    pub accepted: Runs,
}

impl MaskRuns {
    /// The three sets of a mask and of the pixels in it that were suggested.
    pub fn of(mask: &TernaryMask, suggested: Option<&BinaryMask>) -> Self {
        let state = |state| Runs::of(mask.values(), |value| *value == state);
        Self {
            positive: state(Ternary::Positive),
            negative: state(Ternary::Negative),
            accepted: suggested.map(|suggested| accepted(mask, suggested)).unwrap_or_default(),
        }
    }
}

/// A suggestion about a pixel of which nothing is said any more was taken back.
fn accepted(mask: &TernaryMask, suggested: &BinaryMask) -> Runs {
    let mut accepted = Runs::default();
    for run in Runs::from_mask(suggested).iter() {
        let known = Runs::of(&mask.values()[run.clone()], |value| *value != Ternary::Unknown);
        for part in known.iter() {
            accepted.push(run.start + part.start..run.start + part.end);
        }
    }
    accepted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Size;

    #[test]
    fn accepted_is_a_part_of_what_is_known() {
        use Ternary::{Negative as N, Positive as P, Unknown as U};
        let size = Size::new(3, 2);
        let mask = TernaryMask::new(size, vec![P, P, U, N, N, U]).unwrap();
        let suggested = BinaryMask::new(size, vec![false, true, true, true, false, false]).unwrap();
        let json = |runs: MaskRuns| serde_json::to_string(&runs).unwrap();
        let expected = r#"{"positive":[0,2],"negative":[3,2],"accepted":[1,1,3,1]}"#;
        assert_eq!(json(MaskRuns::of(&mask, Some(&suggested))), expected);
        let expected = r#"{"positive":[0,2],"negative":[3,2],"accepted":[]}"#;
        assert_eq!(json(MaskRuns::of(&mask, None)), expected);
    }
}
