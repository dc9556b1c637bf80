//! A data set as nnU-Net's raw folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use super::{BACKGROUND, EXPORT, IGNORE};
use crate::annotation::Annotation;
use crate::annotation::mask_file::write_values;
use crate::class::ClassSet;
use crate::dataset::split::{SplitConfig, TestPart, Unit};
use crate::dataset::{Case, Dataset, Fold, Split};
use crate::formats::export::{CaseLosses, OutputFolder, each_case};
use crate::formats::{
    ExportError, ExportReport, Exporter, Format, LossKind, OptionError, OptionValues, Progress,
};
use crate::supervision::{Evidence, PolicyName, SupervisionPolicy};

/// Writes `dataset.json`, `imagesTr`, `labelsTr`, `splits_final.json` and, if the split has one fold with
/// test cases, `imagesTs` and `labelsTs`.
#[derive(Clone, Debug)]
pub struct NnunetExport {
    /// What counts as known.
    pub policy: PolicyName,
    /// The split to write; without one, folds by group are drawn.
    pub split: Option<String>,
}

#[derive(Serialize)]
struct DatasetJson {
    channel_names: BTreeMap<&'static str, &'static str>,
    labels: serde_json::Map<String, serde_json::Value>,
    #[serde(rename = "numTraining")]
    training: usize,
    file_ending: &'static str,
    overwrite_image_reader_writer: &'static str,
}

/// A fold as nnU-Net has it.
#[derive(Serialize)]
struct FoldJson {
    train: Vec<String>,
    val: Vec<String>,
}

impl NnunetExport {
    /// From options by name.
    ///
    /// # Errors
    /// If an option has a value that it does not take.
    pub fn from_options(options: &OptionValues) -> Result<Self, OptionError> {
        let policy = options.text("policy").parse().map_err(|_| options.bad("policy"))?;
        Ok(Self { policy, split: options.optional("split").map(str::to_owned) })
    }
}

impl Exporter for NnunetExport {
    fn format(&self) -> &'static Format {
        &EXPORT
    }

    fn export(
        &self,
        dataset: &Dataset,
        output: &Path,
        progress: Progress<'_>,
    ) -> Result<ExportReport, ExportError> {
        check_names(dataset.classes())?;
        let split = self.folds(dataset)?;
        let test = test_cases(split.as_ref());
        let folder = OutputFolder::create(output)?;
        let (ignores, mut report) = each_case(dataset, progress, |_, case, said| {
            let part = if test.contains(&case.id) { "Ts" } else { "Tr" };
            self.case(dataset, &folder, part, (case, &said))
        })?;
        let has_ignore = ignores.contains(&true);
        let training = dataset.cases().len() - test.len();
        folder
            .write_json("dataset.json", &dataset_json(dataset.classes(), has_ignore, training))?;
        if let Some(split) = &split {
            folder.write_json("splits_final.json", &folds_json(split))?;
            if !split.grouped {
                report.notes.push(("not grouped: the patient is not known".to_owned(), training));
            }
        }
        folder.commit()?;
        Ok(report)
    }
}

impl NnunetExport {
    /// The split named, else five folds by group, or as many as there are groups; none for a single group.
    fn folds(&self, dataset: &Dataset) -> Result<Option<Split>, ExportError> {
        if let Some(name) = &self.split {
            return Ok(Some(Split::load(dataset, name)?));
        }
        let keys: BTreeSet<_> =
            dataset.cases().iter().map(|case| case.group.as_ref().unwrap_or(&case.id)).collect();
        if keys.len() < 2 {
            return Ok(None);
        }
        let test = TestPart::Folds(keys.len().min(5));
        let config = SplitConfig { seed: 0, by: Unit::Group, test, validation: 0.0 };
        Ok(Some(Split::draw(dataset.cases(), &config)?))
    }

    /// Writes picture and label map; tells whether any pixel is to be ignored.
    fn case(
        &self,
        dataset: &Dataset,
        folder: &OutputFolder,
        part: &str,
        (case, said): (&Case, &Annotation),
    ) -> Result<(bool, CaseLosses), ExportError> {
        let id = &case.id;
        let image = folder.path(format!("images{part}/{id}_0000.png"))?;
        let picture = dataset.load_image(case)?;
        picture.save_png(&image)?;
        let evidence = Evidence::collect(said, dataset.classes());
        let policy = SupervisionPolicy::named(self.policy);
        let mut losses = CaseLosses::default();
        let labels = label_map(&evidence, &policy, dataset.classes(), &mut losses);
        losses.add_suggested(said);
        write_values(
            &folder.path(format!("labels{part}/{id}.png"))?,
            picture.size(),
            &labels,
            None,
        )?;
        Ok((labels.contains(&ignore_value(dataset.classes())), losses))
    }
}

