//! How well two people agree who annotated the same pictures: the ceiling of what a model can be asked for.
//!
//! Two data sets hold the same cases, annotated by two people, or twice by one. They are compared at pixels of which both
//! said something (painted, by exclusion or by a region; never what a model suggested), class by class. Neither is the
//! reference: every measure is the same when the two are exchanged.

mod ceiling;
mod difference;
mod result;
mod table;

use std::path::PathBuf;

use lacuna_data::supervision::policy::Label;
use lacuna_data::{Case, DataError, Dataset, Evidence, Size, SupervisionPolicy};
use lacuna_metrics::{BootstrapSettings, Confusion, Grid, MetricError, SurfaceDistances};

use crate::evaluate::{Distances, Unit};
use crate::interrupt::Interrupt;

pub use ceiling::{Ceiling, ClassCeiling};
pub use difference::{ClassDifference, differences};
use result::share;
pub use result::{Agreement, CaseAgreement, ClassAgreement, MeanAgreement};

/// Why two data sets cannot be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgreementError {
    /// One of them cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// They have no class in common.
    #[error("`{}` has {first}, `{}` has {second}: no class in common", folders[0].display(), folders[1].display())]
    Classes {
        /// Both folders.
        folders: [PathBuf; 2],
        /// Classes of the first.
        first: String,
        /// Classes of the second.
        second: String,
    },
    /// They have no case in common.
    #[error("`{}` and `{}` have no case in common", folders[0].display(), folders[1].display())]
    NoCases {
        /// Both folders.
        folders: [PathBuf; 2],
    },
    /// Nobody has read a case twice.
    #[error("no case of `{}` was read by two people to the end", folder.display())]
    NoReadings {
        /// The folder.
        folder: PathBuf,
    },
    /// The same case has two pictures.
    #[error(
        "case `{id}` is a picture of {first} pixels in one data set and of {second} in the other"
    )]
    Sizes {
        /// The case.
        id: String,
        /// Size in the first.
        first: Size,
        /// Size in the second.
        second: Size,
    },
    /// A measure refuses its input.
    #[error("case `{id}` cannot be compared")]
    Metric {
        /// The case.
        id: String,
        /// Why.
        #[source]
        source: MetricError,
    },
    /// The means refuse their input.
    #[error("the means cannot be computed")]
    Mean(#[from] MetricError),
    /// A file cannot be read. The source names it.
    #[error("could not read the agreement of two people")]
    Read(#[source] std::io::Error),
    /// A file that is no agreement.
    #[error("`{}` is no `agreement.json` of `lacuna compare`: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file cannot be written.
    #[error("could not write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Somebody asked to stop.
    #[error("interrupted")]
    Interrupted,
}

impl AgreementError {
    /// What a user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Data(error) => error.hint().map(ToOwned::to_owned),
            Self::Classes { .. } | Self::NoCases { .. } => Some(
                "classes and cases are told by their names: import both in the same way".to_owned(),
            ),
            Self::NoReadings { .. } => Some(
                "give pictures to two people separately in the app of `lacuna serve --team`"
                    .to_owned(),
            ),
            Self::Read(_) | Self::Malformed { .. } => {
                Some("write one with `lacuna compare A B --output-dir DIR`".to_owned())
            }
            Self::Sizes { .. } => {
                Some("both people must have annotated the same picture".to_owned())
            }
            _ => None,
        }
    }
}

/// How to compare.
#[derive(Clone, Debug)]
pub struct AgreementOptions {
    /// Whether the normalised surface Dice is computed.
    pub surfaces: bool,
    /// Its tolerance: in millimetres if every case has a spacing, else in pixels.
    pub nsd_tolerance: f64,
    /// How intervals are drawn.
    pub bootstrap: BootstrapSettings,
}

impl Default for AgreementOptions {
    fn default() -> Self {
        Self { surfaces: true, nsd_tolerance: 1.0, bootstrap: BootstrapSettings::default() }
    }
}

/// Compares what two data sets say of the cases and classes that both have. `progress` is told after every case how
/// many are done, and of how many.
///
/// # Errors
/// See [`AgreementError`].
pub fn compare(
    first: &Dataset,
    second: &Dataset,
    options: &AgreementOptions,
    progress: &mut dyn FnMut(usize, usize),
    interrupt: &Interrupt,
) -> Result<Agreement, AgreementError> {
    let pair = Pair::new(first, second, options)?;
    let mut cases = Vec::new();
    for (index, case) in pair.cases.iter().enumerate() {
        if interrupt.is_raised() {
            return Err(AgreementError::Interrupted);
        }
        cases.extend(pair.compare(case)?);
        progress(index + 1, pair.cases.len());
    }
    Agreement::new(&pair, cases)
}

/// Compares what two people say of the cases of a data set that both have read to the end, each without seeing the
/// other's. The readers of a case are compared with each other, whoever they are.
///
/// # Errors
/// See [`AgreementError`].
pub fn compare_readings(
    dataset: &Dataset,
    options: &AgreementOptions,
    progress: &mut dyn FnMut(usize, usize),
    interrupt: &Interrupt,
) -> Result<Agreement, AgreementError> {
    let [first, second] = dataset.read_twice()?;
    if first.cases().is_empty() {
        return Err(AgreementError::NoReadings { folder: dataset.dir().to_owned() });
    }
    compare(&first, &second, options, progress, interrupt)
}

