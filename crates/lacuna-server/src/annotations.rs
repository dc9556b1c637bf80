//! What is said about the pictures that are open: in memory, and safe on the disk before anybody is told so.
//!
//! Strokes that come while another one is being written wait and are written together (group commit): one flush of
//! the disk for all of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use lacuna_data::annotation::MaskRuns;
use lacuna_data::annotation::journal::{Edit, Entry, Proposal};
use lacuna_data::dataset::{Answer, DatasetLock, JournalWriter};
use lacuna_data::supervision::Evidence;
use lacuna_data::{Annotation, Case, Dataset};
use lacuna_train::observer::rfc3339;
use tokio::sync::oneshot;

use crate::problem::Problem;

/// A picture that nobody paints on for so long is written into its mask files.
const IDLE: Duration = Duration::from_secs(20);

/// How an edit ended.
pub(crate) enum Saved {
    /// It is on the disk with that number; others did `missed` in between.
    Done { seq: u64, entry: Option<Entry>, missed: Vec<Entry> },
    /// Others said something else in between; nothing was written.
    Conflict { entries: Vec<Entry> },
}

/// The open pictures of a data set.
pub(crate) struct Annotations {
    author: String,
    open: Mutex<BTreeMap<String, Arc<OpenCase>>>,
    lock: Mutex<Option<DatasetLock>>,
}

/// A picture on which somebody paints.
struct OpenCase {
    state: Mutex<State>,
    waiting: Mutex<Vec<Waiting>>,
}

struct State {
    dataset: Arc<Dataset>,
    case: Case,
    annotation: Annotation,
    writer: JournalWriter,
    /// When the last edit came that is not in the mask files yet.
    dirty_since: Option<Instant>,
    /// When somebody last asked for it.
    used: Instant,
}

struct Waiting {
    proposal: Proposal,
    answer: oneshot::Sender<Result<Saved, Problem>>,
}

impl Annotations {
    /// Nothing is open yet; what is painted is `author`'s.
    pub(crate) fn new(author: String) -> Self {
        Self { author, open: Mutex::default(), lock: Mutex::new(None) }
    }

    /// Takes the folder, and writes the edits of an earlier start that ended too soon into their files.
    pub(crate) fn recover(&self, dataset: &Dataset) -> Result<(), Problem> {
        let folder = self.lock_folder(dataset)?;
        for case in dataset.cases() {
            dataset.fold(case, &folder)?;
        }
        Ok(())
    }

    /// What is said about a case, after every edit until now, and the number of the last one.
    pub(crate) fn read<R>(
        &self,
        dataset: &Arc<Dataset>,
        case: &Case,
        view: impl FnOnce(&Annotation, u64) -> R,
    ) -> Result<R, Problem> {
        let open = self.open(dataset, case)?;
        let state = lock(&open.state);
        Ok(view(&state.annotation, state.writer.seq()))
    }

    /// What training would believe of a case.
    pub(crate) fn evidence(
        &self,
        dataset: &Arc<Dataset>,
        case: &Case,
    ) -> Result<(Evidence, u64), Problem> {
        self.read(dataset, case, |annotation, seq| {
            (Evidence::collect(annotation, dataset.classes()), seq)
        })
    }

    /// The same without opening the case, for a look at all of them.
    pub(crate) fn glance<R>(
        &self,
        dataset: &Dataset,
        case: &Case,
        view: impl FnOnce(&Annotation, u64) -> R,
    ) -> Result<R, Problem> {
        let open = lock(&self.open).get(&case.id).cloned();
        if let Some(open) = open {
            let state = lock(&open.state);
            return Ok(view(&state.annotation, state.writer.seq()));
        }
        let (annotation, seq) = dataset.load_annotation_and_seq(case)?;
        Ok(view(&annotation, seq))
    }

    /// Writes an edit; blocks until it is on the disk.
    pub(crate) fn edit(
        &self,
        dataset: &Arc<Dataset>,
        case: &Case,
        edit: Edit,
    ) -> Result<Saved, Problem> {
        let proposal = edit.by(&self.author, &rfc3339(SystemTime::now()));
        let open = self.open(dataset, case)?;
        let (answer, mut answered) = oneshot::channel();
        lock(&open.waiting).push(Waiting { proposal, answer });
        open.commit();
        // whoever held the picture meanwhile has written this edit with its own
        answered.try_recv().unwrap_or_else(|_| {
            Err(Problem::failed(&std::io::Error::other("the edit was lost before it was written")))
        })
    }

    /// Writes pictures that nobody paints on any more into their mask files and closes them.
    pub(crate) fn fold_idle(&self) -> Result<(), Problem> {
        self.fold_where(|dirty| dirty.elapsed() >= IDLE)?;
        lock(&self.open).retain(|_, open| {
            // nobody can take a second hold of it while the map is ours
            let is_held = Arc::strong_count(open) > 1;
            is_held || !lock(&open.state).is_done()
        });
        Ok(())
    }

