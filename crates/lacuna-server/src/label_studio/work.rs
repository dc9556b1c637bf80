//! What webhooks ask for, done in order after they were answered: Label Studio waits a second for the answer only.

use std::collections::{BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lacuna_data::Case;
use lacuna_data::annotation::Role;
use lacuna_data::annotation::journal::{Edit, Entry, Op};
use lacuna_data::formats::label_studio::Interface;
use lacuna_train::active::Length;
use serde_json::Value;

use super::changes::changes;
use super::inbox::Letter;
use super::painted::Painted;
use super::received::{Kept, ProjectKey, in_short, number_of, with_annotation};
use super::word::Word;
use super::{FOLDER, LabelStudio};
use crate::access::Leave;
use crate::annotations::Saved;
use crate::app::App;
use crate::authorship::{Hand, in_words};
use crate::lock;
use crate::person::Person;
use crate::problem::Problem;
use crate::session;
use crate::sheet::Sheet;

/// How often an edit is made anew because somebody painted meanwhile.
const TRIES: usize = 8;
/// A project of which not everything could be painted is not fetched anew before that.
const FETCH_AGAIN: Duration = Duration::from_mins(5);

/// What is to be done beside the letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Errand {
    /// Fetch all tasks of a project, and paint what they say.
    Fetch { project: u64 },
    /// The same, and train on it.
    Train { project: u64 },
}

/// What waits, and whether somebody is at it.
#[derive(Default)]
pub(super) struct Waiting {
    errands: VecDeque<Errand>,
    letters: Letters,
    is_attended: bool,
    /// Letters that could not be painted, of which the log has said why.
    failed: BTreeSet<u64>,
    /// Nothing new is begun.
    is_ending: bool,
}

/// Which letters are to be looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Letters {
    #[default]
    None,
    /// Those that have not failed.
    New,
    /// Also those.
    All,
}

impl LabelStudio {
    /// Keeps an annotation, and paints it soon. It is safe when this returns.
    pub(crate) fn take(self: &Arc<Self>, app: &Arc<App>, letter: &Letter) -> Result<(), Problem> {
        let mut waiting = lock(&self.waiting);
        self.inbox.put(letter)?;
        waiting.letters = waiting.letters.max(Letters::New);
        self.attend(app, &mut waiting);
        Ok(())
    }

    /// Goes on an errand when what came before is done.
    pub(crate) fn go(self: &Arc<Self>, app: &Arc<App>, errand: Errand) {
        let mut waiting = lock(&self.waiting);
        if !waiting.errands.contains(&errand) {
            waiting.errands.push_back(errand);
        }
        self.attend(app, &mut waiting);
    }

    /// Looks again at letters that could not be painted before.
    pub(crate) fn look_again(self: &Arc<Self>, app: &Arc<App>) {
        let mut waiting = lock(&self.waiting);
        waiting.letters = Letters::All;
        self.attend(app, &mut waiting);
    }

    /// Waits until the picture at hand is painted, and begins no other. What is left is done at the next start.
    pub(crate) fn finish(&self) -> Result<(), Problem> {
        lock(&self.waiting).is_ending = true;
        let _one = lock(&self.painting);
        self.touched.settle_all(&self.painted)
    }

    /// Notes what a person paints.
    pub(crate) fn note(&self, case: &str, ops: &[Op]) {
        self.touched.note(&self.painted, case, ops);
    }

    fn attend(self: &Arc<Self>, app: &Arc<App>, waiting: &mut Waiting) {
        if !std::mem::replace(&mut waiting.is_attended, true) {
            let (label_studio, app) = (Arc::clone(self), Arc::clone(app));
            std::thread::spawn(move || while label_studio.work(&app) {});
        }
    }

    /// Does what waits longest; whether there was something.
    fn work(&self, app: &Arc<App>) -> bool {
        let (errand, letters) = {
            let mut waiting = lock(&self.waiting);
            if waiting.is_ending {
                return false;
            }
            let letters = std::mem::take(&mut waiting.letters);
            let has_letters = letters != Letters::None;
            let errand = if has_letters { None } else { waiting.errands.pop_front() };
            waiting.is_attended = has_letters || errand.is_some();
            (errand, letters)
        };
        if letters != Letters::None {
            self.read_letters(app, letters);
        }
        if let Some(errand) = &errand {
            let done = guarded(|| self.run(app, errand));
            done.unwrap_or_else(|problem| complain(app, "", &problem));
        }
        letters != Letters::None || errand.is_some()
    }

