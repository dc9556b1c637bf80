//! What a training run tells: the only interface between the trainer and everything that watches it.
//!
//! Epochs and steps count from 1; a step is one step of the optimiser, which may take several
//! micro-batches. Numbers that do not exist (nothing was known) are `None`, `null` in JSON.

use std::collections::BTreeMap;

use lacuna_data::supervision::PolicyName;
use lacuna_nn::{Architecture, Precision};
use serde::{Deserialize, Serialize};

use crate::config::{EncoderWeights, Preset, TrainConfig};

/// Numbers by name, such as `val/dice/gum`; in the order of their names.
pub type Metrics = BTreeMap<String, Option<f64>>;

/// Something that happened in a training run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TrainEvent {
    /// The run begins, or goes on after a checkpoint.
    RunStarted(RunStarted),
    /// The training of a detector begins, or goes on after a checkpoint.
    DetectorStarted(DetectorStarted),
    /// An epoch begins.
    EpochStarted {
        /// Which epoch.
        epoch: usize,
        /// Epochs of the whole run.
        epochs: usize,
        /// Optimiser steps in the epoch.
        steps: usize,
    },
    /// One step of the optimiser, done or skipped.
    Step {
        /// Which epoch.
        epoch: usize,
        /// Which step of the epoch.
        step: usize,
        /// Optimiser steps in the epoch.
        steps: usize,
        /// The loss before the step; `None` when it was skipped.
        loss: Option<f64>,
        /// The learning rate.
        lr: f64,
        /// Whether the step was left out because nothing was known in its batch.
        skipped: bool,
    },
    /// The model was scored on the validation cases.
    Validation(Validation),
    /// An epoch is over.
    EpochFinished(EpochFinished),
    /// A checkpoint is on disk.
    CheckpointSaved {
        /// Which of the two.
        which: CheckpointKind,
        /// The last epoch that is complete in it.
        epoch: usize,
    },
    /// Something a person should know, though the work goes on.
    Warning {
        /// What is the matter.
        message: String,
        /// What to do about it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hint: Option<String>,
    },
    /// The validation metric has not risen for too long.
    EarlyStopped {
        /// The last epoch.
        epoch: usize,
        /// The epoch of the best checkpoint.
        best_epoch: usize,
        /// For how many epochs the metric had not risen.
        patience: usize,
    },
    /// A person asked to stop; the state is saved and the run can be resumed.
    Interrupted {
        /// The epoch at hand.
        epoch: usize,
        /// The last finished step in it, 0 for none.
        step: usize,
    },
    /// The run is complete.
    RunFinished {
        /// Epochs done.
        epochs: usize,
        /// The epoch of the best checkpoint.
        best_epoch: Option<usize>,
        /// Its validation metric.
        best_metric: Option<f64>,
        /// Wall time since the run started or was resumed, in seconds.
        seconds: f64,
    },
}

/// How the training of a detector began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetectorStarted {
    /// The run's name: that of its folder.
    pub run: String,
    /// Pictures it is trained on.
    pub train: usize,
    /// Pictures that choose the checkpoint.
    pub validation: usize,
    /// Boxes in the training pictures.
    pub boxes: usize,
    /// Length of a picture's shorter side, in pixels.
    pub short_side: usize,
    /// Trainable numbers in the model, frozen ones included.
    pub parameters: usize,
    /// The device, such as `cpu`.
    pub device: String,
    /// Threads the engine uses.
    pub threads: usize,
    /// Complete epochs in the checkpoint the run goes on from; `None` for a new run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed_after: Option<usize>,
}

/// How a run began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunStarted {
    /// The run's name: that of its folder.
    pub run: String,
    /// The settings worth a glance.
    pub config: ConfigSummary,
    /// Names of the classes, in order.
    pub classes: Vec<String>,
    /// How many cases each part of the split has.
    pub cases: CaseCounts,
    /// Trainable numbers in the model.
    pub parameters: usize,
    /// The device, such as `cpu`.
    pub device: String,
    /// Threads the engine uses.
    pub threads: usize,
    /// Instruction set of the CPU's kernels. With the precision and the version of the program it decides which
    /// algorithm computes each convolution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instruction_set: Option<String>,
    /// Complete epochs in the checkpoint the run goes on from; `None` for a new run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed_after: Option<usize>,
}

/// How many cases each part of the split has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseCounts {
    /// Trained on.
    pub train: usize,
    /// Scored every epoch.
    pub validation: usize,
    /// Never seen by training.
    pub test: usize,
}

/// The settings of a run that are worth a glance; all of them are in its `config.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigSummary {
    /// Which preset filled in what was not set.
    pub preset: Preset,
    /// Which evidence counts.
    pub policy: PolicyName,
    /// Which network.
    pub architecture: Architecture,
    /// Stages of its encoder.
    pub encoder_depth: usize,
    /// `imagenet`, `none` or a path.
    pub encoder_weights: EncoderWeights,
    /// `[height, width]` in pixels.
    pub image_size: [usize; 2],
    /// Epochs planned.
    pub epochs: usize,
    /// Pictures in a micro-batch.
    pub batch_size: usize,
    /// Number format of the convolutions.
    #[serde(default)]
    pub precision: Precision,
    /// The seed of every random choice.
    pub seed: u64,
}

impl From<&TrainConfig> for ConfigSummary {
    fn from(config: &TrainConfig) -> Self {
        Self {
            preset: config.preset,
            policy: config.policy,
            architecture: config.architecture,
            encoder_depth: config.encoder_depth,
            encoder_weights: config.encoder_weights.clone(),
            image_size: [config.image_size.height, config.image_size.width],
            epochs: config.epochs,
            batch_size: config.batch_size,
            precision: config.precision,
            seed: config.seed,
        }
    }
}

