//! How to train on a data set in a given time: picture size, sampling, batch and epochs, and why.
//!
//! A [`Survey`] looks at pictures and paint, a few steps are timed on this machine, and [`Plan::make`] decides. What a user
//! has set is never changed. The settings go into the run's `config.toml`, so that the run can be repeated where other
//! steps would be measured.

mod choice;
mod survey;

use std::fmt::Write as _;
use std::time::Duration;

use lacuna_data::dataset::DataError;
use lacuna_data::dataset::split::Fold;
use lacuna_data::{Dataset, Size};
use serde::Serialize;

use crate::bench::{BenchConfig, BenchError, Work, measure};
use crate::config::{ConfigError, RawConfig};
use crate::interrupt::Interrupt;

pub use survey::Survey;

/// Steps that are timed for every size looked at, after one that is not.
const STEPS: usize = 2;

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data set.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Timing steps.
    #[error(transparent)]
    Bench(#[from] BenchError),
    /// The settings cannot be written.
    #[error("the plan cannot be written as TOML")]
    Write(#[from] toml::ser::Error),
    /// Nothing to train on.
    #[error("the training part of the split is empty")]
    NothingToTrain,
}

/// What to set for a training that ends in time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// The time there is.
    pub budget_seconds: f64,
    /// The time it will take on this machine, about.
    pub seconds: f64,
    /// What was found in the data.
    pub survey: Survey,
    /// What is set, and why, in the order of the decisions.
    pub reasons: Vec<Reason>,
    /// The settings.
    #[serde(skip)]
    pub settings: RawConfig,
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The key that is set; empty for a remark.
    pub key: &'static str,
    /// Its value.
    pub value: String,
    /// Why.
    pub why: String,
}

/// What a picture costs on this machine, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cost {
    /// Of training on it.
    pub(crate) train: f64,
    /// Of predicting it.
    pub(crate) infer: f64,
}

impl Plan {
    /// A plan for a fold of a data set. Keys that `given` sets stay as they are.
    ///
    /// # Errors
    /// If `given` is invalid, the data cannot be read, or the network cannot be timed.
    pub fn make(
        given: &RawConfig,
        dataset: &Dataset,
        fold: &Fold,
        budget: Duration,
        interrupt: &Interrupt,
    ) -> Result<Self, PlanError> {
        let config = given.clone().check()?;
        let survey = Survey::of(dataset, fold)?;
        if survey.cases == 0 {
            return Err(PlanError::NothingToTrain);
        }
        let network = config.unet_config(dataset.classes().len());
        let mut cost = |image_size: Size, batch_size: usize| {
            let seconds = |work, batch_size| {
                let bench = BenchConfig {
                    work,
                    network,
                    image_size,
                    batch_size,
                    steps: STEPS,
                    device: config.device.clone(),
                    precision: config.precision,
                };
                let measured = measure(&bench, &mut |_, _| (), interrupt)?;
                Ok::<_, BenchError>(measured.median_seconds / batch_size as f64)
            };
            Ok(Cost { train: seconds(Work::Train, batch_size)?, infer: seconds(Work::Infer, 1)? })
        };
        choice::choose(given, &config, survey, budget, &mut cost)
    }

    /// The settings as a configuration file that says why.
    ///
    /// # Errors
    /// Never for settings that a plan makes.
    pub fn to_toml(&self) -> Result<String, PlanError> {
        let mut text = format!(
            "# A training of about {} within {}, planned for {} training pictures of about {} × {} pixels.\n",
            minutes(self.seconds),
            minutes(self.budget_seconds),
            self.survey.cases,
            self.survey.median_size.width,
            self.survey.median_size.height,
        );
        for Reason { key, value, why } in &self.reasons {
            let what = if key.is_empty() { String::new() } else { format!("{key} = {value}: ") };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "# {what}{why}");
        }
        text.push_str(&toml::to_string(&self.settings)?);
        Ok(text)
    }
}

/// A time as people say it.
pub fn minutes(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}