fn check_names(classes: &ClassSet) -> Result<(), ExportError> {
    match classes.names().iter().find(|name| [BACKGROUND, IGNORE].contains(&name.as_str())) {
        Some(name) => Err(ExportError::DoesNotFit {
            format: EXPORT.name,
            reason: format!("`{name}` is the name of a class, and nnU-Net gives it a meaning"),
        }),
        None => Ok(()),
    }
}

/// Cases for `imagesTs`: a single fold's test cases. Those of several folds are tested by another fold's
/// network, so all are for training.
fn test_cases(split: Option<&Split>) -> BTreeSet<String> {
    match split.map(|split| split.folds.as_slice()) {
        Some([only]) => only.test.iter().cloned().collect(),
        _ => BTreeSet::new(),
    }
}

/// With several folds nnU-Net's validation cases are our test cases, so that its own scores of them can be
/// compared with ours; it does not choose by them. What validates here is training there.
fn folds_json(split: &Split) -> Vec<FoldJson> {
    let several = split.folds.len() > 1;
    let fold = |fold: &Fold| {
        if several {
            let mut train = [fold.train.as_slice(), &fold.validation].concat();
            train.sort();
            return FoldJson { train, val: fold.test.clone() };
        }
        FoldJson { train: fold.train.clone(), val: fold.validation.clone() }
    };
    split.folds.iter().map(fold).collect()
}

fn dataset_json(classes: &ClassSet, has_ignore: bool, training: usize) -> DatasetJson {
    let mut labels = serde_json::Map::new();
    labels.insert(BACKGROUND.to_owned(), 0.into());
    for (class, name) in classes.names().into_iter().enumerate() {
        labels.insert(name, (class + 1).into());
    }
    if has_ignore {
        labels.insert(IGNORE.to_owned(), ignore_value(classes).into());
    }
    DatasetJson {
        channel_names: BTreeMap::from([("0", "R"), ("1", "G"), ("2", "B")]),
        labels,
        training,
        file_ending: ".png",
        overwrite_image_reader_writer: "NaturalImage2DIO",
    }
}

/// One above the highest class.
fn ignore_value(classes: &ClassSet) -> u8 {
    classes.len() as u8 + 1
}

/// One number a pixel.
fn label_map(
    evidence: &Evidence,
    policy: &SupervisionPolicy,
    classes: &ClassSet,
    losses: &mut CaseLosses,
) -> Vec<u8> {
    let wholes: Vec<_> = (0..classes.len()).map(|class| classes.wholes_of(class)).collect();
    let mut values = Vec::with_capacity(evidence.size().area());
    for pixel in 0..evidence.size().area() {
        let (mut positive, mut negative) = (Vec::new(), Vec::new());
        for class in 0..classes.len() {
            let label = policy.label(evidence.plane(class)[pixel]);
            if label.is_known() {
                if label.target > 0.5 { &mut positive } else { &mut negative }.push(class);
            }
        }
        values.push(match positive.as_slice() {
            [] if negative.len() == classes.len() => 0,
            [] => {
                negative.iter().for_each(|class| losses.add(LossKind::Negative, Some(*class), 1));
                ignore_value(classes)
            }
            [only] => *only as u8 + 1,
            _ => one_of(&positive, &wholes, losses).unwrap_or(ignore_value(classes)),
        });
    }
    values
}

/// The part that stands for its wholes; none if classes meet that are no parts of each other.
fn one_of(positive: &[usize], wholes: &[Vec<usize>], losses: &mut CaseLosses) -> Option<u8> {
    let is_whole = |class: &usize| positive.iter().any(|part| wholes[*part].contains(class));
    let parts: Vec<_> = positive.iter().filter(|class| !is_whole(class)).collect();
    let kept = if let [only] = parts.as_slice() { Some(**only) } else { None };
    for class in positive.iter().filter(|class| Some(**class) != kept) {
        losses.add(LossKind::Overlap, Some(*class), 1);
    }
    kept.map(|class| class as u8 + 1)
}
