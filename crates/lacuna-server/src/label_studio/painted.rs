//! What was painted in a picture for its tasks: a file for each picture.

use std::path::{Path, PathBuf};

use lacuna_data::annotation::Runs;
use lacuna_data::annotation::journal::Op;
use lacuna_data::json_file::{read_json, write_json};
use lacuna_data::{Region, Size, Ternary};
use serde::{Deserialize, Serialize};

use super::word::{ClassWord, Word};
use super::{VERSION, make_private};
use crate::problem::Problem;

/// What the tasks of a picture said when it was last painted for them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Painted {
    pub(super) word: Word,
    /// By class, the pixels that were painted for the tasks and by nobody else.
    pub(super) owned: Vec<Vec<bool>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PaintedFile {
    version: u32,
    classes: Vec<ClassRuns>,
    regions: Vec<Region>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClassRuns {
    class: String,
    positive: Runs,
    negative: Runs,
    /// Those of the negative ones that nobody painted.
    assumed: Runs,
    owned: Runs,
}

/// The folder of these files.
pub(super) struct PaintedFolder(PathBuf);

impl PaintedFolder {
    pub(super) fn new(folder: &Path) -> Self {
        Self(folder.join("pictures"))
    }

    /// Whether a picture was ever painted for a task.
    pub(super) fn has(&self, case: &str) -> bool {
        self.file(case).exists()
    }

    /// What is kept of a picture; nothing if it was never painted for a task. A class that is new has no word.
    pub(super) fn load(
        &self,
        case: &str,
        names: &[String],
        size: Size,
    ) -> Result<Painted, Problem> {
        let area = size.area();
        let nothing = Word::nothing(names.len(), area);
        let mut painted = Painted { word: nothing, owned: vec![vec![false; area]; names.len()] };
        let Some(file) = self.read(case)? else { return Ok(painted) };
        painted.word.regions = file.regions;
        for runs in file.classes {
            let Some(class) = names.iter().position(|name| *name == runs.class) else { continue };
            (painted.word.classes[class], painted.owned[class]) = runs.spread(size)?;
        }
        Ok(painted)
    }

    pub(super) fn save(
        &self,
        case: &str,
        names: &[String],
        painted: &Painted,
    ) -> Result<(), Problem> {
        let class = |(class, name): (usize, &String)| {
            ClassRuns::of(name, &painted.word.classes[class], &painted.owned[class])
        };
        let classes = names.iter().enumerate().map(class).collect();
        self.write(
            case,
            &PaintedFile { version: VERSION, classes, regions: painted.word.regions.clone() },
        )
    }

    /// Takes pixels from the tasks that somebody else has painted.
    pub(super) fn disown(&self, case: &str, ops: &[Op]) -> Result<(), Problem> {
        let Some(mut file) = self.read(case)? else { return Ok(()) };
        let mut is_changed = false;
        for op in ops {
            let Op::Paint(paint) = op else { continue };
            let of_class = file.classes.iter_mut().filter(|runs| runs.class == paint.class);
            for runs in of_class.filter(|runs| runs.owned.overlaps(&paint.runs)) {
                runs.owned = without(&runs.owned, &paint.runs);
                is_changed = true;
            }
        }
        if is_changed { self.write(case, &file) } else { Ok(()) }
    }

    fn read(&self, case: &str) -> Result<Option<PaintedFile>, Problem> {
        read_json(&self.file(case), VERSION).map_err(|e| Problem::failed(&e))
    }

    fn write(&self, case: &str, file: &PaintedFile) -> Result<(), Problem> {
        make_private(&self.0).map_err(|e| Problem::failed(&e))?;
        write_json(&self.file(case), file).map_err(|e| Problem::failed(&e))
    }

    /// Ids of cases are names of files.
    fn file(&self, case: &str) -> PathBuf {
        self.0.join(format!("{case}.json"))
    }
}

impl ClassRuns {
    fn of(class: &str, word: &ClassWord, owned: &[bool]) -> Self {
        Self {
            class: class.to_owned(),
            positive: Runs::of(&word.values, |value| *value == Ternary::Positive),
            negative: Runs::of(&word.values, |value| *value == Ternary::Negative),
            assumed: Runs::of(&word.assumed, |is| *is),
            owned: Runs::of(owned, |is| *is),
        }
    }

    fn spread(&self, size: Size) -> Result<(ClassWord, Vec<bool>), Problem> {
        let flags = |runs: &Runs| {
            let mask = runs.to_mask(size).map_err(|error| Problem::failed(&error))?;
            Ok::<_, Problem>(mask.values().to_vec())
        };
        let mut word = ClassWord::nothing(size.area());
        for (runs, value) in
            [(&self.positive, Ternary::Positive), (&self.negative, Ternary::Negative)]
        {
            runs.check_within(size).map_err(|error| Problem::failed(&error))?;
            for pixel in runs.iter().flatten() {
                word.values[pixel] = value;
            }
        }
        word.assumed = flags(&self.assumed)?;
        Ok((word, flags(&self.owned)?))
    }
}

/// The pixels of `runs` that are not in `others`.
fn without(runs: &Runs, others: &Runs) -> Runs {
    let end = runs.iter().chain(others.iter()).map(|run| run.end).max().unwrap_or_default();
    let mut flags = vec![false; end];
    for (runs, value) in [(runs, true), (others, false)] {
        runs.iter().for_each(|run| flags[run].fill(value));
    }
    Runs::of(&flags, |is| *is)
}

#[cfg(test)]
mod tests {
    use lacuna_data::annotation::journal::{Origin, Paint};

    use super::*;

    #[test]
    fn what_was_painted_is_there_again_and_others_take_their_pixels() {
        let folder = tempfile::tempdir().unwrap();
        let painted_folder = PaintedFolder::new(folder.path());
        let names = ["gum".to_owned(), "teeth".to_owned()];
        let size = Size::new(4, 1);
        let mut painted = painted_folder.load("a", &names, size).unwrap();
        assert_eq!(painted.word, Word::nothing(2, 4));
        painted.word.classes[1].values =
            vec![Ternary::Positive, Ternary::Positive, Ternary::Negative, Ternary::Unknown];
        painted.word.classes[1].assumed = vec![false, false, true, false];
        painted.owned[1] = vec![true, true, false, false];
        painted_folder.save("a", &names, &painted).unwrap();
        assert_eq!(painted_folder.load("a", &names, size).unwrap(), painted);
        assert!(painted_folder.load("a", &names, Size::new(1, 1)).is_err());

        let runs = Runs::new(vec![1, 2]).unwrap();
        let stroke = |class: &str| {
            let (class, value, origin) = (class.to_owned(), Ternary::Positive, Origin::Painted);
            Op::Paint(Paint { class, value, origin, runs: runs.clone() })
        };
        painted_folder.disown("a", &[stroke("gum"), stroke("teeth")]).unwrap();
        painted_folder.disown("b", &[stroke("teeth")]).unwrap();
        painted.owned[1] = vec![true, false, false, false];
        assert_eq!(painted_folder.load("a", &names, size).unwrap(), painted);
    }
}