/// Scores on the known pixels of the validation cases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// After which epoch.
    pub epoch: usize,
    /// The metric that chooses the best checkpoint, such as `dice`.
    pub metric: String,
    /// Scores of each class, in the order of the classes.
    pub classes: Vec<ClassScore>,
    /// Mean of the metric over the classes; none if it is undefined for one of them.
    pub mean: Option<f64>,
    /// Share of class-pixels that are known, 0–1.
    pub coverage: f64,
}

/// Scores of one class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassScore {
    /// The class.
    pub class: String,
    /// Scores by name, such as `dice`.
    pub values: Metrics,
    /// Share of its pixels that are known, 0–1.
    pub coverage: f64,
}

impl Validation {
    /// The scores under the names they have in `metrics.csv` and TensorBoard: `val/dice/gum`,
    /// `val/dice/mean`, `val/coverage`.
    pub fn metrics(&self) -> Metrics {
        let classes = self.classes.iter().flat_map(|score| {
            let tag = |(name, value): (&String, &Option<f64>)| {
                (format!("val/{name}/{}", score.class), *value)
            };
            score.values.iter().map(tag)
        });
        let mean = (format!("val/{}/mean", self.metric), self.mean);
        let coverage = ("val/coverage".to_owned(), Some(self.coverage));
        classes.chain([mean, coverage]).collect()
    }
}

/// How an epoch went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochFinished {
    /// Which epoch.
    pub epoch: usize,
    /// Epochs of the whole run.
    pub epochs: usize,
    /// Mean loss of the steps that were not skipped.
    pub train_loss: Option<f64>,
    /// Learning rate of the last step.
    pub lr: f64,
    /// What else was measured; the same names every epoch.
    pub metrics: Metrics,
    /// Optimizer steps that were left out because nothing was known.
    pub skipped_batches: usize,
    /// Wall time of the epoch, validation included.
    pub seconds: f64,
    /// Training speed.
    pub images_per_second: f64,
}

/// Which checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckpointKind {
    /// Of the epoch with the best validation metric.
    Best,
    /// Of the last epoch, with everything needed to go on.
    Last,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// One event of every kind.
    pub(crate) fn examples() -> Vec<TrainEvent> {
        let config = ConfigSummary {
            preset: Preset::Quick,
            policy: PolicyName::FusionBox,
            architecture: Architecture::UnetResnet18,
            encoder_depth: 4,
            encoder_weights: EncoderWeights::None,
            image_size: [128, 160],
            epochs: 2,
            batch_size: 8,
            precision: Precision::F32,
            seed: 7,
        };
        let started = RunStarted {
            run: "run".into(),
            config,
            classes: vec!["gum".into(), "teeth".into()],
            cases: CaseCounts { train: 16, validation: 4, test: 4 },
            parameters: 14_328_354,
            device: "cpu".into(),
            threads: 2,
            instruction_set: None,
            resumed_after: None,
        };
        let step = TrainEvent::Step {
            epoch: 1,
            step: 1,
            steps: 2,
            loss: Some(0.75),
            lr: 0.01,
            skipped: false,
        };
        vec![
            TrainEvent::RunStarted(started),
            TrainEvent::EpochStarted { epoch: 1, epochs: 2, steps: 2 },
            step,
            TrainEvent::Step { epoch: 1, step: 2, steps: 2, loss: None, lr: 0.01, skipped: true },
            TrainEvent::Validation(validation(1)),
            epoch_finished(1),
            TrainEvent::CheckpointSaved { which: CheckpointKind::Best, epoch: 1 },
            TrainEvent::Warning { message: "class `gum` has no negatives".into(), hint: None },
            TrainEvent::EarlyStopped { epoch: 2, best_epoch: 1, patience: 1 },
            TrainEvent::Interrupted { epoch: 2, step: 1 },
            TrainEvent::RunFinished {
                epochs: 2,
                best_epoch: Some(1),
                best_metric: Some(0.625),
                seconds: 12.5,
            },
        ]
    }

    /// Scores in which one class has no Dice.
    pub(crate) fn validation(epoch: usize) -> Validation {
        let score = |class: &str, dice, coverage| ClassScore {
            class: class.into(),
            values: Metrics::from([("dice".into(), dice)]),
            coverage,
        };
        Validation {
            epoch,
            metric: "dice".into(),
            classes: vec![score("gum", Some(0.625), 0.5), score("teeth", None, 0.25)],
            mean: Some(0.625),
            coverage: 0.375,
        }
    }

    pub(crate) fn epoch_finished(epoch: usize) -> TrainEvent {
        TrainEvent::EpochFinished(EpochFinished {
            epoch,
            epochs: 2,
            train_loss: Some(0.75 / epoch as f64),
            lr: 0.01,
            metrics: validation(epoch).metrics(),
            skipped_batches: 1,
            seconds: 3.5,
            images_per_second: 4.25,
        })
    }

    #[test]
    fn every_event_survives_json() {
        for event in examples() {
            let text = serde_json::to_string(&event).unwrap();
            assert_eq!(serde_json::from_str::<TrainEvent>(&text).unwrap(), event, "{text}");
        }
        let text = serde_json::to_string(&examples()[3]).unwrap();
        let expected =
            r#"{"event":"step","epoch":1,"step":2,"steps":2,"loss":null,"lr":0.01,"skipped":true}"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn scores_have_one_name_everywhere() {
        let names: Vec<_> = validation(1).metrics().into_keys().collect();
        assert_eq!(names, ["val/coverage", "val/dice/gum", "val/dice/mean", "val/dice/teeth"]);
    }
}
