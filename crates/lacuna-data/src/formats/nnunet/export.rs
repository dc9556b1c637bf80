//! A data set as nnU-Net's raw folder.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{BACKGROUND, EXPORT, IGNORE};
use crate::annotation::Annotation;
use crate::annotation::mask_file::write_values;
use crate::class::ClassSet;
use crate::dataset::split::{SplitConfig, TestPart, Unit};
use crate::dataset::{Case, Dataset, Fold, Split};
use crate::formats::export::{CaseLosses, OutputFolder};
use crate::formats::{
    Export, ExportError, ExportReport, Exporter, Format, OptionError, OptionValues, label_map,
};
use crate::supervision::PolicyName;

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

    fn write(&self, export: &Export<'_>) -> Result<ExportReport, ExportError> {
        let (dataset, folder) = export.parts();
        check_names(dataset.classes())?;
        let split = self.folds(dataset)?;
        let test = test_cases(split.as_ref());
        let (ignores, mut report) = export.each_case(|_, case, said| {
            let part = if test.contains(&case.id) { "Ts" } else { "Tr" };
            self.case(dataset, folder, part, (case, &said))
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
        let mut losses = CaseLosses::default();
        let labels = label_map::of(said, dataset.classes(), self.policy, &mut losses);
        losses.add_suggested(said);
        write_values(
            &folder.path(format!("labels{part}/{id}.png"))?,
            picture.size(),
            &labels,
            None,
        )?;
        Ok((labels.contains(&label_map::ignore_value(dataset.classes())), losses))
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
        labels.insert(IGNORE.to_owned(), label_map::ignore_value(classes).into());
    }
    DatasetJson {
        channel_names: BTreeMap::from([("0", "R"), ("1", "G"), ("2", "B")]),
        labels,
        training,
        file_ending: ".png",
        overwrite_image_reader_writer: "NaturalImage2DIO",
    }
}
