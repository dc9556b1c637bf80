//! How well two readers agree, over all pictures that both have read to the end, and where they differ in one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use lacuna_data::ClassSet;
use lacuna_data::annotation::Runs;
use lacuna_data::dataset::reading::{Reader, Reading, Stage};
use lacuna_train::Interrupt;
use lacuna_train::agreement::{
    Agreement, AgreementError, AgreementOptions, ClassDifference, MeanAgreement, compare_readings,
    differences,
};
use lacuna_train::evaluate::Unit;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Readings, nothing_to_compare};
use crate::app::App;
use crate::lock;
use crate::person::Person;
use crate::problem::Problem;

/// What was computed last, and of which readings.
#[derive(Default)]
pub(super) struct Kept(Mutex<Option<(Computed, Arc<Agreement>)>>);

/// Finished readings do not change, so that their times tell whether something is to be computed anew.
type Computed = (ClassSet, Vec<(String, Vec<Reader>)>);

/// How well people agree who read the same pictures separately.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct AgreementTable {
    /// Who they are; "first reader" and "second reader" if not the same two read every picture.
    readers: Vec<String>,
    /// Pictures that both have read to the end.
    pictures: usize,
    classes: Vec<ClassAgreement>,
    rows: Vec<PictureAgreement>,
    /// Tolerance of the surface Dice, with its unit.
    #[schema(required)]
    tolerance: Option<String>,
}

/// Agreement about a class: means over pictures.
#[derive(Debug, Serialize, ToSchema)]
struct ClassAgreement {
    class: String,
    dice: AgreementMean,
    kappa: AgreementMean,
    nsd: AgreementMean,
    /// Dice of all pictures' pixels together.
    #[schema(required)]
    pooled_dice: Option<f64>,
    #[schema(required)]
    pooled_kappa: Option<f64>,
    /// Share of pixels of which both said something.
    #[schema(required)]
    coverage: Option<f64>,
}

/// A mean over pictures; null where it is not defined.
#[derive(Debug, Serialize, ToSchema)]
struct AgreementMean {
    #[schema(required)]
    mean: Option<f64>,
    /// 95 % interval over patients, or over pictures where those are not known.
    #[schema(required)]
    low: Option<f64>,
    #[schema(required)]
    high: Option<f64>,
    /// Pictures in it.
    pictures: usize,
}

/// Agreement about a class in a picture.
#[derive(Debug, Serialize, ToSchema)]
struct PictureAgreement {
    case: String,
    class: String,
    #[schema(required)]
    dice: Option<f64>,
    #[schema(required)]
    kappa: Option<f64>,
    #[schema(required)]
    nsd: Option<f64>,
    #[schema(required)]
    coverage: Option<f64>,
    /// Pixels of which one says yes and the other no.
    differing: u64,
}

/// Where two readers differ in a picture.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PictureDifference {
    width: usize,
    height: usize,
    readers: Vec<String>,
    classes: BTreeMap<String, DifferenceSets>,
}

/// Pixels of which anybody says that they are of the class.
#[derive(Debug, Serialize, ToSchema)]
struct DifferenceSets {
    /// Both say so.
    #[schema(value_type = Vec<u32>)]
    both: Runs,
    /// The first says yes, the second no.
    #[schema(value_type = Vec<u32>)]
    only_first: Runs,
    /// The second says yes, the first no.
    #[schema(value_type = Vec<u32>)]
    only_second: Runs,
    /// The first says yes, the second nothing.
    #[schema(value_type = Vec<u32>)]
    first_alone: Runs,
    /// The second says yes, the first nothing.
    #[schema(value_type = Vec<u32>)]
    second_alone: Runs,
}

