//! What to paint next.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

use lacuna_data::supervision::SupervisionPolicy;
use lacuna_data::supervision::policy::PolicyName;
use lacuna_train::Interrupt;
use lacuna_train::active::{Candidate, Strategy, Turn, View, acquisition, in_order};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::lock;
use crate::person::Person;
use crate::problem::Problem;
use crate::sheet::Sheet;

/// The policy that the app trains with.
const POLICY: PolicyName = PolicyName::FusionBox;
/// Seed of the random orders.
const SEED: u64 = 0;

/// How pictures are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum QueueStrategy {
    /// At random, pictures with more predicted foreground among the unknown more often.
    Foreground,
    /// At random, every picture the same.
    Random,
    /// Most predictive entropy on unknown pixels first.
    Entropy,
}

/// Pictures in the order in which painting them promises most.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Queue {
    pub(crate) strategy: QueueStrategy,
    pub(crate) default: QueueStrategy,
    /// Best first.
    pub(crate) items: Vec<QueueItem>,
}

/// A picture's place in the queue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QueueItem {
    pub(crate) case: String,
    /// Where to look, in pixels of the picture; null: anywhere.
    #[schema(required)]
    pub(crate) point: Option<PicturePoint>,
    #[schema(required)]
    pub(crate) score: Option<f64>,
    /// One short sentence.
    pub(crate) why: String,
    /// Painted since the model saw it, or without any model: comes last.
    pub(crate) edited: bool,
}

/// A place in a picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct PicturePoint {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

impl From<QueueStrategy> for Strategy {
    fn from(strategy: QueueStrategy) -> Self {
        match strategy {
            QueueStrategy::Foreground => Self::Foreground,
            QueueStrategy::Random => Self::Random,
            QueueStrategy::Entropy => Self::Entropy,
        }
    }
}

impl From<Strategy> for QueueStrategy {
    fn from(strategy: Strategy) -> Self {
        match strategy {
            Strategy::Foreground => Self::Foreground,
            Strategy::Random => Self::Random,
            Strategy::Entropy => Self::Entropy,
        }
    }
}

/// What the newest model that looked at the pictures thinks of them.
#[derive(Default)]
pub(crate) struct Acquisitions(Mutex<Looked>);

#[derive(Default)]
struct Looked {
    version: u32,
    seen: BTreeMap<String, Seen>,
}

/// A picture as the model saw it.
struct Seen {
    /// Number of the last edit in it then.
    seq: u64,
    /// By strategy.
    candidates: [Candidate; Strategy::ALL.len()],
}

impl Acquisitions {
    /// Lets the current model look at every picture that may be painted, until `ending` is raised. How many it saw.
    pub(crate) fn look(&self, app: &App, ending: &Interrupt) -> Result<usize, Problem> {
        let Some(version) = app.models.current() else { return Ok(0) };
        self.state().version = version;
        let mut seen = 0;
        for id in paintable(app)? {
            if ending.is_raised() {
                break;
            }
            let seen_now = match judge(app, version, &id) {
                Ok(seen) => seen,
                Err(problem) => {
                    app.log.say(format!("the model could not look at {id}: {}", problem.detail));
                    continue;
                }
            };
            let mut state = self.state();
            if state.version != version {
                // a newer model looks by itself
                break;
            }
            state.seen.insert(id, seen_now);
            seen += 1;
        }
        Ok(seen)
    }