    /// Writes every picture into its mask files.
    pub(crate) fn fold_all(&self) -> Result<(), Problem> {
        self.fold_where(|_| true)
    }

    /// Closes a picture that somebody leaves, and writes it into its mask files.
    pub(crate) fn leave(&self, case: &Case) -> Result<(), Problem> {
        let open = lock(&self.open).get(&case.id).cloned();
        open.map_or(Ok(()), |open| open.fold())
    }

    /// Classes have changed: every picture is read anew.
    pub(crate) fn forget(&self) -> Result<(), Problem> {
        self.fold_all()?;
        lock(&self.open).clear();
        Ok(())
    }

    fn fold_where(&self, due: impl Fn(Instant) -> bool) -> Result<(), Problem> {
        let cases: Vec<_> = lock(&self.open).values().cloned().collect();
        for open in cases {
            if lock(&open.state).dirty_since.is_some_and(&due) {
                open.fold()?;
            }
        }
        Ok(())
    }

    fn open(&self, dataset: &Arc<Dataset>, case: &Case) -> Result<Arc<OpenCase>, Problem> {
        let mut open = lock(&self.open);
        if let Some(open) = open.get(&case.id) {
            lock(&open.state).used = Instant::now();
            return Ok(Arc::clone(open));
        }
        let folder = self.lock_folder(dataset)?;
        let annotation = dataset.load_annotation(case)?;
        let writer = dataset.open_journal(case, &folder)?;
        let (case_of, dataset) = (case.clone(), Arc::clone(dataset));
        let (dirty_since, used) = (None, Instant::now());
        let state = State { dataset, case: case_of, annotation, writer, dirty_since, used };
        let made = Arc::new(OpenCase { state: Mutex::new(state), waiting: Mutex::default() });
        open.insert(case.id.clone(), Arc::clone(&made));
        Ok(made)
    }

    /// Two servers must not write the same journals.
    pub(crate) fn lock_folder(&self, dataset: &Dataset) -> Result<DatasetLock, Problem> {
        let mut held = lock(&self.lock);
        if let Some(held) = &*held {
            return Ok(held.clone());
        }
        let taken = dataset.lock()?;
        *held = Some(taken.clone());
        Ok(taken)
    }
}

impl OpenCase {
    /// Writes everything that waits.
    fn commit(&self) {
        let mut state = lock(&self.state);
        let waiting = std::mem::take(&mut *lock(&self.waiting));
        if waiting.is_empty() {
            return;
        }
        let (proposals, answers): (Vec<_>, Vec<_>) =
            waiting.into_iter().map(|one| (one.proposal, one.answer)).unzip();
        let State { writer, dataset, .. } = &mut *state;
        match writer.submit(dataset.classes(), proposals) {
            Ok(results) => {
                for (result, answer) in results.into_iter().zip(answers) {
                    // the request may have been given up meanwhile
                    let _ = answer.send(state.take(result));
                }
            }
            Err(error) => {
                let problem = Problem::from(error);
                for answer in answers {
                    let _ = answer.send(Err(problem.clone()));
                }
            }
        }
    }

    fn fold(&self) -> Result<(), Problem> {
        let mut state = lock(&self.state);
        let State { dataset, case, writer, .. } = &mut *state;
        dataset.fold_open(case, writer)?;
        state.dirty_since = None;
        Ok(())
    }
}

impl State {
    /// Whether it lies in its files and nobody has asked for it for a while.
    fn is_done(&self) -> bool {
        self.dirty_since.is_none() && self.used.elapsed() >= IDLE
    }

    /// Applies what was written.
    fn take(&mut self, answer: Answer) -> Result<Saved, Problem> {
        match answer {
            Answer::Saved { seq, missed, is_repeated: true } => {
                Ok(Saved::Done { seq, entry: None, missed })
            }
            Answer::Saved { seq, missed, is_repeated: false } => {
                let entries = self.writer.journal().entries();
                let entry = entries.iter().rfind(|entry| entry.seq == seq).cloned();
                self.annotation
                    .replay(&entry, self.dataset.classes())
                    .map_err(|error| Problem::failed(&error))?;
                self.dirty_since = Some(Instant::now());
                Ok(Saved::Done { seq, entry, missed })
            }
            Answer::Conflict { entries } => Ok(Saved::Conflict { entries }),
            Answer::Stale => Err(Problem::stale()),
            Answer::Refused(error) => Err(Problem::invalid(error.to_string())),
        }
    }
}

/// Every class's mask as runs.
pub(crate) fn masks(annotation: &Annotation, dataset: &Dataset) -> BTreeMap<String, MaskRuns> {
    let names = dataset.classes().names();
    let planes = annotation.masks.iter().zip(&annotation.suggested);
    names
        .into_iter()
        .zip(planes)
        .map(|(name, (mask, suggested))| (name, MaskRuns::of(mask, suggested.as_ref())))
        .collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
