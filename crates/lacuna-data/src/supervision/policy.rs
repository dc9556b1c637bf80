//! Supervision policies: which sources of evidence count, and with what weight.
//!
//! The loss of class c at pixel p is `BCE(target, prediction) · weight`; a policy gives target and
//! weight (Martin, Chevallet and Quénot, CBMI 2022, equations 1–5).

use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, EvidenceBits, EvidenceBits as B};

/// The named policies; the numbers are the rows of the paper's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PolicyName {
    /// (1) Every unpainted pixel is a negative: the baseline.
    #[serde(rename = "standard")]
    Standard,
    /// (2) Painted positives only.
    #[serde(rename = "positive-only")]
    PositiveOnly,
    /// (3) Painted pixels, and negatives from exclusive classes.
    #[serde(rename = "fusion")]
    Fusion,
    /// (4) As `standard`, pixels outside the region counting twice.
    #[serde(rename = "box")]
    Box,
    /// (4 read literally) Painted pixels, and negatives outside the region.
    #[serde(rename = "positive+box")]
    PositiveBox,
    /// (5) Painted pixels, negatives from exclusive classes and from outside the region.
    #[serde(rename = "fusion+box")]
    FusionBox,
}

impl PolicyName {
    /// All policies, in the order of the paper's table.
    pub const ALL: [Self; 6] = [
        Self::Standard,
        Self::PositiveOnly,
        Self::Fusion,
        Self::Box,
        Self::PositiveBox,
        Self::FusionBox,
    ];

    /// The name used in configuration files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::PositiveOnly => "positive-only",
            Self::Fusion => "fusion",
            Self::Box => "box",
            Self::PositiveBox => "positive+box",
            Self::FusionBox => "fusion+box",
        }
    }

    const fn sources(self) -> EvidenceBits {
        let painted = B::PAINTED_POSITIVE
            .with(B::PAINTED_NEGATIVE)
            .with(B::BACKGROUND)
            .with(B::ACCEPTED_POSITIVE)
            .with(B::ACCEPTED_NEGATIVE);
        let fusion = painted.with(B::EXCLUSION).with(B::PART).with(B::WHOLE);
        let region = B::OUTSIDE.with(B::OUTSIDE_MODEL);
        let positive = B::PAINTED_POSITIVE.with(B::ACCEPTED_POSITIVE);
        match self {
            Self::Standard | Self::PositiveOnly => positive,
            Self::Box => positive.with(region),
            Self::Fusion => fusion,
            Self::PositiveBox => painted.with(region),
            Self::FusionBox => fusion.with(region),
        }
    }
}

impl std::fmt::Display for PolicyName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is no policy.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown policy `{0}` (standard, positive-only, fusion, box, positive+box, fusion+box)")]
pub struct UnknownPolicy(String);

impl std::str::FromStr for PolicyName {
    type Err = UnknownPolicy;

    fn from_str(name: &str) -> Result<Self, UnknownPolicy> {
        Self::ALL
            .into_iter()
            .find(|policy| policy.as_str() == name)
            .ok_or_else(|| UnknownPolicy(name.to_owned()))
    }
}

/// What two painted positives on exclusive classes mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Conflict {
    /// Nobody knows: unknown for both.
    #[default]
    Unknown,
    /// Positive for both, as the paper's masks have it.
    Positive,
}

/// What lies beyond the picture's border after rotation or padding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Void {
    /// Nothing is known there.
    #[default]
    Unknown,
    /// An unpainted pixel, as torchvision's rotation fills masks with 0.
    Unpainted,
}

/// Weights of single sources; all 1 unless set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SourceWeights {
    /// Painted positives and negatives, and what parts and wholes imply.
    pub painted: f32,
    /// Negatives from exclusive classes.
    pub exclusion: f32,
    /// Negatives from outside the region.
    pub region: f32,
    /// Negatives from declared background.
    pub background: f32,
    /// Suggested by a model and accepted by a person.
    pub accepted: f32,
    /// Unpainted, assumed negative.
    pub assumed: f32,
}

impl Default for SourceWeights {
    fn default() -> Self {
        Self {
            painted: 1.0,
            exclusion: 1.0,
            region: 1.0,
            background: 1.0,
            accepted: 0.5,
            assumed: 1.0,
        }
    }
}

/// Turns evidence into target and weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SupervisionPolicy {
    sources: EvidenceBits,
    assumed: bool,
    weights: SourceWeights,
    conflict: Conflict,
    void: Void,
}

/// Target and weight of one class at one pixel; weight 0 means unknown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Label {
    /// 1 for yes, 0 for no; 0 also where unknown.
    pub target: f32,
    /// How much the pixel counts; 0 where unknown.
    pub weight: f32,
}

