//! What a comparison found, as written to `agreement.json`.

use std::path::Path;

use lacuna_data::json_file::write_json;
use lacuna_metrics::{
    BootstrapMean, BootstrapSettings, Confusion, EmptyRule, MeanOver, MetricError, bootstrap_mean,
};
use serde::Serialize;

use super::{AgreementError, Pair};
use crate::evaluate::Distances;

/// Agreement of two annotations of the same pictures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Agreement {
    /// Version of this format; [`Agreement::VERSION`].
    pub version: u32,
    /// Names of the two data sets.
    pub datasets: [String; 2],
    /// Cases that both have.
    pub cases: usize,
    /// Cases that only one of them has, by data set.
    pub only_in: [Vec<String>; 2],
    /// How distances were measured; `None` if they were not.
    pub distances: Option<Distances>,
    /// By class, in the order of the first.
    pub classes: Vec<ClassAgreement>,
    /// By case and class.
    pub per_case: Vec<CaseAgreement>,
    /// What a reader has to know before quoting a number.
    pub notes: Vec<String>,
}

/// Agreement about one class in one case.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CaseAgreement {
    /// The case.
    pub case: String,
    /// Its group, usually the patient.
    pub group: Option<String>,
    /// The class.
    pub class: String,
    /// Pixels of the picture.
    pub pixels: u64,
    /// Share of them of which both said something.
    pub coverage: Option<f64>,
    /// Dice; `None` where neither says yes anywhere.
    pub dice: Option<f64>,
    /// Cohen's κ.
    pub kappa: Option<f64>,
    /// Normalised surface Dice.
    pub nsd: Option<f64>,
    /// The counts; the first takes the place of the prediction.
    pub counts: Confusion,
}

/// Agreement about one class over all cases.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassAgreement {
    /// The class.
    pub class: String,
    /// Share of pixels of which both said something, over all cases.
    pub coverage: Option<f64>,
    /// Dice.
    pub dice: MeanAgreement,
    /// Cohen's κ.
    pub kappa: MeanAgreement,
    /// Normalised surface Dice.
    pub nsd: MeanAgreement,
    /// Dice and κ of all cases' pixels together.
    pub pooled_dice: Option<f64>,
    /// See [`pooled_dice`](Self::pooled_dice).
    pub pooled_kappa: Option<f64>,
}

/// A mean over cases with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MeanAgreement {
    /// The mean, and cases left out of it.
    pub mean: MeanOver,
    /// The interval over groups.
    pub interval: Option<BootstrapMean>,
}

impl MeanAgreement {
    fn of(
        rows: &[&CaseAgreement],
        score: impl Fn(&CaseAgreement) -> Option<f64>,
        settings: &BootstrapSettings,
    ) -> Result<Self, MetricError> {
        let scores: Vec<Option<f64>> = rows.iter().map(|row| score(row)).collect();
        let defined: Vec<(f64, Option<&str>)> = rows
            .iter()
            .zip(&scores)
            .filter_map(|(row, score)| Some(((*score)?, row.group.as_deref())))
            .collect();
        let values: Vec<f64> = defined.iter().map(|(value, _)| *value).collect();
        let groups: Option<Vec<&str>> = defined.iter().map(|(_, group)| *group).collect();
        let interval = bootstrap_mean(&values, groups.as_deref(), settings)?;
        Ok(Self { mean: MeanOver::of(&scores, EmptyRule::LeaveOut), interval })
    }
}

impl Agreement {
    /// Version of the format that is written.
    pub const VERSION: u32 = 1;

    pub(super) fn new(
        pair: &Pair<'_>,
        per_case: Vec<CaseAgreement>,
    ) -> Result<Self, AgreementError> {
        let settings = &pair.options.bootstrap;
        let of_class = |(class, _): &(String, [usize; 2])| {
            let rows: Vec<_> = per_case.iter().filter(|row| row.class == *class).collect();
            let pooled: Confusion = rows.iter().map(|row| row.counts).sum();
            let pixels: u64 = rows.iter().map(|row| row.pixels).sum();
            Ok(ClassAgreement {
                class: class.clone(),
                coverage: share(pooled.total(), pixels),
                dice: MeanAgreement::of(&rows, |row| row.dice, settings)?,
                kappa: MeanAgreement::of(&rows, |row| row.kappa, settings)?,
                nsd: MeanAgreement::of(&rows, |row| row.nsd, settings)?,
                pooled_dice: pooled.dice(),
                pooled_kappa: pooled.kappa(),
            })
        };
        let classes = pair.classes.iter().map(of_class).collect::<Result<_, MetricError>>()?;
        let datasets = [pair.first, pair.second];
        let only = |index: usize| -> Vec<String> {
            let is_alone = |id: &&str| datasets[1 - index].case(id).is_err();
            let ids = datasets[index].cases().iter().map(|case| case.id.as_str());
            ids.filter(is_alone).map(str::to_owned).collect()
        };
        let mut agreement = Self {
            version: Self::VERSION,
            datasets: datasets.map(|dataset| dataset.name().to_owned()),
            cases: pair.cases.len(),
            only_in: [only(0), only(1)],
            distances: pair.distances,
            classes,
            per_case,
            notes: Vec::new(),
        };
        agreement.notes = agreement.find_notes(pair);
        Ok(agreement)
    }

    fn find_notes(&self, pair: &Pair<'_>) -> Vec<String> {
        let mut notes =
            vec!["only pixels that both annotated count: people annotate what is clear".to_owned()];
        for (alone, name) in self.only_in.iter().zip(&self.datasets) {
            if !alone.is_empty() {
                notes.push(format!("{} cases are only in {name}", alone.len()));
            }
        }
        for dataset in [pair.first, pair.second] {
            let shared = |name: &String| pair.classes.iter().any(|(known, _)| known == name);
            let names = dataset.classes().names().into_iter().filter(|name| !shared(name));
            let names: Vec<_> = names.collect();
            if !names.is_empty() {
                notes.push(format!("only {} has the classes {}", dataset.name(), names.join(", ")));
            }
        }
        if pair.cases.iter().any(|case| case.group.is_none()) {
            notes.push("not grouped by patient".to_owned());
        }
        notes
    }

    /// Writes everything as JSON.
    ///
    /// # Errors
    /// If the disk cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), AgreementError> {
        write_json(path, self).map_err(|error| AgreementError::Write {
            path: path.to_owned(),
            source: std::io::Error::other(error),
        })
    }
}

/// `None` of nothing.
pub(super) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