    /// Paints letters. One that cannot be painted now is kept, and keeps none of the others from it.
    fn read_letters(&self, app: &Arc<App>, letters: Letters) {
        for number in self.inbox.numbers() {
            if letters == Letters::New && lock(&self.waiting).failed.contains(&number) {
                continue;
            }
            let done = guarded(|| {
                if let Some(letter) = self.inbox.read(number)? {
                    self.paint_letter(app, letter)?;
                }
                self.inbox.remove(number)
            });
            let mut waiting = lock(&self.waiting);
            match done {
                Ok(()) => drop(waiting.failed.remove(&number)),
                Err(problem) if waiting.failed.insert(number) => {
                    complain(app, "an annotation waits: ", &problem);
                }
                Err(_) => {}
            }
        }
    }

    /// Forgets letters of a project that came before all of it was fetched: an annotation that is not there any more must
    /// not come back.
    fn forget_letters(&self, project: &ProjectKey, before: &[u64]) -> Result<(), Problem> {
        for number in before {
            let letter = self.inbox.read(*number)?;
            if letter.is_some_and(|letter| letter.project == *project) {
                self.inbox.remove(*number)?;
                lock(&self.waiting).failed.remove(number);
            }
        }
        Ok(())
    }

    fn paint_letter(&self, app: &Arc<App>, letter: Letter) -> Result<(), Problem> {
        let Letter { project, label_config, task, annotation, .. } = letter;
        let known = self.received.task(&project, number_of(&task)?)?;
        let task = with_annotation(known.as_ref().map(|kept| &kept.task), &task, annotation);
        if let Some(case) =
            self.paint(app, &project, Kept::new(self.reading.unpainted, &label_config, task))?
        {
            app.count_edit(&case);
        }
        Ok(())
    }

    fn run(&self, app: &Arc<App>, errand: &Errand) -> Result<(), Problem> {
        match *errand {
            Errand::Fetch { project } => {
                for case in self.fetch(app, project)? {
                    app.count_edit(&case);
                }
                Ok(())
            }
            Errand::Train { project } => {
                if let Err(problem) = self.fetch(app, project) {
                    complain(app, "trained on what was painted so far: ", &problem);
                }
                app.train(Length::Usual)?;
                app.note(FOLDER, "training-started", None, "");
                Ok(())
            }
        }
    }

    /// Paints what all tasks of a project say; the cases that this changed. A task that cannot be painted keeps none of the
    /// others from it, and lets everything be fetched again when the project next connects.
    fn fetch(&self, app: &Arc<App>, number: u64) -> Result<BTreeSet<String>, Problem> {
        let letters = self.inbox.numbers();
        let (project, label_config) = self.source.project(number)?;
        let tasks = self.source.tasks(number)?;
        let mut gone = self.received.annotated_tasks(&project)?;
        let mut all = Vec::new();
        for task in &tasks {
            gone.remove(&number_of(task)?);
            all.push(in_short(task));
        }
        // only tasks with annotations come: from the others they were taken away
        for task in gone {
            if let Some(mut kept) = self.received.task(&project, task)? {
                kept.task["annotations"] = Value::Array(Vec::new());
                all.push(kept.task);
            }
        }
        let (mut changed, mut is_whole) = (BTreeSet::new(), true);
        for task in all {
            let name = task.get("id").cloned().unwrap_or_default();
            let kept = Kept::new(self.reading.unpainted, &label_config, task);
            match guarded(|| self.paint_if_new(app, &project, kept)) {
                Ok(case) => changed.extend(case),
                Err(problem) => {
                    is_whole = false;
                    complain(app, &format!("task {name}: "), &problem);
                }
            }
        }
        self.forget_letters(&project, &letters)?;
        let again = (!is_whole).then(|| Instant::now() + FETCH_AGAIN);
        lock(&self.fetched).insert(number, again);
        Ok(changed)
    }

    /// The same as [`paint`](Self::paint), but for tasks that say what they said before.
    fn paint_if_new(
        &self,
        app: &Arc<App>,
        project: &ProjectKey,
        kept: Kept,
    ) -> Result<Option<String>, Problem> {
        let known = self.received.task(project, number_of(&kept.task)?)?;
        if known.as_ref() == Some(&kept) { Ok(None) } else { self.paint(app, project, kept) }
    }

