//! Readings: what two people say about a picture when neither sees the other's.
//!
//! `readings/ID/reading.json` says who reads the case `ID` and how far they are; `readings/ID/1`, `readings/ID/2`, … hold
//! what each said, in the files of an annotation folder. Nothing else of a data set reads them: the case's one annotation
//! stays `annotations/ID`, into which what two readers say goes as ordinary edits once both are done
//! ([`Combination`](crate::annotation::Combination)).

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Case, DataError, Dataset, DatasetLock};
pub use crate::annotation::Take;
use crate::atomic_file::create_folder;
use crate::json_file::{JsonFileError, read_json, write_json};

/// Name of the folder in a data set folder.
pub const FOLDER: &str = "readings";
const FILE_NAME: &str = "reading.json";
/// Edits of reader number `k` are numbered from `k` times this on, so that an edit that was painted on what one person
/// said is never taken for one of what another said.
const NUMBERS_EACH: u64 = 1_000_000_000;

/// Who reads a case independently of whom, and how far they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    version: u32,
    /// Everybody who was ever asked, in this order; their folders are named by their places in it, from 1.
    pub readers: Vec<Reader>,
    /// The numbers of the two who were asked last.
    pub pair: [usize; 2],
    /// Who asked them, and when.
    pub given: Signature,
    /// Who took the picture back before both were done, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Signature>,
    /// Who has seen what somebody else said of it, and so cannot read it independently any more.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub told: BTreeSet<String>,
    /// Whether what both said went into the case's annotation.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub combined: bool,
    /// What was decided last about where they differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

/// Somebody who reads a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reader {
    /// Their name.
    pub name: String,
    /// When they said that they are done, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<String>,
}

/// Who did something, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// A name.
    pub by: String,
    /// RFC 3339.
    pub time: String,
}

/// What was decided about where two readers differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Whose word was taken.
    pub take: Take,
    /// By whom.
    pub by: String,
    /// When, RFC 3339.
    pub time: String,
}

/// How far a reading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Neither sees what the other says.
    Open,
    /// Both are done.
    Done,
    /// It was taken back before.
    Withdrawn,
}

impl Reading {
    /// The format's version.
    pub const VERSION: u32 = 1;

    /// A reading by two people, neither of whom has begun.
    pub fn new(pair: [&str; 2], given: Signature) -> Self {
        let readers = pair.map(|name| Reader { name: name.to_owned(), done: None }).into();
        Self {
            version: Self::VERSION,
            readers,
            pair: [1, 2],
            given,
            withdrawn: None,
            told: BTreeSet::new(),
            combined: false,
            decision: None,
        }
    }

    /// The reader of that number.
    pub fn reader(&self, number: usize) -> Option<&Reader> {
        number.checked_sub(1).and_then(|index| self.readers.get(index))
    }

    /// The number that somebody has or had, by name.
    pub fn number_of(&self, name: &str) -> Option<usize> {
        self.readers.iter().position(|reader| reader.name == name).map(|index| index + 1)
    }

    /// The two who were asked last, with their numbers.
    pub fn pair(&self) -> impl Iterator<Item = (usize, &Reader)> {
        self.pair.into_iter().filter_map(|number| Some((number, self.reader(number)?)))
    }

    /// The names of the two who were asked last.
    pub fn names(&self) -> Vec<String> {
        self.pair().map(|(_, reader)| reader.name.clone()).collect()
    }

    /// How far it is.
    pub fn stage(&self) -> Stage {
        if self.pair().all(|(_, reader)| reader.done.is_some()) {
            Stage::Done
        } else if self.withdrawn.is_some() {
            Stage::Withdrawn
        } else {
            Stage::Open
        }
    }

    /// The number of somebody who must not see what the other says.
    pub fn blind(&self, name: &str) -> Option<usize> {
        let number = self.number_of(name)?;
        (self.stage() == Stage::Open && self.pair.contains(&number)).then_some(number)
    }

    /// Whether somebody was asked and has not seen what anybody else said.
    pub fn is_independent(&self, name: &str) -> bool {
        let is_untold = self.stage() != Stage::Done && !self.told.contains(name);
        is_untold && self.number_of(name).is_some()
    }

    /// Whether it is these two who were asked last, in whichever order.
    pub fn is_by(&self, pair: [&str; 2]) -> bool {
        self.pair().all(|(_, reader)| pair.contains(&reader.name.as_str()))
    }

    /// Whose word went into the case's annotation last.
    pub fn taken(&self) -> Option<Take> {
        let decided = self.decision.as_ref().map(|decision| decision.take);
        decided.or(self.combined.then_some(Take::Both))
    }

    /// Asks two people, in place of whoever was asked before. Somebody who was asked before goes
    /// on where they were, and says once more when they are done.
    pub fn give(&mut self, pair: [&str; 2], given: Signature) {
        self.pair = pair.map(|name| self.ask(name));
        (self.given, self.withdrawn, self.combined, self.decision) = (given, None, false, None);
    }

    /// Somebody is done, at that time, or goes on. Once both are, all readers see what they say.
    pub fn finish(&mut self, number: usize, time: Option<String>) {
        let reader = number.checked_sub(1).and_then(|index| self.readers.get_mut(index));
        if let Some(reader) = reader {
            reader.done = time;
        }
        if self.stage() == Stage::Done {
            self.tell_readers();
        }
    }

