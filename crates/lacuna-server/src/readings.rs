//! Pictures that two people read separately: who sees what, and how their words come together.
//!
//! While a reading is open, nothing of it is in the annotation that everybody shares. A model that had learnt what one of
//! the two says would show it to the other as a prediction.

mod agreement;
mod giving;
mod states;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::SystemTime;

use lacuna_data::annotation::Combination;
use lacuna_data::annotation::journal::{Edit, Entry, Op};
use lacuna_data::dataset::DatasetLock;
use lacuna_data::dataset::reading::{Decision, Reading, Signature, Stage, Take};
use lacuna_data::{Annotation, ClassSet, Dataset};
use lacuna_train::observer::rfc3339;
use serde_json::json;

use crate::access::Leave;
use crate::annotations::Saved;
use crate::app::App;
use crate::authorship::{Hand, in_words};
use crate::event_stream::Audience;
use crate::person::Person;
use crate::problem::Problem;
use crate::session;
use crate::sheet::Sheet;
use crate::team::Veil;

use agreement::Kept;
pub(crate) use agreement::{AgreementTable, PictureDifference};
pub(crate) use states::{ReadingSummary, TakenWord};

/// The client of edits that bring two readings together.
const CLIENT: &str = "readings";

/// What is known of the pictures that are or were read separately, by picture.
type Known = BTreeMap<String, Reading>;

/// The readings of a data set.
pub(crate) struct Readings {
    /// Held by whoever writes an edit until it is on the disk: who may write where stays the same for as long.
    known: RwLock<Known>,
    /// Held while pictures are given or taken back: whoever does either finds what they looked at before.
    giving: Mutex<()>,
    folder: DatasetLock,
    agreement: Kept,
}

/// Two readers of a picture who are done. What they say stays the same as long as these are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FinishedPair {
    pub(crate) numbers: [usize; 2],
    done: Vec<Option<String>>,
}

/// The readings as they are for as long as this is kept.
pub(crate) struct Held<'a>(RwLockReadGuard<'a, Known>);

impl Readings {
    /// Reads who reads what. Without knowing that, nobody could be kept from seeing what they must not.
    pub(crate) fn open(dataset: Option<&Dataset>, folder: DatasetLock) -> Result<Self, Problem> {
        let mut known = Known::new();
        for case in dataset.map(Dataset::cases).unwrap_or_default() {
            let reading = dataset.map(|dataset| dataset.load_reading(case)).transpose()?.flatten();
            known.extend(reading.map(|reading| (case.id.clone(), reading)));
        }
        let (known, giving) = (RwLock::new(known), Mutex::default());
        Ok(Self { known, giving, folder, agreement: Kept::default() })
    }