impl Label {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self { target: 0.0, weight: 0.0 };

    const fn positive(weight: f32) -> Self {
        Self { target: 1.0, weight }
    }

    const fn negative(weight: f32) -> Self {
        Self { target: 0.0, weight }
    }

    /// Whether the truth is known here.
    pub fn is_known(self) -> bool {
        self.weight > 0.0
    }
}

impl SupervisionPolicy {
    /// A named policy with its default weights.
    pub fn named(name: PolicyName) -> Self {
        Self {
            sources: name.sources(),
            assumed: matches!(name, PolicyName::Standard | PolicyName::Box),
            weights: SourceWeights::default(),
            conflict: match name {
                PolicyName::Standard | PolicyName::Box => Conflict::Positive,
                _ => Conflict::Unknown,
            },
            void: Void::Unknown,
        }
    }

    /// The fixed evidence every policy is evaluated on: painted pixels, what the declared relations
    /// say, declared background and regions drawn by people; never a model's word.
    pub fn evaluation() -> Self {
        let fusion = PolicyName::Fusion.sources().0;
        let model = B::ACCEPTED_POSITIVE.0 | B::ACCEPTED_NEGATIVE.0;
        Self { sources: B(fusion & !model).with(B::OUTSIDE), ..Self::named(PolicyName::Fusion) }
    }

    /// The paper's own evaluation: painted is positive, everything else negative.
    pub fn paper_evaluation() -> Self {
        Self { sources: B::PAINTED_POSITIVE, ..Self::named(PolicyName::Standard) }
    }

    /// The same policy with other source weights.
    #[must_use]
    pub fn with_weights(self, weights: SourceWeights) -> Self {
        Self { weights, ..self }
    }

    /// The same policy with another rule for conflicts.
    #[must_use]
    pub fn with_conflict(self, conflict: Conflict) -> Self {
        Self { conflict, ..self }
    }

    /// The same policy with another rule beyond the border.
    #[must_use]
    pub fn with_void(self, void: Void) -> Self {
        Self { void, ..self }
    }

    /// Target and weight for one class at one pixel.
    pub fn label(&self, bits: EvidenceBits) -> Label {
        if bits.intersects(B::VOID) {
            return match self.void {
                Void::Unpainted if self.assumed => Label::negative(self.weights.assumed),
                _ => Label::UNKNOWN,
            };
        }
        let seen = B(bits.0 & self.sources.0);
        let label = self.expert_label(seen, bits).or_else(|| self.accepted_label(seen));
        label.unwrap_or_else(|| self.unpainted_label(seen))
    }

    /// Target and weight planes of every class: two vectors `[classes, height, width]`.
    pub fn supervise(&self, evidence: &Evidence) -> Supervision {
        let labels = (0..evidence.classes()).flat_map(|class| evidence.plane(class));
        let (target, weight) =
            labels.map(|bits| self.label(*bits)).map(|label| (label.target, label.weight)).unzip();
        Supervision { target, weight }
    }

    fn expert_label(&self, seen: EvidenceBits, all: EvidenceBits) -> Option<Label> {
        let positive = seen.intersects(B::PAINTED_POSITIVE.with(B::PART));
        if positive && all.intersects(B::CONFLICT) && self.conflict == Conflict::Positive {
            return Some(Label::positive(self.weights.painted));
        }
        let negative = self.negative_weight(seen);
        match (positive, negative) {
            (true, Some(_)) => Some(Label::UNKNOWN),
            (true, None) => Some(Label::positive(self.weights.painted)),
            (false, Some(weight)) => Some(Label::negative(weight)),
            (false, None) => None,
        }
    }

    /// The weight of the strongest reason to say no, short of regions and assumptions.
    fn negative_weight(&self, seen: EvidenceBits) -> Option<f32> {
        [
            (B::PAINTED_NEGATIVE.with(B::WHOLE), self.weights.painted),
            (B::BACKGROUND, self.weights.background),
            (B::EXCLUSION, self.weights.exclusion),
        ]
        .into_iter()
        .find(|(reason, _)| seen.intersects(*reason))
        .map(|(_, weight)| weight)
    }

    fn accepted_label(&self, seen: EvidenceBits) -> Option<Label> {
        let positive = seen.intersects(B::ACCEPTED_POSITIVE);
        let negative = seen.intersects(B::ACCEPTED_NEGATIVE);
        match (positive, negative) {
            (true, true) => Some(Label::UNKNOWN),
            (true, false) => Some(Label::positive(self.weights.accepted)),
            (false, true) => Some(Label::negative(self.weights.accepted)),
            (false, false) => None,
        }
    }

