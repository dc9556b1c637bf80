//! What is said about the pictures that are open: in memory, and safe on the disk before anybody is told so.
//!
//! Strokes that come while another one is being written wait and are written together (group commit): one flush of
//! the disk for all of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant, SystemTime};

use lacuna_data::annotation::MaskRuns;
use lacuna_data::annotation::journal::{Edit, Entry, Proposal};
use lacuna_data::dataset::{Answer, DatasetLock, JournalWriter};
use lacuna_data::supervision::Evidence;
use lacuna_data::{Annotation, Case, Dataset};
use lacuna_train::observer::rfc3339;
use tokio::sync::oneshot;

use crate::lock;
use crate::log::Log;
use crate::problem::Problem;
use crate::project::Project;

/// A picture that nobody paints on for so long is written into its mask files.
const IDLE: Duration = Duration::from_secs(20);

/// How an edit ended.
pub(crate) enum Saved {
    /// It is on the disk with that number; others did `missed` in between.
    Done { seq: u64, entry: Option<Entry>, missed: Vec<Entry> },
    /// Others said something else in between; nothing was written.
    Conflict { entries: Vec<Entry> },
}

/// What is said about a picture, after every edit until now.
#[derive(Clone, Copy)]
pub(crate) struct Said<'a> {
    pub(crate) dataset: &'a Dataset,
    pub(crate) annotation: &'a Annotation,
    /// Number of the last edit.
    pub(crate) seq: u64,
}

/// The open pictures of a data set.
pub(crate) struct Annotations {
    author: String,
    /// Read by whoever works on a picture: its classes stay the same for as long.
    classes: RwLock<()>,
    open: Mutex<BTreeMap<String, Arc<OpenCase>>>,
    /// Two servers must not write the same journals.
    folder: DatasetLock,
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
    pub(crate) fn new(author: String, folder: DatasetLock) -> Self {
        Self { author, classes: RwLock::new(()), open: Mutex::default(), folder }
    }

    /// Writes the edits of an earlier start that ended too soon into their files. Those of a picture that cannot be
    /// read stay in its journal, and the log says so.
    pub(crate) fn recover(&self, dataset: &Dataset, log: &Log) {
        for case in dataset.cases() {
            if !dataset.journal_path(case).exists() {
                continue;
            }
            if let Err(error) = dataset.fold(case, &self.folder) {
                log.say(format!(
                    "what was painted last in {} waits in its journal: {error}",
                    case.id
                ));
            }
        }
    }

    /// Number of the last edit of a picture that is open.
    pub(crate) fn open_seq(&self, id: &str) -> Option<u64> {
        let open = lock(&self.open).get(id).cloned()?;
        let state = lock(&open.state);
        Some(state.writer.seq())
    }

    /// Looks at what is said about a case.
    pub(crate) fn read<R>(
        &self,
        project: &Project,
        id: &str,
        look: impl FnOnce(Said<'_>) -> R,
    ) -> Result<R, Problem> {
        let _same = self.same_classes();
        let open = self.open(project, id)?;
        let state = lock(&open.state);
        Ok(look(state.said()))
    }

    /// The same without opening the case, for a look at all of them.
    pub(crate) fn glance<R>(
        &self,
        project: &Project,
        id: &str,
        look: impl FnOnce(Said<'_>) -> R,
    ) -> Result<R, Problem> {
        let _same = self.same_classes();
        let open = lock(&self.open).get(id).cloned();
        if let Some(open) = open {
            let state = lock(&open.state);
            return Ok(look(state.said()));
        }
        let (dataset, case) = project.case(id)?;
        let (annotation, seq) = dataset.load_annotation_and_seq(&case)?;
        Ok(look(Said { dataset: &dataset, annotation: &annotation, seq }))
    }

    /// Writes an edit; blocks until it is on the disk.
    pub(crate) fn edit(&self, project: &Project, id: &str, edit: Edit) -> Result<Saved, Problem> {
        let _same = self.same_classes();
        let proposal = edit.by(&self.author, &rfc3339(SystemTime::now()));
        let open = self.open(project, id)?;
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
        let _same = self.same_classes();
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
        let _same = self.same_classes();
        self.fold_where(|_| true)
    }

    /// Writes a picture that somebody leaves into its mask files.
    pub(crate) fn leave(&self, id: &str) -> Result<(), Problem> {
        let _same = self.same_classes();
        let open = lock(&self.open).get(id).cloned();
        open.map_or(Ok(()), |open| open.fold())
    }

    /// Changes the classes while nobody works on a picture. Every one is closed before, and read anew after.
    pub(crate) fn change_classes(
        &self,
        change: impl FnOnce() -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let _alone = self.classes.write().unwrap_or_else(PoisonError::into_inner);
        self.fold_where(|_| true)?;
        lock(&self.open).clear();
        change()
    }

    fn same_classes(&self) -> RwLockReadGuard<'_, ()> {
        self.classes.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn fold_where(&self, due: impl Fn(Instant) -> bool) -> Result<(), Problem> {
        let cases: Vec<_> = lock(&self.open).values().cloned().collect();
        let due = |open: &Arc<OpenCase>| lock(&open.state).dirty_since.is_some_and(&due);
        let folded = cases.into_iter().filter(due).map(|open| open.fold());
        // one that cannot be written keeps none of the others from it
        folded.fold(Ok(()), Result::and)
    }

    fn open(&self, project: &Project, id: &str) -> Result<Arc<OpenCase>, Problem> {
        let mut open = lock(&self.open);
        if let Some(open) = open.get(id) {
            lock(&open.state).used = Instant::now();
            return Ok(Arc::clone(open));
        }
        let (dataset, case) = project.case(id)?;
        let annotation = dataset.load_annotation(&case)?;
        let writer = dataset.open_journal(&case, &self.folder)?;
        let (dirty_since, used) = (None, Instant::now());
        let state = State { dataset, case, annotation, writer, dirty_since, used };
        let made = Arc::new(OpenCase { state: Mutex::new(state), waiting: Mutex::default() });
        open.insert(id.to_owned(), Arc::clone(&made));
        Ok(made)
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
    fn said(&self) -> Said<'_> {
        let Self { dataset, annotation, writer, .. } = self;
        Said { dataset, annotation, seq: writer.seq() }
    }

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

impl Said<'_> {
    /// Every class's mask as runs.
    pub(crate) fn masks(&self) -> BTreeMap<String, MaskRuns> {
        let names = self.dataset.classes().names();
        let planes = self.annotation.masks.iter().zip(&self.annotation.suggested);
        names
            .into_iter()
            .zip(planes)
            .map(|(name, (mask, suggested))| (name, MaskRuns::of(mask, suggested.as_ref())))
            .collect()
    }

    /// What training would believe.
    pub(crate) fn evidence(&self) -> Evidence {
        Evidence::collect(self.annotation, self.dataset.classes())
    }
}
