//! Evidence as sets of pixels, one a reason, as the browser app shows it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::EvidenceBits;
use crate::annotation::Runs;

/// A reason to believe yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// Painted as the class.
    PaintedPositive,
    /// Painted as not the class.
    PaintedNegative,
    /// Suggested as the class and accepted.
    AcceptedPositive,
    /// Suggested as not the class and accepted, or excluded by an accepted positive.
    AcceptedNegative,
    /// Declared background at import.
    Background,
    /// Negative because an exclusive class is positive here, or the whole is negative.
    Excluded,
    /// Positive because a part of it is.
    Part,
    /// Negative because outside the regions.
    Outside,
    /// Contradicting: counts as unknown.
    Conflict,
}

impl Layer {
    /// Every layer, in the order of the app's legend.
    pub const ALL: [Self; 9] = [
        Self::PaintedPositive,
        Self::PaintedNegative,
        Self::AcceptedPositive,
        Self::AcceptedNegative,
        Self::Background,
        Self::Excluded,
        Self::Part,
        Self::Outside,
        Self::Conflict,
    ];

    /// The evidence it shows.
    pub const fn bits(self) -> EvidenceBits {
        use EvidenceBits as B;
        match self {
            Self::PaintedPositive => B::PAINTED_POSITIVE,
            Self::PaintedNegative => B::PAINTED_NEGATIVE,
            Self::AcceptedPositive => B::ACCEPTED_POSITIVE,
            Self::AcceptedNegative => B::ACCEPTED_NEGATIVE,
            Self::Background => B::BACKGROUND,
            Self::Excluded => B::EXCLUSION.with(B::WHOLE),
            Self::Part => B::PART,
            Self::Outside => B::OUTSIDE.with(B::OUTSIDE_MODEL),
            Self::Conflict => B::CONFLICT,
        }
    }
}

/// The pixels of each layer of one class. Layers may overlap, those without a pixel are left out, and
/// what is in no layer is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Layers(BTreeMap<Layer, Runs>);

impl Layers {
    /// The layers of one class's [plane](super::Evidence::plane), row by row.
    pub fn of(plane: &[EvidenceBits]) -> Self {
        let mut layers = BTreeMap::<Layer, Runs>::new();
        let mut start = 0;
        for stretch in plane.chunk_by(|a, b| a == b) {
            let end = start + stretch.len();
            for layer in Layer::ALL {
                if stretch[0].intersects(layer.bits()) {
                    layers.entry(layer).or_default().push(start..end);
                }
            }
            start = end;
        }
        Self(layers)
    }

    /// The pixels of a layer; `None` if there is none.
    pub fn get(&self, layer: Layer) -> Option<&Runs> {
        self.0.get(&layer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_in_its_layer() {
        use EvidenceBits as B;
        let plane = [
            B::none(),
            B::PAINTED_POSITIVE,
            B::PAINTED_POSITIVE.with(B::EXCLUSION).with(B::CONFLICT),
            B::WHOLE.with(B::OUTSIDE_MODEL),
            B::OUTSIDE,
            B::none(),
            B::ACCEPTED_NEGATIVE.with(B::PART),
        ];
        let expected = concat!(
            r#"{"painted-positive":[1,2],"accepted-negative":[6,1],"excluded":[2,2],"part":[6,1],"#,
            r#""outside":[3,2],"conflict":[2,1]}"#
        );
        assert_eq!(serde_json::to_string(&Layers::of(&plane)).unwrap(), expected);
        // every kind of evidence about a pixel of the picture is in exactly one layer
        for bit in (0..16).map(|bit| B(1 << bit)) {
            let is_evidence = bit.0 < B::VOID.0;
            let count = Layer::ALL.iter().filter(|layer| layer.bits().intersects(bit)).count();
            assert_eq!(count, usize::from(is_evidence), "{bit:?}");
        }
    }
}
