//! Whose turn it is to be painted, and what is painted already.

use lacuna_data::dataset::split::Fold;
use lacuna_data::{DataError, Dataset, Ternary};

use super::acquisition::Candidate;

/// A picture that waits to be painted.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// The case.
    pub case: String,
    /// What it promises.
    pub candidate: Candidate,
    /// Whether a model has seen it; else its turn is random.
    pub is_seen: bool,
}

/// The best first. Scores of pictures that no model has seen are of another kind: they come after.
pub fn in_order(mut turns: Vec<Turn>) -> Vec<Turn> {
    turns.sort_by(|a, b| {
        let score = b.candidate.score.total_cmp(&a.candidate.score);
        b.is_seen.cmp(&a.is_seen).then(score).then_with(|| a.case.cmp(&b.case))
    });
    turns
}

/// Training and validation cases about which anybody said anything, by painting or by a region.
pub fn annotated(dataset: &Dataset, fold: &Fold) -> Result<Fold, DataError> {
    let keep = |ids: &[String]| {
        let said = |id: &&String| is_annotated(dataset, id);
        let kept = ids.iter().filter_map(|id| match said(&id) {
            Ok(true) => Some(Ok(id.clone())),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        });
        kept.collect::<Result<Vec<_>, _>>()
    };
    Ok(Fold { train: keep(&fold.train)?, validation: keep(&fold.validation)?, test: Vec::new() })
}

fn is_annotated(dataset: &Dataset, id: &str) -> Result<bool, DataError> {
    let case = dataset.case(id)?;
    if !dataset.annotation_folder(case).exists() {
        return Ok(false);
    }
    let annotation = dataset.load_annotation(case)?;
    let is_painted = annotation
        .masks
        .iter()
        .any(|mask| mask.values().iter().any(|value| *value != Ternary::Unknown));
    Ok(is_painted || !annotation.regions.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seen_pictures_come_first_and_ties_go_by_name() {
        let turn = |case: &str, score, is_seen| Turn {
            case: case.to_owned(),
            candidate: Candidate { score, point: None },
            is_seen,
        };
        let turns = vec![
            turn("d", 9.0, false),
            turn("b", 1.0, true),
            turn("a", 1.0, true),
            turn("c", 2.0, true),
        ];
        let order: Vec<_> = in_order(turns).into_iter().map(|turn| turn.case).collect();
        assert_eq!(order, ["c", "a", "b", "d"]);
    }
}
