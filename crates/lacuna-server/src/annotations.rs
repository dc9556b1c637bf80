//! What is said about the pictures that are open: in memory, and safe on the disk before anybody is told so.
//!
//! Strokes that come while another one is being written wait and are written together (group commit): one flush of
//! the disk for all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant, SystemTime};

use lacuna_data::annotation::MaskRuns;
use lacuna_data::annotation::journal::{Edit, Entry, Op, Proposal};
use lacuna_data::dataset::{Answer, DatasetLock, JournalWriter};
use lacuna_data::supervision::Evidence;
use lacuna_data::{Annotation, Case, Dataset};
use lacuna_train::observer::rfc3339;
use tokio::sync::oneshot;

use crate::authorship::Hand;
use crate::lock;
use crate::log::Log;
use crate::problem::Problem;
use crate::project::Project;
use crate::sheet::Sheet;

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
    /// Who painted while it is open.
    pub(crate) painters: &'a BTreeSet<String>,
}

/// Of a picture that is not open.
static NOBODY: BTreeSet<String> = BTreeSet::new();

/// The open pictures of a data set.
pub(crate) struct Annotations {
    /// Read by whoever works on a picture: its classes stay the same for as long.
    classes: RwLock<()>,
    open: Mutex<BTreeMap<Sheet, Arc<OpenCase>>>,
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
    /// Authors of the edits that were in the journal since it was opened.
    painters: BTreeSet<String>,
    /// When the last edit came that is not in the mask files yet.
    dirty_since: Option<Instant>,
    /// When somebody last asked for it.
    used: Instant,
}

struct Waiting {
    hand: Hand,
    proposal: Proposal,
    answer: oneshot::Sender<Result<Saved, Problem>>,
}

impl Annotations {
    /// Nothing is open yet.
    pub(crate) fn new(folder: DatasetLock) -> Self {
        Self { classes: RwLock::new(()), open: Mutex::default(), folder }
    }

    /// Writes the edits of an earlier start that ended too soon into their files. Those of a picture that cannot be
    /// read stay in its journal, and the log says so.
    pub(crate) fn recover(&self, dataset: &Dataset, log: &Log) {
        for case in dataset.cases() {
            // who reads what was looked at before
            let readers = dataset.readers(case).unwrap_or_default();
            for said in std::iter::once(dataset).chain(&readers) {
                self.recover_case(said, case, log);
            }
        }
    }

    fn recover_case(&self, dataset: &Dataset, case: &Case, log: &Log) {
        if !dataset.journal_path(case).exists() {
            return;
        }
        if let Err(error) = dataset.fold(case, &self.folder) {
            log.say(format!("what was painted last in {} waits in its journal: {error}", case.id));
        }
    }

    /// Number of the last edit of a picture that is open.
    pub(crate) fn open_seq(&self, sheet: &Sheet) -> Option<u64> {
        let open = lock(&self.open).get(sheet).cloned()?;
        let state = lock(&open.state);
        Some(state.writer.seq())
    }

