//! `lacuna detect train`: trains a detector, or goes on training one.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use lacuna_train::config::EncoderWeights;
use lacuna_train::detection::training::{self, Finished};
use lacuna_train::detection::{DetectionSummary, DetectorConfig};

use super::table;
use crate::cli::DetectTrainArgs;
use crate::exit_status::ExitStatus;
use crate::interrupt;
use crate::printer::Printer;
use crate::training_display::TrainingDisplay;

/// Trains, and says how good the boxes are.
pub(super) fn run(arguments: &DetectTrainArgs, printer: &Printer) -> Result<ExitStatus> {
    let interrupt = interrupt::listen(printer)?;
    let display = TrainingDisplay::new(printer, None);
    let path = &arguments.output_dir;
    let finished = if arguments.resume {
        training::resume(path, arguments.recipe.epochs, display, &interrupt)?
    } else {
        training::start(config(arguments)?, path, arguments.force, display, &interrupt)?
    };
    conclude(&finished, path, printer)
}

/// Flags before the file before the defaults.
fn config(arguments: &DetectTrainArgs) -> Result<DetectorConfig> {
    let file = arguments.config.as_deref().map(DetectorConfig::read).transpose()?;
    let mut config = file.unwrap_or_default();
    let (network, recipe) = (&arguments.network, &arguments.recipe);
    if let Some(data) = &arguments.data {
        config.data = std::path::absolute(data).context("the working folder is gone")?;
    }
    if !arguments.role.is_empty() {
        config.roles = arguments.role.iter().copied().map(Into::into).collect();
    }
    if let Some(weights) = &network.encoder_weights {
        config.encoder_weights = encoder_weights(weights)?;
    }
    if let Some(jitter) = recipe.color_jitter {
        let colors = &mut config.augmentation;
        (colors.brightness, colors.contrast, colors.saturation) = (jitter, jitter, jitter);
    }
    set(&mut config.split, arguments.split.as_ref());
    set(&mut config.fold, arguments.fold.as_ref());
    set(&mut config.most_missed, arguments.most_missed.as_ref());
    set(&mut config.short_side, network.short_side.as_ref());
    set(&mut config.encoder_depth, network.encoder_depth.as_ref());
    set(&mut config.trainable_layers, network.trainable_layers.as_ref());
    set(&mut config.box_batch_size_per_image, network.box_batch_size_per_image.as_ref());
    set(&mut config.device, network.device.as_ref());
    set(&mut config.epochs, recipe.epochs.as_ref());
    set(&mut config.batch_size, recipe.batch_size.as_ref());
    set(&mut config.lr, recipe.lr.as_ref());
    set(&mut config.warmup_epochs, recipe.warmup_epochs.as_ref());
    set(&mut config.momentum, recipe.momentum.as_ref());
    set(&mut config.weight_decay, recipe.weight_decay.as_ref());
    set(&mut config.clip_grad_norm, recipe.clip_grad_norm.as_ref());
    set(&mut config.augmentation.horizontal_flip, recipe.horizontal_flip.as_ref());
    set(&mut config.seed, recipe.seed.as_ref());
    Ok(config)
}

fn set<T: Clone>(setting: &mut T, flag: Option<&T>) {
    if let Some(value) = flag {
        setting.clone_from(value);
    }
}

/// A name, or a file by a path that holds from everywhere.
fn encoder_weights(text: &Path) -> Result<EncoderWeights> {
    let path = text.to_path_buf();
    Ok(match EncoderWeights::from_path(path) {
        EncoderWeights::File(path) => {
            let absolute: PathBuf =
                std::path::absolute(path).context("the working folder is gone")?;
            EncoderWeights::File(absolute)
        }
        named => named,
    })
}

fn conclude(finished: &Finished, path: &Path, printer: &Printer) -> Result<ExitStatus> {
    let run = path.display();
    let Some(summary) = &finished.summary else {
        printer.message("stopped; saved");
        printer.hint(&format!("go on with `lacuna detect train --resume --output-dir {run}`"));
        return Ok(ExitStatus::Interrupted);
    };
    printer.result(summary, || words(summary, path))?;
    printer.hint(&format!(
        "hold it to simpler ways with `lacuna detect evaluate --run {run} --data DS`, then draw boxes with `lacuna detect predict --run {run} --data DS`"
    ));
    Ok(ExitStatus::Done)
}

fn words(summary: &DetectionSummary, path: &Path) -> String {
    let kept = match summary.best_epoch {
        Some(epoch) => format!("the detector of epoch {epoch} is kept"),
        None => "the last epoch's detector is kept".to_owned(),
    };
    let mut text = format!("trained {} epochs: {kept}\n", summary.epochs);
    if let Some(judgement) = &summary.validation {
        text.push_str(&format!("\n{}\n", table::curve(judgement).to_text()));
        text.push_str(&match judgement.margin {
            Some(margin) => format!("recommended margin: {margin}\n"),
            None if judgement.with_box == 0 => {
                "no validation picture has a box with a score that counts: train for longer\n".to_owned()
            }
            None => format!(
                "no margin leaves at most {} of the classes outside: draw more boxes, or train for longer\n",
                table::percent(judgement.most_missed)
            ),
        });
    }
    text + &format!("run folder: {}\n", path.display())
}
