//! `lacuna predict`: masks of pictures, and what they measure.

mod outputs;
mod pictures;

use std::sync::Arc;

use anyhow::{Context, Result};
use lacuna_data::Dataset;
use lacuna_data::dataset::split::Split;
use lacuna_train::cases::Cases;
use lacuna_train::evaluate::{ScoredAt, ThresholdRule, ThresholdSet, choose_thresholds};
use lacuna_train::predict::{Inference, PredictOptions, Predictor};
use lacuna_train::{Interrupt, RunDir};
use serde::Serialize;

use super::evaluate::{trained_on, tta};
use crate::cli::PredictArgs;
use crate::error_report::{ErrorReport, UsageError};
use crate::exit_status::ExitStatus;
use crate::interrupt;
use crate::printer::Printer;
use crate::score_report::check_classes;
use crate::wording;
use outputs::{Outputs, Predicted};
use pictures::{Source, sources};

/// What a prediction came to.
#[derive(Serialize)]
struct Report {
    checkpoint: String,
    thresholds: ThresholdSet,
    pictures: Vec<Predicted>,
    failed: Vec<Failure>,
}

/// A picture that could not be predicted.
#[derive(Serialize)]
struct Failure {
    picture: String,
    error: String,
}

/// Predicts picture by picture; one that fails does not keep the others from being done.
pub(crate) fn run(arguments: &PredictArgs, printer: &Printer) -> Result<ExitStatus> {
    let interrupt = interrupt::listen(printer)?;
    let run = RunDir::open(&arguments.run)?;
    let predictor = Predictor::open(&run, &arguments.device, options(arguments))?;
    let dataset = arguments.data.as_deref().map(Dataset::open).transpose()?;
    if let Some(dataset) = &dataset {
        check_classes(&predictor, dataset)?;
    }
    let sources = sources(arguments, dataset.as_ref(), &run)?;
    let thresholds = thresholds(arguments, &predictor, &run, printer, &interrupt)?;
    let mut outputs =
        Outputs::new(arguments, dataset.as_ref(), &predictor, &thresholds, &run, &sources)?;
    let (pictures, failed, interrupted) =
        predict_all(&predictor, &sources, &mut outputs, printer, &interrupt)?;
    outputs.finish()?;
    let checkpoint = predictor.path().display().to_string();
    let result = Report { checkpoint, thresholds, pictures, failed };
    printer.result(&result, || words(&result, arguments))?;
    Ok(match (interrupted, result.failed.is_empty()) {
        (true, _) => ExitStatus::Interrupted,
        (false, false) => ExitStatus::Data,
        (false, true) => ExitStatus::Done,
    })
}

fn options(arguments: &PredictArgs) -> PredictOptions {
    let inference = &arguments.inference;
    PredictOptions {
        inference: if inference.tile {
            Inference::Tile { overlap: inference.overlap }
        } else {
            Inference::AsTrained
        },
        tta: tta(inference.tta.as_deref()),
    }
}

/// The thresholds by the rule asked for. Only a rule that looks at validation cases needs the data set the run was
/// trained on.
fn thresholds(
    arguments: &PredictArgs,
    predictor: &Predictor,
    run: &RunDir,
    printer: &Printer,
    interrupt: &Interrupt,
) -> Result<ThresholdSet> {
    let rule: ThresholdRule = arguments.inference.threshold.parse()?;
    if let ThresholdRule::Fixed(threshold) = rule {
        return Ok(ThresholdSet::fixed(&predictor.class_set()?, threshold));
    }
    let config = run.load_config()?;
    let data = config.data.as_deref().ok_or_else(|| {
        UsageError::new(format!("`{rule}` needs the data set the run was trained on"))
            .with_hint("give a number, such as `--threshold .5`")
    })?;
    let dataset = Arc::new(Dataset::open(data)?);
    let fold = Split::load(&dataset, &config.split)?.fold(config.fold)?.clone();
    if let Some(note) = trained_on(predictor, "validation", &fold.validation) {
        printer.warning(&note, None);
    }
    let cases = Cases::new(&dataset, &fold.validation)?;
    let progress = printer.progress("choosing thresholds", cases.as_slice().len());
    let mut step = |done, total| progress.set(done, total);
    let at = ScoredAt::Native;
    let chosen = choose_thresholds(predictor, &cases, &[rule], at, &mut step, interrupt)?;
    let set = chosen.into_iter().next().context("no threshold was chosen")?;
    for class in set.classes.iter().filter(|class| class.fallback) {
        printer.warning(&format!("{}: {}", class.class, class.note), None);
    }
    Ok(set)
}

type Predictions = (Vec<Predicted>, Vec<Failure>, bool);

fn predict_all(
    predictor: &Predictor,
    sources: &[Source],
    outputs: &mut Outputs,
    printer: &Printer,
    interrupt: &Interrupt,
) -> Result<Predictions> {
    let progress = printer.progress("predicting", sources.len());
    let (mut pictures, mut failed) = (Vec::new(), Vec::new());
    for (index, source) in sources.iter().enumerate() {
        if interrupt.is_raised() {
            return Ok((pictures, failed, true));
        }
        match source.read() {
            Ok(image) => {
                let prediction = predictor.predict(&image)?;
                pictures.push(outputs.write(source, &image, &prediction)?);
            }
            Err(error) => {
                let report = ErrorReport::of(&error);
                printer.warning(&report.sentence(), report.hint.as_deref());
                let picture = source.picture.source.display().to_string();
                failed.push(Failure { picture, error: report.sentence() });
            }
        }
        progress.set(index + 1, sources.len());
    }
    Ok((pictures, failed, false))
}

fn words(result: &Report, arguments: &PredictArgs) -> String {
    let mut text = format!(
        "predicted {} into {}\n",
        wording::count(result.pictures.len(), "picture"),
        arguments.output_dir.display()
    );
    for class in &result.thresholds.classes {
        text.push_str(&format!(
            "{}: at least {:.3} ({})\n",
            class.class, class.threshold, class.note
        ));
    }
    let contested = result.pictures.iter().filter(|picture| picture.contested > 0).count();
    if contested > 0 {
        text.push_str(&format!(
            "in {} some pixels were claimed by several classes (see --per-class)\n",
            wording::count(contested, "picture")
        ));
    }
    if !result.failed.is_empty() {
        text.push_str(&format!("failed: {}\n", wording::count(result.failed.len(), "picture")));
    }
    text
}
