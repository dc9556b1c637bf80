//! How far readings are, as far as whoever asks may know.

use std::collections::BTreeSet;

use lacuna_data::Dataset;
use lacuna_data::dataset::reading::{Reader, Reading, Stage, Take, edits_of};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Known, Readings};
use crate::app::App;
use crate::person::Person;
use crate::problem::Problem;
use crate::sheet::Sheet;

/// A picture that two people read separately.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadingSummary {
    case: String,
    stage: ReadingStage,
    /// Whether it is this person who reads it and must not see what the other says.
    mine: bool,
    /// The two; only oneself as long as one must not know of the other.
    readers: Vec<ReaderSummary>,
    /// What was decided last.
    #[schema(required)]
    decision: Option<ReadingDecision>,
}

/// How far a reading is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ReadingStage {
    /// Neither sees what the other says.
    Open,
    /// Both are done.
    Done,
    /// It was taken back before.
    Withdrawn,
}

/// Somebody who reads a picture.
#[derive(Debug, Serialize, ToSchema)]
struct ReaderSummary {
    name: String,
    state: ReaderState,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum ReaderState {
    NotBegun,
    Working,
    Done,
    /// The account was removed.
    Gone,
}

/// Whose word was taken where two readers differ.
#[derive(Debug, Serialize, ToSchema)]
struct ReadingDecision {
    take: TakenWord,
    by: String,
}

/// Whose word is taken where two readers differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TakenWord {
    /// The first reader's.
    First,
    /// The second reader's.
    Second,
    /// What both say, and what one says and the other does not contradict.
    Both,
}

impl TakenWord {
    /// For the log.
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Self::First => "the first reader's word",
            Self::Second => "the second reader's word",
            Self::Both => "what both say",
        }
    }
}

impl From<TakenWord> for Take {
    fn from(word: TakenWord) -> Self {
        match word {
            TakenWord::First => Self::First,
            TakenWord::Second => Self::Second,
            TakenWord::Both => Self::Both,
        }
    }
}

impl From<Take> for TakenWord {
    fn from(take: Take) -> Self {
        match take {
            Take::First => Self::First,
            Take::Second => Self::Second,
            Take::Both => Self::Both,
        }
    }
}

impl Readings {
    /// All readings, by picture.
    pub(crate) fn list(&self, app: &App, person: &Person) -> Result<Vec<ReadingSummary>, Problem> {
        let Some(dataset) = app.project.find() else { return Ok(Vec::new()) };
        let present = match app.entrance.gate() {
            Some(gate) => Some(gate.team.accounts()?.into_iter().map(|one| one.name).collect()),
            None => None,
        };
        // copied: files are read for it, and people paint meanwhile
        let known: Known = self.hold().0.clone();
        let view = View { app, dataset: &dataset, present };
        Ok(known.iter().map(|(case, reading)| view.summary(person, case, reading)).collect())
    }
}

struct View<'a> {
    app: &'a App,
    dataset: &'a Dataset,
    /// Names of the accounts that there are; nobody has one where one person is alone.
    present: Option<BTreeSet<String>>,
}

impl View<'_> {
    fn summary(&self, person: &Person, case: &str, reading: &Reading) -> ReadingSummary {
        let blind = reading.blind(&person.name).filter(|_| person.is_in_a_team());
        let is_shown = |number: usize| blind.is_none_or(|own| own == number);
        let readers = reading.pair().filter(|(number, _)| is_shown(*number));
        let decision = reading.decision.as_ref();
        ReadingSummary {
            case: case.to_owned(),
            stage: match reading.stage() {
                Stage::Open => ReadingStage::Open,
                Stage::Done => ReadingStage::Done,
                Stage::Withdrawn => ReadingStage::Withdrawn,
            },
            mine: blind.is_some(),
            readers: readers
                .map(|(number, reader)| ReaderSummary {
                    name: reader.name.clone(),
                    state: self.state(case, number, reader),
                })
                .collect(),
            decision: decision
                .map(|made| ReadingDecision { take: made.take.into(), by: made.by.clone() }),
        }
    }

    fn state(&self, case: &str, number: usize, reader: &Reader) -> ReaderState {
        let is_gone = self.present.as_ref().is_some_and(|names| !names.contains(&reader.name));
        if reader.done.is_some() {
            ReaderState::Done
        } else if is_gone {
            ReaderState::Gone
        } else if self.has_begun(&Sheet::of(case, number)) {
            ReaderState::Working
        } else {
            ReaderState::NotBegun
        }
    }

    fn has_begun(&self, sheet: &Sheet) -> bool {
        let seq = self.app.annotations.open_seq(sheet).or_else(|| {
            let case = self.dataset.case(&sheet.case).ok()?;
            let view = self.dataset.as_read_by(case, sheet.reader?);
            Some(view.load_journal(case).ok()?.seq())
        });
        seq.is_some_and(|seq| edits_of(seq) > 0)
    }
}