    /// The readings, which do not change until the answer is dropped.
    pub(crate) fn hold(&self) -> Held<'_> {
        Held(self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What that person sees of a picture.
    pub(crate) fn sheet(&self, person: &Person, case: &str) -> Sheet {
        self.hold().sheet(person, case)
    }

    /// What that person must not see in the log: also after a picture was taken back, since they may be asked again.
    pub(crate) fn veil(&self, person: &Person) -> Veil {
        let held = self.hold();
        let is_veiled = |(_, reading): &(&String, &Reading)| {
            person.is_in_a_team() && reading.is_independent(&person.name)
        };
        let pictures = held.0.iter().filter(is_veiled).map(|(case, _)| case.clone()).collect();
        Veil { person: person.name.clone(), pictures }
    }

    /// The two who have read to the end what everybody sees.
    pub(crate) fn finished_in(&self, sheet: &Sheet) -> Option<FinishedPair> {
        let held = self.hold();
        let reading = held.0.get(&sheet.case).filter(|_| sheet.reader.is_none())?;
        let done = || reading.pair().map(|(_, reader)| reader.done.clone()).collect();
        (reading.stage() == Stage::Done)
            .then(|| FinishedPair { numbers: reading.pair, done: done() })
    }

    /// Who is told of an edit on a sheet.
    pub(crate) fn audience(&self, sheet: &Sheet) -> Audience {
        let held = self.hold();
        let Some(reading) = held.0.get(&sheet.case) else { return Audience::Everybody };
        match sheet.reader.map(|number| reading.reader(number)) {
            Some(reader) => {
                Audience::Only(reader.map(|reader| reader.name.clone()).unwrap_or_default())
            }
            None if reading.stage() == Stage::Open => Audience::AllBut(reading.names()),
            None => Audience::Everybody,
        }
    }

    /// Somebody is done with a picture, or goes on with it. Once both are, what they say comes together; whether
    /// both are.
    pub(crate) fn finish(
        &self,
        app: &App,
        person: &Person,
        case: &str,
        is_done: bool,
    ) -> Result<bool, Problem> {
        let mut known = self.changing();
        let reading = known.get(case).cloned().filter(|_| person.is_in_a_team());
        let number = reading.as_ref().and_then(|reading| reading.blind(&person.name));
        let not_theirs = || {
            Problem::invalid(format!("`{case}` is not yours to read separately, or no longer"))
                .with_hint("load the page again")
        };
        let (mut reading, number) = reading.zip(number).ok_or_else(not_theirs)?;
        reading.finish(number, is_done.then(now));
        let is_complete = reading.stage() == Stage::Done;
        self.put(app, &mut known, case, reading)?;
        if is_complete && let Err(problem) = self.combine(app, &mut known, case) {
            // both are done all the same, and it is tried again
            let why = problem.detail;
            app.log.say(format!("what two people say of {case} does not come together yet: {why}"));
        }
        Ok(is_complete)
    }

    /// Brings together what was finished before the server ended too soon, or when the disk was full.
    pub(crate) fn combine_rest(&self, app: &App) -> Result<(), Problem> {
        let mut known = self.changing();
        let is_due = |reading: &Reading| reading.stage() == Stage::Done && !reading.combined;
        let due = known.iter().filter(|(_, reading)| is_due(reading));
        let due: Vec<String> = due.map(|(case, _)| case.clone()).collect();
        let combined = due.iter().map(|case| {
            self.combine(app, &mut known, case)?;
            app.events.tell("readings", &json!({ "cases": [case] }));
            Ok(())
        });
        // one that cannot be written keeps none of the others from it
        combined.fold(Ok(()), Result::and)
    }

    /// Takes the word of one reader, or what both say, into the annotation that everybody shares, as an edit of whoever
    /// decides; the edit, if it changes anything.
    pub(crate) fn decide(
        &self,
        app: &App,
        person: &Person,
        case: &str,
        take: Take,
    ) -> Result<Option<Entry>, Problem> {
        let mut known = self.changing();
        let mut reading = known.get(case).cloned().ok_or_else(|| nothing_to_compare(case))?;
        if reading.stage() == Stage::Open {
            return Err(nothing_to_compare(case));
        }
        let (present, seq, said, classes) = three(app, case, &reading)?;
        let pair = Combination::new(&said[0], &said[1], &classes);
        let ops = pair.decided(take, reading.taken(), &present);
        let entry = write(app, case, &person.name, seq, ops)?;
        reading.decide(Decision { take, by: person.name.clone(), time: now() });
        self.put(app, &mut known, case, reading)?;
        Ok(entry)
    }

    /// Somebody looks at what was said of a picture that was taken back: they cannot be asked to read it any more.
    fn told(&self, app: &App, person: &Person, case: &str) -> Result<(), Problem> {
        let is_untold = |reading: &Reading| !reading.told.contains(&person.name);
        let is_news = self.hold().0.get(case).is_some_and(is_untold);
        if !is_news {
            return Ok(());
        }
        let mut known = self.changing();
        let Some(mut reading) = known.get(case).cloned() else { return Ok(()) };
        if reading.stage() == Stage::Open {
            return Err(nothing_to_compare(case));
        }
        reading.told.insert(person.name.clone());
        self.put(app, &mut known, case, reading)
    }

    fn changing(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The disk first: what a crash leaves is what holds.
    fn put(&self, app: &App, known: &mut Known, id: &str, reading: Reading) -> Result<(), Problem> {
        let (dataset, case) = app.project.case(id)?;
        dataset.save_reading(&case, &reading, &self.folder)?;
        known.insert(id.to_owned(), reading);
        Ok(())
    }

    /// Each reader's part becomes an edit in their own name.
    fn combine(&self, app: &App, known: &mut Known, case: &str) -> Result<(), Problem> {
        let Some(mut reading) = known.get(case).cloned() else { return Ok(()) };
        let (present, seq, said, classes) = three(app, case, &reading)?;
        let pair = Combination::new(&said[0], &said[1], &classes);
        for (who, name) in reading.names().iter().enumerate() {
            let entry = write(app, case, name, seq, pair.part_of(who, &present))?;
            if let Some(entry) = entry {
                app.note(name, "edit", Some(case), &in_words(&entry));
                // the two load the picture anew when they hear that both are done
                let others = Audience::AllBut(reading.names());
                app.events.tell_to(others, "edit", &json!({ "case": case, "entry": entry }));
            }
        }
        reading.combined = true;
        self.put(app, known, case, reading)
    }
}

impl Held<'_> {
    /// The number of somebody who must not see what others say about a picture.
    fn blind(&self, person: &Person, case: &str) -> Option<usize> {
        // whoever serves the folder alone is nobody's second reader
        let reading = self.0.get(case).filter(|_| person.is_in_a_team())?;
        reading.blind(&person.name)
    }

    /// What that person sees of a picture.
    pub(crate) fn sheet(&self, person: &Person, case: &str) -> Sheet {
        Sheet { case: case.to_owned(), reader: self.blind(person, case) }
    }

    /// The same, for somebody who wants to change it.
    pub(crate) fn to_write(&self, person: &Person, case: &str) -> Result<Sheet, Problem> {
        let sheet = self.sheet(person, case);
        let Some(reading) = self.0.get(case).filter(|_| person.is_in_a_team()) else {
            return Ok(sheet);
        };
        match sheet.reader.map(|number| reading.reader(number)) {
            Some(Some(reader)) if reader.done.is_some() => {
                Err(Problem::invalid(format!("you said that you are done with `{case}`"))
                    .with_hint("say that you go on with it first"))
            }
            None if reading.stage() == Stage::Open => {
                let names = reading.names().join(" and ");
                Err(Problem::invalid(format!("{names} read `{case}` separately"))
                    .with_hint("wait until both are done, or let an owner take it back"))
            }
            _ => Ok(sheet),
        }
    }

    /// Those who are asked to read a picture and are not done, as far as that person may know.
    pub(crate) fn asked(&self, person: &Person, case: &str) -> Vec<String> {
        let Some(reading) = self.0.get(case).filter(|one| one.stage() == Stage::Open) else {
            return Vec::new();
        };
        let is_blind = self.blind(person, case).is_some();
        let readers = reading.pair().map(|(_, reader)| reader);
        let asked = readers.filter(|reader| reader.done.is_none());
        asked
            .filter(|one| !is_blind || one.name == person.name)
            .map(|one| one.name.clone())
            .collect()
    }
}

/// What is said about a picture: what everybody shares, its last edit, what the two readers say, and the classes.
fn three(
    app: &App,
    case: &str,
    reading: &Reading,
) -> Result<(Annotation, u64, [Annotation; 2], ClassSet), Problem> {
    let copied = |sheet: &Sheet| {
        app.annotations.glance(&app.project, sheet, |said| {
            (said.annotation.clone(), said.seq, said.dataset.classes().clone())
        })
    };
    let (present, seq, classes) = copied(&Sheet::shared(case))?;
    let [first, second] = reading.pair.map(|number| copied(&Sheet::of(case, number)));
    Ok((present, seq, [first?.0, second?.0], classes))
}

/// Writes an edit of a reader or of whoever decides. Regions keep the authors that they have.
fn write(
    app: &App,
    case: &str,
    name: &str,
    base: u64,
    ops: Vec<Op>,
) -> Result<Option<Entry>, Problem> {
    if ops.is_empty() {
        return Ok(None);
    }
    let id = session::secret().map_err(|e| Problem::failed(&e))?;
    let edit = Edit { id, client: CLIENT.to_owned(), base, ops, force: true };
    let hand = Hand { person: Person::alone(name, true), leave: Leave::Granted };
    match app.annotations.edit(&app.project, &Sheet::shared(case), edit, hand)? {
        Saved::Done { entry, .. } => Ok(entry),
        Saved::Conflict { .. } => Err(Problem::busy(format!("others are painting in `{case}`"))),
    }
}

fn nothing_to_compare(case: &str) -> Problem {
    Problem::not_found(format!("no two people have read `{case}` to the end"))
        .with_hint("give it to two people separately, and wait until both are done")
}

fn signature(by: &str) -> Signature {
    Signature { by: by.to_owned(), time: now() }
}

fn now() -> String {
    rfc3339(SystemTime::now())
}