    fn unpainted_label(&self, seen: EvidenceBits) -> Label {
        let outside = seen.intersects(B::OUTSIDE.with(B::OUTSIDE_MODEL));
        let region = if outside { self.weights.region } else { 0.0 };
        let assumed = if self.assumed { self.weights.assumed } else { 0.0 };
        Label::negative(region + assumed)
    }
}

/// What a network is told: target and weight, each `[classes, height, width]`; weight 0 = unknown.
#[derive(Clone, Debug, PartialEq)]
pub struct Supervision {
    /// 1 for yes, 0 for no.
    pub target: Vec<f32>,
    /// How much each pixel counts.
    pub weight: Vec<f32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const U: (f32, f32) = (0.0, 0.0);
    const Y: (f32, f32) = (1.0, 1.0);
    const N: (f32, f32) = (0.0, 1.0);
    const N2: (f32, f32) = (0.0, 2.0);

    #[test]
    fn policies_follow_the_papers_equations() {
        let p = B::PAINTED_POSITIVE;
        let conflict = p.with(B::EXCLUSION).with(B::CONFLICT);
        // columns: standard, positive-only, fusion, box, positive+box, fusion+box
        let table = [
            (B::none(), [N, U, U, N, U, U], "unpainted, inside the box"),
            (B::OUTSIDE, [N, U, U, N2, N, N], "unpainted, outside the box"),
            (B::OUTSIDE_MODEL, [N, U, U, N2, N, N], "outside a predicted box"),
            (p, [Y, Y, Y, Y, Y, Y], "painted"),
            (p.with(B::OUTSIDE), [Y, Y, Y, Y, Y, Y], "painted outside the box: the expert wins"),
            (B::EXCLUSION, [N, U, N, N, U, N], "another class painted"),
            (B::EXCLUSION.with(B::OUTSIDE), [N, U, N, N2, N, N], "weight is not summed in fusion"),
            (B::PAINTED_NEGATIVE, [N, U, N, N, N, N], "painted as not the class"),
            (conflict, [Y, Y, U, Y, Y, U], "two exclusive classes painted"),
            (p.with(B::EXCLUSION), [Y, Y, U, Y, Y, U], "a footprint with both signs"),
            (B::VOID, [U, U, U, U, U, U], "padding"),
        ];
        for (bits, expected, what) in table {
            for (name, expected) in PolicyName::ALL.into_iter().zip(expected) {
                let label = SupervisionPolicy::named(name).label(bits);
                assert_eq!((label.target, label.weight), expected, "{name}: {what}");
            }
        }
    }

    #[test]
    fn the_papers_rules_can_be_had() {
        let conflict = B::PAINTED_POSITIVE.with(B::EXCLUSION).with(B::CONFLICT);
        let fusion = SupervisionPolicy::named(PolicyName::Fusion);
        assert_eq!(fusion.with_conflict(Conflict::Positive).label(conflict), Label::positive(1.0));
        let standard = SupervisionPolicy::named(PolicyName::Standard);
        assert_eq!(standard.with_void(Void::Unpainted).label(B::VOID), Label::negative(1.0));
        assert_eq!(fusion.with_void(Void::Unpainted).label(B::VOID), Label::UNKNOWN);
    }

    #[test]
    fn evaluation_never_takes_a_models_word() {
        let evaluation = SupervisionPolicy::evaluation();
        for bits in [B::ACCEPTED_POSITIVE, B::ACCEPTED_NEGATIVE, B::OUTSIDE_MODEL] {
            assert_eq!(evaluation.label(bits), Label::UNKNOWN, "{bits:?}");
        }
        assert_eq!(evaluation.label(B::OUTSIDE), Label::negative(1.0));
        assert_eq!(evaluation.label(B::PAINTED_POSITIVE), Label::positive(1.0));
    }

    #[test]
    fn accepted_counts_half_and_yields_to_paint() {
        let policy = SupervisionPolicy::named(PolicyName::FusionBox);
        assert_eq!(policy.label(B::ACCEPTED_POSITIVE), Label::positive(0.5));
        assert_eq!(
            policy.label(B::ACCEPTED_NEGATIVE.with(B::PAINTED_POSITIVE)),
            Label::positive(1.0)
        );
        assert_eq!(policy.label(B::ACCEPTED_POSITIVE.with(B::OUTSIDE)), Label::positive(0.5));
    }

    #[test]
    fn names_round_trip() {
        for name in PolicyName::ALL {
            assert_eq!(name.as_str().parse(), Ok(name));
            assert_eq!(serde_json::to_value(name).unwrap(), name.as_str());
        }
        assert!("mbce".parse::<PolicyName>().is_err());
    }
}
