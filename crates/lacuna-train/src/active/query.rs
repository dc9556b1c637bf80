//! The ways to choose what to paint next that are compared: those of the app, and two that look at more than one model
//! or more than one picture at a time.

use serde::{Deserialize, Serialize};

use super::acquisition::Strategy;

/// Models of which an ensemble consists.
const MEMBERS: usize = 3;

/// A query strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Query {
    /// [`Strategy::Random`].
    Random,
    /// [`Strategy::Foreground`].
    Foreground,
    /// [`Strategy::Entropy`].
    Entropy,
    /// Where three models that differ by their seed disagree most.
    Ensemble,
    /// Pictures that look to the encoder unlike all that were painted; the point is that of `foreground`.
    Diversity,
}

impl Query {
    /// All of them; the first is what the others are compared with.
    pub const ALL: [Self; 5] =
        [Self::Random, Self::Foreground, Self::Entropy, Self::Ensemble, Self::Diversity];

    /// Its name in settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Foreground => "foreground",
            Self::Entropy => "entropy",
            Self::Ensemble => "ensemble",
            Self::Diversity => "diversity",
        }
    }

    /// How it judges a picture that one model has looked at, as far as that is enough.
    pub(super) const fn strategy(self) -> Option<Strategy> {
        match self {
            Self::Random => Some(Strategy::Random),
            Self::Foreground | Self::Diversity => Some(Strategy::Foreground),
            Self::Entropy => Some(Strategy::Entropy),
            Self::Ensemble => None,
        }
    }

    /// Models that it trains a round.
    pub(super) const fn members(self) -> usize {
        if matches!(self, Self::Ensemble) { MEMBERS } else { 1 }
    }
}