    /// Makes the picture of a task say what its tasks say; the case, if that changed it.
    fn paint(
        &self,
        app: &Arc<App>,
        project: &ProjectKey,
        kept: Kept,
    ) -> Result<Option<String>, Problem> {
        let interface = Interface::parse(&kept.label_config)?;
        let case = self.case_of(app, &interface, &kept.task)?;
        let task = number_of(&kept.task)?;
        let _one = lock(&self.painting);
        if lock(&self.waiting).is_ending {
            return Err(Problem::busy("the server is ending"));
        }
        self.touched.begin(&case.id);
        let painted = self.paint_with_others(app, project, &case, task, kept);
        self.touched.end();
        Ok(painted?.then_some(case.id))
    }

    /// The tasks of a case have one word together; whether it changed the picture.
    fn paint_with_others(
        &self,
        app: &Arc<App>,
        project: &ProjectKey,
        case: &Case,
        task: u64,
        kept: Kept,
    ) -> Result<bool, Problem> {
        let mut tasks = self.received.other_tasks(&case.id, project, task)?;
        tasks.push(kept);
        let is_changed = self.paint_case(app, case, &tasks)?;
        let kept = tasks.pop().ok_or_else(|| Problem::invalid("the task is gone"))?;
        self.received.put_task(project, task, &case.id, &kept)?;
        Ok(is_changed)
    }

    /// Edits a picture as often as it takes: others may paint in it at the same time.
    fn paint_case(&self, app: &Arc<App>, case: &Case, tasks: &[Kept]) -> Result<bool, Problem> {
        // two people who read a picture separately are not shown it
        let (person, sheet) = (self.painter(tasks), Sheet::shared(&case.id));
        for _ in 0..TRIES {
            let (base, ops, names, painted) = self.planned(app, case, tasks)?;
            let is_changed = !ops.is_empty();
            if is_changed {
                let hand = Hand { person: person.clone(), leave: Leave::Granted };
                match app.annotations.edit(&app.project, &sheet, edit(base, ops)?, hand)? {
                    Saved::Conflict { .. } => continue,
                    Saved::Done { entry, .. } => told(app, case, entry.as_ref()),
                }
            }
            self.painted.save(&case.id, &names, &painted)?;
            return Ok(is_changed);
        }
        Err(Problem::busy(format!("others are painting in `{}` all the time", case.id)))
    }

    /// The edit that a picture needs, and what is to be kept when it is made.
    fn planned(
        &self,
        app: &App,
        case: &Case,
        tasks: &[Kept],
    ) -> Result<(u64, Vec<Op>, Vec<String>, Painted), Problem> {
        self.touched.settle(&self.painted, &case.id)?;
        // whoever paints in the app does not wait for what follows
        let copied = app.annotations.glance(&app.project, &Sheet::shared(&case.id), |said| {
            (said.annotation.clone(), said.seq, said.dataset.classes().clone())
        });
        let (present, seq, classes) = copied?;
        let (names, size) = (classes.names(), app.project.dataset()?.image_size(case)?);
        let Painted { word: before, owned } = self.painted.load(&case.id, &names, size)?;
        let word = Word::of(tasks, size, &classes, self.reading)?;
        let changes = changes(&names, &present, &before, &word, &owned);
        Ok((seq, changes.ops, names, Painted { word, owned: changes.owned }))
    }

    /// Who painted the tasks, by their numbers in Label Studio.
    fn painter(&self, tasks: &[Kept]) -> Person {
        let annotations = |kept: &Kept| kept.task.get("annotations")?.as_array().cloned();
        let number = |one: Value| match one.get("completed_by")? {
            Value::Object(user) => user.get("id")?.as_u64(),
            number => number.as_u64(),
        };
        let annotations = tasks.iter().filter_map(annotations).flatten();
        let numbers: BTreeSet<u64> = annotations.filter_map(number).collect();
        let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
        let is_expert = self.reading.role == Role::Expert;
        Person::alone(&format!("{FOLDER}/{}", numbers.join("+")), is_expert)
    }
}

/// An edit that gives way to others: it is made anew then.
fn edit(base: u64, ops: Vec<Op>) -> Result<Edit, Problem> {
    let id = session::secret().map_err(|e| Problem::failed(&e))?;
    Ok(Edit { id, client: FOLDER.to_owned(), base, ops, force: false })
}

fn told(app: &Arc<App>, case: &Case, entry: Option<&Entry>) {
    if let Some(entry) = entry {
        app.announce_shared(&case.id, entry);
        app.note(&entry.author, "edit", Some(&case.id), &in_words(entry));
    }
}

/// A panic is a problem of this work, and not of what comes after.
fn guarded<T>(work: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Problem::failed(&std::io::Error::other("a fault of this program"))))
}

fn complain(app: &App, what: &str, problem: &Problem) {
    app.log.say(format!("Label Studio: {what}{}", problem.in_words()));
}
