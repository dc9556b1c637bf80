//! What is compared with what: a way to choose pictures and a way to go on training.

use serde::{Deserialize, Serialize};

use super::Query;

/// Where the training of a round starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// At the model of the last round, for the few steps of a correction.
    #[default]
    Warm,
    /// At the beginning, as long as a first model takes.
    Scratch,
}

/// One way to go round the loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Arm {
    /// How pictures are chosen.
    pub query: Query,
    /// Where each training starts.
    pub start: Start,
    /// Whether batches hold a share of pictures of the first round.
    pub replay: bool,
}

impl Arm {
    /// What the app does, with that way to choose.
    pub const fn usual(query: Query) -> Self {
        Self { query, start: Start::Warm, replay: true }
    }

    /// Its name, also that of a file.
    pub fn name(self) -> String {
        let start = if self.start == Start::Scratch { "-scratch" } else { "" };
        let replay = if self.replay { "" } else { "-no-replay" };
        format!("{}{start}{replay}", self.query.name())
    }

    /// The arms that it is to be compared with: random and foreground, and the same choice as the app goes on with it.
    pub(super) fn is_judged_by(self, other: Self) -> bool {
        let goes_on_alike = (self.start, self.replay) == (other.start, other.replay);
        let is_plain = matches!(other.query, Query::Random | Query::Foreground);
        let is_usual = other == Self::usual(self.query);
        self != other && ((goes_on_alike && is_plain && self.query > other.query) || is_usual)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arms_are_judged_by_plain_ones_and_by_what_the_app_does() {
        let usual = Arm::usual;
        let scratch = Arm { start: Start::Scratch, ..usual(Query::Entropy) };
        let table = [
            (usual(Query::Entropy), usual(Query::Random), true),
            (usual(Query::Entropy), usual(Query::Foreground), true),
            (usual(Query::Foreground), usual(Query::Random), true),
            (usual(Query::Random), usual(Query::Foreground), false),
            (usual(Query::Entropy), usual(Query::Diversity), false),
            (scratch, usual(Query::Entropy), true),
            (scratch, usual(Query::Random), false),
            (usual(Query::Entropy), scratch, false),
            (usual(Query::Entropy), usual(Query::Entropy), false),
        ];
        for (arm, other, expected) in table {
            assert_eq!(arm.is_judged_by(other), expected, "{} by {}", arm.name(), other.name());
        }
        let plain = Arm { replay: false, ..scratch };
        assert_eq!(plain.name(), "entropy-scratch-no-replay");
    }
}
