//! What the list of pictures shows of each, read again only when its files have changed.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use fs_err as fs;
use lacuna_data::annotation::{Combination, Contradictions, Role};
use lacuna_data::dataset::Fold;
use lacuna_data::dataset::reading::edits_of;
use lacuna_data::supervision::EvidenceBits;
use lacuna_data::{Annotation, Case, ClassSet, Dataset, Size, Ternary};
use serde::Serialize;
use utoipa::ToSchema;

use crate::annotations::Said;
use crate::app::App;
use crate::lock;
use crate::person::Person;
use crate::problem::Problem;
use crate::project::fold_of;
use crate::readings::FinishedPair;
use crate::sheet::Sheet;

/// A picture, as the list shows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CaseSummary {
    pub(crate) id: String,
    #[schema(required)]
    group: Option<String>,
    /// 0 where the picture cannot be read.
    width: usize,
    height: usize,
    #[schema(required)]
    part: Option<Part>,
    /// Number of the last edit.
    pub(crate) seq: u64,
    /// Share of class-pixels that somebody painted or accepted, 0–1.
    pub(crate) painted: f64,
    pub(crate) regions: usize,
    /// Whose paint, regions or accepted suggestions it has or had, sorted; imported ones as far as the files say.
    by: Vec<String>,
    /// Who is asked to work on it, sorted.
    pub(crate) assigned: Vec<String>,
    /// Whether classes that exclude each other are painted on the same pixels, or two people who read the picture
    /// separately contradict each other there: those count as unknown.
    conflict: bool,
    /// Why the picture or what is said about it cannot be read.
    #[schema(required)]
    pub(crate) error: Option<String>,
}

/// What a picture is used for.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Part {
    Train,
    Validation,
    Test,
}

/// What was found the last time.
#[derive(Default)]
pub(crate) struct Catalogue {
    found: Mutex<BTreeMap<Sheet, Found>>,
    differing: Differing,
}

/// Where the two readers of a picture contradict each other, so that their masks need not be read after every stroke.
#[derive(Default)]
struct Differing(Mutex<BTreeMap<String, (ReadAs, Arc<Contradictions>)>>);

/// What it was found in.
type ReadAs = (FinishedPair, ClassSet);

#[derive(Clone)]
struct Found {
    /// The files it was found in.
    files: u64,
    size: Size,
    said: SaidInShort,
    error: Option<String>,
}

/// What is said about a picture, in short.
#[derive(Clone, Default)]
struct SaidInShort {
    seq: u64,
    painted: f64,
    regions: usize,
    by: BTreeSet<String>,
    conflict: bool,
}

impl Catalogue {
    /// All pictures, sorted by id, as that person sees them.
    pub(crate) fn list(&self, app: &App, person: &Person) -> Result<Vec<CaseSummary>, Problem> {
        let Some(dataset) = app.project.find() else { return Ok(Vec::new()) };
        let fold = fold_of(&dataset)?;
        let mut assigned = app.assignments();
        let mut summary = |case: &Case| {
            let held = app.readings.hold();
            let (sheet, asked) = (held.sheet(person, &case.id), held.asked(person, &case.id));
            drop(held);
            let mut people = assigned.remove(&case.id).unwrap_or_default();
            // nobody is told who else reads what they read themselves
            people.retain(|name| sheet.reader.is_none() || *name == person.name);
            let people: BTreeSet<_> = people.into_iter().chain(asked).collect();
            let assigned = people.into_iter().collect();
            CaseSummary { assigned, ..self.summary_of(app, &sheet, &dataset, case, &fold) }
        };
        Ok(dataset.cases().iter().map(&mut summary).collect())
    }

    /// A picture, as training sees it.
    pub(crate) fn summary(
        &self,
        app: &App,
        dataset: &Dataset,
        case: &Case,
        fold: &Fold,
    ) -> CaseSummary {
        self.summary_of(app, &Sheet::shared(&case.id), dataset, case, fold)
    }

    fn summary_of(
        &self,
        app: &App,
        sheet: &Sheet,
        dataset: &Dataset,
        case: &Case,
        fold: &Fold,
    ) -> CaseSummary {
        let Found { size, said, error, .. } = self.find(app, sheet, dataset, case);
        CaseSummary {
            id: case.id.clone(),
            group: case.group.clone(),
            width: size.width,
            height: size.height,
            part: part(fold, &case.id),
            seq: edits_of(said.seq),
            painted: said.painted,
            regions: said.regions,
            by: said.by.into_iter().collect(),
            assigned: Vec::new(),
            conflict: said.conflict,
            error,
        }
    }

    fn find(&self, app: &App, sheet: &Sheet, dataset: &Dataset, case: &Case) -> Found {
        let files = stamp(app, sheet, dataset, case);
        if let Some(found) = lock(&self.found).get(sheet).filter(|found| found.files == files) {
            return found.clone();
        }
        let found = self.look(app, sheet, dataset, case, files);
        lock(&self.found).insert(sheet.clone(), found.clone());
        found
    }