    /// Looks at what is said about a case.
    pub(crate) fn read<R>(
        &self,
        project: &Project,
        sheet: &Sheet,
        look: impl FnOnce(Said<'_>) -> R,
    ) -> Result<R, Problem> {
        let _same = self.same_classes();
        let open = self.open(project, sheet)?;
        let state = lock(&open.state);
        Ok(look(state.said()))
    }

    /// The same without opening the case, for a look at all of them.
    pub(crate) fn glance<R>(
        &self,
        project: &Project,
        sheet: &Sheet,
        look: impl FnOnce(Said<'_>) -> R,
    ) -> Result<R, Problem> {
        let _same = self.same_classes();
        let open = lock(&self.open).get(sheet).cloned();
        if let Some(open) = open {
            let state = lock(&open.state);
            return Ok(look(state.said()));
        }
        let (dataset, case) = sheet.find(project)?;
        let (annotation, seq) = dataset.load_annotation_and_seq(&case)?;
        let (dataset, annotation, painters) = (&dataset, &annotation, &NOBODY);
        Ok(look(Said { dataset, annotation, seq, painters }))
    }

    /// Writes an edit in the name of whoever sends it; blocks until it is on the disk.
    pub(crate) fn edit(
        &self,
        project: &Project,
        sheet: &Sheet,
        edit: Edit,
        hand: Hand,
    ) -> Result<Saved, Problem> {
        hand.check(&edit)?;
        let _same = self.same_classes();
        let proposal = edit.by(&hand.person.name, &rfc3339(SystemTime::now()));
        let open = self.open(project, sheet)?;
        let (answer, mut answered) = oneshot::channel();
        lock(&open.waiting).push(Waiting { hand, proposal, answer });
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
    pub(crate) fn leave(&self, sheet: &Sheet) -> Result<(), Problem> {
        let _same = self.same_classes();
        let open = lock(&self.open).get(sheet).cloned();
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

    fn open(&self, project: &Project, sheet: &Sheet) -> Result<Arc<OpenCase>, Problem> {
        let mut open = lock(&self.open);
        if let Some(open) = open.get(sheet) {
            lock(&open.state).used = Instant::now();
            return Ok(Arc::clone(open));
        }
        let (dataset, case) = sheet.find(project)?;
        let annotation = dataset.load_annotation(&case)?;
        let writer = dataset.open_journal(&case, &self.folder)?;
        let painters =
            writer.journal().entries().iter().map(|entry| entry.author.clone()).collect();
        let (dirty_since, used) = (None, Instant::now());
        let state = State { dataset, case, annotation, writer, painters, dirty_since, used };
        let made = Arc::new(OpenCase { state: Mutex::new(state), waiting: Mutex::default() });
        open.insert(sheet.clone(), Arc::clone(&made));
        Ok(made)
    }
}

impl OpenCase {
    /// Writes everything that waits.
    fn commit(&self) {
        let mut state = lock(&self.state);
        let mut waiting = std::mem::take(&mut *lock(&self.waiting)).into_iter().peekable();
        while let Some(first) = waiting.next() {
            let mut together = vec![first];
            // whose regions may be changed by whom is seen once those before are written
            while let Some(next) = waiting.next_if(|next| !next.has_regions()) {
                together.push(next);
            }
            state.write(together);
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

impl Waiting {
    fn has_regions(&self) -> bool {
        self.proposal.entry.ops.iter().any(|op| matches!(op, Op::Regions { .. }))
    }
}

impl State {
    /// Writes edits with one flush of the disk. Only the first may have regions.
    fn write(&mut self, waiting: Vec<Waiting>) {
        let (mut proposals, mut answers) = (Vec::new(), Vec::new());
        for Waiting { hand, mut proposal, answer } in waiting {
            match self.sign(&hand, &mut proposal) {
                Ok(()) => {
                    proposals.push(proposal);
                    answers.push(answer);
                }
                Err(problem) => drop(answer.send(Err(problem))),
            }
        }
        match self.writer.submit(self.dataset.classes(), proposals) {
            Ok(results) => {
                for (result, answer) in results.into_iter().zip(answers) {
                    // the request may have been given up meanwhile
                    let _ = answer.send(self.take(result));
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

    /// Puts the names of the authors on regions, and refuses to let some people touch those of others.
    fn sign(&self, hand: &Hand, proposal: &mut Proposal) -> Result<(), Problem> {
        let present = &self.annotation.regions;
        hand.sign(&mut proposal.entry.ops, present, self.writer.journal().entries());
        let Some(author) = hand.trespass(&proposal.entry.ops, present) else { return Ok(()) };
        if !proposal.force && self.is_behind(proposal) {
            // what is missing was drawn meanwhile: that is a conflict and no trespass
            return Ok(());
        }
        Err(Problem::forbidden(format!("the region of {author} is not yours to change"))
            .with_hint("an expert can"))
    }

    /// Whether others changed regions since this edit's base.
    fn is_behind(&self, proposal: &Proposal) -> bool {
        let missed = self.writer.missed(proposal.base, &proposal.entry.client);
        missed.is_none_or(|missed| {
            missed.iter().flat_map(|entry| &entry.ops).any(|op| matches!(op, Op::Regions { .. }))
        })
    }

    fn said(&self) -> Said<'_> {
        let Self { dataset, annotation, writer, painters, .. } = self;
        Said { dataset, annotation, seq: writer.seq(), painters }
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
                self.painters.extend(entry.iter().map(|entry| entry.author.clone()));
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
