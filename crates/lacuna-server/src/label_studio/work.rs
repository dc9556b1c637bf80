//! What a webhook asks for, done in order after it was answered: Label Studio waits a second for the answer only.

use std::sync::Arc;

use lacuna_data::Annotation;
use lacuna_data::annotation::journal::{Edit, Op};
use lacuna_data::formats::label_studio::Interface;
use lacuna_train::active::Length;
use serde_json::Value;

use super::changes::changes;
use super::received::{Received, TaskKey, in_short, task_id, with_annotation};
use super::{FOLDER, LabelStudio};
use crate::access::Leave;
use crate::annotations::Saved;
use crate::app::App;
use crate::authorship::Hand;
use crate::person::Person;
use crate::problem::Problem;
use crate::session;

/// Something to do with a project.
pub(crate) struct Work {
    pub(crate) project: u64,
    /// The labelling configuration of the project.
    pub(crate) label_config: String,
    pub(crate) what: What,
}

/// What is to be done.
pub(crate) enum What {
    /// Paint what a task with this annotation says.
    Annotation { task: Value, annotation: Value },
    /// Fetch all tasks, and paint what they say.
    Fetch,
    /// The same, and train on it.
    Train,
}

impl LabelStudio {
    /// Begins with it, or lets it wait until what came before is done.
    pub(crate) fn begin(self: &Arc<Self>, app: &Arc<App>, work: Work) {
        let mut waiting = crate::lock(&self.waiting);
        waiting.work.push_back(work);
        if !std::mem::replace(&mut waiting.is_attended, true) {
            let (label_studio, app) = (Arc::clone(self), Arc::clone(app));
            std::thread::spawn(move || label_studio.attend(&app));
        }
    }

    fn attend(&self, app: &Arc<App>) {
        while let Some(work) = self.next() {
            if let Err(problem) = self.do_work(app, work) {
                let hint = problem.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
                app.log.say(format!("Label Studio: {}{hint}", problem.detail));
            }
        }
    }

    fn next(&self) -> Option<Work> {
        let mut waiting = crate::lock(&self.waiting);
        let work = waiting.work.pop_front();
        waiting.is_attended = work.is_some();
        work
    }

    fn do_work(&self, app: &Arc<App>, work: Work) -> Result<(), Problem> {
        let Work { project, label_config, what } = work;
        let interface = Interface::parse(&label_config)?;
        interface.check(app.project.dataset()?.classes())?;
        match what {
            What::Annotation { task, annotation } => {
                let mut received = self.received();
                let key = key_of(project, &task)?;
                let task = with_annotation(received.task(key)?.as_ref(), &task, annotation);
                self.paint(app, &mut received, &interface, key, task)
            }
            What::Fetch => self.fetch(app, &interface, project),
            What::Train => {
                if let Err(problem) = self.fetch(app, &interface, project) {
                    let said = format!(
                        "Label Studio: trained on what was painted so far: {}",
                        problem.detail
                    );
                    app.log.say(said);
                }
                app.train(Length::Usual)?;
                app.note(FOLDER, "training-started", None, "");
                Ok(())
            }
        }
    }

    /// Paints what all tasks of a project say. One that cannot be painted keeps none of the others from it.
    fn fetch(&self, app: &Arc<App>, interface: &Interface, project: u64) -> Result<(), Problem> {
        let tasks = self.source.tasks(project)?;
        let mut received = self.received();
        let mut keys = Vec::new();
        for task in &tasks {
            let key = key_of(project, task)?;
            keys.push(key);
            if let Err(problem) = self.paint(app, &mut received, interface, key, in_short(task)) {
                app.log.say(format!("Label Studio: task {}: {}", key.task, problem.detail));
            }
        }
        // the export has only tasks with annotations: in the others they were taken away
        for key in received.tasks_of(project).into_iter().filter(|key| !keys.contains(key)) {
            let Some(mut task) = received.task(key)? else { continue };
            task["annotations"] = Value::Array(Vec::new());
            self.paint(app, &mut received, interface, key, task)?;
        }
        Ok(())
    }

    /// Makes the picture of a task say what the task says.
    fn paint(
        &self,
        app: &Arc<App>,
        received: &mut Received,
        interface: &Interface,
        key: TaskKey,
        task: Value,
    ) -> Result<(), Problem> {
        let case = self.case_of(app, received, interface, &task)?;
        let known = received.task(key)?;
        let edit = app.annotations.read(&app.project, &case.id, |said| {
            let (classes, size) = (said.dataset.classes(), said.dataset.image_size(&case)?);
            let read = |task: &Value| {
                interface
                    .read(&task.to_string(), size, classes, self.reading)
                    .map_err(Problem::from)
            };
            let nothing = Annotation::unknown(size, classes.len());
            // said in labels that there are no longer: nothing of it can be taken back
            let before = known.as_ref().map_or(Ok(nothing.clone()), read).unwrap_or(nothing);
            let ops = changes(&classes.names(), said.annotation, &before, &read(&task)?);
            edit(said.seq, ops)
        })??;
        if let Some(edit) = edit {
            let hand = Hand { person: self.person(&task), leave: Leave::Granted };
            let saved = app.annotations.edit(&app.project, &case.id, edit, hand.clone())?;
            if let Saved::Done { entry: Some(entry), .. } = saved {
                app.announce(&case.id, &entry);
                let detail = crate::authorship::in_words(&entry);
                app.note(&hand.person.name, "edit", Some(&case.id), &detail);
            }
        }
        received.put_task(key, task)
    }

    /// Who painted a task, by their numbers in Label Studio.
    fn person(&self, task: &Value) -> Person {
        let annotations = task.get("annotations").and_then(Value::as_array).into_iter().flatten();
        let number = |one: &Value| match one.get("completed_by")? {
            Value::Object(user) => user.get("id")?.as_u64(),
            number => number.as_u64(),
        };
        let mut numbers: Vec<u64> = annotations.filter_map(number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
        let is_expert = self.reading.role == lacuna_data::annotation::Role::Expert;
        Person::alone(&format!("{FOLDER}/{}", numbers.join("+")), is_expert)
    }
}

fn key_of(project: u64, task: &Value) -> Result<TaskKey, Problem> {
    let task = task_id(task).ok_or_else(|| Problem::invalid("a task has no number"))?;
    Ok(TaskKey { project, task })
}

/// An edit that overrules what came in between: Label Studio has no way to be asked.
fn edit(base: u64, ops: Vec<Op>) -> Result<Option<Edit>, Problem> {
    if ops.is_empty() {
        return Ok(None);
    }
    let id = session::secret().map_err(|e| Problem::failed(&e))?;
    Ok(Some(Edit { id, client: FOLDER.to_owned(), base, ops, force: true }))
}
