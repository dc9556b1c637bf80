//! How good a model is on **all** pixels of held-back pictures: points drawn by chance, a person's answers, and the
//! estimate from them. The statistics are [`lacuna_metrics::verification`]'s.
//!
//! ```text
//! VERIFICATION/sample.json     the points with what is needed to weigh them; never changes
//! VERIFICATION/answers.jsonl   one answer a line; a later answer to a point replaces an earlier one
//! ```

mod answers;
mod draw;
mod gain;
mod oracle;
mod sample;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lacuna_data::DataError;
use lacuna_data::json_file::{JsonFileError, read_json, write_json};
use lacuna_metrics::verification::{Answer, ClassEstimate, Survey};
use lacuna_metrics::{BootstrapSettings, MetricError};

pub use answers::AnswerRecord;
pub use draw::{DrawOptions, draw};
pub use gain::{Verdict, WORTHWHILE};
pub use oracle::{Coverage, Oracle};
pub use sample::{ClassPlan, Point, Sample};

use crate::predict::PredictError;
use answers::AnswerFile;

const SAMPLE: &str = "sample.json";
const ANSWERS: &str = "answers.jsonl";

/// Why a verification cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerificationError {
    /// The data set.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The model.
    #[error("case `{id}` cannot be predicted")]
    Predict {
        /// The case.
        id: String,
        /// Why.
        #[source]
        source: PredictError,
    },
    /// The model's classes are not those of the data set.
    #[error("the model knows {model}, the data set has {data}")]
    Classes {
        /// The model's.
        model: String,
        /// The data set's.
        data: String,
    },
    /// No picture is held back.
    #[error("there are no held-back pictures to draw points from")]
    NoCases,
    /// A picture that is not as it was when the points were drawn, seen by the same model.
    #[error(
        "case `{id}` is not what the points were drawn from: the picture, what is said about it, or the model changed"
    )]
    Changed {
        /// The case.
        id: String,
    },
    /// A sample that contradicts itself.
    #[error("the verification in `{}` does not fit together", dir.display())]
    Misfit {
        /// Its folder.
        dir: PathBuf,
        /// What is wrong.
        #[source]
        source: MetricError,
    },
    /// The numbers.
    #[error(transparent)]
    Metric(#[from] MetricError),
    /// A file.
    #[error(transparent)]
    Json(#[from] JsonFileError),
    /// The answers cannot be read or written.
    #[error("`{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A line that is no answer.
    #[error("`{}`, line {line}: {reason}", path.display())]
    BadAnswer {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A point that was not drawn.
    #[error("there is no point {index}; the sample has {count}")]
    NoSuchPoint {
        /// The number.
        index: usize,
        /// Points there are.
        count: usize,
    },
    /// There is one already.
    #[error("`{}` holds a verification already", dir.display())]
    Exists {
        /// Its folder.
        dir: PathBuf,
    },
    /// There is none.
    #[error("`{}` holds no verification", dir.display())]
    Missing {
        /// The folder.
        dir: PathBuf,
    },
    /// Pictures without complete masks, where the truth is asked for.
    #[error("case `{id}` has no complete masks")]
    NoTruth {
        /// The case.
        id: String,
    },
    /// Somebody asked to stop.
    #[error("interrupted")]
    Interrupted,
}

impl VerificationError {
    /// What a user can do about it.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Data(error) => return error.hint().map(ToOwned::to_owned),
            Self::NoCases => "make a split with a test part: `lacuna split --data DS`",
            Self::Classes { .. } => "train a model on the data set as it is now",
            Self::Changed { .. } => {
                "name the run that was verified, or verify the newer model with points of its own"
            }
            Self::Misfit { .. } => "the sample was changed by hand; draw another",
            Self::BadAnswer { .. } => "answers are yes, no and unsure",
            Self::NoTruth { .. } => {
                "a simulation needs `truth/ID/CLASS.png` of every held-back picture"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }
}

/// A sample and the answers to it, in a folder.
pub struct Verification {
    dir: PathBuf,
    sample: Sample,
    answers: AnswerFile,
}

impl Verification {
    /// Puts a new sample into a folder, which is made.
    pub fn create(dir: &Path, sample: Sample) -> Result<Self, VerificationError> {
        if dir.join(SAMPLE).exists() {
            return Err(VerificationError::Exists { dir: dir.to_owned() });
        }
        fs_err::create_dir_all(dir)
            .map_err(|source| VerificationError::Io { path: dir.to_owned(), source })?;
        write_json(&dir.join(SAMPLE), &sample)?;
        let answers = AnswerFile::open(&dir.join(ANSWERS), sample.points.len())?;
        Ok(Self { dir: dir.to_owned(), sample, answers })
    }

    /// Opens a verification that was begun.
    pub fn open(dir: &Path) -> Result<Self, VerificationError> {
        let sample: Option<Sample> = read_json(&dir.join(SAMPLE), Sample::VERSION)?;
        let sample = sample.ok_or_else(|| VerificationError::Missing { dir: dir.to_owned() })?;
        let answers = AnswerFile::open(&dir.join(ANSWERS), sample.points.len())?;
        Ok(Self { dir: dir.to_owned(), sample, answers })
    }

    /// The sample.
    pub fn sample(&self) -> &Sample {
        &self.sample
    }

    /// Points that have an answer.
    pub fn answered(&self) -> usize {
        self.answers.given().len()
    }

    /// The answers by the number of their point.
    pub fn answers(&self) -> &BTreeMap<usize, Answer> {
        self.answers.given()
    }

    /// The number of the first point without an answer. Points are to be answered in this order: then those answered
    /// until now are a probability sample too.
    pub fn next(&self) -> Option<usize> {
        (0..self.sample.points.len()).find(|index| !self.answers.given().contains_key(index))
    }

    /// Writes an answer down; it is on the disk afterwards. Answering again replaces.
    pub fn answer(&mut self, index: usize, answer: Answer) -> Result<(), VerificationError> {
        let count = self.sample.points.len();
        if index >= count {
            return Err(VerificationError::NoSuchPoint { index, count });
        }
        self.answers.add(index, answer)
    }

    /// The estimates from the answers until now, by class.
    pub fn estimate(
        &self,
        settings: &BootstrapSettings,
    ) -> Result<BTreeMap<String, ClassEstimate>, VerificationError> {
        let misfit = |source| VerificationError::Misfit { dir: self.dir.clone(), source };
        let mut estimates = BTreeMap::new();
        for (class, plan) in self.sample.classes.iter().enumerate() {
            let groups = self.sample.group_ids();
            let survey = Survey::new(&plan.strata, &plan.pictures, groups.as_deref());
            let mut survey = survey.map_err(misfit)?;
            for (index, answer) in self.answers.given() {
                let point = &self.sample.points[*index];
                if point.class == class {
                    survey.record(&point.drawn, *answer).map_err(misfit)?;
                }
            }
            let estimate = survey.estimate(settings).map_err(misfit)?;
            estimates.insert(plan.class.clone(), estimate);
        }
        Ok(estimates)
    }
}
