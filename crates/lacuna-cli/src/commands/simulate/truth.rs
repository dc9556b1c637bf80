//! Complete masks of a case: its truth, or annotations in which nothing is unknown.

use anyhow::Result;
use lacuna_data::{Annotation, BinaryMask, Case, Dataset, Ternary};

use crate::error_report::InputError;

const HINT: &str = "a simulation needs complete masks: import them with `--unpainted background`, if they \
                    are complete";

/// One complete mask a class, in class order.
pub(super) fn of_case(dataset: &Dataset, case: &Case) -> Result<Vec<BinaryMask>> {
    if let Some(truth) = dataset.load_truth(case)? {
        return Ok(truth);
    }
    let annotation = dataset.load_annotation(case)?;
    refuse_unknown(dataset, case, &annotation)?;
    Ok(annotation
        .masks
        .iter()
        .map(|mask| {
            let values = mask.values().iter().map(|value| *value == Ternary::Positive);
            let mut binary = BinaryMask::empty(mask.size());
            binary.values_mut().iter_mut().zip(values).for_each(|(to, from)| *to = from);
            binary
        })
        .collect())
}

fn refuse_unknown(
    dataset: &Dataset,
    case: &Case,
    annotation: &Annotation,
) -> Result<(), InputError> {
    for (class, mask) in dataset.classes().classes().iter().zip(&annotation.masks) {
        let unknown = mask.count(Ternary::Unknown);
        if unknown > 0 {
            let message = format!(
                "case `{}` has no complete masks: {unknown} pixels of class {} are unknown",
                case.id, class.name
            );
            return Err(InputError::new(message).with_hint(HINT));
        }
    }
    Ok(())
}