    fn look(&self, app: &App, sheet: &Sheet, dataset: &Dataset, case: &Case, files: u64) -> Found {
        let size = match dataset.image_size(case) {
            Ok(size) => size,
            Err(error) => {
                let (size, said) = (Size::new(0, 0), SaidInShort::default());
                return Found { files, size, said, error: Some(error.to_string()) };
            }
        };
        let finished = app.readings.finished_in(sheet);
        let said = app.annotations.glance(&app.project, sheet, |said| SaidInShort {
            seq: said.seq,
            painted: painted(said.annotation),
            regions: said.annotation.regions.len(),
            by: authors(&said),
            conflict: is_contradicting(&said)
                || finished.is_some_and(|pair| self.differing.is_open(case, pair, &said)),
        });
        match said {
            Ok(mut said) => {
                if sheet.reader.is_none() {
                    // the files name the first painter of each class only
                    said.by.extend(app.painters(&case.id));
                }
                Found { files, size, said, error: None }
            }
            Err(problem) => {
                Found { files, size, said: SaidInShort::default(), error: Some(problem.detail) }
            }
        }
    }
}

impl Differing {
    /// Whether something is still unknown of which two readers said different things.
    fn is_open(&self, case: &Case, pair: FinishedPair, said: &Said<'_>) -> bool {
        self.of(case, pair, said).is_some_and(|found| found.is_open_in(said.annotation))
    }

    /// Both as the picture's classes are now: one may have been added since the list was begun.
    fn of(&self, case: &Case, pair: FinishedPair, said: &Said<'_>) -> Option<Arc<Contradictions>> {
        let classes = said.dataset.classes();
        let kept = lock(&self.0).get(&case.id).cloned();
        if let Some((_, found)) = kept.filter(|(of, _)| of.0 == pair && of.1 == *classes) {
            return Some(found);
        }
        let read = |number| said.dataset.as_read_by(case, number).load_annotation(case);
        let [Ok(first), Ok(second)] = pair.numbers.map(read) else { return None };
        let found = Arc::new(Combination::new(&first, &second, classes).contradictions());
        let of = (pair, classes.clone());
        lock(&self.0).insert(case.id.clone(), (of, Arc::clone(&found)));
        Some(found)
    }
}

/// Changes when anything does that is shown: the files, and the last edit of a picture that is open.
fn stamp(app: &App, sheet: &Sheet, dataset: &Dataset, case: &Case) -> u64 {
    let mut hasher = DefaultHasher::new();
    dataset.classes().names().hash(&mut hasher);
    file(&dataset.image_path(case)).hash(&mut hasher);
    file(&dataset.reading_path(case)).hash(&mut hasher);
    let folder = match sheet.reader {
        Some(number) => dataset.as_read_by(case, number).annotation_folder(case),
        None => dataset.annotation_folder(case),
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| (entry.file_name(), file(&entry.path()))).collect();
    files.sort();
    files.hash(&mut hasher);
    app.annotations.open_seq(sheet).hash(&mut hasher);
    hasher.finish()
}

fn file(path: &Path) -> Option<(SystemTime, u64)> {
    let file = fs::metadata(path).ok()?;
    Some((file.modified().ok()?, file.len()))
}

fn part(fold: &Fold, id: &String) -> Option<Part> {
    let parts = [
        (&fold.train, Part::Train),
        (&fold.validation, Part::Validation),
        (&fold.test, Part::Test),
    ];
    parts.into_iter().find(|(ids, _)| ids.contains(id)).map(|(_, part)| part)
}

/// The people that the files name.
fn authors(said: &Said<'_>) -> BTreeSet<String> {
    let annotation = said.annotation;
    let painters = annotation.provenance.iter().filter_map(|source| source.author.as_ref());
    let people = annotation.regions.iter().filter(|region| region.role != Role::Model);
    let names = painters.chain(people.map(|region| &region.author)).chain(said.painters);
    names.filter(|name| !name.is_empty()).cloned().collect()
}

/// Whether classes that exclude each other are painted on the same pixel.
fn is_contradicting(said: &Said<'_>) -> bool {
    let is_possible = !said.dataset.classes().exclusive().is_empty();
    is_possible && {
        let evidence = said.evidence();
        let mut planes = (0..evidence.classes()).map(|class| evidence.plane(class));
        planes.any(|plane| plane.iter().any(|bits| bits.intersects(EvidenceBits::CONFLICT)))
    }
}

/// Share of pairs of class and pixel about which something was said.
fn painted(annotation: &Annotation) -> f64 {
    let all: usize = annotation.masks.iter().map(|mask| mask.values().len()).sum();
    let unknown: usize = annotation.masks.iter().map(|mask| mask.count(Ternary::Unknown)).sum();
    (all - unknown) as f64 / all.max(1) as f64
}