/// Two data sets and what they have in common.
struct Pair<'a> {
    first: &'a Dataset,
    second: &'a Dataset,
    options: &'a AgreementOptions,
    /// Names of the classes that both have, with their places in either.
    classes: Vec<(String, [usize; 2])>,
    /// The cases that both have, as the first describes them.
    cases: Vec<Case>,
    distances: Option<Distances>,
}

impl<'a> Pair<'a> {
    fn new(
        first: &'a Dataset,
        second: &'a Dataset,
        options: &'a AgreementOptions,
    ) -> Result<Self, AgreementError> {
        let folders = || [first.dir().to_owned(), second.dir().to_owned()];
        let names = [first, second].map(|dataset| dataset.classes().names());
        let place = |(index, name): (usize, &String)| {
            let other = names[1].iter().position(|other| other == name)?;
            Some((name.clone(), [index, other]))
        };
        let classes: Vec<_> = names[0].iter().enumerate().filter_map(place).collect();
        if classes.is_empty() {
            let [first, second] = names.map(|names| names.join(", "));
            return Err(AgreementError::Classes { folders: folders(), first, second });
        }
        let both = |case: &&Case| second.case(&case.id).is_ok();
        let cases: Vec<Case> = first.cases().iter().filter(both).cloned().collect();
        if cases.is_empty() {
            return Err(AgreementError::NoCases { folders: folders() });
        }
        let in_mm = cases.iter().all(|case| case.spacing.is_some());
        let unit = if in_mm { Unit::Millimetre } else { Unit::Pixel };
        let distances = Distances { unit, nsd_tolerance: options.nsd_tolerance };
        let distances = options.surfaces.then_some(distances);
        Ok(Self { first, second, options, classes, cases, distances })
    }

    /// The agreement of every class in a case.
    fn compare(&self, case: &Case) -> Result<Vec<CaseAgreement>, AgreementError> {
        let metric = |source| AgreementError::Metric { id: case.id.clone(), source };
        let said =
            [evidence(self.first, case)?, evidence(self.second, self.second.case(&case.id)?)?];
        let [first, second] = [said[0].size(), said[1].size()];
        if first != second {
            return Err(AgreementError::Sizes { id: case.id.clone(), first, second });
        }
        let spacing =
            case.spacing.filter(|_| self.distances.is_some_and(|d| d.unit == Unit::Millimetre));
        let grid =
            Grid::new(first.width, first.height, spacing.unwrap_or([1.0; 2])).map_err(metric)?;
        let of_class = |(name, places): &(String, [usize; 2])| {
            let joint = Joint::new(&said, *places);
            let counts =
                Confusion::from_masks(&joint.masks[0], &joint.masks[1], Some(&joint.known))?;
            Ok(CaseAgreement {
                case: case.id.clone(),
                group: case.group.clone(),
                class: name.clone(),
                pixels: joint.known.len() as u64,
                coverage: share(counts.total(), joint.known.len() as u64),
                dice: counts.dice(),
                kappa: counts.kappa(),
                nsd: self.nsd(&joint, &grid)?,
                counts,
            })
        };
        self.classes.iter().map(of_class).collect::<Result<_, MetricError>>().map_err(metric)
    }

    fn nsd(&self, joint: &Joint, grid: &Grid) -> Result<Option<f64>, MetricError> {
        let Some(Distances { nsd_tolerance, .. }) = self.distances else { return Ok(None) };
        let [first, second] = &joint.masks;
        SurfaceDistances::measure(first, second, Some(&joint.known), grid)?.nsd(nsd_tolerance)
    }
}

fn evidence(dataset: &Dataset, case: &Case) -> Result<Evidence, DataError> {
    Ok(Evidence::collect(&dataset.load_annotation(case)?, dataset.classes()))
}

/// One class as both see it.
struct Joint {
    /// Pixels that each calls positive; `false` where it is not known to both.
    masks: [Vec<bool>; 2],
    /// Pixels of which both said something.
    known: Vec<bool>,
}

impl Joint {
    fn new(said: &[Evidence; 2], places: [usize; 2]) -> Self {
        let policy = SupervisionPolicy::evaluation();
        let labels = |index: usize| -> Vec<Label> {
            said[index].plane(places[index]).iter().map(|bits| policy.label(*bits)).collect()
        };
        let [first, second] = [labels(0), labels(1)];
        let known: Vec<bool> =
            first.iter().zip(&second).map(|(a, b)| a.is_known() && b.is_known()).collect();
        let positive = |labels: &[Label]| {
            let is = |(label, known): (&Label, &bool)| *known && label.target > 0.5;
            labels.iter().zip(&known).map(is).collect()
        };
        Self { masks: [positive(&first), positive(&second)], known }
    }
}

#[cfg(test)]
mod tests;