    /// Takes somebody's word: what it is then lies open before everybody.
    pub fn decide(&mut self, decision: Decision) {
        self.told.insert(decision.by.clone());
        self.decision = Some(decision);
        self.tell_readers();
    }

    fn tell_readers(&mut self) {
        self.told.extend(self.readers.iter().map(|reader| reader.name.clone()));
    }

    /// The number of somebody who is not done, now at the latest.
    fn ask(&mut self, name: &str) -> usize {
        let number = self.number_of(name).unwrap_or(self.readers.len() + 1);
        match self.readers.get_mut(number - 1) {
            Some(reader) => reader.done = None,
            None => self.readers.push(Reader { name: name.to_owned(), done: None }),
        }
        number
    }

    fn check(&self) -> Result<(), String> {
        let [first, second] = self.pair;
        if first == second || self.pair().count() != 2 {
            return Err(format!("`pair` is {first} and {second}: two of the readers, from 1"));
        }
        let mut names: Vec<_> = self.readers.iter().map(|reader| &reader.name).collect();
        names.sort();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(format!("`{}` is there twice", pair[0])),
            None => Ok(()),
        }
    }
}

impl Dataset {
    /// Where the readings of a case lie; the folder need not exist.
    pub fn readings_folder(&self, case: &Case) -> PathBuf {
        self.dir.join(FOLDER).join(&case.id)
    }

    /// Where it is said who reads a case; the file need not exist.
    pub fn reading_path(&self, case: &Case) -> PathBuf {
        self.readings_folder(case).join(FILE_NAME)
    }

    /// Who reads a case independently, if anybody ever was asked to.
    ///
    /// # Errors
    /// If the file is damaged or of another version.
    pub fn load_reading(&self, case: &Case) -> Result<Option<Reading>, DataError> {
        let path = self.reading_path(case);
        let Some(reading) = read_json::<Reading>(&path, Reading::VERSION)? else { return Ok(None) };
        reading.check().map_err(|reason| JsonFileError::Invalid { path, reason })?;
        Ok(Some(reading))
    }

    /// Writes who reads a case, once there is a place for what each of them will say.
    ///
    /// # Errors
    /// If the disk cannot be written, or the lock is of another data set.
    pub fn save_reading(
        &self,
        case: &Case,
        reading: &Reading,
        lock: &DatasetLock,
    ) -> Result<(), DataError> {
        let folder = self.readings_folder(case);
        create_folder(&folder).map_err(|e| DataError::io(&folder, e))?;
        for number in 1..=reading.readers.len() {
            let view = self.as_read_by(case, number);
            if !view.journal_path(case).exists() {
                view.open_journal(case, lock)?.number_after(number as u64 * NUMBERS_EACH)?;
            }
        }
        Ok(write_json(&self.reading_path(case), reading)?)
    }

    /// The data set with one case, of which is said what its reader of that number says.
    #[must_use]
    pub fn as_read_by(&self, case: &Case, number: usize) -> Self {
        let folder = self.readings_folder(case).join(number.to_string());
        self.with_annotations_in(&self.name, BTreeMap::from([(case.id.clone(), folder)]))
    }

    /// The data set as each reader of a case says, in order; nobody for a case that is not read.
    ///
    /// # Errors
    /// If the file that names them is damaged.
    pub fn readers(&self, case: &Case) -> Result<Vec<Self>, DataError> {
        let readers = self.load_reading(case)?.map_or(0, |reading| reading.readers.len());
        Ok((1..=readers).map(|number| self.as_read_by(case, number)).collect())
    }

    /// The cases that two people have read to the end, as the first and as the second of each pair say.
    ///
    /// # Errors
    /// If a file is damaged.
    pub fn read_twice(&self) -> Result<[Self; 2], DataError> {
        let mut folders = [BTreeMap::new(), BTreeMap::new()];
        let mut names: Vec<Vec<String>> = Vec::new();
        for case in &self.cases {
            let Some(reading) = self.load_reading(case)? else { continue };
            if reading.stage() != Stage::Done {
                continue;
            }
            for (place, number) in reading.pair.into_iter().enumerate() {
                let folder = self.readings_folder(case).join(number.to_string());
                folders[place].insert(case.id.clone(), folder);
            }
            names.push(reading.names());
        }
        names.dedup();
        let names = match &names[..] {
            [pair] => [pair[0].clone(), pair[1].clone()],
            _ => ["first reader", "second reader"].map(str::to_owned),
        };
        let [first, second] = folders;
        Ok([
            self.with_annotations_in(&names[0], first),
            self.with_annotations_in(&names[1], second),
        ])
    }

    /// The cases named, of which is said what lies in these folders.
    fn with_annotations_in(&self, name: &str, folders: BTreeMap<String, PathBuf>) -> Self {
        let cases = self.cases.iter().filter(|case| folders.contains_key(&case.id));
        let cases = cases.cloned().collect();
        let (dir, classes) = (self.dir.clone(), self.classes.clone());
        Self { dir, name: name.to_owned(), classes, cases, elsewhere: Some(Arc::new(folders)) }
    }
}

/// How many edits an edit's number stands for, whichever reader's it is.
pub fn edits_of(seq: u64) -> u64 {
    seq % NUMBERS_EACH
}

#[cfg(test)]
mod tests;