impl Readings {
    /// How well two people agree over all pictures that both have read to the end.
    pub(crate) fn agreement(&self, app: &App) -> Result<AgreementTable, Problem> {
        let Some(dataset) = app.project.find() else { return Ok(AgreementTable::default()) };
        let finished = self.finished();
        if finished.is_empty() {
            return Ok(AgreementTable::default());
        }
        let key = (dataset.classes().clone(), finished);
        // held while it is computed: whoever asks meanwhile gets the same
        let mut kept = lock(&self.agreement.0);
        if let Some((_, agreement)) = kept.as_ref().filter(|(of, _)| *of == key) {
            return Ok(AgreementTable::of(agreement));
        }
        let options = AgreementOptions::default();
        let agreement =
            match compare_readings(&dataset, &options, &mut |_, _| {}, &Interrupt::new()) {
                Err(AgreementError::NoReadings { .. }) => return Ok(AgreementTable::default()),
                other => Arc::new(other.map_err(|error| Problem::failed(&error))?),
            };
        let table = AgreementTable::of(&agreement);
        *kept = Some((key, agreement));
        Ok(table)
    }

    fn finished(&self) -> Vec<(String, Vec<Reader>)> {
        let held = self.hold();
        let finished = held.0.iter().filter(|(_, reading)| reading.stage() == Stage::Done);
        // decisions change nothing of what either said
        let of_pair = |(case, reading): (&String, &Reading)| {
            let readers = reading.pair().map(|(_, reader)| reader.clone());
            (case.clone(), readers.collect())
        };
        finished.map(of_pair).collect()
    }

    /// Where the two readers of a picture differ. What was taken back before both were done only owners see, who may have
    /// to decide about it; whoever looks cannot read it independently any more.
    pub(crate) fn difference(
        &self,
        app: &App,
        person: &Person,
        id: &str,
    ) -> Result<PictureDifference, Problem> {
        let (dataset, case) = app.project.case(id)?;
        let reading = self.hold().0.get(id).cloned().ok_or_else(|| nothing_to_compare(id))?;
        let is_shown = match reading.stage() {
            Stage::Open => false,
            Stage::Done => true,
            Stage::Withdrawn => person.may_manage(),
        };
        if !is_shown {
            return Err(nothing_to_compare(id));
        }
        if reading.stage() == Stage::Withdrawn && person.is_in_a_team() {
            self.told(app, person, id)?;
        }
        let [first, second] = reading.pair.map(|number| dataset.as_read_by(&case, number));
        let size = dataset.image_size(&case)?;
        let found = differences(&first, &second, &case)?.into_iter().map(DifferenceSets::from);
        let classes = dataset.classes().names().into_iter().zip(found).collect();
        Ok(PictureDifference {
            width: size.width,
            height: size.height,
            readers: reading.names(),
            classes,
        })
    }
}

impl AgreementTable {
    fn of(agreement: &Agreement) -> Self {
        let classes = agreement.classes.iter().map(|class| ClassAgreement {
            class: class.class.clone(),
            dice: AgreementMean::of(&class.dice),
            kappa: AgreementMean::of(&class.kappa),
            nsd: AgreementMean::of(&class.nsd),
            pooled_dice: class.pooled_dice,
            pooled_kappa: class.pooled_kappa,
            coverage: class.coverage,
        });
        let rows = agreement.per_case.iter().map(|row| PictureAgreement {
            case: row.case.clone(),
            class: row.class.clone(),
            dice: row.dice,
            kappa: row.kappa,
            nsd: row.nsd,
            coverage: row.coverage,
            differing: row.counts.fp + row.counts.fn_,
        });
        let tolerance = agreement.distances.map(|distances| {
            let unit = if distances.unit == Unit::Millimetre { "mm" } else { "px" };
            format!("{} {unit}", distances.nsd_tolerance)
        });
        Self {
            readers: agreement.datasets.to_vec(),
            pictures: agreement.cases,
            classes: classes.collect(),
            rows: rows.collect(),
            tolerance,
        }
    }
}

impl AgreementMean {
    fn of(mean: &MeanAgreement) -> Self {
        let interval = mean.interval.as_ref().and_then(|found| found.interval);
        Self {
            mean: mean.mean.mean,
            low: interval.map(|ends| ends.lo),
            high: interval.map(|ends| ends.hi),
            pictures: mean.mean.n,
        }
    }
}

impl From<ClassDifference> for DifferenceSets {
    fn from(found: ClassDifference) -> Self {
        let ClassDifference { both, only_first, only_second, first_alone, second_alone } = found;
        Self { both, only_first, only_second, first_alone, second_alone }
    }
}
