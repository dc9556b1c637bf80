//! What is written for each predicted picture.

use std::path::PathBuf;

use anyhow::{Context, Result};
use fs_err as fs;
use lacuna_data::atomic_file::write_atomic_bytes;
use lacuna_data::{ClassSet, Dataset, Image};
use lacuna_report::encode_png;
use lacuna_report::overlay::{self, OverlayStyle};
use lacuna_train::RunDir;
use lacuna_train::evaluate::ThresholdSet;
use lacuna_train::predict::completion::{CompletedDataset, complete};
use lacuna_train::predict::measure::{ClassMeasure, MeasureTable, measure};
use lacuna_train::predict::writer::{OutputOptions, Picture, PredictionWriter, ProbabilityFormat};
use lacuna_train::predict::{Prediction, Predictor};
use serde::Serialize;

use super::pictures::Source;
use crate::cli::{OutputArgs, PredictArgs, ProbabilitiesArg};

/// One picture's files and measures.
#[derive(Serialize)]
pub(super) struct Predicted {
    picture: PathBuf,
    files: Vec<PathBuf>,
    /// Pixels that several classes claim.
    pub(super) contested: usize,
    measures: Vec<Measured>,
}

#[derive(Serialize)]
struct Measured {
    class: String,
    area_px: u64,
    area_mm2: Option<f64>,
    share: f64,
    components: usize,
}

/// Everything that is written beside each other.
pub(super) struct Outputs<'a> {
    arguments: &'a PredictArgs,
    classes: ClassSet,
    thresholds: Vec<f64>,
    writer: PredictionWriter,
    measures: MeasureTable,
    completed: Option<(&'a Dataset, CompletedDataset)>,
    /// What the completed annotations are said to come from.
    model: String,
}

impl<'a> Outputs<'a> {
    /// Checks names and makes the folders before any work is done.
    pub(super) fn new(
        arguments: &'a PredictArgs,
        dataset: Option<&'a Dataset>,
        predictor: &Predictor,
        thresholds: &ThresholdSet,
        run: &RunDir,
        sources: &[Source],
    ) -> Result<Self> {
        let classes = predictor.class_set()?;
        let thresholds = thresholds.values();
        let pictures: Vec<Picture> = sources.iter().map(|source| source.picture.clone()).collect();
        let options = file_options(&arguments.outputs);
        let dir = &arguments.output_dir;
        let writer = PredictionWriter::new(dir, &classes, &thresholds, options, &pictures)?;
        if arguments.outputs.overlays {
            fs::create_dir_all(dir.join("overlays"))?;
        }
        let completed = match (&arguments.outputs.complete, dataset) {
            (Some(dir), Some(dataset)) => Some((dataset, CompletedDataset::create(dataset, dir)?)),
            _ => None,
        };
        let epochs = predictor.info().progress.epochs;
        Ok(Self {
            arguments,
            measures: MeasureTable::new(&classes),
            classes,
            thresholds,
            writer,
            completed,
            model: format!("{} after {epochs} epochs", run.name()),
        })
    }

    /// Writes everything asked for of one picture.
    pub(super) fn write(
        &mut self,
        source: &Source,
        image: &Image,
        prediction: &Prediction,
    ) -> Result<Predicted> {
        let written = self.writer.write(&source.picture, prediction)?;
        let mut files = written.files;
        if self.arguments.outputs.overlays {
            files.push(self.draw(source, image, prediction)?);
        }
        self.complete(source, prediction)?;
        let measures = self.measure(source, prediction)?;
        let picture = source.picture.source.clone();
        Ok(Predicted { picture, files, contested: written.contested, measures })
    }

    /// Writes what is about all pictures together.
    pub(super) fn finish(&self) -> Result<()> {
        if self.arguments.outputs.measure {
            let path = self.arguments.output_dir.join("measures.csv");
            self.measures
                .save(&path)
                .with_context(|| format!("could not write `{}`", path.display()))?;
        }
        Ok(())
    }

    fn draw(&self, source: &Source, image: &Image, prediction: &Prediction) -> Result<PathBuf> {
        let masks: Vec<_> = self
            .thresholds
            .iter()
            .enumerate()
            .map(|(class, threshold)| prediction.mask(class, *threshold as f32))
            .collect();
        let drawn = overlay::mask_overlay(image, &self.classes, &masks, OverlayStyle::default())?;
        let folder = self.arguments.output_dir.join("overlays");
        let path = folder.join(format!("{}.png", source.picture.stem));
        write_atomic_bytes(&path, &encode_png(&drawn)?)
            .with_context(|| format!("could not write `{}`", path.display()))?;
        Ok(path)
    }

    fn complete(&self, source: &Source, prediction: &Prediction) -> Result<()> {
        let (Some((dataset, copy)), Some(case)) = (&self.completed, &source.case) else {
            return Ok(());
        };
        let annotation = dataset.load_annotation(case)?;
        let filled =
            complete(&annotation, &self.classes, prediction, &self.thresholds, &self.model);
        Ok(copy.save(case, &filled)?)
    }

    fn measure(&mut self, source: &Source, prediction: &Prediction) -> Result<Vec<Measured>> {
        if !self.arguments.outputs.measure {
            return Ok(Vec::new());
        }
        let of_case = source.case.as_ref().and_then(|case| case.spacing);
        let spacing = self.arguments.outputs.spacing.or(of_case);
        let found = measure(prediction, &self.thresholds, spacing)?;
        self.measures.push(&source.picture.stem, prediction.size(), &found);
        let named = |(class, m): (String, &ClassMeasure)| Measured {
            class,
            area_px: m.area_px,
            area_mm2: m.area_mm2,
            share: m.share,
            components: m.components,
        };
        Ok(self.classes.names().into_iter().zip(&found).map(named).collect())
    }
}

fn file_options(arguments: &OutputArgs) -> OutputOptions {
    OutputOptions {
        per_class: arguments.per_class,
        probabilities: arguments.probabilities.map(|format| match format {
            ProbabilitiesArg::Png16 => ProbabilityFormat::Png16,
            ProbabilitiesArg::Npy => ProbabilityFormat::Npy,
        }),
    }
}