    /// The pictures in order, those last that were painted since, as far as that person sees it.
    pub(crate) fn queue(
        &self,
        app: &App,
        person: &Person,
        strategy: QueueStrategy,
    ) -> Result<Queue, Problem> {
        let version = app.models.current().unwrap_or_default();
        let place =
            Strategy::ALL.iter().position(|one| *one == strategy.into()).unwrap_or_default();
        let pictures = app.catalogue.list(app, person)?;
        let edits: BTreeMap<_, _> = pictures.into_iter().map(|case| (case.id, case.seq)).collect();
        let offered = offered(app, person)?;
        let apart = read_apart(app, person, &offered);
        let state = self.state();
        let turn = |case: String| {
            let known = state.seen.get(&case).map(|seen| seen.candidates[place]);
            let mut chance = acquisition::stream(SEED, u64::from(version), &case);
            let candidate = known.unwrap_or_else(|| Candidate::unseen(&mut chance));
            Turn { case, candidate, is_seen: known.is_some() }
        };
        let is_edited = |case: &str| {
            // the model saw what everybody shares, and never what somebody says apart from it
            let seen = state.seen.get(case).filter(|_| !apart.contains(case));
            let then = seen.map_or(0, |seen| seen.seq);
            edits.get(case).is_some_and(|now| *now != then)
        };
        let turns = in_order(offered.into_iter().map(turn).collect());
        let of_turn = |turn: Turn| item(is_edited(&turn.case), turn, strategy);
        let mut items: Vec<_> = turns.into_iter().map(of_turn).collect();
        items.sort_by_key(|item| item.edited);
        Ok(Queue { strategy, default: Strategy::default().into(), items })
    }

    fn state(&self) -> MutexGuard<'_, Looked> {
        lock(&self.0)
    }
}

/// What that model thinks of a picture, by strategy.
fn judge(app: &App, version: u32, id: &str) -> Result<Seen, Problem> {
    let (dataset, case) = app.project.case(id)?;
    let (evidence, seq) = app
        .annotations
        .glance(&app.project, &Sheet::shared(id), |said| (said.evidence(), said.seq))?;
    let image = dataset.load_image(&case)?;
    let policy = SupervisionPolicy::named(POLICY);
    let view = app
        .predictions
        .with(version, |predictor| View::new(predictor, &image, evidence, &policy))?;
    let candidates = Strategy::ALL.map(|strategy| {
        let mut chance = acquisition::stream(SEED, u64::from(version), id);
        Candidate::new(&view, strategy, &mut chance)
    });
    Ok(Seen { seq, candidates })
}

/// Those of them that others do not read separately just now.
fn offered(app: &App, person: &Person) -> Result<Vec<String>, Problem> {
    let mut ids = paintable(app)?;
    let held = app.readings.hold();
    ids.retain(|id| held.to_write(person, id).is_ok());
    Ok(ids)
}

/// Those of them that this person reads without seeing what others say.
fn read_apart(app: &App, person: &Person, ids: &[String]) -> BTreeSet<String> {
    let held = app.readings.hold();
    let is_apart = |id: &&String| held.sheet(person, id).reader.is_some();
    ids.iter().filter(is_apart).cloned().collect()
}

/// The pictures that are not held back and can be read.
fn paintable(app: &App) -> Result<Vec<String>, Problem> {
    let Some(dataset) = app.project.find() else { return Ok(Vec::new()) };
    let fold = app.readable(&dataset)?;
    let mut ids: Vec<String> = fold.train.into_iter().chain(fold.validation).collect();
    ids.sort();
    Ok(ids)
}

fn item(
    edited: bool,
    Turn { case, candidate, is_seen }: Turn,
    strategy: QueueStrategy,
) -> QueueItem {
    let why = match (is_seen, candidate.point, strategy) {
        (false, ..) => "No model has seen it yet: chosen at random.",
        (true, None, _) => "Everything in it is known.",
        (true, _, QueueStrategy::Foreground) => {
            "Chosen at random, more often where much is predicted."
        }
        (true, _, QueueStrategy::Random) => "Chosen at random.",
        (true, _, QueueStrategy::Entropy) => "The model is least sure here.",
    };
    QueueItem {
        case,
        point: candidate.point.map(|[x, y]| PicturePoint { x, y }),
        score: Some(candidate.score).filter(|score| score.is_finite()),
        why: if edited { "Painted since the model saw it.".to_owned() } else { why.to_owned() },
        edited,
    }
}
